//! Ways out, write-off and waivers on PostgreSQL: once, by the right people, and the books follow.

use super::*;
use domain::{
    Error, Refusal, Role,
    audit::{AuditService as _, Verdict},
    id::ProposalId,
    loans::product::Component,
    payments::{Decision, Relief, ReliefRequest, ReliefState, servicing::Hardship, what_if::WhatIf},
};
use time::Duration;

fn code<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    match answer.expect_err("a refusal") {
        Error::Validation(faults) => faults[0].code.clone(),
        other => other.code().to_owned(),
    }
}

impl Case<'_> {
    async fn propose(&self, maker: &Actor, decision: Decision) -> domain::Result<ProposalId> {
        self.payments()
            .propose(maker, self.loan_id, decision, "sudah dibicarakan")
            .await
    }

    async fn approve(&self, id: ProposalId) -> domain::Result<()> {
        let audit = &self.world.services.audit;
        audit
            .close_proposal(&self.world.staff(Role::Approver), id, Verdict::Approved, "")
            .await
    }

    /// The borrower sees the preview and consents to it.
    async fn take(&self, option: Hardship, key: &str) -> domain::Result<Relief> {
        let (actor, payments) = (self.actor(), self.payments());
        let seen = match payments.preview_way_out(&actor, self.loan_id, option).await {
            Ok(preview) => preview.seen(),
            Err(_) => "nothing".to_owned(),
        };
        payments.take_way_out(&actor, self.loan_id, option, &seen, key).await
    }

    async fn last(&self) -> Option<ReliefRequest> {
        self.payments()
            .last_way_out(&self.actor(), self.loan_id)
            .await
            .expect("an answer")
    }

    fn after(&self, days: i64) {
        self.world.clock.advance(Duration::days(days));
    }
}

#[tokio::test]
async fn a_way_out_is_foretold_then_taken_once() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    case.after(10);
    let (actor, payments) = (case.actor(), case.payments());
    let offers = payments.ways_out(&actor, case.loan_id).await.expect("offers");
    assert_eq!(offers.len(), 4);
    let option = Hardship::InterestOnly;
    let foretold = payments
        .preview_way_out(&actor, case.loan_id, option)
        .await
        .expect("a preview");
    assert_eq!((foretold.extra_cost.get(), foretold.second_person), (75_000, false));
    let asked = WhatIf::WayOut { option };
    let answer = payments.what_if(&actor, case.loan_id, asked).await.expect("an answer");
    assert_eq!((&answer.with, answer.cost.get()), (&foretold.after, 75_000));

    let (seen, key) = (foretold.seen(), "sekali-saja-000001");
    let other = payments
        .take_way_out(&actor, case.loan_id, option, "jadwal lain", "kunci-lain-00000001")
        .await;
    assert_eq!(other, Err(Error::Refused(Refusal::DisclosureChanged)));
    for _ in 0..2 {
        let taken = payments.take_way_out(&actor, case.loan_id, option, &seen, key).await;
        assert_eq!(taken, Ok(Relief::Applied));
    }
    let other = case.take(Hardship::Longer { instalments: 8 }, key).await;
    assert_eq!(other, Err(Error::Refused(Refusal::KeyReused)));
    assert_eq!(case.position().await, foretold.after);
    case.books_match().await;
    let recorded = "select count(*) from payments.event where loan_id = $1 and body->>'kind' = 'hardship'";
    assert_eq!(case.count(recorded).await, 1);
}

