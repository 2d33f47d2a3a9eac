//! Where an unsafe request of a browser comes from: only our own pages (security.md R20, first half; the second, a
//! token bound to the session, is checked where the body is read).
//!
//! Stricter than the common scheme: a request without both headers is let through only when it carries no cookie.

use crate::state::AppState;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Refuses unsafe requests of other origins. The API and webhooks are mounted outside this layer.
pub async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_ours(request.headers(), &state.config.public_origin) {
        next.run(request).await
    } else {
        metrics::counter!("cross_origin_refused").increment(1);
        (
            StatusCode::FORBIDDEN,
            "Permintaan ini tidak datang dari halaman Sanggup.",
        )
            .into_response()
    }
}

fn is_ours(headers: &HeaderMap, public_origin: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => origin == public_origin,
        (None, None) => !headers.contains_key(header::COOKIE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_our_own_pages_may_post() {
        let cases: [(&[(&str, &str)], bool); 8] = [
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (
                &[("sec-fetch-site", "cross-site"), ("origin", "https://sanggup.test")],
                false,
            ),
            (&[("origin", "https://sanggup.test")], true),
            (&[("origin", "null")], false),
            (&[], true),
            (&[("cookie", "a=1")], false),
        ];
        for (pairs, expected) in cases {
            let headers: HeaderMap = pairs
                .iter()
                .map(|(name, value)| {
                    (
                        name.parse().expect("name"),
                        HeaderValue::from_str(value).expect("value"),
                    )
                })
                .collect();
            assert_eq!(is_ours(&headers, "https://sanggup.test"), expected, "{pairs:?}");
        }
    }
}
