//! The limits of the ways out, as tables.

use time::Date;
use time::macros::date;

use super::*;
use crate::loans::cap::{TenorClass, first_table, select};
use crate::loans::product::PurposeType;
use crate::loans::schedule::Terms;
use crate::payments::servicing::Purpose;
use crate::payments::servicing::vectors::{contract, e1, on_time, paid, with};
use crate::rate::Rate;

const TODAY: Date = date!(2026 - 11 - 20);

/// E1 with the cap of its agreement date.
fn capped(contract: Contract) -> Contract {
    let day = date!(2026 - 09 - 05);
    let cap = select(
        &first_table(),
        day,
        PurposeType::Consumptive,
        TenorClass::AtLeast6Months,
    )
    .unwrap();
    Contract {
        cap: Some(cap),
        ..contract
    }
}

fn asked(contract: &Contract, events: &[Event], option: Hardship, on: Date) -> Previewed {
    preview(contract, events, option, on, HardshipRules::SANGGUP).unwrap()
}

#[test]
fn e52_to_e55_cost_what_the_page_says() {
    let (contract, events) = (capped(e1()), on_time(&e1(), 2));
    let table = [
        (
            Hardship::MoveDate {
                instalment: 3,
                to: date!(2026 - 12 - 15),
            },
            (0, 267_899, 181),
        ),
        (Hardship::InterestOnly, (51_224, 319_123, 212)),
        (
            Hardship::Split {
                instalment: 3,
                second_on: date!(2026 - 12 - 20),
            },
            (0, 267_899, 181),
        ),
        (Hardship::Longer { instalments: 6 }, (53_332, 321_231, 242)),
    ];
    for (option, (extra, benefit, days)) in table {
        let preview = asked(&contract, &events, option, TODAY).unwrap();
        let check = &preview.check;
        assert_eq!(
            (preview.extra_cost.get(), check.benefit.get(), check.days),
            (extra, benefit, days),
            "{option:?}"
        );
        assert!(!preview.second_person);
        let applied = with(
            events.clone(),
            [Event::new(3, TODAY, TODAY, EventKind::Hardship { option })],
        );
        assert_eq!(replay(&contract, &applied, TODAY).unwrap(), preview.after);
    }
    let interest_only = asked(&contract, &events, Hardship::InterestOnly, TODAY).unwrap();
    assert_eq!(interest_only.check.words(), "0,050% per hari, batas 0,1%");
}

#[test]
fn what_does_not_fit_is_refused_with_its_rule() {
    let (contract, two) = (capped(e1()), on_time(&e1(), 2));
    let moved = |instalment, to| Hardship::MoveDate { instalment, to };
    let split = |second_on| Hardship::Split {
        instalment: 3,
        second_on,
    };
    let longer = |instalments| Hardship::Longer { instalments };
    let all = on_time(&e1(), 6);
    let late = date!(2026 - 12 - 10);
    let over = date!(2027 - 03 - 20);
    type Case<'a> = (&'a [Event], Date, Hardship, HardshipError);
    let table: &[Case<'_>] = &[
        (&all, over, Hardship::InterestOnly, HardshipError::NothingOwed),
        (&two, TODAY, moved(4, date!(2027 - 01 - 10)), HardshipError::Instalment),
        (&two, TODAY, moved(3, date!(2026 - 12 - 05)), HardshipError::Date),
        (&two, TODAY, moved(3, date!(2026 - 12 - 20)), HardshipError::Date),
        (
            &two,
            date!(2026 - 12 - 19),
            moved(3, date!(2026 - 12 - 19)),
            HardshipError::Date,
        ),
        (&two, TODAY, split(date!(2026 - 12 - 21)), HardshipError::Date),
        (&two, late, split(date!(2026 - 12 - 15)), HardshipError::AlreadyLate),
        (&two, TODAY, longer(4), HardshipError::Count),
        (&two, TODAY, longer(0), HardshipError::Count),
        (&two, TODAY, longer(11), HardshipError::Count),
        (&two, TODAY, longer(u32::MAX), HardshipError::Count),
        (&two, over, Hardship::InterestOnly, HardshipError::NoneLeft),
    ];
    for (events, on, option, error) in table {
        assert_eq!(
            asked(&contract, events, *option, *on).map(|_| ()),
            Err(*error),
            "{option:?}"
        );
    }
    assert!(asked(&contract, &two, longer(10), TODAY).is_ok());
    assert!(
        asked(&contract, &two, longer(3), over).is_ok(),
        "after the last due date"
    );
    assert_eq!(
        asked(&e1(), &two, longer(6), TODAY).map(|_| ()),
        Err(HardshipError::CapUnknown)
    );
    let terms = |method, rate| Terms::new(method, Rupiah::new(3_000_000), rate, 6, date!(2026 - 09 - 05));
    let flat = capped(super::super::servicing::vectors::contract(terms(
        Method::Flat,
        Rate::monthly(10_000),
    )));
    assert_eq!(
        asked(&flat, &[], longer(8), TODAY).map(|_| ()),
        Err(HardshipError::Schedule)
    );
    let dear = capped(super::super::servicing::vectors::contract(terms(
        Method::Annuity,
        Rate::monthly(80_000),
    )));
    assert_eq!(
        asked(&dear, &[], longer(8), TODAY).map(|_| ()),
        Err(HardshipError::CapExceeded)
    );
}

