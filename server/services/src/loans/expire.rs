//! Applications that wait. Enters: the time, what was asked of a borrower. Leaves: the engine's job once more for those it
//! left alone while no policy was in force, and an end with a notice for those whose borrower owed an answer for fourteen
//! days (lending.md 7.2). What waits for us waits as long as we need.

use super::Loans;
use crate::{
    audit,
    failure::{Failure, Fallible},
    jobs::{self, Job},
};
use domain::{
    Actor, Error, Refusal,
    audit::Entry,
    event::Event,
    id::{LoanId, UserId},
    users::KycStatus,
};
use time::Duration;

/// An application waits so long for its borrower.
const PATIENCE: Duration = Duration::days(14);
/// The engine's own job is surely over by then.
const ENGINE: Duration = Duration::minutes(10);
/// Applications of one sweep.
const MOST: i64 = 200;

impl Loans {
    pub(super) async fn take_up_left_behind(&self) -> Fallible<()> {
        match self.policy_in_force().await {
            Ok(_) => {}
            Err(Failure::Domain(Error::Refused(Refusal::NotOffered))) => return Ok(()),
            Err(failure) => return Err(failure),
        }
        let left = sqlx::query_scalar!(
            "select loan_id from loans.application
             where status = 'submitted' and submitted_at <= $1 order by submitted_at limit $2",
            self.core.clock.now() - ENGINE,
            MOST,
        )
        .fetch_all(&self.core.db)
        .await?;
        let mut connection = self.core.db.acquire().await?;
        for id in left {
            let job = Job::DecideApplication { loan_id: LoanId(id) };
            jobs::enqueue_once_in(&mut connection, &job, &format!("decide {id}")).await?;
        }
        Ok(())
    }

    /// A photo is wanted again (event): the borrower owes an answer now, and an officer who agreed had seen the old one.
    /// An event that is told once more after the answer changes nothing.
    pub async fn wait_for_borrower(&self, actor: &Actor, user_id: UserId) -> Fallible<()> {
        actor.require_system()?;
        if !self.owes_photo(user_id).await? {
            return Ok(());
        }
        sqlx::query!(
            "update loans.application set first_officer = null, asked_at = coalesce(asked_at, $2)
             where user_id = $1 and status in ('submitted', 'under_review', 'referred')",
            user_id.0,
            self.core.clock.now(),
        )
        .execute(&self.core.db)
        .await?;
        Ok(())
    }

    async fn owes_photo(&self, user_id: UserId) -> Fallible<bool> {
        let profile = self.users.profile_of(&Actor::system(), user_id).await?;
        Ok(profile.kyc_status == KycStatus::Retake)
    }

    /// The photos are there again (event).
    pub async fn borrower_answered(&self, actor: &Actor, user_id: UserId) -> Fallible<()> {
        actor.require_system()?;
        sqlx::query!(
            "update loans.application set asked_at = null where user_id = $1 and asked_at is not null and cancelled_at is null",
            user_id.0
        )
        .execute(&self.core.db)
        .await?;
        Ok(())
    }

    pub(super) async fn expire_waiting(&self) -> Fallible<()> {
        let waiting = sqlx::query!(
            "select loan_id, user_id from loans.application
             where status in ('submitted', 'under_review', 'referred') and asked_at <= $1
             order by asked_at limit $2",
            self.core.clock.now() - PATIENCE,
            MOST,
        )
        .fetch_all(&self.core.db)
        .await?;
        let mut told = Ok(());
        for row in waiting {
            // One that cannot end keeps no other from it.
            if let Err(failure) = self.expire(UserId(row.user_id), LoanId(row.loan_id)).await {
                tracing::error!(loan = %LoanId(row.loan_id), %failure, "an application could not expire");
                told = Err(failure);
            }
        }
        told
    }

    async fn expire(&self, user_id: UserId, loan_id: LoanId) -> Fallible<()> {
        if !self.owes_photo(user_id).await? {
            return self.borrower_answered(&Actor::system(), user_id).await;
        }
        let now = self.core.clock.now();
        let mut tx = self.core.begin().await?;
        let ended = sqlx::query!(
            "update loans.application set status = 'cancelled', cancelled_at = $2, waiting_since = null
             where loan_id = $1 and status in ('submitted', 'under_review', 'referred') and asked_at <= $3",
            loan_id.0,
            now,
            now - PATIENCE,
        )
        .execute(&mut *tx)
        .await?;
        // Answered, decided or withdrawn meanwhile.
        if ended.rows_affected() == 0 {
            return Ok(());
        }
        let entry = Entry::allowed("loans.expire", "loan", loan_id);
        audit::record_in(&mut tx, &self.core, &Actor::system(), entry).await?;
        jobs::publish_in(&mut tx, &self.core, Event::ApplicationExpired { user_id, loan_id }).await?;
        tx.commit().await?;
        Ok(())
    }
}
