//! The first answer of a command, kept under the caller's key in the transaction of its effect.
//!
//! Two at once with one key: the second waits on the primary key, finds the first's row and answers the same.

use super::catalogue::{json, parse};
use crate::{Core, failure::Fallible};
use domain::{Refusal, id::UserId};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

/// Who does what under which key, with a body.
pub(super) struct Command<'a> {
    pub user: UserId,
    pub operation: &'static str,
    pub key: &'a str,
    body_hash: Vec<u8>,
}

impl<'a> Command<'a> {
    /// A command; `body` is what must be the same when the key comes again.
    pub fn new(user: UserId, operation: &'static str, key: &'a str, body: &impl Serialize) -> Fallible<Self> {
        let body_hash = Sha256::digest(json(body)?.to_string()).to_vec();
        Ok(Self {
            user,
            operation,
            key,
            body_hash,
        })
    }

    /// The first answer, when this command was done before. `KeyReused` when the body differs.
    pub async fn find<T: DeserializeOwned>(&self, connection: &mut PgConnection) -> Fallible<Option<T>> {
        let row = sqlx::query!(
            "select body_hash, answer from loans.command where user_id = $1 and operation = $2 and key = $3",
            self.user.0,
            self.operation,
            self.key,
        )
        .fetch_optional(connection)
        .await?;
        match row {
            None => Ok(None),
            Some(row) if row.body_hash != self.body_hash => Err(Refusal::KeyReused.into()),
            Some(row) => parse(row.answer).map(Some),
        }
    }

    /// Keeps the answer. False when another request with this key was faster: the caller rolls back and asks again.
    pub async fn keep<T: Serialize>(&self, connection: &mut PgConnection, core: &Core, answer: &T) -> Fallible<bool> {
        let kept = sqlx::query!(
            "insert into loans.command (user_id, operation, key, body_hash, answer, created_at)
             values ($1, $2, $3, $4, $5, $6)
             on conflict on constraint command_pkey do nothing",
            self.user.0,
            self.operation,
            self.key,
            self.body_hash,
            json(answer)?,
            core.clock.now(),
        )
        .execute(connection)
        .await?;
        Ok(kept.rows_affected() == 1)
    }
}
