//! "What if": pay an amount, skip, pay off, take a way out. Enters: the contract, what happened, a
//! question about today or a later day. Leaves: the loan with and without it. The answer is the replay
//! itself with events that are not recorded, so what is foretold is what happens.

use serde::{Deserialize, Serialize};
use time::{Date, Duration};

use super::hardship::{self, HardshipError, HardshipRules};
use super::servicing::{Contract, Event, EventKind, Hardship, LinePosition, Position, Purpose, ServicingError, replay};
use crate::loans::product::PrepayMode;
use crate::money::Rupiah;

/// The farthest day that can be asked about.
pub const FARTHEST_DAYS: i64 = 366;

/// What a borrower may wonder about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "question", rename_all = "snake_case")]
pub enum WhatIf {
    /// Paying an amount on a day: the bill first, what is above it early.
    Pay {
        /// Rupiah, 1 or more.
        amount: Rupiah,
        /// The day.
        on: Date,
        /// What an early payment changes; none for the contract's default.
        mode: Option<PrepayMode>,
    },
    /// Paying nothing until a day, against paying each instalment on its due date.
    Skip {
        /// The day.
        until: Date,
    },
    /// Paying everything on a day.
    PayOff {
        /// The day.
        on: Date,
    },
    /// A way out, today.
    WayOut {
        /// Which.
        option: Hardship,
    },
}

