//! How late a loan ever was, from what was applied to it and when: decides the limit ladder (lending.md 6.4).

use super::{arrears::days_late, servicing::Position};
use crate::loans::product::Component;

/// The most days any instalment was past due, paid in the end or not, up to the position's day.
pub fn worst_days_past_due(position: &Position) -> u32 {
    let settled_on = |number: u32, debt: i64| {
        let mut paid = 0;
        position.applied.iter().find_map(|applied| {
            paid += applied
                .allocations
                .iter()
                .filter(|part| part.instalment == Some(number))
                .filter(|part| matches!(part.component, Component::Principal | Component::Interest))
                .map(|part| part.amount.get())
                .sum::<i64>();
            (paid >= debt).then_some(applied.on)
        })
    };
    position
        .lines
        .iter()
        .map(|line| {
            days_late(
                line.due_on,
                settled_on(line.number, line.instalment().get()).unwrap_or(position.as_of),
            )
        })
        .max()
        .unwrap_or(0)
}
