//! Interest periods and the exact factor `r` of each, of each part of one too.
//!
//! Enters: terms. Leaves: [`InterestPeriod`]s; servicing uses the same ones for payoff, prepayment and
//! daily accrual. Period `k` depends on the terms and `k` only, so asking for more periods than the
//! loan has continues its dates (longer tenor, a shifted instalment).

use time::{Date, Month};

use crate::calendar::{DateRange, DayCount, DueDates, HolidayRule, Period, add_periods, days_between};
use crate::loans::schedule::{Terms, TermsError};
use crate::money::{Overflow, Rounding, Rupiah};
use crate::rate::{Fraction, PPM, Per, Rate};

/// One period (start, due_on]: the start is excluded, the due date included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterestPeriod {
    /// From 1.
    pub number: u32,
    /// The disbursement date, or the previous due date.
    pub start: Date,
    /// The due date, after any holiday move.
    pub due_on: Date,
    /// The due date before any holiday move.
    pub unmoved_due_on: Date,
    /// The factor `r` of the whole period.
    pub factor: Fraction,
    rate: Rate,
    day_count: DayCount,
}

impl InterestPeriod {
    /// Calendar days of the period.
    #[must_use]
    pub fn days(&self) -> i64 {
        days_between(self.start, self.due_on)
    }

    /// Whether the date lies in the period: after its start, up to and with its due date.
    #[must_use]
    pub fn contains(&self, date: Date) -> bool {
        self.start < date && date <= self.due_on
    }

    /// The factor of the days (from, to] inside the period; [`Overflow`] when `to` is before `from`.
    pub fn part(&self, from: Date, to: Date) -> Result<Fraction, Overflow> {
        if proportional(self.rate, self.day_count) {
            let days = i128::from(days_between(from, to));
            return self.factor.times(days, i128::from(self.days()));
        }
        actual_factor(self.rate, self.day_count, from, to)
    }

    /// Interest from the start of the period to `until`, cut at each change of balance, each segment rounded by itself.
    ///
    /// `changes` are (date, signed amount) in date order from the start on; later ones than `until` are ignored.
    pub fn interest_until(
        &self,
        opening: Rupiah,
        changes: &[(Date, Rupiah)],
        until: Date,
        rounding: Rounding,
    ) -> Result<Rupiah, Overflow> {
        self.interest_by(opening, changes, until, rounding, |_| ())
    }

    /// As [`InterestPeriod::interest_until`], and hands out each segment it sums.
    pub(crate) fn interest_by(
        &self,
        opening: Rupiah,
        changes: &[(Date, Rupiah)],
        until: Date,
        rounding: Rounding,
        mut each: impl FnMut(Segment),
    ) -> Result<Rupiah, Overflow> {
        let mut segment = |from: Date, to: Date, balance: Rupiah| {
            let factor = self.part(from, to)?;
            let amount = factor.of(balance, rounding)?;
            each(Segment {
                from,
                to,
                days: days_between(from, to),
                of_days: proportional(self.rate, self.day_count).then(|| self.days()),
                balance,
                factor,
                amount,
            });
            Ok(amount)
        };
        let (mut from, mut balance, mut sum) = (self.start, opening, Rupiah::ZERO);
        for (on, change) in changes {
            if *on > until {
                break;
            }
            if *on > from {
                sum = sum.checked_add(segment(from, *on, balance)?)?;
                from = *on;
            }
            balance = balance.checked_add(*change)?;
        }
        sum.checked_add(segment(from, until, balance)?)
    }

    /// Interest of the whole period with its changes of balance.
    pub fn interest(
        &self,
        opening: Rupiah,
        changes: &[(Date, Rupiah)],
        rounding: Rounding,
    ) -> Result<Rupiah, Overflow> {
        self.interest_until(opening, changes, self.due_on, rounding)
    }
}

/// Days of a period on which the balance stood still, and what they cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    /// The day before the first one.
    pub(crate) from: Date,
    /// The last day.
    pub(crate) to: Date,
    /// Days in between.
    pub(crate) days: i64,
    /// Days of the period, when it shares its factor over them.
    pub(crate) of_days: Option<i64>,
    /// The balance of these days.
    pub(crate) balance: Rupiah,
    /// Its exact factor.
    pub(crate) factor: Fraction,
    /// Their product, rounded.
    pub(crate) amount: Rupiah,
}

/// 30/360 shares the factor of the period over its days; other day counts look at the days themselves.
fn proportional(rate: Rate, day_count: DayCount) -> bool {
    rate.per != Per::Day && day_count == DayCount::Thirty360
}

