//! Who the borrower is: profile, identity check, consents, bank account.

mod email;
mod name;
pub mod nik;
mod phone;
mod service;

pub use email::*;
pub use name::*;
pub use nik::Nik;
pub use phone::*;
pub use service::*;
