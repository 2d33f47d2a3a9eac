//! The four calls of the passkey module: JSON in and out, from our own pages only; what is wrong is a problem as in
//! the API. A passkey needs a script anyway; everything else on those pages works without.

use crate::{
    cookies,
    forms::csrf_is_right,
    middleware::identify::Incoming,
    rest::{Input, Problem},
    state::AppState,
};
use app::visit::local_path;
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    Error,
    auth::{PasskeyCeremony, SessionKind},
    id::CeremonyId,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// The browser's answer to a ceremony.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finish {
    ceremony: CeremonyId,
    credential: Value,
    #[serde(default)]
    next: String,
}

/// Options for making a passkey.
pub async fn start_registration(
    State(state): State<AppState>,
    Extension(incoming): Extension<Incoming>,
    headers: HeaderMap,
) -> Response {
    if !token_is_right(&state, &incoming, &headers) {
        return problem(Error::Forbidden);
    }
    options(state.backend.auth.start_passkey_registration(&incoming.actor).await)
}

/// Keeps the passkey that was made.
pub async fn finish_registration(
    State(state): State<AppState>,
    Extension(incoming): Extension<Incoming>,
    headers: HeaderMap,
    Input(finish): Input<Finish>,
) -> Response {
    if !token_is_right(&state, &incoming, &headers) {
        return problem(Error::Forbidden);
    }
    match state
        .backend
        .auth
        .finish_passkey_registration(&incoming.actor, finish.ceremony, &finish.credential.to_string())
        .await
    {
        Ok(_) => Json(json!({ "message": "Kunci sandi dibuat. Lain kali cukup sidik jari." })).into_response(),
        Err(error) => problem(error),
    }
}

/// Options for a username-less sign-in.
pub async fn start_sign_in(State(state): State<AppState>, Extension(incoming): Extension<Incoming>) -> Response {
    options(state.backend.auth.start_passkey_sign_in(&incoming.actor).await)
}

/// Signs in and says where to go on.
pub async fn finish_sign_in(
    State(state): State<AppState>,
    Extension(incoming): Extension<Incoming>,
    Input(finish): Input<Finish>,
) -> Response {
    match state
        .backend
        .auth
        .finish_passkey_sign_in(&incoming.actor, finish.ceremony, &finish.credential.to_string())
        .await
    {
        Ok(session) => {
            let next = local_path(&finish.next).unwrap_or_else(|| "/beranda".into());
            let mut response = Json(json!({ "next": next })).into_response();
            response.headers_mut().append(
                header::SET_COOKIE,
                cookies::session(SessionKind::Borrower, &session.token),
            );
            if let Some(device) = &session.device_token {
                response.headers_mut().append(
                    header::SET_COOKIE,
                    cookies::hidden(cookies::DEVICE, device.expose(), 31_536_000),
                );
            }
            response
        }
        Err(error) => problem(error),
    }
}

fn token_is_right(state: &AppState, incoming: &Incoming, headers: &HeaderMap) -> bool {
    let token = headers
        .get("x-csrf")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    csrf_is_right(state, incoming, token.as_ref())
}

fn options(ceremony: domain::Result<PasskeyCeremony>) -> Response {
    match ceremony {
        Ok(ceremony) => match serde_json::from_str::<Value>(&ceremony.options) {
            Ok(options) => Json(json!({ "ceremony": ceremony.id, "options": options })).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
        Err(error) => problem(error),
    }
}

fn problem(error: Error) -> Response {
    Problem::from(error).into_response()
}
