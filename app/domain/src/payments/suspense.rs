//! Money that waits for a person. Enters: money that fits no loan, payouts that did not arrive, credit that no loan
//! takes. Leaves: what the room of money shows, and what two people may decide about it (lending.md 7.8, 8.10).

use super::{Method, Payout};
use crate::{
    Error, Role, Rupiah,
    calendar::options,
    id::{LoanId, PaymentId, SuspenseId},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Who may see what waits: whoever proposes or decides about it, and the auditor.
pub const MONEY_READERS: &[Role] = &[Role::Support, Role::Analyst, Role::Approver, Role::Auditor];

options! {
    /// Why money could not be posted.
    SuspenseReason, "suspense-reason" {
        /// Another amount came than was asked for.
        Amount => "amount",
        /// No attempt of ours has this order.
        Order => "order",
        /// The loan of the attempt never began, or was cancelled.
        Loan => "loan",
    }
}

impl SuspenseReason {
    /// The words staff read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Amount => "Jumlah berbeda",
            Self::Order => "Pesanan tidak dikenal",
            Self::Loan => "Pinjaman tidak bisa menerima",
        }
    }
}

options! {
    /// Where money in suspense stands.
    SuspenseState, "suspense-state" {
        /// Nobody proposed anything yet.
        Waiting => "waiting",
        /// A proposal waits for a second person.
        Proposed => "proposed",
        /// Two people agreed to return it; the gateway has not confirmed it yet.
        Returning => "returning",
        /// It is somebody's again.
        Resolved => "resolved",
    }
}

impl SuspenseState {
    /// The word on screen.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Waiting => "Menunggu",
            Self::Proposed => "Diusulkan",
            Self::Returning => "Sedang dikembalikan",
            Self::Resolved => "Selesai",
        }
    }
}

options! {
    /// What became of money in suspense.
    SuspenseOutcome, "suspense-outcome" {
        /// It is a payment of a loan.
        Credited => "credited",
        /// The gateway gave it back to its payer, as two people decided.
        Returned => "returned",
        /// We gave it back through a bank.
        ByHand => "by_hand",
        /// The gateway or the payer's bank took it back by itself.
        TakenBack => "taken_back",
    }
}

impl SuspenseOutcome {
    /// The words staff read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Credited => "Dicatat sebagai pembayaran",
            Self::Returned => "Dikembalikan lewat Midtrans",
            Self::ByHand => "Dikembalikan lewat bank",
            Self::TakenBack => "Ditarik bank pengirim",
        }
    }
}

/// Money that came and belongs to no loan yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspense {
    /// Its id.
    pub id: SuspenseId,
    /// The gateway's transaction.
    pub transaction_id: String,
    /// The order as it was sent to the gateway.
    pub order_id: String,
    /// The attempt that it came for, or became; none for an order that is not ours.
    pub payment_id: Option<PaymentId>,
    /// The loan of that attempt.
    pub loan_id: Option<LoanId>,
    /// How it came; what the gateway has another word for counts as QRIS.
    pub method: Method,
    /// Rupiah that came.
    pub amount: Rupiah,
    /// When the payer's money moved (UTC).
    pub received_at: OffsetDateTime,
    /// Why it waits.
    pub why: SuspenseReason,
    /// Where it stands.
    pub state: SuspenseState,
    /// What became of it.
    pub outcome: Option<SuspenseOutcome>,
    /// The bank's reference of a return by hand.
    pub reference: String,
    /// The gateway's code when it would not give the money back.
    pub refused: Option<String>,
    /// When it was resolved (UTC).
    pub resolved_at: Option<OffsetDateTime>,
}

impl Suspense {
    /// Whether the gateway gives it back: only what came by QR (integrations.md 1.2), and only until it refused to.
    #[must_use]
    pub fn goes_back_by_gateway(&self) -> bool {
        self.method == Method::Qris && self.refused.is_none()
    }

    /// The reference of a return as it is kept: empty when the gateway gives the money back, else what the bank wrote,
    /// trimmed, 3 to 64 characters.
    pub fn check_reference(&self, typed: &str) -> Result<String, Error> {
        let typed = typed.trim();
        match typed.chars().count() {
            _ if self.goes_back_by_gateway() => Ok(String::new()),
            3..=64 => Ok(typed.to_owned()),
            _ => Err(Error::fault(
                "reference",
                "length",
                "Tulis nomor referensi transfer dari bank, 3 sampai 64 huruf.",
            )),
        }
    }
}

/// What two people may decide about money in suspense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "resolution", rename_all = "snake_case")]
pub enum Resolution {
    /// It is a payment of a running loan, of the day it was received.
    Credit {
        /// The loan; of the same borrower when the money came for an attempt of ours.
        loan_id: LoanId,
    },
    /// It goes back to its payer.
    Return {
        /// The bank's reference when it was sent by hand; empty: the gateway gives it back.
        reference: String,
    },
}

/// A payout that a person must look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TroubledPayout {
    /// The loan.
    pub loan_id: LoanId,
    /// The payout: `failed`, or not known to have arrived.
    pub payout: Payout,
    /// Since when it is so (UTC).
    pub since: OffsetDateTime,
}

/// A borrower's money that no loan takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditBalance {
    /// The loan that holds it.
    pub loan_id: LoanId,
    /// Rupiah.
    pub amount: Rupiah,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::ProposalKind;
    use uuid::Uuid;

    #[test]
    fn what_came_by_qr_goes_back_by_itself_until_the_gateway_refuses() {
        let mut money = Suspense {
            id: SuspenseId(Uuid::nil()),
            transaction_id: "t".into(),
            order_id: "o".into(),
            payment_id: None,
            loan_id: None,
            method: Method::Qris,
            amount: Rupiah::new(1),
            received_at: OffsetDateTime::UNIX_EPOCH,
            why: SuspenseReason::Order,
            state: SuspenseState::Waiting,
            outcome: None,
            reference: String::new(),
            refused: None,
            resolved_at: None,
        };
        assert_eq!(money.check_reference("TRX 1"), Ok(String::new()));
        money.refused = Some("412".into());
        assert_eq!(money.check_reference(" TRX 1 "), Ok("TRX 1".to_owned()));
        money.method = Method::VaBca;
        money.refused = None;
        assert!(money.check_reference("  ").is_err());
        assert!(money.check_reference(&"9".repeat(65)).is_err());
    }

    #[test]
    fn whoever_decides_about_money_may_see_it() {
        for role in Role::ALL {
            let part = ProposalKind::Posting.shows_to(role) || ProposalKind::Refund.shows_to(role);
            assert_eq!(MONEY_READERS.contains(&role), part, "{role:?}");
        }
    }
}
