//! The person's own pages: the end of the registration, the account.

mod account;
mod choices;
mod money;
mod offers;
mod registered;
mod security;

pub use account::*;
pub use registered::*;
