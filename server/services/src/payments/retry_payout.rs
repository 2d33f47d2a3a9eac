//! A payout that finally failed is tried once more. Enters: a loan whose last payout failed; its borrower, who gave
//! another account, or staff. Leaves: a new payout under a new reference and a new key, never beside a living one; or,
//! when nobody asked for one in time, a loan that lapsed.

use super::{
    Moment, Payments, books, differences,
    open_account::{NewPayout, insert_payout},
    queries::{self, AccountState, LockedAccount},
};
use crate::{
    audit,
    failure::{Failure, Fallible},
    jobs::{self, Job},
};
use domain::{
    Actor, Error, Principal, Refusal, Role, Rupiah,
    audit::Entry,
    event::Event as Fact,
    id::{LoanId, PayoutId},
    payments::{Account, Payout, PayoutStatus},
};
use sqlx::PgConnection;
use time::Duration;

/// So long a borrower may give another account; afterwards the application lapses.
const PATIENCE: Duration = Duration::days(3);

impl Payments {
    pub(super) async fn pay_again(&self, actor: &Actor, loan_id: LoanId) -> Fallible<Account> {
        let owner = match &actor.principal {
            Principal::Borrower(session) => Some(session.user_id),
            _ => {
                actor.staff(&[Role::Support, Role::Approver])?;
                None
            }
        };
        let user_id = self.owner_of(loan_id).await?.ok_or(Error::NotFound)?;
        if owner.is_some_and(|owner| owner != user_id.into()) {
            return Err(Error::NotFound.into());
        }
        let payee = self.users.payee(&Actor::system(), user_id.into()).await?.shown.label();

        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let locked = queries::lock_account(&mut tx, loan_id, owner)
            .await?
            .ok_or(Error::NotFound)?;
        let last = last_payout(&mut tx, loan_id).await?.ok_or(Error::NotFound)?;
        match last.status {
            PayoutStatus::Failed if locked.state == AccountState::Open => {}
            // Asked for twice: it is on its way already.
            PayoutStatus::Created | PayoutStatus::Sent | PayoutStatus::InProgress | PayoutStatus::InDoubt => {
                tx.rollback().await?;
                let account = self.find_account(&Actor::system(), loan_id, None).await?;
                return account.ok_or_else(|| Error::NotFound.into());
            }
            _ => return Err(Refusal::WrongState.into()),
        }
        // One that had failed may have arrived after all, or nobody knows: its money is never sent again beside it.
        if differences::payout_is_open_in(&mut tx, loan_id).await? {
            tx.rollback().await?;
            let entry = Entry::denied("payments.retry_payout", "loan", loan_id).because("payout_open");
            audit::record_in(&mut *self.core.db.acquire().await?, &self.core, actor, entry).await?;
            let words = "Dana Anda mungkin sudah terkirim. Kami pastikan dulu ke bank supaya tidak terkirim dua kali.";
            return Err(Error::fault("", "payout_open", words).into());
        }
        let other_account = last.wants_another_account();
        if other_account && last.payee_label == payee {
            let words = "Ganti dulu rekening penerima di menu Akun.";
            return Err(Error::fault("bank_account", "unchanged", words).into());
        }
        // Why the bank or our balance said no is for staff to put right.
        if owner.is_some() && !other_account {
            return Err(Refusal::WrongState.into());
        }
        let payout = NewPayout {
            id: self.core.clock.new_id().into(),
            payee_label: payee,
        };
        let key = self.core.clock.new_id();
        insert_payout(&mut tx, loan_id, last.amount, &payout, PayoutStatus::Created, key, at).await?;
        jobs::enqueue_in(&mut tx, &Job::SendPayout { payout_id: payout.id }, None).await?;
        let entry = Entry::allowed("payments.retry_payout", "payout", payout.id);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        let account = self.find_account(&Actor::system(), loan_id, None).await?;
        account.ok_or_else(|| Failure::broken(format!("account {loan_id} is gone")))
    }

    async fn owner_of(&self, loan_id: LoanId) -> Fallible<Option<uuid::Uuid>> {
        let owner = sqlx::query_scalar!("select user_id from payments.account where loan_id = $1", loan_id.0);
        Ok(owner.fetch_optional(&self.core.db).await?)
    }

