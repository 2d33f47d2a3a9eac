//! What we tell people, and how.

pub mod contact;
mod service;
pub mod texts;

pub use service::*;
