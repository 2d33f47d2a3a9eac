//! Passkeys, against an authenticator of a hundred lines: P-256, attestation none.

use super::{account, count, holder};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Error, Refusal,
    auth::{AuthService, NewSession, PasskeyCeremony, SessionKind},
};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use services::{clock::Clock, testing::World};
use sha2::{Digest as _, Sha256};
use time::Duration;

const ORIGIN: &str = "http://localhost:3000";
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const NEW_KEY: u8 = 0x40;

/// A key that lives in memory.
struct Authenticator {
    key: SigningKey,
    id: Vec<u8>,
    handle: String,
    counter: u32,
    /// Whether the person showed a finger.
    verifies: bool,
    origin: &'static str,
}

impl Authenticator {
    fn new(seed: u8) -> Self {
        let key = SigningKey::from_slice(&[seed; 32]).expect("a key");
        Self {
            key,
            id: vec![seed; 32],
            handle: String::new(),
            counter: 0,
            verifies: true,
            origin: ORIGIN,
        }
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let verified = if self.verifies { VERIFIED } else { 0 };
        let flags = [PRESENT | verified | more];
        [
            Sha256::digest("localhost").as_slice(),
            &flags,
            &self.counter.to_be_bytes(),
        ]
        .concat()
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        json!({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    /// The answer to `navigator.credentials.create`.
    fn create(&mut self, ceremony: &PasskeyCeremony) -> String {
        let options: Value = serde_json::from_str(&ceremony.options).expect("JSON");
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(options["attestation"], "none");
        self.handle = options["user"]["id"].as_str().expect("a handle").to_owned();
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        // COSE: kty 2, alg -7, crv 1, x, y.
        let cose = [
            &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..],
            x,
            &[0x22, 0x58, 32],
            y,
        ]
        .concat();
        let length = u16::try_from(self.id.len()).expect("a short id").to_be_bytes();
        let data = [self.data(NEW_KEY).as_slice(), &[0; 16], &length, &self.id, &cose].concat();
        let size = u8::try_from(data.len()).expect("short data");
        let object = [
            b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".as_slice(),
            &[size],
            &data,
        ]
        .concat();
        json!({
            "id": url(&self.id), "rawId": url(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "attestationObject": url(&object),
                "clientDataJSON": url(&self.client_data("webauthn.create", &options)),
                "transports": ["internal"],
            },
        })
        .to_string()
    }

    /// The answer to `navigator.credentials.get`.
    fn get(&mut self, ceremony: &PasskeyCeremony) -> String {
        let options: Value = serde_json::from_str(&ceremony.options).expect("JSON");
        assert_eq!(options["userVerification"], "required");
        self.counter += 1;
        let (data, client) = (self.data(0), self.client_data("webauthn.get", &options));
        let signed = [data.as_slice(), &Sha256::digest(&client)].concat();
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": url(&self.id), "rawId": url(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "authenticatorData": url(&data), "clientDataJSON": url(&client),
                "signature": url(signature.to_der().as_bytes()), "userHandle": self.handle,
            },
        })
        .to_string()
    }
}

fn url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

async fn add(
    world: &World,
    session: &NewSession,
    authenticator: &mut Authenticator,
) -> Result<domain::auth::Passkey, Error> {
    let ceremony = world.services.auth.start_passkey_registration(&holder(session)).await?;
    let answer = authenticator.create(&ceremony);
    world
        .services
        .auth
        .finish_passkey_registration(&holder(session), ceremony.id, &answer)
        .await
}

async fn sign_in(world: &World, authenticator: &mut Authenticator) -> Result<NewSession, Error> {
    let ceremony = world.services.auth.start_passkey_sign_in(&world.stranger()).await?;
    let answer = authenticator.get(&ceremony);
    world
        .services
        .auth
        .finish_passkey_sign_in(&world.stranger(), ceremony.id, &answer)
        .await
}

fn unknown() -> Option<Error> {
    Some(Refusal::PasskeyUnknown.into())
}

#[tokio::test]
async fn a_passkey_is_made_and_signs_in_without_a_name() {
    let world = World::new().await;
    let session = account(&world, 1).await;
    let mut phone = Authenticator::new(7);
    let passkey = add(&world, &session, &mut phone).await.unwrap();
    assert!(passkey.label.starts_with("Chrome di Android, "), "{}", passkey.label);
    assert_ne!(
        URL_SAFE_NO_PAD.decode(&phone.handle).unwrap(),
        session.session.user_id.0.as_bytes(),
        "the handle says nothing"
    );

    let signed_in = sign_in(&world, &mut phone).await.unwrap();
    assert_eq!(signed_in.session.user_id, session.session.user_id);
    let live = world
        .services
        .auth
        .session(&signed_in.token, SessionKind::Borrower)
        .await
        .unwrap();
    assert_eq!(live, Some(signed_in.session.clone()));
    sign_in(&world, &mut phone).await.unwrap();
    let listed = world.services.auth.list_passkeys(&holder(&session)).await.unwrap();
    assert_eq!((listed.len(), listed[0].last_used_at), (1, Some(world.clock.now())));

    world
        .services
        .auth
        .remove_passkey(&holder(&session), passkey.id)
        .await
        .unwrap();
    assert_eq!(sign_in(&world, &mut phone).await.err(), unknown());
}

