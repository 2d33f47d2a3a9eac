//! Many loans at once, paid out and repaid, while every fourth call to a gateway and every fourth notice of one goes
//! wrong: no answer, errors, floods, broken lines, notices twice, late, forged, of another amount, ends that turn out
//! otherwise. Afterwards the checker compares the books with the gateways' records.
//!
//! `HOSTILE_LOANS` says how many loans (a few in `make test`, a thousand in `make crash`), `HOSTILE_SEED` what goes
//! wrong. Nothing is asked of the world but that people try again, and that time passes.

use super::{
    super::{Case, control, free_jobs, post},
    checker::{in_matches, nothing_is_crooked, one, out_matches},
    number,
};
use domain::{
    id::LoanId,
    payments::{Method, Payment, PaymentPurpose, PaymentStatus},
};
use futures::StreamExt as _;
use serde_json::{Value, json};
use services::{jobs, testing::World};
use std::{collections::HashSet, time::Instant};
use time::Duration;

/// People who do something at the same time.
const AT_ONCE: usize = 8;
/// Of a hundred calls and notices, so many go wrong.
const PERCENT: u8 = 25;
/// Each borrower pays so many bills, one after the other.
const BILLS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn in_a_hostile_world_every_rupiah_is_counted_once() {
    let count = usize::try_from(number("HOSTILE_LOANS", 12)).expect("a count");
    let begin = Instant::now();
    let world = World::new().await;
    let seed = number("HOSTILE_SEED", 20_261_130);
    world.sandbox.set_hostile(seed, PERCENT);

    let cases: Vec<Case<'_>> = futures::stream::iter(0..count)
        .map(async |_| Case::new(&world).await)
        .buffered(AT_ONCE)
        .collect()
        .await;
    each(&cases, async |_, case| drop(case.open().await)).await;
    let mut rounds = 0;
    while one(
        &world.owner,
        "select count(*) from payments.account where state = 'open'",
    )
    .await
        > 0
        && rounds < 40
    {
        rounds += 1;
        work(&world).await;
        end_payouts(&world).await;
        // A bank that refused has refused: nobody tries again here, so these loans stay open.
        let open =
            "select count(*) from payments.payout where status in ('created', 'sent', 'in_progress', 'in_doubt')";
        if one(&world.owner, open).await == 0 && payouts(&world, "ACCEPTED").await.is_empty() {
            break;
        }
    }

    for bill in 0..BILLS {
        each(&cases, async |number, case| {
            let position = case.account().await.position;
            if position.is_some_and(|position| position.payoff.total.is_positive()) {
                pay(case, number * BILLS + bill).await;
            }
        })
        .await;
        for _ in 0..5 {
            work(&world).await;
        }
    }

    take_back(&world).await;

    // The storm is over; codes run out, late ends arrive, and everything that was left behind is found.
    world.sandbox.set_hostile(0, 0);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    world.clock.advance(Duration::hours(25));
    for _ in 0..40 {
        work(&world).await;
        end_payouts(&world).await;
        let busy = "select (select count(*) from payments.inbox where processed_at is null)
                         + (select count(*) from payments.charge where status in ('created', 'pending'))
                         + (select count(*) from payments.payout where status in ('created', 'sent', 'in_progress', 'in_doubt'))
                         + (select count(*) from graphile_worker.jobs)";
        if one(&world.owner, busy).await == 0 && payouts(&world, "ACCEPTED").await.is_empty() {
            break;
        }
    }

    // A notice that money was taken back may be lost for good: the comparison of the day finds it.
    let today = world.services.core.clock.today();
    for day in [today - Duration::DAY, today - Duration::days(2)] {
        world.services.payments.reconcile(day).await.expect("a comparison");
    }
    for _ in 0..3 {
        work(&world).await;
    }

    nothing_is_crooked(&world.owner).await;
    let proof = world.services.payments.prove(None).await.expect("a proof");
    assert_eq!(proof.drifts, [], "the product's own proof");
    in_matches(&world.owner, &records(&world, "midtrans").await, &HashSet::new()).await;
    let loans: Vec<LoanId> = cases.iter().map(|case| case.loan_id).collect();
    out_matches(&world.owner, &records(&world, "xendit/payouts").await, &loans).await;
    let lent = one(
        &world.owner,
        "select count(*) from payments.account where state <> 'open'",
    )
    .await;
    let credited = one(
        &world.owner,
        "select count(*) from payments.charge where status = 'posted'",
    )
    .await;
    let suspended = one(
        &world.owner,
        "select count(*) from payments.charge where status = 'mismatch'",
    )
    .await;
    println!(
        "{count} loans, {lent} lent, {credited} payments credited, {suspended} in suspense, seed {seed}; {:?}",
        begin.elapsed()
    );
    assert!(lent > 0 && credited > 0, "too quiet");
    drop(cases);
    world.finish().await;
}