#[tokio::test]
async fn what_does_not_fit_says_why_and_a_stranger_sees_nothing() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let (actor, payments) = (case.actor(), case.payments());
    let longer = Hardship::Longer { instalments: 99 };
    let key = "kunci-yang-panjang-1";
    assert_eq!(
        code(payments.preview_way_out(&actor, case.loan_id, longer).await),
        "hardship_count"
    );
    assert_eq!(code(case.take(longer, key).await), "hardship_count");
    // A refused call stores nothing, so its key may be used again.
    let taken = case.take(Hardship::InterestOnly, key).await;
    assert_eq!(taken, Ok(Relief::Applied));

    let yesterday = world.services.core.clock.today() - Duration::DAY;
    let past = WhatIf::Skip { until: yesterday };
    assert_eq!(code(payments.what_if(&actor, case.loan_id, past).await), "out_of_range");
    let stranger = world.borrower(UserId(world.services.core.clock.new_id()));
    let missing = LoanId(world.services.core.clock.new_id());
    for (who, loan_id) in [(&stranger, case.loan_id), (&actor, missing)] {
        assert_eq!(payments.ways_out(who, loan_id).await, Err(Error::NotFound));
        let taken = payments
            .take_way_out(who, loan_id, Hardship::InterestOnly, "", "kunci-orang-lain-01")
            .await;
        assert_eq!(taken, Err(Error::NotFound));
        assert_eq!(payments.end_way_out(who, loan_id, "").await, Err(Error::NotFound));
        assert_eq!(payments.last_way_out(who, loan_id).await, Err(Error::NotFound));
    }
    let page = || PageRequest { limit: 20, after: None };
    assert_eq!(
        payments.list_ways_out(&actor, false, page()).await,
        Err(Error::Forbidden)
    );
    assert_eq!(case.propose(&actor, Decision::WriteOff).await, Err(Error::Forbidden));
    assert_eq!(
        payments
            .pause_late_fees(&actor, case.loan_id, None, "alasan saya")
            .await,
        Err(Error::Forbidden)
    );
}

#[tokio::test]
async fn a_second_way_out_waits_for_two_people_while_late_fees_stop() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let (actor, payments) = (case.actor(), case.payments());
    let first = case.take(Hardship::InterestOnly, "pertama-0000000001").await;
    assert_eq!(first, Ok(Relief::Applied));
    case.after(40);
    let longer = Hardship::Longer { instalments: 10 };
    let waits = case.take(longer, "kedua-000000000001").await;
    assert_eq!(waits, Ok(Relief::Waiting));
    let request = case.last().await.expect("a request");
    let today = world.services.core.clock.today();
    assert_eq!((request.option, request.state), (longer, ReliefState::Open));
    assert_eq!(request.paused_through, Some(today + Duration::days(30)));
    let page = PageRequest { limit: 20, after: None };
    let auditor = world.staff(Role::Auditor);
    let open = payments.list_ways_out(&auditor, false, page.clone()).await;
    assert_eq!(open.map(|page| page.items), Ok(vec![request]));
    assert!(case.position().await.late_fee_frozen);
    let again = case.take(longer, "ketiga-00000000001").await;
    assert_eq!(again, Err(Error::Refused(Refusal::WrongState)));

    let maker = world.staff(Role::Collector);
    let id = case
        .propose(&maker, Decision::Relieve { option: longer })
        .await
        .expect("a proposal");
    assert_eq!(
        case.position().await.lines.len(),
        7,
        "nothing happens before the second person"
    );
    case.approve(id).await.expect("approved");
    let position = case.position().await;
    assert_eq!((position.days_past_due, position.late_fee_frozen), (0, false));
    assert_eq!(
        case.last().await.map(|request| request.state),
        Some(ReliefState::Applied)
    );
    case.books_match().await;

    // A refused request lets late fees go on, and its borrower reads why.
    let asked = case.take(Hardship::InterestOnly, "keempat-0000000001").await;
    assert_eq!(asked, Ok(Relief::Waiting));
    let support = world.staff(Role::Support);
    payments
        .end_way_out(&support, case.loan_id, "tidak perlu lagi")
        .await
        .expect("refused");
    assert!(!case.position().await.late_fee_frozen);
    let refused = case.last().await.expect("a request");
    assert_eq!(
        (refused.state, refused.answer.as_str()),
        (ReliefState::Refused, "tidak perlu lagi")
    );
    let answered = payments.list_ways_out(&auditor, true, page).await;
    assert_eq!(answered.map(|page| page.items.len()), Ok(2));
    let none = payments.end_way_out(&actor, case.loan_id, "").await;
    assert_eq!(none, Err(Error::Refused(Refusal::WrongState)));
}

