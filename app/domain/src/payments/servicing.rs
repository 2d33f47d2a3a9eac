//! The servicing of a loan by replay. Enters: the contract, every event of the loan's life, a day.
//! Leaves: the position on that day. The same function answers "what if" and "what happened": nothing
//! else in the product computes a balance.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod early_vectors;
mod engine;
mod event;
#[cfg(test)]
pub(crate) mod generate;
#[cfg(test)]
mod histories;
mod history;
#[cfg(test)]
mod late_vectors;
pub(crate) mod line;
mod money;
mod overdue;
mod pace;
mod position;
mod refund;
mod relief;
#[cfg(test)]
mod relief_vectors;
mod start;
mod step;
#[cfg(test)]
pub(crate) mod vectors;
mod write_off;

use serde::{Deserialize, Serialize};
use time::Date;

pub use super::allocation::Allocation;
pub use super::payoff::Payoff;
use crate::loans::cap::{Cap, CapCheck};
use crate::loans::product::{self, Component, LateFee, OverdueInterest, PayoffMode, PrepayMode};
use crate::loans::schedule::{Terms, TermsError};
use crate::money::{Overflow, Rupiah};
pub(crate) use engine::Engine;
pub use event::{Event, EventKind, Hardship, PauseCause, Purpose};
pub use pace::{Accrual, LateBasis, LateRun, Pace, advance};
pub(crate) use start::amounts;
pub use start::{AgreedLine, started};
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
    /// What happens to interest while principal is overdue.
    #[serde(default = "no_overdue_interest")]
    pub overdue_interest: OverdueInterest,
    /// The cap row of the agreement date, for the loan's life; without it no way out can be offered.
    #[serde(default)]
    pub cap: Option<Cap>,
    /// What the instalments ask for, where that is not what the terms give: the money arrived on another day than was
    /// consented to. Empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agreed: Vec<AgreedLine>,
}

const fn no_overdue_interest() -> OverdueInterest {
    OverdueInterest::None
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
    /// A fee's effective date is not the earlier of its due date and the date it was recorded, or a
    /// decision counts for another day than it was recorded on.
    #[error("event {0}: effective date does not fit")]
    EffectiveDate(i64),
    /// A loan that is written off is charged nothing and not written off again.
    #[error("event {0}: the loan is written off")]
    WrittenOff(i64),
    /// An event counts for a day after the one it was recorded on.
    #[error("event {0}: in the future")]
    Future(i64),
    /// Only a write-off can be undone.
    #[error("event {0}: the loan is not written off")]
    NotWrittenOff(i64),
    /// Two refunds have the same reference, or one is answered twice or was never asked for.
    #[error("refund {0} does not fit")]
    Refund(String),
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
    /// 1, 2, 3 …; both halves of an instalment that was split have its number.
    pub number: u32,
    /// Last day on which payment is on time.
    pub due_on: Date,
    /// The same before a holiday moved it; none in positions that were stored before it was kept.
    #[serde(default)]
    pub unmoved_due_on: Option<Date>,
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
    /// The numbers of the instalments, oldest first, each once.
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
    /// The days past due that decide the quality of the loan: after a way out the ones before it, until
    /// three instalments were paid on time.
    pub quality_days: u32,
    /// The most days past due it ever was, each day by the due dates that stood on it: what a way out moved later is
    /// not forgotten.
    #[serde(default)]
    pub worst_days_past_due: u32,
    /// A way out took effect.
    #[serde(default)]
    pub helped: bool,
    /// Late fees are stopped: an open claim, an open hardship request, or an officer.
    pub late_fee_frozen: bool,
    /// The day the loan was taken off the books, if it still is; the receivables' accounts are then zero.
    pub written_off_on: Option<Date>,
    /// What came in since then; account 4040.
    pub recovered: Rupiah,
    /// Refunds on their way; account 2140.
    pub refunding: Rupiah,
    /// Refunds that arrived.
    pub refunded: Rupiah,
    /// What fees and late fees may still be charged for below the total cap (rule 5.4); a fee above it
    /// must not be recorded.
    pub room: Rupiah,
    /// What can be paid now; none when nothing is owed.
    pub bill: Option<Bill>,
    /// Paying everything on this day.
    pub payoff: Payoff,
    /// What each event paid, in order of effect.
    pub applied: Vec<Applied>,
    /// Nothing is owed, no credit is held and no refund is on its way.
    pub closed: bool,
    /// Nothing is owed and credit is held, or on its way back.
    pub overpaid: bool,
    /// Instalments whose principal and interest are paid.
    pub paid_count: u32,
}

impl Position {
    /// Principal and interest of the schedule still to be paid: "Sisa utang".
    #[must_use]
    pub fn outstanding(&self) -> Rupiah {
        Rupiah::new(self.outstanding_principal.get() + self.outstanding_interest.get())
    }

    /// What of a component is owed on the day: of interest what has accrued.
    #[must_use]
    pub fn owed(&self, component: Component) -> Rupiah {
        match component {
            Component::Interest => self.accrued_interest,
            Component::Principal => self.outstanding_principal,
            Component::Fee => self.fees,
            Component::LateFee => self.late_fees,
        }
    }
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

/// The daily cap test of a loan as it stands on `on`, after a way out or a prepayment too: its benefit over the
/// agreement amount and the days to its last due date. None without a cap row in the contract.
pub fn cap_check(contract: &Contract, events: &[Event], on: Date) -> Result<Option<CapCheck>, ServicingError> {
    let Some(cap) = &contract.cap else {
        return Ok(None);
    };
    let mut engine = Engine::new(contract, events)?;
    engine.run_to(on)?;
    Ok(Some(engine.cap_check(cap)?))
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
