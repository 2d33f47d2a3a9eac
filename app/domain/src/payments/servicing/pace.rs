//! How the books of a loan move by themselves. Enters: the contract, the events, the day to which the books stand.
//! Leaves: the formulas by which each quiet day is booked, and the day until which they hold. A whole portfolio is
//! closed by them in a few statements; a loan whose formulas end is advanced by the engine itself, which is also what
//! proves them here: a formula holds exactly as long as the engine agrees with it, whatever the engine learns to do.

use serde::{Deserialize, Serialize};
use time::{Date, Duration};

use super::{Contract, Engine, Event, Position, ServicingError, Step};
use crate::calendar::days_between;
use crate::loans::product::{Component, PayoffMode};
use crate::money::{Rounding, round_div};
use crate::payments::arrears::days_late;
use crate::payments::late_fee;
use crate::payments::ledger::{self, Journal};

/// The longest time without a due date for which formulas are given.
const HORIZON: Duration = Duration::days(60);
/// Largest number a formula may reach, so that no product in 64 bits overflows.
const LARGEST: i128 = 1 << 60;

/// Interest of the running instalment: `min(whole, base + HALF_EVEN(num × days / den))` has accrued `days` after
/// `since`, and `whole` from the due date on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accrual {
    /// The instalment.
    pub instalment: u32,
    /// The day from which days are counted.
    pub since: Date,
    /// The day on which its period ends.
    pub due_on: Date,
    /// Rupiah accrued by `since`; below zero in the second half of an instalment that was split.
    pub base: i64,
    /// Rupiah a day, over `den`.
    pub num: i64,
    /// Above zero.
    pub den: i64,
    /// What the instalment asks for.
    pub whole: i64,
    /// What of it is paid already.
    pub paid: i64,
}

impl Accrual {
    /// Rupiah accrued up to and including `on`.
    #[must_use]
    pub fn accrued(&self, on: Date) -> i64 {
        if on >= self.due_on {
            return self.whole;
        }
        let exact = i128::from(self.num) * i128::from(days_between(self.since, on));
        let rounded = round_div(exact, i128::from(self.den), Rounding::HalfEven);
        i64::try_from(i128::from(self.base) + rounded).map_or(self.whole, |so_far| so_far.min(self.whole))
    }

    /// The interest of `on`, and what of it had been paid ahead.
    #[must_use]
    pub fn of(&self, on: Date) -> (i64, i64) {
        let before = self.accrued(on - Duration::DAY);
        let amount = self.accrued(on) - before;
        (amount, amount.min((self.paid - before).max(0)))
    }
}

/// Late fee of an overdue instalment: `FLOOR((rest + step × days) / scale)` is charged `days` after the pace began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateRun {
    /// The instalment.
    pub instalment: u32,
    /// What was left below one rupiah, over `scale`.
    pub rest: i64,
    /// One day, over `scale`.
    pub step: i64,
    /// One rupiah.
    pub scale: i64,
}

impl LateRun {
    /// The charge of the `days`-th day.
    #[must_use]
    pub const fn of(&self, days: i64) -> i64 {
        (self.rest + self.step * days) / self.scale - (self.rest + self.step * (days - 1)) / self.scale
    }
}

/// What the late fees of one instalment are tested by: stored once for all its days, until one of these changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateBasis {
    /// The instalment.
    pub instalment: u32,
    /// The day from which its days are counted.
    pub due_on: Date,
    /// The cap row of the contract.
    pub cap_id: String,
    /// The benefit of the loan as it stands, rupiah: with the late fees never above the total cap.
    pub benefit: i64,
    /// The rate of the late fee, parts per million of its base.
    pub ppm: i64,
}

/// The pace of a loan from one day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// The books stand at the opening of this day, its events included.
    pub from: Date,
    /// Up to and including this day nothing happens by itself but `accrual` and `late`; `from` when not even one day.
    pub quiet_to: Date,
    /// Interest of the running period; none after the last due date.
    pub accrual: Option<Accrual>,
    /// Late fees that run, by instalment.
    pub late: Vec<LateRun>,
    /// Of every instalment that was ever charged for lateness; none without a cap row in the contract.
    pub basis: Vec<LateBasis>,
    /// The first due date of an instalment with unpaid principal or interest: DPD(D) = D less this, not below 0.
    pub oldest_due: Option<Date>,
    /// The days past due that a way out holds the quality at; 0 when none does or the loan is later than that.
    pub held_days: u32,
    /// Nothing will ever happen by itself again.
    pub resting: bool,
}

