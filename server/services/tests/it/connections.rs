//! Who goes away in the middle leaves nothing behind for the next user of the connection.

use futures::poll;
use services::{db, testing::World};
use std::{pin::pin, time::Duration};

/// Whether what one writes after a transaction was asked for and given up at the `step`th turn can be read by another.
async fn next_write_lasts(world: &World, step: usize) -> bool {
    let mut core = world.services.core.clone();
    core.db = db::pool_with((*core.db.connect_options()).clone(), 1, Duration::from_secs(2))
        .await
        .expect("a pool of one connection");
    {
        let mut begin = pin!(core.begin());
        for _ in 0..step {
            if poll!(begin.as_mut()).is_ready() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    let id = uuid::Uuid::now_v7();
    sqlx::query(
        "insert into payments.closing (day, watermark, started_at) values (current_date + $2::int, $1, now())
         on conflict on constraint closing_pkey do update set watermark = $1",
    )
    .bind(id)
    .bind(i32::try_from(step).expect("small"))
    .execute(&core.db)
    .await
    .expect("written");
    sqlx::query_scalar("select exists (select from payments.closing where watermark = $1)")
        .bind(id)
        .fetch_one(&world.owner)
        .await
        .expect("read")
}

/// sqlx 0.9.0 alone fails here (its issue 4393): a `BEGIN` whose caller is dropped stays open on the connection, and
/// what the next borrower of the connection writes is never committed.
#[tokio::test]
async fn a_transaction_given_up_while_it_begins_swallows_no_later_write() {
    let world = World::new().await;
    for step in 1..6 {
        assert!(next_write_lasts(&world, step).await, "given up at turn {step}");
    }
    world.finish().await;
}
