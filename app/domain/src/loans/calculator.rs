//! The operators' calculator behind `server quote`: any terms, priced by the engine the product uses.
//!
//! Enters: the flags as text. Leaves: [`QuoteOutput`], whose JSON keys are fixed, or a [`QuoteError`] that
//! names the flag and the rule. Payments and payoff go through servicing; there is no late fee here.

use std::str::FromStr;

use serde::Serialize;
use time::Date;

use crate::calendar::{DayCount, MonthEnd, Period, parse_date};
use crate::loans::cap::daily_cost_ppm;
use crate::loans::product::{
    Allocation, Component, LateFee, LateFeeMethod, Method, OverdueInterest, PayoffMode, PrepayMode,
};
use crate::loans::schedule::{Schedule, Terms, TermsError, schedule};
use crate::money::{Overflow, Rupiah};
use crate::payments::servicing::{Contract, Event, EventKind, Position, Purpose, ServicingError, payoff, replay};
use crate::rate::{Per, Rate};

/// The flags as typed; rates in percent a year, dates `YYYY-MM-DD`, amounts in rupiah.
#[derive(Clone, Debug, Default)]
pub struct QuoteArgs {
    /// `--principal`.
    pub principal: String,
    /// `--rate`, a decimal string.
    pub rate: String,
    /// `--method`.
    pub method: String,
    /// `--day-count`.
    pub day_count: String,
    /// `--every`.
    pub every: String,
    /// `--count`.
    pub count: String,
    /// `--start`.
    pub start: String,
    /// `--first-due`.
    pub first_due: Option<String>,
    /// `--multiple`; 1 when absent.
    pub multiple: Option<String>,
    /// `--month-end`; clamp when absent.
    pub month_end: Option<String>,
    /// `--disburse DATE:AMOUNT`, later disbursements.
    pub disburse: Vec<String>,
    /// `--pay DATE:AMOUNT`, payments.
    pub pay: Vec<String>,
    /// `--prepay-mode`; without it an excess pays the next instalments and saves no interest.
    pub prepay_mode: Option<String>,
    /// `--payoff DATE`.
    pub payoff: Option<String>,
    /// `--payoff-mode`; to-date when absent.
    pub payoff_mode: Option<String>,
}

/// A flag that breaks a rule; `--count: harus 1 sampai 1200 cicilan`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{flag}: {rule}")]
pub struct QuoteError {
    /// The flag as typed, with its dashes.
    pub flag: &'static str,
    /// The rule in words.
    pub rule: String,
}

impl QuoteError {
    fn new(flag: &'static str, rule: impl ToString) -> Self {
        Self {
            flag,
            rule: rule.to_string(),
        }
    }
}

impl From<TermsError> for QuoteError {
    fn from(error: TermsError) -> Self {
        let flag = match error.field() {
            "rate" => "--rate",
            "every" => "--every",
            "count" => "--count",
            "multiple" => "--multiple",
            "first_due" => "--first-due",
            "tranches" => "--disburse",
            "start" => "--start",
            _ => "--principal",
        };
        Self::new(flag, error)
    }
}

impl From<Overflow> for QuoteError {
    fn from(error: Overflow) -> Self {
        TermsError::from(error).into()
    }
}

/// One line of the answer; amounts in rupiah.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuoteLine {
    /// From 1.
    pub number: u32,
    /// Due date.
    pub due_on: Date,
    /// Principal part.
    pub principal: Rupiah,
    /// Interest part.
    pub interest: Rupiah,
    /// Principal + interest.
    pub total: Rupiah,
    /// Principal left after this line, before a disbursement or prepayment on its due date.
    pub balance: Rupiah,
    /// What of it the payments have paid.
    pub paid: Rupiah,
}

/// Paying everything on a date; amounts in rupiah.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuotePayoff {
    /// The date.
    pub date: Date,
    /// Unpaid principal.
    pub principal: Rupiah,
    /// Interest to the date, or to the end of the running period.
    pub interest: Rupiah,
    /// Unpaid fees.
    pub fees: Rupiah,
    /// The sum, less what is held as credit.
    pub total: Rupiah,
}

