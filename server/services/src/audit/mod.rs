//! The audit log, written in the transaction of what it tells, by every service, only ever added to, and sealed by a
//! chain of hashes; and the one mechanism by which two people decide what one alone may not.
//!
//! A service that owns a kind of proposal calls [`propose_in`] and implements [`Effect`]; everything else is here.

mod chain;
mod close_proposal;
mod proposals;
mod propose;

pub use chain::Verified;
pub use propose::{NewProposal, propose_in};

use crate::{
    Core,
    failure::{Failure, Fallible},
    gateways::storage::Storage,
};
use async_trait::async_trait;
use domain::{
    Actor, Page, PageRequest, Principal, Result,
    audit::{AuditService, Entry, Proposal, ProposalKind, Verdict},
    id::ProposalId,
};
use serde_json::Value;
use sqlx::PgConnection;
use std::sync::Arc;

/// What the service that owns a kind of proposal does when one is approved.
#[async_trait]
pub trait Effect: Send + Sync {
    /// The kinds it owns; no two services own the same.
    fn kinds(&self) -> &'static [ProposalKind];

    /// Does what was proposed, in the transaction that ends the proposal. Checks again what was checked when it was
    /// made: `ProposalStale` when its ground is gone. A failure leaves the proposal waiting.
    async fn apply_in(&self, tx: &mut PgConnection, actor: &Actor, proposal: &Proposal, payload: Value)
    -> Fallible<()>;

    /// Lets go of what was proposed, in the transaction that rejects or withdraws it. Nothing, unless the owner keeps
    /// in mind that it was proposed.
    async fn drop_in(&self, _: &mut PgConnection, _: &Proposal, _: Value) -> Fallible<()> {
        Ok(())
    }
}

/// The audit service.
pub struct Audit {
    core: Core,
    storage: Arc<Storage>,
    effects: Vec<Arc<dyn Effect>>,
    kept: chain::Kept,
}

impl Audit {
    /// A service over `core` that hands approvals to their owners; signed hashes of the log go to `storage`.
    pub fn new(core: Core, storage: Arc<Storage>, effects: Vec<Arc<dyn Effect>>) -> Self {
        Self {
            core,
            storage,
            effects,
            kept: chain::Kept::default(),
        }
    }

    fn effect_of(&self, kind: ProposalKind) -> Fallible<&Arc<dyn Effect>> {
        self.effects
            .iter()
            .find(|effect| effect.kinds().contains(&kind))
            .ok_or_else(|| Failure::broken(format!("no service owns proposals of kind {kind}")))
    }
}

#[async_trait]
impl AuditService for Audit {
    async fn list_proposals(&self, actor: &Actor, closed: bool, page: PageRequest) -> Result<Page<Proposal>> {
        self.page_of_proposals(actor, closed, page)
            .await
            .map_err(Failure::at("audit.list_proposals"))
    }

    async fn get_proposal(&self, actor: &Actor, id: ProposalId) -> Result<Proposal> {
        self.proposal_for(actor, id)
            .await
            .map_err(Failure::at("audit.get_proposal"))
    }

    async fn close_proposal(&self, actor: &Actor, id: ProposalId, verdict: Verdict, reason: &str) -> Result<()> {
        self.end_proposal(actor, id, verdict, reason)
            .await
            .map_err(Failure::at("audit.close_proposal"))
    }
}

/// Writes one line. `connection` is the caller's transaction, so that the line exists exactly when the deed does;
/// for a refusal, which leaves no deed, it is a connection of its own.
pub async fn record_in(connection: &mut PgConnection, core: &Core, actor: &Actor, entry: Entry) -> Fallible<()> {
    let kind = match actor.principal {
        Principal::Anonymous => "anonymous",
        Principal::Borrower(_) => "borrower",
        Principal::Staff(_) => "staff",
        Principal::System => "system",
    };
    let session = actor.session();
    sqlx::query!(
        "insert into audit.entry
             (audit_id, at, actor_kind, actor_id, role, session_id, action, object_kind, object_id, reason, outcome,
              device, trace_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        core.clock.new_id(),
        core.clock.now(),
        kind,
        session.map(|session| session.user_id.0),
        session.map_or("", |session| session.role.as_str()),
        session.map(|session| session.id.0),
        entry.action,
        entry.object_kind,
        entry.object_id,
        entry.reason,
        entry.outcome.as_str(),
        actor.origin.device,
        actor.origin.trace_id,
    )
    .execute(connection)
    .await?;
    Ok(())
}
