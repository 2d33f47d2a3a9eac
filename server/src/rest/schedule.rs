//! Schedules, costs and balances as programs read them: whole rupiah, plain dates.

use domain::{
    loans::{
        Simulation,
        cap::CapCheck,
        disclosure::{Disclosure, EffectiveCost},
    },
    payments::servicing::{Payoff, Position},
};
use serde::Serialize;
use utoipa::ToSchema;

/// One instalment.
#[derive(Serialize, ToSchema)]
pub struct InstalmentAnswer {
    number: u32,
    #[schema(format = "date")]
    due_on: String,
    principal: i64,
    interest: i64,
    /// Fees and late fees.
    fee: i64,
    total: i64,
    /// Principal left afterwards.
    balance: i64,
    /// What of it is paid.
    paid: i64,
    /// `paid`, `next`, `later`, `due`, `overdue`; absent before the loan runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

/// All instalments with their sums.
#[derive(Serialize, ToSchema)]
pub struct ScheduleAnswer {
    instalments: Vec<InstalmentAnswer>,
    total_principal: i64,
    total_interest: i64,
    total: i64,
}

/// Everything that must be known before consent.
#[derive(Serialize, ToSchema)]
pub struct DisclosureAnswer {
    /// What reaches the account.
    net_cash: i64,
    total_interest: i64,
    total_fees: i64,
    total_paid: i64,
    /// Cost a day, parts per million of the principal.
    daily_cost_ppm: i64,
    /// The legal cap beside it.
    cap_ppm: i64,
    /// Which cap.
    cap_id: String,
    /// Hundredths of a percent a year.
    simple_annual: i64,
    /// Parts per million a year; absent when above what can be computed.
    effective_annual_ppm: Option<i64>,
    /// For each day the first instalment is late.
    late_fee_per_day: i64,
    /// The most that costs and late fees can ever be.
    total_cap: i64,
    /// Interest saved by paying everything on the first due date.
    early_payoff_saves: i64,
    /// Who receives the money, masked; empty when unknown.
    recipient: String,
}

/// Priced terms.
#[derive(Serialize, ToSchema)]
pub struct SimulationAnswer {
    product: String,
    product_version: u32,
    amount: i64,
    tenor_months: u32,
    #[schema(format = "date")]
    start: String,
    schedule: ScheduleAnswer,
    disclosure: DisclosureAnswer,
}

/// What paying everything off costs.
#[derive(Serialize, ToSchema)]
pub struct PayoffAnswer {
    #[schema(format = "date")]
    date: String,
    principal: i64,
    interest: i64,
    fees: i64,
    late_fees: i64,
    /// Money of the caller that is used up.
    credit: i64,
    total: i64,
    interest_saved: i64,
}

impl From<&Simulation> for SimulationAnswer {
    fn from(simulation: &Simulation) -> Self {
        Self {
            product: simulation.product.code.clone(),
            product_version: simulation.product.version,
            amount: simulation.amount.get(),
            tenor_months: simulation.tenor,
            start: simulation.start.to_string(),
            schedule: (&simulation.schedule).into(),
            disclosure: disclosure(&simulation.disclosure, &simulation.cap),
        }
    }
}

impl From<&domain::loans::schedule::Schedule> for ScheduleAnswer {
    fn from(schedule: &domain::loans::schedule::Schedule) -> Self {
        let line = |line: &domain::loans::schedule::Line| InstalmentAnswer {
            number: line.number,
            due_on: line.due_on.to_string(),
            principal: line.principal.get(),
            interest: line.interest.get(),
            fee: line.fee.get(),
            total: line.total().get(),
            balance: line.balance.get(),
            paid: 0,
            status: None,
        };
        Self {
            instalments: schedule.lines.iter().map(line).collect(),
            total_principal: schedule.principal.get(),
            total_interest: schedule.total_interest.get(),
            total: schedule.total_paid().get(),
        }
    }
}

impl From<&Position> for ScheduleAnswer {
    fn from(position: &Position) -> Self {
        let lines = position.lines.iter().map(|line| {
            let parts = [line.principal, line.interest, line.fee, line.late_fee];
            InstalmentAnswer {
                number: line.number,
                due_on: line.due_on.to_string(),
                principal: line.principal.due.get(),
                interest: line.interest.due.get(),
                fee: line.fee.due.get() + line.late_fee.due.get(),
                total: parts.iter().map(|part| part.due.get()).sum(),
                balance: line.balance.get(),
                paid: parts.iter().map(|part| part.paid.get()).sum(),
                status: serde_json::to_value(line.status)
                    .ok()
                    .and_then(|value| value.as_str().map(str::to_owned)),
            }
        });
        let instalments: Vec<_> = lines.collect();
        Self {
            total_principal: instalments.iter().map(|line| line.principal).sum(),
            total_interest: instalments.iter().map(|line| line.interest).sum(),
            total: instalments.iter().map(|line| line.total).sum(),
            instalments,
        }
    }
}

impl From<&Payoff> for PayoffAnswer {
    fn from(payoff: &Payoff) -> Self {
        Self {
            date: payoff.date.to_string(),
            principal: payoff.principal.get(),
            interest: payoff.interest.get(),
            fees: payoff.fees.get(),
            late_fees: payoff.late_fees.get(),
            credit: payoff.credit.get(),
            total: payoff.total.get(),
            interest_saved: payoff.interest_saved.get(),
        }
    }
}

fn disclosure(disclosure: &Disclosure, cap: &CapCheck) -> DisclosureAnswer {
    DisclosureAnswer {
        net_cash: disclosure.net_cash.get(),
        total_interest: disclosure.total_interest.get(),
        total_fees: disclosure.benefit.get() - disclosure.total_interest.get(),
        total_paid: disclosure.total_paid.get(),
        daily_cost_ppm: cap.ppm,
        cap_ppm: cap.cap_ppm,
        cap_id: cap.cap_id.clone(),
        simple_annual: disclosure.simple_annual,
        effective_annual_ppm: match disclosure.effective_annual {
            EffectiveCost::Ppm(ppm) => Some(ppm),
            EffectiveCost::AboveMax => None,
        },
        late_fee_per_day: disclosure.late_fee_first.get(),
        total_cap: disclosure.total_cap.get(),
        early_payoff_saves: disclosure.early_payoff_saves.get(),
        recipient: disclosure.recipient.clone(),
    }
}
