//! `/pengajuan/{id}/keputusan`: the decision receipt (6.8): what was decided, by which policy, from which figures, what
//! would be possible instead, and how to ask a person.

use super::path_id;
use crate::{
    components::{AppBar, Fact, Facts, LinkList, LinkRow, Main, Symbol, page_title},
    pages::failure,
    visit::{Visit, visit},
};
use domain::{
    Error,
    loans::{DecisionRecord, Loan, LoanStatus, decision::Outcome},
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The receipt of the last decision.
#[component]
pub fn DecisionPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let loan = visit.backend.loans.get(&visit.actor, path_id(visit)?).await?;
    // Before anything is decided there is no receipt.
    let record = loan.decision.clone().ok_or(Error::NotFound)?;
    let back = format!("/pengajuan/{}", loan.id);
    let title = format!("Keputusan {}", loan.number);
    let (decided, used) = (decided(&loan, &record), used(&loan, &record));
    let (reasons, offers, rights) = (reasons(&record), offers(&loan, &record), rights(&loan));
    Ok(view! {
        <Title text=page_title(&title, &Default::default())/>
        <AppBar title=title.clone() back=back.clone()/>
        <Main class="page page--after-bar stack-5">
            <div>
                <h1>"Tanda terima keputusan"</h1>
                <p class="text-small text-muted numeric">{format!("Pengajuan {}", loan.number)}</p>
            </div>
            {decided}
            {reasons}
            {used}
            {offers}
            {rights}
            <LinkList>
                <LinkRow icon=Symbol::Document href=back>"Lihat pengajuan"</LinkRow>
                <LinkRow icon=Symbol::Help href="/bantuan">"Bantuan dan pengaduan"</LinkRow>
            </LinkList>
            <p class="text-micro text-subtle screen-only">"Untuk menyimpan, buka menu peramban, pilih Cetak, lalu Simpan sebagai PDF."</p>
        </Main>
    }
    .into_any())
}

fn decided(loan: &Loan, record: &DecisionRecord) -> impl IntoView + use<> {
    let outcome = match record.outcome {
        Outcome::Approve => "Disetujui",
        Outcome::Refer => "Diteruskan ke petugas",
        Outcome::Decline => "Belum disetujui",
    };
    let by = match record.decided_by {
        Some(_) => "Petugas Sanggup",
        None => "Mesin aturan, tanpa campur tangan orang",
    };
    let simulation = &loan.quote.simulation;
    let asked = format!(
        "{}, {}",
        simulation.amount,
        text::tenor(simulation.tenor, simulation.product.every)
    );
    let product = format!("{} versi {}", simulation.product.name, simulation.product.version);
    facts([
        ("Hasil", outcome.to_owned()),
        ("Yang diminta", asked),
        ("Tanggal", text::moment(record.decided_at)),
        ("Diputuskan oleh", by.to_owned()),
        ("Kebijakan", format!("Versi {}", record.policy_version)),
        ("Produk", product),
    ])
}

/// Pairs of a name and a value as people read it.
fn facts<const N: usize>(rows: [(&'static str, String); N]) -> impl IntoView + use<N> {
    let rows = rows
        .into_iter()
        .map(|(name, value)| view! { <Fact name=name><span class="numeric">{value}</span></Fact> })
        .collect_view();
    view! { <Facts>{rows}</Facts> }
}

/// Every reason with its figures; a person's own words first.
fn reasons(record: &DecisionRecord) -> Option<impl IntoView + use<>> {
    let person = record
        .human_reason
        .clone()
        .map(|words| view! { <Fact name="Kata petugas">{words}</Fact> });
    let shown = record.engine.shown_reasons().iter();
    let rows = shown
        .map(|reason| {
            let figures = reason
                .figures
                .iter()
                .map(|figure| format!("{}: {}", figure.label, figure.value));
            let figures = figures.collect::<Vec<_>>().join(", ");
            view! { <Fact name=reason.words.clone()><span class="numeric">{figures}</span></Fact> }
        })
        .collect_view();
    let any = person.is_some() || !record.engine.reasons.is_empty();
    any.then(|| view! { <section class="stack-2"><h2>"Alasan"</h2><Facts>{person}{rows}</Facts></section> })
}

fn used(loan: &Loan, record: &DecisionRecord) -> impl IntoView + use<> {
    let engine = &record.engine;
    let share = engine.share_percent.map_or_else(
        || "belum bisa dihitung".to_owned(),
        |percent| format!("{percent}% dari penghasilan, batas {}%", engine.gauge.share_percent),
    );
    let rows = facts([
        ("Penghasilan per bulan", engine.gauge.income.to_string()),
        ("Cicilan lain per bulan", engine.gauge.existing.to_string()),
        ("Cicilan baru per bulan", engine.burden.to_string()),
        ("Semua cicilan", share),
        ("Limit", format!("{}, tersisa {}", engine.limit, engine.limit_available)),
        ("Biaya", engine.cap.words()),
        ("Tujuan", loan.purpose.words().to_owned()),
    ]);
    let not_asked = engine
        .not_asked_in_words()
        .map(|words| view! { <p class="text-small text-muted">{format!("Tidak diperiksa: {words}.")}</p> });
    view! { <section class="stack-2"><h2>"Data yang dipakai"</h2>{rows}{not_asked}</section> }
}

fn offers(loan: &Loan, record: &DecisionRecord) -> Option<impl IntoView + use<>> {
    let every = loan.quote.simulation.product.every;
    let rows: Vec<_> = record
        .engine
        .counter_offers
        .iter()
        .map(|offer| {
            let until = format!("berlaku sampai {}", text::date_short(offer.valid_until));
            let burden = format!("{} per bulan", offer.burden);
            view! { <Fact name=offer.words(every)><span class="numeric">{burden}</span><small>{until}</small></Fact> }
        })
        .collect();
    (!rows.is_empty())
        .then(|| view! { <section class="stack-2"><h2>"Pilihan lain yang bisa disetujui"</h2><Facts>{rows}</Facts></section> })
}

/// The right to a person's decision, and where a review stands.
fn rights(loan: &Loan) -> impl IntoView + use<> {
    let words = match (loan.review_due, loan.status) {
        (Some(due), _) => format!(
            "Anda sudah meminta peninjauan. Petugas yang belum ikut memutuskan menjawab paling lambat {}.",
            text::date_long(due)
        ),
        (None, LoanStatus::Declined) if loan.may_ask_review => {
            "Keberatan dengan keputusan ini? Minta ditinjau petugas di halaman pengajuan, satu kali, tanpa biaya. Jawabannya paling lambat 10 hari kerja, dan limit Anda tidak berkurang.".to_owned()
        }
        (None, LoanStatus::Declined) => "Peninjauan oleh petugas sudah dipakai atau waktunya sudah lewat.".to_owned(),
        _ => "Keputusan mesin yang menolak selalu bisa ditinjau petugas.".to_owned(),
    };
    view! { <section class="stack-2"><h2>"Hak Anda"</h2><p class="text-small">{words}</p></section> }
}
