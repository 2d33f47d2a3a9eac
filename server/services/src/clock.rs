//! The only place that asks what time it is. Everything else is given a [`Clock`].

use domain::calendar::jakarta_date;
use time::{Date, OffsetDateTime};
use uuid::{NoContext, Timestamp, Uuid};

/// A source of time and of time-ordered identifiers.
pub trait Clock: Send + Sync {
    /// The instant, UTC.
    fn now(&self) -> OffsetDateTime;

    /// The business date in Jakarta.
    fn today(&self) -> Date {
        jakarta_date(self.now())
    }

    /// A new UUIDv7 of this instant.
    fn new_id(&self) -> Uuid {
        let now = self.now();
        Uuid::new_v7(Timestamp::from_unix(
            NoContext,
            now.unix_timestamp().unsigned_abs(),
            now.nanosecond(),
        ))
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where time enters")]
    fn now(&self) -> OffsetDateTime {
        // PostgreSQL keeps microseconds: what is written must compare equal when it is read back.
        let now = OffsetDateTime::now_utc();
        now.replace_nanosecond(now.nanosecond() / 1_000 * 1_000).unwrap_or(now)
    }
}
