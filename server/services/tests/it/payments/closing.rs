//! The nightly close against the rules: what set-based statements write for random portfolios is what the rules say,
//! killed or not, late or not; a loan that fails stops no other.

use super::*;
use domain::{
    Error, Role,
    calendar::{DayCount, Period},
    loans::product::FutureRule,
    payments::{
        arrears::QualityBands,
        ledger::Account as Book,
        provision::{ProvisionRates, provision},
    },
};
use services::payments::PastPayment;
use time::{Duration, Time, macros::date};

/// A loan with its payments to come.
struct Life {
    open: OpenAccount,
    payments: Vec<PastPayment>,
}

/// `count` loans of one person from 2026-01-01 on, of every method and day count, paid well, late, ahead, or not.
fn portfolio(world: &World, user_id: UserId, count: u128, dice: &mut Dice) -> Vec<Life> {
    (1..=count)
        .map(|number| {
            let start = date!(2026 - 01 - 01) + Duration::days(dice.below(60));
            let method = dice.of(&[
                product::Method::Annuity,
                product::Method::Annuity,
                product::Method::Flat,
                product::Method::EqualPrincipal,
            ]);
            let rate = dice.of(&[
                Rate::monthly(25_000),
                Rate::monthly(25_000),
                Rate::yearly(94_822),
                Rate::daily(900),
                Rate::monthly(0),
            ]);
            let principal = Rupiah::new(500_000 + dice.below(195) * 100_000);
            let mut terms = Terms::new(
                method,
                principal,
                rate,
                3 + u32::try_from(dice.below(4)).expect("few"),
                start,
            );
            terms.day_count = dice.of(DayCount::ALL);
            terms.every = dice.of(&[Period::Months(1), Period::Months(1), Period::Weeks(2), Period::Days(15)]);
            let late_fee = LateFee {
                method: dice.of(&[
                    LateFeeMethod::Daily,
                    LateFeeMethod::Daily,
                    LateFeeMethod::Annual,
                    LateFeeMethod::OneOffPrincipal,
                ]),
                ppm: dice.of(&[1_000, 1_000, 30_000, 0]),
                grace_days: dice.of(&[0, 0, 3]),
            };
            let allocation = product::Allocation {
                order: dice.of(&[product::Allocation::IPFL, product::Allocation::LFIP]).order,
                future: dice.of(FutureRule::ALL),
            };
            let contract = Contract {
                terms,
                late_fee,
                allocation,
                prepay_default: dice.of(PrepayMode::ALL),
                total_cap_percent: dice.of(&[100, 100, 12]),
                ..super::contract(world)
            };
            let payments = (0..dice.below(6))
                .map(|_| (dice.below(150), dice.below(10)))
                .collect::<std::collections::BTreeMap<_, _>>()
                .into_iter()
                .map(|(day, kind)| PastPayment {
                    paid_at: (start + Duration::days(day))
                        .with_time(Time::from_hms(5, 0, 0).expect("noon"))
                        .assume_utc(),
                    purpose: PaymentPurpose::Amount,
                    method: Method::Qris,
                    amount: Some(Rupiah::new(1 + principal.get() / 7 * (kind + 1) / 3)),
                })
                .collect();
            let open = OpenAccount {
                loan_id: LoanId(uuid::Uuid::from_u128(number << 100 | number)),
                user_id,
                net_cash: principal,
                contract,
            };
            Life { open, payments }
        })
        .collect()
}

/// Lets the world be at noon in Jakarta of `day`.
fn at(world: &World, day: Date) {
    world
        .clock
        .set(day.with_time(Time::from_hms(5, 0, 0).expect("noon")).assume_utc());
}

/// Records what happened up to `day`, the clock standing there.
async fn live(world: &World, lives: &[Life], day: Date) {
    let now = services::clock::Clock::now(&*world.clock);
    for life in lives.iter().filter(|life| life.open.contract.terms.start <= day) {
        let disbursed = life.open.contract.terms.start.with_time(Time::MIDNIGHT).assume_utc();
        let past: Vec<PastPayment> = life
            .payments
            .iter()
            .copied()
            .filter(|payment| payment.paid_at <= now)
            .collect();
        let seeded = world
            .services
            .payments
            .seed_history(life.open.clone(), disbursed, &past)
            .await;
        seeded.expect("a life");
    }
}

async fn number(world: &World, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&world.owner).await.expect("a number")
}

