//! A payment follows what the gateway says. Enters: a payment of any state, the transaction at the gateway. Leaves:
//! the state machine of lending.md 7.8; money is posted exactly once, at the date it moved, with its journals, in one
//! transaction. Notices, polls and claims all come through here.

use super::{
    Moment, Payments,
    books::{self, has_open_claim},
    compare, differences, post_payment,
    queries::{self, Charge, LockedAccount},
    suspend_money,
};
use crate::{
    Core,
    failure::{Failure, Fallible},
    gateways::{
        GatewayError,
        collections::{Transaction, TransactionStatus},
    },
};
use domain::{
    id::PaymentId,
    payments::{PaymentStatus, Subject, servicing::EventKind},
};
use sqlx::{PgConnection, types::Json};
use time::Duration;

/// The gateway has so long to end an expired code by itself.
pub(super) const GRACE: Duration = Duration::minutes(2);

/// So often a payment is looked at again because it moved while its gateway was asked, or because we ended it there.
const LOOKS: usize = 4;

/// What is left to do after the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing.
    Done,
    /// The attempt moved since the gateway was asked: its answer may be older than what we know. Ask again.
    Stale,
    /// We gave it up and it can still be paid.
    Cancel,
    /// Its time is over and it can still be paid.
    Expire,
}

impl Payments {
    pub(super) async fn follow_payment(&self, id: PaymentId) -> Fallible<()> {
        let mut ended = false;
        for _ in 0..LOOKS {
            let at = self.moment();
            let found = queries::find_charge(&mut *self.core.db.acquire().await?, id).await?;
            let charge = found.ok_or_else(|| Failure::broken(format!("payment {id} is not known")))?;
            sqlx::query!(
                "update payments.charge set checked_at = $2 where payment_id = $1",
                id.0,
                at.now
            )
            .execute(&self.core.db)
            .await?;
            let late = charge.expires_at.is_some_and(|end| end + GRACE <= at.now);
            if charge.status == PaymentStatus::Created && !late {
                return self.ask_for_code(id).await;
            }
            let Some(transaction) = self.collections.status(&charge.order_id).await? else {
                // The gateway never heard of it, so nobody can have paid it.
                return self.end_unknown(id).await;
            };
            // After a cancel or expire there it is read once more: the payer may have been quicker.
            let done = match self.apply_payment(id, charge.status, &transaction).await? {
                Next::Done => return Ok(()),
                Next::Stale => continue,
                Next::Cancel | Next::Expire if ended => return Ok(()),
                Next::Cancel => self.collections.cancel(&charge.order_id).await,
                Next::Expire => self.collections.expire(&charge.order_id).await,
            };
            match done {
                Ok(()) | Err(GatewayError::Rejected { .. }) => ended = true,
                Err(error) => return Err(error.into()),
            }
        }
        Err(domain::Error::Busy { retry_after: 1 }.into())
    }

