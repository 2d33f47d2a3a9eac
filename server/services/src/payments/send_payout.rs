//! A payout goes to the gateway. Enters: a payout in state created, or one that the gateway surely does not have.
//! Leaves: committed as sent with its whole request, then the call. No network call happens inside a transaction.

use super::{
    Payments,
    queries::{self, AccountState, LockedPayout},
};
use crate::{
    audit,
    failure::{Failure, Fallible},
    gateways::{
        GatewayError,
        payouts::{FailureCode, NewPayout, PayoutState},
    },
};
use domain::{
    Actor, Error, Refusal,
    audit::Entry,
    id::PayoutId,
    payments::{ACCOUNT_NAME_MISMATCH, PayoutStatus, names_match},
    users::Payee,
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// Purpose of the seal.
const PAYEE: &str = "payments.payee";

/// After so many questions without an answer a payout is parked: asked about seldom, and for a person too.
const TRIES: i32 = 12;

/// Nothing is sent to an account so long after it was changed (security.md R13).
const HOLD: Duration = Duration::hours(24);

/// To whom, frozen when the payout is sent: a resend must be the very same request, whatever the borrower changed
/// in between.
#[derive(Serialize, Deserialize)]
struct FrozenPayee {
    bank: String,
    number: String,
    holder: String,
}

impl Payments {
    pub(super) async fn send(&self, id: PayoutId) -> Fallible<()> {
        let Some(user_id) = self.unsent(id).await? else {
            // Sent before, by this job or one that was killed: ask how it went.
            return self.follow_payout(id).await;
        };
        let payee = match self.users.payee(&Actor::system(), user_id.into()).await {
            Ok(payee) => payee,
            Err(Error::Refused(Refusal::BankAccountMissing)) => {
                return self.fail_unsent(id, "BANK_ACCOUNT_MISSING").await;
            }
            Err(error) => return Err(error.into()),
        };
        let held = payee.shown.changed_at.map(|changed| changed + HOLD);
        if let Some(until) = held.filter(|until| *until > self.core.clock.now()) {
            return self.hold(id, until).await;
        }
        if !self.holder_matches(&payee).await? {
            return self.fail_unsent(id, ACCOUNT_NAME_MISMATCH).await;
        }
        let label = payee.shown.label();
        let frozen = FrozenPayee {
            bank: payee.bank,
            number: payee.number,
            holder: payee.holder,
        };
        let plain = serde_json::to_vec(&frozen).map_err(Failure::broken)?;
        let sealed = self.core.vault.seal_system(PAYEE, id.0, &plain);

        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let Some((account, payout)) = queries::lock_payout(&mut tx, id).await? else {
            return Ok(());
        };
        let right = if payout.refund {
            account.is_lent()
        } else {
            account.state == AccountState::Open
        };
        // A cancel may have won while the payee was looked up.
        if payout.status != PayoutStatus::Created || !right {
            return Ok(());
        }
        sqlx::query!(
            "update payments.payout
                set status = 'sent', sent_at = $2, checked_at = $2, payee_label = $3, payee_sealed = $4
              where payout_id = $1",
            id.0,
            at.now,
            label,
            sealed,
        )
        .execute(&mut *tx)
        .await?;
        let entry = Entry::allowed("payments.send_payout", "payout", id);
        audit::record_in(&mut tx, &self.core, &Actor::system(), entry).await?;
        tx.commit().await?;
        self.call(&LockedPayout {
            status: PayoutStatus::Sent,
            payee_sealed: Some(sealed),
            ..payout
        })
        .await
    }

    /// Leaves a payout to the first sweep after `until`.
    async fn hold(&self, id: PayoutId, until: OffsetDateTime) -> Fallible<()> {
        sqlx::query!(
            "update payments.payout set checked_at = $2 where payout_id = $1 and status = 'created'",
            id.0,
            until,
        )
        .execute(&self.core.db)
        .await?;
        Ok(())
    }

    /// Whether the bank knows the account under the verified name (lending.md 7.5). Where account validation was not
    /// bought, the gateway's own comparison with the holder's name decides.
    async fn holder_matches(&self, payee: &Payee) -> Fallible<bool> {
        let Some(names) = &self.account_names else {
            return Ok(true);
        };
        let holder = names.holder(&payee.bank, &payee.number).await?;
        Ok(holder.is_some_and(|holder| names_match(&payee.holder, &holder)))
    }

    /// The owner of a payout that is still to be sent.
    async fn unsent(&self, id: PayoutId) -> Fallible<Option<uuid::Uuid>> {
        let owner = sqlx::query_scalar!(
            "select a.user_id
               from payments.payout p
               join payments.account a using (loan_id)
              where p.payout_id = $1
                and p.status = 'created'",
            id.0,
        );
        Ok(owner.fetch_optional(&self.core.db).await?)
    }

    /// Makes the call with the stored reference, key and payee, and follows the answer. Safe to repeat: the gateway
    /// answers the same key with the first payout.
    pub(super) async fn call(&self, payout: &LockedPayout) -> Fallible<()> {
        let sealed = payout.payee_sealed.as_deref();
        let sealed = sealed.ok_or_else(|| Failure::broken(format!("payout {} has no payee", payout.id)))?;
        let plain = self.core.vault.open_system(PAYEE, payout.id.0, sealed)?;
        let payee: FrozenPayee = serde_json::from_slice(&plain).map_err(Failure::broken)?;
        let answer = self
            .payouts
            .create(&NewPayout {
                reference: payout.id,
                idempotency_key: payout.idempotency_key,
                amount: payout.amount,
                bank: &payee.bank,
                account_number: &payee.number,
                account_holder: &payee.holder,
                loan_id: payout.loan_id,
                description: match payout.refund {
                    true => "Pengembalian titipan Sanggup",
                    false => "Pencairan pinjaman Sanggup",
                },
            })
            .await;
        match answer {
            Ok(made) => {
                self.apply_payout(payout.id, payout.status, Some(&made.id), &made.state, made.updated_at)
                    .await
            }
            Err(GatewayError::Rejected { code, message, .. }) => {
                tracing::warn!(payout = %payout.id, code, message, "the gateway refused a payout");
                let failed = PayoutState::Failed(FailureCode::Other(code));
                self.apply_payout(payout.id, payout.status, None, &failed, None).await
            }
            // Everything else may have taken effect, or is for an operator: nothing is known until we ask.
            Err(error) => self.doubt(payout.id, error).await,
        }
    }

    /// Marks a payout as in doubt and fails in a way that is tried again soon, when another try can help.
    pub(super) async fn doubt(&self, id: PayoutId, error: GatewayError) -> Fallible<()> {
        tracing::warn!(payout = %id, %error, "a payout is in doubt");
        metrics::counter!("payouts_in_doubt").increment(1);
        let now = self.moment().now;
        let tried = sqlx::query_scalar!(
            "update payments.payout
                set status = 'in_doubt',
                    checked_at = $2,
                    tries = tries + 1,
                    parked_at = case when tries + 1 >= $3 then coalesce(parked_at, $2) end
              where payout_id = $1
                and status in ('sent', 'in_progress', 'in_doubt')
          returning tries",
            id.0,
            now,
            TRIES,
        )
        .fetch_optional(&self.core.db)
        .await?;
        if tried == Some(TRIES) {
            metrics::counter!("payouts_parked").increment(1);
            tracing::error!(payout = %id, "a payout stays in doubt: it is parked, and a person must look");
        }
        Err(match error {
            GatewayError::Auth { .. } | GatewayError::RateLimited { .. } => error,
            // Asking by our reference answers all of these.
            other => GatewayError::InDoubt {
                message: other.to_string(),
            },
        }
        .into())
    }
}