/// The answer of the calculator; the field names are the JSON keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuoteOutput {
    /// The lines as they stand after the payments.
    pub instalments: Vec<QuoteLine>,
    /// All principal, prepaid principal too.
    pub total_principal: Rupiah,
    /// Interest of the lines.
    pub total_interest: Rupiah,
    /// The sum of both.
    pub total: Rupiah,
    /// Interest of the terms as agreed over (principal × days), ppm, half to even.
    pub daily_cost_ppm: i64,
    /// `null` when not asked for.
    pub payoff: Option<QuotePayoff>,
}

/// Prices the flags.
pub fn quote(args: &QuoteArgs) -> Result<QuoteOutput, QuoteError> {
    let terms = terms(args)?;
    let agreed = schedule(&terms)?;
    let payments = payments(args, agreed.start)?;
    let payoff_on = args.payoff.as_deref().map(|text| date("--payoff", text)).transpose()?;
    let mode = optional("--payoff-mode", args.payoff_mode.as_deref(), PayoffMode::ToDate)?;
    if args.payoff_mode.is_some() && payoff_on.is_none() {
        return Err(QuoteError::new("--payoff-mode", "hanya bersama --payoff"));
    }
    if payoff_on.is_some_and(|on| on < agreed.start) {
        return Err(QuoteError::new("--payoff", "tidak boleh sebelum tanggal pencairan"));
    }
    let contract = Contract {
        terms,
        late_fee: LateFee {
            method: LateFeeMethod::Daily,
            ppm: 0,
            grace_days: 0,
        },
        allocation: Allocation::IPFL,
        prepay_default: PrepayMode::Next,
        total_cap_percent: 100,
        overdue_interest: OverdueInterest::None,
        cap: None,
        agreed: Vec::new(),
    };
    let last = payments
        .iter()
        .map(|event| event.effective_on)
        .max()
        .unwrap_or(agreed.start);
    let position = replay(&contract, &payments, last).map_err(|error| refused("--pay", &error))?;
    let owed = payoff_on
        .map(|on| payoff(&contract, &payments, on, mode).map_err(|error| refused("--payoff", &error)))
        .transpose()?;
    let (instalments, total_principal, total_interest) = lines(&position)?;
    Ok(QuoteOutput {
        instalments,
        total_principal,
        total_interest,
        total: total_principal.checked_add(total_interest)?,
        daily_cost_ppm: daily_cost(&agreed)?,
        payoff: owed.map(|owed| QuotePayoff {
            date: owed.date,
            principal: owed.principal,
            interest: owed.interest,
            fees: Rupiah::new(owed.fees.get() + owed.late_fees.get()),
            total: owed.total,
        }),
    })
}

fn daily_cost(agreed: &Schedule) -> Result<i64, Overflow> {
    daily_cost_ppm(agreed.charges(), agreed.principal, agreed.tenor_days())
}

fn refused(flag: &'static str, error: &ServicingError) -> QuoteError {
    match error {
        ServicingError::Terms(error) => (*error).into(),
        ServicingError::Amount(_) => QuoteError::new(flag, "jumlah harus 1 sampai 2000000000 rupiah"),
        other => QuoteError::new(flag, other),
    }
}

/// The lines after the payments, all principal, and the interest of the lines.
fn lines(position: &Position) -> Result<(Vec<QuoteLine>, Rupiah, Rupiah), Overflow> {
    let prepaid: Vec<(Date, Rupiah)> = position
        .applied
        .iter()
        .flat_map(|applied| applied.allocations.iter().map(move |part| (applied.on, part)))
        .filter(|(_, part)| part.instalment.is_none() && part.component == Component::Principal)
        .map(|(on, part)| (on, part.amount))
        .collect();
    let lines: Result<Vec<QuoteLine>, Overflow> = position
        .lines
        .iter()
        .map(|line| {
            // A prepayment on a due date opens the next period, as a disbursement does.
            let later = prepaid
                .iter()
                .filter(|(on, _)| *on >= line.due_on)
                .map(|(_, amount)| *amount);
            Ok(QuoteLine {
                number: line.number,
                due_on: line.due_on,
                principal: line.principal.due,
                interest: line.interest.due,
                total: line.instalment(),
                balance: line.balance.checked_add(Rupiah::checked_sum(later)?)?,
                paid: line.principal.paid.checked_add(line.interest.paid)?,
            })
        })
        .collect();
    let lines = lines?;
    let scheduled = Rupiah::checked_sum(lines.iter().map(|line| line.principal))?;
    let principal = scheduled.checked_add(Rupiah::checked_sum(prepaid.iter().map(|(_, amount)| *amount))?)?;
    let interest = Rupiah::checked_sum(lines.iter().map(|line| line.interest))?;
    Ok((lines, principal, interest))
}

