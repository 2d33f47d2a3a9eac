//! Accounts made by an operator's command: demo people and staff.

use super::{
    Auth,
    open_account::{AccountDraft, Reserved},
    passwords::Cost,
};
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Role,
    auth::{ConsentGiven, Secret},
    id::UserId,
    users::{Email, NewProfile, Nik, PersonName, Phone},
};
use time::Date;

/// An account as the command wants it.
#[derive(Clone)]
pub struct SeedAccount {
    /// Borrower or a staff role.
    pub role: Role,
    /// The account's key: an existing account with it is left alone.
    pub email: Email,
    /// Shown to colleagues; for a borrower the name on the KTP.
    pub full_name: PersonName,
    /// Not judged for strength.
    pub password: Secret,
    /// A borrower's other data; staff have none.
    pub borrower: Option<SeedBorrower>,
}

/// What only a borrower has.
#[derive(Clone)]
pub struct SeedBorrower {
    /// WhatsApp number.
    pub phone: Phone,
    /// Made up.
    pub nik: Nik,
    /// Birth date.
    pub birth_date: Date,
    /// Given consents.
    pub consents: Vec<ConsentGiven>,
}

impl Auth {
    pub(super) async fn seed(&self, seed: SeedAccount) -> Fallible<UserId> {
        if (seed.role == Role::Borrower) != seed.borrower.is_some() {
            return Err(Failure::broken("a borrower, and nobody else, has a phone and a NIK"));
        }
        let index = self.core.vault.index("email", seed.email.as_str());
        if let Some(account) = self.find_account(&index, seed.role != Role::Borrower).await? {
            return Ok(account.user_id);
        }
        let user_id = UserId(self.core.clock.new_id());
        let draft = AccountDraft {
            user_id,
            role: seed.role,
            display_name: if seed.role == Role::Borrower {
                ""
            } else {
                seed.full_name.as_str()
            },
            email: &seed.email,
            phone: seed.borrower.as_ref().map(|borrower| &borrower.phone),
            password: self.passwords.hash(&seed.password, Cost::of(seed.role)).await?,
        };
        if self.reserve(&draft).await? == Reserved::Taken {
            return Err(Failure::broken("the address or number belongs to another account"));
        }
        if let Some(borrower) = seed.borrower {
            let profile = NewProfile {
                user_id,
                full_name: seed.full_name,
                nik: borrower.nik,
                phone: borrower.phone,
                email: seed.email,
                birth_date: borrower.birth_date,
                consents: borrower.consents,
            };
            self.users.open_profile(&Actor::system(), profile).await?;
        }
        sqlx::query!(
            "update auth.account set opened_at = $2 where user_id = $1 and opened_at is null",
            user_id.0,
            self.core.clock.now(),
        )
        .execute(&self.core.db)
        .await?;
        Ok(user_id)
    }
}
