//! A credit balance on its way back to its borrower (lending.md 7.10, 8.10). Enters: what the borrower or the product
//! asked for, the agreement of two people, the end of the payout. Leaves: what the borrower's page and the desk tell.

use crate::{
    Rupiah,
    calendar::options,
    id::{LoanId, RefundId},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

options! {
    /// Where a refund stands.
    RefundState, "refund-state" {
        /// It waits for two members of staff.
        Waiting => "waiting",
        /// They agreed; it is being sent.
        Sending => "sending",
        /// The money arrived.
        Paid => "paid",
        /// It could not be sent: it is a credit again.
        Failed => "failed",
        /// The credit was used for what is owed before they agreed.
        Used => "used",
    }
}

impl RefundState {
    /// The word on screen.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Waiting => "Sedang diperiksa",
            Self::Sending => "Sedang dikirim",
            Self::Paid => "Sudah kembali",
            Self::Failed => "Belum bisa dikirim",
            Self::Used => "Terpakai untuk cicilan",
        }
    }

    /// Whether another one has to wait for its end.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Sending)
    }
}

/// A credit balance that is to go back to its borrower.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// Of which loan; one is open at a time.
    pub loan_id: LoanId,
    /// How much.
    pub amount: Rupiah,
    /// Where it stands.
    pub state: RefundState,
    /// Its borrower asked for it; else it began by itself.
    pub by_borrower: bool,
    /// "BCA •••• 4821"; empty before it is sent.
    pub payee_label: String,
    /// When it was asked for (UTC).
    pub asked_at: OffsetDateTime,
    /// When it arrived (UTC).
    pub paid_at: Option<OffsetDateTime>,
}
