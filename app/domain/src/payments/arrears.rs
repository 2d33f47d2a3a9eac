//! Lateness of one loan and of the whole book. Enters: due dates, days past due, outstanding principal.
//! Leaves: days late, the quality of a loan, TWP and TKB.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::Date;

use crate::calendar::days_between;
use crate::money::{Overflow, Rounding, Rupiah, round_div};

/// Days past due on `on` of something unpaid that was due on `due_on`: 0 on the due date itself.
#[must_use]
pub fn days_late(due_on: Date, on: Date) -> u32 {
    u32::try_from(days_between(due_on, on)).unwrap_or(0)
}

/// The quality of a loan (POJK 10/2022), a word for staff and reports, never for borrowers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Lancar.
    Current,
    /// Dalam Perhatian Khusus.
    SpecialMention,
    /// Kurang Lancar.
    Substandard,
    /// Diragukan.
    Doubtful,
    /// Macet.
    Loss,
}

impl Quality {
    /// All five, best first.
    pub const ALL: [Self; 5] = [
        Self::Current,
        Self::SpecialMention,
        Self::Substandard,
        Self::Doubtful,
        Self::Loss,
    ];

    /// Its place in [`Quality::ALL`].
    #[must_use]
    pub const fn place(self) -> usize {
        self as usize
    }

    /// Its number in Indonesian reports (kolektibilitas), 1 to 5.
    #[must_use]
    pub const fn number(self) -> i16 {
        self as i16 + 1
    }

    /// The word in Indonesian reports.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Current => "Lancar",
            Self::SpecialMention => "Dalam Perhatian Khusus",
            Self::Substandard => "Kurang Lancar",
            Self::Doubtful => "Diragukan",
            Self::Loss => "Macet",
        }
    }
}

/// The last day past due of the first four qualities; versioned data, because the bands of the 2025
/// circular are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualityBands(pub [u32; 4]);

impl QualityBands {
    /// POJK 10/2022: 0, 1–30, 31–60, 61–90, above 90 days.
    pub const POJK_10_2022: Self = Self([0, 30, 60, 90]);

    /// The quality of a loan that is `days_past_due` days late.
    #[must_use]
    pub fn quality(self, days_past_due: u32) -> Quality {
        let at = self.0.iter().take_while(|last| days_past_due > **last).count();
        Quality::ALL[at]
    }
}

/// One loan in the figures of the book; written-off loans count until recovered, so that a write-off
/// cannot improve the figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exposure {
    /// Principal still owed, in rupiah.
    pub outstanding: Rupiah,
    /// Days past due of the loan.
    pub days_past_due: u32,
}

/// TWP and TKB above one number of days, in hundredths of a percent; they sum to 10 000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultRate {
    /// The number of days.
    pub above_days: u32,
    /// Outstanding principal of the loans later than that.
    pub late: Rupiah,
    /// Outstanding principal of all loans.
    pub outstanding: Rupiah,
    /// Tingkat wanprestasi, 250 = 2.50 %.
    pub twp: u32,
    /// Tingkat keberhasilan bayar, 9 750 = 97.50 %.
    pub tkb: u32,
}

/// The days for which TWP and TKB are published.
pub const PUBLISHED_DAYS: [u32; 4] = [0, 30, 60, 90];

/// Default and success rate of a book above `above_days` days past due (rule 9.3): half to even on TWP,
/// TKB is the rest, an empty book has TWP 0.00.
pub fn default_rate(book: &[Exposure], above_days: u32) -> Result<DefaultRate, Overflow> {
    let outstanding = Rupiah::checked_sum(book.iter().map(|loan| loan.outstanding))?;
    let late = book.iter().filter(|loan| loan.days_past_due > above_days);
    let late = Rupiah::checked_sum(late.map(|loan| loan.outstanding))?;
    let twp = match outstanding.wide() {
        0 => 0,
        all => round_div(late.wide() * 10_000, all, Rounding::HalfEven),
    };
    let twp = u32::try_from(twp).map_err(|_| Overflow)?;
    Ok(DefaultRate {
        above_days,
        late,
        outstanding,
        twp,
        tkb: 10_000 - twp,
    })
}

/// The first day past due of each collection bucket: current, 1–3, 4–30, 31–60 … 241 and more.
pub const BUCKETS: [u32; 11] = [0, 1, 4, 31, 61, 91, 121, 151, 181, 211, 241];

/// The bucket of a loan that is `days_past_due` days late, named by its first day.
#[must_use]
pub fn bucket(days_past_due: u32) -> u32 {
    let at = BUCKETS.partition_point(|first| *first <= days_past_due);
    BUCKETS[at.saturating_sub(1)]
}

