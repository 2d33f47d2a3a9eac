//! Money that does not fit waits in suspense for a person. Enters: a transaction at the gateway. Leaves: J8, and nothing
//! in any loan.

use super::{
    Moment, books,
    queries::{self, Charge},
};
use crate::{Core, audit, failure::Fallible, gateways::midtrans::Transaction};
use domain::{
    Actor, Rupiah,
    audit::Entry,
    calendar::jakarta_date,
    payments::{PaymentStatus, ledger},
};
use sqlx::PgConnection;
use time::Date;

/// Money came, but not what was asked for, or for a loan that cannot take it: it waits in suspense for a person, and
/// belongs to no loan until then.
pub(super) async fn mismatch_in(
    connection: &mut PgConnection,
    core: &Core,
    charge: &Charge,
    transaction: &Transaction,
    at: Moment,
) -> Fallible<()> {
    suspend_in(connection, core, transaction, at).await?;
    sqlx::query!(
        "update payments.charge set status = 'mismatch', provider_ref = $2 where payment_id = $1",
        charge.id.0,
        transaction.transaction_id,
    )
    .execute(&mut *connection)
    .await?;
    tracing::error!(payment = %charge.id, "money came that does not fit: a person must look");
    let entry = Entry::allowed("payments.mismatch", "payment", charge.id);
    audit::record_in(connection, core, &Actor::system(), entry).await
}

/// J8: money whose loan is not known.
pub(super) async fn suspend_in(
    connection: &mut PgConnection,
    core: &Core,
    transaction: &Transaction,
    at: Moment,
) -> Fallible<()> {
    metrics::counter!("payments_in_suspense").increment(1);
    let Some((reference, on, amount)) = suspense(transaction, at) else {
        tracing::error!(
            transaction = transaction.transaction_id,
            "money in suspense is not in whole rupiah"
        );
        return Ok(());
    };
    books::post_in(connection, core, None, &[ledger::suspense(&reference, on, amount)], at).await
}

/// A mismatch went back to the payer: nothing is left in suspense.
pub(super) async fn return_mismatch_in(
    connection: &mut PgConnection,
    core: &Core,
    charge: &Charge,
    transaction: &Transaction,
    at: Moment,
) -> Fallible<()> {
    if let Some((reference, _, amount)) = suspense(transaction, at) {
        let cleared = ledger::suspense_cleared(&reference, at.today, amount);
        books::post_in(connection, core, None, &[cleared], at).await?;
    }
    queries::set_charge_status(connection, charge.id, PaymentStatus::Reversed).await?;
    let entry = Entry::allowed("payments.mismatch_returned", "payment", charge.id);
    audit::record_in(connection, core, &Actor::system(), entry).await
}

/// Reference, date and amount in the books.
fn suspense(transaction: &Transaction, at: Moment) -> Option<(String, Date, Rupiah)> {
    let on = jakarta_date(transaction.paid_at.unwrap_or(at.now)).min(at.today);
    let amount = transaction
        .amount
        .filter(|amount| amount.is_positive() && transaction.currency == "IDR")?;
    Some((format!("midtrans:{}", transaction.transaction_id), on, amount))
}
