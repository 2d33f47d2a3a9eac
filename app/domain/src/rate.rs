//! Interest rates in parts per million and exact fractions.
//!
//! Enters: a percent text such as `9.4822`. Leaves: [`Rate`] and [`Fraction`], which stay exact until
//! one rounding at the end.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::calendar::options;
use crate::money::{Overflow, Rounding, Rupiah, round_div};
use crate::text;

/// Parts per million in one whole: 1 % = 10 000 ppm.
pub const PPM: i128 = 1_000_000;

options! {
    /// The time a rate is stated for.
    Per, "per" {
        /// A year.
        Year => "year",
        /// A month; a year has twelve.
        Month => "month",
        /// A calendar day; never converted.
        Day => "day",
    }
}

/// A rate of interest or of a late fee: ppm for each year, month or day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Parts per million, 0 or more.
    pub ppm: i64,
    /// The time it is stated for.
    pub per: Per,
}

impl Rate {
    /// The largest rate accepted: 10 000 % for its time.
    pub const MAX_PPM: i64 = 100_000_000;

    /// A rate of `ppm` a year.
    #[must_use]
    pub const fn yearly(ppm: i64) -> Self {
        Self { ppm, per: Per::Year }
    }

    /// A rate of `ppm` a month.
    #[must_use]
    pub const fn monthly(ppm: i64) -> Self {
        Self { ppm, per: Per::Month }
    }

    /// A rate of `ppm` a day.
    #[must_use]
    pub const fn daily(ppm: i64) -> Self {
        Self { ppm, per: Per::Day }
    }

    /// Reads a percent as a decimal string with a point (`30`, `9.4822`); at most six decimals as a fraction.
    pub fn parse(percent: &str, per: Per) -> Result<Self, RateError> {
        let (whole, decimals) = percent.split_once('.').unwrap_or((percent, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) {
            return Err(RateError::NotANumber);
        }
        let decimals = decimals.trim_end_matches('0');
        if decimals.len() > 4 {
            return Err(RateError::TooFine);
        }
        format!("{whole}{decimals:0<4}")
            .parse::<i64>()
            .ok()
            .filter(|ppm| *ppm <= Self::MAX_PPM)
            .map(|ppm| Self { ppm, per })
            .ok_or(RateError::TooHigh)
    }

    /// The same rate in ppm a year; `None` for a daily rate, which is never converted.
    #[must_use]
    pub fn ppm_per_year(self) -> Option<i128> {
        match self.per {
            Per::Year => Some(i128::from(self.ppm)),
            Per::Month => Some(i128::from(self.ppm) * 12),
            Per::Day => None,
        }
    }

    /// Whether the rate is inside 0 to [`Rate::MAX_PPM`].
    #[must_use]
    pub const fn in_range(self) -> bool {
        self.ppm >= 0 && self.ppm <= Self::MAX_PPM
    }
}

impl fmt::Display for Rate {
    /// `30% per tahun`, `2,5% per bulan`, `0,1% per hari`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = match self.per {
            Per::Year => "tahun",
            Per::Month => "bulan",
            Per::Day => "hari",
        };
        write!(f, "{} per {per}", text::percent(self.ppm))
    }
}

/// Why a rate text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Not digits with at most one decimal point.
    #[error("harus persen berupa angka desimal dengan titik, misalnya 9.4822")]
    NotANumber,
    /// More than six decimals as a fraction.
    #[error("paling banyak empat angka di belakang titik (enam desimal sebagai pecahan)")]
    TooFine,
    /// Above [`Rate::MAX_PPM`].
    #[error("paling tinggi 10000 persen")]
    TooHigh,
}

impl RateError {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotANumber => "rate_not_a_number",
            Self::TooFine => "rate_too_fine",
            Self::TooHigh => "rate_too_high",
        }
    }
}

/// An exact non-negative fraction in lowest terms; the factor `r` of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    num: i128,
    den: i128,
}

impl Fraction {
    /// Zero.
    pub const ZERO: Self = Self { num: 0, den: 1 };

    /// `num / den` in lowest terms; [`Overflow`] unless `num ≥ 0` and `den > 0`.
    pub fn new(num: i128, den: i128) -> Result<Self, Overflow> {
        if num < 0 || den <= 0 {
            return Err(Overflow);
        }
        let divisor = gcd(num, den);
        Ok(Self {
            num: num / divisor,
            den: den / divisor,
        })
    }

