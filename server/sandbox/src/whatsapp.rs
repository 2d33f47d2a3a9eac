//! Meta's WhatsApp Cloud API. In: template and text messages with a bearer token. Out: message ids, the caught
//! message, and `sent`/`delivered` (or `failed`) webhooks signed with the app secret.
//!
//! Numbers ending in 999 are refused at once with 131026; numbers ending in 998 are accepted and fail later
//! with the same code, as Meta mostly does it. Free text is delivered only within 24 hours after the number
//! wrote to us (`POST /_sim/whatsapp/inbound`); else it is accepted and fails with 131047.

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use bytes::Bytes;
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

use crate::{
    auth,
    faults::{self, Spoiled, Vendor},
    state::{Channel, Message, Sim, now},
    webhook::{Notification, Retries, Target},
};

/// Where status webhooks go.
const WEBHOOK: &str = "/webhooks/whatsapp";
/// Between `sent` and `delivered`.
const TRAVEL: std::time::Duration = std::time::Duration::from_millis(200);
/// Longest template parameter and template text.
const PARAMETER: usize = 1_024;
/// Longest free text.
const TEXT: usize = 4_096;

/// The one WhatsApp route, under `/graph`.
pub fn routes(sim: &Sim) -> Router<Sim> {
    Router::new()
        .route("/graph/{version}/{number}/messages", post(send))
        .layer(from_fn_with_state((sim.clone(), Vendor::Graph), faults::inject))
        .layer(from_fn_with_state(sim.clone(), authorise))
}

/// The vendor's error object.
pub fn error_body(code: u32, details: &str) -> Value {
    json!({"error": {
        "message": format!("(#{code}) {details}"),
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details},
        "fbtrace_id": Uuid::new_v4().simple().to_string(),
    }})
}

fn error(status: StatusCode, code: u32, details: &str) -> Response {
    (status, Json(error_body(code, details))).into_response()
}

async fn authorise(State(sim): State<Sim>, request: Request, next: Next) -> Response {
    if !auth::bearer(request.headers(), &sim.config.credentials.wa_token) {
        return error(StatusCode::UNAUTHORIZED, 190, "Invalid OAuth access token");
    }
    next.run(request).await
}

async fn send(State(sim): State<Sim>, Path((version, number)): Path<(String, String)>, body: Bytes) -> Response {
    let known_version = version
        .strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| major.parse::<u16>().is_ok() && minor.parse::<u16>().is_ok());
    if !known_version {
        return error(StatusCode::BAD_REQUEST, 2635, "Unknown API version");
    }
    if number != sim.config.credentials.wa_phone_number_id {
        let details = "Object does not exist or does not support this operation";
        return error(StatusCode::BAD_REQUEST, 100, details);
    }
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return error(StatusCode::BAD_REQUEST, 100, "The body is not JSON");
    };
    let (to, text) = match read(&body) {
        Ok(read) => read,
        Err((code, details)) => return error(StatusCode::BAD_REQUEST, code, &details),
    };
    if to.ends_with("999") {
        return error(StatusCode::BAD_REQUEST, 131_026, "Message undeliverable");
    }
    let late_failure = if to.ends_with("998") {
        Some(131_026)
    } else if body["type"] == "text" && !window_open(&sim, &to) {
        Some(131_047)
    } else {
        None
    };
    let id = format!(
        "wamid.{}",
        STANDARD_NO_PAD.encode(format!("HBgM{to}{}", Uuid::new_v4().simple()))
    );
    let message = Message {
        id: id.clone(),
        channel: Channel::Whatsapp,
        to: format!("+{to}"),
        text,
        at: now(),
        status: "sent",
        body: body.clone(),
    };
    if late_failure.is_none() {
        sim.store().messages.push(message);
    }
    let route = format!("/graph/{version}/{number}/messages");
    report(
        &sim,
        Progress {
            id: id.clone(),
            to: to.clone(),
            body: body.clone(),
            route,
        },
        late_failure,
    );
    Json(json!({
        "messaging_product": "whatsapp",
        "contacts": [{"input": body["to"], "wa_id": to}],
        "messages": [{"id": id, "message_status": "accepted"}],
    }))
    .into_response()
}

fn window_open(sim: &Sim, to: &str) -> bool {
    sim.store()
        .inbound
        .get(to)
        .is_some_and(|at| now() - *at < Duration::DAY)
}

/// Checks the message; gives the number (digits) and what a person would read.
fn read(body: &Value) -> Result<(String, String), (u32, String)> {
    let invalid = |details: &str| (100, details.to_owned());
    if body["messaging_product"] != "whatsapp" {
        return Err(invalid("messaging_product must be whatsapp"));
    }
    let to = body["to"].as_str().unwrap_or_default().trim_start_matches('+');
    if !(8..=15).contains(&to.len()) || !to.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid("to must be a phone number in international form"));
    }
    let text = match body["type"].as_str() {
        Some("template") => template(&body["template"])?,
        Some("text") | None => {
            let text = body["text"]["body"].as_str().unwrap_or_default();
            if text.is_empty() || text.chars().count() > TEXT {
                return Err(invalid("text.body must have 1 to 4096 characters"));
            }
            text.to_owned()
        }
        Some(_) => return Err(invalid("type must be template or text here")),
    };
    Ok((to.to_owned(), text))
}

