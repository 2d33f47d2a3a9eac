//! Keys and everything done with them: sealing fields and files, blind indexes, one-time codes, cookies, access
//! tokens, and the only randomness of the product.
//!
//! Enters: plaintext, record numbers, the keyring file. Leaves: sealed bytes, indexes, tokens. Keys never leave:
//! no type here can be printed, cloned into a log or serialised.

mod derive;
mod file;
mod keyring;
mod seal;
mod token;
mod user_key;

pub use token::{AccessClaims, TokenError};
pub use user_key::UserKey;

use crate::failure::{Failure, Fallible};
use domain::{
    auth::Secret,
    id::{ChallengeId, SessionId},
};
use keyring::Keyring;
use std::path::Path;
use uuid::Uuid;
use zeroize::Zeroizing;

/// What the key that signs the audit log is made for.
const AUDIT: &str = "audit log";

/// A key of 32 bytes, wiped when dropped; has no printed form.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// `N` random bytes of the operating system. The one place where randomness enters.
pub fn random<const N: usize>() -> [u8; N] {
    use rand::TryRng as _;
    let mut bytes = [0_u8; N];
    rand::rngs::SysRng
        .try_fill_bytes(&mut bytes)
        .expect("without the operating system's randomness nothing is safe");
    bytes
}

/// A new bearer secret: 32 random bytes in base64url (43 characters).
pub fn random_secret() -> Secret {
    Secret::new(base64url(&random::<32>()))
}

/// SHA-256, the form in which bearer secrets are stored.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

/// A key from a secret text, another one for every `purpose`.
pub(crate) fn key_from(secret: &str, purpose: &str) -> Key {
    derive::key(&Key::new(sha256(secret.as_bytes())), purpose)
}

pub(crate) use derive::mac;

/// Whether two texts are equal, in a time that does not tell where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    use subtle::ConstantTimeEq as _;
    a.ct_eq(b).into()
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()
}

/// Every key of the product, and what may be done with them.
pub struct Vault {
    keys: Keyring,
}

impl Vault {
    /// Reads the keyring file.
    pub fn load(path: &Path) -> Fallible<Self> {
        Ok(Self {
            keys: Keyring::load(path)?,
        })
    }

    /// Writes a new keyring, readable by its owner only. Does nothing when the file exists.
    pub fn create(path: &Path) -> Fallible<()> {
        Keyring::create(path)
    }

    /// Fresh keys that live as long as the value.
    #[cfg(any(test, feature = "testing"))]
    pub fn for_tests() -> Self {
        Self {
            keys: Keyring::generate(),
        }
    }

    /// Seals bytes that belong to no person's key, bound to `purpose` and `row`.
    pub fn seal_system(&self, purpose: &str, row: Uuid, plaintext: &[u8]) -> Vec<u8> {
        let (kid, root) = self.keys.kek.current();
        let key = derive::key(root, &format!("system|{purpose}|{kid}"));
        seal::with_kid(kid, &key, &seal::system_context(purpose, row), plaintext)
    }

    /// Opens what [`Vault::seal_system`] sealed for the same `purpose` and `row`.
    pub fn open_system(&self, purpose: &str, row: Uuid, sealed: &[u8]) -> Fallible<Vec<u8>> {
        let (kid, body) = seal::split_kid(sealed).ok_or_else(|| Failure::broken("sealed bytes have no key id"))?;
        let root = self
            .keys
            .kek
            .get(kid)
            .ok_or_else(|| Failure::broken("sealed under an unknown key"))?;
        let key = derive::key(root, &format!("system|{purpose}|{kid}"));
        seal::open(&key, &seal::system_context(purpose, row), body)
            .ok_or_else(|| Failure::broken(format!("sealed bytes of {purpose} do not open")))
    }

    /// Seals a file under a key of its own, bound to the name of the object it is stored as.
    pub fn seal_file(&self, object_key: &str, bytes: &[u8]) -> Fallible<Vec<u8>> {
        let (kid, root) = self.keys.kek.current();
        file::seal(kid, root, object_key, bytes)
    }

