//! Work that happens later: queued in the transaction of the fact that caused it, done by the worker, again and
//! again until it is done. Jobs carry record numbers, never copies.

mod worker;

pub use worker::{Shutdown, run, run_pending};

use crate::{
    Services, changes,
    db::JOB_SCHEMA,
    failure::{Failure, Fallible},
};
use domain::{
    Actor,
    event::Event,
    id::{ChallengeId, DifferenceId, LoanId, PaymentId, PayoutId, SuspenseId},
    loans::LoanService,
    notifications::{NotificationService, contact::Reminder},
    users::UserService,
};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// Everything the worker can do, in the imperative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
#[expect(missing_docs, reason = "every field is the record number its name says")]
pub enum Job {
    /// Send the current code of a challenge.
    SendCode { challenge_id: ChallengeId, send_no: u16 },
    /// Tell the person and the other services about a fact.
    Publish { event_id: Uuid, event: Event },
    /// Deliver a notice on one channel.
    Deliver { delivery_id: Uuid },
    /// Run the decision engine on an application.
    DecideApplication { loan_id: LoanId },
    /// Open the account and the payout of an approved application.
    StartPayout { loan_id: LoanId },
    /// Make the papers that a loan has by now.
    IssuePapers { loan_id: LoanId },
    /// Send a payout to the gateway.
    SendPayout { payout_id: PayoutId },
    /// Ask the gateway how a payout is.
    CheckPayout { payout_id: PayoutId },
    /// Ask the gateway how a payment is.
    CheckPayment { payment_id: PaymentId },
    /// Give money in suspense back to its payer.
    ReturnMoney { suspense_id: SuspenseId },
    /// Work on a notice from a gateway.
    ProcessInbox { inbox_id: Uuid },
    /// Close every business day up to this one that is not closed.
    CloseDay { day: Date },
    /// Rebuild one of seven parts of the loans from their events and compare.
    ProveLoans { part: u8 },
    /// Compare a business day with what the gateways say of it.
    ReconcileDay { day: Date },
    /// Follow what a difference is about, and look whether it is still there.
    SettleDifference { difference_id: DifferenceId },
    /// Plan today's reminders.
    PlanReminders,
    /// Tell one reminder, if it is still true.
    Remind {
        loan_id: LoanId,
        due_on: Date,
        reminder: Reminder,
    },
    /// Look for work that was left behind: overdue checks, unprocessed notices, expired challenges.
    Sweep,
}

/// Why a job did not end well: `Retry` is tried again with growing pauses, `Fail` is for a person.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// May work later, and not before a third party said, if it did.
    #[error("retry: {reason}")]
    Retry {
        /// What is in the way.
        reason: String,
        /// The wait that was asked of us.
        after: Option<std::time::Duration>,
    },
    /// Will never work.
    #[error("fail: {0}")]
    Fail(String),
}

impl From<Failure> for JobError {
    fn from(failure: Failure) -> Self {
        if failure.is_passing() {
            Self::Retry {
                reason: failure.to_string(),
                after: failure.wait_asked(),
            }
        } else {
            Self::Fail(failure.to_string())
        }
    }
}

impl From<domain::Error> for JobError {
    fn from(error: domain::Error) -> Self {
        Failure::from(error).into()
    }
}

/// Queues `job` in the caller's transaction, to run at `run_at` or at once.
pub async fn enqueue_in(connection: &mut PgConnection, job: &Job, run_at: Option<OffsetDateTime>) -> Fallible<()> {
    let payload = serde_json::to_value(job).map_err(Failure::broken)?;
    // The queue's tables are not ours to check at compile time: its own crate migrates them.
    sqlx::query("select graphile_worker.add_job('job', payload => $1::json, run_at => $2)")
        .bind(payload)
        .bind(run_at)
        .execute(connection)
        .await?;
    Ok(())
}

/// Queues many jobs in the caller's transaction, to run at `run_at` or at once.
pub async fn enqueue_all_in(
    connection: &mut PgConnection,
    jobs: &[Job],
    run_at: Option<OffsetDateTime>,
) -> Fallible<()> {
    let payloads = jobs.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
    sqlx::query("select graphile_worker.add_job('job', payload => one.payload::json, run_at => $2) from unnest($1::jsonb[]) one (payload)")
        .bind(payloads.map_err(Failure::broken)?)
        .bind(run_at)
        .execute(connection)
        .await?;
    Ok(())
}

/// Queues `job` under a key: takes the place of one that waits, and leaves one alone that a worker holds. That worker may
/// be dead: its job is tried again when that is noticed. To replace it would leave its row behind for ever.
pub async fn enqueue_once_in(connection: &mut PgConnection, job: &Job, key: &str) -> Fallible<()> {
    let payload = serde_json::to_value(job).map_err(Failure::broken)?;
    sqlx::query(
        "select graphile_worker.add_job('job', payload => $1::json, job_key => $2)
          where not exists (select from graphile_worker.jobs where key = $2 and locked_at is not null)",
    )
    .bind(payload)
    .bind(key)
    .execute(connection)
    .await?;
    Ok(())
}

/// Jobs that are tried no more: each waits for a person.
pub(super) async fn count_dead(services: &Services) -> Fallible<u32> {
    let dead: i64 = sqlx::query_scalar(
        "select count(*) from graphile_worker.jobs where attempts >= max_attempts and locked_at is null",
    )
    .fetch_one(&services.core.db)
    .await?;
    u32::try_from(dead).map_err(Failure::broken)
}

