//! The invariants of schedules on random terms, extreme ones too.

use proptest::prelude::*;
use time::Date;
use time::macros::date;

use crate::Rupiah;
use crate::calendar::{DayCount, DuePolicy, HolidayRule, MonthEnd, Period, add_days};
use crate::loans::period::periods;
use crate::loans::product::{InstalmentRounding, Method};
use crate::loans::remaining::Remaining;
use crate::loans::schedule::{Terms, schedule};
use crate::money::Rounding;
use crate::rate::{Per, Rate};

fn every() -> impl Strategy<Value = Period> {
    prop_oneof![
        (1_u16..=3).prop_map(Period::Months),
        (1_u16..=4).prop_map(Period::Weeks),
        (1_u16..=45).prop_map(Period::Days),
    ]
}

prop_compose! {
    /// Terms as a product would have them, all methods, day counts and periods.
    fn ordinary()(
        principal in 50_000_i64..=2_000_000_000,
        method in prop::sample::select(Method::ALL.to_vec()),
        day_count in prop::sample::select(DayCount::ALL.to_vec()),
        (per, ppm) in prop_oneof![
            (0_i64..4_000_000).prop_map(|ppm| (Per::Year, ppm)),
            (0_i64..100_000).prop_map(|ppm| (Per::Month, ppm)),
            (0_i64..3_000).prop_map(|ppm| (Per::Day, ppm)),
        ],
        every in every(),
        count in 1_u32..=60,
        day in 0_i64..3_000,
        roll in any::<bool>(),
        multiple in prop::sample::select(vec![1_i64, 1, 100]),
        ceil in any::<bool>(),
    ) -> Terms {
        let start = add_days(date!(2024 - 01 - 01), day).unwrap();
        Terms {
            day_count,
            every,
            multiple: Rupiah::new(multiple),
            instalment_rounding: if ceil { InstalmentRounding::Ceil } else { InstalmentRounding::Nearest },
            month_end: if roll { MonthEnd::Roll } else { MonthEnd::Clamp },
            ..Terms::new(method, Rupiah::new(principal), Rate { ppm, per }, count, start)
        }
    }
}

prop_compose! {
    /// Anything a program could put into the fields.
    fn extreme()(
        terms in ordinary(),
        principal in prop_oneof![1 => any::<i64>(), 9 => 0_i64..=2_000_000_000],
        ppm in prop_oneof![1 => any::<i64>(), 9 => 0_i64..=100_000_000],
        count in prop_oneof![1 => any::<u32>(), 9 => 0_u32..=1_200],
        multiple in prop_oneof![1 => any::<i64>(), 1 => 1_i64..=2_000_000_000, 8 => 1_i64..=1_000],
        year in -9_999_i32..=9_999,
        first_due in prop::option::weighted(0.2, -20_000_i64..200_000),
        fixed in prop::option::weighted(0.1, prop_oneof![any::<i64>(), 1_i64..=2_000_000_000]),
        policy in prop_oneof![2 => Just(DuePolicy::SameDay), 1 => prop::sample::select(DuePolicy::ALL.to_vec())],
        rule in prop::sample::select(HolidayRule::ALL.to_vec()),
        tranches in prop::collection::vec((-100_i64..2_000, prop_oneof![1 => any::<i64>(), 9 => 1_i64..=1_000_000]), 0..2),
    ) -> Terms {
        let start = Date::from_ordinal_date(year, 40).unwrap();
        let later = |days: i64| add_days(start, days).unwrap_or(start);
        Terms {
            principal: Rupiah::new(principal),
            rate: Rate { ppm, ..terms.rate },
            count,
            multiple: Rupiah::new(multiple),
            start,
            first_due: first_due.map(later),
            fixed_instalment: fixed.map(Rupiah::new),
            due_policy: policy,
            holiday_rule: rule,
            tranches: tranches.into_iter().map(|(days, amount)| (later(days), Rupiah::new(amount))).collect(),
            ..terms
        }
    }
}

