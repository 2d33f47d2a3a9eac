//! Midtrans Core API. In: charges, status calls, cancels, refunds, with Basic auth and idempotency keys.
//! Out: the vendor's bodies (the real code is `status_code` inside) and signed notifications.

mod body;
mod charge;
mod iris;
mod transaction;

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Path, Request, State},
    http::{Method, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub use iris::account_key;
pub use transaction::{Action, Instruction, Refusal, Status, Transaction, act, tick};

use crate::{
    auth,
    faults::{self, Vendor},
    qris,
    state::{Sim, now},
};

/// A remembered idempotency key; lives five minutes.
pub enum Idempotent {
    /// The first call is still being worked on.
    Running,
    /// The first call succeeded with this answer.
    Done {
        /// When.
        at: OffsetDateTime,
        /// Its body; the HTTP status was 200.
        body: Bytes,
    },
}

const KEY_LIFE: Duration = Duration::minutes(5);
/// Longer idempotency keys are ignored without a word.
const KEY_LENGTH: usize = 46;

/// Every Midtrans route, under `/midtrans`.
pub fn routes(sim: &Sim) -> Router<Sim> {
    let api = Router::new()
        .route("/midtrans/v2/charge", post(charge::create))
        .route("/midtrans/v2/{id}/status", get(status))
        .route("/midtrans/v2/{id}/cancel", post(cancel))
        .route("/midtrans/v2/{id}/expire", post(expire))
        .route("/midtrans/v2/{id}/refund", post(refund))
        .route("/midtrans/v2/{id}/refund/online/direct", post(refund))
        .layer(from_fn_with_state((sim.clone(), Vendor::Midtrans), faults::inject))
        .layer(from_fn_with_state(sim.clone(), idempotency))
        .layer(from_fn_with_state(sim.clone(), authorise));
    let iris = Router::new()
        .route(
            "/midtrans/iris/api/v1/account_validation",
            get(iris::account_validation),
        )
        .layer(from_fn_with_state((sim.clone(), Vendor::Midtrans), faults::inject));
    // Pictures are fetched by the payer's browser, which has no key.
    let pictures = Router::new()
        .route("/midtrans/v2/qris/{id}/qr-code", get(picture))
        .route("/midtrans/v4/qris/{id}/qr-code", get(picture));
    api.merge(iris).merge(pictures)
}

/// The vendor's error: HTTP status and body carry the same code.
fn error(code: u16, message: &str, validation: &[String]) -> Response {
    let mut body = json!({"status_code": code.to_string(), "status_message": message, "id": Uuid::new_v4()});
    if !validation.is_empty() {
        body["validation_messages"] = json!(validation);
    }
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(body)).into_response()
}

async fn authorise(State(sim): State<Sim>, request: Request, next: Next) -> Response {
    let key = &sim.config.credentials.midtrans_server_key;
    if !auth::basic(request.headers(), key, "") {
        let message = "Transaction cannot be authorized with the current client/server key.";
        return error(401, message, &[]);
    }
    next.run(request).await
}

/// Frees the key when the first call ends in any way but success.
struct Running<'a>(&'a Sim, &'a str);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut store = self.0.store();
        if matches!(store.idempotency.get(self.1), Some(Idempotent::Running)) {
            store.idempotency.take(self.1);
        }
    }
}

async fn idempotency(State(sim): State<Sim>, request: Request, next: Next) -> Response {
    let key = request
        .headers()
        .get("idempotency-key")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let Some(key) = key.filter(|key| !key.is_empty() && key.len() <= KEY_LENGTH) else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, crate::BODY_LIMIT).await else {
        return error(413, "Request body is too large or broken", &[]);
    };
    let ignored = parts.method != Method::POST || charge::is_permata(&body);
    let request = Request::from_parts(parts, Body::from(body));
    if ignored {
        return next.run(request).await;
    }
    {
        let mut store = sim.store();
        match store.idempotency.get(&key) {
            Some(Idempotent::Running) => {
                return error(202, "Request with the same key is in process", &[]);
            }
            Some(Idempotent::Done { at, body }) if now() - *at < KEY_LIFE => {
                return ([(header::CONTENT_TYPE, "application/json")], body.clone()).into_response();
            }
            _ => store.idempotency.put(&key, Idempotent::Running),
        }
    }
    let _running = Running(&sim, &key);
    let response = next.run(request).await;
    remember(&sim, &key, response).await
}

