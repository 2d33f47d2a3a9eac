//! Our books against the gateways': one report for a day, differences that close themselves or wait for a person, and
//! money that may be under way twice.

use super::*;
use domain::{
    Error, Refusal, Role,
    id::PayoutId,
    payments::{Difference, DifferenceKind, Reconciliation, Subject},
};
use time::Duration;

async fn listed(world: &World, resolved: bool) -> Vec<Difference> {
    let actor = world.staff(Role::Auditor);
    let payments: &dyn PaymentService = &*world.services.payments;
    let page = payments.differences(&actor, resolved, PageRequest::default()).await;
    page.expect("a page").items
}

/// Kinds with what we and they say.
fn told(differences: &[Difference]) -> Vec<(DifferenceKind, &str, &str)> {
    differences
        .iter()
        .map(|difference| (difference.kind, &*difference.ours, &*difference.theirs))
        .collect()
}

/// Tomorrow at one in the morning in Jakarta, when the day of before can be compared; that day.
fn next_night(world: &World) -> Date {
    let day = world.services.core.clock.today();
    let night = (day + Duration::DAY).midnight() + Duration::hours(1);
    world.clock.set(
        night
            .assume_offset(domain::calendar::JAKARTA)
            .to_offset(time::UtcOffset::UTC),
    );
    day
}

async fn reconcile(world: &World, day: Date) -> Reconciliation {
    world.services.payments.reconcile(day).await.expect("a report")
}

