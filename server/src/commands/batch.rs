//! `server batch`: brings the books of every running loan to the end of a day: accrual, what fell due, late fees.
//! Idempotent, and catches up days that were missed.

use super::services;
use clap::Args;
use domain::calendar::parse_date;
use std::process::ExitCode;

/// Which day.
#[derive(Args)]
pub struct Arguments {
    /// The last day to close (Asia/Jakarta), YYYY-MM-DD; a day that is over.
    #[arg(long, value_name = "DATE")]
    date: String,
}

/// Closes the day and prints how many loans were advanced and how many were set aside.
pub async fn run(arguments: &Arguments) -> ExitCode {
    let Ok(day) = parse_date(&arguments.date) else {
        eprintln!("--date: must be a date, YYYY-MM-DD");
        return ExitCode::from(2);
    };
    let (services, _) = match services(5).await {
        Ok(connected) => connected,
        Err(error) => {
            eprintln!("server: {error}");
            return ExitCode::FAILURE;
        }
    };
    if day >= services.core.clock.today() {
        eprintln!("--date: {day} is not over yet in Jakarta");
        return ExitCode::from(2);
    }
    match services.payments.close_day(day).await {
        Ok(closed) => {
            println!(
                "{}",
                serde_json::json!({ "date": day.to_string(), "advanced": closed.advanced, "failed": closed.failed })
            );
            if closed.failed == 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("server: {error}");
            ExitCode::FAILURE
        }
    }
}
