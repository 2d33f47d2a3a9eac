//! Random histories of money in and out against the real services, PostgreSQL and the sandbox: codes, payments at the
//! gateway, notices twice, late, in any order and forged, reversals, payouts, sweeps, and processes that die at any
//! await. Afterwards a checker that shares no arithmetic with the product compares the tables with the gateways'
//! records (`checker.rs`).
//!
//! `hostile.rs` does the same to many loans at once, without deaths, while the gateways misbehave.
//!
//! `MODEL_HISTORIES` says how many histories (a few in `make test`, many in `make crash`), `MODEL_SEED` the first seed:
//! a failure prints its own, and the shortest part of the history that still fails.

mod checker;
mod history;
mod hostile;
mod machine;

use checker::COUNTED;
use history::{Step, history};
use std::time::{Duration, Instant};

/// Steps of one history.
const LENGTH: usize = 120;
/// So long a failing history is made shorter.
const SHORTENING: Duration = Duration::from_secs(90);

fn number(name: &str, otherwise: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(otherwise, |text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn random_histories_credit_what_was_sent_and_nothing_else() {
    let first = number("MODEL_SEED", 20_261_125);
    let begin = Instant::now();
    let (mut ops, mut deaths, mut sums) = (0, 0, [0; COUNTED.len()]);
    let count = number("MODEL_HISTORIES", 5);
    for seed in first..first + count {
        let steps = history(seed, LENGTH);
        ops += steps.len();
        match live(steps.clone()).await {
            Ok((died, counts)) => {
                deaths += died;
                sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            }
            Err(failure) => {
                println!("MODEL_SEED={seed} MODEL_HISTORIES=1 fails: {failure}");
                let shortest = shorten(steps).await;
                panic!("MODEL_SEED={seed} fails: {failure}\nthe shortest part that fails: {shortest:#?}");
            }
        }
    }
    let told = COUNTED.iter().zip(sums).map(|((name, _), sum)| format!("{sum} {name}"));
    let told = told.collect::<Vec<_>>().join(", ");
    println!(
        "{count} histories, {ops} steps, {deaths} deaths, {told}; {:?}",
        begin.elapsed()
    );
    assert!(
        count < 5 || deaths > 0 && sums.iter().all(|sum| *sum > 0),
        "too quiet: {deaths} deaths, {told}"
    );
}

/// One history and the checks: how often the process died and what it came to, or the words of the check that failed.
async fn live(steps: Vec<Step>) -> Result<(i64, [i64; COUNTED.len()]), String> {
    let lived = tokio::spawn(async move {
        let mut machine = machine::Machine::start().await;
        for step in &steps {
            machine.step(step).await;
        }
        machine.come_to_rest().await;
        let counts = checker::check(&machine).await;
        let deaths = machine.deaths;
        machine.end().await;
        (deaths, counts)
    });
    lived.await.map_err(|error| match error.try_into_panic() {
        Ok(words) => match words.downcast::<String>() {
            Ok(words) => *words,
            Err(words) => words
                .downcast::<&str>()
                .map_or_else(|_| "no words".into(), |words| (*words).into()),
        },
        Err(error) => error.to_string(),
    })
}

/// Leaves out parts that are not needed to fail, for as long as there is patience.
async fn shorten(mut steps: Vec<Step>) -> Vec<Step> {
    let begin = Instant::now();
    let mut part = steps.len() / 2;
    while part > 0 {
        let mut at = 0;
        while at < steps.len() && begin.elapsed() < SHORTENING {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + part).min(steps.len()));
            if live(fewer.clone()).await.is_err() {
                steps = fewer;
            } else {
                at += part;
            }
        }
        part /= 2;
    }
    steps
}
