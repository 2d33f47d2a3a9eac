//! A credit balance goes back to its borrower (lending.md 7.10, 8.10). Enters: a borrower who asks, three business days
//! on which nothing was owed, the agreement of two people, the end of the payout. Leaves: a payout of its own purpose,
//! which is sent, followed and compared like every other, and events of the loan for asked, paid and failed (J11).
//!
//! The credit leaves the loan when the two agree, so nothing can use it while it is on its way; until then it may be
//! used for what falls due, and then nothing is sent.

use super::{
    Moment, Payments, books, compare, differences,
    follow_payout::{fail_in, is_waiting, set_status},
    queries::{self, LockedAccount, LockedPayout},
    scope,
};
use crate::{
    audit,
    failure::{Failure, Fallible},
    gateways::payouts::{FailureCode, PayoutState},
    jobs::{self, Job},
};
use domain::{
    Actor, Error, Page, PageRequest, Refusal, Role, Rupiah,
    audit::{Entry, ProposalKind},
    calendar::{Holidays, JAKARTA},
    event::Event as Fact,
    id::{LoanId, PayoutId},
    payments::{PayoutStatus, Refund, RefundState, Subject, servicing::EventKind, servicing::replay},
};
use sqlx::{PgConnection, Postgres, Transaction};
use std::collections::BTreeSet;
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

/// The least that the paying gateway sends to a bank (integrations.md 1.3); less stays a credit.
const LEAST: Rupiah = Rupiah::new(10_000);

/// So many business days after nothing is owed a refund begins by itself.
const REST: u32 = 3;

/// What a refund came to.
enum End {
    /// With the borrower, by these events.
    Paid(Vec<EventKind>),
    /// Credit again, by this event.
    Back(FailureCode, EventKind),
}

struct RefundRow {
    refund_id: Uuid,
    loan_id: Uuid,
    amount: i64,
    state: String,
    by_borrower: bool,
    asked_at: OffsetDateTime,
    payout_status: Option<String>,
    payee_label: Option<String>,
    succeeded_at: Option<OffsetDateTime>,
}

macro_rules! refunds {
    ($tail:literal, $($argument:expr),+) => {
        sqlx::query_as!(
            RefundRow,
            r#"select r.refund_id, r.loan_id, r.amount, r.state, r.by_borrower, r.asked_at,
                      p.status as "payout_status?", p.payee_label as "payee_label?", p.succeeded_at as "succeeded_at?"
                 from payments.refund r
                 left join payments.payout p using (payout_id) "# + $tail,
            $($argument),+
        )
    };
}

impl RefundRow {
    fn parse(self) -> Fallible<Refund> {
        let status = self
            .payout_status
            .as_deref()
            .map(|status| PayoutStatus::parse(status).ok_or_else(|| queries::unknown("payout status", status)));
        let state = match (self.state.as_str(), status.transpose()?) {
            ("waiting", _) => RefundState::Waiting,
            ("used", _) => RefundState::Used,
            (_, Some(PayoutStatus::Succeeded)) => RefundState::Paid,
            (_, Some(PayoutStatus::Failed)) => RefundState::Failed,
            (_, Some(_)) => RefundState::Sending,
            (state, None) => return Err(queries::unknown("refund state", state)),
        };
        Ok(Refund {
            id: self.refund_id.into(),
            loan_id: self.loan_id.into(),
            amount: Rupiah::new(self.amount),
            state,
            by_borrower: self.by_borrower,
            payee_label: self.payee_label.unwrap_or_default(),
            asked_at: self.asked_at,
            paid_at: self.succeeded_at,
        })
    }
}

impl Payments {
    pub(super) async fn request_refund(&self, actor: &Actor, loan_id: LoanId) -> Fallible<Refund> {
        let user_id = actor.borrower()?;
        self.require_account(loan_id, Some(user_id)).await?;
        // Where it would go to is known before anybody works on it.
        self.users.payee(&Actor::system(), user_id).await?;
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let account = queries::lock_account(&mut tx, loan_id, Some(user_id))
            .await?
            .ok_or(Error::NotFound)?;
        if let Some(last) = last_in(&mut tx, loan_id).await?.filter(|last| last.state.is_open()) {
            return Ok(last);
        }
        let credit = credit_in(&mut tx, &account, at).await?;
        if !credit.is_positive() {
            let words = "Tidak ada titipan yang bisa dikembalikan sekarang.";
            return Err(Error::fault("", "no_credit", words).into());
        }
        if credit < LEAST {
            let words =
                format!("Titipan di bawah {LEAST} tidak bisa dikirim lewat bank. Uangnya tetap tercatat milik Anda.");
            return Err(Error::fault("", "credit_small", words).into());
        }
        self.insert_refund(&mut tx, &account, credit, true, at).await?;
        let entry = Entry::allowed("payments.ask_refund", "loan", loan_id);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        let made = last_in(&mut tx, loan_id).await?;
        tx.commit().await?;
        made.ok_or_else(|| Failure::broken(format!("the refund of loan {loan_id} is gone")))
    }

