//! The published vectors of the ways out, of interest on overdue principal and of write-off, as tables.

use time::Date;
use time::macros::date;

use super::vectors::{contract, e1, on_time, paid, parts, with};
use super::*;
use crate::loans::product::Method;
use crate::payments::ledger::{Account, Journal, JournalKind, books, journals_for};
use crate::rate::Rate;

fn decided(seq: i64, on: Date, kind: EventKind) -> Event {
    Event::new(seq, on, on, kind)
}

fn helped(seq: i64, on: Date, option: Hardship) -> Event {
    decided(seq, on, EventKind::Hardship { option })
}

/// (number, due, principal, interest) of the lines from `number` on.
fn lines(position: &Position, number: u32) -> Vec<(u32, Date, i64, i64)> {
    let lines = position.lines.iter().filter(|line| line.number >= number);
    lines
        .map(|line| {
            (
                line.number,
                line.due_on,
                line.principal.due.get(),
                line.interest.due.get(),
            )
        })
        .collect()
}

fn instalments(position: &Position, number: u32) -> Vec<i64> {
    lines(position, number).iter().map(|(_, _, p, i)| p + i).collect()
}

#[test]
fn e51_interest_goes_on_for_overdue_principal() {
    let terms = Terms::new(
        Method::Annuity,
        Rupiah::new(2_000_000),
        Rate::yearly(240_000),
        4,
        date!(2026 - 09 - 10),
    );
    let contract = Contract {
        overdue_interest: OverdueInterest::Recalculate,
        ..contract(terms)
    };
    let first = vec![paid(1, date!(2026 - 10 - 10), 525_248, Purpose::Instalment)];
    type Case<'a> = (&'a [Event], Date, [i64; 4], [i64; 4]);
    let table: [Case<'_>; 3] = [
        (
            &[],
            date!(2026 - 11 - 25),
            [485_248, 485_248, 494_953, 534_551],
            [40_000, 40_000, 30_295, 10_691],
        ),
        (
            &first,
            date!(2026 - 11 - 25),
            [485_248, 494_953, 499_902, 519_897],
            [40_000, 30_295, 25_346, 10_398],
        ),
        (
            &[],
            date!(2027 - 01 - 31),
            [485_248, 485_248, 485_248, 544_256],
            [40_000; 4],
        ),
    ];
    for (events, on, principal, interest) in table {
        let position = replay(&contract, events, on).unwrap();
        let got: Vec<_> = lines(&position, 1).iter().map(|(_, _, p, i)| (*p, *i)).collect();
        let expected: Vec<_> = principal.into_iter().zip(interest).collect();
        assert_eq!(got, expected, "{on}");
    }
}

#[test]
fn e52_the_date_moves_and_nothing_else() {
    let option = Hardship::MoveDate {
        instalment: 3,
        to: date!(2026 - 12 - 15),
    };
    let events = with(on_time(&e1(), 2), [helped(3, date!(2026 - 11 - 20), option)]);
    for (on, late_fee, days) in [
        (date!(2026 - 12 - 15), 0, 0),
        (date!(2026 - 12 - 16), 493, 1),
        (date!(2026 - 12 - 18), 1_480, 3),
    ] {
        let position = replay(&e1(), &events, on).unwrap();
        assert_eq!(
            (position.late_fees.get(), position.days_past_due),
            (late_fee, days),
            "{on}"
        );
        assert_eq!(
            lines(&position, 3),
            [
                (3, date!(2026 - 12 - 15), 493_426, 51_224),
                (4, date!(2027 - 01 - 05), 505_762, 38_888),
                (5, date!(2027 - 02 - 05), 518_406, 26_244),
                (6, date!(2027 - 03 - 05), 531_365, 13_284),
            ]
        );
    }
    // Between the two dates the next period runs already.
    let owed = payoff(&e1(), &events, date!(2026 - 12 - 10), PayoffMode::ToDate).unwrap();
    assert_eq!((owed.principal.get(), owed.interest.get()), (2_048_959, 51_224 + 6_272));
}

