//! Sealing of short values: XChaCha20-Poly1305 with a random 192-bit nonce (R37).
//!
//! A person's fields: `version(1) | data key version(2) | nonce(24) | ciphertext | tag(16)`.
//! Everything else: `version(1) | length of key id(1) | key id | nonce(24) | ciphertext | tag(16)`.

use super::{Key, random};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use uuid::Uuid;

const NONCE: usize = 24;
/// Layout of a value under a person's data key.
const FIELD: u8 = 1;
/// Layout of a value under a named key.
const NAMED: u8 = 2;

/// What binds a person's field to its place: it cannot be moved to another column, row or person.
pub(super) fn field_context(column: &str, row: Uuid, user: Uuid) -> Vec<u8> {
    format!("{column}|{row}|{user}|{FIELD}").into_bytes()
}

/// What binds a system value to its purpose and row.
pub(super) fn system_context(purpose: &str, row: Uuid) -> Vec<u8> {
    format!("{purpose}|{row}|{NAMED}").into_bytes()
}

/// `nonce | ciphertext | tag`.
fn seal(key: &Key, context: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let nonce = random::<NONCE>();
    let sealed = XChaCha20Poly1305::new_from_slice(key.as_slice())
        .expect("a key has 32 bytes")
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: plaintext,
                aad: context,
            },
        )
        .expect("values are far below the cipher's limit of 256 GiB");
    [nonce.as_slice(), &sealed].concat()
}

/// Opens [`seal`]; none when the key, the context or a bit is wrong.
pub(super) fn open(key: &Key, context: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = body.split_first_chunk::<NONCE>()?;
    XChaCha20Poly1305::new_from_slice(key.as_slice())
        .expect("a key has 32 bytes")
        .decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: sealed,
                aad: context,
            },
        )
        .ok()
}

/// Seals under version `version` of a data key.
pub(super) fn field(version: u16, key: &Key, context: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let [high, low] = version.to_be_bytes();
    [&[FIELD, high, low], seal(key, context, plaintext).as_slice()].concat()
}

/// The data key's version and the body of a field.
pub(super) fn split_field(sealed: &[u8]) -> Option<(u16, &[u8])> {
    match sealed {
        [FIELD, high, low, body @ ..] => Some((u16::from_be_bytes([*high, *low]), body)),
        _ => None,
    }
}

/// Seals under the key named `kid`.
pub(super) fn with_kid(kid: &str, key: &Key, context: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let length = u8::try_from(kid.len()).expect("the keyring refuses longer names");
    [
        &[NAMED, length],
        kid.as_bytes(),
        seal(key, context, plaintext).as_slice(),
    ]
    .concat()
}

/// The key's name and the body.
pub(super) fn split_kid(sealed: &[u8]) -> Option<(&str, &[u8])> {
    let [NAMED, length, rest @ ..] = sealed else {
        return None;
    };
    let (kid, body) = rest.split_at_checked(usize::from(*length))?;
    Some((std::str::from_utf8(kid).ok()?, body))
}
