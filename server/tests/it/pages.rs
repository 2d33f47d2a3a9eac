//! Pages and forms as a browser without JavaScript meets them, and what keeps other sites and other people out.

use crate::{
    browser::{Browser, between},
    harness::{Answer, App, ORIGIN, nobodys_id},
    people::{PASSWORD, Person, photo, registration},
};
use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Role;
use serde_json::{Value, json};
use std::{collections::HashSet, sync::atomic::Ordering};

/// Pages that anybody may open.
const OPEN: [&str; 9] =
    ["/", "/daftar", "/masuk", "/lupa-sandi", "/simulasi", "/biaya", "/privasi", "/bantuan", "/petugas/masuk"];

/// Pages of a borrower, but for those about one application, loan or payment.
const BORROWERS: [&str; 9] = [
    "/daftar/ktp", "/daftar/selfie", "/daftar/selesai", "/beranda", "/ajukan", "/pinjaman", "/notifikasi", "/akun",
    "/akun/konfirmasi?lanjut=/akun",
];

/// The nonce of a page's policy.
#[track_caller]
fn nonce(page: &Answer) -> String {
    let policy = page.header("content-security-policy");
    between(policy, "script-src 'nonce-", "'").unwrap_or_else(|| panic!("no nonce: {policy}")).to_owned()
}

/// Everything security.md 4.4 wants of an HTML answer: headers, policy, and nothing in the document that the policy
/// would have to forbid.
#[track_caller]
fn check_page(path: &str, page: &Answer) {
    assert!(page.header("content-type").starts_with("text/html"), "{path}: {}", page.header("content-type"));
    check_headers(path, page);
    assert_eq!(page.header("cache-control"), "no-store", "{path}");
    let nonce = nonce(page);
    assert!(nonce.len() >= 22, "{path}: {nonce}");
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'; ", "'strict-dynamic'", "script-src-attr 'none'", "style-src-attr 'none'", "frame-ancestors 'none'",
        "base-uri 'none'", "form-action 'self'", "object-src 'none'", "require-trusted-types-for 'script'", "report-uri /csp-report",
    ] {
        assert!(policy.contains(part), "{path}: {part} is not in {policy}");
    }
    assert!(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval' ") && !policy.contains("http:"), "{policy}");

    let html = page.text();
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("lang=\"id\""), "{path}: {}", &html[..html.len().min(200)]);
    assert_eq!(html.matches("<main").count(), 1, "{path}");
    for forbidden in [" style=", "<style", "javascript:", "<iframe", "<object", "<embed", "<base"] {
        assert!(!html.contains(forbidden), "{path}: {forbidden}");
    }
    let handler = html.match_indices(" on").find(|(at, _)| {
        let rest = html[at + 3..].trim_start_matches(|c: char| c.is_ascii_lowercase());
        rest.len() < html.len() - at - 3 && rest.starts_with("=\"")
    });
    assert!(handler.is_none(), "{path}: an event handler at {handler:?}");
    for script in html.split("<script").skip(1) {
        let (tag, body) = script.split_once('>').expect("a tag ends");
        let body = body.split("</script>").next().expect("a script ends");
        assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{path}: <script{tag}>");
        assert!(body.is_empty() == tag.contains(" src=") && says_nothing(body), "{path}: <script{tag}>{body}");
    }
    let signed_in = html.contains("<meta name=\"csrf\"");
    for form in html.split("<form").skip(1) {
        let form = form.split("</form>").next().expect("a form");
        if form.contains("method=\"post\"") {
            assert!(form.contains("name=\"page\""), "{path}: <form{form}");
            assert_eq!(form.contains("name=\"csrf\""), signed_in, "{path}: <form{form}");
        }
    }
}

/// Nothing, or the empty lists that the islands look for; never data.
fn says_nothing(script: &str) -> bool {
    let lists = ["__RESOLVED_RESOURCES", "__SERIALIZED_ERRORS", "__PENDING_RESOURCES", "__RESOURCE_RESOLVERS", "__INCOMPLETE_CHUNKS"];
    lists.iter().fold(script.to_owned(), |rest, list| rest.replace(&format!("{list}=[];"), "")).is_empty()
}

