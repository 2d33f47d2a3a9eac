//! Twilio's SMS (integrations.md 2.3).
//!
//! Enters: a number and a text. Leaves: Twilio's message id, or what its error means for us. Texts should be of
//! GSM 03.38 letters and at most 160 long, or they are sent, and paid for, in parts.

use super::{
    GatewayError,
    http::{self, Line},
};
use crate::config::SmsConfig;
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::users::Phone;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha1::Sha1;

const VENDOR: &str = "sms";

/// Twilio's client.
pub struct Sms {
    http: Line,
    config: SmsConfig,
}

/// What Twilio tells about a message that was sent earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// Twilio's id of the message.
    pub sid: String,
    /// `queued`, `sending`, `sent`, `delivered`, `undelivered`, `failed`, or a word that is new.
    pub status: String,
    /// Twilio's error number, when it failed.
    pub code: Option<i64>,
}

impl Sms {
    /// A client for what the configuration names.
    pub fn new(http: reqwest::Client, config: SmsConfig) -> Self {
        Self {
            http: Line::new(VENDOR, http),
            config,
        }
    }

    /// Sends a text; answers Twilio's message id.
    pub async fn send(&self, to: &Phone, text: &str) -> Result<String, GatewayError> {
        let SmsConfig {
            base_url,
            sid,
            token,
            from,
            callback_url,
        } = &self.config;
        let form = [
            ("To", to.as_str()),
            ("From", from),
            ("Body", text),
            ("StatusCallback", callback_url),
        ];
        let request = self
            .http
            .post(format!("{base_url}/2010-04-01/Accounts/{sid}/Messages.json"))
            .basic_auth(sid, Some(token.expose()))
            .form(&form);
        read_answer(&self.http.send(request).await?)
    }

    /// Whether `X-Twilio-Signature` fits the form pairs, compared in constant time. The address that Twilio signed
    /// is the one we gave it, from configuration: a proxy's or attacker's `Host` does not count.
    pub fn signature_fits(&self, header: &str, pairs: &[(String, String)]) -> bool {
        let Ok(signature) = STANDARD.decode(header.trim()) else {
            return false;
        };
        let mut sorted: Vec<_> = pairs.iter().collect();
        sorted.sort();
        let mut mac =
            Hmac::<Sha1>::new_from_slice(self.config.token.expose().as_bytes()).expect("HMAC takes keys of any length");
        mac.update(self.config.callback_url.as_bytes());
        for (name, value) in sorted {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        mac.verify_slice(&signature).is_ok()
    }
}

#[derive(Deserialize)]
struct Sent {
    sid: Option<String>,
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
}

fn read_answer(answer: &http::Answer) -> Result<String, GatewayError> {
    let sent: Sent = match answer.json() {
        Ok(sent) => sent,
        Err(_) if answer.status >= 500 => {
            return Err(GatewayError::InDoubt {
                message: format!("HTTP {}", answer.status),
            });
        }
        Err(error) => return Err(error),
    };
    match (sent.sid, sent.code, answer.status) {
        (Some(sid), 0, 200..=299) => Ok(sid),
        (_, 20_003, _) | (_, _, 401 | 403) => Err(GatewayError::Auth { message: sent.message }),
        (_, 20_429, _) | (_, _, 429) => Err(GatewayError::RateLimited {
            retry_after: answer.retry_after,
        }),
        (_, _, 500..) => Err(GatewayError::InDoubt { message: sent.message }),
        (_, 0, _) => Err(GatewayError::Protocol {
            message: format!("HTTP {} without a sid", answer.status),
        }),
        // 21211 not a number, 21408 and 21608 region, 21610 opted out: none of them goes away by itself.
        (_, code, http) => Err(GatewayError::Rejected {
            code: code.to_string(),
            message: sent.message,
            http,
        }),
    }
}

/// The message state in the pairs of a callback that was verified; none when it is no message callback.
pub fn read_callback(pairs: &[(String, String)]) -> Option<Callback> {
    let field = |name: &str| {
        pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    };
    Some(Callback {
        sid: field("MessageSid")?,
        status: field("MessageStatus")?,
        code: field("ErrorCode").and_then(|code| code.parse().ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::auth::Secret;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn answer(status: u16, body: &str) -> http::Answer {
        http::Answer {
            status,
            retry_after: None,
            body: body.into(),
        }
    }

    #[test]
    fn the_signature_vector_fits_in_any_order_and_only_for_our_address() {
        let config = |url: &str| SmsConfig {
            base_url: "http://127.0.0.1:9".into(),
            sid: "AC1".into(),
            token: Secret::new("twilio-auth-token"),
            from: "Sanggup".into(),
            callback_url: url.into(),
        };
        let client = |url| {
            Sms::new(
                http::client(crate::config::Environment::Development).unwrap(),
                config(url),
            )
        };
        let ours = client("https://app.example.id/webhooks/sms/twilio");
        let signature = "93cB3iwolXN6pxrCPA5vneCGieg=";
        let form = pairs(&[("To", "+628123"), ("MessageStatus", "delivered"), ("MessageSid", "SM1")]);
        assert!(ours.signature_fits(signature, &form));
        let forged = pairs(&[("To", "+628123"), ("MessageStatus", "failed"), ("MessageSid", "SM1")]);
        assert!(!ours.signature_fits(signature, &forged));
        assert!(!ours.signature_fits("", &form));
        assert!(!client("https://elsewhere.example/webhooks/sms/twilio").signature_fits(signature, &form));
    }

    #[test]
    fn answers_are_read_as_they_are_meant() {
        assert_eq!(
            read_answer(&answer(201, r#"{"sid":"SM1","status":"queued","error_code":null}"#)),
            Ok("SM1".into())
        );
        let error = |status, code: i64| {
            read_answer(&answer(
                status,
                &format!(r#"{{"code":{code},"message":"m","status":{status}}}"#),
            ))
            .unwrap_err()
        };
        assert!(matches!(error(401, 20_003), GatewayError::Auth { .. }));
        assert!(matches!(error(429, 20_429), GatewayError::RateLimited { .. }));
        assert!(matches!(error(400, 21_211), GatewayError::Rejected { .. }));
        // Twilio's error in the body of a 200.
        assert!(matches!(error(200, 21_610), GatewayError::Rejected { .. }));
        assert!(error(503, 20_500).is_passing());
        assert!(matches!(
            read_answer(&answer(200, "{}")),
            Err(GatewayError::Protocol { .. })
        ));
    }

    #[test]
    fn a_callback_needs_id_and_status() {
        let form = pairs(&[
            ("MessageSid", "SM1"),
            ("MessageStatus", "undelivered"),
            ("ErrorCode", "30003"),
        ]);
        let callback = Callback {
            sid: "SM1".into(),
            status: "undelivered".into(),
            code: Some(30_003),
        };
        assert_eq!(read_callback(&form), Some(callback));
        assert_eq!(read_callback(&form[..1]), None);
    }
}
