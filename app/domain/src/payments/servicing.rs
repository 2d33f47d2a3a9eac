//! The servicing of a loan by replay. Enters: the contract, every event of the loan's life, a day.
//! Leaves: the position on that day. The same function answers "what if" and "what happened": nothing
//! else in the product computes a balance.

#[cfg(test)]
mod early_vectors;
mod engine;
#[cfg(test)]
mod generate;
#[cfg(test)]
mod histories;
mod history;
#[cfg(test)]
mod late_vectors;
pub(crate) mod line;
mod money;
mod position;
mod step;
#[cfg(test)]
pub(crate) mod vectors;

use serde::{Deserialize, Serialize};
use time::Date;

pub use super::allocation::Allocation;
pub use super::payoff::Payoff;
use crate::loans::product::{self, LateFee, PayoffMode, PrepayMode};
use crate::loans::schedule::{Terms, TermsError};
use crate::money::{Overflow, Rupiah};
pub(crate) use engine::Engine;
pub(crate) use step::{Part, Source, Step};

/// What servicing needs to know of the signed contract, for the loan's whole life. Stored with the
/// loan; its start date is the date the money arrived (Asia/Jakarta).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// The terms of the schedule, with its start date.
    pub terms: Terms,
    /// What lateness costs.
    pub late_fee: LateFee,
    /// How a payment is spread.
    pub allocation: product::Allocation,
    /// What a prepayment does when the borrower does not choose.
    pub prepay_default: PrepayMode,
    /// Benefit and late fees together never exceed this percentage of the agreement amount (100).
    pub total_cap_percent: u32,
}

/// Something that happened to a loan. Never edited, never removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Order of recording within the loan; unique.
    pub seq: i64,
    /// The day it counts for (Asia/Jakarta): for a payment the day the payer's money moved, for a fee
    /// the earlier of `due_on` and `recorded_on`, for everything else the day it was decided.
    pub effective_on: Date,
    /// The day it was recorded (Asia/Jakarta).
    pub recorded_on: Date,
    /// What happened.
    pub kind: EventKind,
}

impl Event {
    /// An event that counts for `on` and is recorded on `recorded_on`; a fee counts for the earlier of
    /// its due date and the day it is recorded, whatever `on` says.
    #[must_use]
    pub fn new(seq: i64, on: Date, recorded_on: Date, kind: EventKind) -> Self {
        let effective_on = match kind {
            EventKind::Fee { due_on, .. } => due_on.min(recorded_on),
            _ => on,
        };
        Self {
            seq,
            effective_on,
            recorded_on,
            kind,
        }
    }
}

/// What can happen to a loan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventKind {
    /// Money came in.
    Payment {
        /// The payment's id; unique within the loan.
        reference: String,
        /// Rupiah, 1 or more.
        amount: Rupiah,
        /// What it was meant for.
        purpose: Purpose,
    },
    /// A payment was taken back by the payer's bank (rule 8.6).
    Reversal {
        /// The reference of the payment.
        of: String,
    },
    /// A charge of ours that is not a late fee.
    Fee {
        /// Rupiah, 1 or more.
        amount: Rupiah,
        /// Decides the instalment it belongs to.
        due_on: Date,
    },
    /// A waiver, given as a credit and allocated like a payment.
    Goodwill {
        /// Rupiah, 1 or more.
        amount: Rupiah,
    },
    /// The borrower says "saya sudah bayar": late fees stop the day after. A second claim on an
    /// instalment whose first claim was rejected does not stop them.
    ClaimOpened {
        /// The oldest instalment of the bill.
        instalment: u32,
    },
    /// The open claim was answered; the day itself is still free of late fees.
    ClaimResolved {
        /// The money had been sent; it is credited by a payment of its own at the true date.
        confirmed: bool,
    },
}

/// What a payment is meant for (rule 8.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Purpose {
    /// The bill; too much goes on to later instalments and saves no interest.
    Instalment,
    /// Everything due first, the rest is a prepayment.
    Amount {
        /// What the prepayment changes; none for the contract's default.
        mode: Option<PrepayMode>,
    },
    /// Everything to the day; treated as [`Purpose::Amount`] when it is too little.
    Payoff,
}

/// Why a history cannot be replayed; the new event is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServicingError {
    /// The terms have no schedule.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// An amount left its range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// An amount of an event is not between Rp1 and Rp2 miliar.
    #[error("event {0}: amount out of range")]
    Amount(i64),
    /// An event, or the day asked for, lies before the loan's start.
    #[error("before the start of the loan")]
    BeforeStart,
    /// Two events have the same sequence number.
    #[error("event {0} occurs twice")]
    DuplicateSeq(i64),
    /// Two payments have the same reference.
    #[error("payment {0} occurs twice")]
    DuplicatePayment(String),
    /// A reversal names a payment that is not recorded before it.
    #[error("payment {0} is unknown")]
    UnknownPayment(String),
    /// A payment is reversed once at most.
    #[error("payment {0} is already reversed")]
    AlreadyReversed(String),
    /// A fee's effective date is not the earlier of its due date and the date it was recorded.
    #[error("event {0}: effective date does not fit")]
    EffectiveDate(i64),
}

/// Where one instalment stands. On screen: Lunas, Berikutnya, Nanti, Terlambat, Jatuh tempo hari ini.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineStatus {
    /// Principal and interest are paid.
    Paid,
    /// The earliest future one that is not paid.
    Next,
    /// A later one.
    Later,
    /// Due today.
    Due,
    /// Past its due date.
    Overdue,
}

