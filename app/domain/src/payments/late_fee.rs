//! Denda: what one more day of lateness costs (rule 8.7). Enters: the overdue instalments, a span of
//! days, the room below the total cap. Leaves: the fee of each instalment, floored once for its whole
//! life, never beyond the room.

use time::{Date, Duration};

use super::explain::LateSpan;
use super::servicing::LinePosition;
use super::servicing::line::Line;
use crate::calendar::days_between;
use crate::loans::product::{Component, LateFee, LateFeeMethod};
use crate::money::Rupiah;
use crate::rate::PPM;

/// The first day for which an instalment is charged: grace days never are, nor days by which a holiday moved its date,
/// forward or back.
fn first_day(fee: LateFee, due_on: Date, unmoved: Date) -> Date {
    let due_on = due_on.max(unmoved);
    due_on.saturating_add(Duration::days(i64::from(fee.grace_days) + 1))
}

/// What `days` more chargeable days of `line` as it stands are charged on, and how often.
fn charged(fee: LateFee, line: &Line, days: i64) -> (i64, i64) {
    let (principal, interest) = (line.open(Component::Principal), line.open(Component::Interest));
    let once = i64::from(days > 0 && line.late_days == 0);
    match fee.method {
        LateFeeMethod::Daily => (principal, days),
        LateFeeMethod::OneOffPrincipal => (principal, once),
        LateFeeMethod::OneOffInstalment => (principal + interest, once),
        LateFeeMethod::Annual => (principal + interest, days),
    }
}

/// Their exact cost, over [`scale`].
fn exact(fee: LateFee, line: &Line, days: i64) -> i128 {
    let (base, times) = charged(fee, line, days);
    i128::from(base) * i128::from(fee.ppm) * i128::from(times)
}

/// Remembers the days charged, together with those before on the same base.
fn note(line: &mut Line, span: LateSpan) {
    match line.late_spans.last_mut() {
        Some(last) if last.base == span.base && last.to.next_day() == Some(span.from) => {
            last.to = span.to;
            last.times += span.times;
        }
        _ if span.times > 0 => line.late_spans.push(span),
        _ => {}
    }
}

/// What one rupiah is in the unit of [`exact`].
pub(crate) fn scale(fee: LateFee) -> i128 {
    match fee.method {
        LateFeeMethod::Annual => PPM * 365,
        LateFeeMethod::Daily | LateFeeMethod::OneOffPrincipal | LateFeeMethod::OneOffInstalment => PPM,
    }
}

/// What each day from `on` on costs an instalment as it stands, floored; none when the product charges once, or grace
/// days are left.
pub fn per_day(fee: LateFee, line: &LinePosition, on: Date) -> Option<Rupiah> {
    let base = match fee.method {
        LateFeeMethod::Daily => line.principal.open().wide(),
        LateFeeMethod::Annual => line.principal.open().wide() + line.interest.open().wide(),
        LateFeeMethod::OneOffPrincipal | LateFeeMethod::OneOffInstalment => return None,
    };
    let amount = Rupiah::new((base * i128::from(fee.ppm) / scale(fee)) as i64);
    let unmoved = line.unmoved_due_on.unwrap_or(line.due_on);
    (on >= first_day(fee, line.due_on, unmoved) && amount.is_positive()).then_some(amount)
}

/// What is left below the total cap (rule 5.4).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// Rupiah that may still be charged.
    pub(crate) left: i64,
    /// The room was used up once: nothing is charged any more, ever.
    pub(crate) exhausted: bool,
}

/// Charges the days `from..=to` to every instalment that was late all that time. `spared` says which
/// instalments are not charged in this span. Returns the charges, one or more for each line.
pub(crate) fn charge(
    fee: LateFee,
    lines: &mut [Line],
    (from, to): (Date, Date),
    spared: &dyn Fn(u32) -> bool,
    room: &mut Room,
) -> Vec<(u32, i64)> {
    room.exhausted |= room.left == 0;
    if room.exhausted || from > to {
        return Vec::new();
    }
    let days = |line: &Line| {
        let late = line.due_on < from && line.open_debt() > 0 && !spared(line.number);
        if late {
            (days_between(from.max(first_day(fee, line.due_on, line.period.unmoved_due_on)), to) + 1).max(0)
        } else {
            0
        }
    };
    let due = |line: &Line| {
        let sum = line.late_exact + exact(fee, line, days(line));
        (sum, (sum / scale(fee) - line.late_exact / scale(fee)) as i64)
    };
    if from < to && lines.iter().map(|line| due(line).1).sum::<i64>() > room.left {
        // The room ends inside the span. Halve it until the day is found, for on that day the oldest
        // instalment comes first.
        let middle = from + Duration::days(days_between(from, to) / 2);
        let mut made = charge(fee, lines, (from, middle), spared, room);
        made.extend(charge(fee, lines, (middle + Duration::DAY, to), spared, room));
        return made;
    }
    let mut made = Vec::new();
    for line in lines.iter_mut() {
        let (sum, amount) = due(line);
        let more = days(line);
        if more > 0 {
            let (base, times) = charged(fee, line, more);
            let from = from.max(first_day(fee, line.due_on, line.period.unmoved_due_on));
            note(line, LateSpan { from, to, base, times });
        }
        line.late_days += more;
        line.late_exact = sum;
        let amount = amount.min(room.left);
        if amount > 0 {
            room.left -= amount;
            line.due[Component::LateFee as usize] += amount;
            made.push((line.number, amount));
        }
    }
    room.exhausted = room.left == 0;
    made
}
