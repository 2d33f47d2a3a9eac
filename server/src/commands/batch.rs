//! `server batch`: closes a day (accrual, what fell due, late fees, turnover, portfolio), and rebuilds loans from their
//! events. Idempotent, catches up days that were missed, may be killed at any instruction.

use super::services;
use clap::Args;
use domain::calendar::parse_date;
use services::Services;
use std::process::ExitCode;

/// Which day.
#[derive(Args)]
pub struct Arguments {
    /// The last day to close (Asia/Jakarta), YYYY-MM-DD; a day that is over.
    #[arg(long, value_name = "DATE", required_unless_present = "prove")]
    date: Option<String>,
    /// Rebuild every loan from its events and compare, after the close if there is one.
    #[arg(long)]
    prove: bool,
}

/// Closes, proves, and prints a line of JSON for each day and for the proof. Fails when a loan was set aside or drifts.
pub async fn run(arguments: &Arguments) -> ExitCode {
    let day = match arguments.date.as_deref().map(parse_date).transpose() {
        Ok(day) => day,
        Err(_) => {
            eprintln!("--date: must be a date, YYYY-MM-DD");
            return ExitCode::from(2);
        }
    };
    let (services, _) = match services(5).await {
        Ok(connected) => connected,
        Err(error) => {
            eprintln!("server: {error}");
            return ExitCode::FAILURE;
        }
    };
    if let Some(day) = day.filter(|day| *day >= services.core.clock.today()) {
        eprintln!("--date: {day} is not over yet in Jakarta");
        return ExitCode::from(2);
    }
    match work(&services, day, arguments.prove).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn work(services: &Services, day: Option<time::Date>, prove: bool) -> Result<bool, ::services::failure::Failure> {
    let mut well = true;
    if let Some(day) = day {
        for closed in services.payments.close_day(day).await? {
            let line = serde_json::json!({
                "date": closed.day.to_string(), "advanced": closed.advanced, "set_aside": closed.set_aside
            });
            println!("{line}");
            well &= closed.set_aside == 0;
        }
    }
    if prove {
        let agree = services.payments.books_agree().await?;
        let proof = services.payments.prove(None).await?;
        let line = serde_json::json!({ "loans": proof.loans, "drift": proof.drifts.len(), "books_agree": agree });
        println!("{line}");
        well &= agree && proof.drifts.is_empty();
    }
    Ok(well)
}
