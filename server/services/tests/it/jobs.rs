//! The worker and its queue, whatever becomes of the database under them.

use domain::id::{LoanId, PaymentId};
use services::{
    jobs::{self, Job},
    testing::World,
};
use sqlx::PgPool;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use uuid::Uuid;

async fn number(owner: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(owner).await.expect("a number")
}

async fn until(owner: &PgPool, what: &'static str) {
    let begin = Instant::now();
    while number(owner, what).await != 1 {
        assert!(begin.elapsed() < Duration::from_secs(30), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_worker_outlives_its_connections() {
    let world = World::new().await;
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = Box::pin(async move { drop(stopped.await) });
    let worker = tokio::spawn(jobs::run(world.services.clone(), shutdown));
    until(
        &world.owner,
        "select least(count(*), 1) from graphile_worker._private_workers",
    )
    .await;
    for _ in 0..3 {
        let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                    where datname = current_database() and application_name = 'sanggup'";
        assert!(number(&world.owner, cut).await > 0);
        let job = Job::PlanReminders;
        let mut connection = world.owner.acquire().await.expect("a connection");
        jobs::enqueue_in(&mut connection, &job, None).await.expect("a job");
        drop(connection);
        until(
            &world.owner,
            "select (count(*) filter (where payload ->> 'job' = 'plan_reminders') = 0)::int::bigint
               from graphile_worker._private_jobs",
        )
        .await;
    }
    stop.send(()).expect("the worker listens");
    worker.await.expect("no panic").expect("it was told to end");
    world.finish().await;
}

#[tokio::test]
async fn a_job_waits_as_long_as_a_third_party_asks() {
    let world = World::new().await;
    let mut connection = world.owner.acquire().await.expect("a connection");
    let job = Job::ProcessInbox {
        inbox_id: Uuid::now_v7(),
    };
    // A notice about an order that is not ours: the gateway is asked, and asks for patience.
    sqlx::query(
        "insert into payments.inbox (inbox_id, provider, dedupe_key, our_ref, body_sealed, received_at)
         values ($1, 'midtrans', 'a:pending:201', 'nobody-s-order', '', now())",
    )
    .bind(match job {
        Job::ProcessInbox { inbox_id } => inbox_id,
        _ => unreachable!("it is one"),
    })
    .execute(&mut *connection)
    .await
    .expect("a notice");
    jobs::enqueue_in(&mut connection, &job, None).await.expect("a job");
    drop(connection);
    world.sandbox.add_fault(sandbox::Fault {
        route: "/v2/*/status".into(),
        mode: sandbox::Mode::Http429,
        times: 1,
        ms: Some(120_000),
    });
    jobs::run_pending(&world.services).await.expect("the jobs run");
    let late = "select (run_at > now() + interval '100 seconds')::int::bigint from graphile_worker._private_jobs";
    assert_eq!(number(&world.owner, late).await, 1);
    world.abandon().await;
}

#[tokio::test]
async fn a_job_that_fails_for_good_stays_for_a_person() {
    let world = World::new().await;
    let mut connection = world.owner.acquire().await.expect("a connection");
    let job = Job::CheckPayment {
        payment_id: PaymentId(Uuid::now_v7()),
    };
    jobs::enqueue_in(&mut connection, &job, None).await.expect("a job");
    drop(connection);
    world.run_jobs().await;
    let kept = "select count(*) from graphile_worker.jobs where attempts = 1 and max_attempts = 1 and last_error like '%is not known%'";
    assert_eq!(number(&world.owner, kept).await, 1);
    // It is tried no more.
    world.run_jobs().await;
    assert_eq!(number(&world.owner, kept).await, 1);
    world.finish().await;
}

#[tokio::test]
async fn a_job_of_a_key_waits_once_and_is_left_alone_while_it_is_held() {
    let world = World::new().await;
    let mut connection = world.owner.acquire().await.expect("a connection");
    let job = |number| Job::DecideApplication {
        loan_id: LoanId(Uuid::from_u128(number)),
    };
    let waiting = "select count(*) from graphile_worker.jobs";
    for number in 1..=3 {
        jobs::enqueue_once_in(&mut connection, &job(number), "once")
            .await
            .expect("a job");
    }
    assert_eq!(number(&world.owner, waiting).await, 1);
    let hold =
        "with held as (update graphile_worker._private_jobs set locked_at = now(), locked_by = 'somebody' returning 1)
                select count(*) from held";
    assert_eq!(number(&world.owner, hold).await, 1);
    jobs::enqueue_once_in(&mut connection, &job(4), "once")
        .await
        .expect("nothing");
    drop(connection);
    assert_eq!(number(&world.owner, waiting).await, 1);
    let as_it_was = "select count(*) from graphile_worker.jobs where key = 'once' and attempts < max_attempts";
    assert_eq!(number(&world.owner, as_it_was).await, 1);
    world.finish().await;
}
