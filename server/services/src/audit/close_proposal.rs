//! The end of a proposal: approved with its effect, rejected, or withdrawn; once, and never by the wrong person.

use super::{Audit, proposals::row_of, record_in};
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Error, Refusal, Role,
    audit::{Entry, Verdict, check_reason},
    id::ProposalId,
};

impl Audit {
    pub(super) async fn end_proposal(
        &self,
        actor: &Actor,
        id: ProposalId,
        verdict: Verdict,
        reason: &str,
    ) -> Fallible<()> {
        let session = actor.staff(&Role::STAFF)?;
        let mut tx = self.core.begin().await?;
        let (proposal, payload) = row_of(&mut tx, session.role, id).await?.ok_or(Error::NotFound)?;
        if let Err(refusal) = verdict.check(proposal.kind, proposal.maker, session) {
            tx.rollback().await?;
            self.note_refusal(actor, id, verdict, &refusal).await?;
            return Err(refusal.into());
        }
        actor.require_fresh(self.core.clock.now())?;
        let reason = match verdict {
            Verdict::Approved if reason.trim().is_empty() => "",
            _ => check_reason(reason)?,
        };
        // Two at once: the second waits here on the first one's key, then finds it taken.
        let ended = sqlx::query!(
            "insert into audit.verdict (proposal_id, verdict, maker, checker, checker_role, reason, checked_at)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict on constraint verdict_pkey do nothing",
            id.0,
            verdict.as_str(),
            proposal.maker.0,
            session.user_id.0,
            session.role.as_str(),
            reason,
            self.core.clock.now(),
        )
        .execute(&mut *tx)
        .await?;
        if ended.rows_affected() == 0 {
            return Err(Refusal::ProposalClosed.into());
        }
        let action = match verdict {
            Verdict::Approved => "audit.approve",
            Verdict::Rejected => "audit.reject",
            Verdict::Withdrawn => "audit.withdraw",
        };
        let effect = self.effect_of(proposal.kind)?;
        match verdict {
            Verdict::Approved => effect.apply_in(&mut tx, actor, &proposal, payload).await?,
            Verdict::Rejected | Verdict::Withdrawn => effect.drop_in(&mut tx, &proposal, payload).await?,
        }
        let entry = Entry::allowed(action, "proposal", id).because(format!("{}: {reason}", proposal.kind));
        record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn note_refusal(&self, actor: &Actor, id: ProposalId, verdict: Verdict, refusal: &Error) -> Fallible<()> {
        let entry = Entry::denied("audit.close_proposal", "proposal", id);
        let entry = entry.because(format!("{verdict}: {}", refusal.code()));
        let mut connection = self.core.db.acquire().await.map_err(Failure::from)?;
        record_in(&mut connection, &self.core, actor, entry).await
    }
}
