//! What the documents service promises.

use crate::{
    Actor, Result, Rupiah,
    documents::{ContractFile, ContractPaper, NewContractPaper, Quality, Verdict},
    id::{DocumentId, UserId},
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Largest file accepted, in bytes (10 MiB).
pub const MAX_FILE_BYTES: usize = 10 * 1024 * 1024;

/// What a paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// The identity card.
    Ktp,
    /// The person's face.
    Selfie,
    /// Payslip or bank statement.
    IncomeProof,
}

impl DocumentKind {
    /// The stored and public spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ktp => "ktp",
            Self::Selfie => "selfie",
            Self::IncomeProof => "income_proof",
        }
    }

    /// Reads [`DocumentKind::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Ktp, Self::Selfie, Self::IncomeProof]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }

    /// The word on screen.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Ktp => "KTP",
            Self::Selfie => "Selfie",
            Self::IncomeProof => "Bukti penghasilan",
        }
    }
}

/// Where a paper stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentStatus {
    /// Received, waits for staff.
    Received,
    /// Staff accepted it.
    Accepted,
    /// Must be repeated.
    Retake,
    /// A newer one of the same kind took its place.
    Replaced,
}

impl DocumentStatus {
    /// The stored and public spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Accepted => "accepted",
            Self::Retake => "retake",
            Self::Replaced => "replaced",
        }
    }

    /// Reads [`DocumentStatus::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Received, Self::Accepted, Self::Retake, Self::Replaced]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// A paper on record; never its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// What it is.
    pub kind: DocumentKind,
    /// Where it stands.
    pub status: DocumentStatus,
    /// What was measured.
    pub quality: Quality,
    /// What the rules say about that.
    pub verdict: Verdict,
    /// When it came (UTC).
    pub received_at: OffsetDateTime,
}

/// What an officer read from an income proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomeEvidence {
    /// Which paper.
    pub document_id: DocumentId,
    /// Net income a month.
    pub monthly: Rupiah,
    /// When the paper came (UTC).
    pub received_at: OffsetDateTime,
}

/// The content of a paper, for one authorised view.
#[derive(Clone)]
pub struct DocumentContent {
    /// Always a re-encoded JPEG.
    pub bytes: Vec<u8>,
}

/// Identity papers, and the papers of contracts.
#[async_trait]
pub trait DocumentService: Send + Sync {
    /// Takes a photo of the asker: decodes (JPEG, PNG, WebP by content), checks size and quality, strips
    /// everything but the pixels, watermarks, re-encodes, encrypts, stores. Faults of `file` in the design's
    /// words; nothing is stored then. The same bytes twice give the same document. `DocumentAccepted` when
    /// staff accepted this kind already; income proofs follow one another.
    async fn upload(&self, actor: &Actor, kind: DocumentKind, bytes: Vec<u8>) -> Result<Document>;

    /// The asker's papers, newest first.
    async fn list(&self, actor: &Actor) -> Result<Vec<Document>>;

    /// A person's papers, newest first. System, support, analyst, approver.
    async fn list_of(&self, actor: &Actor, user_id: UserId) -> Result<Vec<Document>>;

    /// The content of a paper for a reviewer, with a reason; every view is in the audit log, at most 50 a day.
    /// Support, analyst, approver.
    async fn view(&self, actor: &Actor, id: DocumentId, reason: &str) -> Result<DocumentContent>;

    /// Marks the current paper of a kind for a repeat. System only. Idempotent.
    async fn ask_retake(&self, actor: &Actor, user_id: UserId, kind: DocumentKind) -> Result<DocumentId>;

    /// Marks the current KTP and selfie as accepted. System only. Idempotent.
    async fn accept_identity(&self, actor: &Actor, user_id: UserId) -> Result<()>;

    /// Accepts an income proof with the net income a month that the officer read from it, rupiah. Only who opened it
    /// can have read it: a fault of `monthly_income` otherwise. `NotFound` for another kind of paper, `WrongState` for
    /// one that does not count any more; of two figures the later stands. Analyst, approver.
    async fn accept_income(&self, actor: &Actor, id: DocumentId, monthly: Rupiah) -> Result<()>;

    /// What was read from a person's newest accepted income proof. System, support, analyst, approver.
    async fn income_of(&self, actor: &Actor, user_id: UserId) -> Result<Option<IncomeEvidence>>;

    /// Whose paper it is. System only.
    async fn owner(&self, actor: &Actor, id: DocumentId) -> Result<UserId>;

    /// Sets a paper of a contract in type, seals and stores it. System only. Idempotent by loan, kind and edition:
    /// once made, a paper stays as it is, whatever a later sheet says.
    async fn issue(&self, actor: &Actor, new: NewContractPaper) -> Result<ContractPaper>;

    /// The PDF of a paper of the asker; every download is in the audit log.
    async fn download(&self, actor: &Actor, id: DocumentId) -> Result<ContractFile>;
}
