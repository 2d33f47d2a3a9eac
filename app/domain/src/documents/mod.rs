//! Identity papers: what they are, how good the photo is, who may see them.

mod quality;
mod service;

pub use quality::*;
pub use service::*;
