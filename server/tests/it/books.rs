//! The room of the books through the pages of staff, without JavaScript: what is closed and proven, and a journal by
//! hand, which two people make.

use crate::{
    browser::{Browser, between},
    harness::App,
    html::{check_page, says},
};
use domain::Role;

const ROOM: &str = "/petugas/buku";
const PROPOSE: &str = "/_fn/petugas/propose_posting";
const CLOSE: &str = "/_fn/petugas/close_proposal";

/// The gateway passed on Rp544.650.
fn posting(today: &str) -> [(&'static str, String); 5] {
    [
        ("debit", "1000".to_owned()),
        ("credit", "1020".to_owned()),
        ("amount", "544.650".to_owned()),
        ("on", today.to_owned()),
        ("reason", "Mutasi BCA 30 November, baris 4.".to_owned()),
    ]
}

async fn send(staff: &mut Browser<'_>, fields: &[(&'static str, String)]) -> String {
    staff.open(ROOM).await.expect(200);
    let sent: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    staff
        .submit(PROPOSE, &sent)
        .await
        .expect(303)
        .header("location")
        .to_owned()
}

#[tokio::test]
async fn two_officers_make_a_journal_by_hand() {
    let app = App::start().await;
    app.with_loan().await;
    let today = app.world.services.core.clock.today();
    let mut analyst = Browser::of_staff(&app, Role::Analyst).await;
    let page = analyst.open(ROOM).await.expect(200);
    check_page(ROOM, &page);
    let page = says(page, "Belum ada hari yang ditutup").text();
    assert!(
        page.contains("1020 Piutang gateway") && !page.contains("1100 Pokok pinjaman"),
        "{page}"
    );
    let good = posting(&today.to_string());
    let with = |field: &str, value: &str| {
        let swap = |(name, kept): &(&'static str, String)| match *name == field {
            true => (*name, value.to_owned()),
            false => (*name, kept.clone()),
        };
        good.iter().map(swap).collect::<Vec<_>>()
    };
    for (field, value) in [
        ("debit", ""),
        ("debit", "9999"),
        ("debit", "2120"),
        ("credit", "1000"),
        ("amount", "0"),
        ("amount", "satu"),
        ("on", "2099-01-01"),
        ("on", "30 November"),
        ("reason", ""),
    ] {
        assert_eq!(send(&mut analyst, &with(field, value)).await, ROOM, "{field} {value}");
        let page = analyst.open(ROOM).await;
        check_page(ROOM, &page);
        let page = says(page, &format!("id=\"{field}-error\"")).text();
        // What was typed is not lost.
        assert!(
            field == "amount" || page.contains("value=\"544.650\""),
            "{field} {value}"
        );
    }
    assert_eq!(app.count("select count(*) from audit.proposal").await, 0);

    assert_eq!(send(&mut analyst, &good).await, "/petugas/usulan");
    assert_eq!(send(&mut analyst, &good).await, ROOM, "twice is one");
    says(analyst.open(ROOM).await, "Masih ada usulan terbuka");
    let by_hand = "select count(*) from payments.journal where kind = 'by_hand'";
    assert_eq!(app.count(by_hand).await, 0);
    let mut approver = Browser::of_staff(&app, Role::Approver).await;
    let page = says(approver.open("/petugas/usulan").await, "1000 Bank operasional").text();
    let proposal = between(&page, "name=\"proposal\" value=\"", "\"").expect("a proposal");
    let approve = [("proposal", proposal), ("verdict", "approved")];
    approver.submit(CLOSE, &approve).await.expect(303);
    approver.submit(CLOSE, &approve).await.expect(303);
    assert_eq!(app.count(by_hand).await, 1);
    let bank =
        "select sum(debit - credit)::bigint from payments.ledger_entry where account = '1000' and loan_id is null";
    assert_eq!(app.count(bank).await, 544_650);

    // The day is closed: the books show it, and agree.
    app.world.clock.advance(time::Duration::days(1));
    app.world.services.payments.close_day(today).await.expect("a close");
    let mut approver = Browser::of_staff(&app, Role::Approver).await;
    let page = approver.open(ROOM).await.expect(200);
    check_page(ROOM, &page);
    let page = page.text();
    for words in [
        "1000 Bank operasional",
        "Rp544.650",
        "Umur pinjaman",
        "TKB",
        "Semua pinjaman sama",
    ] {
        assert!(page.contains(words), "{words}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_books_open_for_those_with_a_part_in_them() {
    let app = App::start().await;
    let answer = app.get(ROOM).send().await.expect(303);
    assert_eq!(answer.header("location"), format!("/petugas/masuk?lanjut={ROOM}"));
    for role in [Role::Support, Role::Collector] {
        let mut staff = Browser::of_staff(&app, role).await;
        staff.open(ROOM).await.expect(403);
        let queue = staff.open("/petugas").await.expect(200).text();
        assert!(!queue.contains("href=\"/petugas/buku\""));
    }
    for role in [Role::Auditor, Role::Superadmin] {
        let mut staff = Browser::of_staff(&app, role).await;
        let page = staff.open(ROOM).await.expect(200);
        check_page(ROOM, &page);
        assert!(!page.text().contains(PROPOSE), "{role:?} only reads");
        let today = app.world.services.core.clock.today().to_string();
        // Even with a form of their own making.
        let fields = posting(&today);
        let sent: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        staff.submit(PROPOSE, &sent).await.expect(303);
    }
    assert_eq!(app.count("select count(*) from audit.proposal").await, 0);
    app.finish().await;
}
