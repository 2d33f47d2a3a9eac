//! SQL that several use cases share. Everything about a borrower is asked for with the borrower.

use super::{catalogue::parse, snapshot::Figures};
use crate::{
    Core,
    crypto::UserKey,
    failure::{Failure, Fallible},
};
use domain::{
    Rupiah,
    id::{LoanId, QuoteId, UserId},
    loans::{DecisionRecord, Milestones, Purpose, Quote, decision::Outcome},
};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

/// An application with its quote, its last decision and the loan it became.
pub(super) struct ApplicationRow {
    pub loan_id: Uuid,
    pub number: String,
    pub user_id: Uuid,
    pub purpose: String,
    pub figures_sealed: Vec<u8>,
    pub status: String,
    pub submitted_at: OffsetDateTime,
    pub decided_at: Option<OffsetDateTime>,
    pub review_requested_at: Option<OffsetDateTime>,
    pub first_officer: Option<Uuid>,
    pub quote_id: Uuid,
    pub simulation: Value,
    pub disclosure_hash: String,
    pub payee_label: String,
    pub recipient_sealed: Option<Vec<u8>>,
    pub agreement_version: String,
    pub expires_at: OffsetDateTime,
    pub decision_id: Option<Uuid>,
    pub outcome: Option<String>,
    pub result_sealed: Option<Vec<u8>>,
    pub policy_version: Option<i32>,
    pub decision_at: Option<OffsetDateTime>,
    pub decided_by: Option<Uuid>,
    pub human_reason: Option<String>,
    pub loan_status: Option<String>,
    pub disbursed_at: Option<OffsetDateTime>,
    pub closed_at: Option<OffsetDateTime>,
}

macro_rules! applications {
    ($tail:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            ApplicationRow,
            r#"select a.loan_id, a.number, a.user_id, a.purpose, a.figures_sealed, a.status, a.submitted_at, a.decided_at,
                      a.review_requested_at, a.first_officer,
                      q.quote_id, q.simulation, q.disclosure_hash, q.payee_label, q.recipient_sealed,
                      q.agreement_version, q.expires_at,
                      d.decision_id as "decision_id?", d.outcome as "outcome?", d.result_sealed as "result_sealed?",
                      d.policy_version as "policy_version?", d.decided_at as "decision_at?", d.decided_by, d.human_reason,
                      l.status as "loan_status?", l.disbursed_at as "disbursed_at?", l.closed_at
               from loans.application a
               join loans.quote q using (quote_id)
               left join lateral (
                   select * from loans.decision x where x.loan_id = a.loan_id order by x.decided_at desc, x.decision_id desc limit 1
               ) d on true
               left join loans.loan l on l.loan_id = a.loan_id "# + $tail,
            $($argument),+
        )
    };
}

/// One application of a borrower.
pub(super) async fn application(
    connection: &mut PgConnection,
    user: UserId,
    id: LoanId,
) -> Fallible<Option<ApplicationRow>> {
    Ok(applications!("where a.user_id = $1 and a.loan_id = $2", user.0, id.0)
        .fetch_optional(connection)
        .await?)
}

/// Any application, for staff and jobs.
pub(super) async fn any_application(connection: &mut PgConnection, id: LoanId) -> Fallible<Option<ApplicationRow>> {
    Ok(applications!("where a.loan_id = $1", id.0)
        .fetch_optional(connection)
        .await?)
}

/// A page of a borrower's applications, newest first, after (time, id).
pub(super) async fn applications_of(
    connection: &mut PgConnection,
    user: UserId,
    after: Option<(OffsetDateTime, Uuid)>,
    limit: i64,
) -> Fallible<Vec<ApplicationRow>> {
    let (time, id) = after.unzip();
    Ok(applications!(
        "where a.user_id = $1 and ($2::timestamptz is null or (a.submitted_at, a.loan_id) < ($2, $3::uuid))
         order by a.submitted_at desc, a.loan_id desc limit $4",
        user.0,
        time,
        id,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

/// A page of referred applications, the longest waiting first, after (waiting since, id).
pub(super) async fn referred(
    connection: &mut PgConnection,
    after: Option<(OffsetDateTime, Uuid)>,
    limit: i64,
) -> Fallible<Vec<(OffsetDateTime, ApplicationRow)>> {
    let (time, id) = after.unzip();
    let rows = applications!(
        "where a.status = 'referred' and ($1::timestamptz is null or (a.waiting_since, a.loan_id) > ($1, $2::uuid))
         order by a.waiting_since, a.loan_id limit $3",
        time,
        id,
        limit,
    )
    .fetch_all(&mut *connection)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.loan_id).collect();
    let waiting = sqlx::query!(
        r#"select loan_id, waiting_since as "waiting_since!" from loans.application where loan_id = any($1) and waiting_since is not null"#,
        &ids
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let since = waiting
                .iter()
                .find(|other| other.loan_id == row.loan_id)
                .map_or(row.submitted_at, |other| other.waiting_since);
            (since, row)
        })
        .collect())
}

