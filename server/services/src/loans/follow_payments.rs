//! Taking over what payments made true: the loan began, ended, or never came to be. Idempotent, whatever the order.

use super::{Loans, queries};
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Error,
    id::LoanId,
    payments::{Account, PayoutStatus, servicing::Position},
};
use sqlx::PgConnection;
use time::OffsetDateTime;

impl Loans {
    pub(super) async fn take_over_account(&self, actor: &Actor, id: LoanId) -> Fallible<()> {
        actor.require_system()?;
        let Some(account) = self.payments.account(actor, id, None).await? else {
            return Ok(());
        };
        let mut tx = self.core.begin().await?;
        sqlx::query_scalar!(
            "select loan_id from loans.application where loan_id = $1 for update",
            id.0
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
        let status = account
            .payout
            .as_ref()
            .map(|payout| (payout.status, payout.succeeded_at));
        match (status, &account.position) {
            // Cancelled here means: it failed and was not tried again in time.
            (Some((PayoutStatus::Reversed | PayoutStatus::Cancelled, _)), _) => {
                cancel_in(&mut tx, id, self.core.clock.now()).await?
            }
            (Some((_, Some(succeeded_at))), Some(position)) => {
                begin_in(&mut tx, id, &account, position, succeeded_at).await?
            }
            _ => {}
        }
        sqlx::query!(
            "update loans.loan set status = case when $2::timestamptz is null then 'active' else 'closed' end, closed_at = $2
             where loan_id = $1 and status in ('active', 'closed')",
            id.0,
            account.closed_at,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// The money arrived: a loan with its schedule, fixed on the day it arrived.
async fn begin_in(
    tx: &mut PgConnection,
    id: LoanId,
    account: &Account,
    position: &Position,
    at: OffsetDateTime,
) -> Fallible<()> {
    let row = queries::any_application(&mut *tx, id).await?.ok_or(Error::NotFound)?;
    let made = sqlx::query!(
        "insert into loans.loan (loan_id, user_id, principal, started_on, status, disbursed_at)
         values ($1, $2, $3, $4, 'active', $5)
         on conflict on constraint loan_pkey do nothing",
        id.0,
        row.user_id,
        account.contract.terms.principal.get(),
        account.contract.terms.start,
        at,
    )
    .execute(&mut *tx)
    .await?;
    if made.rows_affected() == 0 {
        return Ok(());
    }
    for line in &position.lines {
        sqlx::query!(
            "insert into loans.instalment (loan_id, number, due_on, principal, interest) values ($1, $2, $3, $4, $5)",
            id.0,
            i16::try_from(line.number).map_err(Failure::broken)?,
            line.due_on,
            line.principal.due.get(),
            line.interest.due.get(),
        )
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query!(
        "update loans.application set status = 'disbursed' where loan_id = $1 and status = 'approved'",
        id.0
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// The bank sent the money back: nothing is owed, the loan never was.
async fn cancel_in(tx: &mut PgConnection, id: LoanId, now: OffsetDateTime) -> Fallible<()> {
    sqlx::query!("update loans.loan set status = 'cancelled' where loan_id = $1", id.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "update loans.application set status = 'cancelled', cancelled_at = $2 where loan_id = $1 and status in ('approved', 'disbursed')",
        id.0,
        now,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
