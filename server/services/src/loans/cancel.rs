//! Cancelling for free, until the money is on its way. The payout decides the race: once it cannot be sent any more,
//! the application is cancelled.

use super::{COMMANDS, Loans, decide_by_engine::lock_in_status, load::Surroundings};
use crate::{audit, command::Command, failure::Fallible, jobs};
use domain::{
    Actor, Error, Refusal,
    audit::Entry,
    event::Event,
    id::{LoanId, UserId},
    loans::{Loan, LoanStatus},
};

impl Loans {
    pub(super) async fn cancel_application(&self, actor: &Actor, id: LoanId, key: Option<&str>) -> Fallible<Loan> {
        let user = actor.borrower()?;
        let command = Command::new(&COMMANDS, user, "cancel", key, &id)?;
        command
            .once(&self.core, self.cancel_once(actor, user, id, &command))
            .await
    }

    async fn cancel_once(&self, actor: &Actor, user: UserId, id: LoanId, command: &Command<'_>) -> Fallible<Loan> {
        let loan = self.get_of_asker(actor, id).await?;
        match loan.status {
            LoanStatus::Cancelled => return self.keep(command, loan).await,
            LoanStatus::Approved | LoanStatus::Disbursing => self.payments.cancel_payout(&Actor::system(), id).await?,
            LoanStatus::Submitted | LoanStatus::UnderReview | LoanStatus::Referred => {}
            LoanStatus::Active | LoanStatus::Overdue | LoanStatus::Closed | LoanStatus::WrittenOff => {
                return Err(Refusal::PayoutSent.into());
            }
            LoanStatus::Declined => return Err(Refusal::WrongState.into()),
        }
        let around = Surroundings {
            account: self.payments.account(&Actor::system(), id, None).await?,
            ..Surroundings::default()
        };
        let mut tx = self.core.begin().await?;
        if let Some(first) = command.take_in(&mut tx, &self.core).await? {
            return Ok(first);
        }
        if !lock_in_status(&mut tx, id, &["submitted", "under_review", "referred", "approved"]).await? {
            return Err(Refusal::WrongState.into());
        }
        // Approved between the look above and the lock: the payout must be stopped first.
        if matches!(
            loan.status,
            LoanStatus::Submitted | LoanStatus::UnderReview | LoanStatus::Referred
        ) {
            let status = sqlx::query_scalar!("select status from loans.application where loan_id = $1", id.0)
                .fetch_one(&mut *tx)
                .await?;
            if status == "approved" {
                return Err(Error::Busy { retry_after: 1 }.into());
            }
        }
        sqlx::query!(
            "update loans.application set status = 'cancelled', cancelled_at = $2 where loan_id = $1",
            id.0,
            self.core.clock.now(),
        )
        .execute(&mut *tx)
        .await?;
        audit::record_in(&mut tx, &self.core, actor, Entry::allowed("loans.cancel", "loan", id)).await?;
        jobs::publish_in(
            &mut tx,
            &self.core,
            Event::ApplicationCancelled {
                user_id: user,
                loan_id: id,
            },
        )
        .await?;
        let loan = self.load_in(&mut tx, user, id, around).await?;
        command.answer_in(&mut tx, &self.core, &loan).await?;
        tx.commit().await?;
        Ok(loan)
    }
}
