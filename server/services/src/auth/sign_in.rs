//! Sign-in by password: the limits first, then the same look-up, the same hash and the same writes whether or not
//! the account exists.

use super::{
    Auth,
    attempts::RECOVERY,
    challenge::{Pending, Proven},
    passwords::{Cost, Verified},
    queries::{self, Account, Identifier},
};
use crate::{audit, crypto, failure::Fallible, jobs, limits};
use domain::{
    Actor, Error, Refusal,
    audit::Entry,
    auth::{NewSession, Secret, SessionKind, SignIn},
    event::Event,
    id::UserId,
};
use sqlx::PgConnection;

/// A right password.
pub(super) struct Recognised {
    pub(super) account: Account,
    attempt: Vec<u8>,
    verified: Verified,
}

impl Auth {
    pub(super) async fn sign_in_borrower(
        &self,
        actor: &Actor,
        identifier: &str,
        password: &Secret,
        device_token: Option<&Secret>,
    ) -> Fallible<SignIn> {
        let recognised = self.recognise(actor, identifier, password, false).await?;
        let user = recognised.account.user_id;
        if let Some(session) = self
            .sign_in_on_known_device(actor, &recognised, password, device_token)
            .await?
        {
            return Ok(SignIn::Done(session));
        }
        let phone = self.phone_of(user).await?.ok_or(Refusal::CredentialsWrong)?;
        let counted = hex::encode(self.core.vault.index("phone", phone.as_str()));
        self.check_send_limits(actor, &counted).await?;
        let mut tx = self.core.begin().await?;
        self.accept_in(&mut tx, &recognised).await?;
        let pending = Pending::SignIn { user_id: user };
        let challenge = self
            .start_challenge_in(&mut tx, actor, pending, phone.masked(), counted)
            .await?;
        let entry = Entry {
            outcome: domain::audit::Outcome::Pending,
            ..Entry::allowed("auth.sign_in", "account", user)
        };
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        self.rehash(&recognised, password).await?;
        Ok(SignIn::CodeSent(challenge))
    }