#[test]
fn e53_interest_only() {
    let events = with(
        on_time(&e1(), 2),
        [helped(3, date!(2026 - 11 - 20), Hardship::InterestOnly)],
    );
    let position = replay(&e1(), &events, date!(2026 - 11 - 20)).unwrap();
    assert_eq!(instalments(&position, 3), [51_224, 544_650, 544_650, 544_650, 544_649]);
    assert_eq!(lines(&position, 3)[0], (3, date!(2026 - 12 - 05), 0, 51_224));
    assert_eq!(position.lines[6].due_on, date!(2027 - 04 - 05));
    let benefit: i64 = position.lines.iter().map(|line| line.interest.due.get()).sum();
    assert_eq!(benefit, 319_123);
}

#[test]
fn e54_two_halves() {
    let second_on = date!(2026 - 12 - 20);
    let option = |instalment, second_on| Hardship::Split { instalment, second_on };
    let events = with(
        on_time(&e1(), 2),
        [helped(3, date!(2026 - 11 - 20), option(3, second_on))],
    );
    let position = replay(&e1(), &events, date!(2026 - 11 - 20)).unwrap();
    assert_eq!(instalments(&position, 3)[..2], [272_325, 272_325]);
    assert_eq!(
        lines(&position, 3)[..2],
        [(3, date!(2026 - 12 - 05), 221_101, 51_224), (3, second_on, 272_325, 0)]
    );
    let late = replay(&e1(), &events, date!(2026 - 12 - 08)).unwrap();
    assert_eq!((late.late_fees.get(), late.bill.unwrap().total.get()), (663, 272_988));
    let last = with(
        on_time(&e1(), 5),
        [helped(6, date!(2027 - 02 - 20), option(6, date!(2027 - 03 - 15)))],
    );
    let position = replay(&e1(), &last, date!(2027 - 02 - 20)).unwrap();
    assert_eq!(instalments(&position, 6), [272_325, 272_324]);
}

#[test]
fn e55_longer() {
    let events = with(
        on_time(&e1(), 2),
        [helped(3, date!(2026 - 11 - 20), Hardship::Longer { instalments: 6 })],
    );
    let position = replay(&e1(), &events, date!(2026 - 11 - 20)).unwrap();
    assert_eq!(
        instalments(&position, 3),
        [371_988, 371_988, 371_988, 371_988, 371_988, 371_991]
    );
    let interest: i64 = lines(&position, 3).iter().map(|(.., interest)| interest).sum();
    assert_eq!(interest, 182_972);
    assert_eq!(position.lines[7].due_on, date!(2027 - 05 - 05));
}

#[test]
fn a_way_out_after_default_moves_what_is_owed_and_starts_the_days_again() {
    let on = date!(2026 - 12 - 15);
    let events = with(on_time(&e1(), 2), [helped(3, on, Hardship::Longer { instalments: 6 })]);
    let (before, after) = (
        replay(&e1(), &events[..2], on).unwrap(),
        replay(&e1(), &events, on).unwrap(),
    );
    assert_eq!((before.days_past_due, after.days_past_due), (10, 0));
    assert_eq!(
        (after.outstanding_principal, after.late_fees, after.accrued_interest),
        (before.outstanding_principal, before.late_fees, before.accrued_interest)
    );
    // Interest and late fee of the missed instalment stand unchanged, due with the first new one.
    let missed = &after.lines[2];
    assert_eq!(
        (
            missed.due_on,
            missed.principal.open().get(),
            missed.interest.open().get(),
            missed.late_fee.open().get()
        ),
        (date!(2027 - 01 - 05), 0, 51_224, 4_934)
    );
    // Ten of 31 days on the scheduled balance, the rest on everything.
    assert_eq!(after.lines[3].interest.due.get(), 12_545 + 34_700);
    // The quality stays until three instalments were paid on time.
    let mut events = events;
    for (seq, number) in (4..).zip(4..7) {
        let now = replay(&e1(), &events, date!(2026 - 12 - 16)).unwrap();
        let line = now.lines.iter().find(|line| line.number == number).unwrap();
        let opening = replay(&e1(), &events, line.due_on).unwrap();
        assert_eq!(opening.quality_days, 10);
        events.push(paid(
            seq,
            line.due_on,
            opening.bill.unwrap().total.get(),
            Purpose::Instalment,
        ));
    }
    assert_eq!(replay(&e1(), &events, date!(2027 - 03 - 06)).unwrap().quality_days, 0);
    // The row of the nightly close is as quick: its formulas end where the quality does.
    let third = date!(2027 - 03 - 05);
    let (_, pace, _) = advance(&e1(), &events, third, third).unwrap();
    assert_eq!((pace.held_days, pace.quiet_to), (10, third));
    let (_, pace, _) = advance(&e1(), &events, third, date!(2027 - 03 - 06)).unwrap();
    assert_eq!(pace.held_days, 0);
}

