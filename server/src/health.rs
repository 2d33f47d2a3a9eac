//! Whether this process lives, and whether it can serve.

use crate::state::AppState;
use axum::{Json, extract::State, http::StatusCode, response::{IntoResponse, Response}};
use serde_json::json;
use std::sync::atomic::Ordering;

/// The process runs.
pub async fn live() -> StatusCode {
    StatusCode::OK
}

/// PostgreSQL answers and we are not going down. Redis and storage only degrade what they serve.
pub async fn ready(State(state): State<AppState>) -> Response {
    let serving = state.ready.load(Ordering::Relaxed);
    let database = sqlx::query("select 1").execute(&state.services.core.db).await.is_ok();
    let status = if serving && database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "database": database, "serving": serving }))).into_response()
}

/// Reports of the content policy: counted, never kept.
pub async fn csp_report() -> StatusCode {
    metrics::counter!("csp_reports").increment(1);
    StatusCode::NO_CONTENT
}
