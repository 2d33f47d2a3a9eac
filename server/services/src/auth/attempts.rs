//! Growing pauses after wrong passwords (security.md R10): five are free, then 1, 2, 4 … 900 seconds, for one
//! identifier from one circle of addresses. Kept for known and unknown identifiers alike, so that a pause tells
//! nothing; kept per circle, so that a stranger's tries do not keep the owner out.

use super::Auth;
use crate::{failure::Fallible, limits};
use domain::{Actor, Error};
use sqlx::PgConnection;

/// The longest pause in seconds.
const LONGEST_PAUSE: f64 = 900.0;
/// Wrong passwords in a row, from anywhere, after which only a reset helps.
pub(super) const RECOVERY: i32 = 100;

impl Auth {
    /// Names what is counted: `who` is a blind index or a record number.
    pub(super) fn attempt_key(&self, actor: &Actor, who: &str) -> Vec<u8> {
        self.core.vault.index(
            "attempt",
            &format!("{who}|{}", limits::address_class(&actor.origin.address)),
        )
    }

    /// `TooMany` while a pause runs.
    pub(super) async fn wait_for_attempt(&self, key: &[u8]) -> Fallible<()> {
        if !self.core.limits.is_on("login_account") {
            return Ok(());
        }
        let now = self.core.clock.now();
        let blocked_until = sqlx::query_scalar!("select blocked_until from auth.attempt where attempt_key = $1", key)
            .fetch_optional(&self.core.db)
            .await?;
        match blocked_until {
            Some(until) if until > now => Err(Error::TooMany {
                retry_after: seconds_between(now, until),
            }
            .into()),
            _ => Ok(()),
        }
    }

    /// Counts a wrong password.
    pub(super) async fn count_attempt_in(&self, connection: &mut PgConnection, key: &[u8]) -> Fallible<()> {
        sqlx::query!(
            "insert into auth.attempt as attempt (attempt_key, failures, blocked_until, updated_at) values ($1, 1, $2, $2)
             on conflict on constraint attempt_pkey do update set
                 failures = attempt.failures + 1,
                 blocked_until = case when attempt.failures + 1 < 5 then $2
                     else $2 + make_interval(secs => least($3::double precision, power(2, least(attempt.failures - 4, 10))))
                 end,
                 updated_at = $2",
            key,
            self.core.clock.now(),
            LONGEST_PAUSE,
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Forgets the count after a right password.
    pub(super) async fn clear_attempts_in(&self, connection: &mut PgConnection, key: &[u8]) -> Fallible<()> {
        sqlx::query!("delete from auth.attempt where attempt_key = $1", key)
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// Whole seconds, rounded up, at least one.
pub(super) fn seconds_between(now: time::OffsetDateTime, until: time::OffsetDateTime) -> u32 {
    let milliseconds = (until - now).whole_milliseconds().max(1);
    u32::try_from((milliseconds + 999) / 1_000).unwrap_or(u32::MAX)
}
