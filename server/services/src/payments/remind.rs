//! Reminders of instalments (lending.md 13.1). Enters: the calendar of contacts, the day. Leaves: one planned reminder
//! for each instalment and step, told at its time when it is still true. Whether somebody may be contacted then is
//! decided again by the notifications service, which sends.

use super::{Payments, books};
use crate::{
    failure::Fallible,
    jobs::{self, Job},
};
use domain::{
    Actor,
    audit::Entry,
    event::{Event, UnpaidInstalment},
    id::{LoanId, UserId},
    notifications::contact::{ContactCalendar, ContactRule, Reminder},
    payments::{late_fee, servicing::LinePosition},
};
use time::Date;

/// Reminders planned in one transaction.
const CHUNK: i64 = 2_000;

impl Payments {
    /// Plans today's reminders. Idempotent by loan, due date and reminder; a quiet day has none, because the days
    /// around it take them.
    pub async fn plan_reminders(&self, calendar: &ContactCalendar) -> Fallible<i64> {
        let at = self.moment();
        if calendar.day(at.today) == Err(ContactRule::CalendarMissing) {
            metrics::counter!("contact_calendar_missing").increment(1);
            tracing::error!(
                year = at.today.year(),
                "the holidays of this year are not loaded: nobody is reminded"
            );
        }
        let Some(time) = calendar.reminder_time(at.today) else {
            return Ok(0);
        };
        let mut planned = 0;
        for (due_on, reminder) in calendar.reminders_on(at.today) {
            loop {
                let mut tx = self.core.begin().await?;
                let loans = sqlx::query_scalar!(
                    "insert into payments.reminder (loan_id, due_on, step, planned_at, state)
                     select s.loan_id, $1, $2, $3, 'planned'
                       from payments.standing s
                      where not s.resting
                        and s.principal > 0
                        and (s.oldest_due = $1 or ($4 and s.due_on = $1 and s.oldest_due < $1))
                        and not exists (
                                select
                                  from payments.reminder r
                                 where r.loan_id = s.loan_id
                                   and r.due_on = $1
                                   and r.step = $2
                            )
                      limit $5
                     on conflict on constraint reminder_pkey do nothing
                     returning loan_id",
                    due_on,
                    reminder.as_str(),
                    time.max(at.now),
                    reminder != Reminder::OneAfter,
                    CHUNK,
                )
                .fetch_all(&mut *tx)
                .await?;
                let jobs: Vec<Job> = loans
                    .iter()
                    .map(|loan_id| Job::Remind {
                        loan_id: LoanId(*loan_id),
                        due_on,
                        reminder,
                    })
                    .collect();
                jobs::enqueue_all_in(&mut tx, &jobs, Some(time)).await?;
                tx.commit().await?;
                if jobs.is_empty() {
                    break;
                }
                planned += i64::try_from(jobs.len()).unwrap_or(i64::MAX);
            }
        }
        Ok(planned)
    }

    /// Tells one planned reminder, unless the instalment is paid, or a claim, a request for help or an officer has
    /// stopped the pressure; `number` is the loan's, as people read it. Idempotent: a reminder is settled once.
    pub async fn remind(&self, loan_id: LoanId, number: &str, due_on: Date, reminder: Reminder) -> Fallible<()> {
        let account = self.find_account(&Actor::system(), loan_id, None).await?;
        let owed = |line: &&LinePosition| {
            line.due_on == due_on && (line.principal.open().is_positive() || line.interest.open().is_positive())
        };
        let mut unpaid = None;
        if let Some(account) = &account
            && let Some(position) = &account.position
            && let Some(line) = position.lines.iter().find(owed)
        {
            unpaid = Some((
                position,
                line,
                late_fee::per_day(account.contract.late_fee, line, position.as_of),
            ));
        }
        let state = match unpaid {
            Some((position, ..)) if position.late_fee_frozen => "paused",
            Some(_) => "told",
            None => "not_needed",
        };
        let mut tx = self.core.begin().await?;
        let user_id = sqlx::query_scalar!(
            "update payments.reminder r
                set state = $4, settled_at = $5
               from payments.account a
              where r.loan_id = $1
                and r.due_on = $2
                and r.step = $3
                and r.state = 'planned'
                and a.loan_id = r.loan_id
             returning a.user_id",
            loan_id.0,
            due_on,
            reminder.as_str(),
            state,
            self.core.clock.now(),
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(user_id) = user_id.map(UserId) else {
            return Ok(());
        };
        match unpaid {
            Some((position, line, per_day)) if state == "told" => {
                let fact = Event::InstalmentReminder {
                    user_id,
                    loan_id,
                    reminder,
                    unpaid: Some(UnpaidInstalment {
                        number: number.to_owned(),
                        amount: line.open(),
                        due_on,
                        told_on: position.as_of,
                        late_fee_per_day: per_day.filter(|_| position.room.is_positive()),
                    }),
                };
                let entry = Entry::allowed("payments.remind", "loan", loan_id).because(reminder.as_str());
                books::tell_in(&mut tx, &self.core, fact, entry).await?;
            }
            Some(_) => {
                let entry = Entry::denied("payments.remind", "loan", loan_id).because("open_claim_or_request");
                crate::audit::record_in(&mut tx, &self.core, &Actor::system(), entry).await?;
            }
            None => {}
        }
        tx.commit().await?;
        Ok(())
    }
}
