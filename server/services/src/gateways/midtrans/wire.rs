//! What Midtrans writes: bodies of answers, read without strictness. Enters: HTTP status and bytes. Leaves: the code
//! that counts and a [`Transaction`], or the error it stands for.

use crate::gateways::{
    GatewayError,
    collections::{Transaction, TransactionStatus},
    http::Answer,
};
use domain::{
    Rupiah,
    calendar::JAKARTA,
    payments::{Instruction, Method},
};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use time::{
    OffsetDateTime, PrimitiveDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description,
};

const STAMP: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    status_code: Value,
    status_message: Option<String>,
    validation_messages: Option<Vec<String>>,
    transaction_id: Option<String>,
    order_id: Option<String>,
    gross_amount: Option<String>,
    currency: Option<String>,
    transaction_status: Option<String>,
    payment_type: Option<String>,
    fraud_status: Option<String>,
    settlement_time: Option<String>,
    expiry_time: Option<String>,
    va_numbers: Option<Vec<VaNumber>>,
    permata_va_number: Option<String>,
    biller_code: Option<String>,
    bill_key: Option<String>,
    qr_string: Option<String>,
    payment_amounts: Option<Vec<Paid>>,
    #[serde(skip)]
    http: u16,
    #[serde(skip)]
    retry_after: Option<Duration>,
}

#[derive(Debug, Deserialize)]
struct VaNumber {
    #[serde(default)]
    bank: String,
    va_number: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Paid {
    paid_at: Option<String>,
    amount: Option<String>,
}

/// The code that counts, and the body.
pub(super) fn read(answer: &Answer) -> Result<(String, Body), GatewayError> {
    // A broken gateway in front of the vendor answers in HTML.
    let mut body: Body = answer.json_of_money()?;
    body.http = answer.status;
    body.retry_after = answer.retry_after;
    let code = match &body.status_code {
        Value::String(code) => code.clone(),
        Value::Number(code) => code.to_string(),
        _ => answer.status.to_string(),
    };
    // The same idempotency key is still being worked on.
    if answer.status == 202 {
        return Err(GatewayError::InDoubt {
            message: "midtrans is still working on this key".into(),
        });
    }
    Ok((code, body))
}

impl Body {
    /// The error that a code other than success stands for.
    pub(super) fn refusal(self, code: &str) -> GatewayError {
        let message = self.message();
        match code {
            "401" => GatewayError::Auth { message },
            "406" => GatewayError::Duplicate { code: code.into() },
            "429" => GatewayError::RateLimited {
                retry_after: self.retry_after,
            },
            _ if code.starts_with('4') => GatewayError::Rejected {
                code: code.into(),
                message,
                http: self.http,
            },
            _ => GatewayError::InDoubt {
                message: format!("midtrans: code {code}, HTTP {}: {message}", self.http),
            },
        }
    }

    fn has_code(&self, code: &str) -> bool {
        match &self.status_code {
            Value::String(found) => found == code,
            Value::Number(found) => found.to_string() == code,
            _ => false,
        }
    }

    fn message(&self) -> String {
        let mut message = self.status_message.clone().unwrap_or_default();
        for detail in self.validation_messages.iter().flatten() {
            message.push_str("; ");
            message.push_str(detail);
        }
        message
    }

    /// The transaction that a successful body shows.
    pub(super) fn transaction(self) -> Result<Transaction, GatewayError> {
        let needed = |value: &Option<String>, name: &str| {
            let value = value.clone().filter(|value| !value.is_empty());
            value.ok_or_else(|| GatewayError::InDoubt {
                message: format!("midtrans: {name} is missing"),
            })
        };
        Ok(Transaction {
            transaction_id: needed(&self.transaction_id, "transaction_id")?,
            order_id: needed(&self.order_id, "order_id")?,
            amount: self.amount(),
            currency: self.currency.clone().unwrap_or_else(|| "IDR".into()),
            status: self.status(&needed(&self.transaction_status, "transaction_status")?),
            method: self.method(),
            instruction: self.instruction(),
            paid_at: self.paid_at(),
            expires_at: self.expiry_time.as_deref().and_then(instant),
        })
    }

    fn status(&self, word: &str) -> TransactionStatus {
        let accepted = self.fraud_status.as_deref().is_none_or(|fraud| fraud == "accept");
        match word {
            "pending" => TransactionStatus::Pending,
            "settlement" | "capture" if accepted && self.has_code("200") => TransactionStatus::Paid,
            "deny" => TransactionStatus::Denied,
            "cancel" => TransactionStatus::Cancelled,
            "expire" => TransactionStatus::Expired,
            "failure" => TransactionStatus::Failed,
            "refund" => TransactionStatus::Refunded,
            other => TransactionStatus::Other(other.into()),
        }
    }

