//! 11, 11b and 15, `/pengajuan/{id}`: one application from its arrival to the money, and every other end of it.

use super::{
    declined::declined,
    home::photo_again,
    path_id,
    words::{clock, moment, status_look},
};
use crate::{
    components::{
        AppBar, Badge, Button, CsrfField, Dialog, EmptyState, Hidden, Kind, LinkList, LinkRow, List, ListRow, Main,
        Middle, Notice, Petals, Progress, Setback, Symbol, Timeline, TimelineStep, Tone, page_title,
    },
    islands::LiveStatus,
    pages::{failure, flash_notice},
    shell::{IslandScripts, RefreshWithoutScript},
    visit::{Visit, visit},
};
use domain::{
    Error,
    calendar::jakarta_date,
    loans::{Loan, LoanStatus},
    payments::{PayoutStatus, servicing::Position},
    text,
    users::Profile,
};
use leptos::prelude::*;
use leptos_meta::Title;
use time::{Date, Duration};

/// One application.
#[component]
pub fn ApplicationPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let loan = visit.backend.loans.get(&visit.actor, path_id(visit)?).await?;
    if visit.query.contains_key("batal") && loan.may_cancel() {
        return Ok(cancel_page(visit, &loan));
    }
    let failed = loan
        .payout
        .as_ref()
        .is_some_and(|payout| payout.status == PayoutStatus::Failed);
    let (title, content) = match (loan.status, &loan.position) {
        (LoanStatus::Declined, _) => ("Belum disetujui", declined(visit, &loan)),
        (LoanStatus::Cancelled, _) => ("Pengajuan dibatalkan", cancelled()),
        (LoanStatus::Closed, _) => ("Pinjaman lunas", closed(&loan)),
        (_, Some(position)) => ("Pinjaman disetujui", disbursed(visit.today(), &loan, position)),
        (_, None) if failed => ("Dana belum bisa dikirim", payout_failed(&loan)),
        (_, None) => ("Pengajuan Anda sedang diproses", in_progress(visit, &loan).await?),
    };
    let faults = visit.faults(&["/_fn/cancel", "/_fn/request_review", "/_fn/quote", "/_fn/retry_payout"]);
    let receipt = loan.decision.as_ref().map(|_| {
        let href = format!("/pengajuan/{}/keputusan", loan.id);
        view! { <LinkList><LinkRow icon=Symbol::Document href=href>"Tanda terima keputusan"</LinkRow></LinkList> }
    });
    Ok(view! {
        <Title text=page_title(title, &faults)/>
        <AppBar title="Pengajuan" aside=loan.number/>
        <Main class="page page--after-bar stack-5">
            {flash_notice()}
            <Setback faults=faults/>
            {content}
            {receipt}
        </Main>
    }
    .into_any())
}

/// The terms in one line: "Rp3.000.000 · 6 bulan · cicilan Rp544.650".
fn terms(loan: &Loan) -> String {
    let simulation = &loan.quote.simulation;
    let first = simulation
        .schedule
        .lines
        .first()
        .map(|line| line.total())
        .unwrap_or_default();
    format!(
        "{} · {} · cicilan {first}",
        simulation.amount,
        text::tenor(simulation.tenor, simulation.product.every)
    )
}

/// "BCA •••• 4821", without the holder.
fn account(loan: &Loan) -> String {
    match &loan.payout {
        Some(payout) => payout.payee_label.clone(),
        None => loan.quote.payee_label.split(',').next().unwrap_or_default().to_owned(),
    }
}

