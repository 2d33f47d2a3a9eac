//! Pricing: one function behind the simulator, quotes, and the check at consent, so that the three never differ.

use super::Loans;
use crate::failure::{Failure, Fallible};
use domain::{
    Error, Rupiah,
    calendar::{HolidayRule, Holidays},
    loans::{
        Simulation, SimulationRequest,
        cap::{CapRow, select, tenor_class},
        disclosure::Disclosure,
        product::Product,
        schedule::{Terms, TermsError, schedule},
    },
};
use sha2::{Digest as _, Sha256};
use time::Date;

impl Loans {
    pub(super) async fn simulate_terms(&self, request: SimulationRequest) -> Fallible<Simulation> {
        let product = self.product(request.product.as_deref()).await?;
        let start = request.start.unwrap_or_else(|| self.core.clock.today());
        let rules = self.rules_for(&product).await?;
        price(product, &rules, request.amount, request.tenor, start, "")
    }

    /// What terms of `product` are priced by besides itself.
    pub(super) async fn rules_for(&self, product: &Product) -> Fallible<PriceRules> {
        let holidays = match product.holiday_rule {
            HolidayRule::None => Holidays::default(),
            HolidayRule::NextBusinessDay | HolidayRule::PreviousBusinessDay => self.notifications.holidays().await?,
        };
        Ok(PriceRules {
            caps: self.caps().await?,
            holidays,
        })
    }
}

/// The cap table, and the holidays that may move due dates.
pub(super) struct PriceRules {
    pub caps: Vec<CapRow>,
    pub holidays: Holidays,
}

/// Prices terms. `recipient` is the masked account, empty when there is none yet. Faults of `amount`,
/// `tenor_months`, `start`.
pub(super) fn price(
    product: Product,
    rules: &PriceRules,
    amount: Rupiah,
    tenor: u32,
    start: Date,
    recipient: &str,
) -> Fallible<Simulation> {
    product
        .check_choice(amount, tenor)
        .map_err(|error| Error::fault(error.field(), error.code(), error.to_string()))?;
    let terms = Terms::of(&product, amount, tenor, start).on_calendar(&rules.holidays);
    let schedule = schedule(&terms).map_err(out_of_range)?;
    let class = tenor_class(start, schedule.ends_on).map_err(|_| out_of_range(TermsError::OutOfRange))?;
    let cap = select(&rules.caps, start, product.purpose_type, class)
        .map_err(|error| Error::fault("start", error.code(), error.to_string()))?;
    let disclosure = Disclosure::of(&product, &schedule, &cap, recipient).map_err(Failure::broken)?;
    let check = disclosure.cap.clone();
    Ok(Simulation {
        product,
        amount,
        tenor,
        start,
        schedule,
        disclosure,
        cap: check,
    })
}

fn out_of_range(error: TermsError) -> Failure {
    Error::fault(
        if error.field() == "start" { "start" } else { "amount" },
        error.code(),
        error.to_string(),
    )
    .into()
}

/// The hash that a consent carries: SHA-256 of everything shown, lower-case hex.
pub(super) fn disclosure_hash(disclosure: &Disclosure) -> String {
    hex::encode(Sha256::digest(disclosure.canonical()))
}