/// The loan without and with what was asked about, on the same day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhatIfAnswer {
    /// The day both stand at.
    pub on: Date,
    /// Without.
    pub without: Position,
    /// With.
    pub with: Position,
    /// What is paid for it on that day, in rupiah.
    pub paid: Rupiah,
    /// Interest, fees and late fees with it less those without; negative when it saves.
    pub cost: Rupiah,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhatIfError {
    /// The history cannot be replayed.
    #[error(transparent)]
    Servicing(#[from] ServicingError),
    /// A rule of the way out says no.
    #[error(transparent)]
    Hardship(#[from] HardshipError),
    /// A day before today, or more than [`FARTHEST_DAYS`] ahead.
    #[error("Pilih tanggal mulai hari ini, paling jauh satu tahun ke depan.")]
    Date,
    /// An amount outside Rp1 to Rp2 miliar.
    #[error("Isi jumlah antara Rp1 dan Rp2.000.000.000.")]
    Amount,
    /// Nothing is owed, so nothing can be asked.
    #[error("Pinjaman ini sudah lunas.")]
    NothingOwed,
}

/// Interest, fees and late fees of the loan as it stands.
fn cost(position: &Position) -> i64 {
    let charged = |line: &LinePosition| line.interest.due.get() + line.fee.due.get() + line.late_fee.due.get();
    position.lines.iter().map(charged).sum()
}

/// Answers `question` as of `today`, after everything recorded.
pub fn what_if(
    contract: &Contract,
    events: &[Event],
    today: Date,
    question: WhatIf,
    rules: HardshipRules,
) -> Result<WhatIfAnswer, WhatIfError> {
    let on = match question {
        WhatIf::Pay { on, .. } | WhatIf::PayOff { on } => on,
        WhatIf::Skip { until } => until,
        WhatIf::WayOut { .. } => today,
    };
    if on < today || (on - today).whole_days() > FARTHEST_DAYS {
        return Err(WhatIfError::Date);
    }
    if replay(contract, events, today)?.bill.is_none() {
        return Err(WhatIfError::NothingOwed);
    }
    let without = replay(contract, events, on)?;
    let pay = |amount: Rupiah, purpose| {
        if !amount.is_positive() || amount > Rupiah::MAX_INPUT {
            return Err(WhatIfError::Amount);
        }
        let reference = "what-if".to_owned();
        let kind = EventKind::Payment {
            reference,
            amount,
            purpose,
        };
        let with = super::servicing::simulate(contract, events, &[kind], on, on)?;
        Ok((without.clone(), with, amount))
    };
    let (without, with, paid) = match question {
        WhatIf::Pay { amount, mode, .. } => pay(amount, Purpose::Amount { mode })?,
        WhatIf::PayOff { .. } => pay(without.payoff.total, Purpose::Payoff)?,
        WhatIf::Skip { .. } => {
            let (dutiful, paid) = dutiful(contract, events, (today, on))?;
            (dutiful, without, paid)
        }
        WhatIf::WayOut { option } => {
            let preview = hardship::preview(contract, events, option, on, rules)??;
            (preview.before, preview.after, Rupiah::ZERO)
        }
    };
    Ok(WhatIfAnswer {
        on,
        cost: Rupiah::new(cost(&with) - cost(&without)),
        without,
        with,
        paid,
    })
}

/// The loan when everything due is paid on the day it falls due, what is late already today; and what that
/// comes to.
fn dutiful(
    contract: &Contract,
    events: &[Event],
    (from, to): (Date, Date),
) -> Result<(Position, Rupiah), ServicingError> {
    let mut all = events.to_vec();
    let mut seq = events.iter().map(|event| event.seq).max().unwrap_or(0);
    let (mut day, mut paid) = (from, 0);
    loop {
        let position = replay(contract, &all, day)?;
        let due = |line: &&LinePosition| line.due_on <= day && line.open().is_positive();
        let amount: i64 = position.lines.iter().filter(due).map(|line| line.open().get()).sum();
        if amount > 0 {
            seq += 1;
            paid += amount;
            let kind = EventKind::Payment {
                reference: format!("what-if-{seq}"),
                amount: Rupiah::new(amount),
                purpose: Purpose::Instalment,
            };
            all.push(Event::new(seq, day, day, kind));
        }
        let next = position
            .lines
            .iter()
            .map(|line| line.due_on)
            .find(|due_on| *due_on > day);
        match next.filter(|next| *next <= to) {
            Some(next) => day = next,
            None => return Ok((replay(contract, &all, to)?, Rupiah::new(paid))),
        }
    }
}

/// The days of which [`what_if`] can tell: from `today` on.
#[must_use]
pub fn farthest(today: Date) -> Date {
    today.saturating_add(Duration::days(FARTHEST_DAYS))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;
    use crate::payments::servicing::vectors::{e1, on_time};

    fn ask(question: WhatIf) -> Result<WhatIfAnswer, WhatIfError> {
        let today = date!(2026 - 11 - 20);
        what_if(&e1(), &on_time(&e1(), 2), today, question, HardshipRules::SANGGUP)
    }

    #[test]
    fn e40_and_e42_as_questions() {
        let answer = ask(WhatIf::PayOff {
            on: date!(2026 - 11 - 24),
        })
        .unwrap();
        assert_eq!(
            (answer.paid.get(), answer.cost.get(), answer.with.closed),
            (2_081_401, -97_198, true)
        );
        let amount = Rupiah::new(1_544_650);
        for (mode, left) in [
            (PrepayMode::Term, 14_507),
            (PrepayMode::Instalment, 28_005),
            (PrepayMode::Next, 40_126),
        ] {
            let on = date!(2026 - 12 - 05);
            let answer = ask(WhatIf::Pay {
                amount,
                on,
                mode: Some(mode),
            })
            .unwrap();
            assert_eq!(
                (answer.with.outstanding_interest.get(), answer.cost.get()),
                (left, left - 78_416)
            );
        }
    }

    #[test]
    fn skipping_costs_the_late_fee() {
        let answer = ask(WhatIf::Skip {
            until: date!(2026 - 12 - 15),
        })
        .unwrap();
        assert_eq!((answer.paid.get(), answer.cost.get()), (544_650, 4_934));
        assert_eq!((answer.without.days_past_due, answer.with.days_past_due), (0, 10));
    }

    #[test]
    fn questions_without_an_answer() {
        let on = date!(2026 - 12 - 05);
        let pay = |amount, on| WhatIf::Pay {
            amount: Rupiah::new(amount),
            on,
            mode: None,
        };
        let table = [
            (pay(0, on), WhatIfError::Amount),
            (pay(-1, on), WhatIfError::Amount),
            (pay(2_000_000_001, on), WhatIfError::Amount),
            (pay(1, date!(2026 - 11 - 19)), WhatIfError::Date),
            (pay(1, date!(2027 - 11 - 22)), WhatIfError::Date),
            (
                WhatIf::WayOut {
                    option: Hardship::Longer { instalments: 1 },
                },
                WhatIfError::Hardship(HardshipError::Count),
            ),
        ];
        for (question, error) in table {
            assert_eq!(ask(question), Err(error));
        }
        let paid_off = what_if(
            &e1(),
            &on_time(&e1(), 6),
            date!(2027 - 03 - 06),
            WhatIf::Skip {
                until: date!(2027 - 03 - 06),
            },
            HardshipRules::SANGGUP,
        );
        assert_eq!(paid_off, Err(WhatIfError::NothingOwed));
    }
}
