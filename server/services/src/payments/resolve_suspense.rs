//! Two people decide what becomes of money in suspense. Enters: the money, a loan or a way back to the payer, a reason;
//! later the approval. Leaves: a payment of the day it was received, or money that is on its way back; once.

use super::{
    Moment, Payments, follow_payment,
    post_payment::{self, Money},
    queries::{self, AccountState, Charge, LockedAccount},
    suspend_money::{self, received_on, reference},
    waiting_money::{Key, find_in, lock_in},
};
use crate::{
    audit::{NewProposal, propose_in},
    failure::{Failure, Fallible},
    jobs::{self, Job},
};
use domain::{
    Actor, Error, Refusal, Rupiah,
    audit::{Change, ProposalKind},
    id::{LoanId, PaymentId, ProposalId, SuspenseId},
    payments::{
        PaymentPurpose, PaymentStatus, Resolution, Suspense, SuspenseOutcome, SuspenseState, ledger,
        servicing::{Event, EventKind, Position, Purpose, replay},
    },
    text,
};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

/// What needs two people here.
const KIND: ProposalKind = ProposalKind::Posting;

/// What comes back with the approval.
#[derive(Serialize, Deserialize)]
pub(super) struct Payload {
    suspense_id: SuspenseId,
    resolution: Resolution,
}

/// Everything a resolution changes, locked.
struct Ground {
    money: Suspense,
    /// The attempt that the money came for.
    origin: Option<(LockedAccount, Charge)>,
    /// The loan that it is credited to.
    target: Option<LockedAccount>,
}

impl Payments {
    pub(super) async fn propose_for_suspense(
        &self,
        actor: &Actor,
        id: SuspenseId,
        resolution: Resolution,
        reason: &str,
    ) -> Fallible<ProposalId> {
        actor.staff(KIND.makers())?;
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let ground = lock_ground(&mut tx, id, &resolution).await?;
        match ground.money.state {
            SuspenseState::Waiting => {}
            SuspenseState::Proposed => return Err(Refusal::ProposalOpen.into()),
            SuspenseState::Returning | SuspenseState::Resolved => return Err(Refusal::WrongState.into()),
        }
        let resolution = match resolution {
            Resolution::Credit { .. } => resolution,
            Resolution::Return { reference } => Resolution::Return {
                reference: ground.money.check_reference(&reference)?,
            },
        };
        let diff = changes_in(&mut tx, &ground, &resolution, at).await?;
        let title = match resolution {
            Resolution::Credit { .. } => "Catat dana sebagai pembayaran",
            Resolution::Return { .. } => "Kembalikan dana ke pengirim",
        };
        let payload = Payload {
            suspense_id: id,
            resolution,
        };
        let new = NewProposal {
            kind: KIND,
            subject: id.to_string(),
            title: title.to_owned(),
            payload: serde_json::to_value(payload).map_err(Failure::broken)?,
            diff,
            reason,
        };
        let proposal = propose_in(&mut tx, &self.core, actor, new).await?;
        set_state(&mut tx, id, SuspenseState::Waiting, SuspenseState::Proposed).await?;
        tx.commit().await?;
        Ok(proposal)
    }

    /// A second person agreed.
    pub(super) async fn resolve_suspense_in(
        &self,
        tx: &mut PgConnection,
        actor: &Actor,
        Payload {
            suspense_id,
            resolution,
        }: Payload,
    ) -> Fallible<()> {
        let at = self.moment();
        let ground = lock_ground(tx, suspense_id, &resolution).await?;
        // The gateway took it back meanwhile.
        if ground.money.state != SuspenseState::Proposed {
            return Err(Refusal::ProposalStale.into());
        }
        match changes_in(tx, &ground, &resolution, at).await {
            Err(Failure::Domain(Error::Validation(_))) => return Err(Refusal::ProposalStale.into()),
            checked => checked?,
        };
        match resolution {
            Resolution::Credit { .. } => self.credit_in(tx, actor, ground, at).await,
            Resolution::Return { reference } if reference.is_empty() => self.start_return_in(tx, suspense_id).await,
            Resolution::Return { reference } => self.return_by_hand_in(tx, actor, &ground, &reference, at).await,
        }
    }

    /// A proposal was rejected or taken back: another one may be made.
    pub(super) async fn drop_resolution_in(&self, tx: &mut PgConnection, payload: Payload) -> Fallible<()> {
        set_state(tx, payload.suspense_id, SuspenseState::Proposed, SuspenseState::Waiting).await
    }

