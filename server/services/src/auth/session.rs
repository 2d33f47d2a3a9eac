//! Sessions (security.md R15, R16): 32 random bytes in a cookie, their SHA-256 here. Looked up at every request, so
//! that an ended one is refused at once.

use super::{Auth, queries};
use crate::{audit, crypto, failure::Fallible};
use domain::{
    Actor, Error, Refusal, Role, Session,
    audit::Entry,
    auth::{NewSession, Secret, SessionKind},
    id::{SessionId, UserId},
};
use sqlx::PgConnection;
use time::Duration;
use uuid::Uuid;

/// How many sessions a borrower may have; the oldest ends.
const MAX_SESSIONS: i64 = 5;
/// The longest name of a device, in characters.
const MAX_DEVICE: usize = 60;

/// Stored spelling, idle limit, absolute limit.
pub(super) const fn rules(kind: SessionKind) -> (&'static str, Duration, Duration) {
    match kind {
        SessionKind::Borrower => ("borrower", Duration::minutes(15), Duration::hours(12)),
        SessionKind::Staff => ("staff", Duration::minutes(10), Duration::hours(8)),
    }
}

/// A session ends here: the refresh tokens hang on it.
const fn surplus(kind: SessionKind) -> i64 {
    match kind {
        SessionKind::Borrower => MAX_SESSIONS - 1,
        SessionKind::Staff => 0,
    }
}

impl Auth {
    pub(super) async fn live_session(&self, token: &Secret, kind: SessionKind) -> Fallible<Option<Session>> {
        let (name, idle, _) = rules(kind);
        let now = self.core.clock.now();
        let row = sqlx::query!(
            "select s.session_id, s.user_id, s.authenticated_at, s.last_seen_at, a.role, a.display_name
             from auth.session s join auth.account a using (user_id)
             where s.token_hash = $1 and s.kind = $2 and s.ended_at is null and s.expires_at > $3 and s.last_seen_at > $4
               and a.disabled_at is null",
            &crypto::sha256(token.expose().as_bytes()),
            name,
            now,
            now - idle,
        )
        .fetch_optional(&self.core.db)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let role = queries::role_of(&row.role)?;
        if (role == Role::Borrower) != (kind == SessionKind::Borrower) {
            return Ok(None);
        }
        self.note_activity(row.session_id, row.last_seen_at).await?;
        Ok(Some(Session {
            id: SessionId(row.session_id),
            user_id: UserId(row.user_id),
            role,
            name: row.display_name,
            authenticated_at: row.authenticated_at,
        }))
    }

    pub(super) async fn name_of_staff(&self, actor: &Actor, user_id: UserId) -> Fallible<Option<String>> {
        actor.staff(&Role::STAFF)?;
        let found = sqlx::query_scalar!(
            "select display_name from auth.account where user_id = $1 and role <> 'borrower'",
            user_id.0,
        );
        Ok(found.fetch_optional(&self.core.db).await?)
    }

    pub(super) async fn session_owner(&self, token: &Secret, kind: SessionKind) -> Fallible<Option<UserId>> {
        let found = sqlx::query_scalar!(
            "select user_id from auth.session where token_hash = $1 and kind = $2",
            &crypto::sha256(token.expose().as_bytes()),
            rules(kind).0,
        )
        .fetch_optional(&self.core.db)
        .await?;
        Ok(found.map(UserId))
    }

    /// Writes the time of the last request, at most once a minute.
    pub(super) async fn note_activity(&self, session: Uuid, last_seen_at: time::OffsetDateTime) -> Fallible<()> {
        let now = self.core.clock.now();
        if now - last_seen_at >= Duration::minutes(1) {
            sqlx::query!(
                "update auth.session set last_seen_at = $2 where session_id = $1 and last_seen_at < $2 and ended_at is null",
                session,
                now
            )
            .execute(&self.core.db)
            .await?;
        }
        Ok(())
    }

    /// Begins a session of an open account; ends the ones that are too many.
    pub(super) async fn begin_session_in(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
        user: UserId,
        kind: SessionKind,
    ) -> Fallible<NewSession> {
        let role = queries::lock_account(&mut *connection, user)
            .await?
            .ok_or(Error::from(Refusal::CredentialsWrong))?;
        let (name, _, absolute) = rules(kind);
        let (now, token) = (self.core.clock.now(), crypto::random_secret());
        sqlx::query!(
            "update auth.session set ended_at = $2 where session_id in (
                 select session_id from auth.session
                 where user_id = $1 and ended_at is null and expires_at > $2
                 order by created_at desc, session_id desc offset $3)",
            user.0,
            now,
            surplus(kind),
        )
        .execute(&mut *connection)
        .await?;
        let session = Session {
            id: SessionId(self.core.clock.new_id()),
            user_id: user,
            role,
            name: String::new(),
            authenticated_at: now,
        };
        sqlx::query!(
            "insert into auth.session
                 (session_id, user_id, kind, token_hash, device, authenticated_at, created_at, last_seen_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $6, $6, $7)",
            session.id.0,
            user.0,
            name,
            &crypto::sha256(token.expose().as_bytes()),
            device_name(actor),
            now,
            now + absolute,
        )
        .execute(connection)
        .await?;
        Ok(NewSession {
            token,
            session,
            device_token: None,
        })
    }

    pub(super) async fn end_own_session(&self, actor: &Actor) -> Fallible<()> {
        let session = actor.session().ok_or(Error::Unauthenticated)?;
        self.end(actor, session.user_id, session.id, "auth.sign_out").await?;
        Ok(())
    }

    pub(super) async fn end_one_session(&self, actor: &Actor, id: SessionId) -> Fallible<()> {
        let session = actor.session().ok_or(Error::Unauthenticated)?;
        if self.end(actor, session.user_id, id, "auth.end_session").await? {
            Ok(())
        } else {
            Err(Error::NotFound.into())
        }
    }

    pub(super) async fn end_all_sessions(&self, actor: &Actor) -> Fallible<()> {
        let user = actor.session().ok_or(Error::Unauthenticated)?.user_id;
        let mut tx = self.core.begin().await?;
        self.end_all_in(&mut tx, user).await?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("auth.sign_out_everywhere", "account", user),
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ends every session of an account and forgets its devices: a lost phone must prove the number again.
    pub(super) async fn end_all_in(&self, connection: &mut PgConnection, user: UserId) -> Fallible<()> {
        sqlx::query!(
            "update auth.session set ended_at = $2 where user_id = $1 and ended_at is null",
            user.0,
            self.core.clock.now()
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!("delete from auth.device where user_id = $1", user.0)
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Ends one session of `user`; false when there is none.
    async fn end(&self, actor: &Actor, user: UserId, id: SessionId, action: &'static str) -> Fallible<bool> {
        let mut tx = self.core.begin().await?;
        let ended = sqlx::query!(
            "update auth.session set ended_at = $3 where session_id = $1 and user_id = $2 and ended_at is null",
            id.0,
            user.0,
            self.core.clock.now(),
        )
        .execute(&mut *tx)
        .await?;
        if ended.rows_affected() == 1 {
            audit::record_in(&mut tx, &self.core, actor, Entry::allowed(action, "session", id)).await?;
        }
        tx.commit().await?;
        Ok(ended.rows_affected() == 1)
    }
}

/// The device's short name, cut.
pub(super) fn device_name(actor: &Actor) -> String {
    actor.origin.device.chars().take(MAX_DEVICE).collect()
}
