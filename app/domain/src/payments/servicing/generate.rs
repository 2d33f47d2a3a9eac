//! Random terms, contracts and histories for the properties of servicing.

use std::collections::BTreeSet;

use proptest::prelude::*;
use time::macros::date;
use time::{Date, Duration};

use super::vectors::contract;
use super::*;
use crate::calendar::{DayCount, MonthEnd, Period};
use crate::loans::product::{Component, Fee, FeeAmount, FeeWhen, FutureRule, LateFeeMethod, Method};
use crate::rate::Rate;

/// A contract and events whose sequence is their order of recording.
#[derive(Debug, Clone)]
pub(super) struct History {
    pub(super) contract: Contract,
    pub(super) events: Vec<Event>,
}

impl History {
    pub(super) fn days(&self) -> Vec<Date> {
        let mut days: BTreeSet<_> = self.events.iter().map(|event| event.effective_on).collect();
        days.insert(self.contract.terms.start);
        days.extend(self.at(self.contract.terms.start).lines.iter().map(|line| line.due_on));
        days.insert(*days.last().unwrap() + Duration::days(40));
        days.into_iter().collect()
    }

    pub(super) fn at(&self, day: Date) -> Position {
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
    (rate, shape, 300_000..20_000_000_i64, 1..13_u32, 0..900_i64, fee).prop_map(
        |(rate, (method, every, day_count, month_end, multiple, first_due), principal, count, offset, ppm)| {
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
                ..plain
            }
        },
    )
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
    (terms(), order, future, mode, late_fee, 0..5_u16).prop_map(
        |(terms, order, future, prepay_default, (method, ppm), grace_days)| {
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
                ..contract(terms)
            }
        },
    )
}

/// What may happen: (kind, day after the start, days until it is recorded, size, choice).
type Raw = (u8, i64, i64, i64, usize);

pub(super) fn history() -> impl Strategy<Value = History> {
    let lag = prop_oneof![3 => Just(0), 1 => 1..25_i64];
    let raw = (0..20_u8, 0..240_i64, lag, 1..130_i64, 0..6_usize);
    (contracts(), prop::collection::vec(raw, 0..14))
        .prop_filter_map("terms without a schedule", |(contract, raw)| build(contract, raw))
}

fn build(contract: Contract, mut raw: Vec<Raw>) -> Option<History> {
    let start = contract.terms.start;
    let lines = replay(&contract, &[], start).ok()?.lines;
    let first = lines[0].open().get();
    let span = (lines[lines.len() - 1].due_on - start).whole_days() + 60;
    raw.sort_by_key(|(_, day, lag, ..)| day % span + lag);
    let mut events: Vec<Event> = Vec::new();
    let mut standing: Vec<String> = Vec::new();
    for ((kind, day, lag, percent, choice), seq) in raw.into_iter().zip(1..) {
        let on = start + Duration::days(day % span);
        let recorded_on = on + Duration::days(lag);
        let amount = Rupiah::new((first * percent / 100).max(1));
        let reference = format!("p{seq}");
        let mode = [
            None,
            Some(PrepayMode::Term),
            Some(PrepayMode::Instalment),
            Some(PrepayMode::Next),
        ][choice % 4];
        let kind = match kind {
            0..=6 => EventKind::Payment {
                reference,
                amount,
                purpose: Purpose::Instalment,
            },
            7..=10 => {
                let amount = Rupiah::new(amount.get() * (choice as i64 + 1));
                EventKind::Payment {
                    reference,
                    amount,
                    purpose: Purpose::Amount { mode },
                }
            }
            11 => {
                let position = replay(&contract, &events, on).ok()?;
                let amount = Rupiah::new(position.payoff.total.get().max(1) + choice as i64 / 5);
                EventKind::Payment {
                    reference,
                    amount,
                    purpose: Purpose::Payoff,
                }
            }
            12..=13 => {
                let due_on = on + Duration::days(choice as i64 * 10);
                EventKind::Fee {
                    amount: Rupiah::new(percent * 100),
                    due_on,
                }
            }
            14 => EventKind::Goodwill {
                amount: Rupiah::new(amount.get() / 4 + 1),
            },
            15 => EventKind::ClaimOpened { instalment: 1 },
            16 => EventKind::ClaimResolved {
                confirmed: choice % 2 == 0,
            },
            _ if standing.is_empty() => continue,
            _ => EventKind::Reversal {
                of: standing.remove(choice % standing.len()),
            },
        };
        if let EventKind::Payment { reference, .. } = &kind {
            standing.push(reference.clone());
        }
        events.push(Event::new(seq, on, recorded_on, kind));
    }
    Some(History { contract, events })
}