async fn close(world: &World, day: Date) -> services::payments::ClosedDay {
    *world
        .services
        .payments
        .close_day(day)
        .await
        .expect("a closed day")
        .last()
        .expect("a day")
}

/// What each loan owes at the end of `day` by the rules: days past due, the days that decide its quality, principal.
async fn book_of(world: &World, lives: &[Life], day: Date) -> Vec<(u32, u32, i64, Rupiah)> {
    let mut book = Vec::new();
    for life in lives {
        let account = world
            .services
            .payments
            .account(&Actor::system(), life.open.loan_id, Some(day + Duration::DAY))
            .await;
        let Some(position) = account.expect("an answer").and_then(|account| account.position) else {
            continue;
        };
        let open = position
            .lines
            .iter()
            .find(|line| line.principal.open().is_positive() || line.interest.open().is_positive());
        let days = open.map_or(0, |line| domain::payments::arrears::days_late(line.due_on, day));
        let held = Some(position.quality_days).filter(|held| *held > position.days_past_due);
        if position.outstanding_principal.is_positive() {
            book.push((days, days.max(held.unwrap_or(0)), 1, position.outstanding_principal));
        }
    }
    book
}

/// The allowance of `day` is what the rule says of each loan, and the account is its sum.
async fn allowance_is_right(world: &World, lives: &[Life], day: Date) {
    let book = book_of(world, lives, day).await;
    let book = book
        .into_iter()
        .map(|(_, quality_days, _, principal)| (principal, quality_days));
    let right = provision(book, QualityBands::POJK_10_2022, ProvisionRates::USUAL).expect("an allowance");
    let stored: Vec<i64> =
        sqlx::query_scalar("select allowance from payments.provision_day where day = $1 order by quality")
            .bind(day)
            .fetch_all(&world.owner)
            .await
            .expect("an allowance");
    assert_eq!(stored, right.map(Rupiah::get), "{day}");
    let booked = "select sum(credit - debit)::bigint from payments.posting where account = '1190'";
    assert_eq!(number(world, booked).await, stored.iter().sum::<i64>(), "{day}");
}

#[tokio::test]
async fn many_nights_are_what_the_rules_say() {
    let world = World::new().await;
    let user_id = borrower_paid_to(&world, "4821").await;
    let lives = portfolio(&world, user_id, 40, &mut Dice(7));
    let mut day = date!(2026 - 03 - 01);
    let mut quiet = 0;
    for night in 0..50 {
        at(&world, day);
        // Payments of the last days are recorded late, with their true dates.
        if night % 3 == 0 {
            live(&world, &lives, day).await;
        }
        let next = day + Duration::DAY;
        quiet += number(
            &world,
            "select count(*) from payments.standing where not resting and quiet_to > advanced_to",
        )
        .await;
        // Every fifth night is missed and caught up by the next.
        at(&world, next);
        if night % 5 != 4 {
            assert_eq!(close(&world, day).await.set_aside, 0);
        }
        if night % 5 == 3 {
            allowance_is_right(&world, &lives, day).await;
        }
        if night % 15 == 3 {
            world.assert_no_drift().await;
        }
        day = next;
    }
    assert!(quiet > 400, "most nights are quiet: {quiet}");
    let late = number(
        &world,
        "select count(*) from payments.daily_journal where kind = 'late_fee'",
    )
    .await;
    assert!(late > 20);
    // Each late fee has its cap version, benefit, days and ratio, though they are stored only when they change.
    let bare = "select count(*) from payments.late_fee where cap_id is distinct from 'C10' or benefit < 0 or days < 1";
    assert_eq!(number(&world, bare).await, 0);
    assert_eq!(number(&world, "select count(*) from payments.late_fee").await, late);
    let kept = number(&world, "select count(*) from payments.late_fee_basis").await;
    assert!(0 < kept && kept < late, "{kept} rows for {late} late fees");
    assert!(number(&world, "select count(*) from payments.daily_journal where unearned > 0").await > 20);
    // DPD and outstanding principal by the rules, for every loan, as the last snapshot has them.
    let system = Actor::system();
    let state = world
        .services
        .payments
        .state_of_books(&system)
        .await
        .expect("the state");
    let closed = state.closed_through.expect("a closed day");
    assert_eq!((state.drift, state.set_aside.len()), (0, 0));
    let debits: i64 = state.trial_balance.iter().map(|turnover| turnover.debit).sum();
    let credits: i64 = state.trial_balance.iter().map(|turnover| turnover.credit).sum();
    assert_eq!(debits, credits);
    assert!(
        state
            .trial_balance
            .iter()
            .any(|turnover| turnover.account == Book::InterestIncome)
    );
    let book = book_of(&world, &lives, closed).await;
    let bands = QualityBands::POJK_10_2022;
    assert_eq!(domain::payments::arrears::ageing(book, bands), Ok(state.ageing));
    allowance_is_right(&world, &lives, closed).await;
    let moved = "select count(*) from payments.journal where kind = 'provision'";
    assert!(number(&world, moved).await > 100);
    let income = world
        .services
        .payments
        .income(&system, date!(2026 - 01 - 01), day)
        .await
        .expect("income");
    assert!(income.accrued.interest > 0 && income.received.interest > 0 && income.principal > 0);
    world.finish().await;
}

