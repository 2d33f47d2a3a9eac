//! What our books say of a day against what the gateways say. Enters: answers of gateways, reasons of staff. Leaves:
//! what the desk tells of a day and of each difference.

use crate::{
    Role,
    calendar::options,
    id::{DifferenceId, LoanId, PaymentId, PayoutId, UserId},
};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// Who may read the reports and differences.
pub const RECONCILIATION_READERS: &[Role] = &[Role::Analyst, Role::Approver, Role::Auditor, Role::Superadmin];
/// Who may close a difference.
pub const DIFFERENCE_CLOSERS: &[Role] = &[Role::Analyst, Role::Approver];

options! {
    /// In what a gateway and we differ.
    DifferenceKind, "difference-kind" {
        /// It says something else about how the payment or payout stands.
        Status => "status",
        /// Another amount.
        Amount => "amount",
        /// Not rupiah.
        Currency => "currency",
        /// The money moved on another date (Asia/Jakarta): late fees and the start of a loan hang on it.
        Date => "date",
        /// It does not know what we say it took.
        Unknown => "unknown",
        /// Money of a payout arrived that we had given up; together with another one it would be lent twice.
        Arrived => "arrived",
        /// It has two payouts under one of our references.
        Twice => "twice",
        /// It could not be understood, again and again.
        Unanswered => "unanswered",
    }
}

impl DifferenceKind {
    /// The words staff read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Status => "Status berbeda",
            Self::Amount => "Jumlah berbeda",
            Self::Currency => "Bukan rupiah",
            Self::Date => "Tanggal berbeda",
            Self::Unknown => "Tidak dikenal gateway",
            Self::Arrived => "Dana sampai padahal sudah dianggap gagal",
            Self::Twice => "Terkirim dua kali",
            Self::Unanswered => "Gateway tidak menjawab",
        }
    }
}

/// What a difference is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Money of a borrower.
    Payment(PaymentId),
    /// Money to a borrower.
    Payout(PayoutId),
}

/// How a difference ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferenceEnd {
    /// When (UTC).
    pub at: OffsetDateTime,
    /// Who closed it; none when a later look agreed.
    pub by: Option<UserId>,
    /// Why they did, or which follow-up settled it.
    pub reason: String,
}

/// Something a gateway and we say differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Its id.
    pub id: DifferenceId,
    /// About what.
    pub subject: Subject,
    /// Of which loan.
    pub loan_id: LoanId,
    /// In what.
    pub kind: DifferenceKind,
    /// What we say.
    pub ours: String,
    /// What the gateway says.
    pub theirs: String,
    /// When it was seen first (UTC).
    pub found_at: OffsetDateTime,
    /// How it ended; none while it is open.
    pub resolution: Option<DifferenceEnd>,
}

/// The report of one day. Sums are in rupiah, of any size, over everything that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// Which day (Asia/Jakarta).
    pub day: Date,
    /// Attempts to pay that were compared.
    pub payments: i64,
    /// Payouts that were compared.
    pub payouts: i64,
    /// Differences that were found, also those that were settled since.
    pub differences: i64,
    /// Received, by our books.
    pub in_ours: i64,
    /// Received, by the gateway.
    pub in_theirs: i64,
    /// Paid out, by our books.
    pub out_ours: i64,
    /// Paid out, by the gateway.
    pub out_theirs: i64,
    /// When the comparison began (UTC).
    pub started_at: OffsetDateTime,
    /// When it was complete (UTC); none while it is under way.
    pub finished_at: Option<OffsetDateTime>,
}
