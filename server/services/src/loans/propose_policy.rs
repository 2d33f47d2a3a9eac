//! Putting a policy in force: from shadow, with a back-test, by two people. And the effects of all proposals that this
//! service owns.

use super::{
    Loans,
    catalogue::{as_i32, json, parse},
};
use crate::{
    audit::{Effect, NewProposal, propose_in},
    failure::{Failure, Fallible},
};
use async_trait::async_trait;
use domain::{
    Actor, Refusal, Role,
    audit::{Change, Proposal, ProposalKind},
    id::ProposalId,
    loans::{PolicyStatus, back_test::BackTest, decision::Policy},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;

/// What is stored with the proposal.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    version: u32,
    /// The version in force when it was proposed; none when there was none.
    base: Option<u32>,
}

impl Loans {
    pub(super) async fn propose_policy_version(
        &self,
        actor: &Actor,
        version: u32,
        reason: &str,
    ) -> Fallible<ProposalId> {
        actor.staff(ProposalKind::Policy.makers())?;
        let (policy, status) = self.policy_version(version).await?;
        if status != PolicyStatus::Shadow {
            return Err(Refusal::PolicyNotReady.into());
        }
        self.check_policy(&policy).await?;
        let mut tx = self.core.begin().await?;
        let report = sqlx::query_scalar!(
            // Only of the rules as they have stood since the shadow began: a draft could still change after its test.
            "select b.report
             from loans.back_test b
             join loans.policy p on p.version = b.policy_version
             where p.version = $1 and b.made_at >= p.shadow_at
             order by b.made_at desc limit 1",
            as_i32(version)?,
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Refusal::PolicyNotReady)?;
        let live = live_policy(&mut tx).await?;
        let mut diff = live.as_ref().map_or_else(
            || {
                policy
                    .fields()
                    .into_iter()
                    .filter_map(|(what, after)| Change::of(what, "", after))
                    .collect()
            },
            |live| policy.changes(live),
        );
        diff.extend(tested(&parse(report)?));
        let new = NewProposal {
            kind: ProposalKind::Policy,
            subject: "policy".into(),
            title: format!("Kebijakan versi {version}"),
            payload: json(&Payload {
                version,
                base: live.map(|live| live.version),
            })?,
            diff,
            reason,
        };
        let id = propose_in(&mut tx, &self.core, actor, new).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn publish_policy_in(
        &self,
        tx: &mut PgConnection,
        checker: &Actor,
        proposal: &Proposal,
        payload: Value,
    ) -> Fallible<()> {
        let Payload { version, base } = parse(payload)?;
        // Somebody else may have proposed it; who wrote the rules does not put them in force either.
        let author = sqlx::query_scalar!("select made_by from loans.policy where version = $1", as_i32(version)?)
            .fetch_one(&mut *tx)
            .await?;
        if author == Some(checker.staff(&Role::STAFF)?.user_id.0) {
            return Err(Refusal::OwnProposal.into());
        }
        let (policy, status) = self.policy_version(version).await?;
        let live = live_policy(tx).await?;
        if status != PolicyStatus::Shadow || live.map(|live| live.version) != base {
            return Err(Refusal::ProposalStale.into());
        }
        self.check_policy(&policy).await?;
        let now = self.core.clock.now();
        sqlx::query!(
            "update loans.policy set status = 'retired', retired_at = $1 where status = 'active'",
            now
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "update loans.policy set status = 'active', active_at = $2, proposal_id = $3 where version = $1",
            as_i32(version)?,
            now,
            proposal.id.0,
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

async fn live_policy(tx: &mut PgConnection) -> Fallible<Option<Policy>> {
    sqlx::query_scalar!("select body from loans.policy where status = 'active' for update")
        .fetch_optional(tx)
        .await?
        .map(parse)
        .transpose()
}

/// What the checker must know of the back-test.
fn tested(report: &BackTest) -> Vec<Change> {
    let (before, after) = (&report.before, &report.after);
    let cases = |count: domain::loans::back_test::Count| format!("{} pengajuan, {}", count.cases, count.asked);
    let period = format!("{} sampai {}, {} pengajuan", report.from, report.until, after.cases());
    [
        Change::of("Uji mundur", "", period),
        Change::of("Disetujui", cases(before.approve), cases(after.approve)),
        Change::of("Ke petugas", cases(before.refer), cases(after.refer)),
        Change::of("Belum disetujui", cases(before.decline), cases(after.decline)),
        Change::of("Keputusan yang berubah", 0, report.flipped),
        Change::of(
            "Jumlah yang bisa disetujui",
            report.approvable_before,
            report.approvable_after,
        ),
        Change::of("Tidak bisa diputuskan", 0, report.undecided),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[async_trait]
impl Effect for Loans {
    fn kinds(&self) -> &'static [ProposalKind] {
        &[ProposalKind::Product, ProposalKind::Cap, ProposalKind::Policy]
    }

    async fn apply_in(
        &self,
        tx: &mut PgConnection,
        checker: &Actor,
        proposal: &Proposal,
        payload: Value,
    ) -> Fallible<()> {
        match proposal.kind {
            ProposalKind::Product => self.publish_product_in(tx, proposal, payload).await,
            ProposalKind::Cap => self.publish_cap_in(tx, proposal, payload).await,
            ProposalKind::Policy => self.publish_policy_in(tx, checker, proposal, payload).await,
            other => Err(Failure::broken(format!("loans owns no proposals of kind {other}"))),
        }
    }
}
