//! The room of money through the pages of staff, without JavaScript.

use crate::{
    browser::{Browser, between},
    harness::{App, nobodys_id},
    html::{check_page, hidden, says},
    people::Person,
};
use axum::http::Method;
use domain::Role;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ROOM: &str = "/petugas/uang";
const RESOLVE: &str = "/_fn/petugas/resolve_suspense";
const CLOSE: &str = "/_fn/petugas/close_proposal";

/// Rp500.000 comes for a bill of another amount.
async fn mismatch(app: &App, person: &Person, loan: &str, key: &str) -> Value {
    let body = json!({"loan_id": loan, "purpose": "instalment", "method": "va_bca"});
    let call = app.post("/api/payments").by(person).key(key).json(&body);
    let payment = call.send().await.expect(201).json();
    let text = |name: &str| payment[name].as_str().expect("a text").to_owned();
    let pay = format!("/_sim/midtrans/{}/pay", text("order_id"));
    app.control(Method::POST, &pay, json!({"amount": 500_000})).await;
    let path = format!("/api/payments/{}", text("id"));
    app.world
        .run_jobs_until(async || app.get(&path).by(person).send().await.expect(200).json()["status"] == "mismatch")
        .await;
    payment
}

/// Where the money of an order is looked at.
fn link(page: &str) -> String {
    let id = between(page, "href=\"/petugas/uang?dana=", "\"").expect("money that waits");
    format!("{ROOM}?dana={id}")
}

fn ids(page: &str) -> Vec<&str> {
    page.match_indices(" id=\"")
        .map(|(at, mark)| {
            let rest = &page[at + mark.len()..];
            &rest[..rest.find('"').expect("an end")]
        })
        .collect()
}

#[tokio::test]
async fn two_officers_credit_money_through_their_pages() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let mut analyst = Browser::of_staff(&app, Role::Analyst).await;
    let empty = analyst.open(ROOM).await.expect(200);
    check_page(ROOM, &empty);
    for words in [
        "Tidak ada dana yang menunggu",
        "Semua pencairan sampai",
        "Tidak ada pinjaman lunas",
        "href=\"/petugas/uang\" aria-current=\"page\"",
    ] {
        assert!(empty.text().contains(words), "{words}");
    }

    let payment = mismatch(&app, &person, &loan, "key-of-money-in-00001").await;
    let page = says(analyst.open(ROOM).await, "Rp500.000").text();
    let at = link(&page);
    let id = at.rsplit('=').next().expect("an id").to_owned();
    let page = analyst.open(&at).await.expect(200);
    check_page(&at, &page);
    // The loan of the attempt is filled in; what is missing is told at its field and kept.
    let number = app.get(&format!("/api/loans/{loan}")).by(&person).send().await;
    let number = number.expect(200).json()["number"]
        .as_str()
        .expect("a number")
        .to_owned();
    says(page, &format!("value=\"{number}\""));
    let fields = |loan: &str, answer: &str, reference: &str, reason: &str| {
        [
            ("money", id.clone()),
            ("loan", loan.to_owned()),
            ("answer", answer.to_owned()),
            ("reference", reference.to_owned()),
            ("reason", reason.to_owned()),
        ]
    };
    for (sent, fault) in [
        (fields("bukan nomor", "credit", "", "Sudah dicek."), "loan-error"),
        (fields(&nobodys_id(), "credit", "", "Sudah dicek."), "loan-error"),
        (fields(&number, "return", "", "Sudah dicek."), "reference-error"),
        (fields(&number, "credit", "", ""), "reason-error"),
    ] {
        let sent: Vec<_> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let back = analyst.submit(RESOLVE, &sent).await.expect(303);
        assert_eq!(back.header("location"), at);
        let page = analyst.open(&at).await;
        check_page(&at, &page);
        says(page, &format!("id=\"{fault}\""));
    }
    let good = fields(&number, "credit", "", "Pembayar salah ketik jumlah.");
    let good: Vec<_> = good.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = analyst.submit(RESOLVE, &good).await.expect(303);
    assert_eq!(done.header("location"), "/petugas/usulan");
    // Twice is told, and changes nothing.
    analyst.open(&at).await.expect(200);
    analyst.submit(RESOLVE, &good).await.expect(303);
    says(analyst.open(&at).await, "Masih ada usulan terbuka");
    assert_eq!(app.count("select count(*) from audit.proposal").await, 1);

    let mut approver = Browser::of_staff(&app, Role::Approver).await;
    let page = says(approver.open("/petugas/usulan").await, "Catat dana sebagai pembayaran").text();
    assert!(
        page.contains(&format!("Pembayaran pinjaman {number}, tanggal")) && !page.contains(&loan),
        "{page}"
    );
    let proposal = between(&page, "name=\"proposal\" value=\"", "\"").expect("a proposal");
    let approve = [("proposal", proposal), ("verdict", "approved")];
    approver.submit(CLOSE, &approve).await.expect(303);
    says(approver.open("/petugas/usulan").await, "Usulan selesai diputuskan.");
    // Too late is told with who was quicker.
    approver.submit(CLOSE, &approve).await.expect(303);
    says(
        approver.open("/petugas/usulan").await,
        "Usulan ini baru saja diputuskan oleh Rani A. pukul",
    );
    says(approver.open(&at).await, "Dicatat sebagai pembayaran");
    says(approver.open(ROOM).await, "Tidak ada dana yang menunggu");
    let ended = format!("{ROOM}?daftar=selesai");
    let page = says(approver.open(&ended).await, "Rp500.000");
    check_page(&ended, &page);
    let path = format!("/api/payments/{}", payment["id"].as_str().expect("an id"));
    let paid = app.get(&path).by(&person).send().await.expect(200).json();
    assert_eq!(
        (paid["status"].as_str(), paid["amount"].as_i64()),
        (Some("posted"), Some(500_000))
    );
    app.finish().await;
}

