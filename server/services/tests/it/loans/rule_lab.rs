//! Products, caps and policies as data changed by two people; decisions replayed, drafts in shadow and back-tested.

use super::*;
use domain::{
    audit::{AuditService, Verdict},
    calendar::HolidayRule,
    id::ProposalId,
    loans::{
        PolicyStatus,
        cap::{CapRow, CapStatus, LateBase, PassThroughExcluded},
        decision::{Policy, ReasonCode},
        product::Product,
    },
    rate::Rate,
};
use services::clock::Clock as _;

/// The next version of the catalogue's product, from today on.
fn next_version(world: &World, change: impl FnOnce(&mut Product)) -> Product {
    let mut product = Product::sanggup_tunai();
    product.valid_from = world.clock.today();
    change(&mut product);
    product
}

async fn approve(world: &World, id: ProposalId) -> Result<(), Error> {
    let approver = world.staff(Role::Approver);
    world
        .services
        .audit
        .close_proposal(&approver, id, Verdict::Approved, "")
        .await
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Validation(faults)) => faults[0].code.clone(),
        other => other.expect_err("refused").code().to_owned(),
    }
}

async fn propose_product(world: &World, who: &Actor, product: Product) -> Result<ProposalId, Error> {
    world
        .services
        .loans
        .propose_product(who, product, "harga baru disetujui rapat")
        .await
}

#[tokio::test]
async fn a_product_is_changed_by_two_people_and_never_past_a_cap() {
    let world = World::new().await;
    let boss = world.staff(Role::Superadmin);
    for role in [
        Role::Support,
        Role::Analyst,
        Role::Approver,
        Role::Collector,
        Role::Auditor,
    ] {
        let cheaper = next_version(&world, |product| product.rate = Rate::monthly(20_000));
        assert_eq!(
            propose_product(&world, &world.staff(role), cheaper).await,
            Err(Error::Forbidden),
            "{role:?}"
        );
    }
    // 3.6 % a month is 0.12 % a day: no sentence about it reaches the table.
    let dear = next_version(&world, |product| product.rate = Rate::monthly(36_000));
    assert_eq!(code(propose_product(&world, &boss, dear).await), "product_breaks_cap");
    let late = next_version(&world, |product| product.late_fee.ppm = 1_001);
    assert_eq!(code(propose_product(&world, &boss, late).await), "product_breaks_cap");
    let holes = next_version(&world, |product| product.tenors.clear());
    assert_eq!(code(propose_product(&world, &boss, holes).await), "product_breaks_cap");
    let past = next_version(&world, |product| product.valid_from = date!(2026 - 01 - 01));
    assert_eq!(code(propose_product(&world, &boss, past).await), "in_the_past");

    let user = borrower(&world, true).await;
    let shown = quote(&world, user, 3 * MILLION, 6, "quote-key-00000001")
        .await
        .expect("a quote");
    let cheaper = next_version(&world, |product| product.rate = Rate::monthly(20_000));
    let id = propose_product(&world, &boss, cheaper.clone()).await.expect("proposed");
    assert_eq!(code(propose_product(&world, &boss, cheaper).await), "proposal_open");
    let audit = &world.services.audit;
    assert_eq!(
        audit.close_proposal(&boss, id, Verdict::Approved, "").await,
        Err(Error::Refused(Refusal::OwnProposal))
    );
    let proposal = audit
        .get_proposal(&world.staff(Role::Approver), id)
        .await
        .expect("the checker reads it");
    let told = |what: &str| {
        proposal
            .diff
            .iter()
            .find(|change| change.what == what)
            .map(|change| change.after.clone())
    };
    assert_eq!(told("Bunga").as_deref(), Some("2% per bulan"));
    assert!(
        told("Termahal, 3 bulan").is_some_and(|words| words.ends_with("batas 0,1%")),
        "{:?}",
        proposal.diff
    );
    // Nothing changed before the second person.
    let again = quote(&world, user, 3 * MILLION, 6, "quote-key-00000002")
        .await
        .expect("a quote");
    assert_eq!(again.simulation.product.version, 1);
    approve(&world, id).await.expect("published");
    let now = quote(&world, user, 3 * MILLION, 6, "quote-key-00000003")
        .await
        .expect("a quote");
    assert_eq!(
        (now.simulation.product.version, now.simulation.product.rate),
        (2, Rate::monthly(20_000))
    );
    // What was shown under version 1 needs new consent.
    let (asker, request) = (world.borrower(user), consent(&shown, 6 * MILLION, 0));
    let old = world.services.loans.apply(&asker, request, "apply-key-00000001").await;
    assert_eq!(code(old), "disclosure_changed");
    let versions = world
        .services
        .loans
        .list_product_versions(&world.staff(Role::Auditor))
        .await
        .expect("versions");
    let versions: Vec<_> = versions
        .iter()
        .map(|version| (version.product.version, version.in_force))
        .collect();
    assert_eq!(versions, [(2, true), (1, false)]);
    for statement in [
        "update loans.product set valid_from = '2030-01-01'",
        "delete from loans.cap",
    ] {
        assert!(
            sqlx::query(statement).execute(&world.owner).await.is_err(),
            "{statement}"
        );
    }
    world.finish().await;
}

