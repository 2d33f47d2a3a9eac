//! What can go wrong inside a service, and how it becomes one of the errors that a caller may know.
//! Internals are logged once, here, and leave as a reference number.

use crate::gateways::GatewayError;
use domain::{Error, Refusal};
use sqlx::error::DatabaseError;
use std::time::Duration;

/// Seconds after which a caller may try again, when nobody says otherwise.
const WAIT: u32 = 10;
/// The longest wait that is asked of a caller, in seconds.
const LONGEST_WAIT: u64 = 300;

/// A failure inside a service. `?` turns domain errors, database and gateway failures into it.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Already in the caller's words.
    #[error(transparent)]
    Domain(#[from] Error),
    /// The database said no, or is away.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A third party said no, or is away.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// Something that must not happen did: a stored value that does not parse, a key that is missing.
    #[error("{0}")]
    Broken(String),
}

/// What the inside of a service answers.
pub type Fallible<T> = Result<T, Failure>;

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Domain(refusal.into())
    }
}

impl Failure {
    /// A broken assumption, in words for the log.
    pub fn broken(what: impl std::fmt::Display) -> Self {
        Self::Broken(what.to_string())
    }

    /// For the caller; `action` names the use case in the log (`auth.sign_in`).
    pub fn at(action: &'static str) -> impl FnOnce(Self) -> Error {
        move |failure| failure.into_error(action)
    }

    /// Whether another try may help: the database or a third party was away.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Domain(Error::Busy { .. }) => true,
            Self::Domain(_) | Self::Broken(_) => false,
            Self::Database(error) => is_passing(error),
            Self::Gateway(error) => error.is_passing(),
        }
    }

    /// How long a third party asked us to wait, if it did.
    pub fn wait_asked(&self) -> Option<Duration> {
        match self {
            Self::Gateway(GatewayError::RateLimited { retry_after }) => *retry_after,
            _ => None,
        }
    }

    fn into_error(self, action: &'static str) -> Error {
        match self {
            Self::Domain(error) => error,
            failure if failure.is_passing() => {
                tracing::warn!(action, error = %failure, "not available");
                let wait = failure.wait_asked().map(|wait| wait.as_secs().clamp(1, LONGEST_WAIT));
                let wait = wait.and_then(|wait| u32::try_from(wait).ok()).unwrap_or(WAIT);
                Error::Busy { retry_after: wait }
            }
            failure => {
                let reference = reference();
                tracing::error!(action, reference, error = %failure, "failed");
                metrics::counter!("internal_errors", "action" => action).increment(1);
                Error::Internal { reference }
            }
        }
    }
}

/// Eight characters that support can look up in the log.
fn reference() -> String {
    use rand::RngExt as _;
    #[expect(
        clippy::disallowed_methods,
        reason = "a reference number protects nothing and decides nothing"
    )]
    let bits: u32 = rand::rng().random();
    format!("{bits:08X}")
}

fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        // A connection that was cut in the middle of a word is a broken protocol.
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // Connection lost, shutting down, serialisation, deadlock, lock, statement or idle time-out, too many
            // connections, disk full.
            code.starts_with("08")
                || [
                    "57P01", "57P02", "57P03", "57P05", "40001", "40P01", "55P03", "57014", "25P03", "53300", "53100",
                ]
                .contains(&code.as_ref())
        }),
        _ => false,
    }
}

/// Turns a broken constraint into a refusal by the constraint's name, never by its text.
pub trait OnConstraint<T> {
    /// When the statement broke the constraint `name`, the failure is what `f` makes of it.
    fn on_constraint(self, name: &str, f: impl FnOnce(&dyn DatabaseError) -> Failure) -> Fallible<T>;
}

impl<T, E: Into<Failure>> OnConstraint<T> for Result<T, E> {
    fn on_constraint(self, name: &str, f: impl FnOnce(&dyn DatabaseError) -> Failure) -> Fallible<T> {
        self.map_err(|error| match error.into() {
            Failure::Database(sqlx::Error::Database(error)) if error.constraint() == Some(name) => f(error.as_ref()),
            failure => failure,
        })
    }
}
