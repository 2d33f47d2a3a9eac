//! The lines over what is left of a loan: the annuity instalment, its adjustment, equal principal, flat.
//!
//! Enters: periods, the balance at the start of the first one, changes of balance inside it. Leaves:
//! [`Line`]s without fees. A new schedule, a tranche, a prepayment and a longer tenor all go through here.

use time::Date;

use crate::loans::period::InterestPeriod;
use crate::loans::product::{InstalmentRounding, Method};
use crate::loans::schedule::{Line, Terms, TermsError};
use crate::money::{Overflow, Rounding, Rupiah, round_div};
use crate::rate::Fraction;

/// The scale of the annuity factor.
const SCALE: i128 = 1_000_000_000_000_000;

/// What is left of a loan, to be spread over its remaining periods.
#[derive(Clone, Copy, Debug)]
pub struct Remaining<'a> {
    /// The periods left, the running one first.
    pub periods: &'a [InterestPeriod],
    /// Principal at the start of the first of them.
    pub opening: Rupiah,
    /// Changes of principal inside the first of them: (date, signed amount), in date order, start ≤ date < due date.
    pub changes: &'a [(Date, Rupiah)],
    /// Annuity or equal principal.
    pub method: Method,
    /// Multiple of the annuity instalment.
    pub multiple: Rupiah,
    /// Its rounding.
    pub instalment_rounding: InstalmentRounding,
    /// The rounding of interest.
    pub interest_rounding: Rounding,
}

/// Lines, and whether a line's interest was above the instalment.
struct Built {
    lines: Vec<Line>,
    negative_principal: bool,
}

impl Built {
    /// Last instalment − the one before it; `None` for a single line.
    fn difference(&self) -> Option<i64> {
        let [.., before, last] = self.lines.as_slice() else {
            return None;
        };
        Some(last.instalment().get() - before.instalment().get())
    }
}

impl Remaining<'_> {
    /// Spreads what is left over the periods by the method, with the adjustment for annuity.
    ///
    /// Never refuses small amounts: a line whose interest is above the instalment pays no principal,
    /// and lines after the balance has reached 0 are zero. Flat is refused: it is never recomputed.
    pub fn lines(&self) -> Result<Vec<Line>, TermsError> {
        Ok(self.build()?.lines)
    }

    /// As [`Remaining::lines`], and refuses lines that would let the balance rise: for new schedules.
    pub(super) fn strict_lines(&self) -> Result<Vec<Line>, TermsError> {
        let built = self.build()?;
        if built.negative_principal {
            Err(TermsError::NegativePrincipal)
        } else {
            Ok(built.lines)
        }
    }

    fn build(&self) -> Result<Built, TermsError> {
        match self.method {
            Method::Annuity => self.adjusted(),
            Method::EqualPrincipal => {
                let count = i128::try_from(self.periods.len()).map_err(|_| Overflow)?.max(1);
                let part = Rupiah::narrow(round_div(self.base()?.wide(), count, Rounding::HalfEven))?;
                self.spread(|_| Ok(part))
            }
            Method::Flat => Err(TermsError::OutOfRange),
        }
    }

    /// The balance as if every change had stood from the start of the first period.
    fn base(&self) -> Result<Rupiah, Overflow> {
        self.opening
            .checked_add(Rupiah::checked_sum(self.changes.iter().map(|(_, change)| *change))?)
    }

    /// The equal instalment over the periods, before the adjustment.
    pub fn annuity_instalment(&self) -> Result<Rupiah, TermsError> {
        let factors = self.periods.iter().map(|period| period.factor);
        Ok(annuity_instalment(
            self.base()?,
            factors,
            self.multiple,
            self.instalment_rounding,
        )?)
    }

    /// Lines of a given instalment: principal is what it leaves after interest, the last line takes the rest.
    pub fn lines_of(&self, instalment: Rupiah) -> Result<Vec<Line>, TermsError> {
        Ok(self.spread_instalment(instalment)?.lines)
    }

    fn spread_instalment(&self, instalment: Rupiah) -> Result<Built, TermsError> {
        self.spread(|interest| instalment.checked_sub(interest))
    }

    /// One correction of the instalment when the last line differs by more than half a rupiah a line; tried once.
    fn adjusted(&self) -> Result<Built, TermsError> {
        let instalment = self.annuity_instalment()?;
        let built = self.spread_instalment(instalment)?;
        let exact = self.multiple.get() == 1 && self.instalment_rounding == InstalmentRounding::Nearest;
        let count = i64::try_from(self.periods.len()).map_err(|_| Overflow)?;
        let (true, Some(difference)) = (exact, built.difference()) else {
            return Ok(built);
        };
        if difference.abs() <= count / 2 {
            return Ok(built);
        }
        let step = round_div(i128::from(difference), i128::from(count), Rounding::HalfEven);
        let candidate = self.spread_instalment(instalment.checked_add(Rupiah::narrow(step)?)?)?;
        let better = !candidate.negative_principal
            && candidate
                .difference()
                .is_some_and(|after| after.abs() < difference.abs());
        Ok(if better { candidate } else { built })
    }

    /// Walks the periods; `principal` gives the wanted principal of a line from its interest.
    fn spread(&self, principal: impl Fn(Rupiah) -> Result<Rupiah, Overflow>) -> Result<Built, TermsError> {
        let mut balance = self.opening;
        let mut changes = self.changes;
        let mut built = Built {
            lines: Vec::with_capacity(self.periods.len()),
            negative_principal: false,
        };
        for (index, period) in self.periods.iter().enumerate() {
            let interest = period.interest(balance, changes, self.interest_rounding)?;
            if index == 0 {
                balance = self.base()?;
                changes = &[];
            }
            let wanted = if index + 1 == self.periods.len() {
                balance
            } else {
                principal(interest)?
            };
            built.negative_principal |= wanted.is_negative();
            let principal = wanted.max(Rupiah::ZERO).min(balance);
            balance = balance.checked_sub(principal)?;
            // Bounds the sum that `Line::instalment` forms.
            principal.checked_add(interest)?;
            built.lines.push(Line {
                number: period.number,
                due_on: period.due_on,
                principal,
                interest,
                fee: Rupiah::ZERO,
                balance,
            });
        }
        Ok(built)
    }
}

