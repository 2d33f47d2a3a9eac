//! One-time codes (security.md R12): six digits, five minutes, five tries, single use, bound to the challenge and the
//! device that asked. A code is never stored; what waits for it is stored sealed.
//!
//! A challenge lives half an hour, so that an expired code can be sent again; each send makes the one before it void.

use super::{Auth, attempts::seconds_between, passwords::StoredPassword};
use crate::{
    audit,
    crypto::same,
    failure::{Failure, Fallible},
    jobs::{self, Job},
    limits,
};
use domain::{
    Actor, Error, Refusal,
    audit::Entry,
    auth::{Challenge, ChallengePurpose, CodeChannel, NewSession},
    id::{ChallengeId, UserId},
    users::{NewProfile, Phone},
};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const SEAL: &str = "auth.challenge";
const CODE_LIFE: Duration = Duration::minutes(5);
const PAUSE: Duration = Duration::seconds(60);
/// How long a new code may be asked for.
pub(super) const CHALLENGE_LIFE: Duration = Duration::minutes(30);
const TRIES: i16 = 5;

/// What waits for the code.
#[derive(Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub(super) enum Pending {
    /// A new account; its record number is fixed here, so that finishing twice makes one account.
    Register(Box<PendingAccount>),
    /// A sign-in on a new device.
    SignIn { user_id: UserId },
    /// A new password; none when nobody has this identifier.
    Reset { user_id: Option<UserId> },
}

/// A registration with its password already hashed.
#[derive(Serialize, Deserialize)]
pub(super) struct PendingAccount {
    pub(super) profile: NewProfile,
    password_hash: String,
    pepper_kid: String,
}

impl PendingAccount {
    pub(super) fn new(profile: NewProfile, password: StoredPassword) -> Self {
        Self {
            profile,
            password_hash: password.hash,
            pepper_kid: password.pepper_kid,
        }
    }

    pub(super) fn password(&self) -> StoredPassword {
        StoredPassword {
            hash: self.password_hash.clone(),
            pepper_kid: self.pepper_kid.clone(),
        }
    }
}

impl Pending {
    fn purpose(&self) -> ChallengePurpose {
        match self {
            Self::Register(_) => ChallengePurpose::Register,
            Self::SignIn { .. } => ChallengePurpose::SignIn,
            Self::Reset { .. } => ChallengePurpose::Reset,
        }
    }

    fn user_id(&self) -> Option<Uuid> {
        match self {
            Self::Register(_) => None,
            Self::SignIn { user_id } => Some(user_id.0),
            Self::Reset { user_id } => user_id.map(|user| user.0),
        }
    }
}

/// The sealed part of a challenge.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed {
    pub(super) pending: Pending,
    /// The device that asked.
    device: String,
    /// Where the code goes, as shown.
    shown: String,
    /// What sends are counted by: an index, never the number.
    counted: String,
}

struct Row {
    challenge_id: Uuid,
    sealed: Vec<u8>,
    channel: String,
    send_no: i16,
    tries_left: i16,
    sent_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    created_at: OffsetDateTime,
    consumed_at: Option<OffsetDateTime>,
}

/// A challenge whose code was right; still to be used up.
pub(super) struct Proven {
    pub(super) id: ChallengeId,
    pub(super) pending: Pending,
    send_no: i16,
}

impl Auth {
    /// The limits on sending, before anything is looked up. `counted` names the number or identifier.
    pub(super) async fn check_send_limits(&self, actor: &Actor, counted: &str) -> Fallible<()> {
        let limits = &self.core.limits;
        limits
            .check("otp_send_ip", &limits::address(&actor.origin.address))
            .await?;
        limits.check("otp_send", counted).await?;
        limits.check("otp_send_day", counted).await?;
        limits.check("otp_send_global", "").await?;
        Ok(())
    }

