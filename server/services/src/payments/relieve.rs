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
};
use domain::{
    Actor, Error, Principal, Refusal, Role,
    audit::{Entry, check_reason},
    id::LoanId,
    payments::{
        Relief,
        hardship::{self, HardshipRules},
        servicing::{EventKind, Hardship, PauseCause},
    },
};
use sqlx::{PgConnection, types::Json};

/// The operation of a key.
const TAKE: &str = "payments.take_way_out";

impl Payments {
    pub(super) async fn relieve(
        &self,
        actor: &Actor,
        loan_id: LoanId,
        option: Hardship,
        key: &str,
    ) -> Fallible<Relief> {
        let user_id = actor.borrower()?;
        let command = Command::new(&COMMANDS, user_id, TAKE, Some(key), &(loan_id, option))?;
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
        let relief = if preview.second_person {
            let paused = vec![(at.today, rules.pause(at.today))];
            let recorded = books::record_in(&mut tx, &self.core, &account, paused, at).await?;
            insert_request(&mut tx, loan_id, recorded.seqs[0], option, at).await?;
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

    pub(super) async fn find_waiting(&self, actor: &Actor, loan_id: LoanId) -> Fallible<Option<Hardship>> {
        let mut connection = self.core.db.acquire().await?;
        queries::get_history(&mut connection, loan_id, scope(actor)?).await?;
        waiting_in(&mut connection, loan_id).await
    }

    pub(super) async fn end_request(&self, actor: &Actor, loan_id: LoanId, reason: &str) -> Fallible<()> {
        let (state, owner) = match &actor.principal {
            Principal::Borrower(session) => ("withdrawn", Some(session.user_id)),
            _ => {
                actor.staff(&[Role::Support, Role::Collector, Role::Analyst, Role::Approver])?;
                ("refused", None)
            }
        };
        let reason = if owner.is_some() { "" } else { check_reason(reason)? };
        let at = self.moment();
        let mut tx = self.core.begin().await?;
        let account = queries::lock_account(&mut tx, loan_id, owner)
            .await?
            .ok_or(Error::NotFound)?;
        if !answer_in(&mut tx, loan_id, state, at).await? {
            return Err(Refusal::WrongState.into());
        }
        books::record_in(&mut tx, &self.core, &account, vec![resumed(at)], at).await?;
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
        if answer_in(connection, account.loan_id, "applied", at).await? {
            kinds.push(resumed(at));
        }
        books::record_in(connection, &self.core, account, kinds, at).await?;
        Ok(())
    }
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

async fn insert_request(
    connection: &mut PgConnection,
    loan_id: LoanId,
    event_seq: i64,
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

/// Answers the open request of a locked account; `false` when there is none.
async fn answer_in(connection: &mut PgConnection, loan_id: LoanId, state: &str, at: Moment) -> Fallible<bool> {
    let answered = sqlx::query!(
        "update payments.relief_request
            set state = $2, answered_at = $3
          where loan_id = $1 and state = 'open'",
        loan_id.0,
        state,
        at.now,
    )
    .execute(connection)
    .await?;
    Ok(answered.rows_affected() == 1)
}
