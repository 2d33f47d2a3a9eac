//! What a schedule depends on, and the rules terms must keep.
//!
//! Enters: product, amount, tenor, start date. Leaves: [`Terms`], or a [`TermsError`] that names the field
//! and the rule.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::calendar::{DateRange, DayCount, DuePolicy, HolidayRule, Holidays, MonthEnd, Period};
use crate::loans::product::{Fee, FeeAmount, FeeWhen, InstalmentRounding, Method, Product};
use crate::money::{Overflow, Rounding, Rupiah};
use crate::rate::Rate;

/// The largest number of instalments of a schedule.
pub const MAX_COUNT: u32 = 1_200;

/// Everything a schedule depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The amount lent at the start, 1 to Rp2 miliar.
    pub principal: Rupiah,
    /// How instalments are computed.
    pub method: Method,
    /// The price of time.
    pub rate: Rate,
    /// Ignored for a daily rate.
    pub day_count: DayCount,
    /// Time between instalments.
    pub every: Period,
    /// Number of instalments, 1 to [`MAX_COUNT`]; ignored with a fixed instalment.
    pub count: u32,
    /// A given instalment amount; the number of instalments is then a result (annuity only).
    pub fixed_instalment: Option<Rupiah>,
    /// The disbursement date.
    pub start: Date,
    /// The first due date, after the start; without it one period after the start.
    pub first_due: Option<Date>,
    /// Instalments are a multiple of this; ignored by equal principal.
    pub multiple: Rupiah,
    /// How they are rounded to it.
    pub instalment_rounding: InstalmentRounding,
    /// The rounding of interest.
    pub interest_rounding: Rounding,
    /// Rule for short months.
    pub month_end: MonthEnd,
    /// Rule for the day of the month; months only.
    pub due_policy: DuePolicy,
    /// Rule for days that are not business days.
    pub holiday_rule: HolidayRule,
    /// The holidays that rule looks at.
    pub holidays: Holidays,
    /// Our fees.
    pub fees: Vec<Fee>,
    /// Later disbursements (date, amount); refused for flat.
    pub tranches: Vec<(Date, Rupiah)>,
}

impl Terms {
    /// Plain terms: 30/360, monthly, multiple 1, clamp, no fees, no holidays, one disbursement.
    #[must_use]
    pub fn new(method: Method, principal: Rupiah, rate: Rate, count: u32, start: Date) -> Self {
        Self {
            principal,
            method,
            rate,
            day_count: DayCount::Thirty360,
            every: Period::Months(1),
            count,
            fixed_instalment: None,
            start,
            first_due: None,
            multiple: Rupiah::new(1),
            instalment_rounding: InstalmentRounding::Nearest,
            interest_rounding: Rounding::HalfEven,
            month_end: MonthEnd::Clamp,
            due_policy: DuePolicy::SameDay,
            holiday_rule: HolidayRule::None,
            holidays: Holidays::default(),
            fees: Vec::new(),
            tranches: Vec::new(),
        }
    }

    /// The terms of a product version for an amount, a number of instalments and a disbursement date.
    #[must_use]
    pub fn of(product: &Product, principal: Rupiah, tenor: u32, start: Date) -> Self {
        Self {
            day_count: product.day_count,
            every: product.every,
            fixed_instalment: product.fixed_instalment,
            multiple: product.multiple,
            instalment_rounding: product.instalment_rounding,
            interest_rounding: product.interest_rounding,
            month_end: product.month_end,
            due_policy: product.due_policy,
            holiday_rule: product.holiday_rule,
            fees: product.fees.clone(),
            ..Self::new(product.method, principal, product.rate, tenor, start)
        }
    }

    /// The same with the holidays that their rule looks at; terms that look at none keep none. In a year that is not
    /// loaded only Saturdays and Sundays move a date.
    #[must_use]
    pub fn on_calendar(self, holidays: &Holidays) -> Self {
        let holidays = match self.holiday_rule {
            HolidayRule::None => Holidays::default(),
            HolidayRule::NextBusinessDay | HolidayRule::PreviousBusinessDay => holidays.clone(),
        };
        Self { holidays, ..self }
    }

