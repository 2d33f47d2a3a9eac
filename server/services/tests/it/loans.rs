//! From a quote to a decision and a paid-off loan, through the sandbox's gateways; and what must not happen on the way.

mod rule_lab;

use crate::people::{card, person};
use domain::{
    Actor, Error, PageRequest, Refusal, Role, Rupiah,
    audit::{AuditService, Verdict},
    documents::{DocumentKind, DocumentService},
    id::UserId,
    loans::{
        ApplyRequest, HumanDecision, Loan, LoanService, LoanStatus, Purpose, Quote, QuoteRequest, SimulationRequest,
        decision::{NotAsked, Outcome, ReasonCode},
    },
    notifications::NotificationService,
    payments::{Decision, Method, PaymentPurpose, PaymentRequest, PaymentService, PayoutStatus},
    users::{BankAccountInput, IdentityDecision, ProfileChange, UserService},
};
use serde_json::{Value, json};
use services::testing::World;
use std::sync::atomic::{AtomicU32, Ordering};
use time::{Duration, macros::date};

static NUMBER: AtomicU32 = AtomicU32::new(1);

const MILLION: i64 = 1_000_000;

/// A verified borrower with a bank account; `evidence`: with a payslip, so that the engine decides alone.
async fn borrower(world: &World, evidence: bool) -> UserId {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let user = person(world, &format!("+628130000{number:04}")).await;
    let actor = world.borrower(user);
    let change = ProfileChange {
        bank_account: Some(BankAccountInput {
            bank: "BCA".into(),
            number: format!("52710{number:05}"),
        }),
        ..ProfileChange::default()
    };
    world
        .services
        .users
        .update_profile(&actor, change)
        .await
        .expect("a bank account");
    let mut papers = vec![DocumentKind::Ktp, DocumentKind::Selfie];
    if evidence {
        papers.push(DocumentKind::IncomeProof);
    }
    for (index, kind) in (1..).zip(papers) {
        world
            .services
            .documents
            .upload(&actor, kind, card(number * 10 + index))
            .await
            .expect("a paper");
    }
    world
        .services
        .users
        .papers_complete(&Actor::system(), user)
        .await
        .expect("complete");
    let analyst = world.staff(Role::Analyst);
    world
        .services
        .users
        .decide_identity(&analyst, user, IdentityDecision::Approve)
        .await
        .expect("verified");
    if evidence {
        read_proof(world, user, 20 * MILLION).await;
    }
    user
}

/// An officer opens the newest income proof and writes down what it says.
async fn read_proof(world: &World, user: UserId, monthly: i64) {
    let analyst = world.staff(Role::Analyst);
    let documents = &world.services.documents;
    let papers = documents.list_of(&analyst, user).await.expect("papers");
    let proof = papers
        .iter()
        .find(|paper| paper.kind == DocumentKind::IncomeProof)
        .expect("a proof");
    let unseen = documents.accept_income(&analyst, proof.id, Rupiah::new(monthly)).await;
    assert!(
        matches!(unseen, Err(Error::Validation(_))),
        "nobody reads what they never opened"
    );
    documents
        .view(&analyst, proof.id, "income check")
        .await
        .expect("a look");
    documents
        .accept_income(&analyst, proof.id, Rupiah::new(monthly))
        .await
        .expect("read");
}

#[tokio::test]
async fn an_income_proof_counts_once_an_officer_read_it_and_only_for_what_it_says() {
    let world = World::new().await;
    let user = borrower(&world, false).await;
    let actor = world.borrower(user);
    world
        .services
        .documents
        .upload(&actor, DocumentKind::IncomeProof, card(901))
        .await
        .expect("a payslip");
    let loan = apply(&world, user, 3 * MILLION, 3, 10 * MILLION, 0).await;
    world.run_jobs().await;
    let unread = reload(&world, user, &loan).await;
    assert_eq!(
        unread.status,
        LoanStatus::Referred,
        "a paper that nobody looked at proves nothing"
    );
    let codes = unread.decision.expect("a decision").engine.codes();
    assert_eq!(codes, [ReasonCode::IncomeEvidence]);

    // The payslip says less than was stated: Rp1.050.412 a month are more than 30 % of Rp3.200.000.
    read_proof(&world, user, 3_200_000).await;
    let analyst = world.staff(Role::Analyst);
    let refused = world
        .services
        .loans
        .decide(&analyst, loan.id, HumanDecision::Approve)
        .await;
    assert!(
        matches!(&refused, Err(Error::Validation(faults)) if faults[0].code == "affordability"),
        "{refused:?}"
    );
    // What was read wrongly is read again.
    world.clock.advance(Duration::minutes(1));
    read_again(&world, user, &analyst, 9 * MILLION).await;
    world
        .services
        .loans
        .decide(&analyst, loan.id, HumanDecision::Approve)
        .await
        .expect("approved");
    let engine = reload(&world, user, &loan).await.decision.expect("a decision").engine;
    assert_eq!(
        (engine.codes(), engine.gauge.income),
        (vec![], Rupiah::new(9 * MILLION))
    );
    // A proof does not close the door for the next one; after ninety days it must come.
    world
        .services
        .documents
        .upload(&actor, DocumentKind::IncomeProof, card(902))
        .await
        .expect("the next payslip");
    world.finish().await;
}

