//! Differences with the gateways and refunds through the pages of staff and borrower, without JavaScript.

use crate::{
    browser::{Browser, between},
    harness::{Answer, App, nobodys_id},
    html::{check_page, hidden, says},
    people::Person,
};
use domain::Role;
use serde_json::json;

const ROOM: &str = "/petugas/rekonsiliasi";

async fn send(browser: &mut Browser<'_>, action: &str, fields: &[(&'static str, String)]) -> Answer {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.submit(action, &fields).await.expect(303)
}

/// Pays a loan off twice at once: what is over is a credit.
async fn overpay(app: &App, person: &Person, loan: &str) {
    let mut orders = Vec::new();
    for key in ["key-of-payoff-one", "key-of-payoff-two"] {
        let body = json!({"loan_id": loan, "purpose": "payoff", "method": "qris"});
        let made = app.post("/api/payments").by(person).key(key).json(&body).send().await;
        orders.push(
            made.expect(201).json()["order_id"]
                .as_str()
                .expect("an order")
                .to_owned(),
        );
    }
    for order in &orders {
        app.press(&format!("/_sim/midtrans/{order}/pay")).await;
    }
    let posted = "select count(*) from payments.charge where status = 'posted'";
    app.world.run_jobs_until(async || app.count(posted).await == 2).await;
}

#[tokio::test]
async fn a_borrower_asks_for_their_credit_and_two_officers_send_it() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let at = format!("/pinjaman/{loan}");
    let mut borrower = Browser::of(&app, &person).await;
    assert!(
        !borrower.open(&at).await.expect(200).text().contains("ask_refund"),
        "nothing is held"
    );
    // A button that was shown earlier is told why it does nothing now.
    send(&mut borrower, "/_fn/ask_refund", &[("loan", loan.clone())]).await;
    says(borrower.open(&at).await, "Tidak ada titipan");
    overpay(&app, &person, &loan).await;
    let page = borrower.open(&at).await;
    check_page(&at, &page);
    says(page, "Minta dikembalikan ke rekening");

    // Not for strangers, not for a loan that is not there.
    let stranger = app.person().await;
    let mut other = Browser::of(&app, &stranger).await;
    other.open("/beranda").await;
    for id in [loan.clone(), nobodys_id()] {
        send(&mut other, "/_fn/ask_refund", &[("loan", id)]).await;
    }
    let asked = "select count(*) from payments.refund";
    assert_eq!(app.count(asked).await, 0);

    borrower.open(&at).await.expect(200);
    for _ in 0..2 {
        let done = send(&mut borrower, "/_fn/ask_refund", &[("loan", loan.clone())]).await;
        assert_eq!(done.header("location"), at);
    }
    assert_eq!(app.count(asked).await, 1, "asked twice is asked once");
    let page = borrower.open(&at).await;
    check_page(&at, &page);
    let page = says(page, "Dua petugas memeriksanya").text();
    assert!(!page.contains("ask_refund"));

    let list = format!("{ROOM}?daftar=titipan");
    let mut maker = Browser::of_staff(&app, Role::Support).await;
    let page = maker.open(ROOM).await.expect(200);
    check_page(ROOM, &page);
    assert!(!page.text().contains("Laporan harian"), "support has no part in it");
    let chosen = format!("{list}&sesudah=&periksa={loan}");
    let page = maker.open(&chosen).await.expect(200);
    check_page(&chosen, &page);
    says(page, "Usulkan pengembalian");
    let propose = |reason: &str| [("loan", loan.clone()), ("reason", reason.to_owned())];
    let back = send(&mut maker, "/_fn/petugas/propose_refund", &propose("")).await;
    assert_eq!(back.header("location"), chosen);
    says(maker.open(&chosen).await, "id=\"reason-error\"");
    let done = send(
        &mut maker,
        "/_fn/petugas/propose_refund",
        &propose("Lebih bayar, rekening cocok."),
    )
    .await;
    assert_eq!(done.header("location"), "/petugas/usulan");

    let mut checker = Browser::of_staff(&app, Role::Approver).await;
    let page = checker.open("/petugas/usulan").await.expect(200).text();
    let form = between(&page, "action=\"/_fn/petugas/close_proposal\"", "</form>").expect("a decision");
    let approve = [("proposal", hidden(form, "proposal")), ("verdict", "approved".into())];
    send(&mut checker, "/_fn/petugas/close_proposal", &approve).await;
    says(borrower.open(&at).await, "Sedang kami kirim");
    app.world.run_jobs().await;
    let payouts = app
        .control(reqwest::Method::GET, "/_sim/xendit/payouts", json!({}))
        .await;
    let id = payouts[0]["id"].as_str().expect("an id").to_owned();
    app.press(&format!("/_sim/xendit/payouts/{id}/succeed")).await;
    let paid = "select count(*) from payments.event where body->>'kind' = 'refund_paid'";
    app.world.run_jobs_until(async || app.count(paid).await == 1).await;
    says(borrower.open(&at).await, "Sudah kami kirim ke");
    app.world.run_jobs().await;
    says(borrower.open("/notifikasi").await, "Titipan Anda sudah kembali");
    says(
        checker.open(&format!("{ROOM}?daftar=titipan-dijawab")).await,
        "Sudah kembali",
    );
    app.finish().await;
}

