//! Money that is asked for or told of wrongly: refused with a code and the request's number, nothing credited, and
//! counted in a metric that an operator sees.

use crate::{
    harness::{Answer, App, nobodys_id},
    people::Person,
};
use axum::http::Method;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

/// Everything that the test's own thread counts; the server of a test runs on it.
fn counted(metrics: &PrometheusHandle, line: &str) -> u64 {
    let all = metrics.render();
    let found = all
        .lines()
        .find_map(|text| text.strip_prefix(line)?.trim().parse().ok());
    found.unwrap_or(0)
}

/// A settlement as Midtrans signs it.
fn settlement(app: &App, order_id: &str, amount: &str) -> Value {
    let key = &app.world.sandbox.credentials.midtrans_server_key;
    json!({
        "order_id": order_id, "transaction_id": "b2f1c1d0-0000-4000-8000-000000000009", "status_code": "200",
        "transaction_status": "settlement", "gross_amount": amount, "currency": "IDR",
        "signature_key": hex::encode(Sha512::digest(format!("{order_id}200{amount}{key}"))),
    })
}

/// Who asks for what with which body; the status and the code that answer it.
type Wrong<'a> = (&'a Person, (Method, &'a str), Value, u16, &'a str);

async fn notify(app: &App, body: String) -> Answer {
    app.post("/webhooks/midtrans")
        .body("application/json", body)
        .send()
        .await
}

async fn nothing_credited(app: &App) {
    let credited = "select count(*) from payments.payment";
    assert_eq!(app.count(credited).await, 0);
    let moved = "select count(*) from payments.ledger_entry where account in ('1020', '2120')";
    assert_eq!(app.count(moved).await, 0);
}

