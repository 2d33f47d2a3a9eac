//! Plain forms: `POST /_fn/<name>` runs a server function and answers with a redirect, always: on to the next page,
//! or back to the form with what was typed and what was wrong, sealed in a cookie that is read once.

use crate::{
    cookies,
    middleware::{
        guard::see_other,
        identify::{Incoming, kind_of},
    },
    pages::visit_of,
    state::AppState,
};
use app::{
    api::auth::encode,
    visit::{self, Flash, Reply, local_path},
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::BytesMut;
use domain::{Error, auth::SessionKind};
use futures::StreamExt as _;
use std::collections::BTreeMap;
use subtle::ConstantTimeEq as _;

/// Largest form, in bytes.
const MAX_FORM: usize = 64 * 1024;
/// Most that is read of a body beyond what is kept, in bytes.
const MAX_THROWN: usize = 64 * 1024 * 1024;
/// Largest sealed flash that a browser keeps in a cookie.
const MAX_FLASH: usize = 3_000;
/// Never sent back to a page.
const NEVER_KEPT: [&str; 6] = ["password", "code", "csrf", "key", "page", "disclosure_hash"];

/// Runs the server function of the path.
pub async fn submit(
    State(state): State<AppState>,
    Extension(incoming): Extension<Incoming>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let is_form = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !is_form {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let (body, complete) = read_up_to(body, MAX_FORM).await;
    if !complete {
        let reply = Reply {
            error: Some(Error::fault(
                "",
                "too_large",
                "Isian terlalu panjang. Ringkas lalu kirim lagi.",
            )),
            ..Reply::default()
        };
        let page = page_before(&parts.headers, &state.config.public_origin).unwrap_or_else(|| "/".into());
        return finish(&state, &incoming, parts.uri.path(), reply, &page, BTreeMap::new());
    }
    let values: BTreeMap<String, String> = serde_urlencoded::from_bytes::<Vec<(String, String)>>(&body)
        .unwrap_or_default()
        .into_iter()
        .collect();
    let page = values
        .get("page")
        .and_then(|page| local_path(page))
        .unwrap_or_else(|| "/".into());
    let action = parts.uri.path().to_owned();
    if !csrf_is_right(&state, &incoming, values.get("csrf")) {
        return finish(
            &state,
            &incoming,
            &action,
            Reply {
                error: Some(session_changed(&incoming)),
                ..Reply::default()
            },
            &page,
            values,
        );
    }
    let visit = visit_of(&state, &parts, &incoming);
    let slot = visit.reply.clone();
    let request = Request::from_parts(parts, Body::from(body));
    let answer = leptos_axum::handle_server_fns_with_context(move || visit::provide(visit.clone()), request)
        .await
        .into_response();
    if answer.status() == StatusCode::NOT_FOUND || answer.status() == StatusCode::BAD_REQUEST {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut reply = std::mem::take(&mut *slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    if answer.status().is_server_error() && reply.error.is_none() {
        tracing::error!(action, "a form could not be read");
        reply.error = Some(Error::fault("", "form", "Isian tidak terbaca. Coba kirim sekali lagi."));
    }
    finish(&state, &incoming, &action, reply, &page, values)
}

/// A body's first `limit` bytes, and whether that is all of it. More is read and thrown away, up to a bound: a
/// browser looks at the answer only when it has sent everything, and shows a broken connection otherwise.
pub async fn read_up_to(body: Body, limit: usize) -> (Bytes, bool) {
    let (mut kept, mut thrown) = (BytesMut::new(), 0);
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let Ok(chunk) = chunk else {
            return (kept.freeze(), false);
        };
        let fits = chunk.len().min(limit - kept.len());
        kept.extend_from_slice(&chunk[..fits]);
        thrown += chunk.len() - fits;
        if thrown > MAX_THROWN {
            break;
        }
    }
    (kept.freeze(), thrown == 0)
}

/// The page of ours that a form was on, as the browser tells it (`Referrer-Policy: same-origin`).
pub fn page_before(headers: &HeaderMap, public_origin: &str) -> Option<String> {
    let address = headers.get(header::REFERER)?.to_str().ok()?;
    local_path(address.strip_prefix(public_origin)?)
}

/// The token of a form against the session; without a session there is nothing to protect (the origin was checked).
pub fn csrf_is_right(state: &AppState, incoming: &Incoming, token: Option<&String>) -> bool {
    match incoming.actor.session() {
        None => true,
        Some(session) => {
            let right = state.services.core.vault.csrf(session.id);
            token.is_some_and(|token| bool::from(token.as_bytes().ct_eq(right.as_bytes())))
        }
    }
}

/// A form without the right token comes from a page of an older session.
fn session_changed(incoming: &Incoming) -> Error {
    match incoming.actor.session() {
        Some(_) => Error::fault("", "csrf", "Halaman ini sudah lama terbuka. Kirim sekali lagi."),
        None => Error::Unauthenticated,
    }
}

/// Turns a reply into the redirect, with its cookies.
pub fn finish(
    state: &AppState,
    incoming: &Incoming,
    action: &str,
    reply: Reply,
    page: &str,
    values: BTreeMap<String, String>,
) -> Response {
    let kind = kind_of(action);
    let mut draft = None;
    if let Some(error) = &reply.error {
        metrics::counter!("requests_refused", "by" => "form", "code" => error.code()).increment(1);
    }
    let (to, flash) = match reply.error {
        None if reply.keep.is_some() => {
            let flash = Flash {
                path: path_of(page),
                action: reply.keep.unwrap_or_default().to_owned(),
                values: kept(values),
                error: None,
                notice: None,
                owner: None,
            };
            (page.to_owned(), Some(flash))
        }
        None => {
            let to = reply.to.unwrap_or_else(|| page.to_owned());
            let flash = reply.notice.map(|notice| Flash {
                path: path_of(&to),
                action: String::new(),
                values: BTreeMap::new(),
                error: None,
                notice: Some(notice),
                owner: None,
            });
            (to, flash)
        }
        // Staff prove who they are by signing in once more; borrowers have a page for it. What was typed waits.
        Some(error @ (Error::Unauthenticated | Error::StepUpNeeded)) => {
            draft = draft_of(state, incoming, action, page, values);
            let to = match (kind, error) {
                (SessionKind::Staff, _) => "/petugas/masuk?",
                (SessionKind::Borrower, Error::StepUpNeeded) => "/akun/konfirmasi?",
                (SessionKind::Borrower, _) if incoming.session_lost => "/masuk?habis=1&",
                (SessionKind::Borrower, _) => "/masuk?",
            };
            (format!("{to}lanjut={}", encode(page)), None)
        }
        Some(error) => {
            let flash = Flash {
                path: path_of(page),
                action: action.to_owned(),
                values: kept(values),
                error: Some(error),
                notice: None,
                owner: None,
            };
            (page.to_owned(), Some(flash))
        }
    };
    let mut response = see_other(&to);
    let headers = response.headers_mut();
    if let Some(flash) = flash.and_then(|flash| seal_flash(state, flash)) {
        headers.append(header::SET_COOKIE, cookies::hidden(cookies::FLASH, &flash, 120));
    } else if incoming.had_flash {
        headers.append(header::SET_COOKIE, cookies::hidden(cookies::FLASH, "", 0));
    }
    if let Some(draft) = draft {
        headers.append(header::SET_COOKIE, cookies::hidden(cookies::DRAFT, &draft, 1_800));
    }
    if let Some(session) = &reply.session {
        headers.append(header::SET_COOKIE, cookies::session(kind, &session.token));
        if let Some(device) = &session.device_token {
            headers.append(
                header::SET_COOKIE,
                cookies::hidden(cookies::DEVICE, device.expose(), 31_536_000),
            );
        }
    }
    if let Some(theme) = reply.theme {
        let cookie = match theme {
            Some(theme) => cookies::plain(cookies::THEME, theme.word(), 31_536_000),
            None => cookies::plain(cookies::THEME, "", 0),
        };
        headers.append(header::SET_COOKIE, cookie);
    }
    if reply.signed_out {
        headers.append(header::SET_COOKIE, cookies::hidden(cookies::session_name(kind), "", 0));
        // Not "cookies": that would forget the device and the flash of the next page as well.
        headers.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    }
    response
}

/// What was typed, for the same person to find on the page again; nothing when nothing was, or nobody knows whose it is.
fn draft_of(
    state: &AppState,
    incoming: &Incoming,
    action: &str,
    page: &str,
    values: BTreeMap<String, String>,
) -> Option<String> {
    let (owner, values) = (incoming.owner?, kept(values));
    let typed = values.values().any(|value| !value.is_empty());
    let flash = typed.then(|| Flash {
        path: path_of(page),
        action: action.to_owned(),
        values,
        error: None,
        notice: Some("Isian Anda tersimpan. Periksa, lalu kirim lagi.".into()),
        owner: Some(owner),
    });
    seal_flash(state, flash?)
}

/// What may travel back to the page.
fn kept(values: BTreeMap<String, String>) -> BTreeMap<String, String> {
    values
        .into_iter()
        .filter(|(name, _)| !NEVER_KEPT.iter().any(|never| name.contains(never)))
        .collect()
}

fn path_of(address: &str) -> String {
    address.split(['?', '#']).next().unwrap_or(address).to_owned()
}

/// Sealed for the cookie. When it is too large the values go, never the message.
fn seal_flash(state: &AppState, mut flash: Flash) -> Option<String> {
    loop {
        let json = serde_json::to_vec(&flash).ok()?;
        let sealed = URL_SAFE_NO_PAD.encode(state.services.core.vault.seal_cookie("flash", &json));
        if sealed.len() <= MAX_FLASH {
            return Some(sealed);
        }
        if flash.values.is_empty() {
            return None;
        }
        let longest = flash
            .values
            .iter()
            .max_by_key(|(_, value)| value.len())
            .map(|(name, _)| name.clone())?;
        flash.values.remove(&longest);
    }
}