    /// A wallet pays by QR too.
    fn method(&self) -> Option<Method> {
        match self.payment_type.as_deref()? {
            "qris" | "gopay" => Some(Method::Qris),
            "echannel" => Some(Method::VaMandiri),
            "bank_transfer" if self.permata_va_number.is_some() => Some(Method::VaPermata),
            "bank_transfer" => Method::parse(&format!("va_{}", self.va_numbers.iter().flatten().next()?.bank)),
            _ => None,
        }
    }

    fn instruction(&self) -> Option<Instruction> {
        let text = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        if let Some(qr_string) = text(&self.qr_string) {
            return Some(Instruction::Qris { qr_string });
        }
        if let (Some(biller_code), Some(bill_key)) = (text(&self.biller_code), text(&self.bill_key)) {
            return Some(Instruction::MandiriBill { biller_code, bill_key });
        }
        let listed = self
            .va_numbers
            .iter()
            .flatten()
            .next()
            .map(|found| found.va_number.clone());
        text(&self.permata_va_number)
            .or(listed)
            .map(|number| Instruction::VirtualAccount { number })
    }

    /// Where a bank takes another sum than was asked for, it says apart what came; `gross_amount` stays what was asked.
    fn amount(&self) -> Option<Rupiah> {
        let came: Vec<&str> = self
            .payment_amounts
            .iter()
            .flatten()
            .filter_map(|paid| paid.amount.as_deref())
            .collect();
        if came.is_empty() {
            return self.gross_amount.as_deref().and_then(rupiah);
        }
        let sum = came
            .into_iter()
            .try_fold(0_i64, |sum, text| sum.checked_add(rupiah(text)?.get()));
        sum.map(Rupiah::new)
    }

    fn paid_at(&self) -> Option<OffsetDateTime> {
        let first = self
            .payment_amounts
            .iter()
            .flatten()
            .find_map(|paid| paid.paid_at.as_deref());
        first.or(self.settlement_time.as_deref()).and_then(instant)
    }
}

/// `1250000.00`, whole rupiah only.
fn rupiah(text: &str) -> Option<Rupiah> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || decimals.bytes().any(|byte| byte != b'0') {
        return None;
    }
    whole.parse().ok().map(Rupiah::new)
}

