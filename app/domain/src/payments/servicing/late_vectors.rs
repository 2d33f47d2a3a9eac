//! The published vectors of lateness: late fee, total cap, claims, reversal.

use time::Date;
use time::macros::date;

use super::vectors::{contract, e1, on_time, paid, with};
use super::*;
use crate::loans::product::{LateFeeMethod, Method};
use crate::rate::Rate;

fn resolved(seq: i64, on: Date, confirmed: bool) -> Event {
    Event::new(seq, on, on, EventKind::ClaimResolved { confirmed })
}

fn claim(seq: i64, on: Date) -> Event {
    Event::new(seq, on, on, EventKind::ClaimOpened { instalment: 3 })
}

#[test]
fn a16_three_days_late() {
    let contract = contract(Terms::new(
        Method::Annuity,
        Rupiah::new(1_000_000),
        Rate::monthly(0),
        1,
        date!(2026 - 11 - 23),
    ));
    let position = replay(&contract, &[], date!(2026 - 12 - 26)).unwrap();
    assert_eq!((position.late_fees.get(), position.days_past_due), (3_000, 3));
    let on_the_due_date = replay(&contract, &[], date!(2026 - 12 - 23)).unwrap();
    assert_eq!((on_the_due_date.late_fees.get(), on_the_due_date.days_past_due), (0, 0));
}

#[test]
fn e25_late_fees_stop_at_the_total_cap() {
    let table = [
        (date!(2026 - 11 - 05), 14_559),
        (date!(2026 - 12 - 05), 43_089),
        (date!(2027 - 03 - 06), 220_444),
        (date!(2029 - 06 - 20), 2_731_444),
        (date!(2029 - 06 - 21), 2_732_101),
        (date!(2029 - 06 - 22), 2_732_101),
        (date!(2031 - 01 - 01), 2_732_101),
    ];
    for (on, late_fees) in table {
        let position = replay(&e1(), &[], on).unwrap();
        assert_eq!(position.late_fees.get(), late_fees, "{on}");
        assert_eq!(position.room.get(), 2_732_101 - late_fees, "{on}");
    }
}

#[test]
fn a15_the_borrower_never_pays_more_than_double() {
    let mut terms = Terms::new(
        Method::Flat,
        Rupiah::new(1_000_000),
        Rate::monthly(90_000),
        1,
        date!(2026 - 01 - 01),
    );
    terms.every = crate::calendar::Period::Months(1);
    let mut contract = contract(terms);
    contract.late_fee.ppm = 3_000;
    let due = date!(2026 - 02 - 01);
    for (days, late_fee) in [(303, 909_000), (304, 910_000), (305, 910_000), (900, 910_000)] {
        let position = replay(&contract, &[], due + time::Duration::days(days)).unwrap();
        assert_eq!(position.late_fees.get(), late_fee, "{days}");
    }
}

#[test]
fn e45_a_reversal_spares_the_days_the_borrower_believed_it_paid() {
    let events = with(
        on_time(&e1(), 2),
        [Event::new(
            3,
            date!(2026 - 11 - 25),
            date!(2026 - 11 - 25),
            EventKind::Reversal { of: "p2".into() },
        )],
    );
    for (on, late_fee, days) in [
        (date!(2026 - 11 - 25), 0, 20),
        (date!(2026 - 11 - 26), 481, 21),
        (date!(2026 - 11 - 28), 1_444, 23),
    ] {
        let position = replay(&e1(), &events, on).unwrap();
        assert_eq!(
            (position.late_fees.get(), position.days_past_due),
            (late_fee, days),
            "{on}"
        );
    }
    let bill = replay(&e1(), &events, date!(2026 - 11 - 28)).unwrap().bill.unwrap();
    assert_eq!((bill.instalments, bill.total.get()), (vec![2], 546_094));
    let again = with(
        events,
        [Event::new(
            4,
            date!(2026 - 11 - 26),
            date!(2026 - 11 - 26),
            EventKind::Reversal { of: "p2".into() },
        )],
    );
    assert_eq!(
        replay(&e1(), &again, date!(2026 - 11 - 28)),
        Err(ServicingError::AlreadyReversed("p2".into()))
    );
}

#[test]
fn e46_late_fee_day_by_day() {
    let events = on_time(&e1(), 2);
    for (on, late_fee, owed, days) in [
        (date!(2026 - 12 - 05), 0, 544_650, 0),
        (date!(2026 - 12 - 06), 493, 545_143, 1),
        (date!(2026 - 12 - 07), 986, 545_636, 2),
        (date!(2026 - 12 - 08), 1_480, 546_130, 3),
        (date!(2026 - 12 - 15), 4_934, 549_584, 10),
    ] {
        let position = replay(&e1(), &events, on).unwrap();
        let bill = position.bill.unwrap();
        let got = (bill.late_fee.get(), bill.total.get(), position.days_past_due);
        assert_eq!(got, (late_fee, owed, days), "{on}");
        assert_eq!(
            position.lines[2].status,
            if days == 0 {
                LineStatus::Due
            } else {
                LineStatus::Overdue
            }
        );
        assert_eq!(
            (position.lines[3].status, position.lines[4].status),
            (LineStatus::Next, LineStatus::Later)
        );
    }
}

