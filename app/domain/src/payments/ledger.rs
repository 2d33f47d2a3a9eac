//! The books of a loan (rules 10.1 to 10.5). Enters: the contract, the events, the day up to which the
//! books stand. Leaves: balanced journals, ready to be stored in the transaction of the fact.
//!
//! The right books of a history are a pure function of it. What must be posted when an event is
//! recorded is the difference between the books before and after; a back-dated event therefore reverses
//! and posts again exactly the journals it changes, and nothing else.

mod account;
mod posting;
#[cfg(test)]
mod vectors;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::{Date, Duration};

pub use account::{Account, Side};

use super::arrears::Quality;
use super::manual_posting::ManualPosting;
use super::servicing::{Contract, Engine, Event, EventKind, Position, ServicingError, Step};
use crate::calendar::options;
use crate::id::ProposalId;
use crate::loans::schedule::schedule;
use crate::money::Rupiah;

options! {
    /// What a journal records; J1 to J17 of the domain specification.
    JournalKind, "journal-kind" {
        /// J1: the money reached the borrower.
        Payout => "payout",
        /// J2: the gateway took the payout back.
        PayoutReversed => "payout_reversed",
        /// J3: interest of one date.
        Interest => "interest",
        /// J4: a fee was charged.
        Fee => "fee",
        /// J5: the late fee of one date.
        LateFee => "late_fee",
        /// J6: a payment.
        Payment => "payment",
        /// J8: money of an unknown payer came in.
        Suspense => "suspense",
        /// J8: it was recognised, or belongs to a payment now.
        SuspenseCleared => "suspense_cleared",
        /// J9: the credit balance paid what became due.
        CreditUsed => "credit_used",
        /// J10: a payoff or a prepayment.
        Prepayment => "prepayment",
        /// J11: a refund was asked for.
        RefundAsked => "refund_asked",
        /// J11: it arrived.
        RefundPaid => "refund_paid",
        /// J11: it failed.
        RefundFailed => "refund_failed",
        /// The opposite of J11: it had arrived and was sent back.
        RefundReturned => "refund_returned",
        /// J12: a waiver.
        Goodwill => "goodwill",
        /// J13: the opposite of a payment that was taken back, or is spread otherwise now.
        PaymentReversed => "payment_reversed",
        /// J14: the opposite of a late fee that was not owed after all.
        LateFeeUndone => "late_fee_undone",
        /// J15: the loan was taken off the books.
        WriteOff => "write_off",
        /// J15: it was put back.
        WriteOffUndone => "write_off_undone",
        /// J16: money came in for a loan that is off the books.
        Recovery => "recovery",
        /// J17: the allowance for losses of the book.
        Provision => "provision",
        /// J7, J18 and what only people know: made by hand, by two of them.
        ByHand => "by_hand",
        /// The opposite of any other journal that a back-dated event changed.
        Correction => "correction",
    }
}

impl JournalKind {
    /// The kind of the journal that takes one of this kind back.
    const fn opposite(self) -> Self {
        match self {
            Self::Payout => Self::PayoutReversed,
            Self::Payment | Self::Prepayment | Self::Recovery => Self::PaymentReversed,
            Self::LateFee => Self::LateFeeUndone,
            _ => Self::Correction,
        }
    }
}

/// One side of a journal: a debit or a credit, never both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalLine {
    /// The account.
    pub account: Account,
    /// Rupiah, 0 when it is a credit.
    pub debit: Rupiah,
    /// Rupiah, 0 when it is a debit.
    pub credit: Rupiah,
    /// The instalment it belongs to.
    pub instalment: Option<u32>,
}

/// A balanced set of entries. Never changed once stored; a mistake is taken back by its opposite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// What it records.
    pub kind: JournalKind,
    /// The date it counts for; the day it is booked is the service's to add.
    pub effective_on: Date,
    /// Which fact of the loan it records: `interest:2026-10-06:2`, `event:7`. At most one journal with a
    /// slot stands at any time.
    pub slot: String,
    /// Unique within the loan and the same whenever it is computed, so that posting twice is impossible.
    pub key: String,
    /// It takes back the last journal stored with this slot that is not itself a reversal.
    pub reversal: bool,
    /// The entries.
    pub lines: Vec<JournalLine>,
}

impl Journal {
    /// Whether it is the interest or late fee of one date under its first key: two or three entries of which one
    /// amount says everything. Such journals are stored as one row.
    #[must_use]
    pub fn is_daily(&self) -> bool {
        matches!(self.kind, JournalKind::Interest | JournalKind::LateFee) && !self.reversal && self.key == self.slot
    }

    /// Whether debits equal credits and every line is a debit or a credit above zero.
    #[must_use]
    pub fn balanced(&self) -> bool {
        let one_side = |line: &JournalLine| {
            !line.debit.is_negative() && !line.credit.is_negative() && (line.debit.is_zero() != line.credit.is_zero())
        };
        let sum: i128 = self
            .lines
            .iter()
            .map(|line| line.debit.wide() - line.credit.wide())
            .sum();
        sum == 0 && self.lines.iter().all(one_side)
    }

