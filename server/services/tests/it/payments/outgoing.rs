//! Payouts: sent exactly once, or never.

use super::*;
use domain::{Error, Refusal};
use time::Duration;

#[tokio::test]
async fn a_payout_reaches_the_borrower_and_starts_the_loan() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    let opened = case.open().await;
    assert_eq!(opened.payout.as_ref().expect("a payout").status, PayoutStatus::Created);
    assert_eq!(
        opened.payout.as_ref().expect("a payout").payee_label,
        "BCA\u{a0}••••\u{a0}4821"
    );
    assert_eq!(opened.position, None);
    assert_eq!(case.open().await, opened, "opening twice is opening once");

    world.run_jobs().await;
    assert_eq!(case.payout_status().await, PayoutStatus::InProgress);
    assert_eq!(case.sent().await.len(), 1);
    case.press_payout("succeed", json!({})).await;
    case.until_payout(PayoutStatus::Succeeded).await;

    let account = case.account().await;
    assert_eq!(account.contract.terms.start, world.services.core.clock.today());
    let position = account.position.expect("a position");
    assert_eq!(position.outstanding_principal, Rupiah::new(3_000_000));
    assert_eq!(position.lines.len(), 6);
    assert_eq!(case.balance("1100").await, 3_000_000);
    assert_eq!(case.balance("1010").await, -3_000_000);
    case.books_match().await;
    let sealed = "select count(*) from payments.payout where loan_id = $1 and payee_sealed is not null";
    assert_eq!(case.count(sealed).await, 0, "the payee is not kept longer than needed");
    world.finish().await;
}

#[tokio::test]
async fn a_payout_in_doubt_is_asked_for_and_never_sent_twice() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    // The gateway takes it and never answers.
    fault(&world, "POST /v2/payouts", Mode::TimeoutAfterAccept, Some(50));
    case.open().await;
    world.run_jobs().await;
    assert_eq!(case.payout_status().await, PayoutStatus::InDoubt);
    assert_eq!(cancel(&case).await, Err(Error::Refused(Refusal::PayoutSent)));
    let id = case.account().await.payout.expect("a payout").id;
    world.services.payments.check_payout(id).await.expect("a check");
    assert_eq!(case.payout_status().await, PayoutStatus::InProgress);
    assert_eq!(case.sent().await.len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_payout_the_gateway_never_got_is_sent_again_under_the_same_key() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    fault(&world, "POST /v2/payouts", Mode::DropConnection, None);
    fault(&world, "GET /v2/payouts", Mode::Http500, None);
    case.open().await;
    world.run_jobs().await;
    assert_eq!(case.payout_status().await, PayoutStatus::InDoubt);
    assert_eq!(case.sent().await.len(), 0);
    let id = case.account().await.payout.expect("a payout").id;
    // The gateway cannot say: nothing is sent on a guess.
    assert!(
        world
            .services
            .payments
            .check_payout(id)
            .await
            .expect_err("no answer")
            .is_passing()
    );
    assert_eq!(case.sent().await.len(), 0);
    // The borrower changes the account in between: the request stays the same.
    let other = BankAccountInput {
        bank: "BNI".into(),
        number: "9999999999".into(),
    };
    let change = ProfileChange {
        bank_account: Some(other),
        ..ProfileChange::default()
    };
    world
        .services
        .users
        .update_profile(&case.actor(), change)
        .await
        .expect("a change");
    world.services.payments.check_payout(id).await.expect("a check");
    assert_eq!(case.payout_status().await, PayoutStatus::InProgress);
    let sent = case.sent().await;
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["channel_code"], "ID_BCA");
    world.finish().await;
}

#[tokio::test]
async fn a_worker_killed_after_the_commit_leaves_one_payout() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    let id = case.open().await.payout.expect("a payout").id;
    // The first call hangs on its way; its worker dies.
    fault(&world, "POST /v2/payouts", Mode::SlowMs, Some(1_500));
    let payments = world.services.payments.clone();
    let killed = tokio::spawn(async move { payments.send_payout(id).await });
    while case.payout_status().await != PayoutStatus::Sent {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    killed.abort();
    // The call may still be under way: too early to decide anything.
    world.services.payments.check_payout(id).await.expect("a check");
    assert_eq!(case.payout_status().await, PayoutStatus::Sent);
    world.clock.advance(Duration::minutes(2));
    world.services.payments.sweep().await.expect("a sweep");
    world.run_jobs().await;
    assert_eq!(case.payout_status().await, PayoutStatus::InProgress);
    // The first call arrives after all.
    tokio::time::sleep(std::time::Duration::from_millis(2_000)).await;
    assert_eq!(case.sent().await.len(), 1);
    world.finish().await;
}

