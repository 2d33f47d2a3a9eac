//! A push service (RFC 8030, 8188, 8291, 8292). In: encrypted pushes with a VAPID token. Out: the text a
//! browser would have shown, or the refusal a real service gives.
//!
//! `POST /push/subscribe {"applicationServerKey"?}` plays the browser and gives a PushSubscription;
//! `POST /push/send/{id}` is its endpoint; `POST /_sim/push/{id}/expire` makes it 410 from then on.

use aes_gcm::{Aes128Gcm, Nonce, aead::Aead};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use hkdf::Hkdf;
use p256::{
    PublicKey, SecretKey,
    ecdsa::{Signature, VerifyingKey, signature::Verifier},
    elliptic_curve::Generate,
};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use crate::{
    faults::{self, Vendor},
    state::{Channel, Message, Sim, now},
};

/// Largest body, bytes (RFC 8291 section 4).
const BODY: usize = 4_096;
/// Longest life of a VAPID token, seconds (RFC 8292 section 2).
const TOKEN_LIFE: i64 = 24 * 3_600;
/// Salt, record size, key length.
const FIXED_HEADER: usize = 21;

/// A subscription and its private half.
pub struct Device {
    secret: SecretKey,
    auth: [u8; 16],
    /// The application server key the subscription is tied to.
    application_key: Option<Vec<u8>>,
    /// Gone: pushes answer 410.
    pub expired: bool,
    /// Decrypted pushes, oldest first.
    pub received: Vec<Value>,
}

/// Every push route, under `/push`.
pub fn routes(sim: &Sim) -> Router<Sim> {
    Router::new()
        .route("/push/send/{id}", post(send))
        .layer(from_fn_with_state((sim.clone(), Vendor::Push), faults::inject))
        .route("/push/subscribe", post(subscribe))
}

fn answer(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"message": message}))).into_response()
}

async fn subscribe(State(sim): State<Sim>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let application_key = match body["applicationServerKey"]
        .as_str()
        .map(|key| URL_SAFE_NO_PAD.decode(key))
    {
        None => None,
        Some(Ok(key)) if PublicKey::from_sec1_bytes(&key).is_ok() => Some(key),
        Some(_) => {
            return answer(StatusCode::BAD_REQUEST, "applicationServerKey is not a P-256 key");
        }
    };
    let (secret, auth) = (SecretKey::generate(), *Uuid::new_v4().as_bytes());
    let id = Uuid::new_v4().simple().to_string();
    let subscription = json!({
        "endpoint": format!("{}/push/send/{id}", sim.public),
        "expirationTime": null,
        "keys": {
            "p256dh": URL_SAFE_NO_PAD.encode(secret.public_key().to_sec1_bytes()),
            "auth": URL_SAFE_NO_PAD.encode(auth),
        },
    });
    sim.store().devices.put(
        id,
        Device {
            secret,
            auth,
            application_key,
            expired: false,
            received: Vec::new(),
        },
    );
    (StatusCode::CREATED, Json(subscription)).into_response()
}

