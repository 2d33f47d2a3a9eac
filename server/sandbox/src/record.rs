//! The log behind `GET /_sim/requests`. In: every vendor call. Out: the same call, and one entry without
//! credentials.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    BODY_LIMIT,
    faults::Hang,
    state::{Exchange, Sim, now},
};

/// Bodies above this many bytes are noted by size only.
const KEPT: usize = 64 * 1024;

/// Middleware around all vendors.
pub async fn exchanges(State(sim): State<Sim>, request: Request, next: Next) -> Response {
    let at = now();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let mut exchange = Exchange {
        at,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        idempotency_key: header_text(&parts.headers, "idempotency-key"),
        body: readable(&parts.headers, &body),
        status: 0,
        unanswered: false,
    };
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    exchange.status = response.status().as_u16();
    exchange.unanswered = response.extensions().get::<Hang>().is_some();
    sim.store().requests.push(exchange);
    response
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

fn readable(headers: &HeaderMap, body: &Bytes) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    let kind = header_text(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    match std::str::from_utf8(body) {
        Ok(text) if body.len() <= KEPT => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        _ => json!(format!("{} bytes of {kind}", body.len())),
    }
}
