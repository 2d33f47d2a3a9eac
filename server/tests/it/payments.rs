//! Paying: an attempt with its code, the notice of the gateway, and what the loan looks like afterwards.

use crate::{
    harness::{Answer, App, fault, members, nobodys_id},
    people::Person,
};
use serde_json::{Value, json};

const KEY: &str = "key-of-this-payment-1";

async fn create(app: &App, person: &Person, key: &str, body: &Value) -> Answer {
    app.post("/api/payments").by(person).key(key).json(body).send().await
}

fn body(loan: &str, purpose: &str, method: &str) -> Value {
    json!({"loan_id": loan, "purpose": purpose, "method": method})
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("{name}: {value}"))
}

async fn pay(app: &App, person: &Person, payment: &Value) {
    app.press(&format!("/_sim/midtrans/{}/pay", text(payment, "order_id")))
        .await;
    let path = format!("/api/payments/{}", text(payment, "id"));
    app.world
        .run_jobs_until(async || app.get(&path).by(person).send().await.expect(200).json()["status"] == "posted")
        .await;
}

#[tokio::test]
async fn a_payment_is_posted_when_the_gateway_says_so() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let first = create(&app, &person, KEY, &body(&loan, "instalment", "qris"))
        .await
        .expect(201);
    let payment = first.json();
    assert_eq!(
        members(&payment),
        [
            "amount",
            "expires_at",
            "id",
            "loan_id",
            "method",
            "order_id",
            "paid_at",
            "purpose",
            "qr_string",
            "status"
        ]
    );
    assert_eq!(
        (payment["amount"].as_i64(), text(&payment, "status")),
        (Some(544_650), "pending")
    );
    let claimed = app
        .post(&format!("/api/payments/{}/claim", text(&payment, "id")))
        .by(&person)
        .key(KEY)
        .send()
        .await
        .expect(202);
    assert_eq!(claimed.json()["id"], payment["id"]);
    let again = app
        .post(&format!("/api/payments/{}/claim", text(&payment, "id")))
        .by(&person)
        .key(KEY)
        .send()
        .await
        .expect(202);
    assert_eq!(again.bytes, claimed.bytes);

    pay(&app, &person, &payment).await;
    let found = app
        .get(&format!("/api/payments/{}", text(&payment, "id")))
        .by(&person)
        .send()
        .await
        .expect(200)
        .json();
    assert!(found["paid_at"].is_string(), "{found}");
    // The first answer again, though it is paid.
    assert_eq!(
        create(&app, &person, KEY, &body(&loan, "instalment", "qris"))
            .await
            .expect(201)
            .bytes,
        first.bytes
    );
    let state = app
        .get(&format!("/api/loans/{loan}"))
        .by(&person)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            state["balances"]["paid_instalments"].as_i64(),
            state["next_instalment"]["numbers"].clone()
        ),
        (Some(1), json!([2]))
    );
    let lines = app
        .get(&format!("/api/loans/{loan}/schedule"))
        .by(&person)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            lines["instalments"][0]["paid"].as_i64(),
            lines["instalments"][0]["status"].as_str()
        ),
        (Some(544_650), Some("paid"))
    );
    app.finish().await;
}

#[tokio::test]
async fn a_key_stands_for_one_attempt() {
    let app = App::busy().await;
    let (person, loan) = app.with_loan().await;
    let first = create(&app, &person, KEY, &body(&loan, "instalment", "va_bca"))
        .await
        .expect(201);
    assert_eq!(
        create(&app, &person, KEY, &body(&loan, "instalment", "va_bca"))
            .await
            .expect(201)
            .bytes,
        first.bytes
    );
    create(&app, &person, KEY, &body(&loan, "payoff", "va_bca"))
        .await
        .problem(422, "idempotency_key_reused");
    create(&app, &person, KEY, &body(&loan, "instalment", "qris"))
        .await
        .problem(422, "idempotency_key_reused");
    assert_eq!(app.count("select count(*) from payments.charge").await, 1);
    let with_many = json!({"loan_id": loan, "purpose": "amount", "amount": 100_000, "method": "va_bri"});
    let answers =
        futures::future::join_all((0..8).map(|_| create(&app, &person, "key-of-many-at-once-1", &with_many))).await;
    let made: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 201)
        .map(|answer| answer.json()["id"].clone())
        .collect();
    assert!(!made.is_empty() && made.iter().all(|id| *id == made[0]), "{answers:?}");
    assert!(
        answers.iter().all(|answer| matches!(answer.status, 201 | 409)),
        "{answers:?}"
    );
    assert_eq!(app.count("select count(*) from payments.charge").await, 2);
    app.world.run_jobs().await;
    let orders = app.control(axum::http::Method::GET, "/_sim/midtrans", json!({})).await;
    assert_eq!(orders.as_array().map(Vec::len), Some(2), "{orders}");
    app.finish().await;
}

