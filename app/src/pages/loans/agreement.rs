//! `/pinjaman/{id}/perjanjian`: the agreement as it was consented to, ready to print.

use super::{
    cost::{clauses, facts, plan, receipt},
    path_id,
};
use crate::{
    components::{AppBar, Button, Fact, Facts, Kind, LinkList, LinkRow, Main, Symbol, page_title},
    pages::failure,
    visit::{Visit, visit},
};
use domain::{
    Error,
    calendar::jakarta_date,
    loans::{Agreement, contract_text},
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The agreement of one loan.
#[component]
pub fn AgreementPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let agreement = visit.backend.loans.agreement(&visit.actor, path_id(visit)?).await?;
    let loan = &agreement.loan;
    let (back, schedule) = match loan.position {
        Some(_) => (
            format!("/pinjaman/{}", loan.id),
            "Jadwal yang berlaku dan pembayaran Anda",
        ),
        None => (format!("/pengajuan/{}", loan.id), "Lihat pengajuan"),
    };
    let (pdf, summary) = (
        format!("/pinjaman/{}/perjanjian.pdf", loan.id),
        format!("/pinjaman/{}/ringkasan.pdf", loan.id),
    );
    let title = format!("Perjanjian {}", loan.number);
    let version = format!("Nomor {}, versi {}", loan.number, loan.quote.agreement_version);
    let (parties, consent) = (parties(visit, &agreement), consent(&agreement));
    let (nota, facts, clauses) = (
        receipt(&loan.quote.simulation),
        facts(&loan.quote),
        clauses(&loan.quote),
    );
    let plan = plan(&loan.quote.simulation.schedule);
    Ok(view! {
        <Title text=page_title(&title, &Default::default())/>
        <AppBar title=title.clone() back=back.clone()/>
        <Main class="page page--after-bar stack-5">
            <div>
                <h1>"Perjanjian pinjaman"</h1>
                <p class="text-small text-muted numeric">{version}</p>
            </div>
            {parties}
            <section class="stack-3"><h2>"Nota"</h2>{nota}{facts}</section>
            <section class="stack-3"><h2>"Jadwal saat disetujui"</h2>{plan}</section>
            <section class="stack-3"><h2>"Ketentuan"</h2>{clauses}</section>
            {consent}
            <Button kind=Kind::Secondary class="screen-only" icon=Symbol::Download href=pdf>"Unduh perjanjian (PDF)"</Button>
            <LinkList>
                <LinkRow icon=Symbol::Download href=summary>"Ringkasan biaya pribadi (PDF)"</LinkRow>
                <LinkRow icon=Symbol::Calendar href=back>{schedule}</LinkRow>
            </LinkList>
        </Main>
    }
    .into_any())
}

fn parties(visit: &Visit, agreement: &Agreement) -> impl IntoView + use<> {
    let licence = contract_text::licence_words(&visit.licence);
    let (borrower, purpose) = (agreement.borrower.clone(), agreement.loan.purpose.words());
    let address = borrower
        .address
        .map(|address| view! { <Fact name="Alamat">{address}</Fact> });
    view! {
        <section class="stack-2">
            <h2>"Para pihak"</h2>
            <Facts>
                <Fact name="Penyelenggara">"Sanggup"<small>{licence}</small></Fact>
                <Fact name="Peminjam">{borrower.full_name}</Fact>
                <Fact name="NIK"><span class="numeric">{borrower.masked_nik}</span></Fact>
                <Fact name="Tanggal lahir">{text::date_long(borrower.birth_date)}</Fact>
                {address}
                <Fact name="Tujuan">{purpose}</Fact>
            </Facts>
        </section>
    }
}

fn consent(agreement: &Agreement) -> impl IntoView + use<> {
    let at = agreement.accepted_at;
    let when = format!("{}, {}", text::date_full(jakarta_date(at)), text::time_wib(at));
    view! {
        <section class="stack-2">
            <h2>"Persetujuan"</h2>
            <p class="text-small">
                {format!("{} menyetujui rincian dan perjanjian ini di aplikasi Sanggup pada {when}.", agreement.borrower.full_name)}
            </p>
            <p class="text-micro text-subtle">"Sidik rincian yang ditampilkan (SHA-256): " <span class="numeric">{agreement.loan.quote.disclosure_hash.clone()}</span></p>
        </section>
    }
}
