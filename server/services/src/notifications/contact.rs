//! The gate of every message about an unpaid bill (lending.md 13.1): outside the rules nothing is sent, the refusal is
//! kept, and nobody can override it. The zone of the address is not known yet, so all three zones must allow it.

use super::Notifications;
use crate::{
    audit,
    failure::Fallible,
    jobs::{self, Job},
};
use domain::{
    Actor,
    audit::Entry,
    event::Event,
    id::UserId,
    notifications::contact::{ContactCalendar, ContactRule, Reminder},
};
use uuid::Uuid;

impl Notifications {
    /// The holidays of the years that are loaded.
    pub async fn contact_calendar(&self) -> Fallible<ContactCalendar> {
        let years = sqlx::query_scalar!("select year from notifications.calendar_year")
            .fetch_all(&self.core.db)
            .await?;
        let holidays = sqlx::query_scalar!("select day from notifications.holiday")
            .fetch_all(&self.core.db)
            .await?;
        Ok(ContactCalendar {
            years: years.into_iter().map(i32::from).collect(),
            holidays: holidays.into_iter().collect(),
        })
    }

    /// The rule that forbids contact now, if one does.
    pub(super) async fn forbidden_now(&self) -> Fallible<Option<ContactRule>> {
        let calendar = self.contact_calendar().await?;
        Ok(calendar.allows(self.core.clock.now(), None).err())
    }

    /// Keeps the refusal. What is told after the due date comes back at the next allowed time; before it, it is over.
    pub(super) async fn refuse(&self, event_id: Uuid, event: &Event, rule: ContactRule) -> Fallible<()> {
        let mut tx = self.core.db.begin().await?;
        self.keep_refusal_in(&mut tx, event.user_id(), rule).await?;
        if let Event::InstalmentReminder {
            reminder: Reminder::OneAfter,
            ..
        } = event
        {
            let calendar = self.contact_calendar().await?;
            let next = calendar.next_reminder_time(self.core.clock.now());
            if let Some(next) = next {
                let again = Job::Publish {
                    event_id,
                    event: event.clone(),
                };
                jobs::enqueue_in(&mut tx, &again, Some(next)).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn keep_refusal_in(
        &self,
        connection: &mut sqlx::PgConnection,
        user_id: UserId,
        rule: ContactRule,
    ) -> Fallible<()> {
        metrics::counter!("contacts_refused", "rule" => rule.as_str()).increment(1);
        let entry = Entry::denied("notifications.contact", "account", user_id).because(rule.as_str());
        audit::record_in(connection, &self.core, &Actor::system(), entry).await
    }
}
