//! An approved application becomes an account with a payout. Payments takes it from there.

use super::{Loans, queries, queries::ApplicationRow};
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Error,
    id::LoanId,
    loans::{
        cap::{Cap, CapCheck, CapRow},
        schedule::Terms,
    },
    payments::{OpenAccount, servicing::Contract},
};

impl Loans {
    pub(super) async fn open_account(&self, actor: &Actor, id: LoanId) -> Fallible<()> {
        actor.require_system()?;
        let mut connection = self.core.db.acquire().await?;
        let row = queries::any_application(&mut connection, id)
            .await?
            .ok_or(Error::NotFound)?;
        drop(connection);
        if row.status != "approved" {
            return Ok(());
        }
        self.payments
            .open_account(actor, self.account_to_open(&row).await?)
            .await?;
        Ok(())
    }

    /// What payments needs to open the account of an approved application. Also for seeding a past loan.
    pub async fn prepare_account(&self, id: LoanId) -> domain::Result<OpenAccount> {
        let prepare = async {
            let mut connection = self.core.db.acquire().await?;
            let row = queries::any_application(&mut connection, id)
                .await?
                .ok_or(Error::NotFound)?;
            drop(connection);
            self.account_to_open(&row).await
        };
        prepare.await.map_err(Failure::at("loans.prepare_account"))
    }

    async fn account_to_open(&self, row: &ApplicationRow) -> Fallible<OpenAccount> {
        let simulation = row.quote()?.simulation;
        let rules = self.rules_for(&simulation.product).await?;
        let cap = cap_of(rules.caps, &simulation.cap)?;
        let contract = Contract {
            terms: Terms::of(
                &simulation.product,
                simulation.amount,
                simulation.tenor,
                simulation.start,
            )
            .on_calendar(&rules.holidays),
            late_fee: simulation.product.late_fee,
            allocation: simulation.product.allocation,
            prepay_default: simulation.product.prepay_default,
            total_cap_percent: u32::try_from(cap.total_cap_percent).map_err(Failure::broken)?,
            overdue_interest: simulation.product.overdue_interest,
            cap: Some(cap),
            agreed: Vec::new(),
        };
        Ok(OpenAccount {
            loan_id: row.loan_id(),
            user_id: row.user_id(),
            contract,
            net_cash: simulation.disclosure.net_cash,
        })
    }
}

/// The caps the agreement was tested against, for the loan's whole life.
fn cap_of(rows: Vec<CapRow>, check: &CapCheck) -> Fallible<Cap> {
    let row = rows.into_iter().find(|row| row.id == check.cap_id);
    let row = row.ok_or_else(|| Failure::broken("a cap row is gone"))?;
    Ok(Cap {
        id: row.id,
        benefit_ppm_per_day: check.cap_ppm,
        late_ppm_per_day: row.late_ppm_per_day,
        late_base: row.late_base,
        total_cap_percent: row.total_cap_percent,
        pass_through_excluded: row.pass_through_excluded,
    })
}