#[tokio::test]
async fn a_notice_that_is_not_right_credits_nothing_and_is_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let asked = json!({"loan_id": loan, "purpose": "instalment", "method": "qris"});
    let made = app
        .post("/api/payments")
        .by(&person)
        .key("key-of-a-payment-never-made")
        .json(&asked);
    let payment = made.send().await.expect(201).json();
    let order = payment["order_id"].as_str().expect("an order");
    let before = app
        .count("select count(*) from payments.inbox where provider = 'midtrans'")
        .await;

    // A signature of somebody else, an amount that was changed, a type that does not fit, half a notice, too much.
    let right = settlement(&app, order, "544650.00");
    let with = |name: &str, value: Value| {
        let mut notice = right.clone();
        notice[name] = value;
        notice.to_string()
    };
    let whole = right.to_string();
    for (body, status, outcome) in [
        (with("signature_key", json!("0".repeat(128))), 401, "bad_signature"),
        (with("gross_amount", json!("1.00")), 401, "bad_signature"),
        (with("gross_amount", json!(544_650)), 400, "malformed"),
        (with("order_id", json!(["x"])), 400, "malformed"),
        (with("transaction_id", json!("a\u{0}b")), 400, "malformed"),
        (with("transaction_status", json!("dua kata")), 400, "malformed"),
        (whole[..whole.len() / 2].to_owned(), 400, "malformed"),
        (with("filler", json!("x".repeat(65 * 1024))), 413, "too_large"),
    ] {
        let line = format!("webhooks{{vendor=\"midtrans\",outcome=\"{outcome}\"}}");
        let known = counted(&metrics, &line);
        let refused = notify(&app, body.clone()).await.expect(status);
        assert_eq!(refused.text(), outcome, "{body:.200}");
        assert!(!refused.header("x-request-id").is_empty(), "{outcome}");
        assert_eq!(counted(&metrics, &line), known + 1, "{outcome}");
    }
    let stored = app
        .count("select count(*) from payments.inbox where provider = 'midtrans'")
        .await;
    assert_eq!(stored, before, "nothing of it is kept");
    nothing_credited(&app).await;

    // Well signed, and yet the gateway says that nobody paid: a hint, whatever it claims, once and again.
    for _ in 0..2 {
        notify(&app, whole.clone()).await.expect(200);
    }
    // The same notice, written in another way.
    let spaced = serde_json::to_string_pretty(&right).expect("JSON");
    notify(&app, spaced).await.expect(409);
    let line = "webhooks{vendor=\"midtrans\",outcome=\"contradiction\"}";
    assert_eq!(counted(&metrics, line), 1);
    // The other vendor: a token of somebody else, and half a notice under the right one.
    for (token, body, status, outcome) in [
        ("somebody-else", r#"{"data": {}}"#, 401, "bad_signature"),
        (
            app.world.sandbox.credentials.xendit_callback_token.as_str(),
            r#"{"data": "#,
            400,
            "malformed",
        ),
    ] {
        let call = app.post("/webhooks/xendit").header("x-callback-token", token);
        let refused = call.body("application/json", body).send().await.expect(status);
        assert_eq!(refused.text(), outcome);
        let line = format!("webhooks{{vendor=\"xendit\",outcome=\"{outcome}\"}}");
        assert_eq!(counted(&metrics, &line), 1, "{outcome}");
    }
    app.world.run_jobs().await;
    nothing_credited(&app).await;
    let shown = app.get(&format!("/api/payments/{}", payment["id"].as_str().expect("an id")));
    assert_eq!(shown.by(&person).send().await.expect(200).json()["status"], "pending");

    // While the database is away nothing can be kept: the vendor must send it again.
    app.db.close().await;
    let away = notify(&app, whole).await.expect(503);
    assert_eq!(
        (away.text().as_str(), away.header("retry-after")),
        ("unavailable", "10")
    );
    let line = "webhooks{vendor=\"midtrans\",outcome=\"unavailable\"}";
    assert_eq!(counted(&metrics, line), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_request_that_is_not_right_begins_nothing_and_is_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let other = app.person().await;
    let ready = app.verified().await;
    let amount = |amount: Value| json!({"loan_id": loan, "purpose": "amount", "amount": amount, "method": "qris"});
    let payments = (Method::POST, "/api/payments");
    let cases: Vec<Wrong<'_>> = vec![
        // Another's loan, and one that nobody has.
        (&other, payments.clone(), amount(json!(50_000)), 404, "not_found"),
        (
            &person,
            payments.clone(),
            json!({"loan_id": nobodys_id(), "purpose": "payoff", "method": "qris"}),
            404,
            "not_found",
        ),
        (&person, payments.clone(), amount(json!(-50_000)), 422, "validation"),
        (&person, payments.clone(), amount(json!(0)), 422, "validation"),
        (&person, payments.clone(), amount(json!(50_000.5)), 400, "malformed"),
        (&person, payments.clone(), amount(json!(i64::MAX)), 422, "validation"),
        (&person, payments, amount(json!(1e30)), 400, "malformed"),
        (
            &person,
            (Method::PATCH, "/api/users/profile"),
            json!({"bank_account": {"bank": "BANK_SAYA", "account_number": "5271004821"}}),
            422,
            "validation",
        ),
        (
            &ready,
            (Method::POST, "/api/loans/apply"),
            json!({"quote_id": nobodys_id(), "disclosure_hash": "0".repeat(64), "accepted": true, "purpose": "household",
                   "monthly_income": 4_500_000, "other_instalments": 0}),
            404,
            "not_found",
        ),
    ];
    for (at, (who, (method, path), body, status, code)) in cases.into_iter().enumerate() {
        let line = format!("requests_refused{{by=\"api\",code=\"{code}\"}}");
        let known = counted(&metrics, &line);
        let call = app
            .call(method, path)
            .by(who)
            .key(&format!("key-of-a-wrong-request-{at}"));
        let answer: Answer = call.json(&body).send().await;
        answer.problem(status, code);
        assert_eq!(counted(&metrics, &line), known + 1, "{path} {body}");
    }
    assert_eq!(app.count("select count(*) from payments.charge").await, 0);
    nothing_credited(&app).await;
    app.finish().await;
}
