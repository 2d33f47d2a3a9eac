//! What we tell people, and how.

mod service;
pub mod texts;

pub use service::*;
