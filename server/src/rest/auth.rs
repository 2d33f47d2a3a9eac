//! Accounts and tokens for programs.

use super::{
    extract::{Anyone, Caller, Input, id, secret},
    problem::Problem,
};
use crate::state::AppState;
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    Actor, Error, Fault,
    auth::{Challenge, ConsentGiven, NewSession, RegistrationForm, SignIn},
    calendar::parse_date,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterBody {
    /// As on the KTP.
    full_name: String,
    /// Sixteen digits.
    nik: String,
    /// WhatsApp number.
    phone: String,
    /// Email address.
    email: String,
    /// 10 to 128 characters.
    #[schema(format = "password")]
    password: String,
    /// When it cannot be read from the NIK.
    #[schema(format = "date")]
    birth_date: Option<String>,
    /// `terms` and `privacy` are needed.
    consents: Vec<ConsentBody>,
}

/// A consent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentBody {
    /// `terms`, `privacy`, `identity_check`, `marketing`.
    purpose: String,
    /// Version of the text that was shown.
    version: String,
}

/// A code on its way.
#[derive(Serialize, ToSchema)]
pub struct ChallengeAnswer {
    /// For the verify call.
    challenge_id: String,
    /// Seconds.
    expires_in: i64,
    /// `whatsapp` or `sms`.
    channel: &'static str,
}

/// A code that was received.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyBody {
    /// From the call before.
    challenge_id: String,
    /// Six digits.
    code: String,
}

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    /// Email or phone number.
    identifier: String,
    /// The password.
    #[schema(format = "password")]
    password: String,
    /// From an earlier sign-in on this device.
    device_token: Option<String>,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshBody {
    /// Single use.
    refresh_token: String,
}

/// Tokens.
#[derive(Serialize, ToSchema)]
pub struct TokensAnswer {
    /// JWT for the `Authorization` header.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds.
    expires_in: u32,
    /// For the refresh call.
    refresh_token: String,
    /// For the next sign-in on this device.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<String>,
}

