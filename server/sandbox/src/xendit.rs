//! Xendit Payouts v2. In: payouts with an idempotency key, look-ups, cancels, under Basic auth. Out: the
//! vendor's bodies, and webhooks with the static token (the body is not signed).
//!
//! With `--auto-payout-seconds` the account number decides the end: `…9901` INVALID_DESTINATION, `…9902`
//! REJECTED_BY_CHANNEL, `…9903` TEMPORARY_TRANSFER_ERROR, `…9904` INSUFFICIENT_BALANCE, `…9905` TRANSFER_ERROR,
//! `…9906` succeeds and is reversed, `…9907` waits for a person; a holder name other than the one set by
//! `POST /_sim/accounts` is an INVALID_DESTINATION; everything else succeeds.

mod payout;

use std::collections::HashMap;

use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, StatusCode},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use serde_json::{Value, json};

pub use payout::{End, FAILURES, Payout, Refusal, Status, end, tick};

use crate::{
    auth,
    faults::{self, Vendor},
    state::{Sim, now},
};

/// Least a bank transfer carries, rupiah.
const MINIMUM: i64 = 10_000;
/// Most a bank transfer carries (RTGS above Rp250,000,000), rupiah.
const MAXIMUM: i64 = 1_000_000_000;
/// Channel codes and names.
const CHANNELS: &[(&str, &str)] = &[
    ("ID_BCA", "Bank Central Asia"),
    ("ID_BNI", "Bank Negara Indonesia"),
    ("ID_BRI", "Bank Rakyat Indonesia"),
    ("ID_MANDIRI", "Bank Mandiri"),
    ("ID_BSI", "Bank Syariah Indonesia"),
    ("ID_PERMATA", "Bank Permata"),
    ("ID_CIMB", "Bank CIMB Niaga"),
    ("ID_DANAMON", "Bank Danamon"),
    ("ID_BTN", "Bank Tabungan Negara"),
];
/// Every Xendit route, under `/xendit`.
pub fn routes(sim: &Sim) -> Router<Sim> {
    Router::new()
        .route("/xendit/v2/payouts", post(create).get(search))
        .route("/xendit/v2/payouts/{id}", get(read))
        .route("/xendit/v2/payouts/{id}/cancel", post(cancel))
        .route("/xendit/payouts_channels", get(channels))
        .layer(from_fn_with_state((sim.clone(), Vendor::Xendit), faults::inject))
        .layer(from_fn_with_state(sim.clone(), authorise))
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({"error_code": code, "message": message}))).into_response()
}

fn invalid(code: &str, path: &str, message: &str) -> Response {
    let body = json!({"error_code": code, "message": message, "errors": [{"path": path, "message": message}]});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

fn missing() -> Response {
    error(StatusCode::NOT_FOUND, "DATA_NOT_FOUND", "The payout does not exist")
}

async fn authorise(State(sim): State<Sim>, request: Request, next: Next) -> Response {
    if !auth::basic(request.headers(), &sim.config.credentials.xendit_secret_key, "") {
        return error(
            StatusCode::UNAUTHORIZED,
            "INVALID_API_KEY",
            "API key format is invalid or unknown",
        );
    }
    next.run(request).await
}

async fn create(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Response {
    let key = headers
        .get("idempotency-key")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if key.is_empty() || key.len() > 100 {
        let message = "Idempotency-key header of 1 to 100 characters is required";
        return invalid("API_VALIDATION_ERROR", "idempotency-key", message);
    }
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return error(
            StatusCode::BAD_REQUEST,
            "INVALID_JSON_FORMAT",
            "The request body is not valid JSON",
        );
    };
    let mut store = sim.store();
    if let Some((first, answer)) = store.payout_keys.get(key) {
        if *first == body {
            return Json(answer.clone()).into_response();
        }
        let message = "The idempotency key was used with another request body";
        return error(StatusCode::CONFLICT, "IDEMPOTENCY_ERROR", message);
    }
    let payout = match validate(&body) {
        Ok(payout) => payout,
        Err(refused) => return *refused,
    };
    // A failed payout may be tried again under its reference with a new key; a living one may not.
    let taken = |other: &Payout| other.reference_id == payout.reference_id && other.is_open_or_paid();
    if store.payouts.newest().any(taken) {
        let message = "A payout with this reference_id exists and has not failed";
        return error(StatusCode::CONFLICT, "DUPLICATE_ERROR", message);
    }
    let answer = payout.body();
    store.payout_keys.put(key, (body, answer.clone()));
    store.payouts.put(payout.id.clone(), payout);
    Json(answer).into_response()
}

fn validate(body: &Value) -> Result<Payout, Box<Response>> {
    let api = |path: &str, message: &str| Box::new(invalid("API_VALIDATION_ERROR", path, message));
    let text = |value: &Value, longest: usize| {
        value
            .as_str()
            .filter(|text| !text.trim().is_empty() && text.chars().count() <= longest)
            .map(str::to_owned)
    };
    let reference_id = text(&body["reference_id"], 255)
        .ok_or_else(|| api("reference_id", "reference_id of 1 to 255 characters is required"))?;
    let channel = text(&body["channel_code"], 100).ok_or_else(|| api("channel_code", "channel_code is required"))?;
    if !CHANNELS.iter().any(|(code, _)| *code == channel) {
        let message = "The channel code is not supported";
        return Err(Box::new(invalid(
            "CHANNEL_CODE_NOT_SUPPORTED_ERROR",
            "channel_code",
            message,
        )));
    }
    if body["currency"] != "IDR" {
        return Err(api("currency", "currency must be IDR"));
    }
    let properties = &body["channel_properties"];
    let holder = text(&properties["account_holder_name"], 100).ok_or_else(|| {
        api(
            "channel_properties.account_holder_name",
            "account_holder_name is required",
        )
    })?;
    let account = text(&properties["account_number"], 100)
        .ok_or_else(|| api("channel_properties.account_number", "account_number is required"))?;
    if !(6..=20).contains(&account.len()) || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        let (path, message) = (
            "channel_properties.account_number",
            "The account number does not fit the channel",
        );
        return Err(Box::new(invalid("RECIPIENT_ACCOUNT_NUMBER_ERROR", path, message)));
    }
    let amount = body["amount"].as_i64().filter(|amount| *amount > 0);
    let amount = amount.ok_or_else(|| api("amount", "amount must be a whole number above 0"))?;
    if amount < MINIMUM {
        let message = "The amount is below the minimum of the channel";
        return Err(Box::new(invalid("RECIPIENT_AMOUNT_ERROR", "amount", message)));
    }
    if amount > MAXIMUM {
        let message = "The amount is above the maximum of the channel";
        return Err(Box::new(invalid("MAXIMUM_TRANSFER_LIMIT_ERROR", "amount", message)));
    }
    if !body["description"].is_null() && text(&body["description"], 100).is_none() {
        return Err(api("description", "description has at most 100 characters"));
    }
    Ok(Payout {
        reference_id,
        amount,
        channel,
        account,
        holder,
        description: body["description"].clone(),
        metadata: body["metadata"].clone(),
        ..Payout::accepted(now())
    })
}

