//! What the unit tests of payments share.

use domain::{
    Rupiah,
    loans::{
        product::{Allocation, LateFee, LateFeeMethod, Method, OverdueInterest, PrepayMode},
        schedule::Terms,
    },
    payments::servicing::Contract,
    rate::Rate,
};
use time::{Date, format_description::well_known::Iso8601};

/// E1 of lending.md on another principal: 2.5 % a month, six months from 2026-09-05.
pub(super) fn contract(principal: i64) -> Contract {
    let rate = Rate::monthly(25_000);
    Contract {
        terms: Terms::new(Method::Annuity, Rupiah::new(principal), rate, 6, on("2026-09-05")),
        late_fee: LateFee {
            method: LateFeeMethod::Daily,
            ppm: 1_000,
            grace_days: 0,
        },
        allocation: Allocation::IPFL,
        prepay_default: PrepayMode::Next,
        total_cap_percent: 100,
        overdue_interest: OverdueInterest::None,
        cap: None,
        agreed: Vec::new(),
    }
}

pub(super) fn on(date: &str) -> Date {
    Date::parse(date, &Iso8601::DATE).expect("a date")
}
