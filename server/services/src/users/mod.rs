//! Who the borrower is: profile, identity check, consents, bank account.
//!
//! Enters: an actor and changes. Leaves: profiles with long numbers masked; the full ones only for the services that
//! must reach or pay a person, and one NIK at a time for staff with a reason. Everything that names or prices a
//! person is sealed with the person's own key.

mod bank_account;
mod consents;
mod decide_identity;
mod fields;
mod findings;
mod identity;
mod open_profile;
mod profile;
mod queries;
mod reveal_nik;
mod update_profile;

use crate::{Core, failure::Failure};
use async_trait::async_trait;
use domain::{
    Actor, Page, PageRequest, Result,
    documents::DocumentService,
    id::{ConsentId, UserId},
    users::{
        Consent, Contact, IdentityCheck, IdentityDecision, IdentityQueueItem, IdentitySignals, NewProfile, Nik, Payee,
        Profile, ProfileChange, UserService,
    },
};
use std::{collections::HashMap, sync::Arc};

/// The users service.
pub struct Users {
    core: Core,
    documents: Arc<dyn DocumentService>,
}

impl Users {
    /// The service on `core`.
    pub fn new(core: Core, documents: Arc<dyn DocumentService>) -> Self {
        Self { core, documents }
    }
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Users")
    }
}

#[async_trait]
impl UserService for Users {
    async fn profile(&self, actor: &Actor) -> Result<Profile> {
        self.own_profile(actor).await.map_err(Failure::at("users.profile"))
    }

    async fn update_profile(&self, actor: &Actor, change: ProfileChange) -> Result<Profile> {
        self.change_profile(actor, change)
            .await
            .map_err(Failure::at("users.update_profile"))
    }

    async fn list_consents(&self, actor: &Actor) -> Result<Vec<Consent>> {
        self.consents(actor).await.map_err(Failure::at("users.list_consents"))
    }

    async fn withdraw_consent(&self, actor: &Actor, id: ConsentId) -> Result<()> {
        self.withdraw(actor, id)
            .await
            .map_err(Failure::at("users.withdraw_consent"))
    }

    async fn open_profile(&self, actor: &Actor, profile: NewProfile) -> Result<()> {
        self.make_profile(actor, profile)
            .await
            .map_err(Failure::at("users.open_profile"))
    }

    async fn nik_taken(&self, actor: &Actor, nik: &Nik) -> Result<bool> {
        self.find_nik(actor, nik).await.map_err(Failure::at("users.nik_taken"))
    }

    async fn papers_complete(&self, actor: &Actor, user_id: UserId) -> Result<()> {
        self.wait_for_review(actor, user_id)
            .await
            .map_err(Failure::at("users.papers_complete"))
    }

    async fn full_names(&self, actor: &Actor, users: &[UserId]) -> Result<HashMap<UserId, String>> {
        self.names_of(actor, users)
            .await
            .map_err(Failure::at("users.full_names"))
    }

    async fn profile_of(&self, actor: &Actor, user_id: UserId) -> Result<Profile> {
        self.someones_profile(actor, user_id)
            .await
            .map_err(Failure::at("users.profile_of"))
    }

    async fn contact(&self, actor: &Actor, user_id: UserId) -> Result<Contact> {
        self.reach(actor, user_id).await.map_err(Failure::at("users.contact"))
    }

    async fn identity_signals(&self, actor: &Actor, user_id: UserId) -> Result<IdentitySignals> {
        self.signals(actor, user_id)
            .await
            .map_err(Failure::at("users.identity_signals"))
    }

    async fn payee(&self, actor: &Actor, user_id: UserId) -> Result<Payee> {
        self.pay_to(actor, user_id).await.map_err(Failure::at("users.payee"))
    }

    async fn identity_queue(&self, actor: &Actor, page: PageRequest) -> Result<Page<IdentityQueueItem>> {
        self.queue(actor, page)
            .await
            .map_err(Failure::at("users.identity_queue"))
    }

    async fn identity_check(&self, actor: &Actor, user_id: UserId) -> Result<IdentityCheck> {
        self.check(actor, user_id)
            .await
            .map_err(Failure::at("users.identity_check"))
    }

    async fn decide_identity(&self, actor: &Actor, user_id: UserId, decision: IdentityDecision) -> Result<()> {
        self.decide(actor, user_id, decision)
            .await
            .map_err(Failure::at("users.decide_identity"))
    }

    async fn reveal_nik(&self, actor: &Actor, user_id: UserId, reason: &str) -> Result<String> {
        self.reveal(actor, user_id, reason)
            .await
            .map_err(Failure::at("users.reveal_nik"))
    }
}
