//! Statutory caps as versioned data: the table, the row in force, the exact tests.
//!
//! Enters: rows, an agreement date, a benefit. Leaves: [`Cap`] and [`CapCheck`], stored with every
//! quote, offer, contract and restructure. Numbers are rows, never constants in rules; the legal
//! sources are POJK 10/2022, SEOJK 19/SEOJK.06/2023 and SEOJK 19/SEOJK.06/2025.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::calendar::{DateRange, MonthEnd, add_months, options};
use crate::loans::product::{PassThrough, PassThroughKind, PurposeType};
use crate::loans::schedule::Schedule;
use crate::money::{Overflow, Rounding, Rupiah, round_div};
use crate::rate::PPM;
use crate::text;

pub use crate::loans::cap_table::first_table;

options! {
    /// The tenor class of an agreement.
    TenorClass, "tenor-class" {
        /// The last due date is before agreement date + 6 months.
        LessThan6Months => "lt6m",
        /// On or after it; the sources differ on exactly six months and the lower cap applies.
        AtLeast6Months => "ge6m",
    }
}

options! {
    /// Whether a row can bind.
    CapStatus, "cap-status" {
        /// Binds from its date on.
        InForce => "in_force",
        /// Bound until a later row.
        Superseded => "superseded",
        /// A reading that is not settled; never selected.
        Disputed => "disputed",
    }
}

impl TenorClass {
    /// In words, inside a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::LessThan6Months => "di bawah 6 bulan",
            Self::AtLeast6Months => "6 bulan ke atas",
        }
    }
}

impl CapStatus {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::InForce => "Berlaku",
            Self::Superseded => "Diganti",
            Self::Disputed => "Belum pasti",
        }
    }
}

options! {
    /// What the late fee is a share of.
    LateBase, "late-base" {
        /// The whole outstanding principal.
        OutstandingPrincipal => "outstanding_principal",
        /// The overdue part only.
        OverduePrincipal => "overdue_principal",
    }
}

impl LateBase {
    /// In words, inside a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::OutstandingPrincipal => "seluruh sisa pokok",
            Self::OverduePrincipal => "pokok tertunggak",
        }
    }
}

/// Which pass-through costs a cap version leaves out of the benefit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassThroughExcluded {
    /// Stamp duty is not benefit.
    pub stamp_duty: bool,
    /// The certified e-signature fee is not benefit.
    pub e_sign: bool,
}

impl PassThroughExcluded {
    /// Whether this cost is left out.
    #[must_use]
    pub const fn leaves_out(self, kind: PassThroughKind) -> bool {
        match kind {
            PassThroughKind::StampDuty => self.stamp_duty,
            PassThroughKind::ESign => self.e_sign,
        }
    }
}

/// One row of the cap table; changed only by a new id and two people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapRow {
    /// Stable id.
    pub id: String,
    /// First agreement date it applies to.
    pub valid_from: Date,
    /// `None`: any purpose.
    pub purpose_type: Option<PurposeType>,
    /// `None`: any tenor.
    pub tenor: Option<TenorClass>,
    /// Benefit a day, ppm of the agreement amount; `None`: not known.
    pub benefit_ppm_per_day: Option<i64>,
    /// Late fee a day, ppm of the base; `None`: not stated.
    pub late_ppm_per_day: Option<i64>,
    /// What the late fee is a share of.
    pub late_base: LateBase,
    /// Benefit + late fee over the loan's life, percent of the agreement amount.
    pub total_cap_percent: i64,
    /// Pass-through costs that are not benefit.
    pub pass_through_excluded: PassThroughExcluded,
    /// Whether it can bind.
    pub status: CapStatus,
    /// Where the numbers come from.
    pub source_note: String,
}

/// The caps of one agreement, selected once for the loan's life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// The row that gives the benefit cap.
    pub id: String,
    /// Benefit a day, ppm of the agreement amount.
    pub benefit_ppm_per_day: i64,
    /// Late fee a day, ppm of the base; `None`: not stated, so no late fee can be proven inside.
    pub late_ppm_per_day: Option<i64>,
    /// What the late fee is a share of.
    pub late_base: LateBase,
    /// Benefit + late fee over the loan's life, percent of the agreement amount.
    pub total_cap_percent: i64,
    /// Pass-through costs that are not benefit.
    pub pass_through_excluded: PassThroughExcluded,
}

/// No row covers the agreement; nothing may be lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("tidak ada batas biaya yang berlaku untuk tanggal dan jenis ini")]
pub struct NoCap;

impl NoCap {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "cap_no_row"
    }
}

/// The tenor class from the agreement date and the last due date before any holiday move.
pub fn tenor_class(agreed_on: Date, ends_on: Date) -> Result<TenorClass, DateRange> {
    let long = ends_on >= add_months(agreed_on, 6, MonthEnd::Clamp)?;
    Ok(if long {
        TenorClass::AtLeast6Months
    } else {
        TenorClass::LessThan6Months
    })
}

