//! Payments: posted exactly once at the date the money moved, or not at all.

use super::*;
use domain::{
    Error, Refusal,
    payments::{Instruction, Receipt},
};
use services::payments::PastPayment;
use sha2::{Digest, Sha512};
use time::Duration;

/// A notice with a right signature, whatever else it says.
fn notice(world: &World, order_id: &str, transaction_id: &str, status: &str, code: &str, amount: &str) -> Vec<u8> {
    let key = &world.sandbox.credentials.midtrans_server_key;
    let signature = hex::encode(Sha512::digest(format!("{order_id}{code}{amount}{key}")));
    json!({"order_id": order_id, "transaction_id": transaction_id, "transaction_status": status, "status_code": code,
           "gross_amount": amount, "signature_key": signature})
    .to_string()
    .into_bytes()
}

/// Stored notices whose key is like this.
async fn inbox(world: &World, like: &str) -> i64 {
    sqlx::query_scalar("select count(*) from payments.inbox where provider = 'midtrans' and dedupe_key like $1")
        .bind(like)
        .fetch_one(&world.owner)
        .await
        .expect("a count")
}

async fn posted(case: &Case<'_>) -> i64 {
    case.count("select count(*) from payments.payment where loan_id = $1")
        .await
}

#[tokio::test]
async fn the_payer_chooses_what_paying_early_changes_and_each_bill_keeps_its_cap() {
    let world = World::new().await;
    for (prepay, lines, first) in [
        (None, 6, 50_000),
        (Some(PrepayMode::Next), 6, 50_000),
        (Some(PrepayMode::Instalment), 6, 363_100),
        (Some(PrepayMode::Term), 4, 544_650),
    ] {
        let case = Case::lent(&world).await;
        let request = PaymentRequest {
            loan_id: case.loan_id,
            purpose: PaymentPurpose::Amount,
            amount: Some(Rupiah::new(1_000_000)),
            method: Method::Qris,
            seen: None,
            prepay,
        };
        let payment = case
            .payments()
            .create(&case.actor(), request, "key-of-paying-early")
            .await;
        let payment = payment.expect("a payment");
        let caps: (String, i64, i32, i64) = sqlx::query_as(
            "select cap_id, cap_benefit, cap_days, cap_ratio_ppm from payments.charge where payment_id = $1",
        )
        .bind(payment.id.0)
        .fetch_one(&world.owner)
        .await
        .expect("a cap");
        let days = i64::from(caps.2);
        assert_eq!((caps.0.as_str(), caps.1), ("C10", 267_899));
        assert!(
            (178..=184).contains(&days) && (caps.3 * 3 * days - 267_899).abs() < 3 * days,
            "{caps:?}"
        );
        case.press(&payment, "pay", json!({})).await;
        case.until(payment.id, PaymentStatus::Posted).await;
        let position = case.position().await;
        assert_eq!(
            (position.lines.len(), position.lines[0].instalment().get()),
            (lines, first),
            "{prepay:?}"
        );
        // The bill made now is tested as the loan stands now: cheaper than it was.
        case.bill("key-of-the-bill-after").await;
        let newest = case.count(
            "select cap_benefit from payments.charge where loan_id = $1 order by created_at desc, cap_benefit limit 1",
        );
        assert!(newest.await < 267_899);
        case.books_match().await;
    }
    world.finish().await;
}

#[tokio::test]
async fn a_payment_by_qr_is_posted_and_moves_the_bill_on() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case.bill("key-of-the-first-bill").await;
    assert_eq!(payment.status, PaymentStatus::Pending);
    assert_eq!(payment.amount, Rupiah::new(544_650));
    assert!(matches!(
        payment.instruction,
        Some(domain::payments::Instruction::Qris { .. })
    ));
    let life = payment.expires_at.expect("an end") - payment.created_at;
    assert!(life > Duration::minutes(28) && life < Duration::minutes(32), "{life}");

    case.press(&payment, "pay", json!({})).await;
    case.until(payment.id, PaymentStatus::Posted).await;
    let position = case.position().await;
    assert_eq!(position.paid_count, 1);
    assert_eq!(position.bill.as_ref().expect("a bill").instalments, [2]);
    let paid_at = case.payment(payment.id).await.paid_at.expect("a time");
    let received = case.account().await.last_received.expect("the payment");
    assert_eq!((received.amount, received.method), (payment.amount, Method::Qris));
    assert_eq!((received.paid_at, received.instalments), (paid_at, vec![1]));
    assert_eq!(case.balance("1020").await, 544_650);
    assert_eq!(posted(&case).await, 1);
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn every_way_to_pay_gives_its_code() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    for method in Method::ALL {
        let key = format!("key-of-method-{}", method.as_str());
        let payment = case
            .try_create(PaymentPurpose::Amount, method, Some(50_000), &key)
            .await
            .expect("a payment");
        assert_eq!((payment.status, payment.method), (PaymentStatus::Pending, method));
        assert!(payment.instruction.is_some(), "{method:?}");
    }
    assert_eq!(
        case.payments()
            .list(&case.actor(), case.loan_id)
            .await
            .expect("a list")
            .len(),
        7
    );
    let open = "select count(*) from payments.charge where loan_id = $1 and status in ('created', 'pending')";
    assert_eq!(case.count(open).await, 1, "a new attempt cancels the old one");
    world.run_jobs().await;
    let all = control(&world, reqwest::Method::GET, "/_sim/midtrans", &json!({})).await;
    let pending = all
        .as_array()
        .expect("a list")
        .iter()
        .filter(|found| found["status"] == "pending")
        .count();
    assert_eq!(pending, 1, "at the gateway too");
    world.finish().await;
}

