//! Partial prepayment (rule 8.4): what is left of a loan is laid out anew. Enters: the lines, the day,
//! the principal that is repaid early, the mode. Leaves: the lines not yet due, changed in place.

use time::Date;

use super::servicing::line::{Line, first_running};
use crate::loans::product::{Component, Method, PrepayMode};
use crate::loans::remaining::Remaining;
use crate::loans::schedule::{Terms, TermsError};
use crate::money::Rupiah;

const INTEREST: usize = Component::Interest as usize;
const PRINCIPAL: usize = Component::Principal as usize;
const FEE: usize = Component::Fee as usize;

/// Principal and interest of a line.
type Amounts = (i64, i64);

/// Takes `prepaid` off the principal of the lines due after `on` and lays them out again. Everything
/// due by then is paid, nothing of the later lines is, and `prepaid` is not above their principal.
pub(crate) fn replan(
    terms: &Terms,
    lines: &mut Vec<Line>,
    on: Date,
    prepaid: i64,
    mode: PrepayMode,
) -> Result<(), TermsError> {
    let first = first_running(lines, on);
    unsplit(lines, first);
    let Some(running) = lines.get_mut(first) else {
        return Ok(());
    };
    running.changes.push((on, Rupiah::new(-prepaid)));
    let left = &lines[first..];
    let plan = match mode {
        PrepayMode::Term => shorten(terms, left, prepaid)?,
        PrepayMode::Instalment => lower(terms, left)?,
        PrepayMode::Next => next_bills(terms, left, prepaid)?,
    };
    write(lines, first, &plan);
    Ok(())
}

/// Puts the halves of an instalment together again: it is laid out anew.
pub(crate) fn unsplit(lines: &mut Vec<Line>, first: usize) {
    while let Some(at) = (first..lines.len()).find(|at| lines[*at].first_part) {
        let second = lines.remove(at + 1);
        let line = &mut lines[at];
        for (whole, part) in line
            .due
            .iter_mut()
            .chain(&mut line.paid)
            .zip(second.due.iter().chain(&second.paid))
        {
            *whole += part;
        }
        line.agreed += second.agreed;
        line.late_spans.extend(second.late_spans);
        line.first_part = false;
    }
}

/// `term`: every instalment keeps its amount (equal principal: its principal) until the balance ends.
fn shorten(terms: &Terms, left: &[Line], prepaid: i64) -> Result<Vec<Amounts>, TermsError> {
    spread(terms, left, prepaid, |line, interest| match terms.method {
        Method::EqualPrincipal => line.due[PRINCIPAL],
        Method::Annuity | Method::Flat => line.instalment() - interest,
    })
}

/// `instalment`: the rest is spread over the same dates as a new loan would be.
fn lower(terms: &Terms, left: &[Line]) -> Result<Vec<Amounts>, TermsError> {
    let periods: Vec<_> = left.iter().map(|line| line.period).collect();
    let changes = left[0].all_changes();
    let remaining = Remaining {
        periods: &periods,
        opening: left[0].opening,
        changes: &changes,
        method: terms.method,
        multiple: terms.multiple,
        instalment_rounding: terms.instalment_rounding,
        interest_rounding: terms.interest_rounding,
    };
    Ok(remaining
        .lines()?
        .iter()
        .map(|line| (line.principal.get(), line.interest.get()))
        .collect())
}

/// `next`: the prepaid amount is taken off the next bills, of which the interest remains.
fn next_bills(terms: &Terms, left: &[Line], prepaid: i64) -> Result<Vec<Amounts>, TermsError> {
    let mut credit = prepaid;
    spread(terms, left, prepaid, |line, interest| {
        let due = interest.max(line.instalment() - credit);
        credit -= line.instalment() - due;
        due - interest
    })
}

/// Walks the lines with the true interest; `wanted` names the principal of a line, within the balance.
/// The last line takes the rest.
fn spread(
    terms: &Terms,
    left: &[Line],
    prepaid: i64,
    mut wanted: impl FnMut(&Line, i64) -> i64,
) -> Result<Vec<Amounts>, TermsError> {
    let mut balance = left.iter().map(|line| line.due[PRINCIPAL]).sum::<i64>() - prepaid;
    let mut plan = Vec::with_capacity(left.len());
    for (index, line) in left.iter().enumerate() {
        let interest = match index {
            0 => line
                .period
                .interest(line.opening, &line.all_changes(), terms.interest_rounding)?,
            _ => line.period.factor.of(Rupiah::new(balance), terms.interest_rounding)?,
        };
        let last = index + 1 == left.len();
        let principal = if last {
            balance
        } else {
            wanted(line, interest.get()).clamp(0, balance)
        };
        balance -= principal;
        plan.push((principal, interest.get()));
    }
    Ok(plan)
}

/// Puts the plan into the lines from `first` on. Lines with nothing left to ask for vanish at the end;
/// charges that stood on them go to the last one that stays.
fn write(lines: &mut Vec<Line>, first: usize, plan: &[Amounts]) {
    let mut balance: i64 = plan.iter().map(|(principal, _)| principal).sum();
    for (index, (line, (principal, interest))) in lines[first..].iter_mut().zip(plan).enumerate() {
        if index > 0 {
            line.opening = Rupiah::new(balance);
        }
        line.due[PRINCIPAL] = *principal;
        line.due[INTEREST] = *interest;
        line.agreed = principal + interest;
        balance -= principal;
    }
    while lines.len() > first + 1 {
        let Some(last) = lines.pop_if(|line| line.instalment() == 0) else {
            break;
        };
        if let Some(before) = lines.last_mut() {
            before.due[FEE] += last.due[FEE];
        }
    }
}
