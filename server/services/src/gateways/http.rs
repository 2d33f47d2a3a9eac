//! The one HTTP client for third parties, with the limits of security.md R42, and how its failures are read.

use super::GatewayError;
use crate::failure::{Failure, Fallible};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Largest answer that is read, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// A client: rustls, connect 2 s, total 10 s, no redirects.
pub fn client() -> Fallible<reqwest::Client> {
    // The process may have installed the provider already; one is enough.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent("Sanggup/1")
        .build()
        .map_err(Failure::broken)
}

/// An answer, read in full within the size limit.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds, when given.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON, unknown members ignored.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, GatewayError> {
        serde_json::from_slice(&self.body).map_err(|error| GatewayError::Protocol {
            message: error.to_string(),
        })
    }
}

/// Sends `request`. Whatever keeps us from a whole answer is `InDoubt`: the caller asks before it sends again.
pub async fn send(vendor: &'static str, request: reqwest::RequestBuilder) -> Result<Answer, GatewayError> {
    let mut response = request.send().await.map_err(|error| {
        metrics::counter!("gateway_failures", "vendor" => vendor).increment(1);
        GatewayError::InDoubt {
            message: format!("{vendor} did not answer: {error}"),
        }
    })?;
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get(reqwest::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| GatewayError::InDoubt {
        message: format!("{vendor} broke off: {error}"),
    })? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(GatewayError::Protocol {
                message: format!("{vendor} answered more than {MAX_ANSWER} bytes"),
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        retry_after,
        body,
    })
}