fn terms(args: &QuoteArgs) -> Result<Terms, QuoteError> {
    let count = args.count.parse().map_err(|_| QuoteError::from(TermsError::Count))?;
    let rate = Rate::parse(&args.rate, Per::Year).map_err(|error| QuoteError::new("--rate", error))?;
    let method: Method = option("--method", &args.method)?;
    let tranches = args.disburse.iter().map(|text| dated_amount("--disburse", text));
    Ok(Terms {
        day_count: option::<DayCount>("--day-count", &args.day_count)?,
        every: option::<Period>("--every", &args.every)?,
        first_due: args
            .first_due
            .as_deref()
            .map(|text| date("--first-due", text))
            .transpose()?,
        multiple: args
            .multiple
            .as_deref()
            .map_or(Ok(Rupiah::new(1)), |text| amount("--multiple", text))?,
        month_end: optional("--month-end", args.month_end.as_deref(), MonthEnd::Clamp)?,
        tranches: tranches.collect::<Result<_, _>>()?,
        ..Terms::new(
            method,
            amount("--principal", &args.principal)?,
            rate,
            count,
            date("--start", &args.start)?,
        )
    })
}

/// The payments as events in date order; several of one date in the order typed.
fn payments(args: &QuoteArgs, start: Date) -> Result<Vec<Event>, QuoteError> {
    let mode = args
        .prepay_mode
        .as_deref()
        .map(|text| option::<PrepayMode>("--prepay-mode", text))
        .transpose()?;
    let purpose = mode.map_or(Purpose::Instalment, |mode| Purpose::Amount { mode: Some(mode) });
    let mut paid: Vec<(Date, Rupiah)> = Vec::with_capacity(args.pay.len());
    for text in &args.pay {
        let (on, amount) = dated_amount("--pay", text)?;
        if on < start {
            return Err(QuoteError::new("--pay", "tidak boleh sebelum tanggal pencairan"));
        }
        if !amount.is_positive() {
            return Err(QuoteError::new("--pay", "jumlah harus positif"));
        }
        paid.push((on, amount));
    }
    paid.sort_by_key(|(on, _)| *on);
    let event = |(seq, (on, amount)): (i64, (Date, Rupiah))| {
        Event::new(
            seq,
            on,
            on,
            EventKind::Payment {
                reference: format!("pay-{seq}"),
                amount,
                purpose,
            },
        )
    };
    Ok((1..).zip(paid).map(event).collect())
}

fn option<T: FromStr<Err: ToString>>(flag: &'static str, text: &str) -> Result<T, QuoteError> {
    text.parse().map_err(|error: T::Err| QuoteError::new(flag, error))
}

fn optional<T: FromStr<Err: ToString>>(flag: &'static str, text: Option<&str>, absent: T) -> Result<T, QuoteError> {
    text.map_or(Ok(absent), |text| option(flag, text))
}

fn date(flag: &'static str, text: &str) -> Result<Date, QuoteError> {
    parse_date(text).map_err(|_| QuoteError::new(flag, "harus tanggal YYYY-MM-DD yang ada di kalender"))
}

fn amount(flag: &'static str, text: &str) -> Result<Rupiah, QuoteError> {
    Rupiah::parse(text).map_err(|error| QuoteError::new(flag, error))
}

fn dated_amount(flag: &'static str, text: &str) -> Result<(Date, Rupiah), QuoteError> {
    let (on, rupiah) = text
        .split_once(':')
        .ok_or_else(|| QuoteError::new(flag, "harus DATE:AMOUNT"))?;
    Ok((date(flag, on)?, amount(flag, rupiah)?))
}

#[cfg(test)]
#[path = "calculator_tests.rs"]
mod tests;
