//! The product record: what may be lent, at what price, with which rules of servicing.
//!
//! Enters: a published version. Leaves: checked amounts and tenors, and the catalogue's "Sanggup Tunai".
//! A version is immutable; a change makes a new version and a loan keeps its own for life.

use serde::{Deserialize, Serialize};
use time::Date;
use time::macros::date;

use crate::calendar::{DayCount, DuePolicy, HolidayRule, MonthEnd, Period, options};
use crate::money::{Overflow, Rounding, Rupiah};
use crate::rate::{Fraction, PPM, Rate};

pub use crate::loans::servicing_rules::{
    Allocation, Component, FutureRule, LateFee, LateFeeMethod, OverdueInterest, PayoffMode, PrepayMode,
};

options! {
    /// How instalments are computed.
    Method, "method" {
        /// Equal instalments, interest on the balance at the start of the period (declining balance).
        Annuity => "annuity",
        /// Interest once on the whole principal for the whole tenor, spread evenly.
        Flat => "flat",
        /// Equal principal parts, interest on the balance.
        EqualPrincipal => "equal-principal",
    }
}

options! {
    /// What the money is for in law; selects the cap row.
    PurposeType, "purpose-type" {
        /// Consumptive.
        Consumptive => "consumptive",
        /// Productive, micro.
        ProductiveMicro => "productive_micro",
        /// Productive, small and medium.
        ProductiveSmallMedium => "productive_small_medium",
    }
}

impl PurposeType {
    /// In words, inside a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Consumptive => "konsumtif",
            Self::ProductiveMicro => "produktif, mikro",
            Self::ProductiveSmallMedium => "produktif, kecil dan menengah",
        }
    }
}

options! {
    /// How the instalment amount is rounded to the multiple.
    InstalmentRounding, "instalment-rounding" {
        /// Half to even.
        Nearest => "nearest",
        /// Up.
        Ceil => "ceil",
    }
}

impl InstalmentRounding {
    /// The rounding mode of the instalment amount.
    #[must_use]
    pub const fn mode(self) -> Rounding {
        match self {
            Self::Nearest => Rounding::HalfEven,
            Self::Ceil => Rounding::Ceil,
        }
    }
}

options! {
    /// When a fee is charged.
    FeeWhen, "fee-when" {
        /// Once, at disbursement.
        UpFront => "up_front",
        /// With each instalment.
        EachInstalment => "each_instalment",
    }
}

/// How much a fee is; percentages are rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeAmount {
    /// Parts per million of the principal.
    PpmOfPrincipal(i64),
    /// Parts per million of principal + interest of the instalment.
    PpmOfInstalment(i64),
    /// Whole rupiah.
    Fixed(Rupiah),
}

/// One fee of ours; counts as benefit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// What it is for, in Indonesian.
    pub what: String,
    /// How much.
    pub amount: FeeAmount,
    /// When it is charged.
    pub when: FeeWhen,
    /// Up front only: taken from the disbursement; otherwise it is due with the first instalment.
    pub deducted: bool,
}

impl Fee {
    /// The fee in rupiah on a principal and, for a fee on instalments, on principal + interest of one line.
    pub fn on(&self, principal: Rupiah, instalment: Rupiah) -> Result<Rupiah, Overflow> {
        let part = |ppm: i64, base: Rupiah| Fraction::new(i128::from(ppm), PPM)?.of(base, Rounding::Floor);
        match self.amount {
            FeeAmount::PpmOfPrincipal(ppm) => part(ppm, principal),
            FeeAmount::PpmOfInstalment(ppm) => part(ppm, instalment),
            FeeAmount::Fixed(amount) => Ok(amount),
        }
    }
}

options! {
    /// A cost passed on to someone else; apart from our fees because cap versions treat them differently.
    PassThroughKind, "pass-through" {
        /// Stamp duty (e-meterai).
        StampDuty => "stamp_duty",
        /// The certified e-signature.
        ESign => "e_sign",
    }
}

/// One pass-through cost paid by the borrower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassThrough {
    /// Which cost.
    pub kind: PassThroughKind,
    /// Whole rupiah.
    pub amount: Rupiah,
}

/// The amounts that may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmountRange {
    /// The smallest amount.
    pub min: Rupiah,
    /// The largest amount.
    pub max: Rupiah,
    /// Amounts are `min + k × step`.
    pub step: Rupiah,
}

impl AmountRange {
    /// Every amount, ascending.
    pub fn amounts(self) -> impl DoubleEndedIterator<Item = Rupiah> {
        let steps = (self.max.get() - self.min.get()) / self.step.get().max(1);
        (0..=steps).map(move |k| Rupiah::new(self.min.get() + k * self.step.get()))
    }

    /// The largest amount of the range that is not above `limit`; `None` when even the smallest is.
    #[must_use]
    pub fn floor(self, limit: Rupiah) -> Option<Rupiah> {
        let top = limit.min(self.max).get() - self.min.get();
        (top >= 0).then(|| Rupiah::new(self.min.get() + top / self.step.get().max(1) * self.step.get()))
    }
}

