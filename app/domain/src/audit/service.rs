//! What the audit service promises.

use super::{Proposal, Verdict};
use crate::{Actor, Page, PageRequest, Result, id::ProposalId};
use async_trait::async_trait;

/// What waits for a second person, whatever service it belongs to.
#[async_trait]
pub trait AuditService: Send + Sync {
    /// Proposals that wait (or, with `closed`, that ended) of the kinds the asker's role may read, newest first. Staff.
    async fn list_proposals(&self, actor: &Actor, closed: bool, page: PageRequest) -> Result<Page<Proposal>>;

    /// One proposal. `NotFound` when the asker's role may not read its kind.
    async fn get_proposal(&self, actor: &Actor, id: ProposalId) -> Result<Proposal>;

    /// Ends a proposal; an approval takes effect in the same transaction. A rejection and a withdrawal need a reason.
    /// Idempotent by proposal: it ends once, later calls are `ProposalClosed`. `OwnProposal`, `ProposalStale`,
    /// `StepUpNeeded`, and what the owning service refuses; a refused approval leaves the proposal waiting.
    async fn close_proposal(&self, actor: &Actor, id: ProposalId, verdict: Verdict, reason: &str) -> Result<()>;
}
