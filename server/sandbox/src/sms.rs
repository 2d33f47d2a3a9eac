//! Twilio-shaped SMS. In: form posts under Basic auth. Out: message sids, the caught message, and signed status
//! callbacks to the `StatusCallback` address of the request (none without it).
//!
//! Numbers ending in 997 are accepted and end `undelivered` with error 30003.

use axum::{
    Form, Json, Router,
    extract::{Path, Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use uuid::Uuid;

use crate::{
    auth,
    faults::{self, Spoiled, Vendor},
    state::{Channel, Message, Sim, now},
    webhook::{Notification, Retries, Target},
};

/// Between `sent` and its end.
const TRAVEL: std::time::Duration = std::time::Duration::from_millis(200);
/// Characters of GSM 03.38 that are not ASCII, and those that take two places.
const GSM_EXTRA: &str = "£¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
const GSM_DOUBLE: &str = "^{}\\[~]|€";

/// The one SMS route, under `/twilio`.
pub fn routes(sim: &Sim) -> Router<Sim> {
    Router::new()
        .route("/twilio/2010-04-01/Accounts/{account}/Messages.json", post(send))
        .layer(from_fn_with_state((sim.clone(), Vendor::Twilio), faults::inject))
        .layer(from_fn_with_state(sim.clone(), authorise))
}

/// The vendor's error object.
pub fn error_body(code: u32, message: &str, status: u16) -> Value {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    json!({"code": code, "message": message, "more_info": more, "status": status})
}

fn error(status: StatusCode, code: u32, message: &str) -> Response {
    (status, Json(error_body(code, message, status.as_u16()))).into_response()
}

async fn authorise(State(sim): State<Sim>, request: Request, next: Next) -> Response {
    let credentials = &sim.config.credentials;
    if !auth::basic(request.headers(), &credentials.twilio_sid, &credentials.twilio_token) {
        return error(StatusCode::UNAUTHORIZED, 20_003, "Authenticate");
    }
    next.run(request).await
}

/// How many parts a text takes: 160 septets (153 when split), or 70 (67) UTF-16 units beyond GSM 03.38.
fn segments(text: &str) -> usize {
    let septets = |letter: char| match letter {
        letter if GSM_DOUBLE.contains(letter) => Some(2),
        '`' => None,
        letter if letter.is_ascii_graphic() || matches!(letter, ' ' | '\n' | '\r') => Some(1),
        letter if GSM_EXTRA.contains(letter) => Some(1),
        _ => None,
    };
    let (length, single, part) = match text.chars().map(septets).sum::<Option<usize>>() {
        Some(septets) => (septets, 160, 153),
        None => (text.encode_utf16().count(), 70, 67),
    };
    if length <= single { 1 } else { length.div_ceil(part) }
}

async fn send(
    State(sim): State<Sim>,
    Path(account): Path<String>,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    if account != sim.config.credentials.twilio_sid {
        return error(StatusCode::NOT_FOUND, 20_404, "The requested resource was not found");
    }
    let field = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value.as_str())
    };
    let (to, text, callback) = (field("To"), field("Body"), field("StatusCallback"));
    let from = if field("From").is_empty() {
        field("MessagingServiceSid")
    } else {
        field("From")
    };
    let digits = to.strip_prefix('+').unwrap_or_default();
    if !(8..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return error(
            StatusCode::BAD_REQUEST,
            21_211,
            &format!("Invalid 'To' Phone Number: {to}"),
        );
    }
    if from.is_empty() {
        return error(
            StatusCode::BAD_REQUEST,
            21_603,
            "A 'From' or 'MessagingServiceSid' parameter is required",
        );
    }
    if text.is_empty() {
        return error(StatusCode::BAD_REQUEST, 21_602, "Message body is required");
    }
    if text.chars().count() > 1_600 {
        return error(
            StatusCode::BAD_REQUEST,
            21_617,
            "The message body exceeds the 1600 character limit",
        );
    }
    if !callback.is_empty() && reqwest::Url::parse(callback).is_err() {
        return error(StatusCode::BAD_REQUEST, 21_609, "Invalid 'StatusCallback' URL");
    }
    let sid = format!("SM{}", Uuid::new_v4().simple());
    let at = now();
    sim.store().messages.push(Message {
        id: sid.clone(),
        channel: Channel::Sms,
        to: to.to_owned(),
        text: text.to_owned(),
        at,
        status: "sent",
        body: form.iter().map(|(key, value)| (key.clone(), json!(value))).collect(),
    });
    report(
        &sim,
        Progress {
            sid: sid.clone(),
            account: account.clone(),
            to: to.to_owned(),
            from: from.to_owned(),
            callback: callback.to_owned(),
        },
    );
    let body = json!({
        "sid": sid, "account_sid": account, "status": "queued", "to": to, "from": from, "body": text,
        "num_segments": segments(text).to_string(), "error_code": null, "error_message": null,
        "date_created": stamp(at),
        "uri": format!("/2010-04-01/Accounts/{account}/Messages/{sid}.json"),
    });
    (StatusCode::CREATED, Json(body)).into_response()
}

