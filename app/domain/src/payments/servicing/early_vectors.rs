//! The published vectors of paying early: payoff to the day, three ways to prepay.

use time::Date;
use time::macros::date;

use super::vectors::{contract, e1, on_time, open, paid, parts, with};
use super::*;
use crate::calendar::DayCount;
use crate::loans::product::Method;
use crate::rate::Rate;

/// (principal, interest, fees, late fees, total, saved).
fn payoff_parts(contract: &Contract, events: &[Event], on: Date, mode: PayoffMode) -> (i64, i64, i64, i64, i64, i64) {
    let quote = payoff(contract, events, on, mode).unwrap();
    let get = Rupiah::get;
    (
        get(quote.principal),
        get(quote.interest),
        get(quote.fees),
        get(quote.late_fees),
        get(quote.total),
        get(quote.interest_saved),
    )
}

#[test]
fn a10_payoff_in_a_leap_february() {
    let terms = Terms::new(
        Method::Annuity,
        Rupiah::new(10_000),
        Rate::yearly(70_000),
        6,
        date!(2024 - 01 - 01),
    );
    let contract = contract(terms);
    let events = on_time(&contract, 1);
    let (principal, interest, .., total, _) =
        payoff_parts(&contract, &events, date!(2024 - 02 - 15), PayoffMode::ToDate);
    assert_eq!((principal, interest, total), (8_357, 24, 8_381));
}

#[test]
fn a11_payoff_with_actual_days() {
    let mut terms = Terms::new(
        Method::Annuity,
        Rupiah::new(3_000_000),
        Rate::yearly(240_000),
        6,
        date!(2026 - 11 - 23),
    );
    terms.day_count = DayCount::Act365;
    let contract = contract(terms);
    let events = on_time(&contract, 1);
    let (principal, interest, .., total, _) =
        payoff_parts(&contract, &events, date!(2027 - 01 - 08), PayoffMode::ToDate);
    assert_eq!((principal, interest, total), (2_523_810, 26_552, 2_550_362));
}

#[test]
fn e40_e43_e44_payoff_to_the_day() {
    let two = on_time(&e1(), 2);
    let none: &[Event] = &[];
    let table = [
        (
            two.as_slice(),
            date!(2026 - 11 - 24),
            PayoffMode::ToDate,
            (2_048_959, 32_442, 0, 0, 2_081_401, 97_198),
        ),
        (
            two.as_slice(),
            date!(2026 - 11 - 24),
            PayoffMode::ToPeriodEnd,
            (2_048_959, 51_224, 0, 0, 2_100_183, 78_416),
        ),
        (
            none,
            date!(2026 - 09 - 05),
            PayoffMode::ToDate,
            (3_000_000, 0, 0, 0, 3_000_000, 267_899),
        ),
        (
            none,
            date!(2026 - 09 - 06),
            PayoffMode::ToDate,
            (3_000_000, 2_500, 0, 0, 3_002_500, 265_399),
        ),
        (
            none,
            date!(2026 - 09 - 20),
            PayoffMode::ToDate,
            (3_000_000, 37_500, 0, 0, 3_037_500, 230_399),
        ),
        (
            none,
            date!(2026 - 10 - 05),
            PayoffMode::ToDate,
            (3_000_000, 75_000, 0, 0, 3_075_000, 192_899),
        ),
        (
            two.as_slice(),
            date!(2026 - 12 - 15),
            PayoffMode::ToDate,
            (2_048_959, 63_769, 0, 4_934, 2_117_662, 65_871),
        ),
    ];
    for (events, on, mode, expected) in table {
        assert_eq!(payoff_parts(&e1(), events, on, mode), expected, "{on} {mode}");
    }
}

