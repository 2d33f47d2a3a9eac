//! Dates of a loan: business date, periods, month ends, due dates, business days.
//!
//! Enters: dates and the fixed option words of the product. Leaves: dates. Everything here is in
//! Asia/Jakarta (UTC+7, no summer time); instants are turned into dates by [`jakarta_date`] only.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::macros::{format_description, offset};
use time::{Date, Duration, Month, OffsetDateTime, UtcOffset, Weekday};

/// UTC+7, the zone of the business date.
pub const JAKARTA: UtcOffset = offset!(+7);

/// A word that is not one of an option's fixed spellings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{value}' tidak dikenal; pilihan: {choices}")]
pub struct UnknownOption {
    /// Which option was read.
    pub option: &'static str,
    /// What was given.
    pub value: String,
    /// The words that exist.
    pub choices: String,
}

/// Defines an enum whose values have one fixed spelling in code, configuration, JSON and commands.
macro_rules! options {
    ($(#[$meta:meta])* $name:ident, $option:literal { $($(#[$variant_meta:meta])* $variant:ident => $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$variant_meta])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The fixed spelling.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::calendar::UnknownOption;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::calendar::UnknownOption {
                        option: $option,
                        value: text.to_owned(),
                        choices: [$($word),+].join(", "),
                    }),
                }
            }
        }
    };
}
pub(crate) use options;

options! {
    /// What becomes of day 29, 30 or 31 in a month that has no such day.
    MonthEnd, "month-end" {
        /// The last day of that month.
        Clamp => "clamp",
        /// The first day of the next month.
        Roll => "roll",
    }
}

options! {
    /// Which day of the month instalments fall on.
    DuePolicy, "due-policy" {
        /// The day of the candidate first due date.
        SameDay => "same_day",
        /// The first day of the month after the candidate.
        FirstOfNextMonth => "first_of_next_month",
        /// The last day of the candidate's month.
        LastOfMonth => "last_of_month",
    }
}

options! {
    /// What becomes of a due date that is not a business day.
    HolidayRule, "holiday-rule" {
        /// It stays.
        None => "none",
        /// It moves to the next business day.
        NextBusinessDay => "next_business_day",
        /// It moves to the previous business day.
        PreviousBusinessDay => "previous_business_day",
    }
}

options! {
    /// How the days of a period become a fraction of a year.
    DayCount, "day-count" {
        /// Every month 30 days, every year 360.
        Thirty360 => "30/360",
        /// Calendar days over 360.
        Act360 => "act/360",
        /// Calendar days over 364.
        Act364 => "act/364",
        /// Calendar days over 365.
        Act365 => "act/365",
        /// Each day over the length of its own calendar year.
        ActAct => "act/act",
    }
}

/// Time between two instalments: `1m`, `1w`, `2w`, `15d`; a week is 7 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Period {
    /// Calendar months, 1 to 12.
    Months(u16),
    /// Weeks, 1 to 52.
    Weeks(u16),
    /// Days, 1 to 366.
    Days(u16),
}

/// A period text that is not `Nm`, `Nw` or `Nd` in range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("harus Nm (1-12 bulan), Nw (1-52 minggu) atau Nd (1-366 hari), misalnya 1m, 2w, 15d")]
pub struct PeriodError;

impl Period {
    /// Length in days for weeks and days; `None` for months, whose length differs.
    #[must_use]
    pub const fn days(self) -> Option<i64> {
        match self {
            Self::Months(_) => None,
            Self::Weeks(count) => Some(count as i64 * 7),
            Self::Days(count) => Some(count as i64),
        }
    }

    /// Whether the count is inside its range.
    #[must_use]
    pub const fn in_range(self) -> bool {
        let (count, most) = match self {
            Self::Months(count) => (count, 12),
            Self::Weeks(count) => (count, 52),
            Self::Days(count) => (count, 366),
        };
        count >= 1 && count <= most
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let (unit, count): (fn(u16) -> Self, &str) = if let Some(count) = text.strip_suffix('m') {
            (Self::Months, count)
        } else if let Some(count) = text.strip_suffix('w') {
            (Self::Weeks, count)
        } else {
            (Self::Days, text.strip_suffix('d').ok_or(PeriodError)?)
        };
        if !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PeriodError);
        }
        count
            .parse()
            .ok()
            .map(unit)
            .filter(|period| period.in_range())
            .ok_or(PeriodError)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Months(count) => write!(f, "{count}m"),
            Self::Weeks(count) => write!(f, "{count}w"),
            Self::Days(count) => write!(f, "{count}d"),
        }
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;

    fn try_from(text: String) -> Result<Self, PeriodError> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

/// A date outside the years that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tanggal di luar jangkauan")]
pub struct DateRange;

/// The business date of an instant: its date in Asia/Jakarta.
#[must_use]
pub fn jakarta_date(instant: OffsetDateTime) -> Date {
    instant.checked_to_offset(JAKARTA).unwrap_or(instant).date()
}

/// Reads `YYYY-MM-DD`.
pub fn parse_date(text: &str) -> Result<Date, DateRange> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).map_err(|_| DateRange)
}

/// Signed calendar days from `from` to `to`.
#[must_use]
pub fn days_between(from: Date, to: Date) -> i64 {
    i64::from(to.to_julian_day()) - i64::from(from.to_julian_day())
}

