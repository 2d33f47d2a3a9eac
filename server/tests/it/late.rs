//! Loans that are late, through the pages of staff and without JavaScript.

use crate::{
    browser::{Browser, between},
    harness::{Answer, App, nobodys_id},
    html::{check_page, hidden, says},
};
use domain::Role;

const ROOM: &str = "/petugas/penagihan";
const DAY: i64 = 86_400;

/// Approves or withdraws the one proposal that waits, from the page where it waits.
async fn close(who: &mut Browser<'_>, verdict: &str, reason: &str) -> Answer {
    let page = who.open("/petugas/usulan").await.expect(200).text();
    let form = between(&page, "action=\"/_fn/petugas/close_proposal\"", "</form>").expect("a decision");
    let proposal = hidden(form, "proposal");
    let fields = [
        ("proposal", proposal.as_str()),
        ("verdict", verdict),
        ("reason", reason),
    ];
    let answer = who.submit("/_fn/petugas/close_proposal", &fields).await;
    answer.expect(303)
}

#[tokio::test]
async fn officers_see_who_is_late_and_two_of_them_waive_and_write_off() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let number = app.get(&format!("/api/loans/{loan}")).by(&person).send().await;
    let number = number.expect(200).json()["number"]
        .as_str()
        .expect("a number")
        .to_owned();
    let at = format!("{ROOM}?pinjaman={loan}");
    let mut early = Browser::of_staff(&app, Role::Collector).await;
    let empty = early.open(ROOM).await.expect(200);
    check_page(ROOM, &empty);
    says(empty, "Tidak ada pinjaman yang terlambat");
    let page = early.open(&format!("{at}&usul=hapus-buku")).await.expect(200);
    assert!(
        !says(page, "setelah terlambat 180 hari")
            .text()
            .contains("value=\"write_off\"")
    );
    // A form that was kept open for long, or made up, is refused by the rule and says so.
    let made_up = [
        ("loan", loan.as_str()),
        ("answer", "write_off"),
        ("reason", "Tidak bisa dihubungi."),
    ];
    let refused = early
        .submit("/_fn/petugas/propose_write_off", &made_up)
        .await
        .expect(303);
    assert_eq!(refused.header("location"), format!("{at}&usul=hapus-buku"));
    says(
        early.open(&format!("{at}&usul=hapus-buku")).await,
        "Hapus buku baru bisa diusulkan",
    );

    app.wait(230 * DAY);
    let mut maker = Browser::of_staff(&app, Role::Collector).await;
    let list = maker.open(ROOM).await.expect(200);
    assert!(
        list.text().contains(&format!(">{number}<")),
        "people use the number: {}",
        list.text()
    );
    check_page(ROOM, &list);
    let list = says(list, "Macet").text();
    assert!(list.contains(&format!("href=\"{at}\"")), "{list}");
    says(
        maker.open(&format!("{ROOM}?hari=4")).await,
        "Tidak ada pinjaman yang terlambat",
    );
    says(maker.open(&format!("{ROOM}?hari=181")).await, &loan);
    maker.open(&format!("{ROOM}?sesudah=besok")).await.expect(422);
    let page = maker.open(&at).await.expect(200);
    check_page(&at, &page);
    for words in [
        "Denda ditagih sejauh ini",
        "Sisa ruang biaya dan denda",
        "Usulkan hapus buku",
        "Atur denda",
    ] {
        assert!(page.text().contains(words), "{words}");
    }

    // A waiver: what does not fit is told at its field and keeps what was typed.
    let waiver = format!("{at}&usul=keringanan");
    let page = maker.open(&waiver).await;
    check_page(&waiver, &page);
    let send = async |maker: &mut Browser<'_>, amount: &str| {
        maker.open(&waiver).await.expect(200);
        let fields = [
            ("loan", loan.as_str()),
            ("component", "late_fee"),
            ("amount", amount),
            ("reason", "Sakit lama, ada surat dokter."),
        ];
        maker.submit("/_fn/petugas/propose_waiver", &fields).await.expect(303)
    };
    let back = send(&mut maker, "999.999.999").await;
    assert_eq!(back.header("location"), waiver);
    let page = says(maker.open(&waiver).await, "Isi jumlah antara Rp1 dan").text();
    assert!(
        page.contains("id=\"amount-error\"") && page.contains("surat dokter"),
        "{page}"
    );
    assert_eq!(send(&mut maker, "10.000").await.header("location"), "/petugas/usulan");
    // Twice: one of a kind waits at a time.
    send(&mut maker, "10.000").await;
    says(maker.open(&waiver).await, "Masih ada usulan terbuka");
    let mut checker = Browser::of_staff(&app, Role::Approver).await;
    says(checker.open("/petugas/usulan").await, "Beri keringanan");
    close(&mut checker, "approved", "").await;
    let waived = "select count(*) from payments.event where body->>'kind' = 'waiver'";
    assert_eq!(app.count(waived).await, 1);

    // Off the books by two, and back by two.
    let page_of = format!("{at}&usul=hapus-buku");
    let off = "select count(*) from payments.event where body->>'kind' in ('written_off', 'write_off_undone')";
    for (answer, events) in [("write_off", 1), ("undo", 2)] {
        let page = maker.open(&page_of).await.expect(200);
        check_page(&page_of, &page);
        assert!(page.text().contains(&format!("value=\"{answer}\"")));
        let fields = [
            ("loan", loan.as_str()),
            ("answer", answer),
            ("reason", "Tidak bisa dihubungi lagi."),
        ];
        let done = maker
            .submit("/_fn/petugas/propose_write_off", &fields)
            .await
            .expect(303);
        assert_eq!(done.header("location"), "/petugas/usulan");
        close(&mut checker, "approved", "").await;
        assert_eq!(app.count(off).await, events);
        let list = maker.open(ROOM).await.expect(200).text();
        assert_eq!(list.contains("Hapus buku"), answer == "write_off");
    }
    app.finish().await;
}

