//! Rendering pages: a [`Visit`] for each request, the content policy with its nonce, static files.

use crate::{
    cookies,
    middleware::{headers::page_policy, identify::Incoming},
    state::AppState,
};
use app::{
    routes::App,
    shell::{PageContext, shell},
    visit::{self, Reply, Visit},
};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use domain::calendar::jakarta_date;
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list_with_exclusions};
use std::sync::{Arc, Mutex};
use tower_http::services::{ServeDir, fs::ServeFileSystemResponseBody};

/// Every page of the app.
pub fn routes(state: &AppState) -> Router<AppState> {
    let context = {
        let state = state.clone();
        move || provide_page(&state)
    };
    // Leptos would also mount the server functions, past the checks of `forms::submit`.
    let functions = server_fn::axum::server_fn_paths()
        .map(|(path, _)| path.to_owned())
        .collect();
    let pages = generate_route_list_with_exclusions(App, Some(functions));
    Router::new().leptos_routes_with_context(state, pages, context, || shell(App))
}

/// Hashed files, for ever; everything else of the site, asked for again each time.
pub fn files(site_root: &str) -> Router<AppState> {
    let folder = |name: &str| {
        ServeDir::new(format!("{site_root}/{name}"))
            .precompressed_br()
            .precompressed_gzip()
    };
    let cached = |value: &'static str| {
        tower_http::set_header::SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            move |response: &axum::http::Response<ServeFileSystemResponseBody>| {
                response.status().is_success().then(|| HeaderValue::from_static(value))
            },
        )
    };
    Router::new()
        .nest_service(
            "/pkg",
            tower::ServiceBuilder::new()
                .layer(cached("public, max-age=31536000, immutable"))
                .service(folder("pkg")),
        )
        .nest_service(
            "/icons",
            tower::ServiceBuilder::new()
                .layer(cached("public, max-age=86400"))
                .service(folder("icons")),
        )
        .nest_service(
            "/fonts",
            tower::ServiceBuilder::new()
                .layer(cached("public, max-age=31536000"))
                .service(folder("fonts")),
        )
}

/// What is neither a page nor a route: a file at the top of the site, or the page that says so.
pub async fn fallback(State(state): State<AppState>, request: Request) -> Response {
    const TOP: [&str; 4] = ["/sw.js", "/manifest.webmanifest", "/offline.html", "/offline.css"];
    if TOP.contains(&request.uri().path()) {
        // By the path, not by the answer's kind: what only says that nothing changed has none, and its policy counts.
        let policy = match request.uri().path() {
            "/offline.html" => Some(
                "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'",
            ),
            // What a worker fetches, also for a page, is under the worker's own policy.
            "/sw.js" => Some("default-src 'none'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"),
            _ => None,
        };
        let root = state.leptos.site_root.to_string();
        let Ok(mut response) = ServeDir::new(root)
            .precompressed_br()
            .precompressed_gzip()
            .try_call(request)
            .await
        else {
            return axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Some(policy) = policy {
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        }
        return response.map(Body::new);
    }
    let context = move || provide_page(&state);
    leptos_axum::render_app_async_with_context(context, || shell(App))(request).await
}

/// The visit behind a request that `identify` has seen.
pub fn visit_of(state: &AppState, parts: &Parts, incoming: &Incoming) -> Visit {
    let csrf = incoming
        .actor
        .session()
        .map(|session| state.services.core.vault.csrf(session.id));
    Visit {
        backend: state.backend.clone(),
        actor: incoming.actor.clone(),
        now: state.services.core.clock.now(),
        path: parts.uri.path().to_owned(),
        query: serde_urlencoded::from_str(parts.uri.query().unwrap_or("")).unwrap_or_default(),
        flash: incoming.flash.clone(),
        draft_waits: incoming.draft_waits,
        key: state.services.core.clock.new_id().to_string(),
        device_token: incoming.device_token.clone(),
        licence: state.config.legal_licence.clone(),
        assets: state.assets.clone(),
        page: PageContext {
            csrf,
            theme: incoming.theme,
        },
        reply: Arc::new(Mutex::new(Reply::default())),
    }
}

/// Gives a page its visit, and its answer the policy and the end of a read flash.
fn provide_page(state: &AppState) {
    let parts = expect_context::<Parts>();
    let response = expect_context::<ResponseOptions>();
    set_policy(&state.config.public_origin);
    // Routes are listed once at the start without a request.
    if let Some(incoming) = parts.extensions.get::<Incoming>() {
        if incoming.had_flash {
            response.append_header(header::SET_COOKIE, cookies::hidden(cookies::FLASH, "", 0));
        }
        if incoming.flash.as_ref().is_some_and(|flash| flash.owner.is_some()) {
            response.append_header(header::SET_COOKIE, cookies::hidden(cookies::DRAFT, "", 0));
        }
        visit::provide(visit_of(state, &parts, incoming));
    }
}

/// Gives the page that is being rendered its policy.
pub fn set_policy(public_origin: &str) {
    let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
    let policy = page_policy(&nonce, public_origin.starts_with("https://"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        expect_context::<ResponseOptions>().insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// The business date of a request, for handlers without a visit.
pub fn today(state: &AppState) -> time::Date {
    jakarta_date(state.services.core.clock.now())
}
