//! Indonesian words for numbers, dates and times.
//!
//! Enters: exact values. Leaves: the text people read. Everything is in Asia/Jakarta. No locale
//! library: the formats are few and fixed (`2,5%`, `5 Desember 2026`, `10.12 WIB`).

use time::{Date, Month, OffsetDateTime, Weekday};

use crate::calendar::{JAKARTA, Period, days_between};
use crate::money::{Rounding, round_div};

/// A percent from parts per million with as many decimals as it has: 25 000 → `2,5%`.
#[must_use]
pub fn percent(ppm: i64) -> String {
    let sign = if ppm < 0 { "-" } else { "" };
    let (whole, rest) = (ppm.unsigned_abs() / 10_000, ppm.unsigned_abs() % 10_000);
    let decimals = format!("{rest:04}");
    match decimals.trim_end_matches('0') {
        "" => format!("{sign}{whole}%"),
        decimals => format!("{sign}{whole},{decimals}%"),
    }
}

/// The percent of the exact ratio `num / den` with a fixed number of decimals, half to even: `0,049%`.
///
/// Shown only; comparisons use the exact ratio. `den` must be positive.
#[must_use]
pub fn percent_of(num: i128, den: i128, decimals: u32) -> String {
    let scale = 10_i128.pow(decimals);
    let value = round_div(num * 100 * scale, den, Rounding::HalfEven);
    let sign = if value < 0 { "-" } else { "" };
    let (whole, rest) = (
        value.unsigned_abs() / scale.unsigned_abs(),
        value.unsigned_abs() % scale.unsigned_abs(),
    );
    if decimals == 0 {
        return format!("{sign}{whole}%");
    }
    format!("{sign}{whole},{rest:0width$}%", width = decimals as usize)
}

/// `Desember`.
#[must_use]
pub const fn month_name(month: Month) -> &'static str {
    match month {
        Month::January => "Januari",
        Month::February => "Februari",
        Month::March => "Maret",
        Month::April => "April",
        Month::May => "Mei",
        Month::June => "Juni",
        Month::July => "Juli",
        Month::August => "Agustus",
        Month::September => "September",
        Month::October => "Oktober",
        Month::November => "November",
        Month::December => "Desember",
    }
}

/// `Des`: three letters, as in `5 Des 26`.
#[must_use]
pub fn month_short(month: Month) -> &'static str {
    &month_name(month)[..3]
}

/// `Sabtu`.
#[must_use]
pub const fn weekday_name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "Senin",
        Weekday::Tuesday => "Selasa",
        Weekday::Wednesday => "Rabu",
        Weekday::Thursday => "Kamis",
        Weekday::Friday => "Jumat",
        Weekday::Saturday => "Sabtu",
        Weekday::Sunday => "Minggu",
    }
}

/// `5 Desember 2026`.
#[must_use]
pub fn date_long(date: Date) -> String {
    format!("{} {} {}", date.day(), month_name(date.month()), date.year())
}

/// `Sabtu, 5 Desember 2026`.
#[must_use]
pub fn date_full(date: Date) -> String {
    format!("{}, {}", weekday_name(date.weekday()), date_long(date))
}

/// `5 Desember`, where the year is clear.
#[must_use]
pub fn day_and_month(date: Date) -> String {
    format!("{} {}", date.day(), month_name(date.month()))
}

/// `5 Des 26`.
#[must_use]
pub fn date_short(date: Date) -> String {
    format!(
        "{} {} {:02}",
        date.day(),
        month_short(date.month()),
        date.year().rem_euclid(100)
    )
}

/// `10.12`, the Jakarta time of an instant.
#[must_use]
pub fn time_of_day(instant: OffsetDateTime) -> String {
    let local = instant.checked_to_offset(JAKARTA).unwrap_or(instant);
    format!("{:02}.{:02}", local.hour(), local.minute())
}

/// `10.12 WIB`.
#[must_use]
pub fn time_wib(instant: OffsetDateTime) -> String {
    format!("{} WIB", time_of_day(instant))
}

/// `5 Des 26, 10.12 WIB`.
#[must_use]
pub fn moment(instant: OffsetDateTime) -> String {
    format!(
        "{}, {}",
        date_short(crate::calendar::jakarta_date(instant)),
        time_wib(instant)
    )
}

/// The greeting at a Jakarta hour: pagi to 10, siang to 14, sore to 17, then malam until 3.
#[must_use]
pub const fn greeting(hour: u8) -> &'static str {
    match hour {
        4..=10 => "Selamat pagi",
        11..=14 => "Selamat siang",
        15..=17 => "Selamat sore",
        _ => "Selamat malam",
    }
}

