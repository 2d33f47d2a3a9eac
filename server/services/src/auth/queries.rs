//! Accounts as rows.

use super::{Auth, passwords::StoredPassword};
use crate::failure::{Failure, Fallible};
use domain::{
    Role,
    id::UserId,
    users::{Email, Phone},
};
use sqlx::PgConnection;

/// Column names that fields of the account are bound to.
pub(super) const EMAIL: &str = "auth.account.email";
pub(super) const PHONE: &str = "auth.account.phone";

/// What a sign-in needs of an account.
pub(super) struct Account {
    pub(super) user_id: UserId,
    pub(super) role: Role,
    pub(super) password: StoredPassword,
    pub(super) failures: i32,
}

/// What a person types to say who they are.
pub(super) enum Identifier {
    /// A mail address.
    Email(Email),
    /// A phone number.
    Phone(Phone),
    /// Neither.
    Unreadable,
}

impl Identifier {
    pub(super) fn parse(text: &str) -> Self {
        if text.contains('@') {
            Email::parse(text).map_or(Self::Unreadable, Self::Email)
        } else {
            Phone::parse(text).map_or(Self::Unreadable, Self::Phone)
        }
    }
}

impl Auth {
    /// The blind index of an identifier. What cannot be read finds nobody, in the same way.
    pub(super) fn index_of(&self, identifier: &Identifier) -> Vec<u8> {
        match identifier {
            Identifier::Email(email) => self.core.vault.index("email", email.as_str()),
            Identifier::Phone(phone) => self.core.vault.index("phone", phone.as_str()),
            Identifier::Unreadable => self.core.vault.index("unreadable", ""),
        }
    }

    /// The open account behind an index; `staff` tells the two kinds of people apart.
    pub(super) async fn find_account(&self, index: &[u8], staff: bool) -> Fallible<Option<Account>> {
        let row = sqlx::query!(
            "select user_id, role, password_hash, pepper_kid, failures from auth.account
             where (email_index = $1 or phone_index = $1) and (role <> 'borrower') = $2
               and opened_at is not null and disabled_at is null",
            index,
            staff,
        )
        .fetch_optional(&self.core.db)
        .await?;
        row.map(|row| {
            Ok(Account {
                user_id: UserId(row.user_id),
                role: role_of(&row.role)?,
                password: StoredPassword {
                    hash: row.password_hash,
                    pepper_kid: row.pepper_kid,
                },
                failures: row.failures,
            })
        })
        .transpose()
    }

    /// The open account of a signed-in person.
    pub(super) async fn account_of(&self, user: UserId) -> Fallible<Option<Account>> {
        let row = sqlx::query!(
            "select role, password_hash, pepper_kid, failures from auth.account
             where user_id = $1 and opened_at is not null and disabled_at is null",
            user.0,
        )
        .fetch_optional(&self.core.db)
        .await?;
        row.map(|row| {
            Ok(Account {
                user_id: user,
                role: role_of(&row.role)?,
                password: StoredPassword {
                    hash: row.password_hash,
                    pepper_kid: row.pepper_kid,
                },
                failures: row.failures,
            })
        })
        .transpose()
    }

    /// The number codes go to; none when the account is gone, disabled or has none.
    pub(super) async fn phone_of(&self, user: UserId) -> Fallible<Option<Phone>> {
        let mut connection = self.core.db.acquire().await?;
        let sealed = sqlx::query_scalar!(
            "select phone_sealed from auth.account where user_id = $1 and opened_at is not null and disabled_at is null",
            user.0,
        )
        .fetch_optional(&mut *connection)
        .await?
        .flatten();
        let Some(sealed) = sealed else {
            return Ok(None);
        };
        let text = self
            .core
            .vault
            .user_key(&mut connection, user)
            .await?
            .open_text(PHONE, user.0, &sealed)?;
        Phone::parse(&text).map(Some).map_err(Failure::broken)
    }

    /// The address an account signs in with.
    pub(super) async fn email_of(&self, user: UserId) -> Fallible<String> {
        let mut connection = self.core.db.acquire().await?;
        let sealed = sqlx::query_scalar!("select email_sealed from auth.account where user_id = $1", user.0)
            .fetch_one(&mut *connection)
            .await?;
        self.core
            .vault
            .user_key(&mut connection, user)
            .await?
            .open_text(EMAIL, user.0, &sealed)
    }
}

/// Holds the account until the transaction ends, so that what is counted per account is counted one after the other.
/// The role, when the account is open; none otherwise.
pub(super) async fn lock_account(connection: &mut PgConnection, user: UserId) -> Fallible<Option<Role>> {
    let role = sqlx::query_scalar!(
        "select role from auth.account where user_id = $1 and opened_at is not null and disabled_at is null for update",
        user.0,
    )
    .fetch_optional(connection)
    .await?;
    role.map(|role| role_of(&role)).transpose()
}

pub(super) fn role_of(text: &str) -> Fallible<Role> {
    Role::parse(text).ok_or_else(|| Failure::broken(format!("an account has the unknown role {text}")))
}