/// `base × Π(1 + r) / fn`, rounded to the multiple: the instalment that repays `base` in equal parts.
///
/// Fixed point, scale 10^15, each step half to even; only the amount comes from here, never interest.
pub fn annuity_instalment(
    base: Rupiah,
    factors: impl IntoIterator<Item = Fraction>,
    multiple: Rupiah,
    rounding: InstalmentRounding,
) -> Result<Rupiah, Overflow> {
    let grow = |value: i128, factor: i128| -> Result<i128, Overflow> {
        let product = value
            .checked_mul(SCALE.checked_add(factor).ok_or(Overflow)?)
            .ok_or(Overflow)?;
        Ok(round_div(product, SCALE, Rounding::HalfEven))
    };
    let (mut growth, mut divisor) = (SCALE, 0);
    for factor in factors {
        let factor = factor.scaled(SCALE, Rounding::HalfEven)?;
        growth = grow(growth, factor)?;
        divisor = if divisor == 0 {
            SCALE
        } else {
            grow(divisor, factor)?.checked_add(SCALE).ok_or(Overflow)?
        };
    }
    let top = base.wide().checked_mul(growth).ok_or(Overflow)?;
    let bottom = divisor
        .checked_mul(multiple.wide())
        .filter(|bottom| *bottom > 0)
        .ok_or(Overflow)?;
    Rupiah::narrow(round_div(top, bottom, rounding.mode()))?.checked_mul(multiple.get())
}

/// The interest of a flat loan.
pub(crate) struct FlatInterest {
    /// The factor of the whole tenor.
    factor: Fraction,
    /// Interest of the whole tenor.
    total: Rupiah,
    /// The factor of one instalment.
    pub(crate) share: Fraction,
    /// Interest of every instalment but the last, which takes the rest.
    pub(crate) each: Rupiah,
}

/// The factors of all periods on the whole principal, shared evenly.
pub(crate) fn flat_interest(terms: &Terms, periods: &[InterestPeriod]) -> Result<FlatInterest, TermsError> {
    let count = i128::try_from(periods.len()).map_err(|_| Overflow)?;
    let factor = periods
        .iter()
        .try_fold(Fraction::ZERO, |sum, period| sum.plus(period.factor))?;
    let share = factor.times(1, count)?;
    Ok(FlatInterest {
        factor,
        total: factor.of(terms.principal, terms.interest_rounding)?,
        share,
        each: share.of(terms.principal, terms.interest_rounding)?,
    })
}

/// The lines of a flat loan: interest on the whole principal for the whole tenor, spread evenly.
pub(super) fn flat_lines(terms: &Terms, periods: &[InterestPeriod]) -> Result<Vec<Line>, TermsError> {
    let principal = terms.principal;
    let count = i128::try_from(periods.len()).map_err(|_| Overflow)?;
    let FlatInterest {
        factor,
        total: total_interest,
        each: interest,
        ..
    } = flat_interest(terms, periods)?;
    let whole = factor.plus(Fraction::new(1, 1)?)?;
    let instalment = whole
        .times(1, count * terms.multiple.wide())?
        .of(principal, terms.instalment_rounding.mode())?
        .checked_mul(terms.multiple.get())?;
    let mut balance = principal;
    let mut interest_left = total_interest;
    let mut lines = Vec::with_capacity(periods.len());
    for (index, period) in periods.iter().enumerate() {
        let last = index + 1 == periods.len();
        let interest = if last { interest_left } else { interest };
        let principal = if last {
            balance
        } else {
            instalment.checked_sub(interest)?
        };
        balance = balance.checked_sub(principal)?;
        interest_left = interest_left.checked_sub(interest)?;
        if principal.is_negative() || interest.is_negative() || balance.is_negative() {
            let exact = terms.multiple == Rupiah::new(1);
            return Err(if exact {
                TermsError::ZeroInstalment
            } else {
                TermsError::MultipleTooBig
            });
        }
        principal.checked_add(interest)?;
        lines.push(Line {
            number: period.number,
            due_on: period.due_on,
            principal,
            interest,
            fee: Rupiah::ZERO,
            balance,
        });
    }
    Ok(lines)
}
