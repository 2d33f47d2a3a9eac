//! Applications that nobody decided. Enters: the time. Leaves: the engine's job once more for those it left alone while
//! no policy was in force, and an end with a notice for those that waited fourteen days (lending.md 7.2).

use super::{Loans, decide_by_engine::lock_in_status};
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
};
use time::Duration;

/// An application waits so long for a decision.
const PATIENCE: Duration = Duration::days(14);
/// Where it may wait. A review that the borrower asked for is owed an answer, however late.
const WAITING: [&str; 3] = ["submitted", "under_review", "referred"];
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

    pub(super) async fn expire_waiting(&self) -> Fallible<()> {
        let waiting = sqlx::query!(
            "select loan_id, user_id from loans.application
             where status in ('submitted', 'under_review', 'referred') and review_requested_at is null
               and coalesce(waiting_since, submitted_at) <= $1
             order by submitted_at limit $2",
            self.core.clock.now() - PATIENCE,
            MOST,
        )
        .fetch_all(&self.core.db)
        .await?;
        for row in waiting {
            self.expire(UserId(row.user_id), LoanId(row.loan_id)).await?;
        }
        Ok(())
    }

    async fn expire(&self, user_id: UserId, loan_id: LoanId) -> Fallible<()> {
        let mut tx = self.core.begin().await?;
        if !lock_in_status(&mut tx, loan_id, &WAITING).await? {
            return Ok(());
        }
        sqlx::query!(
            "update loans.application set status = 'cancelled', cancelled_at = $2, waiting_since = null where loan_id = $1",
            loan_id.0,
            self.core.clock.now(),
        )
        .execute(&mut *tx)
        .await?;
        let entry = Entry::allowed("loans.expire", "loan", loan_id);
        audit::record_in(&mut tx, &self.core, &Actor::system(), entry).await?;
        jobs::publish_in(&mut tx, &self.core, Event::ApplicationExpired { user_id, loan_id }).await?;
        tx.commit().await?;
        Ok(())
    }
}