#[tokio::test]
async fn a_close_that_is_killed_again_and_again_ends_as_one_that_was_not() {
    let world = World::new().await;
    let user_id = borrower_paid_to(&world, "4821").await;
    let lives = portfolio(&world, user_id, 24, &mut Dice(11));
    let day = date!(2026 - 03 - 05);
    at(&world, day);
    live(&world, &lives, day).await;
    at(&world, day + Duration::DAY);
    close(&world, day).await;
    let last = day + Duration::days(9);
    at(&world, last + Duration::DAY);
    // From far too short to long enough, however fast the machine is.
    let (mut kills, mut patience) = (0, std::time::Duration::from_millis(10));
    loop {
        let running = world.services.payments.close_day_in_ranges(last, 3);
        if let Ok(ended) = tokio::time::timeout(patience, running).await {
            ended.expect("closed");
            break;
        }
        kills += 1;
        patience = patience * 3 / 2;
    }
    assert!(kills > 1, "it was killed {kills} times");
    assert_eq!(
        number(
            &world,
            "select count(*) from payments.closing where closed_at is not null"
        )
        .await,
        10
    );
    let closed = close(&world, last).await;
    assert_eq!(close(&world, last).await, closed, "closing twice changes nothing");
    world.finish().await;
}

#[tokio::test]
async fn a_loan_that_fails_is_set_aside_and_stops_no_other() {
    let world = World::new().await;
    let user_id = borrower_paid_to(&world, "4821").await;
    let lives = portfolio(&world, user_id, 12, &mut Dice(3));
    let day = date!(2026 - 03 - 05);
    at(&world, day);
    live(&world, &lives, day).await;
    let running: Vec<uuid::Uuid> =
        sqlx::query_scalar("select loan_id from payments.standing where not resting order by loan_id")
            .fetch_all(&world.owner)
            .await
            .expect("loans");
    // One has an event that cannot be, one has tonight's interest already.
    sqlx::query(
        "insert into payments.event (loan_id, seq, effective_on, recorded_on, body, recorded_at)
         values ($1, 99, '2026-03-05', '2026-03-05', '{\"kind\": \"goodwill\", \"amount\": 0}', now())",
    )
    .bind(running[0])
    .execute(&world.owner)
    .await
    .expect("an impossible event");
    sqlx::query("update payments.standing set quiet_to = paced_on, advanced_to = paced_on where loan_id = $1")
        .bind(running[0])
        .execute(&world.owner)
        .await
        .expect("loud");
    at(&world, day + Duration::DAY);
    let closed = close(&world, day).await;
    assert_eq!(closed.set_aside, 1);
    sqlx::query(
        "insert into payments.daily_journal (effective_on, booked_on, loan_id, recorded_at, amount, unearned, instalment, kind)
         select '2026-03-07', '2026-03-07', loan_id, now(), 1, 0, instalment, 'interest'
           from payments.standing where loan_id = $1",
    )
    .bind(running[1])
    .execute(&world.owner)
    .await
    .expect("a row too early");
    at(&world, day + Duration::days(2));
    close(&world, day + Duration::DAY).await;
    let system = Actor::system();
    let state = world
        .services
        .payments
        .state_of_books(&system)
        .await
        .expect("the state");
    assert!(!state.set_aside.is_empty());
    let behind: Vec<uuid::Uuid> = sqlx::query_scalar(
        "select loan_id from payments.standing where not resting and advanced_to < '2026-03-07' order by loan_id",
    )
    .fetch_all(&world.owner)
    .await
    .expect("loans");
    assert!(behind.iter().all(|loan| running[..2].contains(loan)), "{behind:?}");
    let proof = world.services.payments.prove(None).await.expect("a proof");
    assert!(!proof.drifts.is_empty(), "what is wrong is found");
    let stranger = world.services.payments.state_of_books(&world.borrower(user_id)).await;
    assert_eq!(stranger, Err(Error::Forbidden));
    let seen = world
        .services
        .payments
        .state_of_books(&world.staff(Role::Auditor))
        .await
        .expect("the state");
    assert_eq!(usize::try_from(seen.drift).expect("few"), proof.drifts.len());
    world.abandon().await;
}

