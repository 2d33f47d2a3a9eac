//! Random terms, contracts and histories for the properties of servicing.

use std::collections::BTreeSet;

use proptest::prelude::*;
use time::macros::date;
use time::{Date, Duration};

use super::vectors::contract;
use super::*;
use crate::calendar::{DayCount, MonthEnd, Period};
use crate::loans::product::{Component, Fee, FeeAmount, FeeWhen, FutureRule, LateFeeMethod, Method, OverdueInterest};
use crate::rate::Rate;

/// A contract and events whose sequence is their order of recording.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) contract: Contract,
    pub(crate) events: Vec<Event>,
}

impl History {
    pub(crate) fn days(&self) -> Vec<Date> {
        let mut days: BTreeSet<_> = self.events.iter().map(|event| event.effective_on).collect();
        days.insert(self.contract.terms.start);
        days.extend(self.at(self.contract.terms.start).lines.iter().map(|line| line.due_on));
        days.insert(*days.last().unwrap() + Duration::days(40));
        days.into_iter().collect()
    }

    pub(crate) fn at(&self, day: Date) -> Position {
        replay(&self.contract, &self.events, day).unwrap()
    }

    pub(super) fn without_reversals(&self) -> Self {
        let events = self
            .events
            .iter()
            .filter(|e| !matches!(e.kind, EventKind::Reversal { .. }));
        Self {
            events: events.cloned().collect(),
            contract: self.contract.clone(),
        }
    }
}

fn terms() -> impl Strategy<Value = Terms> {
    let rate = prop_oneof![
        Just(Rate::monthly(0)),
        (1_000..60_000_i64).prop_map(Rate::monthly),
        (10_000..600_000_i64).prop_map(Rate::yearly),
        (100..2_000_i64).prop_map(Rate::daily),
    ];
    let method = prop_oneof![
        Just(Method::Annuity),
        Just(Method::Annuity),
        Just(Method::Flat),
        Just(Method::EqualPrincipal)
    ];
    let every = prop_oneof![
        Just(Period::Months(1)),
        Just(Period::Months(1)),
        Just(Period::Weeks(2)),
        Just(Period::Days(15))
    ];
    let day_count = prop::sample::select(DayCount::ALL);
    let month_end = prop::sample::select(MonthEnd::ALL);
    let multiple = prop_oneof![Just(1), Just(1), Just(100)];
    let first_due = prop::option::weighted(0.2, 1..50_i64);
    let shape = (method, every, day_count, month_end, multiple, first_due);
    let fee = prop_oneof![4 => Just(0), 1 => 1..20_000_i64];
    let tranche = prop::option::weighted(0.1, (0..60_i64, 100_000..5_000_000_i64));
    (
        rate,
        shape,
        300_000..20_000_000_i64,
        1..13_u32,
        0..900_i64,
        (fee, tranche),
    )
        .prop_map(|(rate, shape, principal, count, offset, (ppm, tranche))| {
            let (method, every, day_count, month_end, multiple, first_due) = shape;
            let start = date!(2026 - 01 - 01) + Duration::days(offset);
            let plain = Terms::new(method, Rupiah::new(principal), rate, count, start);
            let amount = FeeAmount::PpmOfInstalment(ppm);
            let fee = Fee {
                what: String::new(),
                amount,
                when: FeeWhen::EachInstalment,
                deducted: false,
            };
            let fees = if ppm > 0 { vec![fee] } else { Vec::new() };
            let first_due = first_due.map(|days| start + Duration::days(days));
            Terms {
                every,
                day_count,
                month_end,
                multiple: Rupiah::new(multiple),
                first_due,
                fees,
                tranches: tranche
                    .filter(|_| method != Method::Flat)
                    .map(|(days, amount)| (start + Duration::days(days), Rupiah::new(amount)))
                    .into_iter()
                    .collect(),
                ..plain
            }
        })
}

fn contracts() -> impl Strategy<Value = Contract> {
    let order = Just([
        Component::Interest,
        Component::Principal,
        Component::Fee,
        Component::LateFee,
    ])
    .prop_shuffle();
    let mode = prop::sample::select(PrepayMode::ALL);
    let future = prop::sample::select(FutureRule::ALL);
    let late_fee = prop_oneof![
        (Just(LateFeeMethod::Daily), 0..30_000_i64),
        (Just(LateFeeMethod::Daily), 0..3_000_i64),
        (prop::sample::select(LateFeeMethod::ALL), 0..50_000_i64),
    ];
    let overdue = prop_oneof![4 => Just(OverdueInterest::None), 1 => Just(OverdueInterest::Recalculate)];
    (terms(), order, future, mode, late_fee, 0..5_u16, overdue).prop_map(
        |(terms, order, future, prepay_default, (method, ppm), grace_days, overdue_interest)| {
            let late_fee = LateFee {
                method,
                ppm,
                grace_days,
            };
            let allocation = product::Allocation { order, future };
            Contract {
                late_fee,
                allocation,
                prepay_default,
                overdue_interest,
                ..contract(terms)
            }
        },
    )
}

/// What may happen: (kind, day after the start, days until it is recorded, size, choice).
type Raw = (u8, i64, i64, i64, usize);

pub(crate) fn history() -> impl Strategy<Value = History> {
    let lag = prop_oneof![3 => Just(0), 1 => 1..25_i64];
    let raw = (0..36_u8, 0..240_i64, lag, 1..130_i64, 0..6_usize);
    (contracts(), prop::collection::vec(raw, 0..18))
        .prop_filter_map("terms without a schedule", |(contract, raw)| build(contract, raw))
}

