//! What handlers take: a JSON body without surprises, the caller behind a bearer token, an idempotency key.

use super::problem::Problem;
use crate::{middleware::identify::origin, state::AppState};
use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{header, request::Parts},
};
use domain::{Actor, Error, Fault, auth::Secret};
use serde::de::DeserializeOwned;

/// A JSON body. Unknown, missing and mistyped members are named.
pub struct Input<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, Problem> {
        let json = request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
            kind.to_str().is_ok_and(|kind| {
                kind.split(';')
                    .next()
                    .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
            })
        });
        if !json {
            return Err(Problem::new(
                415,
                "unsupported_media_type",
                "Kirim isi sebagai application/json.",
                Vec::new(),
            ));
        }
        let body = to_bytes(request.into_body(), super::MAX_JSON)
            .await
            .map_err(|_| Problem::new(413, "too_large", "Isi terlalu besar.", Vec::new()))?;
        let not_json = || Problem::malformed("malformed", "Isi bukan JSON yang benar.", Vec::new());
        let mut reader = serde_json::Deserializer::from_slice(&body);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            let message = error.inner().to_string();
            if error.inner().is_syntax() || error.inner().is_eof() {
                return not_json();
            }
            // serde names a member that is missing, unknown or there twice between backticks.
            let kinds = [
                ("missing field", "required", "Wajib diisi."),
                ("unknown field", "unknown", "Tidak dikenal."),
                ("duplicate field", "duplicate", "Ditulis dua kali."),
            ];
            let named = kinds.into_iter().find(|(start, ..)| message.starts_with(start));
            let (field, code, words) = match (named, message.split('`').nth(1)) {
                (Some((_, code, words)), Some(name)) => (name.to_owned(), code, words),
                _ => (
                    path.trim_start_matches('.').to_owned(),
                    "invalid",
                    "Jenis atau nilainya tidak sesuai.",
                ),
            };
            Problem::malformed(
                "malformed",
                "Isi tidak sesuai dengan yang diminta.",
                vec![Fault::new(&field, code, words)],
            )
        })?;
        reader.end().map_err(|_| not_json())?;
        Ok(Self(value))
    }
}

/// The borrower behind the bearer token.
pub struct Caller(pub Actor);

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(Error::Unauthenticated)?;
        let session = state.backend.auth.bearer(token).await?;
        state
            .services
            .core
            .limits
            .check("read_api", &session.user_id.to_string())
            .await?;
        Ok(Self(Actor::signed_in(session, origin_of(parts, state))))
    }
}

/// Anyone, from where.
pub struct Anyone(pub Actor);

impl FromRequestParts<AppState> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        Ok(Self(Actor::anonymous(origin_of(parts, state))))
    }
}

fn origin_of(parts: &Parts, state: &AppState) -> domain::Origin {
    origin(state, &Request::from_parts(parts.clone(), Body::empty()))
}

/// The `Idempotency-Key` of an operation that moves money or state: 16 to 128 visible ASCII characters.
pub struct Key(pub String);

impl FromRequestParts<AppState> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            let words = "Sertakan header Idempotency-Key, 16 sampai 128 huruf.";
            return Err(Problem::malformed("idempotency_key_required", words, Vec::new()));
        };
        match value.to_str() {
            Ok(key) if (16..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Ok(Self(key.to_owned()))
            }
            _ => Err(Problem::malformed(
                "idempotency_key_invalid",
                "Idempotency-Key harus 16 sampai 128 huruf ASCII yang terlihat.",
                Vec::new(),
            )),
        }
    }
}

/// An id in a path; one that does not parse is as absent as one that is not there.
pub fn id<T: std::str::FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::from(Error::NotFound))
}

/// A secret member of a body.
pub fn secret(text: &str) -> Secret {
    Secret::new(text)
}
