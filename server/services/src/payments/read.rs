//! Reading: accounts with their balances, payments, journals. Everything is scoped to the owner; staff and the product
//! itself may read all. Balances are never stored: they are replayed from the events.

use super::{Payments, queries, scope};
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Error, Page, PageRequest, Rupiah,
    id::{LoanId, PaymentId, UserId},
    payments::{
        Account, Method, Payment, Payout, PayoutStatus, PostedJournal, Received,
        explain::{Explanation, explain},
        ledger::{Journal, JournalKind, JournalLine},
        servicing::{Contract, Event, replay},
    },
};
use sqlx::types::Json;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

struct AccountRow {
    loan_id: Uuid,
    contract: Json<Contract>,
    started_on: Option<Date>,
    lent: bool,
    closed_at: Option<OffsetDateTime>,
    events: Json<Vec<Event>>,
    payout_id: Option<Uuid>,
    payout_amount: Option<i64>,
    payout_status: Option<String>,
    payee_label: Option<String>,
    failure_code: Option<String>,
    succeeded_at: Option<OffsetDateTime>,
    received_amount: Option<i64>,
    received_at: Option<OffsetDateTime>,
    received_method: Option<String>,
    received_for: Option<Vec<i16>>,
}

/// Account, last payout, newest payment and every event in one statement, so that a list of loans is one round trip.
macro_rules! accounts {
    ($filter:tt, $id:expr, $owner:expr) => {
        sqlx::query_as!(
            AccountRow,
            r#"select a.loan_id, a.contract as "contract: Json<Contract>", a.started_on,
                      a.state in ('running', 'closed') as "lent!", a.closed_at,
                      coalesce((
                          select jsonb_agg(jsonb_build_object(
                                     'seq', e.seq, 'effective_on', e.effective_on, 'recorded_on', e.recorded_on, 'kind', e.body
                                 ) order by e.seq)
                            from payments.event e
                           where e.loan_id = a.loan_id
                      ), '[]') as "events!: Json<Vec<Event>>",
                      p.payout_id as "payout_id?", p.amount as "payout_amount?", p.status as "payout_status?",
                      p.payee_label as "payee_label?", p.failure_code as "failure_code?", p.succeeded_at as "succeeded_at?",
                      r.amount as "received_amount?", r.paid_at as "received_at?", r.method as "received_method?",
                      r.instalments as received_for
                 from payments.account a
                 left join lateral (
                          select *
                            from payments.payout
                           where loan_id = a.loan_id
                             and purpose = 'loan'
                           order by (status not in ('failed', 'cancelled')) desc, created_at desc, payout_id desc
                           limit 1
                      ) p on true
                 left join lateral (
                          select m.amount, m.paid_at, c.method,
                                 array(
                                     select l.instalment
                                       from payments.allocation l
                                      where l.loan_id = m.loan_id
                                        and l.event_seq = m.event_seq
                                        and l.instalment is not null
                                      group by l.instalment
                                     having sum(l.amount) > 0
                                      order by l.instalment
                                 ) as instalments
                            from payments.charge c
                            join payments.payment m using (payment_id)
                           where c.loan_id = a.loan_id
                             and c.status = 'posted'
                           order by m.paid_at desc, m.event_seq desc
                           limit 1
                      ) r on true
                where "#
                + $filter,
            $id,
            $owner
        )
    };
}

impl AccountRow {
    fn account(self, on: Date) -> Fallible<Account> {
        let contract = self.contract.0;
        let begun = self.lent && self.started_on.is_some_and(|started_on| on >= started_on);
        let position = if begun {
            Some(replay(&contract, &self.events.0, on).map_err(Failure::broken)?)
        } else {
            None
        };
        let payout = match (self.payout_id, self.payout_amount, self.payout_status, self.payee_label) {
            (Some(id), Some(amount), Some(status), Some(payee_label)) => Some(Payout {
                id: id.into(),
                amount: Rupiah::new(amount),
                status: PayoutStatus::parse(&status).ok_or_else(|| queries::unknown("payout status", &status))?,
                payee_label,
                failure_code: self.failure_code,
                succeeded_at: self.succeeded_at,
            }),
            _ => None,
        };
        let last_received = match (
            self.received_amount,
            self.received_at,
            self.received_method,
            self.received_for,
        ) {
            (Some(amount), Some(paid_at), Some(method), Some(instalments)) => Some(Received {
                amount: Rupiah::new(amount),
                method: Method::parse(&method).ok_or_else(|| queries::unknown("method", &method))?,
                paid_at,
                instalments: instalments
                    .into_iter()
                    .map(|number| u32::try_from(number).map_err(Failure::broken))
                    .collect::<Fallible<_>>()?,
            }),
            _ => None,
        };
        Ok(Account {
            loan_id: self.loan_id.into(),
            payout,
            contract,
            position,
            closed_at: self.closed_at,
            last_received,
        })
    }
}

impl Payments {
    pub(super) async fn find_account(
        &self,
        actor: &Actor,
        loan_id: LoanId,
        on: Option<Date>,
    ) -> Fallible<Option<Account>> {
        let owner = scope(actor)?.map(|owner| owner.0);
        let row = accounts!(
            "a.loan_id = $1 and ($2::uuid is null or a.user_id = $2)",
            loan_id.0,
            owner
        );
        let row = row.fetch_optional(&self.core.db).await?;
        row.map(|row| row.account(on.unwrap_or_else(|| self.core.clock.today())))
            .transpose()
    }