#[test]
fn e47_the_running_sum_is_floored_once() {
    let events = with(
        on_time(&e1(), 2),
        [paid(3, date!(2026 - 12 - 08), 300_000, Purpose::Instalment)],
    );
    for (on, late_fee) in [(date!(2026 - 12 - 09), 1_724), (date!(2026 - 12 - 15), 3_192)] {
        assert_eq!(replay(&e1(), &events, on).unwrap().late_fees.get(), late_fee);
    }
    assert_eq!(
        replay(&e1(), &events, date!(2026 - 12 - 15))
            .unwrap()
            .bill
            .unwrap()
            .total
            .get(),
        247_842
    );
}

#[test]
fn e48_a_claim_stops_the_late_fee() {
    let claimed = [
        claim(3, date!(2026 - 12 - 08)),
        resolved(4, date!(2026 - 12 - 11), false),
    ];
    let events = with(on_time(&e1(), 2), claimed.clone());
    for (on, late_fee) in [
        (date!(2026 - 12 - 08), 1_480),
        (date!(2026 - 12 - 11), 1_480),
        (date!(2026 - 12 - 12), 1_973),
        (date!(2026 - 12 - 15), 3_453),
    ] {
        assert_eq!(replay(&e1(), &events, on).unwrap().late_fees.get(), late_fee, "{on}");
    }
    assert!(replay(&e1(), &events, date!(2026 - 12 - 10)).unwrap().late_fee_frozen);
    // A second claim for the same instalment does not stop them.
    let second = with(events, [claim(5, date!(2026 - 12 - 12))]);
    let position = replay(&e1(), &second, date!(2026 - 12 - 15)).unwrap();
    assert_eq!((position.late_fees.get(), position.late_fee_frozen), (3_453, false));
    // Confirmed as paid on the due date: never late.
    let on = date!(2026 - 12 - 11);
    let confirmed = [
        claim(3, date!(2026 - 12 - 08)),
        resolved(4, on, true),
        Event {
            recorded_on: on,
            ..paid(5, date!(2026 - 12 - 05), 544_650, Purpose::Instalment)
        },
    ];
    let position = replay(&e1(), &with(on_time(&e1(), 2), confirmed), date!(2026 - 12 - 15)).unwrap();
    assert_eq!(
        (position.late_fees.get(), position.days_past_due, position.paid_count),
        (0, 0, 3)
    );
}

#[test]
fn e49_grace_days_are_never_charged() {
    let mut contract = e1();
    contract.late_fee.grace_days = 3;
    let events = on_time(&contract, 2);
    for (on, late_fee) in [(date!(2026 - 12 - 08), 0), (date!(2026 - 12 - 09), 493)] {
        assert_eq!(
            replay(&contract, &events, on).unwrap().late_fees.get(),
            late_fee,
            "{on}"
        );
    }
}

#[test]
fn e50_other_methods() {
    use LateFeeMethod::{Annual, OneOffInstalment, OneOffPrincipal};
    for (method, ppm, grace_days, on, late_fee) in [
        (OneOffPrincipal, 20_000, 0, date!(2026 - 12 - 06), 9_868),
        (OneOffPrincipal, 20_000, 0, date!(2027 - 01 - 05), 9_868),
        (OneOffInstalment, 20_000, 0, date!(2026 - 12 - 25), 10_893),
        (Annual, 300_000, 6, date!(2026 - 12 - 25), 6_267),
        (Annual, 300_000, 6, date!(2026 - 12 - 11), 0),
    ] {
        let contract = Contract {
            late_fee: LateFee {
                method,
                ppm,
                grace_days,
            },
            ..e1()
        };
        let position = replay(&contract, &on_time(&contract, 2), on).unwrap();
        assert_eq!(position.lines[2].late_fee.due.get(), late_fee, "{method} {on}");
    }
}

#[test]
fn days_by_which_a_holiday_moved_the_date_cost_nothing() {
    use crate::calendar::HolidayRule;
    // Due on Friday 2026-12-25, a holiday; on Saturday and Sunday nothing is due either.
    let on = |rule| {
        let terms = Terms {
            first_due: Some(date!(2026 - 12 - 25)),
            holiday_rule: rule,
            ..e1().terms
        };
        contract(terms.on_calendar(&[date!(2026 - 12 - 25)].into_iter().collect()))
    };
    let late_fee = |contract: &Contract, day| replay(contract, &[], day).unwrap().late_fees.get();
    let (next, previous) = (on(HolidayRule::NextBusinessDay), on(HolidayRule::PreviousBusinessDay));
    let due = |contract: &Contract| replay(contract, &[], contract.terms.start).unwrap().lines[0].due_on;
    assert_eq!(
        (due(&next), due(&previous)),
        (date!(2026 - 12 - 28), date!(2026 - 12 - 24))
    );
    assert_eq!(late_fee(&next, date!(2026 - 12 - 28)), 0);
    assert!(late_fee(&next, date!(2026 - 12 - 29)) > 0);
    // The day that was taken away is no day late, however early the bill was moved to.
    assert_eq!(late_fee(&previous, date!(2026 - 12 - 25)), 0);
    assert!(late_fee(&previous, date!(2026 - 12 - 26)) > 0);
}
