//! Putting a [`Loan`] together: the application's row, its decision, and the account that payments keeps.

use super::{Loans, queries, queries::ApplicationRow};
use crate::{
    crypto::UserKey,
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Error, Page, PageRequest,
    calendar::Holidays,
    id::{LoanId, UserId},
    loans::{Loan, LoanStatus, decision::Outcome},
    payments::{Account, PayoutStatus, servicing::Position},
};
use sqlx::PgConnection;
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

/// What a loan is put together from besides its own row. Other services are asked for it, each on a connection of its
/// own: who asks holds none, or enough askers at once would all wait for a second one for ever.
#[derive(Default)]
pub(super) struct Surroundings {
    /// What payments keeps of it.
    pub account: Option<Account>,
    /// Days in which a review may be asked for; of a declined application.
    pub review_days: Option<i64>,
    /// Of a review that was asked for.
    pub holidays: Option<Holidays>,
}

impl Loans {
    pub(super) async fn get_of_asker(&self, actor: &Actor, id: LoanId) -> Fallible<Loan> {
        self.load(actor.borrower()?, id).await
    }

    /// One application of a borrower.
    pub(super) async fn load(&self, user: UserId, id: LoanId) -> Fallible<Loan> {
        let mut connection = self.core.db.acquire().await?;
        let row = queries::application(&mut connection, user, id).await?;
        let row = row.ok_or(Error::NotFound)?;
        let key = self.core.vault.user_key(&mut connection, user).await?;
        drop(connection);
        let mut around = self.surroundings(std::slice::from_ref(&row)).await?;
        if has_account(&row) {
            around.account = self.payments.account(&Actor::system(), id, None).await?;
        }
        self.assemble(&key, &row, around)
    }

    /// The same as the caller's transaction made it; the caller knows its surroundings.
    pub(super) async fn load_in(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        id: LoanId,
        around: Surroundings,
    ) -> Fallible<Loan> {
        let row = queries::application(tx, user, id).await?.ok_or(Error::NotFound)?;
        let key = self.core.vault.user_key(tx, user).await?;
        self.assemble(&key, &row, around)
    }

    pub(super) async fn list_of_asker(&self, actor: &Actor, page: PageRequest) -> Fallible<Page<Loan>> {
        let user = actor.borrower()?;
        let after = page.after.as_deref().map(parse_cursor).transpose()?;
        let mut connection = self.core.db.acquire().await?;
        let mut rows = queries::applications_of(&mut connection, user, after, page.limit() + 1).await?;
        let next = take_next(&mut rows, page.limit(), |row| (row.submitted_at, row.loan_id));
        let mut items = Vec::with_capacity(rows.len());
        if rows.is_empty() {
            return Ok(Page { items, next });
        }
        let key = self.core.vault.user_key(&mut connection, user).await?;
        drop(connection);
        let around = self.surroundings(&rows).await?;
        let accounts = match rows.iter().any(has_account) {
            true => self.payments.accounts_of(&Actor::system(), user).await?,
            false => Vec::new(),
        };
        for row in &rows {
            let account = accounts.iter().find(|account| account.loan_id == row.loan_id());
            let around = Surroundings {
                account: account.cloned(),
                review_days: around.review_days,
                holidays: around.holidays.clone(),
            };
            items.push(self.assemble(&key, row, around)?);
        }
        Ok(Page { items, next })
    }

    /// What `rows` need besides their accounts.
    pub(super) async fn surroundings(&self, rows: &[ApplicationRow]) -> Fallible<Surroundings> {
        let mut around = Surroundings::default();
        if rows.iter().any(|row| row.status == "declined") {
            around.review_days = Some(self.review_days().await?);
        }
        if rows.iter().any(|row| row.waits_for_review().is_some()) {
            around.holidays = Some(self.notifications.holidays().await?);
        }
        Ok(around)
    }

    /// Days in which a review may be asked for; without a policy in force the fewest that the law's reading allows.
    pub(super) async fn review_days(&self) -> Fallible<i64> {
        match self.policy_in_force().await {
            Ok(policy) => Ok(i64::from(policy.review_days)),
            Err(Failure::Domain(_)) => Ok(30),
            Err(failure) => Err(failure),
        }
    }

