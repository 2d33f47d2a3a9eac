//! One real client per third party. A client knows a base URL and credentials, nothing else: the sandbox, the
//! vendor's sandbox and production differ by configuration alone.

pub mod collections;
pub mod http;
pub mod iris;
pub mod mail;
pub mod midtrans;
pub mod payouts;
pub mod sms;
pub mod storage;
pub mod whatsapp;
pub mod xendit;

use crate::{config::Config, failure::Fallible};
use std::{sync::Arc, time::Duration};

/// What a call to a third party can come to (integrations.md 0.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// It surely did not take effect: may be corrected and sent again.
    #[error("rejected ({http}): {code} {message}")]
    Rejected {
        /// The vendor's code.
        code: String,
        /// The vendor's words; never shown to a borrower.
        message: String,
        /// HTTP status.
        http: u16,
    },
    /// The outcome is unknown: ask by our own reference, never send again blindly.
    #[error("in doubt: {message}")]
    InDoubt {
        /// What happened.
        message: String,
    },
    /// The vendor knows this reference already.
    #[error("duplicate: {code}")]
    Duplicate {
        /// The vendor's code.
        code: String,
    },
    /// Too many calls.
    #[error("rate limited")]
    RateLimited {
        /// When it makes sense to try again.
        retry_after: Option<Duration>,
    },
    /// Our credentials are wrong: for an operator, no retry helps.
    #[error("not authorised: {message}")]
    Auth {
        /// What the vendor said.
        message: String,
    },
    /// The answer did not parse: in doubt for money, a bug otherwise.
    #[error("unreadable answer: {message}")]
    Protocol {
        /// What did not parse.
        message: String,
    },
}

impl GatewayError {
    /// The same of a call that moves money: what could not be read is in doubt.
    pub(crate) fn of_money(self) -> Self {
        match self {
            Self::Protocol { message } => Self::InDoubt { message },
            other => other,
        }
    }

    /// Whether another try of an idempotent call may help.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::InDoubt { .. } | Self::RateLimited { .. })
    }
}

/// Whether a text of a notice is one word of visible ASCII, no longer than `longest`: what our tables and logs can hold
/// whoever wrote it.
fn is_word(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// All clients.
#[derive(Clone)]
pub struct Gateways {
    /// Money from borrowers.
    pub collections: Arc<dyn collections::CollectionGateway>,
    /// Money to borrowers.
    pub payouts: Arc<dyn payouts::PayoutGateway>,
    /// Under which names banks have accounts; none where that was not bought.
    pub account_names: Option<Arc<dyn payouts::AccountNames>>,
    /// WhatsApp.
    pub whatsapp: Arc<whatsapp::Whatsapp>,
    /// SMS.
    pub sms: Arc<sms::Sms>,
    /// Email.
    pub mail: Arc<mail::Mail>,
    /// Sealed files.
    pub storage: Arc<storage::Storage>,
}

impl Gateways {
    /// Clients for what the configuration names.
    pub fn new(config: &Config) -> Fallible<Self> {
        let http = http::client(config.environment)?;
        Ok(Self {
            collections: Arc::new(midtrans::Midtrans::new(http.clone(), config.midtrans.clone())),
            payouts: Arc::new(xendit::Xendit::new(http.clone(), config.xendit.clone())),
            account_names: config
                .midtrans
                .iris
                .clone()
                .map(|iris| Arc::new(iris::Iris::new(http.clone(), iris)) as _),
            whatsapp: Arc::new(whatsapp::Whatsapp::new(http.clone(), config.whatsapp.clone())),
            sms: Arc::new(sms::Sms::new(http, config.sms.clone())),
            mail: Arc::new(mail::Mail::new(&config.mail)?),
            storage: Arc::new(storage::Storage::new(&config.storage)?),
        })
    }
}