#[tokio::test]
async fn a_new_cap_row_tells_what_it_breaks_and_then_binds() {
    let world = World::new().await;
    let user = borrower(&world, true).await;
    quote(&world, user, 3 * MILLION, 6, "quote-key-00000001")
        .await
        .expect("inside the cap of today");
    let row = |id: &str| CapRow {
        id: id.into(),
        valid_from: world.clock.today(),
        purpose_type: None,
        tenor: None,
        benefit_ppm_per_day: Some(400),
        late_ppm_per_day: Some(1_000),
        late_base: LateBase::OverduePrincipal,
        total_cap_percent: 100,
        pass_through_excluded: PassThroughExcluded::default(),
        status: CapStatus::InForce,
        source_note: "percobaan".into(),
    };
    let boss = world.staff(Role::Superadmin);
    let propose = async |row: CapRow| world.services.loans.propose_cap(&boss, row, "aturan baru terbit").await;
    assert_eq!(code(propose(row("C10")).await), "cap_known");
    assert_eq!(code(propose(row("C 11")).await), "cap_row");
    let analyst = world.staff(Role::Analyst);
    let nothing = world
        .services
        .loans
        .propose_cap(&analyst, row("C11"), "aturan baru terbit")
        .await;
    assert_eq!(nothing, Err(Error::Forbidden));
    let id = propose(row("C11")).await.expect("proposed");
    let proposal = world.services.audit.get_proposal(&boss, id).await.expect("readable");
    let broken: Vec<_> = proposal
        .diff
        .iter()
        .filter(|change| !change.before.is_empty())
        .collect();
    assert_eq!(broken[0].what, "Produk Sanggup Tunai", "{broken:?}");
    assert_eq!(
        (broken[1].before.as_str(), broken[1].after.as_str()),
        ("0", "1"),
        "the open quote"
    );
    approve(&world, id).await.expect("published");
    let refused = quote(&world, user, 3 * MILLION, 6, "quote-key-00000002").await;
    assert_eq!(refused.map(|_| ()), Err(Error::Refused(Refusal::CapExceeded)));
    assert_eq!(world.services.loans.list_caps(&boss).await.expect("rows")[0].id, "C11");
    world.finish().await;
}

#[tokio::test]
async fn a_product_that_minds_holidays_moves_due_dates_and_the_contract_keeps_them() {
    let world = World::new().await;
    let loans = &world.services.loans;
    let minding = next_version(&world, |product| product.holiday_rule = HolidayRule::NextBusinessDay);
    let id = propose_product(&world, &world.staff(Role::Superadmin), minding)
        .await
        .expect("proposed");
    approve(&world, id).await.expect("published");
    let request = SimulationRequest {
        amount: Rupiah::new(3 * MILLION),
        tenor: 3,
        product: None,
        start: Some(date!(2026 - 12 - 10)),
    };
    let simulation = loans.simulate(&world.stranger(), request).await.expect("a price");
    let due: Vec<_> = simulation.schedule.lines.iter().map(|line| line.due_on).collect();
    // Sunday moves to Monday, and the tenth of March, Idulfitri, past the eleventh.
    assert_eq!(
        due,
        [date!(2027 - 01 - 11), date!(2027 - 02 - 10), date!(2027 - 03 - 12)]
    );
    assert_eq!(simulation.disclosure.total_paid, Rupiah::new(3_151_235), "amounts stay");

    let user = borrower(&world, true).await;
    let loan = apply(&world, user, 3 * MILLION, 12, 10 * MILLION, 0).await;
    let shown = &loan.quote.simulation.schedule.lines;
    let open = loans.prepare_account(loan.id).await.expect("terms");
    let agreed = domain::loans::schedule::schedule(&open.contract.terms)
        .expect("a schedule")
        .lines;
    assert_eq!(&agreed, shown, "what was consented to is what is owed");
    assert!(open.contract.terms.holidays.contains(date!(2027 - 03 - 10)));
    world.finish().await;
}

