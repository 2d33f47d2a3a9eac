//! Ours beside theirs. Enters: a payment or payout as we have it, and as its gateway tells it. Leaves: in what the two
//! differ. Nothing is asked and nothing changes here.

use super::{follow_payment::is_taken_back, queries::Charge};
use crate::gateways::{
    collections::{Transaction, TransactionStatus},
    payouts::{self, PayoutState},
};
use domain::{
    Rupiah,
    calendar::jakarta_date,
    payments::{DifferenceKind, PaymentStatus, PayoutStatus},
};
use time::OffsetDateTime;

/// One thing that is told differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: DifferenceKind,
    pub(super) ours: String,
    pub(super) theirs: String,
}

impl Found {
    pub(super) fn new(kind: DifferenceKind, ours: impl ToString, theirs: impl ToString) -> Self {
        let (ours, theirs) = (ours.to_string(), theirs.to_string());
        Self { kind, ours, theirs }
    }
}

/// A payout as we have it.
#[derive(Debug, Clone)]
pub(super) struct OurPayout {
    pub(super) amount: Rupiah,
    pub(super) status: PayoutStatus,
    pub(super) succeeded_at: Option<OffsetDateTime>,
}

/// What a payment brought, by us and by the gateway. What does not fit is in suspense, as the gateway tells it.
pub(super) fn received(ours: &Charge, theirs: Option<&Transaction>) -> (i64, i64) {
    let paid = theirs.filter(|theirs| theirs.status == TransactionStatus::Paid);
    let theirs = paid.and_then(|theirs| theirs.amount).map_or(0, Rupiah::get);
    let ours = match ours.status {
        PaymentStatus::Posted => ours.amount.get(),
        PaymentStatus::Mismatch => theirs,
        _ => 0,
    };
    (ours, theirs)
}

/// What a payout took, by us and by the gateway.
pub(super) fn paid_out(ours: &OurPayout, theirs: &[payouts::Payout]) -> (i64, i64) {
    let arrived = theirs.iter().filter(|theirs| theirs.state == PayoutState::Succeeded);
    let theirs = arrived.map(|theirs| theirs.amount.map_or(0, Rupiah::get)).sum();
    let ours = match ours.status {
        PayoutStatus::Succeeded => ours.amount.get(),
        _ => 0,
    };
    (ours, theirs)
}

/// `paid_at` is the moment of the money in our books.
pub(super) fn payment(ours: &Charge, paid_at: Option<OffsetDateTime>, theirs: Option<&Transaction>) -> Vec<Found> {
    use PaymentStatus::{Cancelled, Created, Expired, Failed, Mismatch, Pending, Posted, Reversed};
    let Some(theirs) = theirs else {
        return match ours.status {
            Created | Cancelled | Expired | Failed => Vec::new(),
            status => vec![Found::new(DifferenceKind::Unknown, status.as_str(), "")],
        };
    };
    let agrees = match (ours.status, &theirs.status) {
        (Pending, TransactionStatus::Pending) | (Posted | Mismatch, TransactionStatus::Paid) => true,
        (Reversed, theirs) => is_taken_back(theirs),
        (Cancelled | Expired | Failed, theirs) => {
            !matches!(theirs, TransactionStatus::Pending | TransactionStatus::Paid)
        }
        _ => false,
    };
    let mut found = Vec::new();
    if !agrees {
        found.push(status(ours.status, &theirs.status));
    }
    // Of money that is not there, or is in suspense because it does not fit, the amount says nothing.
    if ours.status == Mismatch {
        found.extend(unbooked(ours, theirs));
    }
    if matches!(ours.status, Created | Pending | Posted) {
        if theirs.currency != "IDR" {
            found.push(Found::new(DifferenceKind::Currency, "IDR", &theirs.currency));
        } else if theirs.amount != Some(ours.amount) {
            found.push(amount(ours.amount, theirs.amount));
        }
        let days = paid_at
            .zip(theirs.paid_at)
            .map(|(ours, theirs)| (jakarta_date(ours), jakarta_date(theirs)));
        if let Some((ours, theirs)) = days.filter(|(ours, theirs)| ours != theirs) {
            found.push(Found::new(DifferenceKind::Date, ours, theirs));
        }
    }
    found
}

/// Money that does not fit and is not in whole rupiah cannot even be in suspense: only this tells of it.
pub(super) fn unbooked(ours: &Charge, theirs: &Transaction) -> Option<Found> {
    match (theirs.currency.as_str(), theirs.amount) {
        ("IDR", Some(_)) => None,
        ("IDR", None) => Some(amount(ours.amount, None)),
        (currency, _) => Some(Found::new(DifferenceKind::Currency, "IDR", currency)),
    }
}