/// Queues the publication of `event` in the caller's transaction; pages that follow the person hear of it at commit.
pub async fn publish_in(connection: &mut PgConnection, core: &crate::Core, event: Event) -> Fallible<()> {
    changes::tell_in(connection, event.user_id()).await?;
    enqueue_in(
        connection,
        &Job::Publish {
            event_id: core.clock.new_id(),
            event,
        },
        None,
    )
    .await
}

impl Job {
    /// Does the work once.
    pub async fn perform(self, services: &Services) -> Result<(), JobError> {
        let system = Actor::system();
        match self {
            Self::SendCode { challenge_id, send_no } => services.auth.deliver_code(challenge_id, send_no).await?,
            Self::Publish { event_id, event } => publish(services, &system, event_id, &event).await?,
            Self::Deliver { delivery_id } => services.notifications.deliver(delivery_id).await?,
            Self::DecideApplication { loan_id } => services.loans.decide_by_engine(&system, loan_id).await?,
            Self::StartPayout { loan_id } => services.loans.start_payout(&system, loan_id).await?,
            Self::IssuePapers { loan_id } => services.loans.issue_papers(&system, loan_id).await?,
            Self::SendPayout { payout_id } => services.payments.send_payout(payout_id).await?,
            Self::CheckPayout { payout_id } => services.payments.check_payout(payout_id).await?,
            Self::CheckPayment { payment_id } => services.payments.check_payment(payment_id).await?,
            Self::ReturnMoney { suspense_id } => services.payments.return_money(suspense_id).await?,
            Self::ProcessInbox { inbox_id } => services.payments.process_inbox(inbox_id).await?,
            Self::CloseDay { day } => {
                services.payments.close_day(day).await?;
            }
            Self::ProveLoans { part } => {
                services.payments.prove(Some(part)).await?;
            }
            Self::ReconcileDay { day } => {
                services.payments.reconcile(day).await?;
            }
            Self::SettleDifference { difference_id } => services.payments.settle_difference(difference_id).await?,
            Self::PlanReminders => {
                let calendar = services.notifications.contact_calendar().await?;
                services.payments.plan_reminders(&calendar).await?;
                services.payments.start_refunds(&calendar.holidays).await?;
            }
            Self::Remind {
                loan_id,
                due_on,
                reminder,
            } => remind(services, loan_id, due_on, reminder).await?,
            Self::Sweep => {
                services.payments.sweep().await?;
                services.loans.sweep().await?;
                services.auth.sweep().await?;
            }
        }
        Ok(())
    }
}

/// Tells a reminder. What is told after the due date waits for the next time at which contact is allowed, and is asked
/// then whether it is still true; what is told before is over when its time is (lending.md 13.1).
async fn remind(services: &Services, loan_id: LoanId, due_on: Date, reminder: Reminder) -> Result<(), JobError> {
    let now = services.core.clock.now();
    let calendar = services.notifications.contact_calendar().await?;
    if reminder == Reminder::OneAfter
        && calendar.allows(now, None).is_err()
        && let Some(next) = calendar.next_reminder_time(now)
    {
        let mut connection = services.core.db.acquire().await.map_err(Failure::from)?;
        let again = Job::Remind {
            loan_id,
            due_on,
            reminder,
        };
        return Ok(enqueue_in(&mut connection, &again, Some(next)).await?);
    }
    let numbers = services.loans.numbers(&Actor::system(), &[loan_id]).await?;
    let number = numbers
        .get(&loan_id)
        .ok_or_else(|| JobError::Fail(format!("loan {loan_id} has no number")))?;
    Ok(services.payments.remind(loan_id, number, due_on, reminder).await?)
}

/// Who reacts to which fact. Every reaction is idempotent, so a retry may repeat those that worked.
async fn publish(services: &Services, system: &Actor, event_id: Uuid, event: &Event) -> Result<(), JobError> {
    match event {
        Event::IdentityPapersComplete { user_id } => {
            services.users.papers_complete(system, *user_id).await?;
            services.loans.borrower_answered(system, *user_id).await?;
        }
        Event::PhotoRetakeAsked { user_id, .. } => services.loans.wait_for_borrower(system, *user_id).await?,
        Event::LoanDisbursed { loan_id, .. }
        | Event::PayoutFailed { loan_id, .. }
        | Event::PayoutReversed { loan_id, .. }
        | Event::PayoutLapsed { loan_id, .. }
        | Event::PaymentReversed { loan_id, .. }
        | Event::LoanPaidOff { loan_id, .. } => services.loans.follow_payments(system, *loan_id).await?,
        _ => {}
    }
    if let Event::ApplicationApproved { loan_id, .. }
    | Event::LoanDisbursed { loan_id, .. }
    | Event::LoanPaidOff { loan_id, .. }
    | Event::RefundPaid { loan_id, .. } = event
    {
        // A job of its own: a store that is away must not keep the news from the borrower.
        let mut connection = services.core.db.acquire().await.map_err(Failure::from)?;
        let papers = Job::IssuePapers { loan_id: *loan_id };
        enqueue_in(&mut connection, &papers, None).await?;
    }
    services.notifications.tell(system, event_id, event).await?;
    Ok(())
}

/// The schema name, for the worker.
pub(crate) const SCHEMA: &str = JOB_SCHEMA;
