//! The engine's decision on a submitted application: snapshot, rules, row, and what follows, in one transaction.

use super::{Loans, catalogue::as_i32, queries};
use crate::{
    audit,
    failure::{Failure, Fallible},
    jobs::{self, Job},
};
use domain::{
    Actor, Error,
    audit::Entry,
    event::Event,
    id::{LoanId, UserId},
    loans::{
        decision::{DecideError, Decision, Outcome, Snapshot, decide},
        reason::ReasonCode,
    },
};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

/// A decision about to be written.
pub(super) struct Verdict<'a> {
    pub outcome: Outcome,
    pub snapshot: &'a Snapshot,
    pub engine: &'a Decision,
    pub decided_by: Option<UserId>,
    pub human_reason: Option<&'a str>,
}

impl Loans {
    pub(super) async fn run_engine(&self, actor: &Actor, id: LoanId) -> Fallible<()> {
        actor.require_system()?;
        let mut connection = self.core.db.acquire().await?;
        let row = queries::any_application(&mut connection, id)
            .await?
            .ok_or(Error::NotFound)?;
        if !matches!(row.status.as_str(), "submitted" | "under_review") {
            return Ok(());
        }
        let key = self.core.vault.user_key(&mut connection, row.user_id()).await?;
        drop(connection);
        let (quote, figures, _) = row.unseal(&key)?;
        let simulation = &quote.simulation;
        let snapshot = self
            .snapshot(row.user_id(), simulation.amount, simulation.tenor, figures, id)
            .await?;
        let caps = self.caps().await?;
        let policy = match self.policy_in_force().await {
            Ok(policy) => policy,
            // Fails closed: nobody decides, and the sweep asks again until a policy is in force.
            Err(Failure::Domain(refusal)) => {
                metrics::counter!("decisions_without_policy").increment(1);
                tracing::error!(loan = %id, %refusal, "no policy is in force: an application waits");
                return Ok(());
            }
            Err(failure) => return Err(failure),
        };
        let decision = match decide(&snapshot, &policy, &simulation.product, &caps) {
            // Staff want a photo again: decided when the identity is verified anew.
            Err(DecideError::Door(reason)) if reason.code == ReasonCode::KycIncomplete => {
                return Err(Error::Busy { retry_after: 60 }.into());
            }
            judged => judged.map_err(Failure::broken)?,
        };
        let mut tx = self.core.begin().await?;
        if !lock_in_status(&mut tx, id, &["submitted", "under_review"]).await? {
            return Ok(());
        }
        let verdict = Verdict {
            outcome: decision.outcome,
            snapshot: &snapshot,
            engine: &decision,
            decided_by: None,
            human_reason: None,
        };
        let decision_id = self.write_in(&mut tx, actor, row.user_id(), id, verdict).await?;
        self.decide_in_shadow(
            &mut tx,
            row.user_id(),
            decision_id,
            &snapshot,
            &simulation.product,
            &caps,
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes a decision and moves the application; the caller holds its lock. Returns the decision's id.
    pub(super) async fn write_in(
        &self,
        tx: &mut PgConnection,
        actor: &Actor,
        user: UserId,
        id: LoanId,
        verdict: Verdict<'_>,
    ) -> Fallible<Uuid> {
        let now = self.core.clock.now();
        let decision_id = self.core.clock.new_id();
        let key = self.core.vault.user_key(tx, user).await?;
        let snapshot = serde_json::to_vec(verdict.snapshot).map_err(Failure::broken)?;
        let result = serde_json::to_vec(verdict.engine).map_err(Failure::broken)?;
        sqlx::query!(
            "insert into loans.decision
                 (decision_id, loan_id, outcome, snapshot_sealed, result_sealed, policy_version, decided_at, decided_by, human_reason,
                  snapshot_hash)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            decision_id,
            id.0,
            verdict.outcome.as_str(),
            key.seal("loans.decision.snapshot", decision_id, &snapshot),
            key.seal("loans.decision.result", decision_id, &result),
            as_i32(verdict.engine.policy_version)?,
            now,
            verdict.decided_by.map(|officer| officer.0),
            verdict.human_reason,
            Sha256::digest(&snapshot).to_vec(),
        )
        .execute(&mut *tx)
        .await?;
        let (status, event) = match verdict.outcome {
            Outcome::Approve => (
                "approved",
                Event::ApplicationApproved {
                    user_id: user,
                    loan_id: id,
                    amount: Some(verdict.snapshot.amount),
                },
            ),
            Outcome::Refer => (
                "referred",
                Event::ApplicationReferred {
                    user_id: user,
                    loan_id: id,
                },
            ),
            Outcome::Decline => (
                "declined",
                Event::ApplicationDeclined {
                    user_id: user,
                    loan_id: id,
                },
            ),
        };
        let waits = (verdict.outcome == Outcome::Refer).then_some(now);
        sqlx::query!(
            "update loans.application set status = $2, decided_at = $3, waiting_since = $4 where loan_id = $1",
            id.0,
            status,
            now,
            waits,
        )
        .execute(&mut *tx)
        .await?;
        if verdict.outcome == Outcome::Approve {
            jobs::enqueue_in(tx, &Job::StartPayout { loan_id: id }, None).await?;
        }
        let codes: Vec<_> = verdict.engine.codes().iter().map(|code| code.as_str()).collect();
        let entry = Entry::allowed("loans.decide", "loan", id).because(format!(
            "{}: {}",
            verdict.outcome.as_str(),
            codes.join(", ")
        ));
        audit::record_in(tx, &self.core, actor, entry).await?;
        jobs::publish_in(tx, &self.core, event).await?;
        Ok(decision_id)
    }
}

/// Locks the application when it stands in one of `statuses`.
pub(super) async fn lock_in_status(tx: &mut PgConnection, id: LoanId, statuses: &[&str]) -> Fallible<bool> {
    let status = sqlx::query_scalar!(
        "select status from loans.application where loan_id = $1 for update",
        id.0
    )
    .fetch_optional(tx)
    .await?
    .ok_or(Error::NotFound)?;
    Ok(statuses.contains(&status.as_str()))
}
