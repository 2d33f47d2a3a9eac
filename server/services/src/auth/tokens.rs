//! REST tokens (security.md R17 to R19): a signed access token of 300 seconds whose session is looked up at every
//! use, and a refresh token that works once.

use super::{Auth, queries, session::device_name};
use crate::{
    audit,
    crypto::{self, AccessClaims},
    failure::Fallible,
    jobs, limits,
};
use domain::{
    Actor, Error, Session,
    audit::Entry,
    auth::{NewSession, Secret, Tokens},
    event::Event,
    id::{SessionId, UserId},
};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

const ACCESS_SECONDS: u32 = 300;
/// How far clocks may differ, in seconds.
const LEEWAY: i64 = 30;
/// An API session ends this long after its tokens were issued, at the latest.
const ABSOLUTE: Duration = Duration::days(30);
const IDLE: Duration = Duration::days(7);
/// How long the answer to a refresh may be asked for again.
const GRACE: Duration = Duration::seconds(10);
/// Password and a proven device: every API session has both behind it.
const TWO_FACTORS: &str = "urn:sanggup:two-factor";

/// The session behind a token.
struct ApiSession {
    session_id: uuid::Uuid,
    user_id: uuid::Uuid,
    device: String,
    expires_at: OffsetDateTime,
}

impl Auth {
    /// The session becomes one of the API; the secret it had for a cookie dies.
    pub(super) async fn issue(&self, _actor: &Actor, new: &NewSession) -> Fallible<Tokens> {
        let now = self.core.clock.now();
        let mut tx = self.core.begin().await?;
        let session = sqlx::query_as!(
            ApiSession,
            "update auth.session set kind = 'api', token_hash = $3, expires_at = $4
             where session_id = $1 and token_hash = $2 and kind = 'borrower' and ended_at is null and expires_at > $5
             returning session_id, user_id, device, expires_at",
            new.session.id.0,
            &crypto::sha256(new.token.expose().as_bytes()),
            &crypto::random::<32>(),
            now + ABSOLUTE,
            now,
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::Unauthenticated)?;
        let refresh_token = crypto::random_secret();
        self.store_refresh_in(&mut tx, &session, &refresh_token).await?;
        tx.commit().await?;
        self.tokens(&session, refresh_token)
    }

    pub(super) async fn refresh(&self, actor: &Actor, token: &Secret) -> Fallible<Tokens> {
        self.core
            .limits
            .check("refresh_ip", &limits::address(&actor.origin.address))
            .await?;
        let (hash, now) = (crypto::sha256(token.expose().as_bytes()), self.core.clock.now());
        let family = sqlx::query_scalar!("select session_id from auth.refresh_token where token_hash = $1", &hash)
            .fetch_optional(&self.core.db)
            .await?
            .ok_or(Error::Unauthenticated)?;
        self.core.limits.check("refresh", &family.to_string()).await?;
        let successor = self.core.vault.refresh_successor(token);
        let successor_hash = crypto::sha256(successor.expose().as_bytes());
        let mut tx = self.core.begin().await?;
        let session = live_in(&mut tx, SessionId(family), now)
            .await?
            .ok_or(Error::Unauthenticated)?;
        let consumed = sqlx::query!(
            "update auth.refresh_token set consumed_at = $2, successor = $3
             where token_hash = $1 and consumed_at is null and expires_at > $2",
            &hash,
            now,
            &successor_hash,
        )
        .execute(&mut *tx)
        .await?;
        if consumed.rows_affected() == 1 {
            self.store_refresh_in(&mut tx, &session, &successor).await?;
            sqlx::query!(
                "update auth.session set last_seen_at = $2 where session_id = $1",
                family,
                now
            )
            .execute(&mut *tx)
            .await?;
        } else if !self.is_lost_answer(&mut tx, actor, &session, &hash).await? {
            return self.revoke(tx, actor, &session).await;
        }
        tx.commit().await?;
        self.tokens(&session, successor)
    }

    /// Whether a used token is only asked for again because its answer got lost: within ten seconds, from the same
    /// device, while its successor is unused. An expired one was never used, and revokes nothing.
    async fn is_lost_answer(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
        session: &ApiSession,
        hash: &[u8],
    ) -> Fallible<bool> {
        let now = self.core.clock.now();
        let used = sqlx::query!(
            "select parent.consumed_at, child.consumed_at as child_consumed_at
             from auth.refresh_token parent left join auth.refresh_token child on child.token_hash = parent.successor
             where parent.token_hash = $1",
            hash,
        )
        .fetch_one(connection)
        .await?;
        match used.consumed_at {
            None => Err(Error::Unauthenticated.into()),
            Some(at) => {
                Ok(now - at <= GRACE && session.device == device_name(actor) && used.child_consumed_at.is_none())
            }
        }
    }

