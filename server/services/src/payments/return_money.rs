//! Money in suspense goes back to its payer through the gateway. Enters: money of which two people agreed so. Leaves:
//! the gateway's own word that it is gone, or its refusal, after which the money waits for people again.
//!
//! Each look asks for the status first. Only while the gateway says that the money is still there is it asked to give
//! it back, always under the one key stored with the approval, which the gateway takes once.

use super::{
    Payments,
    follow_payment::is_taken_back,
    waiting_money::{Key, lock_in},
};
use crate::{
    audit,
    failure::{Failure, Fallible},
    gateways::{
        GatewayError,
        collections::{Transaction, TransactionStatus},
    },
    jobs::{self, Job},
};
use domain::{
    Actor, Rupiah,
    audit::Entry,
    id::{PaymentId, SuspenseId},
    payments::SuspenseState,
};
use time::Duration;
use uuid::Uuid;

/// What the payer's bank may show.
const WHY: &str = "Pengembalian dana";

/// Money on its way back.
struct Returning {
    id: SuspenseId,
    order_id: String,
    payment_id: Option<PaymentId>,
    amount: Rupiah,
    refund_key: Uuid,
}

impl Payments {
    pub(super) async fn return_to_payer(&self, id: SuspenseId) -> Fallible<()> {
        let row = sqlx::query!(
            "update payments.suspense
                set checked_at = $2
              where suspense_id = $1
                and state = 'returning'
          returning order_id, payment_id, amount, refund_key",
            id.0,
            self.core.clock.now(),
        )
        .fetch_optional(&self.core.db)
        .await?;
        let Some(row) = row else { return Ok(()) };
        let money = Returning {
            id,
            order_id: row.order_id,
            payment_id: row.payment_id.map(PaymentId),
            amount: Rupiah::new(row.amount),
            refund_key: row
                .refund_key
                .ok_or_else(|| Failure::broken(format!("money {id} goes back without a key")))?,
        };
        if self.look_for(&money).await? != Some(TransactionStatus::Paid) {
            return Ok(());
        }
        let asked = self
            .collections
            .refund(&money.order_id, money.refund_key, money.amount, WHY)
            .await;
        match asked {
            Ok(()) | Err(GatewayError::Duplicate { .. }) => self.look_for(&money).await.map(drop),
            // Refused because it is gone already is no refusal.
            Err(GatewayError::Rejected { code, .. }) => match self.look_for(&money).await? {
                Some(status) if is_taken_back(&status) => Ok(()),
                _ => self.refuse_return(id, &code).await,
            },
            // It may have taken effect: the next look asks.
            Err(error) => Err(error.into()),
        }
    }

    /// Takes over what the gateway says of it. Its word is the truth: nothing ends here because of our own call.
    async fn look_for(&self, money: &Returning) -> Fallible<Option<TransactionStatus>> {
        let found = self.collections.status(&money.order_id).await?;
        let Some(Transaction { status, .. }) = &found else {
            metrics::counter!("payments_contradicted").increment(1);
            tracing::error!(suspense = %money.id, "the gateway does not know money it had taken");
            return Ok(None);
        };
        if let Some(transaction) = found.as_ref().filter(|_| is_taken_back(status)) {
            match money.payment_id {
                Some(payment_id) => self.follow_payment(payment_id).await?,
                None => drop(self.unknown_money_gone(transaction, self.moment()).await?),
            }
        }
        Ok(Some(status.clone()))
    }

    /// The gateway surely did not give it back: two people decide anew, and then it goes by hand.
    async fn refuse_return(&self, id: SuspenseId, code: &str) -> Fallible<()> {
        let mut tx = self.core.begin().await?;
        let Some(money) = lock_in(&mut tx, Key::Id(id)).await? else {
            return Ok(());
        };
        if money.state != SuspenseState::Returning {
            return Ok(());
        }
        sqlx::query!(
            "update payments.suspense
                set state = 'waiting', refused = $2, refund_key = null
              where suspense_id = $1",
            id.0,
            code,
        )
        .execute(&mut *tx)
        .await?;
        tracing::error!(suspense = %id, code, "the gateway would not give money back: a person must look");
        let entry = Entry::denied("payments.return_money", "suspense", id).because(code);
        audit::record_in(&mut tx, &self.core, &Actor::system(), entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Queues a look at what was asked back and is not known to be gone.
    pub(super) async fn sweep_returns(&self, pause: Duration) -> Fallible<()> {
        let now = self.core.clock.now();
        let mut tx = self.core.begin().await?;
        let waiting = sqlx::query_scalar!(
            "update payments.suspense
                set checked_at = $1
              where suspense_id in (
                        select suspense_id
                          from payments.suspense
                         where state = 'returning'
                           and coalesce(checked_at, noted_at) < $2
                         limit 200
                           for update skip locked
                    )
          returning suspense_id",
            now,
            now - pause,
        )
        .fetch_all(&mut *tx)
        .await?;
        for suspense_id in waiting {
            let suspense_id = suspense_id.into();
            jobs::enqueue_in(&mut tx, &Job::ReturnMoney { suspense_id }, None).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