/// The journals of the days after `from` up to `to` that no event causes, the pace from `to` on and the position
/// there: what the nightly close needs for a loan that is not quiet. `from` = `to` gives no journals.
pub fn advance(
    contract: &Contract,
    events: &[Event],
    from: Date,
    to: Date,
) -> Result<(Vec<Journal>, Pace, Position), ServicingError> {
    let mut engine = Engine::new(contract, events)?;
    engine.record_from(from.saturating_add(Duration::DAY));
    engine.run_to(to)?;
    let pace = pace(&engine)?;
    let position = engine.clone().position(PayoffMode::ToDate)?;
    Ok((ledger::unprompted(&engine.into_steps()), pace, position))
}

/// The pace of a loan that stands where `engine` stands.
fn pace(engine: &Engine<'_>) -> Result<Pace, ServicingError> {
    let from = engine.day;
    let rounding = engine.contract.terms.interest_rounding;
    let tomorrow = from.saturating_add(Duration::DAY);
    let mut resting = engine.credit == 0;
    for line in &engine.lines {
        let interest = line.due[Component::Interest as usize];
        resting &= line.open_total() == 0 && line.accrued(from, rounding)? == interest;
    }
    let open = engine.lines.iter().filter(|line| line.open_debt() > 0);
    let held = engine.quality_days();
    let mut pace = Pace {
        from,
        quiet_to: from,
        accrual: None,
        late: Vec::new(),
        basis: late_basis(engine),
        oldest_due: open.map(|line| line.due_on).min(),
        held_days: if held > engine.days_past_due() { held } else { 0 },
        resting,
    };
    let mut ahead = engine.clone();
    ahead.restart_record(tomorrow);
    let mut horizon = from.saturating_add(HORIZON);
    if let Some(line) = engine.lines.iter().find(|line| line.period.contains(tomorrow)) {
        horizon = line.period.due_on;
        let Ok((since, base, day)) = line.daily(from, rounding) else {
            return Ok(pace);
        };
        let largest = day.num().saturating_mul(i128::from(line.period.days() + 1));
        let (Some(num), Some(den)) = (small(largest, day.num()), small(day.den(), day.den())) else {
            return Ok(pace);
        };
        pace.accrual = Some(Accrual {
            instalment: line.number,
            since,
            due_on: line.period.due_on,
            base,
            num,
            den,
            whole: line.due[Component::Interest as usize],
            paid: line.paid[Component::Interest as usize],
        });
    }
    ahead.run_to(tomorrow)?;
    if !pace.find_late_runs(engine, &ahead) {
        return Ok(pace);
    }
    // The engine walks on as long as it does what the formulas say.
    let mut day = tomorrow;
    // The quality ends to be held in the night after a due date, without a rupiah moving.
    while pace.steps(day) == ahead.take_steps() && pace.quality_days(day) == ahead.quality_days() {
        pace.quiet_to = day;
        day = day.saturating_add(Duration::DAY);
        if day > horizon {
            break;
        }
        ahead.run_to(day)?;
    }
    Ok(pace)
}

fn late_basis(engine: &Engine<'_>) -> Vec<LateBasis> {
    let Some(cap) = &engine.contract.cap else {
        return Vec::new();
    };
    let charged = engine.lines.iter().filter(|line| line.late_days > 0);
    let basis = charged.map(|line| LateBasis {
        instalment: line.number,
        due_on: line.due_on,
        cap_id: cap.id.clone(),
        benefit: engine.benefit(),
        ppm: engine.contract.late_fee.ppm,
    });
    let mut basis: Vec<_> = basis.collect();
    // Both halves of an instalment have its number; the first one is late first.
    basis.dedup_by_key(|basis| basis.instalment);
    basis
}

/// `value` as 64 bits when `largest`, the biggest it grows to, is small enough.
fn small(largest: i128, value: i128) -> Option<i64> {
    (largest < LARGEST)
        .then_some(value)
        .and_then(|value| i64::try_from(value).ok())
}

impl Pace {
    /// What the first day added to the exact late fee of each line is what each further day adds. False when the
    /// numbers are too large.
    fn find_late_runs(&mut self, before: &Engine<'_>, after: &Engine<'_>) -> bool {
        let scale = late_fee::scale(before.contract.late_fee);
        for (old, new) in before.lines.iter().zip(&after.lines) {
            let (rest, step) = (old.late_exact % scale, new.late_exact - old.late_exact);
            if step == 0 {
                continue;
            }
            let largest = rest + step * (i128::from(HORIZON.whole_days()) + 1);
            let numbers = (small(largest, rest), small(largest, step), small(scale, scale));
            let (Some(rest), Some(step), Some(scale)) = numbers else {
                return false;
            };
            self.late.push(LateRun {
                instalment: old.number,
                rest,
                step,
                scale,
            });
        }
        true
    }

