//! Starting an account: nothing is looked up, so nothing can be told. The registration waits sealed for its code.

use super::{
    Auth,
    challenge::{Pending, PendingAccount},
    passwords::Cost,
    strength,
};
use crate::{audit, failure::Fallible, limits};
use domain::{
    Actor, Error,
    audit::Entry,
    auth::{Challenge, Registration},
    id::UserId,
    users::NewProfile,
};

impl Auth {
    pub(super) async fn start_registration(&self, actor: &Actor, registration: Registration) -> Fallible<Challenge> {
        self.core
            .limits
            .check("register", &limits::address(&actor.origin.address))
            .await?;
        let counted = hex::encode(self.core.vault.index("phone", registration.phone.as_str()));
        self.check_send_limits(actor, &counted).await?;

        let today = self.core.clock.today();
        if let Some(fault) = registration.age_fault(today) {
            return Err(Error::Validation(vec![fault]).into());
        }
        let birth_date = registration
            .born_on(today)
            .ok_or_else(|| Error::fault("birth_date", "required", "Tulis tanggal lahir seperti di KTP."))?;
        let own = strength::words_of_registration(&registration, birth_date);
        let password = self
            .passwords
            .judge_and_hash(&registration.password, own, Cost::Borrower)
            .await?
            .map_err(|error| Error::fault("password", error.code(), error.to_string()))?;

        let shown = registration.phone.masked();
        let profile = NewProfile {
            user_id: UserId(self.core.clock.new_id()),
            full_name: registration.full_name,
            nik: registration.nik,
            phone: registration.phone,
            email: registration.email,
            birth_date,
            consents: registration.consents,
        };
        let pending = Pending::Register(Box::new(PendingAccount::new(profile, password)));
        let mut tx = self.core.begin().await?;
        let challenge = self.start_challenge_in(&mut tx, actor, pending, shown, counted).await?;
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("auth.register", "challenge", challenge.id),
        )
        .await?;
        tx.commit().await?;
        Ok(challenge)
    }
}
