//! A borrower takes a way out (lending.md 8.9). Enters: a loan of theirs, an option they saw the preview of, a key.
//! Leaves: the changed schedule, or a request that waits for two members of staff while late fees stop.

use super::{
    COMMANDS, Moment, Payments, books, foretell,
    queries::{self, AccountState, LockedAccount},
    scope,
};
use crate::{
    audit,
    command::Command,
    failure::{Failure, Fallible},
    jobs,
};
use domain::{
    Actor, Error, Page, PageRequest, Principal, Refusal, Role,
    audit::{Entry, ProposalKind, check_reason},
    event::Event as Fact,
    id::LoanId,
    payments::{
        Relief, ReliefRequest, ReliefState,
        hardship::{self, HardshipRules},
        servicing::{EventKind, Hardship, PauseCause},
    },
};
use sqlx::{PgConnection, types::Json};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// The operation of a key.
const TAKE: &str = "payments.take_way_out";

struct RequestRow {
    loan_id: Uuid,
    option: Json<Hardship>,
    state: String,
    asked_at: OffsetDateTime,
    answered_at: Option<OffsetDateTime>,
    answer: String,
    paused_through: Option<Date>,
}

macro_rules! requests {
    ($tail:literal, $($argument:expr),+) => {
        sqlx::query_as!(
            RequestRow,
            r#"select r.loan_id, r.option as "option: Json<Hardship>", r.state, r.asked_at, r.answered_at, r.answer,
                      (e.body->>'through')::date as paused_through
                 from payments.relief_request r
                 left join payments.event e on e.loan_id = r.loan_id and e.seq = r.event_seq "# + $tail,
            $($argument),+
        )
    };
}

impl RequestRow {
    fn parse(self) -> Fallible<ReliefRequest> {
        Ok(ReliefRequest {
            loan_id: self.loan_id.into(),
            option: self.option.0,
            state: self.state.parse().map_err(Failure::broken)?,
            asked_at: self.asked_at,
            answered_at: self.answered_at,
            answer: self.answer,
            paused_through: self.paused_through,
        })
    }
}

impl Payments {
    pub(super) async fn relieve(
        &self,
        actor: &Actor,
        loan_id: LoanId,
        option: Hardship,
        seen: &str,
        key: &str,
    ) -> Fallible<Relief> {
        let user_id = actor.borrower()?;
        let command = Command::new(&COMMANDS, user_id, TAKE, Some(key), &(loan_id, option, seen))?;
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let account = queries::lock_account(&mut tx, loan_id, Some(user_id))
            .await?
            .ok_or(Error::NotFound)?;
        if let Some(given) = command.take_in(&mut tx, &self.core).await? {
            return Ok(given);
        }
        if account.state != AccountState::Running {
            return Err(Refusal::WrongState.into());
        }
        if waiting_in(&mut tx, loan_id).await?.is_some() {
            return Err(Refusal::WrongState.into());
        }
        let events = queries::list_events(&mut tx, loan_id).await?;
        let rules = HardshipRules::SANGGUP;
        let preview = hardship::preview(&account.contract, &events, option, at.today, rules);
        let preview = preview.map_err(Failure::broken)?.map_err(foretell::fault)?;
        if preview.seen() != seen {
            return Err(Refusal::DisclosureChanged.into());
        }
        let relief = if preview.second_person {
            let event_seq = match rules.pause(&events, at.today) {
                None => None,
                Some(pause) => {
                    let paused = vec![(at.today, pause)];
                    let recorded = books::record_in(&mut tx, &self.core, &account, paused, at).await?;
                    recorded.seqs.first().copied()
                }
            };
            insert_request(&mut tx, loan_id, event_seq, option, at).await?;
            Relief::Waiting
        } else {
            let taken = vec![(at.today, EventKind::Hardship { option })];
            books::record_in(&mut tx, &self.core, &account, taken, at).await?;
            Relief::Applied
        };
        command.answer_in(&mut tx, &self.core, &relief).await?;
        let entry = Entry::allowed("payments.take_way_out", "loan", loan_id);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        Ok(relief)
    }

    pub(super) async fn find_last_request(&self, actor: &Actor, loan_id: LoanId) -> Fallible<Option<ReliefRequest>> {
        self.require_account(loan_id, scope(actor)?).await?;
        let row = requests!("where r.loan_id = $1 order by r.seq desc limit 1", loan_id.0);
        row.fetch_optional(&self.core.db)
            .await?
            .map(RequestRow::parse)
            .transpose()
    }