    /// What the formulas say of `day`, in the order of the engine.
    fn steps(&self, day: Date) -> Vec<Step> {
        let interest = self.accrual.map(|accrual| {
            let (amount, unearned) = accrual.of(day);
            Step::Interest {
                on: day,
                line: accrual.instalment,
                amount,
                unearned,
            }
        });
        let days = days_between(self.from, day);
        let late = self.late.iter().map(|run| Step::LateFee {
            on: day,
            line: run.instalment,
            amount: run.of(days),
        });
        let counts =
            |step: &Step| matches!(step, Step::Interest { amount, .. } | Step::LateFee { amount, .. } if *amount != 0);
        interest.into_iter().chain(late).filter(counts).collect()
    }

    /// The days past due that decide the quality at the opening of `day`, within the quiet days.
    #[must_use]
    pub fn quality_days(&self, day: Date) -> u32 {
        let late = self.oldest_due.map_or(0, |due_on| days_late(due_on, day));
        late.max(self.held_days)
    }

    /// The journals of a quiet day.
    #[must_use]
    pub fn journals(&self, day: Date) -> Vec<Journal> {
        ledger::unprompted(&self.steps(day))
    }

    /// The accrued and unearned interest and the late fees that the formulas add from the beginning of the pace up to
    /// `on`, within the quiet days: what account 1110, 2110 and 1130 of this loan grow by.
    #[must_use]
    pub fn growth(&self, on: Date) -> (i64, i64, i64) {
        let (mut receivable, mut unearned) = (0, 0);
        if let Some(accrual) = &self.accrual {
            let (before, after) = (accrual.accrued(self.from), accrual.accrued(on));
            let paid = accrual.paid;
            receivable = (after - paid).max(0) - (before - paid).max(0);
            unearned = (paid - after).max(0) - (paid - before).max(0);
        }
        let days = days_between(self.from, on);
        let late = self
            .late
            .iter()
            .map(|run| (run.rest + run.step * days) / run.scale)
            .sum();
        (receivable, unearned, late)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::generate::history;
    use super::super::replay;
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn quiet_days_are_what_the_engine_books(history in history(), offset in 0..400_i64) {
            let (contract, events) = (&history.contract, &history.events);
            let last = events.iter().map(|event| event.effective_on).fold(contract.terms.start, Date::max);
            let from = last + Duration::days(offset);
            let (none, pace, position) = advance(contract, events, from, from).unwrap();
            prop_assert_eq!(none, []);
            prop_assert_eq!(&position, &replay(contract, events, from).unwrap());
            let booked = ledger::accruals(contract, events, from, pace.quiet_to).unwrap();
            let mut formula = Vec::new();
            let mut day = from;
            while day < pace.quiet_to {
                day += Duration::DAY;
                formula.extend(pace.journals(day));
            }
            prop_assert_eq!(booked, formula);
            let then = replay(contract, events, pace.quiet_to).unwrap();
            let (interest, unearned, late) = pace.growth(pace.quiet_to);
            prop_assert_eq!(position.accrued_interest.get() + interest, then.accrued_interest.get());
            prop_assert_eq!(position.unearned_interest.get() + unearned, then.unearned_interest.get());
            prop_assert_eq!(position.late_fees.get() + late, then.late_fees.get());
            prop_assert_eq!(position.outstanding_principal, then.outstanding_principal);
            let dpd = pace.oldest_due.map_or(0, |due| days_between(due, pace.quiet_to).max(0));
            prop_assert_eq!(i64::from(then.days_past_due), dpd);
            prop_assert_eq!(then.quality_days, pace.quality_days(pace.quiet_to));
            if pace.resting {
                let later = pace.quiet_to + Duration::days(500);
                prop_assert_eq!(ledger::accruals(contract, events, from, later).unwrap(), []);
            }
        }
    }

    #[test]
    fn a_plain_loan_is_quiet_until_its_due_date() {
        use super::super::vectors::contract;
        use crate::loans::{product::Method, schedule::Terms};
        use crate::{money::Rupiah, rate::Rate};
        use time::macros::date;
        let terms = Terms::new(
            Method::Annuity,
            Rupiah::new(3_000_000),
            Rate::monthly(25_000),
            6,
            date!(2026 - 09 - 05),
        );
        let contract = contract(terms);
        let (journals, pace, _) = advance(&contract, &[], date!(2026 - 09 - 05), date!(2026 - 09 - 20)).unwrap();
        assert_eq!(journals.len(), 15);
        assert_eq!(pace.quiet_to, date!(2026 - 10 - 05));
        // Nothing was paid: the first day late is the engine's, then it is quiet again.
        let (_, pace, _) = advance(&contract, &[], date!(2026 - 10 - 05), date!(2026 - 10 - 06)).unwrap();
        assert_eq!((pace.quiet_to, pace.late.len()), (date!(2026 - 11 - 05), 1));
        assert_eq!(pace.oldest_due, Some(date!(2026 - 10 - 05)));
    }
}
