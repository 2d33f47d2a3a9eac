//! A credit balance goes back: asked for or by itself, agreed to by two, sent once, never what was used meanwhile.

use super::*;
use domain::{
    Error, Refusal, Role,
    audit::{AuditService as _, Verdict},
    id::ProposalId,
    payments::{Decision, Refund, RefundState},
};
use std::collections::BTreeSet;
use time::Duration;

/// A borrower whose loan is paid off twice at once: the second payment is a credit.
async fn overpaid<'a>(world: &'a World) -> (Case<'a>, Rupiah) {
    let case = Case::lent(world).await;
    let pay = async |key: &str| {
        case.try_create(PaymentPurpose::Payoff, Method::Qris, None, key)
            .await
            .expect("a payment")
    };
    let (first, second) = (pay("key-payoff-first-1").await, pay("key-payoff-second").await);
    // Both codes are paid before the one that was replaced is withdrawn.
    for payment in [&first, &second] {
        case.press(payment, "pay", json!({})).await;
    }
    for payment in [&first, &second] {
        case.until(payment.id, PaymentStatus::Posted).await;
    }
    let credit = case.position().await.credit;
    assert!(credit.is_positive());
    (case, credit)
}

impl Case<'_> {
    async fn ask(&self) -> domain::Result<Refund> {
        self.payments().ask_refund(&self.actor(), self.loan_id).await
    }

    async fn refund(&self) -> Refund {
        let found = self.payments().last_refund(&self.actor(), self.loan_id).await;
        found.expect("an answer").expect("a refund")
    }

    async fn propose_refund(&self, actor: &Actor, amount: Rupiah) -> domain::Result<ProposalId> {
        let decision = Decision::Refund { amount };
        self.payments()
            .propose(actor, self.loan_id, decision, "Lebih bayar, rekening cocok.")
            .await
    }

    async fn agree(&self, amount: Rupiah) -> domain::Result<()> {
        let maker = self.world.staff(Role::Support);
        let id = self.propose_refund(&maker, amount).await.expect("a proposal");
        let checker = self.world.staff(Role::Approver);
        let audit = &self.world.services.audit;
        audit.close_proposal(&checker, id, Verdict::Approved, "").await
    }

    async fn until_refund(&self, state: RefundState) {
        self.world
            .run_jobs_until(async || self.refund().await.state == state)
            .await;
    }

    /// Refunds that the gateway has for this loan.
    async fn sent_back(&self) -> Vec<Value> {
        let id: Option<uuid::Uuid> = sqlx::query_scalar(
            "select payout_id from payments.payout where loan_id = $1 and purpose = 'refund' order by created_at desc limit 1",
        )
        .bind(self.loan_id.0)
        .fetch_optional(&self.world.owner)
        .await
        .expect("an id");
        let id = id.map(|id| id.to_string()).unwrap_or_default();
        let all = control(self.world, reqwest::Method::GET, "/_sim/xendit/payouts", &json!({})).await;
        let all = all.as_array().expect("a list").clone();
        all.into_iter()
            .filter(|payout| payout["reference_id"] == id.as_str())
            .collect()
    }

    async fn press_refund(&self, action: &str, body: Value) {
        let id = self.sent_back().await[0]["id"].as_str().expect("an id").to_owned();
        post(self.world, &format!("/_sim/xendit/payouts/{id}/{action}"), body).await;
    }
}

