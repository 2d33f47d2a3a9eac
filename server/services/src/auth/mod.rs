//! Accounts, one-time codes, sessions, passkeys, tokens.
//!
//! Enters: an actor and what was typed or sent. Leaves: challenges, sessions, tokens, facts about accounts. Whether
//! an account exists is told to nobody who has not proven its number: every answer before that is made by the same
//! steps for known and unknown identifiers.

mod attempts;
mod challenge;
mod confirm_password;
mod devices;
mod open_account;
mod passkeys;
mod passwords;
mod queries;
mod register;
mod reset;
mod seed;
mod session;
mod sign_in;
mod strength;
mod sweep;
mod tokens;

pub use seed::{SeedAccount, SeedBorrower};

use crate::{
    Core,
    config::Config,
    failure::{Failure, Fallible},
};
use async_trait::async_trait;
use domain::{
    Actor, Result, Session,
    auth::{
        AuthService, Challenge, CodeChannel, Device, NewSession, Passkey, PasskeyCeremony, Registration, Secret,
        SessionKind, SignIn, Tokens,
    },
    id::{CeremonyId, ChallengeId, PasskeyId, SessionId, UserId},
    notifications::NotificationService,
    users::UserService,
};
use passwords::Passwords;
use std::sync::Arc;
use webauthn_rs::prelude::Webauthn;

/// The auth service.
pub struct Auth {
    core: Core,
    users: Arc<dyn UserService>,
    notifications: Arc<dyn NotificationService>,
    passwords: Passwords,
    /// None when the public origin has no host name: passkeys are bound to one.
    webauthn: Option<Webauthn>,
    public_origin: String,
}

impl Auth {
    /// The service on `core`; passkeys and tokens are bound to the public origin of `config`.
    pub fn new(
        core: Core,
        config: &Config,
        users: Arc<dyn UserService>,
        notifications: Arc<dyn NotificationService>,
    ) -> Self {
        Self {
            passwords: Passwords::new(core.vault.clone()),
            webauthn: passkeys::relying_party(&config.public_origin),
            public_origin: config.public_origin.clone(),
            core,
            users,
            notifications,
        }
    }

    /// Sends the code `send_no` of a challenge; one that was replaced, used or is too old is skipped. Job.
    pub async fn deliver_code(&self, id: ChallengeId, send_no: u16) -> Fallible<()> {
        self.deliver(id, send_no).await
    }

    /// Clears away what is over: challenges, ceremonies, tokens, counters, half-made accounts. Job, idempotent.
    pub async fn sweep(&self) -> Fallible<()> {
        self.clear_away().await
    }

    /// Makes an account with a known password, for demo people and staff. Idempotent by email: an existing account
    /// is left as it is. Publishes nothing.
    pub async fn seed_account(&self, seed: SeedAccount) -> Fallible<UserId> {
        self.seed(seed).await
    }
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Auth")
    }
}

#[async_trait]
impl AuthService for Auth {
    async fn register(&self, actor: &Actor, registration: Registration) -> Result<Challenge> {
        self.start_registration(actor, registration)
            .await
            .map_err(Failure::at("auth.register"))
    }

    async fn challenge(&self, _actor: &Actor, id: ChallengeId) -> Result<Challenge> {
        self.view_challenge(id).await.map_err(Failure::at("auth.challenge"))
    }

    async fn resend_code(&self, actor: &Actor, id: ChallengeId, channel: CodeChannel) -> Result<Challenge> {
        self.resend(actor, id, channel)
            .await
            .map_err(Failure::at("auth.resend_code"))
    }

    async fn verify_code(&self, actor: &Actor, id: ChallengeId, code: &str) -> Result<NewSession> {
        self.verify(actor, id, code)
            .await
            .map_err(Failure::at("auth.verify_code"))
    }

    async fn sign_in(
        &self,
        actor: &Actor,
        identifier: &str,
        password: &Secret,
        device_token: Option<&Secret>,
    ) -> Result<SignIn> {
        self.sign_in_borrower(actor, identifier, password, device_token)
            .await
            .map_err(Failure::at("auth.sign_in"))
    }