    /// Writes a challenge and queues its first code.
    pub(super) async fn start_challenge_in(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
        pending: Pending,
        shown: String,
        counted: String,
    ) -> Fallible<Challenge> {
        let (id, now) = (ChallengeId(self.core.clock.new_id()), self.core.clock.now());
        let (purpose, user_id) = (pending.purpose(), pending.user_id());
        let sealed = Sealed {
            pending,
            device: actor.origin.device.clone(),
            shown,
            counted,
        };
        let bytes = serde_json::to_vec(&sealed).map_err(Failure::broken)?;
        let row = Row {
            challenge_id: id.0,
            sealed: self.core.vault.seal_system(SEAL, id.0, &bytes),
            channel: CodeChannel::Whatsapp.as_str().to_owned(),
            send_no: 1,
            tries_left: TRIES,
            sent_at: now,
            expires_at: now + CODE_LIFE,
            created_at: now,
            consumed_at: None,
        };
        sqlx::query!(
            "insert into auth.challenge
                 (challenge_id, purpose, user_id, sealed, channel, send_no, tries_left, sent_at, expires_at, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8)",
            row.challenge_id,
            purpose.as_str(),
            user_id,
            row.sealed,
            row.channel,
            row.send_no,
            row.tries_left,
            row.sent_at,
            row.expires_at,
        )
        .execute(&mut *connection)
        .await?;
        jobs::enqueue_in(
            connection,
            &Job::SendCode {
                challenge_id: id,
                send_no: 1,
            },
            None,
        )
        .await?;
        row.shown_as(&sealed)
    }

    pub(super) async fn view_challenge(&self, id: ChallengeId) -> Fallible<Challenge> {
        let (row, sealed) = self.live_challenge(id).await?.ok_or(Error::NotFound)?;
        row.shown_as(&sealed)
    }

