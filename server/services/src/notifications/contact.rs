//! The gate of every message about an unpaid bill (lending.md 13.1): outside the rules nothing is sent, the refusal is
//! kept, and nobody can override it. The zone of the address is not known yet, so all three zones must allow it.

use super::Notifications;
use crate::{audit, failure::Fallible};
use domain::{
    Actor,
    audit::Entry,
    event::Event,
    id::UserId,
    notifications::contact::{ContactCalendar, ContactRule},
};

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

    /// Keeps the refusal. Nothing is told later: what was true then may not be any more.
    pub(super) async fn refuse(&self, event: &Event, rule: ContactRule) -> Fallible<()> {
        let mut tx = self.core.begin().await?;
        self.keep_refusal_in(&mut tx, event.user_id(), rule).await?;
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
