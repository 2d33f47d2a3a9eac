//! Accounts and tokens: how one gets in, and everything that must not get one in.

use crate::{
    harness::{Answer, App, fault, members, nobodys_id},
    people::{PASSWORD, Person, registration},
};
use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

const TOKENS: [&str; 4] = ["access_token", "expires_in", "refresh_token", "token_type"];

async fn profile(app: &App, token: &str) -> Answer {
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
    app.post("/api/auth/login").json(&json!({"identifier": identifier, "password": password})).send().await
}

async fn refresh(app: &App, token: &str) -> Answer {
    app.post("/api/auth/refresh").json(&json!({"refresh_token": token})).send().await
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
    assert_eq!((tokens["token_type"].as_str(), tokens["expires_in"].as_u64()), (Some("Bearer"), Some(300)));
    assert!(TOKENS.iter().all(|name| members(&tokens).contains(name)), "{tokens}");
    let token = tokens["access_token"].as_str().expect("a token");
    assert_eq!(profile(&app, token).await.expect(200).json()["kyc_status"], "incomplete");
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
    assert_eq!((taken.status, members(&taken.json())), (new.status, members(&new.json())));
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
        (with("consents", json!([consent("terms")])), "consents", "consent_missing"),
        (with("consents", json!([consent("terms"), consent("privacy"), consent("terms")])), "consents", "consent_unknown"),
        (with("consents", json!([consent("terms"), consent("privacy"), consent(&"x".repeat(41))])), "consents", "consent_unknown"),
    ];
    for (body, field, code) in cases {
        let found = register(&app, &body).await.fault(422, "validation");
        assert_eq!(found.0, field, "{body}");
        assert!(code.is_empty() || found.1 == code, "{body}: {found:?}");
    }
    let empty = json!({"full_name": "", "nik": "", "phone": "", "email": "", "password": "", "consents": []});
    let fields: Vec<_> = register(&app, &empty).await.faults(422, "validation").into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["full_name", "nik", "phone", "email", "password", "consents", "consents"]);
    assert_eq!(app.count("select count(*) from auth.challenge").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_body_that_is_not_what_was_asked_for_is_malformed() {
    let app = App::start().await;
    let post = |body: String| app.post("/api/auth/login").body("application/json", body).send();
    let cases = [
        (r#"{"identifier":"a","password":"b","role":"admin"}"#, fault("role", "unknown")),
        (r#"{"identifier":"a"}"#, fault("password", "required")),
        (r#"{"identifier":1,"password":"b"}"#, fault("identifier", "invalid")),
        (r#"{"identifier":"a","password":null}"#, fault("password", "invalid")),
        (r#"{"identifier":"a","password":"b","password":"c"}"#, fault("password", "duplicate")),
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
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        app.post("/api/auth/login").body(kind, good).send().await.problem(415, "unsupported_media_type");
    }
    app.post("/api/auth/login").body("Application/JSON; charset=utf-8", good).send().await.problem(422, "credentials_wrong");
    let large = format!(r#"{{"identifier":"a","password":"{}"}}"#, "x".repeat(64 * 1024));
    post(large.clone()).await.problem(413, "too_large");
    // Without a length in the head.
    let head = "POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let answer = app.raw(&format!("{head}{:x}\r\n{large}\r\n0\r\n\r\n", large.len())).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("application/problem+json"), "{answer}");
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
    verify(&app, &json!({"challenge_id": nobodys_id()}), &code).await.problem(422, "code_expired");
    verify(&app, &json!({"challenge_id": "x"}), &code).await.problem(404, "not_found");

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
        let tokens = app.post("/api/auth/login/verify").json(&body).send().await.expect(200).json();
        profile(&app, tokens["access_token"].as_str().expect("a token")).await.expect(200);

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
        login(&app, &person.email, "bukan kata sandi itu").await.problem(422, "credentials_wrong");
    }
    let paused = login(&app, &person.email, PASSWORD).await;
    paused.problem(429, "too_many_requests");
    assert!(paused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1), "{:?}", paused.headers);
    app.finish().await;
}

#[tokio::test]
async fn a_refresh_token_works_once() {
    let app = App::start().await;
    let person = app.person().await;
    let first = refresh(&app, &person.refresh_token).await.expect(200).json();
    assert_eq!(members(&first), TOKENS);
    let token = |tokens: &Value, name: &str| tokens[name].as_str().expect("a token").to_owned();
    assert_ne!(token(&first, "refresh_token"), person.refresh_token);
    profile(&app, &token(&first, "access_token")).await.expect(200);
    // The answer got lost: within ten seconds the same successor.
    let again = refresh(&app, &person.refresh_token).await.expect(200).json();
    assert_eq!(token(&again, "refresh_token"), token(&first, "refresh_token"));
    // Later, or once the successor was used, somebody has a copy: everything ends.
    let second = refresh(&app, &token(&first, "refresh_token")).await.expect(200).json();
    refresh(&app, &person.refresh_token).await.problem(401, "unauthenticated");
    refresh(&app, &token(&second, "refresh_token")).await.problem(401, "unauthenticated");
    for tokens in [&first, &again, &second] {
        profile(&app, &token(tokens, "access_token")).await.problem(401, "unauthenticated");
    }
    let denied = "select count(*) from audit.entry where action = 'auth.refresh_tokens' and outcome = 'denied'";
    assert_eq!(app.count(denied).await, 1);
    for nonsense in ["", "x", &person.access_token] {
        refresh(&app, nonsense).await.problem(401, "unauthenticated");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_used_refresh_token_after_ten_seconds_ends_the_session() {
    let app = App::start().await;
    let person = app.person().await;
    let next = refresh(&app, &person.refresh_token).await.expect(200).json();
    app.wait(11);
    refresh(&app, &person.refresh_token).await.problem(401, "unauthenticated");
    profile(&app, next["access_token"].as_str().expect("a token")).await.problem(401, "unauthenticated");
    app.finish().await;
}

#[tokio::test]
async fn logging_out_ends_both_tokens_at_once() {
    let app = App::start().await;
    let (person, other) = (app.person().await, app.person().await);
    let answer = app.post("/api/auth/logout").by(&person).send().await.expect(204);
    assert!(answer.bytes.is_empty());
    profile(&app, &person.access_token).await.problem(401, "unauthenticated");
    refresh(&app, &person.refresh_token).await.problem(401, "unauthenticated");
    app.post("/api/auth/logout").by(&person).send().await.problem(401, "unauthenticated");
    profile(&app, &other.access_token).await.expect(200);
    app.finish().await;
}

#[tokio::test]
async fn an_access_token_lives_five_minutes() {
    let app = App::start().await;
    let person = app.person().await;
    app.wait(299);
    profile(&app, &person.access_token).await.expect(200);
    app.wait(32);
    profile(&app, &person.access_token).await.problem(401, "unauthenticated");
    refresh(&app, &person.refresh_token).await.expect(200);
    app.finish().await;
}

/// The three parts of a token, decoded.
fn taken_apart(person: &Person) -> (Value, Value, String) {
    let parts: Vec<&str> = person.access_token.split('.').collect();
    let decoded = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON");
    (decoded(parts[0]), decoded(parts[1]), parts[2].to_owned())
}

fn put_together(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

#[tokio::test]
async fn a_forged_token_opens_nothing() {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let app = App::start().await;
    let (person, other) = (app.person().await, app.person().await);
    let (header, claims, signature) = taken_apart(&person);
    assert_eq!(members(&header), ["alg", "kid", "typ"]);
    assert_eq!((header["alg"].as_str(), header["typ"].as_str()), (Some("EdDSA"), Some("at+jwt")));
    assert!(members(&claims).iter().all(|name| ["acr", "aud", "exp", "iat", "iss", "jti", "sid", "sub", "ver"].contains(name)));
    let text = claims.to_string();
    assert!(!text.contains(&person.phone) && !text.contains(&person.email) && !text.contains(&person.nik), "{text}");

    let changed = |value: &Value, name: &str, new: Value| {
        let mut value = value.clone();
        value[name] = new;
        value
    };
    let mut forged = vec![String::new(), "x".into(), "a.b.c".into(), "..".into(), person.refresh_token.clone()];
    for alg in ["none", "None", "HS256", "RS256", "ES256", ""] {
        let header = changed(&header, "alg", json!(alg));
        forged.extend([put_together(&header, &claims, ""), put_together(&header, &claims, &signature)]);
    }
    for (name, value) in [
        ("kid", json!("other")),
        ("kid", json!("../../dev/null")),
        ("typ", json!("JWT")),
        ("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"})),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("crit", json!(["exp"])),
    ] {
        forged.push(put_together(&changed(&header, name, value), &claims, &signature));
    }
    let (_, foreign, foreign_signature) = taken_apart(&other);
    for (name, value) in [
        ("sub", foreign["sub"].clone()),
        ("sid", foreign["sid"].clone()),
        ("exp", json!(4_000_000_000_u64)),
        ("aud", json!("https://evil.example/api")),
        ("ver", json!(2)),
        ("role", json!("superadmin")),
    ] {
        forged.push(put_together(&header, &changed(&claims, name, value), &signature));
    }
    forged.push(put_together(&header, &claims, &foreign_signature));
    forged.push(put_together(&header, &claims, &signature[..signature.len() - 2]));
    forged.push(format!("{}=", person.access_token));
    forged.push(format!("{}.{}", person.access_token, signature));
    // Signed with what everybody can read, as if it were a shared secret.
    let signed = put_together(&changed(&header, "alg", json!("HS256")), &claims, "");
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(header["kid"].as_str().expect("a name").as_bytes()).expect("any length");
    mac.update(signed.trim_end_matches('.').as_bytes());
    forged.push(format!("{signed}{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())));
    forged.push(put_together(&header, &changed(&claims, "acr", json!("x".repeat(3_000))), &signature));
    for token in &forged {
        profile(&app, token).await.problem(401, "unauthenticated");
    }
    for line in ["Basic abc", "Bearer", "Token x", &person.access_token] {
        let answer = app.get("/api/users/profile").header("authorization", line).send().await;
        answer.problem(401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    profile(&app, &person.access_token).await.expect(200);
    app.finish().await;
}

/// Every operation that needs a person, with a body that is not even looked at.
const GUARDED: [(&str, &str); 20] = [
    ("POST", "/api/auth/logout"),
    ("GET", "/api/users/profile"),
    ("PATCH", "/api/users/profile"),
    ("POST", "/api/documents/upload"),
    ("GET", "/api/documents"),
    ("POST", "/api/loans/quotes"),
    ("POST", "/api/loans/apply"),
    ("GET", "/api/loans"),
    ("GET", "/api/loans/{id}"),
    ("GET", "/api/loans/{id}/schedule"),
    ("GET", "/api/loans/{id}/ledger"),
    ("GET", "/api/loans/{id}/payoff"),
    ("POST", "/api/loans/{id}/cancel"),
    ("POST", "/api/loans/{id}/review"),
    ("POST", "/api/payments"),
    ("GET", "/api/payments/{id}"),
    ("POST", "/api/payments/{id}/claim"),
    ("GET", "/api/notifications"),
    ("POST", "/api/notifications/{id}/read"),
    ("GET", "/api/notifications/preferences"),
];

#[tokio::test]
async fn a_stranger_gets_401_everywhere() {
    let app = App::start().await;
    let more = [("PUT", "/api/notifications/preferences"), ("POST", "/api/notifications/push")];
    for (method, path) in GUARDED.into_iter().chain(more) {
        let path = path.replace("{id}", &nobodys_id());
        let method: Method = method.parse().expect("a method");
        let answer = app.call(method.clone(), &path).key("key-of-a-stranger-1").json(&json!({})).send().await;
        assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text());
        answer.problem(401, "unauthenticated");
    }
    app.finish().await;
}

#[tokio::test]
async fn cookies_mean_nothing_to_the_api() {
    let app = App::start().await;
    let person = app.person().await;
    let mut browser = crate::browser::Browser::of(&app, &person).await;
    browser.open("/akun").await.expect(200);
    for path in ["/api/users/profile", "/api/loans", "/api/notifications"] {
        let answer = browser.with_cookies(app.get(path)).header("x-csrf", browser.csrf()).send().await;
        answer.problem(401, "unauthenticated");
        assert!(answer.header("set-cookie").is_empty());
    }
    app.finish().await;
}

#[tokio::test]
async fn the_api_is_closed_to_other_sites_and_unknown_paths_are_problems() {
    let app = App::start().await;
    let person = app.person().await;
    let answer = app.get("/api/users/profile").by(&person).header("origin", "https://evil.example").send().await.expect(200);
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{:?}", answer.headers);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
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
async fn too_many_registrations_from_one_address_wait() {
    let app = App::with_limits().await;
    for _ in 0..5 {
        register(&app, &registration()).await.expect(202);
    }
    let refused = register(&app, &registration()).await;
    refused.problem(429, "too_many_requests");
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 60), "{:?}", refused.headers);
    app.finish().await;
}
