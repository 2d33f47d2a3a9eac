//! Access tokens: JWT with EdDSA and nothing else (R17). The header is exactly `alg`, `typ` and `kid`; a token that
//! names its own key (`jwk`, `jku`, `x5u`…), another algorithm or more than 2 KiB is refused before any key is used.

use super::{Key, base64url, from_base64url};
use crate::failure::{Failure, Fallible};
use domain::auth::Secret;
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 2048;

/// What an access token says. Times are Unix seconds. No personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessClaims {
    /// The public origin.
    pub iss: String,
    /// The REST API.
    pub aud: String,
    /// The account's record number.
    pub sub: Uuid,
    /// The session's record number.
    pub sid: Uuid,
    /// This token.
    pub jti: Uuid,
    /// Issued.
    pub iat: i64,
    /// Ends.
    pub exp: i64,
    /// How the person was authenticated.
    pub acr: String,
    /// Version of these claims.
    pub ver: u8,
}

/// The text is not an access token of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an access token")]
pub struct TokenError;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// Signs `claims` with the seed named `kid`.
pub(super) fn sign(kid: &str, seed: &Key, claims: &AccessClaims) -> Fallible<Secret> {
    let header = Header {
        alg: "EdDSA".into(),
        typ: "at+jwt".into(),
        kid: kid.into(),
    };
    let header = base64url(&serde_json::to_vec(&header).map_err(Failure::broken)?);
    let claims = base64url(&serde_json::to_vec(claims).map_err(Failure::broken)?);
    let signed = format!("{header}.{claims}");
    let signature = SigningKey::from_bytes(seed).sign(signed.as_bytes());
    Ok(Secret::new(format!("{signed}.{}", base64url(&signature.to_bytes()))))
}

/// The signature of any text, in base64url.
pub(super) fn sign_text(seed: &Key, text: &str) -> String {
    base64url(&SigningKey::from_bytes(seed).sign(text.as_bytes()).to_bytes())
}

/// Whether `signature` is that of [`sign_text`].
pub(super) fn is_signature(seed: &Key, text: &str, signature: &str) -> bool {
    let signature = from_base64url(signature).and_then(|bytes| Signature::from_slice(&bytes).ok());
    let key = SigningKey::from_bytes(seed).verifying_key();
    signature.is_some_and(|signature| key.verify_strict(text.as_bytes(), &signature).is_ok())
}

/// The claims of a token with a right signature; `seed` finds a key by its name.
pub(super) fn open<'k>(seed: &dyn Fn(&str) -> Option<&'k Key>, token: &str) -> Result<AccessClaims, TokenError> {
    open_parts(seed, token).ok_or(TokenError)
}

fn open_parts<'k>(seed: &dyn Fn(&str) -> Option<&'k Key>, token: &str) -> Option<AccessClaims> {
    if token.len() > MAX_TOKEN {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.').filter(|(_, claims)| !claims.contains('.'))?;
    let header: Header = serde_json::from_slice(&from_base64url(header)?).ok()?;
    if header.alg != "EdDSA" || header.typ != "at+jwt" {
        return None;
    }
    let key = SigningKey::from_bytes(seed(&header.kid)?).verifying_key();
    let signature: [u8; 64] = from_base64url(signature)?.try_into().ok()?;
    key.verify_strict(signed.as_bytes(), &Signature::from_bytes(&signature))
        .ok()?;
    serde_json::from_slice(&from_base64url(claims)?).ok()
}
