//! A payout follows what the gateway says. Enters: a payout of any state. Leaves: the state machine of lending.md 7.5,
//! with journals, the start of the loan and events, each in one transaction.

use super::{
    Moment, Payments, books,
    compare::{self, Found},
    differences,
    queries::{self, AccountState, LockedAccount, LockedPayout},
    retry_payout, reverse_payout, standing,
};
use crate::{
    Core,
    failure::{Failure, Fallible},
    gateways::{
        GatewayError,
        payouts::{FailureCode, PayoutState},
    },
    jobs::{self, Job},
};
use domain::{
    Rupiah,
    audit::Entry,
    calendar::jakarta_date,
    event::Event as Fact,
    id::{LoanId, PayoutId},
    payments::{
        DifferenceKind, PayoutStatus, Subject,
        ledger::{self, Journal},
        servicing::{Contract, started},
    },
};
use sqlx::{PgConnection, Postgres, Transaction, types::Json};
use time::{Duration, OffsetDateTime};

/// So long a call may still be under way; the HTTP client gives up after ten seconds.
const CALL: Duration = Duration::seconds(20);

impl Payments {
    pub(super) async fn follow_payout(&self, id: PayoutId) -> Fallible<()> {
        let at = self.moment();
        let Some(payout) = self.mark_checked(id, at).await? else {
            return Err(Failure::broken(format!("payout {id} is not known")));
        };
        // What was sent may still arrive, whatever we were told and even given up.
        let unsent = payout.sent_at.is_none();
        let calling = payout.status == PayoutStatus::Sent && payout.sent_at.is_some_and(|sent| at.now - sent < CALL);
        if unsent || calling {
            return Ok(());
        }
        let found = match &payout.provider_ref {
            Some(provider_ref) => self.payouts.get(provider_ref).await,
            None => self.payouts.find_by_reference(id).await,
        };
        match found {
            Ok(Some(found)) if found.amount == Some(payout.amount) && found.reference_id == id.to_string() => {
                self.apply_payout(id, payout.status, Some(&found.id), &found.state, found.updated_at)
                    .await
            }
            Ok(Some(found)) => {
                metrics::counter!("payouts_contradicted").increment(1);
                tracing::error!(payout = %id, provider_ref = found.id, "the gateway shows another payout under our reference");
                let other = compare::amount(payout.amount, found.amount);
                self.note(Subject::Payout(id), payout.loan_id, &other).await
            }
            Ok(None) if payout.provider_ref.is_none() && is_unanswered(payout.status) => self.call(&payout).await,
            // Refused at the door, as we were told.
            Ok(None) if payout.provider_ref.is_none() && is_given_up(payout.status) => Ok(()),
            Ok(None) => {
                metrics::counter!("payouts_contradicted").increment(1);
                tracing::error!(payout = %id, "the gateway does not know a payout it had taken");
                let unknown = Found::new(DifferenceKind::Unknown, payout.status.as_str(), "");
                self.note(Subject::Payout(id), payout.loan_id, &unknown).await
            }
            Err(error) => self.no_answer(&payout, error).await,
        }
    }

    /// Notes the check, so that the sweep does not queue another one at once.
    async fn mark_checked(&self, id: PayoutId, at: Moment) -> Fallible<Option<LockedPayout>> {
        let mut tx = self.core.begin().await?;
        let Some((_, payout)) = queries::lock_payout(&mut tx, id).await? else {
            return Ok(None);
        };
        sqlx::query!(
            "update payments.payout set checked_at = $2 where payout_id = $1",
            id.0,
            at.now
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Some(payout))
    }

    /// The gateway cannot say how it is: what was sent is in doubt until it can.
    async fn no_answer(&self, payout: &LockedPayout, error: GatewayError) -> Fallible<()> {
        match payout.status {
            PayoutStatus::Sent | PayoutStatus::InDoubt => self.doubt(payout.id, error).await,
            _ => Err(error.into()),
        }
    }

    /// Takes over what the gateway says, in one transaction. Only transitions of lending.md 7.5 exist; repeating one
    /// changes nothing. `seen` is how the payout stood before the gateway was asked: when it moved since, the answer
    /// may be older than what we know, and the gateway is asked again.
    pub(super) async fn apply_payout(
        &self,
        id: PayoutId,
        seen: PayoutStatus,
        provider_ref: Option<&str>,
        state: &PayoutState,
        since: Option<OffsetDateTime>,
    ) -> Fallible<()> {
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let Some((account, payout)) = queries::lock_payout(&mut tx, id).await? else {
            return Ok(());
        };
        if let Some(provider_ref) = provider_ref {
            let known = sqlx::query!(
                "update payments.payout set provider_ref = coalesce(provider_ref, $2) where payout_id = $1",
                id.0,
                provider_ref,
            );
            known.execute(&mut *tx).await?;
        }
        if payout.status != seen {
            jobs::enqueue_in(&mut tx, &Job::CheckPayout { payout_id: id }, None).await?;
            tx.commit().await?;
            return Ok(());
        }
        self.apply_locked(tx, &account, &payout, state, since, at).await
    }

