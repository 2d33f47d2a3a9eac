//! A way out takes effect (rule 8.9). Enters: the option consented to. Leaves: the lines laid out anew.
//! Interest and fees never become principal and never vanish: what is unpaid on the lines that are
//! replaced moves unchanged to lines due with the first new instalment. An option that no longer fits has
//! no effect; whether it may be offered is decided in `payments::hardship`.

use time::Date;

use super::line::{Line, first_running};
use super::{Engine, Hardship, ServicingError};
use crate::loans::period::{InterestPeriod, periods};
use crate::loans::product::{Component, Method};
use crate::loans::remaining::Remaining;
use crate::loans::schedule::MAX_COUNT;
use crate::money::Rupiah;
use crate::payments::allocation;
use crate::payments::arrears::days_late;

const INTEREST: usize = Component::Interest as usize;
const PRINCIPAL: usize = Component::Principal as usize;

/// Instalments that must be paid on time before the quality of the loan improves again.
const CURED_AFTER: u32 = 3;

/// The quality of the loan before a way out.
#[derive(Debug, Clone)]
pub(super) struct Held {
    days: u32,
    from: u32,
    on_time: u32,
}

impl Engine<'_> {
    /// Days since the due date of the oldest instalment with unpaid principal or interest.
    pub(super) fn days_past_due(&self) -> u32 {
        let late = self.lines.iter().filter(|line| line.open_debt() > 0);
        late.map(|line| days_late(line.due_on, self.day)).max().unwrap_or(0)
    }

    /// The days past due that decide the quality.
    pub(super) fn quality_days(&self) -> u32 {
        let held = self.held.as_ref().filter(|held| held.on_time < CURED_AFTER);
        self.days_past_due().max(held.map_or(0, |held| held.days))
    }

    /// What can only be known when a day is over.
    pub(super) fn end_of_day(&mut self) {
        self.note_overdue();
        let day = self.day;
        if let Some(held) = &mut self.held {
            let due = self
                .lines
                .iter()
                .filter(|line| line.due_on == day && line.number >= held.from);
            let whole = due.filter(|line| !line.first_part && line.open_debt() == 0);
            held.on_time += u32::try_from(whole.count()).unwrap_or(u32::MAX);
        }
    }

    pub(super) fn relieve(&mut self, seq: i64, option: Hardship) -> Result<(), ServicingError> {
        if self.paid_off || self.written_off.is_some() || self.undisbursed() > 0 {
            return Ok(());
        }
        let days = self.quality_days();
        let from = match option {
            Hardship::MoveDate { instalment, to } => self.move_date(instalment, to),
            Hardship::Split { instalment, second_on } => self.split(instalment, second_on),
            Hardship::InterestOnly => self.lay_out(seq, None)?,
            Hardship::Longer { instalments } => self.lay_out(seq, Some(instalments))?,
        };
        if let Some(from) = from {
            self.held = Some(Held { days, from, on_time: 0 });
        }
        Ok(())
    }

    /// The oldest instalment with unpaid principal or interest, when it is the one meant and not split.
    fn next_unpaid(&self, instalment: u32) -> Option<usize> {
        let at = self.lines.iter().position(|line| line.open_debt() > 0)?;
        let halves = self.lines.iter().filter(|line| line.number == instalment).count();
        (self.lines[at].number == instalment && halves == 1).then_some(at)
    }

    /// Option a. The period stays, so no interest is asked for the days it is moved by.
    fn move_date(&mut self, instalment: u32, to: Date) -> Option<u32> {
        let at = self.next_unpaid(instalment)?;
        let before_next = self.lines.get(at + 1).is_none_or(|next| to < next.due_on);
        let line = &mut self.lines[at];
        if !before_next || to <= line.due_on || to <= self.day {
            return None;
        }
        line.due_on = to;
        Some(instalment)
    }

    /// Option c. The first half takes its components in the order of allocation.
    fn split(&mut self, instalment: u32, second_on: Date) -> Option<u32> {
        let at = self.next_unpaid(instalment)?;
        let before_next = self.lines.get(at + 1).is_none_or(|next| second_on < next.due_on);
        let line = &mut self.lines[at];
        if !before_next || second_on <= line.due_on || line.due_on < self.day || line.instalment() < 2 {
            return None;
        }
        let mut second = line.clone();
        second.due_on = second_on;
        second.late_spans.clear();
        let mut half = (line.instalment() + 1) / 2;
        for component in self.contract.allocation.order {
            let index = component as usize;
            if matches!(component, Component::Interest | Component::Principal) {
                let first = line.due[index].min(half);
                half -= first;
                (line.due[index], second.due[index]) = (first, line.due[index] - first);
            } else {
                second.due[index] = 0;
            }
            let paid = line.paid[index];
            line.paid[index] = paid.min(line.due[index]);
            second.paid[index] = paid - line.paid[index];
        }
        line.first_part = true;
        line.agreed = line.instalment();
        second.agreed = second.instalment();
        second.before = line.due[INTEREST];
        self.lines.insert(at + 1, second);
        Some(instalment)
    }

    /// Options b (no number: the next instalment is its interest only) and d (a number of instalments).
    fn lay_out(&mut self, seq: i64, instalments: Option<u32>) -> Result<Option<u32>, ServicingError> {
        let on = self.day;
        let first = first_running(&self.lines, on);
        let mut numbers: Vec<u32> = self.lines[first..].iter().map(|line| line.number).collect();
        numbers.dedup();
        let count = instalments.map_or(numbers.len(), |count| count as usize);
        if count == 0 || self.contract.terms.method == Method::Flat || self.principal_owed() == 0 {
            return Ok(None);
        }
        let ahead = count + usize::from(instalments.is_none());
        let Some(calendar) = self.calendar_after(on, ahead)? else {
            return Ok(None);
        };
        let before = self.interest_state(on)?;
        let released = allocation::release(&mut self.lines[first..]);
        let mut new = self.plan(first, &calendar, instalments.is_none())?;
        let old = self.replace(first, &mut new);
        self.lines = old;
        self.lines.extend(new);
        self.spread_again(seq, released, &before)?;
        Ok(Some(calendar[0].number))
    }

    /// Principal not yet paid.
    pub(super) fn principal_owed(&self) -> i64 {
        self.lines.iter().map(|line| line.open(Component::Principal)).sum()
    }

    /// `count` periods of the contract's own calendar, the first one running on `on`.
    fn calendar_after(&self, on: Date, count: usize) -> Result<Option<Vec<InterestPeriod>>, ServicingError> {
        let last = self.lines.last().map_or(0, |line| line.number) as usize;
        let mut asked = last + count;
        while asked <= MAX_COUNT as usize {
            let all = periods(&self.contract.terms, u32::try_from(asked).unwrap_or(MAX_COUNT))?;
            let from = all.partition_point(|period| period.due_on <= on);
            if from + count <= all.len() {
                return Ok(Some(all[from..from + count].to_vec()));
            }
            asked = from + count + 12;
        }
        Ok(None)
    }

    /// The new lines over everything that is owed in principal; overdue principal bears interest from today.
    fn plan(
        &self,
        first: usize,
        calendar: &[InterestPeriod],
        interest_only: bool,
    ) -> Result<Vec<Line>, ServicingError> {
        let terms = &self.contract.terms;
        let overdue: i64 = self.lines[..first]
            .iter()
            .map(|line| line.open(Component::Principal))
            .sum();
        let (opening, mut changes, noted) = match self.lines.get(first) {
            Some(line) => {
                let noted = line.overdue.iter().map(|(_, change)| change.get()).sum();
                (line.opening, line.all_changes().into_owned(), noted)
            }
            None => (Rupiah::ZERO, Vec::new(), 0),
        };
        if overdue != noted {
            changes.push((self.day, Rupiah::new(overdue - noted)));
        }
        let base = opening.get() + changes.iter().map(|(_, change)| change.get()).sum::<i64>();
        let mut new = Vec::with_capacity(calendar.len());
        let (mut opening, mut rest) = (opening, calendar);
        if let (true, [running, later @ ..]) = (interest_only, calendar) {
            let interest = running.interest(opening, &changes, terms.interest_rounding)?;
            let due = [interest.get(), 0, 0, 0];
            new.push(Line::new(*running, opening, std::mem::take(&mut changes), due));
            (opening, rest) = (Rupiah::new(base), later);
        }
        let remaining = Remaining {
            periods: rest,
            opening,
            changes: &changes,
            method: terms.method,
            multiple: terms.multiple,
            instalment_rounding: terms.instalment_rounding,
            interest_rounding: terms.interest_rounding,
        };
        let lines = remaining.lines()?;
        let mut balance = opening;
        for (line, period) in lines.iter().zip(rest) {
            let due = [line.interest.get(), line.principal.get(), 0, 0];
            new.push(Line::new(*period, balance, std::mem::take(&mut changes), due));
            balance = line.balance;
        }
        Ok(new)
    }

    /// The lines whose period has ended, without their unpaid principal, due with the first new line when
    /// they owe interest; charges on the replaced lines go to the new ones of the same number.
    fn replace(&self, first: usize, new: &mut [Line]) -> Vec<Line> {
        let mut old = self.lines[..first].to_vec();
        let mut moves = false;
        for line in &mut old {
            moves |= line.open_debt() > 0;
            line.due[PRINCIPAL] = line.paid[PRINCIPAL];
            line.agreed = line.instalment();
            if moves {
                line.due_on = new[0].due_on;
            }
        }
        for line in &self.lines[first..] {
            let at = new
                .iter()
                .position(|other| other.number == line.number)
                .unwrap_or(new.len() - 1);
            for component in [Component::Fee, Component::LateFee] {
                new[at].due[component as usize] += line.due[component as usize];
            }
        }
        old
    }
}
