//! The borrower's credit on its way back (rule 8.10, J11). Enters: refunds asked for, paid, failed, returned.
//! Leaves: a smaller credit balance.
//!
//! A refund was money that left, so it stands whatever is recorded later. When that shows that the credit never was,
//! what was refunded is taken back out of what had been paid, the latest first; what even that does not cover is owed
//! with the last instalment, as a claim that bears neither interest nor late fee.

use std::collections::BTreeMap;

use super::money::InterestState;
use super::step::{Source, Step};
use super::{Allocation, Engine, ServicingError};
use crate::loans::product::Component;
use crate::money::Rupiah;
use crate::payments::allocation;

/// The refunds of a loan.
#[derive(Debug, Clone, Default)]
pub(super) struct Refunds {
    asked: BTreeMap<String, i64>,
    paid: BTreeMap<String, i64>,
}

impl Refunds {
    /// Rupiah asked for and not answered.
    pub(super) fn on_their_way(&self) -> i64 {
        self.asked.values().sum()
    }

    /// Rupiah that arrived.
    pub(super) fn arrived(&self) -> i64 {
        self.paid.values().sum()
    }
}

fn take(refunds: &mut BTreeMap<String, i64>, reference: &str) -> Result<i64, ServicingError> {
    refunds
        .remove(reference)
        .ok_or_else(|| ServicingError::Refund(reference.into()))
}

impl Engine<'_> {
    pub(super) fn ask_refund(&mut self, seq: i64, reference: &str, amount: i64) -> Result<(), ServicingError> {
        let before = self.interest_state(self.day)?;
        let from_credit = self.credit.min(amount);
        let order = self.contract.allocation.order;
        let (mut parts, missing) = allocation::take_back(&mut self.lines, amount - from_credit, order);
        if let Some(last) = self.lines.last_mut().filter(|_| missing > 0) {
            last.due[Component::Fee as usize] += missing;
            parts.push(Allocation {
                instalment: None,
                component: Component::Fee,
                amount: Rupiah::new(-missing),
            });
        }
        self.credit -= from_credit;
        self.refunds.asked.insert(reference.into(), amount);
        let source = (Source::RefundAsked, amount);
        self.book(
            Some(seq),
            self.day,
            source,
            allocation::net(parts),
            -from_credit,
            &before,
        );
        Ok(())
    }

    pub(super) fn refund_paid(&mut self, seq: i64, reference: &str) -> Result<(), ServicingError> {
        let amount = take(&mut self.refunds.asked, reference)?;
        self.refunds.paid.insert(reference.into(), amount);
        if self.recording(self.day) {
            let on = self.day;
            self.steps.push(Step::RefundPaid { seq, on, amount });
        }
        Ok(())
    }

    pub(super) fn refund_failed(&mut self, seq: i64, reference: &str) -> Result<(), ServicingError> {
        let amount = take(&mut self.refunds.asked, reference)?;
        self.credit_again(seq, Source::RefundFailed, amount);
        Ok(())
    }

    pub(super) fn refund_returned(&mut self, seq: i64, reference: &str) -> Result<(), ServicingError> {
        let amount = take(&mut self.refunds.paid, reference)?;
        self.credit_again(seq, Source::RefundReturned, amount);
        Ok(())
    }

    fn credit_again(&mut self, seq: i64, source: Source, amount: i64) {
        self.credit += amount;
        let untouched = InterestState::new();
        self.book(Some(seq), self.day, (source, amount), Vec::new(), amount, &untouched);
    }
}