    pub(super) async fn page_of_requests(
        &self,
        actor: &Actor,
        answered: bool,
        page: PageRequest,
    ) -> Fallible<Page<ReliefRequest>> {
        if !ProposalKind::Relief.shows_to(actor.staff(&Role::STAFF)?.role) {
            return Err(Error::Forbidden.into());
        }
        // A place in the list is the number of rows before it: it is short, and what is answered leaves it.
        let skip = page.after.as_deref().map(str::parse::<i64>).transpose();
        let skip = skip.map_err(|_| Error::fault("after", "cursor", "Penanda halaman tidak dikenal."))?;
        let skip = skip.unwrap_or(0).max(0);
        let rows = requests!(
            "where (r.state <> 'open') = $1
             order by case when $1 then r.answered_at end desc, r.asked_at, r.seq
             limit $2 offset $3",
            answered,
            page.limit() + 1,
            skip
        );
        let mut rows = rows.fetch_all(&self.core.db).await?;
        let limit = usize::try_from(page.limit()).map_err(Failure::broken)?;
        let next = (rows.len() > limit).then(|| (skip + page.limit()).to_string());
        rows.truncate(limit);
        let items = rows.into_iter().map(RequestRow::parse).collect::<Fallible<_>>()?;
        Ok(Page { items, next })
    }

    pub(super) async fn end_request(&self, actor: &Actor, loan_id: LoanId, reason: &str) -> Fallible<()> {
        let (state, owner) = match &actor.principal {
            Principal::Borrower(session) => (ReliefState::Withdrawn, Some(session.user_id)),
            _ => {
                actor.staff(&[Role::Support, Role::Collector, Role::Analyst, Role::Approver])?;
                (ReliefState::Refused, None)
            }
        };
        let reason = if owner.is_some() { "" } else { check_reason(reason)? };
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let account = queries::lock_account(&mut tx, loan_id, owner)
            .await?
            .ok_or(Error::NotFound)?;
        if !answer_in(&mut tx, loan_id, state, reason, at).await? {
            return Err(Refusal::WrongState.into());
        }
        books::record_in(&mut tx, &self.core, &account, vec![resumed(at)], at).await?;
        if state == ReliefState::Refused {
            self.tell_answer_in(&mut tx, &account).await?;
        }
        let entry = Entry::allowed("payments.end_way_out", "loan", loan_id).because(reason);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Two people agreed to a way out: it takes effect, and the request that asked for one is answered.
    pub(super) async fn relieve_in(
        &self,
        connection: &mut PgConnection,
        account: &LockedAccount,
        option: Hardship,
        at: Moment,
    ) -> Fallible<()> {
        let mut kinds = vec![(at.today, EventKind::Hardship { option })];
        if answer_in(connection, account.loan_id, ReliefState::Applied, "", at).await? {
            kinds.push(resumed(at));
            self.tell_answer_in(connection, account).await?;
        }
        books::record_in(connection, &self.core, account, kinds, at).await?;
        Ok(())
    }

    async fn tell_answer_in(&self, connection: &mut PgConnection, account: &LockedAccount) -> Fallible<()> {
        let (user_id, loan_id) = (account.user_id, account.loan_id);
        jobs::publish_in(connection, &self.core, Fact::WayOutAnswered { user_id, loan_id }).await
    }
}

/// Stores what waits for staff; `event_seq` is the pause of late fees, if there were days left.
async fn insert_request(
    connection: &mut PgConnection,
    loan_id: LoanId,
    event_seq: Option<i64>,
    option: Hardship,
    at: Moment,
) -> Fallible<()> {
    sqlx::query!(
        "insert into payments.relief_request (loan_id, event_seq, option, state, asked_at)
         values ($1, $2, $3, 'open', $4)",
        loan_id.0,
        event_seq,
        Json(option) as _,
        at.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn resumed(at: Moment) -> (time::Date, EventKind) {
    let cause = PauseCause::HardshipRequest;
    (at.today, EventKind::LateFeesResumed { cause })
}

/// The way out that the borrower asked for and nobody answered yet.
pub(super) async fn waiting_in(connection: &mut PgConnection, loan_id: LoanId) -> Fallible<Option<Hardship>> {
    let found = sqlx::query_scalar!(
        r#"select option as "option: Json<Hardship>"
             from payments.relief_request
            where loan_id = $1 and state = 'open'"#,
        loan_id.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|option| option.0))
}

/// Answers the open request of a locked account; `false` when there is none.
async fn answer_in(
    connection: &mut PgConnection,
    loan_id: LoanId,
    state: ReliefState,
    answer: &str,
    at: Moment,
) -> Fallible<bool> {
    let answered = sqlx::query!(
        "update payments.relief_request
            set state = $2, answered_at = $3, answer = $4
          where loan_id = $1 and state = 'open'",
        loan_id.0,
        state.as_str(),
        at.now,
        answer,
    )
    .execute(connection)
    .await?;
    Ok(answered.rows_affected() == 1)
}
