//! Sends a one-time code. The code passes through and is written nowhere; the row only knows that it was sent.

use super::{
    Notifications,
    queries::{self, Channel},
};
use crate::failure::{Failure, Fallible};
use domain::{
    Actor,
    auth::{CodeChannel, Secret},
    id::ChallengeId,
    notifications::texts,
    users::Phone,
};

impl Notifications {
    pub(super) async fn send_one_code(
        &self,
        actor: &Actor,
        challenge: ChallengeId,
        send_no: u16,
        channel: CodeChannel,
        phone: &Phone,
        code: &Secret,
    ) -> Fallible<()> {
        actor.require_system()?;
        let now = self.core.clock.now();
        let number = i16::try_from(send_no).map_err(Failure::broken)?;
        let claimed = {
            let mut connection = self.core.db.acquire().await?;
            sqlx::query!(
                "insert into notifications.delivery
                     (delivery_id, challenge_id, send_no, channel, state, created_at, updated_at)
                 values ($1, $2, $3, $4, 'queued', $5, $5)
                 on conflict on constraint delivery_code_key do nothing",
                self.core.clock.new_id(),
                challenge.0,
                number,
                channel.as_str(),
                now,
            )
            .execute(&mut *connection)
            .await?;
            let id = sqlx::query_scalar!(
                "select delivery_id from notifications.delivery where challenge_id = $1 and send_no = $2",
                challenge.0,
                number,
            )
            .fetch_one(&mut *connection)
            .await?;
            queries::claim(&mut connection, id, now).await?
        };
        let Some(claimed) = claimed else {
            return Ok(());
        };
        // The row's channel, not the caller's: WhatsApp may have failed meanwhile.
        let sent = match claimed.channel {
            Channel::Whatsapp => self.whatsapp.send_code(phone, claimed.id, code).await,
            Channel::Sms => self.sms.send(phone, &texts::code_sms(code.expose())).await,
            Channel::Email => return Err(Failure::broken("codes never go by email")),
        };
        self.settle(claimed, sent).await
    }
}
