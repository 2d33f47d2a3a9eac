//! Vectors A3, A8, A9, A12 to A15, E2, E24, E25 and the catalogue's proof.

use time::macros::date;

use super::*;
use crate::calendar::{DayCount, Period, add_days};
use crate::loans::cap_proof::{CapBreach, prove};
use crate::loans::product::{Allocation, AmountRange, Component, LateFeeMethod, Product};
use crate::loans::schedule::{Terms, schedule};
use crate::rate::Rate;

fn cap(ppm: i64) -> Cap {
    Cap {
        id: "test".to_owned(),
        benefit_ppm_per_day: ppm,
        late_ppm_per_day: Some(ppm),
        late_base: LateBase::OverduePrincipal,
        total_cap_percent: 100,
        pass_through_excluded: PassThroughExcluded::default(),
    }
}

/// The ratio in thousandths of a ppm, as the tables give it.
fn milli_ppm(check: &CapCheck) -> i128 {
    let den = check.principal.wide() * i128::from(check.days);
    round_div(check.benefit.wide() * PPM * 1_000, den, Rounding::HalfEven)
}

#[test]
fn e24_the_row_is_selected_by_date_purpose_and_tenor() {
    use PurposeType::{Consumptive, ProductiveMicro, ProductiveSmallMedium};
    use TenorClass::{AtLeast6Months as Long, LessThan6Months as Short};
    let rows = first_table();
    for (on, purpose, class, expected) in [
        (date!(2024 - 06 - 01), Consumptive, Short, Some((3_000, 3_000))),
        (date!(2025 - 03 - 01), Consumptive, Short, Some((3_000, 2_000))),
        (date!(2025 - 03 - 01), Consumptive, Long, Some((2_000, 2_000))),
        (date!(2025 - 03 - 01), ProductiveMicro, Short, Some((2_750, 1_000))),
        (date!(2025 - 03 - 01), ProductiveMicro, Long, Some((1_000, 1_000))),
        (date!(2026 - 11 - 23), Consumptive, Short, Some((1_000, 1_000))),
        (date!(2026 - 11 - 23), ProductiveSmallMedium, Long, Some((1_000, 1_000))),
        (date!(2023 - 06 - 01), Consumptive, Short, None),
        (date!(2024 - 06 - 01), ProductiveMicro, Short, None),
    ] {
        let selected = select(&rows, on, purpose, class).ok();
        let numbers = selected.map(|cap| (cap.benefit_ppm_per_day, cap.late_ppm_per_day.unwrap()));
        assert_eq!(numbers, expected, "{on} {purpose} {class}");
    }
    assert_eq!(
        select(&rows, date!(2026 - 11 - 23), Consumptive, Short).unwrap().id,
        "C10"
    );
}

#[test]
fn of_several_rows_the_lowest_of_each_cap_binds() {
    let mut rows = first_table();
    let strict = CapRow {
        id: "C11".to_owned(),
        late_ppm_per_day: Some(500),
        ..rows[10].clone()
    };
    rows.push(CapRow {
        benefit_ppm_per_day: Some(2_000),
        ..strict
    });
    let on = date!(2026 - 11 - 23);
    let both = select(&rows, on, PurposeType::Consumptive, TenorClass::LessThan6Months).unwrap();
    assert_eq!(
        (both.id.as_str(), both.benefit_ppm_per_day, both.late_ppm_per_day),
        ("C10", 1_000, Some(500))
    );
}

#[test]
fn exactly_six_months_is_the_long_class() {
    let agreed = date!(2025 - 08 - 31);
    assert_eq!(
        tenor_class(agreed, date!(2026 - 02 - 27)),
        Ok(TenorClass::LessThan6Months)
    );
    assert_eq!(
        tenor_class(agreed, date!(2026 - 02 - 28)),
        Ok(TenorClass::AtLeast6Months)
    );
}

#[test]
fn a12_to_a14_the_ratio_is_tested_exactly() {
    let million = Rupiah::new(1_000_000);
    let test = |ppm, benefit, days| cap(ppm).check(Rupiah::new(benefit), million, days).unwrap();
    let a12 = test(1_000, 85_000, 90);
    assert!(a12.pass);
    assert_eq!(milli_ppm(&a12), 944_444);
    assert_eq!(a12.words(), "0,094% per hari, batas 0,1%");
    assert!(test(3_000, 90_000, 30).pass);
    assert!(!test(3_000, 90_001, 30).pass);
    assert!(!test(2_000, 90_000, 30).pass);
    let three_days = test(3_000, 90_000, 3);
    assert!(!three_days.pass);
    assert_eq!(three_days.ppm, 30_000);
    let a14 = test(3_000, 80_000, 30);
    assert!(a14.pass && !test(2_000, 80_000, 30).pass && !test(1_000, 80_000, 30).pass);
    assert_eq!((milli_ppm(&a14), a14.ppm), (2_666_667, 2_667));
    assert_eq!(cap(1_000).check(million, million, 0), Err(Overflow));
}