fn stamp(at: OffsetDateTime) -> String {
    at.format(&Rfc2822).expect("years of the sandbox have four digits")
}

/// A message on its way.
struct Progress {
    sid: String,
    account: String,
    to: String,
    from: String,
    callback: String,
}

fn report(sim: &Sim, message: Progress) {
    announce(sim, &message, "sent", None, Spoiled::default());
    sim.later(TRAVEL, move |sim| {
        let (status, code) = if message.to.ends_with("997") {
            ("undelivered", Some(30_003))
        } else {
            ("delivered", None)
        };
        let path = format!("/twilio/2010-04-01/Accounts/{}/Messages.json", message.account);
        let spoiled = sim.spoil(&[&path, "/webhooks/sms"]);
        let mut store = sim.store();
        if let Some(stored) = store.messages.iter_mut().find(|stored| stored.id == message.sid) {
            stored.status = status;
        }
        drop(store);
        announce(sim, &message, status, code, spoiled);
    });
}

fn announce(sim: &Sim, message: &Progress, status: &str, code: Option<u32>, spoiled: Spoiled) {
    if message.callback.is_empty() {
        return;
    }
    let mut parameters = vec![
        ("MessageSid", message.sid.clone()),
        ("SmsSid", message.sid.clone()),
        ("MessageStatus", status.to_owned()),
        ("SmsStatus", status.to_owned()),
        ("To", message.to.clone()),
        ("From", message.from.clone()),
        ("AccountSid", message.account.clone()),
        ("ApiVersion", "2010-04-01".to_owned()),
    ];
    if let Some(code) = code {
        parameters.push(("ErrorCode", code.to_string()));
    }
    let token = if spoiled.bad_signature {
        "not-the-token"
    } else {
        &sim.config.credentials.twilio_token
    };
    let signature = auth::twilio(token, &message.callback, &parameters);
    let Ok(url) = reqwest::Url::parse_with_params("http://form/", &parameters) else {
        return;
    };
    sim.notify(Notification {
        object: message.sid.clone(),
        event: status.to_owned(),
        target: Target::Urls(vec![message.callback.clone()]),
        headers: vec![
            ("content-type", "application/x-www-form-urlencoded".into()),
            ("x-twilio-signature", signature),
        ],
        body: Bytes::from(url.query().unwrap_or_default().to_owned()),
        retries: Retries::Twilio,
        spoiled,
    });
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn segments_follow_gsm_and_ucs2() {
        assert_eq!(segments(&"a".repeat(160)), 1);
        assert_eq!(segments(&"a".repeat(161)), 2);
        assert_eq!(segments(&"a".repeat(307)), 3);
        assert_eq!(segments(&"{".repeat(81)), 2);
        assert_eq!(segments(&"✓".repeat(70)), 1);
        assert_eq!(segments(&"✓".repeat(71)), 2);
    }
}
