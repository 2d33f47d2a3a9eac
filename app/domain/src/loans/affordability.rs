//! The affordability gauge (takaran sanggup): all instalments as a share of income.
//!
//! Enters: income, obligations, a schedule. Leaves: the exact test, the room that is left, words.
//! The share is data by date (POJK 10/2022, SEOJK 19/SEOJK.06/2023: 50 %, 40 %, then 30 %).

use serde::{Deserialize, Serialize};
use time::Date;

use crate::calendar::Period;
use crate::loans::schedule::Schedule;
use crate::money::{Overflow, Rounding, Rupiah, round_div};

/// The share of income all instalments may take, from a date on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareVersion {
    /// First date it applies to.
    pub valid_from: Date,
    /// Whole percent.
    pub percent: i64,
}

/// The share in force on a date; `None` before the first version.
#[must_use]
pub fn share_on(versions: &[ShareVersion], date: Date) -> Option<i64> {
    versions
        .iter()
        .filter(|version| version.valid_from <= date)
        .max_by_key(|version| version.valid_from)
        .map(|version| version.percent)
}

/// The monthly equivalent of a largest instalment, rounded up, never more than everything repayable.
pub fn monthly_burden(largest: Rupiah, every: Period, total_paid: Rupiah) -> Result<Rupiah, Overflow> {
    let (times, over) = match every {
        Period::Months(_) => (1, 1),
        Period::Weeks(weeks) => (52, 12 * i128::from(weeks)),
        Period::Days(days) => (365, 12 * i128::from(days)),
    };
    Ok(Rupiah::narrow(round_div(largest.wide() * times, over, Rounding::Ceil))?.min(total_paid))
}

/// The monthly equivalent of a schedule.
pub fn burden_of(schedule: &Schedule, every: Period) -> Result<Rupiah, Overflow> {
    monthly_burden(schedule.largest(), every, schedule.total_paid())
}

/// One reading of the gauge; all amounts in rupiah a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gauge {
    /// Net income.
    pub income: Rupiah,
    /// Instalments that exist already.
    pub existing: Rupiah,
    /// The share of income all instalments may take, whole percent.
    pub share_percent: i64,
}

impl Gauge {
    /// Whether a new burden fits: `(existing + new) × 100 ≤ income × share`, exactly.
    #[must_use]
    pub const fn fits(&self, burden: Rupiah) -> bool {
        (self.existing.wide() + burden.wide()) * 100 <= self.income.wide() * self.share_percent as i128
    }

    /// The limit line: the most all instalments together may be, rounded down.
    pub fn limit_line(&self) -> Result<Rupiah, Overflow> {
        Rupiah::narrow(round_div(
            self.income.wide() * i128::from(self.share_percent),
            100,
            Rounding::Floor,
        ))
    }

    /// The largest new burden allowed, not below Rp0.
    pub fn room(&self) -> Result<Rupiah, Overflow> {
        Ok(self.limit_line()?.less_at_zero(self.existing))
    }

    /// The share of income with a new burden, rounded up to a whole percent; `None` without income.
    #[must_use]
    pub fn share_shown(&self, burden: Rupiah) -> Option<i64> {
        let whole = (self.existing.wide() + burden.wide()) * 100;
        let shown = self
            .income
            .is_positive()
            .then(|| round_div(whole, self.income.wide(), Rounding::Ceil))?;
        i64::try_from(shown).ok()
    }