/// One version of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Stable code, `sanggup-tunai`.
    pub code: String,
    /// Version number from 1.
    pub version: u32,
    /// Name for people.
    pub name: String,
    /// First date on which it is offered.
    pub valid_from: Date,
    /// Last date on which it is offered; `None`: until a newer version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
    /// Selects the cap row.
    pub purpose_type: PurposeType,
    /// How instalments are computed.
    pub method: Method,
    /// The price of time.
    pub rate: Rate,
    /// Ignored for a daily rate.
    pub day_count: DayCount,
    /// Time between instalments.
    pub every: Period,
    /// Allowed amounts.
    pub amount: AmountRange,
    /// Allowed numbers of instalments.
    pub tenors: Vec<u32>,
    /// Instalments are a multiple of this; ignored by equal principal.
    pub multiple: Rupiah,
    /// How they are rounded to it.
    pub instalment_rounding: InstalmentRounding,
    /// The rounding of interest.
    pub interest_rounding: Rounding,
    /// A fixed instalment amount instead of a number of instalments (annuity).
    pub fixed_instalment: Option<Rupiah>,
    /// Rule for short months.
    pub month_end: MonthEnd,
    /// Rule for the day of the month.
    pub due_policy: DuePolicy,
    /// Rule for days that are not business days.
    pub holiday_rule: HolidayRule,
    /// Our fees.
    pub fees: Vec<Fee>,
    /// Costs passed on.
    pub pass_through: Vec<PassThrough>,
    /// The late fee.
    pub late_fee: LateFee,
    /// Interest on overdue principal.
    pub overdue_interest: OverdueInterest,
    /// How payments are spread.
    pub allocation: Allocation,
    /// What a prepayment does when the borrower does not choose.
    pub prepay_default: PrepayMode,
    /// Whether later disbursements are allowed.
    pub tranches: bool,
}

/// Why an amount or a tenor is an input error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceError {
    /// Below the smallest amount.
    #[error("Jumlah paling sedikit {0}.")]
    BelowMin(Rupiah),
    /// Above the largest amount.
    #[error("Jumlah paling banyak {0}.")]
    AboveMax(Rupiah),
    /// Not on a step.
    #[error("Jumlah harus kelipatan {0}.")]
    NotOnStep(Rupiah),
    /// A tenor that is not in the list.
    #[error("Lama pinjaman ini tidak tersedia.")]
    Tenor,
}

impl ChoiceError {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BelowMin(_) => "amount_below_min",
            Self::AboveMax(_) => "amount_above_max",
            Self::NotOnStep(_) => "amount_not_on_step",
            Self::Tenor => "tenor_not_offered",
        }
    }

    /// The field it belongs to: `amount` or `tenor_months`.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Tenor => "tenor_months",
            _ => "amount",
        }
    }
}

impl Product {
    /// The catalogue product "Sanggup Tunai": 2.5 % a month, Rp500.000 to Rp20.000.000, 3 to 12 months.
    #[must_use]
    pub fn sanggup_tunai() -> Self {
        Self {
            code: "sanggup-tunai".to_owned(),
            version: 1,
            name: "Sanggup Tunai".to_owned(),
            valid_from: date!(2026 - 01 - 01),
            valid_until: None,
            purpose_type: PurposeType::Consumptive,
            method: Method::Annuity,
            rate: Rate::monthly(25_000),
            day_count: DayCount::Thirty360,
            every: Period::Months(1),
            amount: AmountRange {
                min: Rupiah::new(500_000),
                max: Rupiah::new(20_000_000),
                step: Rupiah::new(100_000),
            },
            tenors: vec![3, 6, 9, 12],
            multiple: Rupiah::new(1),
            instalment_rounding: InstalmentRounding::Nearest,
            interest_rounding: Rounding::HalfEven,
            fixed_instalment: None,
            month_end: MonthEnd::Clamp,
            due_policy: DuePolicy::SameDay,
            holiday_rule: HolidayRule::None,
            fees: Vec::new(),
            pass_through: Vec::new(),
            late_fee: LateFee {
                method: LateFeeMethod::Daily,
                ppm: 1_000,
                grace_days: 0,
            },
            overdue_interest: OverdueInterest::None,
            allocation: Allocation::IPFL,
            prepay_default: PrepayMode::Next,
            tranches: false,
        }
    }

    /// Whether the record is complete and its numbers are in range; a draft that is not cannot be published.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let AmountRange { min, max, step } = self.amount;
        let steps = (max.get() - min.get()) / step.get().max(1);
        min.is_positive()
            && min <= max
            && max <= Rupiah::MAX_INPUT
            && step.is_positive()
            // The cap proof prices every step.
            && steps <= 10_000
            && (1..=24).contains(&self.tenors.len())
            && self.tenors.is_sorted_by(|a, b| a < b)
            && self.valid_until.is_none_or(|last| self.valid_from <= last)
            && self.rate.in_range()
            && self.late_fee.ppm >= 0
            && self.allocation.is_permutation()
            && self.pass_through.iter().all(|cost| !cost.amount.is_negative())
    }

    /// Whether it is offered on a date.
    #[must_use]
    pub fn is_offered_on(&self, date: Date) -> bool {
        self.valid_from <= date && self.valid_until.is_none_or(|last| date <= last)
    }

    /// Whether an amount (min, max, step) and a tenor may be asked for; an input error, not a decision.
    pub fn check_choice(&self, amount: Rupiah, tenor: u32) -> Result<(), ChoiceError> {
        if amount < self.amount.min {
            return Err(ChoiceError::BelowMin(self.amount.min));
        }
        if amount > self.amount.max {
            return Err(ChoiceError::AboveMax(self.amount.max));
        }
        if self.amount.floor(amount) != Some(amount) {
            return Err(ChoiceError::NotOnStep(self.amount.step));
        }
        if self.tenors.contains(&tenor) {
            Ok(())
        } else {
            Err(ChoiceError::Tenor)
        }
    }
}
