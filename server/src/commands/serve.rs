//! `server serve`: pages, API and webhooks; with `--with-worker` the jobs as well.

use super::{Outcome, serve_metrics, services, stop_signal};
use ::services::jobs;
use domain::auth::SessionKind;
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
    serve_metrics(&internal_addr, stop.clone()).await?;
    let stopped = stop.clone();
    let mut worker = tokio::spawn(async move {
        match with_worker {
            true => jobs::run(services, Box::pin(async move { stopped.cancelled().await })).await,
            false => {
                stopped.cancelled().await;
                Ok(())
            }
        }
    });
    let listener = TcpListener::bind(&listen_addr).await?;
    tracing::info!(listen_addr, origin, "serving");
    let (ready, timing) = (state.ready.clone(), state.timing);
    let server = tokio::spawn(listen::serve(listener, router(state), timing, stop.clone()));
    // A server that works on nothing must not look well: it ends, and whoever started it starts another.
    let ended = tokio::select! {
        () = stop_signal() => None,
        ended = &mut worker => Some(ended),
    };
    ready.store(false, Ordering::Relaxed);
    stop.cancel();
    if !server.await? {
        tracing::warn!(?timing.drain, "some connections did not end in time");
    }
    match ended {
        Some(ended) => {
            ended??;
            Err("the worker ended by itself".into())
        }
        None => Ok(worker.await??),
    }
}