    async fn sign_in_staff(&self, actor: &Actor, email: &str, password: &Secret) -> Result<NewSession> {
        self.sign_in_officer(actor, email, password)
            .await
            .map_err(Failure::at("auth.sign_in_staff"))
    }

    async fn session(&self, token: &Secret, kind: SessionKind) -> Result<Option<Session>> {
        self.live_session(token, kind)
            .await
            .map_err(Failure::at("auth.session"))
    }

    async fn owner_of(&self, token: &Secret, kind: SessionKind) -> Result<Option<UserId>> {
        self.session_owner(token, kind)
            .await
            .map_err(Failure::at("auth.owner_of"))
    }

    async fn sign_out(&self, actor: &Actor) -> Result<()> {
        self.end_own_session(actor).await.map_err(Failure::at("auth.sign_out"))
    }

    async fn sign_out_everywhere(&self, actor: &Actor) -> Result<()> {
        self.end_all_sessions(actor)
            .await
            .map_err(Failure::at("auth.sign_out_everywhere"))
    }

    async fn colleague(&self, actor: &Actor, user_id: UserId) -> Result<Option<String>> {
        self.name_of_staff(actor, user_id)
            .await
            .map_err(Failure::at("auth.colleague"))
    }

    async fn list_devices(&self, actor: &Actor) -> Result<Vec<Device>> {
        self.devices(actor).await.map_err(Failure::at("auth.list_devices"))
    }

    async fn end_session(&self, actor: &Actor, id: SessionId) -> Result<()> {
        self.end_one_session(actor, id)
            .await
            .map_err(Failure::at("auth.end_session"))
    }

    async fn confirm_password(&self, actor: &Actor, password: &Secret) -> Result<NewSession> {
        self.prove_password(actor, password)
            .await
            .map_err(Failure::at("auth.confirm_password"))
    }

    async fn start_reset(&self, actor: &Actor, identifier: &str) -> Result<Challenge> {
        self.ask_reset(actor, identifier)
            .await
            .map_err(Failure::at("auth.start_reset"))
    }

    async fn finish_reset(&self, actor: &Actor, id: ChallengeId, code: &str, password: &Secret) -> Result<()> {
        self.reset(actor, id, code, password)
            .await
            .map_err(Failure::at("auth.finish_reset"))
    }

    async fn start_passkey_registration(&self, actor: &Actor) -> Result<PasskeyCeremony> {
        self.offer_passkey(actor)
            .await
            .map_err(Failure::at("auth.start_passkey_registration"))
    }

    async fn finish_passkey_registration(&self, actor: &Actor, id: CeremonyId, credential: &str) -> Result<Passkey> {
        self.keep_passkey(actor, id, credential)
            .await
            .map_err(Failure::at("auth.finish_passkey_registration"))
    }

    async fn start_passkey_sign_in(&self, actor: &Actor) -> Result<PasskeyCeremony> {
        self.ask_passkey(actor)
            .await
            .map_err(Failure::at("auth.start_passkey_sign_in"))
    }

    async fn finish_passkey_sign_in(&self, actor: &Actor, id: CeremonyId, credential: &str) -> Result<NewSession> {
        self.sign_in_by_passkey(actor, id, credential)
            .await
            .map_err(Failure::at("auth.finish_passkey_sign_in"))
    }

    async fn list_passkeys(&self, actor: &Actor) -> Result<Vec<Passkey>> {
        self.passkeys(actor).await.map_err(Failure::at("auth.list_passkeys"))
    }

    async fn remove_passkey(&self, actor: &Actor, id: PasskeyId) -> Result<()> {
        self.drop_passkey(actor, id)
            .await
            .map_err(Failure::at("auth.remove_passkey"))
    }

    async fn issue_tokens(&self, actor: &Actor, session: &NewSession) -> Result<Tokens> {
        self.issue(actor, session)
            .await
            .map_err(Failure::at("auth.issue_tokens"))
    }

    async fn refresh_tokens(&self, actor: &Actor, refresh_token: &Secret) -> Result<Tokens> {
        self.refresh(actor, refresh_token)
            .await
            .map_err(Failure::at("auth.refresh_tokens"))
    }

    async fn bearer(&self, access_token: &str) -> Result<Session> {
        self.token_session(access_token)
            .await
            .map_err(Failure::at("auth.bearer"))
    }
}