#[tokio::test]
async fn duplicates_and_disorder_post_once() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case.bill("key-of-a-duplicate").await;
    fault(&world, "/v2/charge", Mode::DuplicateWebhook, None);
    case.press(&payment, "pay", json!({})).await;
    case.until(payment.id, PaymentStatus::Posted).await;
    // The same notice again, an older one, one that lies about the status, all well signed.
    let provider_ref: String = sqlx::query_scalar("select provider_ref from payments.payment where payment_id = $1")
        .bind(payment.id.0)
        .fetch_one(&world.owner)
        .await
        .expect("a reference");
    for (status, code) in [
        ("authorize", "200"),
        ("pending", "202"),
        ("expire", "202"),
        ("deny", "202"),
    ] {
        let raw = notice(&world, &payment.order_id, &provider_ref, status, code, "544650.00");
        for _ in 0..2 {
            assert_eq!(case.payments().receive_midtrans(&raw).await, Ok(Receipt::Accepted));
        }
    }
    // The settlement itself is known: another body under its name is a contradiction.
    let other = notice(
        &world,
        &payment.order_id,
        &provider_ref,
        "settlement",
        "200",
        "544650.00",
    );
    assert_eq!(
        case.payments().receive_midtrans(&other).await,
        Ok(Receipt::Contradiction)
    );
    let stored = inbox(&world, &format!("{provider_ref}:%")).await;
    assert!((5..=6).contains(&stored), "copies are not stored: {stored}");
    world.run_jobs().await;
    assert_eq!(case.payment(payment.id).await.status, PaymentStatus::Posted);
    assert_eq!(posted(&case).await, 1);
    assert_eq!(case.balance("1020").await, 544_650);
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn many_at_once_post_once() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case.bill("key-of-a-race").await;
    case.press(&payment, "pay", json!({})).await;
    let checks = (0..6).map(|_| {
        let payments = world.services.payments.clone();
        tokio::spawn(async move { payments.check_payment(payment.id).await })
    });
    for check in checks.collect::<Vec<_>>() {
        check.await.expect("no panic").expect("a check");
    }
    case.until(payment.id, PaymentStatus::Posted).await;
    world.run_jobs().await;
    assert_eq!(posted(&case).await, 1);
    assert_eq!(
        case.count("select count(*) from payments.event where loan_id = $1")
            .await,
        1
    );
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn a_wrong_signature_is_refused_and_stores_nothing() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case.bill("key-of-a-forgery").await;
    let mut forged: Value = serde_json::from_slice(&notice(
        &world,
        &payment.order_id,
        "t",
        "settlement",
        "200",
        "544650.00",
    ))
    .expect("JSON");
    forged["signature_key"] = json!("0".repeat(128));
    let refused = case.payments().receive_midtrans(forged.to_string().as_bytes()).await;
    assert_eq!(refused, Ok(Receipt::BadSignature));
    assert_eq!(case.payments().receive_midtrans(b"{}").await, Ok(Receipt::Malformed));
    // Well signed and untrue: the gateway knows of no money.
    let lie = notice(&world, &payment.order_id, "t", "settlement", "200", "544650.00");
    assert_eq!(inbox(&world, "t:%").await, 0);
    assert_eq!(case.payments().receive_midtrans(&lie).await, Ok(Receipt::Accepted));
    world.run_jobs().await;
    assert_eq!(case.payment(payment.id).await.status, PaymentStatus::Pending);
    assert_eq!(posted(&case).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn another_amount_waits_in_suspense_and_credits_nobody() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case.bill("key-of-a-mismatch").await;
    case.press(&payment, "pay", json!({"amount": 500_000})).await;
    case.until(payment.id, PaymentStatus::Mismatch).await;
    world
        .services
        .payments
        .check_payment(payment.id)
        .await
        .expect("a check");
    assert_eq!(case.position().await.paid_count, 0);
    assert_eq!(posted(&case).await, 0);
    case.books_match().await;
    let suspense: i64 = sqlx::query_scalar(
        "select coalesce(sum(credit - debit), 0)::bigint from payments.ledger_entry where account = '2120' and loan_id is null",
    )
    .fetch_one(&world.owner)
    .await
    .expect("a balance");
    assert_eq!(suspense, 500_000);
    world.finish().await;
}

