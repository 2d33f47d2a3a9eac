//! Policies in shadow decide beside the live one: stored, never shown to a borrower, never acting.

use super::{Loans, catalogue::parse};
use crate::failure::{Failure, Fallible};
use domain::{
    id::UserId,
    loans::{
        cap::CapRow,
        decision::{Policy, Snapshot, decide},
        product::Product,
    },
};
use sqlx::PgConnection;
use uuid::Uuid;

impl Loans {
    /// One row per policy in shadow, in the transaction of the decision it stands beside.
    pub(super) async fn decide_in_shadow(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        decision_id: Uuid,
        snapshot: &Snapshot,
        product: &Product,
        caps: &[CapRow],
    ) -> Fallible<()> {
        let rows = sqlx::query!("select version, body from loans.policy where status = 'shadow' order by version")
            .fetch_all(&mut *tx)
            .await?;
        if rows.is_empty() {
            return Ok(());
        }
        let key = self.core.vault.user_key(tx, user).await?;
        for row in rows {
            let policy: Policy = parse(row.body)?;
            let (outcome, sealed) = match decide(snapshot, &policy, product, caps) {
                Ok(decision) => {
                    let bytes = serde_json::to_vec(&decision).map_err(Failure::broken)?;
                    let sealed = key.seal("loans.shadow_decision.result", decision_id, &bytes);
                    (decision.outcome.as_str(), Some(sealed))
                }
                Err(_) => ("undecided", None),
            };
            sqlx::query!(
                "insert into loans.shadow_decision (decision_id, policy_version, outcome, result_sealed, decided_at)
                 values ($1, $2, $3, $4, $5)",
                decision_id,
                row.version,
                outcome,
                sealed,
                self.core.clock.now(),
            )
            .execute(&mut *tx)
            .await?;
        }
        Ok(())
    }
}
