//! Paying: choosing, the code, and what became of it.

mod attempt;
mod code;
mod pay;

pub use pay::*;