#[tokio::test]
async fn a_notice_that_names_a_wrong_amount_is_a_hint_only() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case.bill("key-of-a-wrong-notice").await;
    fault(&world, "/v2/charge", Mode::WrongAmount, None);
    case.press(&payment, "pay", json!({})).await;
    case.until(payment.id, PaymentStatus::Posted).await;
    assert_eq!(case.balance("1020").await, 544_650);
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn money_that_comes_after_the_end_is_money() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case.bill("key-of-a-late-payer").await;
    fault(&world, "/v2/charge", Mode::LateSuccess, Some(1_500));
    case.press(&payment, "expire", json!({})).await;
    case.until(payment.id, PaymentStatus::Expired).await;
    case.until(payment.id, PaymentStatus::Posted).await;
    assert_eq!(posted(&case).await, 1);
    assert_eq!(case.position().await.paid_count, 1);
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn an_answer_that_was_overtaken_takes_nothing_back() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case.bill("key-of-an-overtaken-answer").await;
    let status = "/_sim/midtrans";
    let stands = async |word: &str| {
        for _ in 0..200 {
            let orders = control(&world, reqwest::Method::GET, status, &json!({})).await;
            let orders = orders.as_array().expect("a list");
            if orders
                .iter()
                .any(|order| order["order_id"] == payment.order_id.as_str() && order["status"] == word)
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the order never stands at {word}");
    };
    // The code runs out, and 300 ms later its money comes after all. One look at it was answered in between, and that
    // answer is slow on its way.
    fault(&world, "/v2/charge", Mode::LateSuccess, Some(300));
    fault(&world, "/v2/*/status", Mode::LateAnswer, Some(2_000));
    fault(&world, "/webhooks/midtrans", Mode::BadSignature, None);
    case.press(&payment, "expire", json!({})).await;
    let payments = world.services.payments.clone();
    let slow = tokio::spawn(async move { payments.check_payment(payment.id).await });
    stands("settlement").await;
    world
        .services
        .payments
        .check_payment(payment.id)
        .await
        .expect("a check");
    assert_eq!(case.payment(payment.id).await.status, PaymentStatus::Posted);
    slow.await.expect("no panic").expect("a check");
    assert_eq!(case.payment(payment.id).await.status, PaymentStatus::Posted);
    assert_eq!((posted(&case).await, case.position().await.paid_count), (1, 1));
    case.books_match().await;
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_code_of_which_only_the_picture_is_shown_is_read_from_it() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    fault(&world, "/v2/charge", Mode::PictureOnly, None);
    let payment = case.bill("key-of-a-mere-picture").await;
    let Some(Instruction::Qris { qr_string }) = payment.instruction else {
        panic!("{:?}", payment.instruction)
    };
    assert!(
        qr_string.starts_with("000201") && qr_string.contains("5406544650"),
        "{qr_string}"
    );
    // Neither answer of a charge arrives: the order is found by its number, and its picture has the code.
    world.sandbox.add_fault(Fault {
        route: "/v2/charge".into(),
        mode: Mode::CutBody,
        times: 1,
        ms: None,
    });
    let asked = case
        .try_create(PaymentPurpose::Instalment, Method::Qris, None, "key-of-a-cut-answer")
        .await
        .expect("an attempt");
    case.until(asked.id, PaymentStatus::Pending).await;
    let shown = case.payment(asked.id).await.instruction;
    assert!(matches!(shown, Some(Instruction::Qris { .. })), "{shown:?}");
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_notice_of_money_that_is_ahead_of_the_status_is_not_done_with() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case.bill("key-of-an-early-notice").await;
    let told = notice(&world, &payment.order_id, "early", "settlement", "200", "544650.00");
    assert_eq!(case.payments().receive_midtrans(&told).await, Ok(Receipt::Accepted));
    world.run_jobs().await;
    let open = "select count(*) from payments.inbox where processed_at is null and $1::uuid is not null";
    assert_eq!(case.count(open).await, 1, "the status may lag");
    // The money is there, and no other notice of it arrives.
    fault(&world, "/webhooks/midtrans", Mode::BadSignature, None);
    case.press(&payment, "pay", json!({})).await;
    free_jobs(&world).await;
    world.run_jobs().await;
    assert_eq!(case.payment(payment.id).await.status, PaymentStatus::Posted);
    // The gateway sends a refused notice again.
    world.run_jobs_until(async || case.count(open).await == 0).await;

    // What the gateway does not confirm within the hour was never true.
    let next = case.bill("key-of-a-mere-claim").await;
    let lie = notice(&world, &next.order_id, "lie", "settlement", "200", "544650.00");
    assert_eq!(case.payments().receive_midtrans(&lie).await, Ok(Receipt::Accepted));
    world.run_jobs().await;
    assert_eq!(case.count(open).await, 1);
    world.clock.advance(Duration::minutes(61));
    free_jobs(&world).await;
    world.run_jobs().await;
    assert_eq!(case.count(open).await, 0);
    assert_eq!(posted(&case).await, 1);
    world.finish().await;
}

