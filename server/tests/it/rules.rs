//! Rules as staff change them, through forms without JavaScript: two people, and nobody else.

use crate::{
    browser::{Browser, between},
    harness::App,
    html::{check_page, says},
};
use domain::Role;

const PRODUCT: [(&str, &str); 12] = [
    ("base", "sanggup-tunai"),
    ("product", "sanggup-tunai"),
    ("name", "Sanggup Tunai"),
    ("min", "500000"),
    ("max", "20000000"),
    ("step", "100000"),
    ("tenors", "3, 6, 9, 12"),
    ("late", "0.1"),
    ("grace", "0"),
    ("holiday", "none"),
    ("prepay", "next"),
    ("reason", "bunga turun, rapat 25 November"),
];

/// The product form with this rate, from today on.
fn product<'a>(rate: &'a str, today: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = PRODUCT.to_vec();
    fields.extend([("rate", rate), ("valid_from", today)]);
    fields
}

#[tokio::test]
async fn rooms_of_rules_open_to_those_who_may_read_them() {
    let app = App::start().await;
    let rooms = [
        "/petugas/produk",
        "/petugas/batas",
        "/petugas/kebijakan",
        "/petugas/usulan",
    ];
    for path in rooms {
        let answer = app.get(path).send().await.expect(303);
        assert_eq!(answer.header("location"), format!("/petugas/masuk?lanjut={path}"));
    }
    for (role, may) in [
        (Role::Support, [403, 403, 403, 200]),
        (Role::Analyst, [403, 403, 200, 200]),
        (Role::Approver, [200, 200, 200, 200]),
        (Role::Collector, [403, 403, 403, 200]),
        (Role::Auditor, [200, 200, 200, 200]),
        (Role::Superadmin, [200, 200, 200, 200]),
    ] {
        let mut staff = Browser::of_staff(&app, role).await;
        for (path, expected) in rooms.into_iter().zip(may) {
            let page = staff.open(path).await;
            assert_eq!(page.status, expected, "{role:?} {path}");
            if expected == 200 {
                check_page(path, &page);
            }
        }
        let queue = staff.open("/petugas").await.expect(200).text();
        for (path, expected) in rooms.into_iter().zip(may) {
            let offered = queue.contains(&format!("href=\"{path}\""));
            assert_eq!(offered, expected == 200, "{role:?} {path}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_product_needs_a_second_person_through_the_pages() {
    let app = App::start().await;
    let today = services::clock::Clock::today(&*app.world.clock).to_string();
    let mut boss = Browser::of_staff(&app, Role::Superadmin).await;
    boss.open("/petugas/produk").await.expect(200);
    // A stranger to this form is refused by the service, whatever the page shows.
    let mut auditor = Browser::of_staff(&app, Role::Auditor).await;
    auditor.open("/petugas/produk").await.expect(200);
    auditor
        .submit("/_fn/petugas/propose_product", &product("2", &today))
        .await
        .expect(303);
    says(auditor.open("/petugas/usulan").await, "Tidak ada usulan.");

    boss.submit("/_fn/petugas/propose_product", &product("3.6", &today))
        .await
        .expect(303);
    says(boss.open("/petugas/produk").await, "melewati batas");
    boss.submit("/_fn/petugas/propose_product", &product("dua", &today))
        .await
        .expect(303);
    says(boss.open("/petugas/produk").await, "persen berupa angka");
    let sent = boss
        .submit("/_fn/petugas/propose_product", &product("2", &today))
        .await
        .expect(303);
    assert_eq!(sent.header("location"), "/petugas/usulan");
    let page = boss.open("/petugas/usulan").await.expect(200);
    check_page("/petugas/usulan", &page);
    let html = page.text();
    for words in ["2,5% per bulan", "2% per bulan", "Tarik usulan", "Termahal, 12 bulan"] {
        assert!(html.contains(words), "{words}");
    }
    let id = between(&html, "name=\"proposal\" value=\"", "\"")
        .expect("a proposal")
        .to_owned();
    let close = |verdict: &'static str| vec![("proposal", id.clone()), ("verdict", verdict.to_owned())];
    let fields = close("approved");
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // Its maker cannot, nor can a reader; a second person can, once.
    boss.submit("/_fn/petugas/close_proposal", &fields).await.expect(303);
    says(
        boss.open("/petugas/usulan").await,
        "Usulan sendiri harus diperiksa orang lain.",
    );
    let seen = auditor.open("/petugas/usulan").await.expect(200).text();
    assert!(seen.contains("2% per bulan") && !seen.contains("name=\"verdict\""));
    auditor.submit("/_fn/petugas/close_proposal", &fields).await.expect(303);
    says(auditor.open("/petugas/usulan").await, "tidak punya akses");
    let mut approver = Browser::of_staff(&app, Role::Approver).await;
    approver.open("/petugas/usulan").await.expect(200);
    approver
        .submit("/_fn/petugas/close_proposal", &fields)
        .await
        .expect(303);
    says(approver.open("/petugas/usulan").await, "Usulan selesai diputuskan.");
    approver
        .submit("/_fn/petugas/close_proposal", &fields)
        .await
        .expect(303);
    says(
        approver.open("/petugas/usulan").await,
        "Usulan ini baru saja diputuskan oleh Rani A. pukul",
    );
    says(approver.open("/petugas/usulan?daftar=selesai").await, "Disetujui");
    let versions = approver.open("/petugas/produk").await.expect(200).text();
    assert!(versions.contains("Sanggup Tunai versi 2"));
    app.finish().await;
}

#[tokio::test]
async fn a_decision_needs_a_fresh_proof_of_who_decides() {
    let app = App::start().await;
    let today = services::clock::Clock::today(&*app.world.clock).to_string();
    let mut boss = Browser::of_staff(&app, Role::Superadmin).await;
    boss.open("/petugas/produk").await.expect(200);
    boss.submit("/_fn/petugas/propose_product", &product("2", &today))
        .await
        .expect(303);
    let mut approver = Browser::of_staff(&app, Role::Approver).await;
    let html = approver.open("/petugas/usulan").await.expect(200).text();
    let id = between(&html, "name=\"proposal\" value=\"", "\"")
        .expect("a proposal")
        .to_owned();
    app.world.clock.advance(time::Duration::minutes(6));
    let fields = [("proposal", id.as_str()), ("verdict", "approved")];
    let sent = approver
        .submit("/_fn/petugas/close_proposal", &fields)
        .await
        .expect(303);
    assert!(
        sent.header("location").starts_with("/petugas/masuk?lanjut="),
        "{}",
        sent.header("location")
    );
    app.finish().await;
}

#[tokio::test]
async fn the_rule_lab_walks_from_draft_to_a_report_that_is_missing() {
    let app = App::start().await;
    let mut analyst = Browser::of_staff(&app, Role::Analyst).await;
    let lab = "/petugas/kebijakan";
    analyst.open(lab).await.expect(200);
    let first = domain::loans::decision::Policy::first();
    let rules: Vec<_> = first
        .rules
        .iter()
        .copied()
        .map(domain::loans::decision::Rule::line)
        .collect();
    let rules = rules.join("\n");
    let form = |age: &'static str, limits: &'static str| {
        vec![
            ("version", "0"),
            ("shares", "2026-01-01 25"),
            ("minimums", "2027-01-01 3.000.000"),
            ("age_min", age),
            ("platforms", "3"),
            ("ceiling", "2000000000"),
            ("bureau", "tidak"),
            ("limits", limits),
            ("second_officer", "3500000"),
            ("offer_days", "7"),
            ("review_days", "30"),
        ]
    };
    let mut send = async |fields: Vec<(&str, &str)>| {
        let mut fields = fields;
        fields.push(("rules", rules.as_str()));
        analyst.submit("/_fn/petugas/save_policy", &fields).await.expect(303);
        analyst.open(lab).await
    };
    says(send(form("tua", "4000000")).await, "Tulis angka.");
    says(send(form("18", "100000")).await, "tidak pernah bisa menyetujui");
    says(send(form("18", "4000000, 6000000")).await, "Rancangan disimpan.");
    let version = [("version", "2")];
    analyst.submit("/_fn/petugas/shadow_policy", &version).await.expect(303);
    says(analyst.open(lab).await, "Bayangan sejauh ini: 0 disetujui");
    let today = services::clock::Clock::today(&*app.world.clock).to_string();
    let period = [("version", "2"), ("from", today.as_str()), ("until", today.as_str())];
    analyst.submit("/_fn/petugas/back_test", &period).await.expect(303);
    says(analyst.open(lab).await, "Tidak ada keputusan mesin pada periode ini.");
    let proposal = [("version", "2"), ("reason", "porsi lebih kecil")];
    analyst
        .submit("/_fn/petugas/propose_policy", &proposal)
        .await
        .expect(303);
    says(analyst.open(lab).await, "laporan uji mundur");
    analyst.submit("/_fn/petugas/retire_policy", &version).await.expect(303);
    let page = says(analyst.open(lab).await, "Bayangan selesai tanpa diberlakukan.");
    assert!(!page.text().contains("retire_policy"), "there is none left to end");
    app.finish().await;
}

#[tokio::test]
async fn a_borrower_reads_the_receipt_of_a_decision_and_nobody_else_does() {
    let app = App::start().await;
    let person = app.verified().await;
    let loan = app.application(&person).await;
    let id = loan["id"].as_str().expect("an id").to_owned();
    app.world.run_jobs().await;
    let path = format!("/pengajuan/{id}/keputusan");
    let mut browser = Browser::of(&app, &person).await;
    let page = browser.open(&path).await.expect(200);
    check_page(&path, &page);
    let html = page.text();
    for words in [
        "Tanda terima keputusan",
        "Versi 1",
        "Mesin aturan",
        "Data yang dipakai",
        "Rp544.650",
        "batas 0,1%",
        "Tidak diperiksa: data Dukcapil",
    ] {
        assert!(html.contains(words), "{words}");
    }
    says(
        browser.open(&format!("/pengajuan/{id}")).await,
        "Tanda terima keputusan",
    );
    let stranger = app.person().await;
    Browser::of(&app, &stranger).await.open(&path).await.expect(404);
    app.finish().await;
}
