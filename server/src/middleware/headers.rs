//! The headers of every response (security.md 4.4). HTML pages bring their own policy with a nonce.

use crate::state::AppState;
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

const ALWAYS: [(&str, &str); 8] = [
    (
        "strict-transport-security",
        "max-age=63072000; includeSubDomains; preload",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)",
    ),
];

/// For everything that is not a page.
const CLOSED: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/// The policy of a page. `secure`: served over https, so that plain requests may be lifted to it.
pub fn page_policy(nonce: &str, secure: bool) -> String {
    let upgrade = if secure { " upgrade-insecure-requests;" } else { "" };
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; script-src-attr 'none'; \
         style-src 'self' 'nonce-{nonce}'; style-src-attr 'none'; img-src 'self' blob:; font-src 'self'; \
         connect-src 'self'; manifest-src 'self'; worker-src 'self'; media-src 'none'; object-src 'none'; \
         frame-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; \
         require-trusted-types-for 'script'; trusted-types default;{upgrade} report-to csp; report-uri /csp-report"
    )
}

/// Adds what is missing to every response.
pub async fn add(State(_): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(CLOSED));
    headers.insert(
        HeaderName::from_static("reporting-endpoints"),
        HeaderValue::from_static("csp=\"/csp-report\""),
    );
    response
}