#[tokio::test]
async fn staff_see_a_day_and_close_a_difference_with_a_reason() {
    let app = App::start().await;
    let (_, _) = app.with_loan().await;
    sqlx::query("update payments.payout set amount = amount - 1000")
        .execute(&app.world.owner)
        .await
        .expect("another amount");
    let day = services::clock::Clock::today(&*app.world.clock);
    app.wait(60 * 60 * 25);
    app.world.services.payments.reconcile(day).await.expect("a report");
    app.world.run_jobs().await;

    let mut analyst = Browser::of_staff(&app, Role::Analyst).await;
    for (at, words) in [
        (ROOM.to_owned(), "Jumlah berbeda"),
        (format!("{ROOM}?daftar=laporan"), "Ada selisih"),
        (format!("{ROOM}?daftar=selesai"), "Tidak ada selisih."),
        (format!("{ROOM}?daftar=titipan"), "Tidak ada titipan di sini."),
    ] {
        let page = analyst.open(&at).await.expect(200);
        check_page(&at, &page);
        says(page, words);
    }
    let page = analyst.open(ROOM).await.expect(200).text();
    let link = between(&page, &format!("{ROOM}?daftar=&amp;sesudah=&amp;periksa="), "\"").expect("a link");
    let id = link;
    let chosen = format!("{ROOM}?daftar=&sesudah=&periksa={id}");
    let page = analyst.open(&chosen).await.expect(200);
    check_page(&chosen, &page);
    let close = |reason: &str| [("difference", id.to_owned()), ("reason", reason.to_owned())];
    let back = send(&mut analyst, "/_fn/petugas/close_difference", &close("")).await;
    assert_eq!(back.header("location"), chosen);
    says(analyst.open(&chosen).await, "id=\"reason-error\"");
    let done = send(
        &mut analyst,
        "/_fn/petugas/close_difference",
        &close("Salah catat, sudah dicek."),
    )
    .await;
    assert_eq!(done.header("location"), ROOM);
    says(analyst.open(ROOM).await, "Tidak ada selisih.");
    // Twice is told, and changes nothing.
    send(&mut analyst, "/_fn/petugas/close_difference", &close("Sekali lagi.")).await;
    let closed = analyst.open(&format!("{ROOM}?daftar=selesai")).await.expect(200).text();
    assert!(closed.contains("Salah catat, sudah dicek.") && !closed.contains("Sekali lagi."));

    let mut auditor = Browser::of_staff(&app, Role::Auditor).await;
    assert!(!auditor.open(ROOM).await.expect(200).text().contains("Tutup selisih"));
    let mut collector = Browser::of_staff(&app, Role::Collector).await;
    collector.open(ROOM).await.expect(403);
    assert_eq!(app.get(ROOM).send().await.status, 303);
    app.world.abandon().await;
}
