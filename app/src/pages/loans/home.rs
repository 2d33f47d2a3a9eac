//! 8, `/beranda`: where a borrower stands today. Papers come first, then what is owed, then what is asked for.

use super::{
    owing::hero,
    words::{instalment_names, moved_at, status_look},
};
use crate::{
    components::{
        Badge, Button, CardLink, EmptyState, Greeting, Kind, List, ListRow, Main, Middle, Notice, Petals, Symbol, Tab,
        TabBar, Tone, page_title,
    },
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{
    Error, PageRequest, Rupiah,
    documents::{DocumentKind, DocumentStatus},
    loans::{Loan, LoanStatus},
    payments::{PayoutStatus, servicing::Position},
    text,
    users::{KycStatus, Profile, Retake},
};
use leptos::prelude::*;
use leptos_meta::Title;
use time::OffsetDateTime;

/// Where a borrower stands.
#[component]
pub fn HomePage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let profile = visit.backend.users.profile(&visit.actor).await?;
    let unread = visit.backend.notifications.unread_count(&visit.actor).await?;
    let content = match profile.kyc_status {
        KycStatus::Incomplete => incomplete(visit).await?,
        // Staff may want a photo again of somebody who has loans.
        status => match list(visit).await? {
            loans if loans.is_empty() && status != KycStatus::Verified => waiting(&profile),
            loans => standing(visit, &profile, &loans).await?,
        },
    };
    let (words, name) = (text::greeting_at(visit.now), profile.full_name.clone());
    Ok(view! {
        <Title text=page_title("Beranda", &Default::default())/>
        <Greeting words=words name=name>{identity_badge(profile.kyc_status)}</Greeting>
        {content}
        <TabBar current=Tab::Home unread=unread/>
    }
    .into_any())
}

fn identity_badge(status: KycStatus) -> impl IntoView {
    let (tone, icon, words) = match status {
        KycStatus::Verified => (Tone::Success, Symbol::Check, "Terverifikasi"),
        KycStatus::InReview => (Tone::Warning, Symbol::Clock, "Diperiksa"),
        KycStatus::Retake => (Tone::Warning, Symbol::Alert, "Foto ulang"),
        KycStatus::Incomplete => (Tone::Plain, Symbol::Clock, "Belum lengkap"),
        KycStatus::Rejected => (Tone::Danger, Symbol::Alert, "Belum terverifikasi"),
    };
    view! { <Badge tone=tone icon=icon>{words}</Badge> }
}

/// A flower, what is the matter, and the one way on.
fn state(title: &'static str, words: String, button: &'static str, href: &'static str) -> AnyView {
    view! {
        <Main class="page page--cards stack-5">
            {flash_notice()}
            <EmptyState>
                <Petals count=6 paid=0 label="Belum ada pinjaman"/>
                <h2 class="text-total">{title}</h2>
                <p class="text-muted">{words}</p>
                <Button href=href>{button}</Button>
            </EmptyState>
            {before_borrowing()}
        </Main>
    }
    .into_any()
}

/// Papers are missing: on with the first that is.
async fn incomplete(visit: &Visit) -> Result<AnyView, Error> {
    let papers = visit.backend.documents.list(&visit.actor).await?;
    let has = |kind| {
        papers.iter().any(|paper| {
            paper.kind == kind && matches!(paper.status, DocumentStatus::Received | DocumentStatus::Accepted)
        })
    };
    let (words, button, href) = match (has(DocumentKind::Ktp), has(DocumentKind::Selfie)) {
        (false, false) => (
            "Tinggal foto KTP dan selfie. Setelah itu petugas memeriksa akun Anda.",
            "Lanjut ke foto KTP",
            "/daftar/ktp",
        ),
        (false, true) => (
            "Tinggal foto KTP. Setelah itu petugas memeriksa akun Anda.",
            "Lanjut ke foto KTP",
            "/daftar/ktp",
        ),
        (true, _) => (
            "Tinggal selfie. Setelah itu petugas memeriksa akun Anda.",
            "Lanjut ke selfie",
            "/daftar/selfie",
        ),
    };
    Ok(state("Pendaftaran belum selesai", words.into(), button, href))
}

fn waiting(profile: &Profile) -> AnyView {
    match (profile.kyc_status, &profile.retake) {
        (KycStatus::Retake, Some(retake)) => {
            let (words, href) = again(retake);
            state("Satu foto perlu diulang", words, "Ambil ulang", href)
        }
        (KycStatus::Rejected, _) => state(
            "Identitas belum bisa diverifikasi",
            "Petugas belum bisa mencocokkan KTP dan selfie Anda. Kalau ini keliru, hubungi kami.".into(),
            "Bantuan dan pengaduan",
            "/bantuan",
        ),
        _ => state(
            "Akun sedang diperiksa",
            "Biasanya selesai hari ini.".into(),
            "Hitung cicilan",
            "/simulasi",
        ),
    }
}