#[tokio::test]
async fn what_waits_for_a_gateway_that_is_away_waits_once() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case.bill("key-of-a-long-outage").await;
    case.payments()
        .claim(&case.actor(), payment.id, None)
        .await
        .expect("a claim");
    world.run_jobs().await;
    world.sandbox.add_fault(Fault {
        route: "/v2/*/status".into(),
        mode: Mode::Http500,
        times: 1_000,
        ms: None,
    });
    for _ in 0..5 {
        world.clock.advance(Duration::minutes(2));
        world.services.payments.sweep().await.expect("a sweep");
        world.run_jobs().await;
    }
    let waiting: i64 = sqlx::query_scalar(
        "select count(*) from graphile_worker._private_jobs where payload ->> 'job' = 'check_payment' and key is not null",
    )
    .fetch_one(&world.owner)
    .await
    .expect("a count");
    assert_eq!(waiting, 1);
    world.abandon().await;
}

#[tokio::test]
async fn a_claim_that_was_true_is_confirmed_at_the_time_of_the_money() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    // Five days late, and the claim came on the second.
    let due = case.position().await.lines[0].due_on;
    let at = |days: i64| {
        let noon = (due + Duration::days(days)).midnight().assume_utc() + Duration::hours(5);
        world.clock.set(noon);
    };
    at(2);
    let payment = case.bill("key-of-a-true-claim").await;
    case.payments()
        .claim(&case.actor(), payment.id, None)
        .await
        .expect("a claim");
    at(5);
    world
        .services
        .payments
        .close_day(due + Duration::days(4))
        .await
        .expect("a close");
    let frozen = case.position().await.late_fees;
    assert!(frozen.is_positive(), "late fees of the days before the claim");
    case.press(&payment, "pay", json!({})).await;
    case.until(payment.id, PaymentStatus::Posted).await;
    let resolved = "select count(*) from payments.event where loan_id = $1
                     and body ->> 'kind' = 'claim_resolved' and (body ->> 'confirmed')::boolean";
    assert_eq!(case.count(resolved).await, 1);
    // The gateway says that the money moved before the bill was due: nothing was late.
    assert_eq!(case.position().await.late_fees, Rupiah::ZERO);
    case.books_match().await;
    world.run_jobs().await;
    world.finish().await;
}

#[tokio::test]
async fn a_code_whose_time_is_over_expires_here_and_there() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case.bill("key-of-an-old-code").await;
    world.clock.advance(Duration::minutes(40));
    world.services.payments.sweep().await.expect("a sweep");
    case.until(payment.id, PaymentStatus::Expired).await;
    assert_eq!(posted(&case).await, 0);
    let next = case.bill("key-of-the-next-code").await;
    assert_ne!(next.id, payment.id);
    world.finish().await;
}

