//! Making a proposal, in the transaction of the service that owns its kind.

use super::record_in;
use crate::{
    Core,
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Refusal,
    audit::{Change, Entry, Outcome, ProposalKind, check_reason},
    id::ProposalId,
};
use serde_json::Value;
use sqlx::PgConnection;

/// What is proposed.
#[derive(Debug)]
pub struct NewProposal<'a> {
    /// What kind of thing.
    pub kind: ProposalKind,
    /// Which thing; one proposal about it waits at a time.
    pub subject: String,
    /// One line for the list.
    pub title: String,
    /// What the owner needs to do it; comes back in [`Effect::apply_in`](super::Effect::apply_in).
    pub payload: Value,
    /// Every field that changes, in words.
    pub diff: Vec<Change>,
    /// Why, as typed.
    pub reason: &'a str,
}

/// Stores a proposal. `Forbidden` unless the asker may propose this kind; fault of `reason`; `ProposalOpen` while
/// another one about the same thing waits.
pub async fn propose_in(
    tx: &mut PgConnection,
    core: &Core,
    actor: &Actor,
    new: NewProposal<'_>,
) -> Fallible<ProposalId> {
    let maker = actor.staff(new.kind.makers())?;
    let reason = check_reason(new.reason)?;
    // Two at once about the same thing: the second waits here and then sees the first.
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))",
        format!("proposal {} {}", new.kind, new.subject),
    )
    .execute(&mut *tx)
    .await?;
    let waits = sqlx::query_scalar!(
        r#"select exists (
               select from audit.proposal p
               where p.kind = $1 and p.subject = $2
                 and not exists (select from audit.verdict v where v.proposal_id = p.proposal_id)
           ) as "exists!""#,
        new.kind.as_str(),
        new.subject,
    )
    .fetch_one(&mut *tx)
    .await?;
    if waits {
        return Err(Refusal::ProposalOpen.into());
    }
    let id = ProposalId(core.clock.new_id());
    sqlx::query!(
        "insert into audit.proposal
             (proposal_id, kind, subject, title, payload, diff, reason, maker, maker_role, made_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id.0,
        new.kind.as_str(),
        new.subject,
        new.title,
        new.payload,
        serde_json::to_value(&new.diff).map_err(Failure::broken)?,
        reason,
        maker.user_id.0,
        maker.role.as_str(),
        core.clock.now(),
    )
    .execute(&mut *tx)
    .await?;
    let entry = Entry {
        outcome: Outcome::Pending,
        ..Entry::allowed("audit.propose", "proposal", id)
    };
    record_in(tx, core, actor, entry.because(format!("{}: {reason}", new.kind))).await?;
    Ok(id)
}
