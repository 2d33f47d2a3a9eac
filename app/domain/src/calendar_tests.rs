//! Vectors E18 to E20, business days, the business date, the fixed spellings.

use proptest::prelude::*;
use time::macros::{date, datetime};

use super::*;

fn monthly(start: Date, month_end: MonthEnd, due_policy: DuePolicy) -> DueDates {
    DueDates {
        start,
        every: Period::Months(1),
        first_due: None,
        month_end,
        due_policy,
    }
}

fn first(dates: &DueDates, count: u32) -> Vec<Date> {
    (1..=count).map(|k| dates.due_on(k).unwrap()).collect()
}

fn holidays() -> Holidays {
    [date!(2026 - 12 - 25), date!(2027 - 01 - 01)].into_iter().collect()
}

#[test]
fn e18_the_anchor_never_changes() {
    let start = date!(2026 - 08 - 31);
    let clamped = [
        date!(2026 - 09 - 30),
        date!(2026 - 10 - 31),
        date!(2026 - 11 - 30),
        date!(2026 - 12 - 31),
        date!(2027 - 01 - 31),
        date!(2027 - 02 - 28),
        date!(2027 - 03 - 31),
    ];
    assert_eq!(first(&monthly(start, MonthEnd::Clamp, DuePolicy::SameDay), 7), clamped);
    let rolled = [
        date!(2026 - 10 - 01),
        date!(2026 - 10 - 31),
        date!(2026 - 12 - 01),
        date!(2026 - 12 - 31),
        date!(2027 - 01 - 31),
        date!(2027 - 03 - 01),
        date!(2027 - 03 - 31),
    ];
    assert_eq!(first(&monthly(start, MonthEnd::Roll, DuePolicy::SameDay), 7), rolled);
}

#[test]
fn e19_policies_for_the_day_of_the_month() {
    let start = date!(2026 - 11 - 23);
    for (policy, expected) in [
        (
            DuePolicy::SameDay,
            [
                date!(2026 - 12 - 23),
                date!(2027 - 01 - 23),
                date!(2027 - 02 - 23),
                date!(2027 - 03 - 23),
            ],
        ),
        (
            DuePolicy::FirstOfNextMonth,
            [
                date!(2027 - 01 - 01),
                date!(2027 - 02 - 01),
                date!(2027 - 03 - 01),
                date!(2027 - 04 - 01),
            ],
        ),
        (
            DuePolicy::LastOfMonth,
            [
                date!(2026 - 12 - 31),
                date!(2027 - 01 - 31),
                date!(2027 - 02 - 28),
                date!(2027 - 03 - 31),
            ],
        ),
    ] {
        assert_eq!(first(&monthly(start, MonthEnd::Roll, policy), 4), expected, "{policy}");
        let given = DueDates {
            first_due: Some(date!(2026 - 12 - 23)),
            ..monthly(start, MonthEnd::Clamp, policy)
        };
        assert_eq!(first(&given, 4), expected, "{policy}");
    }
}

#[test]
fn a_given_first_due_date_is_the_anchor() {
    let start = date!(2026 - 11 - 23);
    let given = DueDates {
        first_due: Some(date!(2027 - 01 - 31)),
        ..monthly(start, MonthEnd::Clamp, DuePolicy::SameDay)
    };
    assert_eq!(
        first(&given, 3),
        [date!(2027 - 01 - 31), date!(2027 - 02 - 28), date!(2027 - 03 - 31)]
    );
    let weekly = DueDates {
        every: Period::Weeks(2),
        first_due: Some(date!(2026 - 12 - 01)),
        ..given
    };
    assert_eq!(
        first(&weekly, 3),
        [date!(2026 - 12 - 01), date!(2026 - 12 - 15), date!(2026 - 12 - 29)]
    );
}

#[test]
fn e20_a_holiday_moves_to_a_business_day() {
    for (date, next, previous) in [
        (date!(2026 - 12 - 25), date!(2026 - 12 - 28), date!(2026 - 12 - 24)),
        (date!(2026 - 12 - 26), date!(2026 - 12 - 28), date!(2026 - 12 - 24)),
        (date!(2027 - 01 - 01), date!(2027 - 01 - 04), date!(2026 - 12 - 31)),
        (date!(2026 - 12 - 28), date!(2026 - 12 - 28), date!(2026 - 12 - 28)),
    ] {
        let shift = |rule| holidays().shift(date, rule).unwrap();
        assert_eq!(shift(HolidayRule::NextBusinessDay), next);
        assert_eq!(shift(HolidayRule::PreviousBusinessDay), previous);
        assert_eq!(shift(HolidayRule::None), date);
    }
}

#[test]
fn working_days_of_a_complaint_skip_weekends_and_holidays() {
    let received = date!(2026 - 12 - 16);
    let deadline = holidays().add_business_days(received, 10).unwrap();
    assert_eq!(deadline, date!(2026 - 12 - 31));
    assert_eq!(holidays().add_business_days(received, 20), Ok(date!(2027 - 01 - 15)));
    assert_eq!(holidays().add_business_days(received, 0), Ok(received));
}

#[test]
fn the_business_date_is_jakarta_s() {
    assert_eq!(jakarta_date(datetime!(2026-12-05 16:59:59 UTC)), date!(2026 - 12 - 05));
    assert_eq!(jakarta_date(datetime!(2026-12-05 17:00:00 UTC)), date!(2026 - 12 - 06));
}

