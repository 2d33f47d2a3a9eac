//! What gateways and we say differently is kept until somebody knows why. Enters: what a look found, reasons of staff.
//! Leaves: rows that are open, told once to the audit log and the alarm; rows that a later look or a person resolved.

use super::{Moment, Payments, compare::Found};
use crate::{
    Core, audit,
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Error, Page, PageRequest, Refusal,
    audit::{Entry, check_reason},
    id::{DifferenceId, LoanId, UserId},
    payments::{
        DIFFERENCE_CLOSERS, Difference, DifferenceEnd, DifferenceKind, RECONCILIATION_READERS, Reconciliation, Subject,
    },
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// The resolution of a difference that a later look did not find again.
const AGREED: &str = "agreed";

/// The id of a subject in each of the two columns.
fn columns(subject: Subject) -> (Option<Uuid>, Option<Uuid>) {
    match subject {
        Subject::Payment(id) => (Some(id.0), None),
        Subject::Payout(id) => (None, Some(id.0)),
    }
}

fn entry(action: &'static str, subject: Subject) -> Entry {
    match subject {
        Subject::Payment(id) => Entry::allowed(action, "payment", id),
        Subject::Payout(id) => Entry::allowed(action, "payout", id),
    }
}

/// Keeps a difference, once; one that a person closed as it is now is not opened again. Returns the id of a new one.
pub(super) async fn note_in(
    connection: &mut PgConnection,
    core: &Core,
    subject: Subject,
    loan_id: LoanId,
    found: &Found,
    at: Moment,
) -> Fallible<Option<DifferenceId>> {
    let (payment_id, payout_id) = columns(subject);
    let noted = sqlx::query!(
        r#"insert into payments.difference
               (difference_id, payment_id, payout_id, loan_id, kind, ours, theirs, found_at)
           select $1, $2, $3, $4, $5, $6, $7, $8
            where not exists (
                      select from payments.difference
                       where coalesce(payment_id, payout_id) = coalesce($2::uuid, $3::uuid)
                         and kind = $5 and ours = $6 and theirs = $7
                         and resolved_by is not null
                  )
               on conflict (coalesce(payment_id, payout_id), kind) where resolved_at is null
               do update set ours = excluded.ours, theirs = excluded.theirs
        returning difference_id, (xmax = 0) as "new!""#,
        core.clock.new_id(),
        payment_id,
        payout_id,
        loan_id.0,
        found.kind.as_str(),
        found.ours,
        found.theirs,
        at.now,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(noted) = noted.filter(|noted| noted.new) else {
        return Ok(None);
    };
    metrics::counter!("reconciliation_differences_found", "kind" => found.kind.as_str()).increment(1);
    tracing::error!(?subject, kind = %found.kind, "a gateway and we say different things");
    let entry = entry("payments.difference_found", subject).because(found.kind.as_str());
    audit::record_in(connection, core, &Actor::system(), entry).await?;
    Ok(Some(noted.difference_id.into()))
}

/// Resolves what is open about a subject and was not found again.
pub(super) async fn settle_in(
    connection: &mut PgConnection,
    core: &Core,
    subject: Subject,
    found: &[Found],
    at: Moment,
) -> Fallible<()> {
    let (payment_id, payout_id) = columns(subject);
    let still: Vec<String> = found.iter().map(|found| found.kind.to_string()).collect();
    let settled = sqlx::query_scalar!(
        "update payments.difference
            set resolved_at = $4, resolution = $5
          where coalesce(payment_id, payout_id) = coalesce($1::uuid, $2::uuid)
            and resolved_at is null
            and kind <> all($3)
      returning kind",
        payment_id,
        payout_id,
        &still,
        at.now,
        AGREED,
    )
    .fetch_all(&mut *connection)
    .await?;
    for kind in settled {
        let entry = entry("payments.difference_settled", subject).because(kind);
        audit::record_in(connection, core, &Actor::system(), entry).await?;
    }
    Ok(())
}

/// Whether it is open what became of a payout of this loan: then its money may be under way, and nothing new is sent.
pub(super) async fn payout_is_open_in(connection: &mut PgConnection, loan_id: LoanId) -> Fallible<bool> {
    let open = sqlx::query_scalar!(
        r#"select exists (
               select from payments.difference
                where loan_id = $1 and payout_id is not null and resolved_at is null
           ) as "open!""#,
        loan_id.0,
    );
    Ok(open.fetch_one(connection).await?)
}

struct Row {
    difference_id: Uuid,
    payment_id: Option<Uuid>,
    payout_id: Option<Uuid>,
    loan_id: Uuid,
    kind: String,
    ours: String,
    theirs: String,
    found_at: OffsetDateTime,
    resolved_at: Option<OffsetDateTime>,
    resolved_by: Option<Uuid>,
    resolution: Option<String>,
}

impl Row {
    fn parse(self) -> Fallible<Difference> {
        let kind: DifferenceKind = self.kind.parse().map_err(Failure::broken)?;
        let resolution = self.resolved_at.zip(self.resolution).map(|(at, reason)| DifferenceEnd {
            at,
            by: self.resolved_by.map(UserId),
            reason,
        });
        Ok(Difference {
            id: self.difference_id.into(),
            subject: subject(self.payment_id, self.payout_id)?,
            loan_id: self.loan_id.into(),
            kind,
            ours: self.ours,
            theirs: self.theirs,
            found_at: self.found_at,
            resolution,
        })
    }
}

fn subject(payment_id: Option<Uuid>, payout_id: Option<Uuid>) -> Fallible<Subject> {
    let payment = payment_id.map(|id| Subject::Payment(id.into()));
    let payout = payout_id.map(|id| Subject::Payout(id.into()));
    payment
        .or(payout)
        .ok_or_else(|| Failure::broken("a difference about nothing"))
}

/// The rows before a page of a list that is short, by its cursor.
pub(super) fn skip(page: &PageRequest) -> Fallible<i64> {
    let skip = page.after.as_deref().map(str::parse::<i64>).transpose();
    let skip = skip.map_err(|_| Error::fault("after", "cursor", "Penanda halaman tidak dikenal."))?;
    Ok(skip.unwrap_or(0).max(0))
}

pub(super) fn page_of<T>(mut items: Vec<T>, page: &PageRequest, skip: i64) -> Fallible<Page<T>> {
    let limit = usize::try_from(page.limit()).map_err(Failure::broken)?;
    let next = (items.len() > limit).then(|| (skip + page.limit()).to_string());
    items.truncate(limit);
    Ok(Page { items, next })
}

impl Payments {
    /// Keeps a difference that was seen outside of a transaction.
    pub(super) async fn note(&self, subject: Subject, loan_id: LoanId, found: &Found) -> Fallible<()> {
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        note_in(&mut tx, &self.core, subject, loan_id, found, at).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What an open difference is about; none when it is resolved.
    pub(super) async fn open_difference(&self, id: DifferenceId) -> Fallible<Option<Subject>> {
        let row = sqlx::query!(
            "select payment_id, payout_id from payments.difference where difference_id = $1 and resolved_at is null",
            id.0,
        )
        .fetch_optional(&self.core.db)
        .await?;
        row.map(|row| subject(row.payment_id, row.payout_id)).transpose()
    }

    /// Tells the alarm how many differences are open.
    pub(super) async fn count_differences(&self) -> Fallible<()> {
        let open =
            sqlx::query_scalar!(r#"select count(*) as "open!" from payments.difference where resolved_at is null"#);
        let open = open.fetch_one(&self.core.db).await?;
        metrics::gauge!("reconciliation_differences").set(f64::from(u32::try_from(open).unwrap_or(u32::MAX)));
        Ok(())
    }

    pub(super) async fn page_of_differences(
        &self,
        actor: &Actor,
        resolved: bool,
        page: PageRequest,
    ) -> Fallible<Page<Difference>> {
        actor.staff(RECONCILIATION_READERS)?;
        let skip = skip(&page)?;
        let rows = sqlx::query_as!(
            Row,
            "select difference_id, payment_id, payout_id, loan_id, kind, ours, theirs, found_at, resolved_at,
                    resolved_by, resolution
               from payments.difference
              where (resolved_at is not null) = $1
              order by case when $1 then resolved_at end desc, found_at, difference_id
              limit $2 offset $3",
            resolved,
            page.limit() + 1,
            skip,
        )
        .fetch_all(&self.core.db)
        .await?;
        let rows = rows.into_iter().map(Row::parse).collect::<Fallible<_>>()?;
        page_of(rows, &page, skip)
    }

    pub(super) async fn page_of_reports(&self, actor: &Actor, page: PageRequest) -> Fallible<Page<Reconciliation>> {
        actor.staff(RECONCILIATION_READERS)?;
        let skip = skip(&page)?;
        let rows = sqlx::query_as!(
            Reconciliation,
            "select day, payments, payouts, differences, in_ours, in_theirs, out_ours, out_theirs, started_at,
                    finished_at
               from payments.reconciliation
              order by day desc
              limit $1 offset $2",
            page.limit() + 1,
            skip,
        )
        .fetch_all(&self.core.db)
        .await?;
        page_of(rows, &page, skip)
    }

    pub(super) async fn end_difference(&self, actor: &Actor, id: DifferenceId, reason: &str) -> Fallible<()> {
        let who = actor.staff(DIFFERENCE_CLOSERS)?;
        let reason = check_reason(reason)?;
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let row = sqlx::query!(
            "select resolved_at from payments.difference where difference_id = $1 for update",
            id.0
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
        if row.resolved_at.is_some() {
            return Err(Refusal::WrongState.into());
        }
        sqlx::query!(
            "update payments.difference set resolved_at = $2, resolved_by = $3, resolution = $4 where difference_id = $1",
            id.0,
            at.now,
            who.user_id.0,
            reason,
        )
        .execute(&mut *tx)
        .await?;
        let entry = Entry::allowed("payments.close_difference", "difference", id).because(reason);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }
}
