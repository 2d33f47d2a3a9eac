//! One instalment while a loan is replayed: what it asks for, what is paid, what has accrued. Amounts
//! are plain rupiah here; every amount from outside was checked at the door of the engine.

use std::borrow::Cow;

use time::{Date, Duration};

use crate::calendar::days_between;
use crate::loans::period::{InterestPeriod, Segment};
use crate::loans::product::{Component, Method};
use crate::loans::schedule::{self, TermsError};
use crate::money::{Overflow, Rounding, Rupiah};
use crate::payments::explain::LateSpan;
use crate::payments::servicing::{Contract, amounts};
use crate::rate::Fraction;

/// The four components are indexed by [`Component`].
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) number: u32,
    pub(crate) due_on: Date,
    pub(crate) period: InterestPeriod,
    /// Scheduled principal at the start of the period.
    pub(crate) opening: Rupiah,
    /// Prepayments and tranches inside the period: (date, signed amount), from its start on.
    pub(crate) changes: Vec<(Date, Rupiah)>,
    /// Overdue principal inside the period that bears interest: (date, signed amount), see `overdue`.
    pub(crate) overdue: Vec<(Date, Rupiah)>,
    /// The interest of a flat line accrues evenly, whatever the balance.
    pub(crate) flat: Option<i64>,
    /// Principal and interest the line was to ask for before overdue principal made its interest grow.
    pub(crate) agreed: i64,
    /// The second half of this instalment follows.
    pub(crate) first_part: bool,
    /// Interest of the period that the first half asks for.
    pub(crate) before: i64,
    pub(crate) due: [i64; 4],
    pub(crate) paid: [i64; 4],
    /// The exact late fee so far, see `late_fee`.
    pub(crate) late_exact: i128,
    /// The days charged so far.
    pub(crate) late_days: i64,
    /// The same days with what was charged for.
    pub(crate) late_spans: Vec<LateSpan>,
}

impl Line {
    /// What of a component is still open.
    pub(crate) fn open(&self, component: Component) -> i64 {
        self.due[component as usize] - self.paid[component as usize]
    }

    /// Open principal and interest: what makes a line late.
    pub(crate) fn open_debt(&self) -> i64 {
        self.open(Component::Principal) + self.open(Component::Interest)
    }

    /// All four components.
    pub(crate) fn open_total(&self) -> i64 {
        Component::ALL.iter().map(|component| self.open(*component)).sum()
    }

    /// Principal and interest the line asks for.
    pub(crate) fn instalment(&self) -> i64 {
        self.due[Component::Principal as usize] + self.due[Component::Interest as usize]
    }

