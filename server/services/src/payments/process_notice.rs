//! A notice is worked on. Enters: a row of the inbox, of which only our reference is used. Leaves: the payment or
//! payout followed to what the gateway itself says; a note on what was not ours.

use super::{Moment, Payments, follow_payment::is_taken_back, queries, suspend_money};
use crate::{
    failure::{Failure, Fallible},
    gateways::collections::TransactionStatus,
};
use domain::{
    id::{PaymentId, PayoutId},
    payments::SuspenseReason,
};
use uuid::Uuid;

impl Payments {
    pub(super) async fn process(&self, id: Uuid) -> Fallible<()> {
        let at = self.moment();
        let row = sqlx::query!(
            "update payments.inbox
                set checked_at = $2
              where inbox_id = $1
          returning provider, our_ref, processed_at",
            id,
            at.now,
        )
        .fetch_optional(&self.core.db)
        .await?
        .ok_or_else(|| Failure::broken(format!("notice {id} is not known")))?;
        if row.processed_at.is_some() {
            return Ok(());
        }
        let note = match row.provider.as_str() {
            "midtrans" => self.process_midtrans(&row.our_ref, at).await?,
            _ => self.process_xendit(&row.our_ref).await?,
        };
        sqlx::query!(
            "update payments.inbox set processed_at = $2, note = $3 where inbox_id = $1 and processed_at is null",
            id,
            at.now,
            note,
        )
        .execute(&self.core.db)
        .await?;
        Ok(())
    }

    async fn process_midtrans(&self, order_id: &str, at: Moment) -> Fallible<Option<&'static str>> {
        let found = sqlx::query_scalar!("select payment_id from payments.charge where order_id = $1", order_id)
            .fetch_optional(&self.core.db)
            .await?;
        if let Some(payment_id) = found {
            self.follow_payment(PaymentId(payment_id)).await?;
            return Ok(None);
        }
        metrics::counter!("webhooks_unknown", "provider" => "midtrans").increment(1);
        tracing::error!(order_id, "a notice about an order that is not ours");
        match self.collections.status(order_id).await? {
            None => Ok(Some("order unknown here and there")),
            Some(transaction) if transaction.status == TransactionStatus::Paid => {
                let mut tx = self.core.begin().await?;
                // Several notices may tell of the same money.
                let key = format!("-:suspense:midtrans:{}", transaction.transaction_id);
                sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", key)
                    .execute(&mut *tx)
                    .await?;
                let booked = sqlx::query_scalar!(
                    r#"select exists (select from payments.journal where key = $1) as "booked!""#,
                    key,
                );
                if !booked.fetch_one(&mut *tx).await? {
                    let why = SuspenseReason::Order;
                    suspend_money::suspend_in(&mut tx, &self.core, None, &transaction, why, at).await?;
                }
                tx.commit().await?;
                Ok(Some("order unknown here; its money is in suspense"))
            }
            Some(transaction) if is_taken_back(&transaction.status) => {
                Ok(Some(self.unknown_money_gone(&transaction, at).await?))
            }
            Some(_) => Ok(Some("order unknown here; no money")),
        }
    }

    async fn process_xendit(&self, reference: &str) -> Fallible<Option<&'static str>> {
        let id: Option<PayoutId> = reference.parse().ok();
        let known = match id {
            Some(id) => queries::loan_of_payout(&mut *self.core.db.acquire().await?, id).await?,
            None => None,
        };
        let (Some(id), Some(_)) = (id, known) else {
            metrics::counter!("webhooks_unknown", "provider" => "xendit").increment(1);
            tracing::error!(reference, "a notice about a payout that is not ours");
            return Ok(Some("payout unknown here"));
        };
        self.follow_payout(id).await?;
        Ok(None)
    }
}