/// The headers of every answer.
#[track_caller]
fn check_headers(path: &str, answer: &Answer) {
    for (name, value) in [
        ("strict-transport-security", "max-age=63072000; includeSubDomains; preload"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "same-origin"),
        ("reporting-endpoints", "csp=\"/csp-report\""),
    ] {
        assert_eq!(answer.header(name), value, "{path}: {name}");
    }
    assert!(answer.header("permissions-policy").contains("camera=(self)"), "{path}");
    assert!(!answer.header("content-security-policy").is_empty(), "{path}");
    assert!(!answer.header("x-request-id").is_empty(), "{path}");
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{path}");
    assert!(!answer.headers.contains_key("server") && !answer.headers.contains_key("x-powered-by"), "{path}");
}

#[tokio::test]
async fn a_stranger_reads_the_open_pages_and_is_asked_to_sign_in_for_the_others() {
    let app = App::start().await;
    let mut nonces = HashSet::new();
    for path in OPEN.into_iter().chain(["/simulasi?amount=3000000&tenor_months=6", "/masuk?habis=1&lanjut=/akun", "/simulasi?amount=x"]) {
        let page = app.get(path).send().await.expect(200);
        check_page(path, &page);
        assert!(nonces.insert(nonce(&page)), "{path}: a nonce came twice");
        assert!(page.header("set-cookie").is_empty(), "{path}");
    }
    let id = nobodys_id();
    let more = [
        format!("/pengajuan/{id}"), format!("/pinjaman/{id}"), format!("/pinjaman/{id}/perjanjian"), format!("/bayar/{id}"),
        format!("/pengajuan/{id}/status"), format!("/bayar/{id}/status?kode={id}"), "/ajukan/rincian".to_owned(),
    ];
    for path in BORROWERS.into_iter().map(str::to_owned).chain(more) {
        let answer = app.get(&path).send().await.expect(303);
        let wanted = format!("/masuk?lanjut={}", path.replace('?', "%3F").replace('=', "%3D"));
        assert_eq!(answer.header("location"), wanted);
        check_headers(&path, &answer);
    }
    for path in ["/petugas".to_owned(), format!("/petugas/pengajuan/{id}"), format!("/petugas/identitas/{id}"), format!("/petugas/dokumen/{id}")] {
        let answer = app.get(&path).send().await.expect(303);
        assert_eq!(answer.header("location"), format!("/petugas/masuk?lanjut={path}"));
    }
    app.finish().await;
}

#[tokio::test]
async fn what_is_not_there_is_a_page_too() {
    let app = App::start().await;
    for path in ["/tidak-ada", "/pinjaman-palsu", "/_fn/register", "/.env", "/../etc/passwd", "/daftar/kode", &format!("/daftar/kode?kode={}", nobodys_id())] {
        let page = app.get(path).send().await;
        assert!(page.status == 404 || page.status == 405, "{path}: {}", page.status);
        check_headers(path, &page);
    }
    check_page("/tidak-ada", &app.get("/tidak-ada").send().await.expect(404));
    check_page("/daftar/kode", &app.get("/daftar/kode").send().await.expect(404));
    app.finish().await;
}

#[tokio::test]
async fn every_page_of_a_borrower_answers_before_papers_and_with_a_running_loan() {
    let app = App::start().await;
    let newcomer = app.person().await;
    let mut browser = Browser::of(&app, &newcomer).await;
    for path in BORROWERS {
        let page = browser.open(path).await;
        if page.status != 303 {
            check_page(path, &page.expect(200));
        }
    }
    let (person, loan) = app.with_loan().await;
    let payment = json!({"loan_id": loan, "purpose": "instalment", "method": "qris"});
    let payment = app.post("/api/payments").by(&person).key("key-of-this-payment-1").json(&payment).send().await.expect(201).json();
    let terms = json!({"amount": 1_000_000, "tenor_months": 6});
    let quote = app.post("/api/loans/quotes").by(&person).key("key-of-this-quote-001").json(&terms).send().await.expect(201).json();
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    let more = [
        format!("/pengajuan/{loan}"),
        format!("/pinjaman/{loan}"),
        format!("/pinjaman/{loan}/perjanjian"),
        format!("/bayar/{loan}"),
        format!("/bayar/{loan}?untuk=lunas"),
        format!("/bayar/{loan}?kode={}", id(&payment)),
        format!("/ajukan/rincian?q={}&tujuan=household", id(&quote)),
        "/ajukan?amount=1000000&tenor_months=6".to_owned(),
    ];
    let mut browser = Browser::of(&app, &person).await;
    for path in BORROWERS.into_iter().map(str::to_owned).chain(more) {
        let page = browser.open(&path).await;
        if page.status != 303 {
            check_page(&path, &page.expect(200));
        }
    }
    for path in OPEN.into_iter().filter(|path| !["/", "/masuk", "/daftar"].contains(path)) {
        check_page(path, &browser.open(path).await.expect(200));
    }
    let status = browser.open(&format!("/bayar/{loan}/status?kode={}", id(&payment))).await.expect(200).json();
    assert_eq!(status, json!({"status": "pending"}));
    let status = browser.open(&format!("/pengajuan/{loan}/status")).await.expect(200).json();
    assert_eq!(status, json!({"status": "active", "words": "Berjalan"}));
    let calendar = browser.open(&format!("/pengajuan/{loan}/kalender.ics")).await.expect(200);
    assert!(calendar.header("content-type").starts_with("text/calendar"));
    assert_eq!(calendar.text().matches("BEGIN:VEVENT").count(), 6);
    assert!(!calendar.text().contains("544"), "no amounts in a calendar that is shared");
    app.finish().await;
}

