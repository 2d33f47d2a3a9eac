//! Which channels a person wants; the defaults count until somebody chooses.

use super::Notifications;
use crate::failure::Fallible;
use domain::{Actor, id::UserId, notifications::Preferences};
use sqlx::PgConnection;

/// The stored choice, or the defaults.
pub(super) async fn find(connection: &mut PgConnection, user_id: UserId) -> Fallible<Preferences> {
    let row = sqlx::query!(
        "select whatsapp, email, sms, push, amounts_in_push
         from notifications.preference
         where user_id = $1",
        user_id.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map_or_else(Preferences::default, |row| Preferences {
        whatsapp: row.whatsapp,
        email: row.email,
        sms: row.sms,
        push: row.push,
        amounts_in_push: row.amounts_in_push,
    }))
}

impl Notifications {
    pub(super) async fn read_preferences(&self, actor: &Actor) -> Fallible<Preferences> {
        let user_id = actor.borrower()?;
        let mut connection = self.core.db.acquire().await?;
        find(&mut connection, user_id).await
    }

    pub(super) async fn write_preferences(&self, actor: &Actor, chosen: Preferences) -> Fallible<Preferences> {
        sqlx::query!(
            "insert into notifications.preference (user_id, whatsapp, email, sms, push, amounts_in_push, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict on constraint preference_pkey do update
             set whatsapp = excluded.whatsapp,
                 email = excluded.email,
                 sms = excluded.sms,
                 push = excluded.push,
                 amounts_in_push = excluded.amounts_in_push,
                 updated_at = excluded.updated_at",
            actor.borrower()?.0,
            chosen.whatsapp,
            chosen.email,
            chosen.sms,
            chosen.push,
            chosen.amounts_in_push,
            self.core.clock.now(),
        )
        .execute(&self.core.db)
        .await?;
        Ok(chosen)
    }
}
