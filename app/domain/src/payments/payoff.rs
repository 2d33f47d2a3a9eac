//! Payoff to the day (rule 8.5). Enters: the lines, the day, the credit balance. Leaves: what paying
//! everything costs on that day.

use serde::{Deserialize, Serialize};
use time::Date;

use super::servicing::line::{Line, first_running};
use crate::loans::product::{Component, PayoffMode};
use crate::money::{Overflow, Rounding, Rupiah};

/// What paying everything costs on one day; valid for that day only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payoff {
    /// The day (Asia/Jakarta).
    pub date: Date,
    /// Unpaid principal.
    pub principal: Rupiah,
    /// Unpaid interest up to the day, less interest already paid for later instalments; may be negative.
    pub interest: Rupiah,
    /// Unpaid fees.
    pub fees: Rupiah,
    /// Unpaid late fees.
    pub late_fees: Rupiah,
    /// The credit balance that is used.
    pub credit: Rupiah,
    /// Principal + interest + fees + late fees − credit; negative when the borrower is owed it.
    pub total: Rupiah,
    /// Scheduled interest that will not be asked for.
    pub interest_saved: Rupiah,
}

/// The payoff of `lines` on `date`; `undisbursed` is principal that has not been lent yet.
pub(crate) fn quote(
    lines: &[Line],
    date: Date,
    credit: i64,
    undisbursed: i64,
    mode: PayoffMode,
    rounding: Rounding,
) -> Result<Payoff, Overflow> {
    let open = |component: Component| lines.iter().map(|line| line.open(component)).sum::<i64>();
    let later = &lines[first_running(lines, date)..];
    let saved = later
        .iter()
        .map(|line| line.due[Component::Interest as usize])
        .sum::<i64>()
        - running_interest(later, date, mode, rounding)?;
    let (principal, interest) = (
        open(Component::Principal) - undisbursed,
        open(Component::Interest) - saved,
    );
    let (fees, late_fees) = (open(Component::Fee), open(Component::LateFee));
    Ok(Payoff {
        date,
        principal: Rupiah::new(principal),
        interest: Rupiah::new(interest),
        fees: Rupiah::new(fees),
        late_fees: Rupiah::new(late_fees),
        credit: Rupiah::new(credit),
        total: Rupiah::new(principal + interest + fees + late_fees - credit),
        interest_saved: Rupiah::new(saved),
    })
}

/// Interest of the running period, the first of `later`, up to `date`; none on the day it begins.
fn running_interest(later: &[Line], date: Date, mode: PayoffMode, rounding: Rounding) -> Result<i64, Overflow> {
    let running = later.iter().take_while(|line| line.period.start < date);
    running
        .map(|line| match mode {
            PayoffMode::ToPeriodEnd => Ok(line.due[Component::Interest as usize]),
            PayoffMode::ToDate => line.accrued(date, rounding),
        })
        .sum()
}

/// Ends the interest of the periods that go on after `date`: the running one asks for what accrued, the later
/// ones, in which nothing has, for nothing.
pub(crate) fn end_interest(lines: &mut [Line], date: Date, rounding: Rounding) -> Result<(), Overflow> {
    let first = first_running(lines, date);
    for line in &mut lines[first..] {
        line.due[Component::Interest as usize] = line.accrued(date, rounding)?;
    }
    Ok(())
}
