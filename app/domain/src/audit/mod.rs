//! What the audit log remembers: who did what to what, why, and whether it was allowed; and what two people decide.

mod proposal;
mod service;

pub use proposal::*;
pub use service::AuditService;

use serde::{Deserialize, Serialize};

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Allowed,
    /// It was refused.
    Denied,
    /// It waits for a second person.
    Pending,
}

impl Outcome {
    /// The stored spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Pending => "pending",
        }
    }
}

/// One thing worth remembering. Never a name, number, code or amount of a person: record numbers only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `word.verb`: `auth.sign_in`, `documents.view`, `loans.decide`.
    pub action: &'static str,
    /// The kind of thing acted on: `account`, `document`, `loan`, `payment`.
    pub object_kind: &'static str,
    /// Its record number, empty when there is none.
    pub object_id: String,
    /// The reason a person gave, or a rule's code.
    pub reason: String,
    /// How it ended.
    pub outcome: Outcome,
}

impl Entry {
    /// Something that was done.
    pub fn allowed(action: &'static str, object_kind: &'static str, object_id: impl ToString) -> Self {
        Self {
            action,
            object_kind,
            object_id: object_id.to_string(),
            reason: String::new(),
            outcome: Outcome::Allowed,
        }
    }

    /// Something that was refused.
    pub fn denied(action: &'static str, object_kind: &'static str, object_id: impl ToString) -> Self {
        Self {
            outcome: Outcome::Denied,
            ..Self::allowed(action, object_kind, object_id)
        }
    }

    /// With the reason a person gave, or a rule's code.
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            ..self
        }
    }
}
