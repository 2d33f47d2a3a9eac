//! Screen 5: the photo of the person. No blink is asked for: staff compare the selfie with the card.

use super::photo::{PhotoForm, Standing, StandingNotice, WatermarkNotice, load, standing};
use crate::{
    components::{AppBar, Button, ErrorSummary, Kind, List, ListRow, Main, Notice, Symbol, Tone, page_title},
    pages::{failure, flash_notice},
    shell::IslandScripts,
    visit::{Visit, visit},
};
use domain::documents::DocumentKind;
use leptos::prelude::*;
use leptos_meta::Title;

/// `/daftar/selfie`, step 3 of 3; `ulang=1` shows the form again while the photo may still be replaced.
#[component]
pub fn SelfiePage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move {
        match load(&visit).await {
            Ok((profile, papers)) => {
                let card = standing(DocumentKind::Ktp, &profile, &papers);
                page(
                    &visit,
                    standing(DocumentKind::Selfie, &profile, &papers),
                    card.is_here(),
                )
            }
            Err(error) => failure(&error),
        }
    })
}

fn page(visit: &Visit, standing: Standing, has_card: bool) -> AnyView {
    let form = visit.form("/_fn/upload/selfie");
    let faults = form.faults();
    let wants_form = standing.wants_form(form.came_back() || visit.query("ulang") == "1");
    let on = standing.is_here().then(|| {
        let kind = if wants_form { Kind::Secondary } else { Kind::Primary };
        view! { <Button kind=kind href="/daftar/selesai">"Lanjut"</Button> }
    });
    let again = (!wants_form && matches!(standing, Standing::Received(_)))
        .then(|| view! { <Button kind=Kind::Secondary href="/daftar/selfie?ulang=1">"Ganti selfie"</Button> });
    let card_missing = (!has_card).then(|| {
        view! {
            <Notice icon=Symbol::Alert tone=Tone::Warning>
                "Foto KTP belum ada. "<a href="/daftar/ktp">"Ambil foto KTP"</a>
            </Notice>
        }
    });
    let error = faults.of("file");
    let today = visit.today();
    let photo = wants_form.then(|| {
        view! {
            <div class="card card--list">
                <List>
                    <ListRow icon=Symbol::Person title="Satu wajah, terlihat penuh"/>
                    <ListRow icon=Symbol::Flash title="Cukup terang"/>
                    <ListRow icon=Symbol::Eye title="Tanpa masker, topi, atau kacamata hitam"/>
                </List>
            </div>
            <PhotoForm kind=DocumentKind::Selfie error=error/>
            <WatermarkNotice today=today/>
            <IslandScripts/>
        }
    });
    view! {
        <Title text=page_title("Foto selfie", &faults)/>
        <AppBar title="Daftar" back="/daftar/ktp" aside="3 dari 3" step=3/>
        <Main class="page stack-5">
            {flash_notice()}
            <div class="stack-2">
                <h1>"Foto selfie"</h1>
                <p class="text-muted">"Lihat ke kamera. Petugas mencocokkannya dengan foto KTP."</p>
            </div>
            <ErrorSummary faults=faults/>
            {card_missing}
            <StandingNotice standing=standing what="Selfie"/>
            {on}
            {again}
            {photo}
        </Main>
    }
    .into_any()
}