#[tokio::test]
async fn a_credit_goes_back_when_two_people_agree() {
    let world = World::new().await;
    let (case, credit) = overpaid(&world).await;
    let stranger = world.borrower(borrower_paid_to(&world, "1111").await);
    for (actor, expected) in [(stranger, Error::NotFound), (world.stranger(), Error::Unauthenticated)] {
        assert_eq!(
            case.payments().ask_refund(&actor, case.loan_id).await,
            Err(expected.clone())
        );
        assert_eq!(case.payments().last_refund(&actor, case.loan_id).await, Err(expected));
    }
    let (a, b) = tokio::join!(case.ask(), case.ask());
    let asked = a.expect("a refund");
    assert_eq!(b.expect("the same"), asked);
    assert_eq!(
        (asked.amount, asked.state, asked.by_borrower),
        (credit, RefundState::Waiting, true)
    );
    assert_eq!(
        case.position().await.credit,
        credit,
        "until two agree it stays a credit"
    );

    assert_eq!(case.propose_refund(&case.actor(), credit).await, Err(Error::Forbidden));
    let other = Rupiah::new(credit.get() - 1);
    let support = world.staff(Role::Support);
    assert_eq!(
        case.propose_refund(&support, other).await,
        Err(Error::Refused(Refusal::WrongState))
    );
    assert_eq!(case.agree(credit).await, Ok(()));
    let position = case.position().await;
    assert_eq!((position.credit, position.refunding), (Rupiah::ZERO, credit));
    world.run_jobs().await;
    assert_eq!(case.refund().await.state, RefundState::Sending);
    let sent = case.sent_back().await;
    assert_eq!((sent.len(), sent[0]["amount"].as_i64()), (1, Some(credit.get())));
    assert_eq!(sent[0]["description"], "Pengembalian titipan Sanggup");
    assert_eq!(
        case.ask().await.expect("the same").state,
        RefundState::Sending,
        "asked again is answered"
    );
    assert_eq!(
        case.payout_status().await,
        PayoutStatus::Succeeded,
        "the loan's own payout is another"
    );

    case.press_refund("succeed", json!({})).await;
    case.until_refund(RefundState::Paid).await;
    assert!(case.refund().await.payee_label.contains("4821"));
    let position = case.position().await;
    assert_eq!(
        (position.refunded, position.closed, position.overpaid),
        (credit, true, false)
    );
    assert_eq!((case.balance("2140").await, case.balance("2100").await), (0, 0));
    assert_eq!(case.balance("1010").await, -3_000_000 - credit.get());
    let fault = case.ask().await;
    assert!(
        matches!(fault, Err(Error::Validation(faults)) if faults[0].code == "no_credit"),
        "too late"
    );
    let late = case.propose_refund(&support, credit).await;
    assert_eq!(late, Err(Error::Refused(Refusal::WrongState)));
    case.books_match().await;
    world.run_jobs().await;
    let told = "select count(distinct kind) from notifications.notice where kind in ('refund_asked', 'refund_paid') and $1::uuid is not null";
    assert_eq!(case.count(told).await, 2);
    world.finish().await;
}

