use super::*;
use std::collections::HashSet;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

#[test]
fn a_system_value_opens_only_for_its_purpose_and_row() {
    let vault = Vault::for_tests();
    let sealed = vault.seal_system("auth.challenge", id(1), b"rahasia");
    assert_eq!(vault.open_system("auth.challenge", id(1), &sealed).unwrap(), b"rahasia");
    assert!(vault.open_system("payments.inbox", id(1), &sealed).is_err());
    assert!(vault.open_system("auth.challenge", id(2), &sealed).is_err());
    assert!(
        Vault::for_tests()
            .open_system("auth.challenge", id(1), &sealed)
            .is_err()
    );
    for at in 0..sealed.len() {
        let mut bent = sealed.clone();
        bent[at] ^= 1;
        assert!(vault.open_system("auth.challenge", id(1), &bent).is_err(), "byte {at}");
    }
    assert_ne!(
        sealed,
        vault.seal_system("auth.challenge", id(1), b"rahasia"),
        "the nonce is new each time"
    );
}

#[test]
fn a_wrapped_key_fits_one_person() {
    let vault = Vault::for_tests();
    let key = Zeroizing::new(random::<32>());
    let wrapped = vault.wrap("kek-1", id(1), &key).unwrap();
    assert_eq!(*vault.unwrap("kek-1", id(1), &wrapped).unwrap(), *key);
    assert!(vault.unwrap("kek-1", id(2), &wrapped).is_err());
    assert!(vault.unwrap("kek-2", id(1), &wrapped).is_err());
    assert!(vault.unwrap("kek-1", id(1), &wrapped[..32]).is_err());
}

#[test]
fn key_wrapping_is_that_of_rfc_5649() {
    use aes_kw::{KeyInit as _, KwpAes192};
    let kek = hex::decode("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8").unwrap();
    let key = hex::decode("c37b7e6492584340bed12207808941155068f738").unwrap();
    let mut room = [0_u8; 32];
    let wrapped = KwpAes192::new_from_slice(&kek)
        .unwrap()
        .wrap_key(&key, &mut room)
        .unwrap();
    assert_eq!(
        hex::encode(wrapped),
        "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a"
    );
}

#[test]
fn a_field_opens_only_in_its_column_row_and_person() {
    let key = UserKey::of(id(1), [7; 32]);
    let sealed = key.seal("users.profile.nik", id(1), b"3602041211870001");
    assert_eq!(sealed[..3], [1, 0, 1], "the layout and the data key's version lead");
    assert_eq!(sealed.len(), 3 + 24 + 16 + 16);
    assert_eq!(
        key.open_text("users.profile.nik", id(1), &sealed).unwrap(),
        "3602041211870001"
    );
    assert!(key.open("users.profile.phone", id(1), &sealed).is_err());
    assert!(key.open("users.profile.nik", id(2), &sealed).is_err());
    assert!(
        UserKey::of(id(2), [7; 32])
            .open("users.profile.nik", id(1), &sealed)
            .is_err()
    );
    assert!(
        UserKey::of(id(1), [8; 32])
            .open("users.profile.nik", id(1), &sealed)
            .is_err()
    );
}

#[test]
fn files_of_every_length_come_back() {
    let vault = Vault::for_tests();
    for length in [0, 1, 65_535, 65_536, 65_537, 200_000] {
        let bytes: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
        let sealed = vault.seal_file("ktp/1", &bytes).unwrap();
        assert_eq!(vault.open_file("ktp/1", &sealed).unwrap(), bytes, "{length}");
        assert!(vault.open_file("ktp/2", &sealed).is_err(), "another object's name");
    }
}

#[test]
fn a_file_cannot_be_cut_swapped_or_extended() {
    let vault = Vault::for_tests();
    let bytes = vec![5_u8; 3 * 65_536];
    let sealed = vault.seal_file("ktp/1", &bytes).unwrap();
    let chunk = 65_536 + 16;
    let head = sealed.len() - 3 * chunk;
    assert!(
        vault.open_file("ktp/1", &sealed[..head + 2 * chunk]).is_err(),
        "cut at a chunk"
    );
    assert!(vault.open_file("ktp/1", &sealed[..head]).is_err(), "all chunks cut");
    assert!(
        vault.open_file("ktp/1", &sealed[..sealed.len() - 1]).is_err(),
        "cut inside a chunk"
    );
    let swapped = [
        &sealed[..head],
        &sealed[head + chunk..head + 2 * chunk],
        &sealed[head..head + chunk],
        &sealed[head + 2 * chunk..],
    ]
    .concat();
    assert!(vault.open_file("ktp/1", &swapped).is_err(), "two chunks swapped");
    let doubled = [sealed.as_slice(), &sealed[sealed.len() - chunk..]].concat();
    assert!(vault.open_file("ktp/1", &doubled).is_err(), "a chunk appended");
}

#[test]
fn an_index_is_stable_and_another_in_every_column() {
    let vault = Vault::for_tests();
    assert_eq!(
        vault.index("nik", "3602041211870001"),
        vault.index("nik", "3602041211870001")
    );
    assert_eq!(vault.index("nik", "3602041211870001").len(), 32);
    assert_ne!(
        vault.index("nik", "3602041211870001"),
        vault.index("phone", "3602041211870001")
    );
    assert_ne!(
        vault.index("nik", "3602041211870001"),
        Vault::for_tests().index("nik", "3602041211870001")
    );
}

