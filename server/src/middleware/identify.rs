//! Who asks: reads the cookies once and leaves an [`Incoming`] for pages, forms and guards.

use super::apology;
use crate::{cookies, state::AppState};
use app::{shell::Theme, visit::Flash};
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Method, Uri},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Actor, Origin,
    auth::{Secret, SessionKind},
    id::UserId,
};
use std::net::SocketAddr;

/// What the cookies and the connection say about a request.
#[derive(Clone)]
pub struct Incoming {
    /// Who asks, from where.
    pub actor: Actor,
    /// What the form before left for this page.
    pub flash: Option<Flash>,
    /// A flash cookie came and must be deleted with the answer.
    pub had_flash: bool,
    /// A known device.
    pub device_token: Option<Secret>,
    /// Chosen theme.
    pub theme: Option<Theme>,
    /// A session cookie came that is not live (any more).
    pub session_lost: bool,
    /// Whose session it is or was, when a form is sent.
    pub owner: Option<UserId>,
    /// A draft came: its page shows it to its owner.
    pub draft_waits: bool,
}

/// Which kind of session a path belongs to; the two never mix.
pub fn kind_of(path: &str) -> SessionKind {
    let staff = ["/petugas", "/_fn/petugas"].iter().any(|root| {
        path.strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if staff {
        SessionKind::Staff
    } else {
        SessionKind::Borrower
    }
}

/// Finds out who asks. A session store that cannot answer is an error, never an anonymous visit.
pub async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let kind = kind_of(request.uri().path());
    let origin = origin(&state, &request);
    let token = cookies::read(request.headers(), cookies::session_name(kind)).map(Secret::new);
    let session = match &token {
        None => None,
        Some(token) => match state.backend.auth.session(token, kind).await {
            Ok(session) => session,
            Err(error) => return apology::answer(error),
        },
    };
    let session_lost = token.is_some() && session.is_none();
    let sent = request.method() == Method::POST;
    let owner = match (&session, &token) {
        (Some(session), _) => Some(session.user_id),
        (None, Some(token)) if sent => match state.backend.auth.owner_of(token, kind).await {
            Ok(owner) => owner,
            Err(error) => return apology::answer(error),
        },
        _ => None,
    };
    let sealed = cookies::read(request.headers(), cookies::FLASH);
    let draft = cookies::read(request.headers(), cookies::DRAFT);
    let flash = flash_for(&state, request.uri(), sealed, draft, owner);
    let incoming = Incoming {
        actor: match session {
            Some(session) => Actor::signed_in(session, origin),
            None => Actor::anonymous(origin),
        },
        flash,
        had_flash: sealed.is_some(),
        device_token: cookies::read(request.headers(), cookies::DEVICE).map(Secret::new),
        theme: cookies::read(request.headers(), cookies::THEME).and_then(Theme::parse),
        session_lost,
        owner,
        draft_waits: draft.is_some(),
    };
    request.extensions_mut().insert(incoming);
    next.run(request).await
}

/// Where a request comes from, for programs as well.
pub fn origin(state: &AppState, request: &Request) -> Origin {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(address)| address.ip().to_string());
    let headers = request.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    Origin {
        address: client_address(headers, peer.unwrap_or_default(), state.config.trusted_proxy_hops),
        device: device_name(text("user-agent")),
        trace_id: text("x-request-id").to_owned(),
    }
}

/// The client's address: the peer, or as many steps back in `X-Forwarded-For` as there are trusted proxies.
fn client_address(headers: &HeaderMap, peer: String, hops: usize) -> String {
    if hops == 0 {
        return peer;
    }
    let chain: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .collect();
    match chain.len().checked_sub(hops).and_then(|index| chain.get(index)) {
        Some(address) if address.parse::<std::net::IpAddr>().is_ok() => (*address).to_owned(),
        _ => peer,
    }
}

/// "Chrome di Android": enough for a person to know their own phone, too little to follow anybody.
fn device_name(user_agent: &str) -> String {
    let find = |pairs: &[(&str, &'static str)]| {
        pairs
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let browser = find(&[
        ("SamsungBrowser", "Samsung Internet"),
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} di {system}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => "Perangkat lain".to_owned(),
    }
}

/// The flash of the page, or else the draft that its reader left on it.
fn flash_for(
    state: &AppState,
    uri: &Uri,
    sealed: Option<&str>,
    draft: Option<&str>,
    owner: Option<UserId>,
) -> Option<Flash> {
    let open = |sealed| open_flash(state, sealed, uri);
    sealed.and_then(open).filter(|flash| flash.owner.is_none()).or_else(|| {
        draft
            .and_then(open)
            .filter(|draft| owner.is_some() && draft.owner == owner)
    })
}

fn open_flash(state: &AppState, sealed: &str, uri: &Uri) -> Option<Flash> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let json = state.services.core.vault.open_cookie("flash", &bytes).ok()?;
    let flash: Flash = serde_json::from_slice(&json).ok()?;
    (flash.path == uri.path()).then_some(flash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_paths_have_the_staff_session() {
        assert_eq!(kind_of("/petugas"), SessionKind::Staff);
        assert_eq!(kind_of("/_fn/petugas/decide"), SessionKind::Staff);
        assert_eq!(kind_of("/petugas-palsu"), SessionKind::Borrower);
        assert_eq!(kind_of("/beranda"), SessionKind::Borrower);
    }

    #[test]
    fn forwarded_addresses_count_only_behind_trusted_proxies() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "6.6.6.6, 1.2.3.4".parse().expect("value"));
        assert_eq!(client_address(&headers, "9.9.9.9".into(), 0), "9.9.9.9");
        assert_eq!(client_address(&headers, "9.9.9.9".into(), 1), "1.2.3.4");
        assert_eq!(client_address(&headers, "9.9.9.9".into(), 3), "9.9.9.9");
    }

    #[test]
    fn devices_have_names_people_know() {
        let phone = "Mozilla/5.0 (Linux; Android 13; SM-A045F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Mobile Safari/537.36";
        assert_eq!(device_name(phone), "Chrome di Android");
        assert_eq!(device_name(""), "Perangkat lain");
    }
}
