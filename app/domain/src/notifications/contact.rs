//! When a borrower may be told about an unpaid bill (lending.md 13.1; POJK 22/2023 art. 62, SEOJK 19/2023). Enters: an
//! instant, the zone of the borrower's address, the calendar. Leaves: yes, or the rule that refuses; and which reminder
//! of an instalment belongs to a day. Nobody can override it. Codes, receipts, decisions and security notices are not
//! about an unpaid bill and are not asked here.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::{Date, Duration, OffsetDateTime, UtcOffset, Weekday};

use crate::calendar::options;

/// First hour of the window.
const FROM: u8 = 8;
/// End of the window, excluded.
const TO: u8 = 20;
/// Reminders go out at this hour in Jakarta, which lies in the window of all three zones.
const HOUR: u8 = 9;

options! {
    /// The zone of a borrower's address, not of the NIK; none of them has summer time.
    Zone, "zone" {
        /// Sumatra, Java, West and Central Kalimantan; UTC+7.
        Wib => "wib",
        /// Bali, Nusa Tenggara, South, East and North Kalimantan, Sulawesi; UTC+8.
        Wita => "wita",
        /// Maluku, Papua; UTC+9.
        Wit => "wit",
    }
}

impl Zone {
    fn local(self, at: OffsetDateTime) -> OffsetDateTime {
        let hours = match self {
            Self::Wib => 7,
            Self::Wita => 8,
            Self::Wit => 9,
        };
        let offset = UtcOffset::from_hms(hours, 0, 0).unwrap_or(UtcOffset::UTC);
        at.checked_to_offset(offset).unwrap_or(at)
    }
}

options! {
    /// The rule that refuses a contact.
    ContactRule, "contact-rule" {
        /// Sundays are quiet.
        Sunday => "sunday",
        /// National holidays are quiet.
        Holiday => "holiday",
        /// Before 08.00 or from 20.00 on at the borrower's address.
        Hours => "hours",
        /// The calendar of the year is not loaded: nobody knows its holidays.
        CalendarMissing => "calendar_missing",
    }
}

/// National holidays of the years that are loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactCalendar {
    /// Years whose holidays are known.
    pub years: BTreeSet<i32>,
    /// The holidays.
    pub holidays: BTreeSet<Date>,
}

impl ContactCalendar {
    /// Whether somebody may be contacted on this day at all.
    pub fn day(&self, day: Date) -> Result<(), ContactRule> {
        if day.weekday() == Weekday::Sunday {
            return Err(ContactRule::Sunday);
        }
        if !self.years.contains(&day.year()) {
            return Err(ContactRule::CalendarMissing);
        }
        if self.holidays.contains(&day) {
            return Err(ContactRule::Holiday);
        }
        Ok(())
    }

    /// Whether a borrower in `zone` may be contacted now; in an unknown zone only when all three allow it.
    pub fn allows(&self, at: OffsetDateTime, zone: Option<Zone>) -> Result<(), ContactRule> {
        let one = |zone: Zone| {
            let local = zone.local(at);
            self.day(local.date())?;
            if (FROM..TO).contains(&local.hour()) {
                Ok(())
            } else {
                Err(ContactRule::Hours)
            }
        };
        match zone {
            Some(zone) => one(zone),
            None => Zone::ALL.iter().copied().try_for_each(one),
        }
    }

    /// The instant on `day` at which reminders go out; none when the day is quiet.
    #[must_use]
    pub fn reminder_time(&self, day: Date) -> Option<OffsetDateTime> {
        self.day(day).ok()?;
        let time = time::Time::from_hms(HOUR, 0, 0).ok()?;
        let offset = UtcOffset::from_hms(7, 0, 0).ok()?;
        Some(day.with_time(time).assume_offset(offset).to_offset(UtcOffset::UTC))
    }

    /// The next time reminders go out after `at`; none when the calendar ends before.
    #[must_use]
    pub fn next_reminder_time(&self, at: OffsetDateTime) -> Option<OffsetDateTime> {
        let first = Zone::Wib.local(at).date();
        let days = (0..14).map(|days| first.saturating_add(Duration::days(days)));
        days.filter_map(|day| self.reminder_time(day)).find(|time| *time > at)
    }

    /// The due dates whose reminders go out on `day`, each with its reminder; of two that fall on one day only the one
    /// nearer to the due date. Before and on the due date the latest earlier allowed day, after it the next one.
    #[must_use]
    pub fn reminders_on(&self, day: Date) -> Vec<(Date, Reminder)> {
        if self.day(day).is_err() {
            return Vec::new();
        }
        let quiet = |from: Date, step: Duration| {
            let days = (1..14).map(move |number| from.saturating_add(step * number));
            days.take_while(|day| self.day(*day).is_err()).count()
        };
        let (after, before) = (quiet(day, Duration::DAY), quiet(day, -Duration::DAY));
        let mut due: Vec<(Date, Reminder)> = Vec::new();
        for reminder in Reminder::ALL.iter().rev().copied() {
            let shifts: Vec<i64> = match reminder {
                Reminder::OneAfter => (-(before as i64)..=0).collect(),
                _ => (0..=after as i64).collect(),
            };
            for shift in shifts {
                let nominal = day.saturating_add(Duration::days(shift));
                let due_on = nominal.saturating_add(Duration::days(reminder.days_before()));
                if due.iter().all(|(known, _)| *known != due_on) {
                    due.push((due_on, reminder));
                }
            }
        }
        due
    }
}

