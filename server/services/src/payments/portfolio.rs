//! The figures of a closed day: turnover of each account, and the proof that accounts and loans agree. Enters: the day. Leaves: rows of that day, metrics; a difference is an alarm and stops nothing.

use super::Payments;
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Rupiah,
    payments::{
        BOOK_READERS, Earnings, Income, LoanTrouble, StateOfBooks, Turnover,
        arrears::{Ageing, Quality},
    },
};
use sqlx::{Postgres, Transaction};
use time::{Date, Duration};

impl Payments {
    /// A transaction of the night, with time for a range of loans.
    pub(super) async fn begin_long(&self) -> Fallible<Transaction<'static, Postgres>> {
        let mut tx = self.core.begin().await?;
        sqlx::query!(
            "select set_config('statement_timeout', '120s', true) as statement,
                    set_config('lock_timeout', '30s', true) as lock"
        )
        .fetch_one(&mut *tx)
        .await?;
        Ok(tx)
    }

    /// Adds up what was booked on the days up to `day` that are not added up yet. Idempotent.
    pub(super) async fn total_through(&self, day: Date) -> Fallible<()> {
        let mut tx = self.begin_long().await?;
        sqlx::query!(
            "insert into payments.day_total (booked_on, account, debit, credit)
             select booked_on, account, sum(debit), sum(credit)
               from payments.posting
              where booked_on > coalesce((select max(booked_on) from payments.day_total), '-infinity')
                and booked_on <= $1
              group by booked_on, account
             on conflict on constraint day_total_pkey do nothing",
            day,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Whether debits equal credits, each control account is the sum of its loans, 2120 is the money that waits, and the
    /// allowance is that of the last day. True: they do.
    pub(super) async fn prove_books(&self, day: Date) -> Fallible<bool> {
        let mut tx = self.begin_long().await?;
        let rows = sqlx::query!(
            r#"with books as (
                   select account, sum(debit - credit) as balance
                     from (
                              select account, debit, credit from payments.day_total
                               union all
                              select account, debit, credit
                                from payments.posting
                               where booked_on > coalesce((select max(booked_on) from payments.day_total), '-infinity')
                          ) all_of_them
                    group by account
               ),
               loans as (
                   select account, sum(balance) as balance
                     from payments.balance
                    cross join lateral (
                              values ('1100', principal), ('1110', interest), ('1120', fees), ('1130', late_fees),
                                     ('2100', -credit), ('2110', -unearned)
                          ) control (account, balance)
                    group by account
                    union all
                   select '2120', -coalesce(sum(amount), 0) from payments.suspense where state <> 'resolved'
                    union all
                   select '1190', -coalesce(sum(allowance), 0)
                     from payments.provision_day
                    where day = (select max(day) from payments.provision_day)
               )
               select account as "account!",
                      (coalesce(books.balance, 0) - loans.balance)::bigint as "difference!"
                 from loans
                 left join books using (account)
                where coalesce(books.balance, 0) <> loans.balance
                union all
               select 'all', sum(balance)::bigint from books having sum(balance) <> 0"#,
        )
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        for row in &rows {
            let account = row.account.as_str();
            tracing::error!(account, difference = row.difference, %day, "the books and the loans do not agree");
        }
        metrics::gauge!("books_differences").set(f64::from(u32::try_from(rows.len()).unwrap_or(u32::MAX)));
        Ok(rows.is_empty())
    }

    /// How many loans drift and how many were set aside: what the health of the product tells.
    pub async fn troubles(&self) -> Fallible<(i64, i64)> {
        let row = sqlx::query!(
            r#"select (select count(*) from payments.drift) as "drift!",
                      (select count(*) from payments.set_aside) as "set_aside!""#,
        )
        .fetch_one(&self.core.db)
        .await?;
        Ok((row.drift, row.set_aside))
    }

    /// The books as a whole, for staff.
    pub(super) async fn read_state(&self, actor: &Actor) -> Fallible<StateOfBooks> {
        if actor.require_system().is_err() {
            actor.staff(BOOK_READERS)?;
        }
        let row = sqlx::query!(
            r#"select (select max(day) from payments.closing where closed_at is not null) as closed_through,
                      (select count(*) from payments.drift) as "drift!",
                      (select max(ended_at) from payments.proof) as proven_at,
                      (select coalesce(sum(loans), 0)::bigint from payments.proof where ended_at > $1) as "proven_loans!""#,
            self.core.clock.now() - Duration::days(7),
        )
        .fetch_one(&self.core.db)
        .await?;
        let troubles = sqlx::query!(
            r#"(select true as "drifts!", loan_id as "loan_id!", what as "what!", found_at as "since!"
                  from payments.drift order by found_at limit 100)
                union all
               (select false, loan_id, reason, noted_at from payments.set_aside order by noted_at limit 100)"#,
        )
        .fetch_all(&self.core.db)
        .await?;
        let mut state = StateOfBooks {
            closed_through: row.closed_through,
            drift: row.drift,
            proven_at: row.proven_at,
            proven_loans: row.proven_loans,
            ..StateOfBooks::default()
        };
        for row in troubles {
            let list = if row.drifts {
                &mut state.drifting
            } else {
                &mut state.set_aside
            };
            list.push(LoanTrouble {
                loan_id: row.loan_id.into(),
                what: row.what,
                since: row.since,
            });
        }
        let accounts = sqlx::query!(
            r#"select account, sum(debit)::bigint as "debit!", sum(credit)::bigint as "credit!"
                 from payments.day_total
                group by account
                order by account"#,
        )
        .fetch_all(&self.core.db)
        .await?;
        for row in accounts {
            state.trial_balance.push(Turnover {
                account: row.account.try_into().map_err(Failure::broken)?,
                debit: row.debit,
                credit: row.credit,
            });
        }
        if let Some(day) = state.closed_through {
            state.ageing = self.read_ageing(day).await?;
        }
        Ok(state)
    }

    async fn read_ageing(&self, day: Date) -> Fallible<Vec<Ageing>> {
        let rows = sqlx::query!(
            "select from_days, quality, loans, outstanding
               from payments.portfolio_day
              where day = $1
              order by from_days",
            day,
        )
        .fetch_all(&self.core.db)
        .await?;
        let part = |from_days: i16, quality: &str, loans, outstanding| {
            let quality = Quality::ALL.into_iter().find(|known| known.words() == quality);
            Ok(Ageing {
                from_days: u32::try_from(from_days).map_err(Failure::broken)?,
                quality: quality.ok_or_else(|| Failure::broken("a quality that is none"))?,
                loans,
                outstanding: Rupiah::new(outstanding),
            })
        };
        rows.into_iter()
            .map(|row| part(row.from_days, &row.quality, row.loans, row.outstanding))
            .collect()
    }

    /// Earned and received between two dates of booking, for staff.
    pub(super) async fn read_income(&self, actor: &Actor, from: Date, to: Date) -> Fallible<Income> {
        if actor.require_system().is_err() {
            actor.staff(BOOK_READERS)?;
        }
        let row = sqlx::query!(
            r#"select coalesce(sum(credit - debit) filter (where account = '4010'), 0)::bigint as "interest!",
                      coalesce(sum(credit - debit) filter (where account = '4020'), 0)::bigint as "fees!",
                      coalesce(sum(credit - debit) filter (where account = '4030'), 0)::bigint as "late_fees!",
                      coalesce(sum(credit - debit) filter (where paid and account in ('1110', '2110')), 0)::bigint
                          as "interest_paid!",
                      coalesce(sum(credit - debit) filter (where paid and account = '1120'), 0)::bigint as "fees_paid!",
                      coalesce(sum(credit - debit) filter (where paid and account = '1130'), 0)::bigint as "late_fees_paid!",
                      coalesce(sum(credit - debit) filter (where paid and account = '1100'), 0)::bigint as "principal!"
                 from (
                          select account, debit, credit,
                                 kind in ('payment', 'prepayment', 'payment_reversed', 'credit_used') as paid
                            from payments.posting
                           where booked_on between $1 and $2
                      ) booked"#,
            from,
            to,
        )
        .fetch_one(&self.core.db)
        .await?;
        Ok(Income {
            accrued: Earnings {
                interest: row.interest,
                fees: row.fees,
                late_fees: row.late_fees,
            },
            received: Earnings {
                interest: row.interest_paid,
                fees: row.fees_paid,
                late_fees: row.late_fees_paid,
            },
            principal: row.principal,
        })
    }
}