#[tokio::test]
async fn a_payment_taken_back_by_the_bank_is_owed_again() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let first = case.bill("key-of-the-first-payment").await;
    case.press(&first, "pay", json!({})).await;
    case.until(first.id, PaymentStatus::Posted).await;
    let second = case.bill("key-of-the-second-payment").await;
    case.press(&second, "pay", json!({})).await;
    case.until(second.id, PaymentStatus::Posted).await;
    assert_eq!(case.position().await.paid_count, 2);
    let last = async || case.account().await.last_received.map(|received| received.instalments);
    assert_eq!(last().await, Some(vec![2]));
    case.books_match().await;

    case.press(&first, "reverse", json!({})).await;
    case.until(first.id, PaymentStatus::Reversed).await;
    world.services.payments.check_payment(first.id).await.expect("a check");
    let position = case.position().await;
    assert_eq!(
        position.paid_count, 1,
        "the second payment pays the first instalment now"
    );
    assert_eq!(last().await, Some(vec![1]));
    assert_eq!(case.balance("1020").await, second.amount.get());
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn a_payoff_closes_the_loan_and_a_reversal_opens_it_again() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let open = case.bill("key-of-an-open-bill").await;
    let payoff = case
        .try_create(PaymentPurpose::Payoff, Method::VaBni, None, "key-of-the-payoff")
        .await;
    let payoff = payoff.expect("a payment");
    assert_eq!(
        payoff.amount,
        Rupiah::new(3_000_000),
        "no interest on the day of disbursement"
    );
    assert_eq!(case.payment(open.id).await.status, PaymentStatus::Cancelled);
    case.press(&payoff, "pay", json!({})).await;
    case.until(payoff.id, PaymentStatus::Posted).await;
    let account = case.account().await;
    assert!(account.closed_at.is_some());
    assert!(account.position.expect("a position").closed);
    case.books_match().await;
    let again = case
        .try_create(PaymentPurpose::Payoff, Method::VaBni, None, "key-of-another-payoff")
        .await;
    assert_eq!(again, Err(Error::Refused(Refusal::AlreadyPaid)));

    case.press(&payoff, "reverse", json!({})).await;
    case.until(payoff.id, PaymentStatus::Reversed).await;
    assert_eq!(case.account().await.closed_at, None);
    case.books_match().await;
    case.bill("key-after-the-reversal").await;
    world.finish().await;
}

#[tokio::test]
async fn money_for_a_closed_loan_becomes_the_borrowers_credit() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let bill = case.bill("key-of-a-bill-paid-late").await;
    fault(&world, "/v2/charge", Mode::LateSuccess, Some(2_500));
    case.press(&bill, "expire", json!({})).await;
    case.until(bill.id, PaymentStatus::Expired).await;
    let payoff = case
        .try_create(PaymentPurpose::Payoff, Method::VaBca, None, "key-of-a-quick-payoff")
        .await;
    let payoff = payoff.expect("a payment");
    case.press(&payoff, "pay", json!({})).await;
    case.until(payoff.id, PaymentStatus::Posted).await;
    case.until(bill.id, PaymentStatus::Posted).await;
    let position = case.position().await;
    assert!(position.overpaid);
    assert_eq!(position.credit, bill.amount);
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn the_same_key_is_the_same_payment() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let key = "key-that-comes-again";
    let first = case.bill(key).await;
    assert_eq!(case.bill(key).await, first);
    let other = case.try_create(PaymentPurpose::Payoff, Method::Qris, None, key).await;
    assert_eq!(other, Err(Error::Refused(Refusal::KeyReused)));
    case.press(&first, "pay", json!({})).await;
    case.until(first.id, PaymentStatus::Posted).await;
    assert_eq!(case.bill(key).await, first, "the first answer, byte for byte");
    assert_eq!(
        case.count("select count(*) from payments.charge where loan_id = $1")
            .await,
        1
    );

    let attempt = || case.try_create(PaymentPurpose::Instalment, Method::Qris, None, "key-of-two-at-once");
    let (a, b) = tokio::join!(attempt(), attempt());
    let in_flight = Err(Error::Refused(Refusal::KeyInFlight));
    let first = a.clone().or(b.clone()).expect("one of them is answered");
    for answer in [a, b] {
        assert!(answer == Ok(first.clone()) || answer == in_flight, "{answer:?}");
    }
    assert_eq!(
        case.count("select count(*) from payments.charge where loan_id = $1")
            .await,
        2
    );
    // A process that is killed in the middle leaves a key without an answer; the same key goes on after a while.
    fault(&world, "/v2/charge", Mode::SlowMs, Some(1_500));
    let (payments, actor, loan_id) = (world.services.payments.clone(), case.actor(), case.loan_id);
    let killed = tokio::spawn(async move {
        let request = PaymentRequest {
            loan_id,
            purpose: PaymentPurpose::Payoff,
            amount: None,
            method: Method::VaBca,
            seen: None,
            prepay: None,
        };
        payments.create(&actor, request, "key-of-a-killed-call").await
    });
    let started = "select count(*) from payments.charge where loan_id = $1 and status = 'created'";
    while case.count(started).await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    killed.abort();
    let again = || case.try_create(PaymentPurpose::Payoff, Method::VaBca, None, "key-of-a-killed-call");
    assert_eq!(again().await, in_flight);
    world.clock.advance(Duration::minutes(1));
    let given = again().await.expect("an answer");
    assert_eq!(again().await.expect("the same answer"), given);
    assert_eq!(
        case.count("select count(*) from payments.charge where loan_id = $1")
            .await,
        3,
        "one attempt, killed or not"
    );
    case.until(given.id, PaymentStatus::Pending).await;
    world.finish().await;
}

