//! The published vectors of allocation and back-dated charges as tables, and what the other tests of
//! servicing share. Names are those of the domain specification.

use time::Date;
use time::macros::date;

use super::*;
use crate::loans::product::{Component, FutureRule, LateFeeMethod, Method};
use crate::rate::Rate;

/// E1: Rp3.000.000, 2.5 % a month, 6 months, disbursed 2026-09-05.
pub(crate) fn e1() -> Contract {
    contract(Terms::new(
        Method::Annuity,
        Rupiah::new(3_000_000),
        Rate::monthly(25_000),
        6,
        date!(2026 - 09 - 05),
    ))
}

/// Sanggup's rules of servicing on other terms.
pub(crate) fn contract(terms: Terms) -> Contract {
    Contract {
        terms,
        late_fee: LateFee {
            method: LateFeeMethod::Daily,
            ppm: 1_000,
            grace_days: 0,
        },
        allocation: product::Allocation::IPFL,
        prepay_default: PrepayMode::Next,
        total_cap_percent: 100,
        overdue_interest: OverdueInterest::None,
        cap: None,
        agreed: Vec::new(),
    }
}

pub(crate) fn paid(seq: i64, on: Date, amount: i64, purpose: Purpose) -> Event {
    let reference = format!("p{seq}");
    Event::new(
        seq,
        on,
        on,
        EventKind::Payment {
            reference,
            amount: Rupiah::new(amount),
            purpose,
        },
    )
}

/// The first `count` instalments of a contract, each paid on its due date.
pub(crate) fn on_time(contract: &Contract, count: usize) -> Vec<Event> {
    let start = replay(contract, &[], contract.terms.start).unwrap();
    let lines = start.lines.iter().take(count).zip(1..);
    lines
        .map(|(line, seq)| paid(seq, line.due_on, line.open().get(), Purpose::Instalment))
        .collect()
}

pub(crate) fn with(mut events: Vec<Event>, more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    events.extend(more);
    events
}

/// What the event `seq` paid: (instalment, letter, amount).
pub(crate) fn parts(position: &Position, seq: i64) -> Vec<(u32, char, i64)> {
    let applied = position
        .applied
        .iter()
        .find(|applied| applied.seq == Some(seq))
        .unwrap();
    let letter = |component| match component {
        Component::Interest => 'I',
        Component::Principal => 'P',
        Component::Fee => 'F',
        Component::LateFee => 'L',
    };
    let part = |a: &Allocation| (a.instalment.unwrap_or(0), letter(a.component), a.amount.get());
    applied.allocations.iter().map(part).collect()
}

/// What is open on an instalment: (interest, principal, fee, late fee).
pub(crate) fn open(position: &Position, number: u32) -> (i64, i64, i64, i64) {
    let line = position.lines.iter().find(|line| line.number == number).unwrap();
    let open = |amounts: Amounts| amounts.open().get();
    (
        open(line.interest),
        open(line.principal),
        open(line.fee),
        open(line.late_fee),
    )
}

fn lfip() -> product::Allocation {
    product::Allocation::LFIP
}

/// A17, also used by the test of its journals.
pub(crate) fn a17() -> (Contract, Vec<Event>) {
    let terms = Terms::new(
        Method::Flat,
        Rupiah::new(1_000),
        Rate::yearly(120_000),
        3,
        date!(2026 - 01 - 05),
    );
    let contract = Contract {
        // 3.1 % of 333 is the late fee of 10 that the vector states.
        late_fee: LateFee {
            method: LateFeeMethod::OneOffPrincipal,
            ppm: 31_000,
            grace_days: 0,
        },
        allocation: lfip(),
        ..contract(terms)
    };
    let (due, on) = (date!(2026 - 02 - 05), date!(2026 - 02 - 10));
    let events = vec![
        Event::new(
            1,
            due,
            due,
            EventKind::Fee {
                amount: Rupiah::new(103),
                due_on: due,
            },
        ),
        paid(2, on, 100, Purpose::Instalment),
        Event::new(
            3,
            on,
            on,
            EventKind::Goodwill {
                amount: Rupiah::new(300),
            },
        ),
    ];
    (contract, events)
}

#[test]
fn a17_late_fee_first() {
    let (contract, events) = a17();
    let position = replay(&contract, &events, date!(2026 - 02 - 10)).unwrap();
    assert_eq!(position.lines[0].open().get() + 400, 456);
    assert_eq!(parts(&position, 2), [(1, 'L', 10), (1, 'F', 90)]);
    assert_eq!(parts(&position, 3), [(1, 'F', 13), (1, 'I', 10), (1, 'P', 277)]);
    assert_eq!(position.bill.unwrap().total.get(), 56);
}