/// Starts an account; the same answer whether or not it exists.
#[utoipa::path(post, path = "/api/auth/register", operation_id = "auth_register", request_body = RegisterBody,
    responses((status = 202, body = ChallengeAnswer), (status = 400, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn register(
    State(state): State<AppState>,
    Anyone(actor): Anyone,
    Input(body): Input<RegisterBody>,
) -> Result<Response, Problem> {
    let today = crate::pages::today(&state);
    let given = |purpose: &str| body.consents.iter().any(|consent| consent.purpose == purpose);
    let form = RegistrationForm {
        full_name: body.full_name.clone(),
        nik: body.nik.clone(),
        phone: body.phone.clone(),
        email: body.email.clone(),
        password: body.password.clone(),
        terms: given("terms"),
        privacy: given("privacy"),
    };
    let birth_date = match &body.birth_date {
        None => None,
        Some(text) => Some(
            parse_date(text).map_err(|_| Error::fault("birth_date", "date", "Tulis tanggal sebagai TTTT-BB-HH."))?,
        ),
    };
    let mut registration = form.parse_stated(birth_date, today).map_err(|faults| {
        // Consents are one member here, tick boxes on the page.
        let faults = faults.into_iter().map(|fault| match fault.field.as_str() {
            "terms" | "privacy" => Fault {
                field: "consents".into(),
                ..fault
            },
            _ => fault,
        });
        Error::Validation(faults.collect())
    })?;
    check_consents(&body.consents)?;
    registration.consents = body
        .consents
        .iter()
        .map(|consent| ConsentGiven {
            purpose: consent.purpose.clone(),
            version: consent.version.clone(),
        })
        .collect();
    let challenge = state.backend.auth.register(&actor, registration).await?;
    Ok(code_sent(&state, &challenge))
}

/// Opens the account when the code is right.
#[utoipa::path(post, path = "/api/auth/register/verify", operation_id = "auth_register_verify", request_body = VerifyBody,
    responses((status = 201, body = TokensAnswer), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn register_verify(
    State(state): State<AppState>,
    Anyone(actor): Anyone,
    Input(body): Input<VerifyBody>,
) -> Result<Response, Problem> {
    let session = state
        .backend
        .auth
        .verify_code(&actor, id(&body.challenge_id)?, &body.code)
        .await?;
    Ok((StatusCode::CREATED, tokens(&state, &actor, &session).await?).into_response())
}

/// Signs in; on a device not seen before a code goes out first.
#[utoipa::path(post, path = "/api/auth/login", operation_id = "auth_login", request_body = LoginBody,
    responses((status = 200, body = TokensAnswer), (status = 202, body = ChallengeAnswer), (status = 400, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn login(
    State(state): State<AppState>,
    Anyone(actor): Anyone,
    Input(body): Input<LoginBody>,
) -> Result<Response, Problem> {
    let device = body.device_token.as_deref().map(secret);
    match state
        .backend
        .auth
        .sign_in(&actor, &body.identifier, &secret(&body.password), device.as_ref())
        .await?
    {
        SignIn::Done(session) => Ok(tokens(&state, &actor, &session).await?.into_response()),
        SignIn::CodeSent(challenge) => Ok(code_sent(&state, &challenge)),
    }
}

/// Finishes a sign-in on a new device.
#[utoipa::path(post, path = "/api/auth/login/verify", operation_id = "auth_login_verify", request_body = VerifyBody,
    responses((status = 200, body = TokensAnswer), (status = 400, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn login_verify(
    State(state): State<AppState>,
    Anyone(actor): Anyone,
    Input(body): Input<VerifyBody>,
) -> Result<Response, Problem> {
    let session = state
        .backend
        .auth
        .verify_code(&actor, id(&body.challenge_id)?, &body.code)
        .await?;
    Ok(tokens(&state, &actor, &session).await?.into_response())
}

/// New tokens for a refresh token.
#[utoipa::path(post, path = "/api/auth/refresh", operation_id = "auth_refresh", request_body = RefreshBody,
    responses((status = 200, body = TokensAnswer), (status = 400, body = Problem), (status = 401, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn refresh(
    State(state): State<AppState>,
    Anyone(actor): Anyone,
    Input(body): Input<RefreshBody>,
) -> Result<Json<TokensAnswer>, Problem> {
    let tokens = state
        .backend
        .auth
        .refresh_tokens(&actor, &secret(&body.refresh_token))
        .await?;
    Ok(Json(answer(&tokens, None)))
}

/// Ends the session: access and refresh tokens are dead at once.
#[utoipa::path(post, path = "/api/auth/logout", operation_id = "auth_logout", security(("bearer" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 503, body = Problem)))]
pub async fn logout(State(state): State<AppState>, Caller(actor): Caller) -> Result<StatusCode, Problem> {
    state.backend.auth.sign_out(&actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Purposes and versions are stored as given: short words, each purpose once.
fn check_consents(consents: &[ConsentBody]) -> Result<(), Error> {
    let word = |text: &str| !text.is_empty() && text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_graphic());
    let sound = consents
        .iter()
        .all(|consent| word(&consent.purpose) && word(&consent.version));
    let twice = consents
        .iter()
        .enumerate()
        .any(|(at, one)| consents[..at].iter().any(|other| other.purpose == one.purpose));
    if sound && !twice && consents.len() <= 20 {
        return Ok(());
    }
    Err(Error::fault(
        "consents",
        "consent_unknown",
        "Tulis tiap persetujuan sekali, dengan tujuan dan versinya.",
    ))
}

fn code_sent(state: &AppState, challenge: &Challenge) -> Response {
    let expires_in = (challenge.expires_at - state.services.core.clock.now()).whole_seconds();
    let answer = ChallengeAnswer {
        challenge_id: challenge.id.to_string(),
        expires_in,
        channel: challenge.channel.as_str(),
    };
    (StatusCode::ACCEPTED, Json(answer)).into_response()
}

async fn tokens(state: &AppState, actor: &Actor, session: &NewSession) -> Result<Json<TokensAnswer>, Problem> {
    let tokens = state.backend.auth.issue_tokens(actor, session).await?;
    Ok(Json(answer(
        &tokens,
        session.device_token.as_ref().map(|token| token.expose().to_owned()),
    )))
}

fn answer(tokens: &domain::auth::Tokens, device_token: Option<String>) -> TokensAnswer {
    TokensAnswer {
        access_token: tokens.access_token.expose().to_owned(),
        token_type: "Bearer",
        expires_in: tokens.expires_in,
        refresh_token: tokens.refresh_token.expose().to_owned(),
        device_token,
    }
}