#[tokio::test]
async fn a_gateway_that_is_away_delays_the_code_and_loses_nothing() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let key = "key-of-a-bad-moment";
    fault(&world, "/v2/charge", Mode::Http500, None);
    let waiting = case.bill(key).await;
    assert_eq!(
        (waiting.status, waiting.instruction.as_ref()),
        (PaymentStatus::Created, None)
    );
    assert_eq!(case.bill(key).await, waiting, "the first answer, for good");
    case.until(waiting.id, PaymentStatus::Pending).await;
    assert!(case.payment(waiting.id).await.instruction.is_some());
    assert_eq!(case.bill(key).await, waiting);

    // It took the order and never answered; the job finds it under the same order id.
    fault(&world, "/v2/charge", Mode::TimeoutAfterAccept, Some(50));
    let doubt = case
        .try_create(PaymentPurpose::Instalment, Method::VaBri, None, "key-of-a-doubt")
        .await;
    let doubt = doubt.expect("a payment");
    assert_eq!(doubt.status, PaymentStatus::Created);
    case.until(doubt.id, PaymentStatus::Pending).await;
    assert!(case.payment(doubt.id).await.instruction.is_some());
    world.finish().await;
}

#[tokio::test]
async fn strangers_find_nothing_and_staff_may_read() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case.bill("key-of-the-owner").await;
    let other = world.borrower(borrower_paid_to(&world, "1111").await);
    let payments = case.payments();
    assert_eq!(payments.get(&other, payment.id).await, Err(Error::NotFound));
    assert_eq!(payments.claim(&other, payment.id, None).await, Err(Error::NotFound));
    assert_eq!(payments.list(&other, case.loan_id).await, Err(Error::NotFound));
    assert_eq!(
        payments
            .ledger(&other, case.loan_id, PageRequest::default())
            .await
            .err(),
        Some(Error::NotFound)
    );
    assert_eq!(payments.account(&other, case.loan_id, None).await, Ok(None));
    assert_eq!(payments.accounts_of(&other, case.user_id).await, Ok(vec![]));
    let request = PaymentRequest {
        loan_id: case.loan_id,
        purpose: PaymentPurpose::Payoff,
        amount: None,
        method: Method::Qris,
        seen: None,
        prepay: None,
    };
    assert_eq!(
        payments.create(&other, request.clone(), "key-of-a-stranger").await,
        Err(Error::NotFound)
    );
    let nobody = world.stranger();
    assert_eq!(payments.get(&nobody, payment.id).await, Err(Error::Unauthenticated));
    assert_eq!(
        payments.create(&nobody, request.clone(), "key-of-nobody").await,
        Err(Error::Unauthenticated)
    );

    let staff = world.staff(domain::Role::Support);
    assert_eq!(
        payments.get(&staff, payment.id).await,
        Ok(case.payment(payment.id).await)
    );
    assert_eq!(
        payments.accounts_of(&staff, case.user_id).await.expect("a list").len(),
        1
    );
    assert_eq!(
        payments.create(&staff, request, "key-of-staff").await,
        Err(Error::Forbidden)
    );
    world.finish().await;
}

#[tokio::test]
async fn a_claim_stops_the_late_fee_until_the_gateway_has_answered() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    world.clock.advance(Duration::days(36));
    assert!(case.position().await.days_past_due > 0);
    let payment = case
        .try_create(PaymentPurpose::Instalment, Method::VaBca, None, "key-of-a-claim")
        .await;
    let payment = payment.expect("a payment");
    assert!(payment.amount > Rupiah::new(544_650), "with the late fee");
    // The sandbox lives in real time; the code must outlive the claim here.
    sqlx::query("update payments.charge set expires_at = $2 where payment_id = $1")
        .bind(payment.id.0)
        .bind(world.services.core.clock.now() + Duration::days(3))
        .execute(&world.owner)
        .await
        .expect("an update");
    for _ in 0..2 {
        case.payments()
            .claim(&case.actor(), payment.id, None)
            .await
            .expect("a claim");
    }
    assert_eq!(
        case.count("select count(*) from payments.event where loan_id = $1")
            .await,
        1
    );
    world.run_jobs().await;
    let late_fee = case.position().await.late_fees;
    case.books_match().await;
    world.clock.advance(Duration::days(2));
    assert!(case.position().await.late_fee_frozen);
    assert_eq!(case.position().await.late_fees, late_fee);

    world.clock.advance(Duration::days(2));
    world.services.payments.sweep().await.expect("a sweep");
    case.until(payment.id, PaymentStatus::Expired).await;
    assert!(
        !case.position().await.late_fee_frozen,
        "the gateway says it was not paid"
    );
    assert_eq!(case.position().await.late_fees, late_fee);
    world.clock.advance(Duration::days(1));
    assert!(case.position().await.late_fees > late_fee);
    case.books_match().await;
    world.finish().await;
}