async fn cancel(case: &Case<'_>) -> domain::Result<()> {
    case.payments().cancel_payout(&Actor::system(), case.loan_id).await
}

#[tokio::test]
async fn cancelling_and_sending_at_once_have_one_winner() {
    let world = World::new().await;
    for round in 0..12 {
        let case = Case::new(&world).await;
        let id = case.open().await.payout.expect("a payout").id;
        let send = async {
            // Sometimes the one, sometimes the other comes first.
            tokio::time::sleep(std::time::Duration::from_millis(round % 4)).await;
            world.services.payments.send_payout(id).await.expect("sent or not");
        };
        let stop = async {
            tokio::time::sleep(std::time::Duration::from_millis(round % 3)).await;
            cancel(&case).await
        };
        let ((), stopped) = tokio::join!(send, stop);
        match stopped {
            Ok(()) => {
                assert_eq!(case.payout_status().await, PayoutStatus::Cancelled);
                assert_eq!(case.sent().await.len(), 0);
                assert_eq!(cancel(&case).await, Ok(()), "cancelling twice is cancelling once");
            }
            Err(error) => {
                assert_eq!(error, Error::Refused(Refusal::PayoutSent));
                assert_eq!(case.sent().await.len(), 1);
            }
        }
        world.run_jobs().await;
        assert!(case.sent().await.len() <= 1);
    }
    world.finish().await;
}

#[tokio::test]
async fn cancelling_and_opening_at_once_have_one_winner() {
    let world = World::new().await;
    for _ in 0..8 {
        let case = Case::new(&world).await;
        let (opened, stopped) = tokio::join!(case.open(), cancel(&case));
        assert_eq!(stopped, Ok(()), "nothing was sent yet");
        let _ = opened;
        world.run_jobs().await;
        assert_eq!(case.payout_status().await, PayoutStatus::Cancelled);
        assert_eq!(case.sent().await.len(), 0);
    }
    world.finish().await;
}

#[tokio::test]
async fn a_loan_cancelled_before_it_was_opened_stays_cancelled() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    assert_eq!(cancel(&case).await, Ok(()));
    assert_eq!(
        case.open().await.payout.expect("a payout").status,
        PayoutStatus::Cancelled
    );
    world.run_jobs().await;
    assert_eq!(case.sent().await.len(), 0);
    world.finish().await;
}

#[tokio::test]
async fn a_failed_payout_leaves_no_loan_and_may_be_cancelled() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    case.open().await;
    world.run_jobs().await;
    case.press_payout("fail", json!({"failure_code": "INVALID_DESTINATION"}))
        .await;
    case.until_payout(PayoutStatus::Failed).await;
    let account = case.account().await;
    assert_eq!(account.position, None);
    assert_eq!(
        account.payout.expect("a payout").failure_code.as_deref(),
        Some("INVALID_DESTINATION")
    );
    assert_eq!(
        case.count("select count(*) from payments.journal where loan_id = $1")
            .await,
        0
    );
    assert_eq!(cancel(&case).await, Ok(()));
    world.finish().await;
}

#[tokio::test]
async fn a_refused_payout_fails_at_once() {
    let world = World::new().await;
    let user_id = borrower_paid_to(&world, "4821").await;
    let case = Case {
        world: &world,
        user_id,
        loan_id: LoanId(world.services.core.clock.new_id()),
    };
    let mut contract = contract(&world);
    contract.terms.principal = Rupiah::new(5_000);
    let net_cash = Rupiah::new(5_000);
    let open = OpenAccount {
        loan_id: case.loan_id,
        user_id,
        contract,
        net_cash,
    };
    case.payments()
        .open_account(&Actor::system(), open)
        .await
        .expect("an account");
    world.run_jobs().await;
    assert_eq!(
        case.payout_status().await,
        PayoutStatus::Failed,
        "below the bank's minimum"
    );
    world.finish().await;
}

