//! Sealing of files: AES-256-GCM in chunks of 64 KiB, each with a counter and a mark on the last one as nonce, under
//! a key of the file's own that the header carries wrapped. Cutting, swapping or appending chunks is found.
//!
//! `version(1) | length of key id(1) | key id | wrapped key(40) | metadata chunk | data chunks…`
//! The metadata (SHA-256 and length of the plaintext) is chunk 0; every chunk is bound to the object's name.

use super::{Key, derive, random, sha256};
use crate::failure::{Failure, Fallible};
use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use aes_kw::KwpAes256;
use zeroize::Zeroizing;

const VERSION: u8 = 3;
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const WRAPPED: usize = 40;
const METADATA: usize = 32 + 8;

fn wrapping_key(kid: &str, root: &Key, object_key: &str) -> KwpAes256 {
    let key = derive::key(root, &format!("file|{object_key}|{kid}"));
    KwpAes256::new_from_slice(key.as_slice()).expect("a key has 32 bytes")
}

/// Counter and last-chunk mark. The key is used for one file only, so the nonce needs no random part.
fn nonce(number: u32, last: bool) -> Nonce<<Aes256Gcm as aes_gcm::aead::AeadCore>::NonceSize> {
    let mut nonce = [0_u8; 12];
    nonce[7..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce.into()
}

fn context(object_key: &str) -> Vec<u8> {
    format!("file|{object_key}|{VERSION}").into_bytes()
}

/// Seals `bytes` as `object_key` under the key-wrapping key `root`, named `kid`.
pub(super) fn seal(kid: &str, root: &Key, object_key: &str, bytes: &[u8]) -> Fallible<Vec<u8>> {
    let data_key = Zeroizing::new(random::<32>());
    let mut room = [0_u8; WRAPPED];
    let wrapped = wrapping_key(kid, root, object_key)
        .wrap_key(data_key.as_slice(), &mut room)
        .map_err(Failure::broken)?;
    let cipher = Aes256Gcm::new_from_slice(data_key.as_slice()).map_err(Failure::broken)?;
    let context = context(object_key);
    let seal = |number, last, chunk: &[u8]| {
        cipher
            .encrypt(
                &nonce(number, last),
                Payload {
                    msg: chunk,
                    aad: &context,
                },
            )
            .map_err(|_| Failure::broken("a chunk could not be sealed"))
    };
    let length = u8::try_from(kid.len()).map_err(Failure::broken)?;
    let metadata = [
        sha256(bytes).as_slice(),
        &u64::try_from(bytes.len()).map_err(Failure::broken)?.to_be_bytes(),
    ]
    .concat();
    let mut out = [
        &[VERSION, length][..],
        kid.as_bytes(),
        wrapped,
        &seal(0, false, &metadata)?,
    ]
    .concat();
    let chunks: Vec<&[u8]> = if bytes.is_empty() {
        vec![&[]]
    } else {
        bytes.chunks(CHUNK).collect()
    };
    let count = u32::try_from(chunks.len()).map_err(|_| Failure::broken("a file of more than 256 TiB"))?;
    for (number, chunk) in (1..=count).zip(chunks) {
        out.extend(seal(number, number == count, chunk)?);
    }
    Ok(out)
}

/// Opens what [`seal`] made; `root` finds a key-wrapping key by its name.
pub(super) fn open<'k>(root: &dyn Fn(&str) -> Option<&'k Key>, object_key: &str, sealed: &[u8]) -> Fallible<Vec<u8>> {
    let broken = || Failure::broken(format!("file {object_key} does not open"));
    let [VERSION, length, rest @ ..] = sealed else {
        return Err(broken());
    };
    let (kid, rest) = rest.split_at_checked(usize::from(*length)).ok_or_else(broken)?;
    let kid = std::str::from_utf8(kid).map_err(|_| broken())?;
    let (wrapped, rest) = rest.split_at_checked(WRAPPED).ok_or_else(broken)?;
    let (metadata, body) = rest.split_at_checked(METADATA + TAG).ok_or_else(broken)?;
    let mut room = Zeroizing::new([0_u8; WRAPPED]);
    let wrapping = wrapping_key(kid, root(kid).ok_or_else(broken)?, object_key);
    let data_key = wrapping
        .unwrap_key(wrapped, room.as_mut_slice())
        .map_err(|_| broken())?;
    let cipher = Aes256Gcm::new_from_slice(data_key).map_err(|_| broken())?;
    let context = context(object_key);
    let open = |number, last, chunk: &[u8]| {
        cipher
            .decrypt(
                &nonce(number, last),
                Payload {
                    msg: chunk,
                    aad: &context,
                },
            )
            .map_err(|_| broken())
    };
    let metadata = open(0, false, metadata)?;
    let chunks: Vec<&[u8]> = body.chunks(CHUNK + TAG).collect();
    let count = u32::try_from(chunks.len()).map_err(|_| broken())?;
    let mut bytes = Vec::with_capacity(body.len());
    for (number, chunk) in (1..=count).zip(chunks) {
        bytes.extend(open(number, number == count, chunk)?);
    }
    let whole = count > 0 && metadata[..32] == sha256(&bytes) && metadata[32..] == (bytes.len() as u64).to_be_bytes();
    if whole { Ok(bytes) } else { Err(broken()) }
}
