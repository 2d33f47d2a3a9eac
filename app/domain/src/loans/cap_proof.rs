//! The proof that no contract of a product version can break the caps.
//!
//! Enters: a product version, the cap rows, the publishing date. Leaves: the worst cases, or the first
//! breach. A version that has no proof cannot be published.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::calendar::{DateRange, DayCount, DueDates, MonthEnd, Period, add_days, add_months, days_between};
use crate::loans::cap::{Cap, CapCheck, CapRow, NoCap, select, tenor_class};
use crate::loans::product::{LateFeeMethod, Product};
use crate::loans::schedule::{Terms, TermsError, schedule};
use crate::money::Overflow;
use crate::rate::Per;

/// Days of a cycle in which every length of month and year occurs.
const FOUR_YEARS: i64 = 1_461;

/// The dearest terms of one tenor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorstCase {
    /// Number of instalments.
    pub tenor: u32,
    /// The start date with the fewest calendar days.
    pub start: Date,
    /// The cap test of the dearest amount.
    pub check: CapCheck,
}

/// Why a version cannot be published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapBreach {
    /// A field of the product is missing or out of range.
    #[error("data produk tidak lengkap atau di luar jangkauan")]
    Product,
    /// Some amount and tenor cost more a day than the cap.
    #[error("{} cicilan untuk {} melewati batas: {}", .0.tenor, .0.check.principal, .0.check.words())]
    Daily(WorstCase),
    /// Paying off on the dearest day would cost more a day than the cap.
    #[error("bunga harian saat dilunasi melewati batas")]
    Payoff,
    /// The late fee is above its cap, or no cap is stated.
    #[error("denda melewati batas")]
    LateFee,
    /// No cap row covers the product.
    #[error(transparent)]
    NoCap(#[from] NoCap),
    /// The product gives no schedule for some amount and tenor.
    #[error(transparent)]
    Terms(#[from] TermsError),
}

impl From<Overflow> for CapBreach {
    fn from(_: Overflow) -> Self {
        Self::Terms(TermsError::OutOfRange)
    }
}

impl From<DateRange> for CapBreach {
    fn from(_: DateRange) -> Self {
        Self::Terms(TermsError::DateRange)
    }
}

/// Proves every amount step and tenor of the version against the caps in force on `on`; returns the worst case of each tenor.
pub fn prove(product: &Product, rows: &[CapRow], on: Date) -> Result<Vec<WorstCase>, CapBreach> {
    if !product.is_well_formed() {
        return Err(CapBreach::Product);
    }
    let mut worst = Vec::new();
    for tenor in &product.tenors {
        let (start, ends_on) = fewest_days(product, *tenor, on)?;
        // The rows of the publishing date with the class these terms would have.
        let cap = select(rows, on, product.purpose_type, tenor_class(start, ends_on)?)?;
        if !late_fee_within(product, &cap) {
            return Err(CapBreach::LateFee);
        }
        if !payoff_within(product, &cap, on)? {
            return Err(CapBreach::Payoff);
        }
        worst.extend(dearest(product, &cap, *tenor, start)?);
    }
    Ok(worst)
}

/// The start date, within four years, on which the tenor has the fewest calendar days, and its last due date.
fn fewest_days(product: &Product, tenor: u32, from: Date) -> Result<(Date, Date), CapBreach> {
    let mut best: Option<(Date, Date)> = None;
    for offset in 0..FOUR_YEARS {
        let start = add_days(from, offset)?;
        let dates = DueDates {
            start,
            every: product.every,
            first_due: None,
            month_end: product.month_end,
            due_policy: product.due_policy,
        };
        let ends_on = dates.due_on(tenor)?;
        if best.is_none_or(|(start, end)| days_between(dates.start, ends_on) < days_between(start, end)) {
            best = Some((dates.start, ends_on));
        }
    }
    best.ok_or(CapBreach::Terms(TermsError::Count))
}

/// The amount with the highest exact ratio; a breach ends the proof.
fn dearest(product: &Product, cap: &Cap, tenor: u32, start: Date) -> Result<Option<WorstCase>, CapBreach> {
    let mut worst: Option<CapCheck> = None;
    for amount in product.amount.amounts() {
        let plan = schedule(&Terms::of(product, amount, tenor, start))?;
        let check = cap.check_schedule(&plan, &product.pass_through)?;
        if !check.pass {
            return Err(CapBreach::Daily(WorstCase { tenor, start, check }));
        }
        let dearer = |other: &CapCheck| {
            check.benefit.wide() * other.principal.wide() > other.benefit.wide() * check.principal.wide()
        };
        if worst.as_ref().is_none_or(dearer) {
            worst = Some(check);
        }
    }
    Ok(worst.map(|check| WorstCase { tenor, start, check }))
}

/// Whether one day of the late fee is within the late cap.
fn late_fee_within(product: &Product, cap: &Cap) -> bool {
    let fee = &product.late_fee;
    match fee.method {
        // A fee charged once falls on its first chargeable day as a whole.
        LateFeeMethod::Daily | LateFeeMethod::OneOffPrincipal => cap.admits_late_fee(fee.ppm),
        // Interest in the base is not principal: only no fee can be proven inside.
        LateFeeMethod::OneOffInstalment => fee.ppm == 0,
        LateFeeMethod::Annual => cap.admits_late_fee((fee.ppm + 364) / 365),
    }
}

/// Whether the interest of the dearest single day is within the daily cap, so that payoff on any day is.
fn payoff_within(product: &Product, cap: &Cap, from: Date) -> Result<bool, CapBreach> {
    let ppm = i128::from(product.rate.ppm);
    let allowed = i128::from(cap.benefit_ppm_per_day);
    let yearly = match product.rate.per {
        Per::Day => return Ok(ppm <= allowed),
        Per::Month => ppm * 12,
        Per::Year => ppm,
    };
    let year = match (product.day_count, product.every) {
        (DayCount::Thirty360, Period::Months(months)) => {
            let months = i64::from(months);
            let days = shortest(from, months)?;
            return Ok(yearly * i128::from(months) <= allowed * 12 * i128::from(days));
        }
        (DayCount::Thirty360 | DayCount::Act360, _) => 360,
        (DayCount::Act364, _) => 364,
        (DayCount::Act365 | DayCount::ActAct, _) => 365,
    };
    Ok(yearly <= allowed * year)
}

/// The fewest calendar days a period of so many months can have.
fn shortest(from: Date, months: i64) -> Result<i64, CapBreach> {
    let mut fewest = i64::MAX;
    for offset in 0..FOUR_YEARS {
        let start = add_days(from, offset)?;
        fewest = fewest.min(days_between(start, add_months(start, months, MonthEnd::Clamp)?));
    }
    Ok(fewest)
}
