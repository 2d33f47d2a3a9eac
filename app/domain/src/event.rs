//! Facts that one service tells the others, written in the transaction that made them true.
//! They carry record numbers, and the figures of that moment that the person is told: a fact stays as it was while the
//! books move on. Facts that were stored before they had figures have none. Whoever needs more asks the service that
//! owns it.

use crate::id::{DocumentId, LoanId, PaymentId, UserId};
use crate::money::Rupiah;
use crate::notifications::contact::Reminder;
use serde::{Deserialize, Serialize};
use time::Date;

/// An instalment on the day its borrower is reminded of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnpaidInstalment {
    /// The loan's number, as people read it: "SGP-4F7K2".
    pub number: String,
    /// What is open of it.
    pub amount: Rupiah,
    /// Its due date.
    pub due_on: Date,
    /// The day of the reminder; a quiet day moves it.
    pub told_on: Date,
    /// What each further day costs; none while none does.
    pub late_fee_per_day: Option<Rupiah>,
}

/// A fact, in the past tense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "every field is the record number or the rupiah its name says"
)]
pub enum Event {
    /// A person proved their number and has an account.
    AccountOpened { user_id: UserId },
    /// A session began on a device not seen before.
    SignedInOnNewDevice { user_id: UserId },
    /// A password was changed or reset.
    PasswordChanged { user_id: UserId },
    /// A passkey was added or removed.
    PasskeysChanged { user_id: UserId },
    /// The account that money is sent to was changed.
    BankAccountChanged { user_id: UserId },
    /// Both identity papers are there.
    IdentityPapersComplete { user_id: UserId },
    /// Staff verified the identity.
    IdentityVerified { user_id: UserId },
    /// Staff asked for one photo again.
    PhotoRetakeAsked { user_id: UserId, document_id: DocumentId },
    /// Staff could not verify the identity.
    IdentityRejected { user_id: UserId },
    /// An application came in.
    ApplicationSubmitted { user_id: UserId, loan_id: LoanId },
    /// An application waits for a person.
    ApplicationReferred { user_id: UserId, loan_id: LoanId },
    /// An application was approved.
    ApplicationApproved {
        user_id: UserId,
        loan_id: LoanId,
        amount: Option<Rupiah>,
    },
    /// An application was declined.
    ApplicationDeclined { user_id: UserId, loan_id: LoanId },
    /// The borrower cancelled.
    ApplicationCancelled { user_id: UserId, loan_id: LoanId },
    /// Nobody decided it in time: the application ended by itself.
    ApplicationExpired { user_id: UserId, loan_id: LoanId },
    /// The money arrived, in the account that ends with `account`; the loan runs.
    LoanDisbursed {
        user_id: UserId,
        loan_id: LoanId,
        amount: Option<Rupiah>,
        account: Option<String>,
    },
    /// The money could not be sent.
    PayoutFailed {
        user_id: UserId,
        loan_id: LoanId,
        amount: Option<Rupiah>,
    },
    /// The bank sent the money back after all.
    PayoutReversed {
        user_id: UserId,
        loan_id: LoanId,
        amount: Option<Rupiah>,
    },
    /// The money could not be sent, and nobody gave another account in time: the application ended.
    PayoutLapsed { user_id: UserId, loan_id: LoanId },
    /// A payment was posted, and left so much to pay.
    PaymentPosted {
        user_id: UserId,
        loan_id: LoanId,
        payment_id: PaymentId,
        amount: Option<Rupiah>,
        outstanding: Option<Rupiah>,
    },
    /// A posted payment was taken back by the bank.
    PaymentReversed {
        user_id: UserId,
        loan_id: LoanId,
        payment_id: PaymentId,
        amount: Option<Rupiah>,
    },
    /// Nothing is owed any more.
    LoanPaidOff { user_id: UserId, loan_id: LoanId },
    /// A credit balance is to go back to its borrower.
    RefundAsked {
        user_id: UserId,
        loan_id: LoanId,
        amount: Option<Rupiah>,
    },
    /// It arrived.
    RefundPaid {
        user_id: UserId,
        loan_id: LoanId,
        amount: Option<Rupiah>,
    },
    /// It could not be sent; it is a credit again.
    RefundFailed {
        user_id: UserId,
        loan_id: LoanId,
        amount: Option<Rupiah>,
    },
    /// The credit was used for what is owed before it was sent.
    RefundUsed { user_id: UserId, loan_id: LoanId },
    /// Staff answered a request for a way out.
    WayOutAnswered { user_id: UserId, loan_id: LoanId },
    /// An instalment is unpaid; told only when a borrower may be contacted about it.
    InstalmentReminder {
        user_id: UserId,
        loan_id: LoanId,
        reminder: Reminder,
        unpaid: Option<UnpaidInstalment>,
    },
}

