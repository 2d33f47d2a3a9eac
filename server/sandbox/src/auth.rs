//! What callers prove and what webhooks carry. In: headers, keys, bytes. Out: yes or no, and signatures.

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// Whether the caller sent HTTP Basic with exactly this user and password.
pub fn basic(headers: &HeaderMap, user: &str, password: &str) -> bool {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    sent.and_then(|value| value.strip_prefix("Basic "))
        .and_then(|encoded| STANDARD.decode(encoded.trim()).ok())
        .is_some_and(|decoded| decoded == format!("{user}:{password}").as_bytes())
}

/// Whether the caller sent this bearer token.
pub fn bearer(headers: &HeaderMap, token: &str) -> bool {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    sent.and_then(|value| value.strip_prefix("Bearer "))
        .is_some_and(|sent| sent.trim() == token)
}

/// Midtrans: `SHA512(order_id + status_code + gross_amount + server key)`, lower-case hex.
pub fn midtrans(order_id: &str, status_code: &str, gross_amount: &str, key: &str) -> String {
    hex::encode(Sha512::digest([order_id, status_code, gross_amount, key].concat()))
}

/// Meta: the value of `X-Hub-Signature-256` over the raw body.
pub fn meta(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// Twilio: the value of `X-Twilio-Signature` over the full address and the parameters sorted by name.
pub fn twilio(token: &str, url: &str, parameters: &[(&str, String)]) -> String {
    let mut sorted: Vec<_> = parameters.iter().collect();
    sorted.sort();
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(url.as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midtrans_vector() {
        assert_eq!(
            midtrans("LN-2026-000123-07", "200", "1250000.00", "SB-Mid-server-TESTKEY"),
            "43761706fad50fc913aa03e7bd800319aefe8b3432bce403643de826dc61e16e\
             90171d5c1ed7263fa20cf206367dce3b66e3eeaa26b3ecb60e036791f708819d"
        );
    }

    #[test]
    fn meta_vector() {
        assert_eq!(
            meta("app-secret-test", br#"{"object":"whatsapp_business_account"}"#),
            "sha256=8ae0344417201f7db1e440aab70bed1920afe4a67681be5cc4a6769eabf9febe"
        );
    }

    #[test]
    fn twilio_vector_whatever_the_order() {
        let parameters = [
            ("To", "+628123".to_owned()),
            ("MessageStatus", "delivered".to_owned()),
            ("MessageSid", "SM1".to_owned()),
        ];
        let url = "https://app.example.id/webhooks/sms/twilio";
        assert_eq!(
            twilio("twilio-auth-token", url, &parameters),
            "93cB3iwolXN6pxrCPA5vneCGieg="
        );
    }

    #[test]
    fn basic_wants_both_halves() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "authorization",
            format!("Basic {}", STANDARD.encode("key:")).parse().unwrap(),
        );
        assert!(basic(&headers, "key", ""));
        assert!(!basic(&headers, "key", "x"));
        assert!(!basic(&headers, "ke", ""));
    }
}
