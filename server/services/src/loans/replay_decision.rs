//! A stored decision, made again from what was stored with it: inputs, product, caps known then, policy version. The
//! same bytes must come out, years later.

use super::{
    Loans,
    back_test::open_decision,
    catalogue::{known_at, parse},
};
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Error, Role,
    id::{LoanId, UserId},
    loans::{
        Simulation,
        decision::{Snapshot, decide},
    },
};
use sha2::{Digest as _, Sha256};

impl Loans {
    pub(super) async fn decide_again(&self, actor: &Actor, id: LoanId) -> Fallible<bool> {
        actor.staff(&[Role::Analyst, Role::Approver, Role::Auditor])?;
        let row = sqlx::query!(
            "select d.decision_id, d.decided_at, d.snapshot_sealed, d.result_sealed, d.snapshot_hash, d.policy_version,
                    a.user_id, q.simulation
             from loans.decision d
             join loans.application a using (loan_id)
             join loans.quote q using (quote_id)
             where d.loan_id = $1
             order by d.decided_at desc, d.decision_id desc limit 1",
            id.0,
        )
        .fetch_optional(&self.core.db)
        .await?
        .ok_or(Error::NotFound)?;
        let user = UserId(row.user_id);
        let keys = self
            .core
            .vault
            .user_keys(&mut *self.core.db.acquire().await?, &[user])
            .await?;
        let stored = open_decision(
            keys.get(&user),
            row.decision_id,
            &row.snapshot_sealed,
            &row.result_sealed,
        )?;
        let (snapshot, _, result) = stored.ok_or(Error::NotFound)?;
        let version = u32::try_from(row.policy_version).map_err(Failure::broken)?;
        let (policy, _) = self.policy_version(version).await?;
        let simulation: Simulation = parse(row.simulation)?;
        let caps = known_at(&self.dated_caps().await?, row.decided_at);
        let again = decide(&snapshot, &policy, &simulation.product, &caps).map_err(Failure::broken)?;
        let again = serde_json::to_vec(&again).map_err(Failure::broken)?;
        // Decisions from before the hash was stored have none to compare with.
        let inputs_hold = row
            .snapshot_hash
            .is_none_or(|hash| hash_of(&snapshot).is_ok_and(|now| now == hash));
        Ok(inputs_hold && again == result)
    }
}

fn hash_of(snapshot: &Snapshot) -> Fallible<Vec<u8>> {
    let bytes = serde_json::to_vec(snapshot).map_err(Failure::broken)?;
    Ok(Sha256::digest(bytes).to_vec())
}
