//! The events of a loan put in order, and what must be true of them before they can be replayed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Contract, Event, EventKind, ServicingError};
use crate::money::Rupiah;

/// The events in order of effect, without reversals and without the payments they took back.
pub(super) fn in_order<'a>(events: impl Iterator<Item = &'a Event>, reversed: &[&str]) -> Vec<&'a Event> {
    let stands = |event: &&Event| {
        reversed_by(event).is_none() && reference(event).is_none_or(|reference| !reversed.contains(&reference))
    };
    let mut events: Vec<_> = events.filter(stands).collect();
    events.sort_by_key(|event| (event.effective_on, event.seq));
    events
}

/// The id of a payment.
pub(super) fn reference(event: &Event) -> Option<&str> {
    match &event.kind {
        EventKind::Payment { reference, .. } => Some(reference),
        _ => None,
    }
}

/// The id of the payment a reversal takes back.
pub(super) fn reversed_by(event: &Event) -> Option<&str> {
    match &event.kind {
        EventKind::Reversal { of } => Some(of),
        _ => None,
    }
}

/// What must be true of a history before it can be replayed.
pub(super) fn check(contract: &Contract, events: &[Event]) -> Result<(), ServicingError> {
    let mut seqs = BTreeSet::new();
    let mut references = BTreeSet::new();
    for event in events {
        if !seqs.insert(event.seq) {
            return Err(ServicingError::DuplicateSeq(event.seq));
        }
        if event.effective_on < contract.terms.start {
            return Err(ServicingError::BeforeStart);
        }
        if event.effective_on > event.recorded_on {
            return Err(ServicingError::Future(event.seq));
        }
        if let Some(reference) = reference(event).filter(|reference| !references.insert(*reference)) {
            return Err(ServicingError::DuplicatePayment(reference.into()));
        }
        match event.kind {
            EventKind::Payment { amount, .. }
            | EventKind::Goodwill { amount }
            | EventKind::Waiver { amount, .. }
            | EventKind::RefundAsked { amount, .. }
            | EventKind::Fee { amount, .. }
                if !amount.is_positive() || amount > Rupiah::MAX_INPUT =>
            {
                return Err(ServicingError::Amount(event.seq));
            }
            EventKind::Fee { due_on, .. } if event.effective_on != due_on.min(event.recorded_on) => {
                return Err(ServicingError::EffectiveDate(event.seq));
            }
            EventKind::WrittenOff { provided } if provided.is_negative() || provided > Rupiah::MAX_INPUT => {
                return Err(ServicingError::Amount(event.seq));
            }
            // A decision counts from the day it is recorded, so nothing recorded later can come before it
            // and make it impossible.
            EventKind::Hardship { .. } | EventKind::WrittenOff { .. } | EventKind::WriteOffUndone
                if event.effective_on != event.recorded_on =>
            {
                return Err(ServicingError::EffectiveDate(event.seq));
            }
            _ => {}
        }
    }
    check_refunds(events)
}

/// Where a refund stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refund {
    Asked,
    Paid,
    Over,
}

/// A refund is asked for, then paid or failed; what was paid can come back, and what is over can be asked for again.
fn check_refunds(events: &[Event]) -> Result<(), ServicingError> {
    let mut stands = BTreeMap::new();
    let mut in_order: Vec<_> = events.iter().collect();
    in_order.sort_by_key(|event| (event.effective_on, event.seq));
    for event in in_order {
        let (reference, from, to) = match &event.kind {
            EventKind::RefundAsked { reference, .. } => (reference, Refund::Over, Refund::Asked),
            EventKind::RefundPaid { reference } => (reference, Refund::Asked, Refund::Paid),
            EventKind::RefundFailed { reference } => (reference, Refund::Asked, Refund::Over),
            EventKind::RefundReturned { reference } => (reference, Refund::Paid, Refund::Over),
            _ => continue,
        };
        if stands.insert(reference, to).unwrap_or(Refund::Over) != from {
            return Err(ServicingError::Refund(reference.clone()));
        }
    }
    Ok(())
}
