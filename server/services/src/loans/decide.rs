//! A person's decision on a referred application; above the policy's amount two different officers must agree.

use super::{
    Loans,
    back_test::open_decision,
    decide_by_engine::{Verdict, lock_in_status},
    queries,
};
use crate::{
    audit,
    crypto::UserKey,
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Error, Refusal, Role,
    audit::{Entry, Outcome as Attempt},
    id::LoanId,
    loans::{
        HumanDecision,
        decision::{DecideError, Decision, Outcome, Snapshot, decide, needs_second_officer},
        reason::{Effect, Reason},
    },
};

impl Loans {
    pub(super) async fn decide_by_person(&self, actor: &Actor, id: LoanId, decision: HumanDecision) -> Fallible<()> {
        let officer = actor.staff(&[Role::Analyst, Role::Approver])?.user_id;
        let reason = match &decision {
            HumanDecision::Approve => None,
            HumanDecision::Decline { reason } if reason.trim().chars().count() < 5 => {
                return Err(Error::fault("reason", "required", "Tulis alasannya, peminjam akan membacanya.").into());
            }
            HumanDecision::Decline { reason } if reason.chars().count() > 500 => {
                return Err(Error::fault("reason", "too_long", "Alasan paling panjang 500 huruf.").into());
            }
            HumanDecision::Decline { reason } => Some(reason.trim()),
        };
        let mut connection = self.core.db.acquire().await?;
        let row = queries::any_application(&mut connection, id)
            .await?
            .ok_or(Error::NotFound)?;
        let key = self.core.vault.user_key(&mut connection, row.user_id()).await?;
        drop(connection);
        let (quote, figures, _) = row.unseal(&key)?;
        let simulation = &quote.simulation;
        let policy = self.policy_in_force().await?;
        let snapshot = self
            .snapshot(row.user_id(), simulation.amount, simulation.tenor, figures, id)
            .await?;
        let (snapshot, engine) = match decide(&snapshot, &policy, &simulation.product, &self.caps().await?) {
            Ok(engine) => (snapshot, engine),
            Err(DecideError::Door(barrier)) if reason.is_none() => return Err(not_allowed(&barrier)),
            // A photo is wanted again, and the engine decides nothing until it came: no needs no figures but the last.
            Err(DecideError::Door(_)) => self.last_judged(&key, id).await?,
            Err(error) => return Err(Failure::broken(error)),
        };
        let barrier = engine.reasons.iter().find(|found| found.effect != Effect::Refer);
        if let (None, Some(barrier)) = (reason, barrier) {
            return Err(not_allowed(barrier));
        }
        let mut tx = self.core.begin().await?;
        if !lock_in_status(&mut tx, id, &["referred"]).await? {
            return Err(Refusal::AlreadyDecided.into());
        }
        let took_part = sqlx::query_scalar!("select took_part from loans.application where loan_id = $1", id.0)
            .fetch_one(&mut *tx)
            .await?;
        if took_part.contains(&officer.0) {
            return Err(Refusal::TookPart.into());
        }
        if reason.is_none() && needs_second_officer(&policy, simulation.amount) {
            let first = sqlx::query_scalar!("select first_officer from loans.application where loan_id = $1", id.0)
                .fetch_one(&mut *tx)
                .await?;
            match first {
                None => {
                    sqlx::query!(
                        "update loans.application set first_officer = $2 where loan_id = $1",
                        id.0,
                        officer.0
                    )
                    .execute(&mut *tx)
                    .await?;
                    let entry = Entry {
                        outcome: Attempt::Pending,
                        ..Entry::allowed("loans.decide", "loan", id)
                    };
                    audit::record_in(
                        &mut tx,
                        &self.core,
                        actor,
                        entry.because("approve: waits for a second officer"),
                    )
                    .await?;
                    tx.commit().await?;
                    return Ok(());
                }
                Some(first) if first == officer.0 => return Err(Refusal::SecondOfficerNeeded.into()),
                Some(_) => {}
            }
        }
        let outcome = if reason.is_none() {
            Outcome::Approve
        } else {
            Outcome::Decline
        };
        let verdict = Verdict {
            outcome,
            snapshot: &snapshot,
            engine: &engine,
            decided_by: Some(officer),
            human_reason: reason,
        };
        self.write_in(&mut tx, actor, row.user_id(), id, verdict).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What the engine was told last about an application, and what it found.
    async fn last_judged(&self, key: &UserKey, id: LoanId) -> Fallible<(Snapshot, Decision)> {
        let row = sqlx::query!(
            "select decision_id, snapshot_sealed, result_sealed
             from loans.decision
             where loan_id = $1
             order by decided_at desc, decision_id desc limit 1",
            id.0
        )
        .fetch_one(&self.core.db)
        .await?;
        let last = open_decision(Some(key), row.decision_id, &row.snapshot_sealed, &row.result_sealed)?;
        let (snapshot, decision, _) = last.ok_or_else(|| Failure::broken("a decision that cannot be opened"))?;
        Ok((snapshot, decision))
    }
}

/// A person answers what the engine cannot know; what law and policy forbid is not theirs to allow.
fn not_allowed(barrier: &Reason) -> Failure {
    let words = format!("Tidak bisa disetujui. {}", barrier.words);
    Error::fault("decision", barrier.code.as_str(), words).into()
}
