//! The replay proof (lending.md 10.6 step 5, 16.4): loans are rebuilt from their events and compared with what is
//! stored. Enters: one of seven parts of the loans, or all. Leaves: what drifts, a metric, a row that says it was done.

use super::{Payments, books, queries};
use crate::failure::{Failure, Fallible};
use domain::{
    id::LoanId,
    payments::{
        ledger::{self, Account, JournalLine, control},
        servicing::{Accrual, Contract, Event, Pace, advance, replay},
    },
};
use sqlx::types::Json;
use std::collections::BTreeMap;
use time::Date;
use uuid::Uuid;

/// Loans rebuilt at once.
const CHUNK: i64 = 200;

/// A loan whose books are not what its events say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The loan.
    pub loan_id: LoanId,
    /// The first thing that differs.
    pub what: String,
}

/// What a proof found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// Loans that were rebuilt.
    pub loans: i64,
    /// Those that differ; empty: drift = 0.
    pub drifts: Vec<Drift>,
}

/// A loan as it is stored.
struct Stored {
    loan_id: Uuid,
    contract: String,
    events: String,
    started_on: Option<Date>,
    advanced_to: Date,
    paced_on: Date,
    /// The formulas, in the order of [`formulas`].
    pace: Vec<Option<i64>>,
    /// 1100, 1110, 1120, 1130, 2100, 2110 as the row says, debits less credits.
    balances: Vec<i64>,
    /// The same as the journals say.
    booked: Vec<i64>,
    journals: Json<BTreeMap<String, Vec<JournalLine>>>,
    allocations: Json<Vec<Allocated>>,
}

/// Event, instalment, component, amount.
type Allocated = (i64, Option<u32>, String, i64);

impl Payments {
    pub(super) async fn prove_part(&self, part: Option<u8>) -> Fallible<Proof> {
        let started_at = self.core.clock.now();
        let mut proof = Proof::default();
        let mut last = Uuid::nil();
        loop {
            let stored = self.load_stored(last, part).await?;
            let Some(end) = stored.last() else { break };
            last = end.loan_id;
            let mut proven = Vec::with_capacity(stored.len());
            for loan in stored {
                let loan_id = LoanId(loan.loan_id);
                proof.loans += 1;
                match difference(&loan) {
                    None => proven.push(loan.loan_id),
                    Some(what) => {
                        tracing::error!(loan = %loan_id, what, "a loan is not what its events say");
                        proof.drifts.push(Drift { loan_id, what });
                    }
                }
            }
            sqlx::query!("delete from payments.drift where loan_id = any($1)", &proven)
                .execute(&self.core.db)
                .await?;
        }
        self.keep(&proof, part, started_at).await?;
        Ok(proof)
    }

