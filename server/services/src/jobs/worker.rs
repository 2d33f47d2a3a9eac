//! The worker: takes jobs from the queue, several at a time, survives being killed at any instruction.
//!
//! A killed worker's jobs are taken over by the next sweep (seconds), a failing job comes back with growing pauses.

use super::{Job, JobError, SCHEMA};
use crate::{
    Services,
    failure::{Failure, Fallible},
};
use graphile_worker::{IntoTaskHandlerResult, TaskHandler, Worker, WorkerContext, WorkerOptions};
use std::time::Duration;

/// Ends [`run`] when it resolves.
pub type Shutdown = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

impl TaskHandler for Job {
    const IDENTIFIER: &'static str = "job";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let services = context
            .get_ext::<Services>()
            .expect("the worker is built with its services")
            .clone();
        let name = format!("{self:?}");
        match self.perform(&services).await {
            Ok(()) => Ok(()),
            Err(JobError::Fail(reason)) => {
                tracing::error!(job = name, reason, "a job failed for good");
                metrics::counter!("jobs_failed").increment(1);
                Ok(())
            }
            Err(JobError::Retry(reason)) => {
                tracing::warn!(job = name, reason, "a job will be tried again");
                Err(reason)
            }
        }
    }
}

async fn build(services: &Services) -> Fallible<Worker> {
    WorkerOptions::default()
        .schema(SCHEMA)
        .concurrency(4)
        .poll_interval(Duration::from_millis(500))
        .pg_pool(services.core.db.clone())
        .define_job::<Job>()
        .add_extension(services.clone())
        .listen_os_shutdown_signals(false)
        .heartbeat_interval(Duration::from_secs(2))
        .sweep_interval(Duration::from_secs(3))
        .sweep_threshold(Duration::from_secs(8))
        .recovery_delay(Duration::from_secs(1))
        .init()
        .await
        .map_err(Failure::broken)
}

/// Works until `shutdown`, then lets running jobs end. A sweep is done every half minute, and once a night in Jakarta
/// the close of business is queued.
pub async fn run(services: Services, shutdown: Shutdown) -> Fallible<()> {
    let worker = build(&services).await?;
    let mut running = std::pin::pin!(worker.run());
    let mut sweep = tokio::time::interval(Duration::from_secs(30));
    let mut shutdown = shutdown;
    loop {
        tokio::select! {
            ended = &mut running => return ended.map_err(Failure::broken),
            () = &mut shutdown => {
                worker.request_shutdown();
                return running.await.map_err(Failure::broken);
            }
            _ = sweep.tick() => {
                if let Err(error) = Job::Sweep.perform(&services).await {
                    tracing::warn!(%error, "a sweep failed");
                }
                if let Err(error) = services.payments.queue_close().await {
                    tracing::warn!(%error, "the close of business could not be queued");
                }
                if let Err(error) = services.payments.queue_reconciliation().await {
                    tracing::warn!(%error, "the comparison with the gateways could not be queued");
                }
            }
        }
    }
}

/// Does everything that is due now, and what that causes, then returns: for tests and seeding.
pub async fn run_pending(services: &Services) -> Fallible<()> {
    let worker = build(services).await?;
    loop {
        // Ends when nothing is free to take, though a job that still runs may cause another.
        worker.run_once().await.map_err(Failure::broken)?;
        let due = sqlx::query_scalar::<_, bool>(
            "select exists (
                 select from graphile_worker.jobs
                 where run_at <= now() and locked_at is null and attempts < max_attempts
             )",
        );
        if !due.fetch_one(&services.core.db).await? {
            return Ok(());
        }
    }
}
