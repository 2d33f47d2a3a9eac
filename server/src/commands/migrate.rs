//! `server migrate`: the database in the newest shape.

use super::Outcome;
use services::{config::Config, db};

/// Runs every migration that has not run; idempotent.
pub async fn run() -> Outcome {
    let config = Config::from_env()?;
    db::migrate(config.database_url.expose()).await?;
    Ok(())
}