/// On the due date nothing is late yet; the answer may take days, and they cost nothing either.
#[tokio::test]
async fn a_claim_before_the_bill_is_late_and_another_code_cost_nothing() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let due = case.position().await.lines[0].due_on;
    let now = world.services.core.clock.today();
    world.clock.advance(due - now);
    assert_eq!(case.position().await.days_past_due, 0);
    let create = async |key| {
        let made = case
            .try_create(PaymentPurpose::Instalment, Method::VaBca, None, key)
            .await;
        made.expect("a payment")
    };
    let payment = create("key-of-an-early-claim").await;
    case.payments()
        .claim(&case.actor(), payment.id, None)
        .await
        .expect("a claim");
    // Another code takes the place of the first: that alone is no answer to the claim.
    let claims = "select count(*) from payments.event where loan_id = $1 and body ->> 'kind' = 'claim_resolved'";
    create("key-of-another-code").await;
    assert_eq!(case.count(claims).await, 0);
    world.clock.advance(Duration::days(3));
    assert!(case.position().await.late_fee_frozen);
    assert_eq!(case.position().await.late_fees, Rupiah::ZERO);
    // The gateway is asked, and says that the first was not paid.
    world.services.payments.sweep().await.expect("a sweep");
    world.run_jobs_until(async || case.count(claims).await == 1).await;
    assert_eq!(
        case.position().await.late_fees,
        Rupiah::ZERO,
        "the day of the answer is free too"
    );
    world.clock.advance(Duration::days(1));
    assert!(case.position().await.late_fees.is_positive());
    case.books_match().await;
    world.finish().await;
}

/// A code that comes so slowly that another one was asked for meanwhile is not left open at the gateway.
#[tokio::test]
async fn a_code_that_was_replaced_while_it_was_made_is_withdrawn() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    fault(&world, "POST /v2/charge", Mode::SlowMs, Some(800));
    let create = async |method, key| case.try_create(PaymentPurpose::Instalment, method, None, key).await;
    let slow = create(Method::VaBca, "key-of-a-slow-code");
    let quick = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        create(Method::VaBri, "key-of-a-quick-code").await
    };
    let (slow, quick) = tokio::join!(slow, quick);
    let (slow, quick) = (slow.expect("an attempt"), quick.expect("an attempt"));
    assert_eq!(slow.status, PaymentStatus::Cancelled);
    let status = async |payment: &Payment| {
        let all = control(&world, reqwest::Method::GET, "/_sim/midtrans", &json!({})).await;
        let order = all.as_array().expect("a list").iter();
        let order = order
            .clone()
            .find(|order| order["order_id"] == payment.order_id.as_str());
        order.expect("the order")["status"].clone()
    };
    world.run_jobs_until(async || status(&slow).await == "cancel").await;
    assert_eq!(status(&quick).await, "pending");
    case.press(&quick, "pay", json!({})).await;
    case.until(quick.id, PaymentStatus::Posted).await;
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn a_payment_that_comes_late_to_our_ears_counts_from_its_own_day() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case
        .try_create(PaymentPurpose::Instalment, Method::VaBca, None, "key-of-a-lost-notice")
        .await;
    let payment = payment.expect("a payment");
    // The notice that the code was made is worked on first: it would ask for the truth too.
    world
        .run_jobs_until(async || inbox(&world, "%:pending:%").await == 1)
        .await;
    world.run_jobs().await;
    fault(&world, "/webhooks/midtrans", Mode::BadSignature, None);
    case.press(&payment, "pay", json!({})).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    world.run_jobs().await;
    assert_eq!(case.payment(payment.id).await.status, PaymentStatus::Pending);
    // Forty closed days later, with late fees in the books, the poll finds the money.
    world.clock.advance(Duration::days(40));
    let day = world.services.core.clock.today() - Duration::DAY;
    world.services.payments.close_day(day).await.expect("a close");
    case.books_match().await;
    assert!(case.balance("1130").await > 0);
    world
        .services
        .payments
        .check_payment(payment.id)
        .await
        .expect("a check");
    assert_eq!(case.payment(payment.id).await.status, PaymentStatus::Posted);
    assert_eq!(case.balance("1130").await, 0, "it was never late");
    assert_eq!(case.position().await.days_past_due, 0);
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn closing_a_day_twice_is_closing_it_once() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    world.clock.advance(Duration::days(45));
    let day = world.services.core.clock.today() - Duration::DAY;
    let first = world.services.payments.close_day(day).await.expect("a close");
    assert_eq!((first[0].advanced, first[0].set_aside), (1, 0));
    case.books_match().await;
    let journals = case
        .count("select count(*) from payments.daily_journal where loan_id = $1")
        .await;
    let second = world.services.payments.close_day(day).await.expect("a close");
    assert_eq!(second, first, "it is only told again");
    assert_eq!(
        case.count("select count(*) from payments.daily_journal where loan_id = $1")
            .await,
        journals
    );
    assert!(case.balance("1130").await > 0, "late fees of the days gone by");
    world.finish().await;
}

