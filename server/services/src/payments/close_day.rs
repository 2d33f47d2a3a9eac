//! The close of a business day, as far as money is concerned (lending.md 10.6). Enters: the last day to close. Leaves:
//! every loan's books at the opening of the day after it, the turnover and the portfolio of each day, and the proof.
//!
//! A night is a few statements for each range of loans: quiet days are formulas (`payments.standing`), and only the
//! loans to which something happens are advanced by the rules themselves, read and written in one go. A range is one
//! transaction and moves the watermark, so a kill loses at most one range and repeats nothing.

use super::{Moment, Payments, books, queries, standing};
use crate::{
    failure::{Failure, Fallible},
    jobs::{self, Job},
};
use domain::{
    Error,
    calendar::jakarta_date,
    id::LoanId,
    payments::{
        ledger::Journal,
        servicing::{Pace, Position, advance},
    },
};
use serde::Serialize;
use sqlx::PgConnection;
use time::{Date, Duration};
use uuid::Uuid;

/// Loans of one transaction: a kill costs at most this many, two percent of a million.
pub(super) const RANGE: i64 = 20_000;
/// Loans whose contracts and events are in memory at once.
const CHUNK: usize = 500;

/// How a close went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClosedDay {
    /// The day.
    pub day: Date,
    /// Loans whose books moved on.
    pub advanced: i64,
    /// Loans that were set aside; each is in the log and in `payments.set_aside`.
    pub set_aside: i64,
}

/// The days of one step: books at the opening of `from` are brought to the opening of `to`.
#[derive(Clone, Copy)]
struct Night {
    from: Date,
    to: Date,
    at: Moment,
}

/// A loan the formulas do not carry over the night.
struct Loud {
    loan_id: Uuid,
    advanced_to: Date,
    contract: String,
    events: String,
}

impl Payments {
    /// Closes every day up to `day` that is not closed, in order; a day that is over and closed is only told again.
    pub(super) async fn close_through(&self, day: Date, range: i64) -> Fallible<Vec<ClosedDay>> {
        if day >= self.day_that_runs() {
            return Err(Error::fault("date", "not_over", "Hari ini belum selesai di Jakarta.").into());
        }
        // It reads nothing, so it holds up no vacuum; the lock ends with this process, however it ends.
        let mut held = self.core.begin().await?;
        lock(&mut held).await?;
        let last = sqlx::query_scalar!("select max(day) from payments.closing where closed_at is not null")
            .fetch_one(&self.core.db)
            .await?;
        if last.is_some_and(|last| last >= day) {
            return Ok(vec![self.closed(day).await?]);
        }
        let mut next = last.and_then(Date::next_day).unwrap_or(day);
        let mut closed = Vec::new();
        while next <= day {
            closed.push(self.close_one(next, range).await?);
            next = next.next_day().ok_or_else(|| Failure::broken("the calendar ends"))?;
        }
        Ok(closed)
    }

    /// The day (Asia/Jakarta) that may not be closed yet: until a quarter past midnight the old one, so that what began
    /// before midnight has ended.
    pub(super) fn day_that_runs(&self) -> Date {
        jakarta_date(self.core.clock.now() - Duration::minutes(15))
    }