#[tokio::test]
async fn the_room_of_money_opens_for_those_with_a_part_in_it() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    mismatch(&app, &person, &loan, "key-of-money-in-00002").await;
    let answer = app.get(ROOM).send().await.expect(303);
    assert_eq!(answer.header("location"), format!("/petugas/masuk?lanjut={ROOM}"));
    let mut borrower = Browser::of(&app, &person).await;
    assert_eq!(borrower.open(ROOM).await.status, 303);
    for role in [Role::Collector, Role::Superadmin] {
        let mut staff = Browser::of_staff(&app, role).await;
        staff.open(ROOM).await.expect(403);
        let queue = staff.open("/petugas").await.expect(200).text();
        assert!(!queue.contains("href=\"/petugas/uang\""));
    }
    for role in [Role::Auditor, Role::Support] {
        let mut staff = Browser::of_staff(&app, role).await;
        let at = link(&staff.open(ROOM).await.expect(200).text());
        let page = staff.open(&at).await.expect(200);
        check_page(&at, &page);
        assert!(!page.text().contains(RESOLVE), "{role:?} only reads");
        // Even with a form of their own making.
        let id = at.rsplit('=').next().expect("an id").to_owned();
        let sent = [
            ("money", id.as_str()),
            ("loan", loan.as_str()),
            ("answer", "credit"),
            ("reason", "Sudah dicek."),
        ];
        staff.submit(RESOLVE, &sent).await.expect(303);
        staff.open(&format!("{ROOM}?dana={}", nobodys_id())).await.expect(404);
        staff.open(&format!("{ROOM}?dana=bukan")).await.expect(404);
    }
    assert_eq!(app.count("select count(*) from audit.proposal").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn proposals_that_wait_together_have_ids_of_their_own() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let mut analyst = Browser::of_staff(&app, Role::Analyst).await;
    for key in ["key-of-money-in-00003", "key-of-money-in-00004"] {
        mismatch(&app, &person, &loan, key).await;
        let page = analyst.open(ROOM).await.expect(200).text();
        let waiting = page.split("<tr>").find(|row| row.contains("Periksa")).expect("a row");
        let at = link(waiting);
        let id = at.rsplit('=').next().expect("an id").to_owned();
        analyst.open(&at).await.expect(200);
        let sent = [
            ("money", id.as_str()),
            ("answer", "return"),
            ("reference", "BCA 8812"),
            ("reason", "Pembayar minta kembali."),
        ];
        analyst.submit(RESOLVE, &sent).await.expect(303);
    }
    let mut approver = Browser::of_staff(&app, Role::Approver).await;
    let page = approver.open("/petugas/usulan").await.expect(200).text();
    let unique = |page: &str| {
        let all = ids(page);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
    };
    unique(&page);
    assert_eq!(page.matches("<textarea").count(), 2);
    // The form that was sent wrong is the one to which the summary leads.
    let second = page.rsplit("<form").next().expect("a form");
    let proposal = hidden(second, "proposal");
    let reject = [("proposal", proposal.as_str()), ("verdict", "rejected"), ("reason", "")];
    approver.submit(CLOSE, &reject).await.expect(303);
    let page = says(approver.open("/petugas/usulan").await, "href=\"#reason\"").text();
    unique(&page);
    let form = page
        .split("<form")
        .find(|form| form.contains("id=\"reason\""))
        .expect("a form");
    assert_eq!(hidden(form, "proposal"), proposal);
    app.finish().await;
}

#[tokio::test]
async fn a_failed_payout_is_tried_again_from_the_room_of_money() {
    let app = App::start().await;
    let person = app.verified().await;
    let loan = app.application(&person).await["id"].as_str().expect("an id").to_owned();
    app.world.run_jobs().await;
    let payouts = app.control(Method::GET, "/_sim/xendit/payouts", json!({})).await;
    let payout = payouts[0]["id"].as_str().expect("a payout").to_owned();
    let fail = format!("/_sim/xendit/payouts/{payout}/fail");
    app.control(Method::POST, &fail, json!({"failure_code": "INSUFFICIENT_BALANCE"}))
        .await;
    let failed = "select count(*) from payments.payout where status = 'failed'";
    app.world.run_jobs_until(async || app.count(failed).await == 1).await;

    let mut auditor = Browser::of_staff(&app, Role::Auditor).await;
    let page = says(auditor.open(ROOM).await, "Ditolak (INSUFFICIENT_BALANCE)");
    assert!(!page.text().contains("retry_payout"));
    let mut support = Browser::of_staff(&app, Role::Support).await;
    let page = support.open(ROOM).await.expect(200);
    check_page(ROOM, &page);
    let page = page.text();
    let form = between(&page, "action=\"/_fn/petugas/retry_payout\"", "</form>").expect("a form");
    let fields = [("loan", hidden(form, "loan"))];
    assert_eq!(fields[0].1, loan);
    let fields = [("loan", loan.as_str())];
    let done = support.submit("/_fn/petugas/retry_payout", &fields).await.expect(303);
    assert_eq!(done.header("location"), ROOM);
    let page = says(support.open(ROOM).await, "Pencairan dikirim sekali lagi.").text();
    assert!(!page.contains("retry_payout"), "it is on its way");
    assert_eq!(app.count("select count(*) from payments.payout").await, 2);
    app.finish().await;
}
