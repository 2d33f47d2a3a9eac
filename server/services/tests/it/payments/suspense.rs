//! Money in suspense: two people end it, once, and account 2120 ends with it.

use super::*;
use domain::{
    Error, Refusal, Role,
    audit::{AuditService as _, Verdict},
    id::{ProposalId, SuspenseId},
    payments::{CreditBalance, Resolution, Suspense, SuspenseOutcome, SuspenseReason, SuspenseState},
};
use time::Duration;

fn code<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    match answer.expect_err("a refusal") {
        Error::Validation(faults) => faults[0].code.clone(),
        other => other.code().to_owned(),
    }
}

/// What stands in 2120, credits less debits.
async fn suspended(world: &World) -> i64 {
    account(world, "2120").await
}

async fn account(world: &World, account: &str) -> i64 {
    sqlx::query_scalar("select coalesce(sum(credit - debit), 0)::bigint from payments.ledger_entry where account = $1")
        .bind(account)
        .fetch_one(&world.owner)
        .await
        .expect("a balance")
}

async fn all(world: &World, resolved: bool) -> Vec<Suspense> {
    let page = PageRequest {
        limit: 100,
        after: None,
    };
    let payments = &world.services.payments;
    let list = payments
        .list_suspense(&world.staff(Role::Auditor), resolved, page)
        .await;
    list.expect("a page").items
}

async fn the_one(world: &World) -> Suspense {
    let mut found = all(world, false).await;
    assert_eq!(found.len(), 1);
    found.remove(0)
}

async fn found(world: &World, id: SuspenseId) -> Suspense {
    let payments = &world.services.payments;
    let found = payments.get_suspense(&world.staff(Role::Auditor), id).await;
    found.expect("the money")
}

async fn propose_by(world: &World, maker: &Actor, id: SuspenseId, what: Resolution) -> domain::Result<ProposalId> {
    let payments = &world.services.payments;
    payments
        .propose_resolution(maker, id, what, "sudah dicek ke mutasi")
        .await
}

async fn propose(world: &World, id: SuspenseId, what: Resolution) -> domain::Result<ProposalId> {
    propose_by(world, &world.staff(Role::Analyst), id, what).await
}

async fn close(world: &World, id: ProposalId, verdict: Verdict) -> domain::Result<()> {
    let audit = &world.services.audit;
    audit
        .close_proposal(&world.staff(Role::Approver), id, verdict, "sudah dicek ulang")
        .await
}

fn back(reference: &str) -> Resolution {
    Resolution::Return {
        reference: reference.into(),
    }
}

/// A payer pays somebody else's order under our merchant.
async fn pay_unknown_order(world: &World, order_id: &str, amount: i64) {
    let body = json!({"payment_type": "qris", "qris": {"acquirer": "gopay"},
        "transaction_details": {"order_id": order_id, "gross_amount": amount}});
    let made = client()
        .post(format!("{}/v2/charge", world.sandbox.midtrans_url))
        .basic_auth(&world.sandbox.credentials.midtrans_server_key, Some(""))
        .json(&body)
        .send()
        .await
        .expect("an answer");
    assert!(made.status().is_success());
    post(world, &format!("/_sim/midtrans/{order_id}/pay"), json!({})).await;
    world.run_jobs_until(async || suspended(world).await != 0).await;
}

impl Case<'_> {
    /// Rp500.000 came for a bill of Rp544.650.
    async fn mismatch(&self, method: Method, key: &str) -> (Payment, Suspense) {
        let payment = self
            .try_create(PaymentPurpose::Instalment, method, None, key)
            .await
            .expect("a payment");
        self.press(&payment, "pay", json!({"amount": 500_000})).await;
        self.until(payment.id, PaymentStatus::Mismatch).await;
        (payment, the_one(self.world).await)
    }

    fn credit(&self) -> Resolution {
        Resolution::Credit { loan_id: self.loan_id }
    }

    async fn taken_back_by_gateway(&self, payment: &Payment) {
        self.press(payment, "reverse", json!({})).await;
        self.world
            .services
            .payments
            .check_payment(payment.id)
            .await
            .expect("a check");
    }
}

