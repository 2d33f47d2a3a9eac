//! The first answer to a keyed command, kept in the transaction of its effect (security.md R25, lending.md 11).
//! Enters: who, what, under which key, with which body. Leaves: the same answer for the same key and body,
//! `KeyReused` for another body, and nothing stored for a command that was refused.
//!
//! An answer repeats what is personal: it is sealed with the person's key.
//!
//! Every service keeps its own table `command`; this is the one way of using it. Of two at once the second waits for the
//! first one's transaction and answers the same; when it has to wait too long it is `KeyInFlight`.

use crate::{
    Core,
    failure::{Failure, Fallible},
};
use domain::{Error, Refusal, id::UserId};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

/// Purpose of the seal of an answer.
const ANSWER: &str = "command.answer";

/// The statements on one service's table.
pub(crate) struct Book {
    pub(crate) find: &'static str,
    pub(crate) take: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) forget: &'static str,
}

/// The book of a schema; the service that owns the schema says its name.
macro_rules! book {
    ($schema:literal) => {
        $crate::command::Book {
            find: concat!(
                "select body_hash, answer_sealed from ",
                $schema,
                ".command where user_id = $1 and operation = $2 and key = $3"
            ),
            take: concat!(
                "insert into ",
                $schema,
                ".command (user_id, operation, key, body_hash, created_at) values ($1, $2, $3, $4, $5) ",
                "on conflict on constraint command_pkey do nothing"
            ),
            answer: concat!(
                "update ",
                $schema,
                ".command set answer_sealed = $4 where user_id = $1 and operation = $2 and key = $3"
            ),
            forget: concat!("delete from ", $schema, ".command where created_at < $1"),
        }
    };
}
pub(crate) use book;

/// Who does what under which key, with which body. Without a key (a form without one) it keeps nothing: the
/// operation's own natural key protects it.
pub(crate) struct Command<'a> {
    book: &'static Book,
    user: UserId,
    operation: &'static str,
    key: Option<&'a str>,
    body_hash: Vec<u8>,
}

impl<'a> Command<'a> {
    /// A command; `body` is what must be the same when the key comes again, ids of the path included.
    pub(crate) fn new(
        book: &'static Book,
        user: UserId,
        operation: &'static str,
        key: Option<&'a str>,
        body: &impl Serialize,
    ) -> Fallible<Self> {
        // A JSON value writes its members in one order, however the type changes its own.
        let canonical = serde_json::to_value(body).map_err(Failure::broken)?.to_string();
        Ok(Self {
            book,
            user,
            operation,
            key,
            body_hash: Sha256::digest(canonical).to_vec(),
        })
    }

    /// Answers as the first time, or does `work` and answers with it. A refusal of `work` may come from a copy of this
    /// very command that was quicker: then its answer counts.
    pub(crate) async fn once<T: DeserializeOwned>(
        &self,
        core: &Core,
        work: impl Future<Output = Fallible<T>>,
    ) -> Fallible<T> {
        if let Some(first) = self.find(&mut *core.db.acquire().await?, core).await? {
            return Ok(first);
        }
        match work.await {
            Err(Failure::Domain(Error::Refused(refusal))) => {
                match self.find(&mut *core.db.acquire().await?, core).await? {
                    Some(first) => Ok(first),
                    None => Err(refusal.into()),
                }
            }
            other => other,
        }
    }

    /// What was answered, if anything was.
    pub(crate) async fn find<T: DeserializeOwned>(
        &self,
        connection: &mut PgConnection,
        core: &Core,
    ) -> Fallible<Option<T>> {
        let Some(key) = self.key else { return Ok(None) };
        // One statement per service; the walls forbid one over all.
        let row = sqlx::query_as::<_, (Vec<u8>, Option<Vec<u8>>)>(self.book.find)
            .bind(self.user.0)
            .bind(self.operation)
            .bind(key)
            .fetch_optional(&mut *connection)
            .await?;
        match row {
            None => Ok(None),
            Some((body_hash, _)) if body_hash != self.body_hash => Err(Refusal::KeyReused.into()),
            Some((_, sealed)) => {
                let sealed = sealed.ok_or_else(|| Failure::broken("a key was taken and never answered"))?;
                let answer = core.vault.user_key(connection, self.user).await?;
                let answer = answer.open(ANSWER, self.place(key)?, &sealed)?;
                serde_json::from_slice(&answer).map(Some).map_err(Failure::broken)
            }
        }
    }

    /// Takes the key in the caller's transaction, before the effect: none when it is the caller's to answer with
    /// [`Command::answer_in`], else what was answered.
    pub(crate) async fn take_in<T: DeserializeOwned>(&self, tx: &mut PgConnection, core: &Core) -> Fallible<Option<T>> {
        let Some(key) = self.key else { return Ok(None) };
        let taken = sqlx::query(self.book.take)
            .bind(self.user.0)
            .bind(self.operation)
            .bind(key)
            .bind(&self.body_hash)
            .bind(core.clock.now())
            .execute(&mut *tx)
            .await;
        match taken {
            Ok(taken) if taken.rows_affected() == 1 => Ok(None),
            Ok(_) => self.find(tx, core).await,
            // lock_not_available: the first one still works.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55P03") => {
                Err(Refusal::KeyInFlight.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Stores the answer under the key that [`Command::take_in`] took; a later one takes the place of an earlier one.
    pub(crate) async fn answer_in<T: Serialize>(
        &self,
        connection: &mut PgConnection,
        core: &Core,
        answer: &T,
    ) -> Fallible<()> {
        let Some(key) = self.key else { return Ok(()) };
        let answer = serde_json::to_vec(answer).map_err(Failure::broken)?;
        let user_key = core.vault.user_key(&mut *connection, self.user).await?;
        sqlx::query(self.book.answer)
            .bind(self.user.0)
            .bind(self.operation)
            .bind(key)
            .bind(user_key.seal(ANSWER, self.place(key)?, &answer))
            .execute(connection)
            .await?;
        Ok(())
    }

    /// What stands for the row in its seal: a row here is named by texts.
    fn place(&self, key: &str) -> Fallible<Uuid> {
        let digest = Sha256::digest(format!("{} {key}", self.operation));
        Uuid::from_slice(&digest[..16]).map_err(Failure::broken)
    }
}

/// Deletes what was kept before `before`.
pub(crate) async fn forget(book: &Book, db: &PgPool, before: OffsetDateTime) -> Fallible<()> {
    sqlx::query(book.forget).bind(before).execute(db).await?;
    Ok(())
}
