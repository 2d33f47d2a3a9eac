//! The published journals: A17, E58, E59, the payout and suspense.

use time::macros::date;

use super::*;
use crate::loans::product::{Fee, FeeAmount, FeeWhen};
use crate::payments::servicing::vectors::{a17, e1, paid};
use crate::payments::servicing::{Purpose, replay};

/// Entries as (code, debit, credit), in order.
fn entries(journal: &Journal) -> Vec<(u16, i64, i64)> {
    assert!(journal.balanced(), "{journal:?}");
    journal
        .lines
        .iter()
        .map(|line| (line.account.code(), line.debit.get(), line.credit.get()))
        .collect()
}

fn first_two() -> Vec<Event> {
    vec![
        paid(1, date!(2026 - 10 - 05), 544_650, Purpose::Instalment),
        paid(2, date!(2026 - 11 - 04), 544_650, Purpose::Instalment),
    ]
}

fn on(journals: &[Journal], day: Date, kind: JournalKind) -> Vec<Vec<(u16, i64, i64)>> {
    journals
        .iter()
        .filter(|j| (j.effective_on, j.kind) == (day, kind))
        .map(entries)
        .collect()
}

#[test]
fn a17_journals() {
    let (contract, events) = a17();
    let day = date!(2026 - 02 - 10);
    let journals = journals_for(&contract, &events[..1], &events[1..], day).unwrap();
    assert_eq!(entries(&journals[0]), [(1020, 100, 0), (1130, 0, 10), (1120, 0, 90)]);
    assert_eq!(
        entries(&journals[1]),
        [
            (5020, 13, 0),
            (5020, 10, 0),
            (5020, 277, 0),
            (1120, 0, 13),
            (1110, 0, 10),
            (1100, 0, 277)
        ]
    );
    assert_eq!(journals.len(), 2);
}

#[test]
fn e58_the_life_so_far() {
    let start = date!(2026 - 09 - 05);
    let paid_out = payout(&e1(), "x", Rupiah::ZERO).unwrap();
    assert_eq!(paid_out.len(), 1);
    assert_eq!(entries(&paid_out[0]), [(1100, 3_000_000, 0), (1010, 0, 3_000_000)]);

    let mut events = first_two();
    events.push(paid(3, date!(2026 - 12 - 08), 546_130, Purpose::Instalment));
    let books = books(&e1(), &events, start, date!(2026 - 12 - 08)).unwrap();
    let interest = |on_day, debits: &[(u16, i64)]| {
        let total: i64 = debits.iter().map(|(_, amount)| amount).sum();
        let mut expected: Vec<_> = debits.iter().map(|(code, amount)| (*code, *amount, 0)).collect();
        expected.push((4010, 0, total));
        assert_eq!(on(&books, on_day, JournalKind::Interest), [expected], "{on_day}");
    };
    let september = books
        .iter()
        .filter(|j| j.kind == JournalKind::Interest && j.effective_on <= date!(2026 - 10 - 05));
    assert_eq!(september.clone().count(), 30);
    assert!(
        september
            .clone()
            .all(|j| entries(j) == [(1110, 2_500, 0), (4010, 0, 2_500)])
    );
    interest(date!(2026 - 10 - 06), &[(1110, 2_041)]);
    interest(date!(2026 - 10 - 07), &[(1110, 2_040)]);
    interest(date!(2026 - 10 - 08), &[(1110, 2_041)]);
    interest(date!(2026 - 11 - 05), &[(2110, 2_041)]);
    interest(date!(2026 - 12 - 06), &[(1110, 1_254)]);
    interest(date!(2026 - 12 - 07), &[(1110, 1_255)]);
    interest(date!(2026 - 12 - 08), &[(1110, 1_254)]);
    let payment = |on_day| on(&books, on_day, JournalKind::Payment);
    assert_eq!(
        payment(date!(2026 - 10 - 05)),
        [[(1020, 544_650, 0), (1110, 0, 75_000), (1100, 0, 469_650)]]
    );
    assert_eq!(
        payment(date!(2026 - 11 - 04)),
        [[
            (1020, 544_650, 0),
            (1110, 0, 61_218),
            (2110, 0, 2_041),
            (1100, 0, 481_391)
        ]]
    );
    assert_eq!(
        payment(date!(2026 - 12 - 08)),
        [[
            (1020, 546_130, 0),
            (1110, 0, 51_224),
            (1100, 0, 493_426),
            (1130, 0, 1_480)
        ]]
    );
    for (on_day, fee) in [
        (date!(2026 - 12 - 06), 493),
        (date!(2026 - 12 - 07), 493),
        (date!(2026 - 12 - 08), 494),
    ] {
        assert_eq!(
            on(&books, on_day, JournalKind::LateFee),
            [[(1130, fee, 0), (4030, 0, fee)]]
        );
    }
}

