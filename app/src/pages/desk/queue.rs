//! `/petugas`: what waits for a person, oldest first.

use super::column::{Column, List};
use crate::{
    components::{page_title, staff::StaffHead},
    pages::{failure, flash_notice},
    visit::visit,
};
use domain::text;
use leptos::prelude::*;
use leptos_meta::Title;

/// The queue.
#[component]
pub fn QueuePage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move {
        let wanted = match visit.query("daftar") {
            "identitas" => Some(List::Identities),
            "pengajuan" => Some(List::Applications),
            _ => None,
        };
        let column = match Column::load(&visit, wanted, "").await {
            Ok(column) => column,
            Err(error) => return failure(&error),
        };
        let main = view! {
            <main class="review stack-3" id="content">
                <StaffHead above=text::moment(visit.now) title="Antrean"/>
                {flash_notice()}
                <p class="text-muted">"Pilih satu baris di antrean untuk mulai meninjau."</p>
            </main>
        };
        view! { <Title text=page_title("Antrean", &Default::default())/>{column.around(main.into_any())} }.into_any()
    })
}
