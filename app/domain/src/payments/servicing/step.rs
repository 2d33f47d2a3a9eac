//! What the engine tells the books: one step for each fact, before it is written as a journal.

use time::Date;

use crate::loans::product::Component;

/// A fact the books must know, in the order it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Interest of a day; `unearned` of it had been paid ahead.
    Interest {
        on: Date,
        line: u32,
        amount: i64,
        unearned: i64,
    },
    /// The late fee of a day.
    LateFee { on: Date, line: u32, amount: i64 },
    /// A fee was charged; without an event it stands in the contract's schedule.
    Fee {
        seq: Option<i64>,
        on: Date,
        line: u32,
        amount: i64,
    },
    /// A later disbursement.
    Tranche { on: Date, number: u32, amount: i64 },
    /// The loan left the books: open interest, principal, fees and late fees.
    WrittenOff {
        seq: i64,
        on: Date,
        open: [i64; 4],
        provided: i64,
    },
    /// It came back: what left, less what was recovered or waived meanwhile; and the interest of the days
    /// it was away, as (instalment, amount).
    WriteOffUndone {
        seq: i64,
        on: Date,
        open: [i64; 4],
        provided: i64,
        paid: [i64; 4],
        recovered: i64,
        interest: Vec<(u32, i64)>,
    },
    /// A refund arrived.
    RefundPaid { seq: i64, on: Date, amount: i64 },
    /// Money was spread; `written_off` when the loan is not on the books.
    Money {
        seq: Option<i64>,
        on: Date,
        source: Source,
        amount: i64,
        parts: Vec<Part>,
        to_credit: i64,
        written_off: bool,
    },
}

/// Where spread money came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A payment; `replanned` when it paid off or prepaid.
    Payment { replanned: bool },
    /// A waiver.
    Goodwill,
    /// The credit balance.
    Credit,
    /// Money that was paid ahead, spread anew.
    Released,
    /// A refund on its way: money out.
    RefundAsked,
    /// A refund that failed: money back.
    RefundFailed,
    /// A refund that arrived and was sent back.
    RefundReturned,
}

/// What one component of one line received; `unearned` is interest that has not accrued yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) line: Option<u32>,
    pub(crate) component: Component,
    pub(crate) receivable: i64,
    pub(crate) unearned: i64,
}