    /// Every change of balance inside the period, in date order.
    pub(crate) fn all_changes(&self) -> Cow<'_, [(Date, Rupiah)]> {
        if self.overdue.is_empty() {
            return Cow::Borrowed(&self.changes);
        }
        let mut all = [self.changes.as_slice(), &self.overdue].concat();
        all.sort_by_key(|(on, _)| *on);
        Cow::Owned(all)
    }

    /// Interest of this line accrued up to and including `on`; never more than the line asks for, which
    /// is how a payoff ends it.
    pub(crate) fn accrued(&self, on: Date, rounding: Rounding) -> Result<i64, Overflow> {
        self.accrued_by(on, rounding, |_| ())
    }

    /// As [`Line::accrued`], and hands out each segment of interest that is computed.
    pub(crate) fn accrued_by(
        &self,
        on: Date,
        rounding: Rounding,
        mut each: impl FnMut(Segment),
    ) -> Result<i64, Overflow> {
        let whole = self.due[Component::Interest as usize];
        if on >= self.period.due_on {
            return Ok(whole);
        }
        if on <= self.period.start {
            return Ok(0);
        }
        let so_far = match self.flat {
            Some(interest) => {
                let (from, to) = (self.period.start, on);
                let (days, of_days) = (days_between(from, to), self.period.days());
                let factor = Fraction::new(i128::from(days), i128::from(of_days))?;
                let balance = Rupiah::new(interest);
                let amount = factor.of(balance, rounding)?;
                each(Segment {
                    from,
                    to,
                    days,
                    of_days: Some(of_days),
                    balance,
                    factor,
                    amount,
                });
                amount
            }
            None => self
                .period
                .interest_by(self.opening, &self.all_changes(), on, rounding, each)?,
        };
        Ok((so_far.get() - self.before).clamp(0, whole))
    }

    /// The interest of the whole period by the same walk, as if what is overdue were paid on `today`.
    pub(crate) fn whole_interest(
        &self,
        today: Date,
        rounding: Rounding,
        each: impl FnMut(Segment),
    ) -> Result<Rupiah, Overflow> {
        let mut changes = self.all_changes().into_owned();
        let noted: i64 = self.overdue.iter().map(|(_, change)| change.get()).sum();
        if noted != 0 && today < self.period.due_on {
            changes.push((today, Rupiah::new(-noted)));
        }
        let until = self.period.due_on;
        self.period.interest_by(self.opening, &changes, until, rounding, each)
    }

    /// A line of `period` with nothing paid.
    pub(crate) fn new(period: InterestPeriod, opening: Rupiah, changes: Vec<(Date, Rupiah)>, due: [i64; 4]) -> Self {
        Self {
            number: period.number,
            due_on: period.due_on,
            period,
            opening,
            changes,
            overdue: Vec::new(),
            flat: None,
            agreed: due[Component::Principal as usize] + due[Component::Interest as usize],
            first_part: false,
            before: 0,
            due,
            paid: [0; 4],
            late_exact: 0,
            late_days: 0,
            late_spans: Vec::new(),
        }
    }

    /// How interest accrues on the day after `on`, until the balance changes: the day on which this balance began,
    /// what had accrued by then, and the exact rupiah of one day.
    pub(crate) fn daily(&self, on: Date, rounding: Rounding) -> Result<(Date, i64, Fraction), Overflow> {
        let start = self.period.start;
        if let Some(interest) = self.flat {
            let day = Fraction::new(i128::from(interest), i128::from(self.period.days()))?;
            return Ok((start, -self.before, day));
        }
        let all = self.all_changes();
        let changes = all.iter().filter(|(day, _)| *day <= on);
        let balance = Rupiah::checked_sum(changes.clone().map(|(_, change)| *change))?.checked_add(self.opening)?;
        let since = changes.map(|(day, _)| *day).fold(start, Date::max);
        let so_far = self.period.interest_until(self.opening, &all, since, rounding)?;
        let day = self.period.part(on, on.saturating_add(Duration::DAY))?;
        Ok((since, so_far.get() - self.before, day.times(balance.wide(), 1)?))
    }
}

/// The lines of the contract's own schedule, nothing paid, and the fees deducted at disbursement.
pub(crate) fn scheduled(contract: &Contract) -> Result<(Vec<Line>, i64), TermsError> {
    let terms = &contract.terms;
    let schedule = schedule::schedule(terms)?;
    let amounts = amounts(contract)?;
    let count = u32::try_from(amounts.len()).map_err(|_| Overflow)?;
    let periods = crate::loans::period::periods(terms, count)?;
    let mut tranches = terms.tranches.clone();
    tranches.sort_by_key(|(on, _)| *on);
    let mut opening = terms.principal;
    let mut lines = Vec::with_capacity(amounts.len());
    for (line, period) in amounts.iter().zip(periods) {
        let inside = |on: Date| period.start <= on && on < period.due_on;
        let changes: Vec<(Date, Rupiah)> = tranches.iter().copied().filter(|(on, _)| inside(*on)).collect();
        let lent = Rupiah::checked_sum(changes.iter().map(|(_, amount)| *amount))?;
        let due = [line.interest.get(), line.principal.get(), line.fee.get(), 0];
        lines.push(Line {
            flat: (terms.method == Method::Flat).then_some(line.interest.get()),
            ..Line::new(period, opening, changes, due)
        });
        opening = opening.checked_add(lent)?.checked_sub(line.principal)?;
    }
    Ok((lines, schedule.principal.get() - schedule.net_cash.get()))
}

/// The position of the first line whose period has not ended on `on`. An instalment that was moved or
/// split falls due later than its period ends, and counts as due here.
pub(crate) fn first_running(lines: &[Line], on: Date) -> usize {
    lines.partition_point(|line| line.period.due_on <= on)
}
