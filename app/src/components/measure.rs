//! The maths of takaran sanggup: all monthly instalments against monthly income, as widths and words.
//!
//! Runs on both sides of the wire: the simulator redraws the gauge. Amounts are whole rupiah a month; the shares are
//! whole hundredths of a per cent of the width, so nothing here needs a fraction.

use domain::{loans::affordability, money::Rupiah};

/// A new instalment on the gauge of a borrower; all amounts in rupiah a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Income, existing instalments and the share in force.
    pub gauge: affordability::Gauge,
    /// The new instalment.
    pub new: Rupiah,
}

/// The whole width of the bar is half of the income.
const FULL_WIDTH_PERCENT: i64 = 50;

impl Measure {
    /// The highest sum of instalments; Rp0 without an income.
    pub fn limit(&self) -> Rupiah {
        self.gauge.limit_line().unwrap_or(Rupiah::ZERO).max(Rupiah::ZERO)
    }

    fn sum(&self) -> i128 {
        self.gauge.existing.wide() + self.new.wide()
    }

    /// Room left under the limit; Rp0 when it is exceeded.
    pub fn room(&self) -> Rupiah {
        self.gauge.room().unwrap_or(Rupiah::ZERO).less_at_zero(self.new)
    }

    /// Share of the income that all instalments take, in whole per cent, rounded up; 100 without an income.
    pub fn percent(&self) -> i64 {
        self.gauge.share_shown(self.new).unwrap_or(100)
    }

    /// Whether the instalments go over the limit.
    pub const fn is_over(&self) -> bool {
        !self.gauge.fits(self.new)
    }

    /// Width of `amount` on the bar in hundredths of a per cent, at most 10 000.
    fn width(&self, amount: i128) -> i64 {
        if !self.gauge.income.is_positive() {
            return 10_000;
        }
        let doubled = amount.max(0) * 2_000_000 / (self.gauge.income.wide() * i128::from(FULL_WIDTH_PERCENT));
        whole((doubled + 1) / 2).get().min(10_000)
    }

    /// Widths on the bar in hundredths of a per cent: other instalments, up to the line.
    pub(crate) fn other_width(&self) -> i64 {
        self.width(self.gauge.existing.wide()).min(self.limit_width())
    }

    /// All instalments, up to the line.
    pub(crate) fn new_width(&self) -> i64 {
        self.width(self.sum()).min(self.limit_width())
    }

    /// What goes over the line.
    pub(crate) fn over_width(&self) -> i64 {
        if self.is_over() {
            self.width(self.sum()) - self.new_width()
        } else {
            0
        }
    }

    /// The whole drawing as a sentence.
    pub(crate) fn sentence(&self) -> String {
        format!(
            "Cicilan {} persen dari penghasilan, batas {} persen atau {}",
            self.percent(),
            self.gauge.share_percent,
            self.limit(),
        )
    }

    /// Words over the line.
    pub(crate) fn line_words(&self) -> String {
        format!("Batas aman {}%, {}", self.gauge.share_percent, self.limit())
    }

    /// Where the line stands.
    pub(crate) fn limit_width(&self) -> i64 {
        (self.gauge.share_percent * 10_000 / FULL_WIDTH_PERCENT).min(10_000)
    }
}

/// Hundredths of a per cent as an SVG length.
pub(crate) fn percentage(hundredths: i64) -> String {
    match (hundredths / 100, hundredths % 100) {
        (whole, 0) => format!("{whole}%"),
        (whole, part) => format!("{whole}.{part:02}%"),
    }
}

/// A wide number as an amount; what does not fit is drawn as the largest one.
fn whole(number: i128) -> Rupiah {
    Rupiah::narrow(number).unwrap_or(Rupiah::new(i64::MAX))
}

/// The measure of the story in the design kit: income Rp4.500.000, other Rp350.000, new Rp544.650.
#[cfg(test)]
pub(crate) const SARI: Measure = Measure {
    gauge: affordability::Gauge {
        income: Rupiah::new(4_500_000),
        existing: Rupiah::new(350_000),
        share_percent: 30,
    },
    new: Rupiah::new(544_650),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_of_the_kit_measures_twenty_per_cent_with_room_left() {
        assert_eq!(
            (SARI.percent(), SARI.limit().get(), SARI.room().get(), SARI.is_over()),
            (20, 1_350_000, 455_350, false)
        );
        assert_eq!(
            (SARI.other_width(), SARI.new_width(), SARI.over_width()),
            (1_556, 3_976, 0)
        );
        assert_eq!(
            SARI.sentence(),
            "Cicilan 20 persen dari penghasilan, batas 30 persen atau Rp1.350.000"
        );
    }

    #[test]
    fn the_part_over_the_limit_begins_at_the_line() {
        let asked = Measure {
            new: Rupiah::new(1_400_549),
            ..SARI
        };
        assert_eq!((asked.percent(), asked.is_over()), (39, true));
        assert_eq!((asked.new_width(), asked.over_width()), (6_000, 1_780));
    }

    #[test]
    fn what_is_over_the_limit_without_the_new_instalment_is_over_it_too() {
        let owing = Measure {
            gauge: affordability::Gauge {
                existing: Rupiah::new(1_800_000),
                ..SARI.gauge
            },
            ..SARI
        };
        assert_eq!((owing.other_width(), owing.new_width()), (6_000, 6_000));
        assert_eq!(owing.over_width(), 4_000);
    }

    #[test]
    fn one_rupiah_decides_at_the_limit() {
        let at = Measure {
            new: Rupiah::new(1_000_000),
            ..SARI
        };
        assert!(!at.is_over());
        assert!(
            Measure {
                new: Rupiah::new(1_000_001),
                ..at
            }
            .is_over()
        );
    }

    #[test]
    fn no_income_and_huge_amounts_fill_the_bar_and_do_not_fail() {
        let none = Measure {
            gauge: affordability::Gauge {
                income: Rupiah::ZERO,
                ..SARI.gauge
            },
            ..SARI
        };
        assert_eq!((none.percent(), none.width(1), none.is_over()), (100, 10_000, true));
        let huge = Measure {
            new: Rupiah::new(i64::MAX),
            ..SARI
        };
        assert_eq!(huge.width(huge.sum()), 10_000);
        assert!(huge.is_over() && huge.percent() > 100);
    }

    #[test]
    fn widths_are_written_as_svg_lengths() {
        assert_eq!([0, 5, 3_976, 10_000].map(percentage), ["0%", "0.05%", "39.76%", "100%"]);
    }
}
