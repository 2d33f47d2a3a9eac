//! The control surface `/_sim`: what tests and the web page read and press. Never part of a vendor's protocol.
//! In: JSON or form posts. Out: JSON, or for a browser's form a redirect back to the page.

use std::collections::HashMap;

use axum::{
    Form, Json, Router,
    extract::{FromRequest, Path, Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde_json::{Map, Value, json};

use crate::{
    faults::{Fault, Hostile},
    midtrans::{self, Action, account_key},
    state::{Message, Sim, now},
    whatsapp,
    xendit::{self, End},
};

/// Every control route.
pub fn routes() -> Router<Sim> {
    Router::new()
        .route("/_sim/messages", get(messages).delete(forget))
        .route("/_sim/midtrans", get(transactions))
        .route("/_sim/midtrans/{order_id}/{action}", post(press_payment))
        .route("/_sim/xendit/payouts", get(payouts))
        .route("/_sim/xendit/payouts/{id}/{action}", post(press_payout))
        .route("/_sim/accounts", post(name_account))
        .route("/_sim/requests", get(requests))
        .route("/_sim/webhooks", get(deliveries))
        .route("/_sim/hostile", post(turn_hostile))
        .route("/_sim/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/_sim/whatsapp/inbound", post(inbound))
        .route("/_sim/whatsapp/verify", post(verify))
        .route("/_sim/push/{id}", get(pushes))
        .route("/_sim/push/{id}/expire", post(expire_push))
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"error": message}))).into_response()
}

/// The result as JSON, or back to the page when a browser's form asked.
fn done(headers: &HeaderMap, result: Value) -> Response {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if accept.contains("text/html") {
        Redirect::to("/").into_response()
    } else {
        Json(result).into_response()
    }
}

/// A body in JSON or as a form; empty form fields are left out.
struct Fields(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        if kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            let Form(pairs) = Form::<Vec<(String, String)>>::from_request(request, state)
                .await
                .map_err(IntoResponse::into_response)?;
            let filled = pairs.into_iter().filter(|(_, value)| !value.is_empty());
            return Ok(Self(filled.map(|(key, value)| (key, json!(value))).collect()));
        }
        let body = bytes::Bytes::from_request(request, state)
            .await
            .map_err(IntoResponse::into_response)?;
        match serde_json::from_slice(&body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            _ if body.is_empty() => Ok(Self(Map::new())),
            _ => Err(refuse(StatusCode::BAD_REQUEST, "the body must be a JSON object")),
        }
    }
}

impl Fields {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A whole number of rupiah above zero; `Err` when there is something else.
    fn rupiah(&self, name: &str) -> Result<Option<i64>, ()> {
        let number = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.parse().ok(),
            Some(other) => other.as_i64(),
        };
        number.filter(|rupiah| *rupiah > 0).map(Some).ok_or(())
    }
}

fn wanted(query: &HashMap<String, String>, message: &Message) -> bool {
    let channel = serde_json::to_value(message.channel).unwrap_or_default();
    query.get("to").is_none_or(|to| message.is_to(to))
        && query.get("channel").is_none_or(|wanted| channel == wanted.as_str())
}

async fn messages(State(sim): State<Sim>, Query(query): Query<HashMap<String, String>>) -> Response {
    let store = sim.store();
    Json(
        store
            .messages
            .newest()
            .filter(|message| wanted(&query, message))
            .collect::<Vec<_>>(),
    )
    .into_response()
}

async fn forget(State(sim): State<Sim>, Query(query): Query<HashMap<String, String>>) -> StatusCode {
    sim.store().messages.retain(|message| !wanted(&query, message));
    StatusCode::NO_CONTENT
}

async fn transactions(State(sim): State<Sim>) -> Json<Vec<Value>> {
    midtrans::tick(&sim, now());
    Json(
        sim.store()
            .transactions
            .newest()
            .map(midtrans::Transaction::view)
            .collect(),
    )
}

async fn press_payment(
    State(sim): State<Sim>,
    Path((order_id, action)): Path<(String, String)>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let Ok(amount) = fields.rupiah("amount") else {
        return refuse(StatusCode::BAD_REQUEST, "amount must be a whole number above 0");
    };
    let action = match action.as_str() {
        "pay" => Action::Pay(amount),
        "expire" => Action::Expire,
        "deny" => Action::Deny,
        "reverse" => Action::Reverse,
        _ => {
            return refuse(StatusCode::NOT_FOUND, "the actions are pay, expire, deny and reverse");
        }
    };
    match midtrans::act(&sim, &order_id, action) {
        Ok(transaction) => done(&headers, transaction.view()),
        Err(midtrans::Refusal::Missing) => refuse(StatusCode::NOT_FOUND, "no such order"),
        Err(_) => refuse(StatusCode::CONFLICT, "the order's status does not allow that"),
    }
}

async fn payouts(State(sim): State<Sim>) -> Json<Vec<Value>> {
    Json(sim.store().payouts.newest().map(xendit::Payout::body).collect())
}

