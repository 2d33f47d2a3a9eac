//! `server reconcile`: compares a day with what the gateways say of it. Idempotent, may be killed at any instruction.

use super::services;
use clap::Args;
use domain::calendar::parse_date;
use std::process::ExitCode;

/// Which day.
#[derive(Args)]
pub struct Arguments {
    /// The day (Asia/Jakarta), YYYY-MM-DD; one that is over.
    #[arg(long, value_name = "DATE")]
    date: String,
}

/// Compares, and prints the report as a line of JSON. Fails when anything was told differently, or when the report is
/// not complete because a worker is at it.
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
    let report = match services.payments.reconcile(day).await {
        Ok(report) => report,
        Err(error) => {
            eprintln!("server: {error}");
            return ExitCode::FAILURE;
        }
    };
    let line = serde_json::json!({
        "date": report.day.to_string(),
        "payments": report.payments,
        "payouts": report.payouts,
        "differences": report.differences,
        "in": { "ours": report.in_ours, "theirs": report.in_theirs },
        "out": { "ours": report.out_ours, "theirs": report.out_theirs },
        "finished": report.finished_at.is_some(),
    });
    println!("{line}");
    match report.finished_at.is_some() && report.differences == 0 {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