#[tokio::test]
async fn a_refund_that_fails_is_a_credit_again_and_may_be_asked_for_anew() {
    let world = World::new().await;
    let (case, credit) = overpaid(&world).await;
    case.ask().await.expect("a refund");
    case.agree(credit).await.expect("agreed");
    world.run_jobs().await;
    case.press_refund("fail", json!({"failure_code": "INVALID_DESTINATION"}))
        .await;
    case.until_refund(RefundState::Failed).await;
    assert_eq!(case.position().await.credit, credit);
    assert_eq!(
        (case.balance("2140").await, case.balance("2100").await),
        (0, -credit.get())
    );
    case.books_match().await;
    world.clock.advance(Duration::minutes(1));
    assert_eq!(case.ask().await.expect("another").state, RefundState::Waiting);
    case.agree(credit).await.expect("agreed");
    world.run_jobs().await;
    case.press_refund("succeed", json!({})).await;
    case.until_refund(RefundState::Paid).await;
    let sent = "select count(distinct idempotency_key) from payments.payout where loan_id = $1 and purpose = 'refund'";
    assert_eq!(case.count(sent).await, 2);
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_refund_that_the_bank_sends_back_is_a_credit_again() {
    let world = World::new().await;
    let (case, credit) = overpaid(&world).await;
    case.ask().await.expect("a refund");
    case.agree(credit).await.expect("agreed");
    world.run_jobs().await;
    case.press_refund("succeed", json!({})).await;
    case.until_refund(RefundState::Paid).await;
    case.press_refund("reverse", json!({})).await;
    case.until_refund(RefundState::Failed).await;
    let position = case.position().await;
    assert_eq!((position.credit, position.refunded), (credit, Rupiah::ZERO));
    assert_eq!(case.balance("1010").await, -3_000_000);
    assert_eq!(case.refund().await.paid_at, None);
    case.books_match().await;
    world.clock.advance(Duration::minutes(1));
    assert_eq!(case.ask().await.expect("another").state, RefundState::Waiting);
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_refund_that_arrives_after_it_failed_is_no_credit_any_more() {
    let world = World::new().await;
    let (case, credit) = overpaid(&world).await;
    case.ask().await.expect("a refund");
    case.agree(credit).await.expect("agreed");
    world.run_jobs().await;
    fault(&world, "/v2/payouts", Mode::LateSuccess, Some(300));
    case.press_refund("fail", json!({"failure_code": "TRANSFER_ERROR"}))
        .await;
    case.until_refund(RefundState::Paid).await;
    let position = case.position().await;
    assert_eq!((position.credit, position.refunded), (Rupiah::ZERO, credit));
    let open = "select count(*) from payments.difference where loan_id = $1 and resolved_at is null";
    assert_eq!(case.count(open).await, 0);
    case.books_match().await;
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_refund_in_doubt_is_asked_about_and_never_sent_twice() {
    let world = World::new().await;
    let (case, credit) = overpaid(&world).await;
    case.ask().await.expect("a refund");
    case.agree(credit).await.expect("agreed");
    // The worker dies between the call and its answer: the gateway has it.
    fault(&world, "POST /v2/payouts", Mode::TimeoutAfterAccept, Some(50));
    fault(&world, "GET /v2/payouts", Mode::Http500, None);
    world.run_jobs().await;
    assert_eq!(case.refund().await.state, RefundState::Sending);
    world.clock.advance(Duration::minutes(2));
    world.services.payments.sweep().await.expect("a sweep");
    world.run_jobs().await;
    assert_eq!(case.sent_back().await.len(), 1);
    case.press_refund("succeed", json!({})).await;
    case.until_refund(RefundState::Paid).await;
    let paid = "select count(*) from payments.event where loan_id = $1 and body->>'kind' = 'refund_paid'";
    assert_eq!(case.count(paid).await, 1);
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_credit_that_was_used_meanwhile_is_not_sent() {
    let world = World::new().await;
    let (case, credit) = overpaid(&world).await;
    case.ask().await.expect("a refund");
    let maker = world.staff(Role::Analyst);
    let id = case.propose_refund(&maker, credit).await.expect("a proposal");
    // The bank takes the other payment back: what was over pays the loan now.
    let taken: String = sqlx::query_scalar(
        "select order_id from payments.charge where loan_id = $1 and status = 'posted' order by created_at limit 1",
    )
    .bind(case.loan_id.0)
    .fetch_one(&world.owner)
    .await
    .expect("an order");
    post(&world, &format!("/_sim/midtrans/{taken}/reverse"), json!({})).await;
    let reversed = "select count(*) from payments.charge where loan_id = $1 and status = 'reversed'";
    world.run_jobs_until(async || case.count(reversed).await == 1).await;
    assert_eq!(case.position().await.credit, Rupiah::ZERO);
    let checker = world.staff(Role::Approver);
    let refused = world
        .services
        .audit
        .close_proposal(&checker, id, Verdict::Approved, "")
        .await;
    assert_eq!(refused, Err(Error::Refused(Refusal::ProposalStale)));
    assert_eq!(case.sent_back().await.len(), 0);
    world
        .services
        .payments
        .start_refunds(&BTreeSet::new())
        .await
        .expect("a night");
    assert_eq!(case.refund().await.state, RefundState::Used);
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn money_taken_back_after_a_refund_is_owed_again() {
    let world = World::new().await;
    let (case, credit) = overpaid(&world).await;
    case.ask().await.expect("a refund");
    case.agree(credit).await.expect("agreed");
    world.run_jobs().await;
    case.press_refund("succeed", json!({})).await;
    case.until_refund(RefundState::Paid).await;
    // Both payments go back: nothing was ever paid, and the refund left all the same.
    let orders: Vec<String> =
        sqlx::query_scalar("select order_id from payments.charge where loan_id = $1 and status = 'posted'")
            .bind(case.loan_id.0)
            .fetch_all(&world.owner)
            .await
            .expect("orders");
    for order in &orders {
        post(&world, &format!("/_sim/midtrans/{order}/reverse"), json!({})).await;
    }
    let reversed = "select count(*) from payments.charge where loan_id = $1 and status = 'reversed'";
    world.run_jobs_until(async || case.count(reversed).await == 2).await;
    let position = case.position().await;
    assert_eq!(position.payoff.total, Rupiah::new(3_000_000 + credit.get()));
    case.books_match().await;
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_credit_that_no_bank_takes_stays_a_credit() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let owed = case.position().await.payoff.total.get();
    let pay = async |amount, key| {
        let asked = case
            .try_create(PaymentPurpose::Amount, Method::Qris, Some(amount), key)
            .await
            .expect("a payment");
        case.press(&asked, "pay", json!({})).await;
        asked.id
    };
    // Both codes are paid before the one that was replaced is withdrawn.
    let (first, second) = (
        case.try_create(PaymentPurpose::Payoff, Method::Qris, None, "key-of-the-whole-debt")
            .await
            .expect("a payment"),
        pay(9_999, "key-of-a-little-more").await,
    );
    case.press(&first, "pay", json!({})).await;
    for id in [first.id, second] {
        case.until(id, PaymentStatus::Posted).await;
    }
    assert_eq!(
        (case.position().await.credit, owed),
        (Rupiah::new(9_999), first.amount.get())
    );
    let fault = case.ask().await;
    assert!(matches!(fault, Err(Error::Validation(faults)) if faults[0].code == "credit_small"));
    world.clock.advance(Duration::days(10));
    let payments = &world.services.payments;
    payments.start_refunds(&BTreeSet::new()).await.expect("a night");
    let begun = "select count(*) from payments.refund where loan_id = $1";
    assert_eq!(case.count(begun).await, 0);
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_refund_begins_by_itself_after_three_business_days() {
    let world = World::new().await;
    // A Monday, noon in Jakarta.
    let today = world.services.core.clock.today();
    let ahead = i64::from(7 - today.weekday().number_days_from_monday());
    let (case, credit) = overpaid(&world).await;
    let monday = today + Duration::days(ahead);
    let paid_off = monday.midnight().assume_offset(domain::calendar::JAKARTA) + Duration::hours(12);
    sqlx::query("update payments.account set closed_at = $2 where loan_id = $1")
        .bind(case.loan_id.0)
        .bind(paid_off)
        .execute(&world.owner)
        .await
        .expect("paid off on Monday");
    let holiday = BTreeSet::from([monday + Duration::days(2)]);
    let begun = "select count(*) from payments.refund where loan_id = $1";
    // Tuesday, Thursday, Friday: Wednesday is a holiday.
    for (day, expected) in [(3, 0), (4, 1), (5, 1), (12, 1)] {
        world
            .clock
            .set((paid_off + Duration::days(day)).to_offset(time::UtcOffset::UTC));
        for _ in 0..2 {
            world.services.payments.start_refunds(&holiday).await.expect("a night");
        }
        assert_eq!(case.count(begun).await, expected, "day {day}");
    }
    let begun = case.refund().await;
    assert_eq!((begun.amount, begun.by_borrower), (credit, false));
    world.run_jobs().await;
    world.finish().await;
}
