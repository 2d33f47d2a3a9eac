//! What a simulator starts from, the same for the page and for the form it posts: product, limit, takaran.

use crate::{
    islands::{SimulatorTerms, chosen_way},
    visit::Visit,
};
use domain::{
    Error, Fault, Rupiah,
    id::QuoteId,
    loans::{Purpose, Quote, QuoteRequest, affordability::Gauge, product::Product},
    payments::servicing::LineStatus,
    users::Profile,
};

/// The amount a page proposes when nothing was asked for.
const PROPOSED: Rupiah = Rupiah::new(3_000_000);
/// The months a page proposes.
const PROPOSED_TENOR: u16 = 6;

/// The product a borrower gets without choosing.
pub(crate) async fn standard_product(visit: &Visit) -> Result<Product, Error> {
    let products = visit.backend.loans.list_products(&visit.actor).await?;
    let standard = products
        .iter()
        .position(|product| product.code == Product::sanggup_tunai().code);
    products
        .into_iter()
        .nth(standard.unwrap_or(0))
        .ok_or(Error::Busy { retry_after: 60 })
}

/// The terms of a page before anybody typed anything; `limit` is what the borrower may still borrow.
pub(crate) fn terms(visit: &Visit, product: Product, page: &str, limit: Option<Rupiah>) -> SimulatorTerms {
    let most = limit.unwrap_or(product.amount.max);
    let amount = product.amount.floor(most.min(PROPOSED)).unwrap_or(product.amount.min);
    let tenor = tenor_of(&product, "");
    SimulatorTerms {
        product,
        start: visit.today(),
        most,
        limited: limit.is_some(),
        amount,
        tenor,
        gauge: None,
        asks_income: false,
        page: page.into(),
        action: String::new(),
        button: String::new(),
        next: String::new(),
        faults: Vec::new(),
    }
}

/// Amount and months that were asked for: a way out that was pressed comes before the fields beside it.
pub(crate) fn wanted(way: &str, amount: String, tenor: String) -> (String, String) {
    match chosen_way(way) {
        Some((amount, tenor)) => (amount.to_owned(), tenor.to_owned()),
        None => (amount, tenor),
    }
}

/// Takes over what was asked for in an address or a form that came back; an unreadable amount is a fault.
pub(crate) fn ask(terms: &mut SimulatorTerms, amount: &str, tenor: &str) {
    if !amount.is_empty() {
        if let Err(words) = terms.read(amount) {
            terms.faults.push(Fault::new("amount", "amount", words));
        }
        terms.amount = Rupiah::parse(amount).unwrap_or(terms.amount);
    }
    if !tenor.is_empty() {
        terms.tenor = tenor_of(&terms.product, tenor);
    }
}

fn tenor_of(product: &Product, text: &str) -> u16 {
    let offered = || product.tenors.iter().filter_map(|months| u16::try_from(*months).ok());
    let asked = text
        .parse::<u16>()
        .ok()
        .and_then(|months| offered().find(|offer| *offer == months));
    let proposed = || offered().find(|offer| *offer == PROPOSED_TENOR);
    asked
        .or_else(proposed)
        .or_else(|| offered().next())
        .unwrap_or(PROPOSED_TENOR)
}

/// An empty takaran for today; none when no share of income is in force.
pub(crate) async fn empty_gauge(visit: &Visit) -> Option<Gauge> {
    let policy = visit.backend.loans.policy(&visit.actor).await.ok()?;
    let share_percent = policy.share_on(visit.today())?;
    Some(Gauge {
        income: Rupiah::ZERO,
        existing: Rupiah::ZERO,
        share_percent,
    })
}

/// The takaran of a borrower: stated income and instalments, and the next instalment of every loan running here.
pub(crate) async fn gauge_of(visit: &Visit, profile: &Profile) -> Result<Option<Gauge>, Error> {
    let accounts = visit
        .backend
        .payments
        .accounts_of(&visit.actor, profile.user_id)
        .await?;
    let here = accounts
        .iter()
        .filter(|account| account.closed_at.is_none())
        .filter_map(|account| {
            let position = account.position.as_ref()?;
            position
                .lines
                .iter()
                .find(|line| line.status != LineStatus::Paid)
                .map(|line| line.instalment().get())
        });
    let stated = profile.other_instalments.unwrap_or(Rupiah::ZERO);
    let existing = Rupiah::new(stated.get() + here.sum::<i64>());
    let income = profile.monthly_income.unwrap_or(Rupiah::ZERO);
    Ok(empty_gauge(visit).await.map(|gauge| Gauge {
        income,
        existing,
        ..gauge
    }))
}

/// Where a quote is shown.
pub(crate) fn consent_path(quote: QuoteId, purpose: Purpose) -> String {
    format!("/ajukan/rincian?q={quote}&tujuan={}", purpose.as_str())
}

/// The same, saying that the figures changed.
pub(crate) fn changed_path(quote: QuoteId, purpose: Purpose) -> String {
    format!("{}&berubah=1", consent_path(quote, purpose))
}

/// The same terms priced again. Within ten minutes the same old quote gives the same new one, however often a page
/// is loaded, so a new one always has twenty minutes to go.
pub(crate) async fn quote_again(visit: &Visit, old: &Quote) -> Result<Quote, Error> {
    let simulation = &old.simulation;
    let request = QuoteRequest {
        amount: simulation.amount,
        tenor: simulation.tenor,
        product: Some(simulation.product.code.clone()),
    };
    let key = format!("again-{}-{}", old.id, visit.now.unix_timestamp() / 600);
    visit.backend.loans.quote(&visit.actor, request, &key).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sari() -> SimulatorTerms {
        SimulatorTerms {
            product: Product::sanggup_tunai(),
            start: time::macros::date!(2026 - 09 - 05),
            most: Rupiah::new(4_000_000),
            limited: true,
            amount: PROPOSED,
            tenor: PROPOSED_TENOR,
            gauge: None,
            asks_income: false,
            page: "/ajukan".into(),
            action: String::new(),
            button: String::new(),
            next: String::new(),
            faults: Vec::new(),
        }
    }

    #[test]
    fn what_an_address_asks_for_is_taken_over_or_told_as_a_fault() {
        let mut terms = sari();
        ask(&mut terms, "2800000", "3");
        assert_eq!((terms.amount.get(), terms.tenor, terms.faults.len()), (2_800_000, 3, 0));
        ask(&mut terms, "9.000.000", "7");
        assert_eq!(terms.faults[0].message, "Paling banyak Rp4.000.000, sesuai limit Anda.");
        assert_eq!(
            (terms.amount.get(), terms.tenor),
            (9_000_000, 6),
            "kept as typed; a tenor that is not offered is not"
        );
        ask(&mut terms, "tiga juta", "");
        assert_eq!((terms.amount.get(), terms.faults.len()), (9_000_000, 2));
    }
}