#[test]
fn late_fees_stop_while_a_request_is_open_or_an_officer_says_so() {
    let pause = |cause, through| EventKind::LateFeesPaused { cause, through };
    let resume = |cause| EventKind::LateFeesResumed { cause };
    use PauseCause::{HardshipRequest, Officer};
    let table: [(Vec<Event>, i64); 4] = [
        (Vec::new(), 4_934),
        (
            vec![
                decided(3, date!(2026 - 12 - 08), pause(HardshipRequest, None)),
                decided(4, date!(2026 - 12 - 11), resume(HardshipRequest)),
            ],
            3_453,
        ),
        (
            vec![decided(
                3,
                date!(2026 - 12 - 08),
                pause(HardshipRequest, Some(date!(2026 - 12 - 11))),
            )],
            3_453,
        ),
        (
            vec![
                decided(3, date!(2026 - 12 - 08), pause(Officer, None)),
                decided(4, date!(2026 - 12 - 11), resume(HardshipRequest)),
            ],
            1_480,
        ),
    ];
    for (events, late_fee) in table {
        let events = with(on_time(&e1(), 2), events);
        let position = replay(&e1(), &events, date!(2026 - 12 - 15)).unwrap();
        assert_eq!(position.late_fees.get(), late_fee);
    }
}

/// (account, debit, credit) of every entry.
fn entries(journal: &Journal) -> Vec<(u16, i64, i64)> {
    let entry =
        |line: &crate::payments::ledger::JournalLine| (line.account.code(), line.debit.get(), line.credit.get());
    journal.lines.iter().map(entry).collect()
}

