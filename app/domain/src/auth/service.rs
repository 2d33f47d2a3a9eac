//! What the auth service promises.

use crate::{
    Actor, Result, Session,
    id::{CeremonyId, ChallengeId, PasskeyId, SessionId, UserId},
    users::{Email, Nik, PersonName, Phone},
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// A secret text: prints as dots, so that no log or panic shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, at the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("••••")
    }
}

/// A consent as given on a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentGiven {
    /// `terms`, `privacy`, `identity_check`, `marketing`, …
    pub purpose: String,
    /// The version of the text that was shown.
    pub version: String,
}

/// Everything a person types to get an account, already parsed and checked by the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// As on the KTP.
    pub full_name: PersonName,
    /// Sixteen digits.
    pub nik: Nik,
    /// WhatsApp number, E.164.
    pub phone: Phone,
    /// Lower case.
    pub email: Email,
    /// 10 to 128 code points.
    pub password: Secret,
    /// When a program states it; otherwise read from the NIK.
    pub birth_date: Option<Date>,
    /// Consents given on the form.
    pub consents: Vec<ConsentGiven>,
}

/// Where a one-time code went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeChannel {
    /// WhatsApp, the default.
    Whatsapp,
    /// SMS, the way out when WhatsApp does not arrive.
    Sms,
}

impl CodeChannel {
    /// The stored and public spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Sms => "sms",
        }
    }
}

/// What a one-time code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChallengePurpose {
    /// Proves the number of a new account.
    Register,
    /// Proves the person on a device not seen before.
    SignIn,
    /// Lets the person choose a new password.
    Reset,
}

impl ChallengePurpose {
    /// The stored spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::SignIn => "sign_in",
            Self::Reset => "reset",
        }
    }
}

/// A code on its way. Looks the same whether or not the account exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Carried by the form that asks for the code.
    pub id: ChallengeId,
    /// What for.
    pub purpose: ChallengePurpose,
    /// Where the last code went.
    pub channel: CodeChannel,
    /// "+62 812 •••• 7890"; for a reset of an unknown account, the same shape of what was typed.
    pub masked_phone: String,
    /// Five minutes after sending (UTC).
    pub expires_at: OffsetDateTime,
    /// From when another code may be asked for (UTC): 60 seconds after the last.
    pub resend_at: OffsetDateTime,
    /// Tries left, of five.
    pub tries_left: u8,
}

/// A session that just began. The secrets leave the server in this one answer and are stored only as hashes.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// For the cookie, or for issuing tokens.
    pub token: Secret,
    /// The session.
    pub session: Session,
    /// Set when this device became known just now; goes into a long-lived cookie.
    pub device_token: Option<Secret>,
}

/// The answer to an identifier and a right password.
#[derive(Debug, Clone)]
pub enum SignIn {
    /// A known device: signed in.
    Done(NewSession),
    /// A device not seen before: a code was sent.
    CodeSent(Challenge),
}

/// A device on which the account is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// For signing that device out.
    pub session_id: SessionId,
    /// "Chrome di Android".
    pub name: String,
    /// Start of the session (UTC).
    pub signed_in_at: OffsetDateTime,
    /// Last request (UTC).
    pub last_seen_at: OffsetDateTime,
    /// The device that asks.
    pub current: bool,
}

/// A registered passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// For removing it.
    pub id: PasskeyId,
    /// "Chrome di Android, 24 Nov 26".
    pub label: String,
    /// When it was made (UTC).
    pub created_at: OffsetDateTime,
    /// Last sign-in with it (UTC).
    pub last_used_at: Option<OffsetDateTime>,
}

/// A passkey ceremony that the browser must answer within two minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyCeremony {
    /// Sent back with the answer; single use.
    pub id: CeremonyId,
    /// JSON for `navigator.credentials.create` or `.get`, as WebAuthn level 3 writes it.
    pub options: String,
}

/// REST tokens.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// JWT, EdDSA, `typ` `at+jwt`, 300 seconds.
    pub access_token: Secret,
    /// Seconds until the access token ends.
    pub expires_in: u32,
    /// Opaque, single use, idle seven days.
    pub refresh_token: Secret,
}

/// Which cookie a session lives in: the two never mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// `__Host-sid`: idle 15 minutes, at most 12 hours.
    Borrower,
    /// `__Host-asid`: idle 10 minutes, at most 8 hours, one at a time.
    Staff,
}

/// Accounts, codes, sessions, passkeys, tokens.
///
/// Errors common to all: `TooMany` from the rate limits of security.md 4.3 (counted before any look-up),
/// `Busy` when password hashing is saturated or the database is away.
#[async_trait]
pub trait AuthService: Send + Sync {
    /// Starts an account: stores the registration sealed, sends a code by WhatsApp. Anyone may call.
    /// The answer, its time and its side effects look the same when the number or email is taken.
    /// Refuses a leaked or guessable password as a fault of `password`.
    async fn register(&self, actor: &Actor, registration: Registration) -> Result<Challenge>;