async fn read_again(world: &World, user: UserId, officer: &Actor, monthly: i64) {
    let documents = &world.services.documents;
    let read = documents
        .income_of(officer, user)
        .await
        .expect("a read")
        .expect("a figure");
    documents
        .view(officer, read.document_id, "income check")
        .await
        .expect("a look");
    let figure = Rupiah::new(monthly);
    documents
        .accept_income(officer, read.document_id, figure)
        .await
        .expect("read again");
    for role in [Role::Support, Role::Collector, Role::Auditor, Role::Superadmin] {
        let refused = documents
            .accept_income(&world.staff(role), read.document_id, figure)
            .await;
        assert_eq!(refused, Err(Error::Forbidden), "{role:?}");
    }
    let now = documents
        .income_of(officer, user)
        .await
        .expect("a read")
        .expect("a figure");
    assert_eq!(now.monthly, figure);
}

async fn quote(world: &World, user: UserId, amount: i64, tenor: u32, key: &str) -> Result<Quote, Error> {
    let request = QuoteRequest {
        amount: Rupiah::new(amount),
        tenor,
        product: None,
    };
    world.services.loans.quote(&world.borrower(user), request, key).await
}

fn consent(quote: &Quote, income: i64, other: i64) -> ApplyRequest {
    ApplyRequest {
        quote_id: quote.id,
        disclosure_hash: quote.disclosure_hash.clone(),
        accepted: true,
        purpose: Purpose::Household,
        monthly_income: Rupiah::new(income),
        other_instalments: Rupiah::new(other),
    }
}

async fn apply(world: &World, user: UserId, amount: i64, tenor: u32, income: i64, other: i64) -> Loan {
    let quote = quote(world, user, amount, tenor, "quote-key-00000001")
        .await
        .expect("a quote");
    let request = consent(&quote, income, other);
    world
        .services
        .loans
        .apply(&world.borrower(user), request, "apply-key-00000001")
        .await
        .expect("an application")
}

async fn reload(world: &World, user: UserId, loan: &Loan) -> Loan {
    world
        .services
        .loans
        .get(&world.borrower(user), loan.id)
        .await
        .expect("the loan")
}

async fn press(world: &World, path: &str) {
    let answer = reqwest::Client::builder().build().expect("a client");
    let response = answer
        .post(format!("{}{path}", world.sandbox.admin_url))
        .json(&json!({}))
        .send()
        .await
        .expect("an answer");
    assert!(response.status().is_success(), "{path}: {}", response.status());
}

async fn list(world: &World, path: &str) -> Vec<Value> {
    reqwest::get(format!("{}{path}", world.sandbox.admin_url))
        .await
        .expect("an answer")
        .json()
        .await
        .expect("a list")
}

