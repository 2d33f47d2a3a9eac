//! Money that does not fit waits in suspense for two people. Enters: a transaction at the gateway. Leaves: J8 and the
//! row that waits, and nothing in any loan; or, when the money is gone again, the end of both.

use super::{
    Moment, Payments, books, compare, differences, follow_payment,
    queries::{self, Charge, LockedAccount},
    waiting_money::{Key, lock_in},
};
use crate::{
    Core, audit,
    failure::Fallible,
    gateways::collections::{Transaction, TransactionStatus},
};
use domain::{
    Actor,
    audit::Entry,
    calendar::jakarta_date,
    id::{PaymentId, SuspenseId},
    payments::{
        Method, PaymentStatus, Subject, Suspense, SuspenseOutcome, SuspenseReason, SuspenseState,
        ledger::{self, Journal},
    },
};
use sqlx::PgConnection;
use time::Date;

/// Money came, but not what was asked for, or for a loan that cannot take it: it waits in suspense for a person, and
/// belongs to no loan until then.
pub(super) async fn mismatch_in(
    connection: &mut PgConnection,
    core: &Core,
    account: &LockedAccount,
    charge: &Charge,
    transaction: &Transaction,
    at: Moment,
) -> Fallible<()> {
    let why = if account.is_lent() {
        SuspenseReason::Amount
    } else {
        SuspenseReason::Loan
    };
    suspend_in(connection, core, Some(charge), transaction, why, at).await?;
    sqlx::query!(
        "update payments.charge set status = 'mismatch', provider_ref = $2 where payment_id = $1",
        charge.id.0,
        transaction.transaction_id,
    )
    .execute(&mut *connection)
    .await?;
    tracing::error!(payment = %charge.id, "money came that does not fit: a person must look");
    if let Some(found) = compare::unbooked(charge, transaction) {
        differences::note_in(
            connection,
            core,
            Subject::Payment(charge.id),
            account.loan_id,
            &found,
            at,
        )
        .await?;
    }
    let entry = Entry::allowed("payments.mismatch", "payment", charge.id);
    audit::record_in(connection, core, &Actor::system(), entry).await
}

/// J8, and the row of it: money that belongs to no loan. False when it is not in whole rupiah, so that neither can be.
pub(super) async fn suspend_in(
    connection: &mut PgConnection,
    core: &Core,
    charge: Option<&Charge>,
    transaction: &Transaction,
    why: SuspenseReason,
    at: Moment,
) -> Fallible<bool> {
    metrics::counter!("payments_in_suspense").increment(1);
    let amount = transaction
        .amount
        .filter(|amount| amount.is_positive() && transaction.currency == "IDR");
    let Some(amount) = amount else {
        tracing::error!(
            transaction = transaction.transaction_id,
            "money in suspense is not in whole rupiah"
        );
        return Ok(false);
    };
    let received_at = transaction.paid_at.unwrap_or(at.now).min(at.now);
    let reference = reference(&transaction.transaction_id);
    let journal = ledger::suspense(&reference, jakarta_date(received_at), amount);
    books::post_in(connection, core, None, &[journal], at).await?;
    // What the gateway has another word for can be asked back like a QR payment; it refuses what it cannot give back.
    let method = charge.map(|charge| charge.method).or(transaction.method);
    sqlx::query!(
        "insert into payments.suspense
             (suspense_id, transaction_id, order_id, payment_id, method, amount, received_at, why, state, noted_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9)",
        core.clock.new_id(),
        transaction.transaction_id,
        transaction.order_id,
        charge.map(|charge| charge.id.0),
        method.unwrap_or(Method::Qris).as_str(),
        amount.get(),
        received_at,
        why.as_str(),
        at.now,
    )
    .execute(connection)
    .await?;
    Ok(true)
}