    /// Queues the close of yesterday until it is closed, once.
    pub async fn queue_close(&self) -> Fallible<()> {
        let Some(day) = self.day_that_runs().previous_day() else {
            return Ok(());
        };
        let mut tx = self.core.begin().await?;
        let closed = sqlx::query_scalar!(
            r#"select exists (select from payments.closing where day >= $1 and closed_at is not null) as "closed!""#,
            day,
        );
        if !closed.fetch_one(&mut *tx).await? {
            jobs::enqueue_once_in(&mut tx, &Job::CloseDay { day }, "close").await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn closed(&self, day: Date) -> Fallible<ClosedDay> {
        let row = sqlx::query!("select advanced, set_aside from payments.closing where day = $1", day)
            .fetch_optional(&self.core.db)
            .await?;
        Ok(ClosedDay {
            day,
            advanced: row.as_ref().map_or(0, |row| row.advanced),
            set_aside: row.map_or(0, |row| row.set_aside),
        })
    }

    /// Closes one day whose day before is closed.
    async fn close_one(&self, day: Date, range: i64) -> Fallible<ClosedDay> {
        let to = day.next_day().ok_or_else(|| Failure::broken("the calendar ends"))?;
        let at = self.moment();
        let night = Night { from: day, to, at };
        // What the gateways know of the day is asked for by jobs; what comes later is recorded with its true date.
        // What could not be asked for is in the log, and keeps no day open.
        let _ = self.look_around().await;
        sqlx::query!(
            "insert into payments.closing (day, watermark, started_at)
             values ($1, $2, $3)
             on conflict on constraint closing_pkey do nothing",
            day,
            Uuid::nil(),
            at.now,
        )
        .execute(&self.core.db)
        .await?;
        while self.close_next_range(night, range).await? {}
        self.total_through(day).await?;
        self.snapshot(day).await?;
        self.prove_books(day).await?;
        let mut tx = self.core.begin().await?;
        sqlx::query!("update payments.closing set closed_at = $2 where day = $1", day, at.now)
            .execute(&mut *tx)
            .await?;
        // A seventh of the loans is rebuilt after each night; one under way for another day does not stand for this one.
        let part = u8::try_from(day.to_julian_day().rem_euclid(7)).map_err(Failure::broken)?;
        jobs::enqueue_once_in(&mut tx, &Job::ProveLoans { part }, &format!("prove {day}")).await?;
        jobs::enqueue_once_in(&mut tx, &Job::PlanReminders, &format!("reminders {day}")).await?;
        tx.commit().await?;
        metrics::counter!("days_closed").increment(1);
        self.closed(day).await
    }

    /// False when no loan is left.
    async fn close_next_range(&self, night: Night, size: i64) -> Fallible<bool> {
        let bounds = sqlx::query!(
            r#"select c.watermark as after,
                      (
                          select max(loan_id::text)::uuid
                            from (
                                     select s.loan_id
                                       from payments.standing s
                                      where not s.resting
                                        and s.loan_id > c.watermark
                                      order by s.loan_id
                                      limit $2
                                 ) next
                      ) as until
                 from payments.closing c
                where c.day = $1"#,
            night.from,
            size,
        )
        .fetch_one(&self.core.db)
        .await?;
        let Some(until) = bounds.until else {
            return Ok(false);
        };
        match self.close_range(night, bounds.after, until).await {
            Ok(()) => {}
            Err(failure) if failure.is_passing() => return Err(failure),
            Err(failure) => {
                tracing::error!(%failure, "a range could not be closed at once: its loans are closed one by one");
                self.close_one_by_one(night, bounds.after, until).await?;
            }
        }
        Ok(true)
    }

    async fn close_range(&self, night: Night, after: Uuid, until: Uuid) -> Fallible<()> {
        let mut tx = self.begin_long().await?;
        // Locked first and read by a later statement: an event that was recorded meanwhile is seen.
        let loud = sqlx::query_scalar!(
            "select loan_id
               from payments.standing
              where loan_id > $1
                and loan_id <= $2
                and not resting
                and advanced_to < $4
                and (advanced_to < $3 or quiet_to < $4)
              order by loan_id
                for update",
            after,
            until,
            night.from,
            night.to,
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut failed = Vec::new();
        for chunk in loud.chunks(CHUNK) {
            failed.extend(self.advance_loud(&mut tx, chunk, night).await?);
        }
        let quiet = advance_quiet(&mut tx, night, after, until).await?;
        let moved = quiet + count(loud.len() - failed.len())?;
        note_failures(&mut tx, &failed, night).await?;
        move_watermark(&mut tx, night, until, moved, count(failed.len())?).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Advances loans whose rows are locked by the rules themselves. Returns those that cannot be.
    async fn advance_loud(
        &self,
        connection: &mut PgConnection,
        loans: &[Uuid],
        night: Night,
    ) -> Fallible<Vec<(Uuid, String)>> {
        let loud = sqlx::query_as!(
            Loud,
            r#"select s.loan_id, s.advanced_to, a.contract::text as "contract!",
                      coalesce((
                          select jsonb_agg(jsonb_build_object(
                                     'seq', e.seq, 'effective_on', e.effective_on, 'recorded_on', e.recorded_on, 'kind', e.body
                                 ) order by e.seq)
                            from payments.event e
                           where e.loan_id = s.loan_id
                      ), '[]')::text as "events!"
                 from payments.standing s
                 join payments.account a using (loan_id)
                where s.loan_id = any($1)
                order by s.loan_id"#,
            loans,
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut failed = Vec::new();
        let mut rows: Vec<(LoanId, Pace, Position)> = Vec::with_capacity(loud.len());
        let mut journals: Vec<(LoanId, Vec<Journal>)> = Vec::with_capacity(loud.len());
        for loan in loud {
            let advanced = queries::parse_history(&loan.contract, &loan.events)
                .map_err(|error| error.to_string())
                .and_then(|(contract, events)| {
                    advance(&contract, &events, loan.advanced_to, night.to).map_err(|error| error.to_string())
                });
            match advanced {
                Ok((posted, pace, position)) => {
                    journals.push((loan.loan_id.into(), posted));
                    rows.push((loan.loan_id.into(), pace, position));
                }
                Err(reason) => failed.push((loan.loan_id, reason)),
            }
        }
        let mut daily: Vec<(LoanId, &Journal)> = Vec::new();
        for (loan_id, posted) in &journals {
            daily.extend(
                posted
                    .iter()
                    .filter(|journal| journal.is_daily())
                    .map(|journal| (*loan_id, journal)),
            );
        }
        standing::insert_daily(connection, &daily, night.at).await?;
        for (loan_id, posted) in &mut journals {
            posted.retain(|journal| !journal.is_daily());
            books::post_in(connection, &self.core, Some(*loan_id), posted, night.at).await?;
        }
        standing::write_in(connection, &rows).await?;
        if !rows.is_empty() {
            let well: Vec<Uuid> = rows.iter().map(|(loan_id, ..)| loan_id.0).collect();
            sqlx::query!("delete from payments.set_aside where loan_id = any($1)", &well)
                .execute(connection)
                .await?;
        }
        Ok(failed)
    }

    /// Each loan of the range in a transaction of its own, so that one that fails stops no other.
    async fn close_one_by_one(&self, night: Night, after: Uuid, until: Uuid) -> Fallible<()> {
        let loans = sqlx::query_scalar!(
            "select loan_id
               from payments.standing
              where loan_id > $1
                and loan_id <= $2
                and not resting
                and advanced_to < $3
              order by loan_id",
            after,
            until,
            night.to,
        )
        .fetch_all(&self.core.db)
        .await?;
        let mut failed = Vec::new();
        let total = loans.len();
        for loan_id in loans {
            match self.close_loan(night, loan_id).await {
                Ok(None) => {}
                Ok(Some(reason)) => failed.push((loan_id, reason)),
                Err(failure) if failure.is_passing() => return Err(failure),
                Err(failure) => failed.push((loan_id, failure.to_string())),
            }
        }
        let mut tx = self.core.begin().await?;
        note_failures(&mut tx, &failed, night).await?;
        let moved = count(total - failed.len())?;
        move_watermark(&mut tx, night, until, moved, count(failed.len())?).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn close_loan(&self, night: Night, loan_id: Uuid) -> Fallible<Option<String>> {
        let mut tx = self.core.begin().await?;
        // A payment may have brought the loan further since it was listed; its books never go back.
        let behind = sqlx::query!(
            "select 1 as one from payments.standing where loan_id = $1 and not resting and advanced_to < $2 for update",
            loan_id,
            night.to,
        )
        .fetch_optional(&mut *tx)
        .await?;
        if behind.is_none() {
            return Ok(None);
        }
        let failed = self.advance_loud(&mut tx, &[loan_id], night).await?;
        tx.commit().await?;
        Ok(failed.into_iter().next().map(|(_, reason)| reason))
    }
}

/// Waits until nobody else closes days; held until the transaction ends.
async fn lock(connection: &mut PgConnection) -> Fallible<()> {
    sqlx::query!(
        "select set_config('lock_timeout', '10s', true) as lock,
                set_config('statement_timeout', '15s', true) as statement,
                set_config('idle_in_transaction_session_timeout', '0', true) as idle"
    )
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query!("select 1 as one from pg_advisory_xact_lock(hashtext('payments.closing'))")
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// The loans of the range that are quiet on the night: one update and one row for each effect.
async fn advance_quiet(connection: &mut PgConnection, night: Night, after: Uuid, until: Uuid) -> Fallible<i64> {
    let moved = sqlx::query_scalar!(
        r#"with moved as (
               update payments.standing
                  set advanced_to = $4
                where loan_id > $1
                  and loan_id <= $2
                  and not resting
                  and advanced_to = $3
                  and quiet_to >= $4
            returning loan_id, instalment, paid, paced_on, late_scale, late_lines, late_rests, late_steps,
                      payments.accrued($3, since, due_on, base, num, den, whole) as before,
                      payments.accrued($4, since, due_on, base, num, den, whole) as after
           ),
           interest as (
               insert into payments.daily_journal
                      (effective_on, booked_on, loan_id, recorded_at, amount, unearned, instalment, kind)
               select $4, $5, loan_id, $6, after - before, least(after - before, greatest(paid - before, 0)), instalment,
                      'interest'
                 from moved
                where after > before
           ),
           late as (
               insert into payments.daily_journal
                      (effective_on, booked_on, loan_id, recorded_at, amount, unearned, instalment, kind)
               select $4, $5, loan_id, $6, late_fee.amount, 0, late_fee.instalment, 'late_fee'
                 from moved
                cross join lateral (
                          select run.instalment,
                                 (run.rest + run.step * ($4 - paced_on)) / late_scale
                               - (run.rest + run.step * ($4 - paced_on - 1)) / late_scale as amount
                            from unnest(late_lines, late_rests, late_steps) run (instalment, rest, step)
                      ) late_fee
                where late_fee.amount > 0
           )
           select count(*) as "moved!" from moved"#,
        after,
        until,
        night.from,
        night.to,
        night.at.today,
        night.at.now,
    )
    .fetch_one(connection)
    .await?;
    Ok(moved)
}

/// Keeps the loans that stay behind, with an alarm for each.
async fn note_failures(connection: &mut PgConnection, failed: &[(Uuid, String)], night: Night) -> Fallible<()> {
    for (loan_id, reason) in failed {
        metrics::counter!("loans_set_aside").increment(1);
        tracing::error!(loan = %loan_id, reason, day = %night.from, "a loan could not be brought to the next day");
        sqlx::query!(
            "insert into payments.set_aside (loan_id, day, reason, noted_at)
             values ($1, $2, $3, $4)
             on conflict on constraint set_aside_pkey do nothing",
            loan_id,
            night.from,
            reason,
            night.at.now,
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn move_watermark(
    connection: &mut PgConnection,
    night: Night,
    until: Uuid,
    advanced: i64,
    set_aside: i64,
) -> Fallible<()> {
    sqlx::query!(
        "update payments.closing
            set watermark = $2, advanced = advanced + $3, set_aside = set_aside + $4
          where day = $1",
        night.from,
        until,
        advanced,
        set_aside,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn count(number: usize) -> Fallible<i64> {
    i64::try_from(number).map_err(Failure::broken)
}
