//! Meta's WhatsApp Cloud API (integrations.md 2.1).
//!
//! Enters: a number, a code or a text, the record number of the delivery. Leaves: Meta's message id, or what its
//! error means for us. Two templates must be approved at Meta, language `id`: `otp_code` (authentication, with a
//! copy-code button, so the code goes twice) and `kabar` (utility: {{1}} title, {{2}} body). Templates only: free
//! text is delivered just within a day after the person wrote to us.

use super::{
    GatewayError,
    http::{self, Line},
};
use crate::config::WhatsappConfig;
use domain::{auth::Secret, users::Phone};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

const VENDOR: &str = "whatsapp";
const CODE_TEMPLATE: &str = "otp_code";
const NOTICE_TEMPLATE: &str = "kabar";

/// Meta's client.
pub struct Whatsapp {
    http: Line,
    config: WhatsappConfig,
}

/// What Meta tells about a message that was sent earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageStatus {
    /// Meta's id of the message.
    pub message_id: String,
    /// The delivery that we named when we sent it.
    pub delivery_id: Option<Uuid>,
    /// `sent`, `delivered`, `read`, `failed`, or a word that is new.
    pub status: String,
    /// Meta's error number, for `failed`.
    pub code: Option<i64>,
}

impl Whatsapp {
    /// A client for what the configuration names.
    pub fn new(http: reqwest::Client, config: WhatsappConfig) -> Self {
        Self {
            http: Line::new(VENDOR, http),
            config,
        }
    }

    /// Sends a one-time code; answers Meta's message id.
    pub async fn send_code(&self, to: &Phone, delivery_id: Uuid, code: &Secret) -> Result<String, GatewayError> {
        let parameters = json!([{"type": "text", "text": code.expose()}]);
        let components = json!([
            {"type": "body", "parameters": parameters},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": parameters},
        ]);
        self.send(to, delivery_id, CODE_TEMPLATE, components).await
    }

    /// Sends a notice; answers Meta's message id. Title and body may not be empty, nor hold line breaks.
    pub async fn send_notice(
        &self,
        to: &Phone,
        delivery_id: Uuid,
        title: &str,
        body: &str,
    ) -> Result<String, GatewayError> {
        let parameters = json!([{"type": "text", "text": title}, {"type": "text", "text": body}]);
        self.send(
            to,
            delivery_id,
            NOTICE_TEMPLATE,
            json!([{"type": "body", "parameters": parameters}]),
        )
        .await
    }

    async fn send(&self, to: &Phone, delivery_id: Uuid, name: &str, components: Value) -> Result<String, GatewayError> {
        let WhatsappConfig {
            base_url,
            version,
            phone_number_id,
            token,
            ..
        } = &self.config;
        let body = json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": to.as_str().trim_start_matches('+'),
            "type": "template",
            "biz_opaque_callback_data": tag(delivery_id),
            "template": {"name": name, "language": {"code": "id"}, "components": components},
        });
        let request = self
            .http
            .post(format!("{base_url}/{version}/{phone_number_id}/messages"))
            .bearer_auth(token.expose())
            .json(&body);
        read_answer(&self.http.send(request).await?)
    }

    /// Meta's subscription check: the challenge when mode and token are right.
    pub fn verify_subscription(&self, mode: &str, token: &str, challenge: &str) -> Option<String> {
        let right = bool::from(token.as_bytes().ct_eq(self.config.verify_token.expose().as_bytes()));
        (mode == "subscribe" && right).then(|| challenge.to_owned())
    }

    /// Whether `X-Hub-Signature-256` fits the raw body, compared in constant time.
    pub fn signature_fits(&self, header: &str, raw: &[u8]) -> bool {
        let Some(signature) = header
            .trim()
            .strip_prefix("sha256=")
            .and_then(|hex| hex::decode(hex).ok())
        else {
            return false;
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(self.config.app_secret.expose().as_bytes())
            .expect("HMAC takes keys of any length");
        mac.update(raw);
        mac.verify_slice(&signature).is_ok()
    }
}

