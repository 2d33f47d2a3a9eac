//! Pages for anyone: the welcome, costs, privacy, help.

mod costs;
mod help;
mod privacy;
mod welcome;

pub use costs::*;
pub use help::*;
pub use privacy::*;
pub use welcome::*;

use crate::visit::Visit;
use domain::{Rupiah, loans::SimulationRequest};

/// What the worked examples borrow: Rp3.000.000.
const EXAMPLE_AMOUNT: Rupiah = Rupiah::new(3_000_000);
/// For how many months.
const EXAMPLE_TENOR: u32 = 6;

/// The terms of a worked example; everything that follows from them is computed by the loans service.
fn example(amount: Rupiah, tenor: u32) -> SimulationRequest {
    SimulationRequest {
        amount,
        tenor,
        product: None,
        start: None,
    }
}

/// Where the back arrow leads: to Akun, from where a borrower came, or to the welcome.
fn back(visit: &Visit) -> &'static str {
    if visit.actor.session().is_some() { "/akun" } else { "/" }
}