async fn press_payout(
    State(sim): State<Sim>,
    Path((id, action)): Path<(String, String)>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let end = match action.as_str() {
        "succeed" => End::Succeed,
        "fail" => End::Fail(fields.text("failure_code").unwrap_or("INVALID_DESTINATION").to_owned()),
        "reverse" => End::Reverse,
        _ => {
            return refuse(StatusCode::NOT_FOUND, "the actions are succeed, fail and reverse");
        }
    };
    match xendit::end(&sim, &id, &end) {
        Ok(payout) => done(&headers, payout.body()),
        Err(xendit::Refusal::Missing) => refuse(StatusCode::NOT_FOUND, "no such payout"),
        Err(xendit::Refusal::Code) => refuse(StatusCode::BAD_REQUEST, "not a failure_code of the vendor"),
        Err(xendit::Refusal::Status) => refuse(StatusCode::CONFLICT, "the payout's status does not allow that"),
    }
}

async fn name_account(State(sim): State<Sim>, headers: HeaderMap, fields: Fields) -> Response {
    let (Some(bank), Some(account), Some(name)) = (fields.text("bank"), fields.text("account"), fields.text("name"))
    else {
        return refuse(StatusCode::BAD_REQUEST, "bank, account and name are required");
    };
    sim.store().accounts.put(account_key(bank, account), name.to_owned());
    done(&headers, json!({"bank": bank, "account": account, "name": name}))
}

/// `{"seed": 7, "percent": 30}`; 0 percent ends it.
async fn turn_hostile(State(sim): State<Sim>, Json(wanted): Json<Weather>) -> Response {
    sim.store().hostile = (wanted.percent > 0).then(|| Hostile::new(wanted.seed, wanted.percent));
    Json(json!({"percent": wanted.percent})).into_response()
}

/// How much goes wrong, by which seed.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Weather {
    #[serde(default)]
    seed: u64,
    percent: u8,
}

async fn requests(State(sim): State<Sim>, Query(query): Query<HashMap<String, String>>) -> Response {
    let store = sim.store();
    let fits = |path: &str| query.get("path").is_none_or(|wanted| path.contains(wanted));
    Json(
        store
            .requests
            .newest()
            .filter(|request| fits(&request.path))
            .collect::<Vec<_>>(),
    )
    .into_response()
}

async fn deliveries(State(sim): State<Sim>, Query(query): Query<HashMap<String, String>>) -> Response {
    let store = sim.store();
    let fits = |object: &str| query.get("object").is_none_or(|wanted| object == wanted);
    Json(
        store
            .deliveries
            .newest()
            .filter(|delivery| fits(&delivery.object))
            .collect::<Vec<_>>(),
    )
    .into_response()
}

async fn faults(State(sim): State<Sim>) -> Json<Vec<Fault>> {
    Json(sim.store().faults.clone())
}

async fn add_fault(State(sim): State<Sim>, fields: Fields) -> Response {
    let fault: Fault = match serde_json::from_value(Value::Object(fields.0)) {
        Ok(fault) => fault,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    if fault.route.is_empty() || fault.times == 0 {
        return refuse(StatusCode::BAD_REQUEST, "route and times above 0 are required");
    }
    let mut store = sim.store();
    if store.faults.len() >= 100 {
        return refuse(StatusCode::CONFLICT, "there are 100 faults waiting already");
    }
    store.faults.push(fault.clone());
    (StatusCode::CREATED, Json(fault)).into_response()
}

async fn clear_faults(State(sim): State<Sim>) -> StatusCode {
    sim.store().faults.clear();
    StatusCode::NO_CONTENT
}

async fn inbound(State(sim): State<Sim>, headers: HeaderMap, fields: Fields) -> Response {
    let (Some(from), Some(text)) = (fields.text("from"), fields.text("text")) else {
        return refuse(StatusCode::BAD_REQUEST, "from and text are required");
    };
    whatsapp::inbound(&sim, from, text);
    done(&headers, json!({"from": from, "text": text}))
}

async fn verify(State(sim): State<Sim>) -> Response {
    match whatsapp::verify_webhook(&sim).await {
        Ok(verified) => Json(json!({"verified": verified})).into_response(),
        Err(error) => refuse(StatusCode::BAD_GATEWAY, &error),
    }
}

async fn pushes(State(sim): State<Sim>, Path(id): Path<String>) -> Response {
    match sim.store().devices.get(&id) {
        Some(device) => Json(json!({"expired": device.expired, "received": device.received})).into_response(),
        None => refuse(StatusCode::NOT_FOUND, "no such subscription"),
    }
}

async fn expire_push(State(sim): State<Sim>, Path(id): Path<String>) -> Response {
    match sim.store().devices.get_mut(&id) {
        Some(device) => {
            device.expired = true;
            Json(json!({"expired": true})).into_response()
        }
        None => refuse(StatusCode::NOT_FOUND, "no such subscription"),
    }
}
