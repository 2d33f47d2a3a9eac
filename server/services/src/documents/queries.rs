//! Statements about documents that several use cases share. Only the schema `documents`.

use crate::failure::{Failure, Fallible};
use domain::{
    documents::{Document, DocumentKind, DocumentStatus, Quality},
    id::{DocumentId, UserId},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

struct DocumentRow {
    document_id: Uuid,
    user_id: Uuid,
    kind: String,
    status: String,
    object_key: String,
    content_index: Vec<u8>,
    sharpness: i64,
    glare_ppm: i64,
    brightness: i16,
    short_side: i64,
    received_at: OffsetDateTime,
}

/// A paper with what only this service knows about it.
pub(super) struct Stored {
    pub document: Document,
    pub user_id: UserId,
    pub object_key: String,
    pub content_index: Vec<u8>,
}

impl Stored {
    /// Whether it is the one that counts of its kind.
    pub(super) fn is_current(&self) -> bool {
        matches!(
            self.document.status,
            DocumentStatus::Received | DocumentStatus::Accepted
        )
    }
}

impl TryFrom<DocumentRow> for Stored {
    type Error = Failure;

    fn try_from(row: DocumentRow) -> Fallible<Self> {
        let unknown = |what: &str| Failure::broken(format!("document {}: {what} is not one of ours", row.document_id));
        let quality = Quality {
            sharpness: u32::try_from(row.sharpness).map_err(|_| unknown("sharpness"))?,
            glare_ppm: u32::try_from(row.glare_ppm).map_err(|_| unknown("glare_ppm"))?,
            brightness: u8::try_from(row.brightness).map_err(|_| unknown("brightness"))?,
            short_side: u32::try_from(row.short_side).map_err(|_| unknown("short_side"))?,
        };
        let document = Document {
            id: DocumentId(row.document_id),
            kind: DocumentKind::parse(&row.kind).ok_or_else(|| unknown("kind"))?,
            status: DocumentStatus::parse(&row.status).ok_or_else(|| unknown("status"))?,
            quality,
            verdict: quality.verdict(),
            received_at: row.received_at,
        };
        Ok(Self {
            document,
            user_id: UserId(row.user_id),
            object_key: row.object_key,
            content_index: row.content_index,
        })
    }
}

/// All papers of a person, newest first.
pub(super) async fn papers_of(connection: &mut PgConnection, user_id: UserId) -> Fallible<Vec<Stored>> {
    let rows = sqlx::query_as!(
        DocumentRow,
        "select document_id, user_id, kind, status, object_key, content_index, sharpness, glare_ppm, brightness,
                short_side, received_at
         from documents.document
         where user_id = $1
         order by received_at desc, document_id desc",
        user_id.0,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Stored::try_from).collect()
}

/// One paper, whoever owns it: for staff and the system.
pub(super) async fn find_paper(connection: &mut PgConnection, id: DocumentId) -> Fallible<Option<Stored>> {
    let row = sqlx::query_as!(
        DocumentRow,
        "select document_id, user_id, kind, status, object_key, content_index, sharpness, glare_ppm, brightness,
                short_side, received_at
         from documents.document
         where document_id = $1",
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    row.map(Stored::try_from).transpose()
}

/// Lets one transaction at a time change the papers of a person: the first paper has no row to lock yet.
pub(super) async fn lock_papers(connection: &mut PgConnection, user_id: UserId) -> Fallible<()> {
    lock(connection, &format!("documents.papers {user_id}")).await
}

/// Lets one transaction at a time count and add the views of a member of staff.
pub(super) async fn lock_views(connection: &mut PgConnection, viewer_id: UserId) -> Fallible<()> {
    lock(connection, &format!("documents.views {viewer_id}")).await
}

async fn lock(connection: &mut PgConnection, what: &str) -> Fallible<()> {
    sqlx::query_scalar!("select pg_advisory_xact_lock(hashtextextended($1, 0))::text", what)
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// Changes where a paper stands.
pub(super) async fn set_status(
    connection: &mut PgConnection,
    id: DocumentId,
    status: DocumentStatus,
    now: OffsetDateTime,
) -> Fallible<()> {
    sqlx::query!(
        "update documents.document
         set status = $2, status_at = $3
         where document_id = $1",
        id.0,
        status.as_str(),
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
