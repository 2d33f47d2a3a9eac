//! Consents: what was agreed to, in which version, and the way out of those that the contract does not need.

use super::Users;
use crate::{audit, failure::Fallible};
use domain::{Actor, Error, Refusal, audit::Entry, id::ConsentId, users::Consent};

/// Purposes that may be withdrawn while the contract runs.
const WITHDRAWABLE: [&str; 1] = ["marketing"];

impl Users {
    pub(super) async fn consents(&self, actor: &Actor) -> Fallible<Vec<Consent>> {
        let user = actor.borrower()?;
        let rows = sqlx::query!(
            "select consent_id, purpose, version, given_at, withdrawn_at from users.consent
             where user_id = $1 order by given_at desc, consent_id desc limit 100",
            user.0,
        )
        .fetch_all(&self.core.db)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| Consent {
                id: ConsentId(row.consent_id),
                purpose: row.purpose,
                version: row.version,
                given_at: row.given_at,
                withdrawn_at: row.withdrawn_at,
            })
            .collect())
    }

    /// Withdrawing twice is withdrawing once.
    pub(super) async fn withdraw(&self, actor: &Actor, id: ConsentId) -> Fallible<()> {
        let user = actor.borrower()?;
        let mut tx = self.core.begin().await?;
        let row = sqlx::query!(
            "select purpose, withdrawn_at from users.consent where consent_id = $1 and user_id = $2 for update",
            id.0,
            user.0,
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
        if !WITHDRAWABLE.contains(&row.purpose.as_str()) {
            return Err(Refusal::WrongState.into());
        }
        if row.withdrawn_at.is_none() {
            sqlx::query!(
                "update users.consent set withdrawn_at = $2 where consent_id = $1",
                id.0,
                self.core.clock.now()
            )
            .execute(&mut *tx)
            .await?;
            audit::record_in(
                &mut tx,
                &self.core,
                actor,
                Entry::allowed("users.withdraw_consent", "consent", id),
            )
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
