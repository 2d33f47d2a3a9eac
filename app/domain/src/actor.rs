//! Who asks. Every service method takes an [`Actor`] first and decides with it before anything else.

use crate::{
    Error,
    id::{SessionId, UserId},
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// What a person may do. Staff roles are separate people: none includes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Borrows money.
    Borrower,
    /// Answers borrowers, sees identity checks.
    Support,
    /// Reviews identities and applications.
    Analyst,
    /// Second officer for larger amounts.
    Approver,
    /// Works on overdue loans.
    Collector,
    /// Reads everything, changes nothing.
    Auditor,
    /// Runs the product: staff, products, keys.
    Superadmin,
}

impl Role {
    /// Every role, in the order of the demo staff.
    pub const ALL: [Self; 7] = [
        Self::Borrower,
        Self::Support,
        Self::Analyst,
        Self::Approver,
        Self::Collector,
        Self::Auditor,
        Self::Superadmin,
    ];

    /// Everybody who works here.
    pub const STAFF: [Self; 6] = [
        Self::Support,
        Self::Analyst,
        Self::Approver,
        Self::Collector,
        Self::Auditor,
        Self::Superadmin,
    ];

    /// The stored and public spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Borrower => "borrower",
            Self::Support => "support",
            Self::Analyst => "analyst",
            Self::Approver => "approver",
            Self::Collector => "collector",
            Self::Auditor => "auditor",
            Self::Superadmin => "superadmin",
        }
    }

    /// Reads [`Role::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// The word staff read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Borrower => "Peminjam",
            Self::Support => "Layanan",
            Self::Analyst => "Analis",
            Self::Approver => "Penyetuju",
            Self::Collector => "Penagihan",
            Self::Auditor => "Auditor",
            Self::Superadmin => "Superadmin",
        }
    }
}

/// A live session, as the session store knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The session's own record, never the secret in the cookie.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// What the person may do.
    pub role: Role,
    /// What colleagues call a member of staff, read with every request; empty for borrowers, whose name lies sealed.
    pub name: String,
    /// When a password, code or passkey was last proven in this session (UTC).
    pub authenticated_at: OffsetDateTime,
}

/// Where a request came from; used for limits and the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Client address after the trusted proxies, empty when there is none (jobs).
    pub address: String,
    /// A short name of the device, from the user agent; never the whole header.
    pub device: String,
    /// The request's number, the same one the person sees with an error.
    pub trace_id: String,
}

/// Who asks, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub principal: Principal,
    /// From where.
    pub origin: Origin,
}

/// The four kinds of asker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Nobody signed in.
    Anonymous,
    /// A signed-in borrower.
    Borrower(Session),
    /// A signed-in member of staff.
    Staff(Session),
    /// The product itself: jobs, the daily close, seeding.
    System,
}

impl Actor {
    /// The product itself.
    pub fn system() -> Self {
        Self {
            principal: Principal::System,
            origin: Origin::default(),
        }
    }

    /// Nobody signed in, from `origin`.
    pub fn anonymous(origin: Origin) -> Self {
        Self {
            principal: Principal::Anonymous,
            origin,
        }
    }

    /// The holder of `session`, from `origin`.
    pub fn signed_in(session: Session, origin: Origin) -> Self {
        let principal = match session.role {
            Role::Borrower => Principal::Borrower(session),
            _ => Principal::Staff(session),
        };
        Self { principal, origin }
    }

    /// The session, whoever holds it.
    pub fn session(&self) -> Option<&Session> {
        match &self.principal {
            Principal::Borrower(session) | Principal::Staff(session) => Some(session),
            Principal::Anonymous | Principal::System => None,
        }
    }

    /// The signed-in borrower, or why not.
    pub fn borrower(&self) -> Result<UserId, Error> {
        match &self.principal {
            Principal::Borrower(session) => Ok(session.user_id),
            Principal::Anonymous => Err(Error::Unauthenticated),
            Principal::Staff(_) | Principal::System => Err(Error::Forbidden),
        }
    }

    /// The signed-in member of staff in one of `roles` (superadmin is in none by itself), or why not.
    pub fn staff(&self, roles: &[Role]) -> Result<&Session, Error> {
        match &self.principal {
            Principal::Staff(session) if roles.contains(&session.role) => Ok(session),
            Principal::Anonymous => Err(Error::Unauthenticated),
            _ => Err(Error::Forbidden),
        }
    }

    /// Ok for the product itself only.
    pub fn require_system(&self) -> Result<(), Error> {
        match self.principal {
            Principal::System => Ok(()),
            _ => Err(Error::Forbidden),
        }
    }

    /// Ok when the person proved who they are at most five minutes before `now` (security.md R16).
    pub fn require_fresh(&self, now: OffsetDateTime) -> Result<(), Error> {
        match self.session() {
            Some(session) if now - session.authenticated_at <= Duration::minutes(5) => Ok(()),
            Some(_) => Err(Error::StepUpNeeded),
            None => Err(Error::Unauthenticated),
        }
    }
}
