//! The limit and its ladder (tangga limit).
//!
//! Enters: the loans a borrower has closed, in order. Leaves: level, limit and what is available.
//! All figures are data of the policy.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::calendar::days_between;
use crate::money::{Overflow, Rupiah};

/// The figures of the ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    /// The limit of each level, from level 0.
    pub limits: Vec<Rupiah>,
    /// A clean loan was never more days past due than this.
    pub clean_dpd: u32,
    /// A clean loan ran at least this many days, else one could climb by borrowing and returning the same day.
    pub clean_days: i64,
    /// More days past due than this cost one level.
    pub one_level_above_dpd: u32,
    /// More days past due than this cost two levels.
    pub two_levels_above_dpd: u32,
    /// More days past due than this set the limit to Rp0 until a person sets it.
    pub blocked_above_dpd: u32,
}

impl Ladder {
    /// The first ladder: Rp4.000.000 to Rp20.000.000 in seven levels.
    #[must_use]
    pub fn first() -> Self {
        let millions = [4, 6, 8, 10, 13, 16, 20];
        Self {
            limits: millions.map(|count| Rupiah::new(count * 1_000_000)).to_vec(),
            clean_dpd: 3,
            clean_days: 30,
            one_level_above_dpd: 7,
            two_levels_above_dpd: 30,
            blocked_above_dpd: 90,
        }
    }
}

/// A loan that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndedLoan {
    /// Disbursement date.
    pub disbursed_on: Date,
    /// Date of payoff or write-off.
    pub ended_on: Date,
    /// The most days past due, without days proven to be our or the gateway's fault.
    pub worst_dpd: u32,
    /// Written off, even if recovered later.
    pub written_off: bool,
    /// A way out (8.9) took effect: that spoils no loan and makes none clean.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub helped: bool,
}

/// Something that moves a borrower on the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LadderStep {
    /// A loan ended.
    Ended(EndedLoan),
    /// A person set the level; lifts a block.
    SetByPerson(u32),
}

/// Where a borrower stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// From 0.
    pub level: u32,
    /// The limit is Rp0 until a person sets it.
    pub blocked: bool,
}

impl Ladder {
    /// The standing after all steps, in the order in which they happened.
    #[must_use]
    pub fn standing(&self, steps: &[LadderStep]) -> Standing {
        steps
            .iter()
            .fold(Standing::default(), |standing, step| self.after(standing, step))
    }

    fn after(&self, standing: Standing, step: &LadderStep) -> Standing {
        let top = u32::try_from(self.limits.len()).unwrap_or(u32::MAX).saturating_sub(1);
        let loan = match step {
            LadderStep::SetByPerson(level) => {
                return Standing {
                    level: (*level).min(top),
                    blocked: false,
                };
            }
            LadderStep::Ended(loan) => loan,
        };
        let level = standing.level;
        let clean = !loan.helped
            && loan.worst_dpd <= self.clean_dpd
            && days_between(loan.disbursed_on, loan.ended_on) >= self.clean_days;
        if loan.written_off || loan.worst_dpd > self.blocked_above_dpd {
            Standing {
                level: 0,
                blocked: true,
            }
        } else if loan.worst_dpd > self.two_levels_above_dpd {
            Standing {
                level: level.saturating_sub(2),
                ..standing
            }
        } else if loan.worst_dpd > self.one_level_above_dpd {
            Standing {
                level: level.saturating_sub(1),
                ..standing
            }
        } else if clean {
            Standing {
                level: (level + 1).min(top),
                ..standing
            }
        } else {
            standing
        }
    }

    /// The limit of a standing: the most principal a borrower may owe.
    #[must_use]
    pub fn limit(&self, standing: Standing) -> Rupiah {
        if standing.blocked {
            return Rupiah::ZERO;
        }
        let level = usize::try_from(standing.level).unwrap_or(usize::MAX);
        self.limits
            .get(level)
            .or(self.limits.last())
            .copied()
            .unwrap_or(Rupiah::ZERO)
    }
}