fn tag(delivery_id: Uuid) -> String {
    format!("delivery:{delivery_id}")
}

#[derive(Deserialize)]
struct Sent {
    #[serde(default)]
    messages: Vec<SentMessage>,
    error: Option<MetaError>,
}

#[derive(Deserialize)]
struct SentMessage {
    id: String,
}

#[derive(Deserialize)]
struct MetaError {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
}

fn read_answer(answer: &http::Answer) -> Result<String, GatewayError> {
    let sent: Sent = match answer.json() {
        Ok(sent) => sent,
        // A proxy's page instead of Meta's JSON: nobody knows whether the message went out.
        Err(_) if answer.status >= 500 => {
            return Err(GatewayError::InDoubt {
                message: format!("HTTP {}", answer.status),
            });
        }
        Err(error) => return Err(error),
    };
    // An error counts whatever the HTTP status says.
    if let Some(error) = sent.error {
        return Err(classify(&error, answer));
    }
    match sent.messages.into_iter().next() {
        Some(message) if answer.status < 300 => Ok(message.id),
        _ => Err(GatewayError::Protocol {
            message: format!("HTTP {} without a message id", answer.status),
        }),
    }
}

/// The table of integrations.md 2.1: what is tried again, what an operator must see, what is final.
fn classify(error: &MetaError, answer: &http::Answer) -> GatewayError {
    let message = error.message.clone();
    match error.code {
        // Token, payment, locked account, sender not registered.
        0 | 190 | 131_042 | 131_031 | 133_010 => GatewayError::Auth { message },
        4 | 80_007 | 130_429 => GatewayError::RateLimited {
            retry_after: answer.retry_after,
        },
        1 | 2 | 131_000 | 131_016 => GatewayError::InDoubt { message },
        131_000..=139_999 => GatewayError::Rejected {
            code: error.code.to_string(),
            message,
            http: answer.status,
        },
        _ => match answer.status {
            401 | 403 => GatewayError::Auth { message },
            429 => GatewayError::RateLimited {
                retry_after: answer.retry_after,
            },
            500.. => GatewayError::InDoubt { message },
            http => GatewayError::Rejected {
                code: error.code.to_string(),
                message,
                http,
            },
        },
    }
}

#[derive(Deserialize)]
struct Webhook {
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    value: ChangeValue,
}

#[derive(Default, Deserialize)]
struct ChangeValue {
    #[serde(default)]
    statuses: Vec<RawStatus>,
}

#[derive(Deserialize)]
struct RawStatus {
    id: String,
    status: String,
    biz_opaque_callback_data: Option<String>,
    #[serde(default)]
    errors: Vec<MetaError>,
}

