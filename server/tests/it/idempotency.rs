//! Every operation that contract.md 4 marks K, by the same rules (lending.md 11): one effect for one key, the first
//! answer again byte for byte, another body refused, a refused or malformed call forgotten, other people and other
//! operations unrelated.

use crate::{
    harness::{Answer, App},
    people::{Person, consent},
};
use futures::future::join_all;
use serde_json::{Value, json};

const KEY: &str = "key-of-one-command-01";

/// One operation: where, what, what it answers with, and another body or place for the same key.
struct Operation {
    path: String,
    body: Option<Value>,
    status: u16,
    other_path: String,
    other_body: Option<Value>,
    /// Counts the effects.
    count: &'static str,
}

async fn send(app: &App, person: &Person, key: &str, path: &str, body: Option<&Value>) -> Answer {
    let call = app.post(path).by(person).key(key);
    match body {
        Some(body) => call.json(body).send().await,
        None => call.send().await,
    }
}

/// The rules, for an operation that was not done yet.
async fn keeps_the_rules(app: &App, person: &Person, operation: &Operation) {
    let Operation { path, body, .. } = operation;
    let before = app.count(operation.count).await;
    // Malformed calls are not remembered.
    app.post(path)
        .by(person)
        .key(KEY)
        .body("application/json", "{")
        .send()
        .await;
    let commands = || async {
        app.count("select (select count(*) from loans.command) + (select count(*) from payments.command)")
            .await
    };
    let kept = commands().await;
    if body.is_some() {
        for (wrong, status) in [(json!({}), 400), (json!([]), 400), (json!({"surprise": 1}), 400)] {
            assert_eq!(
                send(app, person, KEY, path, Some(&wrong)).await.status,
                status,
                "{path}"
            );
        }
        assert_eq!(commands().await, kept, "{path}: a malformed call is stored");
    }
    // Eight at once: one effect; everybody gets the same bytes, or hears that it is being done.
    let answers = join_all((0..8).map(|_| send(app, person, KEY, path, body.as_ref()))).await;
    let done: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == operation.status)
        .collect();
    assert!(!done.is_empty(), "{path}: {}", answers[0].text());
    for answer in &answers {
        if answer.status == operation.status {
            assert_eq!(answer.bytes, done[0].bytes, "{path}");
        } else {
            answer.problem(409, "idempotency_key_in_flight");
        }
    }
    assert_eq!(app.count(operation.count).await, before + 1, "{path}");
    // Later, whatever happened in between.
    app.world.run_jobs().await;
    app.wait(40);
    let again = send(app, person, KEY, path, body.as_ref())
        .await
        .expect(operation.status);
    assert_eq!(again.bytes, done[0].bytes, "{path}: the same bytes later");
    send(app, person, KEY, &operation.other_path, operation.other_body.as_ref())
        .await
        .problem(422, "idempotency_key_reused");
    assert_eq!(app.count(operation.count).await, before + 1, "{path}");
    for key in ["", "too-short", "has a space in the middle", &"x".repeat(129)] {
        assert_eq!(
            send(app, person, key, path, body.as_ref()).await.status,
            400,
            "{path}: {key}"
        );
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name}: {value}"))
        .to_owned()
}

