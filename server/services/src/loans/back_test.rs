//! A back-test: the applications of a period, decided again by another version of the policy.

use super::{
    Loans,
    catalogue::{as_i32, json, known_at, parse},
};
use crate::{
    audit,
    crypto::UserKey,
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Error,
    audit::{Entry, ProposalKind},
    id::UserId,
    loans::{
        Simulation,
        back_test::BackTest,
        decision::{DecideError, Decision, Snapshot, decide},
    },
};
use time::{Date, OffsetDateTime, UtcOffset};
use uuid::Uuid;

/// Decisions read at a time.
const CHUNK: i64 = 500;
/// The most decisions of one report.
const MOST: i64 = 20_000;

impl Loans {
    pub(super) async fn test_policy(&self, actor: &Actor, version: u32, from: Date, until: Date) -> Fallible<BackTest> {
        let maker = actor.staff(ProposalKind::Policy.makers())?.user_id;
        let (policy, _) = self.policy_version(version).await?;
        if from > until || until > self.core.clock.today() {
            return Err(Error::fault("until", "period", "Periode harus sudah lewat dan berurutan.").into());
        }
        let (start, end) = (
            midnight(from)?,
            midnight(until.next_day().ok_or_else(|| Failure::broken("last date"))?)?,
        );
        let decisions = sqlx::query_scalar!(
            r#"select count(*) as "count!" from loans.decision
               where decided_by is null and decided_at >= $1 and decided_at < $2"#,
            start,
            end,
        )
        .fetch_one(&self.core.db)
        .await?;
        if decisions == 0 {
            return Err(Error::fault("from", "period_empty", "Tidak ada keputusan mesin pada periode ini.").into());
        }
        if decisions > MOST {
            return Err(Error::fault(
                "until",
                "period_long",
                "Periode terlalu panjang. Ambil yang lebih pendek.",
            )
            .into());
        }
        let caps = self.dated_caps().await?;
        let mut report = BackTest::new(version, from, until);
        let mut after = (start, Uuid::nil());
        loop {
            let rows = sqlx::query!(
                "select d.decision_id, d.decided_at, d.snapshot_sealed, d.result_sealed, a.user_id, a.number, q.simulation
                 from loans.decision d
                 join loans.application a using (loan_id)
                 join loans.quote q using (quote_id)
                 where d.decided_by is null and (d.decided_at, d.decision_id) > ($1, $2) and d.decided_at < $3
                 order by d.decided_at, d.decision_id limit $4",
                after.0,
                after.1,
                end,
                CHUNK,
            )
            .fetch_all(&self.core.db)
            .await?;
            let Some(last) = rows.last() else { break };
            after = (last.decided_at, last.decision_id);
            let people: Vec<UserId> = rows.iter().map(|row| UserId(row.user_id)).collect();
            let keys = self
                .core
                .vault
                .user_keys(&mut *self.core.db.acquire().await?, &people)
                .await?;
            for row in rows {
                let simulation: Simulation = parse(row.simulation)?;
                let stored = open_decision(
                    keys.get(&UserId(row.user_id)),
                    row.decision_id,
                    &row.snapshot_sealed,
                    &row.result_sealed,
                )?;
                // The key went with the person: what was decided cannot be read any more, by design.
                let Some((snapshot, before, _)) = stored else {
                    report.undecided = report.undecided.saturating_add(1);
                    continue;
                };
                let known = known_at(&caps, row.decided_at);
                let again: Result<Decision, DecideError> = decide(&snapshot, &policy, &simulation.product, &known);
                report
                    .add(&row.number, snapshot.amount, &before, again.as_ref())
                    .map_err(Failure::broken)?;
            }
        }
        let mut tx = self.core.begin().await?;
        sqlx::query!(
            "insert into loans.back_test (back_test_id, policy_version, report, made_by, made_at)
             values ($1, $2, $3, $4, $5)",
            self.core.clock.new_id(),
            as_i32(version)?,
            json(&report)?,
            maker.0,
            self.core.clock.now(),
        )
        .execute(&mut *tx)
        .await?;
        let entry = Entry::allowed("loans.back_test", "policy", version);
        audit::record_in(&mut tx, &self.core, actor, entry.because(format!("{from} {until}"))).await?;
        tx.commit().await?;
        Ok(report)
    }
}

/// The inputs, the result and its bytes of a stored decision; `None` when its person's key is gone.
pub(super) fn open_decision(
    key: Option<&UserKey>,
    decision_id: Uuid,
    snapshot: &[u8],
    result: &[u8],
) -> Fallible<Option<(Snapshot, Decision, Vec<u8>)>> {
    let Some(key) = key else { return Ok(None) };
    let (Ok(snapshot), Ok(result)) = (
        key.open("loans.decision.snapshot", decision_id, snapshot),
        key.open("loans.decision.result", decision_id, result),
    ) else {
        return Ok(None);
    };
    let decision = serde_json::from_slice(&result).map_err(Failure::broken)?;
    let snapshot = serde_json::from_slice(&snapshot).map_err(Failure::broken)?;
    Ok(Some((snapshot, decision, result)))
}

/// The first instant of a date in Jakarta.
fn midnight(date: Date) -> Fallible<OffsetDateTime> {
    let jakarta = UtcOffset::from_hms(7, 0, 0).map_err(Failure::broken)?;
    Ok(date.midnight().assume_offset(jakarta))
}
