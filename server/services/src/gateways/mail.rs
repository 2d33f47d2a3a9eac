//! Email by SMTP (integrations.md 2.4): one address in configuration covers every server and its encryption.
//!
//! Enters: an address, a title, a body. Leaves: the message's own id. Text and HTML say the same; the only
//! markup is ours.

use super::GatewayError;
use crate::{
    config::MailConfig,
    failure::{Failure, Fallible},
};
use domain::{notifications::texts::EMAIL_FOOTER, users::Email};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::Error as SmtpError,
};
use std::{
    sync::OnceLock,
    time::{Duration, SystemTime},
};
use time::OffsetDateTime;
use uuid::Uuid;

/// For one command of the conversation.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);
/// For the whole conversation; shorter than the claim of a delivery.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(20);

/// The SMTP client.
pub struct Mail {
    url: String,
    // Made at the first message: the pool needs a running executor, the configuration does not.
    transport: OnceLock<AsyncSmtpTransport<Tokio1Executor>>,
    from: Mailbox,
}

impl Mail {
    /// A client for what the configuration names.
    pub fn new(config: &MailConfig) -> Fallible<Self> {
        let from = config
            .from
            .parse()
            .map_err(|error| Failure::broken(format!("MAIL_FROM: {error}")))?;
        let url = config.url.expose().to_owned();
        // The error may quote the address, password included.
        AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)
            .map_err(|_| Failure::broken("SMTP_URL is not smtp://… or smtps://…"))?;
        Ok(Self {
            url,
            transport: OnceLock::new(),
            from,
        })
    }

    /// Sends one notice; answers its `Message-ID`, which is made of the delivery, so that a second sending of the
    /// same one can be told.
    pub async fn send(
        &self,
        to: &Email,
        delivery_id: Uuid,
        now: OffsetDateTime,
        title: &str,
        body: &str,
    ) -> Result<String, GatewayError> {
        let id = format!("<{delivery_id}@{}>", self.from.email.domain());
        let message = self.compose(to, delivery_id, &id, now, title, body)?;
        match tokio::time::timeout(TOTAL_TIMEOUT, self.transport()?.send(message)).await {
            Ok(Ok(_)) => Ok(id),
            Ok(Err(error)) => Err(classify(&error)),
            Err(_) => Err(GatewayError::InDoubt {
                message: "the mail server took too long".into(),
            }),
        }
    }

    fn transport(&self) -> Result<&AsyncSmtpTransport<Tokio1Executor>, GatewayError> {
        if let Some(transport) = self.transport.get() {
            return Ok(transport);
        }
        let builder =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(&self.url).map_err(|_| GatewayError::Protocol {
                message: "SMTP_URL does not parse".into(),
            })?;
        Ok(self
            .transport
            .get_or_init(|| builder.timeout(Some(COMMAND_TIMEOUT)).build()))
    }

    fn compose(
        &self,
        to: &Email,
        delivery_id: Uuid,
        id: &str,
        now: OffsetDateTime,
        title: &str,
        body: &str,
    ) -> Result<Message, GatewayError> {
        let unsendable = |error: String| GatewayError::Rejected {
            code: "message".into(),
            message: error,
            http: 0,
        };
        let to: Mailbox = to
            .as_str()
            .parse()
            .map_err(|_| unsendable("the address is not one".into()))?;
        let delivery = HeaderName::new_from_ascii_str("X-Outbox-Id");
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .date(SystemTime::from(now))
            .message_id(Some(id.to_owned()))
            .raw_header(HeaderValue::new(delivery, delivery_id.to_string()))
            .subject(title)
            .multipart(MultiPart::alternative_plain_html(plain(title, body), html(title, body)))
            .map_err(|error| unsendable(error.to_string()))
    }
}

fn plain(title: &str, body: &str) -> String {
    format!("{title}\n\n{body}\n\n--\n{EMAIL_FOOTER}\n")
}

fn html(title: &str, body: &str) -> String {
    let safe = |text: &str| html_escape::encode_text(text).into_owned();
    format!(
        "<!doctype html><html lang=\"id\"><meta charset=\"utf-8\"><title>{title}</title>\
         <body style=\"margin:0;padding:24px;font:16px/1.5 sans-serif;color:#24181f;background:#fbf8f7\">\
         <h1 style=\"font-size:20px;color:#571b3f\">{title}</h1><p>{body}</p>\
         <p style=\"font-size:13px;color:#75666f\">{footer}</p></body></html>",
        title = safe(title),
        body = safe(body),
        footer = safe(EMAIL_FOOTER),
    )
}

/// 5xx is final (535 is about us), everything else may work later.
fn classify(error: &SmtpError) -> GatewayError {
    metrics::counter!("gateway_failures", "vendor" => "mail").increment(1);
    let code = error.status().map(u16::from);
    match code {
        Some(530 | 534 | 535 | 538) => GatewayError::Auth {
            message: error.to_string(),
        },
        Some(code) if error.is_permanent() => GatewayError::Rejected {
            code: code.to_string(),
            message: error.to_string(),
            http: code,
        },
        _ => GatewayError::InDoubt {
            message: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::auth::Secret;
    use time::macros::datetime;

    fn config(url: &str, from: &str) -> MailConfig {
        MailConfig {
            url: Secret::new(url),
            from: from.into(),
        }
    }

    #[test]
    fn a_message_carries_its_delivery_and_says_the_same_twice() {
        let mail = Mail::new(&config("smtp://127.0.0.1:9", "Sanggup <kabar@sanggup.test>")).unwrap();
        let id = Uuid::from_u128(5);
        let now = datetime!(2026-11-24 03:00 UTC);
        let to = Email::parse("siti@contoh.id").unwrap();
        let message = mail
            .compose(&to, id, &format!("<{id}@sanggup.test>"), now, "Judul", "Satu & dua.")
            .unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        for part in [
            "Message-ID: <00000000-0000-0000-0000-000000000005@sanggup.test>",
            "X-Outbox-Id: 00000000-0000-0000-0000-000000000005",
            "To: siti@contoh.id",
            "Subject: Judul",
            "Date: Tue, 24 Nov 2026 03:00:00 +0000",
            "Satu & dua.",
            "Satu &amp; dua.",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
        assert!(!text.contains("http"), "an email of ours holds no address to follow");
    }

    #[test]
    fn a_wrong_configuration_is_said_without_the_password() {
        for (url, from) in [
            ("http://user:geheim@host", "Sanggup <a@b.id>"),
            ("smtp://host", "nobody"),
        ] {
            let error = Mail::new(&config(url, from)).err().expect("refused").to_string();
            assert!(!error.contains("geheim"), "{error}");
        }
    }
}
