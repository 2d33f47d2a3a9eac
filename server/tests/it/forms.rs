//! Forms as a browser without JavaScript sends them: what they do, how they come back, and who may send them.

use crate::{
    browser::{Browser, between},
    harness::{Answer, App},
    html::{check_page, hidden, says},
    people::{PASSWORD, blurred, photo, registration},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Refusal, text::time_of_day};
use serde_json::json;
use services::clock::Clock as _;

#[tokio::test]
async fn a_person_registers_with_forms_alone() {
    let app = App::start().await;
    let body = registration();
    let field = |name: &str| body[name].as_str().expect("a text").to_owned();
    let mut browser = Browser::new(&app);
    browser.open("/daftar").await.expect(200);
    let fields = [
        ("full_name", field("full_name")),
        ("nik", field("nik")),
        ("phone", field("phone")),
        ("email", field("email")),
        ("password", PASSWORD.to_owned()),
        ("terms", "on".into()),
        ("privacy", "on".into()),
    ];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let sent = browser.submit("/_fn/register", &fields).await.expect(303);
    let to = sent.header("location").to_owned();
    let challenge = to
        .strip_prefix("/daftar/kode?kode=")
        .unwrap_or_else(|| panic!("{to}"))
        .to_owned();
    app.world.run_jobs().await;
    let page = browser.open(&to).await.expect(200);
    check_page(&to, &page);
    assert!(!page.text().contains(&field("phone")), "the number is masked");
    let wrong = browser
        .submit("/_fn/verify_code", &[("challenge", &challenge), ("code", "12345")])
        .await
        .expect(303);
    assert_eq!(wrong.header("location"), to);
    says(browser.open(&to).await.expect(200), "Kode tidak cocok");
    let code = app.code(&field("phone"));
    let done = browser
        .submit("/_fn/verify_code", &[("challenge", &challenge), ("code", &code)])
        .await
        .expect(303);
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
    let call = browser
        .with_cookies(app.post(&format!("/_fn/upload/{kind}")))
        .header("sec-fetch-site", "same-origin");
    call.multipart(form).send().await
}