#[tokio::test]
async fn every_method_gives_what_the_payer_types_or_scans() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    for (method, given) in [
        ("qris", &["qr_string"][..]),
        ("va_bca", &["va_number"]),
        ("va_bni", &["va_number"]),
        ("va_bri", &["va_number"]),
        ("va_permata", &["va_number"]),
        ("va_cimb", &["va_number"]),
        ("va_mandiri", &["bill_key", "biller_code"]),
    ] {
        let payment = create(
            &app,
            &person,
            &format!("key-of-method-{method}"),
            &body(&loan, "payoff", method),
        )
        .await
        .expect(201)
        .json();
        assert_eq!(
            (text(&payment, "method"), payment["amount"].as_i64()),
            (method, Some(3_000_000))
        );
        for name in ["qr_string", "va_number", "bill_key", "biller_code"] {
            assert_eq!(
                payment[name].as_str().is_some_and(|code| !code.is_empty()),
                given.contains(&name),
                "{name}: {payment}"
            );
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn what_cannot_be_paid_is_refused() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let with_amount = |amount: Value| json!({"loan_id": loan, "purpose": "amount", "amount": amount, "method": "qris"});
    for (body, expected) in [
        (body(&loan, "amount", "qris"), fault("amount", "required")),
        (with_amount(json!(0)), fault("amount", "too_small")),
        (with_amount(json!(-1)), fault("amount", "too_small")),
        (with_amount(json!(i64::MIN)), fault("amount", "too_small")),
        (with_amount(json!(3_000_001)), fault("amount", "too_large")),
        (with_amount(json!(i64::MAX)), fault("amount", "too_large")),
        (
            json!({"loan_id": loan, "purpose": "payoff", "amount": 1, "method": "qris"}),
            fault("amount", "unexpected"),
        ),
        (body(&loan, "tip", "qris"), fault("purpose", "unknown")),
        (body(&loan, "payoff", "cash"), fault("method", "unknown")),
    ] {
        assert_eq!(
            create(&app, &person, KEY, &body).await.fault(422, "validation"),
            expected,
            "{body}"
        );
    }
    for (body, expected) in [
        (with_amount(json!("1000")), fault("amount", "invalid")),
        (with_amount(json!(1.5)), fault("amount", "invalid")),
        (
            json!({"loan_id": loan, "purpose": "payoff", "method": "qris", "status": "posted"}),
            fault("status", "unknown"),
        ),
        (
            json!({"loan_id": loan, "purpose": "payoff"}),
            fault("method", "required"),
        ),
    ] {
        assert_eq!(
            create(&app, &person, KEY, &body).await.fault(400, "malformed"),
            expected,
            "{body}"
        );
    }
    assert_eq!(app.count("select count(*) from payments.charge").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn nothing_is_paid_before_the_money_came_nor_after_all_is_paid() {
    let app = App::start().await;
    let waiting = app.verified().await;
    let application = app.application(&waiting).await;
    let early = create(&app, &waiting, KEY, &body(text(&application, "id"), "payoff", "qris")).await;
    assert!(early.status == 404 || early.status == 409, "{}", early.text());

    let (person, loan) = app.with_loan().await;
    let payment = create(&app, &person, KEY, &body(&loan, "payoff", "va_bni"))
        .await
        .expect(201)
        .json();
    pay(&app, &person, &payment).await;
    let path = format!("/api/loans/{loan}");
    app.world
        .run_jobs_until(async || app.get(&path).by(&person).send().await.expect(200).json()["status"] == "closed")
        .await;
    let closed = app.get(&path).by(&person).send().await.expect(200).json();
    assert_eq!(
        (
            closed["balances"]["payoff_today"].as_i64(),
            closed["next_instalment"].is_null()
        ),
        (Some(0), true)
    );
    for purpose in ["instalment", "payoff"] {
        let key = format!("key-too-late-for-{purpose}");
        create(&app, &person, &key, &body(&loan, purpose, "qris"))
            .await
            .problem(409, "already_paid");
    }
    app.finish().await;
}

#[tokio::test]
async fn another_persons_payment_looks_like_none() {
    let app = App::start().await;
    let (owner, loan) = app.with_loan().await;
    let other = app.person().await;
    let payment = create(&app, &owner, KEY, &body(&loan, "payoff", "qris"))
        .await
        .expect(201)
        .json();
    let absent = nobodys_id();
    let mut seen = Vec::new();
    for id in [text(&payment, "id"), &absent, "x"] {
        let got = app.get(&format!("/api/payments/{id}")).by(&other).send().await;
        let claimed = app
            .post(&format!("/api/payments/{id}/claim"))
            .by(&other)
            .key(KEY)
            .send()
            .await;
        got.problem(404, "not_found");
        claimed.problem(404, "not_found");
        seen.extend([got.anonymous(), claimed.anonymous()]);
    }
    for id in [&loan, &absent, "x"] {
        let answer = create(&app, &other, KEY, &body(id, "payoff", "qris")).await;
        answer.problem(404, "not_found");
        seen.push(answer.anonymous());
    }
    assert!(seen.iter().all(|answer| *answer == seen[0]), "{seen:?}");
    assert_eq!(
        app.count("select count(*) from payments.charge where claimed_at is not null")
            .await,
        0
    );
    app.finish().await;
}