#[tokio::test]
async fn a_shadow_may_end_without_ever_acting() {
    let world = World::new().await;
    let loans = &world.services.loans;
    let analyst = world.staff(Role::Analyst);
    let draft = Policy {
        version: 0,
        valid_until: world.clock.today().next_day(),
        ..Policy::first()
    };
    assert_eq!(loans.save_policy(&analyst, draft).await, Ok(2));
    assert_eq!(
        code(loans.retire_policy(&analyst, 2).await),
        "policy_not_ready",
        "a draft is no shadow"
    );
    loans.shadow_policy(&analyst, 2).await.expect("fixed");
    assert_eq!(
        code(loans.retire_policy(&world.staff(Role::Approver), 2).await),
        "forbidden"
    );
    assert_eq!(
        code(loans.retire_policy(&analyst, 1).await),
        "policy_not_ready",
        "what decides is replaced"
    );
    loans.retire_policy(&analyst, 2).await.expect("ended");
    loans.retire_policy(&analyst, 2).await.expect("idempotent");
    assert_eq!(
        code(loans.propose_policy(&analyst, 2, "jadi berlaku").await),
        "policy_not_ready"
    );
    let versions = loans.list_policies(&analyst).await.expect("versions");
    let statuses: Vec<_> = versions.iter().map(|known| known.status).collect();
    assert_eq!(statuses, [PolicyStatus::Retired, PolicyStatus::Active]);
    world.finish().await;
}

#[tokio::test]
async fn a_policy_goes_from_draft_through_shadow_and_a_back_test_to_force() {
    let world = World::new().await;
    let loans = &world.services.loans;
    let (analyst, today) = (world.staff(Role::Analyst), world.clock.today());
    let mut draft = Policy {
        version: 0,
        ..Policy::first()
    };
    draft.ladder.limits = vec![Rupiah::new(100_000)];
    assert_eq!(
        code(loans.save_policy(&analyst, draft.clone()).await),
        "policy_never_approves"
    );
    assert_eq!(
        code(loans.save_policy(&world.staff(Role::Approver), draft.clone()).await),
        "forbidden"
    );
    // Evidence is asked of nobody any more, and less of the income may go into instalments.
    draft = Policy {
        version: 0,
        ..Policy::first()
    };
    draft.rules.retain(|rule| rule.code != ReasonCode::IncomeEvidence);
    draft.shares.iter_mut().for_each(|share| share.percent = 20);
    assert_eq!(loans.save_policy(&analyst, draft.clone()).await, Ok(2));
    draft.version = 2;
    draft.review_days = 60;
    assert_eq!(
        loans.save_policy(&analyst, draft.clone()).await,
        Ok(2),
        "a draft may change"
    );
    assert_eq!(
        code(loans.propose_policy(&analyst, 2, "lebih hati-hati").await),
        "policy_not_ready"
    );
    loans.shadow_policy(&analyst, 2).await.expect("fixed");
    loans.shadow_policy(&analyst, 2).await.expect("idempotent");
    assert_eq!(
        code(loans.save_policy(&analyst, draft.clone()).await),
        "policy_not_ready"
    );
    let changed = "update loans.policy set body = jsonb_set(body, '{age_min}', '19') where version = 2";
    assert!(
        sqlx::query(changed).execute(&world.owner).await.is_err(),
        "fixed, whoever asks"
    );
    assert_eq!(
        code(loans.propose_policy(&analyst, 2, "lebih hati-hati").await),
        "policy_not_ready",
        "no report yet"
    );
    assert_eq!(code(loans.back_test(&analyst, 2, today, today).await), "period_empty");

    let (proven, unproven) = (borrower(&world, true).await, borrower(&world, false).await);
    let first = apply(&world, proven, 3 * MILLION, 6, 2_500_000, 0).await;
    let second = apply(&world, unproven, 3 * MILLION, 6, 6 * MILLION, 0).await;
    world.run_jobs().await;
    // The live policy acts: 22 % of the income passes, and a missing payslip is for a person.
    assert_eq!(
        reload(&world, proven, &first)
            .await
            .decision
            .expect("decided")
            .policy_version,
        1
    );
    assert_eq!(
        reload(&world, proven, &first).await.decision.expect("decided").outcome,
        Outcome::Approve
    );
    assert_eq!(reload(&world, unproven, &second).await.status, LoanStatus::Referred);
    let versions = loans.list_policies(&analyst).await.expect("versions");
    assert_eq!(versions[0].status, PolicyStatus::Shadow);
    let shadow = versions[0].shadow;
    assert_eq!(
        (shadow.approve, shadow.refer, shadow.decline, shadow.differs),
        (1, 0, 1, 2)
    );

    let report = loans.back_test(&analyst, 2, today, today).await.expect("a report");
    assert_eq!(report.before.cases(), 2);
    assert_eq!(
        (report.after.approve.cases, report.after.decline.cases, report.flipped),
        (1, 1, 2)
    );
    assert_eq!(
        code(
            loans
                .back_test(&analyst, 2, today, today.next_day().expect("a day"))
                .await
        ),
        "period"
    );
    let again = loans.back_test(&analyst, 2, today, today).await.expect("a report");
    assert_eq!(
        report, again,
        "the same snapshots and the same version give the same report"
    );

    let id = loans
        .propose_policy(&analyst, 2, "lebih hati-hati")
        .await
        .expect("proposed");
    let proposal = world.services.audit.get_proposal(&analyst, id).await.expect("readable");
    assert!(
        proposal
            .diff
            .iter()
            .any(|change| change.what == "Keputusan yang berubah" && change.after == "2")
    );
    assert!(
        proposal
            .diff
            .iter()
            .any(|change| change.what == "Minta peninjauan" && change.after == "60 hari")
    );
    assert_eq!(loans.policy(&world.stranger()).await.expect("in force").version, 1);
    approve(&world, id).await.expect("published");
    assert_eq!(loans.policy(&world.stranger()).await.expect("in force").version, 2);
    let statuses: Vec<_> = loans
        .list_policies(&analyst)
        .await
        .expect("versions")
        .iter()
        .map(|v| v.status)
        .collect();
    assert_eq!(statuses, [PolicyStatus::Active, PolicyStatus::Retired]);

    // What was decided under version 1 comes out again, byte for byte, though version 2 is in force.
    for loan in [&first, &second] {
        assert_eq!(
            loans.replay_decision(&world.staff(Role::Auditor), loan.id).await,
            Ok(true)
        );
    }
    assert_eq!(
        loans.replay_decision(&world.staff(Role::Support), first.id).await,
        Err(Error::Forbidden)
    );
    world.finish().await;
}

