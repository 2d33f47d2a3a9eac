//! What is shown and stored before consent.
//!
//! Enters: product, schedule, cap. Leaves: [`Disclosure`] and its canonical text; the service hashes the
//! text and consent carries the hash. Every figure comes from the functions that price the loan.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use time::Date;

use crate::calendar::days_between;
use crate::loans::cap::{Cap, CapCheck};
use crate::loans::product::{FeeWhen, LateFeeMethod, PassThrough, Product};
use crate::loans::schedule::{Schedule, TermsError};
use crate::money::{Overflow, Rounding, Rupiah, round_div};
use crate::rate::{Fraction, PPM};
use crate::text;

/// The scale of discount factors.
const SCALE: i128 = 1_000_000_000_000_000;

/// One fee as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeShown {
    /// What it is for.
    pub what: String,
    /// Rupiah over the whole loan.
    pub amount: Rupiah,
    /// Up front or with each instalment.
    pub when: FeeWhen,
    /// Taken from the disbursement.
    pub deducted: bool,
}

/// One instalment as shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstalmentShown {
    /// From 1.
    pub number: u32,
    /// Due date.
    pub due_on: Date,
    /// Principal + interest + fee, rupiah.
    pub amount: Rupiah,
}

/// The effective cost of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectiveCost {
    /// Parts per million.
    Ppm(i64),
    /// More than 2 % a day.
    AboveMax,
}

impl EffectiveCost {
    /// `34,5%`, or the words for more than can be computed.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Ppm(ppm) => text::percent_of(i128::from(ppm), PPM, 1),
            Self::AboveMax => "lebih dari 100.000%".to_owned(),
        }
    }
}

/// Everything a borrower must see before consent; amounts in rupiah.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// Product code.
    pub product_code: String,
    /// Product version.
    pub product_version: u32,
    /// Disbursement date the figures were computed for.
    pub start: Date,
    /// The agreement amount.
    pub principal: Rupiah,
    /// What reaches the borrower's account.
    pub net_cash: Rupiah,
    /// Our fees.
    pub fees: Vec<FeeShown>,
    /// Costs passed on.
    pub pass_through: Vec<PassThrough>,
    /// Number, dates and amounts.
    pub instalments: Vec<InstalmentShown>,
    /// Σ interest.
    pub total_interest: Rupiah,
    /// Interest + fees + costs that count as benefit.
    pub benefit: Rupiah,
    /// Everything the borrower pays, pass-through costs included.
    pub total_paid: Rupiah,
    /// The daily ratio beside its cap.
    pub cap: CapCheck,
    /// Simple annual cost in hundredths of a percent.
    pub simple_annual: i64,
    /// Effective annual cost.
    pub effective_annual: EffectiveCost,
    /// Late fee for each day the whole first instalment is late (rounded down), or once where the product says so.
    pub late_fee_first: Rupiah,
    /// The most that benefit and late fees together can ever be.
    pub total_cap: Rupiah,
    /// What paying everything off on the first due date saves in interest.
    pub early_payoff_saves: Rupiah,
    /// Who receives the money, account masked; empty in a simulation.
    pub recipient: String,
}

/// Why there is nothing to disclose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("angka rincian di luar jangkauan")]
pub struct DisclosureError;

impl From<Overflow> for DisclosureError {
    fn from(_: Overflow) -> Self {
        Self
    }
}

impl From<DisclosureError> for TermsError {
    fn from(_: DisclosureError) -> Self {
        Self::OutOfRange
    }
}

