//! Money to borrowers, whichever gateway it goes through (integrations.md 1.1). Enters: our reference and key, both stored
//! before the first call; raw notices with their token. Leaves: the true state of a payout, verified notices, the name of
//! the holder of an account.

use super::GatewayError;
use async_trait::async_trait;
use domain::{
    Rupiah,
    id::{LoanId, PayoutId},
    payments::Receipt,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// A payout to send. The same value on every resend of one payout.
#[derive(Debug, Clone)]
pub struct NewPayout<'a> {
    /// Our reference.
    pub reference: PayoutId,
    /// Stored before the first call.
    pub idempotency_key: Uuid,
    /// Whole rupiah.
    pub amount: Rupiah,
    /// Our bank code, `BCA`.
    pub bank: &'a str,
    /// Digits.
    pub account_number: &'a str,
    /// As the bank knows it.
    pub account_holder: &'a str,
    /// For the vendor's dashboard.
    pub loan_id: LoanId,
    /// At most 100 characters; banks show it.
    pub description: &'a str,
}

/// Where a payout stands, as the gateway says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayoutState {
    /// Taken, checked or on its way.
    InProgress,
    /// The money arrived.
    Succeeded,
    /// Finally not sent.
    Failed(FailureCode),
    /// It arrived and came back.
    Reversed,
    /// A word of the future; decides nothing.
    Other(String),
}

/// Why a payout failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureCode {
    /// Our balance is too low.
    InsufficientBalance,
    /// The bank said no.
    RejectedByChannel,
    /// The bank was away.
    TemporaryTransferError,
    /// The account does not exist or has another holder.
    InvalidDestination,
    /// Anything else at the bank.
    TransferError,
    /// A code of the future, or a status that stands for a failure.
    Other(String),
}

impl FailureCode {
    /// Reads the spelling that is stored.
    pub(super) fn parse(text: &str) -> Self {
        match text {
            "INSUFFICIENT_BALANCE" => Self::InsufficientBalance,
            "REJECTED_BY_CHANNEL" => Self::RejectedByChannel,
            "TEMPORARY_TRANSFER_ERROR" => Self::TemporaryTransferError,
            "INVALID_DESTINATION" => Self::InvalidDestination,
            "TRANSFER_ERROR" => Self::TransferError,
            other => Self::Other(other.into()),
        }
    }

    /// As stored.
    pub fn as_str(&self) -> &str {
        match self {
            Self::InsufficientBalance => "INSUFFICIENT_BALANCE",
            Self::RejectedByChannel => "REJECTED_BY_CHANNEL",
            Self::TemporaryTransferError => "TEMPORARY_TRANSFER_ERROR",
            Self::InvalidDestination => "INVALID_DESTINATION",
            Self::TransferError => "TRANSFER_ERROR",
            Self::Other(code) => code,
        }
    }
}

/// A payout as the gateway shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// The vendor's id, `disb-…`.
    pub id: String,
    /// Ours.
    pub reference_id: String,
    /// Whole rupiah; none when it is not.
    pub amount: Option<Rupiah>,
    /// Three letters; `IDR` when the gateway says nothing.
    pub currency: String,
    /// Where it stands.
    pub state: PayoutState,
    /// When it came to stand there (UTC).
    pub updated_at: Option<OffsetDateTime>,
}

/// A bank that takes payouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Our bank code, `BCA`.
    pub bank: String,
    /// The least of one payout.
    pub minimum: Option<Rupiah>,
    /// The most of one payout.
    pub maximum: Option<Rupiah>,
}

/// A notice with a token of ours. A hint only: the body is not signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Ours.
    pub reference_id: String,
    /// Equal for copies of one notice.
    pub dedupe_key: String,
}

/// A gateway that pays out.
#[async_trait]
pub trait PayoutGateway: Send + Sync {
    /// As stored with what came of it.
    fn name(&self) -> &'static str;

    /// Sends a payout. With the same key and body the gateway answers with the first one; `Duplicate` when it knows the
    /// reference or key otherwise.
    async fn create(&self, new: &NewPayout<'_>) -> Result<Payout, GatewayError>;

    /// The truth by the vendor's id; none when the gateway does not know it.
    async fn get(&self, id: &str) -> Result<Option<Payout>, GatewayError>;

    /// Everything under our reference, what did not fail first; one at most, unless something went wrong.
    async fn list_by_reference(&self, reference: PayoutId) -> Result<Vec<Payout>, GatewayError>;

    /// The truth by our reference; none when the gateway never heard of it. Of several, the one that did not fail.
    async fn find_by_reference(&self, reference: PayoutId) -> Result<Option<Payout>, GatewayError> {
        Ok(self.list_by_reference(reference).await?.into_iter().next())
    }

    /// Withdraws a payout that the gateway has not passed on. `Rejected` when it is too late: it goes its way.
    async fn cancel(&self, id: &str) -> Result<Payout, GatewayError>;

    /// The banks that money can be sent to now, with the least and most of one payout.
    async fn channels(&self) -> Result<Vec<Channel>, GatewayError>;

    /// Verifies the token of a raw notice in constant time, then reads it, without I/O.
    fn notice(&self, token: &str, raw: &[u8]) -> Result<Notice, Receipt>;
}

/// Somebody who knows under which name a bank has an account.
#[async_trait]
pub trait AccountNames: Send + Sync {
    /// The name of the holder; none when there is no such account. `bank` is our code, `BCA`; `number` digits.
    async fn holder(&self, bank: &str, number: &str) -> Result<Option<String>, GatewayError>;
}
