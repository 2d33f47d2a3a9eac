//! A business day is compared with what the gateways say of it (security.md R29). Enters: a day that is over. Leaves:
//! one report of it, and a difference for each thing that is told otherwise.
//!
//! A page of payments and payouts is asked about outside of any transaction; then its counts and differences and the
//! place where the next one begins are stored in one, so a kill repeats one page of questions and counts nothing
//! twice. What our own follow-up can settle is followed at once by a job, which looks once more.
//!
//! It goes by what we know: neither gateway lists what it has, so an order of which we have no row and no notice is seen
//! only on the gateway's own settlement report.

use super::{
    Payments,
    compare::{self, Found, OurPayout},
    differences, queries,
};
use crate::{
    audit,
    failure::{Failure, Fallible},
    gateways::GatewayError,
    jobs::{self, Job},
};
use domain::{
    Actor, Error, Rupiah,
    audit::Entry,
    calendar::JAKARTA,
    id::{DifferenceId, LoanId, PaymentId, PayoutId},
    payments::{DifferenceKind, PayoutStatus, Reconciliation, Subject},
};
use futures::{StreamExt as _, TryStreamExt as _};
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

/// Payments and payouts of one transaction.
pub(super) const PAGE: i64 = 100;
/// Questions under way at once: the gateway's other seats are for borrowers who pay.
const QUESTIONS: usize = 4;
/// Days without a report that are made up for by themselves.
const BACK: i64 = 7;
/// Days in which money that moved may still be taken back without our hearing of it: it is looked at again, once a week.
const TAKEN_BACK: Duration = Duration::days(28);

/// What looking at one payment or payout came to.
struct Look {
    subject: Subject,
    loan_id: LoanId,
    /// Rupiah that moved, by us and by the gateway.
    moved: (i64, i64),
    found: Vec<Found>,
}

impl Payments {
    /// Compares `day` in pages, or goes on where that ended; a day that is done is only told. Of two processes at once
    /// each page is kept for the quicker one.
    pub(super) async fn reconcile_in_pages(&self, day: Date, page: i64) -> Fallible<Reconciliation> {
        if day >= self.day_that_runs() {
            return Err(Error::fault("date", "not_over", "Hari ini belum selesai di Jakarta.").into());
        }
        sqlx::query!(
            "insert into payments.reconciliation (day, watermark, started_at)
             values ($1, $2, $3)
             on conflict on constraint reconciliation_pkey do nothing",
            day,
            Uuid::nil(),
            self.core.clock.now(),
        )
        .execute(&self.core.db)
        .await?;
        let report = self.report(day).await?;
        if report.finished_at.is_some() {
            return Ok(report);
        }
        while self.reconcile_next(day, page).await? {}
        self.finish(day, report.started_at).await?;
        self.report(day).await
    }

    async fn report(&self, day: Date) -> Fallible<Reconciliation> {
        let report = sqlx::query_as!(
            Reconciliation,
            "select day, payments, payouts, differences, in_ours, in_theirs, out_ours, out_theirs, started_at,
                    finished_at
               from payments.reconciliation
              where day = $1",
            day,
        );
        Ok(report.fetch_one(&self.core.db).await?)
    }