#[test]
fn a_tranche_is_owed_from_its_day_on() {
    let mut terms = Terms::new(
        Method::Annuity,
        Rupiah::new(2_000_000),
        Rate::yearly(180_000),
        5,
        date!(2026 - 09 - 10),
    );
    terms.tranches = vec![(date!(2026 - 11 - 10), Rupiah::new(1_000_000))];
    let contract = contract(terms);
    for (on, principal, interest) in [
        (date!(2026 - 10 - 25), 2_000_000, 30_000 + 11_699),
        (date!(2026 - 11 - 09), 2_000_000, 30_000 + 23_397),
        (date!(2026 - 11 - 10), 3_000_000, 30_000 + 24_177),
        (date!(2026 - 11 - 25), 3_000_000, 30_000 + 24_177 + 16_634),
    ] {
        let quote = payoff(&contract, &[], on, PayoffMode::ToDate).unwrap();
        assert_eq!(
            (quote.principal.get(), quote.interest.get()),
            (principal, interest),
            "{on}"
        );
        assert_eq!(
            replay(&contract, &[], on).unwrap().outstanding_principal.get(),
            principal
        );
    }
}

#[test]
fn paying_off_closes_the_loan_and_later_days_add_nothing() {
    let on = date!(2026 - 11 - 24);
    let events = with(on_time(&e1(), 2), [paid(3, on, 2_081_401, Purpose::Payoff)]);
    for day in [on, date!(2027 - 06 - 01)] {
        let position = replay(&e1(), &events, day).unwrap();
        assert!(position.closed && position.bill.is_none(), "{day}");
        assert_eq!((position.paid_count, position.payoff.total.get()), (6, 0));
        let interest: i64 = position.lines.iter().map(|line| line.interest.paid.get()).sum();
        assert_eq!(interest, 75_000 + 63_259 + 32_442);
    }
    // A day late it no longer fits: a prepayment in the contract's own mode.
    let late = with(
        on_time(&e1(), 2),
        [paid(3, date!(2026 - 11 - 25), 2_081_401, Purpose::Payoff)],
    );
    let position = replay(&e1(), &late, date!(2026 - 11 - 25)).unwrap();
    assert!(!position.closed && position.credit.is_zero());
    assert!(position.payoff.total.get() > 0 && position.payoff.total.get() < 3_000);
}

#[test]
fn a_loan_that_is_paid_off_is_not_planned_anew() {
    let on = date!(2026 - 11 - 24);
    let later = date!(2026 - 12 - 01);
    let fee = EventKind::Fee {
        amount: Rupiah::new(100),
        due_on: later,
    };
    let events = with(
        on_time(&e1(), 2),
        [
            paid(3, on, 2_081_401, Purpose::Payoff),
            Event::new(4, later, later, fee),
            paid(5, later, 40, Purpose::Amount { mode: None }),
        ],
    );
    let position = replay(&e1(), &events, later).unwrap();
    assert_eq!(parts(&position, 5), [(3, 'F', 40)]);
    assert_eq!((position.payoff.total.get(), position.accrued_interest.get()), (60, 0));
}

#[test]
fn paying_off_uses_what_was_paid_ahead() {
    let ahead = with(
        on_time(&e1(), 2),
        [paid(3, date!(2026 - 11 - 10), 600_000, Purpose::Instalment)],
    );
    let on = date!(2026 - 11 - 24);
    let (principal, interest, .., total, saved) = payoff_parts(&e1(), &ahead, on, PayoffMode::ToDate);
    assert_eq!(total, 2_081_401 - 600_000);
    assert_eq!(
        (principal, interest),
        (2_048_959 - 493_426 - 16_462, 32_442 - 51_224 - 38_888)
    );
    assert_eq!(saved, 97_198);
    let position = replay(&e1(), &with(ahead, [paid(4, on, total, Purpose::Payoff)]), on).unwrap();
    assert!(position.closed);
}