/// A quote of a borrower, and whether it was used.
pub(super) async fn quote(
    connection: &mut PgConnection,
    core: &Core,
    user: UserId,
    id: QuoteId,
) -> Fallible<Option<(Quote, bool)>> {
    let row = sqlx::query!(
        "select simulation, disclosure_hash, payee_label, recipient_sealed, agreement_version, expires_at, used_at
         from loans.quote where quote_id = $1 and user_id = $2",
        id.0,
        user.0,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let key = core.vault.user_key(connection, user).await?;
    let mut quote = Quote {
        id,
        simulation: parse(row.simulation)?,
        disclosure_hash: row.disclosure_hash,
        payee_label: row.payee_label,
        agreement_version: row.agreement_version,
        expires_at: row.expires_at,
    };
    name_recipient(&mut quote, &key, row.recipient_sealed.as_deref())?;
    Ok(Some((quote, row.used_at.is_some())))
}

/// Seals where the money goes, holder included: only the masked account stays readable beside it.
pub(super) fn seal_recipient(key: &UserKey, quote: &Quote) -> Vec<u8> {
    key.seal(RECIPIENT, quote.id.0, quote.payee_label.as_bytes())
}

/// Puts the recipient back as it was shown and hashed.
fn name_recipient(quote: &mut Quote, key: &UserKey, sealed: Option<&[u8]>) -> Fallible<()> {
    if let Some(sealed) = sealed {
        quote.payee_label = key.open_text(RECIPIENT, quote.id.0, sealed)?;
        quote.simulation.disclosure.recipient = quote.payee_label.clone();
    }
    Ok(())
}

const RECIPIENT: &str = "loans.quote.recipient";

/// The application that a quote became.
pub(super) async fn application_of_quote(db: &PgPool, user: UserId, id: QuoteId) -> Fallible<Option<LoanId>> {
    let found = sqlx::query_scalar!(
        "select loan_id from loans.application where quote_id = $1 and user_id = $2",
        id.0,
        user.0
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(LoanId))
}

/// Whether an application of the borrower is open.
pub(super) async fn has_open_application(db: &PgPool, user: UserId) -> Fallible<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (
               select from loans.application
               where user_id = $1 and status in ('submitted', 'under_review', 'referred', 'approved')
           ) as "exists!""#,
        user.0,
    )
    .fetch_one(db)
    .await?)
}

/// Principal accepted but not yet disbursed.
pub(super) async fn reserved(db: &PgPool, user: UserId) -> Fallible<Rupiah> {
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(q.amount), 0)::bigint as "sum!"
           from loans.application a join loans.quote q using (quote_id)
           where a.user_id = $1 and a.status in ('submitted', 'under_review', 'referred', 'approved')"#,
        user.0,
    )
    .fetch_one(db)
    .await?;
    Ok(Rupiah::new(sum))
}

/// The part of [`reserved`] that one application holds itself.
pub(super) async fn reserved_by(db: &PgPool, id: LoanId) -> Fallible<Rupiah> {
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(q.amount), 0)::bigint as "sum!"
           from loans.application a join loans.quote q using (quote_id)
           where a.loan_id = $1 and a.status in ('submitted', 'under_review', 'referred', 'approved')"#,
        id.0,
    )
    .fetch_one(db)
    .await?;
    Ok(Rupiah::new(sum))
}

impl ApplicationRow {
    pub fn loan_id(&self) -> LoanId {
        LoanId(self.loan_id)
    }

    pub fn user_id(&self) -> UserId {
        UserId(self.user_id)
    }

    /// The quote as it lies readable: without the holder of the account.
    pub fn quote(&self) -> Fallible<Quote> {
        Ok(Quote {
            id: QuoteId(self.quote_id),
            simulation: parse(self.simulation.clone())?,
            disclosure_hash: self.disclosure_hash.clone(),
            payee_label: self.payee_label.clone(),
            agreement_version: self.agreement_version.clone(),
            expires_at: self.expires_at,
        })
    }

    pub fn purpose(&self) -> Fallible<Purpose> {
        Purpose::parse(&self.purpose).ok_or_else(|| Failure::broken("unknown purpose"))
    }

    /// When a review that waits for a person was asked for.
    pub fn waits_for_review(&self) -> Option<OffsetDateTime> {
        self.review_requested_at.filter(|_| self.status == "referred")
    }

    pub fn milestones(&self) -> Milestones {
        Milestones {
            submitted_at: self.submitted_at,
            decided_at: self.decided_at,
            disbursed_at: self.disbursed_at,
            closed_at: self.closed_at,
        }
    }

    /// The quote as it was shown, what was stated, and the last decision, unsealed with the borrower's key.
    pub fn unseal(&self, key: &UserKey) -> Fallible<(Quote, Figures, Option<DecisionRecord>)> {
        let figures = key.open("loans.application.figures", self.loan_id, &self.figures_sealed)?;
        let figures = serde_json::from_slice(&figures).map_err(Failure::broken)?;
        let decision = match (
            self.decision_id,
            &self.outcome,
            &self.result_sealed,
            self.policy_version,
            self.decision_at,
        ) {
            (Some(id), Some(outcome), Some(sealed), Some(version), Some(decided_at)) => Some(DecisionRecord {
                outcome: [Outcome::Approve, Outcome::Refer, Outcome::Decline]
                    .into_iter()
                    .find(|known| known.as_str() == outcome)
                    .ok_or_else(|| Failure::broken("unknown outcome"))?,
                engine: serde_json::from_slice(&key.open("loans.decision.result", id, sealed)?)
                    .map_err(Failure::broken)?,
                policy_version: u32::try_from(version).map_err(Failure::broken)?,
                decided_at,
                decided_by: self.decided_by.map(UserId),
                human_reason: self.human_reason.clone(),
            }),
            _ => None,
        };
        let mut quote = self.quote()?;
        name_recipient(&mut quote, key, self.recipient_sealed.as_deref())?;
        Ok((quote, figures, decision))
    }
}
