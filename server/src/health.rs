//! Whether this process lives, and whether it can serve.

use crate::state::AppState;
use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;
use services::limits::address;
use std::sync::atomic::Ordering;

/// The process runs.
pub async fn live() -> StatusCode {
    StatusCode::OK
}

/// PostgreSQL answers and we are not going down. Redis and storage only degrade what they serve; loans that drift or were
/// set aside degrade the answer and fail nothing.
pub async fn ready(State(state): State<AppState>) -> Response {
    let serving = state.ready.load(Ordering::Relaxed);
    let database = sqlx::query("select 1").execute(&state.services.core.db).await.is_ok();
    let status = if serving && database {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let troubles = state.services.payments.troubles().await.ok();
    let mut answer = json!({ "database": database, "serving": serving });
    if let Some((drift, set_aside)) = troubles {
        // How many is for the metrics, which strangers cannot read.
        answer["books"] = json!(if drift == 0 { "agree" } else { "differ" });
        answer["degraded"] = json!(drift + set_aside > 0);
    }
    (status, Json(answer)).into_response()
}

/// Reports of the content policy: counted, never kept; ten a minute from one address.
pub async fn csp_report(State(state): State<AppState>, request: Request) -> Response {
    let origin = crate::middleware::identify::origin(&state, &request);
    match state
        .services
        .core
        .limits
        .check("csp_report", &address(&origin.address))
        .await
    {
        Ok(()) => {
            metrics::counter!("csp_reports").increment(1);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(_) => StatusCode::TOO_MANY_REQUESTS.into_response(),
    }
}
