//! One file per subcommand.

pub mod audit;
pub mod batch;
pub mod keyring;
pub mod migrate;
pub mod quote;
pub mod reconcile;
pub mod seed;
pub mod serve;
pub mod worker;

use axum::{Router, routing::get};
use metrics_exporter_prometheus::PrometheusBuilder;
use server::telemetry;
use services::{
    Core, Services, clock::SystemClock, config::Config, crypto::Vault, db, gateways::Gateways, limits::Limits,
};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What a command answers.
pub type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Reads the environment, starts logging, connects, and introduces the services to each other.
pub async fn services(max_connections: u32) -> Result<(Services, Config), Box<dyn std::error::Error + Send + Sync>> {
    let config = Config::from_env()?;
    telemetry::init(config.environment);
    let core = Core {
        db: db::pool(config.database_url.expose(), max_connections).await?,
        clock: Arc::new(SystemClock),
        vault: Arc::new(Vault::load(&config.keyring_file)?),
        limits: Arc::new(Limits::new(&config).await?),
    };
    let gateways = Gateways::new(&config)?;
    Ok((Services::new(core, &config, gateways), config))
}

/// Resolves on Ctrl-C or SIGTERM.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("the process may listen for SIGTERM");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Metrics, on an address of their own that the public never reaches; none when it is empty.
pub async fn serve_metrics(address: &str, stop: CancellationToken) -> Outcome {
    if address.is_empty() {
        return Ok(());
    }
    let handle = PrometheusBuilder::new().install_recorder()?;
    let listener = TcpListener::bind(address).await?;
    let app = Router::new().route("/metrics", get(move || async move { handle.render() }));
    tokio::spawn(async move {
        axum::serve(listener, app)
            .with_graceful_shutdown(async move { stop.cancelled().await })
            .await
    });
    Ok(())
}
