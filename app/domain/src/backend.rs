//! Everything a page, a server function or a REST route may ask for, as one value.

use crate::{
    audit::AuditService, auth::AuthService, documents::DocumentService, loans::LoanService,
    notifications::NotificationService, payments::PaymentService, users::UserService,
};
use std::sync::Arc;

/// The seven services behind their traits; given once as Leptos context and axum state.
#[derive(Clone)]
pub struct Backend {
    /// Accounts, sessions, codes, passkeys, tokens.
    pub auth: Arc<dyn AuthService>,
    /// Profiles, identity checks, consents, bank accounts.
    pub users: Arc<dyn UserService>,
    /// Identity papers.
    pub documents: Arc<dyn DocumentService>,
    /// Products, quotes, applications, decisions.
    pub loans: Arc<dyn LoanService>,
    /// Payouts, payments, allocation, ledger.
    pub payments: Arc<dyn PaymentService>,
    /// Notices on every channel.
    pub notifications: Arc<dyn NotificationService>,
    /// What one person proposes and another decides.
    pub audit: Arc<dyn AuditService>,
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Backend")
    }
}
