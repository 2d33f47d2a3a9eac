//! Recording: events, what they paid, and the journals that follow, in the transaction of the fact. Enters: a locked
//! account and what happened to it. Leaves: rows, and the position they make.

use super::{
    Moment,
    queries::{self, AccountState, LockedAccount},
    standing,
};
use crate::{
    Core, audit,
    failure::{Failure, Fallible},
    jobs::{self, Job},
};
use domain::{
    Actor, Rupiah,
    audit::Entry,
    event::Event as Fact,
    id::LoanId,
    loans::product::Component,
    payments::{
        ledger::{self, Journal},
        servicing::{Event, EventKind, Position, replay},
    },
};
use sqlx::{PgConnection, types::Json};
use std::collections::{BTreeMap, HashMap};
use time::Date;
use uuid::Uuid;

/// What recording came to.
#[derive(Debug)]
pub(super) struct Recorded {
    /// Numbers of the new events, in order.
    pub(super) seqs: Vec<i64>,
    /// This very step paid the last rupiah.
    pub(super) paid_off: bool,
    /// Principal and interest still to be paid.
    pub(super) outstanding: Rupiah,
}

/// Records `kinds`, each with the day it counts for, on an account that is lent: events, allocations, journals up to
/// those days, and whether the account is closed. Events of the future are the caller's mistake.
pub(super) async fn record_in(
    connection: &mut PgConnection,
    core: &Core,
    account: &LockedAccount,
    kinds: Vec<(Date, EventKind)>,
    at: Moment,
) -> Fallible<Recorded> {
    let contract = &account.contract;
    let before = queries::list_events(connection, account.loan_id).await?;
    let first = before.last().map_or(1, |event| event.seq + 1);
    let new: Vec<Event> = (first..)
        .zip(kinds)
        .map(|(seq, (on, kind))| Event::new(seq, on, at.today, kind))
        .collect();
    let advanced_to = account.advanced()?;
    let journals = ledger::journals_for(contract, &before, &new, advanced_to).map_err(Failure::broken)?;
    let as_of = new
        .iter()
        .chain(&before)
        .map(|event| event.effective_on)
        .fold(at.today, Date::max);
    let position_before = replay(contract, &before, as_of).map_err(Failure::broken)?;
    let all: Vec<Event> = before.iter().chain(&new).cloned().collect();
    let position = replay(contract, &all, as_of).map_err(Failure::broken)?;

    insert_events(connection, account.loan_id, &new, at).await?;
    insert_allocations(
        connection,
        account.loan_id,
        &changed_allocations(&position_before, &position)?,
        at,
    )
    .await?;
    post_in(connection, core, Some(account.loan_id), &journals, at).await?;
    let settled = position.closed || position.overpaid;
    let state = if settled {
        AccountState::Closed
    } else {
        AccountState::Running
    };
    sqlx::query!(
        "update payments.account
            set state = $2,
                closed_at = case when $2 = 'closed' then coalesce(closed_at, $3) end
          where loan_id = $1",
        account.loan_id.0,
        state.as_str(),
        at.now,
    )
    .execute(&mut *connection)
    .await?;
    let stands_at = ledger::advanced_after(&new, advanced_to);
    standing::place_in(connection, account.loan_id, contract, &all, stands_at).await?;
    let paid_off = settled && account.state == AccountState::Running;
    Ok(Recorded {
        seqs: new.iter().map(|event| event.seq).collect(),
        paid_off,
        outstanding: position.outstanding(),
    })
}

/// Whether a claim of the borrower waits for its answer.
pub(super) fn has_open_claim(events: &[Event]) -> bool {
    events.iter().fold(false, |open, event| match event.kind {
        EventKind::ClaimOpened { .. } => true,
        EventKind::ClaimResolved { .. } => false,
        _ => open,
    })
}

/// Tells the others about a fact, and the audit log, in the transaction that made it true.
pub(super) async fn tell_in(connection: &mut PgConnection, core: &Core, fact: Fact, entry: Entry) -> Fallible<()> {
    audit::record_in(connection, core, &Actor::system(), entry).await?;
    jobs::publish_in(connection, core, fact).await
}

/// Queues a check of every one of `payments`, at once.
pub(super) async fn check_in(connection: &mut PgConnection, payments: &[domain::id::PaymentId]) -> Fallible<()> {
    for payment_id in payments {
        jobs::enqueue_in(
            connection,
            &Job::CheckPayment {
                payment_id: *payment_id,
            },
            None,
        )
        .await?;
    }
    Ok(())
}

