//! Ways out and "what if" through the pages of a borrower, without JavaScript.

use crate::{
    browser::{Browser, between},
    harness::{Answer, App, nobodys_id},
    html::{check_page, hidden, says},
};
use domain::Role;

/// The fields of the consent that a page shows, ticked or not.
fn consent(page: &Answer, ticked: bool) -> Vec<(&'static str, String)> {
    let html = page.text();
    let names = ["loan", "pilihan", "tanggal", "cicilan", "seen", "key"];
    let form = between(&html, "action=\"/_fn/take_way_out\"", "</form>").expect("a consent");
    let mut fields: Vec<_> = names.into_iter().map(|name| (name, hidden(form, name))).collect();
    fields.extend(ticked.then(|| ("accepted", "yes".to_owned())));
    fields
}

async fn send(browser: &mut Browser<'_>, action: &str, fields: &[(&'static str, String)]) -> Answer {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.submit(action, &fields).await.expect(303)
}

#[tokio::test]
async fn a_borrower_takes_one_way_out_alone_and_asks_for_the_next() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let mut browser = Browser::of(&app, &person).await;
    let (home, list) = (format!("/pinjaman/{loan}"), format!("/pinjaman/{loan}/jalan-keluar"));
    let page = browser.open(&home).await.expect(200).text();
    assert!(page.contains(&format!("href=\"{list}\"")));
    let page = browser.open(&list).await;
    check_page(&list, &page);
    for words in ["Geser tanggal", "Bagi dua", "Bayar bunga saja", "Perpanjang"] {
        assert!(page.text().contains(words), "{words}");
    }

    // What does not fit is told at its field; what fits shows schedule, cost and limit.
    let wrong = browser.open(&format!("{list}?pilihan=perpanjang&cicilan=99")).await;
    check_page(&list, &says(wrong, "paling banyak 6 lebih dari perjanjian"));
    says(
        browser.open(&format!("{list}?pilihan=geser&tanggal=besok")).await,
        "Pilih tanggal",
    );
    browser.open(&format!("{list}?pilihan=hapus")).await.expect(404);
    let chosen = format!("{list}?pilihan=bunga");
    let page = browser.open(&chosen).await.expect(200);
    check_page(&chosen, &page);
    for words in ["Tambahan bunga", "Rp75.000", "batas 0,1%", "Setuju, ubah jadwal"] {
        assert!(page.text().contains(words), "{words}");
    }
    let back = send(&mut browser, "/_fn/take_way_out", &consent(&page, false)).await;
    assert_eq!(back.header("location"), chosen);
    says(browser.open(&chosen).await, "Centang dulu pernyataan");
    let mut other = consent(&page, true);
    other[4].1 = "jadwal lain".into();
    send(&mut browser, "/_fn/take_way_out", &other).await;
    says(browser.open(&chosen).await, "Rincian berubah");
    let fields = consent(&page, true);
    for _ in 0..2 {
        let done = send(&mut browser, "/_fn/take_way_out", &fields).await;
        assert_eq!(done.header("location"), home);
    }
    says(browser.open(&home).await, "Jadwal baru sudah berlaku.");
    let taken = "select count(*) from payments.event where body->>'kind' = 'hardship'";
    assert_eq!(app.count(taken).await, 1);

    // The next one waits for two people, can be taken back, and staff can say no.
    let chosen = format!("{list}?pilihan=perpanjang&cicilan=8");
    for end in ["withdrawn", "refused"] {
        let page = says(browser.open(&chosen).await, "diperiksa dua petugas");
        let done = send(&mut browser, "/_fn/take_way_out", &consent(&page, true)).await;
        assert_eq!(done.header("location"), list);
        let waiting = browser.open(&list).await;
        check_page(&list, &waiting);
        says(waiting, "Perpanjang menjadi 8 cicilan lagi");
        says(browser.open(&home).await, "sedang ditinjau");
        if end == "withdrawn" {
            browser.open(&list).await.expect(200);
            send(&mut browser, "/_fn/end_way_out", &[("loan", loan.clone())]).await;
            says(browser.open(&list).await, "Permintaan ditarik.");
            // Too late to take it back once more.
            send(&mut browser, "/_fn/end_way_out", &[("loan", loan.clone())]).await;
        } else {
            let mut staff = Browser::of_staff(&app, Role::Support).await;
            let room = "/petugas/jalan-keluar";
            let open = staff.open(room).await.expect(200);
            check_page(room, &open);
            let at = format!("{room}?pinjaman={loan}");
            assert!(open.text().contains(&at));
            let page = staff.open(&at).await.expect(200);
            check_page(&at, &page);
            says(page, "Tambahan bunga");
            let refuse = |reason: &str| {
                let fields = [
                    ("loan", loan.clone()),
                    ("answer", "refuse".into()),
                    ("reason", reason.to_owned()),
                ];
                fields.to_vec()
            };
            let back = send(&mut staff, "/_fn/petugas/answer_relief", &refuse("")).await;
            assert_eq!(back.header("location"), at);
            says(staff.open(&at).await, "id=\"reason-error\"");
            let done = send(
                &mut staff,
                "/_fn/petugas/answer_relief",
                &refuse("Slip gaji belum cocok."),
            )
            .await;
            assert_eq!(done.header("location"), room);
            says(staff.open(room).await, "Tidak ada permintaan.");
            // Twice is told, and changes nothing.
            staff.open(&at).await.expect(200);
            send(&mut staff, "/_fn/petugas/answer_relief", &refuse("Sekali lagi.")).await;
            let answered = staff.open(&format!("{room}?daftar=dijawab")).await.expect(200);
            assert!(answered.text().contains("Slip gaji belum cocok.") && !answered.text().contains("Sekali lagi."));
            app.world.run_jobs().await;
            says(
                browser.open(&home).await,
                "belum bisa kami setujui. Slip gaji belum cocok.",
            );
            says(browser.open("/notifikasi").await, "Jawaban atas jalan keluar Anda");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_question_about_a_loan_is_answered_and_keeps_what_was_typed() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let mut browser = Browser::of(&app, &person).await;
    let at = format!("/pinjaman/{loan}/andai");
    let page = browser.open(&at).await.expect(200);
    check_page(&at, &page);
    let today = services::clock::Clock::today(&*app.world.clock);
    let day = today + time::Duration::days(10);
    let asked = format!("{at}?apa=bayar&jumlah=1.000.000&tanggal={day}&cara=term");
    let page = browser.open(&asked).await;
    check_page(&asked, &page);
    let page = says(page, "Membayar Rp1.000.000 pada").text();
    for kept in [
        "value=\"1.000.000\"".to_owned(),
        format!("value=\"{day}\""),
        "Sisa utang, dengan itu".to_owned(),
    ] {
        assert!(page.contains(&kept), "{kept}");
    }
    let month = today + time::Duration::days(60);
    for (query, words) in [
        (format!("apa=lewat&tanggal={month}"), "Tidak membayar sampai"),
        (format!("apa=lunas&tanggal={today}"), "Lunas pada"),
        (
            format!("apa=lunas&tanggal={}", today - time::Duration::DAY),
            "Pilih tanggal mulai hari ini",
        ),
        (
            "apa=bayar&jumlah=banyak&tanggal=besok".to_owned(),
            "Pilih tanggal, misalnya",
        ),
        (format!("apa=bayar&jumlah=0&tanggal={day}"), "Isi jumlah antara"),
        (format!("apa=terbang&tanggal={day}"), "Pilih salah satu pertanyaan."),
    ] {
        let asked = format!("{at}?{query}");
        let page = browser.open(&asked).await;
        check_page(&asked, &page);
        says(page, words);
    }
    assert_eq!(
        app.count("select count(*) from payments.event").await,
        0,
        "asking records nothing"
    );
    app.finish().await;
}

#[tokio::test]
async fn another_persons_ways_out_look_like_none() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let mut owner = Browser::of(&app, &person).await;
    let list = format!("/pinjaman/{loan}/jalan-keluar");
    let fields = consent(&owner.open(&format!("{list}?pilihan=bunga")).await, true);
    let stranger = app.person().await;
    let mut stranger = Browser::of(&app, &stranger).await;
    for tail in ["jalan-keluar", "jalan-keluar?pilihan=bunga", "andai"] {
        for id in [&loan, &nobodys_id()] {
            stranger.open(&format!("/pinjaman/{id}/{tail}")).await.expect(404);
        }
        let path = format!("/pinjaman/{loan}/{tail}");
        let answer = app.get(&path).send().await.expect(303);
        assert!(answer.header("location").starts_with("/masuk?lanjut="));
    }
    stranger.open("/beranda").await;
    send(&mut stranger, "/_fn/take_way_out", &fields).await;
    send(&mut stranger, "/_fn/end_way_out", &[("loan", loan.clone())]).await;
    assert_eq!(app.count("select count(*) from payments.event").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn two_officers_give_a_way_out_through_their_pages() {
    let app = App::start().await;
    let (person, loan) = app.with_loan().await;
    let mut borrower = Browser::of(&app, &person).await;
    for query in ["pilihan=bunga", "pilihan=perpanjang&cicilan=8"] {
        let at = format!("/pinjaman/{loan}/jalan-keluar?{query}");
        let page = borrower.open(&at).await.expect(200);
        send(&mut borrower, "/_fn/take_way_out", &consent(&page, true)).await;
    }
    let at = format!("/petugas/jalan-keluar?pinjaman={loan}");
    let propose = [
        ("loan", loan.clone()),
        ("answer", "propose".into()),
        ("reason", "Pendapatannya turun.".into()),
    ];
    let mut maker = Browser::of_staff(&app, Role::Collector).await;
    maker.open(&at).await.expect(200);
    let done = send(&mut maker, "/_fn/petugas/answer_relief", &propose).await;
    assert_eq!(done.header("location"), "/petugas/usulan");
    let mut checker = Browser::of_staff(&app, Role::Approver).await;
    let page = checker.open("/petugas/usulan").await.expect(200).text();
    let form = between(&page, "action=\"/_fn/petugas/close_proposal\"", "</form>").expect("a decision");
    let approve = [("proposal", hidden(form, "proposal")), ("verdict", "approved".into())];
    send(&mut checker, "/_fn/petugas/close_proposal", &approve).await;
    says(
        borrower.open(&format!("/pinjaman/{loan}")).await,
        "disetujui. Jadwal baru berlaku",
    );

    // Strangers, borrowers and roles without a part in it find nothing.
    assert_eq!(app.get(&at).send().await.status, 303);
    let mut superadmin = Browser::of_staff(&app, Role::Superadmin).await;
    superadmin.open(&at).await.expect(403);
    let mut auditor = Browser::of_staff(&app, Role::Auditor).await;
    assert!(!auditor.open(&at).await.expect(200).text().contains("answer_relief"));
    app.finish().await;
}