#[test]
fn e37_partial_payment_in_two_orders() {
    let on = date!(2026 - 12 - 08);
    let events = with(on_time(&e1(), 2), [paid(3, on, 300_000, Purpose::Instalment)]);
    let position = replay(&e1(), &events, on).unwrap();
    assert_eq!(parts(&position, 3), [(3, 'I', 51_224), (3, 'P', 248_776)]);
    assert_eq!(open(&position, 3), (0, 244_650, 0, 1_480));

    let contract = Contract {
        allocation: lfip(),
        ..e1()
    };
    let position = replay(&contract, &events, on).unwrap();
    assert_eq!(
        parts(&position, 3),
        [(3, 'L', 1_480), (3, 'I', 51_224), (3, 'P', 247_296)]
    );
    assert_eq!(open(&position, 3), (0, 246_130, 0, 0));
}

#[test]
fn e38_too_much_goes_on_to_the_next_instalment() {
    let on = date!(2026 - 12 - 01);
    let events = with(on_time(&e1(), 2), [paid(3, on, 600_000, Purpose::Instalment)]);
    let position = replay(&e1(), &events, on).unwrap();
    assert_eq!(
        parts(&position, 3),
        [(3, 'I', 51_224), (3, 'P', 493_426), (4, 'I', 38_888), (4, 'P', 16_462)]
    );
    assert_eq!(position.lines[3].instalment().get(), 544_650);
}

