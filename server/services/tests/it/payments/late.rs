//! Loans that are late: listed for the right people a page at a time, and decided about on the figures that were seen.

use super::*;
use domain::{
    Error, Refusal, Role,
    audit::{AuditService as _, Verdict},
    loans::product::Component,
    payments::{
        Decision,
        arrears::Quality,
        late_loan::{LateBucket, LateLoan},
    },
};
use time::Duration;

fn page(limit: u16, after: Option<String>) -> PageRequest {
    PageRequest { limit, after }
}

async fn late(world: &World, bucket: Option<u32>) -> Vec<LateLoan> {
    let bucket = bucket.map(|first| LateBucket::from(first).expect("a bucket"));
    let actor = world.staff(Role::Auditor);
    let list = world.services.payments.list_late(&actor, bucket, page(100, None)).await;
    list.expect("a list").items
}

#[tokio::test]
async fn late_loans_are_listed_by_bucket_and_page() {
    let world = World::new().await;
    // Three loans of the same day are late since the same date.
    let mut cases = Vec::new();
    for _ in 0..3 {
        cases.push(Case::lent(&world).await);
    }
    world.clock.advance(Duration::days(20));
    assert_eq!(late(&world, None).await, []);
    world.clock.advance(Duration::days(20));
    let days = cases[0].position().await.days_past_due;
    let all = late(&world, None).await;
    assert_eq!(all.len(), 3);
    for loan in &all {
        assert_eq!(loan.days_past_due, days);
        assert_eq!(loan.quality, Quality::SpecialMention);
        assert_eq!(
            (loan.outstanding.get(), loan.written_off, loan.asks_for_help),
            (3_000_000, false, false)
        );
    }
    assert_eq!(late(&world, Some(4)).await, all);
    assert_eq!(late(&world, Some(1)).await, []);
    assert_eq!(late(&world, Some(241)).await, []);
    // Page by page it is the same list, also among loans of the same date.
    let (collector, payments) = (world.staff(Role::Collector), &world.services.payments);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let part = payments
            .list_late(&collector, None, page(1, after))
            .await
            .expect("a page");
        seen.extend(part.items);
        after = part.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);

    let wrong = payments
        .list_late(&collector, None, page(1, Some("besok".into())))
        .await;
    assert!(matches!(wrong, Err(Error::Validation(_))), "{wrong:?}");
    for who in [world.staff(Role::Superadmin), cases[0].actor(), world.stranger()] {
        let refused = payments.list_late(&who, None, page(1, None)).await;
        assert!(
            matches!(refused, Err(Error::Forbidden | Error::Unauthenticated)),
            "{refused:?}"
        );
    }
    world.finish().await;
}

#[tokio::test]
async fn a_decision_is_about_the_figures_that_were_seen() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    world.clock.advance(Duration::days(220));
    let (maker, approver) = (world.staff(Role::Collector), world.staff(Role::Approver));
    let (payments, audit) = (case.payments(), &world.services.audit);
    let waive = Decision::Waive {
        component: Component::LateFee,
        amount: Rupiah::new(1_000),
    };
    let propose = async |decision| {
        payments
            .propose(&maker, case.loan_id, decision, "sudah dibicarakan")
            .await
    };
    let close = async |who: &Actor, id, verdict| audit.close_proposal(who, id, verdict, "sudah diperiksa").await;
    let (off, waiver) = (
        propose(Decision::WriteOff).await.expect("a proposal"),
        propose(waive).await.expect("a proposal"),
    );
    assert_eq!(propose(waive).await, Err(Error::Refused(Refusal::ProposalOpen)));
    let superadmin = world.staff(Role::Superadmin);
    assert_eq!(close(&superadmin, off, Verdict::Approved).await, Err(Error::NotFound));
    assert_eq!(close(&maker, off, Verdict::Approved).await, Err(Error::Forbidden));

    // A pause moves nothing that is owed: the proposal stands. A payment does.
    payments
        .pause_late_fees(&maker, case.loan_id, None, "rumahnya kebanjiran")
        .await
        .expect("paused");
    close(&approver, waiver, Verdict::Approved).await.expect("approved");
    let stale = Err(Error::Refused(Refusal::ProposalStale));
    assert_eq!(
        close(&approver, off, Verdict::Approved).await,
        stale,
        "the waiver changed what is owed"
    );
    close(&maker, off, Verdict::Withdrawn).await.expect("withdrawn");
    let off = propose(Decision::WriteOff).await.expect("a proposal");
    let paid = case
        .try_create(PaymentPurpose::Amount, Method::VaBca, Some(50_000), "sebagian-00000001")
        .await
        .expect("a payment");
    case.press(&paid, "pay", json!({})).await;
    case.until(paid.id, PaymentStatus::Posted).await;
    assert_eq!(close(&approver, off, Verdict::Approved).await, stale);
    assert!(case.position().await.written_off_on.is_none());
    close(&maker, off, Verdict::Withdrawn).await.expect("withdrawn");
    let off = propose(Decision::WriteOff).await.expect("a proposal");
    close(&approver, off, Verdict::Approved).await.expect("approved");
    assert_eq!(
        close(&approver, off, Verdict::Approved).await,
        Err(Error::Refused(Refusal::ProposalClosed))
    );
    let [loan] = &late(&world, None).await[..] else {
        panic!("one loan");
    };
    assert!(loan.written_off && loan.outstanding.is_positive());
    world.finish().await;
}