#[tokio::test]
async fn a_mismatch_becomes_a_payment_of_the_day_it_came() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let (payment, money) = case.mismatch(Method::VaBca, "key-of-a-credit-0001").await;
    assert_eq!(
        (
            money.why,
            money.state,
            money.amount,
            money.payment_id,
            money.loan_id,
            money.method
        ),
        (
            SuspenseReason::Amount,
            SuspenseState::Waiting,
            Rupiah::new(500_000),
            Some(payment.id),
            Some(case.loan_id),
            Method::VaBca
        )
    );
    let received_on = domain::calendar::jakarta_date(money.received_at);
    // Late fees of days that the money should have covered go again by replay.
    world.clock.advance(Duration::days(40));
    let day = world.services.core.clock.today() - Duration::DAY;
    world.services.payments.close_day(day).await.expect("a close");
    let fees = case.position().await.late_fees;
    assert!(fees.is_positive());

    let id = propose(&world, money.id, case.credit()).await.expect("a proposal");
    assert_eq!(found(&world, money.id).await.state, SuspenseState::Proposed);
    let shown = world.services.audit.get_proposal(&world.staff(Role::Auditor), id).await;
    let diff = shown.expect("the proposal").diff;
    assert!(
        diff[0].after.contains(&case.loan_id.to_string()) && diff.iter().any(|change| change.what == "Denda"),
        "{diff:?}"
    );
    close(&world, id, Verdict::Approved).await.expect("approved");

    assert_eq!(suspended(&world).await, 0);
    let stored: (Date, i64) = sqlx::query_as("select effective_on, amount from payments.payment where payment_id = $1")
        .bind(payment.id.0)
        .fetch_one(&world.owner)
        .await
        .expect("a payment");
    assert_eq!(stored, (received_on, 500_000));
    let paid = case.payment(payment.id).await;
    assert_eq!(
        (paid.status, paid.amount),
        (PaymentStatus::Posted, Rupiah::new(500_000))
    );
    assert!(
        case.position().await.late_fees < fees,
        "most of the bill was there in time"
    );
    assert_eq!(case.balance("1020").await, 500_000);
    let end = found(&world, money.id).await;
    assert_eq!(
        (end.state, end.outcome),
        (SuspenseState::Resolved, Some(SuspenseOutcome::Credited))
    );
    case.books_match().await;

    // Late notices change nothing, and nothing is resolved twice.
    world
        .services
        .payments
        .check_payment(payment.id)
        .await
        .expect("a check");
    assert_eq!(
        close(&world, id, Verdict::Approved).await,
        Err(Refusal::ProposalClosed.into())
    );
    assert_eq!(
        propose(&world, money.id, back("TRX-1")).await,
        Err(Refusal::WrongState.into())
    );
    let log = "select count(*) from audit.entry where action = 'payments.resolve_suspense' and reason = 'credited'";
    assert_eq!(
        sqlx::query_scalar::<_, i64>(log)
            .fetch_one(&world.owner)
            .await
            .expect("a count"),
        1
    );
    // What the bank takes back later is a payment taken back.
    case.taken_back_by_gateway(&payment).await;
    assert_eq!(case.payment(payment.id).await.status, PaymentStatus::Reversed);
    assert_eq!((case.balance("1020").await, suspended(&world).await), (0, 0));
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn only_two_people_with_a_part_in_it_decide() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let (_, money) = case.mismatch(Method::VaBca, "key-of-two-people-01").await;
    let payments = case.payments();
    for who in [world.staff(Role::Support), world.staff(Role::Collector), case.actor()] {
        let asked = propose_by(&world, &who, money.id, case.credit()).await;
        assert_eq!(asked, Err(Error::Forbidden));
    }
    let stranger = world.stranger();
    assert_eq!(
        propose_by(&world, &stranger, money.id, case.credit()).await,
        Err(Error::Unauthenticated)
    );
    for who in [world.staff(Role::Collector), case.actor()] {
        let page = PageRequest::default();
        assert_eq!(
            payments.list_suspense(&who, false, page).await.err(),
            Some(Error::Forbidden)
        );
        assert_eq!(payments.get_suspense(&who, money.id).await, Err(Error::Forbidden));
        assert_eq!(payments.troubled_payouts(&who).await, Err(Error::Forbidden));
        assert_eq!(payments.credit_balances(&who).await, Err(Error::Forbidden));
    }
    let missing = SuspenseId(world.services.core.clock.new_id());
    assert_eq!(propose(&world, missing, case.credit()).await, Err(Error::NotFound));

    // What cannot be is said at its field.
    let nobodys = Resolution::Credit {
        loan_id: LoanId(world.services.core.clock.new_id()),
    };
    assert_eq!(code(propose(&world, money.id, nobodys).await), "unknown");
    let other = Case::lent(&world).await;
    assert_eq!(code(propose(&world, money.id, other.credit()).await), "other_borrower");
    assert_eq!(code(propose(&world, money.id, back(" ")).await), "length");
    let unborn = Case::new(&world).await;
    unborn.open().await;
    assert_eq!(code(propose(&world, money.id, unborn.credit()).await), "not_running");
    let hasty = payments
        .propose_resolution(&world.staff(Role::Analyst), money.id, case.credit(), "ya")
        .await;
    assert_eq!(code(hasty), "required");
    assert_eq!(found(&world, money.id).await.state, SuspenseState::Waiting);

    // One proposal waits; its maker cannot approve it; when it is dropped another may be made.
    let maker = world.staff(Role::Approver);
    let id = propose_by(&world, &maker, money.id, case.credit())
        .await
        .expect("a proposal");
    assert_eq!(
        propose(&world, money.id, back("TRX-77")).await,
        Err(Refusal::ProposalOpen.into())
    );
    let audit = &world.services.audit;
    let own = audit.close_proposal(&maker, id, Verdict::Approved, "").await;
    assert_eq!(own, Err(Refusal::OwnProposal.into()));
    close(&world, id, Verdict::Rejected).await.expect("rejected");
    assert_eq!(found(&world, money.id).await.state, SuspenseState::Waiting);
    let id = propose_by(&world, &maker, money.id, back("TRX-77"))
        .await
        .expect("a proposal");
    audit
        .close_proposal(&maker, id, Verdict::Withdrawn, "salah pilih")
        .await
        .expect("withdrawn");
    assert_eq!(found(&world, money.id).await.state, SuspenseState::Waiting);
    assert_eq!(suspended(&world).await, 500_000);
    world.finish().await;
}

