//! Devices: the ones that are signed in, and the ones that proved the account's number once.

use super::{
    Auth,
    session::{device_name, rules},
};
use crate::{crypto, failure::Fallible};
use domain::{
    Actor, Error,
    auth::{Device, Secret, SessionKind},
    id::{SessionId, UserId},
};
use sqlx::PgConnection;

/// How many devices an account remembers; the one not used for longest goes.
const MAX_DEVICES: i64 = 10;

impl Auth {
    pub(super) async fn devices(&self, actor: &Actor) -> Fallible<Vec<Device>> {
        let session = actor.session().ok_or(Error::Unauthenticated)?;
        let now = self.core.clock.now();
        let rows = sqlx::query!(
            "select session_id, device, created_at, last_seen_at from auth.session
             where user_id = $1 and ended_at is null and expires_at > $2
               and last_seen_at > case kind when 'borrower' then $3 when 'staff' then $4 else '-infinity'::timestamptz end
             order by created_at desc, session_id desc limit 100",
            session.user_id.0,
            now,
            now - rules(SessionKind::Borrower).1,
            now - rules(SessionKind::Staff).1,
        )
        .fetch_all(&self.core.db)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| Device {
                session_id: SessionId(row.session_id),
                name: row.device,
                signed_in_at: row.created_at,
                last_seen_at: row.last_seen_at,
                current: row.session_id == session.id.0,
            })
            .collect())
    }

    /// Remembers the device that just proved the account's number; the token is for its long-lived cookie.
    pub(super) async fn remember_device_in(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
        user: UserId,
    ) -> Fallible<Secret> {
        let (token, now) = (crypto::random_secret(), self.core.clock.now());
        sqlx::query!(
            "insert into auth.device (device_id, user_id, token_hash, name, created_at, last_used_at)
             values ($1, $2, $3, $4, $5, $5)",
            self.core.clock.new_id(),
            user.0,
            &crypto::sha256(token.expose().as_bytes()),
            device_name(actor),
            now,
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "delete from auth.device where device_id in (
                 select device_id from auth.device where user_id = $1 order by last_used_at desc, device_id desc offset $2)",
            user.0,
            MAX_DEVICES,
        )
        .execute(connection)
        .await?;
        Ok(token)
    }
}