/// `theirs` is everything under our reference, what did not fail first.
pub(super) fn payout(ours: &OurPayout, theirs: &[payouts::Payout]) -> Vec<Found> {
    use PayoutStatus::{Cancelled, Created, Failed, InProgress, Reversed, Sent, Succeeded};
    let Some(first) = theirs.first() else {
        return match ours.status {
            Created | Cancelled | Failed => Vec::new(),
            status => vec![Found::new(DifferenceKind::Unknown, status.as_str(), "")],
        };
    };
    let mut found = Vec::new();
    let counts = |theirs: &&payouts::Payout| !matches!(theirs.state, PayoutState::Failed(_) | PayoutState::Reversed);
    if theirs.iter().filter(counts).count() > 1 {
        let all: Vec<&str> = theirs.iter().filter(counts).map(|theirs| theirs.id.as_str()).collect();
        found.push(Found::new(DifferenceKind::Twice, ours.status.as_str(), all.join(" ")));
    }
    let agrees = matches!(
        (ours.status, &first.state),
        (Sent | InProgress, PayoutState::InProgress | PayoutState::Other(_))
            | (Succeeded, PayoutState::Succeeded)
            | (Reversed, PayoutState::Reversed)
            | (Cancelled | Failed, PayoutState::Failed(_) | PayoutState::Reversed)
    );
    if !agrees {
        found.push(contradiction(ours.status, &first.state));
    }
    if matches!(first.state, PayoutState::Failed(_)) {
        return found;
    }
    if first.currency != "IDR" {
        found.push(Found::new(DifferenceKind::Currency, "IDR", &first.currency));
    } else if first.amount != Some(ours.amount) {
        found.push(amount(ours.amount, first.amount));
    }
    if (ours.status, &first.state) == (Succeeded, &PayoutState::Succeeded) {
        let days = ours.succeeded_at.zip(first.updated_at);
        let days = days.map(|(ours, theirs)| (jakarta_date(ours), jakarta_date(theirs)));
        if let Some((ours, theirs)) = days.filter(|(ours, theirs)| ours != theirs) {
            found.push(Found::new(DifferenceKind::Date, ours, theirs));
        }
    }
    found
}

/// The gateway says another state of a payment.
pub(super) fn status(ours: PaymentStatus, theirs: &TransactionStatus) -> Found {
    let theirs = match theirs {
        TransactionStatus::Pending => "pending",
        TransactionStatus::Paid => "paid",
        TransactionStatus::Denied => "denied",
        TransactionStatus::Cancelled => "cancelled",
        TransactionStatus::Expired => "expired",
        TransactionStatus::Failed => "failed",
        TransactionStatus::Refunded => "refunded",
        TransactionStatus::Other(word) => word,
    };
    Found::new(DifferenceKind::Status, ours.as_str(), theirs)
}

/// The gateway says another state of a payout; money that we had given up has a kind of its own.
pub(super) fn contradiction(ours: PayoutStatus, theirs: &PayoutState) -> Found {
    let given_up = matches!(
        ours,
        PayoutStatus::Cancelled | PayoutStatus::Failed | PayoutStatus::Reversed
    );
    let (kind, theirs) = match theirs {
        PayoutState::Succeeded if given_up => (DifferenceKind::Arrived, "succeeded"),
        PayoutState::Succeeded => (DifferenceKind::Status, "succeeded"),
        PayoutState::InProgress => (DifferenceKind::Status, "in_progress"),
        PayoutState::Reversed => (DifferenceKind::Status, "reversed"),
        PayoutState::Failed(code) => (DifferenceKind::Status, code.as_str()),
        PayoutState::Other(word) => (DifferenceKind::Status, word.as_str()),
    };
    Found::new(kind, ours.as_str(), theirs)
}

