//! The notices a person sees in the app.

use super::Notifications;
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Error, Page, PageRequest,
    id::{NoticeId, UserId},
    notifications::Notice,
};
use time::OffsetDateTime;
use uuid::Uuid;

struct NoticeRow {
    notice_id: Uuid,
    kind: String,
    title: String,
    body: String,
    link: String,
    created_at: OffsetDateTime,
    read_at: Option<OffsetDateTime>,
}

impl From<NoticeRow> for Notice {
    fn from(row: NoticeRow) -> Self {
        let NoticeRow {
            notice_id,
            kind,
            title,
            body,
            link,
            created_at,
            read_at,
        } = row;
        Self {
            id: NoticeId(notice_id),
            kind,
            title,
            body,
            link,
            created_at,
            read_at,
        }
    }
}

impl Notifications {
    pub(super) async fn list_notices(&self, actor: &Actor, page: &PageRequest) -> Fallible<Page<Notice>> {
        let user_id = actor.borrower()?;
        // The cursor is the last notice of the page before; a foreign one finds nothing after it.
        let after = match page.after.as_deref().map(str::parse::<NoticeId>) {
            None => None,
            Some(Ok(id)) => Some(id.0),
            Some(Err(_)) => {
                return Err(Error::fault("after", "cursor", "Halaman ini tidak ada lagi.").into());
            }
        };
        let rows = sqlx::query_as!(
            NoticeRow,
            "select notice_id, kind, title, body, link, created_at, read_at
             from notifications.notice
             where user_id = $1
               and ($2::uuid is null
                    or (created_at, notice_id) < (
                        select last.created_at, last.notice_id
                        from notifications.notice as last
                        where last.notice_id = $2 and last.user_id = $1))
             order by created_at desc, notice_id desc
             limit $3",
            user_id.0,
            after,
            page.limit() + 1,
        )
        .fetch_all(&self.core.db)
        .await?;
        let mut items: Vec<Notice> = rows.into_iter().map(Notice::from).collect();
        let limit = usize::try_from(page.limit()).map_err(Failure::broken)?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| last.id.to_string());
        Ok(Page { items, next })
    }

    pub(super) async fn count_unread(&self, actor: &Actor) -> Fallible<u32> {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!"
               from notifications.notice
               where user_id = $1
                 and read_at is null"#,
            actor.borrower()?.0,
        )
        .fetch_one(&self.core.db)
        .await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    pub(super) async fn read_one(&self, actor: &Actor, id: NoticeId) -> Fallible<()> {
        let changed = self.mark(actor.borrower()?, Some(id)).await?;
        if changed == 0 {
            Err(Error::NotFound.into())
        } else {
            Ok(())
        }
    }

    pub(super) async fn read_all(&self, actor: &Actor) -> Fallible<()> {
        self.mark(actor.borrower()?, None).await?;
        Ok(())
    }

    /// Marks one notice of a person, or all of them; the first time counts.
    async fn mark(&self, user_id: UserId, id: Option<NoticeId>) -> Fallible<u64> {
        let done = sqlx::query!(
            "update notifications.notice
             set read_at = coalesce(read_at, $3)
             where user_id = $1
               and (notice_id = $2 or ($2::uuid is null and read_at is null))",
            user_id.0,
            id.map(|id| id.0),
            self.core.clock.now(),
        )
        .execute(&self.core.db)
        .await?;
        Ok(done.rows_affected())
    }
}
