//! What an income proof says, read by an officer: no machine reads it, and unread it says nothing.
//!
//! Enters: the figure of somebody who opened the paper. Leaves: an accepted paper with its figure, sealed.

use super::{Documents, VIEWERS, queries};
use crate::{
    audit,
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Error, Principal, Refusal, Role, Rupiah,
    audit::Entry,
    documents::{DocumentKind, IncomeEvidence},
    id::{DocumentId, UserId},
};

const INCOME: &str = "documents.document.income";

impl Documents {
    pub(super) async fn accept_income_proof(&self, actor: &Actor, id: DocumentId, monthly: Rupiah) -> Fallible<()> {
        let officer = actor.staff(&[Role::Analyst, Role::Approver])?.user_id;
        if !monthly.is_positive() || monthly > Rupiah::MAX_INPUT {
            let words = "Tulis penghasilan bersih per bulan yang tertulis di bukti, dalam rupiah.";
            return Err(Error::fault("monthly_income", "out_of_range", words).into());
        }
        let mut tx = self.core.begin().await?;
        let user = queries::find_paper(&mut tx, id).await?.ok_or(Error::NotFound)?.user_id;
        queries::lock_papers(&mut tx, user).await?;
        let paper = queries::find_paper(&mut tx, id).await?.ok_or(Error::NotFound)?;
        if paper.document.kind != DocumentKind::IncomeProof {
            return Err(Error::NotFound.into());
        }
        if !paper.is_current() {
            return Err(Refusal::WrongState.into());
        }
        let seen = sqlx::query_scalar!(
            r#"select exists (
                   select from documents.view where document_id = $1 and viewer_id = $2
               ) as "seen!""#,
            id.0,
            officer.0,
        )
        .fetch_one(&mut *tx)
        .await?;
        if !seen {
            let words = "Buka dulu buktinya, lalu tulis angka yang Anda baca.";
            return Err(Error::fault("monthly_income", "not_seen", words).into());
        }
        let key = self.core.vault.user_key(&mut tx, user).await?;
        let figure = serde_json::to_vec(&monthly).map_err(Failure::broken)?;
        sqlx::query!(
            "update documents.document
             set status = 'accepted', status_at = $2, income_sealed = $3
             where document_id = $1",
            id.0,
            self.core.clock.now(),
            key.seal(INCOME, id.0, &figure),
        )
        .execute(&mut *tx)
        .await?;
        let entry = Entry::allowed("documents.accept_income", "document", id);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn read_income(&self, actor: &Actor, user: UserId) -> Fallible<Option<IncomeEvidence>> {
        if actor.principal != Principal::System {
            actor.staff(&VIEWERS)?;
        }
        let mut connection = self.core.db.acquire().await?;
        let row = sqlx::query!(
            r#"select document_id, received_at, income_sealed as "income_sealed!"
               from documents.document
               where user_id = $1 and status = 'accepted' and income_sealed is not null
               order by received_at desc, document_id desc limit 1"#,
            user.0,
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let key = self.core.vault.user_key(&mut connection, user).await?;
        let figure = key.open(INCOME, row.document_id, &row.income_sealed)?;
        Ok(Some(IncomeEvidence {
            document_id: DocumentId(row.document_id),
            monthly: serde_json::from_slice(&figure).map_err(Failure::broken)?,
            received_at: row.received_at,
        }))
    }
}