fn build(contract: Contract, mut raw: Vec<Raw>) -> Option<History> {
    let start = contract.terms.start;
    let lines = replay(&contract, &[], start).ok()?.lines;
    let first = lines[0].open().get();
    let span = (lines[lines.len() - 1].due_on - start).whole_days() + 60;
    raw.sort_by_key(|(_, day, lag, ..)| day % span + lag);
    let mut events: Vec<Event> = Vec::new();
    let (mut standing, mut refunds): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for (kind, day, lag, percent, choice) in raw {
        let seq = events.len() as i64 + 1;
        let recorded_on = start + Duration::days(day % span + lag);
        // A decision counts from the day it is recorded.
        let on = recorded_on - Duration::days(if kind < 20 { lag } else { 0 });
        let amount = Rupiah::new((first * percent / 100).max(1));
        let reference = format!("p{seq}");
        let now = replay(&contract, &events, on).ok()?;
        let kind = match kind {
            0..=15 => money(kind, reference, amount, on, choice, &now),
            16 => EventKind::ClaimResolved {
                confirmed: choice % 2 == 0,
            },
            17..=19 if standing.is_empty() => continue,
            17..=19 => EventKind::Reversal {
                of: standing[choice % standing.len()].clone(),
            },
            _ => match decision(kind, reference, choice, &now, &refunds) {
                Some(kind) => kind,
                None => continue,
            },
        };
        let event = Event::new(seq, on, recorded_on, kind);
        let mut all = events.clone();
        all.push(event.clone());
        // What cannot be is refused, and not recorded.
        if replay(&contract, &all, start + Duration::days(span + 400)).is_err() {
            continue;
        }
        match &event.kind {
            EventKind::Payment { reference, .. } => standing.push(reference.clone()),
            EventKind::Reversal { of } => standing.retain(|other| other != of),
            EventKind::RefundAsked { reference, .. } => refunds.push(reference.clone()),
            EventKind::RefundFailed { reference } | EventKind::RefundReturned { reference } => {
                refunds.retain(|other| other != reference);
            }
            _ => {}
        }
        events = all;
    }
    Some(History { contract, events })
}

/// Payments, fees and waivers, and the claim that one was made.
fn money(kind: u8, reference: String, amount: Rupiah, on: Date, choice: usize, now: &Position) -> EventKind {
    let more = choice as i64;
    let mode = [
        None,
        Some(PrepayMode::Term),
        Some(PrepayMode::Instalment),
        Some(PrepayMode::Next),
    ][choice % 4];
    let paid = |amount, purpose| EventKind::Payment {
        reference,
        amount,
        purpose,
    };
    match kind {
        0..=6 => paid(amount, Purpose::Instalment),
        7..=10 => paid(Rupiah::new(amount.get() * (more + 1)), Purpose::Amount { mode }),
        11 => paid(Rupiah::new(now.payoff.total.get().max(1) + more / 5), Purpose::Payoff),
        12 => EventKind::Fee {
            amount: Rupiah::new(amount.get() % 13_000 + 1),
            due_on: on + Duration::days(more * 10),
        },
        13 => EventKind::Waiver {
            amount,
            component: Component::ALL[choice % 4],
        },
        14 => EventKind::Goodwill {
            amount: Rupiah::new(amount.get() / 4 + 1),
        },
        _ => EventKind::ClaimOpened { instalment: 1 },
    }
}

/// What people decide: pauses, ways out, write-off, refunds.
fn decision(kind: u8, reference: String, choice: usize, now: &Position, refunds: &[String]) -> Option<EventKind> {
    let days = Duration::days(choice as i64 * 2 + 1);
    let cause = [PauseCause::HardshipRequest, PauseCause::Officer][choice % 2];
    let next = now.lines.iter().find(|line| line.status != LineStatus::Paid);
    let instalment = next.map_or(1, |line| line.number);
    let due_on = next.map_or(now.as_of, |line| line.due_on);
    let option = |option| EventKind::Hardship { option };
    let answered = refunds.first().cloned();
    Some(match kind {
        20 => EventKind::LateFeesPaused {
            cause,
            through: (choice > 2).then(|| now.as_of + days),
        },
        21 => EventKind::LateFeesResumed { cause },
        22..=23 => option(Hardship::MoveDate {
            instalment,
            to: due_on + days,
        }),
        24..=25 => option(Hardship::Split {
            instalment,
            second_on: due_on + days,
        }),
        26..=27 => option(Hardship::InterestOnly),
        28..=29 => option(Hardship::Longer {
            instalments: choice as u32 + 1,
        }),
        30 => EventKind::WrittenOff {
            provided: Rupiah::new(choice as i64 * 300_000),
        },
        31 => EventKind::WriteOffUndone,
        32..=33 if now.credit.is_positive() => EventKind::RefundAsked {
            reference,
            amount: Rupiah::new((now.credit.get() / (choice as i64 % 2 + 1)).clamp(1, 2_000_000_000)),
        },
        34 => EventKind::RefundPaid { reference: answered? },
        35 if choice > 2 => EventKind::RefundReturned { reference: answered? },
        35 => EventKind::RefundFailed { reference: answered? },
        _ => return None,
    })
}
