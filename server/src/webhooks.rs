//! Notices from third parties: raw bytes in, verified before anything is parsed, answered only after COMMIT.

use crate::state::AppState;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::{Error, payments::Receipt};
use std::collections::HashMap;

/// Largest notice, in bytes.
const MAX_NOTICE: usize = 64 * 1024;

/// Seconds after which a vendor may try again while the database is away.
const RETRY_AFTER: &str = "10";

/// The four vendors, each at most 200 times a second.
pub fn routes(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/webhooks/midtrans", post(midtrans))
        .route("/webhooks/xendit", post(xendit))
        .route("/webhooks/whatsapp", get(verify_whatsapp).post(whatsapp))
        .route("/webhooks/sms", post(sms))
        .layer(DefaultBodyLimit::max(MAX_NOTICE))
        .layer(from_fn_with_state(state.clone(), limit))
}

async fn limit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let vendor = vendor_of(request.uri().path());
    let response = match state.services.core.limits.check("webhook", request.uri().path()).await {
        Err(Error::TooMany { retry_after }) => (
            StatusCode::TOO_MANY_REQUESTS,
            [(header::RETRY_AFTER, retry_after.to_string())],
        )
            .into_response(),
        _ => next.run(request).await,
    };
    let outcome = match response.status() {
        StatusCode::TOO_MANY_REQUESTS => "limited",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        // The handlers count the rest, and know why.
        _ => return response,
    };
    metrics::counter!("webhooks", "vendor" => vendor, "outcome" => outcome).increment(1);
    response.map(|_| Body::from(outcome))
}

fn vendor_of(path: &str) -> &'static str {
    ["midtrans", "xendit", "whatsapp", "sms"]
        .into_iter()
        .find(|vendor| path.ends_with(vendor))
        .unwrap_or("unknown")
}

async fn midtrans(State(state): State<AppState>, body: Bytes) -> Response {
    answer("midtrans", state.backend.payments.receive_midtrans(&body).await)
}

async fn xendit(State(state): State<AppState>, headers: HeaderMap, body: Bytes) -> Response {
    let token = text(&headers, "x-callback-token");
    answer("xendit", state.backend.payments.receive_xendit(token, &body).await)
}

async fn verify_whatsapp(State(state): State<AppState>, Query(query): Query<HashMap<String, String>>) -> Response {
    let value = |name: &str| query.get(name).map_or("", String::as_str);
    match state.backend.notifications.verify_whatsapp(
        value("hub.mode"),
        value("hub.verify_token"),
        value("hub.challenge"),
    ) {
        Some(challenge) => challenge.into_response(),
        None => StatusCode::FORBIDDEN.into_response(),
    }
}

async fn whatsapp(State(state): State<AppState>, headers: HeaderMap, body: Bytes) -> Response {
    let signature = text(&headers, "x-hub-signature-256");
    seen(
        "whatsapp",
        state.backend.notifications.receive_whatsapp(signature, &body).await,
    )
}

async fn sms(State(state): State<AppState>, headers: HeaderMap, body: Bytes) -> Response {
    let signature = text(&headers, "x-twilio-signature");
    let Ok(pairs) = serde_urlencoded::from_bytes::<Vec<(String, String)>>(&body) else {
        return answer("sms", Ok(Receipt::Malformed));
    };
    seen("sms", state.backend.notifications.receive_sms(signature, &pairs).await)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn seen(vendor: &'static str, result: Result<bool, Error>) -> Response {
    answer(
        vendor,
        result.map(|right| {
            if right {
                Receipt::Accepted
            } else {
                Receipt::BadSignature
            }
        }),
    )
}

/// 503 while the database is away, never 500: the vendors send again after it.
fn answer(vendor: &'static str, result: Result<Receipt, Error>) -> Response {
    let (status, outcome) = match result {
        Ok(Receipt::Accepted) => (StatusCode::OK, "accepted"),
        Ok(Receipt::Ignored) => (StatusCode::OK, "ignored"),
        Ok(Receipt::BadSignature) => (StatusCode::UNAUTHORIZED, "bad_signature"),
        Ok(Receipt::Malformed) => (StatusCode::BAD_REQUEST, "malformed"),
        Ok(Receipt::Contradiction) => (StatusCode::CONFLICT, "contradiction"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    metrics::counter!("webhooks", "vendor" => vendor, "outcome" => outcome).increment(1);
    match status {
        StatusCode::OK => status.into_response(),
        StatusCode::SERVICE_UNAVAILABLE => (status, [(header::RETRY_AFTER, RETRY_AFTER)], outcome).into_response(),
        // For whoever reads the vendor's log; the request's number is in the header that every answer has.
        _ => (status, outcome).into_response(),
    }
}
