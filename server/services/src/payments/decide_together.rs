//! What two members of staff decide about a loan: write-off and its undo, a waiver, a larger way out. Enters: a
//! decision and a reason, later the approval. Leaves: the event in the transaction that ends the proposal.

use super::{
    Moment, Payments, books, foretell,
    queries::{self, LockedAccount},
    refund, relieve, resolve_suspense,
};
use crate::{
    audit::{Effect, NewProposal, propose_in},
    failure::{Failure, Fallible},
};
use async_trait::async_trait;
use domain::{
    Actor, Error, Refusal, Rupiah,
    audit::{Change, Entry, Proposal, ProposalKind},
    event::Event as Fact,
    id::{LoanId, ProposalId},
    payments::{
        Decision, ManualPosting, WRITE_OFF_DAYS,
        hardship::{self, HardshipRules},
        servicing::{Event, EventKind, LinePosition, Position, replay},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;

/// What comes back with the approval.
#[derive(Serialize, Deserialize)]
struct Payload {
    loan_id: LoanId,
    decision: Decision,
    /// The last event that moved what is owed when it was proposed; none in proposals of before it was kept.
    #[serde(default)]
    moved_by: Option<i64>,
}

/// What comes back with the approval of a posting.
#[derive(Deserialize)]
#[serde(untagged)]
enum Posting {
    Suspense(resolve_suspense::Payload),
    ByHand(ManualPosting),
}

impl Payments {
    pub(super) async fn propose_decision(
        &self,
        actor: &Actor,
        loan_id: LoanId,
        decision: Decision,
        reason: &str,
    ) -> Fallible<ProposalId> {
        let kind = decision.kind();
        actor.staff(kind.makers())?;
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let (account, events) = locked(&mut tx, loan_id).await?;
        if let Decision::Refund { amount } = decision {
            refund::check_in(&mut tx, loan_id, amount).await?;
        }
        let diff = changes(&account, &events, decision, at)?;
        let payload = Payload {
            loan_id,
            decision,
            moved_by: Some(last_move(&events)),
        };
        let new = NewProposal {
            kind,
            subject: loan_id.to_string(),
            title: title(decision).to_owned(),
            payload: serde_json::to_value(payload).map_err(Failure::broken)?,
            diff,
            reason,
        };
        let id = propose_in(&mut tx, &self.core, actor, new).await?;
        tx.commit().await?;
        Ok(id)
    }
}

#[async_trait]
impl Effect for Payments {
    fn kinds(&self) -> &'static [ProposalKind] {
        &[
            ProposalKind::WriteOff,
            ProposalKind::Waiver,
            ProposalKind::Relief,
            ProposalKind::Posting,
            ProposalKind::Refund,
        ]
    }

    async fn drop_in(&self, tx: &mut PgConnection, proposal: &Proposal, payload: Value) -> Fallible<()> {
        if proposal.kind == ProposalKind::Posting
            && let Posting::Suspense(payload) = serde_json::from_value(payload).map_err(Failure::broken)?
        {
            self.drop_resolution_in(tx, payload).await?;
        }
        Ok(())
    }

    async fn apply_in(
        &self,
        tx: &mut PgConnection,
        actor: &Actor,
        proposal: &Proposal,
        payload: Value,
    ) -> Fallible<()> {
        if proposal.kind == ProposalKind::Posting {
            return match serde_json::from_value(payload).map_err(Failure::broken)? {
                Posting::Suspense(payload) => self.resolve_suspense_in(tx, actor, payload).await,
                Posting::ByHand(posting) => self.post_by_hand_in(tx, proposal, posting).await,
            };
        }
        let payload: Payload = serde_json::from_value(payload).map_err(Failure::broken)?;
        let at = self.moment();
        let (account, events) = locked(tx, payload.loan_id).await?;
        match changes(&account, &events, payload.decision, at) {
            Err(Failure::Domain(_)) => return Err(Refusal::ProposalStale.into()),
            checked => checked?,
        };
        let kind = match payload.decision {
            Decision::Relieve { option } => {
                // Withdrawn, or asked for otherwise meanwhile: nobody gets a schedule that they did not ask for.
                if relieve::waiting_in(tx, payload.loan_id).await? != Some(option) {
                    return Err(Refusal::ProposalStale.into());
                }
                return self.relieve_in(tx, &account, option, at).await;
            }
            Decision::Refund { amount } => {
                refund::check_in(tx, payload.loan_id, amount)
                    .await
                    .map_err(|failure| match failure {
                        Failure::Domain(_) => Refusal::ProposalStale.into(),
                        failure => failure,
                    })?;
                return self.pay_back_in(tx, &account, amount, at).await;
            }
            // The second person agreed to figures; money that came or went since makes them others.
            _ if payload.moved_by.is_some_and(|seq| seq < last_move(&events)) => {
                return Err(Refusal::ProposalStale.into());
            }
            // The allowance is of the whole book: its next figure no longer counts this loan.
            Decision::WriteOff => EventKind::WrittenOff { provided: Rupiah::ZERO },
            Decision::UndoWriteOff => EventKind::WriteOffUndone,
            Decision::Waive { component, amount } => EventKind::Waiver { amount, component },
        };
        let recorded = books::record_in(tx, &self.core, &account, vec![(at.today, kind)], at).await?;
        if recorded.paid_off {
            // Nobody may pay what is not owed any more.
            let open = queries::cancel_open_charges(tx, account.loan_id).await?;
            books::check_in(tx, &open).await?;
            let (user_id, loan_id) = (account.user_id, account.loan_id);
            let entry = Entry::allowed("payments.paid_off", "loan", loan_id);
            books::tell_in(tx, &self.core, Fact::LoanPaidOff { user_id, loan_id }, entry).await?;
        }
        Ok(())
    }
}

async fn locked(connection: &mut PgConnection, loan_id: LoanId) -> Fallible<(LockedAccount, Vec<Event>)> {
    let account = queries::lock_account(connection, loan_id, None)
        .await?
        .ok_or(Error::NotFound)?;
    if !account.is_lent() {
        return Err(Refusal::WrongState.into());
    }
    let events = queries::list_events(connection, loan_id).await?;
    Ok((account, events))
}

/// The last event that moved what is owed by more than the passing of days; 0 when there is none.
fn last_move(events: &[Event]) -> i64 {
    let moves = |event: &&Event| {
        !matches!(
            event.kind,
            EventKind::ClaimOpened { .. }
                | EventKind::ClaimResolved { .. }
                | EventKind::LateFeesPaused { .. }
                | EventKind::LateFeesResumed { .. }
        )
    };
    events.iter().filter(moves).map(|event| event.seq).max().unwrap_or(0)
}

fn title(decision: Decision) -> &'static str {
    match decision {
        Decision::WriteOff => "Hapus buku pinjaman",
        Decision::UndoWriteOff => "Batalkan hapus buku",
        Decision::Waive { .. } => "Beri keringanan",
        Decision::Relieve { .. } => "Ubah jadwal cicilan",
        Decision::Refund { .. } => "Kembalikan titipan",
    }
}

