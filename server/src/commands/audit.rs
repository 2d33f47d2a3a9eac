//! `server audit verify`: looks through the whole audit log, changes nothing.

use super::services;
use clap::Subcommand;
use std::process::ExitCode;

/// What to do with the log.
#[derive(Subcommand)]
pub enum What {
    /// Compare every line with the chain of hashes, and the chain with the newest signed hash.
    Verify,
}

/// Prints what was found as a line of JSON. Fails, and names the first bad line, when the log is not whole.
pub async fn run(what: &What) -> ExitCode {
    let What::Verify = what;
    let found = async { Ok::<_, Box<dyn std::error::Error + Send + Sync>>(services(2).await?.0.audit.verify().await?) };
    match found.await {
        Ok(found) => {
            println!("{}", serde_json::json!(found));
            match found.fault {
                None => ExitCode::SUCCESS,
                Some(fault) => {
                    eprintln!("server: {fault}");
                    ExitCode::FAILURE
                }
            }
        }
        Err(error) => {
            eprintln!("server: {error}");
            ExitCode::FAILURE
        }
    }
}
