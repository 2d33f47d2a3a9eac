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
use tokio::time::{Interval, MissedTickBehavior};

/// The longest wait that a third party may ask of a job.
const LONGEST: Duration = Duration::from_secs(3_600);

/// Before a worker that ended is built again.
const PAUSE: Duration = Duration::from_secs(1);

/// So often the audit log is sealed (security.md R46).
const SEALING: Duration = Duration::from_secs(2);

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
                match give_up(&services, *context.job().id()).await {
                    Ok(()) => Err(reason),
                    Err(failure) => Err(format!("{reason}; {failure}")),
                }
            }
            Err(JobError::Retry { reason, after }) => {
                tracing::warn!(job = name, reason, ?after, "a job will be tried again");
                if let Some(after) = after
                    && let Err(failure) = put_off(&services, *context.job().id(), after).await
                {
                    tracing::warn!(job = name, %failure, "it comes back sooner than a third party asked");
                }
                Err(reason)
            }
        }
    }
}

/// The row of a job that failed for good stays, with its reason, until a person has seen to it: this was its last try.
async fn give_up(services: &Services, job: i64) -> Fallible<()> {
    sqlx::query("update graphile_worker._private_jobs set max_attempts = attempts where id = $1")
        .bind(job)
        .execute(&services.core.db)
        .await?;
    Ok(())
}

/// The queue's own pause is counted from the later of now and when the job was due: this makes it due after the wait
/// that a third party asked for.
async fn put_off(services: &Services, job: i64, after: Duration) -> Fallible<()> {
    sqlx::query("update graphile_worker._private_jobs set run_at = greatest(run_at, now() + $2) where id = $1")
        .bind(job)
        .bind(after.min(LONGEST))
        .execute(&services.core.db)
        .await?;
    Ok(())
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
///
/// The queue's worker ends at the first statement that the database does not take, a lost connection for one: it is
/// built again then. The jobs it held are tried again when its silence is noticed.
pub async fn run(services: Services, mut shutdown: Shutdown) -> Fallible<()> {
    let sealing = tokio::spawn(seal(services.clone()));
    let worked = work_on(&services, &mut shutdown).await;
    sealing.abort();
    worked
}

/// Seals the audit log for ever, beside the jobs: a store that is away keeps none of them waiting.
async fn seal(services: Services) {
    let mut turn = tokio::time::interval(SEALING);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        if let Err(failure) = services.audit.seal().await {
            metrics::counter!("audit_seal_failures").increment(1);
            tracing::warn!(%failure, "the audit log could not be sealed; it is tried again");
        }
    }
}

async fn work_on(services: &Services, shutdown: &mut Shutdown) -> Fallible<()> {
    let mut sweep = tokio::time::interval(Duration::from_secs(30));
    loop {
        let Err(failure) = work(services, shutdown, &mut sweep).await else {
            return Ok(());
        };
        tracing::error!(%failure, "the worker ended: it begins again");
        metrics::counter!("worker_restarts").increment(1);
        tokio::select! {
            () = &mut *shutdown => return Ok(()),
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn work(services: &Services, shutdown: &mut Shutdown, sweep: &mut Interval) -> Fallible<()> {
    let worker = build(services).await?;
    let mut running = std::pin::pin!(worker.run());
    loop {
        tokio::select! {
            ended = &mut running => {
                ended.map_err(Failure::broken)?;
                return Err(Failure::broken("nobody told it to"));
            }
            () = &mut *shutdown => {
                worker.request_shutdown();
                if let Err(error) = running.await {
                    tracing::warn!(%error, "the worker did not end well; its jobs are taken over");
                }
                return Ok(());
            }
            _ = sweep.tick() => look_after(services).await,
        }
    }
}

/// What is asked for again and again: left-over work, the close of business, the comparison with the gateways.
async fn look_after(services: &Services) {
    if let Err(error) = Job::Sweep.perform(services).await {
        tracing::warn!(%error, "a sweep failed");
    }
    if let Err(error) = services.payments.queue_close().await {
        tracing::warn!(%error, "the close of business could not be queued");
    }
    if let Err(error) = services.payments.queue_reconciliation().await {
        tracing::warn!(%error, "the comparison with the gateways could not be queued");
    }
    match super::count_dead(services).await {
        Ok(dead) => metrics::gauge!("jobs_dead").set(f64::from(dead)),
        Err(error) => tracing::warn!(%error, "the dead jobs could not be counted"),
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
