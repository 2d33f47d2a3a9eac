//! The profile of a new account.

use super::{Users, fields};
use crate::failure::{Failure, Fallible, OnConstraint as _};
use domain::{
    Actor, Error, Refusal,
    users::{KycStatus, NewProfile, Nik},
};
use sqlx::PgConnection;
use time::format_description::well_known::Iso8601;

impl Users {
    /// `NotFound` when the account itself is gone. A second call for the same account changes nothing.
    pub(super) async fn make_profile(&self, actor: &Actor, profile: NewProfile) -> Fallible<()> {
        actor.require_system()?;
        let mut tx = self.core.begin().await?;
        if self.insert_profile_in(&mut tx, &profile).await? {
            for consent in &profile.consents {
                sqlx::query!(
                    "insert into users.consent (consent_id, user_id, purpose, version, given_at) values ($1, $2, $3, $4, $5)",
                    self.core.clock.new_id(),
                    profile.user_id.0,
                    consent.purpose,
                    consent.version,
                    self.core.clock.now(),
                )
                .execute(&mut *tx)
                .await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    async fn insert_profile_in(&self, connection: &mut PgConnection, profile: &NewProfile) -> Fallible<bool> {
        let (id, now) = (profile.user_id.0, self.core.clock.now());
        let key = self
            .core
            .vault
            .create_user_key_in(&mut *connection, profile.user_id, now)
            .await?;
        let birth_date = profile.birth_date.format(&Iso8601::DATE).map_err(Failure::broken)?;
        let inserted = sqlx::query!(
            "insert into users.profile
                 (user_id, name_sealed, nik_sealed, nik_index, birth_date_sealed, phone_sealed, email_sealed, kyc_status,
                  kyc_changed_at, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9)
             on conflict on constraint profile_pkey do nothing",
            id,
            key.seal(fields::NAME, id, profile.full_name.as_str().as_bytes()),
            key.seal(fields::NIK, id, profile.nik.as_str().as_bytes()),
            self.core.vault.index("nik", profile.nik.as_str()),
            key.seal(fields::BIRTH_DATE, id, birth_date.as_bytes()),
            key.seal(fields::PHONE, id, profile.phone.as_str().as_bytes()),
            key.seal(fields::EMAIL, id, profile.email.as_str().as_bytes()),
            KycStatus::Incomplete.as_str(),
            now,
        )
        .execute(connection)
        .await
        .on_constraint("profile_nik_key", |_| Refusal::NikTaken.into())
        .on_constraint("profile_user_fkey", |_| Error::NotFound.into())?;
        Ok(inserted.rows_affected() == 1)
    }

    pub(super) async fn find_nik(&self, actor: &Actor, nik: &Nik) -> Fallible<bool> {
        actor.require_system()?;
        let index = self.core.vault.index("nik", nik.as_str());
        let found = sqlx::query_scalar!(
            r#"select exists (select from users.profile where nik_index = $1) as "exists!""#,
            index
        )
        .fetch_one(&self.core.db)
        .await?;
        Ok(found)
    }
}