/// All message states in a webhook that was verified; what else it tells (messages to us) is left out.
pub fn read_statuses(raw: &[u8]) -> Result<Vec<MessageStatus>, GatewayError> {
    let webhook: Webhook = serde_json::from_slice(raw).map_err(|error| GatewayError::Protocol {
        message: error.to_string(),
    })?;
    let statuses = webhook
        .entry
        .into_iter()
        .flat_map(|entry| entry.changes)
        .flat_map(|change| change.value.statuses);
    Ok(statuses
        .map(|raw| MessageStatus {
            message_id: raw.id,
            delivery_id: raw
                .biz_opaque_callback_data
                .and_then(|tag| Uuid::try_parse(tag.strip_prefix("delivery:")?).ok()),
            status: raw.status,
            code: raw.errors.first().map(|error| error.code),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(app_secret: &str) -> Whatsapp {
        let config = WhatsappConfig {
            base_url: "http://127.0.0.1:9".into(),
            version: "v23.0".into(),
            phone_number_id: "1".into(),
            token: Secret::new("token"),
            app_secret: Secret::new(app_secret),
            verify_token: Secret::new("prove-it"),
        };
        Whatsapp::new(http::client(crate::config::Environment::Development).unwrap(), config)
    }

    fn answer(status: u16, body: &str) -> http::Answer {
        http::Answer {
            status,
            retry_after: None,
            body: body.into(),
        }
    }

    #[test]
    fn the_signature_vector_fits_and_its_neighbours_do_not() {
        let client = client("app-secret-test");
        let body = br#"{"object":"whatsapp_business_account"}"#;
        let right = "sha256=8ae0344417201f7db1e440aab70bed1920afe4a67681be5cc4a6769eabf9febe";
        assert!(client.signature_fits(right, body));
        assert!(!client.signature_fits(right, br#"{"object":"whatsapp_business_account" }"#));
        assert!(
            !client.signature_fits(&right[7..], body),
            "without the name of the method"
        );
        assert!(!client.signature_fits(&right[..right.len() - 2], body), "cut short");
        assert!(!client.signature_fits("", body));
    }

    #[test]
    fn only_the_right_token_gets_its_challenge_back() {
        let client = client("x");
        assert_eq!(
            client.verify_subscription("subscribe", "prove-it", "42"),
            Some("42".into())
        );
        assert_eq!(client.verify_subscription("subscribe", "prove-i", "42"), None);
        assert_eq!(client.verify_subscription("unsubscribe", "prove-it", "42"), None);
    }

    #[test]
    fn errors_follow_the_table_even_with_status_200() {
        let error = |status, code: i64| {
            read_answer(&answer(
                status,
                &format!(r#"{{"error":{{"message":"m","code":{code}}}}}"#),
            ))
            .unwrap_err()
        };
        for code in [0, 190, 131_042, 131_031, 133_010] {
            assert!(matches!(error(400, code), GatewayError::Auth { .. }), "{code}");
        }
        for code in [4, 80_007, 130_429] {
            assert!(matches!(error(400, code), GatewayError::RateLimited { .. }), "{code}");
        }
        for code in [1, 2, 131_000, 131_016] {
            assert!(error(500, code).is_passing(), "{code}");
        }
        for code in [131_026, 131_047, 131_048, 131_049, 131_056, 132_000, 132_001, 132_015] {
            assert!(matches!(error(200, code), GatewayError::Rejected { .. }), "{code}");
        }
    }

    #[test]
    fn an_answer_without_an_id_is_no_success() {
        assert_eq!(
            read_answer(&answer(200, r#"{"messages":[{"id":"wamid.1"}]}"#)),
            Ok("wamid.1".into())
        );
        assert!(matches!(
            read_answer(&answer(200, "{}")),
            Err(GatewayError::Protocol { .. })
        ));
        assert!(matches!(
            read_answer(&answer(200, "<html>")),
            Err(GatewayError::Protocol { .. })
        ));
        assert!(matches!(
            read_answer(&answer(502, "<html>")),
            Err(GatewayError::InDoubt { .. })
        ));
    }

    #[test]
    fn statuses_are_read_from_a_batch_with_other_news() {
        let delivery_id = Uuid::from_u128(7);
        let raw = json!({"object": "whatsapp_business_account", "entry": [
            {"id": "1", "changes": [
                {"field": "messages", "value": {"messages": [{"from": "62812", "type": "text"}]}},
                {"field": "messages", "value": {"statuses": [
                    {"id": "wamid.1", "status": "delivered", "biz_opaque_callback_data": tag(delivery_id)},
                    {"id": "wamid.2", "status": "failed", "errors": [{"code": 131_026, "title": "Undeliverable"}]},
                ]}},
            ]},
            {"id": "2", "changes": [{"field": "account_update", "value": {"event": "x"}}]},
        ]});
        let statuses = read_statuses(raw.to_string().as_bytes()).unwrap();
        let status = |id: &str, delivery_id, status: &str, code| MessageStatus {
            message_id: id.into(),
            delivery_id,
            status: status.into(),
            code,
        };
        assert_eq!(
            statuses,
            [
                status("wamid.1", Some(delivery_id), "delivered", None),
                status("wamid.2", None, "failed", Some(131_026))
            ]
        );
        assert!(read_statuses(b"[]x").is_err());
    }
}
