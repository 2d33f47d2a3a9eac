//! The papers of a loan: what they say is decided here, the documents service makes and keeps them.

use super::{Loans, queries};
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Error,
    documents::{ContractFile, ContractKind, ContractPaper, NewContractPaper, Sheet},
    id::LoanId,
    loans::{Agreement, Loan, LoanStatus, papers::sheet},
};
use sha2::{Digest, Sha256};

impl Loans {
    /// A paper for its owner, made now if it was not made yet.
    pub(super) async fn paper_of_asker(&self, actor: &Actor, id: LoanId, kind: ContractKind) -> Fallible<ContractFile> {
        let agreement = self.agreement_of_asker(actor, id).await?;
        let paper = self.issue(&agreement, kind).await?.ok_or(Error::NotFound)?;
        Ok(self.documents.download(actor, paper.id).await?)
    }

    /// Every paper that the loan has by now.
    pub(super) async fn issue_due_papers(&self, actor: &Actor, id: LoanId) -> Fallible<()> {
        actor.require_system()?;
        let mut connection = self.core.db.acquire().await?;
        let row = queries::any_application(&mut connection, id)
            .await?
            .ok_or(Error::NotFound)?;
        drop(connection);
        let loan = self.load(row.user_id(), id).await?;
        let kinds: &[ContractKind] = match loan.status {
            LoanStatus::Approved | LoanStatus::Disbursing => &[ContractKind::CostSummary, ContractKind::Agreement],
            LoanStatus::Active | LoanStatus::Overdue | LoanStatus::Closed | LoanStatus::WrittenOff => {
                &ContractKind::ALL
            }
            _ => return Ok(()),
        };
        let borrower = self.users.profile_of(actor, loan.user_id).await?;
        let agreement = self.agreement_with(loan, borrower).await?;
        for kind in kinds {
            self.issue(&agreement, *kind).await?;
        }
        Ok(())
    }

    async fn issue(&self, agreement: &Agreement, kind: ContractKind) -> Fallible<Option<ContractPaper>> {
        let Some(sheet) = sheet(kind, agreement, &self.licence) else {
            return Ok(None);
        };
        let consents = sqlx::query_scalar!(
            r#"select count(*) as "count!" from loans.agreement_consent where loan_id = $1"#,
            agreement.loan.id.0
        );
        let first = consents.fetch_one(&self.core.db).await? == 1;
        let new = NewContractPaper {
            user_id: agreement.loan.user_id,
            loan_id: agreement.loan.id,
            kind,
            edition: edition(kind, &agreement.loan, &sheet, first)?,
            sheet,
        };
        Ok(Some(self.documents.issue(&Actor::system(), new).await?))
    }
}

/// What was consented to has one edition, an offer accepted later another; a letter has one for each time the loan was
/// paid off, a schedule one for each set of figures.
fn edition(kind: ContractKind, loan: &Loan, sheet: &Sheet, first_consent: bool) -> Fallible<String> {
    Ok(match kind {
        ContractKind::CostSummary | ContractKind::Agreement if first_consent => loan.quote.agreement_version.clone(),
        ContractKind::CostSummary | ContractKind::Agreement => {
            let figures = loan.quote.disclosure_hash.get(..16).unwrap_or_default();
            format!("{}-{figures}", loan.quote.agreement_version)
        }
        ContractKind::Schedule => {
            let figures = serde_json::to_vec(sheet).map_err(Failure::broken)?;
            hex::encode(Sha256::digest(figures))
        }
        ContractKind::Settlement => loan
            .milestones
            .closed_at
            .map(|at| at.unix_timestamp().to_string())
            .ok_or_else(|| Failure::broken("a loan that is paid off has no date of it"))?,
    })
}