#[tokio::test]
async fn two_people_write_off_and_undo_and_money_is_recovered() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let collector = world.staff(Role::Collector);
    case.after(120);
    assert_eq!(
        code(case.propose(&collector, Decision::WriteOff).await),
        "write_off_too_early"
    );
    case.after(100);
    let owed = case.position().await.payoff.total;
    let id = case.propose(&collector, Decision::WriteOff).await.expect("a proposal");
    assert_eq!(
        case.propose(&collector, Decision::WriteOff).await,
        Err(Error::Refused(Refusal::ProposalOpen))
    );
    assert!(case.position().await.written_off_on.is_none());
    case.approve(id).await.expect("approved");
    assert!(case.position().await.written_off_on.is_some());
    assert_eq!(case.balance("5010").await, owed.get());
    for account in ["1100", "1110", "1120", "1130"] {
        assert_eq!(case.balance(account).await, 0, "{account}");
    }
    // Days go by without another rupiah of late fee; the debt stays.
    case.after(30);
    world
        .services
        .payments
        .close_day(world.services.core.clock.today() - Duration::DAY)
        .await
        .expect("closed");
    assert_eq!(case.position().await.payoff.total, owed);

    let paid = case
        .try_create(
            PaymentPurpose::Amount,
            Method::VaBca,
            Some(500_000),
            "pemulihan-00000001",
        )
        .await;
    let paid = paid.expect("a payment");
    case.press(&paid, "pay", json!({})).await;
    case.until(paid.id, PaymentStatus::Posted).await;
    assert_eq!(case.balance("1020").await, 500_000);
    assert_eq!(-case.balance("4040").await, case.position().await.recovered.get());

    let undo = case
        .propose(&collector, Decision::UndoWriteOff)
        .await
        .expect("a proposal");
    case.approve(undo).await.expect("approved");
    assert_eq!((case.balance("5010").await, case.balance("4040").await), (0, 0));
    case.books_match().await;
}

#[tokio::test]
async fn late_fees_are_paused_by_an_officer_and_waived_by_two() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let (support, payments) = (world.staff(Role::Support), case.payments());
    case.after(40);
    let before = case.position().await.late_fees;
    assert!(before.is_positive());
    let today = world.services.core.clock.today();
    let pause = async |through| {
        payments
            .pause_late_fees(&support, case.loan_id, through, "rumahnya kebanjiran")
            .await
    };
    assert_eq!(code(pause(Some(today)).await), "past");
    pause(Some(today + Duration::days(5))).await.expect("paused");
    case.after(5);
    assert_eq!(case.position().await.late_fees, before);
    pause(None).await.expect("paused");
    case.after(5);
    assert_eq!(case.position().await.late_fees, before);
    payments
        .resume_late_fees(&support, case.loan_id, "sudah surut")
        .await
        .expect("resumed");
    case.after(1);
    let late_fees = case.position().await.late_fees;
    assert!(late_fees > before);

    let waive = |amount| Decision::Waive {
        component: Component::LateFee,
        amount,
    };
    let too_much = Rupiah::new(late_fees.get() + 1);
    assert_eq!(code(case.propose(&support, waive(too_much)).await), "out_of_range");
    let id = case.propose(&support, waive(late_fees)).await.expect("a proposal");
    case.approve(id).await.expect("approved");
    assert!(case.position().await.late_fees.is_zero());
    assert_eq!(case.balance("5020").await, late_fees.get());
    case.books_match().await;
}

#[tokio::test]
async fn asking_again_and_again_buys_no_more_days_without_late_fees() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payments = case.payments();
    let first = case.take(Hardship::InterestOnly, "pertama-0000000001").await;
    assert_eq!(first, Ok(Relief::Applied));
    // Late, with a second way out that two people must agree to.
    case.after(75);
    let longer = Hardship::Longer { instalments: 8 };
    let mut paused = 0;
    for round in 0..4 {
        let asked = case.take(longer, &format!("berulang-kali-00000{round}")).await;
        assert_eq!(asked, Ok(Relief::Waiting));
        for _ in 0..12 {
            let before = case.position().await.late_fees;
            case.after(1);
            paused += i64::from(case.position().await.late_fees == before);
        }
        payments
            .end_way_out(&case.actor(), case.loan_id, "")
            .await
            .expect("withdrawn");
    }
    assert_eq!(paused, 30);
    let request = case.last().await.expect("a request");
    assert_eq!((request.state, request.paused_through), (ReliefState::Withdrawn, None));
    case.books_match().await;
}
