//! Whole rupiah and the one place where fractions are rounded.
//!
//! Enters: integers and text typed by people. Leaves: [`Rupiah`], checked sums, rounded quotients.
//! No floating point exists here and nothing wraps: overflow is the error [`Overflow`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount of whole rupiah; differences may be negative, stored balances may not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rupiah(i64);

/// An integer operation left its range; the terms that caused it are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("angka di luar jangkauan")]
pub struct Overflow;

impl Rupiah {
    /// Rp0.
    pub const ZERO: Self = Self(0);
    /// The largest amount accepted from outside: Rp2 miliar, the consumptive ceiling per borrower.
    pub const MAX_INPUT: Self = Self(2_000_000_000);

    /// An amount of whole rupiah.
    #[must_use]
    pub const fn new(rupiah: i64) -> Self {
        Self(rupiah)
    }

    /// The number of rupiah.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The number of rupiah, wide enough for exact products.
    #[must_use]
    pub const fn wide(self) -> i128 {
        self.0 as i128
    }

    /// The amount, when the wide number fits; [`Overflow`] otherwise.
    pub fn narrow(rupiah: i128) -> Result<Self, Overflow> {
        i64::try_from(rupiah).map(Self).map_err(|_| Overflow)
    }

    /// Whether the amount is Rp0.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether the amount is below Rp0.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether the amount is above Rp0.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Sum; [`Overflow`] when it leaves the range.
    pub fn checked_add(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }

    /// Difference, possibly negative; [`Overflow`] when it leaves the range.
    pub fn checked_sub(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_sub(other.0).map(Self).ok_or(Overflow)
    }

    /// Product with a count; [`Overflow`] when it leaves the range.
    pub fn checked_mul(self, times: i64) -> Result<Self, Overflow> {
        self.0.checked_mul(times).map(Self).ok_or(Overflow)
    }

    /// The difference, or Rp0 when it would be negative (room, remainder).
    #[must_use]
    pub fn less_at_zero(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }

    /// Sum of many amounts; [`Overflow`] when it leaves the range.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, Overflow> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// Reads an amount as people type it: optional `Rp`, digits, correct thousands dots, a final `,00` or `,-`.
    ///
    /// Range 0 to [`Rupiah::MAX_INPUT`]; anything else is a [`RupiahError`] with a hint in Indonesian.
    pub fn parse(text: &str) -> Result<Self, RupiahError> {
        let text = text.trim();
        let text = match text.get(..2) {
            Some(prefix) if prefix.eq_ignore_ascii_case("rp") => text[2..].trim_start(),
            _ => text,
        };
        let text = text
            .strip_suffix(",00")
            .or_else(|| text.strip_suffix(",-"))
            .unwrap_or(text);
        if text.is_empty() {
            return Err(RupiahError::Empty);
        }
        if text.contains(',') {
            return Err(RupiahError::Cents);
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return Err(RupiahError::NotDigits);
        }
        let mut groups = text.split('.');
        let first = groups.next().unwrap_or_default();
        let grouped = text.contains('.');
        let first_fits = !grouped || (1..=3).contains(&first.len()) && !first.starts_with('0');
        if !first_fits || !groups.all(|group| group.len() == 3) {
            return Err(RupiahError::Grouping);
        }
        text.bytes()
            .filter(u8::is_ascii_digit)
            .try_fold(0_i64, |sum, digit| {
                sum.checked_mul(10)?.checked_add(i64::from(digit - b'0'))
            })
            .map(Self)
            .filter(|amount| *amount <= Self::MAX_INPUT)
            .ok_or(RupiahError::TooLarge)
    }

    /// The amount for tables, where the `Rp` stands in the heading: `1.500.000`, `-5.000`.
    #[must_use]
    pub fn without_sign(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{}", grouped(self.0.unsigned_abs()))
    }
}

impl fmt::Display for Rupiah {
    /// `Rp1.500.000`, `Rp0`, `-Rp5.000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}Rp{}", grouped(self.0.unsigned_abs()))
    }
}

/// Digits with dots between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}

/// Why a typed amount is refused; the text is the hint shown beside the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum RupiahError {
    /// Nothing was typed.
    #[error("Isi jumlahnya, misalnya 3.000.000.")]
    Empty,
    /// A comma that is not a final `,00` or `,-`.
    #[error("Tulis rupiah penuh tanpa sen, misalnya 3.000.000.")]
    Cents,
    /// A letter, a sign or another character.
    #[error("Tulis dengan angka saja, misalnya 3.000.000.")]
    NotDigits,
    /// Dots that do not separate thousands.
    #[error("Titik hanya untuk ribuan, misalnya 3.000.000.")]
    Grouping,
    /// Above [`Rupiah::MAX_INPUT`].
    #[error("Jumlah paling banyak Rp2.000.000.000.")]
    TooLarge,
}

impl RupiahError {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "amount_empty",
            Self::Cents => "amount_cents",
            Self::NotDigits => "amount_not_digits",
            Self::Grouping => "amount_grouping",
            Self::TooLarge => "amount_too_large",
        }
    }
}

/// How an exact fraction becomes a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rounding {
    /// To the nearest; a tie goes to the even number.
    HalfEven,
    /// To the nearest; a tie goes away from zero.
    HalfUp,
    /// Down.
    Floor,
    /// Up.
    Ceil,
    /// Away from zero.
    AwayFromZero,
}

/// `a / b` rounded exactly; `b` must be positive.
///
/// # Panics
/// When `b` is zero or negative: denominators are built by this crate and never come from outside.
#[must_use]
pub const fn round_div(a: i128, b: i128, mode: Rounding) -> i128 {
    assert!(b > 0, "a denominator is positive");
    let floor = a.div_euclid(b);
    let rest = a.rem_euclid(b);
    if rest == 0 {
        return floor;
    }
    // rest against b - rest instead of 2 * rest against b: the doubled value could overflow.
    let (above_half, tie) = (rest > b - rest, rest == b - rest);
    let up = match mode {
        Rounding::Floor => false,
        Rounding::Ceil => true,
        Rounding::AwayFromZero => a > 0,
        Rounding::HalfUp => above_half || (tie && a > 0),
        Rounding::HalfEven => above_half || (tie && floor % 2 != 0),
    };
    if up { floor + 1 } else { floor }
}

/// `multiple × round(amount / multiple)`, in rupiah; `multiple` must be positive.
pub fn round_to_multiple(amount: Rupiah, multiple: Rupiah, mode: Rounding) -> Result<Rupiah, Overflow> {
    Rupiah::narrow(round_div(amount.wide(), multiple.wide(), mode) * multiple.wide())
}

/// Splits an amount into `parts` that sum to it: equal parts, the first ones get one rupiah more.
#[must_use]
pub fn split_evenly(amount: Rupiah, parts: u32) -> Vec<Rupiah> {
    if parts == 0 {
        return Vec::new();
    }
    let (each, rest) = (
        amount.0.div_euclid(i64::from(parts)),
        amount.0.rem_euclid(i64::from(parts)),
    );
    (0..i64::from(parts))
        .map(|index| Rupiah(each + i64::from(index < rest)))
        .collect()
}

#[cfg(test)]
#[path = "money_tests.rs"]
mod tests;
