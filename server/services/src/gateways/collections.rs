//! Money from borrowers, whichever gateway it comes through (integrations.md 1.1). Enters: our order ids and amounts, raw
//! notices. Leaves: codes to pay with, the true status of a transaction, verified notices.

use super::GatewayError;
use async_trait::async_trait;
use domain::{
    Rupiah,
    payments::{Instruction, Method, Receipt},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A code to pay with is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'a> {
    /// Ours, unique for ever, 1 to 50 of `A-Z a-z 0-9 - _ . ~`.
    pub order_id: &'a str,
    /// The same on every try of this charge; the gateway need not remember it longer than five minutes.
    pub idempotency_key: Uuid,
    /// Whole rupiah.
    pub amount: Rupiah,
    /// QR, virtual account or Mandiri bill.
    pub method: Method,
    /// Counted by the gateway from the moment it accepts.
    pub expires_in: Duration,
}

/// Where a transaction stands, as the gateway says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionStatus {
    /// Waits for the payer.
    Pending,
    /// The money is there.
    Paid,
    /// Refused; after `Paid`: taken back by the bank.
    Denied,
    /// Withdrawn.
    Cancelled,
    /// Time ran out.
    Expired,
    /// Failed for another reason.
    Failed,
    /// All of it was given back to the payer.
    Refunded,
    /// A word that decides nothing here: part refunds, fraud checks, words of the future.
    Other(String),
}

/// A transaction as the gateway shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The vendor's id.
    pub transaction_id: String,
    /// Ours.
    pub order_id: String,
    /// Whole rupiah; none when it is not.
    pub amount: Option<Rupiah>,
    /// Three letters; `IDR` when the gateway says nothing.
    pub currency: String,
    /// Where it stands.
    pub status: TransactionStatus,
    /// How it is or was paid; none for a way of paying that we do not offer.
    pub method: Option<Method>,
    /// How to pay; none when this answer does not show it (the status of a QR payment).
    pub instruction: Option<Instruction>,
    /// When the payer's money moved (UTC).
    pub paid_at: Option<OffsetDateTime>,
    /// When the code runs out (UTC).
    pub expires_at: Option<OffsetDateTime>,
}

/// A notice whose signature is right. Its status is a hint only: the signature does not cover it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Ours.
    pub order_id: String,
    /// The vendor's id.
    pub transaction_id: String,
    /// `settlement`, `expire`, …
    pub transaction_status: String,
    /// `200`, `201`, `202`, …
    pub status_code: String,
}

impl Notice {
    /// Equal for copies of one notice.
    pub fn dedupe_key(&self) -> String {
        format!(
            "{}:{}:{}",
            self.transaction_id, self.transaction_status, self.status_code
        )
    }
}

/// A gateway that collects.
#[async_trait]
pub trait CollectionGateway: Send + Sync {
    /// As stored with what came through it.
    fn name(&self) -> &'static str;

    /// Asks for a code. `Duplicate` when the order id exists: ask for its status.
    async fn charge(&self, charge: Charge<'_>) -> Result<Transaction, GatewayError>;

    /// The code of a pending transaction whose answer did not show it; none when it has none to show.
    async fn shown_code(&self, transaction: &Transaction) -> Result<Option<Instruction>, GatewayError>;

    /// The truth about an order; none when the gateway does not know it.
    async fn status(&self, order_id: &str) -> Result<Option<Transaction>, GatewayError>;

    /// Withdraws a pending order. `Rejected` when it is not pending any more or unknown.
    async fn cancel(&self, order_id: &str) -> Result<(), GatewayError>;

    /// Ends a pending order as if its time had run out. Refused like [`CollectionGateway::cancel`].
    async fn expire(&self, order_id: &str) -> Result<(), GatewayError>;

    /// Gives money of a paid QR transaction back to its payer. Repeatable: `Duplicate` when this `refund_key` was used,
    /// `Rejected` when it cannot be given back this way (virtual accounts cannot).
    async fn refund(&self, order_id: &str, refund_key: Uuid, amount: Rupiah, why: &str) -> Result<(), GatewayError>;

    /// Verifies a raw notice, without I/O.
    fn notice(&self, raw: &[u8]) -> Result<Notice, Receipt>;
}