    pub(super) async fn resend(&self, actor: &Actor, id: ChallengeId, channel: CodeChannel) -> Fallible<Challenge> {
        let (mut row, sealed) = self.live_challenge(id).await?.ok_or(Error::NotFound)?;
        let now = self.core.clock.now();
        if sealed.device != actor.origin.device {
            return Err(Error::NotFound.into());
        }
        if now < row.sent_at + PAUSE {
            return Err(Error::TooMany {
                retry_after: seconds_between(now, row.sent_at + PAUSE),
            }
            .into());
        }
        self.check_send_limits(actor, &sealed.counted).await?;
        let sent = row.send_no;
        row = Row {
            channel: channel.as_str().to_owned(),
            send_no: sent + 1,
            tries_left: TRIES,
            sent_at: now,
            expires_at: now + CODE_LIFE,
            ..row
        };
        let mut tx = self.core.begin().await?;
        // Of two that ask at once one sends; the other finds the number of sends changed.
        let changed = sqlx::query!(
            "update auth.challenge
             set channel = $3, send_no = $4, tries_left = $5, sent_at = $6, expires_at = $7
             where challenge_id = $1 and send_no = $2 and consumed_at is null",
            id.0,
            sent,
            row.channel,
            row.send_no,
            row.tries_left,
            row.sent_at,
            row.expires_at,
        )
        .execute(&mut *tx)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(Error::TooMany {
                retry_after: seconds_between(now, now + PAUSE),
            }
            .into());
        }
        let send_no = u16::try_from(row.send_no).map_err(Failure::broken)?;
        jobs::enqueue_in(
            &mut tx,
            &Job::SendCode {
                challenge_id: id,
                send_no,
            },
            None,
        )
        .await?;
        tx.commit().await?;
        row.shown_as(&sealed)
    }

    /// Finishes a registration or a sign-in.
    pub(super) async fn verify(&self, actor: &Actor, id: ChallengeId, code: &str) -> Fallible<NewSession> {
        let proven = self
            .prove_code(actor, id, code, &[ChallengePurpose::Register, ChallengePurpose::SignIn])
            .await?;
        match &proven.pending {
            Pending::Register(account) => self.open_account(actor, &proven, account).await,
            Pending::SignIn { user_id } => self.sign_in_on_new_device(actor, &proven, *user_id).await,
            Pending::Reset { .. } => Err(Refusal::CodeExpired.into()),
        }
    }

    /// Compares a code. A wrong one costs a try; a right one is not used up yet: [`Auth::use_up_in`] does that in the
    /// transaction of what it allows, so that a crash in between leaves the code good for another go.
    pub(super) async fn prove_code(
        &self,
        actor: &Actor,
        id: ChallengeId,
        code: &str,
        purposes: &[ChallengePurpose],
    ) -> Fallible<Proven> {
        self.core
            .limits
            .check("otp_verify", &limits::address(&actor.origin.address))
            .await?;
        let mut tx = self.core.begin().await?;
        let row = sqlx::query_as!(
            Row,
            "select challenge_id, sealed, channel, send_no, tries_left, sent_at, expires_at, created_at, consumed_at
             from auth.challenge where challenge_id = $1 for update",
            id.0,
        )
        .fetch_optional(&mut *tx)
        .await?;
        let now = self.core.clock.now();
        let row = row
            .filter(|row| row.consumed_at.is_none() && row.expires_at > now && row.tries_left > 0)
            .ok_or(Refusal::CodeExpired)?;
        let sealed = self.open_challenge(&row)?;
        if !purposes.contains(&sealed.pending.purpose()) || sealed.device != actor.origin.device {
            return Err(Refusal::CodeExpired.into());
        }
        let typed: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let send_no = u16::try_from(row.send_no).map_err(Failure::broken)?;
        let right = self.core.vault.code(id, send_no);
        if same(typed.as_bytes(), right.expose().as_bytes()) {
            return Ok(Proven {
                id,
                pending: sealed.pending,
                send_no: row.send_no,
            });
        }
        sqlx::query!(
            "update auth.challenge set tries_left = tries_left - 1 where challenge_id = $1",
            id.0
        )
        .execute(&mut *tx)
        .await?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::denied("auth.verify_code", "challenge", id),
        )
        .await?;
        tx.commit().await?;
        Err(if row.tries_left == 1 {
            Refusal::CodeExpired
        } else {
            Refusal::CodeWrong
        }
        .into())
    }

    /// Uses a proven code up; `CodeExpired` when somebody did already or a newer one was sent.
    pub(super) async fn use_up_in(&self, connection: &mut PgConnection, proven: &Proven) -> Fallible<()> {
        let used = sqlx::query!(
            "update auth.challenge set consumed_at = $3 where challenge_id = $1 and send_no = $2 and consumed_at is null",
            proven.id.0,
            proven.send_no,
            self.core.clock.now(),
        )
        .execute(connection)
        .await?;
        if used.rows_affected() == 1 {
            Ok(())
        } else {
            Err(Refusal::CodeExpired.into())
        }
    }

    pub(super) async fn deliver(&self, id: ChallengeId, send_no: u16) -> Fallible<()> {
        let Some((row, sealed)) = self.live_challenge(id).await? else {
            return Ok(());
        };
        if i16::try_from(send_no) != Ok(row.send_no) || row.expires_at <= self.core.clock.now() {
            return Ok(());
        }
        let phone: Option<Phone> = match &sealed.pending {
            Pending::Register(account) => Some(account.profile.phone.clone()),
            Pending::SignIn { user_id } | Pending::Reset { user_id: Some(user_id) } => self.phone_of(*user_id).await?,
            Pending::Reset { user_id: None } => None,
        };
        let Some(phone) = phone else { return Ok(()) };
        let code = self.core.vault.code(id, send_no);
        self.notifications
            .send_code(&Actor::system(), id, send_no, row.channel()?, &phone, &code)
            .await?;
        Ok(())
    }

    /// A challenge that is neither used up nor older than half an hour.
    async fn live_challenge(&self, id: ChallengeId) -> Fallible<Option<(Row, Sealed)>> {
        let row = sqlx::query_as!(
            Row,
            "select challenge_id, sealed, channel, send_no, tries_left, sent_at, expires_at, created_at, consumed_at
             from auth.challenge where challenge_id = $1",
            id.0,
        )
        .fetch_optional(&self.core.db)
        .await?;
        let now = self.core.clock.now();
        let live = row.filter(|row| row.consumed_at.is_none() && now < row.created_at + CHALLENGE_LIFE);
        live.map(|row| self.open_challenge(&row).map(|sealed| (row, sealed)))
            .transpose()
    }

    fn open_challenge(&self, row: &Row) -> Fallible<Sealed> {
        let bytes = self.core.vault.open_system(SEAL, row.challenge_id, &row.sealed)?;
        serde_json::from_slice(&bytes).map_err(Failure::broken)
    }
}

impl Row {
    fn channel(&self) -> Fallible<CodeChannel> {
        [CodeChannel::Whatsapp, CodeChannel::Sms]
            .into_iter()
            .find(|channel| channel.as_str() == self.channel)
            .ok_or_else(|| Failure::broken("a challenge has an unknown channel"))
    }

    fn shown_as(&self, sealed: &Sealed) -> Fallible<Challenge> {
        Ok(Challenge {
            id: ChallengeId(self.challenge_id),
            purpose: sealed.pending.purpose(),
            channel: self.channel()?,
            masked_phone: sealed.shown.clone(),
            expires_at: self.expires_at,
            resend_at: self.sent_at + PAUSE,
            tries_left: u8::try_from(self.tries_left).map_err(Failure::broken)?,
        })
    }
}
