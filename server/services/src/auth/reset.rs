//! Choosing a new password with a code sent to the account's number. Asking looks the same for everybody.

use super::{
    Auth,
    challenge::Pending,
    passwords::Cost,
    queries::{self, Identifier},
    strength,
};
use crate::{audit, failure::Fallible, jobs, limits};
use domain::{
    Actor, Error, Refusal,
    audit::Entry,
    auth::{Challenge, ChallengePurpose, Secret},
    event::Event,
    id::ChallengeId,
};

impl Auth {
    pub(super) async fn ask_reset(&self, actor: &Actor, identifier: &str) -> Fallible<Challenge> {
        self.core
            .limits
            .check("reset_ip", &limits::address(&actor.origin.address))
            .await?;
        let identifier = Identifier::parse(identifier);
        // What was typed, masked, is all that is shown: the account's number would tell that there is one.
        let shown = match &identifier {
            Identifier::Email(email) => email.masked(),
            Identifier::Phone(phone) => phone.masked(),
            Identifier::Unreadable => {
                return Err(Error::fault("identifier", "identifier", "Tulis email atau nomor HP Anda.").into());
            }
        };
        let index = self.index_of(&identifier);
        let counted = hex::encode(&index);
        self.core.limits.check("reset", &counted).await?;
        self.check_send_limits(actor, &counted).await?;
        let user_id = self.find_account(&index, false).await?.map(|account| account.user_id);
        let mut tx = self.core.begin().await?;
        let challenge = self
            .start_challenge_in(&mut tx, actor, Pending::Reset { user_id }, shown, counted)
            .await?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("auth.start_reset", "challenge", challenge.id),
        )
        .await?;
        tx.commit().await?;
        Ok(challenge)
    }

    /// A weak password does not cost the code: it can be sent again with a better one.
    pub(super) async fn reset(&self, actor: &Actor, id: ChallengeId, code: &str, password: &Secret) -> Fallible<()> {
        let proven = self.prove_code(actor, id, code, &[ChallengePurpose::Reset]).await?;
        let Pending::Reset { user_id: Some(user) } = proven.pending else {
            return Err(Refusal::CodeExpired.into());
        };
        let contact = self.users.contact(&Actor::system(), user).await?;
        let stored = self
            .passwords
            .judge_and_hash(password, strength::words_of_contact(&contact), Cost::Borrower)
            .await?
            .map_err(|error| Error::fault("password", error.code(), error.to_string()))?;
        let vault = &self.core.vault;
        let indexes = [
            vault.index("email", contact.email.as_str()),
            vault.index("phone", contact.phone.as_str()),
        ];
        let mut tx = self.core.begin().await?;
        self.use_up_in(&mut tx, &proven).await?;
        for index in indexes {
            let attempt = self.attempt_key(actor, &hex::encode(index));
            self.clear_attempts_in(&mut tx, &attempt).await?;
        }
        queries::lock_account(&mut tx, user)
            .await?
            .ok_or(Error::from(Refusal::CodeExpired))?;
        sqlx::query!(
            "update auth.account set password_hash = $2, pepper_kid = $3, failures = 0 where user_id = $1",
            user.0,
            stored.hash,
            stored.pepper_kid,
        )
        .execute(&mut *tx)
        .await?;
        self.end_all_in(&mut tx, user).await?;
        jobs::publish_in(&mut tx, &self.core, Event::PasswordChanged { user_id: user }).await?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("auth.finish_reset", "account", user),
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }
}
