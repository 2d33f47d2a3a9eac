//! Password hashing: argon2id with the live parameters of security.md R5, a pepper from the keyring, and a queue, so
//! that a flood of passwords cannot take the machine.

use super::strength;
use crate::{
    crypto::{Vault, random},
    failure::{Failure, Fallible},
};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{self, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use domain::{
    Error, Role,
    auth::{PasswordError, Secret},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

/// How many may wait for a core.
const QUEUE: usize = 64;
/// How long they may wait.
const PATIENCE: Duration = Duration::from_secs(2);
/// What a person reads when it is too much, in seconds (design, screen 7).
const RETRY_AFTER: u32 = 10;
/// The longest password that is looked at, in bytes: 128 code points are at most 512.
const MAX_BYTES: usize = 512;

/// How dear a hash is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cost {
    /// 19 MiB, two passes.
    Borrower,
    /// 64 MiB, three passes.
    Staff,
}

impl Cost {
    pub(super) fn of(role: Role) -> Self {
        if role == Role::Borrower {
            Self::Borrower
        } else {
            Self::Staff
        }
    }

    fn params(self) -> Params {
        let (memory, passes) = match self {
            Self::Borrower => (19_456, 2),
            Self::Staff => (65_536, 3),
        };
        Params::new(memory, passes, 1, Some(32)).expect("the parameters are within argon2's bounds")
    }
}

/// A hash as stored.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct StoredPassword {
    /// PHC string.
    pub(super) hash: String,
    /// Which pepper.
    pub(super) pepper_kid: String,
}

/// What a comparison came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verified {
    /// The password is right.
    pub(super) right: bool,
    /// It is right, and its hash is older than the live parameters or the current pepper.
    pub(super) stale: bool,
}

/// The hasher.
pub(super) struct Passwords {
    vault: Arc<Vault>,
    running: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Passwords {
    pub(super) fn new(vault: Arc<Vault>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            vault,
            running: Arc::new(Semaphore::new(cores)),
            waiting: Semaphore::new(QUEUE),
        }
    }

    /// Hashes a new password.
    pub(super) async fn hash(&self, password: &Secret, cost: Cost) -> Fallible<StoredPassword> {
        let (vault, password) = (self.vault.clone(), normal(password));
        self.run(move || hash(&vault, &password, cost)).await?
    }

    /// Judges a new password against the rules and what its owner is known by, then hashes it.
    pub(super) async fn judge_and_hash(
        &self,
        password: &Secret,
        own: Vec<String>,
        cost: Cost,
    ) -> Fallible<Result<StoredPassword, PasswordError>> {
        if password.expose().len() > MAX_BYTES {
            return Ok(Err(PasswordError::TooLong));
        }
        let (vault, password) = (self.vault.clone(), normal(password));
        self.run(move || match strength::judge(password.expose(), &own) {
            Ok(()) => hash(&vault, &password, cost).map(Ok),
            Err(error) => Ok(Err(error)),
        })
        .await?
    }

    /// Compares; for an account that does not exist (`stored` none) the same work is done and the answer is no.
    pub(super) async fn verify(
        &self,
        password: &Secret,
        stored: Option<StoredPassword>,
        cost: Cost,
    ) -> Fallible<Verified> {
        if password.expose().len() > MAX_BYTES {
            return Ok(Verified {
                right: false,
                stale: false,
            });
        }
        let (vault, password) = (self.vault.clone(), normal(password));
        self.run(move || match stored {
            Some(stored) => verify(&vault, &password, &stored, cost),
            None => hash(&vault, &password, cost).map(|_| Verified {
                right: false,
                stale: false,
            }),
        })
        .await?
    }

    /// Runs `work` on a blocking thread when a core is free; `Busy` when the queue is full or stands still. The core
    /// stays taken until the work is done, even when nobody waits for it any more.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Fallible<T> {
        let busy = || {
            Failure::from(Error::Busy {
                retry_after: RETRY_AFTER,
            })
        };
        let core = {
            let _place = self.waiting.try_acquire().map_err(|_| busy())?;
            let core = tokio::time::timeout(PATIENCE, self.running.clone().acquire_owned());
            core.await.map_err(|_| busy())?.map_err(Failure::broken)?
        };
        let work = move || {
            let _core = core;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(Failure::broken)
    }
}

