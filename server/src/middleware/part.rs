//! Serving one half alone: staff pages on their own host, or everything but them. What is not served is not there.

use super::identify::kind_of;
use crate::state::AppState;
use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::auth::SessionKind;

/// What both halves need: built files, health, reports of the content policy.
const SHARED: [&str; 5] = ["/pkg/", "/icons/", "/fonts/", "/health/", "/csp-report"];

/// Answers 404 for the half that this process does not serve.
pub async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if serves(state.only, request.uri().path()) {
        next.run(request).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

fn serves(only: Option<SessionKind>, path: &str) -> bool {
    only.is_none_or(|only| only == kind_of(path) || SHARED.iter().any(|shared| path.starts_with(shared)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_half_has_its_paths_and_the_shared_ones() {
        let cases = [
            ("/petugas", true, false),
            ("/_fn/petugas/decide", true, false),
            ("/beranda", false, true),
            ("/api/loans", false, true),
            ("/webhooks/midtrans", false, true),
            ("/pkg/main.css", true, true),
            ("/health/ready", true, true),
        ];
        for (path, staff, borrowers) in cases {
            assert_eq!(serves(Some(SessionKind::Staff), path), staff, "{path}");
            assert_eq!(serves(Some(SessionKind::Borrower), path), borrowers, "{path}");
            assert!(serves(None, path), "{path}");
        }
    }
}
