//! Remembers a browser's push address, sealed. Nothing is sent to it yet: that needs VAPID keys and a sender of its
//! own; until then the choice `push` changes nothing.

use super::Notifications;
use crate::failure::{Failure, Fallible};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Actor, Error, Fault, notifications::PushSubscription};
use http::Uri;

/// Push services of the browsers, whole hosts and the ends of hosts (integrations.md 7): the address is a
/// stranger's word, and one day we call it.
const HOSTS: [&str; 1] = ["fcm.googleapis.com"];
const HOST_ENDS: [&str; 3] = [".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com"];
/// Longest address.
const ENDPOINT_LENGTH: usize = 1_000;
/// Browsers of one person that are kept; the oldest goes first.
const BROWSERS: i64 = 10;

impl Notifications {
    pub(super) async fn remember_browser(&self, actor: &Actor, subscription: PushSubscription) -> Fallible<()> {
        let user_id = actor.borrower()?;
        check(&subscription)?;
        let endpoint_index = self.core.vault.index("push_endpoint", &subscription.endpoint);
        let plain = serde_json::to_vec(&subscription).map_err(Failure::broken)?;
        let mut tx = self.core.begin().await?;
        // Taken out and put in again: the seal is bound to the person and the row, and a shared browser belongs to
        // whoever subscribed last.
        sqlx::query!(
            "delete from notifications.push_subscription where endpoint_index = $1",
            endpoint_index
        )
        .execute(&mut *tx)
        .await?;
        let id = self.core.clock.new_id();
        let key = self.core.vault.user_key(&mut tx, user_id).await?;
        sqlx::query!(
            "insert into notifications.push_subscription
                 (subscription_id, user_id, endpoint_index, sealed, created_at)
             values ($1, $2, $3, $4, $5)",
            id,
            user_id.0,
            endpoint_index,
            key.seal("notifications.push_subscription.sealed", id, &plain),
            self.core.clock.now(),
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "delete from notifications.push_subscription
             where subscription_id in (
                 select subscription_id
                 from notifications.push_subscription
                 where user_id = $1
                 order by created_at desc, subscription_id desc
                 offset $2)",
            user_id.0,
            BROWSERS,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

fn check(subscription: &PushSubscription) -> Result<(), Error> {
    let mut faults = Vec::new();
    if !is_push_service(&subscription.endpoint) {
        faults.push(Fault::new(
            "endpoint",
            "push_service",
            "Alamat notifikasi peramban ini tidak dikenal.",
        ));
    }
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).unwrap_or_default();
    // An uncompressed point begins with 4.
    let key = decoded(&subscription.p256dh);
    if key.len() != 65 || key[0] != 4 {
        faults.push(Fault::new(
            "p256dh",
            "push_key",
            "Kunci notifikasi peramban ini tidak benar.",
        ));
    }
    if decoded(&subscription.auth).len() != 16 {
        faults.push(Fault::new(
            "auth",
            "push_key",
            "Kunci notifikasi peramban ini tidak benar.",
        ));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::Validation(faults))
    }
}

fn is_push_service(endpoint: &str) -> bool {
    if endpoint.len() > ENDPOINT_LENGTH {
        return false;
    }
    let Ok(uri) = endpoint.parse::<Uri>() else {
        return false;
    };
    let (Some("https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return false;
    };
    let host = authority.host().to_ascii_lowercase();
    // Nothing but the host: no user, no port.
    authority.as_str().len() == host.len()
        && (HOSTS.contains(&host.as_str()) || HOST_ENDS.iter().any(|end| host.ends_with(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_browsers_own_services_are_called() {
        for endpoint in [
            "https://fcm.googleapis.com/fcm/send/abc",
            "https://updates.push.services.mozilla.com/wpush/v2/abc",
            "https://web.push.apple.com/abc",
            "https://wns2-par02p.notify.windows.com/w/?token=abc",
        ] {
            assert!(is_push_service(endpoint), "{endpoint}");
        }
        for endpoint in [
            "http://fcm.googleapis.com/fcm/send/abc",
            "https://fcm.googleapis.com:8443/x",
            "https://fcm.googleapis.com@evil.example/x",
            "https://x@fcm.googleapis.com/x",
            "https://fcm.googleapis.com.evil.example/x",
            "https://evilfcm.googleapis.com/x",
            "https://push.apple.com.evil.example/x",
            "https://169.254.169.254/latest",
            "https://localhost/x",
            "fcm.googleapis.com/x",
            "",
        ] {
            assert!(!is_push_service(endpoint), "{endpoint}");
        }
    }

    #[test]
    fn keys_have_their_length_and_shape() {
        let good = PushSubscription {
            endpoint: "https://fcm.googleapis.com/fcm/send/abc".into(),
            p256dh: URL_SAFE_NO_PAD.encode([&[4_u8][..], &[7; 64]].concat()),
            auth: URL_SAFE_NO_PAD.encode([1_u8; 16]),
        };
        assert_eq!(check(&good), Ok(()));
        let compressed = PushSubscription {
            p256dh: URL_SAFE_NO_PAD.encode([2_u8; 33]),
            ..good.clone()
        };
        let both = PushSubscription {
            p256dh: "?".into(),
            auth: "x".into(),
            ..good
        };
        let fields = |subscription| match check(&subscription) {
            Err(Error::Validation(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
            other => panic!("{other:?}"),
        };
        let bad: Vec<String> = fields(compressed);
        assert_eq!(bad, ["p256dh"]);
        assert_eq!(fields(both), ["p256dh", "auth"]);
    }
}
