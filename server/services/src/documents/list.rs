//! Which papers there are; never what they show.

use super::{Documents, VIEWERS, queries};
use crate::failure::Fallible;
use domain::{
    Actor, Error, Principal,
    documents::Document,
    id::{DocumentId, UserId},
};

impl Documents {
    pub(super) async fn list_own(&self, actor: &Actor) -> Fallible<Vec<Document>> {
        self.read_list(actor.borrower()?).await
    }

    pub(super) async fn list_for(&self, actor: &Actor, user_id: UserId) -> Fallible<Vec<Document>> {
        if actor.principal != Principal::System {
            actor.staff(&VIEWERS)?;
        }
        self.read_list(user_id).await
    }

    pub(super) async fn owner_of(&self, actor: &Actor, id: DocumentId) -> Fallible<UserId> {
        actor.require_system()?;
        let mut connection = self.core.db.acquire().await?;
        let paper = queries::find_paper(&mut connection, id).await?.ok_or(Error::NotFound)?;
        Ok(paper.user_id)
    }

    async fn read_list(&self, user_id: UserId) -> Fallible<Vec<Document>> {
        let mut connection = self.core.db.acquire().await?;
        let papers = queries::papers_of(&mut connection, user_id).await?;
        Ok(papers.into_iter().map(|paper| paper.document).collect())
    }
}
