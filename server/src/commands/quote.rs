//! `server quote`: the operators' calculator, the product's own engine on any terms. Needs no database.
//!
//! Terms that break a rule: exit code 2 and one line on stderr that names the flag and the rule.

use clap::Args;
use domain::loans::calculator::{QuoteArgs, quote};
use std::process::ExitCode;

/// The terms, as typed.
#[derive(Args)]
pub struct Arguments {
    /// Amount lent, whole rupiah.
    #[arg(long, value_name = "RUPIAH", allow_hyphen_values = true)]
    principal: String,
    /// Percent a year, a decimal string such as 30 or 9.4822.
    #[arg(long, value_name = "PERCENT", allow_hyphen_values = true)]
    rate: String,
    /// annuity, flat or equal-principal.
    #[arg(long)]
    method: String,
    /// 30/360, act/360, act/364, act/365 or act/act.
    #[arg(long)]
    day_count: String,
    /// 1m, 1w, 2w or 15d.
    #[arg(long)]
    every: String,
    /// Number of instalments.
    #[arg(long, allow_hyphen_values = true)]
    count: String,
    /// Day of disbursement, YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    start: String,
    /// First due date.
    #[arg(long, value_name = "DATE")]
    first_due: Option<String>,
    /// Instalments are multiples of this.
    #[arg(long, value_name = "RUPIAH", allow_hyphen_values = true)]
    multiple: Option<String>,
    /// clamp or roll.
    #[arg(long)]
    month_end: Option<String>,
    /// A later disbursement; may be given several times.
    #[arg(long, value_name = "DATE:AMOUNT")]
    disburse: Vec<String>,
    /// A payment; may be given several times.
    #[arg(long, value_name = "DATE:AMOUNT")]
    pay: Vec<String>,
    /// term, instalment or next: what a payment above the amounts due changes.
    #[arg(long)]
    prepay_mode: Option<String>,
    /// Everything to pay off on this day.
    #[arg(long, value_name = "DATE")]
    payoff: Option<String>,
    /// to-date or to-period-end.
    #[arg(long)]
    payoff_mode: Option<String>,
}

/// Prints the schedule as JSON.
pub fn run(arguments: &Arguments) -> ExitCode {
    let arguments = QuoteArgs {
        principal: arguments.principal.clone(),
        rate: arguments.rate.clone(),
        method: arguments.method.clone(),
        day_count: arguments.day_count.clone(),
        every: arguments.every.clone(),
        count: arguments.count.clone(),
        start: arguments.start.clone(),
        first_due: arguments.first_due.clone(),
        multiple: arguments.multiple.clone(),
        month_end: arguments.month_end.clone(),
        disburse: arguments.disburse.clone(),
        pay: arguments.pay.clone(),
        prepay_mode: arguments.prepay_mode.clone(),
        payoff: arguments.payoff.clone(),
        payoff_mode: arguments.payoff_mode.clone(),
    };
    match quote(&arguments) {
        Ok(output) => match serde_json::to_string_pretty(&output) {
            Ok(json) => {
                println!("{json}");
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
