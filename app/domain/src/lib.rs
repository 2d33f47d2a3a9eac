//! The rules of lending, and the contracts of the seven services.
//!
//! Pure: no I/O, no clock, no randomness, no floating point. Runs on the server and in the browser.
//! One folder per word of the product; in each, the types and rules and, in `service.rs`, what the
//! service of that name promises.

pub mod actor;
pub mod audit;
pub mod auth;
pub mod backend;
pub mod calendar;
pub mod documents;
pub mod error;
pub mod event;
pub mod id;
pub mod loans;
pub mod money;
pub mod notifications;
pub mod page;
pub mod payments;
pub mod rate;
pub mod text;
pub mod users;

pub use actor::{Actor, Origin, Principal, Role, Session};
pub use backend::Backend;
pub use error::{Error, Fault, Refusal};
pub use money::Rupiah;
pub use page::{Page, PageRequest};

/// What every service answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;
