//! Accounts, sign-in, one-time codes, sessions, passkeys and tokens.

mod password;
mod registration;
mod service;

pub use password::*;
pub use registration::*;
pub use service::*;