/// Keeps a successful answer; a fault that hides it from the caller does not change that.
async fn remember(sim: &Sim, key: &str, response: Response) -> Response {
    if !response.status().is_success() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, crate::BODY_LIMIT).await else {
        return error(500, "The answer could not be read", &[]);
    };
    let code = serde_json::from_slice::<Value>(&body).ok();
    let succeeded = code.is_some_and(|body| matches!(body["status_code"].as_str(), Some("200" | "201")));
    if succeeded {
        sim.store().idempotency.put(
            key,
            Idempotent::Done {
                at: now(),
                body: body.clone(),
            },
        );
    }
    Response::from_parts(parts, Body::from(body))
}

fn refused(refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Missing => error(404, "Transaction doesn't exist.", &[]),
        Refusal::Status => error(412, "Merchant cannot modify the status of the transaction", &[]),
        Refusal::Key => error(406, "The refund key has been used", &[]),
        Refusal::Amount => error(400, "Refund amount is more than what was paid", &[]),
    }
}

async fn status(State(sim): State<Sim>, Path(id): Path<String>) -> Response {
    tick(&sim, now());
    let store = sim.store();
    match transaction::find(&store, &id) {
        Some(found) => Json(found.status_body()).into_response(),
        None => refused(&Refusal::Missing),
    }
}

async fn cancel(State(sim): State<Sim>, Path(id): Path<String>) -> Response {
    match act(&sim, &id, Action::Cancel) {
        Ok(done) => Json(done.body("200", "Success, transaction is canceled")).into_response(),
        Err(refusal) => refused(&refusal),
    }
}

async fn expire(State(sim): State<Sim>, Path(id): Path<String>) -> Response {
    match act(&sim, &id, Action::Expire) {
        Ok(done) => Json(done.body("407", "Success, transaction is expired")).into_response(),
        Err(refusal) => refused(&refusal),
    }
}

async fn refund(State(sim): State<Sim>, Path(id): Path<String>, body: Bytes) -> Response {
    let body: Value = match body.as_ref() {
        b"" => json!({}),
        body => match serde_json::from_slice(body) {
            Ok(body) => body,
            Err(_) => {
                return error(413, "The request cannot be processed due to syntax error", &[]);
            }
        },
    };
    let amount = match &body["amount"] {
        Value::Null => None,
        amount => match amount.as_i64().filter(|amount| *amount > 0) {
            Some(amount) => Some(amount),
            None => {
                return error(
                    400,
                    "Validation error",
                    &["amount must be a positive integer".to_owned()],
                );
            }
        },
    };
    let key = body["refund_key"]
        .as_str()
        .map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    match act(
        &sim,
        &id,
        Action::Refund {
            amount,
            key: key.clone(),
        },
    ) {
        Ok(done) => {
            let mut answer = done.body("200", "Success, refund request is approved");
            answer["refund_key"] = json!(key);
            answer["refund_amount"] = json!(body::money(done.last_refund()));
            Json(answer).into_response()
        }
        Err(refusal) => refused(&refusal),
    }
}

async fn picture(State(sim): State<Sim>, Path(id): Path<String>) -> Response {
    let payload = {
        let store = sim.store();
        transaction::find(&store, &id).and_then(|found| match &found.instruction {
            Instruction::Qris { qr_string, .. } => Some(qr_string.clone()),
            _ => None,
        })
    };
    match payload.and_then(|payload| qris::picture(&payload)) {
        Some(png) => ([(header::CONTENT_TYPE, "image/png")], png).into_response(),
        None => refused(&Refusal::Missing),
    }
}