/// A loan whose first payout is said to have failed and arrives; its second one is on its way. Their ids.
async fn twice_under_way(case: &Case<'_>) -> (PayoutId, PayoutId) {
    let world = case.world;
    case.open().await;
    world.run_jobs().await;
    let first = case.account().await.payout.expect("a payout").id;
    fault(world, "/v2/payouts", Mode::LateSuccess, Some(4_000));
    case.press_payout("fail", json!({"failure_code": "TRANSFER_ERROR"}))
        .await;
    world.services.payments.check_payout(first).await.expect("a check");
    assert_eq!(case.payout_status().await, PayoutStatus::Failed);
    let support = world.staff(Role::Support);
    let again = case.payments().retry_payout(&support, case.loan_id).await;
    let second = again.expect("an attempt").payout.expect("a payout").id;
    world.services.payments.send_payout(second).await.expect("sent");
    let arrived = async || {
        let all = control(world, reqwest::Method::GET, "/_sim/xendit/payouts", &json!({})).await;
        let all = all.as_array().expect("a list").clone();
        all.iter()
            .any(|payout| payout["reference_id"] == first.to_string() && payout["status"] == "SUCCEEDED")
    };
    while !arrived().await {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    world.services.payments.check_payout(first).await.expect("a check");
    (first, second)
}

#[tokio::test]
async fn money_that_may_be_under_way_twice_is_listed_and_nothing_is_sent_beside_it() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    let (first, second) = twice_under_way(&case).await;
    let open = listed(&world, false).await;
    assert_eq!(told(&open), [(DifferenceKind::Arrived, "failed", "succeeded")]);
    assert_eq!(
        (open[0].subject, open[0].loan_id),
        (Subject::Payout(first), case.loan_id)
    );

    // The second one fails; until the first one is looked at again, its money is not sent a third time.
    case.press_payout("fail", json!({"failure_code": "TRANSFER_ERROR"}))
        .await;
    world.services.payments.check_payout(second).await.expect("a check");
    let support = world.staff(Role::Support);
    let refused = case.payments().retry_payout(&support, case.loan_id).await;
    assert!(matches!(refused, Err(Error::Validation(faults)) if faults[0].code == "payout_open"));
    let cancelled = case.payments().cancel_payout(&Actor::system(), case.loan_id).await;
    assert_eq!(cancelled, Err(Error::Refused(Refusal::PayoutSent)));
    world.clock.advance(Duration::days(4));
    world.services.payments.sweep().await.expect("a sweep");
    let lapsed = "select count(*) from payments.account where loan_id = $1 and state <> 'open'";
    assert_eq!(case.count(lapsed).await, 0, "no loan lapses over money that arrived");

    world.run_jobs().await;
    let account = case.account().await;
    let payout = account.payout.expect("a payout");
    assert_eq!((payout.id, payout.status), (first, PayoutStatus::Succeeded));
    assert_eq!(case.balance("1100").await, 3_000_000);
    assert_eq!(listed(&world, false).await, []);
    let settled = listed(&world, true).await;
    assert_eq!(settled[0].resolution.as_ref().expect("an end").by, None);
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn money_lent_twice_stays_open_until_a_person_says_why_it_is_closed() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    let (_, second) = twice_under_way(&case).await;
    case.press_payout("succeed", json!({})).await;
    case.until_payout(PayoutStatus::Succeeded).await;
    assert_eq!(case.account().await.payout.expect("a payout").id, second);
    let day = next_night(&world);
    assert_eq!(reconcile(&world, day).await.differences, 1);
    world.run_jobs().await;
    let open = listed(&world, false).await;
    assert_eq!(
        told(&open),
        [(DifferenceKind::Arrived, "failed", "succeeded")],
        "once, whoever saw it"
    );

    let close = async |actor: &Actor, reason: &str| case.payments().close_difference(actor, open[0].id, reason).await;
    for role in [Role::Support, Role::Collector, Role::Auditor, Role::Superadmin] {
        assert_eq!(
            close(&world.staff(role), "Dana kedua kembali.").await,
            Err(Error::Forbidden)
        );
    }
    assert_eq!(close(&case.actor(), "Dana kedua kembali.").await, Err(Error::Forbidden));
    assert_eq!(
        close(&world.stranger(), "Dana kedua kembali.").await,
        Err(Error::Unauthenticated)
    );
    let approver = world.staff(Role::Approver);
    assert!(matches!(close(&approver, " ").await, Err(Error::Validation(_))));
    assert_eq!(close(&approver, "Dana kedua kembali.").await, Ok(()));
    assert_eq!(
        close(&approver, "Sekali lagi.").await,
        Err(Error::Refused(Refusal::WrongState))
    );
    let closed = listed(&world, true).await;
    let end = closed[0].resolution.as_ref().expect("an end");
    assert_eq!(
        (end.by, &*end.reason),
        (
            Some(approver.session().expect("a session").user_id),
            "Dana kedua kembali."
        )
    );
    // What a person closed as it is does not open again.
    world.clock.advance(Duration::DAY);
    reconcile(&world, day + Duration::DAY).await;
    world.run_jobs().await;
    assert_eq!(listed(&world, false).await, []);
    let audited: i64 =
        sqlx::query_scalar("select count(*) from audit.entry where action = 'payments.close_difference'")
            .fetch_one(&world.owner)
            .await
            .expect("a count");
    assert_eq!(audited, 1);
    world.finish().await;
}

async fn clear_faults(world: &World) {
    let client = client();
    let url = format!("{}/_sim/faults", world.sandbox.admin_url);
    assert!(
        client
            .delete(url)
            .send()
            .await
            .expect("an answer")
            .status()
            .is_success()
    );
}

/// A paid bill, its notice worked on.
async fn paid(case: &Case<'_>, key: &str) -> Payment {
    let payment = case.bill(key).await;
    case.press(&payment, "pay", json!({})).await;
    case.until(payment.id, PaymentStatus::Posted).await;
    payment
}