async fn send(State(sim): State<Sim>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mut store = sim.store();
    let Some(device) = store.devices.get_mut(&id) else {
        return answer(StatusCode::NOT_FOUND, "No such subscription");
    };
    if device.expired {
        return answer(StatusCode::GONE, "The subscription has expired");
    }
    if let Err((status, message)) = authorise(header("authorization"), device.application_key.as_deref(), &sim.public) {
        return answer(status, message);
    }
    if header("ttl").is_none_or(|ttl| ttl.parse::<u32>().is_err()) {
        return answer(StatusCode::BAD_REQUEST, "TTL is required");
    }
    if header("urgency").is_some_and(|urgency| !["very-low", "low", "normal", "high"].contains(&urgency)) {
        return answer(StatusCode::BAD_REQUEST, "Urgency is unknown");
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if header("topic").is_some_and(|topic| topic.len() > 32 || !topic.bytes().all(plain)) {
        return answer(StatusCode::BAD_REQUEST, "Topic is too long or not base64url");
    }
    if body.len() > BODY {
        return answer(StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 4096 bytes");
    }
    if header("content-encoding") != Some("aes128gcm") {
        return answer(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Content-Encoding must be aes128gcm");
    }
    let Some(text) = decrypt(&device.secret, &device.auth, &body).and_then(|plain| String::from_utf8(plain).ok())
    else {
        return answer(StatusCode::BAD_REQUEST, "The body cannot be decrypted");
    };
    let push = json!({"text": text, "ttl": header("ttl"), "urgency": header("urgency"), "topic": header("topic")});
    device.received.push(push.clone());
    let message_id = Uuid::new_v4().simple().to_string();
    store.messages.push(Message {
        id: message_id.clone(),
        channel: Channel::Push,
        to: format!("{}/push/send/{id}", sim.public),
        text,
        at: now(),
        status: "delivered",
        body: push,
    });
    drop(store);
    let mut created = StatusCode::CREATED.into_response();
    if let Ok(location) = HeaderValue::from_str(&format!("{}/push/message/{message_id}", sim.public)) {
        created.headers_mut().insert("location", location);
    }
    created
}

/// RFC 8292: `vapid t=<JWT, ES256>, k=<public key>`.
fn authorise(header: Option<&str>, tied_to: Option<&[u8]>, origin: &str) -> Result<(), (StatusCode, &'static str)> {
    let missing = (StatusCode::UNAUTHORIZED, "Authorization: vapid t=…, k=… is required");
    let fields = header.and_then(|value| value.strip_prefix("vapid ")).ok_or(missing)?;
    let field = |name: &str| fields.split(',').find_map(|part| part.trim().strip_prefix(name));
    let (token, key) = (field("t=").ok_or(missing)?, field("k=").ok_or(missing)?);
    let key = URL_SAFE_NO_PAD
        .decode(key)
        .map_err(|_| (StatusCode::FORBIDDEN, "k is not base64url"))?;
    if tied_to.is_some_and(|wanted| wanted != key) {
        return Err((
            StatusCode::FORBIDDEN,
            "The subscription belongs to another application server key",
        ));
    }
    let claims = claims(token, &key).ok_or((StatusCode::FORBIDDEN, "The token is not signed by k with ES256"))?;
    let (expires, now) = (claims["exp"].as_i64().unwrap_or_default(), now().unix_timestamp());
    if claims["aud"] != origin {
        return Err((StatusCode::FORBIDDEN, "aud is not this push service"));
    }
    if expires <= now || expires > now + TOKEN_LIFE {
        return Err((StatusCode::FORBIDDEN, "exp must be within the next 24 hours"));
    }
    let subject = claims["sub"].as_str().unwrap_or_default();
    if !subject.starts_with("mailto:") && !subject.starts_with("https://") {
        return Err((StatusCode::FORBIDDEN, "sub must be a mailto: or https: address"));
    }
    Ok(())
}

/// The claims of an ES256 token signed by `key`.
fn claims(token: &str, key: &[u8]) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    if json(header)?["alg"] != "ES256" {
        return None;
    }
    let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
    VerifyingKey::from_sec1_bytes(key)
        .ok()?
        .verify(signed.as_bytes(), &signature)
        .ok()?;
    json(claims)
}

/// RFC 8291 section 3.4: the content key and nonce from the shared secret.
pub fn keys(
    shared: &[u8],
    auth: &[u8],
    salt: &[u8],
    ua_public: &[u8],
    as_public: &[u8],
) -> Option<([u8; 16], [u8; 12])> {
    let (mut ikm, mut key, mut nonce) = ([0; 32], [0; 16], [0; 12]);
    let info = [b"WebPush: info\0", ua_public, as_public].concat();
    Hkdf::<Sha256>::new(Some(auth), shared).expand(&info, &mut ikm).ok()?;
    let content = Hkdf::<Sha256>::new(Some(salt), &ikm);
    content.expand(b"Content-Encoding: aes128gcm\0", &mut key).ok()?;
    content.expand(b"Content-Encoding: nonce\0", &mut nonce).ok()?;
    Some((key, nonce))
}

/// RFC 8188 with one record: salt, record size, key id (the sender's public key), ciphertext.
fn decrypt(secret: &SecretKey, auth: &[u8; 16], body: &[u8]) -> Option<Vec<u8>> {
    let (salt, length) = (body.get(..16)?, usize::from(*body.get(20)?));
    let record_size = u32::from_be_bytes(body.get(16..20)?.try_into().ok()?) as usize;
    let as_public = body.get(FIXED_HEADER..FIXED_HEADER + length)?;
    let record = body.get(FIXED_HEADER + length..)?;
    if record.len() > record_size {
        return None;
    }
    let shared = secret.diffie_hellman(&PublicKey::from_sec1_bytes(as_public).ok()?);
    let ua_public = secret.public_key().to_sec1_bytes();
    let (key, nonce) = keys(shared.raw_secret_bytes(), auth, salt, &ua_public, as_public)?;
    let mut plain = {
        use aes_gcm::KeyInit;
        Aes128Gcm::new_from_slice(&key)
            .ok()?
            .decrypt(&Nonce::from(nonce), record)
            .ok()?
    };
    // Padding: zeros after the delimiter, which is 2 in the last record.
    while plain.last() == Some(&0) {
        plain.pop();
    }
    (plain.pop() == Some(2)).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    #[test]
    fn the_example_of_rfc_8291_reads() {
        let secret = SecretKey::from_slice(&bytes("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")).unwrap();
        let auth: [u8; 16] = bytes("BTBZMqHH6r4Tts7J_aSIgg").try_into().unwrap();
        let body = bytes(
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK\
             6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
        );
        assert_eq!(
            decrypt(&secret, &auth, &body).unwrap(),
            b"When I grow up, I want to be a watermelon"
        );
        let mut tampered = body;
        *tampered.last_mut().unwrap() ^= 1;
        assert_eq!(decrypt(&secret, &auth, &tampered), None);
    }
}