    async fn insert_refund(
        &self,
        connection: &mut PgConnection,
        account: &LockedAccount,
        amount: Rupiah,
        by_borrower: bool,
        at: Moment,
    ) -> Fallible<()> {
        let (user_id, loan_id) = (account.user_id, account.loan_id);
        sqlx::query!(
            "insert into payments.refund (refund_id, loan_id, amount, state, by_borrower, asked_at)
             values ($1, $2, $3, 'waiting', $4, $5)",
            self.core.clock.new_id(),
            loan_id.0,
            amount.get(),
            by_borrower,
            at.now,
        )
        .execute(&mut *connection)
        .await?;
        let fact = Fact::RefundAsked {
            user_id,
            loan_id,
            amount: Some(amount),
        };
        jobs::publish_in(connection, &self.core, fact).await
    }

    pub(super) async fn find_last_refund(&self, actor: &Actor, loan_id: LoanId) -> Fallible<Option<Refund>> {
        self.require_account(loan_id, scope(actor)?).await?;
        last_in(&mut *self.core.db.acquire().await?, loan_id).await
    }

    pub(super) async fn page_of_refunds(
        &self,
        actor: &Actor,
        waiting: bool,
        page: PageRequest,
    ) -> Fallible<Page<Refund>> {
        if !ProposalKind::Refund.shows_to(actor.staff(&Role::STAFF)?.role) {
            return Err(Error::Forbidden.into());
        }
        let skip = differences::skip(&page)?;
        let rows = refunds!(
            "where (r.state = 'waiting') = $1
             order by case when not $1 then r.asked_at end desc, r.asked_at, r.refund_id
             limit $2 offset $3",
            waiting,
            page.limit() + 1,
            skip
        );
        let rows = rows.fetch_all(&self.core.db).await?;
        let rows = rows.into_iter().map(RefundRow::parse).collect::<Fallible<_>>()?;
        differences::page_of(rows, &page, skip)
    }

    /// Two people agreed: the credit leaves the loan, and a payout with its reference and key is stored before any call.
    pub(super) async fn pay_back_in(
        &self,
        connection: &mut PgConnection,
        account: &LockedAccount,
        amount: Rupiah,
        at: Moment,
    ) -> Fallible<()> {
        let payout_id = PayoutId(self.core.clock.new_id());
        // To whom is frozen when it is sent, as for every payout.
        sqlx::query!(
            "insert into payments.payout
                 (payout_id, loan_id, amount, status, idempotency_key, payee_label, created_at, purpose)
             values ($1, $2, $3, 'created', $4, '', $5, 'refund')",
            payout_id.0,
            account.loan_id.0,
            amount.get(),
            self.core.clock.new_id(),
            at.now,
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "update payments.refund
                set state = 'approved', answered_at = $2, payout_id = $3
              where loan_id = $1 and state = 'waiting'",
            account.loan_id.0,
            at.now,
            payout_id.0,
        )
        .execute(&mut *connection)
        .await?;
        let reference = payout_id.to_string();
        let asked = vec![(at.today, EventKind::RefundAsked { reference, amount })];
        books::record_in(connection, &self.core, account, asked, at).await?;
        jobs::enqueue_in(connection, &Job::SendPayout { payout_id }, None).await
    }