impl Disclosure {
    /// Computes every figure of a schedule of this product; `recipient` is the masked account, empty when unknown.
    pub fn of(product: &Product, schedule: &Schedule, cap: &Cap, recipient: &str) -> Result<Self, DisclosureError> {
        let check = cap.check_schedule(schedule, &product.pass_through)?;
        let passed_on = Rupiah::checked_sum(product.pass_through.iter().map(|cost| cost.amount))?;
        let first_interest = schedule.lines.first().map_or(Rupiah::ZERO, |line| line.interest);
        Ok(Self {
            product_code: product.code.clone(),
            product_version: product.version,
            start: schedule.start,
            principal: schedule.principal,
            net_cash: schedule.net_cash,
            fees: fees_shown(product, schedule)?,
            pass_through: product.pass_through.clone(),
            instalments: schedule
                .lines
                .iter()
                .map(|line| InstalmentShown {
                    number: line.number,
                    due_on: line.due_on,
                    amount: line.total(),
                })
                .collect(),
            total_interest: schedule.total_interest,
            benefit: check.benefit,
            total_paid: schedule.total_paid().checked_add(passed_on)?,
            simple_annual: simple_annual(schedule, check.benefit)?,
            effective_annual: effective_annual(schedule)?,
            late_fee_first: late_fee_first(product, schedule)?,
            total_cap: cap.late_fee_room(schedule.principal, Rupiah::ZERO, Rupiah::ZERO)?,
            early_payoff_saves: schedule.total_interest.checked_sub(first_interest)?,
            recipient: recipient.to_owned(),
            cap: check,
        })
    }

    /// `5 × Rp544.650, lalu Rp544.649`; runs of equal instalments in order.
    #[must_use]
    pub fn instalments_in_words(&self) -> String {
        let mut runs: Vec<(usize, Rupiah)> = Vec::new();
        for shown in &self.instalments {
            match runs.last_mut() {
                Some((count, amount)) if *amount == shown.amount => *count += 1,
                _ => runs.push((1, shown.amount)),
            }
        }
        let run = |(count, amount): &(usize, Rupiah)| match count {
            1 => amount.to_string(),
            _ => format!("{count} × {amount}"),
        };
        runs.iter().map(run).collect::<Vec<_>>().join(", lalu ")
    }

    /// `30,04%`.
    #[must_use]
    pub fn simple_annual_in_words(&self) -> String {
        text::percent_of(i128::from(self.simple_annual), 10_000, 2)
    }

    /// The text whose SHA-256 is the disclosure hash: one `key=value` a line, fixed order, ISO dates, plain integers.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        let mut line = |key: &str, value: &dyn std::fmt::Display| {
            // A line break inside a value could imitate another line.
            let value = value.to_string().replace('\\', "\\\\").replace('\n', "\\n");
            let _ = writeln!(out, "{key}={value}");
        };
        line("form", &"sanggup-disclosure-1");
        line(
            "product",
            &format_args!("{} v{}", self.product_code, self.product_version),
        );
        line("start", &self.start);
        line("principal", &self.principal.get());
        line("net_cash", &self.net_cash.get());
        for fee in &self.fees {
            line(
                "fee",
                &format_args!("{} {} {} {}", fee.amount.get(), fee.when, fee.deducted, fee.what),
            );
        }
        for cost in &self.pass_through {
            line("pass_through", &format_args!("{} {}", cost.kind, cost.amount.get()));
        }
        for shown in &self.instalments {
            line(
                "instalment",
                &format_args!("{} {} {}", shown.number, shown.due_on, shown.amount.get()),
            );
        }
        line("total_interest", &self.total_interest.get());
        line("benefit", &self.benefit.get());
        line("total_paid", &self.total_paid.get());
        line("cap", &format_args!("{} {}", self.cap.cap_id, self.cap.cap_ppm));
        line("days", &self.cap.days);
        line("daily_cost_ppm", &self.cap.ppm);
        line("simple_annual", &self.simple_annual);
        match self.effective_annual {
            EffectiveCost::Ppm(ppm) => line("effective_annual_ppm", &ppm),
            EffectiveCost::AboveMax => line("effective_annual_ppm", &"above_max"),
        }
        line("late_fee_first", &self.late_fee_first.get());
        line("total_cap", &self.total_cap.get());
        line("early_payoff_saves", &self.early_payoff_saves.get());
        line("recipient", &self.recipient);
        out
    }
}