#[test]
fn ages_change_on_the_birthday() {
    let birth = date!(2008 - 12 - 25);
    assert_eq!(age_on(birth, date!(2026 - 12 - 24)), 17);
    assert_eq!(age_on(birth, date!(2026 - 12 - 25)), 18);
    assert_eq!(age_on(date!(2008 - 02 - 29), date!(2026 - 02 - 28)), 17);
    assert_eq!(age_on(date!(2008 - 02 - 29), date!(2026 - 03 - 01)), 18);
}

#[test]
fn options_have_one_spelling_everywhere() {
    fn same<T>(values: &[T], words: &[&str])
    where
        T: FromStr + fmt::Display + PartialEq + fmt::Debug + Serialize + serde::de::DeserializeOwned,
        T::Err: fmt::Debug,
    {
        assert_eq!(values.len(), words.len());
        for (value, word) in values.iter().zip(words) {
            let json = format!("\"{word}\"");
            assert_eq!(value.to_string(), *word);
            assert_eq!(&word.parse::<T>().unwrap(), value);
            assert_eq!(serde_json::to_string(value).unwrap(), json);
            assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
        }
        assert!("other".parse::<T>().is_err());
    }
    use crate::loans::product::{Method, PayoffMode, PrepayMode};
    same(DayCount::ALL, &["30/360", "act/360", "act/364", "act/365", "act/act"]);
    same(MonthEnd::ALL, &["clamp", "roll"]);
    same(Method::ALL, &["annuity", "flat", "equal-principal"]);
    same(PrepayMode::ALL, &["term", "instalment", "next"]);
    same(PayoffMode::ALL, &["to-date", "to-period-end"]);
    let periods = [Period::Months(1), Period::Weeks(1), Period::Weeks(2), Period::Days(15)];
    same(&periods, &["1m", "1w", "2w", "15d"]);
    for text in [
        "",
        "m",
        "0m",
        "13m",
        "53w",
        "367d",
        "+1m",
        "1 m",
        "1M",
        "-1m",
        "99999999d",
        "é",
    ] {
        assert_eq!(text.parse::<Period>(), Err(PeriodError), "{text}");
    }
    assert_eq!(
        "30/365".parse::<DayCount>().unwrap_err().to_string(),
        "'30/365' tidak dikenal; pilihan: 30/360, act/360, act/364, act/365, act/act"
    );
}

#[test]
fn dates_are_iso_on_the_wire() {
    assert_eq!(serde_json::to_string(&date!(2026 - 12 - 05)).unwrap(), "\"2026-12-05\"");
    assert_eq!(parse_date("2026-12-05"), Ok(date!(2026 - 12 - 05)));
    for text in ["2026-02-30", "05-12-2026", "2026-12-5", "2026-12-05T00:00:00Z", ""] {
        assert_eq!(parse_date(text), Err(DateRange), "{text}");
    }
}

#[test]
fn dates_out_of_range_are_errors() {
    assert_eq!(add_days(Date::MAX, 1), Err(DateRange));
    assert_eq!(add_days(Date::MIN, -1), Err(DateRange));
    assert_eq!(add_days(Date::MIN, i64::MAX), Err(DateRange));
    assert_eq!(add_months(Date::MAX, 1, MonthEnd::Clamp), Err(DateRange));
    assert_eq!(
        add_months(Date::MIN, i64::from(i32::MIN), MonthEnd::Roll),
        Err(DateRange)
    );
    assert_eq!(
        holidays().shift(Date::MAX.previous_day().unwrap(), HolidayRule::None),
        Date::MAX.previous_day().ok_or(DateRange)
    );
}

proptest! {
    #[test]
    fn due_dates_increase_and_depend_on_the_anchor_only(
        day in 0_i64..36_500, months in 1_u16..=12, roll in any::<bool>(), policy in prop::sample::select(DuePolicy::ALL.to_vec()),
    ) {
        let start = add_days(date!(2000 - 01 - 01), day).unwrap();
        let month_end = if roll { MonthEnd::Roll } else { MonthEnd::Clamp };
        let dates = DueDates { every: Period::Months(months), ..monthly(start, month_end, policy) };
        let due = first(&dates, 40);
        prop_assert!(start < due[0] && due.is_sorted_by(|a, b| a < b));
        prop_assert_eq!(dates.due_on(17).unwrap(), due[16]);
        if policy == DuePolicy::SameDay && start.day() <= 28 {
            prop_assert!(due.iter().all(|date| date.day() == start.day()));
        }
    }

    #[test]
    fn a_shifted_date_is_a_business_day(day in 0_i64..3_650, next in any::<bool>()) {
        let date = add_days(date!(2026 - 01 - 01), day).unwrap();
        let rule = if next { HolidayRule::NextBusinessDay } else { HolidayRule::PreviousBusinessDay };
        let moved = holidays().shift(date, rule).unwrap();
        prop_assert!(holidays().is_business_day(moved));
        let forward = moved >= date;
        prop_assert!(moved == date || forward == next);
    }

    #[test]
    fn days_between_is_the_inverse_of_adding(day in -300_000_i64..300_000, length in -300_000_i64..300_000) {
        let from = add_days(date!(2026 - 01 - 01), day).unwrap();
        prop_assert_eq!(days_between(from, add_days(from, length).unwrap()), length);
    }
}