async fn in_progress(visit: &Visit, loan: &Loan) -> Result<AnyView, Error> {
    let heading = match loan.status {
        LoanStatus::Approved | LoanStatus::Disbursing => "Pinjaman disetujui",
        _ => "Pengajuan Anda sedang diproses",
    };
    let waits_for = match loan.status {
        LoanStatus::Approved => hold(visit, &visit.backend.users.profile(&visit.actor).await?),
        LoanStatus::Referred => photo_again(&visit.backend.users.profile(&visit.actor).await?),
        _ => None,
    };
    let cancel = loan.may_cancel().then(|| {
        let form = cancel_form(visit, loan);
        view! {
            <p class="text-centre text-small">
                <a class="button-link button-link--danger" href=format!("/pengajuan/{}?batal=1", loan.id) data-opens="cancel">"Batalkan pengajuan"</a>
            </p>
            <Dialog id="cancel" question="Batalkan pengajuan ini?">
                <p>"Tidak ada biaya."</p>
                {form}
                <button class="button button--secondary" type="button" data-closes="">"Tidak"</button>
            </Dialog>
        }
    });
    Ok(view! {
        <div class="stack-2"><h1>{heading}</h1><p class="text-muted numeric">{terms(loan)}</p></div>
        <div class="card">{steps(loan)}</div>
        {waits_for}
        <Notice icon=Symbol::Bell>"Halaman ini boleh ditutup. Hasilnya kami kabari lewat WhatsApp dan notifikasi."</Notice>
        <form class="stack" method="get" action=format!("/pengajuan/{}", loan.id)>
            <Button kind=Kind::Secondary icon=Symbol::Refresh>"Perbarui status"</Button>
        </form>
        <LiveStatus
            url=format!("/pengajuan/{}/status", loan.id)
            current=loan.status.as_str()
            words="Halaman ini diperbarui otomatis"
        />
        {cancel}
        <RefreshWithoutScript/>
        <IslandScripts/>
    }
    .into_any())
}

/// After a change of the receiving account the money waits a day (security.md R13); the borrower may know.
fn hold(visit: &Visit, profile: &Profile) -> Option<AnyView> {
    let changed = profile.bank_account.as_ref()?.changed_at?;
    let until = Some(changed + Duration::hours(24)).filter(|until| *until > visit.now)?;
    let words = format!(
        "Rekening baru diganti. Demi keamanan, dana dikirim paling cepat {}.",
        clock(visit.now, until)
    );
    Some(view! { <Notice icon=Symbol::Shield>{words}</Notice> }.into_any())
}

fn steps(loan: &Loan) -> impl IntoView + use<> {
    let at = match loan.status {
        LoanStatus::Submitted | LoanStatus::UnderReview => 2,
        LoanStatus::Referred => 3,
        _ => 4,
    };
    let progress = |step: u8| match step.cmp(&at) {
        std::cmp::Ordering::Less => Progress::Done,
        std::cmp::Ordering::Equal => Progress::Current,
        std::cmp::Ordering::Greater => Progress::Later,
    };
    let decision = match (loan.status, loan.milestones.decided_at) {
        (LoanStatus::Referred, _) => "Petugas sedang meninjau. Jam kerja 08.00 sampai 20.00 WIB.".to_owned(),
        (LoanStatus::Approved | LoanStatus::Disbursing, Some(decided)) => format!("Disetujui, {}", moment(decided)),
        _ => String::new(),
    };
    let checking = if at == 2 {
        "Biasanya kurang dari 2 menit"
    } else {
        "Selesai"
    };
    let sending = match loan.status {
        LoanStatus::Approved => "Sedang kami siapkan",
        LoanStatus::Disbursing => "Sedang dalam perjalanan",
        _ => "",
    };
    let steps = [
        ("Pengajuan diterima".to_owned(), moment(loan.milestones.submitted_at)),
        ("Identitas cocok".to_owned(), "Data KTP dan selfie sesuai".to_owned()),
        ("Memeriksa kemampuan bayar".to_owned(), checking.to_owned()),
        ("Keputusan".to_owned(), decision),
        (format!("Dana dikirim ke {}", account(loan)), sending.to_owned()),
    ];
    let steps = steps
        .into_iter()
        .zip(0u8..)
        .map(|((title, detail), index)| {
            let state = progress(index);
            if detail.is_empty() || state == Progress::Later {
                view! { <TimelineStep state=state title=title/> }.into_any()
            } else {
                view! { <TimelineStep state=state title=title detail=detail/> }.into_any()
            }
        })
        .collect_view();
    view! { <Timeline>{steps}</Timeline> }
}

fn cancel_form(visit: &Visit, loan: &Loan) -> impl IntoView + use<> {
    let (id, key) = (loan.id.to_string(), visit.key.clone());
    view! {
        <form class="stack" method="post" action="/_fn/cancel">
            <Hidden name="loan" value=id/>
            <Hidden name="key" value=key/>
            <CsrfField/>
            <Button kind=Kind::Danger>"Ya, batalkan"</Button>
        </form>
    }
}