    /// The exact opposite, for the same date and slot; `key` names it.
    #[must_use]
    pub fn taken_back(&self, key: String) -> Self {
        let swap = |line: &JournalLine| JournalLine {
            debit: line.credit,
            credit: line.debit,
            ..*line
        };
        Self {
            kind: self.kind.opposite(),
            effective_on: self.effective_on,
            slot: self.slot.clone(),
            key,
            reversal: true,
            lines: self.lines.iter().map(swap).collect(),
        }
    }
}

/// J1: the payout of a loan succeeded on the contract's start date; with it J4 for fees that stand in
/// the schedule. `reference` is the payout's id; `pass_through` the rupiah deducted for others.
pub fn payout(contract: &Contract, reference: &str, pass_through: Rupiah) -> Result<Vec<Journal>, ServicingError> {
    let (terms, schedule) = (&contract.terms, schedule(&contract.terms)?);
    let fees = schedule.principal.checked_sub(schedule.net_cash)?;
    let cash = terms.principal.checked_sub(fees)?.checked_sub(pass_through)?;
    let entries = [
        (Account::Principal, None, terms.principal.get()),
        (Account::PayoutFloat, None, -cash.get()),
        (Account::FeeIncome, None, -fees.get()),
        (Account::PassThrough, None, -pass_through.get()),
    ];
    let mut journals = vec![posting::journal(
        JournalKind::Payout,
        terms.start,
        format!("payout:{reference}"),
        entries,
    )];
    journals.extend(books(contract, &[], terms.start, terms.start)?);
    Ok(journals)
}

/// J2: the opposite of what [`payout`] gave, when the gateway takes the payout back.
#[must_use]
pub fn payout_reversed(payout: &[Journal]) -> Vec<Journal> {
    payout
        .iter()
        .rev()
        .map(|journal| journal.taken_back(format!("{}!", journal.key)))
        .collect()
}

/// J8: money of an unknown payer, a wrong amount or an unknown reference came in on `on`.
#[must_use]
pub fn suspense(reference: &str, on: Date, amount: Rupiah) -> Journal {
    let entries = [
        (Account::Gateway, None, amount.get()),
        (Account::Suspense, None, -amount.get()),
    ];
    posting::journal(JournalKind::Suspense, on, format!("suspense:{reference}"), entries)
}

/// J8: the money of [`suspense`] is a payment now, which books it on its own with its original date.
#[must_use]
pub fn suspense_cleared(reference: &str, on: Date, amount: Rupiah) -> Journal {
    let entries = [
        (Account::Suspense, None, amount.get()),
        (Account::Gateway, None, -amount.get()),
    ];
    posting::journal(
        JournalKind::SuspenseCleared,
        on,
        format!("suspense-cleared:{reference}"),
        entries,
    )
}

/// J8: the money of [`suspense`] went back to its payer from our own bank account. The gateway settles what it received
/// as ever. It has the slot and key of [`suspense_cleared`]: money is cleared once, whichever way.
#[must_use]
pub fn suspense_returned(reference: &str, on: Date, amount: Rupiah) -> Journal {
    let mut journal = suspense_cleared(reference, on, amount);
    for line in &mut journal.lines {
        if line.account == Account::Gateway {
            line.account = Account::Bank;
        }
    }
    journal
}

/// A journal that two people made by hand; `proposal` is what they agreed on.
#[must_use]
pub fn by_hand(posting: ManualPosting, proposal: ProposalId) -> Journal {
    let amount = posting.amount.get();
    let entries = [(posting.debit, None, amount), (posting.credit, None, -amount)];
    posting::journal(
        JournalKind::ByHand,
        posting.effective_on,
        format!("by-hand:{proposal}"),
        entries,
    )
}

/// J17: the allowance for the loans of one quality moves from `before` to `after` on `on`; none when it stays.
#[must_use]
pub fn provision(on: Date, quality: Quality, before: Rupiah, after: Rupiah) -> Option<Journal> {
    let more = after.get() - before.get();
    let entries = [(Account::Provision, None, more), (Account::Allowance, None, -more)];
    let slot = || format!("provision:{on}:{}", quality.number());
    (more != 0).then(|| posting::journal(JournalKind::Provision, on, slot(), entries))
}

/// J3, J5 and J9 of the days after `after` up to and including `to`: what the nightly close posts. Later
/// a payment of `to` finds them posted. The events of those days themselves are not among them.
pub fn accruals(contract: &Contract, events: &[Event], after: Date, to: Date) -> Result<Vec<Journal>, ServicingError> {
    let steps = steps(contract, events, after.saturating_add(Duration::DAY), to)?;
    Ok(unprompted(&steps))
}