#[tokio::test]
async fn anyone_may_simulate_and_the_figures_are_the_catalogue_s() {
    let world = World::new().await;
    let request = |amount, tenor| SimulationRequest {
        amount: Rupiah::new(amount),
        tenor,
        product: None,
        start: Some(date!(2026 - 09 - 05)),
    };
    let simulation = world
        .services
        .loans
        .simulate(&world.stranger(), request(3 * MILLION, 6))
        .await
        .expect("a price");
    assert_eq!(simulation.disclosure.total_paid, Rupiah::new(3_267_899));
    assert_eq!(
        simulation.disclosure.instalments_in_words(),
        "5 × Rp544.650, lalu Rp544.649"
    );
    assert_eq!(
        (simulation.cap.ppm, simulation.cap.cap_ppm, simulation.cap.pass),
        (493, 1_000, true)
    );
    for (amount, tenor, field) in [
        (499_999, 6, "amount"),
        (3_050_000, 6, "amount"),
        (20_000_001, 6, "amount"),
        (MILLION, 5, "tenor_months"),
    ] {
        match world
            .services
            .loans
            .simulate(&world.stranger(), request(amount, tenor))
            .await
        {
            Err(Error::Validation(faults)) => assert_eq!(faults[0].field, field),
            other => panic!("{amount} × {tenor}: {other:?}"),
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn with_evidence_the_engine_approves_and_the_money_arrives_and_is_paid_back() {
    let world = World::new().await;
    let user = borrower(&world, true).await;
    let loan = apply(&world, user, 3 * MILLION, 6, 4_500_000, 350_000).await;
    assert_eq!(loan.status, LoanStatus::Submitted);
    world
        .run_jobs_until(async || !list(&world, "/_sim/xendit/payouts").await.is_empty())
        .await;
    let approved = reload(&world, user, &loan).await;
    assert_eq!(
        approved.decision.as_ref().map(|decision| decision.outcome),
        Some(Outcome::Approve)
    );
    assert_eq!(approved.status, LoanStatus::Disbursing);

    let payout = list(&world, "/_sim/xendit/payouts").await[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    press(&world, &format!("/_sim/xendit/payouts/{payout}/succeed")).await;
    world
        .run_jobs_until(async || reload(&world, user, &loan).await.status == LoanStatus::Active)
        .await;
    let rows: i64 = sqlx::query_scalar("select count(*) from loans.instalment where loan_id = $1")
        .bind(loan.id.0)
        .fetch_one(&world.owner)
        .await
        .expect("count");
    assert_eq!(rows, 6);

    let request = PaymentRequest {
        loan_id: loan.id,
        purpose: PaymentPurpose::Payoff,
        amount: None,
        method: Method::Qris,
        seen: None,
        prepay: None,
    };
    let payment = world
        .services
        .payments
        .create(&world.borrower(user), request, "pay-key-000000001")
        .await
        .expect("a code");
    assert_eq!(
        payment.amount,
        Rupiah::new(3 * MILLION),
        "paid back on the same day: no interest"
    );
    press(&world, &format!("/_sim/midtrans/{}/pay", payment.order_id)).await;
    world
        .run_jobs_until(async || reload(&world, user, &loan).await.status == LoanStatus::Closed)
        .await;
    world.run_jobs().await;
    let closed = reload(&world, user, &loan).await;
    assert!(closed.milestones.closed_at.is_some());
    crate::papers::check(&world, user, &closed).await;
    let (limit, available) = world
        .services
        .loans
        .limit(&world.borrower(user))
        .await
        .expect("a limit");
    assert_eq!(
        (limit, available),
        (Rupiah::new(4 * MILLION), Rupiah::new(4 * MILLION)),
        "a loan of one day climbs no ladder"
    );
    world.finish().await;
}

#[tokio::test]
async fn without_evidence_a_person_decides_and_only_once() {
    let world = World::new().await;
    let user = borrower(&world, false).await;
    let loan = apply(&world, user, 3 * MILLION, 6, 10 * MILLION, 0).await;
    world.run_jobs().await;
    assert_eq!(reload(&world, user, &loan).await.status, LoanStatus::Referred);
    let analyst = world.staff(Role::Analyst);
    let queue = world
        .services
        .loans
        .review_queue(&analyst, PageRequest::default())
        .await
        .expect("the queue");
    assert_eq!(
        queue.items.iter().map(|item| item.loan_id).collect::<Vec<_>>(),
        [loan.id]
    );
    for role in [Role::Support, Role::Collector, Role::Auditor, Role::Superadmin] {
        let refused = world
            .services
            .loans
            .decide(&world.staff(role), loan.id, HumanDecision::Approve)
            .await;
        assert_eq!(refused, Err(Error::Forbidden), "{role:?}");
    }
    let silent = world
        .services
        .loans
        .decide(&analyst, loan.id, HumanDecision::Decline { reason: " ".into() })
        .await;
    assert!(
        matches!(silent, Err(Error::Validation(_))),
        "a refusal needs its reason"
    );
    world
        .services
        .loans
        .decide(&analyst, loan.id, HumanDecision::Approve)
        .await
        .expect("approved");
    let again = world
        .services
        .loans
        .decide(&analyst, loan.id, HumanDecision::Approve)
        .await;
    assert_eq!(again, Err(Refusal::AlreadyDecided.into()));
    assert_eq!(decisions(&world, &loan).await, [("allowed".to_owned(), 1)]);
    world.finish().await;
}

/// What officers did to the application, by the audit log: outcome and count.
async fn decisions(world: &World, loan: &Loan) -> Vec<(String, i64)> {
    sqlx::query_as(
        "select outcome, count(*) from audit.entry
         where action = 'loans.decide' and object_id = $1 and actor_kind = 'staff' group by 1 order by 1",
    )
    .bind(loan.id.to_string())
    .fetch_all(&world.owner)
    .await
    .expect("entries")
}

#[tokio::test]
async fn a_photo_is_asked_for_again_while_an_application_waits() {
    let world = World::new().await;
    let (users, loans) = (&world.services.users, &world.services.loans);
    let (analyst, approver) = (world.staff(Role::Analyst), world.staff(Role::Approver));
    for decline in [false, true] {
        let user = borrower(&world, false).await;
        let loan = apply(&world, user, 3 * MILLION, 6, 10 * MILLION, 0).await;
        world.run_jobs().await;
        let retake = IdentityDecision::Retake {
            kind: DocumentKind::Ktp,
            reason: "KTP terlalu silau".into(),
        };
        users
            .decide_identity(&analyst, user, retake.clone())
            .await
            .expect("asked");
        assert_eq!(
            users.decide_identity(&approver, user, retake).await,
            Err(Refusal::AlreadyDecided.into()),
            "one photo at a time"
        );
        let early = loans.decide(&approver, loan.id, HumanDecision::Approve).await;
        let Err(Error::Validation(faults)) = early else {
            panic!("approved without an identity: {early:?}")
        };
        assert_eq!(faults[0].code, "kyc_incomplete");
        assert_eq!(reload(&world, user, &loan).await.status, LoanStatus::Referred);
        if decline {
            let reason = "Foto tidak dikirim lagi.".to_owned();
            let no = HumanDecision::Decline { reason };
            loans.decide(&approver, loan.id, no).await.expect("declined");
            assert_eq!(reload(&world, user, &loan).await.status, LoanStatus::Declined);
            assert_eq!(loans.replay_decision(&analyst, loan.id).await, Ok(true));
            continue;
        }
        world
            .services
            .documents
            .upload(&world.borrower(user), DocumentKind::Ktp, card(4_713))
            .await
            .expect("a paper");
        world.run_jobs().await;
        users
            .decide_identity(&analyst, user, IdentityDecision::Approve)
            .await
            .expect("verified anew");
        loans
            .decide(&approver, loan.id, HumanDecision::Approve)
            .await
            .expect("approved");
        assert_eq!(reload(&world, user, &loan).await.status, LoanStatus::Approved);
        world.run_jobs().await;
    }
    world.finish().await;
}

#[tokio::test]
async fn staff_find_a_loan_by_the_number_that_people_read_out() {
    let world = World::new().await;
    let user = borrower(&world, false).await;
    let loan = apply(&world, user, 3 * MILLION, 6, 10 * MILLION, 0).await;
    let (loans, support) = (&world.services.loans, world.staff(Role::Support));
    let nobodys = domain::id::LoanId(uuid::Uuid::from_u128(7));
    let numbers = loans.numbers(&support, &[loan.id, nobodys]).await.expect("numbers");
    assert_eq!(numbers, [(loan.id, loan.number.clone())].into());
    let typed = loan.number.trim_start_matches("SGP-").to_lowercase();
    assert_eq!(loans.find_by_number(&support, &typed).await, Ok(Some(loan.id)));
    assert_eq!(loans.find_by_number(&support, &loan.id.to_string()).await, Ok(None));
    let borrower = world.borrower(user);
    assert_eq!(loans.numbers(&borrower, &[loan.id]).await, Err(Error::Forbidden));
    assert_eq!(
        loans.find_by_number(&borrower, &loan.number).await,
        Err(Error::Forbidden)
    );
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn above_the_amount_of_the_policy_two_different_officers_agree() {
    let world = World::new().await;
    let user = borrower(&world, false).await;
    let loan = apply(&world, user, 4 * MILLION, 12, 10 * MILLION, 0).await;
    world.run_jobs().await;
    let (first, second) = (world.staff(Role::Analyst), world.staff(Role::Approver));
    world
        .services
        .loans
        .decide(&first, loan.id, HumanDecision::Approve)
        .await
        .expect("the first agrees");
    assert_eq!(reload(&world, user, &loan).await.status, LoanStatus::Referred);
    let alone = world
        .services
        .loans
        .decide(&first, loan.id, HumanDecision::Approve)
        .await;
    assert_eq!(alone, Err(Refusal::SecondOfficerNeeded.into()));
    world
        .services
        .loans
        .decide(&second, loan.id, HumanDecision::Approve)
        .await
        .expect("the second agrees");
    assert_eq!(reload(&world, user, &loan).await.status, LoanStatus::Approved);
    let written = decisions(&world, &loan).await;
    assert_eq!(written, [("allowed".to_owned(), 1), ("pending".to_owned(), 1)]);
    world.finish().await;
}

#[tokio::test]
async fn a_decline_names_its_reasons_offers_a_way_and_may_be_reviewed_once() {
    let world = World::new().await;
    let user = borrower(&world, true).await;
    let loan = apply(&world, user, 4 * MILLION, 3, 4_500_000, 350_000).await;
    world.run_jobs().await;
    let declined = reload(&world, user, &loan).await;
    assert_eq!(declined.status, LoanStatus::Declined);
    let decision = declined.decision.expect("a decision").engine;
    assert_eq!(decision.share_percent, Some(39));
    let offers: Vec<_> = decision
        .counter_offers
        .iter()
        .map(|offer| (offer.amount.get(), offer.tenor))
        .collect();
    assert_eq!(offers, [(2_800_000, 3), (4 * MILLION, 6)], "vector E31");
    let review = world
        .services
        .loans
        .request_review(&world.borrower(user), loan.id, None)
        .await
        .expect("a review");
    assert_eq!(review.status, LoanStatus::Referred);
    // A person may not lend above the share of income either.
    let yes = world
        .services
        .loans
        .decide(&world.staff(Role::Analyst), loan.id, HumanDecision::Approve)
        .await;
    assert!(
        matches!(&yes, Err(Error::Validation(faults)) if faults[0].code == "affordability"),
        "{yes:?}"
    );
    let reason = HumanDecision::Decline {
        reason: "Cicilan masih melewati batas.".into(),
    };
    world
        .services
        .loans
        .decide(&world.staff(Role::Analyst), loan.id, reason)
        .await
        .expect("declined again");
    let again = world
        .services
        .loans
        .request_review(&world.borrower(user), loan.id, None)
        .await;
    assert_eq!(again, Err(Refusal::ReviewUsed.into()));
    world.finish().await;
}

#[tokio::test]
async fn a_bank_account_of_two_people_is_a_question_for_a_person_and_what_nobody_knows_is_said() {
    let world = World::new().await;
    let (first, second) = (borrower(&world, true).await, borrower(&world, true).await);
    let share = |user| {
        let change = ProfileChange {
            bank_account: Some(BankAccountInput {
                bank: "BCA".into(),
                number: "9900001234".into(),
            }),
            ..ProfileChange::default()
        };
        let users = world.services.users.clone();
        let actor = world.borrower(user);
        async move { users.update_profile(&actor, change).await.expect("an account") }
    };
    share(first).await;
    let alone = apply(&world, first, 3 * MILLION, 6, 10 * MILLION, 0).await;
    let loans = &world.services.loans;
    loans
        .decide_by_engine(&Actor::system(), alone.id)
        .await
        .expect("decided");
    let engine = reload(&world, first, &alone).await.decision.expect("a decision").engine;
    assert_eq!(engine.codes(), []);
    assert_eq!(
        engine.not_asked,
        NotAsked::ALL,
        "no bureau, no register, no machine for faces"
    );

    share(second).await;
    let shared = apply(&world, second, 3 * MILLION, 6, 10 * MILLION, 0).await;
    loans
        .decide_by_engine(&Actor::system(), shared.id)
        .await
        .expect("decided");
    let engine = reload(&world, second, &shared)
        .await
        .decision
        .expect("a decision")
        .engine;
    assert_eq!(engine.codes(), [ReasonCode::DuplicateIdentity]);
    let replayed = loans.replay_decision(&world.staff(Role::Auditor), shared.id).await;
    assert_eq!(replayed, Ok(true));
    world.finish().await;
}

#[tokio::test]
async fn a_loss_leaves_no_limit_until_a_person_sets_it() {
    let world = World::new().await;
    let user = borrower(&world, true).await;
    let loan = apply(&world, user, 3 * MILLION, 6, 10 * MILLION, 0).await;
    world
        .run_jobs_until(async || !list(&world, "/_sim/xendit/payouts").await.is_empty())
        .await;
    let payout = list(&world, "/_sim/xendit/payouts").await[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    press(&world, &format!("/_sim/xendit/payouts/{payout}/succeed")).await;
    world
        .run_jobs_until(async || reload(&world, user, &loan).await.status == LoanStatus::Active)
        .await;
    world.clock.advance(Duration::days(220));
    let services = &world.services;
    let limit = async || services.loans.limit(&world.borrower(user)).await.expect("a limit");
    assert_eq!(limit().await.0, Rupiah::new(4 * MILLION), "late, and not lost");
    let (maker, checker) = (world.staff(Role::Collector), world.staff(Role::Approver));
    let off = services
        .payments
        .propose(&maker, loan.id, Decision::WriteOff, "tidak bisa ditagih lagi")
        .await;
    let off = off.expect("a proposal");
    let closed = services
        .audit
        .close_proposal(&checker, off, Verdict::Approved, "")
        .await;
    closed.expect("written off");
    assert_eq!(limit().await, (Rupiah::ZERO, Rupiah::ZERO));
    world.finish().await;
}

/// Asks for terms and agrees to them a minute later, under keys of their own.
async fn agree(world: &World, user: UserId, terms: (i64, u32), figures: (i64, i64), key: &str) -> Loan {
    world.clock.advance(Duration::minutes(1));
    let quote = quote(world, user, terms.0, terms.1, &format!("quote-key-{key}"))
        .await
        .expect("a quote");
    let request = consent(&quote, figures.0, figures.1);
    let key = format!("apply-key-{key}");
    let loans = &world.services.loans;
    let loan = loans
        .apply(&world.borrower(user), request.clone(), &key)
        .await
        .expect("agreed");
    let again = loans
        .apply(&world.borrower(user), request, &key)
        .await
        .expect("the same");
    assert_eq!(again, loan);
    loan
}

#[tokio::test]
async fn an_offer_that_is_accepted_decides_the_same_application_anew_on_the_same_snapshot() {
    let world = World::new().await;
    let loans = &world.services.loans;
    let auditor = world.staff(Role::Auditor);
    for (evidence, status) in [(true, LoanStatus::Approved), (false, LoanStatus::Referred)] {
        let user = borrower(&world, evidence).await;
        let loan = apply(&world, user, 4 * MILLION, 3, 4_500_000, 350_000).await;
        loans
            .decide_by_engine(&Actor::system(), loan.id)
            .await
            .expect("decided");
        assert_eq!(reload(&world, user, &loan).await.status, LoanStatus::Declined);
        if evidence {
            // What is known now was not known then, and changes nothing: the snapshot stays.
            read_proof(&world, user, 1_000_000).await;
        }
        let accepted = agree(&world, user, (2_800_000, 3), (4_500_000, 350_000), "offer-0001").await;
        assert_eq!((accepted.id, accepted.number.as_str()), (loan.id, loan.number.as_str()));
        assert_eq!(accepted.status, status, "what referred then refers again");
        assert_eq!(accepted.quote.simulation.amount, Rupiah::new(2_800_000));
        let engine = accepted.decision.expect("a decision").engine;
        assert_eq!(
            (engine.gauge.income, engine.burden),
            (Rupiah::new(4_500_000), Rupiah::new(980_384))
        );
        assert_eq!(loans.replay_decision(&auditor, loan.id).await, Ok(true));
        let agreement = loans
            .agreement(&world.borrower(user), loan.id)
            .await
            .expect("an agreement");
        assert_eq!(
            agreement.loan.quote.id, accepted.quote.id,
            "consented to by its own quote"
        );
    }
    let decisions: Vec<(i64, i64)> =
        sqlx::query_as("select count(*), count(distinct policy_version) from loans.decision group by loan_id")
            .fetch_all(&world.owner)
            .await
            .expect("decisions");
    assert_eq!(decisions, [(2, 1), (2, 1)]);
    world.finish().await;
}

#[tokio::test]
async fn other_figures_other_terms_or_a_window_that_closed_are_a_new_application() {
    let world = World::new().await;
    let loans = &world.services.loans;
    for (terms, figures, days) in [
        ((2_700_000, 3), (4_500_000, 350_000), 0),
        ((2_800_000, 3), (4_600_000, 350_000), 0),
        ((2_800_000, 3), (4_500_000, 350_000), 8),
    ] {
        let user = borrower(&world, true).await;
        let loan = apply(&world, user, 4 * MILLION, 3, 4_500_000, 350_000).await;
        loans
            .decide_by_engine(&Actor::system(), loan.id)
            .await
            .expect("decided");
        world.clock.advance(Duration::days(days));
        let other = agree(&world, user, terms, figures, "other-0001").await;
        assert_ne!(other.id, loan.id, "{terms:?} {figures:?} {days}");
        assert_eq!(other.status, LoanStatus::Submitted);
        assert_eq!(reload(&world, user, &loan).await.status, LoanStatus::Declined);
    }
    world.finish().await;
}

#[tokio::test]
async fn an_application_ends_when_its_borrower_owes_an_answer_for_fourteen_days() {
    let world = World::new().await;
    let (loans, users) = (&world.services.loans, &world.services.users);
    let analyst = world.staff(Role::Analyst);
    let (waiting, answering, ours) = (
        borrower(&world, false).await,
        borrower(&world, false).await,
        borrower(&world, false).await,
    );
    let mut made = Vec::new();
    for user in [waiting, answering, ours] {
        made.push(apply(&world, user, 3 * MILLION, 6, 10 * MILLION, 0).await);
    }
    world.run_jobs().await;
    for user in [waiting, answering] {
        let retake = IdentityDecision::Retake {
            kind: DocumentKind::Ktp,
            reason: "KTP terlalu silau".into(),
        };
        users.decide_identity(&analyst, user, retake).await.expect("asked");
    }
    world.run_jobs().await;
    world.clock.advance(Duration::days(14) - Duration::minutes(1));
    loans.sweep().await.expect("a sweep");
    assert_eq!(reload(&world, waiting, &made[0]).await.status, LoanStatus::Referred);
    world
        .services
        .documents
        .upload(&world.borrower(answering), DocumentKind::Ktp, card(4_714))
        .await
        .expect("a paper");
    world.run_jobs().await;
    // The event is told once more, after the answer.
    let system = Actor::system();
    loans.wait_for_borrower(&system, answering).await.expect("nothing");
    let owed = "select count(*) from loans.application where asked_at is not null";
    let owed: i64 = sqlx::query_scalar(owed).fetch_one(&world.owner).await.expect(owed);
    assert_eq!(owed, 1);
    world.clock.advance(Duration::minutes(2));
    for _ in 0..2 {
        loans.sweep().await.expect("a sweep");
    }
    world.run_jobs().await;
    assert_eq!(reload(&world, waiting, &made[0]).await.status, LoanStatus::Cancelled);
    // What waits for an officer waits, however long.
    assert_eq!(reload(&world, answering, &made[1]).await.status, LoanStatus::Referred);
    assert_eq!(reload(&world, ours, &made[2]).await.status, LoanStatus::Referred);
    let notices = world
        .services
        .notifications
        .list(&world.borrower(waiting), PageRequest::default())
        .await;
    let notices = notices.expect("notices").items;
    let told = notices
        .iter()
        .filter(|notice| notice.title == "Pengajuan kedaluwarsa")
        .count();
    assert_eq!(told, 1, "told once");
    world.finish().await;
}

#[tokio::test]
async fn without_a_policy_in_force_an_application_waits_and_is_decided_by_the_next() {
    let world = World::new().await;
    let loans = &world.services.loans;
    let user = borrower(&world, true).await;
    let loan = apply(&world, user, 3 * MILLION, 6, 10 * MILLION, 0).await;
    let (ended, back) = ("retired", "active");
    let status = async |status: &str| {
        // Behind the services' back: the policy ran out while the application was on its way.
        for statement in [
            "alter table loans.policy disable trigger policy_kept",
            "",
            "alter table loans.policy enable trigger policy_kept",
        ] {
            let query = match statement {
                "" => sqlx::query("update loans.policy set status = $1 where version = 1").bind(status),
                statement => sqlx::query(statement),
            };
            query.execute(&world.owner).await.expect("changed");
        }
    };
    status(ended).await;
    world.run_jobs().await;
    assert_eq!(reload(&world, user, &loan).await.status, LoanStatus::Submitted);
    world.clock.advance(Duration::minutes(11));
    loans.sweep().await.expect("a sweep");
    assert_eq!(world.jobs_left().await, 0, "nothing is asked of nobody");
    status(back).await;
    loans.sweep().await.expect("a sweep");
    world.run_jobs().await;
    let decided = reload(&world, user, &loan).await.decision.expect("decided");
    assert_eq!(decided.outcome, Outcome::Approve);
    world.finish().await;
}

#[tokio::test]
async fn a_quote_holds_for_thirty_minutes_and_consent_binds_to_what_was_shown() {
    let world = World::new().await;
    let user = borrower(&world, true).await;
    let shown = quote(&world, user, 3 * MILLION, 6, "quote-key-00000001")
        .await
        .expect("a quote");
    let same = quote(&world, user, 3 * MILLION, 6, "quote-key-00000001")
        .await
        .expect("the same quote");
    assert_eq!(same, shown, "the same key gives the first answer");
    let other = quote(&world, user, 2 * MILLION, 6, "quote-key-00000001").await;
    assert_eq!(other, Err(Refusal::KeyReused.into()));
    let actor = world.borrower(user);
    let forged = ApplyRequest {
        disclosure_hash: "0".repeat(64),
        ..consent(&shown, 5 * MILLION, 0)
    };
    assert_eq!(
        world.services.loans.apply(&actor, forged, "apply-key-00000001").await,
        Err(Refusal::DisclosureChanged.into())
    );
    let unticked = ApplyRequest {
        accepted: false,
        ..consent(&shown, 5 * MILLION, 0)
    };
    assert!(matches!(
        world.services.loans.apply(&actor, unticked, "apply-key-00000001").await,
        Err(Error::Validation(_))
    ));
    world.clock.advance(Duration::minutes(31));
    let late = world
        .services
        .loans
        .apply(
            &world.borrower(user),
            consent(&shown, 5 * MILLION, 0),
            "apply-key-00000001",
        )
        .await;
    assert_eq!(late, Err(Refusal::QuoteExpired.into()));
    let stale = world
        .services
        .loans
        .apply(&actor, consent(&shown, 5 * MILLION, 0), "apply-key-00000001")
        .await;
    assert_eq!(
        stale,
        Err(Error::StepUpNeeded),
        "a sign-in of half an hour ago is too old for consent"
    );
    world.finish().await;
}

#[tokio::test]
async fn clauses_that_changed_since_they_were_shown_are_agreed_to_anew() {
    let world = World::new().await;
    let user = borrower(&world, true).await;
    let shown = quote(&world, user, 3 * MILLION, 6, "quote-key-00000001")
        .await
        .expect("a quote");
    sqlx::query("update loans.quote set agreement_version = '2026-01' where quote_id = $1")
        .bind(shown.id.0)
        .execute(&world.owner)
        .await
        .expect("an older version");
    let actor = world.borrower(user);
    let agreed = world
        .services
        .loans
        .apply(&actor, consent(&shown, 5 * MILLION, 0), "apply-key-00000001")
        .await;
    assert_eq!(agreed, Err(Refusal::DisclosureChanged.into()));
    world.finish().await;
}

#[tokio::test]
async fn fifty_consents_at_once_make_one_application() {
    let world = World::new().await;
    let user = borrower(&world, true).await;
    let mut quotes = Vec::new();
    for number in 0..5 {
        quotes.push(
            quote(&world, user, MILLION, 6, &format!("quote-key-0000000{number}"))
                .await
                .expect("a quote"),
        );
    }
    let actor = world.borrower(user);
    let tries = (0..50).map(|number| {
        let (loans, actor) = (world.services.loans.clone(), actor.clone());
        let request = consent(&quotes[number % 5], 10 * MILLION, 0);
        async move { loans.apply(&actor, request, &format!("apply-key-{number:08}")).await }
    });
    let answers = futures::future::join_all(tries).await;
    let made: std::collections::BTreeSet<_> = answers
        .iter()
        .filter_map(|answer| answer.as_ref().ok())
        .map(|loan| loan.id)
        .collect();
    assert_eq!(made.len(), 1, "one application");
    for answer in answers {
        match answer {
            Ok(_)
            | Err(
                Error::Refused(Refusal::ActiveApplication | Refusal::QuoteUsed)
                | Error::Busy { .. }
                | Error::TooMany { .. },
            ) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    let rows: i64 = sqlx::query_scalar("select count(*) from loans.application")
        .fetch_one(&world.owner)
        .await
        .expect("count");
    let consents: i64 = sqlx::query_scalar("select count(*) from loans.agreement_consent")
        .fetch_one(&world.owner)
        .await
        .expect("count");
    assert_eq!((rows, consents), (1, 1));
    world.finish().await;
}

#[tokio::test]
async fn cancelling_is_free_until_the_money_is_on_its_way() {
    let world = World::new().await;
    let user = borrower(&world, true).await;
    let loan = apply(&world, user, MILLION, 3, 10 * MILLION, 0).await;
    let actor = world.borrower(user);
    let cancelled = world
        .services
        .loans
        .cancel(&actor, loan.id, None)
        .await
        .expect("cancelled");
    assert_eq!(cancelled.status, LoanStatus::Cancelled);
    let again = world
        .services
        .loans
        .cancel(&actor, loan.id, None)
        .await
        .expect("the same answer");
    assert_eq!(again.status, LoanStatus::Cancelled);
    world.run_jobs().await;
    assert!(
        list(&world, "/_sim/xendit/payouts").await.is_empty(),
        "nothing is sent for a cancelled application"
    );

    let quote = quote(&world, user, MILLION, 3, "quote-key-00000002")
        .await
        .expect("a new quote");
    let second = world
        .services
        .loans
        .apply(&actor, consent(&quote, 10 * MILLION, 0), "apply-key-00000002")
        .await
        .expect("applied");
    world
        .run_jobs_until(async || !list(&world, "/_sim/xendit/payouts").await.is_empty())
        .await;
    assert_eq!(
        world.services.loans.cancel(&actor, second.id, None).await,
        Err(Refusal::PayoutSent.into())
    );
    world.finish().await;
}

#[tokio::test]
async fn a_stranger_and_another_borrower_see_nothing() {
    let world = World::new().await;
    let (owner, other) = (borrower(&world, true).await, borrower(&world, true).await);
    let loan = apply(&world, owner, MILLION, 3, 10 * MILLION, 0).await;
    let loans = &world.services.loans;
    let foreign = world.borrower(other);
    assert_eq!(loans.get(&foreign, loan.id).await, Err(Error::NotFound));
    assert_eq!(loans.cancel(&foreign, loan.id, None).await, Err(Error::NotFound));
    assert_eq!(
        loans.request_review(&foreign, loan.id, None).await,
        Err(Error::NotFound)
    );
    assert_eq!(loans.agreement(&foreign, loan.id).await, Err(Error::NotFound));
    assert_eq!(loans.get_quote(&foreign, loan.quote.id).await, Err(Error::NotFound));
    let stolen = consent(&loan.quote, 10 * MILLION, 0);
    assert_eq!(
        loans.apply(&foreign, stolen, "apply-key-00000009").await,
        Err(Error::NotFound)
    );
    assert_eq!(loans.get(&world.stranger(), loan.id).await, Err(Error::Unauthenticated));
    assert_eq!(
        loans
            .list(&foreign, PageRequest::default())
            .await
            .expect("a list")
            .items,
        []
    );
    world.finish().await;
}

#[tokio::test]
async fn a_changed_bank_account_asks_for_new_consent_and_holds_the_money() {
    let world = World::new().await;
    let user = borrower(&world, true).await;
    let shown = quote(&world, user, MILLION, 3, "quote-key-00000001")
        .await
        .expect("a quote");
    let change = ProfileChange {
        bank_account: Some(BankAccountInput {
            bank: "BNI".into(),
            number: "9990001112".into(),
        }),
        ..ProfileChange::default()
    };
    world
        .services
        .users
        .update_profile(&world.borrower(user), change)
        .await
        .expect("changed");
    world.run_jobs().await;
    let told: i64 = sqlx::query_scalar("select count(*) from notifications.notice where kind = 'bank_account_changed'")
        .fetch_one(&world.owner)
        .await
        .expect("count");
    assert_eq!(told, 1, "a changed account is told, the first entry is not");
    let actor = world.borrower(user);
    let refused = world
        .services
        .loans
        .apply(&actor, consent(&shown, 10 * MILLION, 0), "apply-key-00000001")
        .await;
    assert_eq!(refused, Err(Refusal::DisclosureChanged.into()));
    let fresh = quote(&world, user, MILLION, 3, "quote-key-00000002")
        .await
        .expect("a quote");
    let loan = world
        .services
        .loans
        .apply(&actor, consent(&fresh, 10 * MILLION, 0), "apply-key-00000002")
        .await
        .expect("applied");
    world.run_jobs().await;
    let approved = reload(&world, user, &loan).await;
    assert_eq!(
        (approved.status, approved.payout.map(|payout| payout.status)),
        (LoanStatus::Approved, Some(PayoutStatus::Created)),
        "24 hours pass first"
    );
    assert!(list(&world, "/_sim/xendit/payouts").await.is_empty());
    world.clock.advance(Duration::hours(25));
    world.services.payments.sweep().await.expect("a sweep");
    world
        .run_jobs_until(async || list(&world, "/_sim/xendit/payouts").await.len() == 1)
        .await;
    world.finish().await;
}

#[tokio::test]
async fn money_that_the_bank_sends_back_leaves_nothing_owed() {
    let world = World::new().await;
    let user = borrower(&world, true).await;
    let loan = apply(&world, user, MILLION, 3, 10 * MILLION, 0).await;
    world
        .run_jobs_until(async || !list(&world, "/_sim/xendit/payouts").await.is_empty())
        .await;
    let payout = list(&world, "/_sim/xendit/payouts").await[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    press(&world, &format!("/_sim/xendit/payouts/{payout}/succeed")).await;
    world
        .run_jobs_until(async || reload(&world, user, &loan).await.status == LoanStatus::Active)
        .await;
    press(&world, &format!("/_sim/xendit/payouts/{payout}/reverse")).await;
    world
        .run_jobs_until(async || reload(&world, user, &loan).await.status == LoanStatus::Cancelled)
        .await;
    let gone = reload(&world, user, &loan).await;
    assert_eq!(gone.payout.map(|payout| payout.status), Some(PayoutStatus::Reversed));
    world.finish().await;
}
