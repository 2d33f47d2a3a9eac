//! The calls of the passkey module: JSON from our own pages, and problems when something is wrong with it. The
//! ceremonies themselves are tested below the routes and in a browser.

use crate::{
    browser::Browser,
    harness::{App, fault, nobodys_id},
    html::check_headers,
};
use serde_json::json;

const FINISH: &str = "/_fn/passkeys/sign-in/finish";

#[tokio::test]
async fn a_body_that_is_not_what_was_asked_for_is_a_problem_with_its_field() {
    let app = App::start().await;
    let send = |body: serde_json::Value| {
        app.post(FINISH)
            .header("sec-fetch-site", "same-origin")
            .json(&body)
            .send()
    };
    let id = nobodys_id();
    for (body, field, code) in [
        (json!({"credential": {}}), "ceremony", "required"),
        (json!({"ceremony": id}), "credential", "required"),
        (json!({"ceremony": "x", "credential": {}}), "ceremony", "invalid"),
        (json!({"ceremony": id, "credential": {}, "next": 1}), "next", "invalid"),
        (json!({"ceremony": id, "credential": {}, "more": 1}), "more", "unknown"),
    ] {
        let answer = send(body).await;
        assert_eq!(answer.fault(400, "malformed"), fault(field, code));
        check_headers(FINISH, &answer);
    }
    let post = || app.post(FINISH).header("sec-fetch-site", "same-origin");
    post()
        .body("application/json", "{")
        .send()
        .await
        .problem(400, "malformed");
    post()
        .body("text/plain", "{}")
        .send()
        .await
        .problem(415, "unsupported_media_type");
    post()
        .body("application/json", " ".repeat(65 * 1024))
        .send()
        .await
        .problem(413, "too_large");
    let unknown = json!({"ceremony": id, "credential": {"id": "a"}, "next": "/beranda"});
    send(unknown).await.problem(422, "passkey_unknown");
    app.finish().await;
}

#[tokio::test]
async fn a_passkey_is_made_only_from_a_page_of_the_session() {
    let app = App::start().await;
    let person = app.person().await;
    let mut browser = Browser::of(&app, &person).await;
    browser.open("/akun").await.expect(200);
    for step in ["start", "finish"] {
        let path = format!("/_fn/passkeys/register/{step}");
        let body = json!({"ceremony": nobodys_id(), "credential": {}});
        let call = browser
            .with_cookies(app.post(&path))
            .header("sec-fetch-site", "same-origin");
        call.header("x-csrf", "wrong")
            .json(&body)
            .send()
            .await
            .problem(403, "forbidden");
        // Another site is refused before anybody reads what it sends.
        let foreign = browser
            .with_cookies(app.post(&path))
            .header("sec-fetch-site", "cross-site");
        foreign.json(&body).send().await.problem(403, "malformed");
    }
    app.finish().await;
}
