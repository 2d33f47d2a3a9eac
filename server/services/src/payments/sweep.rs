//! Looking for what was left behind: by killed workers, by notices that never came, by gateways that were away.
//! Enters: the clock. Leaves: one job for each thing, at most once a minute, and an inbox without what is kept no longer.

use super::{COMMANDS, Payments, follow_payment::GRACE};
use crate::{
    command,
    failure::Fallible,
    jobs::{self, Job},
};
use domain::payments::PayoutStatus;
use time::Duration;

/// Between two looks at the same thing.
const PAUSE: Duration = Duration::minutes(1);
/// The same for a payout that waits for a person.
const LONG_PAUSE: Duration = Duration::minutes(15);
/// Notices and answers to keys are kept so long.
const KEEP: Duration = Duration::days(90);

impl Payments {
    /// One part that cannot be done keeps no other from being done; the last failure is told.
    pub(super) async fn look_around(&self) -> Fallible<()> {
        let parts = [
            ("payouts", self.sweep_payouts().await),
            ("lapsed", self.lapse_failed().await),
            ("charges", self.sweep_charges().await),
            ("returns", self.sweep_returns(PAUSE).await),
            ("inbox", self.sweep_inbox().await),
            ("differences", self.count_differences().await),
            ("old", self.forget_old().await),
        ];
        let mut told = Ok(());
        for (part, swept) in parts {
            if let Err(failure) = swept {
                metrics::counter!("sweep_failed", "part" => part).increment(1);
                tracing::error!(part, %failure, "a part of the sweep failed");
                told = Err(failure);
            }
        }
        told
    }

    async fn forget_old(&self) -> Fallible<()> {
        let old = self.core.clock.now() - KEEP;
        sqlx::query!("delete from payments.inbox where processed_at < $1", old)
            .execute(&self.core.db)
            .await?;
        command::forget(&COMMANDS, &self.core.db, old).await
    }

    async fn sweep_payouts(&self) -> Fallible<()> {
        let now = self.core.clock.now();
        let mut tx = self.core.begin().await?;
        let waiting = sqlx::query!(
            "update payments.payout
                set checked_at = $1
              where payout_id in (
                        select payout_id
                          from payments.payout
                         where status in ('created', 'sent', 'in_progress', 'in_doubt')
                           and coalesce(checked_at, created_at) < case when parked_at is null then $2::timestamptz else $3::timestamptz end
                         order by created_at
                         limit 200
                           for update skip locked
                    )
          returning payout_id, status",
            now,
            now - PAUSE,
            now - LONG_PAUSE,
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in waiting {
            let payout_id = row.payout_id.into();
            let unsent = row.status == PayoutStatus::Created.as_str();
            let job = if unsent {
                Job::SendPayout { payout_id }
            } else {
                Job::CheckPayout { payout_id }
            };
            jobs::enqueue_once_in(&mut tx, &job, &format!("swept payout {payout_id}")).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Attempts without a code, codes whose time is over, and those whose payer says "I have paid" until the gateway
    /// has answered that.
    async fn sweep_charges(&self) -> Fallible<()> {
        let now = self.core.clock.now();
        let mut tx = self.core.begin().await?;
        let waiting = sqlx::query_scalar!(
            "update payments.charge
                set checked_at = $1
              where payment_id in (
                        select payment_id
                          from payments.charge
                         where coalesce(checked_at, created_at) < $3
                           and (
                                   status = 'created'
                                or status = 'pending' and (claimed_at is not null or expires_at < $2)
                                or status in ('expired', 'cancelled', 'failed')
                               and claimed_at is not null
                               and (
                                       select e.body ->> 'kind'
                                         from payments.event e
                                        where e.loan_id = charge.loan_id
                                          and e.body ->> 'kind' in ('claim_opened', 'claim_resolved')
                                        order by e.seq desc
                                        limit 1
                                   ) = 'claim_opened'
                               )
                         order by expires_at
                         limit 200
                           for update skip locked
                    )
          returning payment_id",
            now,
            now - GRACE,
            now - PAUSE,
        )
        .fetch_all(&mut *tx)
        .await?;
        for payment_id in waiting {
            let payment_id = payment_id.into();
            let key = format!("swept payment {payment_id}");
            jobs::enqueue_once_in(&mut tx, &Job::CheckPayment { payment_id }, &key).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn sweep_inbox(&self) -> Fallible<()> {
        let now = self.core.clock.now();
        let mut tx = self.core.begin().await?;
        let waiting = sqlx::query_scalar!(
            "update payments.inbox
                set checked_at = $1
              where inbox_id in (
                        select inbox_id
                          from payments.inbox
                         where processed_at is null
                           and coalesce(checked_at, received_at) < $2
                         order by received_at
                         limit 200
                           for update skip locked
                    )
          returning inbox_id",
            now,
            now - PAUSE,
        )
        .fetch_all(&mut *tx)
        .await?;
        for inbox_id in waiting {
            let key = format!("swept notice {inbox_id}");
            jobs::enqueue_once_in(&mut tx, &Job::ProcessInbox { inbox_id }, &key).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
