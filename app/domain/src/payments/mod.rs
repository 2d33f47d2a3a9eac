//! Money in and out: servicing of a loan, allocation, payoff, late fee, arrears, ledger.

pub mod allocation;
pub mod arrears;
pub mod explain;
#[cfg(test)]
mod explain_tests;
pub mod hardship;
pub mod late_fee;
pub mod late_loan;
pub mod ledger;
mod manual_posting;
pub mod payoff;
pub mod prepayment;
pub mod provision;
mod reconciliation;
mod refund;
mod relief;
mod service;
pub mod servicing;
mod state_of_books;
mod suspense;
pub mod what_if;

pub use manual_posting::*;
pub use reconciliation::*;
pub use refund::*;
pub use relief::*;
pub use service::*;
pub use state_of_books::*;
pub use suspense::*;