    /// The challenge as the code page shows it; `NotFound` when it never was or is over.
    async fn challenge(&self, actor: &Actor, id: ChallengeId) -> Result<Challenge>;

    /// Sends a new code of the same challenge; the old code dies. `TooMany` before `resend_at`.
    async fn resend_code(&self, actor: &Actor, id: ChallengeId, channel: CodeChannel) -> Result<Challenge>;

    /// Finishes a registration or a sign-in on a new device. Five tries per code.
    /// `CodeWrong`, `CodeExpired`; after a right code `AccountExists` or `NikTaken`.
    /// Idempotent by challenge: a second right answer is `CodeExpired`, and makes no second account.
    async fn verify_code(&self, actor: &Actor, id: ChallengeId, code: &str) -> Result<NewSession>;

    /// Signs a borrower in by email or phone and password. `CredentialsWrong` says nothing more.
    /// `device_token`: what [`NewSession::device_token`] gave this device earlier.
    async fn sign_in(
        &self,
        actor: &Actor,
        identifier: &str,
        password: &Secret,
        device_token: Option<&Secret>,
    ) -> Result<SignIn>;

    /// Signs staff in by email and password; ends their other session.
    async fn sign_in_staff(&self, actor: &Actor, email: &str, password: &Secret) -> Result<NewSession>;

    /// The live session behind a cookie's secret, or none. Counts as activity (written at most once a minute).
    async fn session(&self, token: &Secret, kind: SessionKind) -> Result<Option<Session>>;

    /// Whose session a cookie's secret is or was, so that what they typed is kept for them alone.
    async fn owner_of(&self, token: &Secret, kind: SessionKind) -> Result<Option<UserId>>;

    /// Ends the asker's session at once, tokens included.
    async fn sign_out(&self, actor: &Actor) -> Result<()>;

    /// Ends every session of the asker, this one included.
    async fn sign_out_everywhere(&self, actor: &Actor) -> Result<()>;

    /// The name of a member of staff, as colleagues read it; none for anybody else. Staff.
    async fn colleague(&self, actor: &Actor, user_id: UserId) -> Result<Option<String>>;

    /// The asker's signed-in devices, newest first.
    async fn list_devices(&self, actor: &Actor) -> Result<Vec<Device>>;

    /// Ends one session of the asker; a foreign id is `NotFound`.
    async fn end_session(&self, actor: &Actor, id: SessionId) -> Result<()>;

    /// Proves the password again in a running session; the session gets a new secret (the old one dies).
    async fn confirm_password(&self, actor: &Actor, password: &Secret) -> Result<NewSession>;

    /// Sends a code for choosing a new password; same answer for unknown accounts.
    async fn start_reset(&self, actor: &Actor, identifier: &str) -> Result<Challenge>;

    /// Sets the new password and ends every session of the account.
    async fn finish_reset(&self, actor: &Actor, id: ChallengeId, code: &str, password: &Secret) -> Result<()>;

    /// Starts making a passkey for the asker (fresh sign-in needed).
    async fn start_passkey_registration(&self, actor: &Actor) -> Result<PasskeyCeremony>;

    /// Stores the passkey the browser made. Ceremony bound to the asker's session, single use, 120 seconds.
    async fn finish_passkey_registration(&self, actor: &Actor, id: CeremonyId, credential: &str) -> Result<Passkey>;

    /// Starts a username-less sign-in; anyone may call.
    async fn start_passkey_sign_in(&self, actor: &Actor) -> Result<PasskeyCeremony>;

    /// Signs in with the passkey's answer. `PasskeyUnknown`, `PasskeyExpired`.
    async fn finish_passkey_sign_in(&self, actor: &Actor, id: CeremonyId, credential: &str) -> Result<NewSession>;

    /// The asker's passkeys, newest first.
    async fn list_passkeys(&self, actor: &Actor) -> Result<Vec<Passkey>>;

    /// Removes one passkey of the asker (fresh sign-in needed).
    async fn remove_passkey(&self, actor: &Actor, id: PasskeyId) -> Result<()>;

    /// Turns a session that just began into REST tokens; the session secret is not used further.
    async fn issue_tokens(&self, actor: &Actor, session: &NewSession) -> Result<Tokens>;

    /// New tokens for a refresh token: single use, reuse revokes the family (security.md R19).
    async fn refresh_tokens(&self, actor: &Actor, refresh_token: &Secret) -> Result<Tokens>;

    /// The live session behind an access token; `Unauthenticated` for anything else.
    async fn bearer(&self, access_token: &str) -> Result<Session>;
}
