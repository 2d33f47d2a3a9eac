//! One data key per person, wrapped with AES-256-KWP under a key that only fits this person (R36).
//! Destroying its row makes everything sealed with it unreadable, in backups too.

use super::{Key, Vault, derive, random, seal};
use crate::failure::{Failure, Fallible};
use aes_kw::{KeyInit as _, KwpAes256};
use domain::id::UserId;
use sqlx::PgConnection;
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A wrapped data key: 32 bytes, padded and checked.
const WRAPPED: usize = 40;

/// The opened data key of one person.
pub struct UserKey {
    user: Uuid,
    version: u16,
    key: Key,
}

impl UserKey {
    /// The first data key of `user`.
    #[cfg(test)]
    pub(super) fn of(user: Uuid, key: [u8; 32]) -> Self {
        Self {
            user,
            version: 1,
            key: Zeroizing::new(key),
        }
    }

    /// Seals a field. `column` is `schema.table.column`, `row` the row's key.
    pub fn seal(&self, column: &str, row: Uuid, plaintext: &[u8]) -> Vec<u8> {
        seal::field(
            self.version,
            &self.key,
            &seal::field_context(column, row, self.user),
            plaintext,
        )
    }

    /// Opens a field that was sealed for the same column, row and person.
    pub fn open(&self, column: &str, row: Uuid, sealed: &[u8]) -> Fallible<Vec<u8>> {
        seal::split_field(sealed)
            .filter(|(version, _)| *version == self.version)
            .and_then(|(_, body)| seal::open(&self.key, &seal::field_context(column, row, self.user), body))
            .ok_or_else(|| Failure::broken(format!("{column} of row {row} does not open")))
    }

    /// Opens a field that holds text.
    pub fn open_text(&self, column: &str, row: Uuid, sealed: &[u8]) -> Fallible<String> {
        String::from_utf8(self.open(column, row, sealed)?)
            .map_err(|_| Failure::broken(format!("{column} of row {row} is not text")))
    }
}

impl Vault {
    fn wrapping_key(&self, kid: &str, user: Uuid) -> Fallible<KwpAes256> {
        let root = self
            .keys
            .kek
            .get(kid)
            .ok_or_else(|| Failure::broken(format!("data key of {user} is wrapped under an unknown key")))?;
        let key = derive::key(root, &format!("dek|{user}|{kid}"));
        KwpAes256::new_from_slice(key.as_slice()).map_err(Failure::broken)
    }

    pub(super) fn wrap(&self, kid: &str, user: Uuid, key: &Key) -> Fallible<Vec<u8>> {
        let mut wrapped = [0_u8; WRAPPED];
        Ok(self
            .wrapping_key(kid, user)?
            .wrap_key(key.as_slice(), &mut wrapped)
            .map_err(Failure::broken)?
            .to_vec())
    }

    pub(super) fn unwrap(&self, kid: &str, user: Uuid, wrapped: &[u8]) -> Fallible<Key> {
        let mut room = Zeroizing::new([0_u8; WRAPPED]);
        if wrapped.len() != WRAPPED {
            return Err(Failure::broken(format!("data key of {user} has another length")));
        }
        let key = self.wrapping_key(kid, user)?;
        let key = key
            .unwrap_key(wrapped, room.as_mut_slice())
            .map_err(|_| Failure::broken(format!("data key of {user} does not open")))?;
        key.try_into()
            .map(Zeroizing::new)
            .map_err(|_| Failure::broken(format!("data key of {user} is not 32 bytes")))
    }

    /// Makes the data key of a new account in the caller's transaction; idempotent: an existing key stays.
    pub async fn create_user_key_in(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        now: OffsetDateTime,
    ) -> Fallible<UserKey> {
        let (kid, _) = self.keys.kek.current();
        let wrapped = self.wrap(kid, user.0, &Zeroizing::new(random::<32>()))?;
        sqlx::query!(
            "insert into auth.data_key (user_id, version, kek_id, wrapped, created_at) values ($1, 1, $2, $3, $4)
             on conflict on constraint data_key_pkey do nothing",
            user.0,
            kid,
            wrapped,
            now,
        )
        .execute(&mut *connection)
        .await?;
        self.user_key(connection, user).await
    }

    /// The data key of a person.
    pub async fn user_key(&self, connection: &mut PgConnection, user: UserId) -> Fallible<UserKey> {
        self.user_keys(connection, &[user])
            .await?
            .remove(&user)
            .ok_or_else(|| Failure::broken(format!("no data key of {user}: erased, or never made")))
    }

    /// The data keys of some people, for lists: one that was erased is left out.
    pub async fn user_keys(
        &self,
        connection: &mut PgConnection,
        users: &[UserId],
    ) -> Fallible<HashMap<UserId, UserKey>> {
        let ids: Vec<Uuid> = users.iter().map(|user| user.0).collect();
        let rows = sqlx::query!(
            "select distinct on (user_id) user_id, version, kek_id, wrapped
               from auth.data_key
              where user_id = any($1)
              order by user_id, version desc",
            &ids,
        )
        .fetch_all(connection)
        .await?;
        rows.into_iter()
            .map(|row| {
                let key = UserKey {
                    user: row.user_id,
                    version: u16::try_from(row.version).map_err(Failure::broken)?,
                    key: self.unwrap(&row.kek_id, row.user_id, &row.wrapped)?,
                };
                Ok((UserId(row.user_id), key))
            })
            .collect()
    }
}