    async fn keep(&self, proof: &Proof, part: Option<u8>, started_at: time::OffsetDateTime) -> Fallible<()> {
        let now = self.core.clock.now();
        let mut tx = self.core.begin().await?;
        for drift in &proof.drifts {
            sqlx::query!(
                "insert into payments.drift (loan_id, what, found_at)
                 values ($1, $2, $3)
                 on conflict on constraint drift_pkey do update set what = excluded.what",
                drift.loan_id.0,
                drift.what,
                now,
            )
            .execute(&mut *tx)
            .await?;
        }
        sqlx::query!(
            "insert into payments.proof (proof_id, day, part, started_at, ended_at, loans, drifting)
             values ($1, $2, $3, $4, $5, $6, $7)",
            self.core.clock.new_id(),
            self.core.clock.today(),
            part.map(i16::from),
            started_at,
            now,
            proof.loans,
            i64::try_from(proof.drifts.len()).map_err(Failure::broken)?,
        )
        .execute(&mut *tx)
        .await?;
        let drift = sqlx::query_scalar!(r#"select count(*) as "count!" from payments.drift"#)
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        metrics::gauge!("books_drifting_loans").set(f64::from(u32::try_from(drift).unwrap_or(u32::MAX)));
        Ok(())
    }

    /// The next loans after `last`, each as one statement saw it.
    async fn load_stored(&self, last: Uuid, part: Option<u8>) -> Fallible<Vec<Stored>> {
        let mut tx = self.begin_long().await?;
        let rows = sqlx::query_as!(
            Stored,
            r#"select a.loan_id, a.contract::text as "contract!", a.started_on, s.advanced_to, s.paced_on,
                      coalesce((
                          select jsonb_agg(jsonb_build_object(
                                     'seq', e.seq, 'effective_on', e.effective_on, 'recorded_on', e.recorded_on, 'kind', e.body
                                 ) order by e.seq)
                            from payments.event e
                           where e.loan_id = a.loan_id
                      ), '[]')::text as "events!",
                      array[
                          s.quiet_to - s.paced_on, s.oldest_due - s.paced_on, s.since - s.paced_on, s.due_on - s.paced_on,
                          s.instalment, case when s.resting then 1 else 0 end, s.held_days, s.owed, s.base, s.num, s.den, s.whole, s.paid,
                          s.late_scale, cardinality(s.late_lines), s.late_rests[1], s.late_steps[1]
                      ]::bigint[] as "pace!: Vec<Option<i64>>",
                      array[b.principal, b.interest, b.fees, b.late_fees, -b.credit, -b.unearned] as "balances!",
                      (
                          select array[
                                     coalesce(sum(debit - credit) filter (where account = '1100'), 0),
                                     coalesce(sum(debit - credit) filter (where account = '1110'), 0),
                                     coalesce(sum(debit - credit) filter (where account = '1120'), 0),
                                     coalesce(sum(debit - credit) filter (where account = '1130'), 0),
                                     coalesce(sum(debit - credit) filter (where account = '2100'), 0),
                                     coalesce(sum(debit - credit) filter (where account = '2110'), 0)
                                 ]::bigint[]
                            from (
                                     select account, debit, credit
                                       from payments.ledger_entry
                                      where loan_id = a.loan_id
                                      union all
                                     select e.account, e.debit, e.credit
                                       from generate_series(a.started_on, s.advanced_to, interval '1 day') life (day)
                                       join payments.daily_journal d
                                         on d.effective_on = life.day::date and d.loan_id = a.loan_id
                                      cross join lateral (
                                                values (case d.kind when 'interest' then '1110' else '1130' end,
                                                        d.amount - d.unearned, 0::bigint),
                                                       ('2110', d.unearned, 0::bigint)
                                            ) e (account, debit, credit)
                                 ) entry
                      ) as "booked!",
                      coalesce((
                          select jsonb_object_agg(slot, lines)
                            from (
                                     select j.slot,
                                            (
                                                select jsonb_agg(jsonb_build_object(
                                                           'account', l.account, 'debit', l.debit, 'credit', l.credit,
                                                           'instalment', l.instalment
                                                       ) order by l.line)
                                                  from payments.ledger_entry l
                                                 where l.journal_id = j.journal_id
                                            ) as lines
                                       from payments.journal j
                                      where j.loan_id = a.loan_id
                                        and j.reversal_of is null
                                        and not j.reverses_daily
                                        and not exists (
                                                select from payments.journal r where r.reversal_of = j.journal_id
                                            )
                                      union all
                                     select replace(d.kind, '_', '-') || ':' || d.effective_on || ':' || d.instalment,
                                            (
                                                select jsonb_agg(jsonb_build_object(
                                                           'account', p.account, 'debit', p.debit, 'credit', p.credit,
                                                           'instalment', d.instalment
                                                       ))
                                                  from (
                                                           values ('2110', d.unearned, 0::bigint),
                                                                  (case d.kind when 'interest' then '1110' else '1130' end,
                                                                   d.amount - d.unearned, 0::bigint),
                                                                  (case d.kind when 'interest' then '4010' else '4030' end,
                                                                   0::bigint, d.amount)
                                                       ) p (account, debit, credit)
                                                 where p.debit + p.credit > 0
                                            )
                                       from generate_series(a.started_on, s.advanced_to, interval '1 day') life (day)
                                       join payments.daily_journal d
                                         on d.effective_on = life.day::date and d.loan_id = a.loan_id
                                      where not exists (
                                                select
                                                  from payments.journal r
                                                 where r.loan_id = a.loan_id
                                                   and r.reverses_daily
                                                   and r.slot = replace(d.kind, '_', '-') || ':' || d.effective_on || ':'
                                                             || d.instalment
                                            )
                                 ) stands
                      ), '{}') as "journals!: Json<BTreeMap<String, Vec<JournalLine>>>",
                      coalesce((
                          select jsonb_agg(jsonb_build_array(event_seq, instalment, component, amount))
                            from (
                                     select event_seq, instalment, component, sum(amount) as amount
                                       from payments.allocation
                                      where loan_id = a.loan_id
                                      group by event_seq, instalment, component
                                     having sum(amount) <> 0
                                 ) paid
                      ), '[]') as "allocations!: Json<Vec<(i64, Option<u32>, String, i64)>>"
                 from payments.account a
                 join payments.standing s using (loan_id)
                 join payments.balance b using (loan_id)
                where a.state in ('running', 'closed')
                  and a.loan_id > $1
                  and ($2::smallint is null or abs(hashtext(a.loan_id::text)::bigint) % 7 = $2)
                order by a.loan_id
                limit $3"#,
            last,
            part.map(i16::from),
            CHUNK,
        )
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(rows)
    }
}

/// The first thing in which a stored loan is not what its events say.
fn difference(stored: &Stored) -> Option<String> {
    queries::parse_history(&stored.contract, &stored.events)
        .map_err(Failure::broken)
        .and_then(|(contract, events)| compare(stored, &contract, &events))
        .unwrap_or_else(|error| Some(format!("cannot be rebuilt: {error}")))
}

fn compare(stored: &Stored, contract: &Contract, events: &[Event]) -> Fallible<Option<String>> {
    if stored.started_on != Some(contract.terms.start) {
        return Ok(Some("the loan starts on another day than its contract".into()));
    }
    let position = replay(contract, events, stored.advanced_to).map_err(Failure::broken)?;
    for (at, (account, right)) in control(&position).into_iter().enumerate() {
        if stored.balances.get(at) != Some(&right) {
            return Ok(Some(format!(
                "the row's balance of {account} on {}",
                stored.advanced_to
            )));
        }
        if stored.booked.get(at) != Some(&right) {
            return Ok(Some(format!(
                "the journals' balance of {account} on {}",
                stored.advanced_to
            )));
        }
    }
    let (_, pace, then) = advance(contract, events, stored.paced_on, stored.paced_on).map_err(Failure::broken)?;
    // A row of before the formulas has none until its first close.
    if stored.pace.first() != Some(&Some(0)) && stored.pace != formulas(&pace, then.outstanding_principal.get()) {
        return Ok(Some(format!("the formulas since {}", stored.paced_on)));
    }
    if let Some(what) = journal_difference(stored, contract, events)? {
        return Ok(Some(what));
    }
    allocation_difference(stored, contract, events)
}

/// The numbers of a pace, dates as days since it began.
fn formulas(pace: &Pace, owed: i64) -> Vec<Option<i64>> {
    let days = |day: Date| (day - pace.from).whole_days();
    let of = |number: fn(&Accrual) -> i64| pace.accrual.as_ref().map(number);
    let late = pace.late.first();
    vec![
        Some(days(pace.quiet_to)),
        pace.oldest_due.map(days),
        pace.accrual.map(|accrual| days(accrual.since)),
        pace.accrual.map(|accrual| days(accrual.due_on)),
        of(|accrual| i64::from(accrual.instalment)),
        Some(i64::from(pace.resting)),
        Some(i64::from(pace.held_days)),
        Some(owed),
        of(|accrual| accrual.base),
        of(|accrual| accrual.num),
        of(|accrual| accrual.den),
        of(|accrual| accrual.whole),
        of(|accrual| accrual.paid),
        late.map(|run| run.scale),
        late.and_then(|_| i64::try_from(pace.late.len()).ok()),
        late.map(|run| run.rest),
        late.map(|run| run.step),
    ]
}

/// All journals follow from contract and events but the payout's; that is held by the balances.
fn follows(slot: &str) -> bool {
    !slot.starts_with("payout:")
}

fn journal_difference(stored: &Stored, contract: &Contract, events: &[Event]) -> Fallible<Option<String>> {
    let right = ledger::books(contract, events, contract.terms.start, stored.advanced_to).map_err(Failure::broken)?;
    let sorted = |lines: &[JournalLine]| {
        let mut lines: Vec<(Account, Option<u32>, i64)> = lines
            .iter()
            .map(|line| (line.account, line.instalment, line.debit.get() - line.credit.get()))
            .collect();
        lines.sort_unstable();
        lines
    };
    let mut left: BTreeMap<&str, _> = stored
        .journals
        .iter()
        .filter(|(slot, _)| follows(slot))
        .map(|(slot, lines)| (slot.as_str(), sorted(lines)))
        .collect();
    for journal in &right {
        if left.remove(journal.slot.as_str()) != Some(sorted(&journal.lines)) {
            return Ok(Some(format!("journal {}", journal.slot)));
        }
    }
    Ok(left.keys().next().map(|slot| format!("journal {slot} too much")))
}

fn allocation_difference(stored: &Stored, contract: &Contract, events: &[Event]) -> Fallible<Option<String>> {
    let last = events
        .iter()
        .map(|event| event.effective_on)
        .fold(stored.advanced_to, Date::max);
    let position = replay(contract, events, last).map_err(Failure::broken)?;
    let mut sums = BTreeMap::new();
    books::allocations(&position, 1, &mut sums);
    for (seq, instalment, component, amount) in stored.allocations.iter() {
        let key = (*seq, *instalment, component.as_str());
        if sums.remove(&key) != Some(*amount) {
            return Ok(Some(format!("what event {seq} paid")));
        }
    }
    let missing = sums.iter().find(|(_, amount)| **amount != 0);
    Ok(missing.map(|((seq, ..), _)| format!("what event {seq} paid is missing")))
}
