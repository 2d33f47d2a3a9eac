//! Sealed files in any S3 (integrations.md 4): path style, a bucket that exists.
//!
//! Enters: keys of our own making and sealed bytes. Leaves: the same bytes. The store never sees what they hold;
//! nothing here is ever given an address that a browser could open.

use super::GatewayError;
use crate::{
    config::StorageConfig,
    failure::{Failure, Fallible},
};
use s3::{Bucket, Region, creds::Credentials, error::S3Error};
use std::time::Duration;

/// For one call; a sealed paper is about half a megabyte.
const TIMEOUT: Duration = Duration::from_secs(10);

/// One bucket.
pub struct Storage {
    bucket: Box<Bucket>,
}

impl Storage {
    /// A client for what the configuration names; asks nothing yet.
    pub fn new(config: &StorageConfig) -> Fallible<Self> {
        // The process may have installed the provider already; one is enough.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let region = Region::Custom {
            region: config.region.clone(),
            endpoint: config.endpoint.clone(),
        };
        let (access, secret) = (config.access_key.expose(), config.secret_key.expose());
        let credentials = Credentials::new(Some(access), Some(secret), None, None, None).map_err(Failure::broken)?;
        let mut bucket = Bucket::new(&config.bucket, region, credentials)
            .map_err(Failure::broken)?
            .with_path_style();
        bucket.set_request_timeout(Some(TIMEOUT));
        Ok(Self { bucket })
    }

    /// Writes an object. A key is written once: every caller makes a new one.
    pub async fn put(&self, key: &str, sealed: &[u8]) -> Result<(), GatewayError> {
        self.bucket
            .put_object_with_content_type(path(key)?, sealed, "application/octet-stream")
            .await
            .map(drop)
            .map_err(classify)
    }

    /// Reads an object; none when there is no such key.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, GatewayError> {
        match self.bucket.get_object(path(key)?).await {
            Ok(found) => Ok(Some(found.to_vec())),
            Err(S3Error::HttpFailWithBody(404, _)) => Ok(None),
            Err(error) => Err(classify(error)),
        }
    }

    /// The keys below a folder, which ends in `/`.
    pub async fn list(&self, folder: &str) -> Result<Vec<String>, GatewayError> {
        path(folder)?;
        let pages = self.bucket.list(folder.to_owned(), None).await.map_err(classify)?;
        let objects = pages.into_iter().flat_map(|page| page.contents);
        Ok(objects.map(|object| object.key).collect())
    }

    /// Removes an object; fine when there is none.
    pub async fn delete(&self, key: &str) -> Result<(), GatewayError> {
        match self.bucket.delete_object(path(key)?).await {
            Ok(_) | Err(S3Error::HttpFailWithBody(404, _)) => Ok(()),
            Err(error) => Err(classify(error)),
        }
    }
}

/// Keys are of `a-z 0-9 / - .` only: other signs are spelled differently by different servers.
fn path(key: &str) -> Result<String, GatewayError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'/' | b'-' | b'.');
    if key.is_empty() || !key.bytes().all(plain) || key.contains("..") || key.starts_with('/') {
        return Err(GatewayError::Protocol {
            message: format!("{key:?} is not a key"),
        });
    }
    Ok(format!("/{key}"))
}

fn classify(error: S3Error) -> GatewayError {
    metrics::counter!("gateway_failures", "vendor" => "storage").increment(1);
    match error {
        S3Error::HttpFailWithBody(401 | 403, body) => GatewayError::Auth { message: body },
        S3Error::HttpFailWithBody(429 | 503, _) => GatewayError::RateLimited { retry_after: None },
        S3Error::HttpFailWithBody(http @ 500.., message) => GatewayError::InDoubt {
            message: format!("HTTP {http}: {message}"),
        },
        S3Error::HttpFailWithBody(http, message) => GatewayError::Rejected {
            code: http.to_string(),
            message,
            http,
        },
        error => GatewayError::InDoubt {
            message: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_cannot_leave_the_bucket() {
        assert_eq!(path("papers/0190-ab.sealed"), Ok("/papers/0190-ab.sealed".into()));
        for key in [
            "",
            "/papers/a",
            "papers/../a",
            "papers/a b",
            "papers/a+b",
            "Papers/a",
            "papers?a",
            "papers%2fa",
        ] {
            assert!(path(key).is_err(), "{key:?}");
        }
    }

    #[test]
    fn a_refused_signature_is_for_an_operator_and_an_outage_passes() {
        assert!(matches!(
            classify(S3Error::HttpFailWithBody(403, "SignatureDoesNotMatch".into())),
            GatewayError::Auth { .. }
        ));
        assert!(classify(S3Error::HttpFailWithBody(500, String::new())).is_passing());
        assert!(classify(S3Error::HttpFailWithBody(503, String::new())).is_passing());
        assert!(!classify(S3Error::HttpFailWithBody(400, String::new())).is_passing());
    }
}
