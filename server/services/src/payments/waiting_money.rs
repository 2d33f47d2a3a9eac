//! Reading what waits for a person: money in suspense, payouts that did not arrive, credit that no loan takes. Enters:
//! somebody who may see it. Leaves: the rows, without a name.

use super::{
    Payments,
    queries::{self, unknown},
};
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Error, Page, PageRequest, Rupiah,
    id::{LoanId, PaymentId, SuspenseId},
    payments::{CreditBalance, MONEY_READERS, Method, Payout, PayoutStatus, Suspense, TroubledPayout},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

struct SuspenseRow {
    suspense_id: Uuid,
    transaction_id: String,
    order_id: String,
    payment_id: Option<Uuid>,
    loan_id: Option<Uuid>,
    method: String,
    amount: i64,
    received_at: OffsetDateTime,
    why: String,
    state: String,
    outcome: Option<String>,
    reference: String,
    refused: Option<String>,
    resolved_at: Option<OffsetDateTime>,
}

/// Money in suspense with the loan of its attempt.
macro_rules! suspense {
    ($tail:literal, $($argument:expr),+) => {
        sqlx::query_as!(
            SuspenseRow,
            r#"select s.suspense_id, s.transaction_id, s.order_id, s.payment_id, c.loan_id as "loan_id?", s.method, s.amount,
                      s.received_at, s.why, s.state, s.outcome, s.reference, s.refused, s.resolved_at
                 from payments.suspense s
                 left join payments.charge c using (payment_id) "# + $tail,
            $($argument),+
        )
    };
}

impl SuspenseRow {
    fn parse(self) -> Fallible<Suspense> {
        let outcome = self.outcome.map(|word| word.parse()).transpose();
        Ok(Suspense {
            id: self.suspense_id.into(),
            transaction_id: self.transaction_id,
            order_id: self.order_id,
            payment_id: self.payment_id.map(PaymentId),
            loan_id: self.loan_id.map(LoanId),
            method: Method::parse(&self.method).ok_or_else(|| unknown("method", &self.method))?,
            amount: Rupiah::new(self.amount),
            received_at: self.received_at,
            why: self.why.parse().map_err(Failure::broken)?,
            state: self.state.parse().map_err(Failure::broken)?,
            outcome: outcome.map_err(Failure::broken)?,
            reference: self.reference,
            refused: self.refused,
            resolved_at: self.resolved_at,
        })
    }
}

/// By what money in suspense is found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key<'a> {
    /// Its own id.
    Id(SuspenseId),
    /// The gateway's transaction.
    Transaction(&'a str),
}

/// Locks money in suspense; after the accounts and the charge that it belongs to.
pub(super) async fn lock_in(connection: &mut PgConnection, key: Key<'_>) -> Fallible<Option<Suspense>> {
    let (id, transaction_id) = match key {
        Key::Id(id) => (Some(id.0), None),
        Key::Transaction(transaction_id) => (None, Some(transaction_id)),
    };
    let row = suspense!(
        "where s.suspense_id = $1 or s.transaction_id = $2 for update of s",
        id,
        transaction_id
    );
    row.fetch_optional(connection)
        .await?
        .map(SuspenseRow::parse)
        .transpose()
}

/// Money in suspense as it is now, not locked.
pub(super) async fn find_in(connection: &mut PgConnection, id: SuspenseId) -> Fallible<Option<Suspense>> {
    let row = suspense!("where s.suspense_id = $1", id.0);
    row.fetch_optional(connection)
        .await?
        .map(SuspenseRow::parse)
        .transpose()
}

impl Payments {
    pub(super) async fn page_of_suspense(
        &self,
        actor: &Actor,
        resolved: bool,
        page: PageRequest,
    ) -> Fallible<Page<Suspense>> {
        actor.staff(MONEY_READERS)?;
        // A place in the list is the number of rows before it: it is short, and what is resolved leaves it.
        let skip = page.after.as_deref().map(str::parse::<i64>).transpose();
        let skip = skip.map_err(|_| Error::fault("after", "cursor", "Penanda halaman tidak dikenal."))?;
        let skip = skip.unwrap_or(0).max(0);
        let rows = suspense!(
            "where (s.state = 'resolved') = $1
             order by case when $1 then s.resolved_at end desc, s.received_at, s.suspense_id
             limit $2 offset $3",
            resolved,
            page.limit() + 1,
            skip
        );
        let mut rows = rows.fetch_all(&self.core.db).await?;
        let limit = usize::try_from(page.limit()).map_err(Failure::broken)?;
        let next = (rows.len() > limit).then(|| (skip + page.limit()).to_string());
        rows.truncate(limit);
        let items = rows.into_iter().map(SuspenseRow::parse).collect::<Fallible<_>>()?;
        Ok(Page { items, next })
    }

    pub(super) async fn find_suspense(&self, actor: &Actor, id: SuspenseId) -> Fallible<Suspense> {
        actor.staff(MONEY_READERS)?;
        let found = find_in(&mut *self.core.db.acquire().await?, id).await?;
        found.ok_or_else(|| Error::NotFound.into())
    }

    pub(super) async fn list_troubled_payouts(&self, actor: &Actor) -> Fallible<Vec<TroubledPayout>> {
        actor.staff(MONEY_READERS)?;
        let rows = sqlx::query!(
            r#"select p.payout_id, p.loan_id, p.amount, p.status, p.payee_label, p.failure_code, p.succeeded_at,
                      coalesce(p.failed_at, p.parked_at, p.sent_at, p.created_at) as "since!"
                 from payments.payout p
                 join payments.account a using (loan_id)
                where p.status = 'in_doubt'
                   or (p.parked_at is not null and p.status in ('sent', 'in_progress'))
                   or (
                          p.status = 'failed'
                      and a.state = 'open'
                      and not exists (
                              select
                                from payments.payout other
                               where other.loan_id = p.loan_id
                                 and (other.status not in ('failed', 'cancelled')
                                      or (other.created_at, other.payout_id) > (p.created_at, p.payout_id))
                          )
                      )
                order by "since!", p.payout_id
                limit 100"#,
        )
        .fetch_all(&self.core.db)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(TroubledPayout {
                    loan_id: row.loan_id.into(),
                    payout: Payout {
                        id: row.payout_id.into(),
                        amount: Rupiah::new(row.amount),
                        status: PayoutStatus::parse(&row.status)
                            .ok_or_else(|| queries::unknown("payout status", &row.status))?,
                        payee_label: row.payee_label,
                        failure_code: row.failure_code,
                        succeeded_at: row.succeeded_at,
                    },
                    since: row.since,
                })
            })
            .collect()
    }

    pub(super) async fn list_credit_balances(&self, actor: &Actor) -> Fallible<Vec<CreditBalance>> {
        actor.staff(MONEY_READERS)?;
        let rows = sqlx::query!(
            "select s.loan_id, s.credit
               from payments.standing s
               join payments.account a using (loan_id)
              where a.state = 'closed'
                and s.credit > 0
              order by s.credit desc, s.loan_id
              limit 100",
        )
        .fetch_all(&self.core.db)
        .await?;
        let balance = |loan_id: Uuid, credit| CreditBalance {
            loan_id: loan_id.into(),
            amount: Rupiah::new(credit),
        };
        Ok(rows.into_iter().map(|row| balance(row.loan_id, row.credit)).collect())
    }
}
