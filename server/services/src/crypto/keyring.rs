//! The keyring file: JSON, mode 0400, one ring of named keys per use. `current` seals and signs, all of a ring open.
//!
//! To rotate: add a key, point `current` at it, restart; remove the old one when nothing is sealed under it any more.

use super::{Key, random};
use crate::failure::{Failure, Fallible};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};
use zeroize::Zeroizing;

/// Keys of one use.
pub(super) struct Ring {
    current: String,
    keys: BTreeMap<String, Key>,
}

impl Ring {
    /// The key that seals and signs, with its name.
    pub(super) fn current(&self) -> (&str, &Key) {
        let (kid, key) = self
            .keys
            .get_key_value(&self.current)
            .expect("checked when the keyring was read");
        (kid, key)
    }

    /// A key by its name.
    pub(super) fn get(&self, kid: &str) -> Option<&Key> {
        self.keys.get(kid)
    }
}

/// Every ring.
pub(super) struct Keyring {
    /// Wraps data keys and file keys, seals system values.
    pub(super) kek: Ring,
    /// Blind indexes: one key for all of a column, so a change means building the indexes again.
    pub(super) index: Ring,
    /// One-time codes and the order of refresh tokens.
    pub(super) code: Ring,
    /// Peppers of password hashes.
    pub(super) pepper: Ring,
    /// Ed25519 seeds of access tokens, two active.
    pub(super) signing: Ring,
    /// Cookies and form tokens.
    pub(super) cookie: Ring,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RingFile {
    current: String,
    keys: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyringFile {
    kek: RingFile,
    index: RingFile,
    code: RingFile,
    pepper: RingFile,
    signing: RingFile,
    cookie: RingFile,
}

impl RingFile {
    fn generate(names: &[&str]) -> Self {
        let key = || STANDARD.encode(*Zeroizing::new(random::<32>()));
        Self {
            current: names[0].to_owned(),
            keys: names.iter().map(|name| ((*name).to_owned(), key())).collect(),
        }
    }

    fn read(self, ring: &str) -> Fallible<Ring> {
        let mut keys = BTreeMap::new();
        for (kid, text) in self.keys {
            let named = !kid.is_empty()
                && kid.len() <= 32
                && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            let text = Zeroizing::new(text);
            let bytes = STANDARD.decode(text.as_bytes()).map(Zeroizing::new).ok();
            let key: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.as_slice().try_into().ok());
            let key = key.filter(|_| named).map(Zeroizing::new);
            let key =
                key.ok_or_else(|| Failure::broken(format!("keyring: a key of {ring} is not 32 bytes in base64")))?;
            keys.insert(kid, key);
        }
        if !keys.contains_key(&self.current) {
            return Err(Failure::broken(format!(
                "keyring: the current key of {ring} is missing"
            )));
        }
        Ok(Ring {
            current: self.current,
            keys,
        })
    }
}

impl KeyringFile {
    fn generate() -> Self {
        Self {
            kek: RingFile::generate(&["kek-1"]),
            index: RingFile::generate(&["index-1"]),
            code: RingFile::generate(&["code-1"]),
            pepper: RingFile::generate(&["pepper-1"]),
            signing: RingFile::generate(&["signing-1", "signing-2"]),
            cookie: RingFile::generate(&["cookie-1"]),
        }
    }

    fn read(self) -> Fallible<Keyring> {
        Ok(Keyring {
            kek: self.kek.read("kek")?,
            index: self.index.read("index")?,
            code: self.code.read("code")?,
            pepper: self.pepper.read("pepper")?,
            signing: self.signing.read("signing")?,
            cookie: self.cookie.read("cookie")?,
        })
    }
}

impl Keyring {
    /// Reads the file at `path`.
    pub(super) fn load(path: &Path) -> Fallible<Self> {
        let bytes = std::fs::read(path)
            .map(Zeroizing::new)
            .map_err(|error| Failure::broken(format!("keyring {}: {error}", path.display())))?;
        let file: KeyringFile = serde_json::from_slice(&bytes).map_err(|error| {
            Failure::broken(format!(
                "keyring {}: {:?} at line {}",
                path.display(),
                error.classify(),
                error.line()
            ))
        })?;
        file.read()
    }

    /// Writes fresh keys to `path`, unless a file is there.
    pub(super) fn create(path: &Path) -> Fallible<()> {
        let failed = |error| Failure::broken(format!("keyring {}: {error}", path.display()));
        if path.exists() {
            return Ok(());
        }
        // Written aside and linked into place: a killed process leaves no half keyring, and of two processes one wins.
        let aside = path.with_extension(format!("new-{}", hex::encode(random::<8>())));
        let text = Zeroizing::new(serde_json::to_vec_pretty(&KeyringFile::generate()).map_err(Failure::broken)?);
        let write = || {
            let mut file = std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o400)
                .open(&aside)?;
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::hard_link(&aside, path)
        };
        let written = write();
        std::fs::remove_file(&aside).map_err(failed)?;
        match written {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            other => other.map_err(failed),
        }
    }

    /// Fresh keys in memory.
    #[cfg(any(test, feature = "testing"))]
    pub(super) fn generate() -> Self {
        KeyringFile::generate().read().expect("fresh keys are whole")
    }
}
