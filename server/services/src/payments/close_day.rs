//! The close of a business day, as far as money is concerned (lending.md 10.6, step 4): interest and late fees of the
//! days gone by enter the books, a credit balance pays what fell due. Enters: the day. Leaves: every running loan's
//! books at the opening of the next day.

use super::{Moment, Payments, books, queries};
use crate::failure::{Failure, Fallible};
use domain::{id::LoanId, payments::ledger};
use time::Date;
use uuid::Uuid;

/// Loans looked up at once.
const BATCH: i64 = 200;

/// How a close went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClosedDay {
    /// Loans whose books moved on.
    pub advanced: u32,
    /// Loans that were set aside; each is in the log.
    pub failed: u32,
}

impl Payments {
    pub(super) async fn close(&self, day: Date) -> Fallible<ClosedDay> {
        let to = day.next_day().ok_or_else(|| Failure::broken("the calendar ends"))?;
        let at = self.moment();
        let mut closed = ClosedDay::default();
        let mut last = Uuid::nil();
        loop {
            let loans = sqlx::query_scalar!(
                "select loan_id
                   from payments.account
                  where state = 'running'
                    and advanced_to < $1
                    and loan_id > $2
                  order by loan_id
                  limit $3",
                to,
                last,
                BATCH,
            )
            .fetch_all(&self.core.db)
            .await?;
            let Some(end) = loans.last() else {
                return Ok(closed);
            };
            last = *end;
            for loan_id in loans {
                match self.advance(loan_id.into(), to, at).await {
                    Ok(()) => closed.advanced += 1,
                    Err(failure) => {
                        closed.failed += 1;
                        metrics::counter!("loans_not_closed").increment(1);
                        tracing::error!(loan = %loan_id, error = %failure, "a loan could not be brought to the next day");
                    }
                }
            }
        }
    }

    async fn advance(&self, loan_id: LoanId, to: Date, at: Moment) -> Fallible<()> {
        let mut tx = self.core.db.begin().await?;
        let Some(account) = queries::lock_account(&mut tx, loan_id, None).await? else {
            return Ok(());
        };
        let from = account.advanced()?;
        if from >= to {
            return Ok(());
        }
        let events = queries::list_events(&mut tx, loan_id).await?;
        let journals = ledger::accruals(&account.contract, &events, from, to).map_err(Failure::broken)?;
        books::post_in(&mut tx, &self.core, Some(loan_id), &journals, at).await?;
        sqlx::query!(
            "update payments.account set advanced_to = $2 where loan_id = $1",
            loan_id.0,
            to
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}
