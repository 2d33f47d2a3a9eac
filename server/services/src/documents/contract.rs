//! Papers of a contract: set in type once, sealed, kept for good, given to their owner only.
//!
//! As with photos the sealed object is written before its row. A crash between the two, or two makers at once, leave
//! an object that no row names; nobody can open it, and the paper is made again or is there already.

use super::{Documents, press};
use crate::{
    audit, crypto,
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Error,
    audit::Entry,
    documents::{ContractFile, ContractKind, ContractPaper, NewContractPaper},
    id::DocumentId,
};
use std::sync::Arc;
use time::OffsetDateTime;
use uuid::Uuid;

struct PaperRow {
    contract_id: Uuid,
    kind: String,
    sha256: Vec<u8>,
    made_at: OffsetDateTime,
}

impl TryFrom<PaperRow> for ContractPaper {
    type Error = Failure;

    fn try_from(row: PaperRow) -> Fallible<Self> {
        let kind = ContractKind::parse(&row.kind)
            .ok_or_else(|| Failure::broken(format!("paper {}: kind is not one of ours", row.contract_id)))?;
        Ok(Self {
            id: DocumentId(row.contract_id),
            kind,
            sha256: hex::encode(row.sha256),
            made_at: row.made_at,
        })
    }
}

impl Documents {
    pub(super) async fn issue_paper(&self, actor: &Actor, new: NewContractPaper) -> Fallible<ContractPaper> {
        actor.require_system()?;
        if let Some(known) = self.find_issued(&new).await? {
            return Ok(known);
        }
        let turn = Arc::clone(&self.presses)
            .acquire_owned()
            .await
            .map_err(Failure::broken)?;
        let sheet = new.sheet.clone();
        let pdf = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            press::print(&sheet)
        })
        .await
        .map_err(Failure::broken)??;
        let id = DocumentId(self.core.clock.new_id());
        let object_key = format!("contracts/{id}.sealed");
        let sealed = self.core.vault.seal_file(&object_key, &pdf)?;
        self.storage.put(&object_key, &sealed).await?;
        let digest = crypto::sha256(&pdf);
        let mut tx = self.core.begin().await?;
        let made = sqlx::query!(
            "insert into documents.contract
                 (contract_id, user_id, loan_id, kind, edition, object_key, sha256, size_bytes, made_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict on constraint contract_edition_key do nothing",
            id.0,
            new.user_id.0,
            new.loan_id.0,
            new.kind.as_str(),
            new.edition,
            object_key,
            &digest[..],
            i32::try_from(pdf.len()).map_err(Failure::broken)?,
            self.core.clock.now(),
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if made > 0 {
            let entry = Entry::allowed("documents.issue", "contract", id).because(new.kind.as_str());
            audit::record_in(&mut tx, &self.core, actor, entry).await?;
        }
        tx.commit().await?;
        if made == 0 {
            // Somebody else was faster: theirs counts.
            self.storage.delete(&object_key).await?;
        }
        let issued = self.find_issued(&new).await?;
        issued.ok_or_else(|| Failure::broken("a paper that was made is not there"))
    }

    async fn find_issued(&self, new: &NewContractPaper) -> Fallible<Option<ContractPaper>> {
        let row = sqlx::query_as!(
            PaperRow,
            "select contract_id, kind, sha256, made_at
             from documents.contract
             where loan_id = $1
               and kind = $2
               and edition = $3
               and user_id = $4",
            new.loan_id.0,
            new.kind.as_str(),
            new.edition,
            new.user_id.0,
        )
        .fetch_optional(&self.core.db)
        .await?;
        row.map(ContractPaper::try_from).transpose()
    }

    pub(super) async fn open_paper(&self, actor: &Actor, id: DocumentId) -> Fallible<ContractFile> {
        let owner = actor.borrower()?;
        let row = sqlx::query!(
            "select contract_id, kind, sha256, made_at, object_key
             from documents.contract
             where contract_id = $1
               and user_id = $2",
            id.0,
            owner.0,
        )
        .fetch_optional(&self.core.db)
        .await?
        .ok_or(Error::NotFound)?;
        let sealed = self.storage.get(&row.object_key).await?;
        let sealed = sealed.ok_or_else(|| Failure::broken(format!("the object of paper {id} is missing")))?;
        let pdf = self.core.vault.open_file(&row.object_key, &sealed)?;
        if crypto::sha256(&pdf).as_slice() != row.sha256 {
            return Err(Failure::broken(format!("paper {id} is not the one that was made")));
        }
        let mut connection = self.core.db.acquire().await?;
        let entry = Entry::allowed("documents.download", "contract", id).because(row.kind.as_str());
        audit::record_in(&mut connection, &self.core, actor, entry).await?;
        let paper = PaperRow {
            contract_id: row.contract_id,
            kind: row.kind,
            sha256: row.sha256,
            made_at: row.made_at,
        };
        Ok(ContractFile {
            paper: paper.try_into()?,
            pdf,
        })
    }
}
