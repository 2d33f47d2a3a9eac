//! Notices: written once per event, delivered on every channel that the person chose, and kept for the app.
//!
//! Enters: events, one-time codes, delivery states from the vendors. Leaves: rows, messages. State moves forward
//! only: queued → accepted (by the vendor) → sent → delivered → read, or failed. A message goes out **at least**
//! once: a worker that dies between sending and recording leaves the delivery claimed for half a minute, then
//! another sends it again; twice is a nuisance, never is a borrower without a code. What WhatsApp refuses for good
//! goes by SMS. Browser push is only remembered here, nothing is sent to it yet.

mod contact;
mod deliver;
mod inbox;
mod preferences;
mod push;
mod queries;
mod receive;
mod send_code;
mod tell;

use crate::{
    Core,
    failure::Failure,
    gateways::{mail::Mail, sms::Sms, whatsapp::Whatsapp},
};
use async_trait::async_trait;
use domain::{
    Actor, Page, PageRequest, Result,
    auth::{CodeChannel, Secret},
    calendar::Holidays,
    event::Event,
    id::{ChallengeId, NoticeId},
    notifications::{Notice, NotificationService, Preferences, PushSubscription},
    users::{Phone, UserService},
};
use std::sync::Arc;
use uuid::Uuid;

/// The notifications service.
pub struct Notifications {
    core: Core,
    users: Arc<dyn UserService>,
    whatsapp: Arc<Whatsapp>,
    sms: Arc<Sms>,
    mail: Arc<Mail>,
}

impl Notifications {
    /// The service on three channels; `users` knows how to reach a person.
    pub fn new(
        core: Core,
        users: Arc<dyn UserService>,
        whatsapp: Arc<Whatsapp>,
        sms: Arc<Sms>,
        mail: Arc<Mail>,
    ) -> Self {
        Self {
            core,
            users,
            whatsapp,
            sms,
            mail,
        }
    }
}

#[async_trait]
impl NotificationService for Notifications {
    async fn holidays(&self) -> Result<Holidays> {
        let calendar = self.contact_calendar().await;
        calendar
            .map(|calendar| calendar.holidays.into_iter().collect())
            .map_err(Failure::at("notifications.holidays"))
    }

    async fn list(&self, actor: &Actor, page: PageRequest) -> Result<Page<Notice>> {
        self.list_notices(actor, &page)
            .await
            .map_err(Failure::at("notifications.list"))
    }

    async fn unread_count(&self, actor: &Actor) -> Result<u32> {
        self.count_unread(actor)
            .await
            .map_err(Failure::at("notifications.unread_count"))
    }

    async fn mark_read(&self, actor: &Actor, id: NoticeId) -> Result<()> {
        self.read_one(actor, id)
            .await
            .map_err(Failure::at("notifications.mark_read"))
    }

    async fn mark_all_read(&self, actor: &Actor) -> Result<()> {
        self.read_all(actor)
            .await
            .map_err(Failure::at("notifications.mark_all_read"))
    }

    async fn preferences(&self, actor: &Actor) -> Result<Preferences> {
        self.read_preferences(actor)
            .await
            .map_err(Failure::at("notifications.preferences"))
    }

    async fn set_preferences(&self, actor: &Actor, preferences: Preferences) -> Result<Preferences> {
        self.write_preferences(actor, preferences)
            .await
            .map_err(Failure::at("notifications.set_preferences"))
    }

    async fn subscribe_push(&self, actor: &Actor, subscription: PushSubscription) -> Result<()> {
        self.remember_browser(actor, subscription)
            .await
            .map_err(Failure::at("notifications.subscribe_push"))
    }

    async fn send_code(
        &self,
        actor: &Actor,
        challenge: ChallengeId,
        send_no: u16,
        channel: CodeChannel,
        phone: &Phone,
        code: &Secret,
    ) -> Result<()> {
        self.send_one_code(actor, challenge, send_no, channel, phone, code)
            .await
            .map_err(Failure::at("notifications.send_code"))
    }

    async fn tell(&self, actor: &Actor, event_id: Uuid, event: &Event) -> Result<()> {
        self.tell_once(actor, event_id, event)
            .await
            .map_err(Failure::at("notifications.tell"))
    }

    fn verify_whatsapp(&self, mode: &str, token: &str, challenge: &str) -> Option<String> {
        self.whatsapp.verify_subscription(mode, token, challenge)
    }

    async fn receive_whatsapp(&self, signature: &str, raw: &[u8]) -> Result<bool> {
        self.take_whatsapp(signature, raw)
            .await
            .map_err(Failure::at("notifications.receive_whatsapp"))
    }

    async fn receive_sms(&self, signature: &str, pairs: &[(String, String)]) -> Result<bool> {
        self.take_sms(signature, pairs)
            .await
            .map_err(Failure::at("notifications.receive_sms"))
    }
}
