//! Maker and checker: what one member of staff proposes, and another approves or rejects.
//!
//! Enters: a kind, a change told field by field, a reason. Leaves: [`Proposal`]s and who may do what with
//! them. The effect of an approval belongs to the service that owns the kind.

use crate::{
    Error, Refusal, Role,
    actor::Session,
    calendar::options,
    id::{ProposalId, UserId},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

options! {
    /// What needs two people.
    ProposalKind, "proposal-kind" {
        /// A new version of a product.
        Product => "product",
        /// New rows of the cap table.
        Cap => "cap",
        /// A policy put in force.
        Policy => "policy",
        /// A loan taken off the books, or put back on.
        WriteOff => "write_off",
        /// Money sent back to a borrower.
        Refund => "refund",
        /// A way out of hardship that one alone may not give.
        Relief => "relief",
        /// Something owed that is given up.
        Waiver => "waiver",
        /// A posting made by hand.
        Posting => "posting",
        /// What a member of staff may do.
        Role => "role",
    }
}

impl ProposalKind {
    /// The words staff read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Product => "Produk",
            Self::Cap => "Batas biaya",
            Self::Policy => "Kebijakan",
            Self::WriteOff => "Hapus buku",
            Self::Refund => "Pengembalian dana",
            Self::Relief => "Jalan keluar",
            Self::Waiver => "Keringanan",
            Self::Posting => "Pembukuan manual",
            Self::Role => "Peran petugas",
        }
    }

    /// Who may propose it.
    #[must_use]
    pub const fn makers(self) -> &'static [Role] {
        match self {
            Self::Product | Self::Cap | Self::Role => &[Role::Superadmin],
            Self::Policy => &[Role::Analyst, Role::Superadmin],
            Self::WriteOff => &[Role::Collector, Role::Analyst],
            Self::Relief | Self::Waiver => &[Role::Support, Role::Collector, Role::Analyst],
            Self::Refund => &[Role::Support, Role::Analyst],
            Self::Posting => &[Role::Analyst, Role::Approver],
        }
    }

    /// Who may approve or reject it; never the person who proposed it.
    #[must_use]
    pub const fn checkers(self) -> &'static [Role] {
        match self {
            Self::Product | Self::Cap | Self::Policy | Self::Role => &[Role::Approver, Role::Superadmin],
            Self::WriteOff | Self::Refund | Self::Relief | Self::Waiver | Self::Posting => &[Role::Approver],
        }
    }

    /// Who may read it: everybody with a part in it, and the auditor.
    #[must_use]
    pub fn shows_to(self, role: Role) -> bool {
        role == Role::Auditor || self.makers().contains(&role) || self.checkers().contains(&role)
    }
}

options! {
    /// How a proposal ended.
    Verdict, "verdict" {
        /// A second person agreed; the effect happened with it.
        Approved => "approved",
        /// A second person did not agree.
        Rejected => "rejected",
        /// Its maker took it back.
        Withdrawn => "withdrawn",
    }
}

impl Verdict {
    /// The words staff read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Approved => "Disetujui",
            Self::Rejected => "Ditolak",
            Self::Withdrawn => "Ditarik",
        }
    }

    /// Whether a person may end a proposal of this kind and maker this way.
    pub fn check(self, kind: ProposalKind, maker: UserId, who: &Session) -> Result<(), Error> {
        let own = who.user_id == maker;
        match self {
            Self::Withdrawn if own => Ok(()),
            Self::Withdrawn => Err(Error::Forbidden),
            Self::Approved | Self::Rejected if !kind.checkers().contains(&who.role) => Err(Error::Forbidden),
            Self::Approved | Self::Rejected if own => Err(Refusal::OwnProposal.into()),
            Self::Approved | Self::Rejected => Ok(()),
        }
    }
}

/// One field that changes, in words for the checker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What changes.
    pub what: String,
    /// How it is now; empty when it is new.
    pub before: String,
    /// How it would be; empty when it goes.
    pub after: String,
}

