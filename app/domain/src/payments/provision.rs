//! Cadangan kerugian: what the book is expected to lose (J17). Enters: outstanding principal and quality
//! of each loan, the rates. Leaves: the allowance that should stand. Loans written off are not in it: their
//! loss is taken.

use serde::{Deserialize, Serialize};

use super::arrears::QualityBands;
use crate::money::{Overflow, Rounding, Rupiah, round_div};
use crate::rate::PPM;

/// The share of outstanding principal set aside for each quality, best first, in ppm. Versioned data: no
/// text prescribes the shares of a direct lender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisionRates(pub [i64; 5]);

impl ProvisionRates {
    /// 1, 5, 15, 50 and 100 %: what banks use for the five qualities.
    pub const USUAL: Self = Self([10_000, 50_000, 150_000, 500_000, 1_000_000]);

    /// What is set aside for one loan, rupiah, half to even. `days_past_due` are those that decide its
    /// quality.
    pub fn of(self, outstanding: Rupiah, days_past_due: u32, bands: QualityBands) -> Result<Rupiah, Overflow> {
        Rupiah::narrow(round_div(
            outstanding.wide() * i128::from(self.0[bands.quality(days_past_due).place()]),
            PPM,
            Rounding::HalfEven,
        ))
    }
}

/// The allowance of a book by quality, best first: the sum over its loans, (outstanding principal, days past due).
pub fn provision(
    book: impl IntoIterator<Item = (Rupiah, u32)>,
    bands: QualityBands,
    rates: ProvisionRates,
) -> Result<[Rupiah; 5], Overflow> {
    let mut sums = [Rupiah::ZERO; 5];
    for (outstanding, days) in book {
        let of = &mut sums[bands.quality(days).place()];
        *of = of.checked_add(rates.of(outstanding, days, bands)?)?;
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allowance_follows_the_quality() {
        let table = [
            (2_048_959, 0, 20_490),
            (1_200_000, 30, 60_000),
            (900_000, 31, 135_000),
            (640_000, 90, 320_000),
            (510_000, 91, 510_000),
        ];
        let (bands, rates) = (QualityBands::POJK_10_2022, ProvisionRates::USUAL);
        for (outstanding, days, expected) in table {
            assert_eq!(
                rates.of(Rupiah::new(outstanding), days, bands),
                Ok(Rupiah::new(expected))
            );
        }
        let book = table.map(|(outstanding, days, _)| (Rupiah::new(outstanding), days));
        let sums = [20_490, 60_000, 135_000, 320_000, 510_000].map(Rupiah::new);
        assert_eq!(provision(book, bands, rates), Ok(sums));
        assert_eq!(provision([], bands, rates), Ok([Rupiah::ZERO; 5]));
        let most = Rupiah::new(i64::MAX);
        assert_eq!(provision([(most, 91), (most, 91)], bands, rates), Err(Overflow));
    }
}