options! {
    /// The five reminders of an instalment.
    Reminder, "reminder" {
        /// Seven days before it is due.
        SevenBefore => "seven_before",
        /// Three days before.
        ThreeBefore => "three_before",
        /// One day before.
        OneBefore => "one_before",
        /// On the day.
        OnTheDay => "on_the_day",
        /// One day after, when it is not paid.
        OneAfter => "one_after",
    }
}

impl Reminder {
    /// Days before the due date; below zero after it.
    #[must_use]
    pub const fn days_before(self) -> i64 {
        match self {
            Self::SevenBefore => 7,
            Self::ThreeBefore => 3,
            Self::OneBefore => 1,
            Self::OnTheDay => 0,
            Self::OneAfter => -1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime};

    fn calendar() -> ContactCalendar {
        ContactCalendar {
            years: [2026].into(),
            holidays: [date!(2026 - 12 - 25)].into(),
        }
    }

    #[test]
    fn a23_the_window_at_the_borrowers_address() {
        use ContactRule::{Holiday, Hours, Sunday};
        let table = [
            (datetime!(2026-11-23 00:30:00 UTC), [Err(Hours), Ok(()), Ok(())]),
            (datetime!(2026-11-23 01:00:00 UTC), [Ok(()), Ok(()), Ok(())]),
            (datetime!(2026-11-23 12:00:00 UTC), [Ok(()), Err(Hours), Err(Hours)]),
            (datetime!(2026-11-23 12:59:59 UTC), [Ok(()), Err(Hours), Err(Hours)]),
            (datetime!(2026-11-23 13:00:00 UTC), [Err(Hours), Err(Hours), Err(Hours)]),
            (datetime!(2026-11-22 23:00:00 UTC), [Err(Hours), Err(Hours), Ok(())]),
            (
                datetime!(2026-11-21 23:30:00 UTC),
                [Err(Sunday), Err(Sunday), Err(Sunday)],
            ),
            (datetime!(2026-11-28 10:00:00 UTC), [Ok(()), Ok(()), Ok(())]),
            (
                datetime!(2026-11-29 05:00:00 UTC),
                [Err(Sunday), Err(Sunday), Err(Sunday)],
            ),
            (
                datetime!(2026-12-25 05:00:00 UTC),
                [Err(Holiday), Err(Holiday), Err(Holiday)],
            ),
        ];
        for (at, expected) in table {
            for (zone, expected) in Zone::ALL.iter().zip(expected) {
                assert_eq!(calendar().allows(at, Some(*zone)), expected, "{at} {zone}");
            }
            let all = expected.iter().all(Result::is_ok);
            assert_eq!(calendar().allows(at, None).is_ok(), all, "{at} in an unknown zone");
        }
    }

    #[test]
    fn a_year_that_is_not_loaded_is_quiet() {
        let at = datetime!(2027-01-04 05:00:00 UTC);
        assert_eq!(
            calendar().allows(at, Some(Zone::Wib)),
            Err(ContactRule::CalendarMissing)
        );
        assert_eq!(calendar().reminder_time(date!(2027 - 01 - 04)), None);
    }

    #[test]
    fn reminders_go_out_inside_every_window() {
        let at = calendar().reminder_time(date!(2026 - 11 - 25)).unwrap();
        assert_eq!(at, datetime!(2026-11-25 02:00:00 UTC));
        assert_eq!(calendar().allows(at, None), Ok(()));
        assert_eq!(calendar().reminder_time(date!(2026 - 11 - 29)), None);
        let next = calendar().next_reminder_time(datetime!(2026-12-24 10:00:00 UTC));
        assert_eq!(next, Some(datetime!(2026-12-26 02:00:00 UTC)));
    }

    #[test]
    fn a_quiet_day_moves_reminders_to_the_nearest_allowed_one() {
        use Reminder::{OnTheDay, OneAfter, OneBefore, SevenBefore, ThreeBefore};
        // A Wednesday among working days.
        let plain = calendar().reminders_on(date!(2026 - 11 - 25));
        assert_eq!(
            plain,
            [
                (date!(2026 - 11 - 24), OneAfter),
                (date!(2026 - 11 - 25), OnTheDay),
                (date!(2026 - 11 - 26), OneBefore),
                (date!(2026 - 11 - 28), ThreeBefore),
                (date!(2026 - 12 - 02), SevenBefore),
            ]
        );
        // Saturday takes Sunday's: an instalment due on Sunday is told once, by the nearer reminder.
        let saturday = calendar().reminders_on(date!(2026 - 11 - 28));
        assert!(saturday.contains(&(date!(2026 - 11 - 29), OnTheDay)));
        assert!(!saturday.contains(&(date!(2026 - 11 - 29), OneBefore)));
        assert!(saturday.contains(&(date!(2026 - 11 - 30), OneBefore)));
        assert!(saturday.contains(&(date!(2026 - 12 - 06), SevenBefore)));
        assert_eq!(calendar().reminders_on(date!(2026 - 11 - 29)), []);
        // Monday tells what fell due on Saturday: the day after was a Sunday.
        let monday = calendar().reminders_on(date!(2026 - 11 - 30));
        assert!(monday.contains(&(date!(2026 - 11 - 28), OneAfter)));
        assert!(monday.contains(&(date!(2026 - 11 - 29), OneAfter)));
        assert!(saturday.contains(&(date!(2026 - 11 - 27), OneAfter)));
    }
}
