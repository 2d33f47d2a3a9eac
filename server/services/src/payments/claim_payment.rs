//! "I have paid." Enters: a payment of the asker. Leaves: a check at the gateway at once and again every minute while
//! the code is open; while the claim waits, no late fee is charged (lending.md 7.9, 8.7).

use super::{
    COMMANDS, Payments,
    books::{self, has_open_claim},
    queries,
};
use crate::{
    audit,
    command::Command,
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Error,
    audit::Entry,
    id::PaymentId,
    payments::{
        Payment, PaymentStatus,
        servicing::{EventKind, replay},
    },
};

impl Payments {
    pub(super) async fn claim_paid(&self, actor: &Actor, id: PaymentId, key: Option<&str>) -> Fallible<Payment> {
        let user_id = actor.borrower()?;
        let at = self.moment();
        let command = Command::new(&COMMANDS, user_id, "payments.claim", key, &id)?;
        let mut tx = self.core.begin().await?;
        if let Some(first) = command.take_in(&mut tx, &self.core).await? {
            return Ok(first);
        }
        let locked = queries::lock_charge(&mut tx, id, Some(user_id)).await?;
        let (account, charge) = locked.ok_or(Error::NotFound)?;
        let answered = matches!(
            charge.status,
            PaymentStatus::Posted | PaymentStatus::Reversed | PaymentStatus::Mismatch
        );
        if !answered && charge.claimed_at.is_none() {
            sqlx::query!(
                "update payments.charge set claimed_at = $2 where payment_id = $1",
                id.0,
                at.now
            )
            .execute(&mut *tx)
            .await?;
            let events = queries::list_events(&mut tx, account.loan_id).await?;
            if account.is_lent() && !has_open_claim(&events) {
                let position = replay(&account.contract, &events, at.today).map_err(Failure::broken)?;
                let oldest = position
                    .bill
                    .as_ref()
                    .and_then(|bill| bill.instalments.first().copied());
                // On its due date too: the answer may take days, and they must cost nothing.
                if let Some(instalment) = oldest {
                    let opened = vec![(at.today, EventKind::ClaimOpened { instalment })];
                    books::record_in(&mut tx, &self.core, &account, opened, at).await?;
                }
            }
            books::check_in(&mut tx, &[id]).await?;
            let entry = Entry::allowed("payments.claim", "payment", id);
            audit::record_in(&mut tx, &self.core, actor, entry).await?;
        }
        let payment = queries::find_payment(&mut tx, id, Some(user_id))
            .await?
            .ok_or(Error::NotFound)?;
        command.answer_in(&mut tx, &self.core, &payment).await?;
        tx.commit().await?;
        Ok(payment)
    }
}
