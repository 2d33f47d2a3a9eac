//! The API for programs: JSON in and out, bearer tokens, RFC 9457 problems; cookies are ignored.
//!
//! One file per word. The document at `/api/openapi.json` is made from the handlers themselves.
#![expect(
    clippy::result_large_err,
    reason = "a problem is made once per refused request and goes straight out"
)]

mod auth;
mod docs;
mod documents;
mod extract;
mod loans;
mod notifications;
mod payments;
mod problem;
mod schedule;
mod users;

use crate::state::AppState;
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
pub use extract::Input;
pub use problem::{Problem, uniform};
use services::limits::address;
use std::sync::Arc;
use tower_http::limit::RequestBodyLimitLayer;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Largest JSON body, in bytes.
const MAX_JSON: usize = 64 * 1024;

/// The frame of the document.
#[derive(OpenApi)]
#[openapi(
    info(title = "Sanggup", version = "1", description = "Amounts are whole rupiah, dates YYYY-MM-DD in Asia/Jakarta, instants RFC 3339 in UTC, ids UUIDv7. Unknown members are refused."),
    modifiers(&Bearer)
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(
            Http::builder()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format("JWT")
                .build(),
        );
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", scheme);
    }
}

/// Every operation, and the document about them.
pub fn routes(state: &AppState) -> Router<AppState> {
    let (small, document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(auth::register))
        .routes(routes!(auth::register_verify))
        .routes(routes!(auth::login))
        .routes(routes!(auth::login_verify))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(users::profile_get, users::profile_update))
        .routes(routes!(documents::list))
        .routes(routes!(loans::simulate))
        .routes(routes!(loans::quote))
        .routes(routes!(loans::apply))
        .routes(routes!(loans::list))
        .routes(routes!(loans::get))
        .routes(routes!(loans::schedule))
        .routes(routes!(loans::ledger))
        .routes(routes!(loans::payoff))
        .routes(routes!(loans::cancel))
        .routes(routes!(loans::review))
        .routes(routes!(payments::create))
        .routes(routes!(payments::get))
        .routes(routes!(payments::claim))
        .routes(routes!(notifications::list))
        .routes(routes!(notifications::read))
        .routes(routes!(notifications::preferences_get, notifications::preferences_put))
        .routes(routes!(notifications::push_subscribe))
        .split_for_parts();
    let small = small.layer(RequestBodyLimitLayer::new(MAX_JSON));
    let (large, uploads) = OpenApiRouter::<AppState>::new()
        .routes(routes!(documents::upload))
        .split_for_parts();
    let large = large
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(domain::documents::MAX_FILE_BYTES + MAX_JSON));
    let mut document = document;
    document.merge(uploads);
    let document = Arc::new(docs::complete(&document));
    Router::new()
        .merge(small)
        .merge(large)
        .layer(from_fn_with_state(state.clone(), limit))
        .route(
            "/api/openapi.json",
            get({
                let document = document.clone();
                async move || Json((*document).clone())
            }),
        )
        .route("/api/docs", get(docs::page))
        .route("/api/docs/{file}", get(docs::file))
        .route(
            "/api/{*unknown}",
            get(unknown).post(unknown).put(unknown).patch(unknown).delete(unknown),
        )
}

/// 600 requests a minute from one address.
async fn limit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let origin = crate::middleware::identify::origin(&state, &request);
    match state
        .services
        .core
        .limits
        .check("read_api_ip", &address(&origin.address))
        .await
    {
        Ok(()) => next.run(request).await,
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn unknown() -> Problem {
    Problem::from(domain::Error::NotFound)
}