    /// Refuses terms no schedule can be made of; the dates are checked while they are generated.
    pub(super) fn check(&self) -> Result<(), TermsError> {
        if !self.principal.is_positive() || self.principal > Rupiah::MAX_INPUT {
            return Err(TermsError::Principal);
        }
        if !self.rate.in_range() {
            return Err(TermsError::Rate);
        }
        if !self.every.in_range() {
            return Err(TermsError::Every);
        }
        if self.fixed_instalment.is_none() && !(1..=MAX_COUNT).contains(&self.count) {
            return Err(TermsError::Count);
        }
        if !self.multiple.is_positive() || self.multiple > Rupiah::MAX_INPUT {
            return Err(TermsError::Multiple);
        }
        if self.due_policy != DuePolicy::SameDay && self.every.days().is_some() {
            return Err(TermsError::DuePolicy);
        }
        if self.first_due.is_some_and(|first| first <= self.start) {
            return Err(TermsError::FirstDue);
        }
        if self.fixed_instalment.is_some() && (self.method != Method::Annuity || !self.tranches.is_empty()) {
            return Err(TermsError::FixedInstalment);
        }
        self.fees.iter().try_for_each(check_fee)?;
        self.check_tranches()
    }

    fn check_tranches(&self) -> Result<(), TermsError> {
        if !self.tranches.is_empty() && self.method == Method::Flat {
            return Err(TermsError::TrancheOnFlat);
        }
        if self.tranches.iter().any(|(on, _)| *on < self.start) {
            return Err(TermsError::TrancheDate);
        }
        if self.tranches.iter().any(|(_, amount)| !amount.is_positive()) {
            return Err(TermsError::TrancheAmount);
        }
        if self.total_principal()? > Rupiah::MAX_INPUT {
            return Err(TermsError::TrancheAmount);
        }
        Ok(())
    }

    /// The principal of all disbursements.
    pub fn total_principal(&self) -> Result<Rupiah, Overflow> {
        let tranches = Rupiah::checked_sum(self.tranches.iter().map(|(_, amount)| *amount))?;
        self.principal.checked_add(tranches)
    }
}

fn check_fee(fee: &Fee) -> Result<(), TermsError> {
    let fits = match fee.amount {
        FeeAmount::PpmOfPrincipal(ppm) => (0..=1_000_000).contains(&ppm),
        FeeAmount::PpmOfInstalment(ppm) => (0..=1_000_000).contains(&ppm) && fee.when == FeeWhen::EachInstalment,
        FeeAmount::Fixed(amount) => !amount.is_negative() && amount <= Rupiah::MAX_INPUT,
    };
    if fits && !(fee.deducted && fee.when == FeeWhen::EachInstalment) {
        Ok(())
    } else {
        Err(TermsError::Fee)
    }
}