    /// The money becomes a payment like any other, of the day it was received, under its own order: what the gateway
    /// says of it later finds that payment.
    async fn credit_in(&self, tx: &mut PgConnection, actor: &Actor, ground: Ground, at: Moment) -> Fallible<()> {
        let Ground { money, origin, target } = ground;
        let account = target.ok_or_else(|| Failure::broken("a credit without a loan"))?;
        let cleared = ledger::suspense_cleared(&reference(&money.transaction_id), received_on(&money), money.amount);
        suspend_money::resolve_in(tx, &self.core, actor, &money, SuspenseOutcome::Credited, cleared, at).await?;
        let charge = match origin {
            Some((from, charge)) => {
                if from.loan_id != account.loan_id {
                    // Its claim belongs to the loan that does not get the money.
                    follow_payment::reject_claim_in(tx, &self.core, &from, &charge, at).await?;
                }
                sqlx::query!(
                    "update payments.charge set loan_id = $2, amount = $3 where payment_id = $1",
                    charge.id.0,
                    account.loan_id.0,
                    money.amount.get(),
                )
                .execute(&mut *tx)
                .await?;
                Charge {
                    loan_id: account.loan_id,
                    amount: money.amount,
                    ..charge
                }
            }
            None => {
                let charge = Charge {
                    id: self.core.clock.new_id().into(),
                    order_id: money.order_id.clone(),
                    loan_id: account.loan_id,
                    // Nobody asked for a changed schedule: what is too much goes on to later instalments.
                    purpose: PaymentPurpose::Instalment,
                    method: money.method,
                    amount: money.amount,
                    prepay: None,
                    status: PaymentStatus::Mismatch,
                    expires_at: None,
                    claimed_at: None,
                };
                let events = queries::list_events(tx, account.loan_id).await?;
                queries::insert_charge(tx, &account, &charge, &events, at).await?;
                sqlx::query!(
                    "update payments.suspense set payment_id = $2 where suspense_id = $1",
                    money.id.0,
                    charge.id.0,
                )
                .execute(&mut *tx)
                .await?;
                charge
            }
        };
        let paid = Money {
            provider: "midtrans",
            provider_ref: &money.transaction_id,
            paid_at: money.received_at,
        };
        let recorded = post_payment::post_in(tx, &self.core, &account, &charge, paid, at).await?;
        post_payment::tell_posted_in(tx, &self.core, &account, &charge, &recorded).await
    }

    /// The gateway is asked after the commit, under one key for ever.
    async fn start_return_in(&self, tx: &mut PgConnection, id: SuspenseId) -> Fallible<()> {
        sqlx::query!(
            "update payments.suspense
                set state = 'returning', refund_key = $2
              where suspense_id = $1",
            id.0,
            self.core.clock.new_id(),
        )
        .execute(&mut *tx)
        .await?;
        jobs::enqueue_in(tx, &Job::ReturnMoney { suspense_id: id }, None).await
    }

    async fn return_by_hand_in(
        &self,
        tx: &mut PgConnection,
        actor: &Actor,
        ground: &Ground,
        bank_reference: &str,
        at: Moment,
    ) -> Fallible<()> {
        let money = &ground.money;
        let returned = ledger::suspense_returned(&reference(&money.transaction_id), at.today, money.amount);
        suspend_money::resolve_in(tx, &self.core, actor, money, SuspenseOutcome::ByHand, returned, at).await?;
        sqlx::query!(
            "update payments.suspense set reference = $2 where suspense_id = $1",
            money.id.0,
            bank_reference,
        )
        .execute(&mut *tx)
        .await?;
        if let Some((account, charge)) = &ground.origin {
            queries::set_charge_status(tx, charge.id, PaymentStatus::Reversed).await?;
            follow_payment::reject_claim_in(tx, &self.core, account, charge, at).await?;
        }
        Ok(())
    }
}

/// Locks, in the one order: accounts (the smaller id first), the attempt, the money.
async fn lock_ground(connection: &mut PgConnection, id: SuspenseId, resolution: &Resolution) -> Fallible<Ground> {
    let found = find_in(connection, id).await?.ok_or(Error::NotFound)?;
    let wanted = match resolution {
        Resolution::Credit { loan_id } => Some(*loan_id),
        Resolution::Return { .. } => None,
    };
    let mut loans: Vec<LoanId> = found.loan_id.into_iter().chain(wanted).collect();
    loans.sort_unstable();
    loans.dedup();
    let mut target = None;
    for loan_id in loans {
        let account = queries::lock_account(connection, loan_id, None).await?;
        if wanted == Some(loan_id) {
            target = account;
        }
    }
    let origin = match found.payment_id {
        Some(payment_id) => queries::lock_charge(connection, payment_id, None).await?,
        None => None,
    };
    let money = lock_in(connection, Key::Id(id)).await?.ok_or(Error::NotFound)?;
    Ok(Ground { money, origin, target })
}