impl Change {
    /// The change of one field, `None` when both are the same.
    pub fn of(what: impl Into<String>, before: impl ToString, after: impl ToString) -> Option<Self> {
        let (before, after) = (before.to_string(), after.to_string());
        (before != after).then(|| Self {
            what: what.into(),
            before,
            after,
        })
    }
}

/// How a proposal ended, by whom, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// How.
    pub verdict: Verdict,
    /// The second person; the maker when withdrawn.
    pub checker: UserId,
    /// What the checker was then.
    pub checker_role: Role,
    /// Why; may be empty for an approval.
    pub reason: String,
    /// When (UTC).
    pub at: OffsetDateTime,
}

/// What one member of staff proposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// What kind of thing.
    pub kind: ProposalKind,
    /// Which thing: a product's code, a loan's id.
    pub subject: String,
    /// One line for the list.
    pub title: String,
    /// Every field that changes.
    pub diff: Vec<Change>,
    /// Why.
    pub reason: String,
    /// Who proposes.
    pub maker: UserId,
    /// What the maker was then.
    pub maker_role: Role,
    /// When (UTC).
    pub made_at: OffsetDateTime,
    /// How it ended; `None` while it waits.
    pub end: Option<End>,
}

/// A reason as people must give it, trimmed: 5 to 500 characters.
pub fn check_reason(text: &str) -> Result<&str, Error> {
    let text = text.trim();
    match text.chars().count() {
        0..5 => Err(Error::fault(
            "reason",
            "required",
            "Tulis alasannya, paling sedikit 5 huruf.",
        )),
        5..=500 => Ok(text),
        _ => Err(Error::fault("reason", "too_long", "Alasan paling panjang 500 huruf.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SessionId;
    use uuid::Uuid;

    fn who(id: u128, role: Role) -> Session {
        Session {
            id: SessionId(Uuid::from_u128(id)),
            user_id: UserId(Uuid::from_u128(id)),
            role,
            name: String::new(),
            authenticated_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn nobody_decides_their_own_proposal_and_only_its_maker_takes_it_back() {
        for kind in ProposalKind::ALL.iter().copied() {
            for role in Role::ALL {
                let maker = UserId(Uuid::from_u128(1));
                let (own, other) = (who(1, role), who(2, role));
                for verdict in [Verdict::Approved, Verdict::Rejected] {
                    assert!(verdict.check(kind, maker, &own).is_err(), "{kind} {role:?}");
                    assert_eq!(
                        verdict.check(kind, maker, &other).is_ok(),
                        kind.checkers().contains(&role)
                    );
                }
                assert!(Verdict::Withdrawn.check(kind, maker, &own).is_ok());
                assert!(Verdict::Withdrawn.check(kind, maker, &other).is_err());
            }
        }
    }

    #[test]
    fn every_kind_can_find_two_people_and_none_is_a_borrower() {
        for kind in ProposalKind::ALL {
            assert!(!kind.makers().is_empty() && !kind.checkers().is_empty());
            assert!(!kind.shows_to(Role::Borrower));
            // One person per role is enough for two people.
            assert!(
                kind.makers()
                    .iter()
                    .any(|maker| kind.checkers().iter().any(|checker| checker != maker))
            );
        }
    }

    #[test]
    fn a_change_is_told_only_when_there_is_one() {
        assert_eq!(Change::of("Bunga", 1, 1), None);
        let change = Change::of("Bunga", "2,5%", "2,4%").expect("it changes");
        assert_eq!((change.before.as_str(), change.after.as_str()), ("2,5%", "2,4%"));
    }

    #[test]
    fn a_reason_has_a_length() {
        assert!(check_reason("  ya ").is_err());
        assert_eq!(check_reason(" sudah cocok "), Ok("sudah cocok"));
        assert!(check_reason(&"a".repeat(501)).is_err());
    }
}
