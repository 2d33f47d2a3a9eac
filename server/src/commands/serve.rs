//! `server serve`: pages, API and webhooks; with `--with-worker` the jobs as well.

use super::{Outcome, services, stop_signal};
use ::services::jobs;
use axum::{Router, routing::get};
use domain::auth::SessionKind;
use metrics_exporter_prometheus::PrometheusBuilder;
use server::{listen, router::router, state::AppState};
use std::sync::atomic::Ordering;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A half of the product that may be served alone.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Half {
    /// Pages under `/petugas`.
    Staff,
    /// Everything else: borrowers, programs, webhooks.
    Borrowers,
}

/// Serves until SIGTERM or Ctrl-C, then ends what runs within ten seconds.
pub async fn run(with_worker: bool, only: Option<Half>) -> Outcome {
    let (services, config) = services(20).await?;
    let site_root = std::env::var("SITE_ROOT").unwrap_or_else(|_| "target/site".into());
    let (listen_addr, internal_addr, origin) = (
        config.listen_addr.clone(),
        config.internal_listen_addr.clone(),
        config.public_origin.clone(),
    );
    let only = only.map(|half| match half {
        Half::Staff => SessionKind::Staff,
        Half::Borrowers => SessionKind::Borrower,
    });
    let state = AppState::new(services.clone(), config, &site_root, only);
    let stop = CancellationToken::new();
    if !internal_addr.is_empty() {
        serve_metrics(&internal_addr, stop.clone()).await?;
    }
    let worker = with_worker.then(|| {
        let stop = stop.clone();
        tokio::spawn(jobs::run(services, Box::pin(async move { stop.cancelled().await })))
    });
    let listener = TcpListener::bind(&listen_addr).await?;
    tracing::info!(listen_addr, origin, "serving");
    let (ready, timing) = (state.ready.clone(), state.timing);
    let server = tokio::spawn(listen::serve(listener, router(state), timing, stop.clone()));
    stop_signal().await;
    ready.store(false, Ordering::Relaxed);
    stop.cancel();
    if !server.await? {
        tracing::warn!(?timing.drain, "some connections did not end in time");
    }
    if let Some(worker) = worker {
        worker.await??;
    }
    Ok(())
}

/// Metrics, on their own address that the public never reaches.
async fn serve_metrics(address: &str, stop: CancellationToken) -> Outcome {
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