/// Why a photo is wanted again, and where to take it.
fn again(retake: &Retake) -> (String, &'static str) {
    let href = if retake.kind == DocumentKind::Selfie {
        "/daftar/selfie"
    } else {
        "/daftar/ktp"
    };
    (format!("{}.", retake.reason.trim_end_matches('.')), href)
}

/// What comes before the loans: the word of the form before, and a photo that staff want again.
pub(super) fn first(profile: &Profile) -> impl IntoView + use<> {
    view! { {flash_notice()}{photo_again(profile)} }
}

/// A photo that staff want again of somebody who has applied already.
pub(super) fn photo_again(profile: &Profile) -> Option<AnyView> {
    let retake = profile
        .retake
        .as_ref()
        .filter(|_| profile.kyc_status == KycStatus::Retake)?;
    let (words, href) = again(retake);
    let card = view! {
        <section class="card stack-3">
            <Notice icon=Symbol::Camera tone=Tone::Warning><b>"Satu foto perlu diulang"</b><p class="text-muted">{words}</p></Notice>
            <Button kind=Kind::Secondary href=href>"Ambil ulang"</Button>
        </section>
    };
    Some(card.into_any())
}

async fn list(visit: &Visit) -> Result<Vec<Loan>, Error> {
    let page = PageRequest {
        limit: 100,
        after: None,
    };
    Ok(visit.backend.loans.list(&visit.actor, page).await?.items)
}

async fn standing(visit: &Visit, profile: &Profile, loans: &[Loan]) -> Result<AnyView, Error> {
    let activity = activity(loans);
    let open = loans.iter().find(|loan| loan.status.is_open_application());
    // The most urgent first: the oldest due date decides.
    let mut running: Vec<(&Loan, &Position)> = loans
        .iter()
        .filter(|loan| loan.status.is_running())
        .filter_map(|loan| Some((loan, loan.position.as_ref()?)))
        .collect();
    running.sort_by_key(|(_, position)| position.bill.as_ref().map(|bill| bill.due_on));
    if let Some(((loan, position), others)) = running.split_first() {
        return Ok(hero(
            visit,
            profile,
            (loan, position),
            others,
            open,
            activity.into_any(),
        ));
    }
    if let Some(open) = open {
        let (first, card) = (first(profile), in_progress(open, true));
        return Ok(view! {
            <Main class="page page--cards stack-5">{first}{card}{activity}</Main>
        }
        .into_any());
    }
    let (limit, available) = visit.backend.loans.limit(&visit.actor).await?;
    Ok(nothing_owed(
        profile,
        loans.first(),
        limit.min(available),
        activity.into_any(),
    ))
}

/// The card of an application that is not finished.
pub(super) fn in_progress(loan: &Loan, main: bool) -> impl IntoView + use<> {
    let (tone, icon) = status_look(loan.status);
    let words = loan.status.words(0);
    let terms = format!(
        "{} bulan, cicilan {}",
        loan.quote.simulation.tenor,
        loan.quote.simulation.schedule.largest()
    );
    let kind = if main { Kind::Primary } else { Kind::Secondary };
    view! {
        <section class="card stack-3">
            <div class="row row--between">
                <h2 class="text-label numeric">{format!("Pengajuan {}", loan.number)}</h2>
                <Badge tone=tone icon=icon>{words}</Badge>
            </div>
            <div>
                <p class="text-amount numeric">{loan.amount().to_string()}</p>
                <p class="text-small text-muted numeric">{terms}</p>
            </div>
            <Button kind=kind href=format!("/pengajuan/{}", loan.id)>"Lihat pengajuan"</Button>
        </section>
    }
}

/// Nothing is owed: a full flower after a loan, an empty one before the first, and the last decision.
fn nothing_owed(profile: &Profile, last: Option<&Loan>, limit: Rupiah, activity: AnyView) -> AnyView {
    let closed = last.filter(|loan| loan.status == LoanStatus::Closed);
    let declined = last.filter(|loan| loan.status == LoanStatus::Declined).map(|loan| {
        let (href, title) = (
            format!("/pengajuan/{}", loan.id),
            format!("Pengajuan {} belum disetujui", loan.number),
        );
        view! {
            <CardLink href=href>
                <b class="text-label">{title}</b>
                <span class="text-small text-muted">"Lihat alasannya dan yang bisa Anda lakukan"</span>
            </CardLink>
        }
    });
    let flower = match closed {
        Some(loan) => {
            let count = u32::try_from(loan.quote.simulation.schedule.lines.len()).unwrap_or(u32::MAX);
            view! { <Petals count=count paid=count label="Semua cicilan lunas" middle=Middle::Tick success=true/> }
                .into_any()
        }
        None => view! { <Petals count=6 paid=0 label="Belum ada pinjaman"/> }.into_any(),
    };
    let title = match closed {
        Some(_) => format!("Lunas. Terima kasih, {}.", profile.first_name()),
        None => "Belum ada pinjaman".into(),
    };
    let history = closed.map(|loan| {
        let href = format!("/pinjaman/{}", loan.id);
        let letter = loan.position.as_ref().filter(|position| position.closed).map(|_| {
            let href = format!("{href}/surat-lunas.pdf");
            view! { <Button kind=Kind::Secondary icon=Symbol::Download href=href>"Unduh surat lunas (PDF)"</Button> }
        });
        view! { <Button kind=Kind::Secondary href=href.clone()>"Lihat riwayat pinjaman"</Button> {letter} }
    });
    let first = first(profile);
    let way_on = if limit.is_positive() {
        view! {
            <p class="text-muted">"Limit Anda "<span class="numeric">{limit.to_string()}</span>". Coba hitung dulu, tanpa kewajiban apa pun."</p>
            <Button href="/ajukan">"Hitung cicilan"</Button>
        }
        .into_any()
    } else {
        view! { <p class="text-muted">"Limit Anda sedang Rp0. Hubungi kami lewat Bantuan untuk penjelasannya."</p> }
            .into_any()
    };
    view! {
        <Main class="page page--cards stack-5">
            {first}
            {declined}
            <EmptyState>{flower}<h2 class="text-total">{title}</h2>{way_on}{history}</EmptyState>
            {before_borrowing()}
            {activity}
        </Main>
    }
    .into_any()
}

