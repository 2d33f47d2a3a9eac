//! What the engine looks at, frozen: the borrower's standing here, the identity, the figures of the application.

use super::{Loans, queries};
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Rupiah,
    documents::IncomeEvidence,
    id::{LoanId, UserId},
    loans::{
        decision::{Comparison, IdentityChecks, IdentityFacts, Snapshot},
        limit::{EndedLoan, LadderStep},
    },
    payments::{Account, servicing::LineStatus},
    users::{IdentitySignals, KycStatus},
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
    /// A loan was written off, and not all of it came in since.
    pub unrecovered_loss: bool,
    pub accounts: Vec<Account>,
}

/// Stated with an application, sealed in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Figures {
    pub monthly_income: Rupiah,
    pub other_instalments: Rupiah,
}

/// The comparisons that can be made here. Register and face have no provider, and a known device belongs to one
/// account by its token; NIK and phone are unique among accounts (`profile_nik_key`, `account_phone_key`).
const fn compared(signals: IdentitySignals) -> IdentityChecks {
    IdentityChecks {
        birth_date: Comparison::of(signals.birth_date_fits),
        province: Comparison::of(signals.province_known),
        register: Comparison::NotAsked,
        face: Comparison::NotAsked,
        nik_and_phone: Comparison::Fits,
        bank_account: Comparison::of(!signals.bank_account_shared),
        device: Comparison::NotAsked,
    }
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
            unrecovered_loss: false,
            accounts: Vec::new(),
        };
        let mut ended = Vec::new();
        for account in &accounts {
            let Some(position) = &account.position else { continue };
            // A loss ends the loan for the ladder, whatever comes in later.
            let closed_on = account.closed_at.map(domain::calendar::jakarta_date);
            if let Some(ended_on) = position.written_off_on.or(closed_on) {
                ended.push(EndedLoan {
                    disbursed_on: account.contract.terms.start,
                    ended_on,
                    worst_dpd: position.worst_days_past_due,
                    written_off: position.written_off_on.is_some(),
                    helped: position.helped,
                });
            }
            if closed_on.is_none() {
                standing.outstanding = standing
                    .outstanding
                    .checked_add(position.outstanding_principal)
                    .map_err(Failure::broken)?;
                let next = position.lines.iter().find(|line| line.status != LineStatus::Paid);
                let instalment = next.map_or(Rupiah::ZERO, |line| line.instalment());
                standing.obligations = standing.obligations.checked_add(instalment).map_err(Failure::broken)?;
                standing.overdue |= position.days_past_due > 0;
                standing.unrecovered_loss |= position.written_off_on.is_some();
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
        let checks = compared(self.users.identity_signals(&system, user).await?);
        Ok(Snapshot {
            today: self.core.clock.today(),
            amount,
            tenor,
            identity: IdentityFacts {
                verified: profile.kyc_status == KycStatus::Verified,
                birth_date: profile.birth_date,
                mismatch: checks.mismatch(),
                duplicate: checks.duplicate(),
                checks: Some(checks),
            },
            income_stated: figures.monthly_income,
            income_evidenced: evidenced,
            obligations_stated: figures.other_instalments,
            obligations_here: standing.obligations,
            bureau: None,
            online_lenders_stated: None,
            ladder: standing.ladder,
            outstanding_here: standing.outstanding,
            reserved_here: Rupiah::new((standing.reserved.get() - own.get()).max(0)),
            overdue_here: standing.overdue,
            unrecovered_loss_here: standing.unrecovered_loss,
            // The database lets nobody have two: `application_one_open_key`.
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
