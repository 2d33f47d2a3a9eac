//! An officer stops late fees, or lets them go on (lending.md 8.7). Enters: a loan, a last day, a reason. Leaves: the
//! event; the day itself is charged when it begins a pause, and free when it ends one.

use super::{Payments, books, queries};
use crate::{audit, failure::Fallible};
use domain::{
    Actor, Error, Refusal, Role,
    audit::{Entry, check_reason},
    id::LoanId,
    payments::servicing::{EventKind, PauseCause},
};
use time::Date;

impl Payments {
    /// `pause` is none to resume, else the last day without late fees, if there is one.
    pub(super) async fn stop_late_fees(
        &self,
        actor: &Actor,
        loan_id: LoanId,
        pause: Option<Option<Date>>,
        reason: &str,
    ) -> Fallible<()> {
        actor.staff(&[Role::Support, Role::Collector, Role::Analyst])?;
        let reason = check_reason(reason)?;
        let at = self.moment();
        if pause.flatten().is_some_and(|through| through <= at.today) {
            return Err(Error::fault("through", "past", "Pilih tanggal setelah hari ini.").into());
        }
        let mut tx = self.core.begin().await?;
        let account = queries::lock_account(&mut tx, loan_id, None)
            .await?
            .ok_or(Error::NotFound)?;
        if !account.is_lent() {
            return Err(Refusal::WrongState.into());
        }
        let cause = PauseCause::Officer;
        let mut kinds = vec![(at.today, EventKind::LateFeesResumed { cause })];
        kinds.extend(pause.map(|through| (at.today, EventKind::LateFeesPaused { cause, through })));
        books::record_in(&mut tx, &self.core, &account, kinds, at).await?;
        let action = if pause.is_some() {
            "payments.pause_late_fees"
        } else {
            "payments.resume_late_fees"
        };
        let entry = Entry::allowed(action, "loan", loan_id).because(reason);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }
}
