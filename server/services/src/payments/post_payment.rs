//! Money that fits is posted, and taken back when the bank takes it back. Enters: a locked account and charge, money as
//! a gateway states it. Leaves: event, allocation, journals and facts for the others, in the caller's transaction.

use super::{
    Moment,
    books::{self, Recorded, has_open_claim},
    queries::{self, Charge, LockedAccount},
};
use crate::{Core, failure::Fallible, gateways::collections::Transaction};
use domain::{
    audit::Entry,
    calendar::jakarta_date,
    event::Event as Fact,
    payments::{
        PaymentPurpose, PaymentStatus,
        servicing::{EventKind, Purpose},
    },
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

/// Money as a gateway states it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Money<'a> {
    /// `midtrans`, or `seed` for the demo.
    pub(super) provider: &'static str,
    /// The gateway's transaction.
    pub(super) provider_ref: &'a str,
    /// When the payer's money moved.
    pub(super) paid_at: OffsetDateTime,
}

pub(super) fn money(transaction: &Transaction, at: Moment) -> Money<'_> {
    Money {
        provider: "midtrans",
        provider_ref: &transaction.transaction_id,
        paid_at: transaction.paid_at.unwrap_or(at.now),
    }
}

/// The date money counts for: never before the loan, never in the future, whatever clock the gateway has.
pub(super) fn effective_on(account: &LockedAccount, paid_at: OffsetDateTime, at: Moment) -> Date {
    jakarta_date(paid_at).min(at.today).max(account.contract.terms.start)
}

/// What an event says the money is meant for.
pub(super) const fn purpose(charge: &Charge) -> Purpose {
    match charge.purpose {
        PaymentPurpose::Instalment => Purpose::Instalment,
        PaymentPurpose::Payoff => Purpose::Payoff,
        PaymentPurpose::Amount => Purpose::Amount { mode: charge.prepay },
    }
}

/// Posts a payment: event, allocation, journals, and the row whose gateway reference is unique for ever.
pub(super) async fn post_in(
    connection: &mut PgConnection,
    core: &Core,
    account: &LockedAccount,
    charge: &Charge,
    money: Money<'_>,
    at: Moment,
) -> Fallible<Recorded> {
    let effective_on = effective_on(account, money.paid_at, at);
    let paid = EventKind::Payment {
        reference: charge.id.to_string(),
        amount: charge.amount,
        purpose: purpose(charge),
    };
    let mut kinds = vec![(effective_on, paid)];
    if charge.claimed_at.is_some() && has_open_claim(&queries::list_events(connection, account.loan_id).await?) {
        kinds.push((at.today, EventKind::ClaimResolved { confirmed: true }));
    }
    let recorded = books::record_in(connection, core, account, kinds, at).await?;
    sqlx::query!(
        "insert into payments.payment
             (payment_id, loan_id, provider, provider_ref, amount, paid_at, effective_on, event_seq, recorded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        charge.id.0,
        account.loan_id.0,
        money.provider,
        money.provider_ref,
        charge.amount.get(),
        money.paid_at,
        effective_on,
        recorded.seqs[0],
        at.now,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "update payments.charge set status = 'posted', provider_ref = $2 where payment_id = $1",
        charge.id.0,
        money.provider_ref,
    )
    .execute(&mut *connection)
    .await?;
    if recorded.paid_off {
        // Nobody may pay what is not owed any more.
        let open = queries::cancel_open_charges(connection, account.loan_id).await?;
        books::check_in(connection, &open).await?;
    }
    Ok(recorded)
}

/// Tells the others that money was posted, and that it was the last.
pub(super) async fn tell_posted_in(
    connection: &mut PgConnection,
    core: &Core,
    account: &LockedAccount,
    charge: &Charge,
    recorded: &Recorded,
) -> Fallible<()> {
    let (user_id, loan_id) = (account.user_id, account.loan_id);
    metrics::counter!("payments_posted").increment(1);
    let fact = Fact::PaymentPosted {
        user_id,
        loan_id,
        payment_id: charge.id,
        amount: Some(charge.amount),
        outstanding: Some(recorded.outstanding),
    };
    books::tell_in(
        connection,
        core,
        fact,
        Entry::allowed("payments.post", "payment", charge.id),
    )
    .await?;
    if recorded.paid_off {
        let paid_off = Entry::allowed("payments.paid_off", "loan", loan_id);
        let fact = Fact::LoanPaidOff { user_id, loan_id };
        books::tell_in(connection, core, fact, paid_off).await?;
    }
    Ok(())
}

/// The bank took a posted payment back (lending.md 8.6).
pub(super) async fn reverse_in(
    connection: &mut PgConnection,
    core: &Core,
    account: &LockedAccount,
    charge: &Charge,
    at: Moment,
) -> Fallible<()> {
    let taken_back = vec![(
        at.today,
        EventKind::Reversal {
            of: charge.id.to_string(),
        },
    )];
    books::record_in(connection, core, account, taken_back, at).await?;
    queries::set_charge_status(connection, charge.id, PaymentStatus::Reversed).await?;
    metrics::counter!("payments_reversed").increment(1);
    let fact = Fact::PaymentReversed {
        user_id: account.user_id,
        loan_id: account.loan_id,
        payment_id: charge.id,
        amount: Some(charge.amount),
    };
    books::tell_in(
        connection,
        core,
        fact,
        Entry::allowed("payments.reverse", "payment", charge.id),
    )
    .await
}
