//! Forms that do not come from our pages, or lead away from them.

use crate::{
    browser::Browser,
    harness::{App, ORIGIN},
    html::{check_headers, hidden, says},
    people::PASSWORD,
};
use axum::http::Method;
use serde_json::json;

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let app = App::start().await;
    let person = app.person().await;
    let mut browser = Browser::of(&app, &person).await;
    browser.open("/akun").await.expect(200);
    let form = || browser.form("/_fn/set_bank_account", &[("bank", "BCA"), ("number", "5271004821")]);
    let refused: [&[(&str, &str)]; 8] = [
        &[],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", ORIGIN)],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", &app.base)],
        &[("referer", "http://localhost:3000/akun")],
    ];
    for headers in refused {
        let call = headers
            .iter()
            .fold(form(), |call, (name, value)| call.header(name, value));
        let answer = call.send().await;
        assert_eq!(answer.status, 403, "{headers:?}: {}", answer.text());
        check_headers("/_fn/set_bank_account", &answer);
    }
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let call = browser
            .with_cookies(app.call(method, "/akun"))
            .header("sec-fetch-site", "cross-site");
        assert_eq!(call.send().await.status, 403);
    }
    for path in ["/_fn/passkeys/register/start", "/_fn/upload/ktp", "/_fn/sign_out"] {
        assert_eq!(browser.with_cookies(app.post(path)).send().await.status, 403, "{path}");
    }
    assert_eq!(app.count("select count(*) from users.bank_account").await, 0);
    for headers in [[("sec-fetch-site", "same-origin")], [("origin", ORIGIN)]] {
        let call = headers
            .iter()
            .fold(form(), |call, (name, value)| call.header(name, value));
        assert!(call.send().await.expect(303).header("location").starts_with("/akun"));
    }
    assert_eq!(app.count("select count(*) from users.bank_account").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn a_form_without_the_sessions_token_does_nothing_and_says_so() {
    let app = App::start().await;
    let (person, other) = (app.person().await, app.person().await);
    let mut theirs = Browser::of(&app, &other).await;
    theirs.open("/akun").await.expect(200);
    let mut browser = Browser::of(&app, &person).await;
    browser.open("/akun").await.expect(200);
    for token in ["", "wrong", theirs.csrf()] {
        let fields = [
            ("page", "/akun"),
            ("csrf", token),
            ("bank", "BCA"),
            ("number", "5271004821"),
        ];
        let call = browser
            .with_cookies(app.post("/_fn/set_bank_account"))
            .header("sec-fetch-site", "same-origin");
        let answer = call.form(&fields).send().await.expect(303);
        assert_eq!(answer.header("location"), "/akun");
        browser.take_cookies(&answer);
        says(
            browser.open("/akun").await.expect(200),
            "Halaman ini sudah lama terbuka. Kirim sekali lagi.",
        );
    }
    let call = browser
        .with_cookies(app.post("/_fn/passkeys/register/start"))
        .header("sec-fetch-site", "same-origin");
    assert_eq!(call.header("x-csrf", theirs.csrf()).send().await.status, 403);
    let call = browser
        .with_cookies(app.post("/_fn/passkeys/register/start"))
        .header("sec-fetch-site", "same-origin");
    let options = call.header("x-csrf", browser.csrf()).send().await.expect(200).json();
    assert!(
        options["ceremony"].is_string() && options["options"]["challenge"].is_string(),
        "{options}"
    );
    assert_eq!(app.count("select count(*) from users.bank_account").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn forms_have_their_kind_and_size() {
    let app = App::start().await;
    let post = |path: &str| app.post(path).header("sec-fetch-site", "same-origin");
    post("/_fn/sign_in")
        .json(&json!({"identifier": "a"}))
        .send()
        .await
        .expect(415);
    let long = post("/_fn/sign_in")
        .header("referer", &format!("{}/masuk?lanjut=/akun", crate::harness::ORIGIN))
        .form(&[("identifier", &"x".repeat(2 * 1024 * 1024)[..])])
        .send()
        .await
        .expect(303);
    assert_eq!(long.header("location"), "/masuk?lanjut=/akun");
    let mut browser = Browser::new(&app);
    browser.take_cookies(&long);
    says(
        browser.open("/masuk?lanjut=/akun").await.expect(200),
        "Isian terlalu panjang",
    );
    // A page of others is not a place to go back to.
    let lost = post("/_fn/sign_in")
        .header("referer", "https://evil.example/masuk")
        .form(&[("identifier", &"x".repeat(65 * 1024)[..])])
        .send()
        .await
        .expect(303);
    assert_eq!(lost.header("location"), "/");
    post("/_fn/tidak_ada").form(&[("a", "b")]).send().await.expect(404);
    for body in ["%", "%ff=%ff", "a=1&a=2", "", "=&=&="] {
        let answer = post("/_fn/sign_in")
            .body("application/x-www-form-urlencoded", body)
            .send()
            .await;
        assert_eq!(answer.status, 303, "{body:?}: {}", answer.text());
    }
    let get = app.get("/_fn/sign_in").send().await;
    assert!(
        get.status == 404 || get.status == 405,
        "a form is never sent by GET: {}",
        get.status
    );
    app.finish().await;
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let app = App::start().await;
    let person = app.person().await;
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nset-cookie: x=1",
        "/\t/evil.example",
    ] {
        let mut browser = Browser::new(&app);
        browser
            .cookies
            .insert("__Host-device".into(), person.device_token.clone());
        browser.open("/masuk").await.expect(200);
        let fields = [
            ("identifier", person.email.as_str()),
            ("password", PASSWORD),
            ("next", next),
        ];
        assert_eq!(
            browser
                .submit("/_fn/sign_in", &fields)
                .await
                .expect(303)
                .header("location"),
            "/beranda",
            "{next:?}"
        );
        let fields = [
            ("page", next),
            ("identifier", person.email.as_str()),
            ("password", "wrong"),
        ];
        let answer = app
            .post("/_fn/sign_in")
            .header("sec-fetch-site", "same-origin")
            .form(&fields)
            .send()
            .await
            .expect(303);
        assert_eq!(answer.header("location"), "/", "{next:?}");
        app.wait(2_000);
    }
    let html = app
        .get("/masuk?lanjut=https://evil.example/%22%3E%3Cscript%3E")
        .send()
        .await
        .expect(200)
        .text();
    assert_eq!(hidden(&html, "next"), "");
    assert!(
        !html.contains("=\"https://evil.example") && !html.contains("<script>"),
        "{html}"
    );
    app.finish().await;
}
