//! How each step of a loan's life is written in the books (rule 10.3).

use time::Date;

use super::{Account, Journal, JournalKind, JournalLine};
use crate::loans::product::Component;
use crate::money::Rupiah;
use crate::payments::servicing::{Part, Source, Step};

/// A signed entry: account, instalment, debit above zero, credit below.
type Entry = (Account, Option<u32>, i64);

/// A journal of the entries that are not zero, under its first key.
pub(super) fn journal(
    kind: JournalKind,
    effective_on: Date,
    slot: String,
    entries: impl IntoIterator<Item = Entry>,
) -> Journal {
    let line = |(account, instalment, amount): Entry| JournalLine {
        account,
        debit: Rupiah::new(amount.max(0)),
        credit: Rupiah::new((-amount).max(0)),
        instalment,
    };
    let lines = entries
        .into_iter()
        .filter(|(_, _, amount)| *amount != 0)
        .map(line)
        .collect();
    Journal {
        kind,
        effective_on,
        key: slot.clone(),
        slot,
        reversal: false,
        lines,
    }
}

/// Whether the step belongs to an event, not to the passing of a day.
pub(super) fn is_event(step: &Step) -> bool {
    matches!(
        step,
        Step::Fee { .. }
            | Step::Money { seq: Some(_), .. }
            | Step::WrittenOff { .. }
            | Step::WriteOffUndone { .. }
            | Step::RefundPaid { .. }
    )
}

/// The journal of one step.
pub(super) fn of(step: &Step) -> Journal {
    match step {
        Step::Interest {
            on,
            line,
            amount,
            unearned,
        } => journal(
            JournalKind::Interest,
            *on,
            format!("interest:{on}:{line}"),
            [
                (Account::UnearnedInterest, Some(*line), *unearned),
                (Account::Interest, Some(*line), amount - unearned),
                (Account::InterestIncome, Some(*line), -amount),
            ],
        ),
        Step::LateFee { on, line, amount } => journal(
            JournalKind::LateFee,
            *on,
            format!("late-fee:{on}:{line}"),
            [
                (Account::LateFee, Some(*line), *amount),
                (Account::LateFeeIncome, Some(*line), -amount),
            ],
        ),
        Step::Fee { seq, on, line, amount } => journal(
            JournalKind::Fee,
            *on,
            seq.map_or_else(|| format!("fee:{line}"), |seq| format!("event:{seq}")),
            [
                (Account::Fee, Some(*line), *amount),
                (Account::FeeIncome, Some(*line), -amount),
            ],
        ),
        Step::Tranche { on, number, amount } => journal(
            JournalKind::Payout,
            *on,
            format!("tranche:{number}"),
            [
                (Account::Principal, None, *amount),
                (Account::PayoutFloat, None, -amount),
            ],
        ),
        Step::WrittenOff {
            seq,
            on,
            open,
            provided,
        } => journal(
            JournalKind::WriteOff,
            *on,
            format!("event:{seq}"),
            loss(*open, *provided),
        ),
        Step::WriteOffUndone {
            seq,
            on,
            open,
            provided,
            paid,
            recovered,
            interest,
        } => {
            let opposite = loss(*open, *provided);
            let mut entries: Vec<Entry> = opposite
                .iter()
                .map(|(account, line, amount)| (*account, *line, -amount))
                .collect();
            let waived = paid.iter().sum::<i64>() - recovered;
            entries.extend([(Account::Recovery, None, *recovered), (Account::Waiver, None, waived)]);
            entries.extend(receivables(*paid).map(|(account, amount)| (account, None, -amount)));
            for (line, amount) in interest {
                entries.push((Account::Interest, Some(*line), *amount));
                entries.push((Account::InterestIncome, Some(*line), -amount));
            }
            journal(JournalKind::WriteOffUndone, *on, format!("event:{seq}"), entries)
        }
        Step::RefundPaid { seq, on, amount } => journal(
            JournalKind::RefundPaid,
            *on,
            format!("event:{seq}"),
            [(Account::Refunds, None, *amount), (Account::PayoutFloat, None, -amount)],
        ),
        Step::Money {
            seq,
            on,
            source,
            amount,
            parts,
            to_credit,
            written_off,
        } => {
            let slot = match (seq, source) {
                (None, _) => format!("credit:{on}"),
                (Some(seq), Source::Released) => format!("released:{seq}"),
                (Some(seq), _) => format!("event:{seq}"),
            };
            money(*on, slot, *source, *amount, (parts, *written_off), *to_credit)
        }
    }
}