    /// `20% dari 30%`.
    #[must_use]
    pub fn words(&self, burden: Rupiah) -> String {
        match self.share_shown(burden) {
            Some(shown) => format!("{shown}% dari {}%", self.share_percent),
            None => format!("batas {}%", self.share_percent),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;
    use crate::loans::schedule::{Method, Terms, schedule};
    use crate::rate::Rate;

    fn gauge(income: i64, existing: i64) -> Gauge {
        Gauge {
            income: Rupiah::new(income),
            existing: Rupiah::new(existing),
            share_percent: 30,
        }
    }

    /// A20: one instalment after 30 days at 0.1 % a day.
    fn bullet(principal: i64) -> Schedule {
        let terms = Terms {
            every: Period::Days(30),
            ..Terms::new(
                Method::Annuity,
                Rupiah::new(principal),
                Rate::daily(1_000),
                1,
                date!(2026 - 11 - 23),
            )
        };
        schedule(&terms).unwrap()
    }

    #[test]
    fn a19_and_e27_share_and_room() {
        let burden = Rupiah::new(535_577);
        assert!(gauge(5_000_000, 800_000).fits(burden));
        assert_eq!(gauge(5_000_000, 800_000).share_shown(burden), Some(27));
        assert!(!gauge(4_000_000, 800_000).fits(burden));
        assert_eq!(gauge(4_000_000, 800_000).share_shown(burden), Some(34));
        assert_eq!(gauge(4_000_000, 800_000).room(), Ok(Rupiah::new(400_000)));
        let sari = gauge(4_500_000, 350_000);
        assert!(sari.fits(Rupiah::new(544_650)));
        assert_eq!(sari.words(Rupiah::new(544_650)), "20% dari 30%");
        assert_eq!(sari.limit_line(), Ok(Rupiah::new(1_350_000)));
        let left = sari.room().unwrap().checked_sub(Rupiah::new(544_650)).unwrap();
        assert_eq!(left, Rupiah::new(455_350));
    }

    #[test]
    fn a20_the_bullet_trap_counts_the_whole_amount() {
        let burden = |principal| burden_of(&bullet(principal), Period::Days(30)).unwrap();
        assert_eq!(burden(873_786), Rupiah::new(900_000));
        assert_eq!(burden(873_787), Rupiah::new(900_001));
        let poor = gauge(3_000_000, 0);
        assert!(poor.fits(burden(873_786)));
        assert!(!poor.fits(burden(873_787)));
        assert!(!poor.fits(burden(1_000_000)));
    }

    #[test]
    fn e28_weeks_and_days_become_months() {
        let month = |largest, every| monthly_burden(Rupiah::new(largest), every, Rupiah::MAX_INPUT).unwrap();
        assert_eq!(month(191_746, Period::Weeks(1)), Rupiah::new(830_900));
        assert_eq!(month(613_182, Period::Days(15)), Rupiah::new(1_243_397));
    }

    #[test]
    fn e29_two_instalments_make_the_bullet_affordable() {
        let terms = Terms::new(
            Method::Annuity,
            Rupiah::new(1_000_000),
            Rate::daily(1_000),
            2,
            date!(2026 - 11 - 23),
        );
        let plan = schedule(&terms).unwrap();
        let amounts: Vec<_> = plan
            .lines
            .iter()
            .map(|line| (line.instalment().get(), line.interest.get()))
            .collect();
        assert_eq!(amounts, [(522_861, 30_000), (522_860, 15_721)]);
        assert!(gauge(3_000_000, 0).fits(burden_of(&plan, Period::Months(1)).unwrap()));
    }

    #[test]
    fn the_share_follows_its_date() {
        let versions = [(2024, 50), (2025, 40), (2026, 30)].map(|(year, percent)| ShareVersion {
            valid_from: Date::from_ordinal_date(year, 1).unwrap(),
            percent,
        });
        assert_eq!(share_on(&versions, date!(2023 - 12 - 31)), None);
        assert_eq!(share_on(&versions, date!(2024 - 06 - 01)), Some(50));
        assert_eq!(share_on(&versions, date!(2025 - 12 - 31)), Some(40));
        assert_eq!(share_on(&versions, date!(2026 - 01 - 01)), Some(30));
    }

    #[test]
    fn without_income_nothing_fits_and_no_share_is_shown() {
        assert!(!gauge(0, 0).fits(Rupiah::new(1)));
        assert_eq!(gauge(0, 0).share_shown(Rupiah::new(1)), None);
        assert_eq!(gauge(0, 0).words(Rupiah::new(1)), "batas 30%");
    }

    proptest! {
        #[test]
        fn a_burden_fits_exactly_when_it_is_within_the_room(
            income in 0_i64..2_000_000_000, existing in 0_i64..2_000_000_000, burden in 1_i64..2_000_000_000,
        ) {
            let gauge = gauge(income, existing);
            prop_assert_eq!(gauge.fits(Rupiah::new(burden)), Rupiah::new(burden) <= gauge.room().unwrap());
        }
    }
}
