//! The position of a replayed loan, as people and programs are told it.

use super::line::Line;
use super::{Amounts, Bill, Engine, LinePosition, LineStatus, Position, ServicingError};
use crate::calendar::days_between;
use crate::loans::product::{Component, PayoffMode};
use crate::money::Rupiah;
use crate::payments::arrears::days_late;

impl Engine<'_> {
    /// The loan on the day it stands at.
    pub(crate) fn position(self, mode: PayoffMode) -> Result<Position, ServicingError> {
        let rounding = self.contract.terms.interest_rounding;
        let (mut accrued_interest, mut unearned_interest) = (0, 0);
        for line in &self.lines {
            let ahead = line.paid[Component::Interest as usize] - line.accrued(self.day, rounding)?;
            accrued_interest += (-ahead).max(0);
            unearned_interest += ahead.max(0);
        }
        let open = |component: Component| self.lines.iter().map(|line| line.open(component)).sum::<i64>();
        let owed: i64 = self.lines.iter().map(Line::open_total).sum();
        let held = self.credit + self.refunds.on_their_way();
        let lines = self.line_positions();
        Ok(Position {
            as_of: self.day,
            outstanding_principal: Rupiah::new(open(Component::Principal) - self.undisbursed()),
            outstanding_interest: Rupiah::new(open(Component::Interest)),
            accrued_interest: Rupiah::new(accrued_interest),
            unearned_interest: Rupiah::new(unearned_interest),
            fees: Rupiah::new(open(Component::Fee)),
            late_fees: Rupiah::new(open(Component::LateFee)),
            credit: Rupiah::new(self.credit),
            days_past_due: self.days_past_due(),
            quality_days: self.quality_days(),
            worst_days_past_due: self.worst_late,
            helped: self.held.is_some(),
            late_fee_frozen: self.paused(self.day),
            written_off_on: self.written_off.as_ref().map(|off| off.on),
            recovered: Rupiah::new(self.written_off.as_ref().map_or(0, |off| off.recovered)),
            refunding: Rupiah::new(self.refunds.on_their_way()),
            refunded: Rupiah::new(self.refunds.arrived()),
            room: Rupiah::new(self.room()),
            bill: bill(&lines, self.day),
            payoff: self.payoff(mode)?,
            closed: owed == 0 && held == 0,
            overpaid: owed == 0 && held > 0,
            paid_count: lines
                .iter()
                .map(|line| u32::from(line.status == LineStatus::Paid))
                .sum(),
            lines,
            applied: self.applied,
        })
    }

    fn line_positions(&self) -> Vec<LinePosition> {
        let mut balance: i64 = self
            .lines
            .iter()
            .map(|line| line.due[Component::Principal as usize])
            .sum();
        let mut next_seen = false;
        let position = |line: &Line| {
            balance -= line.due[Component::Principal as usize];
            let undisbursed = self.tranches(|on| on >= line.due_on);
            let status = match days_between(line.due_on, self.day) {
                _ if line.open_debt() == 0 => LineStatus::Paid,
                1.. => LineStatus::Overdue,
                0 => LineStatus::Due,
                _ if std::mem::replace(&mut next_seen, true) => LineStatus::Later,
                _ => LineStatus::Next,
            };
            let amounts = |component: Component| Amounts {
                due: Rupiah::new(line.due[component as usize]),
                paid: Rupiah::new(line.paid[component as usize]),
            };
            LinePosition {
                number: line.number,
                due_on: line.due_on,
                unmoved_due_on: Some(line.period.unmoved_due_on),
                principal: amounts(Component::Principal),
                interest: amounts(Component::Interest),
                fee: amounts(Component::Fee),
                late_fee: amounts(Component::LateFee),
                balance: Rupiah::new(balance - undisbursed),
                status,
                days_late: if status == LineStatus::Paid {
                    0
                } else {
                    days_late(line.due_on, self.day)
                },
            }
        };
        self.lines.iter().map(position).collect()
    }
}

/// Everything past due and due today, fees that stayed open too; or else the next instalment.
fn bill(lines: &[LinePosition], as_of: time::Date) -> Option<Bill> {
    let owing = || lines.iter().filter(|line| line.open().is_positive());
    let due: Vec<_> = owing().filter(|line| line.due_on <= as_of).collect();
    let billed = if due.is_empty() { owing().take(1).collect() } else { due };
    let sum = |part: fn(&LinePosition) -> Rupiah| Rupiah::new(billed.iter().map(|line| part(line).get()).sum());
    let mut instalments: Vec<u32> = billed.iter().map(|line| line.number).collect();
    instalments.dedup();
    Some(Bill {
        instalments,
        due_on: billed.first()?.due_on,
        principal: sum(|line| line.principal.open()),
        interest: sum(|line| line.interest.open()),
        fee: sum(|line| line.fee.open()),
        late_fee: sum(|line| line.late_fee.open()),
        total: sum(LinePosition::open),
    })
}
