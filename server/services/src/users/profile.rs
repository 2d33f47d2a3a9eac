//! Looking at a profile: one's own, another's for staff and services, and the parts that reach or pay a person.

use super::{
    Users, fields,
    queries::{self, OpenProfile},
};
use crate::{audit, failure::Fallible};
use domain::{
    Actor, Error, Principal, Refusal, Role,
    audit::Entry,
    id::UserId,
    users::{Contact, Payee, Profile},
};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// Who among the staff may see a borrower's profile.
const READERS: [Role; 5] = [
    Role::Support,
    Role::Analyst,
    Role::Approver,
    Role::Collector,
    Role::Auditor,
];

impl Users {
    pub(super) async fn own_profile(&self, actor: &Actor) -> Fallible<Profile> {
        let user = actor.borrower()?;
        let mut connection = self.core.db.acquire().await?;
        self.load_in(&mut connection, user).await
    }

    /// Staff see the address masked: reaching a person is not theirs to do by hand. The view is written down.
    pub(super) async fn someones_profile(&self, actor: &Actor, user: UserId) -> Fallible<Profile> {
        let mut connection = self.core.db.acquire().await?;
        if matches!(actor.principal, Principal::System) {
            return self.load_in(&mut connection, user).await;
        }
        actor.staff(&READERS)?;
        let profile = self.load_for_staff_in(&mut connection, user).await?;
        audit::record_in(
            &mut connection,
            &self.core,
            actor,
            Entry::allowed("users.view_profile", "account", user),
        )
        .await?;
        Ok(profile)
    }

    pub(super) async fn load_for_staff_in(&self, connection: &mut PgConnection, user: UserId) -> Fallible<Profile> {
        let profile = self.load_in(connection, user).await?;
        let email = domain::users::Email::parse(&profile.email)
            .map_err(crate::failure::Failure::broken)?
            .masked();
        Ok(Profile { email, ..profile })
    }

    pub(super) async fn load_in(&self, connection: &mut PgConnection, user: UserId) -> Fallible<Profile> {
        let (row, bank) = queries::find_with_bank_account(&mut *connection, user)
            .await?
            .ok_or(Error::NotFound)?;
        let key = self.core.vault.user_key(connection, user).await?;
        OpenProfile { row: &row, key: &key }.shown(bank.as_ref())
    }

    pub(super) async fn names_of(&self, actor: &Actor, users: &[UserId]) -> Fallible<HashMap<UserId, String>> {
        actor.require_system()?;
        let mut connection = self.core.db.acquire().await?;
        let ids: Vec<Uuid> = users.iter().map(|user| user.0).collect();
        let rows = sqlx::query!(
            "select user_id, name_sealed from users.profile where user_id = any($1)",
            &ids
        )
        .fetch_all(&mut *connection)
        .await?;
        let keys = self.core.vault.user_keys(&mut connection, users).await?;
        rows.into_iter()
            .filter_map(|row| {
                let (user, key) = (UserId(row.user_id), keys.get(&UserId(row.user_id))?);
                Some(
                    key.open_text(fields::NAME, user.0, &row.name_sealed)
                        .map(|name| (user, name)),
                )
            })
            .collect()
    }

    pub(super) async fn reach(&self, actor: &Actor, user: UserId) -> Fallible<Contact> {
        actor.require_system()?;
        let mut connection = self.core.db.acquire().await?;
        let row = queries::find(&mut connection, user).await?.ok_or(Error::NotFound)?;
        let key = self.core.vault.user_key(&mut connection, user).await?;
        let profile = OpenProfile { row: &row, key: &key };
        let name = profile.name()?;
        Ok(Contact {
            first_name: name.first().to_owned(),
            full_name: name.to_string(),
            phone: profile.phone()?,
            email: profile.email()?,
        })
    }

    pub(super) async fn pay_to(&self, actor: &Actor, user: UserId) -> Fallible<Payee> {
        actor.require_system()?;
        let mut connection = self.core.db.acquire().await?;
        let (row, bank) = queries::find_with_bank_account(&mut connection, user)
            .await?
            .ok_or(Error::NotFound)?;
        let bank = bank.ok_or(Refusal::BankAccountMissing)?;
        let key = self.core.vault.user_key(&mut connection, user).await?;
        let profile = OpenProfile { row: &row, key: &key };
        Ok(Payee {
            number: profile.account_number(&bank)?,
            holder: profile.name()?.to_string(),
            shown: profile.bank_account(&bank)?,
            bank: bank.bank,
        })
    }
}