#[test]
fn e59_write_off_recovery_and_undo() {
    let (start, off_on) = (date!(2026 - 09 - 05), date!(2027 - 04 - 03));
    let none = Rupiah::ZERO;
    let mut events = vec![decided(1, off_on, EventKind::WrittenOff { provided: none })];
    let posted = journals_for(&e1(), &[], &events, off_on).unwrap();
    let loss = vec![
        (5010, 3_572_345, 0),
        (1100, 0, 3_000_000),
        (1110, 0, 267_899),
        (1130, 0, 304_446),
    ];
    assert_eq!((posted.len(), posted[0].kind), (1, JournalKind::WriteOff));
    assert_eq!(entries(&posted[0]), loss);
    let later = replay(&e1(), &events, date!(2027 - 06 - 03)).unwrap();
    assert_eq!(
        (later.late_fees.get(), later.payoff.total.get(), later.days_past_due),
        (304_446, 3_572_345, 241)
    );

    let undone = [decided(2, date!(2027 - 04 - 10), EventKind::WriteOffUndone)];
    let posted = journals_for(&e1(), &events, &undone, date!(2027 - 04 - 10)).unwrap();
    let swapped: Vec<_> = loss
        .iter()
        .map(|(account, debit, credit)| (*account, *credit, *debit))
        .collect();
    assert_eq!(entries(&posted[0]), swapped);

    let on = date!(2027 - 05 - 01);
    let recovery = [paid(2, on, 500_000, Purpose::Instalment)];
    let posted = journals_for(&e1(), &events, &recovery, on).unwrap();
    assert_eq!(posted[0].kind, JournalKind::Recovery);
    assert_eq!(entries(&posted[0]), [(1020, 500_000, 0), (4040, 0, 500_000)]);
    events.extend(recovery);
    let position = replay(&e1(), &events, on).unwrap();
    assert_eq!(
        (
            position.recovered.get(),
            position.payoff.total.get(),
            position.written_off_on
        ),
        (500_000, 3_072_345, Some(off_on))
    );
    // Undone after money came in: the receivables stand for what is still owed.
    events.push(decided(3, date!(2027 - 05 - 02), EventKind::WriteOffUndone));
    let position = replay(&e1(), &events, date!(2027 - 05 - 02)).unwrap();
    let books = books(&e1(), &events, start, date!(2027 - 05 - 02)).unwrap();
    let balance = crate::payments::ledger::trial_balance(&books);
    // J1 is the payout's own journal, so the principal stands without it here.
    assert_eq!(
        balance[&Account::Principal] + 3_000_000,
        position.outstanding_principal.get()
    );
    assert_eq!((balance[&Account::Recovery], balance[&Account::Loss]), (0, 0));

    let provided = [decided(
        1,
        off_on,
        EventKind::WrittenOff {
            provided: Rupiah::new(3_000_000),
        },
    )];
    let posted = journals_for(&e1(), &[], &provided, off_on).unwrap();
    assert_eq!(entries(&posted[0])[..2], [(5010, 572_345, 0), (1190, 3_000_000, 0)]);
}

#[test]
fn a_loan_that_is_written_off_is_not_charged() {
    let off_on = date!(2027 - 04 - 03);
    let off = |seq| decided(seq, off_on, EventKind::WrittenOff { provided: Rupiah::ZERO });
    let fee = EventKind::Fee {
        amount: Rupiah::new(1_000),
        due_on: date!(2027 - 04 - 05),
    };
    let table = [
        (vec![off(1), off(2)], ServicingError::WrittenOff(2)),
        (
            vec![off(1), decided(2, date!(2027 - 04 - 05), fee)],
            ServicingError::WrittenOff(2),
        ),
        (
            vec![decided(1, off_on, EventKind::WriteOffUndone)],
            ServicingError::NotWrittenOff(1),
        ),
        (
            vec![Event {
                recorded_on: date!(2027 - 04 - 05),
                ..off(1)
            }],
            ServicingError::EffectiveDate(1),
        ),
    ];
    for (events, error) in table {
        assert_eq!(replay(&e1(), &events, date!(2027 - 04 - 10)), Err(error));
    }
}

#[test]
fn a_waiver_gives_up_one_component_and_never_more_than_is_owed() {
    let on = date!(2026 - 12 - 08);
    let waiver = EventKind::Waiver {
        amount: Rupiah::new(9_000),
        component: product::Component::LateFee,
    };
    let events = with(on_time(&e1(), 2), [decided(3, on, waiver)]);
    let position = replay(&e1(), &events, on).unwrap();
    assert_eq!(parts(&position, 3), [(3, 'L', 1_480)]);
    assert_eq!((position.late_fees.get(), position.credit.get()), (0, 0));
    let posted = journals_for(&e1(), &events[..2], &events[2..], on).unwrap();
    assert_eq!(entries(posted.last().unwrap()), [(5020, 1_480, 0), (1130, 0, 1_480)]);
}

