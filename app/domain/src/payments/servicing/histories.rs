//! Random histories on random terms: what must hold whatever happens, in whatever order it is told.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use time::Duration;
use time::macros::date;

use super::generate::{History, history};
use super::vectors::contract;
use super::*;
use crate::loans::product::{Component, LateFeeMethod, Method};
use crate::payments::ledger::{self, Account, Journal};
use crate::rate::Rate;

fn parts(line: &LinePosition) -> [Amounts; 4] {
    [line.interest, line.principal, line.fee, line.late_fee]
}

/// Money that came in and stands: payments that were not taken back, goodwill, and what a waiver gave.
fn received(history: &History, position: &Position) -> i64 {
    let day = position.as_of;
    let given = |seq: i64| {
        let applied = position.applied.iter().filter(|applied| applied.seq == Some(seq));
        applied
            .flat_map(|applied| &applied.allocations)
            .map(|part| part.amount.get())
            .sum::<i64>()
    };
    let reversed = |reference: &str| {
        history
            .events
            .iter()
            .any(|e| matches!(&e.kind, EventKind::Reversal { of } if of == reference))
    };
    let amount = |event: &Event| match &event.kind {
        EventKind::Payment { reference, amount, .. } if !reversed(reference) => amount.get(),
        EventKind::Goodwill { amount } => amount.get(),
        EventKind::Waiver { .. } => given(event.seq),
        _ => 0,
    };
    history
        .events
        .iter()
        .filter(|event| event.effective_on <= day)
        .map(amount)
        .sum()
}

/// Invariants 10, 11, 18, 19 and the sums of a position.
fn check_position(history: &History, position: &Position) {
    let day = position.as_of;
    let allocated = position
        .applied
        .iter()
        .flat_map(|applied| &applied.allocations)
        .map(|part| part.amount.get());
    assert_eq!(
        allocated.sum::<i64>() + position.credit.get() + position.refunding.get() + position.refunded.get(),
        received(history, position),
        "every rupiah"
    );
    let credit = position
        .applied
        .iter()
        .map(|applied| applied.to_credit.get())
        .sum::<i64>();
    assert_eq!(credit, position.credit.get());
    assert!(!position.credit.is_negative());
    for line in &position.lines {
        for amounts in parts(line) {
            assert!(!amounts.paid.is_negative() && amounts.paid <= amounts.due, "{line:?}");
        }
    }
    let open = |part: fn(&LinePosition) -> Amounts| position.lines.iter().map(|l| part(l).open().get()).sum::<i64>();
    let tranches = &history.contract.terms.tranches;
    let lent = |later: bool| -> i64 {
        let tranches = tranches.iter().filter(|(on, _)| !later || *on > day);
        tranches.map(|(_, amount)| amount.get()).sum()
    };
    assert_eq!(
        position.outstanding_principal.get(),
        open(|line| line.principal) - lent(true)
    );
    assert_eq!(position.outstanding_interest.get(), open(|line| line.interest));
    assert_eq!(
        (position.fees.get(), position.late_fees.get()),
        (open(|line| line.fee), open(|line| line.late_fee))
    );
    let prepaid = position.applied.iter().flat_map(|applied| &applied.allocations);
    let prepaid: i64 = prepaid
        .filter(|part| part.instalment.is_none() && part.component == Component::Principal)
        .map(|part| part.amount.get())
        .sum();
    let scheduled: i64 = position.lines.iter().map(|line| line.principal.due.get()).sum();
    assert_eq!(
        scheduled + prepaid,
        history.contract.terms.principal.get() + lent(false)
    );
    assert!(position.lines.last().unwrap().balance.is_zero());
    let late = |l: &LinePosition| {
        l.due_on < day && l.instalment() > Rupiah::new(l.principal.paid.get() + l.interest.paid.get())
    };
    let oldest = position
        .lines
        .iter()
        .filter(|line| late(line))
        .map(|line| (day - line.due_on).whole_days())
        .max();
    assert_eq!(i64::from(position.days_past_due), oldest.unwrap_or(0));
    let owed: i64 = position.lines.iter().map(|line| line.open().get()).sum();
    let held = position.credit.get() + position.refunding.get();
    assert_eq!(position.closed, owed == 0 && held == 0);
    assert_eq!(position.overpaid, owed == 0 && held > 0);
    assert_eq!(position.bill.is_none(), owed == 0);
    assert!(position.quality_days >= position.days_past_due);
    check_lines(position);
}

