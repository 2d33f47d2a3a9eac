//! The right to a person's decision (UU PDP 27/2022): once, within thirty days, of any decline by the engine.

use super::{COMMANDS, Loans, decide_by_engine::lock_in_status, load::Surroundings};
use crate::{
    audit,
    command::Command,
    failure::{Fallible, OnConstraint as _},
    jobs,
};
use domain::{
    Actor, Refusal,
    audit::Entry,
    event::Event,
    id::{LoanId, UserId},
    loans::{Loan, LoanStatus},
};

impl Loans {
    pub(super) async fn ask_for_review(&self, actor: &Actor, id: LoanId, key: Option<&str>) -> Fallible<Loan> {
        let user = actor.borrower()?;
        let command = Command::new(&COMMANDS, user, "request_review", key, &id)?;
        command.once(&self.core, self.ask_once(actor, user, id, &command)).await
    }

    async fn ask_once(&self, actor: &Actor, user: UserId, id: LoanId, command: &Command<'_>) -> Fallible<Loan> {
        let loan = self.get_of_asker(actor, id).await?;
        match loan.status {
            LoanStatus::Referred => return self.keep(command, loan).await,
            LoanStatus::Declined if loan.may_ask_review => {}
            LoanStatus::Declined => return Err(Refusal::ReviewUsed.into()),
            _ => return Err(Refusal::WrongState.into()),
        }
        let now = self.core.clock.now();
        let around = Surroundings {
            holidays: Some(self.notifications.holidays().await?),
            ..Surroundings::default()
        };
        let mut tx = self.core.begin().await?;
        if let Some(first) = command.take_in(&mut tx, &self.core).await? {
            return Ok(first);
        }
        if !lock_in_status(&mut tx, id, &["declined"]).await? {
            return Err(Refusal::WrongState.into());
        }
        // Who decided, or agreed first, takes no part in the review.
        sqlx::query!(
            "update loans.application a
             set status = 'referred', waiting_since = $2, review_requested_at = $2, first_officer = null,
                 took_part = array(
                     select d.decided_by from loans.decision d where d.loan_id = a.loan_id and d.decided_by is not null
                     union
                     select a.first_officer where a.first_officer is not null
                 )
             where a.loan_id = $1",
            id.0,
            now,
        )
        .execute(&mut *tx)
        .await
        .on_constraint("application_one_open_key", |_| Refusal::ActiveApplication.into())?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("loans.request_review", "loan", id),
        )
        .await?;
        jobs::publish_in(
            &mut tx,
            &self.core,
            Event::ApplicationReferred {
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