#[test]
fn a3_a8_a9_and_e1_pass_with_their_ratios() {
    for (benefit, principal, days, expected) in [
        (225_000, 2_500_000, 92, 978_261),
        (212_205, 3_000_000, 181, 390_801),
        (123_200, 2_000_000, 92, 669_565),
        (267_899, 3_000_000, 181, 493_368),
    ] {
        let check = cap(1_000)
            .check(Rupiah::new(benefit), Rupiah::new(principal), days)
            .unwrap();
        assert!(check.pass);
        assert_eq!(milli_ppm(&check), expected);
    }
    let e1 = cap(1_000)
        .check(Rupiah::new(267_899), Rupiah::new(3_000_000), 181)
        .unwrap();
    assert_eq!(e1.words(), "0,049% per hari, batas 0,1%");
}

#[test]
fn a_pass_through_cost_counts_unless_the_version_leaves_it_out() {
    let product = Product::sanggup_tunai();
    let terms = Terms::of(&product, Rupiah::new(3_000_000), 6, date!(2026 - 09 - 05));
    let plan = schedule(&terms).unwrap();
    let costs = [
        PassThrough {
            kind: PassThroughKind::StampDuty,
            amount: Rupiah::new(10_000),
        },
        PassThrough {
            kind: PassThroughKind::ESign,
            amount: Rupiah::new(3_000),
        },
    ];
    assert_eq!(cap(1_000).benefit(&plan, &costs), Ok(Rupiah::new(280_899)));
    let excluded = PassThroughExcluded {
        stamp_duty: true,
        e_sign: false,
    };
    let version = Cap {
        pass_through_excluded: excluded,
        ..cap(1_000)
    };
    assert_eq!(version.benefit(&plan, &costs), Ok(Rupiah::new(270_899)));
}

#[test]
fn a15_late_fees_stop_at_the_total_cap() {
    let (million, benefit) = (Rupiah::new(1_000_000), Rupiah::new(90_000));
    let mut charged = Rupiah::ZERO;
    let mut by_day = Vec::new();
    for _ in 1..=306 {
        let room = cap(3_000).late_fee_room(million, benefit, charged).unwrap();
        charged = charged.checked_add(Rupiah::new(3_000).min(room)).unwrap();
        by_day.push(charged.get());
    }
    assert_eq!(by_day[302..], [909_000, 910_000, 910_000, 910_000]);
}

#[test]
fn e25_an_unpaid_loan_reaches_the_room_years_later() {
    let product = Product::sanggup_tunai();
    let start = date!(2026 - 09 - 05);
    let plan = schedule(&Terms::of(&product, Rupiah::new(3_000_000), 6, start)).unwrap();
    let room = cap(1_000)
        .late_fee_room(plan.principal, plan.charges(), Rupiah::ZERO)
        .unwrap();
    assert_eq!(room, Rupiah::new(2_732_101));
    let charged = |on: Date| -> i64 {
        let of_line = |line: &crate::loans::schedule::Line| {
            let days = i128::from(crate::calendar::days_between(line.due_on, on)).max(0);
            round_div(line.principal.wide() * days * 1_000, PPM, Rounding::Floor)
        };
        let sum: i128 = plan.lines.iter().map(of_line).sum();
        i64::try_from(sum).unwrap().min(room.get())
    };
    for (on, expected) in [
        (date!(2026 - 11 - 05), 14_559),
        (date!(2026 - 12 - 05), 43_089),
        (date!(2027 - 03 - 06), 220_444),
        (date!(2029 - 06 - 20), 2_731_444),
        (date!(2029 - 06 - 21), 2_732_101),
        (date!(2031 - 06 - 21), 2_732_101),
    ] {
        assert_eq!(charged(on), expected, "{on}");
    }
}

#[test]
fn the_catalogue_is_proven_with_its_worst_cases() {
    let worst = prove(&Product::sanggup_tunai(), &first_table(), date!(2026 - 01 - 01)).unwrap();
    let figures: Vec<_> = worst
        .iter()
        .map(|case| (case.tenor, case.check.days, milli_ppm(&case.check)))
        .collect();
    assert_eq!(
        figures,
        [
            (3, 89, 566_427),
            (6, 181, 493_379),
            (9, 273, 472_949),
            (12, 365, 465_338)
        ]
    );
    assert!(worst.iter().all(|case| case.check.pass && case.check.cap_id == "C10"));
}

