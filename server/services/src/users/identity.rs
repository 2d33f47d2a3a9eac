//! The identity queue and one identity as a reviewer sees it.

use super::{
    Users, findings,
    queries::{self, OpenProfile},
};
use crate::{
    audit,
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Error, Page, PageRequest, Role,
    audit::Entry,
    id::UserId,
    users::{IdentityCheck, IdentityQueueItem, IdentitySignals, KycStatus, nik::NikMismatch},
};
use time::OffsetDateTime;
use uuid::Uuid;

/// Who may look at identities.
const REVIEWERS: [Role; 3] = [Role::Support, Role::Analyst, Role::Approver];

impl Users {
    /// Papers came: a person looks next. Only an identity that waits for papers moves.
    pub(super) async fn wait_for_review(&self, actor: &Actor, user: UserId) -> Fallible<()> {
        actor.require_system()?;
        sqlx::query!(
            "update users.profile
             set kyc_status = $2, kyc_changed_at = $3, updated_at = $3, retake_kind = null, retake_reason = null
             where user_id = $1 and kyc_status in ('incomplete', 'retake')",
            user.0,
            KycStatus::InReview.as_str(),
            self.core.clock.now(),
        )
        .execute(&self.core.db)
        .await?;
        Ok(())
    }

    pub(super) async fn queue(&self, actor: &Actor, page: PageRequest) -> Fallible<Page<IdentityQueueItem>> {
        actor.staff(&REVIEWERS)?;
        let (since, after) = page
            .after
            .as_deref()
            .map_or(Ok((OffsetDateTime::UNIX_EPOCH, Uuid::nil())), read_cursor)?;
        let mut connection = self.core.db.acquire().await?;
        let rows = sqlx::query!(
            "select user_id, name_sealed, kyc_changed_at from users.profile
             where kyc_status = 'in_review' and (kyc_changed_at, user_id) > ($1, $2)
             order by kyc_changed_at, user_id limit $3",
            since,
            after,
            page.limit() + 1,
        )
        .fetch_all(&mut *connection)
        .await?;
        let limit = usize::try_from(page.limit()).map_err(Failure::broken)?;
        let more = rows.len() > limit;
        let users: Vec<UserId> = rows.iter().map(|row| UserId(row.user_id)).collect();
        let keys = self.core.vault.user_keys(&mut connection, &users).await?;
        let next = rows
            .get(limit.saturating_sub(1))
            .filter(|_| more)
            .map(|row| cursor(row.kyc_changed_at, UserId(row.user_id)));
        let mut items = Vec::with_capacity(limit);
        for row in rows.into_iter().take(limit) {
            let user = UserId(row.user_id);
            // Whose key is erased cannot be read by anybody any more; the others still wait.
            let Some(key) = keys.get(&user) else {
                tracing::error!(%user, "an identity waits whose key is gone");
                continue;
            };
            let full_name = key.open_text(super::fields::NAME, user.0, &row.name_sealed)?;
            items.push(IdentityQueueItem {
                user_id: user,
                full_name,
                waiting_since: row.kyc_changed_at,
            });
        }
        Ok(Page { items, next })
    }

    pub(super) async fn signals(&self, actor: &Actor, user: UserId) -> Fallible<IdentitySignals> {
        actor.require_system()?;
        let mut connection = self.core.db.acquire().await?;
        let row = queries::find(&mut connection, user).await?.ok_or(Error::NotFound)?;
        let key = self.core.vault.user_key(&mut connection, user).await?;
        let open = OpenProfile { row: &row, key: &key };
        let mismatches = findings::mismatches(&open.nik()?, open.birth_date()?, self.core.clock.today());
        Ok(IdentitySignals {
            birth_date_fits: !mismatches.contains(&NikMismatch::BirthDate),
            province_known: !mismatches.contains(&NikMismatch::Province),
            bank_account_shared: queries::shares_bank_account(&mut connection, user).await?,
        })
    }

    pub(super) async fn check(&self, actor: &Actor, user: UserId) -> Fallible<IdentityCheck> {
        actor.staff(&REVIEWERS)?;
        let documents = self.documents.list_of(actor, user).await?;
        let mut tx = self.core.begin().await?;
        let profile = self.load_for_staff_in(&mut tx, user).await?;
        let row = queries::find(&mut tx, user).await?.ok_or(Error::NotFound)?;
        let key = self.core.vault.user_key(&mut tx, user).await?;
        let open = OpenProfile { row: &row, key: &key };
        let findings = findings::find(&open.nik()?, open.birth_date()?, &documents, self.core.clock.today());
        let last = sqlx::query!(
            "select kyc_decided_by, kyc_changed_at from users.profile where user_id = $1",
            user.0
        )
        .fetch_one(&mut *tx)
        .await?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("users.view_identity", "account", user),
        )
        .await?;
        tx.commit().await?;
        let waits = matches!(profile.kyc_status, KycStatus::Incomplete | KycStatus::InReview);
        let decided = last.kyc_decided_by.filter(|_| !waits);
        Ok(IdentityCheck {
            profile,
            documents,
            findings,
            decided: decided.map(|officer| (UserId(officer), last.kyc_changed_at)),
        })
    }
}

/// Where a page ended: the microsecond and the record.
fn cursor(since: OffsetDateTime, user: UserId) -> String {
    format!("{}.{user}", since.unix_timestamp_nanos() / 1_000)
}

fn read_cursor(text: &str) -> Fallible<(OffsetDateTime, Uuid)> {
    let read = || {
        let (micros, user) = text.split_once('.')?;
        let nanos = micros.parse::<i128>().ok()?.checked_mul(1_000)?;
        Some((
            OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?,
            Uuid::try_parse(user).ok()?,
        ))
    };
    read().ok_or_else(|| Error::fault("after", "cursor", "Daftar ini sudah berubah. Buka dari awal.").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_cursor_comes_back_and_nothing_else_does() {
        let (since, user) = (datetime!(2026-11-24 03:00:00.123456 UTC), UserId(Uuid::from_u128(7)));
        assert_eq!(read_cursor(&cursor(since, user)).unwrap(), (since, user.0));
        for text in [
            "",
            "1",
            "1.",
            ".x",
            "99999999999999999999999999999999999999.00000000-0000-0000-0000-000000000007",
        ] {
            assert!(read_cursor(text).is_err(), "{text}");
        }
    }
}
