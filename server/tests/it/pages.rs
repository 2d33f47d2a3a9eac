//! Pages as a browser without JavaScript meets them: who may open which, and what comes with each.

use crate::{
    browser::{Browser, between},
    harness::{App, ORIGIN, nobodys_id},
    html::{check_headers, check_page, hidden, nonce, says},
    people::{Person, photo},
};
use domain::Role;
use serde_json::{Value, json};
use std::{collections::HashSet, sync::atomic::Ordering};

/// Pages that anybody may open.
const OPEN: [&str; 9] = [
    "/",
    "/daftar",
    "/masuk",
    "/lupa-sandi",
    "/simulasi",
    "/biaya",
    "/privasi",
    "/bantuan",
    "/petugas/masuk",
];

/// Pages of a borrower, but for those about one application, loan or payment.
const BORROWERS: [&str; 9] = [
    "/daftar/ktp",
    "/daftar/selfie",
    "/daftar/selesai",
    "/beranda",
    "/ajukan",
    "/pinjaman",
    "/notifikasi",
    "/akun",
    "/akun/konfirmasi?lanjut=/akun",
];

#[tokio::test]
async fn a_stranger_reads_the_open_pages_and_is_asked_to_sign_in_for_the_others() {
    let app = App::start().await;
    let mut nonces = HashSet::new();
    for path in OPEN.into_iter().chain([
        "/simulasi?amount=3000000&tenor_months=6",
        "/masuk?habis=1&lanjut=/akun",
        "/simulasi?amount=x",
    ]) {
        let page = app.get(path).send().await.expect(200);
        check_page(path, &page);
        assert!(nonces.insert(nonce(&page)), "{path}: a nonce came twice");
        assert!(page.header("set-cookie").is_empty(), "{path}");
    }
    let id = nobodys_id();
    let more = [
        format!("/pengajuan/{id}"),
        format!("/pinjaman/{id}"),
        format!("/pinjaman/{id}/perjanjian"),
        format!("/bayar/{id}"),
        format!("/pengajuan/{id}/status"),
        format!("/bayar/{id}/status?kode={id}"),
        "/ajukan/rincian".to_owned(),
    ];
    for path in BORROWERS.into_iter().map(str::to_owned).chain(more) {
        let answer = app.get(&path).send().await.expect(303);
        let wanted = format!("/masuk?lanjut={}", path.replace('?', "%3F").replace('=', "%3D"));
        assert_eq!(answer.header("location"), wanted);
        check_headers(&path, &answer);
    }
    for path in [
        "/petugas".to_owned(),
        format!("/petugas/pengajuan/{id}"),
        format!("/petugas/identitas/{id}"),
        format!("/petugas/dokumen/{id}"),
    ] {
        let answer = app.get(&path).send().await.expect(303);
        assert_eq!(answer.header("location"), format!("/petugas/masuk?lanjut={path}"));
    }
    app.finish().await;
}

