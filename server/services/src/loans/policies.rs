//! Policies as data: drafts, shadow, and what is known of every version.

use super::{
    Loans,
    catalogue::{as_i32, json, parse},
    propose_product::may_read,
};
use crate::{
    audit,
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Error, Refusal,
    audit::{Entry, ProposalKind},
    loans::{PolicyStatus, PolicyVersion, ShadowTally, decision::Policy},
};

/// Whether a bureau is connected; none is (`bureau` of lending.md 17).
pub(super) const BUREAU_ANSWERS: bool = false;

impl Loans {
    pub(super) async fn all_policies(&self, actor: &Actor) -> Fallible<Vec<PolicyVersion>> {
        may_read(actor, ProposalKind::Policy)?;
        let rows = sqlx::query!(
            r#"select p.body, p.status, t.report as "report?",
                      s.approve as "approve!", s.refer as "refer!", s.decline as "decline!",
                      s.undecided as "undecided!", s.differs as "differs!"
               from loans.policy p
               left join lateral (
                   select report from loans.back_test b where b.policy_version = p.version order by made_at desc limit 1
               ) t on true
               cross join lateral (
                   select count(*) filter (where x.outcome = 'approve') as approve,
                          count(*) filter (where x.outcome = 'refer') as refer,
                          count(*) filter (where x.outcome = 'decline') as decline,
                          count(*) filter (where x.outcome = 'undecided') as undecided,
                          count(*) filter (where x.outcome <> d.outcome) as differs
                   from loans.shadow_decision x join loans.decision d using (decision_id)
                   where x.policy_version = p.version
               ) s
               order by p.version desc"#
        )
        .fetch_all(&self.core.db)
        .await?;
        let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        rows.into_iter()
            .map(|row| {
                Ok(PolicyVersion {
                    policy: parse(row.body)?,
                    status: row.status.parse().map_err(Failure::broken)?,
                    shadow: ShadowTally {
                        approve: count(row.approve),
                        refer: count(row.refer),
                        decline: count(row.decline),
                        undecided: count(row.undecided),
                        differs: count(row.differs),
                    },
                    back_test: row.report.map(parse).transpose()?,
                })
            })
            .collect()
    }

    pub(super) async fn save_draft(&self, actor: &Actor, mut policy: Policy) -> Fallible<u32> {
        let maker = actor.staff(ProposalKind::Policy.makers())?.user_id;
        self.check_policy(&policy).await?;
        let mut tx = self.core.begin().await?;
        // Two new drafts at once: the second waits and takes the next number.
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended('policy draft', 0))")
            .execute(&mut *tx)
            .await?;
        if policy.version == 0 {
            let newest = sqlx::query_scalar!(r#"select coalesce(max(version), 0) as "newest!" from loans.policy"#)
                .fetch_one(&mut *tx)
                .await?;
            policy.version = u32::try_from(newest).map_err(Failure::broken)? + 1;
            sqlx::query!(
                "insert into loans.policy (version, body, status, created_at, made_by) values ($1, $2, 'draft', $3, $4)",
                as_i32(policy.version)?,
                json(&policy)?,
                self.core.clock.now(),
                maker.0,
            )
            .execute(&mut *tx)
            .await?;
        } else {
            let changed = sqlx::query!(
                "update loans.policy set body = $2, made_by = $3 where version = $1 and status = 'draft'",
                as_i32(policy.version)?,
                json(&policy)?,
                maker.0,
            )
            .execute(&mut *tx)
            .await?;
            if changed.rows_affected() == 0 {
                return Err(Refusal::PolicyNotReady.into());
            }
        }
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("loans.save_policy", "policy", policy.version),
        )
        .await?;
        tx.commit().await?;
        Ok(policy.version)
    }

    pub(super) async fn start_shadow(&self, actor: &Actor, version: u32) -> Fallible<()> {
        actor.staff(ProposalKind::Policy.makers())?;
        let (policy, status) = self.policy_version(version).await?;
        match status {
            PolicyStatus::Shadow => return Ok(()),
            PolicyStatus::Draft => self.check_policy(&policy).await?,
            PolicyStatus::Active | PolicyStatus::Retired => return Err(Refusal::PolicyNotReady.into()),
        }
        let mut tx = self.core.begin().await?;
        sqlx::query!(
            "update loans.policy set status = 'shadow', shadow_at = $2 where version = $1 and status = 'draft'",
            as_i32(version)?,
            self.core.clock.now(),
        )
        .execute(&mut *tx)
        .await?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("loans.shadow_policy", "policy", version),
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// A shadow that taught what it could goes, without ever acting.
    pub(super) async fn end_shadow(&self, actor: &Actor, version: u32) -> Fallible<()> {
        actor.staff(ProposalKind::Policy.makers())?;
        match self.policy_version(version).await?.1 {
            PolicyStatus::Retired => return Ok(()),
            PolicyStatus::Shadow => {}
            PolicyStatus::Draft | PolicyStatus::Active => return Err(Refusal::PolicyNotReady.into()),
        }
        let mut tx = self.core.begin().await?;
        sqlx::query!(
            "update loans.policy set status = 'retired', retired_at = $2 where version = $1 and status = 'shadow'",
            as_i32(version)?,
            self.core.clock.now(),
        )
        .execute(&mut *tx)
        .await?;
        let entry = Entry::allowed("loans.retire_policy", "policy", version);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A stored version and where it stands.
    pub(super) async fn policy_version(&self, version: u32) -> Fallible<(Policy, PolicyStatus)> {
        let row = sqlx::query!(
            "select body, status from loans.policy where version = $1",
            as_i32(version)?
        )
        .fetch_optional(&self.core.db)
        .await?
        .ok_or(Error::NotFound)?;
        Ok((parse(row.body)?, row.status.parse().map_err(Failure::broken)?))
    }

    /// The fault of `policy` when it could not be put in force today for the standard product.
    pub(super) async fn check_policy(&self, policy: &Policy) -> Fallible<()> {
        let product = self.product(None).await?;
        let checked = policy.check(&product, &self.caps().await?, self.core.clock.today(), BUREAU_ANSWERS);
        checked.map_err(|fault| Error::fault("policy", fault.code(), fault.to_string()).into())
    }
}
