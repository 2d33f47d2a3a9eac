//! The cookies we set, each with its exact attributes (security.md R15), and how they are read.

use axum::http::{HeaderMap, HeaderValue, header};
use domain::auth::{Secret, SessionKind};

/// A flash message, sealed; read once.
pub const FLASH: &str = "__Host-flash";
/// What was typed into a form that first needs its person to sign in or to confirm, sealed; half an hour.
pub const DRAFT: &str = "__Host-draft";
/// The secret of a known device; one year.
pub const DEVICE: &str = "__Host-device";
/// Chosen theme; not secret, readable by the theme script.
pub const THEME: &str = "theme";

/// The session cookie of a kind.
pub const fn session_name(kind: SessionKind) -> &'static str {
    match kind {
        SessionKind::Borrower => "__Host-sid",
        SessionKind::Staff => "__Host-asid",
    }
}

/// The value of cookie `name`; none when it is absent or sent twice (a cookie tossed in from elsewhere).
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    match (found.next(), found.next()) {
        (Some(value), None) if !value.is_empty() => Some(value),
        _ => None,
    }
}

/// Sets the session cookie; it ends with the browser session, the server ends it earlier.
pub fn session(kind: SessionKind, token: &Secret) -> HeaderValue {
    let same_site = match kind {
        SessionKind::Borrower => "Lax",
        SessionKind::Staff => "Strict",
    };
    line(&format!(
        "{}={}; Path=/; Secure; HttpOnly; SameSite={same_site}",
        session_name(kind),
        token.expose()
    ))
}

/// Sets a host-bound, http-only cookie for `seconds`; 0 deletes it.
pub fn hidden(name: &str, value: &str, seconds: u32) -> HeaderValue {
    line(&format!(
        "{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}"
    ))
}

/// Sets a cookie that scripts may read, for `seconds`; 0 deletes it.
pub fn plain(name: &str, value: &str, seconds: u32) -> HeaderValue {
    line(&format!(
        "{name}={value}; Path=/; Secure; SameSite=Lax; Max-Age={seconds}"
    ))
}

fn line(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("our cookies hold base64url and digits only")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_sent_twice_is_no_cookie() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=1; __Host-sid=x; b=2"));
        assert_eq!(read(&headers, "__Host-sid"), Some("x"));
        headers.append(header::COOKIE, HeaderValue::from_static("__Host-sid=y"));
        assert_eq!(read(&headers, "__Host-sid"), None);
        assert_eq!(read(&headers, "sid"), None);
    }
}