#[test]
fn codes_have_six_digits_and_are_spread_evenly() {
    let vault = Vault::for_tests();
    let mut first_digits = [0_u32; 10];
    let mut seen = HashSet::new();
    for n in 0..5_000_u128 {
        let code = vault.code(ChallengeId(id(n)), 1);
        assert_eq!(code.expose().len(), 6);
        assert!(code.expose().bytes().all(|byte| byte.is_ascii_digit()));
        first_digits[usize::from(code.expose().as_bytes()[0] - b'0')] += 1;
        seen.insert(code.expose().to_owned());
    }
    // 500 expected of each, standard deviation 21: six of them either way.
    assert!(
        first_digits.iter().all(|count| (370..=630).contains(count)),
        "{first_digits:?}"
    );
    assert!(seen.len() > 4_900, "{}", seen.len());
    let challenge = ChallengeId(id(1));
    assert_eq!(vault.code(challenge, 1), vault.code(challenge, 1));
    assert_ne!(vault.code(challenge, 1), vault.code(challenge, 2));
}

#[test]
fn a_cookie_opens_for_its_purpose_only() {
    let vault = Vault::for_tests();
    let cookie = vault.seal_cookie("flash", b"isi");
    assert_eq!(vault.open_cookie("flash", &cookie).unwrap(), b"isi");
    assert!(vault.open_cookie("draft", &cookie).is_err());
    assert!(vault.open_cookie("flash", &cookie[..cookie.len() - 1]).is_err());
    assert!(vault.open_cookie("flash", b"").is_err());
    let session = SessionId(id(1));
    assert_eq!(vault.csrf(session), vault.csrf(session));
    assert_ne!(vault.csrf(session), vault.csrf(SessionId(id(2))));
}

fn claims() -> AccessClaims {
    AccessClaims {
        iss: "https://sanggup.example".into(),
        aud: "https://sanggup.example/api".into(),
        sub: id(1),
        sid: id(2),
        jti: id(3),
        iat: 1_795_000_000,
        exp: 1_795_000_300,
        acr: "urn:sanggup:two-factor".into(),
        ver: 1,
    }
}

/// A token with this header over the right claims, signed with the right key.
fn with_header(vault: &Vault, header: &str) -> String {
    use ed25519_dalek::{Signer as _, SigningKey};
    let (_, seed) = vault.keys.signing.current();
    let signed = format!(
        "{}.{}",
        base64url(header.as_bytes()),
        base64url(&serde_json::to_vec(&claims()).unwrap())
    );
    let signature = SigningKey::from_bytes(seed).sign(signed.as_bytes());
    format!("{signed}.{}", base64url(&signature.to_bytes()))
}

#[test]
fn a_token_is_believed_with_the_exact_header_only() {
    let vault = Vault::for_tests();
    let token = vault.sign_token(&claims()).unwrap();
    assert_eq!(vault.open_token(token.expose()), Ok(claims()));
    assert!(
        vault
            .open_token(&with_header(
                &vault,
                r#"{"alg":"EdDSA","typ":"at+jwt","kid":"signing-1"}"#
            ))
            .is_ok()
    );
    for header in [
        r#"{"alg":"none","typ":"at+jwt","kid":"signing-1"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"signing-1"}"#,
        r#"{"alg":"EdDSA","typ":"JWT","kid":"signing-1"}"#,
        r#"{"alg":"EdDSA","typ":"at+jwt"}"#,
        r#"{"alg":"EdDSA","typ":"at+jwt","kid":"signing-2"}"#,
        r#"{"alg":"EdDSA","typ":"at+jwt","kid":"../signing-1"}"#,
        r#"{"alg":"EdDSA","typ":"at+jwt","kid":"signing-1","jku":"https://x.example"}"#,
        r#"{"alg":"EdDSA","typ":"at+jwt","kid":"signing-1","crit":["exp"]}"#,
        r#"{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"signing-1"}"#,
    ] {
        assert_eq!(
            vault.open_token(&with_header(&vault, header)),
            Err(TokenError),
            "{header}"
        );
    }
}

#[test]
fn a_changed_token_is_refused() {
    let vault = Vault::for_tests();
    let token = vault.sign_token(&claims()).unwrap();
    let parts: Vec<&str> = token.expose().split('.').collect();
    let other = base64url(&serde_json::to_vec(&AccessClaims { sub: id(9), ..claims() }).unwrap());
    let unsigned = base64url(br#"{"alg":"none","typ":"at+jwt","kid":"signing-1"}"#);
    for changed in [
        format!("{}.{other}.{}", parts[0], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{unsigned}.{}.", parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], base64url(&[0; 64])),
        format!("{}.{}.{}.{}", parts[0], parts[1], parts[1], parts[2]),
        format!("{}{}", token.expose(), "A".repeat(2_048)),
        String::new(),
    ] {
        assert_eq!(vault.open_token(&changed), Err(TokenError), "{changed}");
    }
    assert_eq!(
        Vault::for_tests().open_token(token.expose()),
        Err(TokenError),
        "another keyring"
    );
}

#[test]
fn a_keyring_file_is_made_once_and_read_back() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = std::env::temp_dir().join(format!("keyring-{}", hex::encode(random::<8>())));
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("keyring.json");
    assert!(Vault::load(&path).is_err());
    Vault::create(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o400);
    let sealed = Vault::load(&path)
        .unwrap()
        .seal_system("auth.challenge", id(1), b"rahasia");
    Vault::create(&path).unwrap();
    assert_eq!(
        Vault::load(&path)
            .unwrap()
            .open_system("auth.challenge", id(1), &sealed)
            .unwrap(),
        b"rahasia"
    );
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing is left aside");
    std::fs::remove_dir_all(&folder).unwrap();
}
