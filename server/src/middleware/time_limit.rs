//! Ends a request that takes too long (security.md R4).

use crate::listen::Timing;
use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use std::time::Duration;

/// 503 when there is no answer in time; what was begun is rolled back.
pub async fn check(State(timing): State<Timing>, request: Request, next: Next) -> Response {
    let limit = limit_of(request.uri().path(), timing);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// A photo of 4 MB needs three quarters of a minute on a slow line; where no script makes it small, 30 seconds would
/// shut such a person out for good.
fn limit_of(path: &str, timing: Timing) -> Duration {
    if path.starts_with("/_fn/upload/") || path == "/api/documents/upload" {
        timing.upload
    } else {
        timing.request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_photos_have_longer() {
        let timing = Timing::default();
        for (path, seconds) in [
            ("/_fn/upload/ktp", 120),
            ("/api/documents/upload", 120),
            ("/api/documents", 30),
            ("/_fn/apply", 30),
            ("/beranda", 30),
        ] {
            assert_eq!(limit_of(path, timing), Duration::from_secs(seconds), "{path}");
        }
    }
}
