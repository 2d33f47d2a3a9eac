//! Passkeys (security.md R14): discoverable, user verification required, attestation none, ceremonies of 120 seconds
//! that work once. The browser's part is WebAuthn level 3 JSON both ways.

use super::{Auth, queries};
use crate::{
    audit,
    failure::{Failure, Fallible, OnConstraint as _},
    jobs, limits,
};
use domain::{
    Actor, Error, Refusal, Role, Session,
    audit::Entry,
    auth::{NewSession, Passkey, PasskeyCeremony, SessionKind},
    event::Event,
    id::{CeremonyId, PasskeyId, SessionId, UserId},
    text,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use webauthn_rs::prelude::{
    CredentialID, DiscoverableAuthentication, Passkey as Credential, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Webauthn, WebauthnBuilder, WebauthnError,
};

const CEREMONY_LIFE: Duration = Duration::seconds(120);
/// The most passkeys of one account.
const MAX_PASSKEYS: usize = 10;
/// The longest answer of a browser that is read, in bytes.
const MAX_CREDENTIAL: usize = 64 * 1024;

/// The party that passkeys of `origin` are made for; none when it has no host name.
pub(super) fn relying_party(origin: &str) -> Option<Webauthn> {
    let url = Url::parse(origin).ok()?;
    let host = url.domain()?.to_owned();
    let built = WebauthnBuilder::new(&host, &url)
        .and_then(|builder| builder.rp_name("Sanggup").timeout(CEREMONY_LIFE.unsigned_abs()).build());
    built
        .inspect_err(|error| tracing::warn!(%error, "no passkeys: the public origin does not allow them"))
        .ok()
}

impl Auth {
    pub(super) async fn offer_passkey(&self, actor: &Actor) -> Fallible<PasskeyCeremony> {
        actor.require_fresh(self.core.clock.now())?;
        let session = actor.session().ok_or(Error::Unauthenticated)?;
        let known = self.credentials(session.user_id).await?;
        if known.len() >= MAX_PASSKEYS {
            return Err(Refusal::PasskeyLimit.into());
        }
        let exclude: Vec<CredentialID> = known.iter().map(|credential| credential.cred_id().clone()).collect();
        let email = self.email_of(session.user_id).await?;
        let (offer, state) = self
            .webauthn()?
            .start_passkey_registration(self.handle(session.user_id), &email, &email, Some(exclude))
            .map_err(Failure::broken)?;
        let mut options = serde_json::to_value(&offer.public_key).map_err(Failure::broken)?;
        // The library asks for "discouraged"; a sign-in without a name needs a discoverable key.
        options["authenticatorSelection"]["residentKey"] = json!("required");
        options["authenticatorSelection"]["requireResidentKey"] = json!(true);
        self.start_ceremony("register", Some(session.id), &state, &options)
            .await
    }

    pub(super) async fn keep_passkey(&self, actor: &Actor, id: CeremonyId, credential: &str) -> Fallible<Passkey> {
        let session = actor.session().ok_or(Error::Unauthenticated)?;
        let answer: RegisterPublicKeyCredential = read(credential)?;
        let state: PasskeyRegistration = self.take_ceremony(id, "register", Some(session.id)).await?;
        let made = self
            .webauthn()?
            .finish_passkey_registration(&answer, &state)
            .map_err(|error| {
                tracing::warn!(%error, "a passkey was not kept");
                Refusal::PasskeyExpired
            })?;
        let mut tx = self.core.begin().await?;
        queries::lock_account(&mut tx, session.user_id)
            .await?
            .ok_or(Error::Unauthenticated)?;
        let passkey = self.store_passkey_in(&mut tx, actor, session, &made).await?;
        self.tell_change_in(&mut tx, session).await?;
        let entry = Entry::allowed("auth.add_passkey", "passkey", passkey.id);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        Ok(passkey)
    }

    async fn store_passkey_in(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
        session: &Session,
        made: &Credential,
    ) -> Fallible<Passkey> {
        let (id, now) = (PasskeyId(self.core.clock.new_id()), self.core.clock.now());
        let label = format!(
            "{}, {}",
            super::session::device_name(actor),
            text::date_short(self.core.clock.today())
        );
        let inserted = sqlx::query!(
            "insert into auth.passkey (passkey_id, user_id, credential_id, credential, label, created_at)
             select $1, $2, $3, $4, $5, $6
             where (select count(*) from auth.passkey where user_id = $2) < $7",
            id.0,
            session.user_id.0,
            made.cred_id().as_slice(),
            serde_json::to_value(made).map_err(Failure::broken)?,
            label,
            now,
            MAX_PASSKEYS as i64,
        )
        .execute(connection)
        .await
        .on_constraint("passkey_credential_key", |_| Refusal::WrongState.into())?;
        if inserted.rows_affected() == 0 {
            return Err(Refusal::PasskeyLimit.into());
        }
        Ok(Passkey {
            id,
            label,
            created_at: now,
            last_used_at: None,
        })
    }

    pub(super) async fn ask_passkey(&self, actor: &Actor) -> Fallible<PasskeyCeremony> {
        self.core
            .limits
            .check("passkey_ip", &limits::address(&actor.origin.address))
            .await?;
        // The library asks for conditional mediation, outside the options that are sent: a button opens a dialogue.
        let (offer, state) = self
            .webauthn()?
            .start_discoverable_authentication()
            .map_err(Failure::broken)?;
        let options = serde_json::to_value(&offer.public_key).map_err(Failure::broken)?;
        self.start_ceremony("sign_in", None, &state, &options).await
    }

    pub(super) async fn sign_in_by_passkey(
        &self,
        actor: &Actor,
        id: CeremonyId,
        credential: &str,
    ) -> Fallible<NewSession> {
        let answer: PublicKeyCredential = read(credential)?;
        let state: DiscoverableAuthentication = self.take_ceremony(id, "sign_in", None).await?;
        let webauthn = self.webauthn()?;
        let (handle, credential_id) = webauthn
            .identify_discoverable_authentication(&answer)
            .map_err(|_| Refusal::PasskeyUnknown)?;
        let owner = sqlx::query_scalar!(
            "select user_id from auth.passkey where credential_id = $1",
            credential_id
        )
        .fetch_optional(&self.core.db)
        .await?
        .map(UserId)
        .filter(|owner| self.handle(*owner) == handle)
        .ok_or(Refusal::PasskeyUnknown)?;
        self.core.limits.check("passkey", &owner.to_string()).await?;

        let mut tx = self.core.begin().await?;
        let role = queries::lock_account(&mut tx, owner)
            .await?
            .ok_or(Error::from(Refusal::PasskeyUnknown))?;
        let row = sqlx::query!(
            "select passkey_id, credential from auth.passkey where credential_id = $1 and user_id = $2 for update",
            credential_id,
            owner.0,
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::from(Refusal::PasskeyUnknown))?;
        let mut stored: Credential = serde_json::from_value(row.credential).map_err(Failure::broken)?;
        let result = match webauthn.finish_discoverable_authentication_v2(&answer, state, &stored) {
            Ok(result) => result,
            Err(error) => {
                return self.refuse_passkey(tx, actor, PasskeyId(row.passkey_id), &error).await;
            }
        };
        stored.update_credential(&result);
        sqlx::query!(
            "update auth.passkey set credential = $2, last_used_at = $3 where passkey_id = $1",
            row.passkey_id,
            serde_json::to_value(&stored).map_err(Failure::broken)?,
            self.core.clock.now(),
        )
        .execute(&mut *tx)
        .await?;
        let kind = if role == Role::Borrower {
            SessionKind::Borrower
        } else {
            SessionKind::Staff
        };
        let session = self.begin_session_in(&mut tx, actor, owner, kind).await?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("auth.sign_in_passkey", "account", owner),
        )
        .await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Writes down why; a counter that went back means that the key was copied, and raises an alarm.
    async fn refuse_passkey(
        &self,
        mut tx: sqlx::Transaction<'_, sqlx::Postgres>,
        actor: &Actor,
        id: PasskeyId,
        error: &WebauthnError,
    ) -> Fallible<NewSession> {
        let copied = matches!(error, WebauthnError::CredentialPossibleCompromise);
        if copied {
            metrics::counter!("passkey_copied").increment(1);
            tracing::error!(passkey = %id, "a passkey's counter went back: it may have been copied");
        }
        let reason = if copied { "counter" } else { "assertion" };
        let entry = Entry::denied("auth.sign_in_passkey", "passkey", id).because(reason);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        Err(Refusal::PasskeyUnknown.into())
    }

    pub(super) async fn passkeys(&self, actor: &Actor) -> Fallible<Vec<Passkey>> {
        let user = actor.session().ok_or(Error::Unauthenticated)?.user_id;
        let rows = sqlx::query!(
            "select passkey_id, label, created_at, last_used_at from auth.passkey
             where user_id = $1 order by created_at desc, passkey_id desc",
            user.0,
        )
        .fetch_all(&self.core.db)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| Passkey {
                id: PasskeyId(row.passkey_id),
                label: row.label,
                created_at: row.created_at,
                last_used_at: row.last_used_at,
            })
            .collect())
    }

    /// The password stays, so the last passkey may go.
    pub(super) async fn drop_passkey(&self, actor: &Actor, id: PasskeyId) -> Fallible<()> {
        actor.require_fresh(self.core.clock.now())?;
        let session = actor.session().ok_or(Error::Unauthenticated)?;
        let user = session.user_id;
        let mut tx = self.core.begin().await?;
        let deleted = sqlx::query!(
            "delete from auth.passkey where passkey_id = $1 and user_id = $2",
            id.0,
            user.0
        )
        .execute(&mut *tx)
        .await?;
        if deleted.rows_affected() == 0 {
            return Err(Error::NotFound.into());
        }
        self.tell_change_in(&mut tx, session).await?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("auth.remove_passkey", "passkey", id),
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Tells the owner on every channel. Staff have no channels: for them the audit log is all.
    async fn tell_change_in(&self, connection: &mut PgConnection, session: &Session) -> Fallible<()> {
        if session.role == Role::Borrower {
            let user_id = session.user_id;
            jobs::publish_in(connection, &self.core, Event::PasskeysChanged { user_id }).await?;
        }
        Ok(())
    }

    fn webauthn(&self) -> Fallible<&Webauthn> {
        self.webauthn
            .as_ref()
            .ok_or_else(|| Failure::broken("passkeys need a PUBLIC_ORIGIN with a host name"))
    }

    /// What an authenticator knows an account by: nothing but us can tell whose it is.
    fn handle(&self, user: UserId) -> Uuid {
        let index = self.core.vault.index("passkey", &user.to_string());
        Uuid::from_bytes(index.first_chunk().copied().expect("an index has 32 bytes"))
    }

    async fn credentials(&self, user: UserId) -> Fallible<Vec<Credential>> {
        let rows = sqlx::query_scalar!("select credential from auth.passkey where user_id = $1", user.0)
            .fetch_all(&self.core.db)
            .await?;
        rows.into_iter()
            .map(|row| serde_json::from_value(row).map_err(Failure::broken))
            .collect()
    }

    async fn start_ceremony(
        &self,
        kind: &str,
        session: Option<SessionId>,
        state: &impl Serialize,
        options: &Value,
    ) -> Fallible<PasskeyCeremony> {
        let id = CeremonyId(self.core.clock.new_id());
        let expires_at: OffsetDateTime = self.core.clock.now() + CEREMONY_LIFE;
        sqlx::query!(
            "insert into auth.ceremony (ceremony_id, kind, session_id, state, expires_at) values ($1, $2, $3, $4, $5)",
            id.0,
            kind,
            session.map(|session| session.0),
            serde_json::to_value(state).map_err(Failure::broken)?,
            expires_at,
        )
        .execute(&self.core.db)
        .await?;
        Ok(PasskeyCeremony {
            id,
            options: options.to_string(),
        })
    }

    /// The state of a ceremony, which is gone with that; `PasskeyExpired` when it is not there, not ours or too old.
    async fn take_ceremony<T: DeserializeOwned>(
        &self,
        id: CeremonyId,
        kind: &str,
        session: Option<SessionId>,
    ) -> Fallible<T> {
        let state = sqlx::query_scalar!(
            "delete from auth.ceremony
             where ceremony_id = $1 and kind = $2 and session_id is not distinct from $3 and expires_at > $4
             returning state",
            id.0,
            kind,
            session.map(|session| session.0),
            self.core.clock.now(),
        )
        .fetch_optional(&self.core.db)
        .await?
        .ok_or(Refusal::PasskeyExpired)?;
        serde_json::from_value(state).map_err(Failure::broken)
    }
}

/// The browser's answer.
fn read<T: DeserializeOwned>(credential: &str) -> Fallible<T> {
    if credential.len() > MAX_CREDENTIAL {
        return Err(Refusal::PasskeyUnknown.into());
    }
    serde_json::from_str(credential).map_err(|_| Refusal::PasskeyUnknown.into())
}
