//! Connections: one pool, in the role that may not touch what is append-only, with the time-outs of
//! security.md R31; and the migrations, which need the owner of the database.

use crate::{
    clock::Clock as _,
    failure::{Failure, Fallible},
};
use graphile_worker::WorkerUtils;
use sqlx::{
    Executor, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{str::FromStr, time::Duration};

/// The schema of the job queue.
pub const JOB_SCHEMA: &str = "graphile_worker";

/// Every migration of the product, in order.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// The pool of the server and the worker: at most `max` connections, two seconds to get one.
pub async fn pool(url: &str, max: u32) -> Fallible<PgPool> {
    pool_with(PgConnectOptions::from_str(url)?, max, Duration::from_secs(2)).await
}

/// The same for options that a test already has, and for its patience: on a busy machine two seconds pass quickly.
pub async fn pool_with(options: PgConnectOptions, max: u32, patience: Duration) -> Fallible<PgPool> {
    let options = options.application_name("sanggup").options([
        ("statement_timeout", "5s"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("timezone", "UTC"),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(max)
        .acquire_timeout(patience)
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute("set role sanggup_app").await?;
                Ok(())
            })
        })
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// Begins a transaction.
///
/// The `BEGIN` runs in a task of its own, because a caller may go away while it is under way: a visitor who closes the
/// page, a time limit. sqlx 0.9.0 then returns the connection with the transaction open (its issue 4393), and whatever
/// the next borrower writes on it is never committed. Here the transaction ends as it should, and rolls back.
pub async fn begin(db: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    let db = db.clone();
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place, and it cannot be given up half-way"
    )]
    let begin = tokio::spawn(async move { db.begin().await });
    begin.await.map_err(|_| sqlx::Error::WorkerCrashed)?
}

/// Brings the database of `url` to the newest shape: our tables, the job queue's, and the grants between them.
/// Idempotent; the connection must own the database.
pub async fn migrate(url: &str) -> Fallible<()> {
    let pool = PgPoolOptions::new().max_connections(2).connect(url).await?;
    MIGRATIONS.run(&pool).await.map_err(Failure::broken)?;
    migrate_jobs(&pool).await?;
    crate::loans::catalogue::install(&pool, crate::clock::SystemClock.now()).await?;
    pool.close().await;
    Ok(())
}

/// The job queue's own tables, opened to the application's role.
pub async fn migrate_jobs(owner: &PgPool) -> Fallible<()> {
    WorkerUtils::new(owner.clone(), JOB_SCHEMA)
        .migrate()
        .await
        .map_err(Failure::broken)?;
    let mut connection = owner.acquire().await?;
    connection
        .execute(
            "grant usage on schema graphile_worker to sanggup_app;
             grant all on all tables in schema graphile_worker to sanggup_app;
             grant all on all sequences in schema graphile_worker to sanggup_app;
             grant execute on all functions in schema graphile_worker to sanggup_app;
             -- The queue switches row security on without a policy, which shuts out everybody but its owner.
             do $$
             declare name regclass;
             begin
                 for name in
                     select oid from pg_class where relnamespace = 'graphile_worker'::regnamespace and relrowsecurity
                 loop
                     execute format('alter table %s disable row level security', name);
                 end loop;
             end
             $$;",
        )
        .await?;
    Ok(())
}
