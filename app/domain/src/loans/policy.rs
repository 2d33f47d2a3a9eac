//! The thresholds of a decision as data.
//!
//! Enters: a published version. Leaves: the figures the gates compare with. Immutable from shadow on; a
//! change makes a new version. Figures that may be law are versions by date, never constants in rules.

use serde::{Deserialize, Serialize};
use time::Date;
use time::macros::date;

use crate::loans::affordability::{ShareVersion, share_on};
use crate::loans::limit::Ladder;
use crate::money::Rupiah;

pub use crate::loans::policy_rules::{PolicyFault, Rule, first_rules};

/// The minimum income from a date on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncomeMinimum {
    /// First date it applies to.
    pub valid_from: Date,
    /// Net income, rupiah a month.
    pub amount: Rupiah,
}

/// One version of the decision policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Version number from 1.
    pub version: u32,
    /// Share of income all instalments may take, by date.
    pub shares: Vec<ShareVersion>,
    /// Minimum income, by date.
    pub income_minimums: Vec<IncomeMinimum>,
    /// Youngest age, years.
    pub age_min: i32,
    /// Most online lenders owed, us included.
    pub max_platforms: u32,
    /// Most consumptive principal owed to all lenders.
    pub consumptive_ceiling: Rupiah,
    /// Whether a missing bureau answer refers.
    pub bureau_required: bool,
    /// The limit ladder.
    pub ladder: Ladder,
    /// A person alone approves up to this amount; above it a second officer must agree.
    pub second_officer_above: Rupiah,
    /// Days a counter-offer stays open.
    pub counter_offer_days: u16,
    /// Days in which a human review may be asked for.
    pub review_days: u16,
    /// The gates that look at the person, in order. A policy stored before rules were data has the first ones.
    #[serde(default = "first_rules")]
    pub rules: Vec<Rule>,
    /// The last date on which it decides; afterwards nothing is decided until a new version is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
}

impl Policy {
    /// The first policy, without a score.
    #[must_use]
    pub fn first() -> Self {
        let share = |valid_from, percent| ShareVersion { valid_from, percent };
        Self {
            version: 1,
            shares: vec![
                share(date!(2024 - 01 - 01), 50),
                share(date!(2025 - 01 - 01), 40),
                share(date!(2026 - 01 - 01), 30),
            ],
            income_minimums: vec![IncomeMinimum {
                valid_from: date!(2027 - 01 - 01),
                amount: Rupiah::new(3_000_000),
            }],
            age_min: 18,
            max_platforms: 3,
            consumptive_ceiling: Rupiah::new(2_000_000_000),
            bureau_required: false,
            ladder: Ladder::first(),
            second_officer_above: Rupiah::new(3_500_000),
            counter_offer_days: 7,
            review_days: 30,
            rules: first_rules(),
            valid_until: None,
        }
    }

    /// The share of income in force on a date, whole percent; `None` before the first version and once expired: fails
    /// closed.
    #[must_use]
    pub fn share_on(&self, date: Date) -> Option<i64> {
        let valid = self.valid_until.is_none_or(|last| date <= last);
        share_on(&self.shares, date).filter(|_| valid)
    }

    /// The minimum income in force on a date; `None` before the first version.
    #[must_use]
    pub fn income_minimum_on(&self, date: Date) -> Option<Rupiah> {
        self.income_minimums
            .iter()
            .filter(|minimum| minimum.valid_from <= date)
            .max_by_key(|minimum| minimum.valid_from)
            .map(|minimum| minimum.amount)
    }
}
