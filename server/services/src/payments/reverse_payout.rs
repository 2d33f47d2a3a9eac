//! The bank took back a payout that had arrived. Enters: the locked account of the loan. Leaves: no loan: J2, the
//! opposite of everything that was booked since, and what was paid meanwhile in suspense, for its payer.

use super::{
    Moment, books, follow_payout,
    queries::{self, AccountState, LockedAccount, LockedPayout},
    standing, suspend_money,
};
use crate::{
    Core,
    failure::{Failure, Fallible},
    gateways::collections::{Transaction, TransactionStatus},
};
use domain::{
    id::{LoanId, PaymentId},
    payments::{
        PaymentStatus, PayoutStatus, SuspenseReason,
        ledger::{self, Journal},
        servicing::EventKind,
    },
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// A payment that stands.
struct Paid {
    payment_id: Uuid,
    provider_ref: String,
    paid_at: OffsetDateTime,
    /// It was in suspense before it was credited.
    recognised: bool,
}

/// False, and nothing has changed, when money of the loan went back to its borrower as a refund, or may still arrive
/// as one, or came out of suspense once: then what is whose is for a person.
pub(super) async fn reverse_in(
    connection: &mut PgConnection,
    core: &Core,
    account: &LockedAccount,
    payout: &LockedPayout,
    at: Moment,
) -> Fallible<bool> {
    let (contract, started_on) = (&account.contract, account.contract.terms.start);
    let paid = list_paid(connection, account).await?;
    if was_refunded(connection, account.loan_id).await? || paid.iter().any(|paid| paid.recognised) {
        metrics::counter!("payouts_contradicted").increment(1);
        tracing::error!(loan = %account.loan_id, "a payout came back after money went other ways: a person must look");
        return Ok(false);
    }
    // A refund that nobody agreed to yet has no ground any more.
    sqlx::query!(
        "update payments.refund set state = 'used', answered_at = $2 where loan_id = $1 and state = 'waiting'",
        account.loan_id.0,
        at.now,
    )
    .execute(&mut *connection)
    .await?;
    suspend_paid_in(connection, core, account, &paid, at).await?;

    let events = queries::list_events(connection, account.loan_id).await?;
    let booked = ledger::books(contract, &events, started_on, account.advanced()?).map_err(Failure::broken)?;
    let first = follow_payout::first_journals(contract, payout)?;
    let since = booked
        .iter()
        .rev()
        .filter(|journal| first.iter().all(|first| first.slot != journal.slot));
    let cause = payout.id;
    let mut journals: Vec<Journal> = since
        .map(|journal| journal.taken_back(format!("{}@payout:{cause}!", journal.slot)))
        .collect();
    journals.extend(ledger::payout_reversed(&first));
    books::post_in(connection, core, Some(account.loan_id), &journals, at).await?;
    follow_payout::set_status(connection, payout.id, PayoutStatus::Reversed).await?;
    let open = queries::cancel_open_charges(connection, account.loan_id).await?;
    books::check_in(connection, &open).await?;
    standing::retire_in(connection, account.loan_id).await?;
    queries::set_account_state(connection, account.loan_id, AccountState::Cancelled).await?;
    Ok(true)
}

/// Whether a refund was ever sent: one that is said to have failed may arrive all the same.
async fn was_refunded(connection: &mut PgConnection, loan_id: LoanId) -> Fallible<bool> {
    let sent = sqlx::query_scalar!(
        r#"select exists (
               select from payments.payout
                where loan_id = $1 and purpose = 'refund' and status <> 'cancelled'
           ) as "sent!""#,
        loan_id.0,
    );
    Ok(sent.fetch_one(connection).await?)
}

async fn list_paid(connection: &mut PgConnection, account: &LockedAccount) -> Fallible<Vec<Paid>> {
    let rows = sqlx::query_as!(
        Paid,
        r#"select payment_id, p.provider_ref, p.paid_at,
                  exists (select from payments.suspense s where s.payment_id = p.payment_id) as "recognised!"
             from payments.payment p
             join payments.charge c using (payment_id)
            where p.loan_id = $1
              and c.status = 'posted'
            order by p.event_seq"#,
        account.loan_id.0,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// The loan that it paid never was: each payment is taken back there, and waits as money that belongs to no loan.
async fn suspend_paid_in(
    connection: &mut PgConnection,
    core: &Core,
    account: &LockedAccount,
    paid: &[Paid],
    at: Moment,
) -> Fallible<()> {
    if paid.is_empty() {
        return Ok(());
    }
    let of = |paid: &Paid| EventKind::Reversal {
        of: PaymentId(paid.payment_id).to_string(),
    };
    let taken_back = paid.iter().map(|paid| (at.today, of(paid))).collect();
    books::record_in(connection, core, account, taken_back, at).await?;
    for paid in paid {
        let id = PaymentId(paid.payment_id);
        let (_, charge) = queries::lock_charge(connection, id, None)
            .await?
            .ok_or_else(|| Failure::broken(format!("payment {id} is gone")))?;
        let money = Transaction {
            transaction_id: paid.provider_ref.clone(),
            order_id: charge.order_id.clone(),
            amount: Some(charge.amount),
            currency: "IDR".into(),
            status: TransactionStatus::Paid,
            method: Some(charge.method),
            instruction: None,
            paid_at: Some(paid.paid_at),
            expires_at: None,
        };
        suspend_money::suspend_in(connection, core, Some(&charge), &money, SuspenseReason::Loan, at).await?;
        queries::set_charge_status(connection, id, PaymentStatus::Mismatch).await?;
    }
    Ok(())
}
