//! What the vendors tell about messages that were sent. Verified over the raw bytes before anything is read; a copy
//! or an old state changes nothing. Only states come in, nothing personal, so there is no inbox: the row that
//! moves is the record. An SMS state that overtakes our own note of Twilio's id is lost (Twilio cannot carry our
//! number), which leaves a delivery at `accepted`, no more.

use super::{
    Notifications,
    queries::{self, Channel, Named, State},
};
use crate::{
    failure::Fallible,
    gateways::{sms, whatsapp},
};

impl Notifications {
    pub(super) async fn take_whatsapp(&self, signature: &str, raw: &[u8]) -> Fallible<bool> {
        if !self.whatsapp.signature_fits(signature, raw) {
            metrics::counter!("webhook_bad_signature", "vendor" => "whatsapp").increment(1);
            return Ok(false);
        }
        let statuses = match whatsapp::read_statuses(raw) {
            Ok(statuses) => statuses,
            Err(error) => {
                // Well signed and not what we know: sending it again for a week would not help.
                tracing::warn!(%error, "a WhatsApp webhook does not parse");
                return Ok(true);
            }
        };
        for status in statuses {
            let state = match status.status.as_str() {
                "sent" => State::Sent,
                "delivered" => State::Delivered,
                "read" => State::Read,
                "failed" => State::Failed,
                _ => continue,
            };
            let named = Named {
                channel: Channel::Whatsapp,
                id: status.delivery_id,
                provider_ref: Some(&status.message_id),
            };
            self.move_on(&named, state, status.code).await?;
        }
        Ok(true)
    }

    pub(super) async fn take_sms(&self, signature: &str, pairs: &[(String, String)]) -> Fallible<bool> {
        if !self.sms.signature_fits(signature, pairs) {
            metrics::counter!("webhook_bad_signature", "vendor" => "sms").increment(1);
            return Ok(false);
        }
        let Some(callback) = sms::read_callback(pairs) else {
            return Ok(true);
        };
        let state = match callback.status.as_str() {
            "sent" => State::Sent,
            "delivered" => State::Delivered,
            "undelivered" | "failed" => State::Failed,
            // `queued` and `sending` tell nothing new.
            _ => return Ok(true),
        };
        let named = Named {
            channel: Channel::Sms,
            id: None,
            provider_ref: Some(&callback.sid),
        };
        self.move_on(&named, state, callback.code).await?;
        Ok(true)
    }

    async fn move_on(&self, named: &Named<'_>, state: State, code: Option<i64>) -> Fallible<()> {
        let mut tx = self.core.begin().await?;
        if state == State::Failed {
            let code = code.map_or_else(|| "unknown".to_owned(), |code| code.to_string());
            queries::set_failed(&mut tx, &self.core, named, &code).await?;
        } else {
            queries::set_forward(&mut tx, named, state, self.core.clock.now()).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
