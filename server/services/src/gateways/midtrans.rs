//! Midtrans Core API: collections. Enters: our order ids and amounts, raw notices. Leaves: codes to pay with, the
//! true status of a transaction, verified notices.
//!
//! The code that counts is the string `status_code` in the body, whatever the HTTP status. Times are GMT+7 without
//! an offset, amounts are strings with two decimals, unknown values are kept and unknown members ignored.

mod picture;
mod wire;

use super::{
    GatewayError,
    collections::{Charge, CollectionGateway, Notice, Transaction},
    http::Line,
};
use crate::config::MidtransConfig;
use async_trait::async_trait;
use domain::{
    Rupiah,
    payments::{Instruction, Method, Receipt},
};
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha512};
use subtle::{Choice, ConstantTimeEq};
use uuid::Uuid;

/// Longest `order_id` that Midtrans takes.
const ORDER_ID_LENGTH: usize = 50;

/// The client.
#[derive(Debug)]
pub struct Midtrans {
    http: Line,
    config: MidtransConfig,
}

impl Midtrans {
    /// A client for what the configuration names.
    pub fn new(http: reqwest::Client, config: MidtransConfig) -> Self {
        Self {
            http: Line::new("midtrans", http),
            config,
        }
    }

    async fn end(&self, order_id: &str, verb: &str) -> Result<(), GatewayError> {
        let (code, body) = self
            .call(self.http.post(self.address(order_id, verb)).json(&json!({})))
            .await?;
        match code.as_str() {
            "200" | "201" | "202" | "407" => Ok(()),
            _ => Err(body.refusal(&code)),
        }
    }

    /// Order ids are ours or were checked by [`is_order_id`], so they need no escaping.
    fn address(&self, order_id: &str, verb: &str) -> String {
        format!("{}/v2/{order_id}/{verb}", self.config.base_url)
    }

    async fn call(&self, request: RequestBuilder) -> Result<(String, wire::Body), GatewayError> {
        let request = request
            .basic_auth(self.config.server_key.expose(), Some(""))
            .header(reqwest::header::ACCEPT, "application/json");
        wire::read(&self.http.send(request).await?)
    }
}

#[async_trait]
impl CollectionGateway for Midtrans {
    fn name(&self) -> &'static str {
        "midtrans"
    }

    async fn charge(&self, charge: Charge<'_>) -> Result<Transaction, GatewayError> {
        let mut request = self
            .http
            .post(format!("{}/v2/charge", self.config.base_url))
            .header("Idempotency-Key", charge.idempotency_key.to_string())
            .json(&charge_body(charge));
        if !self.config.notify_url.is_empty() {
            request = request.header("X-Override-Notification", &self.config.notify_url);
        }
        let (code, body) = self.call(request).await?;
        match code.as_str() {
            "200" | "201" => of_order(charge.order_id, body.transaction()?),
            _ => Err(body.refusal(&code)),
        }
    }

    async fn shown_code(&self, transaction: &Transaction) -> Result<Option<Instruction>, GatewayError> {
        let id = &transaction.transaction_id;
        if transaction.method != Some(Method::Qris) || !is_order_id(id) {
            return Ok(None);
        }
        let address = format!("{}/v2/qris/{id}/qr-code", self.config.base_url);
        let answer = self.http.send(self.http.get(address)).await?;
        match answer.status {
            200 => picture::read(&answer.body).map(|qr_string| Some(Instruction::Qris { qr_string })),
            404 => Ok(None),
            status => Err(GatewayError::InDoubt {
                message: format!("midtrans: the picture of a code answered HTTP {status}"),
            }),
        }
    }

    async fn status(&self, order_id: &str) -> Result<Option<Transaction>, GatewayError> {
        let (code, body) = self.call(self.http.get(self.address(order_id, "status"))).await?;
        match code.as_str() {
            "200" | "201" | "202" | "407" => of_order(order_id, body.transaction()?).map(Some),
            "404" => Ok(None),
            _ => Err(body.refusal(&code)),
        }
    }

    async fn cancel(&self, order_id: &str) -> Result<(), GatewayError> {
        self.end(order_id, "cancel").await
    }

    async fn expire(&self, order_id: &str) -> Result<(), GatewayError> {
        self.end(order_id, "expire").await
    }

    async fn refund(&self, order_id: &str, refund_key: Uuid, amount: Rupiah, why: &str) -> Result<(), GatewayError> {
        let body = json!({"refund_key": refund_key, "amount": amount.get(), "reason": why});
        let request = self.http.post(self.address(order_id, "refund/online/direct"));
        let (code, answer) = self.call(request.json(&body)).await?;
        match code.as_str() {
            "200" | "201" => Ok(()),
            _ => Err(answer.refusal(&code)),
        }
    }

    /// The signature is over the strings exactly as received.
    fn notice(&self, raw: &[u8]) -> Result<Notice, Receipt> {
        #[derive(Deserialize)]
        struct Signed {
            order_id: String,
            status_code: String,
            gross_amount: String,
            signature_key: String,
            transaction_id: String,
            transaction_status: String,
        }
        let signed: Signed = serde_json::from_slice(raw).map_err(|_| Receipt::Malformed)?;
        let given = signed.signature_key.to_ascii_lowercase();
        let keys = std::iter::once(&self.config.server_key).chain(&self.config.older_keys);
        let known = keys.fold(Choice::from(0), |known, key| {
            let expected = signature(
                &signed.order_id,
                &signed.status_code,
                &signed.gross_amount,
                key.expose(),
            );
            known | expected.as_bytes().ct_eq(given.as_bytes())
        });
        if !bool::from(known) {
            return Err(Receipt::BadSignature);
        }
        let words = [&signed.transaction_id, &signed.transaction_status, &signed.status_code];
        if !is_order_id(&signed.order_id) || !words.into_iter().all(|word| super::is_word(word, 64)) {
            return Err(Receipt::Malformed);
        }
        let Signed {
            order_id,
            status_code,
            transaction_id,
            transaction_status,
            ..
        } = signed;
        Ok(Notice {
            order_id,
            transaction_id,
            transaction_status,
            status_code,
        })
    }
}