/// The loans of one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ageing {
    /// First day past due of the bucket.
    pub from_days: u32,
    /// The quality of its loans.
    pub quality: Quality,
    /// How many loans.
    pub loans: i64,
    /// Their outstanding principal.
    pub outstanding: Rupiah,
}

/// The book by bucket and quality, from (days past due, days that decide the quality, loans, outstanding principal) in
/// any order; what has no loan is not listed. TWP follows from the buckets, whatever the quality is held at.
pub fn ageing(
    book: impl IntoIterator<Item = (u32, u32, i64, Rupiah)>,
    bands: QualityBands,
) -> Result<Vec<Ageing>, Overflow> {
    let mut parts: BTreeMap<(u32, Quality), (i64, Rupiah)> = BTreeMap::new();
    for (days, quality_days, loans, outstanding) in book {
        let part = parts.entry((bucket(days), bands.quality(quality_days)));
        let (count, sum) = part.or_insert((0, Rupiah::ZERO));
        *count += loans;
        *sum = sum.checked_add(outstanding)?;
    }
    let part = |((from_days, quality), (loans, outstanding))| Ageing {
        from_days,
        quality,
        loans,
        outstanding,
    };
    Ok(parts.into_iter().map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ageing_keeps_the_sum_and_the_rates() {
        let loans = [
            (2_048_959, 0),
            (1_200_000, 30),
            (900_000, 31),
            (750_000, 60),
            (640_000, 90),
            (510_000, 91),
        ];
        let each = loans.map(|(outstanding, days)| (days, days, 1, Rupiah::new(outstanding)));
        let parts = ageing(each, QualityBands::POJK_10_2022).unwrap();
        let firsts: Vec<_> = parts
            .iter()
            .map(|part| (part.from_days, part.loans, part.quality))
            .collect();
        let expected = [
            (0, 1, Quality::Current),
            (4, 1, Quality::SpecialMention),
            (31, 2, Quality::Substandard),
            (61, 1, Quality::Doubtful),
            (91, 1, Quality::Loss),
        ];
        assert_eq!(firsts, expected);
        let by_bucket: Vec<_> = parts
            .iter()
            .map(|part| Exposure {
                outstanding: part.outstanding,
                days_past_due: part.from_days,
            })
            .collect();
        assert_eq!(rates(&by_bucket), rates(&book(&loans)));
        for days in 0..400 {
            let quality = QualityBands::POJK_10_2022.quality(days);
            assert_eq!(quality, QualityBands::POJK_10_2022.quality(bucket(days)), "{days}");
        }
    }

    fn book(loans: &[(i64, u32)]) -> Vec<Exposure> {
        let exposure = |(outstanding, days_past_due): &(i64, u32)| Exposure {
            outstanding: Rupiah::new(*outstanding),
            days_past_due: *days_past_due,
        };
        loans.iter().map(exposure).collect()
    }

    fn rates(book: &[Exposure]) -> Vec<(u32, u32)> {
        let rate = |days: &u32| default_rate(book, *days).unwrap();
        PUBLISHED_DAYS
            .iter()
            .map(rate)
            .map(|rate| (rate.twp, rate.tkb))
            .collect()
    }

    #[test]
    fn a18_ninety_days_are_not_above_ninety() {
        let book = book(&[(9_750_000_000, 90), (250_000_000, 91)]);
        let rate = default_rate(&book, 90).unwrap();
        assert_eq!((rate.twp, rate.tkb, rate.late.get()), (250, 9_750, 250_000_000));
    }

    #[test]
    fn e57_the_book_of_seven_loans() {
        let book = book(&[
            (2_048_959, 0),
            (1_200_000, 30),
            (900_000, 31),
            (750_000, 60),
            (640_000, 90),
            (510_000, 91),
            (420_000, 200),
        ]);
        assert_eq!(
            rates(&book),
            [(6_833, 3_167), (4_978, 5_022), (2_427, 7_573), (1_438, 8_562)]
        );
        assert_eq!(default_rate(&book, 90).unwrap().late.get(), 930_000);
    }

    #[test]
    fn an_empty_book_has_no_default() {
        assert_eq!(rates(&[]), [(0, 10_000); 4]);
    }

    #[test]
    fn bands_change_on_the_day_after() {
        let table = [
            (0, Quality::Current),
            (1, Quality::SpecialMention),
            (30, Quality::SpecialMention),
            (31, Quality::Substandard),
            (60, Quality::Substandard),
            (61, Quality::Doubtful),
            (90, Quality::Doubtful),
            (91, Quality::Loss),
            (4_000, Quality::Loss),
        ];
        for (days, quality) in table {
            assert_eq!(QualityBands::POJK_10_2022.quality(days), quality, "{days}");
        }
    }
}