#[tokio::test]
async fn an_order_that_is_not_ours_goes_to_suspense_once() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    let payment = case.bill("key-of-a-lost-order").await;
    case.press(&payment, "pay", json!({})).await;
    case.until(payment.id, PaymentStatus::Posted).await;
    // Somebody else's order under our merchant: here, an order the gateway has and we do not.
    let body = json!({"payment_type": "qris", "qris": {"acquirer": "gopay"},
        "transaction_details": {"order_id": "NOT-OURS-1", "gross_amount": 77_000}});
    let client = client();
    let made = client
        .post(format!("{}/v2/charge", world.sandbox.midtrans_url))
        .basic_auth(&world.sandbox.credentials.midtrans_server_key, Some(""))
        .json(&body)
        .send()
        .await
        .expect("an answer");
    assert!(made.status().is_success());
    post(&world, "/_sim/midtrans/NOT-OURS-1/pay", json!({})).await;
    let suspense = async || -> i64 {
        sqlx::query_scalar(
            "select coalesce(sum(credit - debit), 0)::bigint from payments.ledger_entry where account = '2120'",
        )
        .fetch_one(&world.owner)
        .await
        .expect("a balance")
    };
    world.run_jobs_until(async || suspense().await != 0).await;
    let raw = notice(&world, "NOT-OURS-1", "another-notice", "settlement", "200", "77000.00");
    assert_eq!(case.payments().receive_midtrans(&raw).await, Ok(Receipt::Accepted));
    world.run_jobs().await;
    assert_eq!(suspense().await, 77_000);
    let unknown = notice(&world, "NOT-EVEN-THERE", "t", "settlement", "200", "1.00");
    assert_eq!(case.payments().receive_midtrans(&unknown).await, Ok(Receipt::Accepted));
    world.run_jobs().await;
    let waiting: i64 = sqlx::query_scalar("select count(*) from payments.inbox where processed_at is null")
        .fetch_one(&world.owner)
        .await
        .expect("a count");
    assert_eq!(waiting, 0);
    case.books_match().await;
    world.finish().await;
}

#[tokio::test]
async fn the_past_of_the_demo_people_is_recorded_once() {
    let world = World::new().await;
    let case = Case::new(&world).await;
    let now = world.services.core.clock.now();
    let disbursed_at = now - Duration::days(100);
    let open = OpenAccount {
        loan_id: case.loan_id,
        user_id: case.user_id,
        contract: contract(&world),
        net_cash: Rupiah::new(3_000_000),
    };
    let bill = |days: i64| PastPayment {
        paid_at: disbursed_at + Duration::days(days),
        purpose: PaymentPurpose::Instalment,
        method: Method::Qris,
        amount: None,
    };
    let payments = [bill(25), bill(58)];
    for _ in 0..2 {
        world
            .services
            .payments
            .seed_history(open.clone(), disbursed_at, &payments)
            .await
            .expect("a history");
    }
    assert_eq!(posted(&case).await, 2);
    let account = case.account().await;
    assert_eq!(
        account.contract.terms.start,
        domain::calendar::jakarta_date(disbursed_at)
    );
    assert_eq!(account.payout.expect("a payout").status, PayoutStatus::Succeeded);
    assert_eq!(account.position.expect("a position").paid_count, 2);
    case.books_match().await;
    let day = world.services.core.clock.today() - Duration::DAY;
    world.services.payments.close_day(day).await.expect("a close");
    case.books_match().await;
    assert_eq!(case.sent().await.len(), 0, "no gateway was asked");
    world.finish().await;
}

#[tokio::test]
async fn notices_in_the_wrong_order_and_errors_dressed_as_success_change_nothing() {
    let world = World::new().await;
    let case = Case::lent(&world).await;
    // An error with HTTP 200: no code yet, the job asks again.
    fault(&world, "/v2/charge", Mode::ErrorBody200, None);
    let waiting = case.bill("key-of-a-false-success").await;
    assert_eq!(waiting.status, PaymentStatus::Created);
    case.until(waiting.id, PaymentStatus::Pending).await;
    // The settlement arrives before what came earlier.
    fault(&world, "/v2/charge", Mode::OutOfOrder, Some(300));
    case.press(&waiting, "pay", json!({})).await;
    case.until(waiting.id, PaymentStatus::Posted).await;
    assert_eq!((posted(&case).await, case.balance("1020").await), (1, 544_650));
    case.books_match().await;
    world.finish().await;
}
