//! Products, prices, applications and decisions.

pub mod affordability;
pub mod back_test;
pub mod calculator;
pub mod cap;
pub mod cap_proof;
mod cap_table;
pub mod contract_text;
pub mod counter_offer;
pub mod decision;
pub mod disclosure;
pub mod limit;
pub mod papers;
pub mod period;
pub mod policy;
mod policy_rules;
pub mod product;
pub mod product_change;
pub mod reason;
pub mod remaining;
pub mod schedule;
mod service;
mod servicing_rules;
mod snapshot;
mod terms;
pub mod wording;

pub use service::*;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod vectors;
