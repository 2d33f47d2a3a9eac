//! One full NIK for one officer: with a reason, after a fresh sign-in, at most fifty a day, and written down.

use super::{
    Users,
    queries::{self, OpenProfile},
};
use crate::{audit, failure::Fallible};
use domain::{Actor, Error, Role, audit::Entry, id::UserId};

/// The longest reason, in characters.
const MAX_REASON: usize = 300;

impl Users {
    pub(super) async fn reveal(&self, actor: &Actor, user: UserId, reason: &str) -> Fallible<String> {
        let officer = actor.staff(&[Role::Analyst, Role::Approver])?.user_id;
        actor.require_fresh(self.core.clock.now())?;
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > MAX_REASON {
            return Err(Error::fault(
                "reason",
                "required",
                "Tulis alasan membuka NIK, paling panjang 300 karakter.",
            )
            .into());
        }
        self.core.limits.check("reveal", &officer.to_string()).await?;
        let mut tx = self.core.begin().await?;
        let row = queries::find(&mut tx, user).await?.ok_or(Error::NotFound)?;
        let key = self.core.vault.user_key(&mut tx, user).await?;
        let nik = OpenProfile { row: &row, key: &key }.nik()?;
        let entry = Entry::allowed("users.reveal_nik", "account", user).because(reason);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        Ok(nik.as_str().to_owned())
    }
}
