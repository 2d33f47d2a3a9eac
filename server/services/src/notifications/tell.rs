//! An event becomes a notice, and the jobs that deliver it, in one transaction.

use super::{
    Notifications, preferences,
    queries::{self, Channel},
};
use crate::failure::Fallible;
use domain::{
    Actor,
    event::Event,
    notifications::{
        Preferences,
        texts::{Reach, text_of},
    },
};
use uuid::Uuid;

impl Notifications {
    pub(super) async fn tell_once(&self, actor: &Actor, event_id: Uuid, event: &Event) -> Fallible<()> {
        actor.require_system()?;
        if event.is_about_unpaid_bill()
            && let Some(rule) = self.forbidden_now().await?
        {
            return self.refuse(event, rule).await;
        }
        let text = text_of(event);
        let user_id = event.user_id();
        let mut tx = self.core.begin().await?;
        let notice_id = sqlx::query_scalar!(
            "insert into notifications.notice (notice_id, user_id, event_id, kind, title, body, link, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict on constraint notice_event_key do nothing
             returning notice_id",
            self.core.clock.new_id(),
            user_id.0,
            event_id,
            event.name(),
            &*text.title,
            &*text.body,
            text.link,
            self.core.clock.now(),
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(notice_id) = notice_id else {
            return Ok(());
        };
        let chosen = preferences::find(&mut tx, user_id).await?;
        for channel in channels(text.reach, chosen) {
            queries::queue_notice(&mut tx, &self.core, notice_id, channel).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

fn channels(reach: Reach, chosen: Preferences) -> Vec<Channel> {
    let wanted = match reach {
        Reach::Chosen => [chosen.whatsapp, chosen.email, chosen.sms],
        Reach::Always => [true, true, chosen.sms],
    };
    let all = [Channel::Whatsapp, Channel::Email, Channel::Sms];
    all.into_iter()
        .zip(wanted)
        .filter_map(|(channel, wanted)| wanted.then_some(channel))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choice_counts_but_not_for_security() {
        let nothing = Preferences {
            whatsapp: false,
            email: false,
            sms: false,
            push: false,
            amounts_in_push: false,
        };
        assert_eq!(channels(Reach::Chosen, nothing), []);
        assert_eq!(channels(Reach::Always, nothing), [Channel::Whatsapp, Channel::Email]);
        assert_eq!(
            channels(Reach::Chosen, Preferences::default()),
            [Channel::Whatsapp, Channel::Email]
        );
        let by_sms = Preferences { sms: true, ..nothing };
        assert_eq!(channels(Reach::Chosen, by_sms), [Channel::Sms]);
    }
}
