//! The password once more in a running session (step-up, security.md R16).

use super::{Auth, passwords::Cost};
use crate::{
    audit, crypto,
    failure::{Failure, Fallible},
    limits,
};
use domain::{
    Actor, Error, Refusal, Session,
    audit::Entry,
    auth::{NewSession, Secret},
};

impl Auth {
    pub(super) async fn prove_password(&self, actor: &Actor, password: &Secret) -> Fallible<NewSession> {
        let session = actor.session().ok_or(Error::Unauthenticated)?;
        self.core
            .limits
            .check("login_ip", &limits::address(&actor.origin.address))
            .await?;
        let attempt = self.attempt_key(actor, &session.user_id.to_string());
        self.wait_for_attempt(&attempt).await?;
        let account = self.account_of(session.user_id).await?.ok_or(Error::Unauthenticated)?;
        let verified = self
            .passwords
            .verify(password, Some(account.password), Cost::of(account.role))
            .await?;
        if !verified.right {
            self.count_wrong(actor, "auth.confirm_password", &attempt, Some(account.user_id))
                .await?;
            return Err(Refusal::CredentialsWrong.into());
        }
        let (token, now) = (crypto::random_secret(), self.core.clock.now());
        let mut tx = self.core.begin().await?;
        self.clear_attempts_in(&mut tx, &attempt).await?;
        let rotated = sqlx::query!(
            "update auth.session set token_hash = $3, authenticated_at = $4, last_seen_at = $4
             where session_id = $1 and user_id = $2 and ended_at is null",
            session.id.0,
            session.user_id.0,
            &crypto::sha256(token.expose().as_bytes()),
            now,
        )
        .execute(&mut *tx)
        .await?;
        if rotated.rows_affected() == 0 {
            return Err(Failure::from(Error::Unauthenticated));
        }
        let entry = Entry::allowed("auth.confirm_password", "session", session.id);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        Ok(NewSession {
            token,
            session: Session {
                role: account.role,
                authenticated_at: now,
                ..session.clone()
            },
            device_token: None,
        })
    }
}