    /// False when nothing is left.
    async fn reconcile_next(&self, day: Date, page: i64) -> Fallible<bool> {
        let next = day.next_day().ok_or_else(|| Failure::broken("the calendar ends"))?;
        let begins = |day: Date| day.midnight().assume_offset(JAKARTA);
        let watermark = sqlx::query_scalar!("select watermark from payments.reconciliation where day = $1", day)
            .fetch_one(&self.core.db)
            .await?;
        // What was asked about or recorded on the day, what waits beyond its time, what was sent and did or did not
        // end, and what moved whole weeks before: a bank may take it back later, and the notice of that get lost. The
        // demo's history never was at a gateway.
        let items = sqlx::query!(
            r#"select id as "id!", is_payout as "is_payout!", bool_and(again) as "again!"
                 from (
                          select payment_id as id, false as is_payout, false as again
                            from payments.charge c
                           where coalesce(checked_at, created_at) >= $1 and coalesce(checked_at, created_at) < $2
                             and not exists (
                                     select from payments.payment p
                                      where p.payment_id = c.payment_id and p.provider <> 'midtrans'
                                 )
                           union all
                          select payment_id, false, recorded_at < $1
                            from payments.payment
                           where provider = 'midtrans'
                             and recorded_at >= $5 and recorded_at < $2
                             and extract(epoch from $1 - date_trunc('day', recorded_at, 'Asia/Jakarta'))::bigint
                                 % 604800 = 0
                           union all
                          select payment_id, false, false
                            from payments.charge
                           where status in ('created', 'pending') and expires_at < $2
                           union all
                          select payout_id, true, false
                            from payments.payout
                           where (sent_at >= $1 and sent_at < $2)
                              or (succeeded_at >= $1 and succeeded_at < $2 and provider_ref is not null)
                              or (status = 'failed' and failed_at >= $1 and failed_at < $2)
                              or (status in ('sent', 'in_progress', 'in_doubt') and sent_at < $2)
                           union all
                          select payout_id, true, true
                            from payments.payout
                           where status = 'succeeded' and provider_ref is not null
                             and succeeded_at >= $5 and succeeded_at < $1
                             and extract(epoch from $1 - date_trunc('day', succeeded_at, 'Asia/Jakarta'))::bigint
                                 % 604800 = 0
                      ) item
                where id > $3
                group by id, is_payout
                order by id
                limit $4"#,
            begins(day),
            begins(next),
            watermark,
            page,
            begins(day) - TAKEN_BACK,
        )
        .fetch_all(&self.core.db)
        .await?;
        let Some(last) = items.last().map(|item| item.id) else {
            return Ok(false);
        };
        let subjects = items.iter().map(|item| match item.is_payout {
            true => Subject::Payout(item.id.into()),
            false => Subject::Payment(item.id.into()),
        });
        let asked: Vec<_> = subjects.map(|subject| self.look_patiently(subject)).collect();
        let mut looks: Vec<Look> = futures::stream::iter(asked).buffered(QUESTIONS).try_collect().await?;
        // What moved weeks before is in the sums of its own day.
        for (look, _) in looks.iter_mut().zip(&items).filter(|(_, item)| item.again) {
            look.moved = (0, 0);
        }
        self.keep_page(day, watermark, last, &looks).await?;
        Ok(true)
    }

    async fn keep_page(&self, day: Date, before: Uuid, last: Uuid, looks: &[Look]) -> Fallible<()> {
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let (mut payments, mut payouts, mut found) = (0_i64, 0_i64, 0_i64);
        let (mut received, mut sent) = ((0, 0), (0, 0));
        for look in looks {
            let (count, sums) = match look.subject {
                Subject::Payment(_) => (&mut payments, &mut received),
                Subject::Payout(_) => (&mut payouts, &mut sent),
            };
            *count += 1;
            sums.0 += look.moved.0;
            sums.1 += look.moved.1;
            differences::settle_in(&mut tx, &self.core, look.subject, &look.found, at).await?;
            for one in &look.found {
                found += 1;
                let new = differences::note_in(&mut tx, &self.core, look.subject, look.loan_id, one, at).await?;
                if let Some(difference_id) = new {
                    jobs::enqueue_in(&mut tx, &Job::SettleDifference { difference_id }, None).await?;
                }
            }
        }
        let moved = sqlx::query!(
            "update payments.reconciliation
                set watermark = $3, payments = payments + $4, payouts = payouts + $5, differences = differences + $6,
                    in_ours = in_ours + $7, in_theirs = in_theirs + $8, out_ours = out_ours + $9,
                    out_theirs = out_theirs + $10
              where day = $1 and watermark = $2",
            day,
            before,
            last,
            payments,
            payouts,
            found,
            received.0,
            received.1,
            sent.0,
            sent.1,
        )
        .execute(&mut *tx)
        .await?;
        if moved.rows_affected() == 1 {
            tx.commit().await?;
        }
        Ok(())
    }

    /// Closes the report, and has every older difference looked at again.
    async fn finish(&self, day: Date, since: OffsetDateTime) -> Fallible<()> {
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let finished = sqlx::query!(
            "update payments.reconciliation set finished_at = $2 where day = $1 and finished_at is null",
            day,
            at.now
        )
        .execute(&mut *tx)
        .await?;
        if finished.rows_affected() == 0 {
            return Ok(());
        }
        let open = sqlx::query_scalar!(
            "select difference_id
               from payments.difference
              where resolved_at is null and found_at < $1
              order by found_at
              limit 1000",
            since,
        )
        .fetch_all(&mut *tx)
        .await?;
        let again = |id: Uuid| Job::SettleDifference {
            difference_id: id.into(),
        };
        let again: Vec<Job> = open.into_iter().map(again).collect();
        jobs::enqueue_all_in(&mut tx, &again, None).await?;
        let entry = Entry::allowed("payments.reconcile", "day", day);
        audit::record_in(&mut tx, &self.core, &Actor::system(), entry).await?;
        tx.commit().await?;
        self.count_differences().await
    }

