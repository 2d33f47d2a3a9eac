//! Interest on overdue principal (rule 8.8), for products that ask for it. Enters: what was overdue at the
//! end of each day. Leaves: the lines not yet finished, every instalment at its agreed amount, as if what
//! is overdue were paid on the day; the last instalment takes the rest.

use time::Date;

use super::Engine;
use super::line::{Line, first_running};
use crate::loans::product::{Component, Method, OverdueInterest};
use crate::loans::schedule::TermsError;
use crate::money::Rupiah;

const INTEREST: usize = Component::Interest as usize;
const PRINCIPAL: usize = Component::Principal as usize;

impl Engine<'_> {
    fn recalculates(&self) -> bool {
        self.contract.overdue_interest == OverdueInterest::Recalculate
            && self.contract.terms.method != Method::Flat
            && !(self.paid_off || self.overdue_capped || self.written_off.is_some())
    }

    /// Principal that is past due or due today and not paid.
    fn overdue_principal(&self) -> i64 {
        let due = self.lines.iter().take_while(|line| line.due_on <= self.day);
        due.map(|line| line.open(Component::Principal)).sum()
    }

    /// Whether interest grows with every day.
    pub(super) fn interest_grows(&self) -> bool {
        self.recalculates() && self.overdue_principal() > 0
    }

    /// What is overdue now bears interest from this day on, in the running period.
    pub(super) fn note_overdue(&mut self) {
        if !self.recalculates() {
            return;
        }
        let (level, day) = (self.overdue_principal(), self.day);
        let first = first_running(&self.lines, day);
        let period = self.lines.get(first).map(|line| line.period);
        for line in self.lines[first..]
            .iter_mut()
            .take_while(|line| Some(line.period) == period)
        {
            let noted: i64 = line.overdue.iter().map(|(_, change)| change.get()).sum();
            if noted != level {
                line.overdue.push((day, Rupiah::new(level - noted)));
            }
        }
    }

    /// The lines whose period has not ended before `on`, as if everything overdue were paid on `on`. At the
    /// total cap (rule 5.4) interest stops growing for good.
    pub(super) fn recalculate(&mut self, on: Date) -> Result<(), TermsError> {
        let first = self.lines.partition_point(|line| line.period.due_on < on);
        let noted = |line: &Line| !line.overdue.is_empty();
        if !self.recalculates() || !self.lines[first..].iter().any(noted) {
            return Ok(());
        }
        let mut left = self.lines[first..].to_vec();
        let terms = &self.contract.terms;
        let last = left.len() - 1;
        let (mut opening, mut first_half) = (left[0].opening, (0, 0));
        for (index, line) in left.iter_mut().enumerate() {
            line.opening = opening;
            line.before = first_half.0;
            if line.first_part {
                first_half = (line.due[INTEREST], line.due[PRINCIPAL]);
                continue;
            }
            let mut changes = line.all_changes().into_owned();
            let noted: i64 = line.overdue.iter().map(|(_, change)| change.get()).sum();
            if noted != 0 {
                changes.push((on, Rupiah::new(-noted)));
            }
            let whole = line.period.interest(opening, &changes, terms.interest_rounding)?;
            let interest = (whole.get() - line.before).max(line.paid[INTEREST]);
            let rest = opening.get() + line.changes.iter().map(|(_, change)| change.get()).sum::<i64>() - first_half.1;
            let wanted = match terms.method {
                _ if index == last => rest,
                Method::EqualPrincipal => line.due[PRINCIPAL],
                Method::Annuity | Method::Flat => line.agreed - interest,
            };
            let principal = wanted.max(line.paid[PRINCIPAL]).max(0).min(rest);
            (line.due[INTEREST], line.due[PRINCIPAL]) = (interest, principal);
            opening = Rupiah::new(rest - principal);
            first_half = (0, 0);
        }
        let asked = |lines: &[Line]| lines.iter().map(|line| line.due[INTEREST]).sum::<i64>();
        let more = asked(&left) - asked(&self.lines[first..]);
        if more > self.room() {
            self.overdue_capped = true;
            let day = self.day;
            for line in &mut self.lines[first..] {
                let noted: i64 = line.overdue.iter().map(|(_, change)| change.get()).sum();
                if noted != 0 {
                    line.overdue.push((day, Rupiah::new(-noted)));
                }
            }
        } else {
            self.lines.splice(first.., left);
        }
        Ok(())
    }
}
