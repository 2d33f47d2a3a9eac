//! Identity papers: what they are, how good the photo is, who may see them. And the papers of a contract.

mod contract;
mod quality;
mod service;

pub use contract::*;
pub use quality::*;
pub use service::*;