#[tokio::test]
async fn another_persons_loan_is_a_page_that_is_not_there() {
    let app = App::start().await;
    let (_, loan) = app.with_loan().await;
    let other = app.verified().await;
    let mut browser = Browser::of(&app, &other).await;
    for page in ["/pengajuan/{id}", "/pinjaman/{id}", "/pinjaman/{id}/perjanjian", "/bayar/{id}"] {
        let mut seen = Vec::new();
        for id in [loan.clone(), nobodys_id()] {
            let path = page.replace("{id}", &id);
            let answer = browser.open(&path).await.expect(404);
            check_page(&path, &answer);
            let nonce = nonce(&answer);
            seen.push(answer.text().replace(&nonce, "nonce").replace(&id, "id"));
        }
        assert_eq!(seen[0], seen[1], "{page}");
        browser.open(&page.replace("{id}", "x")).await.expect(404);
    }
    for path in ["/pengajuan/{id}/status", "/pengajuan/{id}/kalender.ics"] {
        browser.open(&path.replace("{id}", &loan)).await.expect(404);
    }
    app.finish().await;
}

#[tokio::test]
async fn pages_open_to_those_they_are_for() {
    let app = App::start().await;
    let person = app.person().await;
    let mut borrower = Browser::of(&app, &person).await;
    for path in ["/", "/masuk", "/daftar"] {
        assert_eq!(borrower.open(path).await.expect(303).header("location"), "/beranda");
    }
    assert_eq!(borrower.open("/petugas").await.expect(303).header("location"), "/petugas/masuk?lanjut=/petugas");

    let id = nobodys_id();
    let (review, identity) = (format!("/petugas/pengajuan/{id}"), format!("/petugas/identitas/{id}"));
    for (role, reviews, identities) in [
        (Role::Support, false, true),
        (Role::Analyst, true, true),
        (Role::Approver, true, true),
        (Role::Collector, false, false),
        (Role::Auditor, false, false),
        (Role::Superadmin, false, false),
    ] {
        let mut staff = Browser::of_staff(&app, role).await;
        for (path, may) in [(&review, reviews), (&identity, identities)] {
            let expected = if may { 404 } else { 403 };
            assert_eq!(staff.open(path).await.status, expected, "{role:?} {path}");
        }
        check_page("/petugas", &staff.open("/petugas").await.expect(200));
        // Staff are nobody among borrowers, even with the secret under the other name.
        assert_eq!(staff.open("/beranda").await.expect(303).header("location"), "/masuk?lanjut=/beranda");
        let secret = staff.cookies.remove("__Host-asid").expect("a session");
        staff.cookies.insert("__Host-sid".into(), secret);
        assert_eq!(staff.open("/beranda").await.status, 303);
    }
    let secret = borrower.cookies.remove("__Host-sid").expect("a session");
    borrower.cookies.insert("__Host-asid".into(), secret);
    assert_eq!(borrower.open("/petugas").await.status, 303);
    app.finish().await;
}