    /// Queues the comparison of closed days that have no report.
    pub async fn queue_reconciliation(&self) -> Fallible<()> {
        let mut tx = self.core.begin().await?;
        let days = sqlx::query_scalar!(
            "select c.day
               from payments.closing c
               left join payments.reconciliation r using (day)
              where c.closed_at is not null and r.finished_at is null and c.day >= $1
              order by c.day",
            self.core.clock.today() - Duration::days(BACK),
        )
        .fetch_all(&mut *tx)
        .await?;
        for day in days {
            jobs::enqueue_once_in(&mut tx, &Job::ReconcileDay { day }, &format!("reconcile {day}")).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Lets our own follow-up settle a difference, and looks whether it did. Idempotent.
    pub(super) async fn follow_difference(&self, id: DifferenceId) -> Fallible<()> {
        let Some(subject) = self.open_difference(id).await? else {
            return Ok(());
        };
        let followed = match subject {
            Subject::Payment(id) => self.follow_payment(id).await,
            Subject::Payout(id) => self.follow_payout(id).await,
        };
        // What cannot be followed is still there to be looked at.
        if let Err(failure) = followed
            && failure.is_passing()
        {
            return Err(failure);
        }
        let look = self.look(subject).await?;
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        differences::settle_in(&mut tx, &self.core, subject, &look.found, at).await?;
        for one in &look.found {
            differences::note_in(&mut tx, &self.core, subject, look.loan_id, one, at).await?;
        }
        tx.commit().await?;
        self.count_differences().await
    }

    /// As [`Payments::look`]; an answer that cannot be understood keeps one payment open, not the whole day.
    async fn look_patiently(&self, subject: Subject) -> Fallible<Look> {
        match self.look(subject).await {
            // A gateway that is away, or lets nobody in, is asked again later, from here on.
            Err(Failure::Gateway(error @ (GatewayError::RateLimited { .. } | GatewayError::Auth { .. }))) => {
                Err(error.into())
            }
            Err(Failure::Gateway(error)) => {
                tracing::warn!(?subject, %error, "a gateway does not tell how it stands");
                let loan_id = self.loan_of(subject).await?;
                let found = vec![Found::new(DifferenceKind::Unanswered, "", "")];
                Ok(Look {
                    subject,
                    loan_id,
                    moved: (0, 0),
                    found,
                })
            }
            other => other,
        }
    }

    async fn loan_of(&self, subject: Subject) -> Fallible<LoanId> {
        let (payment_id, payout_id) = match subject {
            Subject::Payment(id) => (Some(id.0), None),
            Subject::Payout(id) => (None, Some(id.0)),
        };
        let found = sqlx::query_scalar!(
            r#"select loan_id as "loan_id!" from payments.charge where payment_id = $1
                union all
               select loan_id from payments.payout where payout_id = $2"#,
            payment_id,
            payout_id,
        );
        Ok(found.fetch_one(&self.core.db).await?.into())
    }

    /// Asks the gateway about one payment or payout and compares; nothing changes.
    async fn look(&self, subject: Subject) -> Fallible<Look> {
        match subject {
            Subject::Payment(id) => self.look_at_payment(id).await,
            Subject::Payout(id) => self.look_at_payout(id).await,
        }
    }

    async fn look_at_payment(&self, id: PaymentId) -> Fallible<Look> {
        let mut connection = self.core.db.acquire().await?;
        let ours = queries::find_charge(&mut connection, id).await?;
        let ours = ours.ok_or_else(|| Failure::broken(format!("payment {id} is not known")))?;
        let paid_at = sqlx::query_scalar!("select paid_at from payments.payment where payment_id = $1", id.0)
            .fetch_optional(&mut *connection)
            .await?;
        // No connection is held while a gateway thinks.
        drop(connection);
        let theirs = self.collections.status(&ours.order_id).await?;
        Ok(Look {
            subject: Subject::Payment(id),
            loan_id: ours.loan_id,
            moved: compare::received(&ours, theirs.as_ref()),
            found: compare::payment(&ours, paid_at, theirs.as_ref()),
        })
    }

    async fn look_at_payout(&self, id: PayoutId) -> Fallible<Look> {
        let row = sqlx::query!(
            "select loan_id, amount, status, succeeded_at from payments.payout where payout_id = $1",
            id.0,
        )
        .fetch_one(&self.core.db)
        .await?;
        let status = PayoutStatus::parse(&row.status).ok_or_else(|| queries::unknown("payout status", &row.status))?;
        let ours = OurPayout {
            amount: Rupiah::new(row.amount),
            status,
            succeeded_at: row.succeeded_at,
        };
        let theirs = self.payouts.list_by_reference(id).await?;
        Ok(Look {
            subject: Subject::Payout(id),
            loan_id: row.loan_id.into(),
            moved: compare::paid_out(&ours, &theirs),
            found: compare::payout(&ours, &theirs),
        })
    }
}
