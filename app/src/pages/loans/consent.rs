//! 10, `/ajukan/rincian?q=…&tujuan=…`: exactly one quote, everything it costs, and the consent in the flow of the
//! page. A quote that is too old is priced again before anything is shown.

use super::{
    cost::{clauses, facts, plan, receipt},
    terms::{changed_path, quote_again},
};
use crate::{
    components::{
        ActionBar, AppBar, Button, Consent, CsrfField, ErrorSummary, Faults, Hidden, Icon, IconSize, Main, Setback,
        Symbol, page_title,
    },
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{
    Error, Fault, Refusal,
    id::QuoteId,
    loans::{Purpose, Quote},
};
use leptos::prelude::*;
use leptos_meta::Title;

/// What is agreed to, and the agreement.
#[component]
pub fn ConsentPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let id: QuoteId = visit.query("q").parse().map_err(|_| Error::NotFound)?;
    let quote = visit.backend.loans.get_quote(&visit.actor, id).await?;
    let Some(purpose) = Purpose::parse(visit.query("tujuan")) else {
        leptos_axum::redirect(&terms_path(&quote));
        return Ok(().into_any());
    };
    if quote.expires_at <= visit.now || quote.simulation.start != visit.today() {
        let to = match quote_again(visit, &quote).await {
            Ok(fresh) => changed_path(fresh.id, purpose),
            // The page of the form says why: an open application, a smaller limit.
            Err(Error::Refused(Refusal::ActiveApplication | Refusal::KycIncomplete) | Error::Validation(_)) => {
                terms_path(&quote)
            }
            Err(error) => return Err(error),
        };
        leptos_axum::redirect(&to);
        return Ok(().into_any());
    }
    Ok(page(visit, &quote, purpose))
}

/// The form with the terms of this quote.
fn terms_path(quote: &Quote) -> String {
    format!(
        "/ajukan?amount={}&tenor_months={}",
        quote.simulation.amount.get(),
        quote.simulation.tenor
    )
}

fn page(visit: &Visit, quote: &Quote, purpose: Purpose) -> AnyView {
    let faults = visit.form("/_fn/apply").faults();
    // In the summary, which takes the focus: everything below is to be read again.
    let changed = match visit.query("berubah") == "1" && faults.is_empty() {
        true => vec![Fault::new("", "disclosure_changed", Refusal::DisclosureChanged.words())],
        false => Vec::new(),
    };
    let changed = view! { <Setback faults=Faults::from(changed)/> };
    let count = quote.simulation.schedule.lines.len();
    let back = format!("{}&purpose={}", terms_path(quote), purpose.as_str());
    let (nota, facts, clauses) = (receipt(&quote.simulation), facts(quote), clauses(quote));
    let (plan, consent) = (
        plan(&quote.simulation.schedule),
        consent(visit, quote, purpose, &faults),
    );
    view! {
        <Title text=page_title("Periksa sebelum setuju", &faults)/>
        <AppBar title="Rincian pinjaman" back=back/>
        <Main class="page page--after-bar stack-3">
            {flash_notice()}
            <ErrorSummary faults=faults/>
            {changed}
            <div>
                <h1>"Periksa sebelum setuju"</h1>
                <p class="text-small text-muted">"Tidak ada biaya lain di luar daftar ini."</p>
            </div>
            {nota}
            {facts}
            <div>
                <details class="disclosure">
                    {summary(Symbol::Calendar, format!("Jadwal lengkap {count} cicilan"))}
                    <div class="disclosure__body">{plan}</div>
                </details>
                <details class="disclosure">
                    {summary(Symbol::Document, "Perjanjian, 2 menit membaca".into())}
                    <div class="disclosure__body stack-3">{clauses}</div>
                </details>
            </div>
        </Main>
        {consent}
    }
    .into_any()
}

fn summary(icon: Symbol, words: String) -> impl IntoView {
    view! {
        <summary>
            <Icon name=icon size=IconSize::Small/>
            <span class="fill">{words}</span>
            <Icon name=Symbol::Forward size=IconSize::Small/>
        </summary>
    }
}

/// The tick and the button carry the quote and the hash of what was shown.
fn consent(visit: &Visit, quote: &Quote, purpose: Purpose, faults: &Faults) -> impl IntoView + use<> {
    let (id, hash, key) = (quote.id.to_string(), quote.disclosure_hash.clone(), visit.key.clone());
    let error = faults.of("accepted");
    view! {
        <form method="post" action="/_fn/apply">
            <Hidden name="quote_id" value=id/>
            <Hidden name="disclosure_hash" value=hash/>
            <Hidden name="purpose" value=purpose.as_str()/>
            <Hidden name="key" value=key/>
            <CsrfField/>
            <ActionBar label="Persetujuan" in_flow=true>
                <Consent name="accepted" error=error>
                    "Saya sudah membaca rincian biaya dan perjanjian, dan cicilan ini sesuai kemampuan saya."
                </Consent>
                <Button>"Setuju dan ajukan"</Button>
                <p class="text-micro text-subtle text-centre">"Bisa dibatalkan tanpa biaya sebelum dana dikirim"</p>
            </ActionBar>
        </form>
    }
}