#[tokio::test]
async fn a_bad_upload_comes_back_to_its_page_in_words() {
    let app = App::start().await;
    let person = app.person().await;
    let mut browser = Browser::of(&app, &person).await;
    browser.open("/daftar/ktp").await.expect(200);
    for (file, words) in [
        (blurred(), "buram"),
        (Vec::new(), "Ambil atau pilih satu foto dulu."),
        (b"not a picture".to_vec(), "Format belum didukung"),
        (vec![0; domain::documents::MAX_FILE_BYTES + 1], "10 MB"),
        // Above what the route takes at all.
        (vec![0; 2 * domain::documents::MAX_FILE_BYTES], "10 MB"),
    ] {
        let answer = upload(&app, &browser, "ktp", file, browser.csrf()).await.expect(303);
        assert_eq!(answer.header("location"), "/daftar/ktp");
        browser.take_cookies(&answer);
        says(browser.open("/daftar/ktp").await.expect(200), words);
    }
    let answer = upload(&app, &browser, "ktp", photo(1), "wrong").await.expect(303);
    browser.take_cookies(&answer);
    says(browser.open("/daftar/ktp").await, "Kirim sekali lagi");
    let broken = browser
        .with_cookies(app.post("/_fn/upload/ktp"))
        .header("sec-fetch-site", "same-origin");
    let broken = broken.body("multipart/form-data", "no boundary").send().await;
    assert!(broken.status < 500, "{}", broken.status);
    assert_eq!(app.count("select count(*) from documents.document").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_script_that_sends_a_photo_is_told_where_the_browser_goes_on() {
    let app = App::start().await;
    let person = app.person().await;
    let mut browser = Browser::of(&app, &person).await;
    let send = async |browser: &Browser<'_>, photo: Vec<u8>| {
        let file = reqwest::multipart::Part::bytes(photo).file_name("foto.jpg");
        let form = reqwest::multipart::Form::new()
            .text("page", browser.page.clone())
            .text("csrf", browser.csrf().to_owned())
            .part("file", file);
        let call = browser
            .with_cookies(app.post("/_fn/upload/ktp"))
            .header("sec-fetch-site", "same-origin")
            .header("accept", "application/json");
        call.multipart(form).send().await.expect(200)
    };
    browser.open("/daftar/ktp").await.expect(200);
    let answer = send(&browser, blurred()).await;
    assert_eq!(answer.json(), json!({"next": "/daftar/ktp"}));
    browser.take_cookies(&answer);
    // What is shown once is still there for the browser.
    says(browser.open("/daftar/ktp").await.expect(200), "buram");
    assert_eq!(send(&browser, photo(1)).await.json(), json!({"next": "/daftar/selfie"}));
    assert_eq!(app.count("select count(*) from documents.document").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn a_button_that_came_back_says_why_at_the_top_of_its_page() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let payment = json!({"loan_id": loan, "purpose": "instalment", "method": "qris"});
    let payment = app
        .post("/api/payments")
        .by(&person)
        .key("key-of-this-payment-1")
        .json(&payment)
        .send()
        .await
        .expect(201)
        .json();
    let attempt = format!("/bayar/{loan}?kode={}", payment["id"].as_str().expect("an id"));
    let mut browser = Browser::of(&app, &person).await;
    for (action, page, title) in [
        ("/_fn/cancel", format!("/pengajuan/{loan}"), "Pinjaman disetujui"),
        ("/_fn/ask_refund", format!("/pinjaman/{loan}"), "Jadwal cicilan"),
        ("/_fn/claim", attempt, "Kode bayar"),
        ("/_fn/read_all_notices", "/notifikasi".to_owned(), "Notifikasi"),
        ("/_fn/read_notice", "/notifikasi".to_owned(), "Notifikasi"),
    ] {
        let fields = [("page", page.as_str()), ("csrf", "of an older session")];
        let call = browser
            .with_cookies(app.post(action))
            .header("sec-fetch-site", "same-origin");
        let answer = call.form(&fields).send().await.expect(303);
        assert_eq!(answer.header("location"), page, "{action}");
        browser.take_cookies(&answer);
        let shown = browser.open(&page).await.expect(200);
        check_page(&page, &shown);
        let html = shown.text();
        assert!(
            html.contains(&format!("<title>Galat: {title} - Sanggup")),
            "{action}: {html}"
        );
        let (_, summary) = html.split_once("autofocus class=\"error-summary\"").expect("a summary");
        let summary = summary.split("</ul>").next().expect("its end");
        assert!(
            summary.contains("Halaman ini sudah lama terbuka. Kirim sekali lagi."),
            "{summary}"
        );
    }
    app.finish().await;
}

#[tokio::test]
async fn a_proof_of_income_that_is_too_big_comes_back_to_where_it_was_chosen() {
    let app = App::start().await;
    let person = app.person().await;
    let mut browser = Browser::of(&app, &person).await;
    browser.open("/akun").await.expect(200);
    let big = vec![0; domain::documents::MAX_FILE_BYTES * 3 / 2];
    let answer = upload(&app, &browser, "income_proof", big.clone(), browser.csrf())
        .await
        .expect(303);
    assert_eq!(answer.header("location"), "/akun");
    browser.take_cookies(&answer);
    says(browser.open("/akun").await.expect(200), "10 MB");
    // A stranger's is not even kept that long; they sign in and find the page again.
    let mut stranger = Browser::new(&app);
    stranger.page = "/akun".into();
    let answer = upload(&app, &stranger, "income_proof", big, "").await.expect(303);
    assert_eq!(answer.header("location"), "/masuk?lanjut=/akun");
    app.finish().await;
}

#[tokio::test]
async fn too_many_photos_from_one_address_wait_in_words() {
    let app = App::with_limit("upload_ip", "1/h").await;
    let person = app.person().await;
    let mut browser = Browser::of(&app, &person).await;
    browser.open("/daftar/ktp").await.expect(200);
    let answer = upload(&app, &browser, "ktp", photo(1), browser.csrf())
        .await
        .expect(303);
    assert_eq!(answer.header("location"), "/daftar/selfie");
    browser.open("/daftar/selfie").await.expect(200);
    let answer = upload(&app, &browser, "selfie", photo(2), browser.csrf())
        .await
        .expect(303);
    assert_eq!(answer.header("location"), "/daftar/selfie");
    browser.take_cookies(&answer);
    says(
        browser.open("/daftar/selfie").await.expect(200),
        "Terlalu banyak percobaan. Coba lagi dalam",
    );
    assert_eq!(app.count("select count(*) from documents.document").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn too_many_sign_ins_are_told_the_time_when_it_works_again() {
    let app = App::with_limit("login_ip", "2/min").await;
    let mut browser = Browser::new(&app);
    browser.open("/masuk").await.expect(200);
    for _ in 0..3 {
        let wrong = [("identifier", "sari@contoh.id"), ("password", "bukan itu")];
        browser.submit("/_fn/sign_in", &wrong).await.expect(303);
    }
    let page = browser.open("/masuk").await.expect(200);
    check_page("/masuk", &page);
    let html = says(page, "Terlalu banyak percobaan. Coba lagi pukul ").text();
    let told = between(&html, "Coba lagi pukul ", ", atau masuk dengan sidik jari.").expect("a time");
    let now = app.world.clock.now();
    let soon = [60, 120].map(|seconds| time_of_day(now + time::Duration::seconds(seconds)));
    assert!(soon.iter().any(|time| time == told), "{told} at {now}");
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_comes_back_keeps_what_was_typed_but_no_password() {
    let app = App::start().await;
    let mut browser = Browser::new(&app);
    browser.open("/daftar").await.expect(200);
    let typed = [
        ("full_name", "Sari <b>Wulandari</b>"),
        ("nik", "123"),
        ("phone", "0812"),
        ("email", "sari@contoh.id"),
        ("password", "kata sandi rahasia 42"),
        ("privacy", "yes"),
    ];
    let answer = browser.submit("/_fn/register", &typed).await.expect(303);
    assert_eq!(answer.header("location"), "/daftar", "nothing personal in the address");
    let line = answer.header("set-cookie").to_owned();
    assert!(line.contains("__Host-flash=") && line.contains("Max-Age=120"), "{line}");
    let sealed = browser.cookies.get("__Host-flash").expect("the flash").clone();
    let bytes = URL_SAFE_NO_PAD.decode(&sealed).expect("base64url");
    assert!(!bytes.windows(4).any(|part| part == b"Sari"), "sealed");
    let opened = app
        .world
        .services
        .core
        .vault
        .open_cookie("flash", &bytes)
        .expect("ours");
    let opened = String::from_utf8(opened).expect("text");
    assert!(
        opened.contains("sari@contoh.id") && !opened.contains("rahasia"),
        "{opened}"
    );

    let page = browser.open("/daftar").await.expect(200);
    check_page("/daftar", &page);
    let page = says(
        says(says(page, "value=\"sari@contoh.id\""), "NIK"),
        "Setujui dulu syarat dan ketentuan.",
    );
    let html = page.text();
    assert!(!html.contains("rahasia") && !html.contains("<b>Wulandari"), "{html}");
    let box_of = |name: &str| tag(&html, "input", &format!("name=\"{name}\"")).contains(" checked");
    assert_eq!((box_of("terms"), box_of("privacy")), (false, true), "{html}");
    assert!(html.contains("<title>Galat: Daftar: data diri - Sanggup"), "{html}");
    // Read once.
    assert!(!browser.cookies.contains_key("__Host-flash"));
    assert!(
        !browser
            .open("/daftar")
            .await
            .expect(200)
            .text()
            .contains("sari@contoh.id")
    );
    // A forged or foreign one is nothing.
    browser.cookies.insert(
        "__Host-flash".into(),
        URL_SAFE_NO_PAD.encode(b"{\"path\":\"/daftar\",\"notice\":\"Kirim uang\"}"),
    );
    assert!(!browser.open("/daftar").await.expect(200).text().contains("Kirim uang"));
    browser.cookies.insert("__Host-flash".into(), sealed);
    assert!(
        !browser
            .open("/masuk")
            .await
            .expect(200)
            .text()
            .contains("sari@contoh.id")
    );
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
    let answer = browser
        .submit("/_fn/set_bank_account", &[("bank", "BNI"), ("number", "0123456789")])
        .await
        .expect(303);
    assert_eq!(answer.header("location"), "/akun/konfirmasi?lanjut=/akun");
    browser.open("/akun/konfirmasi?lanjut=/akun").await.expect(200);
    let wrong = browser
        .submit("/_fn/confirm_password", &[("password", "bukan itu"), ("next", "/akun")])
        .await
        .expect(303);
    assert!(wrong.header("location").starts_with("/akun/konfirmasi"));
    let answer = browser
        .submit("/_fn/confirm_password", &[("password", PASSWORD), ("next", "/akun")])
        .await
        .expect(303);
    assert_eq!(answer.header("location"), "/akun");
    assert_ne!(browser.cookies["__Host-sid"], first, "a new secret");
    let page = browser.open("/akun").await.expect(200);
    says(
        says(page, "Isian Anda tersimpan. Periksa, lalu kirim lagi."),
        "value=\"0123456789\"",
    );
    let again = browser.open("/akun").await.expect(200);
    assert!(!again.text().contains("0123456789"), "told once");
    let answer = browser
        .submit("/_fn/set_bank_account", &[("bank", "BNI"), ("number", "0123456789")])
        .await
        .expect(303);
    assert!(
        answer.header("location").starts_with("/akun?bagian=rekening"),
        "{}",
        answer.header("location")
    );
    browser.cookies.insert("__Host-sid".into(), first);
    browser.open("/akun").await.expect(303);
    app.finish().await;
}

/// What is agreed to is what was shown: another hash, or a quote that is too old, comes back priced again.
#[tokio::test]
async fn a_quote_that_changed_or_is_too_old_is_shown_again_and_nothing_is_applied_for() {
    let app = App::start().await;
    let person = app.verified().await;
    let mut browser = Browser::of(&app, &person).await;
    let page = browser.open("/ajukan").await.expect(200).text();
    let key = hidden(&page, "key");
    let wish = [
        ("amount", "3.000.000"),
        ("tenor_months", "6"),
        ("purpose", "household"),
        ("other_instalments", "0"),
        ("key", &key),
    ];
    let quoted = browser.submit("/_fn/quote", &wish).await.expect(303);
    let mut at = quoted.header("location").to_owned();
    for too_old in [false, true] {
        if too_old {
            // The session is kept alive, and the password was typed a moment ago.
            for _ in 0..3 {
                app.wait(599);
                browser.open("/pinjaman").await.expect(200);
            }
            browser.open("/akun/konfirmasi?lanjut=/akun").await.expect(200);
            let fresh = [("password", PASSWORD), ("next", "/akun")];
            browser.submit("/_fn/confirm_password", &fresh).await.expect(303);
        }
        let page = browser.open(&at).await.expect(200).text();
        let mut fields = ["quote_id", "disclosure_hash", "purpose", "key"].map(|name| (name, hidden(&page, name)));
        if too_old {
            app.wait(60);
        } else {
            fields[1].1 = "0".repeat(64);
        }
        let mut sent: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        sent.push(("accepted", "on"));
        let back = browser.submit("/_fn/apply", &sent).await.expect(303);
        at = back.header("location").to_owned();
        assert!(at.contains("berubah=1"), "{too_old}: {at}");
        let page = browser.open(&at).await.expect(200);
        check_page(&at, &page);
        let page = says(page, Refusal::DisclosureChanged.words()).text();
        assert!(!page.contains("checked"), "agreed to anew: {page}");
        assert_ne!(hidden(&page, "quote_id"), fields[0].1, "priced again");
        assert_eq!(app.count("select count(*) from loans.application").await, 0);
    }
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
    let fields = [
        ("amount", "3.000.000"),
        ("tenor_months", "6"),
        ("purpose", "household"),
        ("other_instalments", "0"),
        ("key", &key),
    ];
    let to = browser
        .submit("/_fn/quote", &fields)
        .await
        .expect(303)
        .header("location")
        .to_owned();
    assert!(to.starts_with("/ajukan/rincian?q="), "{to}");
    let page = browser.open(&to).await.expect(200);
    check_page(&to, &page);
    let page = page.text();
    let hidden_fields = ["quote_id", "disclosure_hash", "purpose", "key"].map(|name| (name, hidden(&page, name)));
    let mut fields: Vec<_> = hidden_fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let unticked = browser.submit("/_fn/apply", &fields).await.expect(303);
    assert_eq!(unticked.header("location"), to);
    says(browser.open(&to).await.expect(200), "Centang dulu pernyataan di atas.");
    fields.push(("accepted", "on"));
    let first = browser
        .submit("/_fn/apply", &fields)
        .await
        .expect(303)
        .header("location")
        .to_owned();
    assert!(first.starts_with("/pengajuan/"), "{first}");
    assert_eq!(
        browser
            .submit("/_fn/apply", &fields)
            .await
            .expect(303)
            .header("location"),
        first,
        "twice is once"
    );
    assert_eq!(app.count("select count(*) from loans.application").await, 1);
    check_page(&first, &browser.open(&first).await.expect(200));
    let cancelled = browser
        .submit("/_fn/cancel", &[("loan", first.trim_start_matches("/pengajuan/"))])
        .await
        .expect(303);
    assert_eq!(cancelled.header("location"), first);
    says(browser.open(&first).await.expect(200), "Pengajuan dibatalkan");

    let (debtor, loan) = app.with_loan().await;
    let mut browser = Browser::of(&app, &debtor).await;
    let page = browser.open(&format!("/bayar/{loan}")).await.expect(200).text();
    assert!(
        page.contains("name=\"prepay\"") && page.contains("Lebih cepat lunas"),
        "the payer chooses"
    );
    let fields = [
        ("loan", loan.as_str()),
        ("purpose", "instalment"),
        ("method", "va_bca"),
        ("key", &hidden(&page, "key")),
    ];
    // The bill is another one by now: it comes back with both figures, and nothing began.
    let mut stale = fields.to_vec();
    stale.push(("seen_instalment", "1"));
    let back = browser.submit("/_fn/pay", &stale).await.expect(303);
    assert_eq!(back.header("location"), format!("/bayar/{loan}"));
    assert_eq!(app.count("select count(*) from payments.charge").await, 0);
    let page = browser.open(&format!("/bayar/{loan}")).await.expect(200);
    says(page, "berubah dari Rp1 menjadi");
    let to = browser
        .submit("/_fn/pay", &fields)
        .await
        .expect(303)
        .header("location")
        .to_owned();
    assert!(to.starts_with(&format!("/bayar/{loan}?kode=")), "{to}");
    check_page(&to, &browser.open(&to).await.expect(200));
    assert_eq!(
        browser.submit("/_fn/pay", &fields).await.expect(303).header("location"),
        to,
        "twice is once"
    );
    app.finish().await;
}

/// A field of a page with this attribute, from its mark to the end of the tag.
#[track_caller]
fn tag<'t>(html: &'t str, element: &str, attribute: &str) -> &'t str {
    html.split(&format!("<{element}"))
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
        .find(|tag| tag.contains(attribute))
        .unwrap_or_else(|| panic!("no {element} with {attribute}: {html}"))
}

#[tokio::test]
async fn terms_above_the_share_save_nothing_and_lose_nothing_that_was_typed() {
    let app = App::start().await;
    let person = app.identified().await;
    let mut browser = Browser::of(&app, &person).await;
    let page = browser.open("/ajukan").await.expect(200).text();
    let key = hidden(&page, "key");
    let typed = |amount, tenor| {
        [
            ("amount", amount),
            ("tenor_months", tenor),
            ("monthly_income", "4.500.000"),
            ("other_instalments", "350.000"),
            ("purpose", "education"),
            ("bank", "BNI"),
            ("account_number", "0123 456789"),
            ("key", key.as_str()),
        ]
    };
    let stays = |html: &str, amount: &str| {
        for (name, value) in [
            ("amount", amount),
            ("monthly_income", "4.500.000"),
            ("other_instalments", "350.000"),
            ("account_number", "0123 456789"),
        ] {
            let field = tag(html, "input", &format!("name=\"{name}\""));
            assert!(field.contains(&format!("value=\"{value}\"")), "{name}: {field}");
        }
        assert!(tag(html, "option", "value=\"BNI\"").contains("selected"), "{html}");
        assert!(tag(html, "input", "value=\"education\"").contains("checked"), "{html}");
    };

    let refused = browser.submit("/_fn/quote", &typed("4.000.000", "3")).await.expect(303);
    assert_eq!(refused.header("location"), "/ajukan");
    let page = browser.open("/ajukan").await.expect(200);
    check_page("/ajukan", &page);
    let html = says(page, "Cicilan ini melewati batas 30% penghasilan.").text();
    stays(&html, "4.000.000");
    let profile = app
        .get("/api/users/profile")
        .by(&person)
        .send()
        .await
        .expect(200)
        .json();
    for member in ["monthly_income", "bank_account"] {
        assert!(profile[member].is_null(), "{member} is kept: {profile}");
    }
    assert_eq!(app.count("select count(*) from loans.quote").await, 0);

    // The ways out are buttons of the form: what was typed goes with them.
    let way = tag(&html, "button", "value=\"2800000-3\"");
    assert!(
        way.contains("formaction=\"/_fn/recalculate\"") && way.contains("form=\"apply\""),
        "{way}"
    );
    let mut fields = typed("4.000.000", "3").to_vec();
    fields.push(("way", "2800000-3"));
    let answer = browser.submit("/_fn/recalculate", &fields).await.expect(303);
    assert_eq!(answer.header("location"), "/ajukan", "nothing personal in the address");
    let html = browser.open("/ajukan").await.expect(200).text();
    stays(&html, "2.800.000");
    assert!(tag(&html, "input", "value=\"3\"").contains("checked"), "{html}");

    let answer = browser.submit("/_fn/quote", &typed("2.800.000", "3")).await.expect(303);
    let to = answer.header("location").to_owned();
    assert!(to.starts_with("/ajukan/rincian?q="), "{to}");
    says(browser.open(&to).await.expect(200), "6789");
    let profile = app
        .get("/api/users/profile")
        .by(&person)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(profile["monthly_income"], 4_500_000, "{profile}");
    assert_eq!(profile["bank_account"]["bank"], "BNI", "{profile}");
    let again = browser.submit("/_fn/quote", &typed("2.800.000", "3")).await.expect(303);
    assert_eq!(again.header("location"), to, "twice is once");
    app.finish().await;
}

#[tokio::test]
async fn a_new_password_ends_every_session_and_token() {
    let app = App::start().await;
    let person = app.person().await;
    let mut elsewhere = Browser::of(&app, &person).await;
    let mut browser = Browser::new(&app);
    let page = says(browser.open("/lupa-sandi").await.expect(200), "Kami kirim kode");
    check_page("/lupa-sandi", &page);
    let unknown = browser
        .submit("/_fn/start_reset", &[("identifier", "tidak.ada@contoh.id")])
        .await
        .expect(303);
    assert!(unknown.header("location").starts_with("/lupa-sandi?kode="));
    app.wait(61);
    let sent = browser
        .submit("/_fn/start_reset", &[("identifier", &person.email)])
        .await
        .expect(303);
    let to = sent.header("location").to_owned();
    app.world.run_jobs().await;
    let page = browser.open(&to).await.expect(200);
    check_page(&to, &page);
    let (challenge, code) = (hidden(&page.text(), "challenge"), app.code(&person.phone));
    let set = [
        ("challenge", challenge.as_str()),
        ("code", &code),
        ("password", "pendek"),
    ];
    assert_eq!(
        browser
            .submit("/_fn/finish_reset", &set)
            .await
            .expect(303)
            .header("location"),
        to
    );
    let set = [
        ("challenge", challenge.as_str()),
        ("code", &code),
        ("password", "sepatu basah di teras 9"),
    ];
    assert_eq!(
        browser
            .submit("/_fn/finish_reset", &set)
            .await
            .expect(303)
            .header("location"),
        "/masuk"
    );
    says(browser.open("/masuk").await.expect(200), "Kata sandi sudah diganti.");

    elsewhere.open("/akun").await.expect(303);
    app.get("/api/users/profile")
        .by(&person)
        .send()
        .await
        .problem(401, "unauthenticated");
    let login =
        |password: &str| json!({"identifier": person.email, "password": password, "device_token": person.device_token});
    app.post("/api/auth/login")
        .json(&login(PASSWORD))
        .send()
        .await
        .problem(422, "credentials_wrong");
    // The device must prove the number again.
    app.post("/api/auth/login")
        .json(&login("sepatu basah di teras 9"))
        .send()
        .await
        .expect(202);
    app.finish().await;
}

#[tokio::test]
async fn what_was_typed_outlives_the_session_for_its_person_alone() {
    let app = App::start().await;
    let (person, other) = (app.verified().await, app.verified().await);
    let mut browser = Browser::of(&app, &person).await;
    browser.open("/ajukan").await.expect(200);
    app.wait(16 * 60);
    let typed = [("amount", "2.700.000"), ("tenor_months", "6"), ("purpose", "education")];
    let answer = browser.submit("/_fn/quote", &typed).await.expect(303);
    assert_eq!(answer.header("location"), "/masuk?habis=1&lanjut=/ajukan");
    let page = browser.open("/masuk?habis=1&lanjut=/ajukan").await.expect(200);
    says(says(page, "15 menit tanpa aktivitas"), "Isian Anda tersimpan.");
    let draft = browser.cookies["__Host-draft"].clone();

    let mut stranger = Browser::of(&app, &other).await;
    stranger.cookies.insert("__Host-draft".into(), draft.clone());
    let page = stranger.open("/ajukan").await.expect(200);
    assert!(!page.text().contains("2.700.000"), "not theirs");

    let sign_in = [
        ("identifier", person.email.as_str()),
        ("password", PASSWORD),
        ("next", "/ajukan"),
    ];
    let answer = browser.submit("/_fn/sign_in", &sign_in).await.expect(303);
    assert_eq!(answer.header("location"), "/ajukan");
    let page = browser.open("/ajukan").await.expect(200);
    says(says(page, "Isian Anda tersimpan."), "value=\"2.700.000\"");
    assert!(!browser.cookies.contains_key("__Host-draft"), "read once");
    app.finish().await;
}
