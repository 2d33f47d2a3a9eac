//! What we told.

mod notices;

pub use notices::*;