fn fees_shown(product: &Product, schedule: &Schedule) -> Result<Vec<FeeShown>, Overflow> {
    let shown = product.fees.iter().map(|fee| {
        let amount = match fee.when {
            FeeWhen::UpFront => fee.on(schedule.principal, Rupiah::ZERO)?,
            FeeWhen::EachInstalment => schedule.lines.iter().try_fold(Rupiah::ZERO, |sum, line| {
                sum.checked_add(fee.on(schedule.principal, line.instalment())?)
            })?,
        };
        Ok(FeeShown {
            what: fee.what.clone(),
            amount,
            when: fee.when,
            deducted: fee.deducted,
        })
    });
    shown.collect()
}

/// The late fee of the first instalment: of a day, or the one fee of a product that charges once.
fn late_fee_first(product: &Product, schedule: &Schedule) -> Result<Rupiah, Overflow> {
    let Some(first) = schedule.lines.first() else {
        return Ok(Rupiah::ZERO);
    };
    let (base, days) = match product.late_fee.method {
        LateFeeMethod::Daily | LateFeeMethod::OneOffPrincipal => (first.principal, 1),
        LateFeeMethod::OneOffInstalment => (first.instalment(), 1),
        LateFeeMethod::Annual => (first.instalment(), 365),
    };
    Fraction::new(i128::from(product.late_fee.ppm), PPM * days)?.of(base, Rounding::Floor)
}

/// Benefit × 365 over the balance-days of the money that was really received, in hundredths of a percent.
pub fn simple_annual(schedule: &Schedule, benefit: Rupiah) -> Result<i64, Overflow> {
    let (mut from, mut balance, mut balance_days) = (schedule.start, schedule.principal, 0_i128);
    for line in &schedule.lines {
        balance_days += balance.wide() * i128::from(days_between(from, line.due_on));
        (from, balance) = (line.due_on, line.balance);
    }
    let top = benefit
        .wide()
        .checked_mul(365 * 10_000 * schedule.principal.wide())
        .ok_or(Overflow)?;
    let bottom = schedule
        .net_cash
        .wide()
        .checked_mul(balance_days)
        .filter(|den| *den > 0)
        .ok_or(Overflow)?;
    i64::try_from(round_div(top, bottom, Rounding::HalfEven)).map_err(|_| Overflow)
}

fn scaled(a: i128, b: i128) -> i128 {
    round_div(a * b, SCALE, Rounding::HalfEven)
}

/// `factor^days`, scaled, by binary powers from the top bit.
fn power(factor: i128, days: i64) -> i128 {
    let mut result = SCALE;
    for bit in (0..i64::BITS - days.leading_zeros()).rev() {
        result = scaled(result, result);
        if days >> bit & 1 == 1 {
            result = scaled(result, factor);
        }
    }
    result
}

/// The yearly rate at which the instalments are worth the net cash; days from disbursement over 365, integers only.
///
/// For schedules with one disbursement: later tranches are not discounted as money received later.
pub fn effective_annual(schedule: &Schedule) -> Result<EffectiveCost, Overflow> {
    if schedule.total_paid() <= schedule.net_cash {
        return Ok(EffectiveCost::Ppm(0));
    }
    // Beyond this the products below would leave 128 bits.
    if schedule.total_paid().get() > 10_i64.pow(15) {
        return Err(Overflow);
    }
    let received = schedule.net_cash.wide() * PPM;
    let worth = |daily: i128| -> i128 {
        let present = |due_on, amount: Rupiah| {
            let discount = power(daily, days_between(schedule.start, due_on));
            round_div(amount.wide() * PPM * discount, SCALE, Rounding::HalfEven)
        };
        schedule
            .lines
            .iter()
            .map(|line| present(line.due_on, line.total()))
            .sum()
    };
    let (mut low, mut high) = (round_div(SCALE * 100, 102, Rounding::Ceil), SCALE);
    if worth(low) > received {
        return Ok(EffectiveCost::AboveMax);
    }
    // The greatest factor at which the instalments are worth no more than the net cash.
    while low < high {
        let middle = low + (high - low + 1) / 2;
        if worth(middle) <= received {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    let year = power(low, 365);
    let ppm = round_div((SCALE - year) * PPM, year, Rounding::HalfEven);
    i64::try_from(ppm).map(EffectiveCost::Ppm).map_err(|_| Overflow)
}

#[cfg(test)]
#[path = "disclosure_tests.rs"]
mod tests;