async fn read(State(sim): State<Sim>, Path(id): Path<String>) -> Response {
    match sim.store().payouts.get(&id) {
        Some(payout) => Json(payout.body()).into_response(),
        None => missing(),
    }
}

async fn search(State(sim): State<Sim>, Query(query): Query<HashMap<String, String>>) -> Response {
    let Some(reference) = query.get("reference_id").filter(|reference| !reference.is_empty()) else {
        return invalid("API_VALIDATION_ERROR", "reference_id", "reference_id is required");
    };
    let limit = query.get("limit").map_or(Ok(10), |limit| limit.parse::<usize>());
    let Some(limit) = limit.ok().filter(|limit| (1..=100).contains(limit)) else {
        return invalid("API_VALIDATION_ERROR", "limit", "limit must be between 1 and 100");
    };
    let store = sim.store();
    let mut found: Vec<_> = store
        .payouts
        .newest()
        .filter(|payout| payout.reference_id == *reference)
        .collect();
    let position = |id: &String| found.iter().position(|payout| payout.id == *id);
    let after = query.get("after_id").and_then(position).map(|at| at + 1);
    let before = query.get("before_id").and_then(position);
    found.truncate(before.unwrap_or(found.len()));
    let found = found.split_off(after.unwrap_or(0).min(found.len()));
    let page: Vec<_> = found.iter().take(limit).map(|payout| payout.body()).collect();
    Json(json!({"has_more": found.len() > page.len(), "data": page, "links": []})).into_response()
}

async fn cancel(State(sim): State<Sim>, Path(id): Path<String>) -> Response {
    let mut store = sim.store();
    match store.payouts.get_mut(&id) {
        None => missing(),
        Some(payout) if payout.status == Status::Accepted => {
            (payout.status, payout.updated) = (Status::Cancelled, now());
            Json(payout.body()).into_response()
        }
        Some(_) => error(
            StatusCode::BAD_REQUEST,
            "API_VALIDATION_ERROR",
            "Only a payout in status ACCEPTED can be cancelled",
        ),
    }
}

async fn channels(Query(query): Query<HashMap<String, String>>) -> Response {
    let fits = |name: &str, ours: &str| query.get(name).is_none_or(|wanted| wanted == ours);
    let list: Vec<_> = CHANNELS
        .iter()
        .filter(|(code, _)| fits("currency", "IDR") && fits("channel_category", "BANK") && fits("channel_code", code))
        .map(|(code, name)| {
            json!({"channel_code": code, "channel_category": "BANK", "currency": "IDR", "channel_name": name,
                   "amount_limits": {"minimum": MINIMUM, "maximum": MAXIMUM, "minimum_increment": 1}})
        })
        .collect();
    Json(list).into_response()
}