    /// Ends a payout that cannot be sent, unless it was meanwhile.
    pub(super) async fn fail_unsent(&self, id: PayoutId, code: &str) -> Fallible<()> {
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let found = queries::lock_payout(&mut tx, id).await?;
        let Some((account, payout)) = found.filter(|(_, payout)| payout.status == PayoutStatus::Created) else {
            return Ok(());
        };
        let failed = PayoutState::Failed(FailureCode::Other(code.into()));
        self.apply_locked(tx, &account, &payout, &failed, None, at).await
    }

    async fn apply_locked(
        &self,
        mut tx: Transaction<'static, Postgres>,
        account: &LockedAccount,
        payout: &LockedPayout,
        state: &PayoutState,
        since: Option<OffsetDateTime>,
        at: Moment,
    ) -> Fallible<()> {
        let id = payout.id;
        if payout.refund {
            return self.apply_refund(tx, account, payout, state, at).await;
        }
        let core = &self.core;
        let open = matches!(payout.status, PayoutStatus::Created | PayoutStatus::Failed) || is_waiting(payout.status);
        match state {
            PayoutState::InProgress | PayoutState::Other(_) if is_waiting(payout.status) => {
                set_status(&mut tx, id, PayoutStatus::InProgress).await?;
            }
            // A late success after a failure is money that arrived; the loan runs unless it was given up meanwhile.
            PayoutState::Succeeded if open && account.state == AccountState::Open => {
                if !retry_payout::replace_by_in(&mut tx, account, id).await? {
                    metrics::counter!("payouts_contradicted").increment(1);
                    tracing::error!(payout = %id, "a payout that had failed arrived while another is on its way: a person must look");
                    // Until it is known what became of both, nothing new is sent and nothing lapses.
                    let found = compare::contradiction(payout.status, state);
                    differences::note_in(&mut tx, core, Subject::Payout(id), account.loan_id, &found, at).await?;
                    tx.commit().await?;
                    return Ok(());
                }
                succeed_in(&mut tx, core, account, payout, since.unwrap_or(at.now), at).await?;
                differences::settle_in(&mut tx, core, Subject::Payout(id), &[], at).await?;
                let fact = Fact::LoanDisbursed {
                    user_id: account.user_id,
                    loan_id: account.loan_id,
                    amount: Some(payout.amount),
                    account: payout.account_ending(),
                };
                let entry = Entry::allowed("payments.payout_succeeded", "payout", id);
                books::tell_in(&mut tx, core, fact, entry).await?;
            }
            PayoutState::Failed(code) if payout.status == PayoutStatus::Created || is_waiting(payout.status) => {
                fail_in(&mut tx, id, code, at).await?;
                ask_about_earlier_in(&mut tx, account.loan_id, id).await?;
                let fact = Fact::PayoutFailed {
                    user_id: account.user_id,
                    loan_id: account.loan_id,
                    amount: Some(payout.amount),
                };
                let entry = Entry::allowed("payments.payout_failed", "payout", id).because(code.as_str());
                books::tell_in(&mut tx, core, fact, entry).await?;
            }
            PayoutState::Reversed if payout.status == PayoutStatus::Succeeded => {
                if !reverse_payout::reverse_in(&mut tx, core, account, payout, at).await? {
                    let found = compare::contradiction(payout.status, state);
                    differences::note_in(&mut tx, core, Subject::Payout(id), account.loan_id, &found, at).await?;
                    tx.commit().await?;
                    return Ok(());
                }
                let fact = Fact::PayoutReversed {
                    user_id: account.user_id,
                    loan_id: account.loan_id,
                    amount: Some(payout.amount),
                };
                let entry = Entry::allowed("payments.payout_reversed", "payout", id);
                books::tell_in(&mut tx, core, fact, entry).await?;
            }
            // It came and went before we looked: nothing was lent.
            PayoutState::Reversed if is_waiting(payout.status) => {
                fail_in(&mut tx, id, &FailureCode::Other("REVERSED".into()), at).await?;
                let fact = Fact::PayoutFailed {
                    user_id: account.user_id,
                    loan_id: account.loan_id,
                    amount: Some(payout.amount),
                };
                let entry = Entry::allowed("payments.payout_failed", "payout", id).because("REVERSED");
                books::tell_in(&mut tx, core, fact, entry).await?;
            }
            state if contradicts(payout.status, state) => {
                metrics::counter!("payouts_contradicted").increment(1);
                tracing::error!(payout = %id, ours = payout.status.as_str(), ?state, "the gateway contradicts a final state");
                let found = compare::contradiction(payout.status, state);
                differences::note_in(&mut tx, core, Subject::Payout(id), account.loan_id, &found, at).await?;
            }
            _ => {}
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Sent, and no end is known.
pub(super) fn is_waiting(status: PayoutStatus) -> bool {
    matches!(
        status,
        PayoutStatus::Sent | PayoutStatus::InProgress | PayoutStatus::InDoubt
    )
}

/// Sent, and nothing was heard.
fn is_unanswered(status: PayoutStatus) -> bool {
    matches!(status, PayoutStatus::Sent | PayoutStatus::InDoubt)
}

/// We count on it no more.
fn is_given_up(status: PayoutStatus) -> bool {
    matches!(status, PayoutStatus::Cancelled | PayoutStatus::Failed)
}

/// Money moved although our books say it did not, or the other way round.
fn contradicts(ours: PayoutStatus, theirs: &PayoutState) -> bool {
    match theirs {
        PayoutState::Succeeded => ours != PayoutStatus::Succeeded,
        PayoutState::Failed(_) => matches!(ours, PayoutStatus::Succeeded),
        _ => false,
    }
}

pub(super) async fn set_status(connection: &mut PgConnection, id: PayoutId, status: PayoutStatus) -> Fallible<()> {
    sqlx::query!(
        "update payments.payout set status = $2, tries = 0, parked_at = null where payout_id = $1",
        id.0,
        status.as_str()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// An earlier payout that was said to have failed may have arrived while this one was on its way.
async fn ask_about_earlier_in(connection: &mut PgConnection, loan_id: LoanId, this: PayoutId) -> Fallible<()> {
    let earlier = sqlx::query_scalar!(
        "select payout_id from payments.payout
          where loan_id = $1 and payout_id <> $2 and purpose = 'loan' and status = 'failed' and sent_at is not null",
        loan_id.0,
        this.0,
    )
    .fetch_all(&mut *connection)
    .await?;
    for payout_id in earlier.into_iter().map(PayoutId) {
        jobs::enqueue_in(connection, &Job::CheckPayout { payout_id }, None).await?;
    }
    Ok(())
}

pub(super) async fn fail_in(
    connection: &mut PgConnection,
    id: PayoutId,
    code: &FailureCode,
    at: Moment,
) -> Fallible<()> {
    sqlx::query!(
        "update payments.payout
            set status = 'failed', failure_code = $2, failed_at = $3, succeeded_at = null, payee_sealed = null,
                tries = 0, parked_at = null
          where payout_id = $1",
        id.0,
        code.as_str(),
        at.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The money arrived at `since`: the loan starts on that date in Jakarta, J1 is posted, the schedule moves with it.
pub(super) async fn succeed_in(
    connection: &mut PgConnection,
    core: &Core,
    account: &LockedAccount,
    payout: &LockedPayout,
    since: OffsetDateTime,
    at: Moment,
) -> Fallible<()> {
    sqlx::query!(
        "update payments.payout
            set status = 'succeeded', succeeded_at = $2, failure_code = null, payee_sealed = null,
                tries = 0, parked_at = null
          where payout_id = $1",
        payout.id.0,
        since,
    )
    .execute(&mut *connection)
    .await?;
    // A clock of theirs that runs ahead must not start a loan tomorrow.
    let started_on = jakarta_date(since).min(at.today);
    let contract = started(account.contract.clone(), started_on).map_err(Failure::broken)?;
    sqlx::query!(
        "update payments.account
            set state = 'running', contract = $2, started_on = $3
          where loan_id = $1",
        account.loan_id.0,
        Json(&contract) as _,
        started_on,
    )
    .execute(&mut *connection)
    .await?;
    let journals = first_journals(&contract, payout)?;
    books::post_in(connection, core, Some(account.loan_id), &journals, at).await?;
    standing::place_in(connection, account.loan_id, &contract, &[], started_on).await
}

/// J1, and J4 for fees that stand in the contract's schedule.
pub(super) fn first_journals(contract: &Contract, payout: &LockedPayout) -> Fallible<Vec<Journal>> {
    ledger::payout(contract, &payout.id.to_string(), Rupiah::ZERO).map_err(Failure::broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_money_that_moved_contradicts() {
        let failed = PayoutState::Failed(FailureCode::TransferError);
        assert!(contradicts(PayoutStatus::Cancelled, &PayoutState::Succeeded));
        assert!(contradicts(PayoutStatus::Reversed, &PayoutState::Succeeded));
        assert!(contradicts(PayoutStatus::Succeeded, &failed));
        assert!(!contradicts(PayoutStatus::Succeeded, &PayoutState::Succeeded));
        assert!(!contradicts(PayoutStatus::Failed, &failed));
        assert!(!contradicts(PayoutStatus::Cancelled, &PayoutState::InProgress));
    }
}
