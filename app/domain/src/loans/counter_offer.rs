//! What would be approved instead of a request that does not fit.
//!
//! Enters: the request and the gates that depend on amount and tenor. Leaves: [`CounterOffer`]s, each with
//! its full schedule. The search is linear over the real schedules, because rounding makes the burden
//! not strictly monotonic.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::calendar::{Period, add_days, options};
use crate::loans::cap::CapCheck;
use crate::loans::decision::{Bench, DecideError, Priced, Snapshot};
use crate::loans::policy::Policy;
use crate::loans::schedule::Schedule;
use crate::money::Rupiah;
use crate::text;

options! {
    /// How a counter-offer was found.
    CounterOfferKind, "counter-offer" {
        /// The largest amount at the asked tenor.
        LargestAmount => "largest_amount",
        /// The shortest longer tenor at the asked amount.
        ShortestTenor => "shortest_tenor",
        /// The largest amount at the longest tenor.
        LongestTenor => "longest_tenor",
    }
}

/// Terms that would be approved; amounts in rupiah.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterOffer {
    /// How it was found.
    pub kind: CounterOfferKind,
    /// The amount.
    pub amount: Rupiah,
    /// Number of instalments.
    pub tenor: u32,
    /// The new monthly burden.
    pub burden: Rupiah,
    /// Interest more (or less, negative) than the request.
    pub extra_interest: Rupiah,
    /// Its schedule for disbursement on the day of the decision.
    pub schedule: Schedule,
    /// Its cap test.
    pub cap: CapCheck,
    /// The last date on which it can be accepted.
    pub valid_until: Date,
}

/// Searches A (largest amount), B (shortest longer tenor), and C (longest tenor) only if neither exists.
pub(super) fn search(
    bench: &Bench<'_>,
    snapshot: &Snapshot,
    policy: &Policy,
    asked: &Schedule,
) -> Result<Vec<CounterOffer>, DecideError> {
    let offer = |kind, amount, tenor, priced: Priced| -> Result<CounterOffer, DecideError> {
        Ok(CounterOffer {
            kind,
            amount,
            tenor,
            burden: priced.burden,
            extra_interest: priced.schedule.total_interest.checked_sub(asked.total_interest)?,
            schedule: priced.schedule,
            cap: priced.cap,
            valid_until: add_days(snapshot.today, i64::from(policy.counter_offer_days))?,
        })
    };
    let (amount, tenor) = (snapshot.amount, snapshot.tenor);
    let mut longer: Vec<u32> = bench
        .product
        .tenors
        .iter()
        .copied()
        .filter(|other| *other > tenor)
        .collect();
    longer.sort_unstable();
    let mut found = Vec::new();
    if let Some((largest, priced)) = largest_at(bench, amount, tenor)?.filter(|(largest, _)| *largest < amount) {
        found.push(offer(CounterOfferKind::LargestAmount, largest, tenor, priced)?);
    }
    for other in &longer {
        if let Some(priced) = fitting(bench, amount, *other)? {
            found.push(offer(CounterOfferKind::ShortestTenor, amount, *other, priced)?);
            break;
        }
    }
    if let (true, Some(longest)) = (found.is_empty(), longer.last())
        && let Some((largest, priced)) = largest_at(bench, amount, *longest)?
    {
        found.push(offer(CounterOfferKind::LongestTenor, largest, *longest, priced)?);
    }
    Ok(found)
}

/// The priced terms when every fixable gate passes; terms no schedule can be made of do not fit.
fn fitting(bench: &Bench<'_>, amount: Rupiah, tenor: u32) -> Result<Option<Priced>, DecideError> {
    match bench.price(amount, tenor) {
        Ok(priced) => Ok(Some(priced).filter(|priced| priced.failed.is_empty())),
        Err(DecideError::Terms(_) | DecideError::NoCap(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// The largest amount of the product that fits at this tenor, not above the asked one or the available limit.
fn largest_at(bench: &Bench<'_>, asked: Rupiah, tenor: u32) -> Result<Option<(Rupiah, Priced)>, DecideError> {
    let range = bench.product.amount;
    let Some(top) = range.floor(asked.min(bench.available)) else {
        return Ok(None);
    };
    for amount in range.amounts().rev().skip_while(|amount| *amount > top) {
        if let Some(priced) = fitting(bench, amount, tenor)? {
            return Ok(Some((amount, priced)));
        }
    }
    Ok(None)
}

impl CounterOffer {
    /// `Rp2.800.000 / 3 bulan`, for a product with this time between instalments.
    #[must_use]
    pub fn words(&self, every: Period) -> String {
        format!("{} / {}", self.amount, text::tenor(self.tenor, every))
    }
}
