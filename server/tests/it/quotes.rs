//! Prices: what anybody may simulate, and the quotes that a person may keep.

use crate::{
    harness::{Answer, App, fault, members, nobodys_id},
    loans::{KEY, apply, id},
    people::{Person, consent},
};
use domain::loans::{
    product::Product,
    schedule::{Terms, schedule},
};
use serde_json::{Value, json};

pub async fn quote(app: &App, person: &Person, key: &str, body: &Value) -> Answer {
    app.post("/api/loans/quotes")
        .by(person)
        .key(key)
        .json(body)
        .send()
        .await
}

pub fn terms() -> Value {
    json!({"amount": 3_000_000, "tenor_months": 6})
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