/// Does something for every loan, for several at once.
async fn each<'a>(cases: &'a [Case<'a>], act: impl AsyncFn(usize, &'a Case<'a>)) {
    futures::stream::iter(cases.iter().enumerate())
        .for_each_concurrent(AT_ONCE, async |(number, case)| act(number, case).await)
        .await;
}

/// The worker's turn, and what the sweep finds two minutes later. Calls that fail come back by themselves.
async fn work(world: &World) {
    free_jobs(world).await;
    world.clock.advance(Duration::minutes(2));
    world.services.payments.sweep().await.expect("a sweep");
    jobs::run_pending(&world.services).await.expect("the jobs run");
}

async fn records(world: &World, path: &str) -> Vec<Value> {
    let found = control(world, reqwest::Method::GET, &format!("/_sim/{path}"), &json!({})).await;
    found.as_array().expect("a list").clone()
}

async fn payouts(world: &World, status: &str) -> Vec<Value> {
    let mut found = records(world, "xendit/payouts").await;
    found.retain(|payout| payout["status"] == status);
    found
}

/// The bank ends every payout it has: one of eight with a refusal, which the storm may turn round.
async fn end_payouts(world: &World) {
    for payout in payouts(world, "ACCEPTED").await {
        let id = payout["id"].as_str().expect("an id");
        let refused = id.bytes().map(u64::from).sum::<u64>() % 8 == 0;
        let (end, body) = if refused {
            ("fail", json!({"failure_code": "TRANSFER_ERROR"}))
        } else {
            ("succeed", json!({}))
        };
        post(world, &format!("/_sim/xendit/payouts/{id}/{end}"), body).await;
    }
}

/// The bank takes one of sixteen payments back that it had settled.
async fn take_back(world: &World) {
    let settled = records(world, "midtrans").await;
    let settled = settled.iter().filter(|order| order["status"] == "settlement");
    for order in settled.step_by(16) {
        let id = order["order_id"].as_str().expect("an order");
        post(world, &format!("/_sim/midtrans/{id}/reverse"), json!({})).await;
    }
}

/// A borrower asks for a code, again when there is no answer, and pays: some of them too little, some let it run out.
async fn pay(case: &Case<'_>, number: usize) {
    let key = format!("key-in-a-hostile-world-{number}");
    let method = Method::ALL[number % Method::ALL.len()];
    let mut made: Option<Payment> = None;
    for _ in 0..20 {
        match case.try_create(PaymentPurpose::Instalment, method, None, &key).await {
            Ok(payment) => {
                made = Some(payment);
                break;
            }
            Err(domain::Error::Busy { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    let payment = made.expect("twenty tries are enough");
    for _ in 0..20 {
        if case.payment(payment.id).await.status != PaymentStatus::Created {
            break;
        }
        // The page looks again.
        drop(case.world.services.payments.check_payment(payment.id).await);
    }
    if case.payment(payment.id).await.status == PaymentStatus::Created {
        return;
    }
    match number % 10 {
        8 => case.press(&payment, "pay", json!({"amount": 100_000})).await,
        9 => case.press(&payment, "expire", json!({})).await,
        _ => case.press(&payment, "pay", json!({})).await,
    }
}
