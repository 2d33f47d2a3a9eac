//! What the notifications service promises.

use crate::{
    Actor, Page, PageRequest, Result,
    auth::{CodeChannel, Secret},
    calendar::Holidays,
    event::Event,
    id::{ChallengeId, NoticeId},
    users::Phone,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A message in the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// The event behind it: `payment_posted`, `loan_disbursed`, …
    pub kind: String,
    /// One line.
    pub title: String,
    /// One or two sentences.
    pub body: String,
    /// A local path to go on from, empty when there is none.
    pub link: String,
    /// When (UTC).
    pub created_at: OffsetDateTime,
    /// When it was read (UTC).
    pub read_at: Option<OffsetDateTime>,
}

/// Which channels a person wants. In-app is always on; codes and security notices ignore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// WhatsApp messages.
    pub whatsapp: bool,
    /// Emails.
    pub email: bool,
    /// SMS.
    pub sms: bool,
    /// Push on subscribed devices.
    pub push: bool,
    /// Amounts may stand in a push.
    pub amounts_in_push: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            whatsapp: true,
            email: true,
            sms: false,
            push: true,
            amounts_in_push: false,
        }
    }
}

/// A browser's push address (W3C PushSubscription).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushSubscription {
    /// https, one of the known push services.
    pub endpoint: String,
    /// Public key, base64url, 65 bytes.
    pub p256dh: String,
    /// Secret, base64url, 16 bytes.
    pub auth: String,
}

/// Notices on every channel, and the calendar they keep to.
#[async_trait]
pub trait NotificationService: Send + Sync {
    /// The national holidays of the years that are loaded. Anyone.
    async fn holidays(&self) -> Result<Holidays>;

    /// The asker's notices, newest first.
    async fn list(&self, actor: &Actor, page: PageRequest) -> Result<Page<Notice>>;

    /// How many the asker has not read.
    async fn unread_count(&self, actor: &Actor) -> Result<u32>;

    /// Marks one as read; a foreign id is `NotFound`. Idempotent.
    async fn mark_read(&self, actor: &Actor, id: NoticeId) -> Result<()>;

    /// Marks all of the asker's notices as read.
    async fn mark_all_read(&self, actor: &Actor) -> Result<()>;

    /// The asker's channels.
    async fn preferences(&self, actor: &Actor) -> Result<Preferences>;

    /// Sets the asker's channels.
    async fn set_preferences(&self, actor: &Actor, preferences: Preferences) -> Result<Preferences>;

    /// Remembers a browser of the asker; the same endpoint again is an update.
    async fn subscribe_push(&self, actor: &Actor, subscription: PushSubscription) -> Result<()>;

    /// Sends a one-time code now, on one channel, never stored in the clear. System only. Idempotent by
    /// (challenge, `send_no`).
    async fn send_code(
        &self,
        actor: &Actor,
        challenge: ChallengeId,
        send_no: u16,
        channel: CodeChannel,
        phone: &Phone,
        code: &Secret,
    ) -> Result<()>;

    /// Writes the notice of an event and the jobs that deliver it. System only (job). Idempotent by `event_id`.
    async fn tell(&self, actor: &Actor, event_id: uuid::Uuid, event: &Event) -> Result<()>;

    /// Meta's subscription check: the challenge text when the token is right.
    fn verify_whatsapp(&self, mode: &str, token: &str, challenge: &str) -> Option<String>;

    /// Delivery states from Meta: raw body with its `X-Hub-Signature-256`. Idempotent. False: bad signature.
    async fn receive_whatsapp(&self, signature: &str, raw: &[u8]) -> Result<bool>;

    /// Delivery states from Twilio: form pairs with `X-Twilio-Signature`. Idempotent. False: bad signature.
    async fn receive_sms(&self, signature: &str, pairs: &[(String, String)]) -> Result<bool>;
}
