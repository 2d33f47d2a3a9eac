//! The book at the end of a closed day: by days past due and quality, and what is set aside for losses (J17). Enters:
//! the day. Leaves: its rows, and a journal for each quality whose allowance moved; once for each day.
//!
//! Most loans are read from their rows of the close. Those to which something happened since are replayed as of that
//! day; one that cannot be is told as drifting and counted as its row says, so it neither stops the close nor leaves
//! the figures.

use super::{Payments, books, queries};
use crate::failure::{Failure, Fallible};
use domain::{
    Rupiah,
    payments::{
        arrears::{Quality, QualityBands, ageing, days_late},
        ledger,
        provision::ProvisionRates,
        servicing::{LinePosition, replay},
    },
};
use sqlx::PgConnection;
use time::{Date, Duration};
use uuid::Uuid;

/// The bands in force.
const BANDS: QualityBands = QualityBands::POJK_10_2022;
/// The rates in force.
const RATES: ProvisionRates = ProvisionRates::USUAL;

/// Loans that are as late as each other.
struct Part {
    days: u32,
    /// The days that decide the quality.
    quality_days: u32,
    loans: i64,
    outstanding: Rupiah,
    /// What of it is on the books.
    on_the_books: Rupiah,
    allowance: Rupiah,
}

impl Payments {
    /// Stores the book at the end of `day`; a late close finds the same figures. Idempotent: the figures of a day are
    /// kept as they were first found.
    pub(super) async fn snapshot(&self, day: Date) -> Fallible<()> {
        let mut tx = self.begin_long().await?;
        let (mut book, failed) = replayed(&mut tx, day).await?;
        self.tell_failed(&mut tx, &failed, day).await?;
        let failed: Vec<Uuid> = failed.into_iter().map(|(loan_id, _)| loan_id).collect();
        book.extend(stored(&mut tx, day, &failed).await?);
        keep_ageing(&mut tx, day, &book).await?;
        if let Some(allowances) = keep_provision(&mut tx, day, &book).await? {
            let moved = Quality::ALL.into_iter().zip(allowances);
            let journals =
                moved.filter_map(|(quality, (before, after))| ledger::provision(day, quality, before, after));
            books::post_in(&mut tx, &self.core, None, &journals.collect::<Vec<_>>(), self.moment()).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Names the loans that cannot be replayed, until a proof finds them well.
    async fn tell_failed(&self, connection: &mut PgConnection, failed: &[(Uuid, String)], day: Date) -> Fallible<()> {
        for (loan_id, reason) in failed {
            metrics::counter!("loans_set_aside").increment(1);
            tracing::error!(loan = %loan_id, reason, %day, "a loan cannot be rebuilt as of a day: its row stands for it");
            sqlx::query!(
                "insert into payments.drift (loan_id, what, found_at)
                 values ($1, $2, $3)
                 on conflict on constraint drift_pkey do update set what = excluded.what",
                loan_id,
                format!("cannot be rebuilt: {reason}"),
                self.core.clock.now(),
            )
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }
}

/// The loans to which something happened after `day`, as of its end; and those that cannot be replayed, with why.
async fn replayed(connection: &mut PgConnection, day: Date) -> Fallible<(Vec<Part>, Vec<(Uuid, String)>)> {
    let later = sqlx::query!(
        r#"select a.loan_id, a.contract::text as "contract!",
                  (
                      select jsonb_agg(jsonb_build_object(
                                 'seq', e.seq, 'effective_on', e.effective_on, 'recorded_on', e.recorded_on, 'kind', e.body
                             ) order by e.seq)
                        from payments.event e
                       where e.loan_id = a.loan_id
                  )::text as "events!"
             from payments.account a
            where a.state in ('running', 'closed')
              and a.started_on <= $1
              and a.loan_id in (select loan_id from payments.event where effective_on > $1)"#,
        day,
    )
    .fetch_all(connection)
    .await?;
    let (mut book, mut failed) = (Vec::new(), Vec::new());
    for loan in later {
        match as_of(&loan.contract, &loan.events, day) {
            Ok(part) => book.push(part),
            Err(failure) => failed.push((loan.loan_id, failure.to_string())),
        }
    }
    Ok((book, failed))
}

/// One loan at the end of `day`, from its contract and the events up to that day.
fn as_of(contract: &str, events: &str, day: Date) -> Fallible<Part> {
    let (contract, mut events) = queries::parse_history(contract, events).map_err(Failure::broken)?;
    events.retain(|event| event.effective_on <= day);
    let then = replay(&contract, &events, day.saturating_add(Duration::DAY)).map_err(Failure::broken)?;
    let open = |line: &&LinePosition| line.principal.open().is_positive() || line.interest.open().is_positive();
    let days = then
        .lines
        .iter()
        .find(open)
        .map_or(0, |line| days_late(line.due_on, day));
    // What a way out holds the quality at; the position's own days are those of the next morning.
    let held = Some(then.quality_days).filter(|held| *held > then.days_past_due);
    let quality_days = days.max(held.unwrap_or(0));
    let on_the_books = match then.written_off_on {
        None => then.outstanding_principal,
        Some(_) => Rupiah::ZERO,
    };
    Ok(Part {
        days,
        quality_days,
        loans: 1,
        outstanding: then.outstanding_principal,
        on_the_books,
        allowance: RATES.of(on_the_books, quality_days, BANDS).map_err(Failure::broken)?,
    })
}

/// The other loans, from their rows; the allowance is rounded for each loan, as [`ProvisionRates::of`] does.
async fn stored(connection: &mut PgConnection, day: Date, failed: &[Uuid]) -> Fallible<Vec<Part>> {
    let rows = sqlx::query!(
        r#"select late.days as "days!", s.held_days, count(*) as "loans!", sum(s.owed)::bigint as "outstanding!",
                  sum(s.principal)::bigint as "on_the_books!",
                  sum(payments.half_even(
                      s.principal * ($3::bigint[])[1 + width_bucket(greatest(late.days, s.held_days), $2::int[])], 1000000
                  ))::bigint as "allowance!"
             from payments.standing s
             join payments.account a using (loan_id)
            cross join lateral (select greatest(0, $1 - s.oldest_due) as days) late
            where s.owed > 0
              and a.started_on <= $1
              and (
                      s.loan_id = any($4)
                      or s.loan_id not in (select loan_id from payments.event where effective_on > $1)
                  )
            group by 1, 2"#,
        day,
        &BANDS.0.map(|last| i32::try_from(last + 1).unwrap_or(i32::MAX))[..],
        &RATES.0[..],
        failed,
    )
    .fetch_all(connection)
    .await?;
    let part = |(days, held): (i32, i16)| -> Fallible<(u32, u32)> {
        let days = u32::try_from(days).map_err(Failure::broken)?;
        Ok((days, days.max(u32::try_from(held).map_err(Failure::broken)?)))
    };
    rows.into_iter()
        .map(|row| {
            let (days, quality_days) = part((row.days, row.held_days))?;
            Ok(Part {
                days,
                quality_days,
                loans: row.loans,
                outstanding: Rupiah::new(row.outstanding),
                on_the_books: Rupiah::new(row.on_the_books),
                allowance: Rupiah::new(row.allowance),
            })
        })
        .collect()
}

async fn keep_ageing(connection: &mut PgConnection, day: Date, book: &[Part]) -> Fallible<()> {
    let owing = book.iter().filter(|part| part.outstanding.is_positive());
    let owing = owing.map(|part| (part.days, part.quality_days, part.loans, part.outstanding));
    for part in ageing(owing, BANDS).map_err(Failure::broken)? {
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
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Stores what is set aside for each quality and gives, best first, what was before and is now; none when the day has
/// its figures already.
async fn keep_provision(
    connection: &mut PgConnection,
    day: Date,
    book: &[Part],
) -> Fallible<Option<Vec<(Rupiah, Rupiah)>>> {
    let mut sums = [(Rupiah::ZERO, Rupiah::ZERO); 5];
    for part in book {
        let (on_the_books, allowance) = &mut sums[BANDS.quality(part.quality_days).place()];
        *on_the_books = on_the_books.checked_add(part.on_the_books).map_err(Failure::broken)?;
        *allowance = allowance.checked_add(part.allowance).map_err(Failure::broken)?;
    }
    let rows = sqlx::query!(
        r#"with before as (
               select quality, allowance
                 from payments.provision_day
                where day = (select max(day) from payments.provision_day where day < $1)
           ),
           kept as (
               insert into payments.provision_day (day, quality, outstanding, allowance)
               select $1, new.quality, new.outstanding, new.allowance
                 from unnest($2::smallint[], $3::bigint[], $4::bigint[]) new (quality, outstanding, allowance)
                   on conflict on constraint provision_day_pkey do nothing
            returning quality, allowance
           )
           select coalesce(before.allowance, 0) as "before!", kept.allowance as "after!"
             from kept
             left join before using (quality)
            order by quality"#,
        day,
        &Quality::ALL.map(Quality::number)[..],
        &sums.map(|(on_the_books, _)| on_the_books.get())[..],
        &sums.map(|(_, allowance)| allowance.get())[..],
    )
    .fetch_all(connection)
    .await?;
    let moved: Vec<_> = rows
        .into_iter()
        .map(|row| (Rupiah::new(row.before), Rupiah::new(row.after)))
        .collect();
    Ok((!moved.is_empty()).then_some(moved))
}
