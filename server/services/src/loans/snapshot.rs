//! What the engine looks at, frozen: the borrower's standing here, the identity, the figures of the application.

use super::{Loans, queries};
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Rupiah,
    documents::IncomeEvidence,
    id::{LoanId, UserId},
    loans::{
        decision::{IdentityFacts, Snapshot},
        limit::{EndedLoan, LadderStep},
    },
    payments::{Account, servicing::LineStatus, worst::worst_days_past_due},
    users::KycStatus,
};
use time::Duration;

/// How a borrower stands with us.
pub(super) struct Standing {
    pub ladder: Vec<LadderStep>,
    pub outstanding: Rupiah,
    /// Principal accepted but not yet disbursed.
    pub reserved: Rupiah,
    /// Instalments of running loans a month.
    pub obligations: Rupiah,
    pub overdue: bool,
    pub accounts: Vec<Account>,
}

/// Stated with an application, sealed in it.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub(super) struct Figures {
    pub monthly_income: Rupiah,
    pub other_instalments: Rupiah,
}

impl Loans {
    pub(super) async fn standing(&self, user: UserId) -> Fallible<Standing> {
        let accounts = self.payments.accounts_of(&Actor::system(), user).await?;
        let mut standing = Standing {
            ladder: Vec::new(),
            outstanding: Rupiah::ZERO,
            reserved: queries::reserved(&self.core.db, user).await?,
            obligations: Rupiah::ZERO,
            overdue: false,
            accounts: Vec::new(),
        };
        let mut ended = Vec::new();
        for account in &accounts {
            let Some(position) = &account.position else { continue };
            match account.closed_at {
                Some(closed_at) => ended.push(EndedLoan {
                    disbursed_on: account.contract.terms.start,
                    ended_on: domain::calendar::jakarta_date(closed_at),
                    worst_dpd: worst_days_past_due(position),
                    written_off: false,
                }),
                None => {
                    standing.outstanding = standing
                        .outstanding
                        .checked_add(position.outstanding_principal)
                        .map_err(Failure::broken)?;
                    let next = position.lines.iter().find(|line| line.status != LineStatus::Paid);
                    let instalment = next.map_or(Rupiah::ZERO, |line| line.instalment());
                    standing.obligations = standing.obligations.checked_add(instalment).map_err(Failure::broken)?;
                    standing.overdue |= position.days_past_due > 0;
                }
            }
        }
        ended.sort_by_key(|loan| loan.ended_on);
        standing.ladder = ended.into_iter().map(LadderStep::Ended).collect();
        standing.accounts = accounts;
        Ok(standing)
    }

    /// The frozen inputs of a decision on `loan`.
    pub(super) async fn snapshot(
        &self,
        user: UserId,
        amount: Rupiah,
        tenor: u32,
        figures: Figures,
        loan: LoanId,
    ) -> Fallible<Snapshot> {
        let system = Actor::system();
        let standing = self.standing(user).await?;
        let profile = self.users.profile_of(&system, user).await?;
        let own = queries::reserved_by(&self.core.db, loan).await?;
        let evidenced = self.evidenced_income(user).await?;
        Ok(Snapshot {
            today: self.core.clock.today(),
            amount,
            tenor,
            identity: IdentityFacts {
                verified: profile.kyc_status == KycStatus::Verified,
                birth_date: profile.birth_date,
                mismatch: false,
                duplicate: false,
            },
            income_stated: figures.monthly_income,
            income_evidenced: evidenced,
            obligations_stated: figures.other_instalments,
            obligations_here: standing.obligations,
            bureau: None,
            online_lenders_stated: 0,
            ladder: standing.ladder,
            outstanding_here: standing.outstanding,
            reserved_here: Rupiah::new((standing.reserved.get() - own.get()).max(0)),
            overdue_here: standing.overdue,
            unrecovered_loss_here: false,
            other_application_open: false,
        })
    }

    /// What an officer read from a payslip or bank statement that came within the last ninety days. A paper that
    /// nobody looked at proves nothing.
    async fn evidenced_income(&self, user: UserId) -> Fallible<Option<Rupiah>> {
        let read = self.documents.income_of(&Actor::system(), user).await?;
        let recent = |evidence: &IncomeEvidence| self.core.clock.now() - evidence.received_at <= Duration::days(90);
        Ok(read.filter(recent).map(|evidence| evidence.monthly))
    }
}