fn instant(text: &str) -> Option<OffsetDateTime> {
    let local = PrimitiveDateTime::parse(text, STAMP).ok()?;
    Some(local.assume_offset(JAKARTA).to_offset(UtcOffset::UTC))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    fn answer(status: u16, body: &Value) -> Answer {
        Answer {
            status,
            retry_after: None,
            body: body.to_string().into_bytes(),
        }
    }

    fn transaction(body: &Value) -> Transaction {
        read(&answer(200, body))
            .and_then(|(_, body)| body.transaction())
            .expect("a transaction")
    }

    /// The sample of integrations.md 1.2.
    fn bank_transfer() -> Value {
        json!({"status_code": "201", "status_message": "Success, Bank Transfer transaction is created",
            "transaction_id": "be03df7d-2f97-4c8c-a53c-8959f1b67295", "order_id": "1571823229", "merchant_id": "G812785002",
            "gross_amount": "44000.00", "currency": "IDR", "payment_type": "bank_transfer",
            "transaction_time": "2019-10-23 16:33:49", "transaction_status": "pending",
            "va_numbers": [{"bank": "bca", "va_number": "812785002530231"}], "fraud_status": "accept",
            "expiry_time": "2019-10-24 16:33:49"})
    }

    #[test]
    fn the_samples_are_read() {
        let bca = transaction(&bank_transfer());
        assert_eq!(bca.amount, Some(Rupiah::new(44_000)));
        assert_eq!(bca.status, TransactionStatus::Pending);
        assert_eq!(bca.method, Some(Method::VaBca));
        assert_eq!(
            bca.instruction,
            Some(Instruction::VirtualAccount {
                number: "812785002530231".into()
            })
        );
        assert_eq!(bca.expires_at, Some(datetime!(2019-10-24 09:33:49 UTC)));

        let mut permata = bank_transfer();
        permata["va_numbers"] = Value::Null;
        permata["permata_va_number"] = json!("850003072869607");
        assert_eq!(transaction(&permata).method, Some(Method::VaPermata));
        let number = "850003072869607".into();
        assert_eq!(
            transaction(&permata).instruction,
            Some(Instruction::VirtualAccount { number })
        );

        let mandiri = json!({"status_code": "201", "transaction_id": "t", "order_id": "o", "gross_amount": "1.00",
            "transaction_status": "pending", "payment_type": "echannel", "bill_key": "778347787706", "biller_code": "70012"});
        let bill = Instruction::MandiriBill {
            biller_code: "70012".into(),
            bill_key: "778347787706".into(),
        };
        assert_eq!(transaction(&mandiri).instruction, Some(bill));

        let qris = json!({"status_code": "201", "transaction_id": "0d8178e1", "order_id": "order03", "gross_amount": "275000.00",
            "currency": "IDR", "payment_type": "qris", "transaction_status": "pending", "acquirer": "gopay", "actions": []});
        let qris = transaction(&qris);
        assert_eq!((qris.instruction, qris.method), (None, Some(Method::Qris)));
    }

    #[test]
    fn paid_is_settled_and_not_suspicious_at_the_time_of_the_payer() {
        let mut paid = bank_transfer();
        paid["status_code"] = json!("200");
        paid["transaction_status"] = json!("settlement");
        paid["settlement_time"] = json!("2021-06-23 11:42:50");
        let settled = transaction(&paid);
        assert_eq!(settled.status, TransactionStatus::Paid);
        assert_eq!(settled.paid_at, Some(datetime!(2021-06-23 04:42:50 UTC)));
        paid["payment_amounts"] = json!([{"paid_at": "2021-06-23 11:42:02", "amount": "150000.00"}]);
        assert_eq!(transaction(&paid).paid_at, Some(datetime!(2021-06-23 04:42:02 UTC)));
        assert_eq!(
            transaction(&paid).amount,
            Some(Rupiah::new(150_000)),
            "what came, not what was asked for"
        );
        paid["payment_amounts"] = json!([{"amount": "150000.00"}, {"amount": "0.50"}]);
        assert_eq!(transaction(&paid).amount, None, "half a rupiah is no amount");
        paid["payment_amounts"] = json!([]);
        assert_eq!(transaction(&paid).amount, Some(Rupiah::new(44_000)));
        paid["status_code"] = json!(200);
        assert_eq!(transaction(&paid).status, TransactionStatus::Paid);
        paid["status_code"] = json!("201");
        assert_eq!(
            transaction(&paid).status,
            TransactionStatus::Other("settlement".into()),
            "paid is settled with the code of success"
        );
        paid["status_code"] = json!("200");
        paid["fraud_status"] = json!("challenge");
        assert_eq!(transaction(&paid).status, TransactionStatus::Other("settlement".into()));
        paid["transaction_status"] = json!("a_word_of_the_future");
        assert_eq!(
            transaction(&paid).status,
            TransactionStatus::Other("a_word_of_the_future".into())
        );
    }

    #[test]
    fn the_code_in_the_body_decides() {
        let refused = |http: u16, code: &str| {
            let body =
                json!({"status_code": code, "status_message": "no", "validation_messages": ["because"], "id": "x"});
            let (code, body) = read(&answer(http, &body)).expect("a body");
            body.refusal(&code)
        };
        assert_eq!(refused(200, "406"), GatewayError::Duplicate { code: "406".into() });
        assert_eq!(
            refused(200, "400"),
            GatewayError::Rejected {
                code: "400".into(),
                message: "no; because".into(),
                http: 200
            }
        );
        assert!(matches!(refused(401, "401"), GatewayError::Auth { .. }));
        assert!(matches!(refused(200, "500"), GatewayError::InDoubt { .. }));
        assert!(matches!(refused(429, "429"), GatewayError::RateLimited { .. }));
        assert!(matches!(refused(402, "402"), GatewayError::Rejected { .. }));
    }

    #[test]
    fn doubt_is_doubt() {
        let in_process = read(&answer(
            202,
            &json!({"status_code": "202", "status_message": "in process"}),
        ));
        assert!(matches!(in_process, Err(GatewayError::InDoubt { .. })));
        let html = |status| Answer {
            status,
            retry_after: None,
            body: b"<html>".to_vec(),
        };
        assert!(matches!(read(&html(502)), Err(GatewayError::InDoubt { .. })));
        assert!(matches!(read(&html(200)), Err(GatewayError::InDoubt { .. })));
        let (_, empty) = read(&answer(200, &json!({"status_code": "200"}))).expect("a body");
        assert!(matches!(empty.transaction(), Err(GatewayError::InDoubt { .. })));
    }

    #[test]
    fn amounts_are_whole_rupiah() {
        assert_eq!(rupiah("1250000.00"), Some(Rupiah::new(1_250_000)));
        assert_eq!(rupiah("7"), Some(Rupiah::new(7)));
        for wrong in ["1.50", "", ".00", "-1.00", "1,000.00", "1e3", "99999999999999999999"] {
            assert_eq!(rupiah(wrong), None, "{wrong}");
        }
    }
}
