//! `/petugas/penghasilan/{user}`: the newest income proof of a borrower, and the figure that an officer reads from it.
//! A page of its own: opening it is the look that goes on record.

use super::{
    column::{Column, List},
    identity::watermark,
};
use crate::{
    components::{
        Button, CsrfField, ErrorSummary, Fact, Facts, Hidden, MoneyField, page_title,
        staff::{Evidence, Photo, StaffHead},
    },
    pages::{failure, flash_notice},
    visit::{FormState, Visit, local_path, visit},
};
use domain::{
    documents::{Document, DocumentKind, DocumentStatus, IncomeEvidence},
    id::UserId,
    text,
    users::Profile,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// The form of the figure.
const ACCEPT: &str = "/_fn/petugas/accept_income";

/// The newest income proof of a borrower.
#[component]
pub fn IncomePage() -> impl IntoView {
    let visit = visit();
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    Suspend::new(async move {
        let Ok(user) = id.parse() else {
            return failure(&domain::Error::NotFound);
        };
        let load = async {
            let profile = visit.backend.users.profile_of(&visit.actor, user).await?;
            let documents = visit.backend.documents.list_of(&visit.actor, user).await?;
            let proof = newest_proof(&documents).cloned().ok_or(domain::Error::NotFound)?;
            let read = visit.backend.documents.income_of(&visit.actor, user).await?;
            let column = Column::load(&visit, Some(List::Applications), "").await?;
            Ok((profile, proof, read, column))
        };
        let (profile, proof, read, column) = match load.await {
            Ok(loaded) => loaded,
            Err(error) => return failure(&error),
        };
        let title = page_title("Bukti penghasilan", &visit.faults(&[ACCEPT]));
        let main = draw(&visit, &profile, &proof, read).into_any();
        view! { <Title text=title/>{column.around(main)} }.into_any()
    })
}

/// The income proof that counts: the newest that was not replaced.
fn newest_proof(documents: &[Document]) -> Option<&Document> {
    documents
        .iter()
        .find(|paper| paper.kind == DocumentKind::IncomeProof && paper.status != DocumentStatus::Replaced)
}

/// The way to this page from the page `here` about `user`, when there is a proof.
pub(super) fn income_link(documents: &[Document], user: UserId, here: &str) -> Option<impl IntoView + use<>> {
    let proof = newest_proof(documents)?;
    let words = match proof.status {
        DocumentStatus::Accepted => "Bukti penghasilan sudah dibaca. ",
        _ => "Bukti penghasilan belum dibaca siapa pun, jadi belum dihitung. ",
    };
    let href = format!("/petugas/penghasilan/{user}?lanjut={here}");
    Some(view! { <p class="text-small">{words}<a href=href>"Buka bukti"</a></p> })
}

fn draw(visit: &Visit, profile: &Profile, proof: &Document, read: Option<IncomeEvidence>) -> impl IntoView + use<> {
    let photo = Photo {
        src: format!("/petugas/dokumen/{}?untuk=penghasilan", proof.id),
        alt: "Bukti penghasilan".into(),
        watermark: watermark(visit),
    };
    let stated = profile
        .monthly_income
        .map_or_else(|| "belum ada".to_owned(), |income| income.to_string());
    let read = read.map(|read| {
        let when = text::date_long(domain::calendar::jakarta_date(read.received_at));
        view! { <Fact name="Dibaca petugas">{read.monthly.to_string()}<small>"dari bukti "{when}</small></Fact> }
    });
    let form = form(&visit.form(ACCEPT), &proof.id.to_string(), visit.query("lanjut"));
    view! {
        <main class="review" id="content">
            <StaffHead above=format!("Bukti penghasilan · dikirim {}", text::moment(proof.received_at)) title=profile.full_name.clone()/>
            {flash_notice()}
            <div class="review__columns">
                <section class="card"><Evidence photos=vec![photo]/></section>
                <div class="stack-3">
                    <section class="card"><Facts><Fact name="Dinyatakan peminjam">{stated}</Fact>{read}</Facts></section>
                    {form}
                </div>
            </div>
        </main>
    }
}

fn form(form: &FormState, document: &str, next: &str) -> impl IntoView + use<> {
    let faults = form.faults();
    view! {
        <form class="card stack-3" method="post" action=ACCEPT>
            <ErrorSummary faults=faults.clone()/>
            <CsrfField/>
            <Hidden name="document" value=document.to_owned()/>
            <Hidden name="next" value=form.value_or("next", local_path(next).unwrap_or_default())/>
            <MoneyField label="Penghasilan bersih per bulan di bukti" name="monthly_income" value=form.value("monthly_income")
                error=faults.of("monthly_income") hint="Mesin aturan memakai yang lebih rendah: angka ini atau yang dinyatakan.".to_owned()/>
            <Button>"Simpan angka ini"</Button>
        </form>
    }
}
