//! What staff see of the books as a whole: which day is closed, what was proven, what waits for a person.

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

use super::arrears::Ageing;
use super::ledger::Account;
use crate::{Role, id::LoanId};

/// Who may see the books as a whole: whoever posts by hand or decides about it, the auditor, the superadmin.
pub const BOOK_READERS: &[Role] = &[Role::Analyst, Role::Approver, Role::Auditor, Role::Superadmin];

/// The books as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StateOfBooks {
    /// The last closed day (Asia/Jakarta); none before the first close.
    pub closed_through: Option<Date>,
    /// Loans that the last close could not advance; at most 100.
    pub set_aside: Vec<LoanTrouble>,
    /// Loans whose books are not what their events say; at most 100. Empty: drift = 0.
    pub drifting: Vec<LoanTrouble>,
    /// How many loans drift.
    pub drift: i64,
    /// When loans were last rebuilt from their events (UTC).
    pub proven_at: Option<OffsetDateTime>,
    /// Loans rebuilt within the last seven days.
    pub proven_loans: i64,
    /// Turnover of every account up to the closed day; debits and credits have the same sum.
    pub trial_balance: Vec<Turnover>,
    /// The book at the end of the closed day.
    pub ageing: Vec<Ageing>,
}

/// A loan that waits for a person, and why. Record numbers and words of ours only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoanTrouble {
    /// The loan.
    pub loan_id: LoanId,
    /// What is wrong.
    pub what: String,
    /// Since when (UTC).
    pub since: OffsetDateTime,
}

/// What was debited and credited to an account, in rupiah of any size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turnover {
    /// The account.
    pub account: Account,
    /// Sum of debits.
    pub debit: i64,
    /// Sum of credits.
    pub credit: i64,
}

/// What was earned and what was received between two dates of booking, both included, in rupiah.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Income {
    /// Earned, whether it was paid or not: accounts 4010, 4020, 4030.
    pub accrued: Earnings,
    /// Paid by borrowers, whether it was earned already or not, less what their banks took back.
    pub received: Earnings,
    /// Principal paid back.
    pub principal: i64,
}

/// The three kinds of earnings, in rupiah.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Earnings {
    /// Bunga.
    pub interest: i64,
    /// Biaya.
    pub fees: i64,
    /// Denda.
    pub late_fees: i64,
}