#[tokio::test]
async fn many_approvals_at_once_post_once() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let (payment, money) = case.mismatch(Method::Qris, "key-of-a-double-01").await;
    let id = propose(&world, money.id, case.credit()).await.expect("a proposal");
    let tries = (0..4).map(|_| {
        let (audit, who) = (world.services.audit.clone(), world.staff(Role::Approver));
        tokio::spawn(async move { audit.close_proposal(&who, id, Verdict::Approved, "").await })
    });
    // The gateway asks about the same money meanwhile.
    let checks = (0..2).map(|_| {
        let payments = world.services.payments.clone();
        tokio::spawn(async move { payments.check_payment(payment.id).await })
    });
    let (tries, checks): (Vec<_>, Vec<_>) = (tries.collect(), checks.collect());
    let mut done = 0;
    for answer in tries {
        match answer.await.expect("no panic") {
            Ok(()) => done += 1,
            Err(error) => assert_eq!(error, Refusal::ProposalClosed.into()),
        }
    }
    for check in checks {
        check.await.expect("no panic").expect("a check");
    }
    assert_eq!(done, 1);
    let posted = case
        .count("select count(*) from payments.payment where loan_id = $1")
        .await;
    assert_eq!((posted, suspended(&world).await), (1, 0));
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn money_by_qr_goes_back_through_the_gateway_once() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let (payment, money) = case.mismatch(Method::Qris, "key-of-a-return-01").await;
    let id = propose(&world, money.id, back("tidak dipakai"))
        .await
        .expect("a proposal");
    // The gateway takes the first call and never answers; the second look asks before it asks again.
    fault(&world, "/v2/*/refund/online/direct", Mode::TimeoutAfterAccept, Some(50));
    close(&world, id, Verdict::Approved).await.expect("approved");
    assert_eq!(found(&world, money.id).await.state, SuspenseState::Returning);
    assert_eq!(
        suspended(&world).await,
        500_000,
        "until the gateway says that it is gone"
    );
    world.run_jobs_until(async || suspended(&world).await == 0).await;
    world.run_jobs().await;
    world
        .services
        .payments
        .return_money(money.id)
        .await
        .expect("nothing left to do");
    let end = found(&world, money.id).await;
    assert_eq!(end.outcome, Some(SuspenseOutcome::Returned));
    assert_eq!(case.payment(payment.id).await.status, PaymentStatus::Reversed);
    let orders = control(&world, reqwest::Method::GET, "/_sim/midtrans", &json!({})).await;
    let order = orders
        .as_array()
        .expect("a list")
        .iter()
        .find(|order| order["order_id"] == payment.order_id.as_str());
    assert_eq!(order.expect("the order")["status"], "refund");
    assert_eq!((account(&world, "1020").await, account(&world, "1000").await), (0, 0));
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn money_goes_back_once_whatever_the_gateway_answers() {
    let world = World::new().await;
    for mode in super::faults::ANSWERS {
        let told = format!("{mode:?}");
        let case = Case::lent(&world).await;
        let (payment, money) = case.mismatch(Method::Qris, "key-of-a-return-02").await;
        let id = propose(&world, money.id, back("")).await.expect("a proposal");
        fault(&world, "POST /v2/*/refund/online/direct", mode, Some(50));
        close(&world, id, Verdict::Approved).await.expect("approved");
        for _ in 0..30 {
            world.run_jobs().await;
            if suspended(&world).await == 0 {
                break;
            }
            world.clock.advance(Duration::minutes(2));
            world.services.payments.sweep().await.expect("a sweep");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(suspended(&world).await, 0, "{told}");
        let end = found(&world, money.id).await;
        assert_eq!(end.outcome, Some(SuspenseOutcome::Returned), "{told}");
        assert_eq!(case.payment(payment.id).await.status, PaymentStatus::Reversed, "{told}");
        assert_eq!(account(&world, "1020").await, 0, "{told}");
        let left = control(&world, reqwest::Method::GET, "/_sim/faults", &json!({})).await;
        assert_eq!(left, json!([]), "{told}: nobody called that route");
        case.books_match().await;
    }
    world.finish().await;
}

#[tokio::test]
async fn a_return_that_the_gateway_refuses_waits_for_people_again() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let (_, money) = case.mismatch(Method::VaBca, "key-of-a-refusal-1").await;
    // What looks like QR and is none: the gateway cannot give it back.
    sqlx::query("update payments.suspense set method = 'qris'")
        .execute(&world.owner)
        .await
        .expect("an update");
    let id = propose(&world, money.id, back("")).await.expect("a proposal");
    close(&world, id, Verdict::Approved).await.expect("approved");
    world
        .run_jobs_until(async || found(&world, money.id).await.state == SuspenseState::Waiting)
        .await;
    let refused = found(&world, money.id).await;
    assert_eq!(refused.refused.as_deref(), Some("412"));
    assert!(!refused.goes_back_by_gateway());
    assert_eq!(suspended(&world).await, 500_000);
    assert_eq!(code(propose(&world, money.id, back("")).await), "length");
    world.finish().await;
}

