//! The day the money arrives (rule 7.5). Enters: the contract as consented to, the date of the gateway's success.
//! Leaves: the contract from that day on. Due dates move along; what each instalment asks for does not, whatever the
//! day count makes of the other dates, and what would break the daily cap then is waived on the last instalments.

use serde::{Deserialize, Serialize};
use time::Date;

use super::{Contract, ServicingError};
use crate::calendar::{add_days, days_between};
use crate::loans::period::periods;
use crate::loans::schedule::{TermsError, schedule};
use crate::money::{Overflow, Rounding, Rupiah, round_div};
use crate::rate::PPM;

/// What one instalment asks for by the agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreedLine {
    /// Pokok.
    pub principal: Rupiah,
    /// Bunga.
    pub interest: Rupiah,
    /// Biaya.
    pub fee: Rupiah,
}

/// What the instalments ask for: as agreed, or else as the terms give it.
pub(crate) fn amounts(contract: &Contract) -> Result<Vec<AgreedLine>, TermsError> {
    if !contract.agreed.is_empty() {
        return Ok(contract.agreed.clone());
    }
    let lines = schedule(&contract.terms)?.lines;
    let amounts = lines.iter().map(|line| AgreedLine {
        principal: line.principal,
        interest: line.interest,
        fee: line.fee,
    });
    Ok(amounts.collect())
}

/// The contract from the day the money arrived; a first due date that was agreed as a date moves along.
pub fn started(mut contract: Contract, on: Date) -> Result<Contract, ServicingError> {
    let moved = days_between(contract.terms.start, on);
    if moved == 0 {
        return Ok(contract);
    }
    let mut agreed = amounts(&contract)?;
    let terms = &mut contract.terms;
    if let Some(first_due) = terms.first_due {
        terms.first_due = Some(add_days(first_due, moved).map_err(TermsError::from)?);
    }
    terms.start = on;
    waive_above_cap(&contract, &mut agreed)?;
    contract.agreed.clear();
    if amounts(&contract)? != agreed {
        contract.agreed = agreed;
    }
    Ok(contract)
}

/// Takes the interest above the daily cap of the days the loan will run off the last instalments.
fn waive_above_cap(contract: &Contract, agreed: &mut [AgreedLine]) -> Result<(), ServicingError> {
    let Some(cap) = &contract.cap else {
        return Ok(());
    };
    let terms = &contract.terms;
    let count = u32::try_from(agreed.len()).map_err(|_| Overflow)?;
    let ends_on = periods(terms, count)?
        .last()
        .map_or(terms.start, |last| last.unmoved_due_on);
    let days = days_between(terms.start, ends_on);
    let schedule = schedule(terms)?;
    let deducted = schedule.principal.checked_sub(schedule.net_cash)?;
    let charged = agreed.iter().flat_map(|line| [line.interest, line.fee]);
    let benefit = Rupiah::checked_sum(charged.chain([deducted]))?;
    let allowed = i128::from(cap.benefit_ppm_per_day) * schedule.principal.wide() * i128::from(days);
    let allowed = Rupiah::narrow(round_div(allowed, PPM, Rounding::Floor))?;
    let mut excess = benefit.less_at_zero(allowed);
    for line in agreed.iter_mut().rev() {
        let waived = line.interest.min(excess);
        line.interest = line.interest.checked_sub(waived)?;
        excess = excess.checked_sub(waived)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::super::vectors::{contract, e1, on_time};
    use super::super::{cap_check, replay};
    use super::*;
    use crate::calendar::DayCount;
    use crate::loans::cap::{Cap, TenorClass, first_table, select};
    use crate::loans::product::{Method, PurposeType};
    use crate::loans::schedule::Terms;
    use crate::rate::Rate;

    fn cap(on: Date) -> Option<Cap> {
        select(&first_table(), on, PurposeType::Consumptive, TenorClass::AtLeast6Months).ok()
    }

    /// A8: Rp3.000.000 at 24 %, actual days over 365, six months from 2026-11-23.
    fn a8(rate: Rate) -> Contract {
        let start = date!(2026 - 11 - 23);
        let terms = Terms {
            day_count: DayCount::Act365,
            ..Terms::new(Method::Annuity, Rupiah::new(3_000_000), rate, 6, start)
        };
        Contract {
            cap: cap(start),
            ..contract(terms)
        }
    }

    fn instalments(contract: &Contract) -> Vec<i64> {
        let position = replay(contract, &[], contract.terms.start).unwrap();
        position.lines.iter().map(|line| line.instalment().get()).collect()
    }

    #[test]
    fn the_amounts_that_were_agreed_stay_and_only_the_dates_move() {
        let consented = a8(Rate::yearly(240_000));
        for on in [
            date!(2026 - 11 - 24),
            date!(2026 - 11 - 30),
            date!(2026 - 12 - 01),
            date!(2027 - 01 - 31),
        ] {
            let fresh = schedule(&Terms {
                start: on,
                ..consented.terms.clone()
            })
            .unwrap();
            let now = started(consented.clone(), on).unwrap();
            assert_eq!(now.terms.start, on);
            assert_eq!(instalments(&now), instalments(&consented), "{on}");
            let position = replay(&now, &[], on).unwrap();
            let due: Vec<_> = position.lines.iter().map(|line| line.due_on).collect();
            let moved: Vec<_> = fresh.lines.iter().map(|line| line.due_on).collect();
            assert_eq!(due, moved, "{on}");
            // Paid as agreed it closes, and its interest was earned to the rupiah.
            let closed = replay(&now, &on_time(&now, 6), date!(2028 - 01 - 01)).unwrap();
            assert!(closed.closed, "{on}");
        }
        assert_eq!(started(consented.clone(), consented.terms.start).unwrap(), consented);
    }

    #[test]
    fn with_thirty_360_nothing_is_kept_because_nothing_differs() {
        let now = started(e1(), date!(2027 - 01 - 31)).unwrap();
        assert!(now.agreed.is_empty());
        assert_eq!(instalments(&now), instalments(&e1()));
    }

    #[test]
    fn what_would_break_the_cap_over_fewer_days_is_waived_on_the_last_instalment() {
        // 0.1 % a day on the falling balance is far below the cap; one instalment of 31 days that becomes 28 is not.
        let start = date!(2026 - 12 - 31);
        let terms = Terms {
            day_count: DayCount::Act365,
            ..Terms::new(Method::Annuity, Rupiah::new(1_000_000), Rate::yearly(360_000), 1, start)
        };
        let consented = Contract {
            cap: cap(start),
            ..contract(terms)
        };
        let agreed = instalments(&consented);
        assert_eq!(agreed, [1_030_575], "31 days at 36 %: 98,6 % of the cap");
        let now = started(consented, date!(2027 - 01 - 31)).unwrap();
        let position = replay(&now, &[], date!(2027 - 01 - 31)).unwrap();
        assert_eq!(position.lines[0].due_on, date!(2027 - 02 - 28));
        assert_eq!(
            instalments(&now),
            [1_028_000],
            "28 days at 0,1 % a day and no rupiah more"
        );
        let check = cap_check(&now, &[], date!(2027 - 01 - 31)).unwrap().unwrap();
        assert!(check.pass && check.ppm == 1_000);
    }
}
