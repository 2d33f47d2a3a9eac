//! An approved loan gets its account and its payout. Enters: the signed contract. Leaves: an open account and a payout
//! that is queued, or, when it was cancelled before, an account that stays cancelled.

use super::{Moment, Payments, queries::AccountState};
use crate::{
    Core, audit,
    failure::{Failure, Fallible},
    jobs::{self, Job},
};
use domain::{
    Actor, Rupiah,
    audit::Entry,
    id::{LoanId, PayoutId},
    loans::schedule::schedule,
    payments::{Account, OpenAccount, PayoutStatus},
};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

impl Payments {
    pub(super) async fn open(&self, actor: &Actor, open: OpenAccount) -> Fallible<Account> {
        actor.require_system()?;
        let loan_id = open.loan_id;
        if let Some(account) = self.find_account(actor, loan_id, None).await? {
            return Ok(account);
        }
        let schedule = schedule(&open.contract.terms).map_err(Failure::broken)?;
        if schedule.net_cash != open.net_cash {
            return Err(Failure::broken(format!(
                "{loan_id}: the cash to send is not the schedule's"
            )));
        }
        let payee = self.users.payee(actor, open.user_id).await?;
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let payout = NewPayout {
            id: self.core.clock.new_id().into(),
            payee_label: payee.shown.label(),
        };
        if let Opened::Payout(id) = open_in(&mut tx, &self.core, &open, &payout, at).await? {
            jobs::enqueue_in(&mut tx, &Job::SendPayout { payout_id: id }, None).await?;
            let entry = Entry::allowed("payments.open_account", "loan", loan_id);
            audit::record_in(&mut tx, &self.core, actor, entry).await?;
        }
        tx.commit().await?;
        let account = self.find_account(actor, loan_id, None).await?;
        account.ok_or_else(|| Failure::broken(format!("account {loan_id} was opened and is not there")))
    }
}

/// A payout to create.
pub(super) struct NewPayout {
    pub(super) id: PayoutId,
    pub(super) payee_label: String,
}

/// What opening came to.
pub(super) enum Opened {
    /// A new account with this payout.
    Payout(PayoutId),
    /// Another opened it first, or it was cancelled before it was opened.
    Nothing,
}

/// Creates account and payout, unless they exist. The row of `stopped_account` decides against a cancel that happens
/// at the same time: this transaction holds it for its own length, a cancel keeps it for good, so one waits for the
/// other and the second sees what the first did.
pub(super) async fn open_in(
    connection: &mut PgConnection,
    core: &Core,
    open: &OpenAccount,
    payout: &NewPayout,
    at: Moment,
) -> Fallible<Opened> {
    let held = sqlx::query!(
        "insert into payments.stopped_account (loan_id, stopped_at)
         values ($1, $2)
         on conflict on constraint stopped_account_pkey do nothing",
        open.loan_id.0,
        at.now,
    )
    .execute(&mut *connection)
    .await?
    .rows_affected()
        == 1;
    if held {
        sqlx::query!(
            "delete from payments.stopped_account where loan_id = $1",
            open.loan_id.0
        )
        .execute(&mut *connection)
        .await?;
    }
    let state = if held {
        AccountState::Open
    } else {
        AccountState::Cancelled
    };
    let made = sqlx::query!(
        "insert into payments.account (loan_id, user_id, state, contract, net_cash, opened_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict on constraint account_pkey do nothing",
        open.loan_id.0,
        open.user_id.0,
        state.as_str(),
        Json(&open.contract) as _,
        open.net_cash.get(),
        at.now,
    )
    .execute(&mut *connection)
    .await?
    .rows_affected()
        == 1;
    if !made {
        return Ok(Opened::Nothing);
    }
    let status = if held {
        PayoutStatus::Created
    } else {
        PayoutStatus::Cancelled
    };
    insert_payout(
        connection,
        open.loan_id,
        open.net_cash,
        payout,
        status,
        core.clock.new_id(),
        at,
    )
    .await?;
    Ok(if held {
        Opened::Payout(payout.id)
    } else {
        Opened::Nothing
    })
}

/// Reference and key are stored before any call.
pub(super) async fn insert_payout(
    connection: &mut PgConnection,
    loan_id: LoanId,
    amount: Rupiah,
    payout: &NewPayout,
    status: PayoutStatus,
    key: Uuid,
    at: Moment,
) -> Fallible<()> {
    sqlx::query!(
        "insert into payments.payout (payout_id, loan_id, amount, status, idempotency_key, payee_label, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        payout.id.0,
        loan_id.0,
        amount.get(),
        status.as_str(),
        key,
        payout.payee_label,
        at.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
