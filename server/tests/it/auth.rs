//! Accounts: registering, signing in, and what must not tell whether somebody has one.

use crate::{
    harness::{Answer, App, fault, members, nobodys_id},
    people::{PASSWORD, registration},
};
use axum::http::Method;
use domain::Role;
use serde_json::{Value, json};

/// The members of every answer with tokens.
pub const TOKENS: [&str; 4] = ["access_token", "expires_in", "refresh_token", "token_type"];

pub async fn profile(app: &App, token: &str) -> Answer {
    app.get("/api/users/profile").token(token).send().await
}

async fn register(app: &App, body: &Value) -> Answer {
    app.post("/api/auth/register").json(body).send().await
}

async fn verify(app: &App, sent: &Value, code: &str) -> Answer {
    let body = json!({"challenge_id": sent["challenge_id"], "code": code});
    app.post("/api/auth/register/verify").json(&body).send().await
}

async fn login(app: &App, identifier: &str, password: &str) -> Answer {
    app.post("/api/auth/login")
        .json(&json!({"identifier": identifier, "password": password}))
        .send()
        .await
}

#[tokio::test]
async fn a_registration_ends_with_tokens() {
    let app = App::start().await;
    let body = registration();
    let sent = register(&app, &body).await.expect(202).json();
    assert_eq!(sent["expires_in"], 300);
    app.world.run_jobs().await;
    let code = app.code(body["phone"].as_str().expect("a number"));
    let tokens = verify(&app, &sent, &code).await.expect(201).json();
    assert_eq!(
        (tokens["token_type"].as_str(), tokens["expires_in"].as_u64()),
        (Some("Bearer"), Some(300))
    );
    assert!(TOKENS.iter().all(|name| members(&tokens).contains(name)), "{tokens}");
    let token = tokens["access_token"].as_str().expect("a token");
    assert_eq!(
        profile(&app, token).await.expect(200).json()["kyc_status"],
        "incomplete"
    );
    // The code is used up.
    verify(&app, &sent, &code).await.problem(422, "code_expired");
    app.finish().await;
}

#[tokio::test]
async fn whether_an_account_exists_is_told_only_after_the_code() {
    let app = App::start().await;
    let known = app.person().await;
    let mut again = registration();
    again["phone"] = json!(known.phone);
    again["email"] = json!(known.email);
    let (taken, new) = (register(&app, &again).await, register(&app, &registration()).await);
    assert_eq!(
        (taken.status, members(&taken.json())),
        (new.status, members(&new.json()))
    );
    assert_eq!(taken.json()["expires_in"], new.json()["expires_in"]);
    app.world.run_jobs().await;
    let code = app.code(&known.phone);
    verify(&app, &taken.json(), &code).await.problem(409, "account_exists");
    app.finish().await;
}

#[tokio::test]
async fn a_nik_belongs_to_one_account() {
    let app = App::start().await;
    let known = app.person().await;
    let mut other = registration();
    other["nik"] = json!(known.nik);
    let sent = register(&app, &other).await.expect(202).json();
    app.world.run_jobs().await;
    let code = app.code(other["phone"].as_str().expect("a number"));
    verify(&app, &sent, &code).await.problem(409, "nik_taken");
    // And the code cannot be used to try the next NIK.
    verify(&app, &sent, &code).await.problem(422, "code_expired");
    app.finish().await;
}