/// The greeting at an instant.
#[must_use]
pub fn greeting_at(instant: OffsetDateTime) -> &'static str {
    greeting(instant.checked_to_offset(JAKARTA).unwrap_or(instant).hour())
}

/// How far a due date is: `11 hari lagi`, `Besok`, `Hari ini`, `Terlambat 3 hari`.
#[must_use]
pub fn days_until(today: Date, due_on: Date) -> String {
    match days_between(today, due_on) {
        0 => "Hari ini".to_owned(),
        1 => "Besok".to_owned(),
        days if days < 0 => format!("Terlambat {} hari", -days),
        days => format!("{days} hari lagi"),
    }
}

/// The length of a loan: `6 bulan`, `16 minggu`, `60 hari`.
#[must_use]
pub fn tenor(count: u32, every: Period) -> String {
    let (each, unit) = match every {
        Period::Months(months) => (months, "bulan"),
        Period::Weeks(weeks) => (weeks, "minggu"),
        Period::Days(days) => (days, "hari"),
    };
    format!("{} {unit}", u64::from(count) * u64::from(each))
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn percents_use_a_comma() {
        for (ppm, text) in [
            (25_000, "2,5%"),
            (300_000, "30%"),
            (1_000, "0,1%"),
            (94_822, "9,4822%"),
            (0, "0%"),
            (-500, "-0,05%"),
        ] {
            assert_eq!(percent(ppm), text);
        }
        assert_eq!(percent_of(267_899, 3_000_000 * 181, 3), "0,049%");
        assert_eq!(percent_of(3_267_899, 10_000_000, 0), "33%");
        assert_eq!(percent_of(-1, 8, 1), "-12,5%");
        assert_eq!(percent_of(1, 16, 1), "6,2%");
    }

    #[test]
    fn dates_are_written_in_indonesian() {
        let day = date!(2026 - 12 - 05);
        assert_eq!(date_long(day), "5 Desember 2026");
        assert_eq!(date_full(day), "Sabtu, 5 Desember 2026");
        assert_eq!(date_short(day), "5 Des 26");
        assert_eq!(day_and_month(day), "5 Desember");
        assert_eq!(date_short(date!(2007 - 08 - 31)), "31 Agu 07");
        let names: Vec<_> = (1..=12).map(|n| month_name(Month::try_from(n).unwrap())).collect();
        assert_eq!(
            names.join(" "),
            "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
        );
        let mut weekday = Weekday::Monday;
        let mut week = Vec::new();
        for _ in 0..7 {
            week.push(weekday_name(weekday));
            weekday = weekday.next();
        }
        assert_eq!(week.join(" "), "Senin Selasa Rabu Kamis Jumat Sabtu Minggu");
    }

    #[test]
    fn times_are_jakarta_times() {
        assert_eq!(time_wib(datetime!(2026-12-05 03:12:00 UTC)), "10.12 WIB");
        assert_eq!(moment(datetime!(2026-12-05 17:00:00 UTC)), "6 Des 26, 00.00 WIB");
        assert_eq!(greeting_at(datetime!(2026-12-05 03:12:00 UTC)), "Selamat pagi");
        let by_hour = [
            (4, "pagi"),
            (10, "pagi"),
            (11, "siang"),
            (15, "sore"),
            (17, "sore"),
            (18, "malam"),
            (3, "malam"),
        ];
        for (hour, word) in by_hour {
            assert_eq!(greeting(hour), format!("Selamat {word}"));
        }
    }

    #[test]
    fn a_tenor_is_told_in_its_own_unit() {
        let told = [
            (6, Period::Months(1)),
            (4, Period::Months(3)),
            (8, Period::Weeks(2)),
            (4, Period::Days(15)),
        ]
        .map(|(count, every)| tenor(count, every));
        assert_eq!(told, ["6 bulan", "12 bulan", "16 minggu", "60 hari"]);
    }

    #[test]
    fn distance_to_a_due_date_is_in_words() {
        let due = date!(2026 - 12 - 05);
        assert_eq!(days_until(date!(2026 - 11 - 24), due), "11 hari lagi");
        assert_eq!(days_until(date!(2026 - 12 - 04), due), "Besok");
        assert_eq!(days_until(due, due), "Hari ini");
        assert_eq!(days_until(date!(2026 - 12 - 08), due), "Terlambat 3 hari");
    }
}