#[test]
fn e58_the_payment_was_made_on_time_after_all() {
    let mut before = first_two();
    before.push(paid(3, date!(2026 - 12 - 08), 546_130, Purpose::Instalment));
    let today = date!(2026 - 12 - 10);
    let new = [
        Event::new(4, today, today, EventKind::Reversal { of: "p3".into() }),
        Event {
            recorded_on: today,
            ..paid(5, date!(2026 - 12 - 05), 546_130, Purpose::Instalment)
        },
    ];
    let journals = journals_for(&e1(), &before, &new, date!(2026 - 12 - 08)).unwrap();
    let told: Vec<_> = journals.iter().map(|j| (j.kind, j.effective_on, entries(j))).collect();
    let dec = |day| Date::from_calendar_date(2026, time::Month::December, day).unwrap();
    use JournalKind::{Correction, Interest, LateFeeUndone, Payment, PaymentReversed};
    let expected = vec![
        (
            PaymentReversed,
            dec(8),
            vec![
                (1020, 0, 546_130),
                (1110, 51_224, 0),
                (1100, 493_426, 0),
                (1130, 1_480, 0),
            ],
        ),
        (LateFeeUndone, dec(8), vec![(1130, 0, 494), (4030, 494, 0)]),
        (LateFeeUndone, dec(7), vec![(1130, 0, 493), (4030, 493, 0)]),
        (Correction, dec(7), vec![(1110, 0, 1_255), (4010, 1_255, 0)]),
        (LateFeeUndone, dec(6), vec![(1130, 0, 493), (4030, 493, 0)]),
        (Correction, dec(6), vec![(1110, 0, 1_254), (4010, 1_254, 0)]),
        (
            Payment,
            dec(5),
            vec![
                (1020, 546_130, 0),
                (1110, 0, 51_224),
                (1100, 0, 493_426),
                (2110, 0, 1_480),
            ],
        ),
        (Interest, dec(6), vec![(2110, 1_254, 0), (4010, 0, 1_254)]),
        (
            Interest,
            dec(7),
            vec![(2110, 226, 0), (1110, 1_029, 0), (4010, 0, 1_255)],
        ),
    ];
    assert_eq!(told, expected);
    let again = journals_for(&e1(), &before, &new, date!(2026 - 12 - 08)).unwrap();
    assert_eq!(again, journals);
}

#[test]
fn e59_what_a_write_off_finds() {
    let position = replay(&e1(), &[], date!(2027 - 04 - 03)).unwrap();
    let books = books(&e1(), &[], date!(2026 - 09 - 05), date!(2027 - 04 - 03)).unwrap();
    let balance = |account| trial_balance(&books)[&account];
    assert_eq!(position.days_past_due, 180);
    assert_eq!(
        (balance(Account::Interest), balance(Account::LateFee)),
        (267_899, 304_446)
    );
    assert_eq!(position.payoff.total.get(), 3_572_345);
}

#[test]
fn payout_and_suspense() {
    let day = date!(2026 - 09 - 05);
    let mut contract = e1();
    let fee = |amount, when, deducted| Fee {
        what: "Biaya".into(),
        amount: FeeAmount::Fixed(Rupiah::new(amount)),
        when,
        deducted,
    };
    contract.terms.fees = vec![
        fee(20_000, FeeWhen::UpFront, true),
        fee(1_000, FeeWhen::EachInstalment, false),
    ];
    let journals = payout(&contract, "x", Rupiah::new(10_000)).unwrap();
    assert_eq!(
        entries(&journals[0]),
        [
            (1100, 3_000_000, 0),
            (1010, 0, 2_970_000),
            (4020, 0, 20_000),
            (2130, 0, 10_000)
        ]
    );
    assert_eq!(journals.len(), 7);
    assert!(
        journals[1..]
            .iter()
            .all(|journal| entries(journal) == [(1120, 1_000, 0), (4020, 0, 1_000)])
    );
    let back = payout_reversed(&journals);
    assert_eq!(
        (back[6].kind, back[6].reversal, &back[6].slot),
        (JournalKind::PayoutReversed, true, &journals[0].slot)
    );
    assert!(
        trial_balance(journals.iter().chain(&back))
            .values()
            .all(|balance| *balance == 0)
    );
    let (unknown, cleared) = (
        suspense("m", day, Rupiah::new(5)),
        suspense_cleared("m", day, Rupiah::new(5)),
    );
    assert_eq!(
        (entries(&unknown), entries(&cleared)),
        (vec![(1020, 5, 0), (2120, 0, 5)], vec![(2120, 5, 0), (1020, 0, 5)])
    );
    let returned = suspense_returned("m", day, Rupiah::new(5));
    assert_eq!(entries(&returned), [(2120, 5, 0), (1000, 0, 5)]);
    assert_eq!(returned.key, cleared.key);
}

#[test]
fn the_nightly_close_posts_days_and_not_events() {
    let (after, to) = (date!(2026 - 11 - 03), date!(2026 - 11 - 06));
    let journals = accruals(&e1(), &first_two(), after, to).unwrap();
    let told: Vec<_> = journals.iter().map(|j| (j.kind, j.effective_on.day())).collect();
    assert_eq!(told, [4, 5, 6].map(|day| (JournalKind::Interest, day)));
    assert!(
        journals
            .iter()
            .all(|journal| journal.key == journal.slot && !journal.reversal)
    );
}

#[test]
fn accounts_are_told_by_code() {
    assert_eq!(serde_json::to_string(&Account::UnearnedInterest).unwrap(), "\"2110\"");
    for account in Account::ALL {
        assert_eq!(Account::try_from(account.code()).unwrap(), *account);
        let text = serde_json::to_string(account).unwrap();
        assert_eq!(serde_json::from_str::<Account>(&text).unwrap(), *account);
    }
    assert!(Account::try_from(9999).is_err());
    assert_eq!(
        (Account::Allowance.side(), Account::Loss.side()),
        (Side::Credit, Side::Debit)
    );
}
