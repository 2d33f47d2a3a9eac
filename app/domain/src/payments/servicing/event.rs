//! What can happen to a loan. Enters: facts and decisions, as they are recorded. Leaves: the events the
//! replay lives on; their JSON is stored and never changed.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::loans::product::{Component, PrepayMode};
use crate::money::Rupiah;

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
    /// Keringanan given as a credit and allocated like a payment.
    Goodwill {
        /// Rupiah, 1 or more.
        amount: Rupiah,
    },
    /// Keringanan of one component only, the oldest instalment first; what is not owed is not given.
    Waiver {
        /// Rupiah, 1 or more.
        amount: Rupiah,
        /// What is given up: the late fee, as a rule.
        component: Component,
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
    /// Late fees stop the day after: a hardship request is open, or an officer decided so.
    LateFeesPaused {
        /// Who stopped them.
        cause: PauseCause,
        /// The last day without; none: until they are resumed.
        through: Option<Date>,
    },
    /// The pause of this cause ends; the day itself is still free of late fees.
    LateFeesResumed {
        /// Whose pause.
        cause: PauseCause,
    },
    /// A way out was consented to (rule 8.9). One that no longer fits the loan, because of something
    /// recorded later with an earlier date, has no effect.
    Hardship {
        /// Which.
        option: Hardship,
    },
    /// Two people took the loan off the books; it is still owed (rule 8.11).
    WrittenOff {
        /// Rupiah of the allowance 1190 that stood for this loan.
        provided: Rupiah,
    },
    /// Two people put it back.
    WriteOffUndone,
    /// The credit balance is on its way back to the borrower (rule 8.10).
    RefundAsked {
        /// The refund's id; unique within the loan.
        reference: String,
        /// Rupiah, 1 or more; not above the credit balance when it is asked for.
        amount: Rupiah,
    },
    /// It arrived.
    RefundPaid {
        /// The refund's id.
        reference: String,
    },
    /// It finally failed; the money is credit again. It may be asked for anew: it arrived after all.
    RefundFailed {
        /// The refund's id.
        reference: String,
    },
    /// It had arrived and the bank sent it back; the money is credit again.
    RefundReturned {
        /// The refund's id.
        reference: String,
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

/// Who stopped late fees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseCause {
    /// The borrower asked for a way out; until it is answered.
    HardshipRequest,
    /// An officer, with a reason.
    Officer,
}

/// Jalan keluar: a change that helps before default (rule 8.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "option", rename_all = "snake_case")]
pub enum Hardship {
    /// Geser tanggal: the next unpaid instalment falls due later; nothing else moves.
    MoveDate {
        /// The next unpaid instalment.
        instalment: u32,
        /// Its new due date.
        to: Date,
    },
    /// Bayar bunga saja: the next instalment is only its interest, everything else shifts one period.
    InterestOnly,
    /// Bagi dua: half on the due date, half later.
    Split {
        /// The next unpaid instalment.
        instalment: u32,
        /// When the second half falls due.
        second_on: Date,
    },
    /// Perpanjang: what is owed is spread over more instalments.
    Longer {
        /// How many instalments from the next due date on.
        instalments: u32,
    },
}
