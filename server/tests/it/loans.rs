//! From the simulation to the running loan: figures, keys, states, and other people's loans.

use crate::{
    harness::{Answer, App, fault, members, nobodys_id},
    people::{Person, consent},
};
use domain::loans::{
    product::Product,
    schedule::{Terms, schedule},
};
use serde_json::{Value, json};

const KEY: &str = "key-of-this-test-0001";

async fn quote(app: &App, person: &Person, key: &str, body: &Value) -> Answer {
    app.post("/api/loans/quotes")
        .by(person)
        .key(key)
        .json(body)
        .send()
        .await
}

async fn apply(app: &App, person: &Person, key: &str, body: &Value) -> Answer {
    app.post("/api/loans/apply").by(person).key(key).json(body).send().await
}

async fn get(app: &App, person: &Person, path: &str) -> Answer {
    app.get(path).by(person).send().await
}

fn terms() -> Value {
    json!({"amount": 3_000_000, "tenor_months": 6})
}

fn id(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn anybody_may_simulate_and_the_figures_are_the_engines() {
    let app = App::start().await;
    let path = "/api/loans/simulate?amount=3000000&tenor_months=6&start=2026-11-23";
    let answer = app.get(path).send().await.expect(200).json();
    assert_eq!(
        members(&answer),
        [
            "amount",
            "disclosure",
            "product",
            "product_version",
            "schedule",
            "start",
            "tenor_months"
        ]
    );
    let start = domain::calendar::parse_date("2026-11-23").expect("a date");
    let product = Product::sanggup_tunai();
    let expected = schedule(&Terms::of(&product, domain::Rupiah::new(3_000_000), 6, start)).expect("a schedule");
    let lines = answer["schedule"]["instalments"].as_array().expect("lines");
    assert_eq!(lines.len(), 6);
    for (line, expected) in lines.iter().zip(&expected.lines) {
        let figures = ["principal", "interest", "total", "balance"].map(|name| line[name].as_i64().expect("rupiah"));
        let total = expected.total().get();
        assert_eq!(
            figures,
            [
                expected.principal.get(),
                expected.interest.get(),
                total,
                expected.balance.get()
            ]
        );
        assert_eq!(
            (line["due_on"].as_str(), line["paid"].as_i64()),
            (Some(expected.due_on.to_string().as_str()), Some(0))
        );
    }
    let sum = |name: &str| {
        lines
            .iter()
            .map(|line| line[name].as_i64().expect("rupiah"))
            .sum::<i64>()
    };
    assert_eq!(answer["schedule"]["total"], sum("total"));
    assert_eq!((sum("principal"), lines[5]["balance"].as_i64()), (3_000_000, Some(0)));
    let disclosure = &answer["disclosure"];
    assert_eq!(disclosure["total_paid"], sum("total"));
    assert_eq!(disclosure["total_interest"], sum("interest"));
    assert!(
        disclosure["daily_cost_ppm"].as_i64() <= disclosure["cap_ppm"].as_i64(),
        "{disclosure}"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_simulation_out_of_range_is_told_by_member() {
    let app = App::start().await;
    let cases = [
        ("amount=100000&tenor_months=6", "amount", "amount_below_min"),
        ("amount=-1&tenor_months=6", "amount", "amount_below_min"),
        (
            "amount=9223372036854775807&tenor_months=6",
            "amount",
            "amount_above_max",
        ),
        ("amount=3050000&tenor_months=6", "amount", "amount_not_on_step"),
        ("amount=3000000&tenor_months=7", "tenor_months", "tenor_not_offered"),
        ("amount=3000000&tenor_months=0", "tenor_months", "tenor_not_offered"),
        (
            "amount=3000000&tenor_months=4294967295",
            "tenor_months",
            "tenor_not_offered",
        ),
        ("amount=3000000&tenor_months=6&start=9999-12-31", "start", ""),
        ("amount=3000000&tenor_months=6&start=0001-01-01", "start", ""),
    ];
    for (query, field, code) in cases {
        let found = app
            .get(&format!("/api/loans/simulate?{query}"))
            .send()
            .await
            .fault(422, "validation");
        assert_eq!(found.0, field, "{query}");
        assert!(code.is_empty() || found.1 == code, "{query}: {found:?}");
    }
    let malformed = [
        "",
        "amount=3000000",
        "amount=x&tenor_months=6",
        "amount=1.5&tenor_months=6",
        "amount=3000000&tenor_months=-6",
        "amount=3000000&tenor_months=6&rate=1",
        "amount=3000000&tenor_months=6&start=2026-02-30",
        "amount=99999999999999999999&tenor_months=6",
    ];
    for query in malformed {
        app.get(&format!("/api/loans/simulate?{query}"))
            .send()
            .await
            .problem(400, "malformed");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_key_is_needed_where_something_begins() {
    let app = App::start().await;
    let person = app.person().await;
    let loan = nobodys_id();
    let operations = [
        "/api/loans/quotes".to_owned(),
        "/api/loans/apply".to_owned(),
        format!("/api/loans/{loan}/cancel"),
        format!("/api/loans/{loan}/review"),
        "/api/payments".to_owned(),
        format!("/api/payments/{loan}/claim"),
    ];
    for path in operations {
        let post = || app.post(&path).by(&person).json(&json!({}));
        post().send().await.problem(400, "idempotency_key_required");
        for key in [
            "",
            "fifteen-letters",
            &"x".repeat(129),
            "with a space in it",
            "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}",
        ] {
            post().key(key).send().await.problem(400, "idempotency_key_invalid");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_quote_is_kept_under_its_key() {
    let app = App::start().await;
    let person = app.verified().await;
    let first = quote(&app, &person, KEY, &terms()).await.expect(201);
    let answer = first.json();
    for name in [
        "id",
        "schedule",
        "disclosure",
        "disclosure_hash",
        "expires_at",
        "amount",
        "tenor_months",
    ] {
        assert!(members(&answer).contains(&name), "{name}: {answer}");
    }
    assert_eq!(answer["disclosure_hash"].as_str().map(str::len), Some(64));
    let spaced = "{ \"tenor_months\" : 6, \"amount\" : 3000000 }";
    let again = app
        .post("/api/loans/quotes")
        .by(&person)
        .key(KEY)
        .body("application/json", spaced)
        .send()
        .await
        .expect(201);
    assert_eq!(
        again.bytes, first.bytes,
        "the same bytes, however the same body is written"
    );
    let other = json!({"amount": 2_000_000, "tenor_months": 6});
    quote(&app, &person, KEY, &other)
        .await
        .problem(422, "idempotency_key_reused");
    assert_ne!(
        id(&quote(&app, &person, "another-key-of-this-test", &terms())
            .await
            .expect(201)
            .json()),
        id(&answer)
    );
    assert_eq!(app.count("select count(*) from loans.quote").await, 2);

    // Another person's key is another key.
    let neighbour = app.verified().await;
    assert_ne!(
        id(&quote(&app, &neighbour, KEY, &terms()).await.expect(201).json()),
        id(&answer)
    );
    app.finish().await;
}

#[tokio::test]
async fn a_quote_is_refused_by_rule_and_by_member() {
    let app = App::start().await;
    let stranger = app.person().await;
    quote(&app, &stranger, KEY, &terms())
        .await
        .problem(422, "kyc_incomplete");
    let person = app.verified().await;
    // Refusals are not kept: the same key may try again.
    for (amount, code) in [
        (400_000, "amount_below_min"),
        (4_100_000, "amount_above_limit"),
        (21_000_000, "amount_above_max"),
        (-1, "amount_below_min"),
    ] {
        let body = json!({"amount": amount, "tenor_months": 6});
        assert_eq!(
            quote(&app, &person, KEY, &body).await.fault(422, "validation"),
            fault("amount", code)
        );
    }
    let body = json!({"amount": 3_000_000, "tenor_months": 5});
    assert_eq!(
        quote(&app, &person, KEY, &body).await.fault(422, "validation"),
        fault("tenor_months", "tenor_not_offered")
    );
    for (body, expected) in [
        (json!({"amount": 3_000_000}), fault("tenor_months", "required")),
        (
            json!({"amount": 3_000_000, "tenor_months": 6, "rate": 0}),
            fault("rate", "unknown"),
        ),
        (
            json!({"amount": "3000000", "tenor_months": 6}),
            fault("amount", "invalid"),
        ),
        (
            json!({"amount": 3_000_000.5, "tenor_months": 6}),
            fault("amount", "invalid"),
        ),
        (
            json!({"amount": 3_000_000, "tenor_months": -6}),
            fault("tenor_months", "invalid"),
        ),
    ] {
        assert_eq!(quote(&app, &person, KEY, &body).await.fault(400, "malformed"), expected);
    }
    let unknown = json!({"amount": 3_000_000, "tenor_months": 6, "product": "tidak-ada"});
    assert_eq!(quote(&app, &person, KEY, &unknown).await.status, 422);
    quote(&app, &person, KEY, &terms()).await.expect(201);
    app.finish().await;
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
    let app = App::start().await;
    let person = app.verified().await;
    let body = consent(&app.quote(&person, KEY).await);
    // With one key: everybody hears of the same application.
    let same = futures::future::join_all((0..10).map(|_| apply(&app, &person, KEY, &body))).await;
    let made: Vec<_> = same.iter().filter(|answer| answer.status == 201).collect();
    assert!(!made.is_empty() && made.iter().all(|answer| answer.bytes == made[0].bytes));
    for answer in same.iter().filter(|answer| answer.status != 201) {
        assert!(
            matches!(answer.status, 409 | 503),
            "{} {}",
            answer.status,
            answer.text()
        );
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
        assert!(
            matches!(answer.status, 409 | 503),
            "{} {}",
            answer.status,
            answer.text()
        );
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
async fn a_quote_lasts_half_an_hour() {
    let app = App::start().await;
    let person = app.verified().await;
    let body = consent(&app.quote(&person, KEY).await);
    app.wait(30 * 60 + 1);
    let again =
        json!({"identifier": person.email, "password": crate::people::PASSWORD, "device_token": person.device_token});
    let tokens = app.post("/api/auth/login").json(&again).send().await.expect(200).json();
    let person = Person {
        access_token: tokens["access_token"].as_str().expect("a token").to_owned(),
        ..person
    };
    // A date that changed at midnight in Jakarta is told the same way.
    let code = apply(&app, &person, KEY, &body).await.json()["code"].clone();
    assert_eq!(code, "quote_expired");
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
            .key(KEY)
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