/// What each instalment was paid is what the events say they paid; due dates never go back; nothing is late
/// before it is due.
fn check_lines(position: &Position) {
    let mut told: BTreeMap<(u32, usize), i64> = BTreeMap::new();
    for part in position.applied.iter().flat_map(|applied| &applied.allocations) {
        let Some(number) = part.instalment else { continue };
        *told.entry((number, part.component as usize)).or_default() += part.amount.get();
    }
    for line in &position.lines {
        for (component, amounts) in parts(line).iter().enumerate() {
            *told.entry((line.number, component)).or_default() -= amounts.paid.get();
        }
    }
    assert!(told.values().all(|left| *left == 0), "{told:?}");
    for pair in position.lines.windows(2) {
        assert!(
            pair[0].due_on <= pair[1].due_on && pair[0].number <= pair[1].number,
            "{pair:?}"
        );
    }
}

/// Invariant 9, and payoff as the sum of its parts.
fn check_payoff(history: &History, position: &Position) {
    let quote = position.payoff;
    let whole = payoff(
        &history.contract,
        &history.events,
        position.as_of,
        PayoffMode::ToPeriodEnd,
    )
    .unwrap();
    assert!(quote.interest <= whole.interest && whole.interest <= position.outstanding_interest);
    assert!(!quote.interest_saved.is_negative());
    assert_eq!(
        quote.interest.get() + quote.interest_saved.get(),
        position.outstanding_interest.get()
    );
    let sum = quote.principal.get() + quote.interest.get() + quote.fees.get() + quote.late_fees.get();
    assert_eq!(quote.total.get(), sum - position.credit.get());
    // What is accrued and not paid, less what is paid ahead, is the interest a payoff asks for.
    assert_eq!(
        quote.interest.get(),
        position.accrued_interest.get() - position.unearned_interest.get()
    );
    if quote.total.is_positive() {
        let pay = EventKind::Payment {
            reference: "all".into(),
            amount: quote.total,
            purpose: Purpose::Payoff,
        };
        let after = simulate(
            &history.contract,
            &history.events,
            &[pay],
            position.as_of,
            position.as_of,
        )
        .unwrap();
        let lent = history
            .contract
            .terms
            .tranches
            .iter()
            .all(|(on, _)| *on <= position.as_of);
        assert!(!lent || after.closed || after.refunding.is_positive(), "{after:?}");
    }
}

/// The control accounts of a loan against its position (invariants 11 and 21).
fn check_books(balances: &BTreeMap<Account, i64>, position: &Position) {
    let balance = |account| balances.get(&account).copied().unwrap_or(0);
    assert_eq!(-balance(Account::Refunds), position.refunding.get());
    assert_eq!(-balance(Account::Recovery), position.recovered.get());
    if position.written_off_on.is_some() {
        let receivables = [Account::Principal, Account::Interest, Account::Fee, Account::LateFee];
        assert!(receivables.iter().all(|account| balance(*account) == 0), "{balances:?}");
        assert_eq!(-balance(Account::BorrowerCredit), position.credit.get());
        assert_eq!(balances.values().sum::<i64>(), 0);
        return;
    }
    assert_eq!((balance(Account::Loss), balance(Account::Allowance)), (0, 0));
    let pairs = [
        (balance(Account::Principal), position.outstanding_principal),
        (balance(Account::Interest), position.accrued_interest),
        (-balance(Account::UnearnedInterest), position.unearned_interest),
        (balance(Account::Fee), position.fees),
        (balance(Account::LateFee), position.late_fees),
        (-balance(Account::BorrowerCredit), position.credit),
    ];
    for (index, (books, position)) in pairs.into_iter().enumerate() {
        assert_eq!(books, position.get(), "control account {index}");
        assert!(books >= 0);
    }
    assert_eq!(balances.values().sum::<i64>(), 0);
}

