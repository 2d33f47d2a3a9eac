//! The schedule of instalments: a pure function of the terms.
//!
//! Enters: [`Terms`]. Leaves: [`Schedule`], or a [`TermsError`] that names the field and the rule.
//! The same terms give the same bytes on the server and in the browser. Interest periods and their
//! factors are in `period`, the lines over what is left of a loan in `remaining`.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::calendar::days_between;
use crate::loans::period::{InterestPeriod, PeriodMaker, periods};
use crate::loans::product::FeeWhen;
use crate::loans::remaining::{Remaining, flat_lines};
use crate::money::Rupiah;

pub use crate::loans::product::Method;
pub use crate::loans::terms::{MAX_COUNT, Terms, TermsError};

/// One instalment of a schedule; all amounts in rupiah, none negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// From 1.
    pub number: u32,
    /// Last day on which payment is on time, after any holiday move.
    pub due_on: Date,
    /// Principal part.
    pub principal: Rupiah,
    /// Interest part.
    pub interest: Rupiah,
    /// Our fees of this line.
    pub fee: Rupiah,
    /// Principal left after this line, before any tranche on its due date.
    pub balance: Rupiah,
}

impl Line {
    /// The amount of the instalment: principal + interest.
    #[must_use]
    pub const fn instalment(&self) -> Rupiah {
        Rupiah::new(self.principal.get() + self.interest.get())
    }

    /// What the borrower pays: principal + interest + fee.
    #[must_use]
    pub const fn total(&self) -> Rupiah {
        Rupiah::new(self.instalment().get() + self.fee.get())
    }
}

/// A schedule: Σ principal is the agreement amount, the last balance is 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The disbursement date.
    pub start: Date,
    /// The last due date before any holiday move; ends the tenor of the cap.
    pub ends_on: Date,
    /// The agreement amount: the principal of all disbursements.
    pub principal: Rupiah,
    /// What reaches the borrower: principal less deducted fees.
    pub net_cash: Rupiah,
    /// Σ interest.
    pub total_interest: Rupiah,
    /// All our fees, deducted ones too.
    pub total_fees: Rupiah,
    /// The instalments.
    pub lines: Vec<Line>,
}

impl Schedule {
    /// Interest and all our fees, before pass-through costs.
    #[must_use]
    pub const fn charges(&self) -> Rupiah {
        Rupiah::new(self.total_interest.get() + self.total_fees.get())
    }

    /// Σ principal + interest of all lines.
    #[must_use]
    pub const fn total(&self) -> Rupiah {
        Rupiah::new(self.principal.get() + self.total_interest.get())
    }

    /// Everything the borrower pays with the instalments: Σ principal + interest + fee of the lines.
    #[must_use]
    pub const fn total_paid(&self) -> Rupiah {
        Rupiah::new(self.net_cash.get() + self.charges().get())
    }

    /// Calendar days from disbursement to the last due date before any holiday move.
    #[must_use]
    pub fn tenor_days(&self) -> i64 {
        days_between(self.start, self.ends_on)
    }

    /// The largest amount payable on one due date.
    #[must_use]
    pub fn largest(&self) -> Rupiah {
        self.lines.iter().map(Line::total).max().unwrap_or(Rupiah::ZERO)
    }
}

/// Computes the schedule of the terms.
pub fn schedule(terms: &Terms) -> Result<Schedule, TermsError> {
    terms.check()?;
    let (ends_on, mut lines) = match terms.fixed_instalment {
        Some(instalment) => fixed_instalment_lines(terms, instalment)?,
        None => {
            let periods = periods(terms, terms.count)?;
            let ends_on = periods.last().ok_or(TermsError::Count)?.unmoved_due_on;
            (ends_on, lines(terms, &periods)?)
        }
    };
    if lines
        .iter()
        .any(|line| !line.instalment().is_positive() || line.principal.is_negative())
    {
        let exact = terms.multiple == Rupiah::new(1);
        return Err(if exact {
            TermsError::ZeroInstalment
        } else {
            TermsError::MultipleTooBig
        });
    }
    let principal = terms.total_principal()?;
    let deducted = add_fees(terms, principal, &mut lines)?;
    let total_fees = Rupiah::checked_sum(lines.iter().map(|line| line.fee))?.checked_add(deducted)?;
    let total_interest = Rupiah::checked_sum(lines.iter().map(|line| line.interest))?;
    // Proves once that the sums of the methods of `Schedule` fit.
    principal.checked_add(total_interest)?.checked_add(total_fees)?;
    let net_cash = principal.checked_sub(deducted)?;
    if !net_cash.is_positive() {
        return Err(TermsError::Fee);
    }
    Ok(Schedule {
        start: terms.start,
        ends_on,
        principal,
        net_cash,
        total_interest,
        total_fees,
        lines,
    })
}

