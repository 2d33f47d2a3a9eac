//! The first answer to a keyed command, kept so that the same key gives the same bytes again (lending.md 11).

use super::Moment;
use crate::failure::{Failure, Fallible};
use domain::{
    Refusal,
    id::{PaymentId, UserId},
    payments::Payment,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, types::Json};

/// The operation of [`super::create_payment`].
pub(super) const CREATE: &str = "payments.create";

/// What a key stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// The attempt exists, the caller has not been answered for good.
    Started(PaymentId),
    /// The answer that was given.
    Given(Box<Payment>),
}

/// Takes the key for `answer` in the caller's transaction, or returns what it stands for already. Of two callers at
/// once, one waits for the other's transaction. `KeyReused` for another body.
pub(super) async fn take_key_in(
    connection: &mut PgConnection,
    user_id: UserId,
    key: &str,
    body: &impl Serialize,
    answer: Answer,
    at: Moment,
) -> Fallible<Option<Answer>> {
    let hash = Sha256::digest(serde_json::to_vec(body).map_err(Failure::broken)?).to_vec();
    let taken = sqlx::query!(
        "insert into payments.command (user_id, operation, key, body_hash, answer, created_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict on constraint command_pkey do nothing",
        user_id.0,
        CREATE,
        key,
        hash,
        Json(answer) as _,
        at.now,
    )
    .execute(&mut *connection)
    .await?;
    if taken.rows_affected() == 1 {
        return Ok(None);
    }
    let stored = sqlx::query!(
        r#"select body_hash, answer as "answer: Json<Answer>"
             from payments.command
            where user_id = $1 and operation = $2 and key = $3"#,
        user_id.0,
        CREATE,
        key,
    )
    .fetch_one(connection)
    .await?;
    if stored.body_hash == hash {
        Ok(Some(stored.answer.0))
    } else {
        Err(Refusal::KeyReused.into())
    }
}

/// Keeps `given` as the answer, unless one was given already; returns the one that was.
pub(super) async fn keep_answer(
    connection: &mut PgConnection,
    user_id: UserId,
    key: &str,
    given: Payment,
) -> Fallible<Payment> {
    let kept = sqlx::query_scalar!(
        r#"update payments.command
              set answer = case when answer ? 'started' then $4 else answer end
            where user_id = $1 and operation = $2 and key = $3
        returning answer as "answer: Json<Answer>""#,
        user_id.0,
        CREATE,
        key,
        Json(Answer::Given(Box::new(given.clone()))) as _,
    )
    .fetch_optional(connection)
    .await?;
    Ok(match kept.map(|kept| kept.0) {
        Some(Answer::Given(payment)) => *payment,
        _ => given,
    })
}