async fn insert_events(connection: &mut PgConnection, loan_id: LoanId, events: &[Event], at: Moment) -> Fallible<()> {
    for event in events {
        sqlx::query!(
            "insert into payments.event (loan_id, seq, effective_on, recorded_on, body, recorded_at)
             values ($1, $2, $3, $4, $5, $6)",
            loan_id.0,
            event.seq,
            event.effective_on,
            event.recorded_on,
            Json(&event.kind) as _,
            at.now,
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// A part of what an event paid that is new, or, when negative, no longer so.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AllocationChange {
    seq: i64,
    instalment: Option<i16>,
    component: &'static str,
    amount: i64,
}

/// What each event pays, as sums by event, instalment and component.
pub(super) fn allocations(position: &Position, sign: i64, sums: &mut BTreeMap<(i64, Option<u32>, &str), i64>) {
    for applied in &position.applied {
        // What the credit balance paid by itself belongs to no event.
        let Some(seq) = applied.seq else { continue };
        for part in &applied.allocations {
            let component = match part.component {
                Component::Interest => "interest",
                Component::Principal => "principal",
                Component::Fee => "fee",
                Component::LateFee => "late_fee",
            };
            *sums.entry((seq, part.instalment, component)).or_default() += sign * part.amount.get();
        }
        *sums.entry((seq, None, "credit")).or_default() += sign * applied.to_credit.get();
    }
}

/// The difference between what was paid by whom before and after.
fn changed_allocations(before: &Position, after: &Position) -> Fallible<Vec<AllocationChange>> {
    let mut sums = BTreeMap::new();
    allocations(before, -1, &mut sums);
    allocations(after, 1, &mut sums);
    let changed = sums.into_iter().filter(|(_, amount)| *amount != 0);
    changed
        .map(|((seq, instalment, component), amount)| {
            let instalment = instalment.map(i16::try_from).transpose().map_err(Failure::broken)?;
            Ok(AllocationChange {
                seq,
                instalment,
                component,
                amount,
            })
        })
        .collect()
}

async fn insert_allocations(
    connection: &mut PgConnection,
    loan_id: LoanId,
    changes: &[AllocationChange],
    at: Moment,
) -> Fallible<()> {
    let seqs: Vec<i64> = changes.iter().map(|change| change.seq).collect();
    let instalments: Vec<Option<i16>> = changes.iter().map(|change| change.instalment).collect();
    let components: Vec<String> = changes.iter().map(|change| change.component.to_owned()).collect();
    let amounts: Vec<i64> = changes.iter().map(|change| change.amount).collect();
    sqlx::query!(
        "insert into payments.allocation (loan_id, event_seq, line, instalment, component, amount, recorded_at)
         select $1, new.seq,
                coalesce((select max(old.line) from payments.allocation old where old.loan_id = $1 and old.event_seq = new.seq), 0)
                    + row_number() over (partition by new.seq order by new.n),
                new.instalment, new.component, new.amount, $6
           from unnest($2::bigint[], $3::smallint[], $4::text[], $5::bigint[])
                with ordinality as new (seq, instalment, component, amount, n)",
        loan_id.0,
        &seqs,
        &instalments as _,
        &components,
        &amounts,
        at.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores journals, booked today and never on a closed day. `loan_id` is none for money that belongs to no loan. A journal that is there
/// already breaks `journal_key`: posting twice is impossible.
pub(super) async fn post_in(
    connection: &mut PgConnection,
    core: &Core,
    loan_id: Option<LoanId>,
    journals: &[Journal],
    at: Moment,
) -> Fallible<()> {
    let (mut daily, mut others) = (Vec::new(), Vec::new());
    for journal in journals.iter().filter(|journal| !journal.lines.is_empty()) {
        match loan_id {
            Some(loan_id) if journal.is_daily() => daily.push((loan_id, journal)),
            _ => others.push(journal),
        }
    }
    let journals: Vec<&Journal> = others;
    if !daily.is_empty() {
        standing::insert_daily(connection, &daily, at).await?;
    }
    if journals.is_empty() {
        return Ok(());
    }
    let taken_back = standing_in(connection, loan_id, &journals).await?;
    let owner = loan_id.map_or_else(|| "-".to_owned(), |loan_id| loan_id.to_string());
    let mut rows = JournalRows::default();
    let mut entries = EntryRows::default();
    for journal in journals {
        let id = core.clock.new_id();
        let reversal_of = match (journal.reversal, taken_back.get(&journal.slot)) {
            (false, _) => None,
            (true, Some(id)) => *id,
            (true, None) => {
                return Err(Failure::broken(format!(
                    "no journal stands in slot {} of {owner}",
                    journal.slot
                )));
            }
        };
        rows.push(id, &owner, journal, reversal_of);
        entries.push(id, journal)?;
    }
    rows.insert(connection, loan_id, at).await?;
    entries.insert(connection, loan_id).await
}

/// The last journal of each slot that is to be taken back; none for one that has no id, the daily journal of its date.
async fn standing_in(
    connection: &mut PgConnection,
    loan_id: Option<LoanId>,
    journals: &[&Journal],
) -> Fallible<HashMap<String, Option<Uuid>>> {
    let (slots, days): (Vec<String>, Vec<Date>) = journals
        .iter()
        .filter(|journal| journal.reversal)
        .map(|journal| (journal.slot.clone(), journal.effective_on))
        .unzip();
    if slots.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        r#"select distinct on (slot) slot as "slot!", journal_id
             from (
                      select slot, journal_id, seq
                        from payments.journal
                       where loan_id is not distinct from $1
                         and slot = any($2)
                         and reversal_of is null
                         and not reverses_daily
                       union all
                      select gone.slot, null, 0
                        from unnest($2::text[], $3::date[]) gone (slot, day)
                        join payments.daily_journal d on d.loan_id = $1 and d.effective_on = gone.day
                       where gone.slot = replace(d.kind, '_', '-') || ':' || d.effective_on || ':' || d.instalment
                  ) stands
            order by slot, seq desc"#,
        loan_id.map(|loan_id| loan_id.0),
        &slots,
        &days,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.slot, row.journal_id)).collect())
}

#[derive(Default)]
struct JournalRows {
    ids: Vec<Uuid>,
    keys: Vec<String>,
    slots: Vec<String>,
    kinds: Vec<String>,
    dates: Vec<Date>,
    reversals: Vec<Option<Uuid>>,
    opposites: Vec<bool>,
}

impl JournalRows {
    fn push(&mut self, id: Uuid, owner: &str, journal: &Journal, reversal_of: Option<Uuid>) {
        self.ids.push(id);
        self.keys.push(format!("{owner}:{}", journal.key));
        self.slots.push(journal.slot.clone());
        self.kinds.push(journal.kind.to_string());
        self.dates.push(journal.effective_on);
        self.reversals.push(reversal_of);
        self.opposites.push(journal.reversal);
    }

    async fn insert(&self, connection: &mut PgConnection, loan_id: Option<LoanId>, at: Moment) -> Fallible<()> {
        sqlx::query!(
            "insert into payments.journal
                 (journal_id, loan_id, key, slot, kind, effective_on, booked_on, recorded_at, reversal_of, reverses_daily)
             select new.journal_id, $1, new.key, new.slot, new.kind, new.effective_on,
                    greatest($2, (select max(booked_on) + 1 from payments.day_total)), $3, new.reversal_of,
                    new.reversal and new.reversal_of is null
               from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::date[], $9::uuid[], $10::boolean[])
                    with ordinality as new (journal_id, key, slot, kind, effective_on, reversal_of, reversal, n)
              order by new.n",
            loan_id.map(|loan_id| loan_id.0),
            at.today,
            at.now,
            &self.ids,
            &self.keys,
            &self.slots,
            &self.kinds,
            &self.dates,
            &self.reversals as _,
            &self.opposites,
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

#[derive(Default)]
struct EntryRows {
    journals: Vec<Uuid>,
    lines: Vec<i16>,
    accounts: Vec<String>,
    instalments: Vec<Option<i16>>,
    debits: Vec<i64>,
    credits: Vec<i64>,
}

impl EntryRows {
    fn push(&mut self, journal_id: Uuid, journal: &Journal) -> Fallible<()> {
        for (line, entry) in (1_i16..).zip(&journal.lines) {
            self.journals.push(journal_id);
            self.lines.push(line);
            self.accounts.push(entry.account.to_string());
            self.instalments.push(
                entry
                    .instalment
                    .map(i16::try_from)
                    .transpose()
                    .map_err(Failure::broken)?,
            );
            self.debits.push(entry.debit.get());
            self.credits.push(entry.credit.get());
        }
        Ok(())
    }

    async fn insert(&self, connection: &mut PgConnection, loan_id: Option<LoanId>) -> Fallible<()> {
        sqlx::query!(
            "insert into payments.ledger_entry (journal_id, line, account, loan_id, instalment, debit, credit)
             select new.journal_id, new.line, new.account, $1, new.instalment, new.debit, new.credit
               from unnest($2::uuid[], $3::smallint[], $4::text[], $5::smallint[], $6::bigint[], $7::bigint[])
                    as new (journal_id, line, account, instalment, debit, credit)",
            loan_id.map(|loan_id| loan_id.0),
            &self.journals,
            &self.lines,
            &self.accounts,
            &self.instalments as _,
            &self.debits,
            &self.credits,
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}