#[tokio::test]
async fn a_loan_that_cannot_be_read_stops_neither_the_figures_nor_the_proof() {
    let world = World::new().await;
    let user_id = borrower_paid_to(&world, "4821").await;
    let lives = portfolio(&world, user_id, 12, &mut Dice(3));
    let day = date!(2026 - 03 - 05);
    at(&world, day);
    live(&world, &lives, day).await;
    let owing = number(&world, "select count(*) from payments.standing where owed > 0").await;
    let loan_id: uuid::Uuid = sqlx::query_scalar("select loan_id from payments.standing where owed > 0 limit 1")
        .fetch_one(&world.owner)
        .await
        .expect("a loan");
    // Something happened to it after the day that is closed late, and nobody can read what.
    sqlx::query(
        "insert into payments.event (loan_id, seq, effective_on, recorded_on, body, recorded_at)
         values ($1, 99, '2026-03-07', '2026-03-07', '{\"kind\": \"unheard_of\"}', now())",
    )
    .bind(loan_id)
    .execute(&world.owner)
    .await
    .expect("an event");
    at(&world, day + Duration::days(6));
    close(&world, day).await;
    let told = "select sum(loans)::bigint from payments.portfolio_day where day = '2026-03-05'";
    assert_eq!(number(&world, told).await, owing, "it stays in the figures");
    let drifting = async || {
        let state = world.services.payments.state_of_books(&Actor::system()).await;
        let drifting = state.expect("the state").drifting;
        drifting
            .into_iter()
            .map(|trouble| (trouble.loan_id.0, trouble.what))
            .collect::<Vec<_>>()
    };
    let found = drifting().await;
    assert!(
        matches!(&found[..], [(id, what)] if *id == loan_id && what.starts_with("cannot be rebuilt")),
        "{found:?}"
    );
    // All nights after it are closed too, and every other loan comes along.
    close(&world, day + Duration::days(5)).await;
    let behind: Vec<uuid::Uuid> =
        sqlx::query_scalar("select loan_id from payments.standing where not resting and advanced_to < '2026-03-11'")
            .fetch_all(&world.owner)
            .await
            .expect("loans");
    assert!(behind.iter().all(|behind| *behind == loan_id), "{behind:?}");
    let proof = world.services.payments.prove(None).await.expect("a proof");
    let drifts: Vec<_> = proof.drifts.iter().map(|drift| drift.loan_id.0).collect();
    assert_eq!((drifts, proof.loans > 10), (vec![loan_id], true));
    assert!(world.services.payments.books_agree().await.expect("a proof"));
    // Once it can be read again the next proof takes it off the list.
    for sql in [
        "alter table payments.event disable trigger user",
        "delete from payments.event where seq = 99",
        "alter table payments.event enable trigger user",
    ] {
        sqlx::query(sql).execute(&world.owner).await.expect("mended");
    }
    world.services.payments.prove(None).await.expect("a proof");
    assert_eq!(drifting().await, []);
    world.finish().await;
}

#[tokio::test]
async fn a_day_that_is_not_over_is_not_closed() {
    let world = World::new().await;
    let today = world.services.core.clock.today();
    for day in [today, today + Duration::DAY] {
        let refused = world.services.payments.close_day(day).await.expect_err("not over");
        assert!(format!("{refused:?}").contains("not_over"), "{refused:?}");
    }
    world.finish().await;
}

