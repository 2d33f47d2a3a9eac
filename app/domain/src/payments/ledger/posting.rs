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
    matches!(step, Step::Fee { .. } | Step::Money { seq: Some(_), .. })
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
        Step::Money {
            seq,
            on,
            source,
            amount,
            parts,
            to_credit,
        } => {
            let slot = seq.map_or_else(|| format!("credit:{on}"), |seq| format!("event:{seq}"));
            money(*on, slot, *source, *amount, parts, *to_credit)
        }
    }
}

fn money(on: Date, slot: String, source: Source, amount: i64, parts: &[Part], to_credit: i64) -> Journal {
    let mut entries: Vec<Entry> = parts.iter().flat_map(credits).collect();
    entries.push((Account::BorrowerCredit, None, -to_credit));
    let kind = match source {
        Source::Payment { replanned: false } => JournalKind::Payment,
        Source::Payment { replanned: true } => JournalKind::Prepayment,
        Source::Goodwill => JournalKind::Goodwill,
        Source::Credit => JournalKind::CreditUsed,
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
        Source::Credit => entries.rotate_right(1),
    }
    journal(kind, on, slot, entries)
}

/// What a part of an allocation does to the receivables; credits are negative.
fn credits(part: &Part) -> [Entry; 2] {
    let account = match part.component {
        Component::Interest => Account::Interest,
        Component::Principal => Account::Principal,
        Component::Fee => Account::Fee,
        Component::LateFee => Account::LateFee,
    };
    [
        (account, part.line, -part.receivable),
        (Account::UnearnedInterest, part.line, -part.unearned),
    ]
}