/// The lines of terms with a number of instalments, before fees.
fn lines(terms: &Terms, periods: &[InterestPeriod]) -> Result<Vec<Line>, TermsError> {
    if terms.method == Method::Flat {
        return flat_lines(terms, periods);
    }
    let mut tranches = terms.tranches.clone();
    tranches.sort_by_key(|(on, _)| *on);
    if let (Some((on, _)), Some(last)) = (tranches.last(), periods.last())
        && *on >= last.due_on
    {
        return Err(TermsError::TrancheDate);
    }
    let mut done: Vec<Line> = Vec::with_capacity(periods.len());
    let mut from = 0;
    let mut opening = terms.principal;
    let mut changes: &[(Date, Rupiah)] = &[];
    let mut rest = tranches.as_slice();
    loop {
        let remaining = Remaining {
            periods: &periods[from..],
            opening,
            changes,
            method: terms.method,
            multiple: terms.multiple,
            instalment_rounding: terms.instalment_rounding,
            interest_rounding: terms.interest_rounding,
        };
        done.truncate(from);
        done.extend(remaining.strict_lines()?);
        let Some((on, _)) = rest.first() else {
            return Ok(done);
        };
        // A tranche on a due date opens the next period.
        from = periods
            .iter()
            .position(|period| *on < period.due_on)
            .ok_or(TermsError::TrancheDate)?;
        opening = if from == 0 {
            terms.principal
        } else {
            done[from - 1].balance
        };
        let inside = rest.iter().take_while(|(on, _)| *on < periods[from].due_on).count();
        (changes, rest) = rest.split_at(inside);
    }
}

/// Lines of a given amount until balance + interest is not more than it; the last line is that.
fn fixed_instalment_lines(terms: &Terms, instalment: Rupiah) -> Result<(Date, Vec<Line>), TermsError> {
    let mut maker = PeriodMaker::new(terms);
    let mut balance = terms.principal;
    let mut lines = Vec::new();
    for _ in 0..MAX_COUNT {
        let period = maker.next_period()?;
        let interest = period.factor.of(balance, terms.interest_rounding)?;
        if instalment <= interest {
            return Err(TermsError::InstalmentTooSmall);
        }
        let principal = instalment.checked_sub(interest)?.min(balance);
        balance = balance.checked_sub(principal)?;
        lines.push(Line {
            number: period.number,
            due_on: period.due_on,
            principal,
            interest,
            fee: Rupiah::ZERO,
            balance,
        });
        if balance.is_zero() {
            return Ok((period.unmoved_due_on, lines));
        }
    }
    Err(TermsError::InstalmentTooSmall)
}

/// Writes the fees into the lines and returns what is deducted from the disbursement.
fn add_fees(terms: &Terms, principal: Rupiah, lines: &mut [Line]) -> Result<Rupiah, TermsError> {
    let mut deducted = Rupiah::ZERO;
    for fee in &terms.fees {
        if fee.when == FeeWhen::EachInstalment {
            for line in lines.iter_mut() {
                line.fee = line.fee.checked_add(fee.on(principal, line.instalment())?)?;
            }
            continue;
        }
        let amount = fee.on(principal, Rupiah::ZERO)?;
        if fee.deducted {
            deducted = deducted.checked_add(amount)?;
        } else if let Some(first) = lines.first_mut() {
            first.fee = first.fee.checked_add(amount)?;
        }
    }
    Ok(deducted)
}