#[tokio::test]
async fn a_payout_that_succeeds_after_it_failed_is_a_loan() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    case.open().await;
    world.run_jobs().await;
    fault(&world, "/v2/payouts", Mode::LateSuccess, Some(300));
    case.press_payout("fail", json!({"failure_code": "TRANSFER_ERROR"}))
        .await;
    case.until_payout(PayoutStatus::Succeeded).await;
    assert_eq!(case.balance("1100").await, 3_000_000);
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn a_payout_taken_back_by_the_bank_undoes_the_loan() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    world.clock.advance(Duration::days(3));
    let day = world.services.core.clock.today() - Duration::DAY;
    let closed = world.services.payments.close_day(day).await.expect("a close");
    assert_eq!((closed[0].advanced, closed[0].set_aside), (1, 0));
    assert!(case.balance("1110").await > 0);
    case.press_payout("reverse", json!({})).await;
    case.until_payout(PayoutStatus::Reversed).await;
    assert_eq!(case.account().await.position, None);
    for account in ["1010", "1100", "1110", "4010"] {
        assert_eq!(case.balance(account).await, 0, "account {account}");
    }
    let refused = case
        .try_create(PaymentPurpose::Payoff, Method::Qris, None, "key-after-reversal")
        .await;
    assert_eq!(refused, Err(Error::Refused(Refusal::WrongState)));
    world.finish().await;
}

#[tokio::test]
async fn a_success_that_was_overtaken_by_a_reversal_lends_nothing() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    case.open().await;
    world.run_jobs().await;
    let id = case.account().await.payout.expect("a payout").id;
    fault(&world, "GET /v2/payouts/*", Mode::LateAnswer, Some(1_500));
    for _ in 0..2 {
        fault(&world, "/webhooks/xendit", Mode::BadSignature, None);
    }
    case.press_payout("succeed", json!({})).await;
    let payments = world.services.payments.clone();
    let slow = tokio::spawn(async move { payments.check_payout(id).await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    case.press_payout("reverse", json!({})).await;
    world.services.payments.check_payout(id).await.expect("a check");
    assert_eq!(case.payout_status().await, PayoutStatus::Failed);
    slow.await.expect("no panic").expect("a check");
    world.run_jobs().await;
    assert_eq!(case.payout_status().await, PayoutStatus::Failed);
    assert_eq!((case.balance("1100").await, case.balance("1010").await), (0, 0));
    world.finish().await;
}

#[tokio::test]
async fn a_notice_without_our_token_changes_nothing() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    case.open().await;
    world.run_jobs().await;
    fault(&world, "/webhooks/xendit", Mode::BadSignature, None);
    case.press_payout("succeed", json!({})).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let stored: i64 = sqlx::query_scalar("select count(*) from payments.inbox")
        .fetch_one(&world.owner)
        .await
        .expect("a count");
    assert_eq!(stored, 0);
    world.run_jobs().await;
    assert_eq!(case.payout_status().await, PayoutStatus::InProgress);
    // The poll finds the truth without any notice.
    world.clock.advance(Duration::minutes(2));
    world.services.payments.sweep().await.expect("a sweep");
    case.until_payout(PayoutStatus::Succeeded).await;
    world.finish().await;
}

#[tokio::test]
async fn only_the_product_itself_opens_and_cancels() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    let open = OpenAccount {
        loan_id: case.loan_id,
        user_id: case.user_id,
        contract: contract(&world),
        net_cash: Rupiah::new(3_000_000),
    };
    for actor in [case.actor(), world.stranger(), world.staff(domain::Role::Superadmin)] {
        assert_eq!(
            case.payments().open_account(&actor, open.clone()).await,
            Err(Error::Forbidden)
        );
        assert_eq!(
            case.payments().cancel_payout(&actor, case.loan_id).await,
            Err(Error::Forbidden)
        );
    }
    world.finish().await;
}

async fn move_to_bni(case: &Case<'_>) {
    let other = BankAccountInput {
        bank: "BNI".into(),
        number: "9999999999".into(),
    };
    let change = ProfileChange {
        bank_account: Some(other),
        ..ProfileChange::default()
    };
    let users = &case.world.services.users;
    users.update_profile(&case.actor(), change).await.expect("a change");
}

/// Nothing is sent to a new account for a day; the first sweep after it sends.
async fn outlast_the_hold(case: &Case<'_>) {
    case.world.run_jobs().await;
    assert_eq!(case.payout_status().await, PayoutStatus::Created, "held for a day");
    case.world.clock.advance(Duration::hours(23));
    case.world.services.payments.sweep().await.expect("a sweep");
    case.world.run_jobs().await;
    assert_eq!(case.payout_status().await, PayoutStatus::Created, "held for a day");
    case.world.clock.advance(Duration::hours(2));
    case.world.services.payments.sweep().await.expect("a sweep");
}

async fn fail(case: &Case<'_>, code: &str) {
    case.open().await;
    case.world.run_jobs().await;
    case.press_payout("fail", json!({"failure_code": code})).await;
    case.until_payout(PayoutStatus::Failed).await;
}