/// One component of an instalment, in rupiah.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Amounts {
    /// What this component asks for.
    pub due: Rupiah,
    /// What of it is paid.
    pub paid: Rupiah,
}

impl Amounts {
    /// What is still open.
    pub fn open(self) -> Rupiah {
        Rupiah::new(self.due.get() - self.paid.get())
    }
}

/// One instalment on the day asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinePosition {
    /// 1, 2, 3 …
    pub number: u32,
    /// Last day on which payment is on time.
    pub due_on: Date,
    /// Pokok.
    pub principal: Amounts,
    /// Bunga.
    pub interest: Amounts,
    /// Biaya.
    pub fee: Amounts,
    /// Denda.
    pub late_fee: Amounts,
    /// Principal left after this instalment and everything prepaid so far.
    pub balance: Rupiah,
    /// Where it stands.
    pub status: LineStatus,
    /// Days past due of this instalment; 0 unless overdue.
    pub days_late: u32,
}

impl LinePosition {
    /// Principal and interest: "cicilan per bulan".
    pub fn instalment(&self) -> Rupiah {
        Rupiah::new(self.principal.due.get() + self.interest.due.get())
    }

    /// Everything still open on this instalment.
    pub fn open(&self) -> Rupiah {
        let parts = [self.principal, self.interest, self.fee, self.late_fee];
        Rupiah::new(parts.iter().map(|part| part.open().get()).sum())
    }
}

/// What can be paid now: everything past due and due today, or else the next instalment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// The numbers of the instalments, oldest first.
    pub instalments: Vec<u32>,
    /// The due date of the oldest.
    pub due_on: Date,
    /// Pokok, open.
    pub principal: Rupiah,
    /// Bunga, open.
    pub interest: Rupiah,
    /// Biaya, open.
    pub fee: Rupiah,
    /// Denda, open.
    pub late_fee: Rupiah,
    /// The sum of the four.
    pub total: Rupiah,
}

/// What one event paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The event; none when credit was used by itself for what became due.
    pub seq: Option<i64>,
    /// The day it counts for.
    pub on: Date,
    /// What it paid; negative parts were paid ahead before and are re-planned.
    pub allocations: Vec<Allocation>,
    /// What went to the credit balance; negative when credit was used.
    pub to_credit: Rupiah,
}

/// A loan on one day: its opening, plus the events of the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The day (Asia/Jakarta).
    pub as_of: Date,
    /// The schedule as it stands; shorter after a prepayment with mode `term`.
    pub lines: Vec<LinePosition>,
    /// Principal not yet repaid, due or not; account 1100.
    pub outstanding_principal: Rupiah,
    /// Scheduled interest not yet paid, due or not.
    pub outstanding_interest: Rupiah,
    /// Interest accrued and not paid; account 1110.
    pub accrued_interest: Rupiah,
    /// Interest paid and not yet accrued; account 2110.
    pub unearned_interest: Rupiah,
    /// Fees not yet paid; account 1120.
    pub fees: Rupiah,
    /// Late fees not yet paid; account 1130.
    pub late_fees: Rupiah,
    /// The borrower's money that we hold; account 2100.
    pub credit: Rupiah,
    /// Days since the due date of the oldest instalment with unpaid principal or interest; 0 when none.
    pub days_past_due: u32,
    /// Late fees are stopped by an open claim.
    pub late_fee_frozen: bool,
    /// What fees and late fees may still be charged for below the total cap (rule 5.4); a fee above it
    /// must not be recorded.
    pub room: Rupiah,
    /// What can be paid now; none when nothing is owed.
    pub bill: Option<Bill>,
    /// Paying everything on this day.
    pub payoff: Payoff,
    /// What each event paid, in order of effect.
    pub applied: Vec<Applied>,
    /// Nothing is owed and no credit is held.
    pub closed: bool,
    /// Nothing is owed and credit is held.
    pub overpaid: bool,
    /// Instalments whose principal and interest are paid.
    pub paid_count: u32,
}

/// The position of a loan on `as_of`: every event effective on or before that day, in the order of
/// (`effective_on`, `seq`), whatever the order of the slice. Rule 8.1.
pub fn replay(contract: &Contract, events: &[Event], as_of: Date) -> Result<Position, ServicingError> {
    let mut engine = Engine::new(contract, events)?;
    engine.run_to(as_of)?;
    engine.position(PayoffMode::ToDate)
}

/// What paying everything on `on` would cost. Valid for that day only; `to-period-end` is for
/// comparison and never offered to borrowers.
pub fn payoff(contract: &Contract, events: &[Event], on: Date, mode: PayoffMode) -> Result<Payoff, ServicingError> {
    let mut engine = Engine::new(contract, events)?;
    engine.run_to(on)?;
    engine.payoff(mode)
}

/// What would happen: the position on `as_of` if `kinds` happened on `on`, after everything recorded.
pub fn simulate(
    contract: &Contract,
    events: &[Event],
    kinds: &[EventKind],
    on: Date,
    as_of: Date,
) -> Result<Position, ServicingError> {
    let mut all = events.to_vec();
    let last = events.iter().map(|event| event.seq).max().unwrap_or(0);
    let future = kinds.iter().zip(last + 1..);
    all.extend(future.map(|(kind, seq)| Event::new(seq, on, on, kind.clone())));
    replay(contract, &all, as_of)
}