impl Event {
    /// Whom the fact is about.
    pub fn user_id(&self) -> UserId {
        match self {
            Self::AccountOpened { user_id }
            | Self::SignedInOnNewDevice { user_id }
            | Self::PasswordChanged { user_id }
            | Self::PasskeysChanged { user_id }
            | Self::BankAccountChanged { user_id }
            | Self::IdentityPapersComplete { user_id }
            | Self::IdentityVerified { user_id }
            | Self::PhotoRetakeAsked { user_id, .. }
            | Self::IdentityRejected { user_id }
            | Self::ApplicationSubmitted { user_id, .. }
            | Self::ApplicationReferred { user_id, .. }
            | Self::ApplicationApproved { user_id, .. }
            | Self::ApplicationDeclined { user_id, .. }
            | Self::ApplicationCancelled { user_id, .. }
            | Self::ApplicationExpired { user_id, .. }
            | Self::LoanDisbursed { user_id, .. }
            | Self::PayoutFailed { user_id, .. }
            | Self::PayoutReversed { user_id, .. }
            | Self::PayoutLapsed { user_id, .. }
            | Self::PaymentPosted { user_id, .. }
            | Self::PaymentReversed { user_id, .. }
            | Self::LoanPaidOff { user_id, .. }
            | Self::RefundAsked { user_id, .. }
            | Self::RefundPaid { user_id, .. }
            | Self::RefundFailed { user_id, .. }
            | Self::RefundUsed { user_id, .. }
            | Self::WayOutAnswered { user_id, .. }
            | Self::InstalmentReminder { user_id, .. } => *user_id,
        }
    }

    /// Whether it is about an unpaid bill, so that the rules of contact decide when it may be told.
    pub const fn is_about_unpaid_bill(&self) -> bool {
        matches!(self, Self::InstalmentReminder { .. })
    }

    /// The spelling used in storage: the serde tag.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AccountOpened { .. } => "account_opened",
            Self::SignedInOnNewDevice { .. } => "signed_in_on_new_device",
            Self::PasswordChanged { .. } => "password_changed",
            Self::PasskeysChanged { .. } => "passkeys_changed",
            Self::BankAccountChanged { .. } => "bank_account_changed",
            Self::IdentityPapersComplete { .. } => "identity_papers_complete",
            Self::IdentityVerified { .. } => "identity_verified",
            Self::PhotoRetakeAsked { .. } => "photo_retake_asked",
            Self::IdentityRejected { .. } => "identity_rejected",
            Self::ApplicationSubmitted { .. } => "application_submitted",
            Self::ApplicationReferred { .. } => "application_referred",
            Self::ApplicationApproved { .. } => "application_approved",
            Self::ApplicationDeclined { .. } => "application_declined",
            Self::ApplicationCancelled { .. } => "application_cancelled",
            Self::ApplicationExpired { .. } => "application_expired",
            Self::LoanDisbursed { .. } => "loan_disbursed",
            Self::PayoutFailed { .. } => "payout_failed",
            Self::PayoutReversed { .. } => "payout_reversed",
            Self::PayoutLapsed { .. } => "payout_lapsed",
            Self::PaymentPosted { .. } => "payment_posted",
            Self::PaymentReversed { .. } => "payment_reversed",
            Self::LoanPaidOff { .. } => "loan_paid_off",
            Self::RefundAsked { .. } => "refund_asked",
            Self::RefundPaid { .. } => "refund_paid",
            Self::RefundFailed { .. } => "refund_failed",
            Self::RefundUsed { .. } => "refund_used",
            Self::WayOutAnswered { .. } => "way_out_answered",
            Self::InstalmentReminder { .. } => "instalment_reminder",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_that_was_stored_before_it_had_figures_is_still_read() {
        let id = "00000000-0000-0000-0000-000000000001";
        for (name, more) in [
            ("payment_posted", format!(r#","payment_id":"{id}""#)),
            ("loan_disbursed", String::new()),
            ("instalment_reminder", r#","reminder":"seven_before""#.to_owned()),
        ] {
            let stored = format!(r#"{{"event":"{name}","user_id":"{id}","loan_id":"{id}"{more}}}"#);
            let read: Event = serde_json::from_str(&stored).expect(name);
            assert_eq!(read.name(), name);
        }
    }
}