    /// The numerator.
    #[must_use]
    pub const fn num(self) -> i128 {
        self.num
    }

    /// The denominator, above zero.
    #[must_use]
    pub const fn den(self) -> i128 {
        self.den
    }

    /// The exact sum.
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        let left = self.num.checked_mul(other.den).ok_or(Overflow)?;
        let right = other.num.checked_mul(self.den).ok_or(Overflow)?;
        let den = self.den.checked_mul(other.den).ok_or(Overflow)?;
        Self::new(left.checked_add(right).ok_or(Overflow)?, den)
    }

    /// The exact product with `num / den`.
    pub fn times(self, num: i128, den: i128) -> Result<Self, Overflow> {
        Self::new(
            self.num.checked_mul(num).ok_or(Overflow)?,
            self.den.checked_mul(den).ok_or(Overflow)?,
        )
    }

    /// `amount × self`, rounded once to whole rupiah.
    pub fn of(self, amount: Rupiah, mode: Rounding) -> Result<Rupiah, Overflow> {
        let product = amount.wide().checked_mul(self.num).ok_or(Overflow)?;
        Rupiah::narrow(round_div(product, self.den, mode))
    }

    /// `scale × self`, rounded once: the fixed-point form, or the digits of a test table.
    pub fn scaled(self, scale: i128, mode: Rounding) -> Result<i128, Overflow> {
        Ok(round_div(scale.checked_mul(self.num).ok_or(Overflow)?, self.den, mode))
    }
}

const fn gcd(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percents_become_parts_per_million() {
        for (text, ppm) in [
            ("9.4822", 94_822),
            ("30", 300_000),
            ("2.5", 25_000),
            ("0.1", 1_000),
            ("0", 0),
            ("2.500000", 25_000),
            ("0.0001", 1),
            ("10000", 100_000_000),
        ] {
            assert_eq!(Rate::parse(text, Per::Year), Ok(Rate::yearly(ppm)), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for (text, error) in [
            ("1.23456", RateError::TooFine),
            ("10000.0001", RateError::TooHigh),
            ("99999999999999999999", RateError::TooHigh),
            ("-1", RateError::NotANumber),
            ("2,5", RateError::NotANumber),
            ("2.", RateError::NotANumber),
            (".5", RateError::NotANumber),
            ("1e3", RateError::NotANumber),
            ("", RateError::NotANumber),
            ("1.2.3", RateError::NotANumber),
        ] {
            assert_eq!(Rate::parse(text, Per::Year), Err(error), "{text}");
        }
    }

    #[test]
    fn rates_are_written_for_people() {
        assert_eq!(Rate::monthly(25_000).to_string(), "2,5% per bulan");
        assert_eq!(Rate::daily(1_000).to_string(), "0,1% per hari");
        assert_eq!(Rate::yearly(94_822).to_string(), "9,4822% per tahun");
    }

    #[test]
    fn a_month_is_a_twelfth_of_a_year_and_a_day_is_never_converted() {
        assert_eq!(Rate::monthly(25_000).ppm_per_year(), Some(300_000));
        assert_eq!(Rate::daily(1_000).ppm_per_year(), None);
    }

    #[test]
    fn a_fraction_is_exact_and_checked() {
        let third = Fraction::new(2, 6).unwrap();
        assert_eq!((third.num(), third.den()), (1, 3));
        assert_eq!(third.plus(third).unwrap().plus(third), Fraction::new(1, 1));
        assert_eq!(third.of(Rupiah::new(100), Rounding::HalfEven), Ok(Rupiah::new(33)));
        assert_eq!(Fraction::new(1, 0), Err(Overflow));
        assert_eq!(Fraction::new(-1, 2), Err(Overflow));
        let huge = Fraction::new(i128::MAX, 1).unwrap();
        assert_eq!(huge.plus(huge), Err(Overflow));
        assert_eq!(huge.of(Rupiah::new(2), Rounding::Floor), Err(Overflow));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9.,eE+-]{0,30}") {
            let _ = Rate::parse(&text, Per::Year);
        }
    }
}
