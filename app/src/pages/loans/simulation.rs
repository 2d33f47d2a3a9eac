//! `/simulasi`: the calculator for anybody, without limit and without an account.

use super::terms::{ask, empty_gauge, standard_product, terms, wanted};
use crate::{
    components::{AppBar, Faults, page_title},
    islands::Simulator,
    pages::failure,
    shell::IslandScripts,
    visit::{Visit, visit},
};
use domain::{Error, Rupiah, loans::affordability::Gauge};
use leptos::prelude::*;
use leptos_meta::Title;

/// The calculator.
#[component]
pub fn SimulationPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let mut terms = terms(visit, standard_product(visit).await?, "/simulasi", None);
    let (amount, tenor) = (visit.query("amount").to_owned(), visit.query("tenor_months").to_owned());
    let (amount, tenor) = wanted(visit.query("way"), amount, tenor);
    ask(&mut terms, &amount, &tenor);
    let typed = |name| Rupiah::parse(visit.query(name)).unwrap_or(Rupiah::ZERO);
    let figures = (typed("monthly_income"), typed("other_instalments"));
    terms.gauge = empty_gauge(visit).await.map(|gauge| Gauge {
        income: figures.0,
        existing: figures.1,
        ..gauge
    });
    terms.asks_income = true;
    let borrower = visit.actor.borrower().is_ok();
    (terms.button, terms.next) = if borrower {
        ("Ajukan pinjaman".into(), "/ajukan".into())
    } else {
        ("Daftar".into(), "/daftar".into())
    };
    let title = page_title("Hitung cicilan", &Faults::from(terms.faults.clone()));
    let result = super::apply::result_table(!visit.query("amount").is_empty(), &terms);
    Ok(view! {
        <Title text=title/>
        <AppBar title="Hitung cicilan" back=if borrower { "/beranda" } else { "/" } heading=true/>
        <Simulator terms=terms>{result}</Simulator>
        <IslandScripts/>
    }
    .into_any())
}