#[test]
fn credit_goes_back_to_the_borrower() {
    let last = date!(2027 - 03 - 05);
    let reference = || "r1".to_owned();
    let asked = |seq, amount| {
        let amount = Rupiah::new(amount);
        decided(
            seq,
            date!(2027 - 03 - 10),
            EventKind::RefundAsked {
                reference: reference(),
                amount,
            },
        )
    };
    let mut events = with(
        on_time(&e1(), 5),
        [paid(6, last, 600_000, Purpose::Instalment), asked(7, 55_351)],
    );
    let on = date!(2027 - 03 - 10);
    let posted = journals_for(&e1(), &events[..6], &events[6..], on).unwrap();
    assert_eq!(entries(&posted[0]), [(2100, 55_351, 0), (2140, 0, 55_351)]);
    let position = replay(&e1(), &events, on).unwrap();
    assert_eq!(
        (position.credit.get(), position.refunding.get(), position.overpaid),
        (0, 55_351, true)
    );

    for (kind, expected, closed) in [
        (
            EventKind::RefundPaid { reference: reference() },
            [(2140, 55_351, 0), (1010, 0, 55_351)],
            true,
        ),
        (
            EventKind::RefundFailed { reference: reference() },
            [(2140, 55_351, 0), (2100, 0, 55_351)],
            false,
        ),
    ] {
        let answer = [decided(8, date!(2027 - 03 - 11), kind)];
        let posted = journals_for(&e1(), &events, &answer, date!(2027 - 03 - 11)).unwrap();
        assert_eq!(entries(&posted[0]), expected);
        let position = replay(&e1(), &with(events.clone(), answer.clone()), date!(2027 - 03 - 11)).unwrap();
        assert_eq!((position.closed, position.overpaid), (closed, !closed));
        let twice = with(
            events.clone(),
            [
                answer[0].clone(),
                Event {
                    seq: 9,
                    ..answer[0].clone()
                },
            ],
        );
        assert_eq!(
            replay(&e1(), &twice, last + time::Duration::days(9)),
            Err(ServicingError::Refund(reference()))
        );
    }

    // It arrived and came back, and then stayed after all.
    let on_way = |seq, kind| decided(seq, date!(2027 - 03 - 11), kind);
    let back = with(
        events.clone(),
        [
            on_way(8, EventKind::RefundPaid { reference: reference() }),
            on_way(9, EventKind::RefundReturned { reference: reference() }),
        ],
    );
    let posted = journals_for(&e1(), &back[..8], &back[8..], date!(2027 - 03 - 11)).unwrap();
    assert_eq!(entries(&posted[0]), [(1010, 55_351, 0), (2100, 0, 55_351)]);
    let position = replay(&e1(), &back, date!(2027 - 03 - 11)).unwrap();
    assert_eq!(
        (position.credit.get(), position.refunded.get(), position.closed),
        (55_351, 0, false)
    );
    let twice = with(
        back.clone(),
        [on_way(10, EventKind::RefundReturned { reference: reference() })],
    );
    assert_eq!(
        replay(&e1(), &twice, date!(2027 - 03 - 11)),
        Err(ServicingError::Refund(reference()))
    );
    let again = with(
        back,
        [
            Event {
                seq: 10,
                effective_on: date!(2027 - 03 - 11),
                recorded_on: date!(2027 - 03 - 11),
                ..events[6].clone()
            },
            on_way(11, EventKind::RefundPaid { reference: reference() }),
        ],
    );
    let position = replay(&e1(), &again, date!(2027 - 03 - 11)).unwrap();
    assert_eq!(
        (position.credit.get(), position.refunded.get(), position.closed),
        (0, 55_351, true)
    );

    // The last payment is taken back after the refund: what was refunded is owed.
    events.push(decided(
        8,
        date!(2027 - 03 - 12),
        EventKind::Reversal { of: "p6".into() },
    ));
    let position = replay(&e1(), &events, date!(2027 - 03 - 12)).unwrap();
    assert_eq!(position.payoff.total.get(), 544_649 + 55_351);
    // So is what not even all that was paid covers, without interest and late fee.
    let too_much = with(on_time(&e1(), 1), [asked(2, 600_000)]);
    let position = replay(&e1(), &too_much, on).unwrap();
    assert_eq!((position.fees.get(), position.credit.get()), (600_000 - 544_650, 0));
    let posted = journals_for(&e1(), &too_much[..1], &too_much[1..], on).unwrap();
    let asked = posted
        .iter()
        .find(|journal| journal.kind == JournalKind::RefundAsked)
        .unwrap();
    assert!(asked.balanced() && entries(asked).contains(&(1120, 55_350, 0)));
}