/// A ledger that stores as a service does: unique keys, one journal a slot, exact opposites.
#[derive(Default)]
struct Store {
    keys: BTreeSet<String>,
    standing: BTreeMap<String, Journal>,
    all: Vec<Journal>,
}

impl Store {
    fn post(&mut self, journals: Vec<Journal>) {
        for journal in journals {
            assert!(journal.balanced(), "{journal:?}");
            assert!(self.keys.insert(journal.key.clone()), "posted twice: {}", journal.key);
            if journal.reversal {
                let stood = self
                    .standing
                    .remove(&journal.slot)
                    .expect("a reversal takes back what stands");
                assert!(
                    ledger::trial_balance([&stood, &journal])
                        .values()
                        .all(|balance| *balance == 0)
                );
                assert_eq!(stood.effective_on, journal.effective_on);
            } else {
                assert!(
                    self.standing.insert(journal.slot.clone(), journal.clone()).is_none(),
                    "{}",
                    journal.slot
                );
            }
            self.all.push(journal);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_position_adds_up_on_every_day(history in history()) {
        for day in history.days() {
            let position = history.at(day);
            check_position(&history, &position);
            check_payoff(&history, &position);
        }
    }

    #[test]
    fn the_order_of_arrival_does_not_matter(history in history(), turn in 0..20_usize) {
        let last = *history.days().last().unwrap();
        let mut events = history.events.clone();
        events.reverse();
        let len = events.len().max(1);
        events.rotate_left(turn % len);
        prop_assert_eq!(replay(&history.contract, &events, last).unwrap(), history.at(last));
    }

    #[test]
    fn a_payment_recorded_late_counts_as_on_time(history in history(), pick in 0..20_usize) {
        let mut history = history.without_reversals();
        let before = history.at(*history.days().last().unwrap());
        let alone = |event: &Event| history.events.iter().filter(|e| e.effective_on == event.effective_on).count() == 1;
        let payments = history.events.iter().filter(|e| matches!(e.kind, EventKind::Payment { .. }) && alone(e));
        let seqs: Vec<_> = payments.map(|event| event.seq).collect();
        if let Some(seq) = seqs.get(pick % seqs.len().max(1)).copied() {
            let event = history.events.iter_mut().find(|event| event.seq == seq).unwrap();
            event.seq = 1_000;
            event.recorded_on += Duration::days(300);
            let mut after = history.at(before.as_of);
            after.applied.iter_mut().filter(|a| a.seq == Some(1_000)).for_each(|a| a.seq = Some(seq));
            prop_assert_eq!(after, before);
        }
    }

    #[test]
    fn a_payment_taken_back_and_made_again_pays_the_same(history in history(), pick in 0..20_usize) {
        let history = history.without_reversals();
        let last = *history.days().last().unwrap();
        let alone = |event: &Event| history.events.iter().filter(|e| e.effective_on == event.effective_on).count() == 1;
        let payments: Vec<_> = history.events.iter().filter(|e| matches!(e.kind, EventKind::Payment { .. }) && alone(e)).collect();
        if let Some(payment) = payments.get(pick % payments.len().max(1)) {
            let EventKind::Payment { reference, amount, purpose } = payment.kind.clone() else { unreachable!() };
            let again = EventKind::Payment { reference: "again".into(), amount, purpose };
            let mut events = history.events.clone();
            events.push(Event::new(1_000, last, last, EventKind::Reversal { of: reference }));
            events.push(Event::new(1_001, payment.effective_on, last, again));
            let applied = |position: &Position, seq| position.applied.iter().find(|a| a.seq == Some(seq)).cloned().unwrap();
            let (before, after) = (history.at(last), replay(&history.contract, &events, last).unwrap());
            let (before, after) = (applied(&before, payment.seq), applied(&after, 1_001));
            prop_assert_eq!((before.allocations, before.to_credit), (after.allocations, after.to_credit));
        }
    }

    #[test]
    fn day_by_day_is_the_same_as_in_one_step(history in history()) {
        for day in history.days() {
            let mut engine = Engine::new(&history.contract, &history.events).unwrap();
            engine.record_from(history.contract.terms.start);
            engine.run_to(day).unwrap();
            prop_assert_eq!(engine.position(PayoffMode::ToDate).unwrap(), history.at(day));
        }
    }

    #[test]
    fn what_is_due_is_paid_before_what_is_not(history in history()) {
        let history = history.without_reversals();
        let mut order: Vec<_> = history.events.iter().collect();
        order.sort_by_key(|event| (event.effective_on, event.seq));
        for count in 1..=order.len() {
            let so_far: Vec<_> = order[..count].iter().map(|event| (*event).clone()).collect();
            let event = order[count - 1];
            let position = replay(&history.contract, &so_far, event.effective_on).unwrap();
            let Some(applied) = position.applied.iter().rfind(|a| a.seq == Some(event.seq)) else { continue };
            if !matches!(event.kind, EventKind::Payment { .. } | EventKind::Goodwill { .. }) {
                continue;
            }
            let added = applied.allocations.iter().filter(|part| part.amount.is_positive());
            for number in added.map(|part| part.instalment.unwrap_or(u32::MAX)) {
                let earlier = |line: &&LinePosition| line.due_on <= position.as_of && line.number < number;
                prop_assert!(position.lines.iter().filter(earlier).all(|line| line.open().is_zero()));
            }
            let lent = history.contract.terms.tranches.iter().all(|(on, _)| *on <= position.as_of);
            if lent && applied.to_credit.is_positive() {
                prop_assert!(position.lines.iter().all(|line| line.open().is_zero()));
            }
        }
    }

    #[test]
    fn the_books_follow_the_position(history in history(), nights in any::<u16>()) {
        let contract = &history.contract;
        let mut store = Store::default();
        let terms = &contract.terms;
        store.post(ledger::payout(contract, "x", Rupiah::ZERO).unwrap());
        let mut advanced_to = terms.start;
        for (index, event) in history.events.iter().enumerate() {
            let before = &history.events[..index];
            if nights >> (index % 16) & 1 == 1 && event.recorded_on > advanced_to {
                store.post(ledger::accruals(contract, before, advanced_to, event.recorded_on).unwrap());
                advanced_to = event.recorded_on;
            }
            let new = std::slice::from_ref(event);
            // What is foretold is what happens (invariant 15).
            let ahead = advanced_to.max(event.effective_on);
            let foretold = (event.effective_on == event.recorded_on)
                .then(|| simulate(contract, before, std::slice::from_ref(&event.kind), event.effective_on, ahead).unwrap());
            store.post(ledger::journals_for(contract, before, new, advanced_to).unwrap());
            advanced_to = ledger::advanced_after(new, advanced_to);
            let position = replay(contract, &history.events[..=index], advanced_to).unwrap();
            check_books(&ledger::trial_balance(&store.all), &position);
            check_position(&History { events: history.events[..=index].to_vec(), ..history.clone() }, &position);
            if let Some(foretold) = foretold.filter(|foretold| foretold.as_of == advanced_to) {
                check_books(&ledger::trial_balance(&store.all), &foretold);
                prop_assert_eq!(foretold, position);
            }
        }
        let last = *history.days().last().unwrap();
        store.post(ledger::accruals(contract, &history.events, advanced_to, last.max(advanced_to)).unwrap());
        let position = history.at(last.max(advanced_to));
        check_books(&ledger::trial_balance(&store.all), &position);
        // Rebuilt from the events the books are the same, and the days of a period sum to its interest.
        let rebuilt = ledger::books(contract, &history.events, terms.start, position.as_of).unwrap();
        let mut stood: Vec<_> = store.standing.into_values().filter(|j| !j.slot.starts_with("payout:")).collect();
        let mut right = rebuilt.clone();
        for journal in stood.iter_mut().chain(&mut right) {
            journal.key.clear();
        }
        let by_slot = |journal: &Journal| journal.slot.clone();
        stood.sort_by_key(by_slot);
        right.sort_by_key(by_slot);
        prop_assert_eq!(stood, right);
        let income = |number: u32| -> i64 {
            let lines = rebuilt.iter().flat_map(|journal| &journal.lines);
            let lines = lines.filter(|l| l.account == Account::InterestIncome && l.instalment == Some(number));
            lines.map(|line| line.credit.get()).sum()
        };
        for line in &position.lines {
            let parts = || position.lines.iter().filter(|part| part.number == line.number);
            if parts().all(|part| part.due_on <= position.as_of) {
                prop_assert_eq!(income(line.number), parts().map(|part| part.interest.due.get()).sum::<i64>());
            }
        }
    }

    /// Money that went back stays gone: whatever is taken back or comes to light later, the loan is replayed and the
    /// books follow.
    #[test]
    fn a_refund_stands_whatever_comes_later(
        history in history(), more in 1..2_000_000_i64, answer in 0..4_usize, turn in 0..20_usize, fee in 0..3_i64,
    ) {
        let contract = &history.contract;
        let last = *history.days().last().unwrap();
        let mut events = history.events.clone();
        let next = |events: &[Event]| events.iter().map(|event| event.seq).max().unwrap_or(0) + 1;
        let push = |events: &mut Vec<Event>, on: Date, kind| {
            let event = Event::new(next(events), on, last, kind);
            events.push(event);
        };
        let owed = history.at(last).payoff.total.get().max(0);
        let paid = EventKind::Payment { reference: "last".into(), amount: Rupiah::new(owed + more), purpose: Purpose::Payoff };
        push(&mut events, last, paid);
        let credit = replay(contract, &events, last).unwrap().credit;
        if credit.is_positive() && credit <= Rupiah::MAX_INPUT {
            let reference = || "back".to_owned();
            push(&mut events, last, EventKind::RefundAsked { reference: reference(), amount: credit });
            match answer {
                0 => push(&mut events, last, EventKind::RefundPaid { reference: reference() }),
                1 => push(&mut events, last, EventKind::RefundFailed { reference: reference() }),
                2 => {
                    push(&mut events, last, EventKind::RefundPaid { reference: reference() });
                    push(&mut events, last, EventKind::RefundReturned { reference: reference() });
                }
                _ => {}
            }
        }
        // On a day on which the loan was off the books no fee can have been charged.
        let written_off = |event: &Event| matches!(event.kind, EventKind::WrittenOff { .. });
        if fee > 0 && !history.events.iter().any(written_off) {
            let (amount, due_on) = (Rupiah::new(fee * 70_000), contract.terms.start);
            push(&mut events, due_on, EventKind::Fee { amount, due_on });
        }
        let mut store = Store::default();
        store.post(ledger::payout(contract, "x", Rupiah::ZERO).unwrap());
        store.post(ledger::journals_for(contract, &[], &events, contract.terms.start).unwrap());
        let advanced_to = ledger::advanced_after(&events, contract.terms.start);
        store.post(ledger::accruals(contract, &events, advanced_to, last.max(advanced_to)).unwrap());
        let reversed: Vec<_> = events.iter().filter_map(|event| super::history::reversed_by(event).map(str::to_owned)).collect();
        let stands = events.iter().filter_map(|event| super::history::reference(event).map(str::to_owned));
        let mut stands: Vec<_> = stands.filter(|reference| !reversed.contains(reference)).collect();
        let len = stands.len();
        stands.rotate_left(turn % len);
        for of in stands {
            let before = events.clone();
            push(&mut events, last, EventKind::Reversal { of });
            let gone = replay(contract, &events, last);
            let position = gone.unwrap();
            check_position(&History { events: events.clone(), ..history.clone() }, &position);
            store.post(ledger::journals_for(contract, &before, &events[before.len()..], last).unwrap());
            check_books(&ledger::trial_balance(&store.all), &position);
        }
    }

    #[test]
    fn the_total_cap_holds(history in history()) {
        // A charge or a longer schedule is tested against the cap before it is recorded; what was refunded and is owed
        // again stands as a fee, and is no cost.
        let without = |event: &&Event| !matches!(
            event.kind,
            EventKind::Fee { .. }
                | EventKind::Hardship { .. }
                | EventKind::RefundAsked { .. }
                | EventKind::RefundPaid { .. }
                | EventKind::RefundFailed { .. }
                | EventKind::RefundReturned { .. }
        );
        let events: Vec<_> = history.events.iter().filter(without).cloned().collect();
        let history = History { events, ..history };
        let position = history.at(*history.days().last().unwrap());
        let sum = |part: fn(&LinePosition) -> Amounts| position.lines.iter().map(|l| part(l).due.get()).sum::<i64>();
        let (benefit, late_fees) = (sum(|line| line.interest) + sum(|line| line.fee), sum(|line| line.late_fee));
        prop_assert!(late_fees == 0 || benefit + late_fees <= history.contract.terms.total_principal().unwrap().get());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Invariant 8, against the plainest computation: every day from its own opening.
    #[test]
    fn a_late_fee_is_the_floor_of_overdue_principal(history in history()) {
        let plain = |event: &&Event| !matches!(
            event.kind,
            EventKind::Reversal { .. }
                | EventKind::ClaimOpened { .. }
                | EventKind::LateFeesPaused { .. }
                | EventKind::WrittenOff { .. }
                | EventKind::WriteOffUndone
                | EventKind::Hardship { option: Hardship::Split { .. } }
        );
        let events: Vec<_> = history.events.iter().filter(plain).cloned().collect();
        let mut history = History { events, ..history };
        history.contract.late_fee = LateFee { method: LateFeeMethod::Daily, ppm: 777, grace_days: history.contract.late_fee.grace_days };
        history.contract.total_cap_percent = 1_000_000;
        let last = *history.days().last().unwrap();
        let mut exact: BTreeMap<u32, i64> = BTreeMap::new();
        let mut day = history.contract.terms.start;
        while day < last {
            day += Duration::DAY;
            let earlier = history.events.iter().filter(|event| event.effective_on < day);
            let earlier: Vec<_> = earlier.cloned().collect();
            let opening = replay(&history.contract, &earlier, day).unwrap();
            for line in &opening.lines {
                if day > line.due_on + Duration::days(i64::from(history.contract.late_fee.grace_days)) {
                    *exact.entry(line.number).or_default() += line.principal.open().get() * 777;
                }
            }
        }
        for line in history.at(last).lines {
            prop_assert_eq!(line.late_fee.due.get(), exact.get(&line.number).map_or(0, |sum| sum / 1_000_000));
        }
    }
}

proptest! {
    /// Invariant 17.
    #[test]
    fn prepaying_on_a_due_date_saves_interest(
        principal in 500_000..20_000_000_i64,
        ppm in 1_000..50_000_i64,
        count in 2..24_u32,
        paid in 0..23_usize,
        percent in 1..100_i64,
    ) {
        let start = date!(2026 - 09 - 05);
        let contract = contract(Terms::new(Method::Annuity, Rupiah::new(principal), Rate::monthly(ppm), count, start));
        let paid = paid.min(count as usize - 2);
        let lines = replay(&contract, &[], start).unwrap().lines;
        let events: Vec<_> = lines[..=paid].iter().zip(1..).map(|(line, seq)| {
            super::vectors::paid(seq, line.due_on, line.open().get(), Purpose::Instalment)
        }).collect();
        let on = lines[paid].due_on;
        let before = replay(&contract, &events, on).unwrap();
        let amount = Rupiah::new((before.outstanding_principal.get() * percent / 100).max(1));
        let left = |mode| {
            let purpose = Purpose::Amount { mode: Some(mode) };
            let kind = EventKind::Payment { reference: "x".into(), amount, purpose };
            simulate(&contract, &events, &[kind], on, on).unwrap().outstanding_interest.get()
        };
        let [term, instalment, next] = [PrepayMode::Term, PrepayMode::Instalment, PrepayMode::Next].map(left);
        let slack = i64::from(count);
        for interest in [term, instalment, next] {
            prop_assert!(interest <= before.outstanding_interest.get() + slack);
            prop_assert!(term <= interest + slack, "{term} {instalment} {next}");
        }
    }
}
