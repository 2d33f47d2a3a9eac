//! One instalment while a loan is replayed: what it asks for, what is paid, what has accrued. Amounts
//! are plain rupiah here; every amount from outside was checked at the door of the engine.

use time::Date;

use crate::loans::period::InterestPeriod;
use crate::loans::product::{Component, Method};
use crate::loans::schedule::{self, Terms, TermsError};
use crate::money::{Overflow, Rounding, Rupiah, round_div};

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
    /// The interest of a flat line accrues evenly, whatever the balance.
    flat: Option<i64>,
    pub(crate) due: [i64; 4],
    pub(crate) paid: [i64; 4],
    /// The exact late fee so far, see `late_fee`.
    pub(crate) late_exact: i128,
    /// The days charged so far.
    pub(crate) late_days: i64,
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

    /// Interest of this line accrued up to and including `on`; never more than the line asks for, which
    /// is how a payoff ends it.
    pub(crate) fn accrued(&self, on: Date, rounding: Rounding) -> Result<i64, Overflow> {
        let whole = self.due[Component::Interest as usize];
        if on >= self.due_on {
            return Ok(whole);
        }
        if on <= self.period.start {
            return Ok(0);
        }
        let so_far = match self.flat {
            Some(interest) => {
                let days = crate::calendar::days_between(self.period.start, on);
                let exact = i128::from(interest) * i128::from(days);
                Rupiah::narrow(round_div(exact, i128::from(self.period.days()), rounding))?
            }
            None => self.period.interest_until(self.opening, &self.changes, on, rounding)?,
        };
        Ok(so_far.get().min(whole))
    }
}

/// The lines of the contract's own schedule, nothing paid, and the fees deducted at disbursement.
pub(crate) fn scheduled(terms: &Terms) -> Result<(Vec<Line>, i64), TermsError> {
    let schedule = schedule::schedule(terms)?;
    let count = u32::try_from(schedule.lines.len()).map_err(|_| Overflow)?;
    let periods = crate::loans::period::periods(terms, count)?;
    let mut tranches = terms.tranches.clone();
    tranches.sort_by_key(|(on, _)| *on);
    let mut opening = terms.principal;
    let mut lines = Vec::with_capacity(schedule.lines.len());
    for (line, period) in schedule.lines.iter().zip(periods) {
        let inside = |on: Date| period.start <= on && on < period.due_on;
        lines.push(Line {
            number: line.number,
            due_on: line.due_on,
            period,
            opening,
            changes: tranches.iter().copied().filter(|(on, _)| inside(*on)).collect(),
            flat: (terms.method == Method::Flat).then_some(line.interest.get()),
            due: [line.interest.get(), line.principal.get(), line.fee.get(), 0],
            paid: [0; 4],
            late_exact: 0,
            late_days: 0,
        });
        opening = line.balance;
    }
    Ok((lines, schedule.principal.get() - schedule.net_cash.get()))
}

/// The position of the first line due after `on`.
pub(crate) fn first_after(lines: &[Line], on: Date) -> usize {
    lines.partition_point(|line| line.due_on <= on)
}
