//! From the consent to the running loan: figures, keys, states, and other people's loans.

use crate::{
    harness::{Answer, App, fault, nobodys_id},
    people::{Person, consent},
    quotes::{quote, terms},
};
use serde_json::{Value, json};

pub const KEY: &str = "key-of-this-test-0001";

pub async fn apply(app: &App, person: &Person, key: &str, body: &Value) -> Answer {
    app.post("/api/loans/apply").by(person).key(key).json(body).send().await
}

async fn get(app: &App, person: &Person, path: &str) -> Answer {
    app.get(path).by(person).send().await
}

pub fn id(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn one_consent_makes_one_application() {
    let app = App::start().await;
    let person = app.verified().await;
    let body = consent(&app.quote(&person, KEY).await);
    let first = apply(&app, &person, KEY, &body).await.expect(201);
    let loan = first.json();
    assert_eq!(
        (loan["status"].as_str(), loan["decision"].is_null()),
        (Some("submitted"), true)
    );
    assert_eq!(
        (loan["amount"].as_i64(), loan["tenor_months"].as_i64()),
        (Some(3_000_000), Some(6))
    );
    app.world.run_jobs().await;
    let now = get(&app, &person, &format!("/api/loans/{}", id(&loan)))
        .await
        .expect(200)
        .json();
    assert_ne!(now["status"], "submitted");
    assert_eq!(
        (
            now["decision"]["outcome"].as_str(),
            now["decision"]["reasons"].is_array()
        ),
        (Some("approve"), true)
    );
    // The first answer again, though the world moved on.
    assert_eq!(apply(&app, &person, KEY, &body).await.expect(201).bytes, first.bytes);
    let mut other = body.clone();
    other["purpose"] = json!("health");
    apply(&app, &person, KEY, &other)
        .await
        .problem(422, "idempotency_key_reused");
    // The same quote under another key is the same application.
    assert_eq!(
        id(&apply(&app, &person, "another-key-of-this-test", &body)
            .await
            .expect(201)
            .json()),
        id(&loan)
    );
    quote(&app, &person, "a-third-key-of-this-test", &terms())
        .await
        .problem(409, "active_application");
    assert_eq!(app.count("select count(*) from loans.application").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn ten_at_once_make_one_application() {
    let app = App::busy().await;
    let person = app.verified().await;
    let body = consent(&app.quote(&person, KEY).await);
    // With one key: everybody hears of the same application.
    let same = futures::future::join_all((0..10).map(|_| apply(&app, &person, KEY, &body))).await;
    let made: Vec<_> = same.iter().filter(|answer| answer.status == 201).collect();
    assert!(!made.is_empty() && made.iter().all(|answer| answer.bytes == made[0].bytes));
    for answer in same.iter().filter(|answer| answer.status != 201) {
        assert_eq!(answer.status, 409, "{}", answer.text());
    }
    assert_eq!(app.count("select count(*) from loans.application").await, 1);

    // With a key and a quote each: one wins.
    let other = app.verified().await;
    let mut bodies = Vec::new();
    for number in 0..10 {
        bodies.push(consent(&app.quote(&other, &format!("key-of-the-quote-{number}")).await));
    }
    let each = bodies
        .iter()
        .enumerate()
        .map(async |(number, body)| apply(&app, &other, &format!("key-of-the-apply-{number}"), body).await);
    let each = futures::future::join_all(each).await;
    assert_eq!(each.iter().filter(|answer| answer.status == 201).count(), 1, "{each:?}");
    for answer in each.iter().filter(|answer| answer.status != 201) {
        assert_eq!(answer.status, 409, "{}", answer.text());
    }
    assert_eq!(app.count("select count(*) from loans.application").await, 2);
    app.finish().await;
}

#[tokio::test]
async fn an_application_is_refused_by_rule_and_by_member() {
    let app = App::start().await;
    let (person, other) = (app.verified().await, app.verified().await);
    let good = consent(&app.quote(&person, KEY).await);
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    for (name, value, code) in [
        ("accepted", json!(false), "not_accepted"),
        ("purpose", json!("gambling"), "unknown"),
        ("monthly_income", json!(-1), "out_of_range"),
        ("other_instalments", json!(i64::MAX), "out_of_range"),
    ] {
        let answer = apply(&app, &person, KEY, &with(name, value)).await;
        assert_eq!(answer.fault(422, "validation"), fault(name, code));
    }
    let wrong_hash = with("disclosure_hash", json!("0".repeat(64)));
    apply(&app, &person, KEY, &wrong_hash)
        .await
        .problem(422, "disclosure_changed");
    for quote_id in [json!(nobodys_id()), json!("x")] {
        apply(&app, &person, KEY, &with("quote_id", quote_id))
            .await
            .problem(404, "not_found");
    }
    let (foreign, absent) = (
        apply(&app, &other, KEY, &good).await,
        apply(&app, &other, KEY, &with("quote_id", json!(nobodys_id()))).await,
    );
    foreign.problem(404, "not_found");
    assert_eq!(foreign.anonymous(), absent.anonymous());
    for (name, value) in [
        ("amount", json!(20_000_000)),
        ("limit", json!(1)),
        ("status", json!("approved")),
    ] {
        assert_eq!(
            apply(&app, &person, KEY, &with(name, value))
                .await
                .fault(400, "malformed"),
            fault(name, "unknown")
        );
    }
    assert_eq!(
        apply(&app, &person, KEY, &with("accepted", json!("true")))
            .await
            .fault(400, "malformed"),
        fault("accepted", "invalid")
    );
    // The proof of identity is older than five minutes.
    app.wait(310);
    apply(&app, &person, KEY, &good).await.problem(401, "step_up_needed");
    assert_eq!(app.count("select count(*) from loans.application").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_running_loan_shows_its_figures() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let found = get(&app, &person, &format!("/api/loans/{loan}"))
        .await
        .expect(200)
        .json();
    assert_eq!(found["status"], "active");
    assert_eq!(found["balances"]["outstanding_principal"], 3_000_000);
    assert_eq!(
        (
            found["next_instalment"]["numbers"].clone(),
            found["next_instalment"]["amount"].as_i64()
        ),
        (json!([1]), Some(544_650))
    );
    assert!(found["disbursed_at"].is_string() && found["closed_at"].is_null());

    let lines = get(&app, &person, &format!("/api/loans/{loan}/schedule"))
        .await
        .expect(200)
        .json();
    let lines = lines["instalments"].as_array().expect("lines").clone();
    assert_eq!(
        (lines.len(), lines[0]["status"].as_str(), lines[1]["status"].as_str()),
        (6, Some("next"), Some("later"))
    );

    let ledger = get(&app, &person, &format!("/api/loans/{loan}/ledger"))
        .await
        .expect(200)
        .json();
    let journals = ledger["items"].as_array().expect("journals");
    assert!(!journals.is_empty());
    for journal in journals {
        let sum = |side: &str| {
            journal["entries"]
                .as_array()
                .expect("entries")
                .iter()
                .map(|entry| entry[side].as_i64().expect("rupiah"))
                .sum::<i64>()
        };
        assert_eq!(sum("debit"), sum("credit"), "{journal}");
    }

    let payoff = get(&app, &person, &format!("/api/loans/{loan}/payoff"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (payoff["principal"].as_i64(), payoff["total"].as_i64()),
        (Some(3_000_000), Some(3_000_000))
    );
    assert_eq!(payoff["date"].as_str().map(str::len), Some(10));
    let day = domain::calendar::add_days(
        domain::calendar::jakarta_date(services::clock::Clock::now(&*app.world.clock)),
        15,
    )
    .expect("a day");
    let later = get(&app, &person, &format!("/api/loans/{loan}/payoff?date={day}"))
        .await
        .expect(200)
        .json();
    assert_eq!(later["date"], day.to_string());
    assert!(later["interest"].as_i64() > Some(0), "{later}");
    let parts = ["principal", "interest", "fees", "late_fees"].map(|name| later[name].as_i64().expect("rupiah"));
    assert_eq!(
        parts.iter().sum::<i64>() - later["credit"].as_i64().expect("rupiah"),
        later["total"].as_i64().expect("rupiah")
    );
    for date in ["9999-12-31", "2020-01-01", "0001-01-01"] {
        let answer = get(&app, &person, &format!("/api/loans/{loan}/payoff?date={date}")).await;
        assert_eq!(answer.fault(422, "validation"), fault("date", "out_of_range"), "{date}");
    }
    for query in ["date=x", "date=2026-02-30", "day=2026-12-01"] {
        get(&app, &person, &format!("/api/loans/{loan}/payoff?{query}"))
            .await
            .problem(400, "malformed");
    }
    app.finish().await;
}

#[tokio::test]
async fn an_application_has_an_agreed_schedule_an_empty_ledger_and_no_payoff() {
    let app = App::start().await;
    let person = app.verified().await;
    let loan = id(&app.application(&person).await);
    let lines = get(&app, &person, &format!("/api/loans/{loan}/schedule"))
        .await
        .expect(200)
        .json();
    assert_eq!(lines["instalments"].as_array().map(Vec::len), Some(6));
    let ledger = get(&app, &person, &format!("/api/loans/{loan}/ledger"))
        .await
        .expect(200)
        .json();
    assert_eq!(ledger, json!({"items": [], "next": null}));
    get(&app, &person, &format!("/api/loans/{loan}/payoff"))
        .await
        .problem(409, "wrong_state");
    app.finish().await;
}

#[tokio::test]
async fn another_persons_loan_looks_like_none() {
    let app = App::start().await;
    let (owner, loan) = app.with_loan().await;
    let other = app.verified().await;
    let absent = nobodys_id();
    for tail in ["", "/schedule", "/ledger", "/payoff", "/payoff?date=2026-12-24"] {
        let answers = [&loan, &absent, &"x".to_owned()].map(|id| format!("/api/loans/{id}{tail}"));
        let mut seen = Vec::new();
        for path in answers {
            let answer = get(&app, &other, &path).await;
            answer.problem(404, "not_found");
            seen.push(answer.anonymous());
        }
        assert!(seen.iter().all(|answer| *answer == seen[0]), "{tail}: {seen:?}");
    }
    for action in ["cancel", "review"] {
        let mut seen = Vec::new();
        for id in [&loan, &absent] {
            let answer = app
                .post(&format!("/api/loans/{id}/{action}"))
                .by(&other)
                .key(KEY)
                .send()
                .await;
            answer.problem(404, "not_found");
            seen.push(answer.anonymous());
        }
        assert_eq!(seen[0], seen[1]);
    }
    let list = get(&app, &other, "/api/loans").await.expect(200).json();
    assert_eq!(list, json!({"items": [], "next": null}));
    assert_eq!(
        get(&app, &owner, "/api/loans").await.expect(200).json()["items"][0]["id"],
        loan.as_str()
    );
    app.finish().await;
}

#[tokio::test]
async fn a_list_goes_on_where_it_stopped() {
    let app = App::start().await;
    let person = app.verified().await;
    let mut made = Vec::new();
    for number in 0..3 {
        let quote = app.quote(&person, &format!("key-of-the-quote-{number}")).await;
        let loan = id(
            &apply(&app, &person, &format!("key-of-the-apply-{number}"), &consent(&quote))
                .await
                .expect(201)
                .json(),
        );
        app.post(&format!("/api/loans/{loan}/cancel"))
            .by(&person)
            .key(&format!("key-of-the-cancel-{number}"))
            .send()
            .await
            .expect(200);
        made.insert(0, loan);
        app.wait(1);
    }
    let (mut path, mut seen) = ("/api/loans?limit=1".to_owned(), Vec::new());
    loop {
        let page = get(&app, &person, &path).await.expect(200).json();
        seen.extend(page["items"].as_array().expect("items").iter().map(id));
        match page["next"].as_str() {
            Some(next) => path = format!("/api/loans?limit=1&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made, "newest first, each once");
    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=-1",
        "page=2",
        "limit=1&limit=2",
    ] {
        get(&app, &person, &format!("/api/loans?{query}"))
            .await
            .problem(400, "malformed");
    }
    for cursor in ["x", "1-x", "99999999999999999999999999999999999999999-1"] {
        let answer = get(&app, &person, &format!("/api/loans?after={cursor}")).await;
        assert_eq!(answer.fault(422, "validation"), fault("after", "cursor"));
    }
    app.finish().await;
}

#[tokio::test]
async fn an_application_is_cancelled_for_free_until_the_money_is_sent() {
    let app = App::start().await;
    let person = app.verified().await;
    let loan = id(&app.application(&person).await);
    let cancel = || {
        app.post(&format!("/api/loans/{loan}/cancel"))
            .by(&person)
            .key(KEY)
            .send()
    };
    let first = cancel().await.expect(200);
    assert_eq!(first.json()["status"], "cancelled");
    assert_eq!(cancel().await.expect(200).bytes, first.bytes);
    app.world.run_jobs().await;
    assert_eq!(
        app.control(axum::http::Method::GET, "/_sim/xendit/payouts", json!({}))
            .await,
        json!([])
    );
    assert_eq!(cancel().await.expect(200).bytes, first.bytes);

    let (debtor, loan) = app.with_loan().await;
    app.post(&format!("/api/loans/{loan}/cancel"))
        .by(&debtor)
        .key(KEY)
        .send()
        .await
        .problem(409, "payout_sent");
    app.finish().await;
}

#[tokio::test]
async fn a_declined_application_may_be_looked_at_by_a_person_once() {
    let app = App::start().await;
    let person = app.verified().await;
    let quote = app.quote(&person, KEY).await;
    let mut body = consent(&quote);
    body["other_instalments"] = json!(5_000_000);
    let loan = id(&apply(&app, &person, KEY, &body).await.expect(201).json());
    let review = || {
        app.post(&format!("/api/loans/{loan}/review"))
            .by(&person)
            .key(KEY)
            .send()
    };
    review().await.problem(409, "wrong_state");
    app.world.run_jobs().await;
    let declined = get(&app, &person, &format!("/api/loans/{loan}"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (declined["status"].as_str(), declined["decision"]["outcome"].as_str()),
        (Some("declined"), Some("decline"))
    );
    let reasons = declined["decision"]["reasons"].as_array().expect("reasons");
    assert!(
        !reasons.is_empty()
            && reasons
                .iter()
                .all(|reason| reason["words"].as_str().is_some_and(|words| !words.is_empty()))
    );
    let first = review().await.expect(202);
    assert_eq!(first.json()["status"], "referred");
    assert_eq!(review().await.expect(202).bytes, first.bytes);
    app.finish().await;
}

#[tokio::test]
async fn too_many_applications_of_one_account_or_address_wait() {
    for (action, most_seconds) in [("apply_ip", 3_600), ("apply", 3_600)] {
        let app = App::with_limit(action, "1/h").await;
        let person = app.verified().await;
        let quote = app.quote(&person, "key-of-a-quote-0002").await;
        app.application(&person).await;
        let refused = apply(&app, &person, KEY, &consent(&quote)).await;
        refused.problem(429, "too_many_requests");
        let wait = refused.header("retry-after").parse::<u32>().expect("seconds");
        assert!((1..=most_seconds).contains(&wait), "{action}: {wait}");
        assert_eq!(app.count("select count(*) from loans.application").await, 1);
        app.finish().await;
    }
}