#[tokio::test]
async fn what_is_left_on_its_way_back_is_asked_about_again() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let (_, money) = case.mismatch(Method::Qris, "key-of-a-lost-job-1").await;
    let id = propose(&world, money.id, back("")).await.expect("a proposal");
    close(&world, id, Verdict::Approved).await.expect("approved");
    // A killed worker loses its job.
    sqlx::query("delete from graphile_worker._private_jobs")
        .execute(&world.owner)
        .await
        .expect("no jobs");
    world.clock.advance(Duration::minutes(5));
    world.services.payments.sweep().await.expect("a sweep");
    world.run_jobs_until(async || suspended(&world).await == 0).await;
    assert_eq!(found(&world, money.id).await.outcome, Some(SuspenseOutcome::Returned));
    world.finish().await;
}

#[tokio::test]
async fn money_by_transfer_goes_back_by_hand_and_its_claim_is_answered() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    world.clock.advance(Duration::days(36));
    let payment = case
        .try_create(PaymentPurpose::Instalment, Method::VaBca, None, "key-of-a-hand-01")
        .await
        .expect("a payment");
    case.payments()
        .claim(&case.actor(), payment.id, None)
        .await
        .expect("a claim");
    case.press(&payment, "pay", json!({"amount": 500_000})).await;
    case.until(payment.id, PaymentStatus::Mismatch).await;
    let money = the_one(&world).await;
    let id = propose(&world, money.id, back(" BCA 8812-01 "))
        .await
        .expect("a proposal");
    close(&world, id, Verdict::Approved).await.expect("approved");
    let end = found(&world, money.id).await;
    assert_eq!(
        (end.outcome, end.reference.as_str()),
        (Some(SuspenseOutcome::ByHand), "BCA 8812-01")
    );
    assert_eq!(case.payment(payment.id).await.status, PaymentStatus::Reversed);
    // Our bank account paid it; the gateway still settles what it took.
    assert_eq!(
        (
            suspended(&world).await,
            account(&world, "1000").await,
            account(&world, "1020").await
        ),
        (0, 500_000, -500_000)
    );
    world.clock.advance(Duration::days(2));
    assert!(!case.position().await.late_fee_frozen, "the claim has its answer");
    // The gateway goes on saying "paid", then takes it back too: nothing is booked, an alarm asks for a person.
    world
        .services
        .payments
        .check_payment(payment.id)
        .await
        .expect("a check");
    case.taken_back_by_gateway(&payment).await;
    assert_eq!(found(&world, money.id).await, end);
    assert_eq!((suspended(&world).await, account(&world, "1000").await), (0, 500_000));
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn what_the_gateway_takes_back_first_leaves_the_proposal_without_ground() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let (payment, money) = case.mismatch(Method::VaBca, "key-of-a-race-0001").await;
    let id = propose(&world, money.id, case.credit()).await.expect("a proposal");
    case.taken_back_by_gateway(&payment).await;
    let end = found(&world, money.id).await;
    assert_eq!(
        (end.state, end.outcome),
        (SuspenseState::Resolved, Some(SuspenseOutcome::TakenBack))
    );
    assert_eq!(suspended(&world).await, 0);
    assert_eq!(
        close(&world, id, Verdict::Approved).await,
        Err(Refusal::ProposalStale.into())
    );
    close(&world, id, Verdict::Rejected).await.expect("rejected");
    assert_eq!(
        found(&world, money.id).await,
        end,
        "a dropped proposal brings nothing back"
    );
    assert_eq!(case.position().await.paid_count, 0);
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn a_loan_that_closed_meanwhile_gets_no_money() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let (_, money) = case.mismatch(Method::VaBca, "key-before-the-end-1").await;
    let id = propose(&world, money.id, case.credit()).await.expect("a proposal");
    let payoff = case
        .try_create(PaymentPurpose::Payoff, Method::VaBni, None, "key-of-the-end-00001")
        .await
        .expect("a payment");
    case.press(&payoff, "pay", json!({})).await;
    case.until(payoff.id, PaymentStatus::Posted).await;
    assert_eq!(
        close(&world, id, Verdict::Approved).await,
        Err(Refusal::ProposalStale.into())
    );
    assert_eq!(found(&world, money.id).await.state, SuspenseState::Proposed);
    close(&world, id, Verdict::Rejected).await.expect("rejected");
    assert_eq!(code(propose(&world, money.id, case.credit()).await), "not_running");
    assert_eq!(
        (case.position().await.credit, suspended(&world).await),
        (Rupiah::ZERO, 500_000)
    );
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn money_for_one_loan_may_pay_another_of_the_same_borrower() {
    let world = World::new().await;
    let first = Case::lent(&world).await;
    let second = Case {
        world: &world,
        user_id: first.user_id,
        loan_id: LoanId(world.services.core.clock.new_id()),
    };
    second.open().await;
    world.run_jobs().await;
    second.press_payout("succeed", json!({})).await;
    second.until_payout(PayoutStatus::Succeeded).await;
    let (payment, money) = first.mismatch(Method::VaBca, "key-of-a-wrong-loan").await;
    let id = propose(&world, money.id, second.credit()).await.expect("a proposal");
    close(&world, id, Verdict::Approved).await.expect("approved");
    let paid = second.payment(payment.id).await;
    assert_eq!((paid.loan_id, paid.status), (second.loan_id, PaymentStatus::Posted));
    assert_eq!(
        (first.balance("1020").await, second.balance("1020").await),
        (0, 500_000)
    );
    second.taken_back_by_gateway(&payment).await;
    assert_eq!((second.balance("1020").await, suspended(&world).await), (0, 0));
    for case in [&first, &second] {
        case.books_match().await;
    }
    world.finish().await;
}

