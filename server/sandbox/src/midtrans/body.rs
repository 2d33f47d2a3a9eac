//! How a Midtrans transaction looks in answers, notifications and on the control surface.
//! In: a transaction. Out: the vendor's JSON, amounts as strings, times in GMT+7.

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

use super::transaction::{Instruction, Status, Transaction};
use crate::state::JAKARTA;

const MERCHANT: &str = "G127800001";
const STAMP: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

/// The vendor's money: a string with two decimals.
pub fn money(amount: i64) -> String {
    format!("{amount}.00")
}

fn stamp(at: OffsetDateTime) -> String {
    at.to_offset(JAKARTA)
        .format(STAMP)
        .expect("a date and time always has these parts")
}

impl Transaction {
    /// The vendor's `payment_type`.
    pub const fn payment_type(&self) -> &'static str {
        match self.instruction {
            Instruction::VirtualAccount { .. } | Instruction::Permata { .. } => "bank_transfer",
            Instruction::MandiriBill { .. } => "echannel",
            Instruction::Qris { .. } => "qris",
        }
    }

    /// Rupiah of the latest refund.
    pub fn last_refund(&self) -> i64 {
        self.refunds.last().map_or(0, |(_, amount)| *amount)
    }

    /// What was asked for or came; BNI tells apart what came.
    fn gross_amount(&self) -> i64 {
        let asked = matches!(&self.instruction, Instruction::VirtualAccount { bank, .. } if bank == "bni");
        self.paid.filter(|_| !asked).unwrap_or(self.amount)
    }

    /// The body every answer shares.
    pub fn body(&self, code: &str, message: &str) -> Value {
        let mut body = json!({
            "status_code": code,
            "status_message": message,
            "transaction_id": self.transaction_id,
            "order_id": self.order_id,
            "merchant_id": MERCHANT,
            "gross_amount": money(self.gross_amount()),
            "currency": "IDR",
            "payment_type": self.payment_type(),
            "transaction_time": stamp(self.created),
            "transaction_status": self.status.word(),
            "fraud_status": "accept",
            "expiry_time": stamp(self.expires),
        });
        if let Some(settled) = self.settled {
            body["settlement_time"] = json!(stamp(settled));
        }
        if !self.refunds.is_empty() {
            let total: i64 = self.refunds.iter().map(|(_, amount)| amount).sum();
            body["refund_amount"] = json!(money(total));
            body["refunds"] = self
                .refunds
                .iter()
                .map(|(key, amount)| json!({"refund_key": key, "refund_amount": money(*amount)}))
                .collect();
        }
        match &self.instruction {
            Instruction::VirtualAccount { bank, number } => {
                body["va_numbers"] = json!([{"bank": bank, "va_number": number}]);
                body["payment_amounts"] = match (self.settled, self.paid) {
                    (Some(at), Some(paid)) if bank == "bni" => {
                        json!([{"paid_at": stamp(at), "amount": money(paid)}])
                    }
                    _ => json!([]),
                };
            }
            Instruction::Permata { number } => body["permata_va_number"] = json!(number),
            Instruction::MandiriBill { biller_code, bill_key } => {
                body["biller_code"] = json!(biller_code);
                body["bill_key"] = json!(bill_key);
            }
            Instruction::Qris { acquirer, .. } => {
                body["acquirer"] = json!(acquirer);
                if self.paid.is_some() {
                    body["issuer"] = json!("gopay");
                    body["transaction_type"] = json!("on-us");
                    body["merchant_cross_reference_id"] = json!(self.cross_reference);
                }
            }
        }
        body
    }

    /// The answer to the charge; `public` is the sandbox's origin.
    pub fn charge_body(&self, public: &str) -> Value {
        let message = match &self.instruction {
            Instruction::VirtualAccount { .. } => "Success, Bank Transfer transaction is created",
            Instruction::Permata { .. } => "Success, PERMATA VA transaction is successful",
            Instruction::MandiriBill { .. } => "OK, Mandiri Bill transaction is successful",
            Instruction::Qris { .. } => "QRIS transaction is created",
        };
        let mut body = self.body("201", message);
        if let Instruction::Qris { qr_string, .. } = &self.instruction {
            let base = format!("{public}/midtrans");
            let id = &self.transaction_id;
            body["qr_string"] = json!(qr_string);
            body["actions"] = json!([
                {"name": "generate-qr-code", "method": "GET", "url": format!("{base}/v2/qris/{id}/qr-code")},
                {"name": "generate-qr-code-v2", "method": "GET", "url": format!("{base}/v4/qris/{id}/qr-code")},
            ]);
        }
        body
    }

    /// The answer to a status call, signed like a notification.
    pub fn status_body(&self) -> Value {
        match self.status {
            Status::Expire => self.body("407", "Success, transaction is found"),
            status => self.body(status.code(), "Success, transaction is found"),
        }
    }

    /// What the control surface and the page show.
    pub fn view(&self) -> Value {
        let mut view = json!({
            "order_id": self.order_id,
            "transaction_id": self.transaction_id,
            "amount": self.amount,
            "paid_amount": self.paid,
            "payment_type": self.payment_type(),
            "status": self.status,
            "created_at": stamp(self.created),
            "expires_at": stamp(self.expires),
        });
        match &self.instruction {
            Instruction::VirtualAccount { bank, number } => {
                view["bank"] = json!(bank);
                view["va_number"] = json!(number);
            }
            Instruction::Permata { number } => {
                view["bank"] = json!("permata");
                view["va_number"] = json!(number);
            }
            Instruction::MandiriBill { biller_code, bill_key } => {
                view["bank"] = json!("mandiri");
                view["biller_code"] = json!(biller_code);
                view["bill_key"] = json!(bill_key);
            }
            Instruction::Qris { qr_string, .. } => view["qr_string"] = json!(qr_string),
        }
        view
    }
}