/// An answer about another order is no answer.
fn of_order(order_id: &str, transaction: Transaction) -> Result<Transaction, GatewayError> {
    if transaction.order_id == order_id {
        return Ok(transaction);
    }
    tracing::error!(
        order_id,
        answered = transaction.order_id,
        "the gateway answered about another order"
    );
    Err(GatewayError::InDoubt {
        message: format!("midtrans answered about {} instead of {order_id}", transaction.order_id),
    })
}

fn is_order_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    (1..=ORDER_ID_LENGTH).contains(&text.len()) && text.bytes().all(allowed) && text.bytes().any(|byte| byte != b'.')
}

/// `lowercase_hex(SHA512(order_id + status_code + gross_amount + ServerKey))`.
fn signature(order_id: &str, status_code: &str, gross_amount: &str, server_key: &str) -> String {
    let mut hash = Sha512::new();
    for part in [order_id, status_code, gross_amount, server_key] {
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// The payer's name and number are not sent: Midtrans does not need them.
fn charge_body(charge: Charge<'_>) -> Value {
    let amount = charge.amount.get();
    let mut body = json!({
        "transaction_details": {"order_id": charge.order_id, "gross_amount": amount},
        "item_details": [{"id": "cicilan", "price": amount, "quantity": 1, "name": "Cicilan Sanggup"}],
        "custom_expiry": {"expiry_duration": charge.expires_in.whole_minutes().max(1), "unit": "minute"},
    });
    let (payment_type, detail) = match charge.method {
        Method::Qris => ("qris", json!({"acquirer": "gopay"})),
        Method::VaMandiri => ("echannel", json!({"bill_info1": "Cicilan:", "bill_info2": "Sanggup"})),
        Method::VaBca => ("bank_transfer", json!({"bank": "bca"})),
        Method::VaBni => ("bank_transfer", json!({"bank": "bni"})),
        Method::VaBri => ("bank_transfer", json!({"bank": "bri"})),
        Method::VaPermata => ("bank_transfer", json!({"bank": "permata"})),
        Method::VaCimb => ("bank_transfer", json!({"bank": "cimb"})),
    };
    body["payment_type"] = json!(payment_type);
    body[payment_type] = detail;
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::auth::Secret;
    use time::Duration;

    fn client(key: &str) -> Midtrans {
        let config = MidtransConfig {
            base_url: "http://127.0.0.1:1".into(),
            server_key: Secret::new(key),
            older_keys: vec![Secret::new("older-key")],
            notify_url: String::new(),
            iris: None,
        };
        Midtrans::new(
            crate::gateways::http::client(crate::config::Environment::Development).expect("a client"),
            config,
        )
    }

    fn notice(signature: &str) -> Value {
        json!({"order_id": "LN-2026-000123-07", "status_code": "200", "gross_amount": "1250000.00",
               "transaction_id": "9aed5972", "transaction_status": "settlement", "signature_key": signature})
    }

    /// integrations.md 1.2.
    const VECTOR: &str = "43761706fad50fc913aa03e7bd800319aefe8b3432bce403643de826dc61e16e\
                          90171d5c1ed7263fa20cf206367dce3b66e3eeaa26b3ecb60e036791f708819d";

    #[test]
    fn a_signature_is_the_vendors() {
        assert_eq!(
            signature("LN-2026-000123-07", "200", "1250000.00", "SB-Mid-server-TESTKEY"),
            VECTOR
        );
    }

    #[test]
    fn a_notice_is_believed_only_with_its_signature() {
        let midtrans = client("SB-Mid-server-TESTKEY");
        let good = midtrans
            .notice(notice(VECTOR).to_string().as_bytes())
            .expect("a good signature");
        assert_eq!(good.dedupe_key(), "9aed5972:settlement:200");
        assert_eq!(good.order_id, "LN-2026-000123-07");
        let shouted = notice(&VECTOR.to_uppercase()).to_string();
        assert!(midtrans.notice(shouted.as_bytes()).is_ok());

        let refuse = |body: Value| midtrans.notice(body.to_string().as_bytes()).expect_err("refused");
        assert_eq!(refuse(notice(&"0".repeat(128))), Receipt::BadSignature);
        assert_eq!(refuse(notice("")), Receipt::BadSignature);
        let mut other_amount = notice(VECTOR);
        other_amount["gross_amount"] = json!("1250000.0");
        assert_eq!(refuse(other_amount), Receipt::BadSignature);
        assert_eq!(refuse(json!({"order_id": "x"})), Receipt::Malformed);
        assert_eq!(midtrans.notice(b"not json").expect_err("refused"), Receipt::Malformed);
        let during_a_change = signature("LN-2026-000123-07", "200", "1250000.00", "older-key");
        assert!(midtrans.notice(notice(&during_a_change).to_string().as_bytes()).is_ok());
        let other = client("another-key").notice(notice(VECTOR).to_string().as_bytes());
        assert_eq!(other.expect_err("refused"), Receipt::BadSignature);
    }

    #[test]
    fn an_order_id_that_could_leave_its_path_is_malformed() {
        let midtrans = client("k");
        for order in ["../x", "a/b", "..", "a?b", "", &"a".repeat(51)] {
            let body = json!({"order_id": order, "status_code": "200", "gross_amount": "1.00", "transaction_id": "t",
                              "transaction_status": "settlement", "signature_key": signature(order, "200", "1.00", "k")});
            assert_eq!(
                midtrans.notice(body.to_string().as_bytes()),
                Err(Receipt::Malformed),
                "{order}"
            );
        }
    }

    #[test]
    fn a_charge_names_the_bank_and_the_sum_of_its_items() {
        let body = |method| {
            charge_body(Charge {
                order_id: "SGP-1",
                idempotency_key: Uuid::nil(),
                amount: Rupiah::new(544_650),
                method,
                expires_in: Duration::minutes(30),
            })
        };
        for (method, bank) in [
            (Method::VaBca, "bca"),
            (Method::VaBni, "bni"),
            (Method::VaBri, "bri"),
            (Method::VaPermata, "permata"),
            (Method::VaCimb, "cimb"),
        ] {
            assert_eq!(body(method)["payment_type"], "bank_transfer");
            assert_eq!(body(method)["bank_transfer"]["bank"], bank);
        }
        assert_eq!(body(Method::Qris)["qris"]["acquirer"], "gopay");
        assert_eq!(body(Method::VaMandiri)["payment_type"], "echannel");
        let sum = &body(Method::Qris)["item_details"][0]["price"];
        assert_eq!(sum, &body(Method::Qris)["transaction_details"]["gross_amount"]);
        assert_eq!(
            body(Method::Qris)["custom_expiry"],
            json!({"expiry_duration": 30, "unit": "minute"})
        );
    }
}