#[tokio::test]
async fn who_wrote_a_policy_does_not_put_it_in_force_and_an_erased_person_stops_no_back_test() {
    let world = World::new().await;
    let loans = &world.services.loans;
    let (author, analyst) = (world.staff(Role::Superadmin), world.staff(Role::Analyst));
    let gone = borrower(&world, true).await;
    apply(&world, gone, 3 * MILLION, 6, 6 * MILLION, 0).await;
    apply(&world, borrower(&world, true).await, 3 * MILLION, 6, 6 * MILLION, 0).await;
    world.run_jobs().await;
    sqlx::query("delete from auth.data_key where user_id = $1")
        .bind(gone.0)
        .execute(&world.owner)
        .await
        .expect("a key is erased");
    let draft = Policy {
        version: 0,
        review_days: 60,
        ..Policy::first()
    };
    assert_eq!(loans.save_policy(&author, draft).await, Ok(2));
    loans.shadow_policy(&analyst, 2).await.expect("fixed");
    let today = world.clock.today();
    let report = loans.back_test(&analyst, 2, today, today).await.expect("a report");
    assert_eq!((report.after.cases(), report.undecided), (1, 1));
    let id = loans
        .propose_policy(&analyst, 2, "lebih banyak waktu")
        .await
        .expect("proposed");
    let audit = &world.services.audit;
    let own = audit.close_proposal(&author, id, Verdict::Approved, "").await;
    assert_eq!(own, Err(Error::Refused(Refusal::OwnProposal)));
    approve(&world, id).await.expect("published by somebody else");
    world.finish().await;
}