    /// A used token came back: somebody holds a copy. Everything that grew from it ends, and the person is told.
    async fn revoke(
        &self,
        mut tx: sqlx::Transaction<'_, sqlx::Postgres>,
        actor: &Actor,
        session: &ApiSession,
    ) -> Fallible<Tokens> {
        let user_id = UserId(session.user_id);
        let ended = sqlx::query!(
            "update auth.session set ended_at = $2 where session_id = $1 and ended_at is null",
            session.session_id,
            self.core.clock.now(),
        )
        .execute(&mut *tx)
        .await?;
        if ended.rows_affected() == 1 {
            jobs::publish_in(&mut tx, &self.core, Event::SignedInOnNewDevice { user_id }).await?;
        }
        let entry = Entry::denied("auth.refresh_tokens", "session", session.session_id).because("reuse");
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        metrics::counter!("refresh_reuse").increment(1);
        Err(Error::Unauthenticated.into())
    }

    async fn store_refresh_in(
        &self,
        connection: &mut PgConnection,
        session: &ApiSession,
        token: &Secret,
    ) -> Fallible<()> {
        let now = self.core.clock.now();
        sqlx::query!(
            "insert into auth.refresh_token (token_hash, session_id, created_at, expires_at) values ($1, $2, $3, $4)",
            &crypto::sha256(token.expose().as_bytes()),
            session.session_id,
            now,
            (now + IDLE).min(session.expires_at),
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    fn tokens(&self, session: &ApiSession, refresh_token: Secret) -> Fallible<Tokens> {
        let issued = self.core.clock.now().unix_timestamp();
        let claims = AccessClaims {
            iss: self.public_origin.clone(),
            aud: self.audience(),
            sub: session.user_id,
            sid: session.session_id,
            jti: self.core.clock.new_id(),
            iat: issued,
            exp: issued + i64::from(ACCESS_SECONDS),
            acr: TWO_FACTORS.to_owned(),
            ver: 1,
        };
        Ok(Tokens {
            access_token: self.core.vault.sign_token(&claims)?,
            expires_in: ACCESS_SECONDS,
            refresh_token,
        })
    }

    /// The claims are checked, then the session itself: what was ended or disabled is refused at once.
    pub(super) async fn token_session(&self, token: &str) -> Fallible<Session> {
        let claims = self.core.vault.open_token(token).map_err(|_| Error::Unauthenticated)?;
        let now = self.core.clock.now();
        let seconds = now.unix_timestamp();
        let valid = claims.iss == self.public_origin
            && claims.aud == self.audience()
            && claims.ver == 1
            && claims.exp + LEEWAY > seconds
            && claims.iat - LEEWAY <= seconds
            && claims.exp - claims.iat <= i64::from(ACCESS_SECONDS);
        if !valid {
            return Err(Error::Unauthenticated.into());
        }
        let row = sqlx::query!(
            "select s.authenticated_at, s.last_seen_at, a.role
             from auth.session s join auth.account a using (user_id)
             where s.session_id = $1 and s.user_id = $2 and s.kind = 'api' and s.ended_at is null and s.expires_at > $3
               and a.disabled_at is null",
            claims.sid,
            claims.sub,
            now,
        )
        .fetch_optional(&self.core.db)
        .await?
        .ok_or(Error::Unauthenticated)?;
        self.note_activity(claims.sid, row.last_seen_at).await?;
        Ok(Session {
            id: SessionId(claims.sid),
            user_id: UserId(claims.sub),
            role: queries::role_of(&row.role)?,
            name: String::new(),
            authenticated_at: row.authenticated_at,
        })
    }

    fn audience(&self) -> String {
        format!("{}/api", self.public_origin)
    }
}

/// The API session `id`, held until the transaction ends; none when it is over.
async fn live_in(connection: &mut PgConnection, id: SessionId, now: OffsetDateTime) -> Fallible<Option<ApiSession>> {
    let session = sqlx::query_as!(
        ApiSession,
        "select s.session_id, s.user_id, s.device, s.expires_at
         from auth.session s join auth.account a using (user_id)
         where s.session_id = $1 and s.kind = 'api' and s.ended_at is null and s.expires_at > $2 and a.disabled_at is null
         for update of s",
        id.0,
        now,
    )
    .fetch_optional(connection)
    .await?;
    Ok(session)
}
