//! Midtrans payouts, account validation only: the name under which a bank has an account, before money goes there. A line
//! of its own: while it hangs, borrowers can still pay.

use super::{GatewayError, http::Line, payouts::AccountNames};
use crate::config::IrisConfig;
use async_trait::async_trait;
use serde::Deserialize;

/// The client.
#[derive(Debug)]
pub struct Iris {
    http: Line,
    config: IrisConfig,
}

impl Iris {
    /// A client for what the configuration names.
    pub fn new(http: reqwest::Client, config: IrisConfig) -> Self {
        Self {
            http: Line::new("midtrans-iris", http),
            config,
        }
    }
}

#[async_trait]
impl AccountNames for Iris {
    async fn holder(&self, bank: &str, number: &str) -> Result<Option<String>, GatewayError> {
        #[derive(Deserialize)]
        struct Holder {
            account_name: String,
        }
        // Both come from our own lists and checks; nothing else may reach an address.
        let bank = bank.to_ascii_lowercase();
        if !bank.bytes().all(|byte| byte.is_ascii_alphanumeric()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(None);
        }
        let address = format!(
            "{}/account_validation?bank={bank}&account={number}",
            self.config.base_url
        );
        let request = self
            .http
            .get(address)
            .basic_auth(self.config.api_key.expose(), Some(""))
            .header(reqwest::header::ACCEPT, "application/json");
        let answer = self.http.send(request).await?;
        match answer.status {
            200 => Ok(Some(answer.json::<Holder>()?.account_name)),
            400 | 404 => Ok(None),
            401 | 403 => Err(GatewayError::Auth {
                message: "midtrans: account validation".into(),
            }),
            429 => Err(GatewayError::RateLimited {
                retry_after: answer.retry_after,
            }),
            status => Err(GatewayError::InDoubt {
                message: format!("midtrans: account validation: HTTP {status}"),
            }),
        }
    }
}
