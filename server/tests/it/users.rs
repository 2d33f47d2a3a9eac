//! The profile: what a person sees of themself, and what they may change.

use crate::{
    harness::{Answer, App, fault, members},
    people::{INCOME, Person},
};
use axum::http::Method;
use serde_json::{Value, json};

async fn change(app: &App, person: &Person, body: Value) -> Answer {
    app.call(Method::PATCH, "/api/users/profile")
        .by(person)
        .json(&body)
        .send()
        .await
}

#[tokio::test]
async fn long_numbers_are_masked() {
    let app = App::start().await;
    let person = app.verified().await;
    let answer = app.get("/api/users/profile").by(&person).send().await.expect(200);
    let profile = answer.json();
    assert_eq!(
        members(&profile),
        [
            "address",
            "bank_account",
            "birth_date",
            "email",
            "employer",
            "full_name",
            "id",
            "kyc_status",
            "limit",
            "limit_available",
            "monthly_income",
            "nik",
            "occupation",
            "phone",
        ]
    );
    assert_eq!(profile["kyc_status"], "verified");
    assert_eq!(
        (profile["limit"].as_i64(), profile["limit_available"].as_i64()),
        (Some(4_000_000), Some(4_000_000))
    );
    assert_eq!(
        (profile["birth_date"].as_str(), profile["monthly_income"].as_i64()),
        (Some("1998-01-10"), Some(INCOME))
    );
    assert_eq!(profile["email"], person.email.as_str());
    let account = &profile["bank_account"];
    assert_eq!(
        (account["bank"].as_str(), account["account_holder"].as_str()),
        (Some("BCA"), Some("Sari Wulandari"))
    );
    assert!(
        account["account_number"]
            .as_str()
            .is_some_and(|number| number.ends_with("4821")),
        "{account}"
    );
    let text = answer.text();
    for secret in [
        &person.nik,
        &person.phone,
        &person.account(),
        &person.phone[1..],
        &person.phone[3..],
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    app.finish().await;
}

#[tokio::test]
async fn only_what_is_sent_changes() {
    let app = App::start().await;
    let person = app.person().await;
    let first = change(
        &app,
        &person,
        json!({"address": " Jl. Melati 3, Bandung ", "occupation": "Guru"}),
    )
    .await
    .expect(200)
    .json();
    assert_eq!(
        (first["address"].as_str(), first["occupation"].as_str()),
        (Some("Jl. Melati 3, Bandung"), Some("Guru"))
    );
    let second = change(&app, &person, json!({"employer": "SDN 5", "monthly_income": 4_500_000}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (second["address"].as_str(), second["monthly_income"].as_i64()),
        (Some("Jl. Melati 3, Bandung"), Some(4_500_000))
    );
    assert_eq!(change(&app, &person, json!({})).await.expect(200).json(), second);
    assert_eq!(
        app.get("/api/users/profile")
            .by(&person)
            .send()
            .await
            .expect(200)
            .json(),
        second
    );
    app.finish().await;
}

#[tokio::test]
async fn nobody_gives_themself_a_role_a_limit_or_an_identity() {
    let app = App::start().await;
    let person = app.person().await;
    for name in [
        "role",
        "kyc_status",
        "limit",
        "limit_available",
        "id",
        "user_id",
        "full_name",
        "nik",
        "phone",
        "email",
    ] {
        assert_eq!(
            change(&app, &person, json!({name: "x"})).await.fault(400, "malformed"),
            fault(name, "unknown")
        );
    }
    let nested =
        json!({"bank_account": {"bank": "BCA", "account_number": "5271004821", "account_holder": "Orang Lain"}});
    assert_eq!(change(&app, &person, nested).await.fault(400, "malformed").1, "unknown");
    for (body, field) in [
        (json!({"monthly_income": "4500000"}), "monthly_income"),
        (json!({"monthly_income": 4.5}), "monthly_income"),
        (json!({"address": ["x"]}), "address"),
        (
            json!({"bank_account": {"bank": 1, "account_number": "5271004821"}}),
            "bank_account.bank",
        ),
    ] {
        assert_eq!(
            change(&app, &person, body).await.fault(400, "malformed"),
            fault(field, "invalid")
        );
    }
    app.finish().await;
}

#[tokio::test]
async fn every_fault_of_a_change_is_named_and_nothing_is_saved() {
    let app = App::start().await;
    let person = app.person().await;
    let body = json!({
        "address": "x".repeat(301),
        "occupation": " ",
        "employer": "PT\u{0}",
        "monthly_income": -1,
        "bank_account": {"bank": "XYZ", "account_number": "12"},
    });
    let fields: Vec<_> = change(&app, &person, body)
        .await
        .faults(422, "validation")
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(
        fields,
        [
            "address",
            "occupation",
            "employer",
            "monthly_income",
            "bank_account.bank",
            "bank_account.account_number"
        ]
    );
    for income in [1_000_000_001_i64, i64::MAX, i64::MIN] {
        let body = json!({"address": "Jl. Mawar", "monthly_income": income});
        assert_eq!(
            change(&app, &person, body).await.fault(422, "validation").0,
            "monthly_income"
        );
    }
    assert_eq!(
        app.get("/api/users/profile")
            .by(&person)
            .send()
            .await
            .expect(200)
            .json()["address"],
        Value::Null
    );
    app.finish().await;
}

#[tokio::test]
async fn another_account_at_a_bank_needs_a_fresh_sign_in() {
    let app = App::start().await;
    let person = app.person().await;
    let account = |number: &str| json!({"bank_account": {"bank": "BNI", "account_number": number}});
    change(&app, &person, account("0123456789")).await.expect(200);
    // The token still lives, the proof of identity is older than five minutes.
    app.wait(310);
    change(&app, &person, account("0123456789")).await.expect(200);
    change(&app, &person, account("9876543210"))
        .await
        .problem(401, "step_up_needed");
    let kept = app
        .get("/api/users/profile")
        .by(&person)
        .send()
        .await
        .expect(200)
        .json();
    assert!(
        kept["bank_account"]["account_number"]
            .as_str()
            .is_some_and(|number| number.ends_with("6789")),
        "{kept}"
    );
    change(&app, &person, json!({"address": "Jl. Melati 3"}))
        .await
        .expect(200);
    app.finish().await;
}