#[tokio::test]
async fn a_day_on_which_all_agree_has_one_report() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = paid(&case, "key-one-payment-1").await;
    case.bill("key-pending-payment").await;
    let amount = payment.amount.get();
    let today = world.services.core.clock.today();
    for early in [today, today + Duration::DAY] {
        let refused = world.services.payments.reconcile(early).await;
        assert!(refused.is_err(), "{early} is not over");
    }
    let day = next_night(&world);
    assert_eq!(day, today);
    let report = reconcile(&world, day).await;
    assert_eq!((report.payments, report.payouts, report.differences), (2, 1, 0));
    assert_eq!((report.in_ours, report.in_theirs), (amount, amount));
    assert_eq!((report.out_ours, report.out_theirs), (3_000_000, 3_000_000));
    assert!(report.finished_at.is_some());
    let asked = || async {
        let path = "/_sim/requests?path=/status";
        let all = control(&world, reqwest::Method::GET, path, &json!({})).await;
        all.as_array().expect("a list").len()
    };
    let before = asked().await;
    assert_eq!(reconcile(&world, day).await, report, "run twice is run once");
    assert_eq!(asked().await, before, "and asks nobody");
    let reports = case
        .payments()
        .reconciliations(&world.staff(Role::Analyst), PageRequest::default())
        .await;
    assert_eq!(reports.expect("a page").items, [report]);
    for actor in [world.staff(Role::Collector), case.actor()] {
        let refused = case.payments().reconciliations(&actor, PageRequest::default()).await;
        assert_eq!(refused, Err(Error::Forbidden));
        let refused = case.payments().differences(&actor, false, PageRequest::default()).await;
        assert_eq!(refused, Err(Error::Forbidden));
    }
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_lost_notice_is_found_and_its_money_credited_once() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case.bill("key-lost-notice-1").await;
    // The notice of the code itself is worked on before.
    let heard = "select count(*) from payments.inbox where processed_at is not null and our_ref like 'SGP-%' and $1::uuid is not null";
    world.run_jobs_until(async || case.count(heard).await == 1).await;
    fault(&world, "/webhooks/midtrans", Mode::BadSignature, None);
    case.press(&payment, "pay", json!({})).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    world.run_jobs().await;
    assert_eq!(case.payment(payment.id).await.status, PaymentStatus::Pending);
    let day = next_night(&world);
    let report = reconcile(&world, day).await;
    assert_eq!(
        (report.differences, report.in_ours, report.in_theirs),
        (1, 0, payment.amount.get())
    );
    assert_eq!(
        told(&listed(&world, false).await),
        [(DifferenceKind::Status, "pending", "paid")]
    );
    world.run_jobs().await;
    assert_eq!(case.payment(payment.id).await.status, PaymentStatus::Posted);
    assert_eq!(listed(&world, false).await, [], "a later look agrees");
    let posted = "select count(*) from payments.payment where loan_id = $1";
    assert_eq!(case.count(posted).await, 1);
    // The day after finds nothing new, and looking again changes nothing.
    world.clock.advance(Duration::DAY);
    assert_eq!(reconcile(&world, day + Duration::DAY).await.differences, 0);
    world.run_jobs().await;
    assert_eq!(case.count(posted).await, 1);
    case.books_match().await;
    world.finish().await;
}

/// The bank takes a payment back after two weeks, and the notice of it gets lost.
#[tokio::test]
async fn money_taken_back_weeks_later_is_found() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = paid(&case, "key-taken-back-late").await;
    let day = next_night(&world);
    assert_eq!(reconcile(&world, day).await.differences, 0);
    fault(&world, "/webhooks/midtrans", Mode::BadSignature, None);
    case.press(&payment, "reverse", json!({})).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    world.clock.advance(Duration::days(14));
    let other = reconcile(&world, day + Duration::days(13)).await;
    assert_eq!((other.payments, other.payouts), (0, 0), "once a week");
    let report = reconcile(&world, day + Duration::days(14)).await;
    assert_eq!((report.payments, report.payouts, report.differences), (1, 1, 1));
    assert_eq!((report.in_ours, report.out_ours), (0, 0), "the sums of their own day");
    world.run_jobs().await;
    assert_eq!(case.payment(payment.id).await.status, PaymentStatus::Reversed);
    assert_eq!(listed(&world, false).await, []);
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn another_amount_and_a_payout_known_only_to_us_wait_for_a_person() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = paid(&case, "key-other-amount-1").await;
    // As if the gateway had changed its mind: ours are the ones that a test can change.
    sqlx::query("update payments.charge set amount = amount + 1000 where payment_id = $1")
        .bind(payment.id.0)
        .execute(&world.owner)
        .await
        .expect("another amount");
    let unknown = Case::lent(&world).await;
    let strange: uuid::Uuid = world.services.core.clock.new_id();
    sqlx::query("update payments.payout set payout_id = $2, provider_ref = 'disb-nobody' where loan_id = $1")
        .bind(unknown.loan_id.0)
        .bind(strange)
        .execute(&world.owner)
        .await
        .expect("a payout known only to us");
    let day = next_night(&world);
    let report = reconcile(&world, day).await;
    assert_eq!((report.payouts, report.differences), (2, 2));
    assert_eq!((report.out_ours, report.out_theirs), (6_000_000, 3_000_000));
    world.run_jobs().await;
    let open = listed(&world, false).await;
    let mut kinds: Vec<DifferenceKind> = open.iter().map(|difference| difference.kind).collect();
    kinds.sort();
    assert_eq!(
        kinds,
        [DifferenceKind::Amount, DifferenceKind::Unknown],
        "nothing settles them"
    );
    assert!(open.iter().any(|one| one.subject == Subject::Payout(strange.into())));
    let found: i64 = sqlx::query_scalar("select count(*) from audit.entry where action = 'payments.difference_found'")
        .fetch_one(&world.owner)
        .await
        .expect("a count");
    assert_eq!(found, 2);
    world.abandon().await;
}

