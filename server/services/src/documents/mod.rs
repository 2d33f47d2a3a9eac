//! Identity papers: photos come in, are measured, cleaned, marked and sealed; authorised staff look at them, every
//! look is on record.
//!
//! Enters: raw uploads, decisions of the users service. Leaves: records, sealed objects, one event when KTP and
//! selfie are both there. The raw upload is never written anywhere; only the re-drawn, sealed copy is. The papers of a
//! contract enter as values and leave as sealed PDFs.

mod contract;
mod income;
mod list;
mod measure;
mod photo;
mod press;
mod queries;
mod review;
mod upload;
mod view;
mod watermark;

use crate::{Core, failure::Failure, gateways::storage::Storage};
use async_trait::async_trait;
use domain::{
    Actor, Result, Role, Rupiah,
    documents::{
        ContractFile, ContractPaper, Document, DocumentContent, DocumentKind, DocumentService, IncomeEvidence,
        NewContractPaper,
    },
    id::{DocumentId, UserId},
};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Who may see papers, each with a reason.
const VIEWERS: [Role; 3] = [Role::Support, Role::Analyst, Role::Approver];

/// The documents service.
pub struct Documents {
    core: Core,
    storage: Arc<Storage>,
    /// Photos being decoded at once: each may need some hundred megabytes and a whole core.
    decoders: Arc<Semaphore>,
    /// Papers being set in type at once: each needs a whole core.
    presses: Arc<Semaphore>,
}

impl Documents {
    /// The service on a store.
    pub fn new(core: Core, storage: Arc<Storage>) -> Self {
        Self {
            core,
            storage,
            decoders: Arc::new(Semaphore::new(2)),
            presses: Arc::new(Semaphore::new(2)),
        }
    }
}

#[async_trait]
impl DocumentService for Documents {
    async fn upload(&self, actor: &Actor, kind: DocumentKind, bytes: Vec<u8>) -> Result<Document> {
        self.take_upload(actor, kind, bytes)
            .await
            .map_err(Failure::at("documents.upload"))
    }

    async fn list(&self, actor: &Actor) -> Result<Vec<Document>> {
        self.list_own(actor).await.map_err(Failure::at("documents.list"))
    }

    async fn list_of(&self, actor: &Actor, user_id: UserId) -> Result<Vec<Document>> {
        self.list_for(actor, user_id)
            .await
            .map_err(Failure::at("documents.list_of"))
    }

    async fn view(&self, actor: &Actor, id: DocumentId, reason: &str) -> Result<DocumentContent> {
        self.open_for(actor, id, reason)
            .await
            .map_err(Failure::at("documents.view"))
    }

    async fn ask_retake(&self, actor: &Actor, user_id: UserId, kind: DocumentKind) -> Result<DocumentId> {
        self.mark_retake(actor, user_id, kind)
            .await
            .map_err(Failure::at("documents.ask_retake"))
    }

    async fn accept_identity(&self, actor: &Actor, user_id: UserId) -> Result<()> {
        self.mark_accepted(actor, user_id)
            .await
            .map_err(Failure::at("documents.accept_identity"))
    }

    async fn accept_income(&self, actor: &Actor, id: DocumentId, monthly: Rupiah) -> Result<()> {
        self.accept_income_proof(actor, id, monthly)
            .await
            .map_err(Failure::at("documents.accept_income"))
    }

    async fn income_of(&self, actor: &Actor, user_id: UserId) -> Result<Option<IncomeEvidence>> {
        self.read_income(actor, user_id)
            .await
            .map_err(Failure::at("documents.income_of"))
    }

    async fn owner(&self, actor: &Actor, id: DocumentId) -> Result<UserId> {
        self.owner_of(actor, id).await.map_err(Failure::at("documents.owner"))
    }

    async fn issue(&self, actor: &Actor, new: NewContractPaper) -> Result<ContractPaper> {
        self.issue_paper(actor, new)
            .await
            .map_err(Failure::at("documents.issue"))
    }

    async fn download(&self, actor: &Actor, id: DocumentId) -> Result<ContractFile> {
        self.open_paper(actor, id)
            .await
            .map_err(Failure::at("documents.download"))
    }
}