async fn set_state(
    connection: &mut PgConnection,
    id: SuspenseId,
    from: SuspenseState,
    to: SuspenseState,
) -> Fallible<()> {
    sqlx::query!(
        "update payments.suspense set state = $3 where suspense_id = $1 and state = $2",
        id.0,
        from.as_str(),
        to.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether the money was a payment once, of a loan that came back after it. A payment is written once for ever.
async fn was_posted(connection: &mut PgConnection, payment_id: PaymentId) -> Fallible<bool> {
    let posted = sqlx::query_scalar!(
        r#"select exists (select from payments.payment where payment_id = $1) as "posted!""#,
        payment_id.0
    );
    Ok(posted.fetch_one(connection).await?)
}

/// What the resolution changes, in words, or the rule that forbids it today.
async fn changes_in(
    connection: &mut PgConnection,
    ground: &Ground,
    resolution: &Resolution,
    at: Moment,
) -> Fallible<Vec<Change>> {
    let money = &ground.money;
    let what = format!("Dana {}", money.amount);
    let before = money.why.words();
    let loan_id = match resolution {
        Resolution::Return { reference } if reference.is_empty() => {
            let after = SuspenseOutcome::Returned.words();
            return Ok(Change::of(what, before, after).into_iter().collect());
        }
        Resolution::Return { reference } => {
            let after = format!("{}, referensi {reference}", SuspenseOutcome::ByHand.words());
            return Ok(Change::of(what, before, after).into_iter().collect());
        }
        Resolution::Credit { loan_id } => loan_id,
    };
    let fault = |code, words| Failure::from(Error::fault("loan", code, words));
    let account = ground.target.as_ref();
    let account = account.ok_or_else(|| fault("unknown", "Nomor pinjaman ini tidak dikenal."))?;
    if account.state != AccountState::Running {
        return Err(fault("not_running", "Pinjaman ini tidak sedang berjalan."));
    }
    if let Some(payment_id) = money.payment_id
        && was_posted(connection, payment_id).await?
    {
        let words = "Pinjaman dari dana ini batal sesudah dibayar. Dananya hanya bisa dikembalikan ke pengirim.";
        return Err(fault("was_posted", words));
    }
    let payer = ground.origin.as_ref().map(|(from, _)| from.user_id);
    if payer.is_some_and(|payer| payer != account.user_id) {
        let words = "Dana dari kode bayar seorang peminjam hanya bisa dicatat ke pinjamannya sendiri.";
        return Err(fault("other_borrower", words));
    }
    let on = post_payment::effective_on(account, money.received_at, at);
    let events = queries::list_events(connection, *loan_id).await?;
    let origin = ground.origin.as_ref();
    let purpose = origin.map_or(Purpose::Instalment, |(_, charge)| post_payment::purpose(charge));
    let paid = EventKind::Payment {
        reference: money.id.to_string(),
        amount: money.amount,
        purpose,
    };
    let seq = events.last().map_or(1, |event| event.seq + 1);
    let with: Vec<Event> = events
        .iter()
        .cloned()
        .chain([Event::new(seq, on, at.today, paid)])
        .collect();
    let now = replay(&account.contract, &events, at.today).map_err(Failure::broken)?;
    let then = replay(&account.contract, &with, at.today).map_err(Failure::broken)?;
    let after = format!("Pembayaran pinjaman {loan_id}, tanggal {}", text::date_long(on));
    let of = |what: &str, part: fn(&Position) -> Rupiah| Change::of(what, part(&now), part(&then));
    Ok([
        Change::of(what, before, after),
        of("Lunas hari ini dengan", |position| position.payoff.total),
        of("Sisa pokok", |position| position.outstanding_principal),
        of("Denda", |position| position.late_fees),
        of("Saldo lebih", |position| position.credit),
        Change::of("Hari terlambat", now.days_past_due, then.days_past_due),
    ]
    .into_iter()
    .flatten()
    .collect())
}