    /// An attempt whose order does not exist at the gateway ends when its time is over.
    async fn end_unknown(&self, id: PaymentId) -> Fallible<()> {
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let Some((account, charge)) = queries::lock_charge(&mut tx, id, None).await? else {
            return Ok(());
        };
        let late = charge.expires_at.is_none_or(|end| end + GRACE <= at.now);
        if charge.is_open() && late {
            queries::set_charge_status(&mut tx, id, PaymentStatus::Expired).await?;
        }
        if !charge.is_open() || late {
            reject_claim_in(&mut tx, &self.core, &account, &charge, at).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Takes over what the gateway says, in one transaction. Repeating it changes nothing. `seen` is how the attempt
    /// stood before the gateway was asked: an answer that somebody overtook says nothing any more.
    pub(super) async fn apply_payment(
        &self,
        id: PaymentId,
        seen: PaymentStatus,
        transaction: &Transaction,
    ) -> Fallible<Next> {
        use PaymentStatus::{Cancelled, Created, Expired, Failed, Mismatch, Pending, Posted, Reversed};
        let at = self.moment();
        let core = &self.core;
        let mut tx = core.begin().await?;
        let Some((account, charge)) = queries::lock_charge(&mut tx, id, None).await? else {
            return Err(Failure::broken(format!("payment {id} is not known")));
        };
        if charge.status != seen {
            return Ok(Next::Stale);
        }
        let (status, late) = (
            charge.status,
            charge.expires_at.is_some_and(|end| end + GRACE <= at.now),
        );
        let by_hand = status == Reversed
            && suspend_money::went_back_by_hand(&mut tx, id, is_taken_back(&transaction.status)).await?;
        let mut next = Next::Done;
        match (status, &transaction.status) {
            (Created, TransactionStatus::Pending) => {
                next = keep_code_in(&mut tx, &charge, transaction).await?;
            }
            (Pending, TransactionStatus::Pending) if late => next = Next::Expire,
            (Expired | Cancelled | Failed, TransactionStatus::Pending) => next = Next::Cancel,
            // Late success is money too, whatever we thought of the attempt.
            (Created | Pending | Expired | Cancelled | Failed, TransactionStatus::Paid) => {
                if fits(&account, &charge, transaction) {
                    let recorded = post_payment::post_in(
                        &mut tx,
                        core,
                        &account,
                        &charge,
                        post_payment::money(transaction, at),
                        at,
                    )
                    .await?;
                    post_payment::tell_posted_in(&mut tx, core, &account, &charge, &recorded).await?;
                } else {
                    suspend_money::mismatch_in(&mut tx, core, &account, &charge, transaction, at).await?;
                }
            }
            (Created | Pending, ended) => {
                if let Some(status) = end_of(ended) {
                    queries::set_charge_status(&mut tx, id, status).await?;
                    reject_claim_in(&mut tx, core, &account, &charge, at).await?;
                }
            }
            (Expired | Cancelled | Failed, ended) if end_of(ended).is_some() => {
                reject_claim_in(&mut tx, core, &account, &charge, at).await?;
            }
            (Posted, ended) if is_taken_back(ended) => {
                post_payment::reverse_in(&mut tx, core, &account, &charge, at).await?
            }
            (Mismatch, ended) if is_taken_back(ended) => {
                suspend_money::return_mismatch_in(&mut tx, core, &account, &charge, transaction, at).await?;
            }
            (Posted, TransactionStatus::Other(word)) => {
                metrics::counter!("payments_contradicted").increment(1);
                tracing::error!(payment = %id, word, "the gateway says something new about a posted payment");
                self.note_status_in(&mut tx, &charge, transaction, at).await?;
            }
            (Reversed, TransactionStatus::Paid) if !by_hand => {
                metrics::counter!("payments_contradicted").increment(1);
                tracing::error!(payment = %id, "the gateway says a reversed payment is paid: a person must record it anew");
                self.note_status_in(&mut tx, &charge, transaction, at).await?;
            }
            (Expired | Cancelled | Failed | Posted | Mismatch | Reversed, _) => {}
        }
        tx.commit().await?;
        Ok(next)
    }

    /// What the gateway says is for a person: it is kept, and staff can list it.
    async fn note_status_in(
        &self,
        connection: &mut PgConnection,
        charge: &Charge,
        theirs: &Transaction,
        at: Moment,
    ) -> Fallible<()> {
        let subject = Subject::Payment(charge.id);
        let found = compare::status(charge.status, &theirs.status);
        differences::note_in(connection, &self.core, subject, charge.loan_id, &found, at).await?;
        Ok(())
    }
}

/// What a word of the gateway ends an open attempt with.
fn end_of(status: &TransactionStatus) -> Option<PaymentStatus> {
    match status {
        TransactionStatus::Expired => Some(PaymentStatus::Expired),
        TransactionStatus::Cancelled => Some(PaymentStatus::Cancelled),
        // Refunded: it came and went before we looked.
        TransactionStatus::Denied | TransactionStatus::Failed | TransactionStatus::Refunded => {
            Some(PaymentStatus::Failed)
        }
        TransactionStatus::Pending | TransactionStatus::Paid | TransactionStatus::Other(_) => None,
    }
}

/// Whether money that was there is gone.
pub(super) fn is_taken_back(status: &TransactionStatus) -> bool {
    matches!(
        status,
        TransactionStatus::Denied
            | TransactionStatus::Cancelled
            | TransactionStatus::Failed
            | TransactionStatus::Expired
            | TransactionStatus::Refunded
    )
}

/// Whether the money is what we asked for, for a loan that can take it.
fn fits(account: &LockedAccount, charge: &Charge, transaction: &Transaction) -> bool {
    account.is_lent() && transaction.currency == "IDR" && transaction.amount == Some(charge.amount)
}

/// The code is kept, and with it the end the gateway has set. A code that the gateway shows only once and that was
/// lost on the way is given up, there and here: the borrower starts again.
async fn keep_code_in(connection: &mut PgConnection, charge: &Charge, transaction: &Transaction) -> Fallible<Next> {
    let (status, next) = match transaction.instruction {
        Some(_) => (PaymentStatus::Pending, Next::Done),
        None => (PaymentStatus::Failed, Next::Cancel),
    };
    sqlx::query!(
        "update payments.charge
            set status = $2, provider_ref = $3, instruction = $4, expires_at = coalesce($5, expires_at)
          where payment_id = $1",
        charge.id.0,
        status.as_str(),
        transaction.transaction_id,
        transaction.instruction.as_ref().map(Json) as _,
        transaction.expires_at,
    )
    .execute(&mut *connection)
    .await?;
    if next == Next::Cancel {
        books::check_in(connection, &[charge.id]).await?;
    }
    Ok(next)
}

/// The gateway says the money was not sent: an open claim on this attempt is answered (lending.md 7.9).
pub(super) async fn reject_claim_in(
    connection: &mut PgConnection,
    core: &Core,
    account: &LockedAccount,
    charge: &Charge,
    at: Moment,
) -> Fallible<()> {
    if charge.claimed_at.is_none() || !account.is_lent() {
        return Ok(());
    }
    if has_open_claim(&queries::list_events(connection, account.loan_id).await?) {
        let answered = vec![(at.today, EventKind::ClaimResolved { confirmed: false })];
        books::record_in(connection, core, account, answered, at).await?;
    }
    Ok(())
}
