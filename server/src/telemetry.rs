//! Logs: one JSON line each in production, readable ones elsewhere; identifiers only, never what a person typed.

use services::config::Environment;
use tracing_subscriber::EnvFilter;

/// Starts logging; `RUST_LOG` chooses what.
pub fn init(environment: Environment) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,graphile_worker=warn,tower_http=warn"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match environment {
        Environment::Production => subscriber.json().init(),
        Environment::Development => subscriber.compact().init(),
    }
}
