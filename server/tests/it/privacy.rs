//! What a person entrusts to us stays where it belongs: not in a log, and never readable in the database.

use crate::{
    browser::Browser,
    harness::{App, logged},
    people::{INCOME, NAME, PASSWORD, Person},
};
use axum::http::Method;
use serde_json::json;
use sqlx::AssertSqlSafe;

const ADDRESS: &str = "Jalan Kenari Biru 77, Cimahi";

/// A person who did nearly everything that can be done, and some of it wrong.
async fn busy_person(app: &App) -> Person {
    let (person, loan) = app.with_loan().await;
    app.call(Method::PATCH, "/api/users/profile")
        .by(&person)
        .json(&json!({"address": ADDRESS}))
        .send()
        .await
        .expect(200);
    app.call(Method::PATCH, "/api/users/profile")
        .by(&person)
        .json(&json!({"address": 7}))
        .send()
        .await
        .expect(400);
    let payment = json!({"loan_id": loan, "purpose": "payoff", "method": "va_bca"});
    app.post("/api/payments")
        .by(&person)
        .key("key-of-this-payment-1")
        .json(&payment)
        .send()
        .await
        .expect(201);
    app.post("/api/auth/login")
        .json(&json!({"identifier": person.phone, "password": "bukan itu"}))
        .send()
        .await
        .expect(422);
    let again = json!({"full_name": "Sari", "nik": person.nik, "phone": "1", "email": person.email, "password": PASSWORD, "consents": []});
    app.post("/api/auth/register").json(&again).send().await.expect(422);
    let mut browser = Browser::of(app, &person).await;
    for path in ["/akun", "/beranda", "/notifikasi"] {
        browser.open(path).await.expect(200);
    }
    browser.open("/daftar").await;
    browser
        .submit("/_fn/set_bank_account", &[("bank", "x"), ("number", &person.account())])
        .await
        .expect(303);
    app.post("/api/auth/refresh")
        .json(&json!({"refresh_token": person.refresh_token}))
        .send()
        .await
        .expect(200);
    app.world.run_jobs().await;
    person
}

/// What must stay hidden, with the spellings it might slip out in.
fn secrets(person: &Person) -> Vec<String> {
    let mut secrets = vec![
        person.nik.clone(),
        person.phone.clone(),
        person.phone.trim_start_matches('+').to_owned(),
        person.phone.replacen("+62", "0", 1),
        person.email.clone(),
        person.email.replace('@', "%40"),
        person.account(),
        ADDRESS.to_owned(),
        NAME.to_owned(),
        INCOME.to_string(),
        PASSWORD.to_owned(),
        PASSWORD.replace(' ', "+"),
    ];
    secrets.extend([&person.access_token, &person.refresh_token, &person.device_token].map(Clone::clone));
    secrets
}

#[tokio::test]
async fn nothing_personal_is_logged() {
    let app = App::start().await;
    let person = busy_person(&app).await;
    let log = logged();
    assert!(log.contains("/api/users/profile"), "requests are logged at all");
    for secret in secrets(&person) {
        let line = log.lines().find(|line| line.contains(&secret));
        assert!(line.is_none(), "{secret} in {line:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn nothing_personal_lies_readable_in_the_database() {
    let app = App::start().await;
    let person = busy_person(&app).await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', table_schema, table_name) from information_schema.tables
         where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&app.world.owner)
    .await
    .expect("the catalogue");
    assert!(
        tables.iter().any(|table| table == "users.profile") && tables.len() > 20,
        "{tables:?}"
    );
    for table in tables {
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("select t::text from {table} t")))
            .fetch_all(&app.world.owner)
            .await
            .expect("rows as text");
        for secret in secrets(&person) {
            // Binary columns come as hexadecimal digits.
            let spelled = [secret.clone(), hex::encode(&secret)];
            let row = rows
                .iter()
                .find(|row| spelled.iter().any(|secret| row.contains(secret)));
            assert!(row.is_none(), "{secret} in {table}: {row:?}");
        }
    }
    app.finish().await;
}