#[tokio::test]
async fn a_ceremony_works_once_for_two_minutes_and_for_its_session() {
    let world = World::new().await;
    let (mine, other) = (account(&world, 1).await, account(&world, 2).await);
    let auth = &world.services.auth;
    let expired = Some(Refusal::PasskeyExpired.into());
    let mut phone = Authenticator::new(7);
    let ceremony = auth.start_passkey_registration(&holder(&mine)).await.unwrap();
    let answer = phone.create(&ceremony);
    assert_eq!(
        auth.finish_passkey_registration(&holder(&other), ceremony.id, &answer)
            .await
            .err(),
        expired,
        "another session"
    );
    auth.finish_passkey_registration(&holder(&mine), ceremony.id, &answer)
        .await
        .unwrap();
    assert_eq!(
        auth.finish_passkey_registration(&holder(&mine), ceremony.id, &answer)
            .await
            .err(),
        expired,
        "twice"
    );

    let ceremony = auth.start_passkey_sign_in(&world.stranger()).await.unwrap();
    let answer = phone.get(&ceremony);
    auth.finish_passkey_sign_in(&world.stranger(), ceremony.id, &answer)
        .await
        .unwrap();
    assert_eq!(
        auth.finish_passkey_sign_in(&world.stranger(), ceremony.id, &answer)
            .await
            .err(),
        expired,
        "replayed"
    );
    let ceremony = auth.start_passkey_sign_in(&world.stranger()).await.unwrap();
    let answer = phone.get(&ceremony);
    world.clock.advance(Duration::seconds(120));
    assert_eq!(
        auth.finish_passkey_sign_in(&world.stranger(), ceremony.id, &answer)
            .await
            .err(),
        expired,
        "too late"
    );
    auth.sweep().await.unwrap();
    assert_eq!(count(&world, "select count(*) from auth.ceremony").await, 0);
}

#[tokio::test]
async fn a_copied_key_an_unverified_person_and_another_site_are_refused() {
    let world = World::new().await;
    let session = account(&world, 1).await;
    let mut phone = Authenticator::new(7);
    add(&world, &session, &mut phone).await.unwrap();
    sign_in(&world, &mut phone).await.unwrap();
    sign_in(&world, &mut phone).await.unwrap();
    phone.counter = 0;
    assert_eq!(
        sign_in(&world, &mut phone).await.err(),
        unknown(),
        "the counter went back"
    );
    let alarms = "select count(*) from audit.entry where action = 'auth.sign_in_passkey' and reason = 'counter'";
    assert_eq!(count(&world, alarms).await, 1);
    phone.counter = 10;
    phone.verifies = false;
    assert_eq!(
        sign_in(&world, &mut phone).await.err(),
        unknown(),
        "nobody showed a finger"
    );
    phone.verifies = true;
    phone.origin = "http://sanggup.example";
    assert_eq!(sign_in(&world, &mut phone).await.err(), unknown(), "another site");
    phone.origin = ORIGIN;
    sign_in(&world, &mut phone).await.unwrap();
}

#[tokio::test]
async fn somebody_elses_credential_cannot_be_claimed() {
    let world = World::new().await;
    let (victim, thief) = (account(&world, 1).await, account(&world, 2).await);
    let (mut theirs, mut own) = (Authenticator::new(7), Authenticator::new(8));
    add(&world, &victim, &mut theirs).await.unwrap();
    add(&world, &thief, &mut own).await.unwrap();
    // The thief's key under the victim's credential id and handle.
    (own.id, own.handle) = (theirs.id.clone(), theirs.handle.clone());
    assert_eq!(sign_in(&world, &mut own).await.err(), unknown());
    // The victim's credential under the thief's handle.
    let mut swapped = Authenticator::new(7);
    swapped.handle = "AAAAAAAAAAAAAAAAAAAAAA".into();
    assert_eq!(sign_in(&world, &mut swapped).await.err(), unknown());
    // The same credential id for a second account.
    let mut twin = Authenticator::new(9);
    twin.id = theirs.id.clone();
    assert_eq!(
        add(&world, &thief, &mut twin).await.err(),
        Some(Refusal::WrongState.into())
    );
    let foreign = world.services.auth.list_passkeys(&holder(&victim)).await.unwrap()[0].id;
    assert_eq!(
        world.services.auth.remove_passkey(&holder(&thief), foreign).await,
        Err(Error::NotFound)
    );
}

#[tokio::test]
async fn ten_are_enough_and_a_stale_session_makes_none() {
    let world = World::new().await;
    let session = account(&world, 1).await;
    for seed in 1..=10 {
        add(&world, &session, &mut Authenticator::new(seed)).await.unwrap();
    }
    assert_eq!(
        add(&world, &session, &mut Authenticator::new(11)).await.err(),
        Some(Refusal::PasskeyLimit.into())
    );
    world.clock.advance(Duration::minutes(6));
    let stale = world.services.auth.start_passkey_registration(&holder(&session)).await;
    assert_eq!(stale.err(), Some(Error::StepUpNeeded));
}