/// The factor of the calendar days (from, to] for a daily rate or an actual day count.
fn actual_factor(rate: Rate, day_count: DayCount, from: Date, to: Date) -> Result<Fraction, Overflow> {
    let days = i128::from(days_between(from, to));
    let Some(ppm) = rate.ppm_per_year() else {
        return Fraction::new(i128::from(rate.ppm) * days, PPM);
    };
    let year = match day_count {
        DayCount::Thirty360 | DayCount::Act360 => 360,
        DayCount::Act364 => 364,
        DayCount::Act365 => 365,
        DayCount::ActAct => {
            let leap = i128::from(leap_days(from, to));
            return Fraction::new(ppm * ((days - leap) * 366 + leap * 365), PPM * 365 * 366);
        }
    };
    Fraction::new(ppm * days, PPM * year)
}

/// How many of the days (from, to] lie in a leap year; 31 December belongs to the old year.
fn leap_days(from: Date, to: Date) -> i64 {
    (from.year()..=to.year())
        .filter(|year| time::util::is_leap_year(*year))
        .filter_map(|year| {
            let first = Date::from_calendar_date(year, Month::January, 1).ok()?;
            let last = Date::from_calendar_date(year, Month::December, 31).ok()?;
            Some(days_between(first.max(from.next_day()?), last.min(to)) + 1)
        })
        .filter(|days| *days > 0)
        .sum()
}

/// The first `count` periods of the terms.
pub fn periods(terms: &Terms, count: u32) -> Result<Vec<InterestPeriod>, TermsError> {
    let mut maker = PeriodMaker::new(terms);
    (0..count).map(|_| maker.next_period()).collect()
}

/// Makes the periods of terms one after the other.
pub(super) struct PeriodMaker<'a> {
    terms: &'a Terms,
    dates: DueDates,
    number: u32,
    previous: Date,
    unmoved_previous: Date,
}

impl<'a> PeriodMaker<'a> {
    pub(super) fn new(terms: &'a Terms) -> Self {
        let dates = DueDates {
            start: terms.start,
            every: terms.every,
            first_due: terms.first_due,
            month_end: terms.month_end,
            due_policy: terms.due_policy,
        };
        Self {
            terms,
            dates,
            number: 0,
            previous: terms.start,
            unmoved_previous: terms.start,
        }
    }

    pub(super) fn next_period(&mut self) -> Result<InterestPeriod, TermsError> {
        let terms = self.terms;
        let number = self.number + 1;
        let unmoved_due_on = self.dates.due_on(number)?;
        let due_on = match terms.holiday_rule {
            HolidayRule::None => unmoved_due_on,
            rule => terms.holidays.shift(unmoved_due_on, rule)?,
        };
        if due_on <= self.previous {
            return Err(TermsError::HolidayMove);
        }
        // With 30/360 amounts do not follow moved dates; with actual days they do.
        let factor = if proportional(terms.rate, terms.day_count) {
            self.proportional_factor(number, unmoved_due_on)?
        } else {
            actual_factor(terms.rate, terms.day_count, self.previous, due_on)?
        };
        let start = self.previous;
        (self.number, self.previous, self.unmoved_previous) = (number, due_on, unmoved_due_on);
        let (rate, day_count) = (terms.rate, terms.day_count);
        Ok(InterestPeriod {
            number,
            start,
            due_on,
            unmoved_due_on,
            factor,
            rate,
            day_count,
        })
    }

    fn proportional_factor(&self, number: u32, due_on: Date) -> Result<Fraction, TermsError> {
        let terms = self.terms;
        let Period::Months(months) = terms.every else {
            return Ok(actual_factor(
                terms.rate,
                DayCount::Act360,
                self.unmoved_previous,
                due_on,
            )?);
        };
        let yearly = terms.rate.ppm_per_year().ok_or(TermsError::OutOfRange)?;
        let normal = Fraction::new(yearly * i128::from(months), PPM * 12)?;
        let step = |date: Date, count: i64| -> Result<Date, DateRange> {
            add_periods(date, terms.every, count, terms.month_end)
        };
        if number > 1 || due_on == step(terms.start, 1)? {
            return Ok(normal);
        }
        // A short first period must not cost a full month, a long one is paid for.
        let nominal = days_between(step(due_on, -1)?, due_on);
        Ok(normal.times(i128::from(days_between(terms.start, due_on)), i128::from(nominal))?)
    }
}
