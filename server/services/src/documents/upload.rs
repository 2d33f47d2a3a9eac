//! Taking a photo in: clean, mark, seal, store, record.
//!
//! The sealed object is written before its row. A crash between the two leaves an object that no row names: nobody
//! can open it (its key is sealed in it and its name is random), and the borrower simply sends the photo again.

use super::{
    Documents,
    photo::{self, Photo},
    queries::{self, Stored},
};
use crate::{
    audit,
    failure::{Failure, Fallible},
    jobs, limits,
};
use domain::{
    Actor, Error, Fault, Refusal,
    audit::Entry,
    documents::{Document, DocumentKind, DocumentStatus, MAX_FILE_BYTES},
    event::Event,
    id::{DocumentId, UserId},
};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use std::{sync::Arc, time::Duration};

/// For a turn at the decoders, and for the decoding.
const PATIENCE: Duration = Duration::from_secs(10);

impl Documents {
    pub(super) async fn take_upload(&self, actor: &Actor, kind: DocumentKind, bytes: Vec<u8>) -> Fallible<Document> {
        let user_id = actor.borrower()?;
        let (limits, account) = (&self.core.limits, user_id.to_string());
        limits
            .check("upload_ip", &limits::address(&actor.origin.address))
            .await?;
        limits.check("upload", &account).await?;
        if bytes.is_empty() {
            return Err(fault(Fault::new("file", "required", "Pilih foto dulu.")));
        }
        if bytes.len() > MAX_FILE_BYTES {
            return Err(fault(Fault::new(
                "file",
                "too_big",
                "Berkas lebih dari 10 MB. Pilih foto lain.",
            )));
        }
        let kib = u32::try_from(bytes.len().div_ceil(1_024)).map_err(Failure::broken)?;
        limits.check_many("upload_kib", &account, kib).await?;
        let content_index = self.core.vault.index("content", &hex::encode(Sha256::digest(&bytes)));
        let papers = {
            let mut connection = self.core.db.acquire().await?;
            queries::papers_of(&mut connection, user_id).await?
        };
        if let Some(known) = known_paper(&papers, kind, &content_index)? {
            return Ok(known);
        }
        let photo = self.clean(bytes).await?;
        let object_key = format!("papers/{}.sealed", self.core.clock.new_id());
        let sealed = self.core.vault.seal_file(&object_key, &photo.jpeg)?;
        self.storage.put(&object_key, &sealed).await?;
        let new = NewPaper {
            user_id,
            kind,
            object_key,
            content_index,
            photo,
            stored_bytes: sealed.len(),
        };
        self.record(actor, new).await
    }

    /// Decodes and re-draws on a thread of its own, two at a time. The turn belongs to the thread, so that a
    /// photo that takes too long still counts while it burns.
    async fn clean(&self, bytes: Vec<u8>) -> Fallible<Photo> {
        let busy = || Failure::from(Error::Busy { retry_after: 10 });
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.decoders).acquire_owned())
            .await
            .map_err(|_| busy())?
            .map_err(Failure::broken)?;
        let today = self.core.clock.today();
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            photo::clean(&bytes, today)
        });
        tokio::time::timeout(PATIENCE, work)
            .await
            .map_err(|_| busy())?
            .map_err(Failure::broken)?
            .map_err(fault)
    }

    async fn record(&self, actor: &Actor, new: NewPaper) -> Fallible<Document> {
        let (user_id, kind) = (new.user_id, new.kind);
        let now = self.core.clock.now();
        let mut tx = self.core.begin().await?;
        queries::lock_papers(&mut tx, user_id).await?;
        // Meanwhile the same photo may have come a second time, or staff may have decided.
        let papers = queries::papers_of(&mut tx, user_id).await?;
        if let Some(known) = known_paper(&papers, kind, &new.content_index)? {
            return Ok(known);
        }
        if kind != DocumentKind::IncomeProof {
            for older in papers.iter().filter(|paper| is_open(paper, kind)) {
                queries::set_status(&mut tx, older.document.id, DocumentStatus::Replaced, now).await?;
            }
        }
        let document = Document {
            id: DocumentId(self.core.clock.new_id()),
            kind,
            status: DocumentStatus::Received,
            quality: new.photo.quality,
            verdict: new.photo.quality.verdict(),
            received_at: now,
        };
        insert(&mut tx, &document, &new).await?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("documents.upload", "document", document.id),
        )
        .await?;
        let other = match kind {
            DocumentKind::Ktp => Some(DocumentKind::Selfie),
            DocumentKind::Selfie => Some(DocumentKind::Ktp),
            DocumentKind::IncomeProof => None,
        };
        if other.is_some_and(|other| {
            papers
                .iter()
                .any(|paper| paper.document.kind == other && paper.is_current())
        }) {
            jobs::publish_in(&mut tx, &self.core, Event::IdentityPapersComplete { user_id }).await?;
        }
        tx.commit().await?;
        Ok(document)
    }
}

/// A photo that is stored but not on record yet.
struct NewPaper {
    user_id: UserId,
    kind: DocumentKind,
    object_key: String,
    content_index: Vec<u8>,
    photo: Photo,
    stored_bytes: usize,
}

fn fault(fault: Fault) -> Failure {
    Error::Validation(vec![fault]).into()
}

/// Whether a newer one takes its place.
fn is_open(paper: &Stored, kind: DocumentKind) -> bool {
    paper.document.kind == kind && (paper.is_current() || paper.document.status == DocumentStatus::Retake)
}

/// The paper that these bytes made already, or why a new one is not wanted.
fn known_paper(papers: &[Stored], kind: DocumentKind, content_index: &[u8]) -> Fallible<Option<Document>> {
    if let Some(same) = papers
        .iter()
        .find(|paper| is_open(paper, kind) && paper.content_index == content_index)
    {
        if same.document.status == DocumentStatus::Retake {
            let words = "Ini foto yang perlu diulang. Ambil foto baru.";
            return Err(fault(Fault::new("file", "same_photo", words)));
        }
        return Ok(Some(same.document.clone()));
    }
    let accepted = |paper: &Stored| paper.document.kind == kind && paper.document.status == DocumentStatus::Accepted;
    if kind != DocumentKind::IncomeProof && papers.iter().any(accepted) {
        return Err(Refusal::DocumentAccepted.into());
    }
    Ok(None)
}

async fn insert(connection: &mut PgConnection, document: &Document, new: &NewPaper) -> Fallible<()> {
    let dimension = |pixels: u32| i32::try_from(pixels).map_err(Failure::broken);
    sqlx::query!(
        "insert into documents.document
             (document_id, user_id, kind, status, object_key, content_index, width, height, stored_bytes, sharpness,
              glare_ppm, brightness, short_side, received_at, status_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)",
        document.id.0,
        new.user_id.0,
        document.kind.as_str(),
        document.status.as_str(),
        new.object_key,
        new.content_index,
        dimension(new.photo.width)?,
        dimension(new.photo.height)?,
        i32::try_from(new.stored_bytes).map_err(Failure::broken)?,
        i64::from(document.quality.sharpness),
        i64::from(document.quality.glare_ppm),
        i16::from(document.quality.brightness),
        i64::from(document.quality.short_side),
        document.received_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}
