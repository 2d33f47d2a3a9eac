//! `server worker`: jobs only.

use super::{Outcome, services, stop_signal};
use services::jobs;

/// Works until it is told to stop.
pub async fn run() -> Outcome {
    let (services, _) = services(10).await?;
    jobs::run(services, Box::pin(stop_signal())).await?;
    Ok(())
}
