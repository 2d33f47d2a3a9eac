//! `/petugas/batas`: the cap table, and the form that proposes a row.

use super::room::{role, room};
use crate::{
    components::{
        Badge, Button, CsrfField, ErrorSummary, Field, SelectField, TextareaField, Tone, page_title,
        staff::{Place, StaffHead},
    },
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{
    audit::ProposalKind,
    loans::{
        cap::{CapRow, CapStatus, LateBase, TenorClass},
        product::PurposeType,
    },
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// A row that asks for nothing in particular.
const ANY: &str = "semua";

/// The cap table.
#[component]
pub fn CapsPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move {
        let rows = match visit.backend.loans.list_caps(&visit.actor).await {
            Ok(rows) => rows,
            Err(error) => return failure(&error),
        };
        let form = ProposalKind::Cap
            .makers()
            .contains(&role(&visit))
            .then(|| propose(&visit));
        let title = page_title("Batas biaya", &visit.form("/_fn/petugas/propose_cap").faults());
        let rows = rows.iter().map(row).collect_view();
        let main = view! {
            <StaffHead above="Baris lama tidak pernah diubah; baris yang lebih baru menggantikannya" title="Batas biaya"/>
            {flash_notice()}
            {form}
            <div class="card table-scroll" role="region" aria-label="Batas biaya" tabindex="0">
                <table class="data-table">
                    <thead><tr><th scope="col">"Nomor"</th><th scope="col">"Mulai"</th><th scope="col" class="data-table__text">"Jenis"</th><th scope="col" class="data-table__text">"Lama"</th><th scope="col">"Biaya per hari"</th><th scope="col">"Denda per hari"</th><th scope="col" class="data-table__text">"Keadaan"</th><th scope="col" class="data-table__text">"Sumber"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        };
        let page = room(&visit, Place::Caps, main.into_any());
        view! { <Title text=title/>{page} }.into_any()
    })
}

fn row(row: &CapRow) -> impl IntoView + use<> {
    let ppm = |value: Option<i64>| value.map_or_else(|| "–".to_owned(), text::percent);
    let purpose = row.purpose_type.map_or(ANY, |purpose| purpose.words());
    let tenor = row.tenor.map_or(ANY, |tenor| tenor.words());
    let (status, tone) = (
        row.status.words(),
        match row.status {
            CapStatus::InForce => Tone::Success,
            CapStatus::Superseded => Tone::Plain,
            CapStatus::Disputed => Tone::Warning,
        },
    );
    view! {
        <tr>
            <th scope="row">{row.id.clone()}</th>
            <td>{text::date_short(row.valid_from)}</td>
            <td class="data-table__text">{purpose}</td>
            <td class="data-table__text">{tenor}</td>
            <td>{ppm(row.benefit_ppm_per_day)}</td>
            <td>{ppm(row.late_ppm_per_day)}</td>
            <td class="data-table__text"><Badge tone=tone>{status}</Badge></td>
            <td class="data-table__text">{row.source_note.clone()}</td>
        </tr>
    }
}

fn propose(visit: &Visit) -> impl IntoView + use<> {
    let form = visit.form("/_fn/petugas/propose_cap");
    let faults = form.faults();
    let field = |label: &'static str, name: &'static str, value: &'static str| {
        view! { <Field label=label name=name value=form.value_or(name, value) error=faults.of(name) spellcheck="false"/> }
    };
    let option = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let any = |known: Vec<(String, String)>| [vec![option("", ANY)], known].concat();
    let purposes = any(PurposeType::ALL
        .iter()
        .map(|purpose| option(purpose.as_str(), purpose.words()))
        .collect());
    let tenors = any(TenorClass::ALL
        .iter()
        .map(|tenor| option(tenor.as_str(), tenor.words()))
        .collect());
    let bases = LateBase::ALL
        .iter()
        .map(|base| option(base.as_str(), base.words()))
        .collect::<Vec<_>>();
    view! {
        <details class="card stack-3" open=form.came_back()>
            <summary><b>"Usulkan baris baru"</b></summary>
            <form class="stack-3" method="post" action="/_fn/petugas/propose_cap">
                <ErrorSummary faults=faults.clone()/>
                <CsrfField/>
                {field("Nomor", "id", "")}
                <Field label="Berlaku mulai" name="valid_from" kind="date" value=form.value_or("valid_from", visit.today().to_string()) error=faults.of("valid_from")/>
                <SelectField label="Jenis" name="purpose" options=purposes value=form.value("purpose")/>
                <SelectField label="Lama pinjaman" name="tenor" options=tenors value=form.value("tenor")/>
                {field("Biaya, persen per hari", "benefit", "0.1")}
                {field("Denda, persen per hari", "late", "0.1")}
                <SelectField label="Dasar denda" name="base" options=bases value=form.value("base")/>
                {field("Batas seluruhnya, persen dari pokok", "total", "100")}
                {field("Sumber aturan", "source", "")}
                <TextareaField label="Alasan" name="reason" value=form.value("reason") error=faults.of("reason") maxlength=500/>
                <Button>"Usulkan"</Button>
                <p class="text-micro text-subtle">"Usulan menyebut produk dan rincian terbuka yang akan melanggar baris ini."</p>
            </form>
        </details>
    }
}