    /// Takes over what the gateway says of a refund; the rest of [`Payments::apply_payout`]. Repeating it changes
    /// nothing.
    pub(super) async fn apply_refund(
        &self,
        mut tx: Transaction<'static, Postgres>,
        account: &LockedAccount,
        payout: &LockedPayout,
        state: &PayoutState,
        at: Moment,
    ) -> Fallible<()> {
        let (user_id, loan_id, id) = (account.user_id, account.loan_id, payout.id);
        let waiting = is_waiting(payout.status);
        if !account.is_lent() && !matches!(state, PayoutState::InProgress | PayoutState::Other(_)) {
            // The loan came back meanwhile: what is whose is for a person.
            self.note_refund_in(&mut tx, payout, state, at).await?;
            tx.commit().await?;
            return Ok(());
        }
        let reference = id.to_string();
        let open = waiting || payout.status == PayoutStatus::Created;
        let end = match state {
            PayoutState::InProgress | PayoutState::Other(_) if waiting => {
                set_status(&mut tx, id, PayoutStatus::InProgress).await?;
                None
            }
            PayoutState::Succeeded if waiting => Some(End::Paid(vec![EventKind::RefundPaid { reference }])),
            // The credit was the borrower's again and may be used by now; the money is with them all the same, and the
            // engine says what is owed for it.
            PayoutState::Succeeded if payout.status == PayoutStatus::Failed => {
                let amount = payout.amount;
                let reference_again = reference.clone();
                Some(End::Paid(vec![
                    EventKind::RefundAsked { reference, amount },
                    EventKind::RefundPaid {
                        reference: reference_again,
                    },
                ]))
            }
            PayoutState::Failed(code) if open => Some(End::Back(code.clone(), EventKind::RefundFailed { reference })),
            // It came and went before we looked.
            PayoutState::Reversed if waiting => {
                let code = FailureCode::Other("REVERSED".into());
                Some(End::Back(code, EventKind::RefundFailed { reference }))
            }
            PayoutState::Reversed if payout.status == PayoutStatus::Succeeded => {
                let code = FailureCode::Other("REVERSED".into());
                Some(End::Back(code, EventKind::RefundReturned { reference }))
            }
            PayoutState::Failed(_) if payout.status == PayoutStatus::Succeeded => {
                self.note_refund_in(&mut tx, payout, state, at).await?;
                None
            }
            _ => None,
        };
        let told = match end {
            None => None,
            Some(End::Paid(kinds)) => {
                sqlx::query!(
                    "update payments.payout
                        set status = 'succeeded', succeeded_at = $2, failure_code = null, payee_sealed = null, tries = 0,
                            parked_at = null
                      where payout_id = $1",
                    id.0,
                    at.now,
                )
                .execute(&mut *tx)
                .await?;
                let entry = Entry::allowed("payments.refund_paid", "payout", id);
                let amount = Some(payout.amount);
                let fact = Fact::RefundPaid {
                    user_id,
                    loan_id,
                    amount,
                };
                Some((kinds, fact, entry))
            }
            Some(End::Back(code, kind)) => {
                fail_in(&mut tx, id, &code, at).await?;
                let entry = Entry::allowed("payments.refund_failed", "payout", id).because(code.as_str());
                let amount = Some(payout.amount);
                let fact = Fact::RefundFailed {
                    user_id,
                    loan_id,
                    amount,
                };
                Some((vec![kind], fact, entry))
            }
        };
        if let Some((kinds, fact, entry)) = told {
            let today = kinds.into_iter().map(|kind| (at.today, kind)).collect();
            books::record_in(&mut tx, &self.core, account, today, at).await?;
            books::tell_in(&mut tx, &self.core, fact, entry).await?;
            differences::settle_in(&mut tx, &self.core, Subject::Payout(id), &[], at).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn note_refund_in(
        &self,
        connection: &mut PgConnection,
        payout: &LockedPayout,
        state: &PayoutState,
        at: Moment,
    ) -> Fallible<()> {
        metrics::counter!("payouts_contradicted").increment(1);
        tracing::error!(payout = %payout.id, ?state, "the gateway contradicts the end of a refund");
        let found = compare::contradiction(payout.status, state);
        differences::note_in(
            connection,
            &self.core,
            Subject::Payout(payout.id),
            payout.loan_id,
            &found,
            at,
        )
        .await?;
        Ok(())
    }

    /// Begins refunds where nothing was owed for three business days, once for each time a loan was paid off, and ends
    /// those whose credit was used while they waited. Idempotent.
    pub async fn start_refunds(&self, holidays: &BTreeSet<Date>) -> Fallible<()> {
        let at = self.moment();
        let holidays: Holidays = holidays.iter().copied().collect();
        let mut last = at.today;
        while holidays.add_business_days(last, REST).map_err(Failure::broken)? > at.today {
            last -= Duration::DAY;
        }
        let until = (last + Duration::DAY).midnight().assume_offset(JAKARTA);
        let rested = sqlx::query_scalar!(
            "select a.loan_id
               from payments.account a
               join payments.standing s using (loan_id)
              where a.state = 'closed' and s.credit >= $2 and a.closed_at < $1
                and not exists (
                        select from payments.refund r
                         where r.loan_id = a.loan_id and (r.asked_at >= a.closed_at or r.state = 'waiting')
                    )
              order by a.closed_at
              limit 1000",
            until,
            LEAST.get(),
        )
        .fetch_all(&self.core.db)
        .await?;
        let mut told = Ok(());
        for loan_id in rested {
            // One loan that cannot be read keeps no other waiting.
            if let Err(failure) = self.start_refund(loan_id.into(), at).await {
                tracing::error!(%loan_id, %failure, "a refund could not begin");
                told = Err(failure);
            }
        }
        let waiting = sqlx::query_scalar!("select loan_id from payments.refund where state = 'waiting'")
            .fetch_all(&self.core.db)
            .await?;
        for loan_id in waiting {
            if let Err(failure) = self.end_used(loan_id.into(), at).await {
                tracing::error!(%loan_id, %failure, "a refund could not be looked at");
                told = Err(failure);
            }
        }
        told
    }

    async fn start_refund(&self, loan_id: LoanId, at: Moment) -> Fallible<()> {
        let mut tx = self.core.begin().await?;
        let Some(account) = queries::lock_account(&mut tx, loan_id, None).await? else {
            return Ok(());
        };
        let open = last_in(&mut tx, loan_id)
            .await?
            .is_some_and(|last| last.state.is_open());
        let credit = credit_in(&mut tx, &account, at).await?;
        if open || credit < LEAST {
            return Ok(());
        }
        self.insert_refund(&mut tx, &account, credit, false, at).await?;
        let entry = Entry::allowed("payments.start_refund", "loan", loan_id);
        audit::record_in(&mut tx, &self.core, &Actor::system(), entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What waits and is not covered by the credit of today is over.
    async fn end_used(&self, loan_id: LoanId, at: Moment) -> Fallible<()> {
        let mut tx = self.core.begin().await?;
        let Some(account) = queries::lock_account(&mut tx, loan_id, None).await? else {
            return Ok(());
        };
        let credit = credit_in(&mut tx, &account, at).await?;
        let ended = sqlx::query!(
            "update payments.refund
                set state = 'used', answered_at = $2
              where loan_id = $1 and state = 'waiting' and amount > $3",
            loan_id.0,
            at.now,
            credit.get(),
        )
        .execute(&mut *tx)
        .await?;
        if ended.rows_affected() > 0 {
            let user_id = account.user_id;
            let entry = Entry::allowed("payments.refund_used", "loan", loan_id);
            books::tell_in(&mut tx, &self.core, Fact::RefundUsed { user_id, loan_id }, entry).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Ok when a refund of exactly this amount waits, and no money of the loan may be under way otherwise.
pub(super) async fn check_in(connection: &mut PgConnection, loan_id: LoanId, amount: Rupiah) -> Fallible<()> {
    let waits = sqlx::query_scalar!(
        r#"select exists (
               select from payments.refund where loan_id = $1 and state = 'waiting' and amount = $2
           ) as "waits!""#,
        loan_id.0,
        amount.get(),
    );
    if !waits.fetch_one(&mut *connection).await? {
        return Err(Refusal::WrongState.into());
    }
    if differences::payout_is_open_in(connection, loan_id).await? {
        let words = "Pastikan dulu selisih kiriman dana pinjaman ini dengan gateway.";
        return Err(Error::fault("", "payout_open", words).into());
    }
    Ok(())
}

async fn last_in(connection: &mut PgConnection, loan_id: LoanId) -> Fallible<Option<Refund>> {
    let row = refunds!(
        "where r.loan_id = $1 order by r.asked_at desc, r.refund_id desc limit 1",
        loan_id.0
    );
    row.fetch_optional(connection).await?.map(RefundRow::parse).transpose()
}

/// What a loan that was lent holds of its borrower's money today.
async fn credit_in(connection: &mut PgConnection, account: &LockedAccount, at: Moment) -> Fallible<Rupiah> {
    if !account.is_lent() {
        return Ok(Rupiah::ZERO);
    }
    let events = queries::list_events(connection, account.loan_id).await?;
    Ok(replay(&account.contract, &events, at.today)
        .map_err(Failure::broken)?
        .credit)
}