#[tokio::test]
async fn an_officer_stops_late_fees_and_lets_them_go_on() {
    let app = App::start().await;
    let (_, loan) = app.with_loan().await;
    app.wait(45 * DAY);
    let mut officer = Browser::of_staff(&app, Role::Support).await;
    let at = format!("{ROOM}?pinjaman={loan}");
    let page_of = format!("{at}&usul=denda");
    let page = officer.open(&page_of).await;
    check_page(&page_of, &page);
    // Support proposes waivers, not write-offs.
    assert!(!says(page, "Usulkan keringanan").text().contains("hapus buku"));
    let send = async |officer: &mut Browser<'_>, answer: &str, through: &str, reason: &str| {
        officer.open(&page_of).await.expect(200);
        let fields = [
            ("loan", loan.as_str()),
            ("answer", answer),
            ("through", through),
            ("reason", reason),
        ];
        officer.submit("/_fn/petugas/stop_late_fees", &fields).await.expect(303)
    };
    for (through, reason, words) in [
        ("besok", "Rumahnya kebanjiran.", "Pilih tanggal, misalnya"),
        ("2020-01-01", "Rumahnya kebanjiran.", "Pilih tanggal setelah hari ini."),
        ("", "ya", "Tulis alasannya"),
    ] {
        let back = send(&mut officer, "pause", through, reason).await;
        assert_eq!(back.header("location"), page_of, "{through} {reason}");
        says(officer.open(&page_of).await, words);
    }
    let done = send(&mut officer, "pause", "", "Rumahnya kebanjiran.").await;
    assert_eq!(done.header("location"), at);
    says(officer.open(&at).await, "Denda berhenti mulai besok.");
    says(officer.open(&at).await, "Dihentikan");
    send(&mut officer, "resume", "", "Airnya sudah surut.").await;
    says(officer.open(&at).await, "Denda dihitung lagi mulai besok.");
    says(officer.open(&at).await, "Dihitung tiap hari terlambat");
    app.finish().await;
}

#[tokio::test]
async fn who_is_late_is_not_for_everybody() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let at = format!("{ROOM}?pinjaman={loan}");
    for path in [ROOM, &at] {
        assert_eq!(app.get(path).send().await.status, 303);
        let mut borrower = Browser::of(&app, &person).await;
        assert_eq!(borrower.open(path).await.status, 303);
        let mut superadmin = Browser::of_staff(&app, Role::Superadmin).await;
        superadmin.open(path).await.expect(403);
    }
    let mut auditor = Browser::of_staff(&app, Role::Auditor).await;
    let page = auditor.open(&format!("{at}&usul=keringanan")).await.expect(200).text();
    assert!(
        !page.contains("propose_waiver") && !page.contains("usul=denda"),
        "an auditor reads"
    );
    let fields = [
        ("loan", loan.as_str()),
        ("answer", "pause"),
        ("reason", "Saya ingin saja."),
    ];
    auditor.submit("/_fn/petugas/stop_late_fees", &fields).await;
    assert_eq!(app.count("select count(*) from payments.event").await, 0);
    auditor
        .open(&format!("{ROOM}?pinjaman={}", nobodys_id()))
        .await
        .expect(404);
    auditor.open(&format!("{ROOM}?pinjaman=satu")).await.expect(404);
    app.finish().await;
}
