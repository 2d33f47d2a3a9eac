//! Screen 4: the photo of the identity card.

use super::photo::{PhotoForm, Standing, StandingNotice, WatermarkNotice, load, standing};
use crate::{
    components::{AppBar, Button, ErrorSummary, Kind, Main, PhotoExamples, page_title},
    pages::{failure, flash_notice},
    shell::IslandScripts,
    visit::{Visit, visit},
};
use domain::documents::DocumentKind;
use leptos::prelude::*;
use leptos_meta::Title;

/// `/daftar/ktp`, step 2 of 3; `ulang=1` shows the form again while the photo may still be replaced.
#[component]
pub fn KtpPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move {
        match load(&visit).await {
            Ok((profile, papers)) => {
                let selfie = standing(DocumentKind::Selfie, &profile, &papers);
                page(&visit, standing(DocumentKind::Ktp, &profile, &papers), selfie.is_here())
            }
            Err(error) => failure(&error),
        }
    })
}

fn page(visit: &Visit, standing: Standing, has_selfie: bool) -> AnyView {
    let form = visit.form("/_fn/upload/ktp");
    let faults = form.faults();
    let (next, words) = if has_selfie {
        ("/daftar/selesai", "Lanjut")
    } else {
        ("/daftar/selfie", "Lanjut ke selfie")
    };
    let wants_form = standing.wants_form(form.came_back() || visit.query("ulang") == "1");
    let on = standing.is_here().then(|| {
        let kind = if wants_form { Kind::Secondary } else { Kind::Primary };
        view! { <Button kind=kind href=next>{words}</Button> }
    });
    let again = (!wants_form && matches!(standing, Standing::Received(_)))
        .then(|| view! { <Button kind=Kind::Secondary href="/daftar/ktp?ulang=1">"Ganti foto KTP"</Button> });
    let error = faults.of("file");
    let today = visit.today();
    let photo = wants_form.then(|| {
        view! {
            <PhotoExamples/>
            <PhotoForm kind=DocumentKind::Ktp error=error/>
            <WatermarkNotice today=today/>
            <IslandScripts/>
        }
    });
    view! {
        <Title text=page_title("Foto KTP", &faults)/>
        <AppBar title="Daftar" back="/beranda" aside="2 dari 3" step=2/>
        <Main class="page stack-5">
            {flash_notice()}
            <div class="stack-2">
                <h1>"Foto KTP"</h1>
                <p class="text-muted">"Pakai KTP asli, bukan fotokopi atau foto dari layar."</p>
            </div>
            <ErrorSummary faults=faults/>
            <StandingNotice standing=standing what="Foto KTP"/>
            {on}
            {again}
            {photo}
        </Main>
    }
    .into_any()
}