#[test]
fn e39_future_rules() {
    use FutureRule::{Even, Last, Next};
    let oct = |day| Date::from_calendar_date(2026, time::Month::October, day).unwrap();
    type Case = (FutureRule, &'static [(u8, i64)], [i64; 5], i64);
    let table: &[Case] = &[
        (Next, &[(10, 330_000)], [200_000, 130_000, 0, 0, 0], 0),
        (Last, &[(10, 330_000)], [200_000, 0, 0, 0, 130_000], 0),
        (Even, &[(10, 330_000)], [200_000, 32_500, 32_500, 32_500, 32_500], 0),
        (Next, &[(1, 330_000)], [200_000, 130_000, 0, 0, 0], 0),
        (Last, &[(1, 330_000)], [0, 0, 0, 130_000, 200_000], 0),
        (Even, &[(1, 330_000)], [66_000; 5], 0),
        (
            Next,
            &[(10, 150_000), (15, 400_000)],
            [200_000, 200_000, 150_000, 0, 0],
            0,
        ),
        (
            Last,
            &[(10, 150_000), (15, 400_000)],
            [200_000, 0, 0, 150_000, 200_000],
            0,
        ),
        (
            Even,
            &[(10, 150_000), (15, 400_000)],
            [200_000, 87_500, 87_500, 87_500, 87_500],
            0,
        ),
        (Next, &[(10, 300_001)], [200_000, 100_001, 0, 0, 0], 0),
        (Last, &[(10, 300_001)], [200_000, 0, 0, 0, 100_001], 0),
        (Even, &[(10, 300_001)], [200_000, 25_001, 25_000, 25_000, 25_000], 0),
        (Next, &[(10, 1_050_000)], [200_000; 5], 50_000),
        (Last, &[(10, 1_050_000)], [200_000; 5], 50_000),
        (Even, &[(10, 1_050_000)], [200_000; 5], 50_000),
    ];
    let terms = Terms::new(
        Method::Annuity,
        Rupiah::new(1_000_000),
        Rate::monthly(0),
        5,
        date!(2026 - 09 - 10),
    );
    for (future, payments, principal, credit) in table {
        let mut contract = contract(terms.clone());
        contract.allocation.future = *future;
        contract.late_fee.ppm = 0;
        let payments = payments.iter().zip(1..);
        let events: Vec<_> = payments
            .map(|((day, amount), seq)| paid(seq, oct(*day), *amount, Purpose::Instalment))
            .collect();
        let position = replay(&contract, &events, oct(15)).unwrap();
        let got: Vec<_> = position.lines.iter().map(|line| line.principal.paid.get()).collect();
        assert_eq!(
            (got.as_slice(), position.credit.get()),
            (principal.as_slice(), *credit),
            "{future:?}"
        );
        assert_eq!(position.overpaid, *credit > 0);
    }
}

#[test]
fn even_splits_again_what_one_instalment_does_not_need() {
    let terms = Terms::new(
        Method::Annuity,
        Rupiah::new(1_000_000),
        Rate::monthly(0),
        5,
        date!(2026 - 09 - 10),
    );
    let mut contract = contract(terms);
    contract.allocation.future = FutureRule::Next;
    let on = date!(2026 - 09 - 20);
    let ahead = paid(1, on, 190_000, Purpose::Instalment);
    let mut even = contract.clone();
    even.allocation.future = FutureRule::Even;
    let before = replay(&even, std::slice::from_ref(&ahead), on).unwrap();
    assert_eq!(before.lines[0].principal.paid.get(), 38_000);
    let position = replay(&even, &[ahead, paid(2, on, 810_003, Purpose::Instalment)], on).unwrap();
    assert_eq!((position.outstanding_principal.get(), position.credit.get()), (0, 3));
}

#[test]
fn e56_a_charge_recorded_late() {
    let fee = |recorded_on, due_on| {
        let seq = if recorded_on < date!(2026 - 11 - 03) { 2 } else { 4 };
        Event::new(
            seq,
            due_on,
            recorded_on,
            EventKind::Fee {
                amount: Rupiah::new(25_000),
                due_on,
            },
        )
    };
    let events = |fee: Option<Event>, december: bool| {
        let mut events = vec![
            paid(1, date!(2026 - 10 - 05), 544_650, Purpose::Instalment),
            paid(3, date!(2026 - 11 - 03), 600_000, Purpose::Instalment),
        ];
        events.extend(fee);
        events.extend(december.then(|| paid(5, date!(2026 - 12 - 05), 544_650, Purpose::Instalment)));
        events
    };
    let at = |events: &[Event], on| replay(&e1(), events, on).unwrap();
    let plain = at(&events(None, false), date!(2026 - 11 - 20));
    assert_eq!(
        parts(&plain, 3),
        [(2, 'I', 63_259), (2, 'P', 481_391), (3, 'I', 51_224), (3, 'P', 4_126)]
    );

    let seen = [(2, 'I', 63_259), (2, 'P', 481_391), (2, 'F', 25_000), (3, 'I', 30_350)];
    let before = fee(date!(2026 - 11 - 20), date!(2026 - 11 - 01));
    let ahead = fee(date!(2026 - 11 - 01), date!(2026 - 11 - 05));
    for fee in [before, ahead] {
        assert_eq!(
            parts(&at(&events(Some(fee.clone()), false), date!(2026 - 11 - 20)), 3),
            seen
        );
        let december = at(&events(Some(fee), true), date!(2026 - 12 - 05));
        assert_eq!(
            parts(&december, 5),
            [(3, 'I', 20_874), (3, 'P', 493_426), (4, 'I', 30_350)]
        );
        assert_eq!(december.lines[3].open().get(), 514_300);
    }

    let unseen = fee(date!(2026 - 11 - 20), date!(2026 - 11 - 03));
    let position = at(&events(Some(unseen.clone()), false), date!(2026 - 11 - 20));
    assert_eq!(parts(&position, 3), parts(&plain, 3));
    assert_eq!((open(&position, 2), position.days_past_due), ((0, 0, 25_000, 0), 0));
    let december = at(&events(Some(unseen), true), date!(2026 - 12 - 05));
    assert_eq!(
        parts(&december, 5),
        [(2, 'F', 25_000), (3, 'P', 489_300), (4, 'I', 30_350)]
    );
    assert_eq!(december.lines[3].open().get(), 514_300);
}

#[test]
fn histories_that_cannot_be_are_refused() {
    let good = paid(1, date!(2026 - 10 - 05), 1_000, Purpose::Instalment);
    let reverse = |of: &str, seq| {
        Event::new(
            seq,
            date!(2026 - 10 - 06),
            date!(2026 - 10 - 06),
            EventKind::Reversal { of: of.into() },
        )
    };
    let fee_kind = EventKind::Fee {
        amount: Rupiah::new(1),
        due_on: date!(2026 - 10 - 01),
    };
    let table = [
        (
            vec![paid(1, date!(2026 - 09 - 04), 1, Purpose::Payoff)],
            ServicingError::BeforeStart,
        ),
        (
            vec![paid(1, date!(2026 - 09 - 06), 0, Purpose::Payoff)],
            ServicingError::Amount(1),
        ),
        (
            vec![paid(1, date!(2026 - 09 - 06), 2_000_000_001, Purpose::Payoff)],
            ServicingError::Amount(1),
        ),
        (vec![good.clone(), good.clone()], ServicingError::DuplicateSeq(1)),
        (
            vec![good.clone(), Event { seq: 2, ..good.clone() }],
            ServicingError::DuplicatePayment("p1".into()),
        ),
        (
            vec![good.clone(), reverse("p9", 2)],
            ServicingError::UnknownPayment("p9".into()),
        ),
        (
            vec![Event { seq: 3, ..good.clone() }, reverse("p1", 2)],
            ServicingError::UnknownPayment("p1".into()),
        ),
        (
            vec![Event {
                seq: 1,
                effective_on: date!(2026 - 10 - 02),
                recorded_on: date!(2026 - 10 - 02),
                kind: fee_kind,
            }],
            ServicingError::EffectiveDate(1),
        ),
    ];
    for (events, error) in table {
        assert_eq!(replay(&e1(), &events, date!(2026 - 10 - 10)), Err(error));
    }
    assert_eq!(
        replay(&e1(), &[], date!(2026 - 09 - 04)),
        Err(ServicingError::BeforeStart)
    );
}

#[test]
fn the_contract_and_its_events_survive_storage() {
    let contract = e1();
    let text = serde_json::to_string(&contract).unwrap();
    assert_eq!(serde_json::from_str::<Contract>(&text).unwrap(), contract);
    let (_, events) = a17();
    let events = with(
        events,
        [paid(
            8,
            date!(2026 - 02 - 11),
            5,
            Purpose::Amount {
                mode: Some(PrepayMode::Term),
            },
        )],
    );
    let text = serde_json::to_string(&events).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Event>>(&text).unwrap(), events);
    let position = replay(&contract, &[], date!(2026 - 10 - 10)).unwrap();
    let text = serde_json::to_string(&position).unwrap();
    assert_eq!(serde_json::from_str::<Position>(&text).unwrap(), position);
}