#[tokio::test]
async fn a_comparison_that_is_killed_goes_on_and_tells_one_report() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let mut sum = 0;
    for number in 0..4 {
        sum += paid(&case, &format!("key-of-payment-{number}")).await.amount.get();
    }
    let day = next_night(&world);
    // The gateway hangs at the third page; the worker dies there.
    let hang = || {
        world.sandbox.add_fault(Fault {
            route: "GET /midtrans/v2/*/status".into(),
            mode: Mode::SlowMs,
            times: 50,
            ms: Some(400),
        });
    };
    hang();
    let payments = world.services.payments.clone();
    let killed = tokio::spawn(async move { payments.reconcile_by(day, 2).await });
    let counted = async || -> i64 {
        let sql = "select coalesce(sum(payments + payouts), 0)::bigint from payments.reconciliation";
        sqlx::query_scalar(sql).fetch_one(&world.owner).await.expect("a count")
    };
    while counted().await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    killed.abort();
    assert!(killed.await.is_err(), "it was killed");
    let done = counted().await;
    assert!((1..5).contains(&done), "{done} of five");
    clear_faults(&world).await;
    let report = reconcile(&world, day).await;
    assert!(report.finished_at.is_some());
    assert_eq!((report.payments, report.payouts, report.differences), (4, 1, 0));
    assert_eq!((report.in_ours, report.in_theirs), (sum, sum));
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_gateway_that_is_away_leaves_the_day_for_later() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    paid(&case, "key-gateway-away-1").await;
    let day = next_night(&world);
    fault(&world, "GET /midtrans/v2/*/status", Mode::Http429, None);
    let away = world.services.payments.reconcile(day).await.expect_err("no answer");
    assert!(away.is_passing());
    // One answer that makes no sense keeps one payment open, and is settled by the next.
    fault(&world, "GET /midtrans/v2/*/status", Mode::Http500, None);
    let report = reconcile(&world, day).await;
    assert_eq!((report.payments, report.differences), (1, 1));
    assert_eq!(
        told(&listed(&world, false).await),
        [(DifferenceKind::Unanswered, "", "")]
    );
    world.run_jobs().await;
    assert_eq!(listed(&world, false).await, []);
    world.finish().await;
}

#[tokio::test]
async fn a_closed_day_is_compared_by_itself() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let day = next_night(&world);
    let reported =
        "select count(*) from payments.reconciliation where finished_at is not null and $1::uuid is not null";
    world.services.payments.queue_reconciliation().await.expect("queued");
    world.run_jobs().await;
    assert_eq!(case.count(reported).await, 0, "the day is not closed yet");
    world.services.payments.close_day(day).await.expect("a close");
    for _ in 0..2 {
        world.services.payments.queue_reconciliation().await.expect("queued");
        world.run_jobs().await;
        assert_eq!(case.count(reported).await, 1);
    }
    world.finish().await;
}
