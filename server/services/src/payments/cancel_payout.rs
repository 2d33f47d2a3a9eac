//! A payout is cancelled while nothing was sent. Enters: a loan. Leaves: a payout that never will be sent, or
//! `PayoutSent`. Sending takes the same lock, so one of the two wins.

use super::{
    Payments,
    queries::{self, AccountState},
};
use crate::{audit, failure::Fallible};
use domain::{Actor, Refusal, audit::Entry, id::LoanId};

impl Payments {
    pub(super) async fn stop_payout(&self, actor: &Actor, loan_id: LoanId) -> Fallible<()> {
        actor.require_system()?;
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        // Stays for good: see `open_in`, which may run at the same time.
        sqlx::query!(
            "insert into payments.stopped_account (loan_id, stopped_at)
             values ($1, $2)
             on conflict on constraint stopped_account_pkey do nothing",
            loan_id.0,
            at.now,
        )
        .execute(&mut *tx)
        .await?;
        if let Some(account) = queries::lock_account(&mut tx, loan_id, None).await?
            && account.state != AccountState::Cancelled
        {
            let alive = sqlx::query_scalar!(
                r#"select exists (
                       select from payments.payout
                        where loan_id = $1
                          and purpose = 'loan'
                          and status in ('sent', 'in_progress', 'in_doubt', 'succeeded', 'reversed')
                       union all
                       select from payments.difference
                        where loan_id = $1 and payout_id is not null and resolved_at is null
                   ) as "alive!""#,
                loan_id.0,
            )
            .fetch_one(&mut *tx)
            .await?;
            if alive {
                tx.rollback().await?;
                let entry = Entry::denied("payments.cancel_payout", "loan", loan_id);
                let entry = entry.because(Refusal::PayoutSent.code());
                audit::record_in(&mut *self.core.db.acquire().await?, &self.core, actor, entry).await?;
                return Err(Refusal::PayoutSent.into());
            }
            sqlx::query!(
                "update payments.payout set status = 'cancelled' where loan_id = $1 and purpose = 'loan' and status = 'created'",
                loan_id.0,
            )
            .execute(&mut *tx)
            .await?;
            queries::set_account_state(&mut tx, loan_id, AccountState::Cancelled).await?;
            let entry = Entry::allowed("payments.cancel_payout", "loan", loan_id);
            audit::record_in(&mut tx, &self.core, actor, entry).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
