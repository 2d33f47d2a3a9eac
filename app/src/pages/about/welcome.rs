//! Screens 1 and 2: the splash opens into the welcome, with a worked example priced by the product in force.

use super::{EXAMPLE_AMOUNT, EXAMPLE_TENOR, example};
use crate::{
    components::{Button, Kind, Line, Main, Receipt, Splash, WelcomeHead, page_title},
    pages::{failure, flash_notice},
    visit::visit,
};
use domain::{Error, loans::Simulation};
use leptos::prelude::*;
use leptos_meta::{Meta, Title};

/// `/`: what it is, what it costs, and the two ways in.
#[component]
pub fn WelcomePage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move {
        let terms = example(EXAMPLE_AMOUNT, EXAMPLE_TENOR);
        match visit.backend.loans.simulate(&visit.actor, terms).await {
            Ok(simulation) => welcome(Some(&simulation), visit.licence),
            // A product that does not offer these terms has no such example.
            Err(Error::Validation(_) | Error::Refused(_)) => welcome(None, visit.licence),
            Err(error) => failure(&error),
        }
    })
}

fn welcome(simulation: Option<&Simulation>, licence: String) -> AnyView {
    let receipt = simulation.map(receipt);
    let licence = if licence.is_empty() {
        "Contoh, bukan layanan berizin".into()
    } else {
        licence
    };
    let about = "Cicilan, bunga, dan semua biaya terlihat sebelum Anda setuju.";
    view! {
        <Title text=page_title("Pinjam sesuai sanggup", &Default::default())/>
        <Meta name="description" content=about/>
        <Splash/>
        <WelcomeHead/>
        <Main class="page stack">
            {flash_notice()}
            <div class="stack-2">
                <h1 class="text-display">"Pinjam sesuai sanggup."</h1>
                <p class="text-muted">{about}</p>
            </div>
            {receipt}
            <div class="stack-3">
                <Button href="/daftar">"Daftar"</Button>
                <Button kind=Kind::Secondary href="/masuk">"Masuk"</Button>
                <p class="text-centre text-small"><a class="button-link" href="/simulasi">"Coba hitung cicilan dulu"</a></p>
            </div>
            <footer>
                <p class="footer-links">
                    <a href="/biaya">"Semua biaya"</a>
                    <a href="/bantuan">"Cara kerja"</a>
                    <a href="/privasi">"Privasi"</a>
                    <span>{licence}</span>
                </p>
            </footer>
        </Main>
    }
    .into_any()
}

/// The worked example: received, paid each month, cost, total.
fn receipt(simulation: &Simulation) -> impl IntoView + use<> {
    let shown = &simulation.disclosure;
    let each = shown.instalments.first().map(|first| {
        Line::new(
            format!("{} cicilan, masing-masing", shown.instalments.len()),
            first.amount,
        )
    });
    let cost = shown.total_paid.less_at_zero(shown.net_cash);
    let rows = std::iter::once(Line::new("Contoh: Anda terima", shown.net_cash))
        .chain(each)
        .chain(std::iter::once(Line::new("Bunga dan biaya", cost)))
        .collect();
    view! { <Receipt rows=rows total=Line::new("Total Anda bayar", shown.total_paid)/> }
}