    pub(super) async fn explain_account(&self, actor: &Actor, loan_id: LoanId) -> Fallible<Explanation> {
        let owner = scope(actor)?.map(|owner| owner.0);
        let row = accounts!(
            "a.loan_id = $1 and ($2::uuid is null or a.user_id = $2)",
            loan_id.0,
            owner
        );
        let row = row.fetch_optional(&self.core.db).await?;
        let today = self.core.clock.today();
        let begun = |row: &AccountRow| row.lent && row.started_on.is_some_and(|started_on| today >= started_on);
        let row = row.filter(begun).ok_or(Error::NotFound)?;
        explain(&row.contract.0, &row.events.0, today).map_err(Failure::broken)
    }

    pub(super) async fn list_accounts(&self, actor: &Actor, user_id: UserId) -> Fallible<Vec<Account>> {
        let owner = scope(actor)?.map(|owner| owner.0);
        let rows = accounts!(
            "a.user_id = $1 and ($2::uuid is null or a.user_id = $2) order by a.opened_at desc, a.loan_id desc",
            user_id.0,
            owner
        );
        let today = self.core.clock.today();
        rows.fetch_all(&self.core.db)
            .await?
            .into_iter()
            .map(|row| row.account(today))
            .collect()
    }

    pub(super) async fn get_payment(&self, actor: &Actor, id: PaymentId) -> Fallible<Payment> {
        let owner = scope(actor)?;
        let found = queries::find_payment(&mut *self.core.db.acquire().await?, id, owner).await?;
        Ok(found.ok_or(Error::NotFound)?)
    }

    pub(super) async fn list_payments(&self, actor: &Actor, loan_id: LoanId) -> Fallible<Vec<Payment>> {
        let owner = scope(actor)?;
        self.require_account(loan_id, owner).await?;
        queries::list_payments(&mut *self.core.db.acquire().await?, loan_id, owner).await
    }

    pub(super) async fn list_journals(
        &self,
        actor: &Actor,
        loan_id: LoanId,
        page: PageRequest,
    ) -> Fallible<Page<PostedJournal>> {
        self.require_account(loan_id, scope(actor)?).await?;
        let after = page.after.as_deref().map(str::parse::<i64>).transpose();
        let after = after.map_err(|_| Error::fault("after", "cursor", "Daftar ini berubah. Buka lagi dari awal."))?;
        let rows = sqlx::query!(
            r#"select seq as "seq!", key, slot as "slot!", kind as "kind!", effective_on as "effective_on!",
                      recorded_at as "recorded_at!", reversal as "reversal!", lines as "lines!: Json<Vec<JournalLine>>"
                 from (
                          (
                              select j.seq, j.key, j.slot, j.kind, j.effective_on, j.recorded_at,
                                     j.reversal_of is not null or j.reverses_daily as reversal,
                                     (
                                         select jsonb_agg(jsonb_build_object(
                                                    'account', l.account, 'debit', l.debit, 'credit', l.credit,
                                                    'instalment', l.instalment
                                                ) order by l.line)
                                           from payments.ledger_entry l
                                          where l.journal_id = j.journal_id
                                     ) as lines
                                from payments.journal j
                               where j.loan_id = $1
                                 and j.seq > $2
                               order by j.seq
                               limit $3
                          )
                          union all
                          -- One probe for each date of the loan's life: the daily journals have no index by loan.
                          select d.seq, null, replace(d.kind, '_', '-') || ':' || d.effective_on || ':' || d.instalment,
                                 d.kind, d.effective_on, d.recorded_at, false,
                                 (
                                     select jsonb_agg(jsonb_build_object(
                                                'account', p.account, 'debit', p.debit, 'credit', p.credit,
                                                'instalment', d.instalment
                                            ))
                                       from (
                                                values ('2110', d.unearned, 0::bigint),
                                                       (case d.kind when 'interest' then '1110' else '1130' end,
                                                        d.amount - d.unearned, 0::bigint),
                                                       (case d.kind when 'interest' then '4010' else '4030' end,
                                                        0::bigint, d.amount)
                                            ) p (account, debit, credit)
                                      where p.debit + p.credit > 0
                                 )
                            from payments.account a
                            join payments.standing s using (loan_id)
                           cross join generate_series(a.started_on, s.advanced_to, interval '1 day') life (day)
                            join payments.daily_journal d on d.effective_on = life.day::date and d.loan_id = a.loan_id
                           where a.loan_id = $1
                             and d.seq > $2
                      ) posted
                order by 1
                limit $3"#,
            loan_id.0,
            after.unwrap_or(0),
            page.limit() + 1,
        )
        .fetch_all(&self.core.db)
        .await?;
        let prefix = format!("{loan_id}:");
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            let kind: JournalKind = row.kind.parse().map_err(Failure::broken)?;
            let journal = Journal {
                kind,
                effective_on: row.effective_on,
                key: row
                    .key
                    .as_deref()
                    .map_or(&*row.slot, |key| key.strip_prefix(&prefix).unwrap_or(key))
                    .to_owned(),
                slot: row.slot,
                reversal: row.reversal,
                lines: row.lines.0,
            };
            items.push(PostedJournal {
                seq: row.seq,
                journal,
                recorded_at: row.recorded_at,
            });
        }
        let limit = usize::from(page.limit.clamp(1, 100));
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| last.seq.to_string());
        Ok(Page { items, next })
    }

    /// `NotFound` for a loan without an account, or another person's: the two look the same.
    pub(super) async fn require_account(&self, loan_id: LoanId, owner: Option<UserId>) -> Fallible<()> {
        let found = sqlx::query_scalar!(
            r#"select exists (
                   select from payments.account
                    where loan_id = $1
                      and ($2::uuid is null or user_id = $2)
               ) as "found!""#,
            loan_id.0,
            owner.map(|owner| owner.0),
        )
        .fetch_one(&self.core.db)
        .await?;
        if found { Ok(()) } else { Err(Error::NotFound.into()) }
    }
}
