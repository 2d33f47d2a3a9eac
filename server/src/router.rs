//! Every route, grouped by who calls it, and the layers around them. No handler bodies here.

use crate::{
    forms, health,
    middleware::{
        apology::{self, Apologies},
        guard, headers, identify, origin, part, time_limit,
    },
    pages, papers, passkeys, rest,
    state::AppState,
    status, uploads, webhooks,
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::HeaderName,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    trace::TraceLayer,
};

/// Largest body of a route that takes no file, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The whole web server.
pub fn router(state: AppState) -> Router {
    let request_id = HeaderName::from_static("x-request-id");
    let site_root = state.leptos.site_root.to_string();
    let apologies = Apologies::new(state.assets.clone(), &state.config.public_origin);
    Router::new()
        .merge(people(&state))
        .merge(rest::routes(&state))
        .merge(webhooks::routes(&state))
        .merge(machines())
        .merge(pages::files(&site_root))
        .layer(
            ServiceBuilder::new()
                // The request's number is ours: what a client sends would stand in logs and answers.
                .map_request(drop_foreign_id)
                .layer(SetRequestIdLayer::new(request_id.clone(), MakeRequestUuid))
                .layer(TraceLayer::new_for_http())
                .layer(from_fn_with_state(state.clone(), headers::add))
                .layer(PropagateRequestIdLayer::new(request_id))
                .layer(CompressionLayer::new())
                .layer(from_fn_with_state(apologies, apology::pages))
                .layer(from_fn(rest::uniform))
                .layer(from_fn_with_state(state.clone(), part::check))
                .layer(from_fn_with_state(state.timing, time_limit::check))
                .layer(CatchPanicLayer::new()),
        )
        .with_state(state)
}

fn drop_foreign_id(mut request: Request) -> Request {
    request.headers_mut().remove("x-request-id");
    request
}

/// Browsers: pages, forms, uploads, passkeys; cookies, never bearer tokens.
fn people(state: &AppState) -> Router<AppState> {
    let small = Router::new()
        .merge(pages::routes(state).layer(from_fn(guard::check)))
        .merge(papers::routes().layer(from_fn(guard::check)))
        .route("/_fn/passkeys/register/start", post(passkeys::start_registration))
        .route("/_fn/passkeys/register/finish", post(passkeys::finish_registration))
        .route("/_fn/passkeys/sign-in/start", post(passkeys::start_sign_in))
        .route("/_fn/passkeys/sign-in/finish", post(passkeys::finish_sign_in))
        .route(
            "/pengajuan/{id}/status",
            get(status::application).layer(from_fn(guard::check)),
        )
        .route(
            "/pengajuan/{id}/kalender.ics",
            get(status::calendar).layer(from_fn(guard::check)),
        )
        .route("/bayar/{id}/status", get(status::payment).layer(from_fn(guard::check)))
        .route("/petugas/dokumen/{id}", get(uploads::view).layer(from_fn(guard::check)))
        .fallback(pages::fallback)
        .layer(RequestBodyLimitLayer::new(MAX_BODY));
    // These two read their bodies themselves: what is too large comes back to its page in words.
    let forms = Router::new()
        .route("/_fn/upload/{kind}", post(uploads::upload))
        .route("/_fn/{*name}", post(forms::submit))
        .layer(DefaultBodyLimit::disable());
    forms
        .merge(small)
        .layer(from_fn_with_state(state.clone(), identify::identify))
        .layer(from_fn_with_state(state.clone(), origin::check))
}

/// Load balancers and browsers' own reports.
fn machines() -> Router<AppState> {
    Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/csp-report", post(health::csp_report))
        .layer(RequestBodyLimitLayer::new(8 * 1024))
}
