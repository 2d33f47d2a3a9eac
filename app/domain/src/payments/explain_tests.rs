//! The derivation of an amount is that amount, on every day of random histories; and it reads as people expect.

use proptest::prelude::*;
use time::macros::date;

use super::explain::{Derivation, Explanation, LineExplained, explain};
use super::servicing::generate::history;
use super::servicing::vectors::{e1, on_time};
use super::servicing::{Contract, Event, EventKind};
use crate::loans::product::Method;
use crate::money::{Rounding, Rupiah, round_div};

/// Multiplies every step again and compares with what stands beside it; answers the amount it leads to.
fn worked_out(derivation: &Derivation) -> i64 {
    let product = |step: &super::explain::Step| (step.base.wide() * step.factor.num(), step.factor.den());
    for step in derivation.steps.iter().filter(|step| step.rounded.is_some()) {
        let (num, den) = product(step);
        let again = round_div(num, den, derivation.rounding);
        assert_eq!(Some(again), step.rounded.map(Rupiah::wide), "{step:?}");
    }
    let rest = derivation.rest.map_or(0, |(_, rest)| rest.get());
    derivation.sum().unwrap().get() + rest
}

fn check(explanation: &Explanation) {
    let position = &explanation.position;
    assert_eq!(explanation.lines.len(), position.lines.len());
    for (line, shown) in explanation.lines.iter().zip(&position.lines) {
        assert_eq!((line.number, line.due_on), (shown.number, shown.due_on));
        assert_eq!(worked_out(&line.interest), shown.interest.due.get());
        assert_eq!(line.interest.amount, shown.interest.due);
        assert_eq!(worked_out(&line.late_fee), shown.late_fee.due.get());
        assert_eq!(line.late_fee.amount, shown.late_fee.due);
        assert_eq!(line.late_fee.rounding, Rounding::Floor);
    }
    // A payoff asks for what is due, the running interest, and takes off what was paid ahead.
    let day = position.as_of;
    let lines = || explanation.lines.iter().zip(&position.lines);
    let ended = |line: &LineExplained| line.interest_to <= day;
    let due = lines().filter(|(line, _)| ended(line));
    let due: i64 = due.map(|(_, shown)| shown.interest.open().get()).sum();
    let running: i64 = explanation.running.iter().map(|(_, part)| worked_out(part)).sum();
    let ahead = lines().filter(|(line, _)| !ended(line));
    let ahead: i64 = ahead.map(|(_, shown)| shown.interest.paid.get()).sum();
    assert_eq!(due + running - ahead, position.payoff.interest.get());
}

/// Whether every amount must be the sum of its steps with nothing added.
fn is_plain(contract: &Contract, explanation: &Explanation) -> bool {
    contract.terms.method != Method::Flat && !explanation.position.room.is_zero()
}

/// Whether nothing was paid, moved or given up: only then are all lines what the contract's own steps say. Else a
/// derivation says with its rest that the plan was made anew.
fn keeps_its_plan(events: &[Event]) -> bool {
    !events.iter().any(|event| {
        matches!(
            &event.kind,
            EventKind::Payment { .. }
                | EventKind::Goodwill { .. }
                | EventKind::Hardship { .. }
                | EventKind::WrittenOff { .. }
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_derivation_is_its_amount(history in history()) {
        for day in history.days() {
            let explanation = explain(&history.contract, &history.events, day).unwrap();
            prop_assert_eq!(&explanation.position, &history.at(day));
            check(&explanation);
            if is_plain(&history.contract, &explanation) && keeps_its_plan(&history.events) {
                for line in &explanation.lines {
                    prop_assert_eq!(line.interest.rest, None);
                    prop_assert_eq!(line.late_fee.rest, None);
                }
            }
        }
    }
}

#[test]
fn e1_three_days_late_reads_as_on_the_page() {
    let contract = e1();
    let explanation = explain(&contract, &on_time(&contract, 2), date!(2026 - 12 - 08)).unwrap();
    check(&explanation);
    let third = &explanation.lines[2];
    let interest = &third.interest.steps[0];
    assert_eq!(
        (interest.words(), interest.exact_words(), third.interest.amount.get()),
        (
            "Rp2.048.959 × 2,5% per bulan (30 hari penuh)".into(),
            "51.223,975".into(),
            51_224
        )
    );
    assert_eq!(interest.span_words(), "6 Nov 26 sampai 5 Des 26");
    let late = &third.late_fee.steps[0];
    assert_eq!(
        (late.words(), late.exact_words(), third.late_fee.amount.get()),
        ("Rp493.426 × 0,1% per hari × 3 hari".into(), "1.480,278".into(), 1_480)
    );
    assert_eq!((third.interest.rest, third.late_fee.rest), (None, None));
    let (number, running) = &explanation.running[0];
    assert_eq!((*number, running.steps[0].days), (4, (3, Some(31))));
    assert_eq!(running.steps[0].words(), "Rp1.555.533 × 2,5% per bulan × 3/31 hari");
    assert_eq!(
        (explanation.benefit.get(), explanation.total_cap.get()),
        (267_899, 3_000_000)
    );
}