/// Receivables in the order of `open`: interest, principal, fees, late fees.
fn receivables(open: [i64; 4]) -> impl Iterator<Item = (Account, i64)> {
    let order = [
        Component::Principal,
        Component::Interest,
        Component::Fee,
        Component::LateFee,
    ];
    order
        .into_iter()
        .map(move |component| (receivable(component), open[component as usize]))
}

/// J15: the loss, first against the allowance.
fn loss(open: [i64; 4], provided: i64) -> Vec<Entry> {
    let whole: i64 = open.iter().sum();
    let provided = provided.min(whole);
    let mut entries = vec![
        (Account::Loss, None, whole - provided),
        (Account::Allowance, None, provided),
    ];
    entries.extend(receivables(open).map(|(account, amount)| (account, None, -amount)));
    entries
}

fn money(
    on: Date,
    slot: String,
    source: Source,
    amount: i64,
    (parts, written_off): (&[Part], bool),
    to_credit: i64,
) -> Journal {
    let mut entries: Vec<Entry> = parts.iter().flat_map(credits).collect();
    if written_off {
        // The receivables are gone: what comes in is recovered, what is waived was lost before.
        let recovered: i64 = entries.iter().map(|(_, _, amount)| amount).sum();
        entries.clear();
        if source != Source::Goodwill {
            entries.push((Account::Recovery, None, recovered));
        }
    }
    entries.push((Account::BorrowerCredit, None, -to_credit));
    let kind = match source {
        Source::Payment { .. } if written_off => JournalKind::Recovery,
        Source::Payment { replanned: false } => JournalKind::Payment,
        Source::Payment { replanned: true } => JournalKind::Prepayment,
        Source::Goodwill => JournalKind::Goodwill,
        Source::Credit | Source::Released => JournalKind::CreditUsed,
        Source::RefundAsked => JournalKind::RefundAsked,
        Source::RefundFailed => JournalKind::RefundFailed,
        Source::RefundReturned => JournalKind::RefundReturned,
    };
    match source {
        Source::Payment { .. } => entries.insert(0, (Account::Gateway, None, amount)),
        // One line for each component, so that a report can tell waived principal from waived interest.
        Source::Goodwill => {
            let waived = entries
                .iter()
                .map(|(_, instalment, credit)| (Account::Waiver, *instalment, -credit));
            entries = waived.collect::<Vec<_>>().into_iter().chain(entries).collect();
        }
        Source::Credit | Source::Released => entries.rotate_right(1),
        Source::RefundAsked => {
            entries.rotate_right(1);
            entries.push((Account::Refunds, None, -amount));
        }
        Source::RefundFailed => entries.insert(0, (Account::Refunds, None, amount)),
        Source::RefundReturned => entries.insert(0, (Account::PayoutFloat, None, amount)),
    }
    journal(kind, on, slot, entries)
}

/// The account of what is owed of a component.
fn receivable(component: Component) -> Account {
    match component {
        Component::Interest => Account::Interest,
        Component::Principal => Account::Principal,
        Component::Fee => Account::Fee,
        Component::LateFee => Account::LateFee,
    }
}

/// What a part of an allocation does to the receivables; credits are negative.
fn credits(part: &Part) -> [Entry; 2] {
    [
        (receivable(part.component), part.line, -part.receivable),
        (Account::UnearnedInterest, part.line, -part.unearned),
    ]
}