/// The gateway says another amount, or one that is not in whole rupiah.
pub(super) fn amount(ours: Rupiah, theirs: Option<Rupiah>) -> Found {
    let theirs = theirs.map_or_else(String::new, |theirs| theirs.to_string());
    Found::new(DifferenceKind::Amount, ours, theirs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateways::payouts::FailureCode;
    use domain::{
        id::{LoanId, PaymentId},
        payments::{Method, PaymentPurpose},
    };
    use time::macros::datetime;
    use uuid::Uuid;

    fn charge(status: PaymentStatus) -> Charge {
        Charge {
            id: PaymentId(Uuid::nil()),
            order_id: String::new(),
            loan_id: LoanId(Uuid::nil()),
            purpose: PaymentPurpose::Amount,
            method: Method::Qris,
            amount: Rupiah::new(10_000),
            prepay: None,
            status,
            expires_at: None,
            claimed_at: None,
        }
    }

    fn transaction(status: TransactionStatus) -> Transaction {
        Transaction {
            transaction_id: "t".into(),
            order_id: String::new(),
            amount: Some(Rupiah::new(10_000)),
            currency: "IDR".into(),
            status,
            method: None,
            instruction: None,
            paid_at: Some(datetime!(2026-11-30 16:59 UTC)),
            expires_at: None,
        }
    }

    fn kinds(found: Vec<Found>) -> Vec<DifferenceKind> {
        found.into_iter().map(|found| found.kind).collect()
    }

    #[test]
    fn every_word_about_a_payment_has_its_place() {
        use PaymentStatus::*;
        for (ours, theirs, expected) in [
            (Created, None, vec![]),
            (Pending, None, vec![DifferenceKind::Unknown]),
            (Posted, None, vec![DifferenceKind::Unknown]),
            (Expired, None, vec![]),
            (Pending, Some(TransactionStatus::Pending), vec![]),
            (Pending, Some(TransactionStatus::Paid), vec![DifferenceKind::Status]),
            (Posted, Some(TransactionStatus::Paid), vec![]),
            (Posted, Some(TransactionStatus::Denied), vec![DifferenceKind::Status]),
            (Mismatch, Some(TransactionStatus::Paid), vec![]),
            (Reversed, Some(TransactionStatus::Refunded), vec![]),
            (Reversed, Some(TransactionStatus::Paid), vec![DifferenceKind::Status]),
            (Cancelled, Some(TransactionStatus::Expired), vec![]),
            (Expired, Some(TransactionStatus::Pending), vec![DifferenceKind::Status]),
        ] {
            let theirs = theirs.map(transaction);
            let found = payment(&charge(ours), None, theirs.as_ref());
            assert_eq!(kinds(found), expected, "{ours:?} {theirs:?}");
        }
    }

    #[test]
    fn amount_currency_and_date_of_money_are_compared() {
        let paid = transaction(TransactionStatus::Paid);
        let ours = charge(PaymentStatus::Posted);
        let found = |theirs: &Transaction, at| kinds(payment(&ours, Some(at), Some(theirs)));
        assert_eq!(found(&paid, datetime!(2026-11-29 17:00 UTC)), []);
        assert_eq!(found(&paid, datetime!(2026-11-30 17:00 UTC)), [DifferenceKind::Date]);
        let at = datetime!(2026-11-30 03:00 UTC);
        for amount in [None, Some(Rupiah::new(9_999))] {
            let other = Transaction { amount, ..paid.clone() };
            assert_eq!(found(&other, at), [DifferenceKind::Amount]);
        }
        let foreign = Transaction {
            currency: "USD".into(),
            ..paid.clone()
        };
        assert_eq!(found(&foreign, at), [DifferenceKind::Currency]);
        for theirs in [
            Transaction {
                amount: None,
                ..paid.clone()
            },
            foreign,
        ] {
            let unbooked = payment(&charge(PaymentStatus::Mismatch), None, Some(&theirs));
            assert_eq!(unbooked.len(), 1, "{theirs:?}");
        }
        assert_eq!(received(&ours, Some(&paid)), (10_000, 10_000));
        assert_eq!(received(&charge(PaymentStatus::Pending), Some(&paid)), (0, 10_000));
    }

    #[test]
    fn every_word_about_a_payout_has_its_place() {
        use DifferenceKind::{Arrived, Status, Twice, Unknown};
        let at = datetime!(2026-11-30 03:00 UTC);
        let ours = |status| OurPayout {
            amount: Rupiah::new(10_000),
            status,
            succeeded_at: Some(at),
        };
        let theirs = |state: PayoutState| payouts::Payout {
            id: "disb".into(),
            reference_id: String::new(),
            amount: Some(Rupiah::new(10_000)),
            currency: "IDR".into(),
            state,
            updated_at: Some(at),
        };
        let failed = || PayoutState::Failed(FailureCode::TransferError);
        for (status, states, expected) in [
            (PayoutStatus::InProgress, vec![PayoutState::InProgress], vec![]),
            (PayoutStatus::InDoubt, vec![PayoutState::InProgress], vec![Status]),
            (PayoutStatus::InProgress, vec![], vec![Unknown]),
            (PayoutStatus::Failed, vec![], vec![]),
            (PayoutStatus::Failed, vec![failed()], vec![]),
            (PayoutStatus::Failed, vec![PayoutState::Succeeded], vec![Arrived]),
            (PayoutStatus::Cancelled, vec![PayoutState::Succeeded], vec![Arrived]),
            (PayoutStatus::Succeeded, vec![PayoutState::Succeeded, failed()], vec![]),
            (PayoutStatus::Succeeded, vec![failed()], vec![Status]),
            (PayoutStatus::Succeeded, vec![PayoutState::Reversed], vec![Status]),
            (
                PayoutStatus::Succeeded,
                vec![PayoutState::Succeeded, PayoutState::Succeeded],
                vec![Twice],
            ),
        ] {
            let theirs: Vec<_> = states.into_iter().map(theirs).collect();
            assert_eq!(kinds(payout(&ours(status), &theirs)), expected, "{status:?} {theirs:?}");
        }
        let less = payouts::Payout {
            amount: Some(Rupiah::new(1)),
            ..theirs(PayoutState::Succeeded)
        };
        let late = payouts::Payout {
            updated_at: Some(at + time::Duration::DAY),
            ..theirs(PayoutState::Succeeded)
        };
        for (theirs, expected) in [(less, DifferenceKind::Amount), (late, DifferenceKind::Date)] {
            assert_eq!(kinds(payout(&ours(PayoutStatus::Succeeded), &[theirs])), [expected]);
        }
        let twice = [theirs(PayoutState::Succeeded), theirs(PayoutState::Succeeded)];
        assert_eq!(paid_out(&ours(PayoutStatus::Succeeded), &twice), (10_000, 20_000));
    }
}
