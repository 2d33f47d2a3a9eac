//! `server worker`: jobs only.

use super::{Outcome, serve_metrics, services, stop_signal};
use services::jobs;
use tokio_util::sync::CancellationToken;

/// Works until it is told to stop.
pub async fn run() -> Outcome {
    let (services, config) = services(10).await?;
    serve_metrics(&config.internal_listen_addr, CancellationToken::new()).await?;
    jobs::run(services, Box::pin(stop_signal())).await?;
    Ok(())
}