/// The form in which passwords are compared: NFKC, whatever the keyboard sent.
fn normal(password: &Secret) -> Secret {
    Secret::new(password.expose().nfkc().collect::<String>())
}

fn argon(pepper: &[u8], cost: Cost) -> Fallible<Argon2<'_>> {
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, cost.params()).map_err(Failure::broken)
}

fn hash(vault: &Vault, password: &Secret, cost: Cost) -> Fallible<StoredPassword> {
    let (kid, pepper) = vault.pepper();
    let hash = argon(pepper.as_slice(), cost)?
        .hash_password_with_salt(password.expose().as_bytes(), &random::<16>())
        .map_err(Failure::broken)?;
    Ok(StoredPassword {
        hash: hash.to_string(),
        pepper_kid: kid.to_owned(),
    })
}

fn verify(vault: &Vault, password: &Secret, stored: &StoredPassword, cost: Cost) -> Fallible<Verified> {
    let pepper = vault
        .pepper_of(&stored.pepper_kid)
        .ok_or_else(|| Failure::broken("a password has an unknown pepper"))?;
    let hash = PasswordHash::new(&stored.hash).map_err(Failure::broken)?;
    let right = match argon(pepper.as_slice(), cost)?.verify_password(password.expose().as_bytes(), &hash) {
        Ok(()) => true,
        Err(password_hash::Error::PasswordInvalid) => false,
        Err(error) => return Err(Failure::broken(error)),
    };
    let used = Params::try_from(&hash).map_err(Failure::broken)?;
    let live = cost.params();
    let current = (used.m_cost(), used.t_cost(), used.p_cost()) == (live.m_cost(), live.t_cost(), live.p_cost())
        && stored.pepper_kid == vault.pepper().0;
    Ok(Verified {
        right,
        stale: right && !current,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(Arc::new(Vault::for_tests()))
    }

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let passwords = passwords();
        let stored = passwords
            .hash(&Secret::new("jeruk manis 17"), Cost::Borrower)
            .await
            .unwrap();
        assert!(
            stored.hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            stored.hash
        );
        let verify = async |text: &str, stored| {
            passwords
                .verify(&Secret::new(text), stored, Cost::Borrower)
                .await
                .unwrap()
        };
        assert_eq!(
            verify("jeruk manis 17", Some(stored.clone())).await,
            Verified {
                right: true,
                stale: false
            }
        );
        assert!(!verify("jeruk manis 18", Some(stored.clone())).await.right);
        assert!(!verify("jeruk manis 17", None).await.right);
        assert!(!verify(&"j".repeat(2_000_000), Some(stored)).await.right);
    }

    #[tokio::test]
    async fn a_keyboard_may_compose_letters_differently() {
        let passwords = passwords();
        let stored = passwords
            .hash(&Secret::new("cafe\u{301} pagi hari"), Cost::Borrower)
            .await
            .unwrap();
        let verified = passwords
            .verify(&Secret::new("caf\u{e9} pagi hari"), Some(stored), Cost::Borrower)
            .await
            .unwrap();
        assert!(verified.right);
    }

    #[tokio::test]
    async fn a_cheaper_hash_is_stale_and_another_pepper_never_fits() {
        let passwords = passwords();
        let stored = passwords
            .hash(&Secret::new("jeruk manis 17"), Cost::Borrower)
            .await
            .unwrap();
        let verified = passwords
            .verify(&Secret::new("jeruk manis 17"), Some(stored.clone()), Cost::Staff)
            .await
            .unwrap();
        assert_eq!(
            verified,
            Verified {
                right: true,
                stale: true
            }
        );
        let other = Passwords::new(Arc::new(Vault::for_tests()));
        assert!(
            !other
                .verify(&Secret::new("jeruk manis 17"), Some(stored), Cost::Borrower)
                .await
                .unwrap()
                .right
        );
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once() {
        let passwords = passwords();
        let _everything = passwords.waiting.acquire_many(QUEUE as u32).await.unwrap();
        let refused = passwords.hash(&Secret::new("jeruk manis 17"), Cost::Borrower).await;
        assert!(matches!(refused, Err(Failure::Domain(Error::Busy { retry_after: 10 }))));
    }
}
