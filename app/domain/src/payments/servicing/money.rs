//! How money changes a loan: an ordinary payment, a payoff, a prepayment, credit that is used.

use time::Date;

use super::line::{Line, first_after};
use super::step::{Part, Source, Step};
use super::{Allocation, Applied, Engine, ServicingError};
use crate::loans::product::{Component, Method, PayoffMode, PrepayMode};
use crate::money::{Overflow, Rupiah};
use crate::payments::{allocation, payoff, prepayment};

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
        let (allocations, left) = allocation::allocate(&mut self.lines, amount, self.day, rule.order, rule.future);
        self.credit += left;
        self.book(Some(seq), self.day, (source, amount), allocations, left, &before);
        Ok(())
    }

    /// Everything due first; what is left pays off or prepays (rules 8.3 to 8.5).
    pub(super) fn settle(&mut self, seq: i64, amount: i64, mode: PrepayMode) -> Result<(), ServicingError> {
        let on = self.day;
        let terms = &self.contract.terms;
        let first = first_after(&self.lines, on);
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
        let (paid, mut left) = allocation::allocate_due(&mut self.lines, amount + ahead + self.credit, on, rule.order);
        allocations.extend(paid);
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

    /// Accrued and paid interest of every line, before money is spread.
    fn interest_state(&self, on: Date) -> Result<Vec<(u32, i64, i64)>, Overflow> {
        if !self.recording(on) {
            return Ok(Vec::new());
        }
        let rounding = self.contract.terms.interest_rounding;
        let state = |line: &Line| {
            Ok((
                line.number,
                line.accrued(on, rounding)?,
                line.paid[Component::Interest as usize],
            ))
        };
        self.lines.iter().map(state).collect()
    }

    /// Notes what money paid, and for the books which interest of it had accrued.
    fn book(
        &mut self,
        seq: Option<i64>,
        on: Date,
        (source, amount): (Source, i64),
        allocations: Vec<Allocation>,
        to_credit: i64,
        before: &[(u32, i64, i64)],
    ) {
        if self.recording(on) {
            let part = |allocation: &Allocation| {
                let (line, component, amount) = (allocation.instalment, allocation.component, allocation.amount.get());
                let state = before.iter().find(|(number, ..)| Some(*number) == line);
                let unearned = match (component, state) {
                    (Component::Interest, Some((_, accrued, paid))) => {
                        (paid + amount - accrued).max(0) - (paid - accrued).max(0)
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
            let parts = allocations.iter().map(part).collect();
            self.steps.push(Step::Money {
                seq,
                on,
                source,
                amount,
                parts,
                to_credit,
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
