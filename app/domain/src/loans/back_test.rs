//! A back-test: what a policy would have decided on past applications, beside what was decided.
//!
//! Enters: the stored inputs and results of a period, decided again. Leaves: [`BackTest`], without which a policy
//! is not published (6.7). Pure counting; the order of the cases does not matter except for the list of flips.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::loans::decision::{DecideError, Decision, Outcome, ReasonCode};
use crate::money::{Overflow, Rupiah};

/// The most flips a report lists one by one; all are counted.
const LISTED: usize = 100;

/// How many applications, over how much money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Applications.
    pub cases: u32,
    /// What they asked for, rupiah.
    pub asked: Rupiah,
}

impl Count {
    fn add(&mut self, asked: Rupiah) -> Result<(), Overflow> {
        self.cases = self.cases.saturating_add(1);
        self.asked = self.asked.checked_add(asked)?;
        Ok(())
    }
}

/// Applications by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Approved.
    pub approve: Count,
    /// Left to a person.
    pub refer: Count,
    /// Not approved.
    pub decline: Count,
}

impl Tally {
    fn of(&mut self, outcome: Outcome) -> &mut Count {
        match outcome {
            Outcome::Approve => &mut self.approve,
            Outcome::Refer => &mut self.refer,
            Outcome::Decline => &mut self.decline,
        }
    }

    /// Applications of every outcome.
    #[must_use]
    pub const fn cases(&self) -> u32 {
        self.approve.cases + self.refer.cases + self.decline.cases
    }
}

/// One application that would have been decided otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flip {
    /// The number people read out.
    pub number: String,
    /// What was asked for, rupiah.
    pub asked: Rupiah,
    /// What was decided.
    pub before: Outcome,
    /// What would have been.
    pub after: Outcome,
    /// The gates that would not have passed.
    pub because: Vec<ReasonCode>,
}

/// How often a gate did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonCount {
    /// The gate.
    pub code: ReasonCode,
    /// Under the policy that decided.
    pub before: u32,
    /// Under the tested one.
    pub after: u32,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackTest {
    /// The tested version.
    pub version: u32,
    /// First date of the period, Asia/Jakarta.
    pub from: Date,
    /// Last date of the period.
    pub until: Date,
    /// What was decided.
    pub before: Tally,
    /// What would have been.
    pub after: Tally,
    /// Applications with another outcome.
    pub flipped: u32,
    /// The first of them.
    pub flips: Vec<Flip>,
    /// Applications for which the largest approvable amount changes (asked, or the best counter-offer).
    pub amount_changed: u32,
    /// Σ of the largest approvable amounts as decided, rupiah.
    pub approvable_before: Rupiah,
    /// Σ of them under the tested version, rupiah.
    pub approvable_after: Rupiah,
    /// Gates that did not pass, in the order of their codes.
    pub reasons: Vec<ReasonCount>,
    /// Applications the tested version cannot decide at all, or whose inputs were erased with the person.
    pub undecided: u32,
}

/// The largest amount that a decision would approve: the asked one, else of the best counter-offer.
fn approvable(decision: &Decision, asked: Rupiah) -> Rupiah {
    match decision.outcome {
        Outcome::Approve | Outcome::Refer => asked,
        Outcome::Decline => {
            let offers = decision.counter_offers.iter().map(|offer| offer.amount);
            offers.max().unwrap_or(Rupiah::ZERO)
        }
    }
}

impl BackTest {
    /// An empty report.
    #[must_use]
    pub fn new(version: u32, from: Date, until: Date) -> Self {
        let none = |code: &ReasonCode| ReasonCount {
            code: *code,
            before: 0,
            after: 0,
        };
        Self {
            version,
            from,
            until,
            before: Tally::default(),
            after: Tally::default(),
            flipped: 0,
            flips: Vec::new(),
            amount_changed: 0,
            approvable_before: Rupiah::ZERO,
            approvable_after: Rupiah::ZERO,
            reasons: ReasonCode::ALL.iter().map(none).collect(),
            undecided: 0,
        }
    }

