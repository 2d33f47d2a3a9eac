//! Errors of the API: RFC 9457, with a stable code, and the faults of a validation by member.

use axum::{
    Json,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{Error, Fault};
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the code says which.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// In words, Indonesian.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable, for programs.
    pub code: String,
    /// The request's number in our log.
    pub trace_id: String,
    /// What to correct.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemFault>,
    #[serde(skip)]
    retry_after: Option<u32>,
}

/// One member of the body that must be corrected.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProblemFault {
    /// The member's name.
    pub field: String,
    /// Stable, for programs.
    pub code: String,
    /// In words, Indonesian.
    pub message: String,
}

impl Problem {
    /// A body that is not what the operation takes: 400, with the members when they are known.
    pub fn malformed(code: &str, title: &str, errors: Vec<Fault>) -> Self {
        Self::new(400, code, title, errors)
    }

    /// Any other status with its code.
    pub fn new(status: u16, code: &str, title: &str, errors: Vec<Fault>) -> Self {
        let errors = errors
            .into_iter()
            .map(|fault| ProblemFault {
                field: fault.field,
                code: fault.code,
                message: fault.message,
            })
            .collect();
        Self {
            kind: "about:blank",
            title: title.into(),
            status,
            code: code.into(),
            trace_id: String::new(),
            errors,
            retry_after: None,
        }
    }
}

impl Problem {
    /// What a layer refused with nothing but a status.
    fn of_layer(status: StatusCode) -> Self {
        let (code, words) = match status {
            StatusCode::NOT_FOUND => ("not_found", "Tidak ditemukan."),
            StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "Cara ini tidak tersedia pada alamat ini."),
            StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "Isi terlalu besar."),
            StatusCode::SERVICE_UNAVAILABLE => ("unavailable", "Sedang ramai. Coba lagi sebentar."),
            status if status.is_client_error() => ("malformed", "Permintaan tidak sesuai."),
            _ => ("internal", "Ada gangguan di pihak kami. Coba lagi sebentar."),
        };
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(10);
        Self {
            retry_after,
            ..Self::new(status.as_u16(), code, words, Vec::new())
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (status, code, words) = (error.status(), error.code(), error.words());
        match error {
            Error::Validation(faults) => Self::new(status, code, &words, faults),
            Error::NotFound => Self::new(status, code, "Tidak ditemukan.", Vec::new()),
            Error::TooMany { retry_after } | Error::Busy { retry_after } => Self {
                retry_after: Some(retry_after),
                ..Self::new(status, code, &words, Vec::new())
            },
            Error::Internal { reference } => Self {
                trace_id: reference,
                ..Self::new(status, code, &words, Vec::new())
            },
            _ => Self::new(status, code, &words, Vec::new()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, Json(&self)).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // For `uniform`, which knows the request's number.
        response.extensions_mut().insert(self);
        response
    }
}

/// What answers in JSON: the API, and the calls of the passkey module.
const IN_JSON: [&str; 2] = ["/api/", "/_fn/passkeys/"];

/// Every error of what answers in JSON becomes a problem with the request's number: the handlers' own, and those of
/// the layers around them (size, time, panics, methods), which answer in plain text.
pub async fn uniform(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !IN_JSON.iter().any(|start| path.starts_with(start)) {
        return next.run(request).await;
    }
    let trace_id = request
        .headers()
        .get("x-request-id")
        .and_then(|id| id.to_str().ok())
        .unwrap_or("")
        .to_owned();
    let mut response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let said = response.extensions_mut();
    let mut problem = said
        .remove::<Problem>()
        .or_else(|| said.remove::<Error>().map(Problem::from))
        .unwrap_or_else(|| Problem::of_layer(status));
    if problem.trace_id.is_empty() {
        problem.trace_id = trace_id;
    }
    metrics::counter!("requests_refused", "by" => "api", "code" => problem.code.clone()).increment(1);
    let allow = response.headers_mut().remove(header::ALLOW);
    let mut response = problem.into_response();
    if let Some(methods) = allow {
        response.headers_mut().insert(header::ALLOW, methods);
    }
    response
}