    /// Loans whose payout failed long ago and was not tried again never begin.
    pub(super) async fn lapse_failed(&self) -> Fallible<()> {
        let at = self.moment();
        let failed = sqlx::query_scalar!(
            "select p.payout_id
               from payments.payout p
               join payments.account a using (loan_id)
              where p.status = 'failed'
                and a.state = 'open'
                and coalesce(p.failed_at, p.checked_at, p.created_at) < $1
              limit 200",
            at.now - PATIENCE,
        )
        .fetch_all(&self.core.db)
        .await?;
        let mut told = Ok(());
        for id in failed.into_iter().map(PayoutId) {
            // One loan that cannot be read keeps no other waiting.
            if let Err(failure) = self.lapse(id, at).await {
                tracing::error!(payout = %id, %failure, "a payout that failed long ago cannot lapse");
                told = Err(failure);
            }
        }
        told
    }

    async fn lapse(&self, id: PayoutId, at: Moment) -> Fallible<()> {
        let mut tx = self.core.begin().await?;
        let Some((account, payout)) = queries::lock_payout(&mut tx, id).await? else {
            return Ok(());
        };
        let last = last_payout(&mut tx, account.loan_id).await?;
        let is_last = last.is_some_and(|last| last.id == id);
        if !is_last || payout.status != PayoutStatus::Failed || account.state != AccountState::Open {
            return Ok(());
        }
        // Money that may have arrived is asked about first: a loan does not lapse over it.
        if differences::payout_is_open_in(&mut tx, account.loan_id).await? {
            return Ok(());
        }
        sqlx::query!(
            "update payments.payout set status = 'cancelled', checked_at = $2 where payout_id = $1",
            id.0,
            at.now
        )
        .execute(&mut *tx)
        .await?;
        queries::set_account_state(&mut tx, account.loan_id, AccountState::Cancelled).await?;
        let fact = Fact::PayoutLapsed {
            user_id: account.user_id,
            loan_id: account.loan_id,
        };
        books::tell_in(
            &mut tx,
            &self.core,
            fact,
            Entry::allowed("payments.payout_lapsed", "payout", id),
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// The last payout of a locked account.
async fn last_payout(connection: &mut PgConnection, loan_id: LoanId) -> Fallible<Option<Payout>> {
    let row = sqlx::query!(
        "select payout_id, amount, status, payee_label, failure_code, succeeded_at
           from payments.payout
          where loan_id = $1
            and purpose = 'loan'
          order by (status not in ('failed', 'cancelled')) desc, created_at desc, payout_id desc
          limit 1",
        loan_id.0,
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Payout {
            id: row.payout_id.into(),
            amount: Rupiah::new(row.amount),
            status: PayoutStatus::parse(&row.status).ok_or_else(|| queries::unknown("payout status", &row.status))?,
            payee_label: row.payee_label,
            failure_code: row.failure_code,
            succeeded_at: row.succeeded_at,
        })
    })
    .transpose()
}

/// Money of a payout that had failed arrived after all: a new attempt that was not sent yet is taken back. False when
/// one was sent: then money may be under way twice, and a person must look.
pub(super) async fn replace_by_in(
    connection: &mut PgConnection,
    account: &LockedAccount,
    arrived: PayoutId,
) -> Fallible<bool> {
    sqlx::query!(
        "update payments.payout set status = 'cancelled'
          where loan_id = $1 and payout_id <> $2 and purpose = 'loan' and status = 'created'",
        account.loan_id.0,
        arrived.0,
    )
    .execute(&mut *connection)
    .await?;
    let sent = sqlx::query_scalar!(
        r#"select exists (
               select from payments.payout
                where loan_id = $1
                  and payout_id <> $2
                  and purpose = 'loan'
                  and status in ('sent', 'in_progress', 'in_doubt', 'succeeded')
           ) as "sent!""#,
        account.loan_id.0,
        arrived.0,
    );
    Ok(!sent.fetch_one(connection).await?)
}