#[tokio::test]
async fn every_fault_of_a_registration_is_named() {
    let app = App::start().await;
    let with = |name: &str, value: Value| {
        let mut body = registration();
        body[name] = value;
        body
    };
    let consent = |purpose: &str| json!({"purpose": purpose, "version": "2026-11-24"});
    let cases = [
        (with("full_name", json!("")), "full_name", "name_empty"),
        (with("nik", json!("123")), "nik", ""),
        (with("nik", json!("3171016512150002")), "nik", "nik_age"),
        (with("phone", json!("12")), "phone", ""),
        (with("email", json!("nama")), "email", ""),
        (with("password", json!("pendek")), "password", "password_too_short"),
        (with("password", json!("password123")), "password", ""),
        (with("password", json!("x".repeat(129))), "password", ""),
        (with("birth_date", json!("1998-02-30")), "birth_date", "date"),
        (
            with("consents", json!([consent("terms")])),
            "consents",
            "consent_missing",
        ),
        (
            with(
                "consents",
                json!([consent("terms"), consent("privacy"), consent("terms")]),
            ),
            "consents",
            "consent_unknown",
        ),
        (
            with(
                "consents",
                json!([consent("terms"), consent("privacy"), consent(&"x".repeat(41))]),
            ),
            "consents",
            "consent_unknown",
        ),
    ];
    for (body, field, code) in cases {
        let found = register(&app, &body).await.fault(422, "validation");
        assert_eq!(found.0, field, "{body}");
        assert!(code.is_empty() || found.1 == code, "{body}: {found:?}");
    }
    let empty = json!({"full_name": "", "nik": "", "phone": "", "email": "", "password": "", "consents": []});
    let fields: Vec<_> = register(&app, &empty)
        .await
        .faults(422, "validation")
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(
        fields,
        ["full_name", "nik", "phone", "email", "password", "consents", "consents"]
    );
    assert_eq!(app.count("select count(*) from auth.challenge").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_body_that_is_not_what_was_asked_for_is_malformed() {
    let app = App::start().await;
    let post = |body: String| app.post("/api/auth/login").body("application/json", body).send();
    let cases = [
        (
            r#"{"identifier":"a","password":"b","role":"admin"}"#,
            fault("role", "unknown"),
        ),
        (r#"{"identifier":"a"}"#, fault("password", "required")),
        (r#"{"identifier":1,"password":"b"}"#, fault("identifier", "invalid")),
        (r#"{"identifier":"a","password":null}"#, fault("password", "invalid")),
        (
            r#"{"identifier":"a","password":"b","password":"c"}"#,
            fault("password", "duplicate"),
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(post(body.to_owned()).await.fault(400, "malformed"), expected, "{body}");
    }
    for body in ["", "{", r#"{"identifier":"a","password":"b"} x"#, "[", "\"\u{1}\""] {
        let problem = post(body.to_owned()).await.problem(400, "malformed");
        assert!(problem.get("errors").is_none(), "{body}: {problem}");
    }
    for body in ["[]", "null", "\"text\"", &"[".repeat(10_000)] {
        post(body.to_owned()).await.problem(400, "malformed");
    }
    let good = r#"{"identifier":"a","password":"b"}"#;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        app.post("/api/auth/login")
            .body(kind, good)
            .send()
            .await
            .problem(415, "unsupported_media_type");
    }
    app.post("/api/auth/login")
        .body("Application/JSON; charset=utf-8", good)
        .send()
        .await
        .problem(422, "credentials_wrong");
    let large = format!(r#"{{"identifier":"a","password":"{}"}}"#, "x".repeat(64 * 1024));
    post(large.clone()).await.problem(413, "too_large");
    // Without a length in the head.
    let head = "POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let answer = app
        .raw(&format!("{head}{:x}\r\n{large}\r\n0\r\n\r\n", large.len()))
        .await;
    assert!(
        answer.starts_with("HTTP/1.1 413 ") && answer.contains("application/problem+json"),
        "{answer}"
    );
    app.finish().await;
}

#[tokio::test]
async fn five_wrong_codes_end_a_code_and_a_foreign_challenge_is_over() {
    let app = App::start().await;
    let body = registration();
    let sent = register(&app, &body).await.expect(202).json();
    app.world.run_jobs().await;
    let code = app.code(body["phone"].as_str().expect("a number"));
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..4 {
        verify(&app, &sent, wrong).await.problem(422, "code_wrong");
    }
    verify(&app, &sent, wrong).await.problem(422, "code_expired");
    verify(&app, &sent, &code).await.problem(422, "code_expired");
    verify(&app, &json!({"challenge_id": nobodys_id()}), &code)
        .await
        .problem(422, "code_expired");
    verify(&app, &json!({"challenge_id": "x"}), &code)
        .await
        .problem(404, "not_found");

    let other = registration();
    let sent = register(&app, &other).await.expect(202).json();
    app.world.run_jobs().await;
    let code = app.code(other["phone"].as_str().expect("a number"));
    app.wait(301);
    verify(&app, &sent, &code).await.problem(422, "code_expired");
    assert_eq!(app.count("select count(*) from auth.account").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_new_device_needs_a_code_once() {
    let app = App::start().await;
    let person = app.person().await;
    for identifier in [&person.email, &person.phone] {
        let sent = login(&app, identifier, PASSWORD).await.expect(202).json();
        assert_eq!(sent["channel"], "whatsapp");
        assert_eq!(members(&sent), ["challenge_id", "channel", "expires_in"]);
        app.world.run_jobs().await;
        let body = json!({"challenge_id": sent["challenge_id"], "code": app.code(&person.phone)});
        let tokens = app
            .post("/api/auth/login/verify")
            .json(&body)
            .send()
            .await
            .expect(200)
            .json();
        profile(&app, tokens["access_token"].as_str().expect("a token"))
            .await
            .expect(200);

        let body = json!({"identifier": identifier, "password": PASSWORD, "device_token": tokens["device_token"]});
        let tokens = app.post("/api/auth/login").json(&body).send().await.expect(200).json();
        assert_eq!(members(&tokens), TOKENS);
        app.wait(61);
    }
    let foreign = app.person().await;
    let body = json!({"identifier": person.email, "password": PASSWORD, "device_token": foreign.device_token});
    app.post("/api/auth/login").json(&body).send().await.expect(202);
    app.finish().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_person_look_the_same() {
    let app = App::start().await;
    let person = app.person().await;
    let wrong = login(&app, &person.email, "bukan kata sandi itu").await;
    let unknown = login(&app, "tidak.ada@contoh.id", "bukan kata sandi itu").await;
    wrong.problem(422, "credentials_wrong");
    assert_eq!(wrong.anonymous(), unknown.anonymous());
    // Five are free, then there are pauses.
    for _ in 0..4 {
        login(&app, &person.email, "bukan kata sandi itu")
            .await
            .problem(422, "credentials_wrong");
    }
    let paused = login(&app, &person.email, PASSWORD).await;
    paused.problem(429, "too_many_requests");
    assert!(
        paused
            .header("retry-after")
            .parse::<u32>()
            .is_ok_and(|seconds| seconds >= 1),
        "{:?}",
        paused.headers
    );
    app.finish().await;
}

#[tokio::test]
async fn the_api_is_closed_to_other_sites_and_unknown_paths_are_problems() {
    let app = App::start().await;
    let person = app.person().await;
    let answer = app
        .get("/api/users/profile")
        .by(&person)
        .header("origin", "https://evil.example")
        .send()
        .await
        .expect(200);
    assert!(
        answer
            .headers
            .keys()
            .all(|name| !name.as_str().starts_with("access-control")),
        "{:?}",
        answer.headers
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        answer.header("content-security-policy"),
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    );
    for path in ["/api/nothing", "/api/loans/x/y/z", "/api/auth"] {
        app.get(path).by(&person).send().await.problem(404, "not_found");
    }
    let wrong = app.call(Method::DELETE, "/api/loans").by(&person).send().await;
    wrong.problem(405, "method_not_allowed");
    assert!(wrong.header("allow").contains("GET"), "{:?}", wrong.headers);
    // The number in the answer is the one in the header, and ours.
    let answer = app.get("/api/nothing").header("x-request-id", "<mine>").send().await;
    assert_eq!(answer.json()["trace_id"], answer.header("x-request-id"));
    assert_ne!(answer.header("x-request-id"), "<mine>");
    app.finish().await;
}

#[tokio::test]
async fn staff_have_no_tokens() {
    let app = App::start().await;
    crate::browser::Browser::of_staff(&app, Role::Superadmin).await;
    login(&app, "superadmin@sanggup.test", PASSWORD)
        .await
        .problem(422, "credentials_wrong");
    app.finish().await;
}

#[tokio::test]
async fn too_many_calls_of_one_account_or_address_wait() {
    for action in ["read_api", "read_api_ip"] {
        let app = App::with_limit(action, "6/min").await;
        let person = app.person().await;
        let mut refused = None;
        for _ in 0..6 {
            let answer = profile(&app, &person.access_token).await;
            if answer.status == 429 {
                refused = Some(answer);
            }
        }
        let refused = refused.unwrap_or_else(|| panic!("{action} does not count"));
        refused.problem(429, "too_many_requests");
        assert!(
            refused
                .header("retry-after")
                .parse::<u32>()
                .is_ok_and(|seconds| (1..=10).contains(&seconds)),
            "{:?}",
            refused.headers
        );
        app.finish().await;
    }
}

#[tokio::test]
async fn too_many_registrations_from_one_address_wait() {
    let app = App::with_limit("read_api_ip", "600/min").await;
    for _ in 0..5 {
        register(&app, &registration()).await.expect(202);
    }
    let refused = register(&app, &registration()).await;
    refused.problem(429, "too_many_requests");
    assert!(
        refused
            .header("retry-after")
            .parse::<u32>()
            .is_ok_and(|seconds| seconds > 60),
        "{:?}",
        refused.headers
    );
    app.finish().await;
}
