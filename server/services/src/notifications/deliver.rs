//! The job that sends one notice on one channel, and what a vendor's answer means for any delivery.

use super::{
    Notifications,
    queries::{self, About, Channel, Claimed, Named},
};
use crate::{
    failure::{Failure, Fallible},
    gateways::GatewayError,
};
use domain::{Actor, Error, id::UserId, notifications::texts};
use uuid::Uuid;

/// The kind of notices about an unpaid bill: `Event::is_about_unpaid_bill`.
const UNPAID_BILL: &str = "instalment_reminder";

struct NoticeText {
    user_id: Uuid,
    kind: String,
    title: String,
    body: String,
}

impl Notifications {
    /// Delivers a queued notice (job). Idempotent by delivery: what was sent is not sent again.
    pub async fn deliver(&self, delivery_id: Uuid) -> Fallible<()> {
        let (claimed, notice) = {
            let mut connection = self.core.db.acquire().await?;
            let Some(claimed) = queries::claim(&mut connection, delivery_id, self.core.clock.now()).await? else {
                return Ok(());
            };
            let About::Notice(notice_id) = claimed.about else {
                return Err(Failure::broken("codes are sent by their own job"));
            };
            let notice = sqlx::query_as!(
                NoticeText,
                "select user_id, kind, title, body from notifications.notice where notice_id = $1",
                notice_id,
            )
            .fetch_one(&mut *connection)
            .await?;
            (claimed, notice)
        };
        // A delivery that was held up must not come at night.
        if notice.kind == UNPAID_BILL
            && let Some(rule) = self.forbidden_now().await?
        {
            self.keep_refusal_in(&mut *self.core.db.acquire().await?, UserId(notice.user_id), rule)
                .await?;
            return self.settle_failed(claimed, rule.as_str()).await;
        }
        let contact = match self.users.contact(&Actor::system(), UserId(notice.user_id)).await {
            Ok(contact) => contact,
            // Staff have no contact data: the notice stays in the app.
            Err(Error::NotFound) => return self.settle_failed(claimed, "no_contact").await,
            Err(error) => {
                self.release(claimed).await?;
                return Err(error.into());
            }
        };
        let NoticeText { title, body, .. } = &notice;
        let sent = match claimed.channel {
            Channel::Whatsapp => self.whatsapp.send_notice(&contact.phone, claimed.id, title, body).await,
            Channel::Sms => self.sms.send(&contact.phone, &texts::sms(title, body)).await,
            Channel::Email => {
                self.mail
                    .send(&contact.email, claimed.id, self.core.clock.now(), title, body)
                    .await
            }
        };
        self.settle(claimed, sent).await
    }

    /// Writes down what became of a sending: taken, worth another try (then the failure goes back to the job), or
    /// failed for good.
    pub(super) async fn settle(&self, claimed: Claimed, sent: Result<String, GatewayError>) -> Fallible<()> {
        match sent {
            Ok(provider_ref) => {
                let mut connection = self.core.db.acquire().await?;
                queries::set_accepted(&mut connection, claimed, &provider_ref, self.core.clock.now()).await
            }
            Err(error) if error.is_passing() => {
                self.release(claimed).await?;
                Err(error.into())
            }
            Err(GatewayError::Rejected { code, .. }) => {
                let (channel, id) = (claimed.channel.as_str(), claimed.id);
                tracing::warn!(%id, channel, code, "a message was refused");
                self.settle_failed(claimed, &code).await
            }
            Err(error) => {
                let (channel, id) = (claimed.channel.as_str(), claimed.id);
                tracing::error!(%id, channel, %error, "a channel needs an operator");
                self.settle_failed(claimed, "channel").await
            }
        }
    }

    async fn settle_failed(&self, claimed: Claimed, code: &str) -> Fallible<()> {
        let named = Named {
            channel: claimed.channel,
            id: Some(claimed.id),
            provider_ref: None,
        };
        let mut tx = self.core.begin().await?;
        queries::set_failed(&mut tx, &self.core, &named, code).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn release(&self, claimed: Claimed) -> Fallible<()> {
        let mut connection = self.core.db.acquire().await?;
        queries::release(&mut connection, claimed).await
    }
}
