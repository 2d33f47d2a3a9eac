//! What became of a way out that was asked for. Enters: a request of a borrower, the answer of staff. Leaves: what
//! the borrower's page and the desk tell of it.

use super::servicing::Hardship;
use crate::{calendar::options, id::LoanId};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// What became of a way out when its borrower consented to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relief {
    /// The schedule is changed.
    Applied,
    /// Two members of staff must agree; late fees stop meanwhile, for thirty days at most.
    Waiting,
}

options! {
    /// Where a request that waits for two people stands (lending.md 7.10).
    ReliefState, "relief-state" {
        /// It waits.
        Open => "open",
        /// Two people agreed, and the schedule is changed.
        Applied => "applied",
        /// Staff said no, with a reason.
        Refused => "refused",
        /// Its borrower took it back.
        Withdrawn => "withdrawn",
    }
}

impl ReliefState {
    /// The word on screen.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Open => "Sedang ditinjau",
            Self::Applied => "Disetujui",
            Self::Refused => "Belum bisa disetujui",
            Self::Withdrawn => "Ditarik kembali",
        }
    }
}

/// A way out that a borrower asked for and that one alone may not give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReliefRequest {
    /// The loan; one request of it waits at a time.
    pub loan_id: LoanId,
    /// What was asked for, as its borrower saw it.
    pub option: Hardship,
    /// Where it stands.
    pub state: ReliefState,
    /// When it was asked for (UTC).
    pub asked_at: OffsetDateTime,
    /// When it was answered (UTC).
    pub answered_at: Option<OffsetDateTime>,
    /// Why staff said no; the borrower reads it.
    pub answer: String,
    /// The last day late fees stop for it; none when the days of earlier requests were used up.
    pub paused_through: Option<Date>,
}