proptest! {
    #[test]
    fn sums_hold_and_nothing_is_negative(terms in ordinary()) {
        // Very high prices over long periods, or a multiple too big for the amount, are refused.
        let Ok(plan) = schedule(&terms) else { return Ok(()) };
        let lines = &plan.lines;
        prop_assert_eq!(lines.len(), terms.count as usize);
        let principal = Rupiah::checked_sum(lines.iter().map(|line| line.principal));
        prop_assert_eq!(principal, Ok(terms.principal));
        let interest = Rupiah::checked_sum(lines.iter().map(|line| line.interest));
        prop_assert_eq!(interest, Ok(plan.total_interest));
        let total = Rupiah::checked_sum(lines.iter().map(|line| line.instalment()));
        prop_assert_eq!(total, Ok(plan.total()));
        prop_assert_eq!(lines[lines.len() - 1].balance, Rupiah::ZERO);
        let mut balance = terms.principal;
        let mut due_on = terms.start;
        for line in lines {
            prop_assert!(!line.principal.is_negative() && !line.interest.is_negative());
            prop_assert_eq!(balance.checked_sub(line.principal), Ok(line.balance));
            prop_assert!(line.due_on > due_on);
            (balance, due_on) = (line.balance, line.due_on);
        }
        prop_assert_eq!(schedule(&terms).unwrap(), plan);
    }

    #[test]
    fn interest_of_a_line_is_its_balance_times_its_factor(terms in ordinary()) {
        let method = if terms.method == Method::Flat { Method::Annuity } else { terms.method };
        let terms = Terms { method, ..terms };
        let (Ok(plan), Ok(periods)) = (schedule(&terms), periods(&terms, terms.count)) else { return Ok(()) };
        let mut balance = terms.principal;
        for (line, period) in plan.lines.iter().zip(&periods) {
            let factor = period.factor;
            // Half to even, checked by exact comparison: |2·(interest·den − balance·num)| ≤ den.
            let error = line.interest.wide() * factor.den() - balance.wide() * factor.num();
            prop_assert!((2 * error).abs() <= factor.den());
            balance = line.balance;
        }
    }

    #[test]
    fn flat_lines_share_the_interest(terms in ordinary()) {
        let terms = Terms { method: Method::Flat, ..terms };
        let Ok(plan) = schedule(&terms) else { return Ok(()) };
        let periods = periods(&terms, terms.count).unwrap();
        let factor = periods.iter().try_fold(crate::rate::Fraction::ZERO, |sum, period| sum.plus(period.factor)).unwrap();
        prop_assert_eq!(factor.of(terms.principal, Rounding::HalfEven), Ok(plan.total_interest));
        let (_, others) = plan.lines.split_last().unwrap();
        prop_assert!(others.windows(2).all(|pair| pair[0].interest == pair[1].interest));
    }

    #[test]
    fn the_adjustment_never_makes_the_last_line_differ_more(terms in ordinary()) {
        let terms = Terms {
            method: Method::Annuity,
            multiple: Rupiah::new(1),
            instalment_rounding: InstalmentRounding::Nearest,
            ..terms
        };
        let Ok(periods) = periods(&terms, terms.count) else { return Ok(()) };
        let remaining = Remaining {
            periods: &periods,
            opening: terms.principal,
            changes: &[],
            method: Method::Annuity,
            multiple: terms.multiple,
            instalment_rounding: terms.instalment_rounding,
            interest_rounding: Rounding::HalfEven,
        };
        let (Ok(instalment), true) = (remaining.annuity_instalment(), periods.len() > 1) else { return Ok(()) };
        let difference = |lines: &[crate::loans::schedule::Line]| {
            let [.., before, last] = lines else { unreachable!() };
            (last.instalment().get() - before.instalment().get()).abs()
        };
        let raw = remaining.lines_of(instalment).unwrap();
        let adjusted = remaining.lines().unwrap();
        prop_assert!(difference(&adjusted) <= difference(&raw));
        if difference(&raw) <= i64::from(terms.count) / 2 {
            prop_assert_eq!(adjusted, raw);
        }
    }

    #[test]
    fn parts_of_a_period_add_up(terms in ordinary(), cut in 0_i64..100) {
        let Ok(periods) = periods(&terms, terms.count) else { return Ok(()) };
        for period in &periods {
            let middle = add_days(period.start, cut.min(period.days())).unwrap();
            let (before, after) = (period.part(period.start, middle).unwrap(), period.part(middle, period.due_on).unwrap());
            prop_assert_eq!(before.plus(after), Ok(period.factor));
        }
        let first = &periods[0];
        let mut last = Rupiah::ZERO;
        for day in 0..=first.days() {
            let until = add_days(first.start, day).unwrap();
            let accrued = first.interest_until(terms.principal, &[], until, Rounding::HalfEven).unwrap();
            prop_assert!(accrued >= last);
            last = accrued;
        }
        prop_assert_eq!(Ok(last), first.factor.of(terms.principal, Rounding::HalfEven));
    }

    #[test]
    fn a_tranche_keeps_the_sums_and_the_earlier_lines(
        terms in ordinary(), on in 0_i64..900, amount in 1_000_i64..5_000_000,
    ) {
        let terms = Terms {
            method: if terms.method == Method::Flat { Method::Annuity } else { terms.method },
            principal: terms.principal.min(Rupiah::new(1_900_000_000)),
            ..terms
        };
        let on = add_days(terms.start, on).unwrap();
        let with = Terms { tranches: vec![(on, Rupiah::new(amount))], ..terms.clone() };
        let (Ok(plain), Ok(plan)) = (schedule(&terms), schedule(&with)) else { return Ok(()) };
        let principal = Rupiah::checked_sum(plan.lines.iter().map(|line| line.principal));
        prop_assert_eq!(principal, terms.principal.checked_add(Rupiah::new(amount)));
        prop_assert_eq!(plan.lines[plan.lines.len() - 1].balance, Rupiah::ZERO);
        for (line, before) in plan.lines.iter().zip(&plain.lines) {
            if line.due_on <= on {
                prop_assert_eq!(line, before);
            }
        }
    }

    #[test]
    fn more_principal_or_a_higher_rate_never_costs_less(terms in ordinary(), more in 1_i64..1_000_000) {
        // Rounding of instalments compounds: kept small by few periods, a moderate rate and multiple 1.
        let terms = Terms {
            count: terms.count.min(12),
            rate: Rate { ppm: terms.rate.ppm % 600_000, per: Per::Year },
            multiple: Rupiah::new(1),
            instalment_rounding: InstalmentRounding::Nearest,
            ..terms
        };
        let bigger = Terms {
            principal: terms.principal.checked_add(Rupiah::new(more)).unwrap().min(Rupiah::MAX_INPUT),
            ..terms.clone()
        };
        let dearer = Terms { rate: Rate { ppm: terms.rate.ppm + more, ..terms.rate }, ..terms.clone() };
        let plan = schedule(&terms).unwrap();
        for other in [bigger, dearer] {
            let slack = 8 * i64::from(terms.count);
            let interest = schedule(&other).unwrap().total_interest.get();
            prop_assert!(interest + slack >= plan.total_interest.get());
        }
    }

    #[test]
    fn terms_survive_the_wire(terms in ordinary()) {
        let json = serde_json::to_string(&terms).unwrap();
        prop_assert_eq!(serde_json::from_str::<Terms>(&json).unwrap(), terms);
    }
}

proptest! {
    #[test]
    fn extreme_terms_are_errors_never_panics(terms in extreme()) {
        if let Ok(plan) = schedule(&terms) {
            let principal = Rupiah::checked_sum(plan.lines.iter().map(|line| line.principal));
            prop_assert_eq!(principal, Ok(plan.principal));
            prop_assert_eq!(plan.lines[plan.lines.len() - 1].balance, Rupiah::ZERO);
        }
    }
}