/// Why terms are refused; the text is the rule, [`TermsError::field`] the field that breaks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum TermsError {
    /// Principal outside 1 to Rp2 miliar.
    #[error("harus 1 sampai 2000000000 rupiah")]
    Principal,
    /// Rate outside its range.
    #[error("harus 0 sampai 10000 persen")]
    Rate,
    /// Period outside its range.
    #[error("harus 1-12 bulan, 1-52 minggu atau 1-366 hari")]
    Every,
    /// Number of instalments outside 1 to [`MAX_COUNT`].
    #[error("harus 1 sampai 1200 cicilan")]
    Count,
    /// Multiple outside 1 to Rp2 miliar.
    #[error("harus 1 sampai 2000000000 rupiah")]
    Multiple,
    /// The last instalment (or any other) would be zero or negative.
    #[error("terlalu besar untuk pinjaman ini: ada cicilan nol atau negatif")]
    MultipleTooBig,
    /// So many instalments that one would be zero.
    #[error("terlalu banyak untuk pokok ini: ada cicilan nol atau negatif")]
    ZeroInstalment,
    /// A due policy with weeks or days.
    #[error("hanya untuk periode bulanan")]
    DuePolicy,
    /// First due date not after the start.
    #[error("harus setelah tanggal pencairan")]
    FirstDue,
    /// The interest of a period is more than the instalment, so the balance would rise.
    #[error("bunga satu periode melebihi cicilan, pokok akan naik")]
    NegativePrincipal,
    /// Fixed instalment with another method than annuity, or with tranches.
    #[error("cicilan tetap hanya untuk anuitas tanpa pencairan susulan")]
    FixedInstalment,
    /// Fixed instalment not above the interest of a period.
    #[error("cicilan tetap harus lebih besar dari bunga satu periode")]
    InstalmentTooSmall,
    /// A fee outside its range.
    #[error("biaya di luar jangkauan")]
    Fee,
    /// A tranche on a flat loan.
    #[error("pencairan susulan tidak untuk metode flat")]
    TrancheOnFlat,
    /// A tranche before the start, or on or after the last due date.
    #[error("harus sejak tanggal pencairan dan sebelum jatuh tempo terakhir")]
    TrancheDate,
    /// A tranche amount not positive, or all disbursements together above Rp2 miliar.
    #[error("harus positif dan bersama pokok paling banyak 2000000000 rupiah")]
    TrancheAmount,
    /// A due date moved by the holiday rule is not after the previous one.
    #[error("jatuh tempo yang digeser hari libur harus setelah jatuh tempo sebelumnya")]
    HolidayMove,
    /// A date outside the years that can be written.
    #[error("tanggal di luar jangkauan")]
    DateRange,
    /// A number outside what integers can hold.
    #[error("ketentuan di luar jangkauan")]
    OutOfRange,
}

impl From<Overflow> for TermsError {
    fn from(_: Overflow) -> Self {
        Self::OutOfRange
    }
}

impl From<DateRange> for TermsError {
    fn from(_: DateRange) -> Self {
        Self::DateRange
    }
}

impl TermsError {
    /// The field of [`Terms`] that breaks the rule.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Principal | Self::OutOfRange => "principal",
            Self::Rate | Self::NegativePrincipal => "rate",
            Self::Every => "every",
            Self::Count | Self::ZeroInstalment => "count",
            Self::Multiple | Self::MultipleTooBig => "multiple",
            Self::DuePolicy => "due_policy",
            Self::FirstDue => "first_due",
            Self::FixedInstalment | Self::InstalmentTooSmall => "fixed_instalment",
            Self::Fee => "fees",
            Self::TrancheOnFlat | Self::TrancheDate | Self::TrancheAmount => "tranches",
            Self::HolidayMove => "holiday_rule",
            Self::DateRange => "start",
        }
    }

    /// Stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Principal => "terms_principal",
            Self::Rate => "terms_rate",
            Self::Every => "terms_every",
            Self::Count => "terms_count",
            Self::Multiple => "terms_multiple",
            Self::MultipleTooBig => "terms_multiple_too_big",
            Self::ZeroInstalment => "terms_zero_instalment",
            Self::DuePolicy => "terms_due_policy",
            Self::FirstDue => "terms_first_due",
            Self::NegativePrincipal => "terms_negative_principal",
            Self::FixedInstalment => "terms_fixed_instalment",
            Self::InstalmentTooSmall => "terms_instalment_too_small",
            Self::Fee => "terms_fee",
            Self::TrancheOnFlat => "terms_tranche_on_flat",
            Self::TrancheDate => "terms_tranche_date",
            Self::TrancheAmount => "terms_tranche_amount",
            Self::HolidayMove => "terms_holiday_move",
            Self::DateRange => "terms_date_range",
            Self::OutOfRange => "terms_out_of_range",
        }
    }
}
