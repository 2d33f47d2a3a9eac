//! Vector E3, the written forms, and the properties of rounding and splitting.

use proptest::prelude::*;

use super::*;
use Rounding::{AwayFromZero, Ceil, Floor, HalfEven, HalfUp};

const MODES: [Rounding; 5] = [HalfEven, HalfUp, Floor, Ceil, AwayFromZero];

#[test]
fn e3_each_mode_on_each_value() {
    for (a, b, rounded) in [
        (5, 2, [2, 3, 2, 3, 3]),
        (7, 2, [4, 4, 3, 4, 4]),
        (-5, 2, [-2, -3, -3, -2, -3]),
        (1_001, 100, [10, 10, 10, 11, 11]),
        (1_099, 100, [11, 11, 10, 11, 11]),
        (6, 3, [2; 5]),
        (0, 7, [0; 5]),
    ] {
        assert_eq!(MODES.map(|mode| round_div(a, b, mode)), rounded, "{a}/{b}");
    }
}

#[test]
fn a_multiple_is_rounded_by_the_mode() {
    let to = |amount, multiple, mode| {
        round_to_multiple(Rupiah::new(amount), Rupiah::new(multiple), mode)
            .unwrap()
            .get()
    };
    assert_eq!(to(544_650, 1_000, HalfEven), 545_000);
    assert_eq!(to(544_500, 1_000, HalfEven), 544_000);
    assert_eq!(to(544_001, 1_000, Ceil), 545_000);
    assert_eq!(to(544_999, 1_000, Floor), 544_000);
}

#[test]
fn rupiah_are_written_without_a_space() {
    for (amount, text, plain) in [
        (1_500_000, "Rp1.500.000", "1.500.000"),
        (0, "Rp0", "0"),
        (-5_000, "-Rp5.000", "-5.000"),
        (999, "Rp999", "999"),
        (1_000, "Rp1.000", "1.000"),
        (i64::MIN, "-Rp9.223.372.036.854.775.808", "-9.223.372.036.854.775.808"),
    ] {
        assert_eq!(Rupiah::new(amount).to_string(), text);
        assert_eq!(Rupiah::new(amount).without_sign(), plain);
    }
}

#[test]
fn typed_amounts_are_read() {
    for (text, amount) in [
        ("3000000", 3_000_000),
        ("3.000.000", 3_000_000),
        ("Rp 3.000.000", 3_000_000),
        ("Rp3.000.000,00", 3_000_000),
        (" rp3.000.000,- ", 3_000_000),
        ("0", 0),
        ("999", 999),
        ("2.000.000.000", 2_000_000_000),
    ] {
        assert_eq!(Rupiah::parse(text), Ok(Rupiah::new(amount)), "{text}");
    }
}

#[test]
fn other_texts_are_refused_with_a_hint() {
    for (text, error) in [
        ("", RupiahError::Empty),
        ("Rp", RupiahError::Empty),
        ("3.00.000", RupiahError::Grouping),
        ("1.5", RupiahError::Grouping),
        ("3000.000", RupiahError::Grouping),
        (".500", RupiahError::Grouping),
        ("0.500", RupiahError::Grouping),
        ("3..000", RupiahError::Grouping),
        ("3,5", RupiahError::Cents),
        ("3.000.000,50", RupiahError::Cents),
        ("1,5 juta", RupiahError::Cents),
        ("2 juta", RupiahError::NotDigits),
        ("-5000", RupiahError::NotDigits),
        ("+5000", RupiahError::NotDigits),
        ("٣٠٠", RupiahError::NotDigits),
        ("2.000.000.001", RupiahError::TooLarge),
        ("99999999999999999999", RupiahError::TooLarge),
    ] {
        assert_eq!(Rupiah::parse(text), Err(error), "{text}");
    }
}

#[test]
fn arithmetic_refuses_to_wrap() {
    let max = Rupiah::new(i64::MAX);
    assert_eq!(max.checked_add(Rupiah::new(1)), Err(Overflow));
    assert_eq!(Rupiah::new(i64::MIN).checked_sub(Rupiah::new(1)), Err(Overflow));
    assert_eq!(max.checked_mul(2), Err(Overflow));
    assert_eq!(Rupiah::checked_sum([max, max]), Err(Overflow));
    assert_eq!(Rupiah::narrow(i128::from(i64::MAX) + 1), Err(Overflow));
    assert_eq!(Rupiah::new(3).less_at_zero(Rupiah::new(5)), Rupiah::ZERO);
}

#[test]
fn e39_the_first_parts_take_the_odd_rupiah() {
    let split = |amount, parts| {
        split_evenly(Rupiah::new(amount), parts)
            .iter()
            .map(|part| part.get())
            .collect::<Vec<_>>()
    };
    assert_eq!(split(100_001, 4), [25_001, 25_000, 25_000, 25_000]);
    assert_eq!(split(130_000, 4), [32_500; 4]);
    assert_eq!(split(2, 3), [1, 1, 0]);
    assert!(split(5, 0).is_empty());
}

proptest! {
    #[test]
    fn rounding_agrees_with_exact_comparison(a in -10_i128.pow(30)..10_i128.pow(30), b in 1..10_i128.pow(20)) {
        let [even, half_up, floor, ceil, away] = MODES.map(|mode| round_div(a, b, mode));
        prop_assert!(floor * b <= a && a < (floor + 1) * b);
        prop_assert_eq!(ceil, if floor * b == a { floor } else { floor + 1 });
        prop_assert_eq!(away, if a > 0 { ceil } else { floor });
        for nearest in [even, half_up] {
            prop_assert!((2 * (nearest * b - a)).abs() <= b);
        }
    }

    #[test]
    fn ties_go_to_even_or_away_from_zero(whole in -10_i128.pow(20)..10_i128.pow(20), half in 1..10_i128.pow(9)) {
        let (tie, den) = ((2 * whole + 1) * half, 2 * half);
        prop_assert_eq!(round_div(tie, den, HalfEven).rem_euclid(2), 0);
        prop_assert_eq!(round_div(tie, den, HalfUp), if tie > 0 { whole + 1 } else { whole });
    }

    #[test]
    fn parts_sum_to_the_amount_and_differ_by_one(amount in 0_i64..=i64::MAX, parts in 1_u32..500) {
        let split = split_evenly(Rupiah::new(amount), parts);
        prop_assert_eq!(Rupiah::checked_sum(split.iter().copied()), Ok(Rupiah::new(amount)));
        prop_assert!(split.is_sorted_by(|a, b| a >= b));
        prop_assert!(split[0].get() - split[split.len() - 1].get() <= 1);
    }

    #[test]
    fn what_is_written_is_read_back(amount in 0_i64..=2_000_000_000) {
        let amount = Rupiah::new(amount);
        prop_assert_eq!(Rupiah::parse(&amount.to_string()), Ok(amount));
        prop_assert_eq!(Rupiah::parse(&amount.without_sign()), Ok(amount));
    }

    #[test]
    fn no_text_panics(text in ".{0,24}") {
        let _ = Rupiah::parse(&text);
    }
}
