//! A journal by hand. Enters: a posting and a reason, later the approval of a second person. Leaves: one journal that
//! belongs to no loan, booked on the day of the approval.

use super::{Payments, books};
use crate::{
    audit::{NewProposal, propose_in},
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Refusal,
    audit::{Change, Proposal, ProposalKind},
    id::ProposalId,
    payments::{ManualPosting, ledger},
    text,
};
use sqlx::PgConnection;

/// What needs two people here.
const KIND: ProposalKind = ProposalKind::Posting;

impl Payments {
    pub(super) async fn propose_by_hand(
        &self,
        actor: &Actor,
        posting: ManualPosting,
        reason: &str,
    ) -> Fallible<ProposalId> {
        actor.staff(KIND.makers())?;
        let posting = posting.check(self.moment().today)?;
        let ManualPosting {
            debit,
            credit,
            amount,
            effective_on,
        } = posting;
        let side = |account: ledger::Account| format!("{account} {}", account.words());
        let changes = [
            Change::of(side(debit), "", format!("debit {amount}")),
            Change::of(side(credit), "", format!("kredit {amount}")),
            Change::of("Tanggal", "", text::date_long(effective_on)),
        ];
        let new = NewProposal {
            kind: KIND,
            // The same one sent twice is one.
            subject: format!("{debit}/{credit} {} {effective_on}", amount.get()),
            title: format!("Jurnal {debit} pada {credit}"),
            payload: serde_json::to_value(posting).map_err(Failure::broken)?,
            diff: changes.into_iter().flatten().collect(),
            reason,
        };
        let mut tx = self.core.begin().await?;
        let id = propose_in(&mut tx, &self.core, actor, new).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// A second person agreed.
    pub(super) async fn post_by_hand_in(
        &self,
        tx: &mut PgConnection,
        proposal: &Proposal,
        posting: ManualPosting,
    ) -> Fallible<()> {
        let at = self.moment();
        let posting = posting.check(at.today).map_err(|_| Refusal::ProposalStale)?;
        books::post_in(tx, &self.core, None, &[ledger::by_hand(posting, proposal.id)], at).await
    }
}
