//! Where money is sent. The first account is simply entered; a change needs a fresh sign-in and is remembered, because
//! payouts wait a day after it (security.md R13).

use super::{Users, fields, queries};
use crate::{audit, crypto::UserKey, failure::Fallible, jobs};
use domain::{Actor, audit::Entry, event::Event, id::UserId, users::BankAccountInput};
use sqlx::PgConnection;

impl Users {
    /// Sets the account in the caller's transaction, which holds the profile. The same account again changes nothing.
    pub(super) async fn set_bank_account_in(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
        user: UserId,
        key: &UserKey,
        account: &BankAccountInput,
    ) -> Fallible<()> {
        let number = account.digits();
        let index = self
            .core
            .vault
            .index("account_number", &format!("{}|{number}", account.bank));
        let current = queries::find_bank_account(&mut *connection, user).await?;
        if current.as_ref().is_some_and(|current| current.number_index == index) {
            return Ok(());
        }
        let (id, now) = (self.core.clock.new_id(), self.core.clock.now());
        let changed = current.is_some();
        if let Some(current) = current {
            actor.require_fresh(now)?;
            sqlx::query!(
                "update users.bank_account set replaced_at = $2 where bank_account_id = $1",
                current.bank_account_id,
                now
            )
            .execute(&mut *connection)
            .await?;
        }
        sqlx::query!(
            "insert into users.bank_account
                 (bank_account_id, user_id, bank, number_sealed, number_index, created_at, changed_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
            id,
            user.0,
            account.bank,
            key.seal(fields::ACCOUNT_NUMBER, id, number.as_bytes()),
            index,
            now,
            changed.then_some(now),
        )
        .execute(&mut *connection)
        .await?;
        let action = if changed {
            "users.change_bank_account"
        } else {
            "users.enter_bank_account"
        };
        let entry = Entry::allowed(action, "bank_account", id);
        audit::record_in(&mut *connection, &self.core, actor, entry).await?;
        if changed {
            jobs::publish_in(connection, &self.core, Event::BankAccountChanged { user_id: user }).await?;
        }
        Ok(())
    }
}
