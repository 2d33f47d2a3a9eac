//! The seven services: everything that is stored or reaches outside.
//!
//! Enters: the traits of `domain`, an [`Actor`](domain::Actor) first. Leaves: domain types, rows, jobs,
//! calls to third parties. One folder per word; a folder never reaches into another's: it holds the other's
//! trait, or reacts to an event. SQL of a folder names only its own schema.

#![recursion_limit = "256"]
#![expect(
    deprecated,
    reason = "sqlx 0.9.0 marks every query with a time in it while the job queue brings chrono, whatever sqlx.toml says"
)]

pub mod audit;
pub mod auth;
pub mod changes;
pub mod clock;
mod command;
pub mod config;
pub mod crypto;
pub mod db;
pub mod documents;
pub mod failure;
pub mod gateways;
pub mod jobs;
pub mod limits;
pub mod loans;
pub mod notifications;
pub mod payments;
#[cfg(feature = "testing")]
pub mod testing;
pub mod users;

use crate::{clock::Clock, config::Config, crypto::Vault, gateways::Gateways, limits::Limits};
use domain::Backend;
use sqlx::{PgPool, Postgres, Transaction};
use std::sync::Arc;

/// What every service stands on.
#[derive(Clone)]
pub struct Core {
    /// Connections in the role of the application.
    pub db: PgPool,
    /// The only source of time and of identifiers.
    pub clock: Arc<dyn Clock>,
    /// Keys: sealing, blind indexes, codes.
    pub vault: Arc<Vault>,
    /// Rate limits.
    pub limits: Arc<Limits>,
}

impl Core {
    /// Begins a transaction: the only way to one ([`db::begin`] says why).
    pub async fn begin(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        db::begin(&self.db).await
    }
}

/// The seven services, introduced to each other.
#[derive(Clone)]
pub struct Services {
    /// Accounts, sessions, codes, passkeys, tokens.
    pub auth: Arc<auth::Auth>,
    /// Profiles, identity checks, consents, bank accounts.
    pub users: Arc<users::Users>,
    /// Identity papers, and the papers of contracts.
    pub documents: Arc<documents::Documents>,
    /// Products, quotes, applications, decisions.
    pub loans: Arc<loans::Loans>,
    /// Payouts, payments, allocation, ledger.
    pub payments: Arc<payments::Payments>,
    /// Notices on every channel.
    pub notifications: Arc<notifications::Notifications>,
    /// What one person proposes and another decides.
    pub audit: Arc<audit::Audit>,
    /// What they stand on.
    pub core: Core,
}

impl Services {
    /// Builds the services in the one order in which they depend on each other.
    pub fn new(core: Core, config: &Config, gateways: Gateways) -> Self {
        let documents = Arc::new(documents::Documents::new(core.clone(), gateways.storage.clone()));
        let users = Arc::new(users::Users::new(core.clone(), documents.clone()));
        let notifications = Arc::new(notifications::Notifications::new(
            core.clone(),
            users.clone(),
            gateways.whatsapp,
            gateways.sms,
            gateways.mail,
        ));
        let auth = Arc::new(auth::Auth::new(
            core.clone(),
            config,
            users.clone(),
            notifications.clone(),
        ));
        let payments = Arc::new(payments::Payments::new(
            core.clone(),
            users.clone(),
            gateways.collections,
            gateways.payouts,
            gateways.account_names,
        ));
        let loans = Arc::new(loans::Loans::new(
            core.clone(),
            users.clone(),
            documents.clone(),
            payments.clone(),
            notifications.clone(),
            config.legal_licence.clone(),
        ));
        let audit = Arc::new(audit::Audit::new(
            core.clone(),
            gateways.storage,
            vec![loans.clone(), payments.clone()],
        ));
        Self {
            auth,
            users,
            documents,
            loans,
            payments,
            notifications,
            audit,
            core,
        }
    }

    /// The same seven behind their traits.
    pub fn backend(&self) -> Backend {
        Backend {
            auth: self.auth.clone(),
            users: self.users.clone(),
            documents: self.documents.clone(),
            loans: self.loans.clone(),
            payments: self.payments.clone(),
            notifications: self.notifications.clone(),
            audit: self.audit.clone(),
        }
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Services")
    }
}
