//! What reviewers see: the queue, and one application on one screen.

use super::{
    Loans,
    load::{parse_cursor, review_due, take_next},
    queries,
};
use crate::{audit, failure::Fallible};
use domain::{
    Actor, Error, Page, PageRequest, Role,
    audit::Entry,
    id::{LoanId, UserId},
    loans::{QueueItem, Review},
};

const REVIEWERS: &[Role] = &[Role::Analyst, Role::Approver];

impl Loans {
    pub(super) async fn list_referred(&self, actor: &Actor, page: PageRequest) -> Fallible<Page<QueueItem>> {
        actor.staff(REVIEWERS)?;
        let after = page.after.as_deref().map(parse_cursor).transpose()?;
        let mut connection = self.core.db.acquire().await?;
        let mut rows = queries::referred(&mut connection, after, page.limit() + 1).await?;
        let next = take_next(&mut rows, page.limit(), |(since, row)| (*since, row.loan_id));
        let borrowers: Vec<UserId> = rows.iter().map(|(_, row)| row.user_id()).collect();
        let keys = self.core.vault.user_keys(&mut connection, &borrowers).await?;
        drop(connection);
        let names = self.users.full_names(&Actor::system(), &borrowers).await?;
        let holidays = self.notifications.holidays().await?;
        let mut items = Vec::with_capacity(rows.len());
        for (waiting_since, row) in rows {
            let borrower = row.user_id();
            // Whose key is erased cannot be read by anybody any more; the others still wait.
            let Some(key) = keys.get(&borrower) else {
                tracing::error!(%borrower, "an application waits whose borrower's key is gone");
                continue;
            };
            let (quote, _, decision) = row.unseal(key)?;
            let share = decision.and_then(|decision| decision.engine.share_percent).unwrap_or(0);
            items.push(QueueItem {
                loan_id: row.loan_id(),
                number: row.number.clone(),
                full_name: names.get(&borrower).cloned().unwrap_or_default(),
                amount: quote.simulation.amount,
                tenor: quote.simulation.tenor,
                share_percent: u32::try_from(share).unwrap_or(u32::MAX),
                waiting_since,
                review_due: row.waits_for_review().map(|at| review_due(&holidays, at)).transpose()?,
            });
        }
        Ok(Page { items, next })
    }

    pub(super) async fn open_review(&self, actor: &Actor, id: LoanId) -> Fallible<Review> {
        actor.staff(REVIEWERS)?;
        let mut tx = self.core.begin().await?;
        let row = queries::any_application(&mut tx, id).await?.ok_or(Error::NotFound)?;
        let key = self.core.vault.user_key(&mut tx, row.user_id()).await?;
        audit::record_in(&mut tx, &self.core, actor, Entry::allowed("loans.review", "loan", id)).await?;
        tx.commit().await?;
        let mut around = self.surroundings(std::slice::from_ref(&row)).await?;
        around.account = self.payments.account(&Actor::system(), id, None).await?;
        let loan = self.assemble(&key, &row, around)?;
        let borrower = self.users.profile_of(actor, row.user_id()).await?;
        Ok(Review {
            loan,
            borrower,
            first_officer: row.first_officer.map(UserId),
        })
    }
}