/// The question as a page: without a script, or by its address.
fn cancel_page(visit: &Visit, loan: &Loan) -> AnyView {
    let back = format!("/pengajuan/{}", loan.id);
    let (faults, form, terms) = (visit.faults(&["/_fn/cancel"]), cancel_form(visit, loan), terms(loan));
    view! {
        <Title text=page_title("Batalkan pengajuan", &faults)/>
        <AppBar title="Pengajuan" back=back.clone() aside=loan.number.clone()/>
        <Main class="page page--after-bar stack-5">
            <Setback faults=faults/>
            <div class="stack-2">
                <h1>"Batalkan pengajuan ini?"</h1>
                <p class="text-muted numeric">{terms}</p>
                <p>"Tidak ada biaya."</p>
            </div>
            <div class="stack-3">{form}<Button kind=Kind::Secondary href=back>"Tidak"</Button></div>
        </Main>
    }
    .into_any()
}

fn cancelled() -> AnyView {
    view! {
        <EmptyState>
            <Petals count=6 paid=0 label="Pengajuan dibatalkan"/>
            <h1>"Pengajuan dibatalkan"</h1>
            <p class="text-muted">"Tidak ada biaya dan tidak ada utang. Anda boleh mengajukan lagi kapan saja."</p>
            <Button href="/beranda">"Ke beranda"</Button>
            <Button kind=Kind::Secondary href="/ajukan">"Hitung lagi"</Button>
        </EmptyState>
    }
    .into_any()
}

fn closed(loan: &Loan) -> AnyView {
    let count = u32::try_from(loan.quote.simulation.schedule.lines.len()).unwrap_or(u32::MAX);
    let (terms, href) = (terms(loan), format!("/pinjaman/{}", loan.id));
    view! {
        <EmptyState>
            <Petals count=count paid=count label="Semua cicilan lunas" middle=Middle::Tick success=true/>
            <h1>"Pinjaman ini sudah lunas"</h1>
            <p class="text-muted numeric">{terms}</p>
            <Button href=href>"Lihat riwayat pinjaman"</Button>
        </EmptyState>
    }
    .into_any()
}

fn payout_failed(loan: &Loan) -> AnyView {
    let words = format!(
        "Kiriman {} ke {} gagal. Belum ada cicilan yang berjalan.",
        loan.amount(),
        account(loan)
    );
    let (tone, icon) = status_look(LoanStatus::Declined);
    let (why, account_wanted) = loan.payout.as_ref().map_or(("", false), |payout| {
        (payout.failure_words(), payout.wants_another_account())
    });
    let again = account_wanted.then(|| {
        view! {
            <form method="post" action="/_fn/retry_payout">
                <CsrfField/>
                <input type="hidden" name="loan" value=loan.id.to_string()/>
                <Button>"Sudah saya ganti, kirim lagi"</Button>
            </form>
        }
    });
    let next = if account_wanted {
        "Ganti rekening penerima di menu Akun dalam 3 hari, lalu minta dana dikirim lagi di sini."
    } else {
        "Anda tidak perlu melakukan apa-apa. Kalau dalam 3 hari dana belum bisa dikirim, pengajuan berakhir tanpa biaya."
    };
    let cancel = loan.may_cancel().then(|| {
        view! {
            <p class="text-centre text-small">
                <a class="button-link button-link--danger" href=format!("/pengajuan/{}?batal=1", loan.id)>"Batalkan pengajuan"</a>
            </p>
        }
    });
    view! {
        <div class="stack-2">
            <Badge tone=tone icon=icon>"Dana belum dikirim"</Badge>
            <h1>"Dana belum bisa dikirim"</h1>
            <p class="text-muted">{words}</p>
        </div>
        <Notice icon=Symbol::Bank>{why}" "{next}</Notice>
        <div class="stack-3">
            {again}
            <Button kind=Kind::Secondary href="/akun">"Periksa rekening"</Button>
            <Button kind=Kind::Secondary href="/bantuan">"Hubungi kami"</Button>
        </div>
        {cancel}
    }
    .into_any()
}