    pub(super) async fn sign_in_officer(&self, actor: &Actor, email: &str, password: &Secret) -> Fallible<NewSession> {
        let recognised = self.recognise(actor, email, password, true).await?;
        let user = recognised.account.user_id;
        let mut tx = self.core.begin().await?;
        self.accept_in(&mut tx, &recognised).await?;
        let session = self.begin_session_in(&mut tx, actor, user, SessionKind::Staff).await?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("auth.sign_in_staff", "account", user),
        )
        .await?;
        tx.commit().await?;
        self.rehash(&recognised, password).await?;
        Ok(session)
    }

    /// A session at once, when the device's token is one of the account's.
    async fn sign_in_on_known_device(
        &self,
        actor: &Actor,
        recognised: &Recognised,
        password: &Secret,
        device_token: Option<&Secret>,
    ) -> Fallible<Option<NewSession>> {
        let Some(token) = device_token else {
            return Ok(None);
        };
        let user = recognised.account.user_id;
        let mut tx = self.core.begin().await?;
        let known = sqlx::query!(
            "update auth.device set last_used_at = $3 where token_hash = $1 and user_id = $2",
            &crypto::sha256(token.expose().as_bytes()),
            user.0,
            self.core.clock.now(),
        )
        .execute(&mut *tx)
        .await?;
        if known.rows_affected() == 0 {
            return Ok(None);
        }
        self.accept_in(&mut tx, recognised).await?;
        let session = self
            .begin_session_in(&mut tx, actor, user, SessionKind::Borrower)
            .await?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("auth.sign_in", "account", user),
        )
        .await?;
        tx.commit().await?;
        self.rehash(recognised, password).await?;
        Ok(Some(session))
    }

    /// The second half of a sign-in on a new device: the code was right.
    pub(super) async fn sign_in_on_new_device(
        &self,
        actor: &Actor,
        proven: &Proven,
        user: UserId,
    ) -> Fallible<NewSession> {
        let mut tx = self.core.begin().await?;
        self.use_up_in(&mut tx, proven).await?;
        let mut session = self
            .begin_session_in(&mut tx, actor, user, SessionKind::Borrower)
            .await?;
        session.device_token = Some(self.remember_device_in(&mut tx, actor, user).await?);
        jobs::publish_in(&mut tx, &self.core, Event::SignedInOnNewDevice { user_id: user }).await?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("auth.sign_in", "account", user),
        )
        .await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Limits, look-up, comparison. `CredentialsWrong` for a wrong password, an unknown identifier, a disabled
    /// account, the other kind of person, and after a hundred wrong passwords in a row.
    async fn recognise(&self, actor: &Actor, identifier: &str, password: &Secret, staff: bool) -> Fallible<Recognised> {
        let address = limits::address(&actor.origin.address);
        self.core.limits.check("login_global", "").await?;
        self.core.limits.check("login_ip", &address).await?;
        self.core.limits.check("login_ip_hour", &address).await?;
        let index = match Identifier::parse(identifier) {
            Identifier::Unreadable => self.core.vault.index("unreadable", identifier),
            readable => self.index_of(&readable),
        };
        let attempt = self.attempt_key(actor, &hex::encode(&index));
        self.wait_for_attempt(&attempt).await?;
        let account = self.find_account(&index, staff).await?;
        let cost = if staff { Cost::Staff } else { Cost::Borrower };
        let stored = account.as_ref().map(|account| account.password.clone());
        let verified = self.passwords.verify(password, stored, cost).await?;
        let action = if staff { "auth.sign_in_staff" } else { "auth.sign_in" };
        match account {
            Some(account) if verified.right && account.failures < RECOVERY => Ok(Recognised {
                account,
                attempt,
                verified,
            }),
            account => {
                self.count_wrong(actor, action, &attempt, account.map(|account| account.user_id))
                    .await?;
                Err(Refusal::CredentialsWrong.into())
            }
        }
    }

    /// Counts a wrong password and writes it down.
    pub(super) async fn count_wrong(
        &self,
        actor: &Actor,
        action: &'static str,
        attempt: &[u8],
        user: Option<UserId>,
    ) -> Fallible<()> {
        let mut tx = self.core.begin().await?;
        self.count_attempt_in(&mut tx, attempt).await?;
        let id = user.map(|user| user.0).unwrap_or_default();
        sqlx::query!("update auth.account set failures = failures + 1 where user_id = $1", id)
            .execute(&mut *tx)
            .await?;
        let object = user.map(|user| user.to_string()).unwrap_or_default();
        audit::record_in(&mut tx, &self.core, actor, Entry::denied(action, "account", object)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets the wrong passwords before a right one.
    pub(super) async fn accept_in(&self, connection: &mut PgConnection, recognised: &Recognised) -> Fallible<()> {
        let user = recognised.account.user_id;
        self.clear_attempts_in(&mut *connection, &recognised.attempt).await?;
        queries::lock_account(&mut *connection, user)
            .await?
            .ok_or(Error::from(Refusal::CredentialsWrong))?;
        sqlx::query!(
            "update auth.account set failures = 0 where user_id = $1 and failures > 0",
            user.0
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Replaces a hash that is older than the live parameters or the pepper, unless the password changed meanwhile.
    async fn rehash(&self, recognised: &Recognised, password: &Secret) -> Fallible<()> {
        if !recognised.verified.stale {
            return Ok(());
        }
        let account = &recognised.account;
        let fresh = self.passwords.hash(password, Cost::of(account.role)).await?;
        sqlx::query!(
            "update auth.account set password_hash = $2, pepper_kid = $3 where user_id = $1 and password_hash = $4",
            account.user_id.0,
            fresh.hash,
            fresh.pepper_kid,
            account.password.hash,
        )
        .execute(&self.core.db)
        .await?;
        Ok(())
    }
}