fn before_borrowing() -> impl IntoView {
    view! {
        <section class="stack-2">
            <h2 class="text-label text-muted">"Sebelum meminjam"</h2>
            <div class="card card--list">
                <List>
                    <ListRow
                        icon=Symbol::Chart
                        tone=Tone::Primary
                        title="Cek takaran sanggup"
                        detail="Berapa cicilan yang aman untuk penghasilan Anda"
                        href="/simulasi"
                    />
                    <ListRow icon=Symbol::Money tone=Tone::Primary title="Semua biaya kami" detail="Bunga, denda, dan contoh hitungan" href="/biaya"/>
                </List>
            </div>
        </section>
    }
}

/// The newest movements of money, two at most; nothing before the first.
fn activity(loans: &[Loan]) -> Option<impl IntoView + use<>> {
    let mut moved: Vec<(OffsetDateTime, String, String, Rupiah)> = Vec::new();
    for loan in loans {
        if let Some(received) = &loan.last_received {
            let title = match received.instalments.as_slice() {
                [] => "Pembayaran diterima".to_owned(),
                numbers => format!("{} diterima", instalment_names(numbers)),
            };
            let how = received.method.words().to_owned();
            moved.push((received.paid_at, title, how, received.amount));
        }
        let sent = loan
            .payout
            .as_ref()
            .filter(|payout| payout.status == PayoutStatus::Succeeded);
        if let Some((payout, at)) = sent.and_then(|payout| Some((payout, payout.succeeded_at?))) {
            moved.push((at, "Dana dikirim".into(), payout.payee_label.clone(), payout.amount));
        }
    }
    moved.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    (!moved.is_empty()).then(|| {
        let rows = moved
            .into_iter()
            .take(2)
            .map(|(at, title, how, amount)| {
                let detail = moved_at(at, &how);
                view! {
                    <ListRow icon=Symbol::Check tone=Tone::Success title=title detail=detail detail_class="text-micro text-subtle numeric">
                        <span class="text-label numeric">{amount.to_string()}</span>
                    </ListRow>
                }
            })
            .collect_view();
        view! { <section><h2 class="text-label text-muted">"Aktivitas terakhir"</h2><List>{rows}</List></section> }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{components::testing::html, pages::loans::samples};
    use domain::payments::{Method, Payout, Received};
    use time::macros::datetime;

    #[test]
    fn activity_is_the_newest_money_that_moved_and_stayed() {
        let mut loan = samples::loan(LoanStatus::Active, samples::quote());
        assert!(activity(std::slice::from_ref(&loan)).is_none(), "nothing moved yet");
        let mut payout = Payout {
            id: uuid::Uuid::from_u128(5).into(),
            amount: Rupiah::new(3_000_000),
            status: PayoutStatus::Succeeded,
            payee_label: "BCA •••• 4821".into(),
            failure_code: None,
            succeeded_at: Some(datetime!(2026-09-05 03:12 UTC)),
        };
        loan.payout = Some(payout.clone());
        loan.last_received = Some(Received {
            amount: Rupiah::new(544_650),
            method: Method::Qris,
            paid_at: datetime!(2026-11-04 12:21 UTC),
            instalments: vec![2],
        });
        let shown = loan.clone();
        let page = html(move || activity(&[shown]));
        let received = page.find("Cicilan ke-2 diterima").expect("the payment");
        assert!(
            received < page.find("Dana dikirim").expect("the payout"),
            "newest first"
        );
        for words in ["4 Nov 26, 19.21 · QRIS", "Rp544.650", "BCA •••• 4821", "Rp3.000.000"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        payout.status = PayoutStatus::Reversed;
        loan.payout = Some(payout);
        assert!(
            !html(move || activity(&[loan])).contains("Dana dikirim"),
            "it came back"
        );
    }
}