    /// A row and its surroundings as a loan, unsealed with the borrower's key.
    pub(super) fn assemble(&self, key: &UserKey, row: &ApplicationRow, around: Surroundings) -> Fallible<Loan> {
        let (quote, figures, decision) = row.unseal(key)?;
        let mut milestones = row.milestones();
        let (payout, position, last_received) = match around.account {
            None => (None, None, None),
            Some(account) => {
                milestones.disbursed_at = milestones
                    .disbursed_at
                    .or_else(|| account.payout.as_ref().and_then(|payout| payout.succeeded_at));
                milestones.closed_at = milestones.closed_at.or(account.closed_at);
                (account.payout, account.position, account.last_received)
            }
        };
        let declined = row.status == "declined";
        let engine_declined = decision
            .as_ref()
            .is_some_and(|decision| decision.outcome == Outcome::Decline);
        let unknown = |what: &str| Failure::broken(format!("the {what} of an application were not asked for"));
        let in_time = match milestones.decided_at {
            Some(at) if declined => {
                let days = around.review_days.ok_or_else(|| unknown("days for a review"))?;
                self.core.clock.now() - at <= Duration::days(days)
            }
            _ => false,
        };
        let review_due = match row.waits_for_review() {
            Some(at) => {
                let holidays = around.holidays.ok_or_else(|| unknown("holidays"))?;
                Some(review_due(&holidays, at)?)
            }
            None => None,
        };
        Ok(Loan {
            id: row.loan_id(),
            number: row.number.clone(),
            user_id: row.user_id(),
            status: status(
                &row.status,
                row.loan_status.as_deref(),
                payout.as_ref().map(|payout| payout.status),
                position.as_ref(),
            )?,
            quote,
            purpose: row.purpose()?,
            monthly_income: figures.monthly_income,
            other_instalments: figures.other_instalments,
            review_due,
            may_ask_review: declined && engine_declined && in_time && row.review_requested_at.is_none(),
            decision,
            payout,
            position,
            last_received,
            milestones,
        })
    }
}

/// Whether payments may know it.
fn has_account(row: &ApplicationRow) -> bool {
    matches!(row.status.as_str(), "approved" | "disbursed" | "cancelled")
}

/// The last day for the answer to a review: ten working days, Asia/Jakarta (6.8). Of a year whose holidays are not
/// loaded it is the earliest it can be.
pub(super) fn review_due(holidays: &Holidays, asked_at: OffsetDateTime) -> Fallible<Date> {
    let asked = domain::calendar::jakarta_date(asked_at);
    holidays.add_business_days(asked, 10).map_err(Failure::broken)
}

/// The one public status, from where the application stands and what payments knows.
fn status(
    application: &str,
    loan: Option<&str>,
    payout: Option<PayoutStatus>,
    position: Option<&Position>,
) -> Fallible<LoanStatus> {
    Ok(match (application, loan) {
        ("submitted", _) => LoanStatus::Submitted,
        ("under_review", _) => LoanStatus::UnderReview,
        ("referred", _) => LoanStatus::Referred,
        ("declined", _) => LoanStatus::Declined,
        ("cancelled", _) | (_, Some("cancelled")) => LoanStatus::Cancelled,
        (_, Some("written_off")) => LoanStatus::WrittenOff,
        ("approved" | "disbursed", _) => match position {
            Some(position) if position.closed || position.overpaid => LoanStatus::Closed,
            Some(position) if position.written_off_on.is_some() && position.bill.is_some() => LoanStatus::WrittenOff,
            Some(position) if position.days_past_due > 0 => LoanStatus::Overdue,
            Some(_) => LoanStatus::Active,
            None => match payout {
                Some(PayoutStatus::Sent | PayoutStatus::InProgress | PayoutStatus::InDoubt) => LoanStatus::Disbursing,
                _ => LoanStatus::Approved,
            },
        },
        (unknown, _) => return Err(Failure::broken(format!("unknown application status {unknown}"))),
    })
}

/// A cursor is "nanoseconds-id".
pub(super) fn parse_cursor(text: &str) -> Fallible<(OffsetDateTime, Uuid)> {
    let bad = || Error::fault("after", "cursor", "Penanda halaman tidak dikenal.");
    let (nanos, id) = text.split_once('-').ok_or_else(bad)?;
    let nanos = nanos.parse::<i128>().map_err(|_| bad())?;
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| bad())?;
    Ok((time, Uuid::try_parse(id).map_err(|_| bad())?))
}

/// Cuts a list that was asked for with one row too many, and says where the next page starts.
pub(super) fn take_next<T>(
    rows: &mut Vec<T>,
    limit: i64,
    place: impl Fn(&T) -> (OffsetDateTime, Uuid),
) -> Option<String> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(|row| {
        let (time, id) = place(row);
        format!("{}-{}", time.unix_timestamp_nanos(), id.simple())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_round_trip() {
        let place = (
            OffsetDateTime::UNIX_EPOCH + Duration::microseconds(1_234_567),
            Uuid::from_u128(7),
        );
        let mut rows = vec![place, place];
        let cursor = take_next(&mut rows, 1, |row| *row).expect("there is another page");
        assert_eq!(rows.len(), 1);
        assert_eq!(parse_cursor(&cursor).expect("it parses"), place);
        assert!(parse_cursor("x-y").is_err());
        assert!(parse_cursor("99999999999999999999999999999999999999-7").is_err());
    }

    #[test]
    fn the_status_follows_the_payout() {
        let of = |payout| status("approved", None, payout, None).expect("known");
        assert_eq!(of(None), LoanStatus::Approved);
        assert_eq!(of(Some(PayoutStatus::Created)), LoanStatus::Approved);
        assert_eq!(of(Some(PayoutStatus::InDoubt)), LoanStatus::Disbursing);
        assert_eq!(of(Some(PayoutStatus::Failed)), LoanStatus::Approved);
        assert!(status("nonsense", None, None, None).is_err());
    }
}
