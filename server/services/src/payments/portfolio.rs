//! The figures of a closed day: turnover of each account, the book by days past due, and the proof that accounts and
//! loans agree. Enters: the day. Leaves: rows of that day, metrics; a difference is an alarm and stops nothing.

use super::Payments;
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Role, Rupiah,
    payments::{
        Earnings, Income, LoanTrouble, StateOfBooks, Turnover,
        arrears::{Ageing, Quality, QualityBands, ageing, days_late},
        servicing::{Contract, Event, Position, replay},
    },
};
use sqlx::{Postgres, Transaction, types::Json};
use time::{Date, Duration};

/// Who may see the books as a whole.
const READERS: &[Role] = &[Role::Approver, Role::Auditor, Role::Superadmin];

/// What a way out holds the quality at.
fn held(position: &Position) -> u32 {
    if position.quality_days > position.days_past_due {
        position.quality_days
    } else {
        0
    }
}

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

    /// Stores the book at the end of `day`. Loans to which something happened since are replayed as of that day, so a
    /// late close finds the same figures. Idempotent: the figures of a day are kept as they were first found.
    pub(super) async fn snapshot(&self, day: Date) -> Fallible<()> {
        let next = day.saturating_add(Duration::DAY);
        let mut tx = self.begin_long().await?;
        let later = sqlx::query!(
            r#"select a.contract as "contract: Json<Contract>",
                      (
                          select jsonb_agg(jsonb_build_object(
                                     'seq', e.seq, 'effective_on', e.effective_on, 'recorded_on', e.recorded_on, 'kind', e.body
                                 ) order by e.seq)
                            from payments.event e
                           where e.loan_id = a.loan_id
                      ) as "events!: Json<Vec<Event>>"
                 from payments.account a
                where a.state in ('running', 'closed')
                  and a.started_on <= $1
                  and a.loan_id in (select loan_id from payments.event where effective_on > $1)"#,
            day,
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut book = Vec::new();
        for loan in later {
            let mut events = loan.events.0;
            events.retain(|event| event.effective_on <= day);
            let then = replay(&loan.contract, &events, next).map_err(Failure::broken)?;
            let oldest = then
                .lines
                .iter()
                .find(|line| line.principal.open().is_positive() || line.interest.open().is_positive());
            let days = oldest.map_or(0, |line| days_late(line.due_on, day));
            book.push((days, days.max(held(&then)), 1, then.outstanding_principal));
        }
        let rows = sqlx::query!(
            r#"select greatest(0, $1 - s.oldest_due) as "days!", s.held_days, count(*) as "loans!",
                      sum(s.owed)::bigint as "outstanding!"
                 from payments.standing s
                 join payments.account a using (loan_id)
                where s.owed > 0
                  and a.started_on <= $1
                  and s.loan_id not in (select loan_id from payments.event where effective_on > $1)
                group by 1, 2"#,
            day,
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in rows {
            let days = u32::try_from(row.days).map_err(Failure::broken)?;
            let held = u32::try_from(row.held_days).map_err(Failure::broken)?;
            book.push((days, days.max(held), row.loans, Rupiah::new(row.outstanding)));
        }
        book.retain(|(_, _, _, outstanding)| outstanding.is_positive());
        for part in ageing(book, QualityBands::POJK_10_2022).map_err(Failure::broken)? {
            sqlx::query!(
                "insert into payments.portfolio_day (day, from_days, quality, loans, outstanding)
                 values ($1, $2, $3, $4, $5)
                 on conflict on constraint portfolio_day_pkey do nothing",
                day,
                i16::try_from(part.from_days).map_err(Failure::broken)?,
                part.quality.words(),
                part.loans,
                part.outstanding.get(),
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Whether debits equal credits, each control account is the sum of its loans, and 2120 is the money that waits.
    /// True: they do.
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
            actor.staff(READERS)?;
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
            actor.staff(READERS)?;
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
