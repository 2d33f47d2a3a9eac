//! Money in and out: servicing of a loan, allocation, payoff, late fee, arrears, ledger.

pub mod allocation;
pub mod arrears;
pub mod late_fee;
pub mod ledger;
pub mod payoff;
pub mod prepayment;
mod service;
pub mod servicing;
pub mod worst;

pub use service::*;
