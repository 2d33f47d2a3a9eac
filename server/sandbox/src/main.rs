//! The program `sandbox`. In: arguments and environment. Out: running vendors until SIGINT or SIGTERM.

use std::{io, process::ExitCode};

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let config = sandbox::Config::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    let result = tokio::runtime::Runtime::new().and_then(|runtime| runtime.block_on(run(config)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the sandbox cannot run");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: sandbox::Config) -> io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let sandbox = sandbox::spawn(config).await?;
    tracing::info!(page = %sandbox.admin_url, s3 = %sandbox.s3_endpoint, smtp = %sandbox.smtp_url, "sandbox is ready");
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    sandbox.shutdown().await;
    Ok(())
}