/// The journals of the steps that no event caused.
pub(crate) fn unprompted(steps: &[Step]) -> Vec<Journal> {
    let steps = steps.iter().filter(|step| !posting::is_event(step));
    steps.map(posting::of).collect()
}

/// What must be posted when `new` events are recorded after `before`, the books standing at the opening
/// of `advanced_to`: first what the new events take back, then the days up to theirs, then their own
/// journals, in date order. Afterwards the books stand at [`advanced_after`]. Pure, so recording the
/// same events twice gives the same keys.
pub fn journals_for(
    contract: &Contract,
    before: &[Event],
    new: &[Event],
    advanced_to: Date,
) -> Result<Vec<Journal>, ServicingError> {
    let all: Vec<Event> = before.iter().chain(new).cloned().collect();
    let until = advanced_after(new, advanced_to);
    let Some(first) = new.iter().filter_map(|event| touched_from(event, &all)).min() else {
        return Ok(Vec::new());
    };
    let from = first.min(advanced_to.saturating_add(Duration::DAY));
    let old = books(contract, before, from, advanced_to)?;
    let right = books(contract, &all, from, until)?;
    let cause = new.iter().map(|event| event.seq).max().unwrap_or_default();
    Ok(difference(old, right, advanced_to, cause))
}

/// The day to whose opening the books stand after [`journals_for`].
#[must_use]
pub fn advanced_after(new: &[Event], advanced_to: Date) -> Date {
    let days = new
        .iter()
        .filter(|event| !matches!(event.kind, EventKind::Reversal { .. }));
    days.map(|event| event.effective_on).fold(advanced_to, Date::max)
}

/// The books of a history from `from` to `to`, as they should stand: payout apart, one journal a slot.
pub fn books(contract: &Contract, events: &[Event], from: Date, to: Date) -> Result<Vec<Journal>, ServicingError> {
    Ok(steps(contract, events, from, to)?
        .iter()
        .map(posting::of)
        .filter(|journal| !journal.lines.is_empty())
        .collect())
}

/// What a loan says of its six control accounts, debits less credits: their sum over all loans is the account. A loan
/// that is off the books owes as before and has no receivables.
#[must_use]
pub fn control(position: &Position) -> [(Account, i64); 6] {
    let on_the_books = i64::from(position.written_off_on.is_none());
    [
        (Account::Principal, position.outstanding_principal.get() * on_the_books),
        (Account::Interest, position.accrued_interest.get() * on_the_books),
        (Account::Fee, position.fees.get() * on_the_books),
        (Account::LateFee, position.late_fees.get() * on_the_books),
        (Account::BorrowerCredit, -position.credit.get()),
        (Account::UnearnedInterest, -position.unearned_interest.get()),
    ]
}

/// Debits less credits of every account, over any journals.
#[must_use]
pub fn trial_balance<'a>(journals: impl IntoIterator<Item = &'a Journal>) -> BTreeMap<Account, i64> {
    let mut balances = BTreeMap::new();
    for line in journals.into_iter().flat_map(|journal| &journal.lines) {
        *balances.entry(line.account).or_insert(0) += line.debit.get() - line.credit.get();
    }
    balances
}

fn steps(contract: &Contract, events: &[Event], from: Date, to: Date) -> Result<Vec<Step>, ServicingError> {
    let mut engine = Engine::new(contract, events)?;
    engine.record_from(from);
    engine.run_to(to)?;
    Ok(engine.into_steps())
}

/// The first day whose books an event can change: its own, or the day of the payment it takes back.
fn touched_from(event: &Event, all: &[Event]) -> Option<Date> {
    let EventKind::Reversal { of } = &event.kind else {
        return Some(event.effective_on);
    };
    let is_payment = |e: &&Event| matches!(&e.kind, EventKind::Payment { reference, .. } if reference == of);
    all.iter().find(is_payment).map(|payment| payment.effective_on)
}

/// Takes back what no longer stands, the latest first, and posts what does not stand yet.
fn difference(old: Vec<Journal>, right: Vec<Journal>, advanced_to: Date, cause: i64) -> Vec<Journal> {
    let standing: BTreeMap<&str, &Journal> = old.iter().map(|journal| (journal.slot.as_str(), journal)).collect();
    let wanted: BTreeMap<&str, &Journal> = right.iter().map(|journal| (journal.slot.as_str(), journal)).collect();
    let stale = old
        .iter()
        .rev()
        .filter(|journal| wanted.get(journal.slot.as_str()) != Some(journal));
    let mut journals: Vec<_> = stale.map(|j| j.taken_back(format!("{}@{cause}!", j.slot))).collect();
    let missing = right
        .iter()
        .filter(|journal| standing.get(journal.slot.as_str()) != Some(journal));
    journals.extend(missing.map(|journal| {
        let mut journal = journal.clone();
        // The slot may have been filled and emptied before, so the cause makes the key unique.
        if journal.effective_on <= advanced_to {
            journal.key = format!("{}@{cause}", journal.slot);
        }
        journal
    }));
    journals
}