#[test]
fn a_product_that_breaks_a_cap_is_not_proven() {
    let (rows, on) = (first_table(), date!(2026 - 01 - 01));
    let with_rate = |rate| Product {
        rate,
        tenors: vec![3],
        ..Product::sanggup_tunai()
    };
    assert!(prove(&with_rate(Rate::monthly(28_000)), &rows, on).is_ok());
    assert_eq!(
        prove(&with_rate(Rate::monthly(28_001)), &rows, on),
        Err(CapBreach::Payoff)
    );
    let actual = |ppm| Product {
        rate: Rate::yearly(ppm),
        day_count: DayCount::Act364,
        ..with_rate(Rate::daily(0))
    };
    assert!(prove(&actual(364_000), &rows, on).is_ok());
    assert_eq!(prove(&actual(364_001), &rows, on), Err(CapBreach::Payoff));
    assert!(prove(&with_rate(Rate::daily(1_000)), &rows, on).is_ok());
    assert_eq!(prove(&with_rate(Rate::daily(1_001)), &rows, on), Err(CapBreach::Payoff));
    let flat = Product {
        method: crate::loans::product::Method::Flat,
        ..with_rate(Rate::monthly(28_000))
    };
    assert!(prove(&flat, &rows, on).is_ok());
    let short = Product {
        every: Period::Days(30),
        day_count: DayCount::Act360,
        ..flat
    };
    let fee = crate::loans::product::Fee {
        what: "Biaya".to_owned(),
        amount: crate::loans::product::FeeAmount::PpmOfPrincipal(30_000),
        when: crate::loans::product::FeeWhen::UpFront,
        deducted: true,
    };
    let dear = Product {
        fees: vec![fee],
        ..short
    };
    assert!(matches!(prove(&dear, &rows, on), Err(CapBreach::Daily(case)) if case.tenor == 3 && !case.check.pass));
    assert_eq!(
        prove(&with_rate(Rate::daily(0)), &rows[..1], on).unwrap()[0]
            .check
            .cap_id,
        "C1"
    );
    assert_eq!(prove(&with_rate(Rate::daily(0)), &[], on), Err(CapBreach::NoCap(NoCap)));
}

#[test]
fn an_incomplete_product_is_not_proven() {
    let (rows, on) = (first_table(), date!(2026 - 01 - 01));
    let good = Product::sanggup_tunai();
    let amount = |min, max, step| AmountRange {
        min: Rupiah::new(min),
        max: Rupiah::new(max),
        step: Rupiah::new(step),
    };
    let order = [Component::Interest; 4];
    for product in [
        Product {
            amount: amount(500_000, 400_000, 100_000),
            ..good.clone()
        },
        Product {
            amount: amount(500_000, 1_000_000, 0),
            ..good.clone()
        },
        Product {
            amount: amount(1, 2_000_000_000, 1),
            ..good.clone()
        },
        Product {
            tenors: Vec::new(),
            ..good.clone()
        },
        Product {
            tenors: vec![6, 3],
            ..good.clone()
        },
        Product {
            rate: Rate::monthly(-1),
            ..good.clone()
        },
        Product {
            allocation: Allocation {
                order,
                ..good.allocation
            },
            ..good.clone()
        },
    ] {
        assert_eq!(prove(&product, &rows, on), Err(CapBreach::Product));
    }
}

#[test]
fn a_late_fee_above_its_cap_is_not_proven() {
    let (rows, on) = (first_table(), date!(2026 - 01 - 01));
    let with_fee = |method, ppm| {
        let mut product = Product {
            tenors: vec![3],
            ..Product::sanggup_tunai()
        };
        (product.late_fee.method, product.late_fee.ppm) = (method, ppm);
        prove(&product, &rows, on).map(|worst| worst.len())
    };
    assert_eq!(with_fee(LateFeeMethod::Daily, 1_000), Ok(1));
    assert_eq!(with_fee(LateFeeMethod::Daily, 1_001), Err(CapBreach::LateFee));
    assert_eq!(
        with_fee(LateFeeMethod::OneOffPrincipal, 20_000),
        Err(CapBreach::LateFee)
    );
    assert_eq!(with_fee(LateFeeMethod::Annual, 365_000), Ok(1));
    assert_eq!(with_fee(LateFeeMethod::Annual, 365_001), Err(CapBreach::LateFee));
    assert!(
        !Cap {
            late_ppm_per_day: None,
            ..cap(1_000)
        }
        .admits_late_fee(1)
    );
}

#[test]
fn the_fewest_days_are_found_over_four_years() {
    let from = date!(2026 - 01 - 01);
    let shortest = (0..1_461)
        .map(|offset| {
            let start = add_days(from, offset).unwrap();
            let end = crate::calendar::add_months(start, 3, MonthEnd::Clamp).unwrap();
            crate::calendar::days_between(start, end)
        })
        .min();
    assert_eq!(shortest, Some(89));
}