#[test]
fn a_tranche_enters_the_books_on_its_day() {
    let mut terms = Terms::new(
        Method::Annuity,
        Rupiah::new(2_000_000),
        Rate::yearly(180_000),
        5,
        date!(2026 - 09 - 10),
    );
    terms.tranches = vec![(date!(2026 - 10 - 25), Rupiah::new(1_000_000))];
    let contract = contract(terms);
    let books = books(&contract, &[], date!(2026 - 09 - 10), date!(2026 - 10 - 25)).unwrap();
    let tranche = books
        .iter()
        .find(|journal| journal.kind == JournalKind::Payout)
        .unwrap();
    assert_eq!(tranche.effective_on, date!(2026 - 10 - 25));
    assert_eq!(entries(tranche), [(1100, 1_000_000, 0), (1010, 0, 1_000_000)]);
}

/// Money that came before all was lent waits as a credit; with the rest it pays a written-off loan.
#[test]
fn a_credit_goes_with_the_payment_of_what_is_written_off() {
    let mut contract = e1();
    let all_lent = date!(2026 - 09 - 12);
    contract.terms.tranches = vec![(all_lent, Rupiah::new(100_000))];
    let mut events = vec![
        paid(1, contract.terms.start, 6_400, Purpose::Instalment),
        decided(2, all_lent, EventKind::WrittenOff { provided: Rupiah::ZERO }),
    ];
    let before = replay(&contract, &events, all_lent).unwrap();
    assert_eq!(before.credit.get(), 6_400);
    events.push(paid(3, all_lent, before.payoff.total.get(), Purpose::Payoff));
    let after = replay(&contract, &events, all_lent).unwrap();
    assert_eq!(
        (after.credit, after.payoff.total, after.closed),
        (Rupiah::ZERO, Rupiah::ZERO, true)
    );
    let posted = journals_for(&contract, &events[..2], &events[2..], all_lent).unwrap();
    assert!(posted.iter().all(Journal::balanced));
}

#[test]
fn a_way_out_moves_no_lateness_that_was_there_and_is_remembered() {
    let to = date!(2026 - 12 - 19);
    let moved = |on| helped(3, on, Hardship::MoveDate { instalment: 3, to });
    // Ten days late when the date moves; nothing is past due on the final dates.
    let late = with(
        on_time(&e1(), 2),
        [moved(date!(2026 - 12 - 15)), paid(4, to, 544_650, Purpose::Instalment)],
    );
    let position = replay(&e1(), &late, to).unwrap();
    assert_eq!(
        (position.days_past_due, position.worst_days_past_due, position.helped),
        (0, 10, true)
    );
    // Moved in time and paid on the new date: never late, and helped all the same.
    let early = with(
        on_time(&e1(), 2),
        [moved(date!(2026 - 12 - 01)), paid(4, to, 544_650, Purpose::Instalment)],
    );
    let position = replay(&e1(), &early, to).unwrap();
    assert_eq!((position.worst_days_past_due, position.helped), (0, true));
    // Twelve days late and paid; the money sent in time after all takes the lateness with it.
    let plain = with(
        on_time(&e1(), 2),
        [paid(3, date!(2026 - 12 - 17), 544_650, Purpose::Instalment)],
    );
    let position = replay(&e1(), &plain, date!(2027 - 01 - 02)).unwrap();
    assert_eq!(
        (position.days_past_due, position.worst_days_past_due, position.helped),
        (0, 12, false)
    );
    let position = replay(&e1(), &on_time(&e1(), 6), date!(2027 - 06 - 01)).unwrap();
    assert_eq!((position.worst_days_past_due, position.closed), (0, true));
}