#[test]
fn a_second_person_agrees_to_more_help_and_to_larger_new_schedules() {
    let contract_small = capped(e1());
    let two = on_time(&e1(), 2);
    let moved = EventKind::Hardship {
        option: Hardship::MoveDate {
            instalment: 3,
            to: date!(2026 - 12 - 15),
        },
    };
    let helped = with(two.clone(), [Event::new(3, TODAY, TODAY, moved)]);
    let second = |on| {
        asked(&contract_small, &helped, Hardship::InterestOnly, on)
            .unwrap()
            .second_person
    };
    assert!(second(date!(2026 - 12 - 01)) && second(date!(2027 - 02 - 20)));
    assert!(
        !asked(&contract_small, &two, Hardship::InterestOnly, TODAY)
            .unwrap()
            .second_person
    );
    let terms = Terms {
        principal: Rupiah::new(5_000_000),
        ..e1().terms
    };
    let large = capped(contract(terms));
    assert!(
        asked(&large, &[], Hardship::InterestOnly, date!(2026 - 09 - 20))
            .unwrap()
            .second_person
    );
    let option = Hardship::MoveDate {
        instalment: 1,
        to: date!(2026 - 10 - 10),
    };
    assert!(!asked(&large, &[], option, date!(2026 - 09 - 20)).unwrap().second_person);
}

#[test]
fn the_offers_are_the_options_that_fit() {
    let contract = capped(e1());
    let offers = |events: &[Event], on| offers(&contract, events, on, HardshipRules::SANGGUP).unwrap();
    let two = on_time(&e1(), 2);
    assert_eq!(offers(&two, TODAY).len(), 4);
    let late: Vec<_> = offers(&two, date!(2026 - 12 - 10))
        .iter()
        .map(|offer| offer.option)
        .collect();
    assert_eq!(
        late,
        [
            Hardship::MoveDate {
                instalment: 3,
                to: date!(2026 - 12 - 19)
            },
            Hardship::InterestOnly,
            Hardship::Longer { instalments: 9 },
        ]
    );
    let all = with(
        on_time(&e1(), 5),
        [paid(6, date!(2027 - 03 - 05), 544_649, Purpose::Instalment)],
    );
    assert_eq!(offers(&all, date!(2027 - 03 - 05)), []);
}

#[test]
fn a_request_pauses_late_fees_for_thirty_days_at_most() {
    let asked_on = date!(2026 - 12 - 08);
    let pause = Event::new(
        3,
        asked_on,
        asked_on,
        HardshipRules::SANGGUP.pause(&[], asked_on).unwrap(),
    );
    let events = with(on_time(&e1(), 2), [pause]);
    let late_fee = |on| replay(&e1(), &events, on).unwrap().lines[2].late_fee.due.get();
    assert_eq!(late_fee(date!(2027 - 01 - 07)), 1_480);
    assert_eq!(late_fee(date!(2027 - 01 - 08)), 1_973);
}

#[test]
fn requests_share_the_days_without_late_fees() {
    let rules = HardshipRules::SANGGUP;
    let pause = |events: &[Event], on| match rules.pause(events, on) {
        Some(EventKind::LateFeesPaused { through, .. }) => through,
        None => None,
        other => panic!("{other:?}"),
    };
    let asked = date!(2026 - 11 - 10);
    assert_eq!(pause(&[], asked), Some(date!(2026 - 12 - 10)));
    let begun = |seq, on: Date, through| {
        let cause = PauseCause::HardshipRequest;
        let through = Some(through);
        Event::new(seq, on, on, EventKind::LateFeesPaused { cause, through })
    };
    let ended = |seq, on: Date| {
        let cause = PauseCause::HardshipRequest;
        Event::new(seq, on, on, EventKind::LateFeesResumed { cause })
    };
    let officer = Event::new(
        9,
        date!(2026 - 11 - 01),
        date!(2026 - 11 - 01),
        EventKind::LateFeesPaused {
            cause: PauseCause::Officer,
            through: None,
        },
    );
    // Ten days were used, and the officer's are not the borrower's.
    let events = vec![
        officer,
        begun(10, asked, date!(2026 - 12 - 10)),
        ended(11, date!(2026 - 11 - 20)),
    ];
    assert_eq!(pause(&events, date!(2026 - 11 - 20)), Some(date!(2026 - 12 - 10)));
    assert_eq!(pause(&events, date!(2026 - 11 - 30)), Some(date!(2026 - 12 - 20)));
    // Asked again at once, the other twenty ran out: nothing is left, however often somebody asks.
    let events = with(events, [begun(12, date!(2026 - 11 - 20), date!(2026 - 12 - 10))]);
    assert_eq!(pause(&events, date!(2026 - 12 - 05)), Some(date!(2026 - 12 - 10)));
    let events = with(events, [ended(13, date!(2027 - 01 - 04))]);
    assert_eq!(pause(&events, date!(2027 - 01 - 04)), None);
    // Half a year later there are new ones.
    assert_eq!(pause(&events, date!(2027 - 05 - 20)), Some(date!(2027 - 05 - 30)));
    assert_eq!(pause(&events, date!(2027 - 06 - 10)), Some(date!(2027 - 07 - 10)));
}