    /// Opens what [`Vault::seal_file`] sealed as the same object.
    pub fn open_file(&self, object_key: &str, sealed: &[u8]) -> Fallible<Vec<u8>> {
        file::open(&|kid| self.keys.kek.get(kid), object_key, sealed)
    }

    /// The blind index of a normalised value: 32 bytes, another key for every column. Equality only (R38).
    pub fn index(&self, column: &str, normalised: &str) -> Vec<u8> {
        let (_, root) = self.keys.index.current();
        derive::mac(&derive::key(root, &format!("index|{column}")), normalised.as_bytes()).to_vec()
    }

    /// The six digits of the `send_no`-th code of a challenge. Never stored: it can be derived again.
    pub fn code(&self, challenge: ChallengeId, send_no: u16) -> Secret {
        let (_, root) = self.keys.code.current();
        Secret::new(derive::six_digits(root, &format!("{challenge}|{send_no}")))
    }

    /// The refresh token that follows `token` (R19): always the same, so that a lost answer can be given again.
    pub fn refresh_successor(&self, token: &Secret) -> Secret {
        let (_, root) = self.keys.code.current();
        let key = derive::key(root, "refresh");
        Secret::new(base64url(&derive::mac(&key, token.expose().as_bytes())))
    }

    /// The token that a form of this session must carry (R20).
    pub fn csrf(&self, session: SessionId) -> String {
        let (_, root) = self.keys.cookie.current();
        base64url(&derive::mac(&derive::key(root, "csrf"), session.to_string().as_bytes()))
    }

    /// Seals bytes for a cookie.
    pub fn seal_cookie(&self, purpose: &str, bytes: &[u8]) -> Vec<u8> {
        let (kid, root) = self.keys.cookie.current();
        let key = derive::key(root, &format!("cookie|{purpose}"));
        seal::with_kid(kid, &key, purpose.as_bytes(), bytes)
    }

    /// Opens what [`Vault::seal_cookie`] sealed for the same purpose.
    pub fn open_cookie(&self, purpose: &str, sealed: &[u8]) -> Fallible<Vec<u8>> {
        let (kid, body) = seal::split_kid(sealed).ok_or_else(|| Failure::broken("a cookie has no key id"))?;
        let root = self
            .keys
            .cookie
            .get(kid)
            .ok_or_else(|| Failure::broken("a cookie is sealed under an unknown key"))?;
        let key = derive::key(root, &format!("cookie|{purpose}"));
        seal::open(&key, purpose.as_bytes(), body).ok_or_else(|| Failure::broken("a cookie does not open"))
    }

    /// Signs an access token (R17).
    pub fn sign_token(&self, claims: &AccessClaims) -> Fallible<Secret> {
        let (kid, seed) = self.keys.signing.current();
        token::sign(kid, seed, claims)
    }

    /// The claims of an access token signed by one of our keys; their times and audience are still to be judged.
    pub fn open_token(&self, token: &str) -> Result<AccessClaims, TokenError> {
        token::open(&|kid| self.keys.signing.get(kid), token)
    }

    /// Signs a hash of the audit log: the name of the key, and the signature in base64url. A key of its own use, made
    /// of the one that signs tokens.
    pub(crate) fn sign_audit(&self, text: &str) -> (String, String) {
        let (kid, seed) = self.keys.signing.current();
        (kid.to_owned(), token::sign_text(&derive::key(seed, AUDIT), text))
    }

    /// Whether it is a signature of [`Vault::sign_audit`] by one of our keys.
    pub(crate) fn is_audit_signature(&self, kid: &str, text: &str, signature: &str) -> bool {
        let key = self.keys.signing.get(kid).map(|seed| derive::key(seed, AUDIT));
        key.is_some_and(|key| token::is_signature(&key, text, signature))
    }

    /// The pepper for new password hashes, with its id.
    pub(crate) fn pepper(&self) -> (&str, &Key) {
        self.keys.pepper.current()
    }

    /// The pepper of an older hash.
    pub(crate) fn pepper_of(&self, kid: &str) -> Option<&Key> {
        self.keys.pepper.get(kid)
    }
}

#[cfg(test)]
mod tests;