#[test]
fn e41_e42_three_ways_to_prepay() {
    type Line = (u32, i64, i64, i64, i64);
    type Case = (i64, Date, PrepayMode, &'static [Line]);
    let due = date!(2026 - 12 - 05);
    let inside = date!(2026 - 12 - 20);
    let table: &[Case] = &[
        (
            1_544_650,
            due,
            PrepayMode::Term,
            &[(4, 530_762, 13_888, 544_650, 24_771), (5, 24_771, 619, 25_390, 0)],
        ),
        (
            1_544_650,
            due,
            PrepayMode::Instalment,
            &[
                (4, 180_625, 13_888, 194_513, 374_908),
                (5, 185_140, 9_373, 194_513, 189_768),
                (6, 189_768, 4_744, 194_512, 0),
            ],
        ),
        (
            1_544_650,
            due,
            PrepayMode::Next,
            &[
                (4, 0, 13_888, 13_888, 555_533),
                (5, 61_524, 13_888, 75_412, 494_009),
                (6, 494_009, 12_350, 506_359, 0),
            ],
        ),
        (
            1_000_000,
            inside,
            PrepayMode::Term,
            &[(4, 518_665, 25_985, 544_650, 36_868), (5, 36_868, 922, 37_790, 0)],
        ),
        (
            1_000_000,
            inside,
            PrepayMode::Instalment,
            &[
                (4, 172_764, 25_985, 198_749, 382_769),
                (5, 189_180, 9_569, 198_749, 193_589),
                (6, 193_589, 4_840, 198_429, 0),
            ],
        ),
        (
            1_000_000,
            inside,
            PrepayMode::Next,
            &[
                (4, 0, 25_985, 25_985, 555_533),
                (5, 49_427, 13_888, 63_315, 506_106),
                (6, 506_106, 12_653, 518_759, 0),
            ],
        ),
    ];
    for (amount, on, mode, expected) in table {
        let paid_before = if *on == due { 2 } else { 3 };
        let purpose = Purpose::Amount { mode: Some(*mode) };
        let events = with(on_time(&e1(), paid_before), [paid(9, *on, *amount, purpose)]);
        let position = replay(&e1(), &events, *on).unwrap();
        let line = |l: &LinePosition| {
            (
                l.number,
                l.principal.due.get(),
                l.interest.due.get(),
                l.instalment().get(),
                l.balance.get(),
            )
        };
        let got: Vec<_> = position.lines[3..].iter().map(line).collect();
        assert_eq!(got.as_slice(), *expected, "{on} {mode}");
        assert_eq!(position.outstanding_principal.get(), 555_533);
        assert_eq!(parts(&position, 9).last(), Some(&(0, 'P', 1_000_000)));
    }
}

#[test]
fn a_charge_on_an_instalment_that_vanishes_stays_owed() {
    let on = date!(2026 - 12 - 05);
    let due_on = date!(2027 - 03 - 01);
    let purpose = Purpose::Amount {
        mode: Some(PrepayMode::Term),
    };
    let events = with(
        on_time(&e1(), 2),
        [
            Event::new(
                7,
                on,
                on,
                EventKind::Fee {
                    amount: Rupiah::new(25_000),
                    due_on,
                },
            ),
            paid(9, on, 1_544_650, purpose),
        ],
    );
    let position = replay(&e1(), &events, on).unwrap();
    assert_eq!(position.lines.len(), 5);
    assert_eq!(
        (open(&position, 5), position.fees.get()),
        ((619, 24_771, 25_000, 0), 25_000)
    );
}

#[test]
fn a_second_prepayment_keeps_the_promise_of_the_first() {
    let three = on_time(&e1(), 3);
    let next = Purpose::Amount { mode: None };
    let once = with(three.clone(), [paid(4, date!(2026 - 12 - 05), 500_000, next)]);
    let twice = with(once.clone(), [paid(5, date!(2026 - 12 - 05), 500_000, next)]);
    let together = with(three, [paid(4, date!(2026 - 12 - 05), 1_000_000, next)]);
    let amounts = |events: &[Event]| -> Vec<i64> {
        let position = replay(&e1(), events, date!(2026 - 12 - 05)).unwrap();
        position.lines[3..].iter().map(|line| line.instalment().get()).collect()
    };
    let (once, twice, together) = (amounts(&once), amounts(&twice), amounts(&together));
    assert!(
        twice.iter().zip(&once).all(|(after, before)| after <= before),
        "{once:?} {twice:?}"
    );
    let sum = |lines: &[i64]| lines.iter().sum::<i64>();
    assert!((sum(&twice) - sum(&together)).abs() <= 3, "{twice:?} {together:?}");
}
