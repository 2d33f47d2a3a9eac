//! How money changes a loan: an ordinary payment, a payoff, a prepayment, credit that is used.

use std::collections::BTreeMap;

use time::Date;

use super::line::{Line, first_running};
use super::step::{Part, Source, Step};
use super::{Allocation, Applied, Engine, ServicingError};
use crate::loans::product::{Component, Method, PayoffMode, PrepayMode};
use crate::money::{Overflow, Rupiah};
use crate::payments::{allocation, payoff, prepayment};

/// Accrued and paid interest by instalment.
pub(super) type InterestState = BTreeMap<u32, (i64, i64)>;

impl Engine<'_> {
    /// A credit balance pays what is due.
    pub(super) fn use_credit(&mut self, on: Date) -> Result<(), Overflow> {
        if self.credit == 0 {
            return Ok(());
        }
        let before = self.interest_state(on)?;
        let order = self.contract.allocation.order;
        let (allocations, left) = allocation::allocate_due(&mut self.lines, self.credit, on, order);
        let to_credit = left - self.credit;
        self.credit = left;
        if to_credit != 0 {
            self.book(None, on, (Source::Credit, 0), allocations, to_credit, &before);
        }
        Ok(())
    }

    /// An ordinary payment (rule 8.2).
    pub(super) fn spread(&mut self, seq: i64, amount: i64, source: Source) -> Result<(), ServicingError> {
        let before = self.interest_state(self.day)?;
        let rule = self.contract.allocation;
        // What is written off is asked for at once: a credit that waits for a due date goes with the payment.
        let held = match (&self.written_off, &source) {
            (Some(_), Source::Payment { .. }) => std::mem::take(&mut self.credit),
            _ => 0,
        };
        // What is not lent yet cannot be paid ahead: until then it is credit.
        let (allocations, left) = if self.undisbursed() > 0 {
            allocation::allocate_due(&mut self.lines, amount, self.day, rule.order)
        } else {
            allocation::allocate(&mut self.lines, amount + held, self.day, rule.order, rule.future)
        };
        self.credit += left;
        self.book(Some(seq), self.day, (source, amount), allocations, left - held, &before);
        Ok(())
    }

    /// Everything due first; what is left pays off or prepays (rules 8.3 to 8.5).
    pub(super) fn settle(&mut self, seq: i64, amount: i64, mode: PrepayMode) -> Result<(), ServicingError> {
        let on = self.day;
        let terms = &self.contract.terms;
        let first = first_running(&self.lines, on);
        let due: i64 = self.lines[..first].iter().map(Line::open_total).sum();
        let ahead: i64 = self.lines[first..].iter().flat_map(|line| line.paid).sum();
        let everything = amount >= self.payoff(PayoffMode::ToDate)?.total.get();
        let plans_anew = terms.method != Method::Flat && !self.paid_off;
        let partial = plans_anew && amount + ahead + self.credit > due;
        if self.undisbursed() > 0 || !(everything || partial) {
            return self.spread(seq, amount, Source::Payment { replanned: false });
        }
        let before = self.interest_state(on)?;
        let rule = self.contract.allocation;
        let mut allocations = allocation::release(&mut self.lines[first..]);
        let (paid, mut left) =
            allocation::allocate_all(&mut self.lines[..first], amount + ahead + self.credit, rule.order);
        allocations.extend(paid);
        self.note_overdue();
        if everything {
            self.paid_off = true;
            payoff::end_interest(&mut self.lines, on, terms.interest_rounding)?;
        } else {
            let principal = |line: &Line| line.due[Component::Principal as usize];
            let prepaid = left.min(self.lines[first..].iter().map(principal).sum());
            prepayment::replan(terms, &mut self.lines, on, prepaid, mode)?;
            left -= prepaid;
            let amount = Rupiah::new(prepaid);
            allocations.push(Allocation {
                instalment: None,
                component: Component::Principal,
                amount,
            });
        }
        let (paid, left) = allocation::allocate(&mut self.lines, left, on, rule.order, rule.future);
        allocations.extend(paid);
        let to_credit = left - self.credit;
        self.credit = left;
        let source = Source::Payment { replanned: true };
        self.book(
            Some(seq),
            on,
            (source, amount),
            allocation::net(allocations),
            to_credit,
            &before,
        );
        Ok(())
    }

    /// A waiver of one component; what is not owed is not given.
    pub(super) fn waive(&mut self, seq: i64, amount: i64, component: Component) -> Result<(), ServicingError> {
        let before = self.interest_state(self.day)?;
        let amount = match component {
            Component::Principal => amount.min(self.principal_owed() - self.undisbursed()),
            _ => amount,
        };
        let allocations = allocation::allocate_one(&mut self.lines, amount, component);
        let given = allocations.iter().map(|part| part.amount.get()).sum();
        self.book(Some(seq), self.day, (Source::Goodwill, given), allocations, 0, &before);
        Ok(())
    }

    /// Money paid ahead is spread again over the lines as they are now.
    pub(super) fn spread_again(
        &mut self,
        seq: i64,
        released: Vec<Allocation>,
        before: &InterestState,
    ) -> Result<(), ServicingError> {
        let amount = -released.iter().map(|part| part.amount.get()).sum::<i64>();
        if amount > 0 {
            let rule = self.contract.allocation;
            let (paid, left) = allocation::allocate(&mut self.lines, amount, self.day, rule.order, rule.future);
            self.credit += left;
            let allocations = allocation::net(released.into_iter().chain(paid).collect());
            self.book(Some(seq), self.day, (Source::Released, 0), allocations, left, before);
        }
        Ok(())
    }

    /// Accrued and paid interest of every instalment, before money is spread.
    pub(super) fn interest_state(&self, on: Date) -> Result<InterestState, Overflow> {
        let mut state = InterestState::new();
        if self.recording(on) {
            let rounding = self.contract.terms.interest_rounding;
            for line in &self.lines {
                let (accrued, paid) = state.entry(line.number).or_default();
                *accrued += line.accrued(on, rounding)?;
                *paid += line.paid[Component::Interest as usize];
            }
        }
        Ok(state)
    }

    /// Notes what money paid, and for the books which interest of it had accrued.
    pub(super) fn book(
        &mut self,
        seq: Option<i64>,
        on: Date,
        (source, amount): (Source, i64),
        allocations: Vec<Allocation>,
        to_credit: i64,
        before: &InterestState,
    ) {
        let received = matches!(source, Source::Payment { .. } | Source::Credit | Source::RefundAsked);
        if let Some(off) = self.written_off.as_mut().filter(|_| received) {
            off.recovered += allocations.iter().map(|part| part.amount.get()).sum::<i64>();
        }
        if self.recording(on) {
            let mut paid_so_far: BTreeMap<u32, i64> = BTreeMap::new();
            let mut part = |allocation: &Allocation| {
                let (line, component, amount) = (allocation.instalment, allocation.component, allocation.amount.get());
                // An instalment that was not there before has accrued nothing.
                let state = line.map(|line| (line, before.get(&line).copied().unwrap_or_default()));
                let unearned = match (component, state) {
                    (Component::Interest, Some((line, (accrued, paid)))) => {
                        let so_far = paid_so_far.entry(line).or_insert(paid);
                        let ahead = (*so_far - accrued).max(0);
                        *so_far += amount;
                        (*so_far - accrued).max(0) - ahead
                    }
                    _ => 0,
                };
                Part {
                    line,
                    component,
                    receivable: amount - unearned,
                    unearned,
                }
            };
            let parts = allocations.iter().map(&mut part).collect();
            self.steps.push(Step::Money {
                seq,
                on,
                source,
                amount,
                parts,
                to_credit,
                written_off: self.written_off.is_some(),
            });
        }
        self.applied.push(Applied {
            seq,
            on,
            allocations,
            to_credit: Rupiah::new(to_credit),
        });
    }
}