#[tokio::test]
async fn a_payout_that_failed_for_its_account_goes_to_another_one_under_a_new_key() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    fail(&case, "INVALID_DESTINATION").await;
    let first = case.account().await.payout.expect("a payout");
    assert!(first.wants_another_account());
    let again = async || case.payments().retry_payout(&case.actor(), case.loan_id).await;
    assert!(
        matches!(again().await, Err(Error::Validation(faults)) if faults[0].code == "unchanged"),
        "the same account cannot help"
    );
    let stranger = world.borrower(borrower_paid_to(&world, "1111").await);
    let refused = case.payments().retry_payout(&stranger, case.loan_id).await;
    assert_eq!(refused, Err(Error::NotFound));
    let refused = case.payments().retry_payout(&world.stranger(), case.loan_id).await;
    assert_eq!(refused, Err(Error::Unauthenticated));

    move_to_bni(&case).await;
    let (a, b) = tokio::join!(again(), again());
    let second = a.expect("an attempt").payout.expect("a payout");
    assert_eq!(
        b.expect("the same attempt").payout.expect("a payout").status,
        second.status
    );
    assert_ne!(second.id, first.id);
    outlast_the_hold(&case).await;
    world.run_jobs().await;
    let keys = "select count(distinct idempotency_key) from payments.payout where loan_id = $1";
    assert_eq!(case.count(keys).await, 2);
    let sent = case.sent().await;
    assert_eq!((sent.len(), sent[0]["channel_code"].as_str()), (1, Some("ID_BNI")));
    case.press_payout("succeed", json!({})).await;
    case.until_payout(PayoutStatus::Succeeded).await;
    case.books_match().await;
    assert_eq!(again().await, Err(Error::Refused(Refusal::WrongState)));
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn what_the_borrower_cannot_mend_is_for_staff() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    fail(&case, "INSUFFICIENT_BALANCE").await;
    let borrower = case.payments().retry_payout(&case.actor(), case.loan_id).await;
    assert_eq!(borrower, Err(Error::Refused(Refusal::WrongState)));
    let collector = world.staff(domain::Role::Collector);
    let refused = case.payments().retry_payout(&collector, case.loan_id).await;
    assert_eq!(refused, Err(Error::Forbidden));
    let support = world.staff(domain::Role::Support);
    let again = case.payments().retry_payout(&support, case.loan_id).await;
    assert_eq!(
        again.expect("an attempt").payout.expect("a payout").status,
        PayoutStatus::Created
    );
    world.run_jobs().await;
    assert_eq!(case.payout_status().await, PayoutStatus::InProgress);
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_payout_that_failed_lapses_after_three_days() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    fail(&case, "INVALID_DESTINATION").await;
    world.clock.advance(Duration::days(2));
    world.services.payments.sweep().await.expect("a sweep");
    assert_eq!(case.payout_status().await, PayoutStatus::Failed);
    world.clock.advance(Duration::days(2));
    world.services.payments.sweep().await.expect("a sweep");
    assert_eq!(case.payout_status().await, PayoutStatus::Cancelled);
    move_to_bni(&case).await;
    let late = case.payments().retry_payout(&case.actor(), case.loan_id).await;
    assert_eq!(late, Err(Error::Refused(Refusal::WrongState)));
    assert_eq!(case.sent().await.len(), 1, "nothing was sent since");
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_doubt_that_stays_is_parked_and_still_sent_once() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    fault(&world, "POST /v2/payouts", Mode::TimeoutAfterAccept, Some(50));
    world.sandbox.add_fault(Fault {
        route: "GET /v2/payouts".into(),
        mode: Mode::Http429,
        times: 11,
        ms: None,
    });
    let id = case.open().await.payout.expect("a payout").id;
    world.services.payments.send_payout(id).await.expect_err("no answer");
    let parked = "select count(*) from payments.payout where loan_id = $1 and parked_at is not null";
    for _ in 0..11 {
        assert_eq!(case.count(parked).await, 0);
        world.services.payments.check_payout(id).await.expect_err("no answer");
    }
    assert_eq!(case.count(parked).await, 1, "a person must look");
    assert_eq!(case.payout_status().await, PayoutStatus::InDoubt);
    // The gateway can be asked again: it had it all the time.
    world.services.payments.check_payout(id).await.expect("a check");
    assert_eq!(case.payout_status().await, PayoutStatus::InProgress);
    assert_eq!((case.count(parked).await, case.sent().await.len()), (0, 1));
    world.run_jobs().await;
    world.finish().await;
}

async fn with_account_validation() -> World {
    World::with(|config| {
        config.midtrans.iris = Some(services::config::IrisConfig {
            base_url: config.midtrans.base_url.replace("/midtrans", "/midtrans/iris/api/v1"),
            api_key: config.midtrans.server_key.clone(),
        });
    })
    .await
}