/// A mismatch is gone from the gateway: nothing of it is left in suspense, and a claim on it is answered.
pub(super) async fn return_mismatch_in(
    connection: &mut PgConnection,
    core: &Core,
    account: &LockedAccount,
    charge: &Charge,
    transaction: &Transaction,
    at: Moment,
) -> Fallible<()> {
    if let Some(money) = lock_in(connection, Key::Transaction(&transaction.transaction_id)).await? {
        gone_in(connection, core, &money, &transaction.status, at).await?;
    }
    queries::set_charge_status(connection, charge.id, PaymentStatus::Reversed).await?;
    follow_payment::reject_claim_in(connection, core, account, charge, at).await?;
    let entry = Entry::allowed("payments.mismatch_returned", "payment", charge.id);
    audit::record_in(connection, core, &Actor::system(), entry).await
}

impl Payments {
    /// Money of an order that was not ours is gone from the gateway. The order may be ours by now.
    pub(super) async fn unknown_money_gone(&self, transaction: &Transaction, at: Moment) -> Fallible<&'static str> {
        let mut tx = self.core.begin().await?;
        let Some(money) = lock_in(&mut tx, Key::Transaction(&transaction.transaction_id)).await? else {
            return Ok("order unknown here; no money");
        };
        if let Some(payment_id) = money.payment_id {
            tx.rollback().await?;
            self.follow_payment(payment_id).await?;
            return Ok("its money was a payment");
        }
        gone_in(&mut tx, &self.core, &money, &transaction.status, at).await?;
        tx.commit().await?;
        Ok("order unknown here; its money is gone from the gateway")
    }
}

/// Ends what waits, whatever was proposed: a proposal of before finds its ground gone. Money that we gave back by hand
/// and that the gateway takes back too left us twice: nothing is booked, a person must look.
async fn gone_in(
    connection: &mut PgConnection,
    core: &Core,
    money: &Suspense,
    status: &TransactionStatus,
    at: Moment,
) -> Fallible<()> {
    if money.outcome == Some(SuspenseOutcome::ByHand) {
        left_twice(money.id);
    }
    if money.state == SuspenseState::Resolved {
        return Ok(());
    }
    let asked = money.state == SuspenseState::Returning && *status == TransactionStatus::Refunded;
    let outcome = if asked {
        SuspenseOutcome::Returned
    } else {
        SuspenseOutcome::TakenBack
    };
    let cleared = ledger::suspense_cleared(&reference(&money.transaction_id), at.today, money.amount);
    resolve_in(connection, core, &Actor::system(), money, outcome, cleared, at).await
}

fn left_twice(id: SuspenseId) {
    metrics::counter!("payments_contradicted").increment(1);
    tracing::error!(suspense = %id, "the gateway took back money that was returned by hand: a person must look");
}

/// Whether the money of an attempt went back by hand, of which the gateway knows nothing; it must not take it back too.
pub(super) async fn went_back_by_hand(
    connection: &mut PgConnection,
    payment_id: PaymentId,
    taken_back: bool,
) -> Fallible<bool> {
    let found = sqlx::query_scalar!(
        "select suspense_id from payments.suspense where payment_id = $1 and outcome = 'by_hand'",
        payment_id.0,
    );
    let by_hand = found.fetch_optional(connection).await?.map(SuspenseId);
    if let Some(id) = by_hand.filter(|_| taken_back) {
        left_twice(id);
    }
    Ok(by_hand.is_some())
}

/// Clears locked money with `cleared` and remembers what became of it.
pub(super) async fn resolve_in(
    connection: &mut PgConnection,
    core: &Core,
    actor: &Actor,
    money: &Suspense,
    outcome: SuspenseOutcome,
    cleared: Journal,
    at: Moment,
) -> Fallible<()> {
    books::post_in(connection, core, None, &[cleared], at).await?;
    sqlx::query!(
        "update payments.suspense
            set state = 'resolved', outcome = $2, resolved_at = $3
          where suspense_id = $1",
        money.id.0,
        outcome.as_str(),
        at.now,
    )
    .execute(&mut *connection)
    .await?;
    let entry = Entry::allowed("payments.resolve_suspense", "suspense", money.id).because(outcome.as_str());
    audit::record_in(connection, core, actor, entry).await
}

/// What names the money in the books.
pub(super) fn reference(transaction_id: &str) -> String {
    format!("midtrans:{transaction_id}")
}

/// The day it is in the books of.
pub(super) fn received_on(money: &Suspense) -> Date {
    jakarta_date(money.received_at)
}
