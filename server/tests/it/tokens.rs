//! Tokens: how long they live, when they die, and everything that only looks like one.

use crate::{
    auth::{TOKENS, profile},
    harness::{Answer, App, members, nobodys_id},
    people::Person,
};
use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

async fn refresh(app: &App, token: &str) -> Answer {
    app.post("/api/auth/refresh")
        .json(&json!({"refresh_token": token}))
        .send()
        .await
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
    refresh(&app, &person.refresh_token)
        .await
        .problem(401, "unauthenticated");
    refresh(&app, &token(&second, "refresh_token"))
        .await
        .problem(401, "unauthenticated");
    for tokens in [&first, &again, &second] {
        profile(&app, &token(tokens, "access_token"))
            .await
            .problem(401, "unauthenticated");
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
    refresh(&app, &person.refresh_token)
        .await
        .problem(401, "unauthenticated");
    profile(&app, next["access_token"].as_str().expect("a token"))
        .await
        .problem(401, "unauthenticated");
    app.finish().await;
}

#[tokio::test]
async fn logging_out_ends_both_tokens_at_once() {
    let app = App::start().await;
    let (person, other) = (app.person().await, app.person().await);
    let answer = app.post("/api/auth/logout").by(&person).send().await.expect(204);
    assert!(answer.bytes.is_empty());
    profile(&app, &person.access_token)
        .await
        .problem(401, "unauthenticated");
    refresh(&app, &person.refresh_token)
        .await
        .problem(401, "unauthenticated");
    app.post("/api/auth/logout")
        .by(&person)
        .send()
        .await
        .problem(401, "unauthenticated");
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
    profile(&app, &person.access_token)
        .await
        .problem(401, "unauthenticated");
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
    assert_eq!(
        (header["alg"].as_str(), header["typ"].as_str()),
        (Some("EdDSA"), Some("at+jwt"))
    );
    assert!(
        members(&claims)
            .iter()
            .all(|name| ["acr", "aud", "exp", "iat", "iss", "jti", "sid", "sub", "ver"].contains(name))
    );
    let text = claims.to_string();
    assert!(
        !text.contains(&person.phone) && !text.contains(&person.email) && !text.contains(&person.nik),
        "{text}"
    );

    let changed = |value: &Value, name: &str, new: Value| {
        let mut value = value.clone();
        value[name] = new;
        value
    };
    let mut forged = vec![
        String::new(),
        "x".into(),
        "a.b.c".into(),
        "..".into(),
        person.refresh_token.clone(),
    ];
    for alg in ["none", "None", "HS256", "RS256", "ES256", ""] {
        let header = changed(&header, "alg", json!(alg));
        forged.extend([
            put_together(&header, &claims, ""),
            put_together(&header, &claims, &signature),
        ]);
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
    let mut mac =
        Hmac::<sha2::Sha256>::new_from_slice(header["kid"].as_str().expect("a name").as_bytes()).expect("any length");
    mac.update(signed.trim_end_matches('.').as_bytes());
    forged.push(format!(
        "{signed}{}",
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    ));
    forged.push(put_together(
        &header,
        &changed(&claims, "acr", json!("x".repeat(3_000))),
        &signature,
    ));
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
    let more = [
        ("PUT", "/api/notifications/preferences"),
        ("POST", "/api/notifications/push"),
    ];
    for (method, path) in GUARDED.into_iter().chain(more) {
        let path = path.replace("{id}", &nobodys_id());
        let method: Method = method.parse().expect("a method");
        let answer = app
            .call(method.clone(), &path)
            .key("key-of-a-stranger-1")
            .json(&json!({}))
            .send()
            .await;
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
        let answer = browser
            .with_cookies(app.get(path))
            .header("x-csrf", browser.csrf())
            .send()
            .await;
        answer.problem(401, "unauthenticated");
        assert!(answer.header("set-cookie").is_empty());
    }
    app.finish().await;
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once() {
    let app = App::start().await;
    let person = app.person().await;
    let mut browser = crate::browser::Browser::of(&app, &person).await;
    browser.open("/akun").await.expect(200);
    sqlx::query("update auth.account set disabled_at = now()")
        .execute(&app.world.owner)
        .await
        .expect("disabled");
    profile(&app, &person.access_token)
        .await
        .problem(401, "unauthenticated");
    refresh(&app, &person.refresh_token)
        .await
        .problem(401, "unauthenticated");
    browser.open("/akun").await.expect(303);
    app.finish().await;
}
