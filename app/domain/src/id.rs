//! The only place where identifiers are defined. A string or a bare `Uuid` enters at the border and
//! leaves as one of these; every value is a UUIDv7, made by the caller (this crate has no randomness).

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The text was not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// A person with an account, borrower or staff.
    UserId,
    /// One signed-in browser or program.
    SessionId,
    /// A one-time code that was sent and waits to be typed.
    ChallengeId,
    /// A passkey ceremony between its start and its finish.
    CeremonyId,
    /// A registered passkey.
    PasskeyId,
    /// A consent that was given.
    ConsentId,
    /// An identity paper or proof that was uploaded.
    DocumentId,
    /// Priced terms, before consent.
    QuoteId,
    /// An application and, once paid out, the loan it became: one identifier for both.
    LoanId,
    /// One attempt to pay.
    PaymentId,
    /// Money sent to a borrower.
    PayoutId,
    /// Money that waits for two people.
    SuspenseId,
    /// A balanced set of ledger entries.
    JournalId,
    /// A message to a person, whatever the channels.
    NoticeId,
    /// One line of the audit log.
    AuditId,
    /// What one member of staff proposes and another decides.
    ProposalId,
    /// Something a gateway and we say differently.
    DifferenceId,
    /// A credit balance that is to go back to its borrower.
    RefundId,
}
