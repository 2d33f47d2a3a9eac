//! One binary, roles as subcommands. `server --help` lists them; configuration comes from the environment only.

#![recursion_limit = "256"]

mod commands;

use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// Sanggup's server.
#[derive(Parser)]
#[command(name = "server", version, about = "Sanggup: web server, worker and operators' tools")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve pages, the API and webhooks.
    Serve {
        /// Work on jobs in the same process.
        #[arg(long)]
        with_worker: bool,
        /// Serve one half alone.
        #[arg(long)]
        only: Option<commands::serve::Half>,
    },
    /// Work on jobs only.
    Worker,
    /// Bring the database to the newest shape.
    Migrate,
    /// Put in the demo people; refused in production.
    Seed,
    /// Make a keyring file with fresh keys; does nothing when it exists.
    Keyring {
        /// Where to.
        #[arg(long)]
        out: PathBuf,
    },
    /// Bring the books of every running loan to the end of a day.
    Batch(commands::batch::Arguments),
    /// Compare a day with what the gateways say of it.
    Reconcile(commands::reconcile::Arguments),
    /// Look through the audit log.
    #[command(subcommand)]
    Audit(commands::audit::What),
    /// Print the schedule of any terms as JSON; needs no database.
    Quote(Box<commands::quote::Arguments>),
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve { with_worker, only } => commands::serve::run(with_worker, only).await,
        Command::Worker => commands::worker::run().await,
        Command::Migrate => commands::migrate::run().await,
        Command::Seed => commands::seed::run().await,
        Command::Keyring { out } => commands::keyring::run(&out),
        Command::Batch(arguments) => return commands::batch::run(&arguments).await,
        Command::Reconcile(arguments) => return commands::reconcile::run(&arguments).await,
        Command::Audit(what) => return commands::audit::run(&what).await,
        Command::Quote(arguments) => return commands::quote::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("server: {error}");
            ExitCode::FAILURE
        }
    }
}