#[tokio::test]
async fn money_goes_only_to_an_account_under_the_verified_name() {
    let world = with_account_validation().await;
    let case = Case::new(&world).await;
    case.open().await;
    world.run_jobs().await;
    let failed = case.account().await.payout.expect("a payout");
    assert_eq!(
        (failed.status, failed.failure_code.as_deref()),
        (PayoutStatus::Failed, Some("ACCOUNT_NAME_MISMATCH"))
    );
    assert_eq!(case.sent().await.len(), 0);
    let payee = world
        .services
        .users
        .payee(&Actor::system(), case.user_id)
        .await
        .expect("a payee");
    let known = json!({"bank": "BNI", "account": "9999999999", "name": payee.holder.to_uppercase()});
    post(&world, "/_sim/accounts", known).await;
    move_to_bni(&case).await;
    case.payments()
        .retry_payout(&case.actor(), case.loan_id)
        .await
        .expect("an attempt");
    outlast_the_hold(&case).await;
    world.run_jobs().await;
    assert_eq!(case.payout_status().await, PayoutStatus::InProgress);
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_slow_answer_about_a_name_fails_no_payout_that_was_sent() {
    let world = with_account_validation().await;
    let case = Case::new(&world).await;
    let id = case.open().await.payout.expect("a payout").id;
    let payee = world.services.users.payee(&Actor::system(), case.user_id).await;
    let payee = payee.expect("a payee");
    let holder = async |name: &str| {
        let known = json!({"bank": payee.bank, "account": payee.number, "name": name});
        post(&world, "/_sim/accounts", known).await;
    };
    holder(&payee.holder).await;
    fault(&world, "account_validation", Mode::SlowMs, Some(1_500));
    let payments = world.services.payments.clone();
    let slow = tokio::spawn(async move { payments.send_payout(id).await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    // Another worker is quicker; then the bank says something else to the first.
    world.services.payments.send_payout(id).await.expect("sent");
    assert_eq!(case.payout_status().await, PayoutStatus::InProgress);
    holder("SOMEBODY ELSE").await;
    slow.await.expect("no panic").expect("nothing left to do");
    assert_eq!(case.payout_status().await, PayoutStatus::InProgress);
    assert_eq!(case.sent().await.len(), 1);
    world.run_jobs().await;
    world.finish().await;
}

/// What was sent once may still arrive, even if the gateway refused it when it was sent again.
#[tokio::test]
async fn news_of_a_payout_that_was_refused_are_believed() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    fault(&world, "POST /v2/payouts", Mode::TimeoutAfterAccept, Some(50));
    let id = case.open().await.payout.expect("a payout").id;
    world.services.payments.send_payout(id).await.expect_err("no answer");
    // As if a second call had been refused while nothing was known of the first.
    sqlx::query("update payments.payout set status = 'failed', failure_code = 'API_VALIDATION_ERROR', failed_at = now() where payout_id = $1")
        .bind(id.0)
        .execute(&world.owner)
        .await
        .expect("an update");
    case.press_payout("succeed", json!({})).await;
    case.until_payout(PayoutStatus::Succeeded).await;
    assert_eq!(case.sent().await.len(), 1);
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn a_failed_payout_that_arrives_takes_back_the_attempt_that_was_to_follow() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    case.open().await;
    world.run_jobs().await;
    fault(&world, "/v2/payouts", Mode::LateSuccess, Some(1_500));
    case.press_payout("fail", json!({"failure_code": "TRANSFER_ERROR"}))
        .await;
    case.until_payout(PayoutStatus::Failed).await;
    let first = case.account().await.payout.expect("a payout").id;
    let support = world.staff(domain::Role::Support);
    case.payments()
        .retry_payout(&support, case.loan_id)
        .await
        .expect("an attempt");
    // The worker is slow: the first one's success is known before the second is sent.
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    world.services.payments.check_payout(first).await.expect("a check");
    world.run_jobs().await;
    let lent = "select count(*) from payments.payout where loan_id = $1 and status = 'succeeded'";
    assert_eq!(case.count(lent).await, 1);
    assert_eq!(case.account().await.payout.expect("a payout").id, first);
    let unsent = "select count(*) from payments.payout where loan_id = $1 and status = 'cancelled' and sent_at is null";
    assert_eq!(case.count(unsent).await, 1, "the second was never sent");
    assert_eq!(case.balance("1100").await, 3_000_000);
    world.run_jobs().await;
    world.finish().await;
}
