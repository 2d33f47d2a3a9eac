//! Clearing away what is over, so that strangers cannot fill the database (security.md I14).

use super::{Auth, challenge::CHALLENGE_LIFE};
use crate::failure::Fallible;
use domain::id::UserId;
use time::Duration;

/// How long an account may stay unopened before it is settled; longer than any request lives.
const UNOPENED_LIFE: Duration = Duration::minutes(10);
/// How long wrong passwords are remembered.
const ATTEMPT_LIFE: Duration = Duration::days(1);

impl Auth {
    pub(super) async fn clear_away(&self) -> Fallible<()> {
        let (db, now) = (&self.core.db, self.core.clock.now());
        // A code expires within the challenge's life, so this deletes nothing that could still be asked for.
        sqlx::query!("delete from auth.challenge where expires_at < $1", now - CHALLENGE_LIFE)
            .execute(db)
            .await?;
        sqlx::query!("delete from auth.ceremony where expires_at <= $1", now)
            .execute(db)
            .await?;
        sqlx::query!("delete from auth.attempt where updated_at < $1", now - ATTEMPT_LIFE)
            .execute(db)
            .await?;
        // A token of a running session stays after its use: its reuse must be noticed.
        sqlx::query!(
            "delete from auth.refresh_token where session_id in (
                 select session_id from auth.session where expires_at < $1 or ended_at < $1)",
            now,
        )
        .execute(db)
        .await?;
        let left = sqlx::query_scalar!(
            "select user_id from auth.account where opened_at is null and created_at < $1 order by created_at limit 100",
            now - UNOPENED_LIFE,
        )
        .fetch_all(db)
        .await?;
        for user in left {
            self.settle(UserId(user)).await?;
        }
        Ok(())
    }
}