#[tokio::test]
async fn what_paid_a_loan_whose_payout_came_back_goes_back_to_its_payer() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    world.clock.advance(Duration::days(3));
    let day = world.services.core.clock.today() - Duration::DAY;
    world.services.payments.close_day(day).await.expect("a close");
    let bill = case.bill("key-of-the-first-bill").await;
    case.press(&bill, "pay", json!({})).await;
    case.until(bill.id, PaymentStatus::Posted).await;
    case.press_payout("reverse", json!({})).await;
    case.until_payout(PayoutStatus::Reversed).await;

    assert_eq!(case.account().await.position, None);
    for control in ["1010", "1100", "1110", "2100", "2110", "4010"] {
        assert_eq!(case.balance(control).await, 0, "account {control}");
    }
    assert_eq!(suspended(&world).await, bill.amount.get());
    let money = the_one(&world).await;
    assert_eq!(
        (money.why, money.state, money.amount, money.payment_id, money.loan_id),
        (
            SuspenseReason::Loan,
            SuspenseState::Waiting,
            bill.amount,
            Some(bill.id),
            Some(case.loan_id)
        )
    );
    assert_eq!(case.payment(bill.id).await.status, PaymentStatus::Mismatch);
    assert_eq!(code(propose(&world, money.id, case.credit()).await), "not_running");
    // Told again, it changes nothing.
    world.services.payments.check_payment(bill.id).await.expect("a check");
    assert_eq!(the_one(&world).await, money);

    let id = propose(&world, money.id, back("")).await.expect("a proposal");
    close(&world, id, Verdict::Approved).await.expect("agreed");
    world
        .run_jobs_until(async || found(&world, money.id).await.outcome == Some(SuspenseOutcome::Returned))
        .await;
    assert_eq!(suspended(&world).await, 0);
    assert_eq!(account(&world, "1020").await, 0);
    assert_eq!(case.payment(bill.id).await.status, PaymentStatus::Reversed);
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_payout_that_comes_back_after_suspense_became_a_payment_is_for_a_person() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let (_, money) = case.mismatch(Method::VaBca, "key-of-a-credit-0001").await;
    let id = propose(&world, money.id, case.credit()).await.expect("a proposal");
    close(&world, id, Verdict::Approved).await.expect("agreed");
    let before = case.position().await;
    case.press_payout("reverse", json!({})).await;
    let noted = "select count(*) from payments.difference where loan_id = $1 and theirs = 'reversed'";
    world.run_jobs_until(async || case.count(noted).await == 1).await;
    assert_eq!(case.payout_status().await, PayoutStatus::Succeeded);
    assert_eq!(case.position().await, before);
    case.books_match().await;
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn an_order_that_is_not_ours_is_credited_under_its_own_name() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    pay_unknown_order(&world, "NOT-OURS-7", 544_650).await;
    let money = the_one(&world).await;
    assert_eq!(
        (money.why, money.order_id.as_str(), money.payment_id, money.method),
        (SuspenseReason::Order, "NOT-OURS-7", None, Method::Qris)
    );
    let id = propose(&world, money.id, case.credit()).await.expect("a proposal");
    close(&world, id, Verdict::Approved).await.expect("approved");
    assert_eq!(suspended(&world).await, 0);
    assert_eq!(case.position().await.paid_count, 1);
    let payment = case
        .payments()
        .list(&case.actor(), case.loan_id)
        .await
        .expect("a list")
        .remove(0);
    assert_eq!(
        (payment.order_id.as_str(), payment.status, payment.amount),
        ("NOT-OURS-7", PaymentStatus::Posted, Rupiah::new(544_650))
    );
    assert_eq!(found(&world, money.id).await.payment_id, Some(payment.id));
    case.books_match().await;
    // A late notice about the order finds the payment now; a reversal takes it back.
    post(&world, "/_sim/midtrans/NOT-OURS-7/reverse", json!({})).await;
    case.until(payment.id, PaymentStatus::Reversed).await;
    assert_eq!((case.balance("1020").await, suspended(&world).await), (0, 0));
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn an_order_that_is_not_ours_goes_back_or_is_taken_back() {
    let world = World::new().await;
    pay_unknown_order(&world, "NOT-OURS-8", 77_000).await;
    let money = the_one(&world).await;
    let id = propose(&world, money.id, back("")).await.expect("a proposal");
    close(&world, id, Verdict::Approved).await.expect("approved");
    world.run_jobs_until(async || suspended(&world).await == 0).await;
    assert_eq!(found(&world, money.id).await.outcome, Some(SuspenseOutcome::Returned));

    pay_unknown_order(&world, "NOT-OURS-9", 88_000).await;
    let money = the_one(&world).await;
    post(&world, "/_sim/midtrans/NOT-OURS-9/reverse", json!({})).await;
    world.run_jobs_until(async || suspended(&world).await == 0).await;
    assert_eq!(found(&world, money.id).await.outcome, Some(SuspenseOutcome::TakenBack));
    world.run_jobs().await;
    assert_eq!((all(&world, true).await.len(), account(&world, "1020").await), (2, 0));
    world.finish().await;
}

