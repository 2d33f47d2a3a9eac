//! Which part of which instalment a rupiah pays. Enters: an amount, the instalments, a day, the
//! contract's order. Leaves: the list of allocations and what nothing was owed for.

use serde::{Deserialize, Serialize};
use time::Date;

use super::servicing::line::Line;
use crate::loans::product::{Component, FutureRule};
use crate::money::Rupiah;

/// The order in which money fills one instalment: a permutation of the four components.
pub(crate) type Order = [Component; 4];

/// A part of an event that went to one component of one instalment. Negative when money that was
/// paid ahead is released again (a prepayment or payoff re-plans what is not yet due).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// The number of the instalment; none for principal prepaid on the whole loan.
    pub instalment: Option<u32>,
    /// What it paid.
    pub component: Component,
    /// Rupiah.
    pub amount: Rupiah,
}

/// Pays `amount` into `lines` as on `on` (rule 8.2): past due first, then due on the day, then the
/// later ones by `future`. Returns what was paid and what is left over.
pub(crate) fn allocate(
    lines: &mut [Line],
    amount: i64,
    on: Date,
    order: Order,
    future: FutureRule,
) -> (Vec<Allocation>, i64) {
    let (mut paid, mut left) = allocate_due(lines, amount, on, order);
    let first_future = lines.partition_point(|line| line.due_on <= on);
    let later = &mut lines[first_future..];
    match future {
        FutureRule::Next => later
            .iter_mut()
            .for_each(|line| left -= fill(line, left, order, &mut paid)),
        FutureRule::Last => later
            .iter_mut()
            .rev()
            .for_each(|line| left -= fill(line, left, order, &mut paid)),
        FutureRule::Even => left = spread(later, left, order, &mut paid),
    }
    (paid, left)
}

/// Pays what is due on or before `on`, oldest first, and nothing else.
pub(crate) fn allocate_due(lines: &mut [Line], amount: i64, on: Date, order: Order) -> (Vec<Allocation>, i64) {
    let due = lines.partition_point(|line| line.due_on <= on);
    allocate_all(&mut lines[..due], amount, order)
}

/// Pays all of `lines`, oldest first.
pub(crate) fn allocate_all(lines: &mut [Line], amount: i64, order: Order) -> (Vec<Allocation>, i64) {
    let mut paid = Vec::new();
    let mut left = amount;
    for line in lines {
        left -= fill(line, left, order, &mut paid);
    }
    (paid, left)
}

/// Pays one component only, oldest first, and nothing else.
pub(crate) fn allocate_one(lines: &mut [Line], amount: i64, component: Component) -> Vec<Allocation> {
    let mut paid = Vec::new();
    let mut left = amount;
    for line in lines {
        let part = left.min(line.open(component));
        if part > 0 {
            line.paid[component as usize] += part;
            left -= part;
            paid.push(Allocation {
                instalment: Some(line.number),
                component,
                amount: Rupiah::new(part),
            });
        }
    }
    paid
}

/// Takes `amount` of what is paid back out of the lines, the latest instalment and the last component
/// first; returns the negative parts and what could not be found.
pub(crate) fn take_back(lines: &mut [Line], amount: i64, order: Order) -> (Vec<Allocation>, i64) {
    let mut parts = Vec::new();
    let mut left = amount;
    for line in lines.iter_mut().rev() {
        for component in order.into_iter().rev() {
            let part = left.min(line.paid[component as usize]);
            if part > 0 {
                line.paid[component as usize] -= part;
                left -= part;
                parts.push(Allocation {
                    instalment: Some(line.number),
                    component,
                    amount: Rupiah::new(-part),
                });
            }
        }
    }
    (parts, left)
}

/// Pays one instalment, at most what it owes; returns what it took.
pub(crate) fn fill(line: &mut Line, amount: i64, order: Order, paid: &mut Vec<Allocation>) -> i64 {
    let mut left = amount;
    for component in order {
        let part = left.min(line.open(component));
        if part > 0 {
            line.paid[component as usize] += part;
            left -= part;
            paid.push(Allocation {
                instalment: Some(line.number),
                component,
                amount: Rupiah::new(part),
            });
        }
    }
    amount - left
}

/// Splits over all unfinished lines until the money or the need ends: what one line does not need is
/// split again over the others.
fn spread(lines: &mut [Line], amount: i64, order: Order, paid: &mut Vec<Allocation>) -> i64 {
    let mut left = amount;
    loop {
        let open = lines.iter().filter(|line| line.open_total() > 0).count() as i64;
        if left == 0 || open == 0 {
            *paid = net(std::mem::take(paid));
            return left;
        }
        let (part, mut odd) = (left / open, left % open);
        for line in lines.iter_mut().filter(|line| line.open_total() > 0) {
            let share = part + i64::from(odd > 0);
            odd -= i64::from(odd > 0);
            left -= fill(line, share, order, paid);
        }
    }
}

/// Takes back everything that is paid on `lines`: money paid ahead that is planned anew.
pub(crate) fn release(lines: &mut [Line]) -> Vec<Allocation> {
    let mut released = Vec::new();
    for line in lines {
        for component in Component::ALL.iter().copied() {
            let amount = std::mem::take(&mut line.paid[component as usize]);
            if amount > 0 {
                released.push(Allocation {
                    instalment: Some(line.number),
                    component,
                    amount: Rupiah::new(-amount),
                });
            }
        }
    }
    released
}

/// The same allocations with each component of each instalment named once, and not when it is zero.
pub(crate) fn net(allocations: Vec<Allocation>) -> Vec<Allocation> {
    let mut netted: Vec<Allocation> = Vec::with_capacity(allocations.len());
    for part in allocations {
        match netted
            .iter_mut()
            .find(|seen| (seen.instalment, seen.component) == (part.instalment, part.component))
        {
            Some(seen) => seen.amount = Rupiah::new(seen.amount.get() + part.amount.get()),
            None => netted.push(part),
        }
    }
    netted.retain(|part| !part.amount.is_zero());
    netted
}
