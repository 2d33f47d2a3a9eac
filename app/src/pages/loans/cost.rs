//! The cost of a loan as it is shown before consent and kept in the agreement: Nota, facts, plan, clauses. Every
//! figure comes from the disclosure that was priced and hashed; nothing is computed here.

use crate::components::{Fact, Facts, Line, Receipt, Row, ScheduleTable, Tone};
use domain::{
    loans::{Quote, Simulation, contract_text, schedule::Schedule},
    text,
};
use leptos::prelude::*;

/// Nota: what is received, every cost, the total.
pub(super) fn receipt(simulation: &Simulation) -> impl IntoView + use<> {
    let (rows, total) = contract_text::nota(simulation);
    let rows = rows.into_iter().map(|(name, amount)| Line::new(name, amount)).collect();
    view! { <Receipt rows=rows total=Line::new("Total Anda bayar", total)/> }
}

/// Instalments, daily cost beside its cap, late fee, receiving account.
pub(super) fn facts(quote: &Quote) -> impl IntoView + use<> {
    let facts = contract_text::facts(quote)
        .into_iter()
        .map(|fact| {
            let note = (!fact.note.is_empty()).then(|| view! { <small class="numeric">{fact.note}</small> });
            view! { <Fact name=fact.name><span class="numeric">{fact.value}</span>" "{note}</Fact> }
        })
        .collect_view();
    view! { <Facts>{facts}</Facts> }
}

/// The plan of instalments before the money arrived.
pub(super) fn plan(schedule: &Schedule) -> impl IntoView + use<> {
    let rows = schedule
        .lines
        .iter()
        .map(|line| Row {
            due: text::date_short(line.due_on),
            status: String::new(),
            tone: Tone::Plain,
            interest: line.interest,
            total: line.total(),
            next: false,
        })
        .collect::<Vec<_>>();
    view! { <ScheduleTable rows=rows plan=true/> }
}

/// The clauses of the agreement, each a heading and a sentence or two.
pub(super) fn clauses(quote: &Quote) -> impl IntoView + use<> {
    contract_text::clauses(quote)
        .into_iter()
        .map(|(title, words)| view! { <section class="stack-1"><h3>{title}</h3><p class="text-small">{words}</p></section> })
        .collect_view()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{components::testing::html, pages::loans::samples::quote as sari};

    #[test]
    fn the_receipt_and_the_facts_are_those_of_the_design_kit() {
        let quote = sari();
        let drawn = html(move || view! { {receipt(&quote.simulation)} {facts(&quote)} });
        for words in [
            "Anda terima penuh",
            "Bunga 2,5% per bulan",
            "Rp267.899",
            "Biaya layanan",
            "Rp3.267.899",
            "5 × Rp544.650, lalu Rp544.649",
            "tiap tanggal 5, mulai 5 Oktober",
            "0,049%",
            "batas OJK ",
            "0,1% per hari dari pokok tertunggak",
            "Sari Wulandari",
        ] {
            assert!(drawn.contains(words), "{words}: {drawn}");
        }
    }

    #[test]
    fn the_clauses_name_the_figures_that_were_hashed() {
        let quote = sari();
        let shown = quote.simulation.disclosure.clone();
        let drawn = html(move || clauses(&quote));
        for figure in [
            shown.total_cap.to_string(),
            shown.early_payoff_saves.to_string(),
            shown.late_fee_first.to_string(),
        ] {
            assert!(drawn.contains(&figure), "{figure}: {drawn}");
        }
    }
}