#[tokio::test]
async fn what_is_not_there_is_a_page_too() {
    let app = App::start().await;
    for path in [
        "/tidak-ada",
        "/pinjaman-palsu",
        "/_fn/register",
        "/.env",
        "/../etc/passwd",
        "/daftar/kode",
        &format!("/daftar/kode?kode={}", nobodys_id()),
    ] {
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
    let payment = app
        .post("/api/payments")
        .by(&person)
        .key("key-of-this-payment-1")
        .json(&payment)
        .send()
        .await
        .expect(201)
        .json();
    let terms = json!({"amount": 1_000_000, "tenor_months": 6});
    let quote = app
        .post("/api/loans/quotes")
        .by(&person)
        .key("key-of-this-quote-001")
        .json(&terms)
        .send()
        .await
        .expect(201)
        .json();
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    let more = [
        format!("/pengajuan/{loan}"),
        format!("/pinjaman/{loan}"),
        format!("/pinjaman/{loan}/perjanjian"),
        format!("/pinjaman/{loan}/hitungan"),
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
    for path in OPEN
        .into_iter()
        .filter(|path| !["/", "/masuk", "/daftar"].contains(path))
    {
        check_page(path, &browser.open(path).await.expect(200));
    }
    let status = browser
        .open(&format!("/bayar/{loan}/status?kode={}", id(&payment)))
        .await
        .expect(200)
        .json();
    assert_eq!(status, json!({"status": "pending"}));
    let status = browser
        .open(&format!("/pengajuan/{loan}/status"))
        .await
        .expect(200)
        .json();
    assert_eq!(status, json!({"status": "active", "words": "Berjalan"}));
    let calendar = browser
        .open(&format!("/pengajuan/{loan}/kalender.ics"))
        .await
        .expect(200);
    assert!(calendar.header("content-type").starts_with("text/calendar"));
    assert_eq!(calendar.text().matches("BEGIN:VEVENT").count(), 6);
    assert!(
        !calendar.text().contains("544"),
        "no amounts in a calendar that is shared"
    );
    for name in ["ringkasan", "perjanjian", "jadwal"] {
        let paper = browser.open(&format!("/pinjaman/{loan}/{name}.pdf")).await.expect(200);
        for (header, value) in [
            ("content-type", "application/pdf"),
            ("cache-control", "no-store"),
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(paper.header(header), value, "{name}: {header}");
        }
        let disposition = paper.header("content-disposition");
        assert!(
            disposition.starts_with(&format!("attachment; filename=\"{name}-")),
            "{disposition}"
        );
    }
    browser
        .open(&format!("/pinjaman/{loan}/surat-lunas.pdf"))
        .await
        .expect(404);
    app.finish().await;
}

#[tokio::test]
async fn another_persons_loan_is_a_page_that_is_not_there() {
    let app = App::start().await;
    let (_, loan) = app.with_loan().await;
    let other = app.verified().await;
    let mut browser = Browser::of(&app, &other).await;
    for page in [
        "/pengajuan/{id}",
        "/pinjaman/{id}",
        "/pinjaman/{id}/perjanjian",
        "/pinjaman/{id}/hitungan",
        "/bayar/{id}",
    ] {
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
    for path in [
        "/pengajuan/{id}/status",
        "/pengajuan/{id}/kalender.ics",
        "/pinjaman/{id}/perjanjian.pdf",
        "/pinjaman/{id}/ringkasan.pdf",
        "/pinjaman/{id}/jadwal.pdf",
        "/pinjaman/{id}/surat-lunas.pdf",
    ] {
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
    assert_eq!(
        borrower.open("/petugas").await.expect(303).header("location"),
        "/petugas/masuk?lanjut=/petugas"
    );

    let id = nobodys_id();
    let (review, identity) = (format!("/petugas/pengajuan/{id}"), format!("/petugas/identitas/{id}"));
    let income = format!("/petugas/penghasilan/{id}");
    for (role, reviews, identities) in [
        (Role::Support, false, true),
        (Role::Analyst, true, true),
        (Role::Approver, true, true),
        (Role::Collector, false, false),
        (Role::Auditor, false, false),
        (Role::Superadmin, false, false),
    ] {
        let mut staff = Browser::of_staff(&app, role).await;
        for (path, may) in [(&review, reviews), (&income, reviews), (&identity, identities)] {
            let page = staff.open(path).await;
            assert_eq!(page.status, if may { 404 } else { 403 }, "{role:?} {path}");
            check_page(path, &page);
            if !may {
                let number = page.header("x-request-id").to_owned();
                says(says(page, "Anda tidak punya akses ke halaman ini."), &number);
            }
        }
        check_page("/petugas", &staff.open("/petugas").await.expect(200));
        // Staff are nobody among borrowers, even with the secret under the other name.
        assert_eq!(
            staff.open("/beranda").await.expect(303).header("location"),
            "/masuk?lanjut=/beranda"
        );
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
    let answer = app
        .post("/_fn/set_bank_account")
        .by(&person)
        .header("sec-fetch-site", "same-origin")
        .form(&form)
        .send()
        .await;
    assert_eq!(answer.expect(303).header("location"), "/masuk?lanjut=/akun");
    assert_eq!(app.count("select count(*) from users.bank_account").await, 0);
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
    assert!(
        answer.header("clear-site-data").contains("\"cache\"")
            && answer.header("clear-site-data").contains("\"storage\"")
    );
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
    assert_eq!(
        browser.open("/akun").await.expect(303).header("location"),
        "/masuk?habis=1&lanjut=/akun"
    );
    // The same cookie twice is a cookie tossed in from elsewhere.
    let browser = Browser::of(&app, &person).await;
    let twice = format!("__Host-sid={0}; __Host-sid={0}", browser.cookies["__Host-sid"]);
    app.get("/akun").header("cookie", &twice).send().await.expect(303);
    app.finish().await;
}

#[tokio::test]
async fn an_officer_reviews_an_identity_and_sees_the_photo_closed_in() {
    let app = App::busy().await;
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
    assert!(
        !html.contains(&person.nik) && !html.contains(&person.phone),
        "masked for staff too"
    );
    let photo = format!(
        "/petugas/dokumen/{}",
        between(&html, "/petugas/dokumen/", "\"").expect("a photo")
    )
    .replace("&amp;", "&");
    let picture = analyst.open(&photo).await.expect(200);
    assert_eq!(picture.header("content-type"), "image/jpeg");
    assert_eq!(picture.header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(picture.header("cache-control"), "no-store");
    assert!(
        picture
            .header("content-disposition")
            .starts_with("attachment; filename=\"dokumen-")
    );
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
    let refused = support
        .submit("/_fn/petugas/decide_identity", &fields)
        .await
        .expect(303);
    assert_eq!(refused.header("location"), path);
    assert_eq!(kyc(&app, &person).await, "in_review");
    analyst
        .submit("/_fn/petugas/decide_identity", &fields)
        .await
        .expect(303);
    assert_eq!(kyc(&app, &person).await, "verified");
    let verified = "select count(*) from audit.entry where action = 'users.verify_identity' and outcome = 'allowed'";
    assert_eq!(app.count(verified).await, 1, "who decided is written down once");
    // A borrower's session decides nothing.
    let answer = owner.submit("/_fn/petugas/decide_identity", &fields).await.expect(303);
    assert!(
        answer.header("location").starts_with("/petugas/masuk"),
        "{}",
        answer.header("location")
    );
    app.finish().await;
}

#[tokio::test]
async fn a_photo_is_asked_for_again_from_the_review_of_an_application() {
    let app = App::busy().await;
    let person = app.verified().await;
    // Without a proof of income a person decides.
    sqlx::query("update documents.document set status = 'replaced' where kind = 'income_proof'")
        .execute(&app.world.owner)
        .await
        .expect("unproven");
    let loan = app.application(&person).await;
    app.world.run_jobs().await;
    let referred = "select count(*) from loans.application where status = 'referred'";
    assert_eq!(app.count(referred).await, 1);
    let path = format!("/petugas/pengajuan/{}", loan["id"].as_str().expect("an id"));
    let mut analyst = Browser::of_staff(&app, Role::Analyst).await;
    let page = analyst.open(&path).await.expect(200);
    check_page(&path, &page);
    let page = page.text();
    for button in ["value=\"approve\"", "value=\"retake\"", "value=\"decline\""] {
        assert!(page.contains(button), "{button}: {page}");
    }
    assert!(page.contains("formaction=\"/_fn/petugas/decide_identity\""), "{page}");
    let user = hidden(&page, "user");
    let send = async |analyst: &mut Browser<'_>, reason: &str| {
        let fields = [
            ("user", user.as_str()),
            ("decision", "retake"),
            ("photo", "selfie"),
            ("reason", reason),
        ];
        let answer = analyst.submit("/_fn/petugas/decide_identity", &fields).await;
        answer.expect(303)
    };
    assert_eq!(send(&mut analyst, "").await.header("location"), path);
    let page = says(analyst.open(&path).await, "Tulis alasan untuk peminjam.");
    says(page, "name=\"photo\" value=\"selfie\" checked");
    send(&mut analyst, "Wajah tertutup topi").await;
    let page = says(analyst.open(&path).await, "Foto ulang sudah diminta.").text();
    assert!(!page.contains("value=\"retake\""), "{page}");

    let mut borrower = Browser::of(&app, &person).await;
    for at in [
        "/beranda".to_owned(),
        format!("/pengajuan/{}", loan["id"].as_str().expect("an id")),
    ] {
        let page = borrower.open(&at).await.expect(200);
        check_page(&at, &page);
        let page = says(says(page, "Satu foto perlu diulang"), "Wajah tertutup topi.");
        says(page, "href=\"/daftar/selfie\"");
    }
    let approve = [("loan", loan["id"].as_str().expect("an id")), ("decision", "approve")];
    analyst.open(&path).await.expect(200);
    analyst.submit("/_fn/petugas/decide", &approve).await.expect(303);
    says(
        analyst.open(&path).await,
        "Tidak bisa disetujui. Verifikasi identitas belum selesai.",
    );
    assert_eq!(app.count(referred).await, 1);
    app.finish().await;
}

#[tokio::test]
async fn an_officer_reads_an_income_proof_and_only_the_figure_stays() {
    let app = App::busy().await;
    let person = app.person().await;
    for kind in ["income_proof", "ktp", "selfie"] {
        app.upload(&person, kind, photo(6)).await;
    }
    app.world.run_jobs().await;
    let mut analyst = Browser::of_staff(&app, Role::Analyst).await;
    let identity = format!("/petugas/identitas/{}", person.user_id);
    let html = analyst.open(&identity).await.expect(200).text();
    let way = between(&html, "href=\"/petugas/penghasilan/", "\"").expect("a way to the proof");
    let path = format!("/petugas/penghasilan/{way}").replace("&amp;", "&");
    let page = analyst.open(&path).await.expect(200);
    check_page(&path, &page);
    let html = page.text();
    let id = between(&html, "name=\"document\" value=\"", "\"")
        .expect("the paper")
        .to_owned();
    let fields = |figure| {
        [
            ("document", id.as_str()),
            ("next", identity.as_str()),
            ("monthly_income", figure),
        ]
    };
    // Without the look nobody can have read it, and a figure that is none is told at its field.
    for figure in ["4.500.000", "banyak"] {
        let answer = analyst
            .submit("/_fn/petugas/accept_income", &fields(figure))
            .await
            .expect(303);
        assert_eq!(answer.header("location"), path);
        check_page(&path, &analyst.open(&path).await.expect(200));
    }
    let photo = format!("/petugas/dokumen/{id}?untuk=penghasilan");
    analyst.open(&photo).await.expect(200);
    analyst.open(&path).await.expect(200);
    let answer = analyst
        .submit("/_fn/petugas/accept_income", &fields("4.500.000"))
        .await
        .expect(303);
    assert_eq!(answer.header("location"), identity);
    says(
        analyst.open(&identity).await.expect(200),
        "Bukti penghasilan sudah dibaca.",
    );
    says(analyst.open(&path).await.expect(200), "Rp4.500.000");
    let sealed = "select count(*) from documents.document where status = 'accepted' and income_sealed is not null";
    assert_eq!(app.count(sealed).await, 1);
    app.finish().await;
}

#[tokio::test]
async fn a_photo_to_repeat_stands_on_the_dashboard_until_it_is_sent() {
    let app = App::busy().await;
    let person = app.person().await;
    for kind in ["ktp", "selfie"] {
        app.upload(&person, kind, photo(6)).await;
    }
    app.world.run_jobs().await;
    let mut analyst = Browser::of_staff(&app, Role::Analyst).await;
    let path = format!("/petugas/identitas/{}", person.user_id);
    analyst.open(&path).await.expect(200);
    let user = person.user_id.to_string();
    let mut fields = vec![("user", user.as_str()), ("decision", "retake"), ("photo", "ktp")];
    let unexplained = analyst
        .submit("/_fn/petugas/decide_identity", &fields)
        .await
        .expect(303);
    assert_eq!(unexplained.header("location"), path);
    let page = says(analyst.open(&path).await.expect(200), "Tulis alasan untuk peminjam.");
    assert!(
        page.text().contains("<title>Galat: Identitas - Sanggup"),
        "{}",
        page.text()
    );
    fields.push(("reason", "KTP terlalu silau"));
    analyst
        .submit("/_fn/petugas/decide_identity", &fields)
        .await
        .expect(303);
    let asked = "select count(*) from audit.entry where action = 'users.ask_retake'";
    assert_eq!(app.count(asked).await, 1);

    let mut browser = Browser::of(&app, &person).await;
    let page = browser.open("/beranda").await.expect(200);
    check_page("/beranda", &page);
    let page = says(says(page, "Satu foto perlu diulang"), "KTP terlalu silau.");
    let button = between(&page.text(), "href=\"/daftar/ktp\"", "</a>")
        .expect("a way on")
        .to_owned();
    assert!(button.contains("Ambil ulang"), "{button}");
    assert!(page.text().contains("Foto ulang"), "the badge beside the name");
    // Somebody else decides too late, and is told so at the top of the page.
    let late = analyst
        .submit("/_fn/petugas/decide_identity", &fields)
        .await
        .expect(303);
    assert_eq!(late.header("location"), path);
    let words = "Identitas ini baru saja diputuskan oleh Rani A. pukul";
    let page = says(analyst.open(&path).await.expect(200), words);
    says(page, "role=\"alert\" tabindex=\"-1\" autofocus class=\"error-summary\"");

    app.upload(&person, "ktp", photo(7)).await;
    app.world.run_jobs().await;
    says(browser.open("/beranda").await.expect(200), "Akun sedang diperiksa");
    app.finish().await;
}

async fn kyc(app: &App, person: &Person) -> String {
    let profile = app.get("/api/users/profile").by(person).send().await.expect(200).json();
    profile["kyc_status"].as_str().expect("a status").to_owned()
}

#[tokio::test]
async fn without_a_database_pages_say_so_and_programs_get_a_problem() {
    let app = App::start().await;
    let person = app.person().await;
    let mut browser = Browser::of(&app, &person).await;
    browser.open("/akun").await.expect(200);
    app.db.close().await;
    let busy = "Sedang ramai. Coba lagi dalam 10 detik.";
    for path in ["/beranda", "/pinjaman"] {
        let page = browser.open(path).await.expect(503);
        check_page(path, &page);
        assert_eq!(page.header("retry-after"), "10");
        let (number, html) = (page.header("x-request-id").to_owned(), page.text());
        says(says(page, busy), &number);
        assert!(
            html.contains(&format!("href=\"{path}\"")),
            "it can be tried again: {html}"
        );
    }
    // A form leads back to its page, not to its own address.
    let form = browser
        .form("/_fn/sign_out", &[])
        .header("sec-fetch-site", "same-origin")
        .header("referer", &format!("{ORIGIN}/akun?bagian=keluar"));
    let page = form.send().await.expect(503);
    check_page("/_fn/sign_out", &page);
    assert!(says(page, busy).text().contains("href=\"/akun?bagian=keluar\""));
    // What needs no database is there.
    check_page("/privasi", &app.get("/privasi").send().await.expect(200));
    for call in [
        app.get("/api/users/profile").by(&person),
        browser
            .with_cookies(app.post("/_fn/passkeys/sign-in/start"))
            .header("sec-fetch-site", "same-origin"),
    ] {
        let answer = call.send().await;
        answer.problem(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "10");
    }
    app.world.abandon().await;
}

#[tokio::test]
async fn health_is_told_and_metrics_are_not() {
    let app = App::start().await;
    app.get("/health/live").send().await.expect(200);
    assert_eq!(
        app.get("/health/ready").send().await.expect(200).json(),
        json!({"database": true, "serving": true, "degraded": false, "books": "agree"})
    );
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
    // Else it could not even fetch the page it keeps, and would never be installed.
    assert!(worker.header("content-security-policy").contains("connect-src 'self'"));
    let offline = app.get("/offline.html").send().await.expect(200);
    let policy = offline.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("style-src 'self'"));
    // A browser takes the policy of the answer that nothing changed for that of the page it kept.
    let again = app.get("/offline.html");
    let again = again.header("if-none-match", offline.header("etag")).send().await;
    assert_eq!(again.expect(304).header("content-security-policy"), policy);
    for path in [
        "/assets.json",
        "/pkg/../assets.json",
        "/pkg/%2e%2e/assets.json",
        "/pkg/..%2fassets.json",
    ] {
        let answer = app.get(path).send().await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
    let html = app.get("/masuk").send().await.expect(200).text();
    assert!(html.contains("href=\"/pkg/main.0a1b.css\""), "{html}");
    app.finish().await;
}

/// The next message of a stream, within the ten seconds after which the server would ask by itself.
async fn next_message(stream: &mut reqwest::Response) -> String {
    let mut text = String::new();
    while !text.ends_with("\n\n") {
        let chunk = tokio::time::timeout(std::time::Duration::from_secs(8), stream.chunk());
        let chunk = chunk.await.expect("in time").expect("a whole stream").expect("no end");
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    text
}

#[tokio::test]
async fn a_page_that_waits_for_money_hears_of_it_as_it_comes() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let body = json!({"loan_id": loan, "purpose": "instalment", "method": "qris"});
    let payment = app
        .post("/api/payments")
        .by(&person)
        .key("key-of-the-followed-payment")
        .json(&body)
        .send()
        .await
        .expect(201)
        .json();
    let path = format!("/bayar/{loan}/status?kode={}", payment["id"].as_str().expect("an id"));
    let browser = Browser::of(&app, &person).await;
    let follow = |browser: &Browser| {
        browser
            .with_cookies(app.get(&path))
            .header("accept", "text/event-stream")
    };

    let mut stream = follow(&browser).stream().await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    assert_eq!(next_message(&mut stream).await, "data: {\"status\":\"pending\"}\n\n");
    let order = payment["order_id"].as_str().expect("an order");
    app.press(&format!("/_sim/midtrans/{order}/pay")).await;
    let posted = async || browser.with_cookies(app.get(&path)).send().await.json()["status"] == "posted";
    app.world.run_jobs_until(posted).await;
    assert_eq!(next_message(&mut stream).await, "data: {\"status\":\"posted\"}\n\n");

    // Somebody else gets no stream, and a server that is going down ends the ones there are.
    let other = app.person().await;
    let other = Browser::of(&app, &other).await;
    assert_eq!(follow(&other).stream().await.status(), 404);
    app.ready.store(false, std::sync::atomic::Ordering::Relaxed);
    let end = tokio::time::timeout(std::time::Duration::from_secs(8), stream.chunk());
    assert!(end.await.expect("in time").expect("a clean end").is_none());
    drop(stream);
    app.finish().await;
}
