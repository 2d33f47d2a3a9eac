//! Xendit Payouts v2: money to borrowers. Enters: our reference and key, both stored before the first call; raw
//! notices with their token. Leaves: the true state of a payout, notices that carried a token of ours.

mod wire;

use super::{
    GatewayError,
    http::{Answer, Line},
    payouts::{Channel, NewPayout, Notice, Payout, PayoutGateway, PayoutState},
};
use crate::config::XenditConfig;
use async_trait::async_trait;
use domain::{id::PayoutId, payments::Receipt};
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::json;
use subtle::{Choice, ConstantTimeEq};

/// The client.
#[derive(Debug)]
pub struct Xendit {
    http: Line,
    config: XenditConfig,
}

impl Xendit {
    /// A client for what the configuration names.
    pub fn new(http: reqwest::Client, config: XenditConfig) -> Self {
        Self {
            http: Line::new("xendit", http),
            config,
        }
    }

    async fn call(&self, request: RequestBuilder) -> Result<Answer, GatewayError> {
        self.http
            .send(request.basic_auth(self.config.secret_key.expose(), Some("")))
            .await
    }
}

#[async_trait]
impl PayoutGateway for Xendit {
    fn name(&self) -> &'static str {
        "xendit"
    }

    async fn create(&self, new: &NewPayout<'_>) -> Result<Payout, GatewayError> {
        let body = json!({
            "reference_id": new.reference,
            "channel_code": format!("ID_{}", new.bank),
            "channel_properties": {"account_number": new.account_number, "account_holder_name": new.account_holder},
            "amount": new.amount.get(),
            "currency": "IDR",
            "description": new.description,
            "metadata": {"loan_id": new.loan_id},
        });
        let request = self
            .http
            .post(format!("{}/v2/payouts", self.config.base_url))
            .header("Idempotency-key", new.idempotency_key.to_string())
            .json(&body);
        let answer = self.call(request).await?;
        wire::succeeded(&answer)?;
        Ok(answer.json_of_money::<wire::Body>()?.payout())
    }

    async fn get(&self, id: &str) -> Result<Option<Payout>, GatewayError> {
        let answer = self
            .call(self.http.get(format!("{}/v2/payouts/{id}", self.config.base_url)))
            .await?;
        if answer.status == 404 {
            return Ok(None);
        }
        wire::succeeded(&answer)?;
        Ok(Some(answer.json_of_money::<wire::Body>()?.payout()))
    }

    async fn list_by_reference(&self, reference: PayoutId) -> Result<Vec<Payout>, GatewayError> {
        #[derive(Deserialize)]
        struct List {
            data: Vec<wire::Body>,
        }
        let address = format!("{}/v2/payouts?reference_id={reference}", self.config.base_url);
        let answer = self.call(self.http.get(address)).await?;
        if answer.status == 404 {
            return Ok(Vec::new());
        }
        wire::succeeded(&answer)?;
        let reference = reference.to_string();
        let mut found: Vec<_> = answer
            .json_of_money::<List>()?
            .data
            .into_iter()
            .map(wire::Body::payout)
            .collect();
        found.retain(|payout| payout.reference_id == reference);
        found.sort_by_key(|payout| matches!(payout.state, PayoutState::Failed(_)));
        Ok(found)
    }

    async fn cancel(&self, id: &str) -> Result<Payout, GatewayError> {
        let address = format!("{}/v2/payouts/{id}/cancel", self.config.base_url);
        let answer = self.call(self.http.post(address)).await?;
        wire::succeeded(&answer)?;
        Ok(answer.json_of_money::<wire::Body>()?.payout())
    }

    async fn channels(&self) -> Result<Vec<Channel>, GatewayError> {
        let address = format!(
            "{}/payouts_channels?currency=IDR&channel_category=BANK",
            self.config.base_url
        );
        let answer = self.call(self.http.get(address)).await?;
        wire::succeeded(&answer)?;
        Ok(answer
            .json::<Vec<wire::ChannelBody>>()?
            .into_iter()
            .map(wire::ChannelBody::channel)
            .collect())
    }

    fn notice(&self, token: &str, raw: &[u8]) -> Result<Notice, Receipt> {
        #[derive(Deserialize)]
        struct Envelope {
            event: String,
            #[serde(default)]
            data: serde_json::Value,
        }
        let tokens = self.config.callback_tokens.iter().map(|ours| ours.expose().as_bytes());
        let known = tokens
            .filter(|ours| !ours.is_empty())
            .fold(Choice::from(0), |known, ours| known | ours.ct_eq(token.as_bytes()));
        if !bool::from(known) {
            return Err(Receipt::BadSignature);
        }
        let Envelope { event, data } = serde_json::from_slice(raw).map_err(|_| Receipt::Malformed)?;
        if !event.starts_with("payout.") {
            // Well signed, and about something that we did not ask to hear of.
            return Err(Receipt::Ignored);
        }
        let data: wire::Body = serde_json::from_value(data).map_err(|_| Receipt::Malformed)?;
        let words = [
            (&event, 64),
            (&data.id, 64),
            (&data.status, 64),
            (&data.reference_id, 255),
        ];
        if !words.into_iter().all(|(word, longest)| super::is_word(word, longest)) {
            return Err(Receipt::Malformed);
        }
        let dedupe_key = format!("{event}:{}:{}", data.id, data.status);
        Ok(Notice {
            reference_id: data.reference_id,
            dedupe_key,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::auth::Secret;
    use serde_json::Value;

    fn client(tokens: &[&str]) -> Xendit {
        let config = XenditConfig {
            base_url: "http://127.0.0.1:1".into(),
            secret_key: Secret::new("xnd"),
            callback_tokens: tokens.iter().map(|token| Secret::new(*token)).collect(),
        };
        Xendit::new(
            crate::gateways::http::client(crate::config::Environment::Development).expect("a client"),
            config,
        )
    }

    /// The sample of integrations.md 1.3.
    fn webhook() -> Value {
        json!({"event": "payout.succeeded", "business_id": "5f27a14a9bf05c73dd040bc8", "created": "2025-01-01T23:55:59Z",
            "data": {"id": "disb-571f3644d2b4edf0745e9703", "amount": 10000, "channel_code": "ID_BCA", "currency": "IDR",
                "status": "SUCCEEDED", "description": "July payout", "reference_id": "myref-1482928194",
                "created": "2024-12-31T23:53:59Z", "updated": "2024-12-31T23:53:59Z"}})
    }

    #[test]
    fn a_notice_needs_one_of_the_tokens() {
        let raw = webhook().to_string();
        let xendit = client(&["new-token", "old-token"]);
        for token in ["new-token", "old-token"] {
            let notice = xendit.notice(token, raw.as_bytes()).expect("a token of ours");
            assert_eq!(notice.reference_id, "myref-1482928194");
            assert_eq!(
                notice.dedupe_key,
                "payout.succeeded:disb-571f3644d2b4edf0745e9703:SUCCEEDED"
            );
        }
        for token in ["", "new-token ", "other"] {
            assert_eq!(
                xendit.notice(token, raw.as_bytes()),
                Err(Receipt::BadSignature),
                "{token}"
            );
        }
        assert_eq!(client(&[""]).notice("", raw.as_bytes()), Err(Receipt::BadSignature));
        assert_eq!(xendit.notice("new-token", b"[]"), Err(Receipt::Malformed));
        let mut other = webhook();
        other["event"] = json!("invoice.paid");
        assert_eq!(
            xendit.notice("new-token", other.to_string().as_bytes()),
            Err(Receipt::Ignored)
        );
        for (field, value) in [
            ("id", json!("a\u{0}b")),
            ("status", json!("")),
            ("reference_id", json!("dua kata")),
        ] {
            let mut wrong = webhook();
            wrong["data"][field] = value;
            let wrong = wrong.to_string();
            assert_eq!(
                xendit.notice("new-token", wrong.as_bytes()),
                Err(Receipt::Malformed),
                "{field}"
            );
        }
    }
}