#[tokio::test]
async fn reminders_go_out_at_an_allowed_time_once_and_only_when_true() {
    let world = World::new().await;
    let user_id = borrower_paid_to(&world, "4821").await;
    let mut lives = portfolio(&world, user_id, 2, &mut Dice(5));
    for life in &mut lives {
        life.payments.clear();
        life.open.contract = Contract {
            terms: Terms::new(
                product::Method::Annuity,
                life.open.net_cash,
                Rate::monthly(25_000),
                6,
                date!(2026 - 03 - 05),
            ),
            ..contract(&world)
        };
    }
    // The second one has paid its first instalment.
    let whole = lives[1].open.net_cash;
    lives[1].payments.push(PastPayment {
        paid_at: date!(2026 - 03 - 10).with_time(Time::MIDNIGHT).assume_utc(),
        purpose: PaymentPurpose::Amount,
        method: Method::Qris,
        amount: Some(whole),
    });
    at(&world, date!(2026 - 03 - 10));
    live(&world, &lives, date!(2026 - 03 - 10)).await;
    let calendar = world
        .services
        .notifications
        .contact_calendar()
        .await
        .expect("a calendar");
    // Due on Sunday 2026-04-05, a holiday after another on Friday: told on Saturday, and after it on Monday.
    let mut planned = Vec::new();
    for day in 0..30 {
        let today = date!(2026 - 03 - 10) + Duration::days(day);
        at(&world, today);
        let count = world.services.payments.plan_reminders(&calendar).await.expect("a plan");
        assert_eq!(
            world.services.payments.plan_reminders(&calendar).await.expect("a plan"),
            0,
            "planned once"
        );
        if count > 0 {
            planned.push((today, count));
        }
    }
    let unpaid: Vec<Date> = planned.iter().map(|(day, _)| *day).collect();
    let expected = [
        date!(2026 - 03 - 28), // seven days before is a Sunday
        date!(2026 - 04 - 02),
        date!(2026 - 04 - 04),
        date!(2026 - 04 - 06),
    ];
    assert_eq!(unpaid, expected);
    let due = date!(2026 - 04 - 05);
    let after = domain::notifications::contact::Reminder::OneAfter;
    let tell = async |id: LoanId| {
        world
            .services
            .payments
            .remind(id, "SGP-4F7K2M", due, after)
            .await
            .expect("an end")
    };
    // At night it is refused and kept for the morning; on Monday at noon it is told, once.
    world.clock.set(
        date!(2026 - 04 - 06)
            .with_time(Time::from_hms(15, 0, 0).expect("night"))
            .assume_utc(),
    );
    tell(lives[0].open.loan_id).await;
    tell(lives[0].open.loan_id).await;
    let waiting = number(&world, "select count(*) from payments.reminder where state = 'told'").await;
    assert_eq!(waiting, 1);
    // What the borrower reads is what the books say on that day.
    let told: serde_json::Value = sqlx::query_scalar(
        "select payload -> 'event' from graphile_worker._private_jobs
          where payload -> 'event' ->> 'event' = 'instalment_reminder'",
    )
    .fetch_one(&world.owner)
    .await
    .expect("a fact");
    let account = world
        .services
        .payments
        .account(&Actor::system(), lives[0].open.loan_id, None)
        .await
        .expect("an answer")
        .expect("an account");
    let position = account.position.expect("a position");
    let line = position.lines.iter().find(|line| line.due_on == due).expect("its line");
    let day = domain::payments::late_fee::per_day(account.contract.late_fee, line, position.as_of);
    assert_eq!(day.map(Rupiah::get), Some(line.principal.open().get() / 1_000));
    let unpaid = domain::event::UnpaidInstalment {
        number: "SGP-4F7K2M".into(),
        amount: line.open(),
        due_on: due,
        told_on: date!(2026 - 04 - 06),
        late_fee_per_day: day,
    };
    let fact = domain::event::Event::InstalmentReminder {
        user_id,
        loan_id: lives[0].open.loan_id,
        reminder: after,
        unpaid: Some(unpaid),
    };
    assert_eq!(
        serde_json::from_value::<domain::event::Event>(told).expect("a fact"),
        fact
    );
    let event = domain::event::Event::InstalmentReminder {
        user_id,
        loan_id: lives[0].open.loan_id,
        reminder: after,
        unpaid: None,
    };
    let told = async || {
        use domain::notifications::NotificationService;
        let id = uuid::Uuid::from_u128(77);
        world
            .services
            .notifications
            .tell(&Actor::system(), id, &event)
            .await
            .expect("an answer");
        number(
            &world,
            "select count(*) from notifications.notice where kind = 'instalment_reminder'",
        )
        .await
    };
    assert_eq!(told().await, 0);
    let refusals = "select count(*) from audit.entry where action = 'notifications.contact' and outcome = 'denied' and reason = 'hours'";
    assert_eq!(number(&world, refusals).await, 1);
    at(&world, date!(2026 - 04 - 07));
    assert_eq!(told().await, 1);
    assert_eq!(told().await, 1);
    world.finish().await;
}
