//! The agreement of a loan, ready to print: exactly the figures that were consented to.

use super::Loans;
use crate::failure::Fallible;
use domain::{
    Actor, Error,
    id::LoanId,
    loans::{Agreement, Loan},
    users::Profile,
};

impl Loans {
    pub(super) async fn agreement_of_asker(&self, actor: &Actor, id: LoanId) -> Fallible<Agreement> {
        let loan = self.get_of_asker(actor, id).await?;
        let borrower = self.users.profile(actor).await?;
        self.agreement_with(loan, borrower).await
    }

    /// The agreement of a loan that the caller may see.
    pub(super) async fn agreement_with(&self, loan: Loan, borrower: Profile) -> Fallible<Agreement> {
        let accepted_at = sqlx::query_scalar!(
            "select accepted_at from loans.agreement_consent where loan_id = $1 and quote_id = $2",
            loan.id.0,
            loan.quote.id.0,
        )
        .fetch_optional(&self.core.db)
        .await?
        .ok_or(Error::NotFound)?;
        Ok(Agreement {
            loan,
            borrower,
            accepted_at,
        })
    }
}
