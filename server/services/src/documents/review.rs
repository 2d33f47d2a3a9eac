//! What the users service decides about papers: one must be repeated, or both are good.

use super::{Documents, queries};
use crate::failure::Fallible;
use domain::{
    Actor, Error, Refusal,
    documents::{DocumentKind, DocumentStatus},
    id::{DocumentId, UserId},
};

impl Documents {
    pub(super) async fn mark_retake(&self, actor: &Actor, user_id: UserId, kind: DocumentKind) -> Fallible<DocumentId> {
        actor.require_system()?;
        let mut tx = self.core.begin().await?;
        queries::lock_papers(&mut tx, user_id).await?;
        let papers = queries::papers_of(&mut tx, user_id).await?;
        let of_kind = || papers.iter().filter(|paper| paper.document.kind == kind);
        if let Some(current) = of_kind().find(|paper| paper.is_current()) {
            let id = current.document.id;
            queries::set_status(&mut tx, id, DocumentStatus::Retake, self.core.clock.now()).await?;
            tx.commit().await?;
            return Ok(id);
        }
        let waiting = of_kind().find(|paper| paper.document.status == DocumentStatus::Retake);
        Ok(waiting.ok_or(Error::NotFound)?.document.id)
    }

    pub(super) async fn mark_accepted(&self, actor: &Actor, user_id: UserId) -> Fallible<()> {
        actor.require_system()?;
        let now = self.core.clock.now();
        let mut tx = self.core.begin().await?;
        queries::lock_papers(&mut tx, user_id).await?;
        let papers = queries::papers_of(&mut tx, user_id).await?;
        for kind in [DocumentKind::Ktp, DocumentKind::Selfie] {
            let current = papers
                .iter()
                .find(|paper| paper.document.kind == kind && paper.is_current());
            let document = &current.ok_or(Refusal::WrongState)?.document;
            if document.status == DocumentStatus::Received {
                queries::set_status(&mut tx, document.id, DocumentStatus::Accepted, now).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }
}