/// The date `days` later (earlier when negative).
pub fn add_days(date: Date, days: i64) -> Result<Date, DateRange> {
    Duration::days(1)
        .checked_mul(i32::try_from(days).map_err(|_| DateRange)?)
        .and_then(|length| date.checked_add(length))
        .ok_or(DateRange)
}

/// The date `months` later (earlier when negative) on the same day, or what `month_end` makes of it.
pub fn add_months(date: Date, months: i64, month_end: MonthEnd) -> Result<Date, DateRange> {
    day_in_month(month_index(date) + months, date.day(), month_end)
}

/// The date one period later (`count` may be negative), anchored on the day of `date`.
pub fn add_periods(date: Date, every: Period, count: i64, month_end: MonthEnd) -> Result<Date, DateRange> {
    match every {
        Period::Months(months) => add_months(date, i64::from(months) * count, month_end),
        Period::Weeks(weeks) => add_days(date, i64::from(weeks) * 7 * count),
        Period::Days(days) => add_days(date, i64::from(days) * count),
    }
}

/// Whole years from `birth` to `today`; born on 29 February one is a year older on 1 March in other years.
#[must_use]
pub fn age_on(birth: Date, today: Date) -> i32 {
    let before_birthday = (u8::from(today.month()), today.day()) < (u8::from(birth.month()), birth.day());
    today.year() - birth.year() - i32::from(before_birthday)
}

fn month_index(date: Date) -> i64 {
    i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1
}

/// Day `day` of the month with this index, or what `month_end` makes of it.
fn day_in_month(index: i64, day: u8, month_end: MonthEnd) -> Result<Date, DateRange> {
    let (year, month) = year_month(index)?;
    let length = month.length(year);
    if day <= length {
        return Date::from_calendar_date(year, month, day).map_err(|_| DateRange);
    }
    match month_end {
        MonthEnd::Clamp => Date::from_calendar_date(year, month, length).map_err(|_| DateRange),
        MonthEnd::Roll => {
            let (year, month) = year_month(index + 1)?;
            Date::from_calendar_date(year, month, 1).map_err(|_| DateRange)
        }
    }
}

fn year_month(index: i64) -> Result<(i32, Month), DateRange> {
    let year = i32::try_from(index.div_euclid(12)).map_err(|_| DateRange)?;
    let number = u8::try_from(index.rem_euclid(12) + 1).map_err(|_| DateRange)?;
    Ok((year, Month::try_from(number).map_err(|_| DateRange)?))
}

/// What the due dates of a loan are computed from; due date `k` depends on nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueDates {
    /// The disbursement date.
    pub start: Date,
    /// Time between instalments.
    pub every: Period,
    /// The first due date, when one is given; its day is then the anchor.
    pub first_due: Option<Date>,
    /// Rule for short months.
    pub month_end: MonthEnd,
    /// Rule for the day of the month; months only.
    pub due_policy: DuePolicy,
}

impl DueDates {
    /// Due date `k` (from 1) before any holiday move, always from the anchor, never from the previous date.
    pub fn due_on(&self, k: u32) -> Result<Date, DateRange> {
        let (anchor, steps) = match self.first_due {
            Some(first) => (first, i64::from(k) - 1),
            None => (self.start, i64::from(k)),
        };
        let Period::Months(months) = self.every else {
            return add_periods(anchor, self.every, steps, self.month_end);
        };
        let months = i64::from(months);
        let candidate = match self.first_due {
            Some(first) => first,
            None => add_months(self.start, months, self.month_end)?,
        };
        let later = months * (i64::from(k) - 1);
        match self.due_policy {
            DuePolicy::SameDay => add_months(anchor, months * steps, self.month_end),
            DuePolicy::FirstOfNextMonth => day_in_month(month_index(candidate) + 1 + later, 1, MonthEnd::Clamp),
            DuePolicy::LastOfMonth => day_in_month(month_index(candidate) + later, 31, MonthEnd::Clamp),
        }
    }
}

/// National holidays; with Saturdays and Sundays they are the days that are not business days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Holidays(BTreeSet<Date>);

impl FromIterator<Date> for Holidays {
    fn from_iter<I: IntoIterator<Item = Date>>(dates: I) -> Self {
        Self(dates.into_iter().collect())
    }
}

impl Holidays {
    /// Whether the date is in the list of national holidays.
    #[must_use]
    pub fn contains(&self, date: Date) -> bool {
        self.0.contains(&date)
    }

    /// Monday to Friday and not a national holiday.
    #[must_use]
    pub fn is_business_day(&self, date: Date) -> bool {
        !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.contains(date)
    }

    /// The date itself, or where the rule moves it.
    pub fn shift(&self, date: Date, rule: HolidayRule) -> Result<Date, DateRange> {
        let step = match rule {
            HolidayRule::None => return Ok(date),
            HolidayRule::NextBusinessDay => 1,
            HolidayRule::PreviousBusinessDay => -1,
        };
        let mut moved = date;
        while !self.is_business_day(moved) {
            moved = add_days(moved, step)?;
        }
        Ok(moved)
    }

    /// The end of the `count`-th business day after `date`; the day itself is day 0.
    pub fn add_business_days(&self, date: Date, count: u32) -> Result<Date, DateRange> {
        let mut day = date;
        for _ in 0..count {
            day = self.shift(add_days(day, 1)?, HolidayRule::NextBusinessDay)?;
        }
        Ok(day)
    }
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
