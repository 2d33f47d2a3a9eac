//! Forms about notifications: reading them, and where they go.
#![expect(missing_docs, reason = "of every function the macro makes a struct of its arguments")]

use super::{Answer, reply};
use crate::visit::local_path;
use domain::{Error, notifications::Preferences};
use leptos::prelude::*;

/// Marks one notice as read and goes on to what it is about.
#[server(prefix = "/_fn", endpoint = "read_notice")]
pub async fn read_notice(#[server(default)] notice: String, #[server(default)] next: String) -> Answer {
    reply(async |visit| {
        let id = notice.parse().map_err(|_| Error::NotFound)?;
        visit.backend.notifications.mark_read(&visit.actor, id).await?;
        visit.go(local_path(&next).unwrap_or_else(|| "/notifikasi".into()));
        Ok(())
    })
    .await
}

/// Marks everything as read.
#[server(prefix = "/_fn", endpoint = "read_all_notices")]
pub async fn read_all_notices() -> Answer {
    reply(async |visit| {
        visit.backend.notifications.mark_all_read(&visit.actor).await?;
        visit.go("/notifikasi");
        Ok(())
    })
    .await
}

/// Sets the channels; a switch that is off sends nothing.
#[server(prefix = "/_fn", endpoint = "set_channels")]
pub async fn set_channels(
    #[server(default)] whatsapp: String,
    #[server(default)] email: String,
    #[server(default)] sms: String,
) -> Answer {
    reply(async |visit| {
        let [whatsapp, email, sms] = [whatsapp, email, sms].map(|switch| !switch.is_empty());
        // What is not on the form stays: pushes are not sent yet, a program may have set its wish already.
        let before = visit.backend.notifications.preferences(&visit.actor).await?;
        let chosen = Preferences {
            whatsapp,
            email,
            sms,
            ..before
        };
        visit
            .backend
            .notifications
            .set_preferences(&visit.actor, chosen)
            .await?;
        visit.go_saying("/akun?bagian=kabari#kabari", "Pilihan disimpan.");
        Ok(())
    })
    .await
}