/// What the decision changes, in words, or the rule that forbids it today.
fn changes(account: &LockedAccount, events: &[Event], decision: Decision, at: Moment) -> Fallible<Vec<Change>> {
    let now = replay(&account.contract, events, at.today).map_err(Failure::broken)?;
    let change = match decision {
        Decision::WriteOff => {
            if now.written_off_on.is_some() || now.bill.is_none() {
                return Err(Refusal::WrongState.into());
            }
            if now.days_past_due < WRITE_OFF_DAYS {
                let words = "Hapus buku baru bisa diusulkan setelah terlambat 180 hari.";
                return Err(Error::fault("", "write_off_too_early", words).into());
            }
            Change::of("Utang di pembukuan", now.payoff.total, Rupiah::ZERO)
        }
        Decision::UndoWriteOff => {
            if now.written_off_on.is_none() {
                return Err(Refusal::WrongState.into());
            }
            Change::of("Utang di pembukuan", Rupiah::ZERO, now.payoff.total)
        }
        Decision::Waive { component, amount } => {
            let owed = now.owed(component);
            if !amount.is_positive() || amount > owed {
                let words = format!("Isi jumlah antara Rp1 dan {owed}.");
                return Err(Error::fault("amount", "out_of_range", words).into());
            }
            Change::of(component.words(), owed, Rupiah::new(owed.get() - amount.get()))
        }
        Decision::Refund { amount } => {
            if amount > now.credit {
                let words = "Titipan ini sudah terpakai untuk cicilan.";
                return Err(Error::fault("", "credit_used", words).into());
            }
            Change::of(
                "Titipan peminjam",
                now.credit,
                Rupiah::new(now.credit.get() - amount.get()),
            )
        }
        Decision::Relieve { option } => {
            let rules = HardshipRules::SANGGUP;
            let preview = hardship::preview(&account.contract, events, option, at.today, rules);
            let preview = preview.map_err(Failure::broken)?.map_err(foretell::fault)?;
            let told = |position: &Position| {
                let open = position.lines.iter().filter(|line| line.open().is_positive());
                let line = |line: &LinePosition| format!("{} {}", line.due_on, line.open());
                open.map(line).collect::<Vec<_>>().join("; ")
            };
            Change::of("Cicilan yang tersisa", told(&preview.before), told(&preview.after))
        }
    };
    Ok(change.into_iter().collect())
}
