//! From a right code to an account with a profile and a session.
//!
//! Account and profile live in two services, so they cannot be made in one transaction:
//! 1. the account is written **unopened** (it cannot sign in) with its data key;
//! 2. the users service makes the profile, idempotent by the record number that the challenge fixed;
//! 3. one transaction uses the code up, opens the account and begins the session.
//!
//! A crash after any step leaves the code unused: the same code again repeats the steps on the same record number.
//! When nobody comes back, the sweep (or the next person who needs the number or address) settles what was left: with
//! a profile the account is whole and is opened, without one it is deleted. A NIK of another account deletes it at
//! once and uses the code up, so that the code cannot be used to try one NIK after the other.

use super::{
    Auth,
    challenge::{PendingAccount, Proven},
    passwords::StoredPassword,
    queries::{EMAIL, PHONE},
};
use crate::{
    audit,
    failure::{Failure, Fallible, OnConstraint as _},
    jobs,
};
use domain::{
    Actor, Error, Refusal, Role,
    audit::Entry,
    auth::{NewSession, SessionKind},
    event::Event,
    id::UserId,
    users::{Email, Phone},
};
use sqlx::PgConnection;

/// What an account is made of.
pub(super) struct AccountDraft<'a> {
    pub(super) user_id: UserId,
    pub(super) role: Role,
    /// For staff, who have no profile; empty for borrowers.
    pub(super) display_name: &'a str,
    pub(super) email: &'a Email,
    pub(super) phone: Option<&'a Phone>,
    pub(super) password: StoredPassword,
}

/// Whether an account could be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reserved {
    /// It is there, unopened.
    Ours,
    /// The number or address belongs to another account.
    Taken,
}

