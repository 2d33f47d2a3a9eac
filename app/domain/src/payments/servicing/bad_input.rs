//! Bad and extreme input of schedules and payments, each with its stated answer.

use time::macros::date;
use time::{Date, Duration};

use super::vectors::{contract, e1, on_time, paid, parts, with};
use super::*;
use crate::loans::product::Method;
use crate::loans::schedule::{TermsError, schedule};
use crate::rate::Rate;

const START: Date = date!(2026 - 09 - 05);

fn terms(principal: i64, ppm: i64, count: u32) -> Terms {
    Terms::new(
        Method::Annuity,
        Rupiah::new(principal),
        Rate::monthly(ppm),
        count,
        START,
    )
}

#[test]
fn a_rate_of_zero_asks_for_the_principal_alone() {
    for method in Method::ALL.iter().copied() {
        let plan = schedule(&Terms {
            method,
            ..terms(700_000, 0, 6)
        })
        .unwrap();
        assert_eq!(
            (plan.total_interest.get(), plan.total().get()),
            (0, 700_000),
            "{method}"
        );
    }
    let position = replay(&contract(terms(700_000, 0, 6)), &[], date!(2027 - 06 - 01)).unwrap();
    assert_eq!(
        (position.accrued_interest.get(), position.payoff.principal.get()),
        (0, 700_000)
    );
    assert!(position.late_fees.is_positive());
}

#[test]
fn a_tenor_of_one_is_one_instalment() {
    for method in Method::ALL.iter().copied() {
        let plan = schedule(&Terms {
            method,
            ..terms(1_000_000, 25_000, 1)
        })
        .unwrap();
        assert_eq!(
            (plan.lines.len(), plan.lines[0].instalment().get()),
            (1, 1_025_000),
            "{method}"
        );
    }
    let contract = contract(terms(1_000_000, 25_000, 1));
    let part = paid(1, date!(2026 - 09 - 20), 400_000, Purpose::Amount { mode: None });
    for mode in PrepayMode::ALL.iter().copied() {
        let contract = Contract {
            prepay_default: mode,
            ..contract.clone()
        };
        let position = replay(&contract, std::slice::from_ref(&part), date!(2026 - 10 - 05)).unwrap();
        // 15 of 30 days on 1.000.000, 15 on 600.000.
        assert_eq!(position.bill.unwrap().total.get(), 600_000 + 12_500 + 7_500, "{mode}");
    }
}

#[test]
fn the_smallest_and_the_largest_principal() {
    assert_eq!(schedule(&terms(1, 25_000, 1)).unwrap().total().get(), 1);
    assert_eq!(schedule(&terms(1, 25_000, 2)), Err(TermsError::ZeroInstalment));
    assert!(schedule(&terms(2_000_000_000, 25_000, 12)).is_ok());
    for principal in [0, -1, 2_000_000_001, i64::MAX, i64::MIN] {
        assert_eq!(schedule(&terms(principal, 25_000, 6)), Err(TermsError::Principal));
    }
    for count in [0, 1_201, u32::MAX] {
        assert_eq!(schedule(&terms(1_000_000, 25_000, count)), Err(TermsError::Count));
    }
    for ppm in [-1, i64::MAX, i64::MIN] {
        assert_eq!(schedule(&terms(1_000_000, ppm, 6)), Err(TermsError::Rate));
    }
    let end = Terms {
        start: Date::MAX,
        ..terms(1_000_000, 25_000, 6)
    };
    assert_eq!(schedule(&end), Err(TermsError::DateRange));
}

#[test]
fn one_rupiah_is_a_payment() {
    let on = date!(2026 - 12 - 08);
    for purpose in [
        Purpose::Instalment,
        Purpose::Payoff,
        Purpose::Amount {
            mode: Some(PrepayMode::Term),
        },
    ] {
        let events = with(on_time(&e1(), 2), [paid(3, on, 1, purpose)]);
        let position = replay(&e1(), &events, on).unwrap();
        assert_eq!(parts(&position, 3), [(3, 'I', 1)]);
    }
    // Before anything is due one rupiah is a prepayment, and the schedule stays whole.
    for mode in PrepayMode::ALL.iter().copied() {
        let one = paid(1, START, 1, Purpose::Amount { mode: Some(mode) });
        let position = replay(&e1(), &[one], START).unwrap();
        assert_eq!(position.outstanding_principal.get(), 2_999_999, "{mode}");
        assert!(position.outstanding_interest.get() <= 267_899);
    }
}

#[test]
fn more_than_the_debt_is_credit() {
    for (purpose, credit) in [
        (Purpose::Payoff, 2_000_000_000 - 3_037_500),
        (Purpose::Amount { mode: None }, 2_000_000_000 - 3_037_500),
        // The bill's own purpose pays every instalment ahead and saves no interest.
        (Purpose::Instalment, 2_000_000_000 - 3_267_899),
    ] {
        let on = date!(2026 - 09 - 20);
        let position = replay(&e1(), &[paid(1, on, 2_000_000_000, purpose)], on).unwrap();
        assert_eq!(
            (position.credit.get(), position.overpaid, position.closed),
            (credit, true, false)
        );
        assert!(position.bill.is_none());
    }
}

#[test]
fn dates_that_cannot_be() {
    let (on, late) = (date!(2026 - 10 - 05), date!(2026 - 10 - 20));
    let before = paid(1, START - Duration::DAY, 1_000, Purpose::Instalment);
    assert_eq!(replay(&e1(), &[before], late), Err(ServicingError::BeforeStart));
    let future = Event {
        recorded_on: on - Duration::DAY,
        ..paid(1, on, 1_000, Purpose::Instalment)
    };
    assert_eq!(replay(&e1(), &[future], late), Err(ServicingError::Future(1)));
    assert_eq!(
        replay(&e1(), &[], START - Duration::DAY),
        Err(ServicingError::BeforeStart)
    );
    // What counts for a later day than the one asked for has not happened yet.
    let later = paid(1, on, 544_650, Purpose::Instalment);
    assert_eq!(replay(&e1(), &[later], START).unwrap().payoff.total.get(), 3_000_000);
    assert!(replay(&e1(), &[], Date::MAX).is_ok());
}

#[test]
fn amounts_that_cannot_be() {
    let on = date!(2026 - 10 - 05);
    for amount in [0, -1, 2_000_000_001, i64::MAX, i64::MIN] {
        let amount = Rupiah::new(amount);
        let reference = "x".to_owned();
        let component = product::Component::LateFee;
        for kind in [
            EventKind::Payment {
                reference: reference.clone(),
                amount,
                purpose: Purpose::Instalment,
            },
            EventKind::Goodwill { amount },
            EventKind::Waiver { amount, component },
            EventKind::Fee { amount, due_on: on },
            EventKind::RefundAsked { reference, amount },
        ] {
            assert_eq!(
                replay(&e1(), &[Event::new(1, on, on, kind)], on),
                Err(ServicingError::Amount(1))
            );
        }
    }
    // As many of the largest payments as anybody could make stay in range.
    let many: Vec<_> = (1..=1_000)
        .map(|seq| paid(seq, on, 2_000_000_000, Purpose::Instalment))
        .collect();
    assert!(replay(&e1(), &many, on).unwrap().credit.get() > 1_999_000_000_000);
}