#[tokio::test]
async fn pages_know_no_bearer_tokens() {
    let app = App::start().await;
    let person = app.person().await;
    let answer = app.get("/beranda").by(&person).send().await.expect(303);
    assert_eq!(answer.header("location"), "/masuk?lanjut=/beranda");
    let form = [("bank", "BCA"), ("number", "5271004821"), ("page", "/akun")];
    let answer = app.post("/_fn/set_bank_account").by(&person).header("sec-fetch-site", "same-origin").form(&form).send().await;
    assert_eq!(answer.expect(303).header("location"), "/masuk?lanjut=/akun");
    assert_eq!(app.count("select count(*) from users.bank_account").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_person_registers_with_forms_alone() {
    let app = App::start().await;
    let body = registration();
    let field = |name: &str| body[name].as_str().expect("a text").to_owned();
    let mut browser = Browser::new(&app);
    browser.open("/daftar").await.expect(200);
    let fields = [
        ("full_name", field("full_name")), ("nik", field("nik")), ("phone", field("phone")), ("email", field("email")),
        ("password", PASSWORD.to_owned()), ("terms", "on".into()), ("privacy", "on".into()),
    ];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let sent = browser.submit("/_fn/register", &fields).await.expect(303);
    let to = sent.header("location").to_owned();
    let challenge = to.strip_prefix("/daftar/kode?kode=").unwrap_or_else(|| panic!("{to}")).to_owned();
    app.world.run_jobs().await;
    let page = browser.open(&to).await.expect(200);
    check_page(&to, &page);
    assert!(!page.text().contains(&field("phone")), "the number is masked");
    let wrong = browser.submit("/_fn/verify_code", &[("challenge", &challenge), ("code", "12345")]).await.expect(303);
    assert_eq!(wrong.header("location"), to);
    assert!(browser.open(&to).await.expect(200).text().contains("Kode tidak cocok"));
    let code = app.code(&field("phone"));
    let done = browser.submit("/_fn/verify_code", &[("challenge", &challenge), ("code", &code)]).await.expect(303);
    assert_eq!(done.header("location"), "/daftar/ktp");
    assert!(browser.cookies.contains_key("__Host-sid") && browser.cookies.contains_key("__Host-device"));

    for (kind, next) in [("ktp", "/daftar/selfie"), ("selfie", "/daftar/selesai")] {
        let page = format!("/daftar/{kind}");
        browser.open(&page).await.expect(200);
        let answer = upload(&app, &browser, kind, photo(3), browser.csrf()).await.expect(303);
        browser.take_cookies(&answer);
        assert_eq!(answer.header("location"), next);
    }
    check_page("/daftar/selesai", &browser.open("/daftar/selesai").await.expect(200));
    assert_eq!(app.count("select count(*) from documents.document").await, 2);
    app.finish().await;
}

/// The photo form, as a browser sends it.
async fn upload(app: &App, browser: &Browser<'_>, kind: &str, photo: Vec<u8>, csrf: &str) -> Answer {
    let empty = reqwest::multipart::Part::bytes(Vec::new()).file_name("");
    let file = reqwest::multipart::Part::bytes(photo).file_name("../../foto.png");
    let form = reqwest::multipart::Form::new()
        .text("page", browser.page.clone())
        .text("csrf", csrf.to_owned())
        .part("file", empty)
        .part("file", file);
    let call = browser.with_cookies(app.post(&format!("/_fn/upload/{kind}"))).header("sec-fetch-site", "same-origin");
    call.multipart(form).send().await
}

#[tokio::test]
async fn a_bad_upload_comes_back_to_its_page_in_words() {
    let app = App::start().await;
    let person = app.person().await;
    let mut browser = Browser::of(&app, &person).await;
    browser.open("/daftar/ktp").await.expect(200);
    for (file, words) in [
        (crate::people::blurred(), "buram"),
        (Vec::new(), "Ambil atau pilih satu foto dulu."),
        (b"not a picture".to_vec(), "Format belum didukung"),
        (vec![0; domain::documents::MAX_FILE_BYTES + 1], "10 MB"),
    ] {
        let answer = upload(&app, &browser, "ktp", file, browser.csrf()).await.expect(303);
        assert_eq!(answer.header("location"), "/daftar/ktp");
        browser.take_cookies(&answer);
        let page = browser.open("/daftar/ktp").await.expect(200);
        assert!(page.text().contains(words), "{words}");
    }
    let answer = upload(&app, &browser, "ktp", photo(1), "wrong").await.expect(303);
    browser.take_cookies(&answer);
    assert!(browser.open("/daftar/ktp").await.text().contains("Kirim sekali lagi"));
    let broken = browser.with_cookies(app.post("/_fn/upload/ktp")).header("sec-fetch-site", "same-origin");
    let broken = broken.body("multipart/form-data", "no boundary").send().await;
    assert!(broken.status < 500, "{}", broken.status);
    assert_eq!(app.count("select count(*) from documents.document").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_comes_back_keeps_what_was_typed_but_no_password() {
    let app = App::start().await;
    let mut browser = Browser::new(&app);
    browser.open("/daftar").await.expect(200);
    let typed = [
        ("full_name", "Sari <b>Wulandari</b>"), ("nik", "123"), ("phone", "0812"), ("email", "sari@contoh.id"), ("password", "kata sandi rahasia 42"),
    ];
    let answer = browser.submit("/_fn/register", &typed).await.expect(303);
    assert_eq!(answer.header("location"), "/daftar", "nothing personal in the address");
    let line = answer.header("set-cookie").to_owned();
    assert!(line.contains("__Host-flash=") && line.contains("Max-Age=120"), "{line}");
    let sealed = browser.cookies.get("__Host-flash").expect("the flash").clone();
    let bytes = URL_SAFE_NO_PAD.decode(&sealed).expect("base64url");
    assert!(!bytes.windows(4).any(|part| part == b"Sari"), "sealed");
    let opened = app.world.services.core.vault.open_cookie("flash", &bytes).expect("ours");
    let opened = String::from_utf8(opened).expect("text");
    assert!(opened.contains("sari@contoh.id") && !opened.contains("rahasia"), "{opened}");

    let page = browser.open("/daftar").await.expect(200);
    check_page("/daftar", &page);
    let html = page.text();
    assert!(html.contains("value=\"sari@contoh.id\"") && html.contains("Tulis NIK 16 angka dari KTP."), "{html}");
    assert!(!html.contains("rahasia") && !html.contains("<b>Wulandari"), "{html}");
    assert!(html.contains("Setujui dulu syarat dan ketentuan."));
    // Read once.
    assert!(!browser.cookies.contains_key("__Host-flash"));
    assert!(!browser.open("/daftar").await.expect(200).text().contains("sari@contoh.id"));
    // A forged or foreign one is nothing.
    browser.cookies.insert("__Host-flash".into(), URL_SAFE_NO_PAD.encode(b"{\"path\":\"/daftar\",\"notice\":\"Kirim uang\"}"));
    assert!(!browser.open("/daftar").await.expect(200).text().contains("Kirim uang"));
    browser.cookies.insert("__Host-flash".into(), sealed);
    assert!(!browser.open("/masuk").await.expect(200).text().contains("sari@contoh.id"));
    app.finish().await;
}

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
        let call = headers.iter().fold(form(), |call, (name, value)| call.header(name, value));
        let answer = call.send().await;
        assert_eq!(answer.status, 403, "{headers:?}: {}", answer.text());
        check_headers("/_fn/set_bank_account", &answer);
    }
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let call = browser.with_cookies(app.call(method, "/akun")).header("sec-fetch-site", "cross-site");
        assert_eq!(call.send().await.status, 403);
    }
    for path in ["/_fn/passkeys/register/start", "/_fn/upload/ktp", "/_fn/sign_out"] {
        assert_eq!(browser.with_cookies(app.post(path)).send().await.status, 403, "{path}");
    }
    assert_eq!(app.count("select count(*) from users.bank_account").await, 0);
    for headers in [[("sec-fetch-site", "same-origin")], [("origin", ORIGIN)]] {
        let call = headers.iter().fold(form(), |call, (name, value)| call.header(name, value));
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
        let fields = [("page", "/akun"), ("csrf", token), ("bank", "BCA"), ("number", "5271004821")];
        let call = browser.with_cookies(app.post("/_fn/set_bank_account")).header("sec-fetch-site", "same-origin");
        let answer = call.form(&fields).send().await.expect(303);
        assert_eq!(answer.header("location"), "/akun");
        browser.take_cookies(&answer);
        let page = browser.open("/akun").await.expect(200).text();
        assert!(page.contains("Halaman ini sudah lama terbuka. Kirim sekali lagi."), "{token:?}");
    }
    let call = browser.with_cookies(app.post("/_fn/passkeys/register/start")).header("sec-fetch-site", "same-origin");
    assert_eq!(call.header("x-csrf", theirs.csrf()).send().await.status, 403);
    let call = browser.with_cookies(app.post("/_fn/passkeys/register/start")).header("sec-fetch-site", "same-origin");
    let options = call.header("x-csrf", browser.csrf()).send().await.expect(200).json();
    assert!(options["ceremony"].is_string() && options["options"]["publicKey"]["challenge"].is_string(), "{options}");
    assert_eq!(app.count("select count(*) from users.bank_account").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn forms_have_their_kind_and_size() {
    let app = App::start().await;
    let post = |path: &str| app.post(path).header("sec-fetch-site", "same-origin");
    post("/_fn/sign_in").json(&json!({"identifier": "a"})).send().await.expect(415);
    post("/_fn/sign_in").form(&[("identifier", &"x".repeat(65 * 1024)[..])]).send().await.expect(413);
    post("/_fn/tidak_ada").form(&[("a", "b")]).send().await.expect(404);
    for body in ["%", "%ff=%ff", "a=1&a=2", "", "=&=&="] {
        let answer = post("/_fn/sign_in").body("application/x-www-form-urlencoded", body).send().await;
        assert_eq!(answer.status, 303, "{body:?}: {}", answer.text());
    }
    let get = app.get("/_fn/sign_in").send().await;
    assert!(get.status == 404 || get.status == 405, "a form is never sent by GET: {}", get.status);
    app.finish().await;
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let app = App::start().await;
    let person = app.person().await;
    for next in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nset-cookie: x=1", "/\t/evil.example"] {
        let mut browser = Browser::new(&app);
        browser.cookies.insert("__Host-device".into(), person.device_token.clone());
        browser.open("/masuk").await.expect(200);
        let fields = [("identifier", person.email.as_str()), ("password", PASSWORD), ("next", next)];
        assert_eq!(browser.submit("/_fn/sign_in", &fields).await.expect(303).header("location"), "/beranda", "{next:?}");
        let fields = [("page", next), ("identifier", person.email.as_str()), ("password", "wrong")];
        let answer = app.post("/_fn/sign_in").header("sec-fetch-site", "same-origin").form(&fields).send().await.expect(303);
        assert_eq!(answer.header("location"), "/", "{next:?}");
        app.wait(2_000);
    }
    let html = app.get("/masuk?lanjut=https://evil.example/%22%3E%3Cscript%3E").send().await.expect(200).text();
    assert!(!html.contains("evil.example"), "{html}");
    app.finish().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_and_clears_the_browser() {
    let app = App::start().await;
    let person = app.person().await;
    let mut browser = Browser::of(&app, &person).await;
    let first = browser.cookies["__Host-sid"].clone();
    browser.open("/akun").await.expect(200);
    let answer = browser.submit("/_fn/sign_out", &[]).await.expect(303);
    assert_eq!(answer.header("location"), "/masuk");
    assert!(answer.header("clear-site-data").contains("\"cache\"") && answer.header("clear-site-data").contains("\"storage\""));
    assert!(!browser.cookies.contains_key("__Host-sid"));
    browser.cookies.insert("__Host-sid".into(), first.clone());
    let answer = browser.open("/akun").await.expect(303);
    assert_eq!(answer.header("location"), "/masuk?habis=1&lanjut=/akun");

    // Each sign-in has its own secret; after a quarter of an hour without a request it is over.
    let mut browser = Browser::of(&app, &person).await;
    assert_ne!(browser.cookies["__Host-sid"], first);
    app.wait(14 * 60);
    browser.open("/akun").await.expect(200);
    app.wait(14 * 60);
    browser.open("/akun").await.expect(200);
    app.wait(15 * 60 + 1);
    assert_eq!(browser.open("/akun").await.expect(303).header("location"), "/masuk?habis=1&lanjut=/akun");
    // The same cookie twice is a cookie tossed in from elsewhere.
    let browser = Browser::of(&app, &person).await;
    let twice = format!("__Host-sid={0}; __Host-sid={0}", browser.cookies["__Host-sid"]);
    app.get("/akun").header("cookie", &twice).send().await.expect(303);
    app.finish().await;
}

#[tokio::test]
async fn an_old_proof_of_identity_is_asked_for_again() {
    let app = App::start().await;
    let person = app.verified().await;
    let mut browser = Browser::of(&app, &person).await;
    browser.open("/akun").await.expect(200);
    let first = browser.cookies["__Host-sid"].clone();
    app.wait(301);
    let answer = browser.submit("/_fn/set_bank_account", &[("bank", "BNI"), ("number", "0123456789")]).await.expect(303);
    assert_eq!(answer.header("location"), "/akun/konfirmasi?lanjut=/akun");
    browser.open("/akun/konfirmasi?lanjut=/akun").await.expect(200);
    let wrong = browser.submit("/_fn/confirm_password", &[("password", "bukan itu"), ("next", "/akun")]).await.expect(303);
    assert!(wrong.header("location").starts_with("/akun/konfirmasi"));
    let answer = browser.submit("/_fn/confirm_password", &[("password", PASSWORD), ("next", "/akun")]).await.expect(303);
    assert_eq!(answer.header("location"), "/akun");
    assert_ne!(browser.cookies["__Host-sid"], first, "a new secret");
    browser.open("/akun").await.expect(200);
    let answer = browser.submit("/_fn/set_bank_account", &[("bank", "BNI"), ("number", "0123456789")]).await.expect(303);
    assert!(answer.header("location").starts_with("/akun?bagian=rekening"), "{}", answer.header("location"));
    browser.cookies.insert("__Host-sid".into(), first);
    browser.open("/akun").await.expect(303);
    app.finish().await;
}

/// A quote on the consent page and the application it becomes, with forms alone.
#[tokio::test]
async fn a_loan_is_applied_for_and_paid_with_forms_alone() {
    let app = App::start().await;
    let person = app.verified().await;
    let mut browser = Browser::of(&app, &person).await;
    let page = browser.open("/ajukan").await.expect(200).text();
    let key = hidden(&page, "key");
    let fields = [("amount", "3.000.000"), ("tenor_months", "6"), ("purpose", "household"), ("other_instalments", "0"), ("key", &key)];
    let to = browser.submit("/_fn/quote", &fields).await.expect(303).header("location").to_owned();
    assert!(to.starts_with("/ajukan/rincian?q="), "{to}");
    let page = browser.open(&to).await.expect(200);
    check_page(&to, &page);
    let page = page.text();
    let hidden_fields = ["quote_id", "disclosure_hash", "purpose", "key"].map(|name| (name, hidden(&page, name)));
    let mut fields: Vec<_> = hidden_fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let unticked = browser.submit("/_fn/apply", &fields).await.expect(303);
    assert_eq!(unticked.header("location"), to);
    assert!(browser.open(&to).await.expect(200).text().contains("Centang dulu pernyataan di atas."));
    fields.push(("accepted", "on"));
    let first = browser.submit("/_fn/apply", &fields).await.expect(303).header("location").to_owned();
    assert!(first.starts_with("/pengajuan/"), "{first}");
    assert_eq!(browser.submit("/_fn/apply", &fields).await.expect(303).header("location"), first, "twice is once");
    assert_eq!(app.count("select count(*) from loans.application").await, 1);
    check_page(&first, &browser.open(&first).await.expect(200));
    let cancelled = browser.submit("/_fn/cancel", &[("loan", first.trim_start_matches("/pengajuan/"))]).await.expect(303);
    assert_eq!(cancelled.header("location"), first);
    assert!(browser.open(&first).await.expect(200).text().contains("Dibatalkan"));

    let (debtor, loan) = app.with_loan().await;
    let mut browser = Browser::of(&app, &debtor).await;
    let page = browser.open(&format!("/bayar/{loan}")).await.expect(200).text();
    let fields = [("loan", loan.as_str()), ("purpose", "instalment"), ("method", "va_bca"), ("key", &hidden(&page, "key"))];
    let to = browser.submit("/_fn/pay", &fields).await.expect(303).header("location").to_owned();
    assert!(to.starts_with(&format!("/bayar/{loan}?kode=")), "{to}");
    check_page(&to, &browser.open(&to).await.expect(200));
    assert_eq!(browser.submit("/_fn/pay", &fields).await.expect(303).header("location"), to, "twice is once");
    app.finish().await;
}

/// The value of a hidden field of a page.
#[track_caller]
fn hidden(page: &str, name: &str) -> String {
    let value = between(page, &format!("name=\"{name}\" value=\""), "\"");
    value.unwrap_or_else(|| panic!("no {name} in the page")).to_owned()
}

#[tokio::test]
async fn an_officer_reviews_an_identity_and_sees_the_photo_closed_in() {
    let app = App::start().await;
    let person = app.person().await;
    for kind in ["ktp", "selfie"] {
        app.upload(&person, kind, photo(5)).await;
    }
    app.world.run_jobs().await;
    let mut analyst = Browser::of_staff(&app, Role::Analyst).await;
    let queue = analyst.open("/petugas?daftar=identitas").await.expect(200);
    check_page("/petugas", &queue);
    let path = format!("/petugas/identitas/{}", person.user_id);
    assert!(queue.text().contains(&path), "the identity waits in the queue");
    let page = analyst.open(&path).await.expect(200);
    check_page(&path, &page);
    let html = page.text();
    assert!(!html.contains(&person.nik) && !html.contains(&person.phone), "masked for staff too");
    let photo = format!("/petugas/dokumen/{}", between(&html, "/petugas/dokumen/", "\"").expect("a photo")).replace("&amp;", "&");
    let picture = analyst.open(&photo).await.expect(200);
    assert_eq!(picture.header("content-type"), "image/jpeg");
    assert_eq!(picture.header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(picture.header("cache-control"), "no-store");
    assert!(picture.header("content-disposition").starts_with("attachment; filename=\"dokumen-"));
    assert_eq!(picture.bytes[..3], [0xff, 0xd8, 0xff]);
    let reasonless = photo.split('?').next().expect("a path").to_owned();
    analyst.open(&reasonless).await.expect(400);
    let mut collector = Browser::of_staff(&app, Role::Collector).await;
    collector.open(&photo).await.expect(403);
    let mut owner = Browser::of(&app, &person).await;
    owner.open(&photo).await.expect(303);
    assert_eq!(app.count("select count(*) from documents.view").await, 1);

    analyst.open(&path).await.expect(200);
    let fields = [("user", person.user_id.to_string()), ("decision", "approve".to_owned())];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut support = Browser::of_staff(&app, Role::Support).await;
    support.open(&path).await.expect(200);
    let refused = support.submit("/_fn/petugas/decide_identity", &fields).await.expect(303);
    assert_eq!(refused.header("location"), path);
    assert_eq!(kyc(&app, &person).await, "in_review");
    analyst.submit("/_fn/petugas/decide_identity", &fields).await.expect(303);
    assert_eq!(kyc(&app, &person).await, "verified");
    // A borrower's session decides nothing.
    let answer = owner.submit("/_fn/petugas/decide_identity", &fields).await.expect(303);
    assert!(answer.header("location").starts_with("/petugas/masuk"), "{}", answer.header("location"));
    app.finish().await;
}

async fn kyc(app: &App, person: &Person) -> String {
    let profile = app.get("/api/users/profile").by(person).send().await.expect(200).json();
    profile["kyc_status"].as_str().expect("a status").to_owned()
}

#[tokio::test]
async fn health_is_told_and_metrics_are_not() {
    let app = App::start().await;
    app.get("/health/live").send().await.expect(200);
    assert_eq!(app.get("/health/ready").send().await.expect(200).json(), json!({"database": true, "serving": true}));
    app.ready.store(false, Ordering::Relaxed);
    app.get("/health/ready").send().await.expect(503);
    app.get("/health/live").send().await.expect(200);
    for path in ["/metrics", "/internal/verify", "/_sim/messages"] {
        app.get(path).send().await.expect(404);
    }
    let report = |body: String| app.post("/csp-report").body("application/csp-report", body).send();
    report("{}".into()).await.expect(204);
    report("x".repeat(8 * 1024 + 1)).await.expect(413);
    app.finish().await;
}

#[tokio::test]
async fn built_files_are_kept_for_ever_and_the_worker_never() {
    let app = App::start().await;
    let sheet = app.get("/pkg/main.0a1b.css").send().await.expect(200);
    assert_eq!(sheet.header("cache-control"), "public, max-age=31536000, immutable");
    check_headers("/pkg/main.0a1b.css", &sheet);
    let missing = app.get("/pkg/nothing.css").send().await.expect(404);
    assert_eq!(missing.header("cache-control"), "no-store");
    let worker = app.get("/sw.js").send().await.expect(200);
    assert_eq!(worker.header("cache-control"), "no-cache");
    assert!(worker.header("content-type").contains("javascript"));
    let offline = app.get("/offline.html").send().await.expect(200);
    assert!(offline.header("content-security-policy").contains("default-src 'none'"));
    for path in ["/assets.json", "/pkg/../assets.json", "/pkg/%2e%2e/assets.json", "/pkg/..%2fassets.json"] {
        let answer = app.get(path).send().await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
    let html = app.get("/masuk").send().await.expect(200).text();
    assert!(html.contains("href=\"/pkg/main.0a1b.css\""), "{html}");
    app.finish().await;
}