impl Auth {
    pub(super) async fn open_account(
        &self,
        actor: &Actor,
        proven: &Proven,
        pending: &PendingAccount,
    ) -> Fallible<NewSession> {
        let profile = &pending.profile;
        let draft = AccountDraft {
            user_id: profile.user_id,
            role: Role::Borrower,
            display_name: "",
            email: &profile.email,
            phone: Some(&profile.phone),
            password: pending.password(),
        };
        if self.reserve(&draft).await? == Reserved::Taken {
            return self.refuse(actor, proven, None, Refusal::AccountExists).await;
        }
        match self.users.open_profile(&Actor::system(), profile.clone()).await {
            Ok(()) => {}
            Err(Error::Refused(Refusal::NikTaken)) => {
                return self
                    .refuse(actor, proven, Some(profile.user_id), Refusal::NikTaken)
                    .await;
            }
            // Another registration settled ours away between the two steps; the same code finds out why.
            Err(Error::NotFound) => return Err(Error::Busy { retry_after: 1 }.into()),
            Err(error) => return Err(error.into()),
        }
        let mut tx = self.core.begin().await?;
        self.use_up_in(&mut tx, proven).await?;
        self.open_in(&mut tx, profile.user_id).await?;
        let mut session = self
            .begin_session_in(&mut tx, actor, profile.user_id, SessionKind::Borrower)
            .await?;
        session.device_token = Some(self.remember_device_in(&mut tx, actor, profile.user_id).await?);
        let entry = Entry::allowed("auth.open_account", "account", profile.user_id);
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Ends the registration for good, in one transaction with what it leaves.
    async fn refuse(
        &self,
        actor: &Actor,
        proven: &Proven,
        unopened: Option<UserId>,
        why: Refusal,
    ) -> Fallible<NewSession> {
        let mut tx = self.core.begin().await?;
        self.use_up_in(&mut tx, proven).await?;
        if let Some(user) = unopened {
            delete_unopened_in(&mut tx, user).await?;
        }
        let entry = Entry::denied("auth.open_account", "challenge", proven.id).because(why.code());
        audit::record_in(&mut tx, &self.core, actor, entry).await?;
        tx.commit().await?;
        Err(why.into())
    }

    /// Writes the account unopened, with its data key; finds it again when it is there already.
    pub(super) async fn reserve(&self, draft: &AccountDraft<'_>) -> Fallible<Reserved> {
        let email = self.core.vault.index("email", draft.email.as_str());
        let phone = draft.phone.map(|phone| self.core.vault.index("phone", phone.as_str()));
        // What stands in the way and was never opened is settled; then the way is free or taken for good.
        for _ in 0..3 {
            if self.insert_unopened(draft, &email, phone.as_deref()).await? {
                return Ok(Reserved::Ours);
            }
            let rows = sqlx::query!(
                "select user_id, opened_at from auth.account where user_id = $1 or email_index = $2 or phone_index = $3",
                draft.user_id.0,
                email,
                phone.as_deref(),
            )
            .fetch_all(&self.core.db)
            .await?;
            if rows.iter().any(|row| row.user_id == draft.user_id.0) {
                return Ok(Reserved::Ours);
            }
            if rows.iter().any(|row| row.opened_at.is_some()) {
                return Ok(Reserved::Taken);
            }
            for row in rows {
                self.settle(UserId(row.user_id)).await?;
            }
        }
        Err(Error::Busy { retry_after: 1 }.into())
    }

    async fn insert_unopened(&self, draft: &AccountDraft<'_>, email: &[u8], phone: Option<&[u8]>) -> Fallible<bool> {
        let (user, now) = (draft.user_id, self.core.clock.now());
        let mut tx = self.core.begin().await?;
        let key = self.core.vault.create_user_key_in(&mut tx, user, now).await?;
        let inserted = sqlx::query!(
            "insert into auth.account
                 (user_id, role, display_name, email_sealed, email_index, phone_sealed, phone_index, password_hash,
                  pepper_kid, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict do nothing",
            user.0,
            draft.role.as_str(),
            draft.display_name,
            key.seal(EMAIL, user.0, draft.email.as_str().as_bytes()),
            email,
            draft
                .phone
                .map(|phone| key.seal(PHONE, user.0, phone.as_str().as_bytes())),
            phone,
            draft.password.hash,
            draft.password.pepper_kid,
            now,
        )
        .execute(&mut *tx)
        .await?;
        if inserted.rows_affected() == 0 {
            // The data key goes with it.
            tx.rollback().await?;
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Opens an account; tells the others when it was not open before.
    pub(super) async fn open_in(&self, connection: &mut PgConnection, user: UserId) -> Fallible<()> {
        let opened = sqlx::query!(
            "update auth.account set opened_at = $2 where user_id = $1 and opened_at is null",
            user.0,
            self.core.clock.now(),
        )
        .execute(&mut *connection)
        .await?;
        if opened.rows_affected() == 1 {
            jobs::publish_in(connection, &self.core, Event::AccountOpened { user_id: user }).await?;
        }
        Ok(())
    }

    /// Brings an account that was left unopened to an end: opened when its profile exists, deleted when not.
    pub(super) async fn settle(&self, user: UserId) -> Fallible<()> {
        let whole = match self.users.profile_of(&Actor::system(), user).await {
            Ok(_) => true,
            Err(Error::NotFound) => false,
            Err(error) => return Err(error.into()),
        };
        let mut tx = self.core.begin().await?;
        if whole {
            self.open_in(&mut tx, user).await?;
        } else {
            delete_unopened_in(&mut tx, user).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Deletes an account that was never opened, and its data key with it.
async fn delete_unopened_in(connection: &mut PgConnection, user: UserId) -> Fallible<()> {
    let deleted = sqlx::query!(
        "delete from auth.account where user_id = $1 and opened_at is null",
        user.0
    )
    .execute(&mut *connection)
    .await
    // The profile came after we looked.
    .on_constraint("profile_user_fkey", |_| Failure::from(Error::Busy { retry_after: 1 }))?;
    if deleted.rows_affected() == 1 {
        sqlx::query!("delete from auth.data_key where user_id = $1", user.0)
            .execute(connection)
            .await?;
    }
    Ok(())
}
