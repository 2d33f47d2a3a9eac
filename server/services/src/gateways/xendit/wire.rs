//! What Xendit writes, read without strictness. Enters: HTTP status and bytes. Leaves: a [`Payout`], or the error it
//! stands for.

use crate::gateways::{
    GatewayError,
    http::Answer,
    payouts::{Channel, FailureCode, Payout, PayoutState},
};
use domain::Rupiah;
use serde::Deserialize;
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

#[derive(Debug, Deserialize)]
pub(super) struct Body {
    pub(super) id: String,
    pub(super) reference_id: String,
    pub(super) status: String,
    #[serde(default)]
    amount: Option<serde_json::Number>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    failure_code: Option<String>,
    #[serde(default)]
    updated: Option<String>,
}

impl Body {
    pub(super) fn payout(self) -> Payout {
        let currency = self.currency.unwrap_or_else(|| "IDR".into());
        let rupiah = currency == "IDR";
        let state = match self.status.as_str() {
            "ACCEPTED" | "PENDING_COMPLIANCE_ASSESSMENT" | "REQUESTED" | "LOCKED" => PayoutState::InProgress,
            "SUCCEEDED" => PayoutState::Succeeded,
            "REVERSED" => PayoutState::Reversed,
            "FAILED" => PayoutState::Failed(FailureCode::parse(self.failure_code.as_deref().unwrap_or("FAILED"))),
            "CANCELLED" | "COMPLIANCE_REJECTED" => PayoutState::Failed(FailureCode::Other(self.status)),
            _ => PayoutState::Other(self.status),
        };
        let updated = self
            .updated
            .and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok());
        Payout {
            id: self.id,
            reference_id: self.reference_id,
            amount: self
                .amount
                .filter(|_| rupiah)
                .and_then(|amount| amount.as_i64())
                .map(Rupiah::new),
            currency,
            state,
            updated_at: updated.map(|at| at.to_offset(UtcOffset::UTC)),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ChannelBody {
    channel_code: String,
    #[serde(default)]
    amount_limits: Limits,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Limits {
    minimum: Option<serde_json::Number>,
    maximum: Option<serde_json::Number>,
}

impl ChannelBody {
    pub(super) fn channel(self) -> Channel {
        let rupiah = |amount: Option<serde_json::Number>| amount.and_then(|amount| amount.as_i64()).map(Rupiah::new);
        Channel {
            bank: self.channel_code.trim_start_matches("ID_").to_owned(),
            minimum: rupiah(self.amount_limits.minimum),
            maximum: rupiah(self.amount_limits.maximum),
        }
    }
}

/// Ok for an answer that holds what was asked for, else the error it stands for.
pub(super) fn succeeded(answer: &Answer) -> Result<(), GatewayError> {
    #[derive(Deserialize)]
    struct Refused {
        error_code: String,
        #[serde(default)]
        message: String,
    }
    // Some refusals come with 200.
    let refused = answer.json::<Refused>().ok();
    if (200..300).contains(&answer.status) && refused.is_none() {
        return match answer.status {
            202 => Err(GatewayError::InDoubt {
                message: "xendit is still working on it".into(),
            }),
            _ => Ok(()),
        };
    }
    let (code, message) = refused.map_or_else(Default::default, |refused| (refused.error_code, refused.message));
    Err(match (answer.status, code.as_str()) {
        (429, _) | (_, "RATE_LIMIT_EXCEEDED") => GatewayError::RateLimited {
            retry_after: answer.retry_after,
        },
        (401 | 403, _) | (_, "INVALID_API_KEY" | "REQUEST_FORBIDDEN_ERROR") => GatewayError::Auth {
            message: format!("xendit: {code} {message}"),
        },
        (409, _) | (_, "DUPLICATE_ERROR" | "DUPLICATE_TRANSACTION_ERROR" | "IDEMPOTENCY_ERROR") => {
            GatewayError::Duplicate { code }
        }
        (500.., _) | (_, "SERVER_ERROR") | (200..300, _) => GatewayError::InDoubt {
            message: format!("xendit: HTTP {} {code} {message}", answer.status),
        },
        // Without the vendor's error code it is not the vendor who speaks.
        (http, "") => GatewayError::InDoubt {
            message: format!("xendit: HTTP {http} without an error code"),
        },
        (http, _) => GatewayError::Rejected { code, message, http },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use time::macros::datetime;

    fn payout(status: &str, failure: Option<&str>) -> Payout {
        let mut body = json!({
            "id": "disb-571f3644d2b4edf0745e9703", "amount": 10000, "currency": "IDR",
            "reference_id": "myref-1482928194", "updated": "2024-12-31T23:53:59Z"
        });
        body["status"] = json!(status);
        body["failure_code"] = json!(failure);
        serde_json::from_value::<Body>(body).expect("a body").payout()
    }

    #[test]
    fn every_status_of_the_vendor_has_a_meaning() {
        for status in ["ACCEPTED", "PENDING_COMPLIANCE_ASSESSMENT", "REQUESTED", "LOCKED"] {
            assert_eq!(payout(status, None).state, PayoutState::InProgress, "{status}");
        }
        let done = payout("SUCCEEDED", None);
        assert_eq!(done.state, PayoutState::Succeeded);
        assert_eq!(done.amount, Some(Rupiah::new(10_000)));
        assert_eq!(done.updated_at, Some(datetime!(2024-12-31 23:53:59 UTC)));
        assert_eq!(payout("REVERSED", None).state, PayoutState::Reversed);
        let failed = payout("FAILED", Some("INVALID_DESTINATION"));
        assert_eq!(failed.state, PayoutState::Failed(FailureCode::InvalidDestination));
        let odd = payout("FAILED", Some("MOON"));
        assert_eq!(odd.state, PayoutState::Failed(FailureCode::Other("MOON".into())));
        let refused = payout("COMPLIANCE_REJECTED", None);
        assert_eq!(
            refused.state,
            PayoutState::Failed(FailureCode::Other("COMPLIANCE_REJECTED".into()))
        );
        assert_eq!(payout("HOVERING", None).state, PayoutState::Other("HOVERING".into()));
    }

    #[test]
    fn errors_are_read_by_code_and_status() {
        let refuse = |status: u16, body: Value| {
            succeeded(&Answer {
                status,
                retry_after: None,
                body: body.to_string().into_bytes(),
            })
            .expect_err("refused")
        };
        let error = |status: u16, code: &str| refuse(status, json!({"error_code": code, "message": "m"}));
        let rejected = |code: &str| GatewayError::Rejected {
            code: code.into(),
            message: "m".into(),
            http: 400,
        };
        for code in [
            "API_VALIDATION_ERROR",
            "RECIPIENT_ACCOUNT_NUMBER_ERROR",
            "MAXIMUM_TRANSFER_LIMIT_ERROR",
        ] {
            assert_eq!(error(400, code), rejected(code));
        }
        for code in ["DUPLICATE_ERROR", "IDEMPOTENCY_ERROR"] {
            assert_eq!(error(409, code), GatewayError::Duplicate { code: code.into() });
        }
        assert!(matches!(error(401, "INVALID_API_KEY"), GatewayError::Auth { .. }));
        assert!(matches!(
            error(403, "REQUEST_FORBIDDEN_ERROR"),
            GatewayError::Auth { .. }
        ));
        assert!(matches!(
            error(429, "RATE_LIMIT_EXCEEDED"),
            GatewayError::RateLimited { .. }
        ));
        assert!(matches!(error(500, "SERVER_ERROR"), GatewayError::InDoubt { .. }));
        assert!(matches!(error(200, "SERVER_ERROR"), GatewayError::InDoubt { .. }));
        assert!(matches!(refuse(503, json!("<html>")), GatewayError::InDoubt { .. }));
        assert!(matches!(refuse(400, json!("<html>")), GatewayError::InDoubt { .. }));
        let fine = Answer {
            status: 200,
            retry_after: None,
            body: b"{\"id\":\"x\"}".to_vec(),
        };
        assert_eq!(succeeded(&fine), Ok(()));
    }
}