/// What may still be borrowed: limit − outstanding principal − accepted but not disbursed, not below Rp0.
pub fn available(limit: Rupiah, outstanding: Rupiah, reserved: Rupiah) -> Result<Rupiah, Overflow> {
    Ok(limit.less_at_zero(outstanding.checked_add(reserved)?))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;
    use crate::calendar::add_days;
    use crate::loans::product::Product;

    fn loan(days: i64, worst_dpd: u32) -> LadderStep {
        let disbursed_on = date!(2026 - 01 - 05);
        let ended_on = add_days(disbursed_on, days).unwrap();
        LadderStep::Ended(EndedLoan {
            disbursed_on,
            ended_on,
            worst_dpd,
            written_off: false,
            helped: false,
        })
    }

    fn level(steps: &[LadderStep]) -> u32 {
        Ladder::first().standing(steps).level
    }

    #[test]
    fn e30_two_clean_loans_then_a_late_one() {
        let ladder = Ladder::first();
        let mut steps = vec![loan(90, 0), loan(181, 3)];
        let limit = ladder.limit(ladder.standing(&steps));
        assert_eq!(limit, Rupiah::new(8_000_000));
        let left = available(limit, Rupiah::new(2_048_959), Rupiah::new(1_000_000)).unwrap();
        assert_eq!(left, Rupiah::new(4_951_041));
        assert_eq!(
            Product::sanggup_tunai().amount.floor(left),
            Some(Rupiah::new(4_900_000))
        );
        steps.push(loan(200, 12));
        assert_eq!(
            ladder.standing(&steps),
            Standing {
                level: 1,
                blocked: false
            }
        );
        assert_eq!(ladder.limit(ladder.standing(&steps)), Rupiah::new(6_000_000));
    }

    #[test]
    fn only_clean_loans_climb_and_late_ones_fall() {
        let up = [loan(90, 0), loan(90, 0), loan(90, 0)];
        for (days, dpd, expected) in [
            (30, 3, 4),
            (29, 0, 3),
            (90, 4, 3),
            (90, 7, 3),
            (90, 8, 2),
            (90, 30, 2),
            (90, 31, 1),
            (90, 90, 1),
        ] {
            let steps: Vec<_> = up.into_iter().chain([loan(days, dpd)]).collect();
            assert_eq!(level(&steps), expected, "{days} days, {dpd} past due");
        }
        assert_eq!(level(&[loan(90, 40)]), 0);
        assert_eq!(level(&[loan(90, 0); 9]), 6);
    }

    #[test]
    fn help_spoils_no_loan_and_makes_none_clean() {
        let helped = |dpd| match loan(90, dpd) {
            LadderStep::Ended(ended) => LadderStep::Ended(EndedLoan { helped: true, ..ended }),
            other => other,
        };
        let up = [loan(90, 0), loan(90, 0)];
        for (dpd, expected) in [(0, 2), (3, 2), (7, 2), (8, 1), (31, 0)] {
            let steps: Vec<_> = up.into_iter().chain([helped(dpd)]).collect();
            assert_eq!(level(&steps), expected, "{dpd} past due");
        }
        let plain = serde_json::to_string(&loan(90, 0)).unwrap();
        assert!(
            !plain.contains("helped"),
            "snapshots from before stay as they are: {plain}"
        );
        assert_eq!(serde_json::from_str::<LadderStep>(&plain).unwrap(), loan(90, 0));
    }

    #[test]
    fn a_loss_blocks_until_a_person_sets_the_level() {
        let ladder = Ladder::first();
        let LadderStep::Ended(ended) = loan(90, 0) else {
            panic!("an ended loan")
        };
        let lost = LadderStep::Ended(EndedLoan {
            written_off: true,
            ..ended
        });
        for loss in [lost, loan(200, 91)] {
            let blocked = ladder.standing(&[loan(90, 0), loss, loan(90, 0)]);
            assert!(blocked.blocked);
            assert_eq!(ladder.limit(blocked), Rupiah::ZERO);
            let lifted = ladder.standing(&[loss, LadderStep::SetByPerson(1)]);
            assert_eq!(ladder.limit(lifted), Rupiah::new(6_000_000));
        }
        assert_eq!(ladder.standing(&[LadderStep::SetByPerson(99)]).level, 6);
    }

    #[test]
    fn more_owed_than_the_limit_leaves_nothing() {
        let nothing = available(Rupiah::new(4_000_000), Rupiah::new(5_000_000), Rupiah::ZERO);
        assert_eq!(nothing, Ok(Rupiah::ZERO));
    }
}