/// The caps in force for an agreement date, a purpose and a tenor class.
///
/// Latest `valid_from` among the rows that are not disputed; of several the lowest benefit and,
/// separately, the lowest late fee.
pub fn select(rows: &[CapRow], agreed_on: Date, purpose: PurposeType, class: TenorClass) -> Result<Cap, NoCap> {
    let candidates = || {
        rows.iter().filter(|row| {
            row.status != CapStatus::Disputed
                && row.valid_from <= agreed_on
                && row.purpose_type.is_none_or(|only| only == purpose)
                && row.tenor.is_none_or(|only| only == class)
        })
    };
    let latest = candidates().map(|row| row.valid_from).max().ok_or(NoCap)?;
    let latest = || candidates().filter(|row| row.valid_from == latest);
    let (row, benefit_ppm_per_day) = latest()
        .filter_map(|row| Some((row, row.benefit_ppm_per_day?)))
        .min_by_key(|(_, benefit)| *benefit)
        .ok_or(NoCap)?;
    let late = latest()
        .filter(|row| row.late_ppm_per_day.is_some())
        .min_by_key(|row| row.late_ppm_per_day);
    Ok(Cap {
        id: row.id.clone(),
        benefit_ppm_per_day,
        late_ppm_per_day: late.and_then(|row| row.late_ppm_per_day),
        late_base: late.unwrap_or(row).late_base,
        total_cap_percent: latest()
            .map(|row| row.total_cap_percent)
            .min()
            .unwrap_or(row.total_cap_percent),
        pass_through_excluded: row.pass_through_excluded,
    })
}

/// The record of one cap test, stored with what was tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapCheck {
    /// The row.
    pub cap_id: String,
    /// Its cap, ppm a day.
    pub cap_ppm: i64,
    /// Interest + fees + costs that count, rupiah.
    pub benefit: Rupiah,
    /// The agreement amount.
    pub principal: Rupiah,
    /// Tenor in calendar days.
    pub days: i64,
    /// The daily ratio for showing, ppm, half to even.
    pub ppm: i64,
    /// Whether the exact ratio is within the cap.
    pub pass: bool,
}

impl CapCheck {
    /// `0,049% per hari, batas 0,1%`.
    #[must_use]
    pub fn words(&self) -> String {
        let den = (self.principal.wide() * i128::from(self.days)).max(1);
        let ratio = text::percent_of(self.benefit.wide(), den, 3);
        format!("{ratio} per hari, batas {}", text::percent(self.cap_ppm))
    }
}

/// `benefit × 10^6 / (P × days)`, ppm a day, half to even: for showing only.
pub fn daily_cost_ppm(benefit: Rupiah, principal: Rupiah, days: i64) -> Result<i64, Overflow> {
    let den = principal
        .wide()
        .checked_mul(i128::from(days))
        .filter(|den| *den > 0)
        .ok_or(Overflow)?;
    i64::try_from(round_div(benefit.wide() * PPM, den, Rounding::HalfEven)).map_err(|_| Overflow)
}

impl Cap {
    /// Tests a benefit exactly by cross-multiplication; [`Overflow`] unless principal and days are positive.
    pub fn check(&self, benefit: Rupiah, principal: Rupiah, days: i64) -> Result<CapCheck, Overflow> {
        let ppm = daily_cost_ppm(benefit, principal, days)?;
        let allowed = i128::from(self.benefit_ppm_per_day)
            .checked_mul(principal.wide())
            .and_then(|product| product.checked_mul(i128::from(days)))
            .ok_or(Overflow)?;
        Ok(CapCheck {
            cap_id: self.id.clone(),
            cap_ppm: self.benefit_ppm_per_day,
            benefit,
            principal,
            days,
            ppm,
            pass: benefit.wide() * PPM <= allowed,
        })
    }

    /// Interest, all fees and the pass-through costs this cap counts, rupiah.
    pub fn benefit(&self, schedule: &Schedule, pass_through: &[PassThrough]) -> Result<Rupiah, Overflow> {
        let counted = pass_through
            .iter()
            .filter(|cost| !self.pass_through_excluded.leaves_out(cost.kind));
        schedule
            .charges()
            .checked_add(Rupiah::checked_sum(counted.map(|cost| cost.amount))?)
    }

    /// Tests a whole schedule with its pass-through costs.
    pub fn check_schedule(&self, schedule: &Schedule, pass_through: &[PassThrough]) -> Result<CapCheck, Overflow> {
        self.check(
            self.benefit(schedule, pass_through)?,
            schedule.principal,
            schedule.tenor_days(),
        )
    }

    /// Whether a daily late-fee rate is within the cap; a cap that is not stated admits only 0.
    #[must_use]
    pub fn admits_late_fee(&self, ppm_per_day: i64) -> bool {
        ppm_per_day <= self.late_ppm_per_day.unwrap_or(0)
    }

    /// Room for late fees: total cap − benefit − late fees charged already, not below Rp0.
    ///
    /// Benefit + late fee over the loan's life stay within the total cap of the agreement amount.
    pub fn late_fee_room(&self, principal: Rupiah, benefit: Rupiah, charged: Rupiah) -> Result<Rupiah, Overflow> {
        let whole = principal.wide() * i128::from(self.total_cap_percent);
        let ceiling = Rupiah::narrow(round_div(whole, 100, Rounding::Floor))?;
        Ok(ceiling.checked_sub(benefit)?.checked_sub(charged)?.max(Rupiah::ZERO))
    }
}

#[cfg(test)]
#[path = "cap_tests.rs"]
mod tests;
