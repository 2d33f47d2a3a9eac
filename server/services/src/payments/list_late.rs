//! Which loans are late, for the staff who talk to their borrowers. Enters: a bucket of days past due. Leaves: a page of
//! loans, the latest first, read from the rows of the nightly close and never by replaying a loan.

use super::Payments;
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Error, Page, PageRequest, Role, Rupiah,
    audit::ProposalKind,
    payments::{
        arrears::QualityBands,
        late_loan::{LateBucket, LateLoan, parse_place, place},
    },
};
use time::Duration;

impl Payments {
    pub(super) async fn page_of_late(
        &self,
        actor: &Actor,
        bucket: Option<LateBucket>,
        page: PageRequest,
    ) -> Fallible<Page<LateLoan>> {
        if !ProposalKind::Waiver.shows_to(actor.staff(&Role::STAFF)?.role) {
            return Err(Error::Forbidden.into());
        }
        let after = page.after.as_deref().map(|text| {
            parse_place(text).ok_or_else(|| Error::fault("after", "cursor", "Penanda halaman tidak dikenal."))
        });
        let after = after.transpose()?;
        let today = self.core.clock.today();
        let ago = |days: u32| today.saturating_sub(Duration::days(i64::from(days)));
        let latest = ago(bucket.map_or(1, |bucket| bucket.first));
        let earliest = bucket.and_then(|bucket| bucket.last).map(ago);
        let mut rows = sqlx::query!(
            r#"select s.loan_id, s.oldest_due as "late_since!", s.held_days, s.owed, s.principal < s.owed as "written_off!",
                      exists (
                          select from payments.relief_request r where r.loan_id = s.loan_id and r.state = 'open'
                      ) as "asks_for_help!"
                 from payments.standing s
                where s.oldest_due <= $1
                  and ($2::date is null or s.oldest_due >= $2)
                  and ($3::date is null or (s.oldest_due, s.loan_id) > ($3, $4))
                order by s.oldest_due, s.loan_id
                limit $5"#,
            latest,
            earliest,
            after.map(|(since, _)| since),
            after.map(|(_, loan_id)| loan_id.0),
            page.limit() + 1,
        )
        .fetch_all(&self.core.db)
        .await?;
        let limit = usize::try_from(page.limit()).map_err(Failure::broken)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more);
        let next = last.map(|row| place(row.late_since, row.loan_id.into()));
        let items = rows.into_iter().map(|row| {
            let days_past_due = u32::try_from((today - row.late_since).whole_days()).map_err(Failure::broken)?;
            let held = u32::try_from(row.held_days).map_err(Failure::broken)?;
            Ok(LateLoan {
                loan_id: row.loan_id.into(),
                days_past_due,
                quality: QualityBands::POJK_10_2022.quality(days_past_due.max(held)),
                outstanding: Rupiah::new(row.owed),
                written_off: row.written_off,
                asks_for_help: row.asks_for_help,
            })
        });
        let items = items.collect::<Fallible<_>>()?;
        Ok(Page { items, next })
    }
}