#[tokio::test]
async fn a_quote_an_application_and_its_cancelling_have_one_effect_each() {
    let app = App::busy().await;
    let person = app.verified().await;
    let terms = json!({"amount": 3_000_000, "tenor_months": 6});
    // Refused: not stored, so the same key may carry another body afterwards.
    let too_much = json!({"amount": 19_000_000, "tenor_months": 6});
    assert_eq!(
        send(&app, &person, KEY, "/api/loans/quotes", Some(&too_much))
            .await
            .status,
        422
    );
    keeps_the_rules(
        &app,
        &person,
        &Operation {
            path: "/api/loans/quotes".into(),
            body: Some(terms.clone()),
            status: 201,
            other_path: "/api/loans/quotes".into(),
            other_body: Some(json!({"amount": 2_000_000, "tenor_months": 6})),
            count: "select count(*) from loans.quote",
        },
    )
    .await;
    // The key of a quote is free for an application: another operation.
    let quote = send(
        &app,
        &person,
        "key-of-a-second-quote",
        "/api/loans/quotes",
        Some(&terms),
    )
    .await
    .expect(201)
    .json();
    let mut declined = consent(&quote);
    declined["accepted"] = json!(false);
    assert_eq!(
        send(&app, &person, KEY, "/api/loans/apply", Some(&declined))
            .await
            .status,
        422
    );
    let mut other = consent(&quote);
    other["purpose"] = json!("health");
    keeps_the_rules(
        &app,
        &person,
        &Operation {
            path: "/api/loans/apply".into(),
            body: Some(consent(&quote)),
            status: 201,
            other_path: "/api/loans/apply".into(),
            other_body: Some(other),
            count: "select count(*) from loans.application",
        },
    )
    .await;
    app.finish().await;
}

#[tokio::test]
async fn cancelling_and_asking_for_a_review_have_one_effect_each() {
    let app = App::busy().await;
    let person = app.verified().await;
    let loan = text(&app.application(&person).await, "id");
    keeps_the_rules(
        &app,
        &person,
        &Operation {
            path: format!("/api/loans/{loan}/cancel"),
            body: None,
            status: 200,
            other_path: format!("/api/loans/{}/cancel", crate::harness::nobodys_id()),
            other_body: None,
            count: "select count(*) from loans.application where status = 'cancelled'",
        },
    )
    .await;
    let quote = app.quote(&person, "key-of-a-quote-for-no").await;
    let mut body = consent(&quote);
    body["other_instalments"] = json!(5_000_000);
    let loan = send(&app, &person, "key-of-an-apply-for-no", "/api/loans/apply", Some(&body)).await;
    let loan = text(&loan.expect(201).json(), "id");
    // Too early: refused, and forgotten.
    send(&app, &person, KEY, &format!("/api/loans/{loan}/review"), None)
        .await
        .problem(409, "wrong_state");
    app.world.run_jobs().await;
    keeps_the_rules(
        &app,
        &person,
        &Operation {
            path: format!("/api/loans/{loan}/review"),
            body: None,
            status: 202,
            other_path: format!("/api/loans/{}/review", crate::harness::nobodys_id()),
            other_body: None,
            count: "select count(*) from loans.application where review_requested_at is not null",
        },
    )
    .await;
    app.finish().await;
}

#[tokio::test]
async fn a_payment_and_its_claim_have_one_effect_each() {
    let app = App::busy().await;
    let (person, loan) = app.with_loan().await;
    let body = |method: &str| json!({"loan_id": loan, "purpose": "instalment", "method": method});
    keeps_the_rules(
        &app,
        &person,
        &Operation {
            path: "/api/payments".into(),
            body: Some(body("va_bca")),
            status: 201,
            other_path: "/api/payments".into(),
            other_body: Some(body("qris")),
            count: "select count(*) from payments.charge",
        },
    )
    .await;
    let payment = send(
        &app,
        &person,
        "key-of-another-payment",
        "/api/payments",
        Some(&body("va_bni")),
    )
    .await
    .expect(201)
    .json();
    keeps_the_rules(
        &app,
        &person,
        &Operation {
            path: format!("/api/payments/{}/claim", text(&payment, "id")),
            body: None,
            status: 202,
            other_path: format!("/api/payments/{}/claim", crate::harness::nobodys_id()),
            other_body: None,
            count: "select count(*) from payments.charge where claimed_at is not null",
        },
    )
    .await;
    // The same key of another person is another command.
    let (stranger, theirs) = app.with_loan().await;
    let theirs = json!({"loan_id": theirs, "purpose": "payoff", "method": "qris"});
    send(&app, &stranger, KEY, "/api/payments", Some(&theirs))
        .await
        .expect(201);
    app.finish().await;
}
