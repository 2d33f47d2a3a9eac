//! A notice is worked on. Enters: a row of the inbox, of which only our reference is used. Leaves: the payment or
//! payout followed to what the gateway itself says; a note on what was not ours.

use super::{Moment, Payments, follow_payment::is_taken_back, queries, suspend_money};
use crate::{
    failure::{Failure, Fallible},
    gateways::collections::TransactionStatus,
};
use domain::{
    Error,
    id::{PaymentId, PayoutId},
    payments::SuspenseReason,
};
use time::Duration;
use uuid::Uuid;

/// So long a notice of money is worked on again while the gateway's status still says that nothing came. The usual lag
/// is seconds (integrations.md 1.2).
const PATIENCE: Duration = Duration::hours(1);

/// Whether a notice says that money came: the middle of its key is the word. A hint only, the signature does not cover
/// it.
fn says_paid(dedupe_key: &str) -> bool {
    matches!(dedupe_key.split(':').nth(1), Some("settlement" | "capture"))
}

impl Payments {
    pub(super) async fn process(&self, id: Uuid) -> Fallible<()> {
        let at = self.moment();
        let row = sqlx::query!(
            "update payments.inbox
                set checked_at = $2
              where inbox_id = $1
          returning provider, our_ref, dedupe_key, received_at, processed_at",
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
            "midtrans" => {
                let says_paid = says_paid(&row.dedupe_key);
                let patient = says_paid && at.now - row.received_at < PATIENCE;
                self.process_midtrans(&row.our_ref, patient, at).await?
            }
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

    /// `patient`: the notice says that money came, and the gateway's own status may lag behind it for a while.
    async fn process_midtrans(&self, order_id: &str, patient: bool, at: Moment) -> Fallible<Option<&'static str>> {
        let found = sqlx::query_scalar!("select payment_id from payments.charge where order_id = $1", order_id)
            .fetch_optional(&self.core.db)
            .await?;
        if let Some(payment_id) = found {
            self.follow_payment(PaymentId(payment_id)).await?;
            let open = sqlx::query_scalar!(
                r#"select status in ('created', 'pending') as "open!" from payments.charge where payment_id = $1"#,
                payment_id
            );
            return match open.fetch_one(&self.core.db).await? {
                true if patient => Err(Error::Busy { retry_after: 60 }.into()),
                true => Ok(Some("the gateway has not confirmed it")),
                false => Ok(None),
            };
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
                let booked = booked.fetch_one(&mut *tx).await?;
                let why = SuspenseReason::Order;
                let suspended =
                    booked || suspend_money::suspend_in(&mut tx, &self.core, None, &transaction, why, at).await?;
                tx.commit().await?;
                Ok(Some(if suspended {
                    "order unknown here; its money is in suspense"
                } else {
                    "order unknown here; its money is not in whole rupiah: a person must look"
                }))
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