/// Name and parameters of a template, one after the other, each distinct parameter once.
fn template(template: &Value) -> Result<String, (u32, String)> {
    let invalid = |details: &str| (100, details.to_owned());
    let name = template["name"].as_str().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || name.len() > 512 || !name.bytes().all(plain) {
        return Err(invalid("template.name must be of a-z 0-9 _"));
    }
    if template["language"]["code"]
        .as_str()
        .is_none_or(|code| !(2..=6).contains(&code.len()))
    {
        return Err(invalid("template.language.code is required"));
    }
    let mut parts: Vec<&str> = Vec::new();
    for component in template["components"].as_array().map(Vec::as_slice).unwrap_or_default() {
        match component["type"].as_str() {
            Some("header" | "body") => {}
            Some("button") => {
                let index = component["index"]
                    .as_str()
                    .is_some_and(|index| index.parse::<u8>().is_ok());
                if !index || component["sub_type"].as_str().is_none() {
                    return Err(invalid("a button component needs sub_type and index, both strings"));
                }
            }
            _ => return Err(invalid("component type must be header, body or button")),
        }
        for parameter in component["parameters"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
        {
            let text = parameter["text"].as_str().unwrap_or_default();
            if parameter["type"] != "text" || text.is_empty() {
                return Err((132_000, "a parameter needs type text and a text".to_owned()));
            }
            if text.chars().count() > PARAMETER {
                return Err((132_005, "the parameter is too long".to_owned()));
            }
            if text.contains(['\n', '\t']) || text.contains("     ") {
                return Err((
                    132_012,
                    "a parameter has no line breaks, tabs or five spaces in a row".to_owned(),
                ));
            }
            if !parts.contains(&text) {
                parts.push(text);
            }
        }
    }
    Ok(if parts.is_empty() {
        name.to_owned()
    } else {
        format!("{name}: {}", parts.join(" | "))
    })
}

/// A message on its way.
struct Progress {
    id: String,
    to: String,
    body: Value,
    route: String,
}

/// Sends the status webhooks.
fn report(sim: &Sim, message: Progress, late_failure: Option<u32>) {
    if late_failure.is_none() {
        announce(sim, &message, "sent", None, Spoiled::default());
    }
    sim.later(TRAVEL, move |sim| {
        let spoiled = sim.spoil(&[&message.route, WEBHOOK]);
        let status = if late_failure.is_some() { "failed" } else { "delivered" };
        let mut store = sim.store();
        if let Some(stored) = store.messages.iter_mut().find(|stored| stored.id == message.id) {
            stored.status = status;
        }
        drop(store);
        announce(sim, &message, status, late_failure, spoiled);
    });
}

fn announce(sim: &Sim, message: &Progress, status: &str, code: Option<u32>, spoiled: Spoiled) {
    let mut event = json!({
        "id": message.id,
        "status": status,
        "timestamp": now().unix_timestamp().to_string(),
        "recipient_id": message.to,
    });
    if !message.body["biz_opaque_callback_data"].is_null() {
        event["biz_opaque_callback_data"] = message.body["biz_opaque_callback_data"].clone();
    }
    if let Some(code) = code {
        let title = if code == 131_047 {
            "Re-engagement message"
        } else {
            "Message undeliverable"
        };
        event["errors"] = json!([{"code": code, "title": title, "message": title, "error_data": {"details": title}}]);
    } else {
        event["conversation"] = json!({"id": Uuid::new_v4().simple().to_string(), "origin": {"type": "utility"}});
        event["pricing"] = json!({"billable": true, "pricing_model": "PMP", "category": "utility"});
    }
    post_value(sim, &message.id, status, json!({"statuses": [event]}), spoiled);
}

/// Signs and sends one change of the field `messages`.
fn post_value(sim: &Sim, object: &str, event: &str, mut value: Value, spoiled: Spoiled) {
    let credentials = &sim.config.credentials;
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] =
        json!({"display_phone_number": "62211234567", "phone_number_id": credentials.wa_phone_number_id});
    let body = json!({"object": "whatsapp_business_account",
        "entry": [{"id": "200000000000001", "changes": [{"field": "messages", "value": value}]}]})
    .to_string();
    let secret = if spoiled.bad_signature {
        "not-the-secret"
    } else {
        &credentials.wa_app_secret
    };
    sim.notify(Notification {
        object: object.to_owned(),
        event: event.to_owned(),
        target: Target::Path(WEBHOOK),
        headers: vec![
            ("content-type", "application/json".into()),
            ("x-hub-signature-256", auth::meta(secret, body.as_bytes())),
        ],
        body: Bytes::from(body),
        retries: Retries::Meta,
        spoiled,
    });
}

/// A person writes to us: opens the 24-hour window and sends the inbound webhook.
pub fn inbound(sim: &Sim, from: &str, text: &str) {
    let from = from.trim().trim_start_matches('+');
    sim.store().inbound.put(from, now());
    let id = format!("wamid.{}", STANDARD_NO_PAD.encode(Uuid::new_v4().as_bytes()));
    let value = json!({
        "contacts": [{"wa_id": from, "profile": {"name": from}}],
        "messages": [{"from": from, "id": id, "timestamp": now().unix_timestamp().to_string(),
                      "type": "text", "text": {"body": text}}],
    });
    post_value(sim, &id, "inbound", value, Spoiled::default());
}

/// Meta's check of a webhook address: asks with the verify token, wants the challenge back.
pub async fn verify_webhook(sim: &Sim) -> Result<bool, String> {
    let url = sim.outbox.address(WEBHOOK).ok_or("no webhook base is set")?;
    let challenge = Uuid::new_v4().as_u128().to_string();
    let query = [
        ("hub.mode", "subscribe"),
        ("hub.verify_token", &sim.config.credentials.wa_verify_token),
        ("hub.challenge", &challenge),
    ];
    let url = reqwest::Url::parse_with_params(&url, query).map_err(|error| error.to_string())?;
    let response = sim
        .outbox
        .client()
        .get(url)
        .send()
        .await
        .map_err(|error| error.to_string())?;
    let accepted = response.status() == StatusCode::OK;
    let body = response.text().await.map_err(|error| error.to_string())?;
    Ok(accepted && body == challenge)
}
