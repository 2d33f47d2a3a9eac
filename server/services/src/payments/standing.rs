//! Where the books of a loan stand and how they move by themselves: the narrow row that the nightly close works on,
//! and the daily journals. Enters: a loan that is locked, or new. Leaves: its row, and one row for each daily journal.

use super::Moment;
use crate::failure::{Failure, Fallible};
use domain::{
    id::LoanId,
    payments::{
        ledger::{Account, Journal, JournalKind, control},
        servicing::{Contract, Event, Pace, Position, advance},
    },
};
use sqlx::PgConnection;
use time::Date;
use uuid::Uuid;

/// Writes the row of a loan whose books stand at the opening of `day`, all of `events` being recorded.
pub(super) async fn place_in(
    connection: &mut PgConnection,
    loan_id: LoanId,
    contract: &Contract,
    events: &[Event],
    day: Date,
) -> Fallible<()> {
    let (_, pace, position) = advance(contract, events, day, day).map_err(Failure::broken)?;
    write_in(connection, &[(loan_id, pace, position)]).await
}

/// The money went back: nothing is owed and nothing happens any more.
pub(super) async fn retire_in(connection: &mut PgConnection, loan_id: LoanId) -> Fallible<()> {
    sqlx::query!(
        "update payments.standing
            set resting = true, paced_on = advanced_to, owed = 0, principal = 0, interest = 0, unearned = 0, fees = 0,
                late_fees = 0, credit = 0, late_lines = null, late_rests = null, late_steps = null, oldest_due = null
          where loan_id = $1",
        loan_id.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(Default)]
struct Rows {
    loans: Vec<Uuid>,
    days: Vec<Date>,
    quiet: Vec<Date>,
    oldest: Vec<Option<Date>>,
    since: Vec<Option<Date>>,
    due: Vec<Option<Date>>,
    instalments: Vec<Option<i16>>,
    resting: Vec<bool>,
    /// base, num, den, whole, paid.
    accruals: [Vec<Option<i64>>; 5],
    owed: Vec<i64>,
    held: Vec<i16>,
    /// principal, interest, fees, late fees, credit, unearned.
    balances: [Vec<i64>; 6],
    scales: Vec<Option<i64>>,
    /// Array literals: lines, rests, steps.
    late: [Vec<Option<String>>; 3],
}

impl Rows {
    fn push(&mut self, loan_id: LoanId, pace: &Pace, position: &Position) -> Fallible<()> {
        self.loans.push(loan_id.0);
        self.days.push(pace.from);
        self.quiet.push(pace.quiet_to);
        self.oldest.push(pace.oldest_due);
        self.since.push(pace.accrual.map(|accrual| accrual.since));
        self.due.push(pace.accrual.map(|accrual| accrual.due_on));
        let instalment = pace.accrual.map(|accrual| i16::try_from(accrual.instalment));
        self.instalments.push(instalment.transpose().map_err(Failure::broken)?);
        self.resting.push(pace.resting);
        let numbers = pace.accrual.map(|a| [a.base, a.num, a.den, a.whole, a.paid]);
        for (at, column) in self.accruals.iter_mut().enumerate() {
            column.push(numbers.map(|numbers| numbers[at]));
        }
        self.owed.push(position.outstanding_principal.get());
        self.held.push(i16::try_from(pace.held_days).map_err(Failure::broken)?);
        for (column, (_, balance)) in self.balances.iter_mut().zip(control(position)) {
            column.push(balance);
        }
        self.scales.push(pace.late.first().map(|run| run.scale));
        let literal = |numbers: Vec<String>| (!numbers.is_empty()).then(|| format!("{{{}}}", numbers.join(",")));
        let [lines, rests, steps] = &mut self.late;
        lines.push(literal(
            pace.late.iter().map(|run| run.instalment.to_string()).collect(),
        ));
        rests.push(literal(pace.late.iter().map(|run| run.rest.to_string()).collect()));
        steps.push(literal(pace.late.iter().map(|run| run.step.to_string()).collect()));
        Ok(())
    }
}

/// Writes the rows of loans that are locked, or new.
pub(super) async fn write_in(connection: &mut PgConnection, loans: &[(LoanId, Pace, Position)]) -> Fallible<()> {
    let mut rows = Rows::default();
    for (loan_id, pace, position) in loans {
        rows.push(*loan_id, pace, position)?;
    }
    let [base, num, den, whole, paid] = &rows.accruals;
    let [principal, interest, fees, late_fees, credit, unearned] = &rows.balances;
    let [lines, rests, steps] = &rows.late;
    sqlx::query!(
        "insert into payments.standing
             (loan_id, advanced_to, paced_on, quiet_to, oldest_due, since, due_on, instalment, resting, base, num, den,
              whole, paid, principal, interest, unearned, fees, late_fees, credit, late_scale, late_lines, late_rests,
              late_steps, owed, held_days)
         select new.loan_id, new.day, new.day, new.quiet_to, new.oldest_due, new.since, new.due_on, new.instalment,
                new.resting, new.base, new.num, new.den, new.whole, new.paid, new.principal, new.interest, -new.unearned,
                new.fees, new.late_fees, -new.credit, new.late_scale, new.late_lines::smallint[],
                new.late_rests::bigint[], new.late_steps::bigint[], new.owed, new.held_days
           from unnest($1::uuid[], $2::date[], $3::date[], $4::date[], $5::date[], $6::date[], $7::smallint[],
                       $8::boolean[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
                       $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[],
                       $20::bigint[], $21::text[], $22::text[], $23::text[], $24::bigint[], $25::smallint[])
                as new (loan_id, day, quiet_to, oldest_due, since, due_on, instalment, resting, base, num, den, whole,
                        paid, principal, interest, unearned, fees, late_fees, credit, late_scale, late_lines,
                        late_rests, late_steps, owed, held_days)
         on conflict on constraint standing_pkey do update
            set (advanced_to, paced_on, quiet_to, oldest_due, since, due_on, instalment, resting, base, num, den, whole,
                 paid, principal, interest, unearned, fees, late_fees, credit, late_scale, late_lines, late_rests,
                 late_steps, owed, held_days)
              = (excluded.advanced_to, excluded.paced_on, excluded.quiet_to, excluded.oldest_due, excluded.since,
                 excluded.due_on, excluded.instalment, excluded.resting, excluded.base, excluded.num, excluded.den,
                 excluded.whole, excluded.paid, excluded.principal, excluded.interest, excluded.unearned, excluded.fees,
                 excluded.late_fees, excluded.credit, excluded.late_scale, excluded.late_lines, excluded.late_rests,
                 excluded.late_steps, excluded.owed, excluded.held_days)",
        &rows.loans,
        &rows.days,
        &rows.quiet,
        &rows.oldest as _,
        &rows.since as _,
        &rows.due as _,
        &rows.instalments as _,
        &rows.resting,
        base as _,
        num as _,
        den as _,
        whole as _,
        paid as _,
        principal,
        interest,
        unearned,
        fees,
        late_fees,
        credit,
        &rows.scales as _,
        lines as _,
        rests as _,
        steps as _,
        &rows.owed,
        &rows.held,
    )
    .execute(&mut *connection)
    .await?;
    write_basis_in(connection, loans).await
}

/// What the late fees of these loans are tested by, where it is not what stands there: from the due date on when it is
/// the first, else from the day of the change.
async fn write_basis_in(connection: &mut PgConnection, loans: &[(LoanId, Pace, Position)]) -> Fallible<()> {
    let (mut ids, mut instalments, mut days, mut dues) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut caps, mut benefits, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for (loan_id, pace, basis) in loans
        .iter()
        .flat_map(|(loan_id, pace, _)| pace.basis.iter().map(move |basis| (loan_id, pace, basis)))
    {
        ids.push(loan_id.0);
        instalments.push(i16::try_from(basis.instalment).map_err(Failure::broken)?);
        days.push(pace.from);
        dues.push(basis.due_on);
        caps.push(basis.cap_id.clone());
        benefits.push(basis.benefit);
        rates.push(basis.ppm);
    }
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into payments.late_fee_basis (loan_id, instalment, from_day, due_on, cap_id, benefit, ppm)
         select new.loan_id, new.instalment, case when old.loan_id is null then new.due_on else new.day end,
                new.due_on, new.cap_id, new.benefit, new.ppm
           from unnest($1::uuid[], $2::smallint[], $3::date[], $4::date[], $5::text[], $6::bigint[], $7::bigint[])
                as new (loan_id, instalment, day, due_on, cap_id, benefit, ppm)
           left join lateral (
                    select *
                      from payments.late_fee_basis x
                     where x.loan_id = new.loan_id
                       and x.instalment = new.instalment
                     order by x.from_day desc
                     limit 1
                ) old on true
          where (old.due_on, old.cap_id, old.benefit, old.ppm)
                is distinct from (new.due_on, new.cap_id, new.benefit, new.ppm)
             on conflict on constraint late_fee_basis_pkey do nothing",
        &ids,
        &instalments,
        &days,
        &dues,
        &caps,
        &benefits,
        &rates,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores daily journals, booked today and never on a closed day, one row each. One that is there already breaks `daily_journal_pkey`.
pub(super) async fn insert_daily(
    connection: &mut PgConnection,
    journals: &[(LoanId, &Journal)],
    at: Moment,
) -> Fallible<()> {
    let (mut loans, mut days, mut kinds, mut instalments) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut amounts, mut ahead) = (Vec::new(), Vec::new());
    for (loan_id, journal) in journals {
        let debit = |account: Option<Account>| -> i64 {
            let lines = journal.lines.iter();
            let of = lines.filter(|line| account.is_none_or(|account| line.account == account));
            of.map(|line| line.debit.get()).sum()
        };
        let line = journal.lines.first().and_then(|line| line.instalment);
        let line = line.ok_or_else(|| Failure::broken(format!("{} has no instalment", journal.key)))?;
        loans.push(loan_id.0);
        days.push(journal.effective_on);
        kinds.push(journal.kind.to_string());
        instalments.push(i16::try_from(line).map_err(Failure::broken)?);
        amounts.push(debit(None));
        ahead.push(if journal.kind == JournalKind::Interest {
            debit(Some(Account::UnearnedInterest))
        } else {
            0
        });
    }
    sqlx::query!(
        "insert into payments.daily_journal
             (effective_on, booked_on, loan_id, recorded_at, amount, unearned, instalment, kind)
         select new.day, greatest($7, (select max(booked_on) + 1 from payments.day_total)), new.loan_id, $8,
                new.amount, new.unearned, new.instalment, new.kind
           from unnest($1::date[], $2::uuid[], $3::bigint[], $4::bigint[], $5::smallint[], $6::text[])
                with ordinality as new (day, loan_id, amount, unearned, instalment, kind, n)
          order by new.n",
        &days,
        &loans,
        &amounts,
        &ahead,
        &instalments,
        &kinds,
        at.today,
        at.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
