//! Keys from keys, and short values from keys.

use super::Key;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// HKDF-SHA-256 of `root`, 32 bytes, another one for every `info`.
pub(super) fn key(root: &Key, info: &str) -> Key {
    let mut out = Zeroizing::new([0_u8; 32]);
    Hkdf::<Sha256>::new(None, root.as_slice())
        .expand(info.as_bytes(), out.as_mut_slice())
        .expect("32 bytes are far below the limit of HKDF");
    out
}

/// HMAC-SHA-256.
pub(crate) fn mac(key: &Key, bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("HMAC takes a key of any length");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

/// The largest multiple of a million that 32 bits hold: numbers above it would favour small codes.
const FAIR: u32 = 4_294_000_000;

/// Six digits, each code equally likely, a function of `root` and `about` alone.
pub(super) fn six_digits(root: &Key, about: &str) -> String {
    let key = key(root, "code");
    let fair = (0_u32..)
        .flat_map(|round| {
            let block = mac(&key, format!("{about}|{round}").as_bytes());
            block
                .chunks_exact(4)
                .map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
                .collect::<Vec<_>>()
        })
        .find(|number| *number < FAIR)
        .expect("the rounds do not end");
    format!("{:06}", fair % 1_000_000)
}