#[tokio::test]
async fn stored_decisions_of_every_outcome_replay_to_the_same_bytes() {
    let world = World::new().await;
    let loans = &world.services.loans;
    let auditor = world.staff(Role::Auditor);
    let (approved, offered, referred) = (
        borrower(&world, true).await,
        borrower(&world, true).await,
        borrower(&world, false).await,
    );
    let all = [
        apply(&world, approved, 3 * MILLION, 6, 6 * MILLION, 0).await,
        apply(&world, offered, 4 * MILLION, 3, 4_500_000, 350_000).await,
        apply(&world, referred, 3 * MILLION, 6, 6 * MILLION, 0).await,
    ];
    world.run_jobs().await;
    let declined = reload(&world, offered, &all[1]).await;
    assert_eq!(declined.decision.expect("decided").engine.counter_offers.len(), 2);
    // A dearer cap row afterwards was not known then.
    let late = sqlx::query(
        "insert into loans.cap (cap_id, body, valid_from, created_at, proposal_id)
         select 'C11', jsonb_set(jsonb_set(body, '{id}', '\"C11\"'), '{benefit_ppm_per_day}', '1'), '2026-01-02', now() + interval '1 day', gen_random_uuid()
         from loans.cap where cap_id = 'C10'",
    );
    late.execute(&world.owner).await.expect("a row");
    for loan in &all {
        assert_eq!(
            loans.replay_decision(&auditor, loan.id).await,
            Ok(true),
            "{}",
            loan.number
        );
    }
    // A decision whose hash does not fit its inputs says so.
    let forged = "alter table loans.decision disable trigger decision_append_only;
                  update loans.decision set snapshot_hash = '\\x00'";
    sqlx::raw_sql(forged)
        .execute(&world.owner)
        .await
        .expect("behind the services' backs");
    assert_eq!(loans.replay_decision(&auditor, all[0].id).await, Ok(false));
    world.finish().await;
}

#[tokio::test]
async fn a_review_is_answered_by_somebody_new_within_ten_working_days() {
    let world = World::new().await;
    let loans = &world.services.loans;
    let user = borrower(&world, false).await;
    let loan = apply(&world, user, 3 * MILLION, 6, 6 * MILLION, 0).await;
    world.run_jobs().await;
    // The last decision goes by the clock, which stands still until it is moved.
    world.clock.advance(Duration::seconds(1));
    let (first, second) = (world.staff(Role::Analyst), world.staff(Role::Analyst));
    let no = || HumanDecision::Decline {
        reason: "Slip gaji tidak ada.".into(),
    };
    loans.decide(&first, loan.id, no()).await.expect("declined");
    // A national holiday on a working day is not counted.
    let mut days = (1..).map(|days| world.clock.today() + Duration::days(days));
    let holiday = days
        .find(|day| day.weekday() == time::Weekday::Wednesday)
        .expect("a day");
    sqlx::query("insert into notifications.holiday (day, name) values ($1, 'Hari libur') on conflict do nothing")
        .bind(holiday)
        .execute(&world.owner)
        .await
        .expect("a holiday");
    let asked = loans
        .request_review(&world.borrower(user), loan.id, None)
        .await
        .expect("once");
    let due = asked.review_due.expect("a deadline");
    let working = (1..).map(|days| world.clock.today() + Duration::days(days));
    let working = working.filter(|day| !matches!(day.weekday(), time::Weekday::Saturday | time::Weekday::Sunday));
    let working = working.filter(|day| *day != holiday);
    assert_eq!(Some(due), working.take(10).last());
    let waiting = loans
        .review_queue(&second, PageRequest::default())
        .await
        .expect("the queue");
    assert_eq!(waiting.items[0].review_due, Some(due));
    let again = loans.decide(&first, loan.id, HumanDecision::Approve).await;
    assert_eq!(again, Err(Error::Refused(Refusal::TookPart)));
    loans
        .decide(&second, loan.id, no())
        .await
        .expect("somebody who took no part");
    let used = loans.request_review(&world.borrower(user), loan.id, None).await;
    assert_eq!(used.map(|_| ()), Err(Error::Refused(Refusal::ReviewUsed)));
    world.finish().await;
}

#[tokio::test]
async fn without_a_policy_in_force_nothing_is_lent() {
    let world = World::new().await;
    let loans = &world.services.loans;
    let user = borrower(&world, true).await;
    quote(&world, user, 3 * MILLION, 6, "quote-key-00000001")
        .await
        .expect("in force");
    sqlx::query("update loans.policy set status = 'retired'")
        .execute(&world.owner)
        .await
        .expect("retired");
    let refused = quote(&world, user, 3 * MILLION, 6, "quote-key-00000002").await;
    assert_eq!(refused.map(|_| ()), Err(Error::Refused(Refusal::NotOffered)));
    assert_eq!(
        loans.limit(&world.borrower(user)).await,
        Ok((Rupiah::ZERO, Rupiah::ZERO))
    );
    assert_eq!(code(loans.policy(&world.stranger()).await), "not_offered");
    world.finish().await;
}
