//! One authorised look at a paper: role, reason, daily cap and audit entry come before the first byte.

use super::{Documents, VIEWERS, queries};
use crate::{
    audit,
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Error,
    audit::Entry,
    calendar::JAKARTA,
    documents::DocumentContent,
    id::{DocumentId, UserId},
};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

/// Views of one member of staff on one day in Jakarta (security.md T20).
const DAILY_VIEWS: i64 = 50;
/// Longest reason, in characters.
const REASON_LENGTH: usize = 200;

const ACTION: &str = "documents.view";

impl Documents {
    pub(super) async fn open_for(&self, actor: &Actor, id: DocumentId, reason: &str) -> Fallible<DocumentContent> {
        let viewer_id = match actor.staff(&VIEWERS) {
            Ok(session) => session.user_id,
            Err(refused) => {
                self.refuse(actor, id, "role").await?;
                return Err(refused.into());
            }
        };
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_LENGTH {
            let words = "Tulis alasan melihat dokumen ini, paling panjang 200 huruf.";
            return Err(Error::fault("reason", "required", words).into());
        }
        let object_key = match self.record_view(actor, viewer_id, id, reason).await {
            Err(Failure::Domain(refused @ Error::TooMany { .. })) => {
                self.refuse(actor, id, "daily_cap").await?;
                return Err(refused.into());
            }
            recorded => recorded?,
        };
        // On record before the content is fetched: a look that fails half way counts, one that is not counted
        // does not happen.
        let sealed = self.storage.get(&object_key).await?;
        let sealed = sealed.ok_or_else(|| Failure::broken(format!("the object of document {id} is missing")))?;
        Ok(DocumentContent {
            bytes: self.core.vault.open_file(&object_key, &sealed)?,
        })
    }

    async fn record_view(&self, actor: &Actor, viewer_id: UserId, id: DocumentId, reason: &str) -> Fallible<String> {
        let now = self.core.clock.now();
        let mut tx = self.core.begin().await?;
        let paper = queries::find_paper(&mut tx, id).await?.ok_or(Error::NotFound)?;
        queries::lock_views(&mut tx, viewer_id).await?;
        let midnight = self.core.clock.today().midnight().assume_offset(JAKARTA);
        if count_views(&mut tx, viewer_id, midnight).await? >= DAILY_VIEWS {
            let wait = (midnight + Duration::DAY - now).whole_seconds().max(1);
            return Err(Error::TooMany {
                retry_after: u32::try_from(wait).unwrap_or(86_400),
            }
            .into());
        }
        sqlx::query!(
            "insert into documents.view (view_id, document_id, viewer_id, reason, viewed_at)
             values ($1, $2, $3, $4, $5)",
            self.core.clock.new_id(),
            id.0,
            viewer_id.0,
            reason,
            now,
        )
        .execute(&mut *tx)
        .await?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed(ACTION, "document", id).because(reason),
        )
        .await?;
        tx.commit().await?;
        Ok(paper.object_key)
    }

    async fn refuse(&self, actor: &Actor, id: DocumentId, rule: &str) -> Fallible<()> {
        let mut connection = self.core.db.acquire().await?;
        audit::record_in(
            &mut connection,
            &self.core,
            actor,
            Entry::denied(ACTION, "document", id).because(rule),
        )
        .await
    }
}

async fn count_views(connection: &mut PgConnection, viewer_id: UserId, since: OffsetDateTime) -> Fallible<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from documents.view
           where viewer_id = $1
             and viewed_at >= $2"#,
        viewer_id.0,
        since,
    )
    .fetch_one(connection)
    .await?;
    Ok(count)
}