/// 11b: the money arrived.
fn disbursed(today: Date, loan: &Loan, position: &Position) -> AnyView {
    let shown = &loan.quote.simulation.disclosure;
    let full = if shown.net_cash == shown.principal {
        " penuh"
    } else {
        ""
    };
    let when = loan.milestones.disbursed_at.map(|at| {
        let time = text::time_of_day(at);
        match jakarta_date(at) {
            day if day == today => format!(" pukul {time}"),
            day => format!(" pada {} pukul {time}", text::date_long(day)),
        }
    });
    let arrived = format!(" sudah dikirim{full} ke {}{}.", account(loan), when.unwrap_or_default());
    let (count, paid) = (
        u32::try_from(position.lines.len()).unwrap_or(u32::MAX),
        position.paid_count,
    );
    let amount = shown.net_cash.to_string();
    let (agreement, calendar) = (
        format!("/pinjaman/{}/perjanjian", loan.id),
        format!("/pengajuan/{}/kalender.ics", loan.id),
    );
    let first = position.lines.first().map(|line| {
        let detail = format!("{}, {}", text::date_full(line.due_on), line.instalment());
        view! { <ListRow icon=Symbol::Calendar tone=Tone::Warning title="Cicilan pertama" detail=detail detail_class="text-small text-muted numeric"/> }
    });
    view! {
        <EmptyState>
            <Petals
                count=count
                paid=paid
                label=format!("{paid} dari {count} cicilan lunas")
                middle=Middle::Count
            />
            <h1>"Pinjaman disetujui"</h1>
            <p class="text-muted"><span class="numeric">{amount}</span>{arrived}</p>
        </EmptyState>
        <div class="card card--list">
            <List>
                {first}
                <ListRow
                    icon=Symbol::Bell
                    tone=Tone::Primary
                    title="Kami ingatkan 3 kali"
                    detail="7 hari, 3 hari, dan 1 hari sebelumnya"
                />
                <ListRow
                    icon=Symbol::Document
                    tone=Tone::Primary
                    title="Perjanjian"
                    detail="Tersimpan di Pinjaman, bisa diunduh"
                    href=agreement
                />
            </List>
        </div>
        <div class="stack-3">
            <Button href="/beranda">"Ke beranda"</Button>
            <Button kind=Kind::Secondary icon=Symbol::Calendar href=calendar>"Simpan ke kalender"</Button>
            <p class="text-micro text-subtle text-centre">"Dana belum masuk dalam 1 jam? " <a href="/bantuan">"Hubungi kami"</a></p>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{components::testing::html, pages::loans::samples};

    fn drawn(status: LoanStatus) -> String {
        let loan = samples::loan(status, samples::quote());
        html(move || steps(&loan))
    }

    #[test]
    fn the_timeline_stands_where_the_application_stands() {
        for (status, current) in [
            (LoanStatus::Submitted, "Biasanya kurang dari 2 menit"),
            (LoanStatus::UnderReview, "Biasanya kurang dari 2 menit"),
            (
                LoanStatus::Referred,
                "Petugas sedang meninjau. Jam kerja 08.00 sampai 20.00 WIB.",
            ),
            (LoanStatus::Approved, "Sedang kami siapkan"),
            (LoanStatus::Disbursing, "Sedang dalam perjalanan"),
        ] {
            let page = drawn(status);
            assert_eq!(page.matches("aria-current=\"step\"").count(), 1, "{status:?}: {page}");
            let (_, after) = page.split_once("aria-current=\"step\"").expect("a current step");
            let step = after.split("</li>").next().expect("its end");
            assert!(step.contains(current), "{status:?}: {step}");
        }
        assert!(drawn(LoanStatus::Submitted).contains("Jumat 4 Sep, 10.12"));
        assert!(drawn(LoanStatus::Submitted).contains("Dana dikirim ke BCA\u{a0}••••\u{a0}4821"));
    }

    #[test]
    fn after_the_money_the_page_says_what_the_picture_says() {
        let loan = samples::loan(LoanStatus::Active, samples::quote());
        let position = samples::position(0, samples::START);
        let page = html(move || disbursed(samples::START, &loan, &position));
        let said = [
            "Pinjaman disetujui",
            "sudah dikirim penuh ke BCA\u{a0}••••\u{a0}4821",
            "Cicilan pertama",
            "Senin, 5 Oktober 2026, Rp544.650",
            "Kami ingatkan 3 kali",
            "7 hari, 3 hari, dan 1 hari sebelumnya",
            "Tersimpan di Pinjaman, bisa diunduh",
            "Simpan ke kalender",
        ]
        .map(|words| page.find(words).unwrap_or_else(|| panic!("{words}: {page}")));
        assert!(said.is_sorted(), "in this order: {page}");
    }

    #[test]
    fn the_terms_are_one_line() {
        let loan = samples::loan(LoanStatus::Submitted, samples::quote());
        assert_eq!(terms(&loan), "Rp3.000.000 · 6 bulan · cicilan Rp544.650");
    }
}
