//! The push service from outside, with an application server written here.

use aes_gcm::{Aes128Gcm, KeyInit, Nonce, aead::Aead};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::{
    PublicKey, SecretKey,
    ecdsa::{Signature, SigningKey, signature::Signer},
    elliptic_curve::Generate,
};
use serde_json::{Value, json};

use super::World;
use crate::{push::keys, state::now};

fn decoded(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}

/// RFC 8291 from the sender's side.
fn encrypt(subscription: &Value, text: &str) -> Vec<u8> {
    let (ua_public, auth) = (
        decoded(&subscription["keys"]["p256dh"]),
        decoded(&subscription["keys"]["auth"]),
    );
    let (own, salt) = (SecretKey::generate(), [7_u8; 16]);
    let as_public = own.public_key().to_sec1_bytes();
    let shared = own.diffie_hellman(&PublicKey::from_sec1_bytes(&ua_public).unwrap());
    let (key, nonce) = keys(shared.raw_secret_bytes(), &auth, &salt, &ua_public, &as_public).unwrap();
    let plain = [text.as_bytes(), &[2]].concat();
    let record = Aes128Gcm::new_from_slice(&key)
        .unwrap()
        .encrypt(&Nonce::from(nonce), plain.as_slice())
        .unwrap();
    [salt.as_slice(), &4_096_u32.to_be_bytes(), &[65], &as_public, &record].concat()
}

fn vapid(key: &SecretKey, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"typ": "JWT", "alg": "ES256"})), part(claims));
    let signature: Signature = SigningKey::from(key).sign(signed.as_bytes());
    let public = URL_SAFE_NO_PAD.encode(key.public_key().to_sec1_bytes());
    format!(
        "vapid t={signed}.{}, k={public}",
        URL_SAFE_NO_PAD.encode(signature.to_bytes())
    )
}

#[tokio::test]
async fn pushes_are_verified_and_decrypted() {
    let world = World::new().await;
    let key = SecretKey::generate();
    let public = URL_SAFE_NO_PAD.encode(key.public_key().to_sec1_bytes());
    let subscribe = world.client.post(format!("{}/subscribe", world.sandbox.push_url));
    let subscription: Value = subscribe
        .json(&json!({"applicationServerKey": public}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(decoded(&subscription["keys"]["p256dh"]).len(), 65);
    let endpoint = subscription["endpoint"].as_str().unwrap().to_owned();
    let origin = world.sandbox.admin_url.clone();
    let claims = json!({"aud": origin, "exp": now().unix_timestamp() + 3_600, "sub": "mailto:ops@example.id"});
    let send = |authorization: String, ttl: Option<&str>, body: Vec<u8>| {
        let mut request = world
            .client
            .post(&endpoint)
            .header("content-encoding", "aes128gcm")
            .body(body);
        request = request.header("authorization", authorization);
        if let Some(ttl) = ttl {
            request = request.header("ttl", ttl);
        }
        async { request.send().await.unwrap().status().as_u16() }
    };
    let body = encrypt(&subscription, r#"{"t":"installment_due"}"#);
    let good = vapid(&key, &claims);
    assert_eq!(send(good.clone(), Some("60"), body.clone()).await, 201);
    assert_eq!(send(good.clone(), None, body.clone()).await, 400);
    assert_eq!(send(good.clone(), Some("60"), b"noise".to_vec()).await, 400);
    assert_eq!(send(good.clone(), Some("60"), vec![0; 4_097]).await, 413);
    assert_eq!(send("Bearer x".into(), Some("60"), body.clone()).await, 401);
    assert_eq!(
        send(vapid(&SecretKey::generate(), &claims), Some("60"), body.clone()).await,
        403
    );
    for (name, value) in [
        ("aud", json!("https://fcm.googleapis.com")),
        ("exp", json!(1)),
        ("sub", json!("ops")),
    ] {
        let mut claims = claims.clone();
        claims[name] = value;
        assert_eq!(
            send(vapid(&key, &claims), Some("60"), body.clone()).await,
            403,
            "{name}"
        );
    }
    let id = endpoint.rsplit('/').next().unwrap();
    let seen = world.sim(&format!("push/{id}")).await;
    assert_eq!(
        (&seen["received"][0]["text"], seen["received"].as_array().unwrap().len()),
        (&json!(r#"{"t":"installment_due"}"#), 1)
    );
    assert_eq!(world.sim("messages?channel=push").await[0]["to"], endpoint);
    assert_eq!(world.press(&format!("push/{id}/expire"), json!({})).await.0, 200);
    assert_eq!(send(good, Some("60"), body).await, 410);
}