    /// Adds one application: what was decided, and what the tested version makes of the same inputs.
    pub fn add(
        &mut self,
        number: &str,
        asked: Rupiah,
        before: &Decision,
        after: Result<&Decision, &DecideError>,
    ) -> Result<(), Overflow> {
        let Ok(after) = after else {
            self.undecided = self.undecided.saturating_add(1);
            return Ok(());
        };
        self.before.of(before.outcome).add(asked)?;
        self.after.of(after.outcome).add(asked)?;
        for count in &mut self.reasons {
            let failed =
                |decision: &Decision| u32::from(decision.reasons.iter().any(|reason| reason.code == count.code));
            let (old, new) = (failed(before), failed(after));
            count.before += old;
            count.after += new;
        }
        let (old, new) = (approvable(before, asked), approvable(after, asked));
        self.approvable_before = self.approvable_before.checked_add(old)?;
        self.approvable_after = self.approvable_after.checked_add(new)?;
        self.amount_changed += u32::from(old != new);
        if before.outcome != after.outcome {
            self.flipped += 1;
            if self.flips.len() < LISTED {
                self.flips.push(Flip {
                    number: number.to_owned(),
                    asked,
                    before: before.outcome,
                    after: after.outcome,
                    because: after.codes(),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loans::cap::first_table;
    use crate::loans::decision::{IdentityFacts, Policy, Snapshot, decide};
    use crate::loans::product::Product;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 23);

    fn snapshot(income: i64, evidence: bool, amount: i64, tenor: u32) -> Snapshot {
        let income = Rupiah::new(income);
        Snapshot {
            today: TODAY,
            amount: Rupiah::new(amount),
            tenor,
            identity: IdentityFacts {
                verified: true,
                birth_date: date!(1987 - 11 - 12),
                mismatch: false,
                duplicate: false,
                checks: None,
            },
            income_stated: income,
            income_evidenced: evidence.then_some(income),
            obligations_stated: Rupiah::ZERO,
            obligations_here: Rupiah::ZERO,
            bureau: None,
            online_lenders_stated: Some(0),
            ladder: Vec::new(),
            outstanding_here: Rupiah::ZERO,
            reserved_here: Rupiah::ZERO,
            overdue_here: false,
            unrecovered_loss_here: false,
            other_application_open: false,
        }
    }

    #[test]
    fn a_report_counts_outcomes_amounts_flips_and_reasons() {
        let (product, caps, live) = (Product::sanggup_tunai(), first_table(), Policy::first());
        // Stricter on income, and without asking for evidence.
        let mut draft = Policy::first();
        draft.version = 2;
        draft.shares.iter_mut().for_each(|share| share.percent = 20);
        draft.rules.retain(|rule| rule.code != ReasonCode::IncomeEvidence);
        let cases = [
            ("SGP-1", snapshot(4_500_000, true, 3_000_000, 6)), // 12 %: approved by both
            ("SGP-2", snapshot(2_500_000, true, 3_000_000, 6)), // 22 %: approved, now with a counter-offer
            ("SGP-3", snapshot(4_500_000, false, 3_000_000, 6)), // no evidence: referred, now approved
        ];
        let mut report = BackTest::new(2, TODAY, TODAY);
        for (number, snapshot) in &cases {
            let before = decide(snapshot, &live, &product, &caps).unwrap();
            let after = decide(snapshot, &draft, &product, &caps);
            report.add(number, snapshot.amount, &before, after.as_ref()).unwrap();
        }
        let counts = |tally: Tally| (tally.approve.cases, tally.refer.cases, tally.decline.cases);
        assert_eq!((counts(report.before), counts(report.after)), ((2, 1, 0), (2, 0, 1)));
        assert_eq!(report.before.approve.asked, Rupiah::new(6_000_000));
        assert_eq!(report.flipped, 2);
        let flips: Vec<_> = report
            .flips
            .iter()
            .map(|flip| (flip.number.as_str(), flip.before, flip.after))
            .collect();
        assert_eq!(
            flips,
            [
                ("SGP-2", Outcome::Approve, Outcome::Decline),
                ("SGP-3", Outcome::Refer, Outcome::Approve)
            ]
        );
        let reason = |code| {
            report
                .reasons
                .iter()
                .find(|count| count.code == code)
                .map(|count| (count.before, count.after))
        };
        assert_eq!(reason(ReasonCode::Affordability), Some((0, 1)));
        assert_eq!(reason(ReasonCode::IncomeEvidence), Some((1, 0)));
        assert_eq!(report.approvable_before, Rupiah::new(9_000_000));
        // The longer tenor keeps the whole amount within reach.
        assert_eq!(
            (report.approvable_after, report.amount_changed),
            (Rupiah::new(9_000_000), 0)
        );
        report
            .add(
                "SGP-4",
                Rupiah::new(1),
                &decide(&cases[0].1, &live, &product, &caps).unwrap(),
                Err(&DecideError::NoShare),
            )
            .unwrap();
        assert_eq!((report.undecided, report.after.cases()), (1, 3));
    }
}