#[tokio::test]
async fn a_balance_without_its_row_is_a_difference() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let (_, money) = case.mismatch(Method::VaBca, "key-of-a-difference-1").await;
    let agree = async || world.services.payments.books_agree().await.expect("a proof");
    assert!(agree().await);
    let set = async |amount: i64| {
        sqlx::query("update payments.suspense set amount = $2 where suspense_id = $1")
            .bind(money.id.0)
            .bind(amount)
            .execute(&world.owner)
            .await
            .expect("an update");
    };
    set(499_999).await;
    assert!(!agree().await);
    set(500_000).await;
    assert!(agree().await);
    // The server itself may change neither what came nor forget it.
    for forbidden in [
        "update payments.suspense set amount = 1",
        "delete from payments.suspense",
    ] {
        let done = sqlx::query(forbidden).execute(&world.services.core.db).await;
        assert!(done.is_err(), "{forbidden}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_payout_in_trouble_is_listed_until_it_is_tried_again() {
    let world = World::new().await;
    let support = world.staff(Role::Support);
    let case = Case::new(&world).await;
    case.open().await;
    world.run_jobs().await;
    let payments = case.payments();
    assert_eq!(payments.troubled_payouts(&support).await, Ok(vec![]));
    case.press_payout("fail", json!({"failure_code": "INSUFFICIENT_BALANCE"}))
        .await;
    case.until_payout(PayoutStatus::Failed).await;
    let listed = payments.troubled_payouts(&support).await.expect("a list");
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].loan_id, listed[0].payout.status),
        (case.loan_id, PayoutStatus::Failed)
    );
    payments
        .retry_payout(&support, case.loan_id)
        .await
        .expect("another try");
    assert_eq!(payments.troubled_payouts(&support).await, Ok(vec![]));

    world.finish().await;
}

#[tokio::test]
async fn credit_that_no_loan_takes_is_listed() {
    let world = World::new().await;
    let support = world.staff(Role::Support);
    let rich = Case::lent(&world).await;
    let payments = rich.payments();
    // A bill that is paid after the loan was paid off.
    let bill = rich.bill("key-of-a-double-payer").await;
    fault(&world, "/v2/charge", Mode::LateSuccess, Some(2_500));
    rich.press(&bill, "expire", json!({})).await;
    rich.until(bill.id, PaymentStatus::Expired).await;
    let payoff = rich
        .try_create(PaymentPurpose::Payoff, Method::VaBca, None, "key-of-a-payoff-0001")
        .await
        .expect("a payment");
    rich.press(&payoff, "pay", json!({})).await;
    rich.until(payoff.id, PaymentStatus::Posted).await;
    assert_eq!(payments.credit_balances(&support).await, Ok(vec![]));
    rich.until(bill.id, PaymentStatus::Posted).await;
    let credit = CreditBalance {
        loan_id: rich.loan_id,
        amount: bill.amount,
    };
    assert_eq!(payments.credit_balances(&support).await, Ok(vec![credit]));
    world.finish().await;
}
