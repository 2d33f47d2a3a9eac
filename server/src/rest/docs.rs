//! The document to click through: Swagger UI from the binary itself, under the same policy as every page.

use crate::{middleware::headers::page_policy, state::AppState};
use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::Refusal;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};
use utoipa_swagger_ui::{Config, serve};

static CONFIG: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("/api/openapi.json").validator_url("none")));

/// The sheet in Swagger UI's logo, by its hash; another version has another one.
const LOGO_STYLE: &str = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='";

/// Codes that no rule gives: of the frame around the handlers.
const FRAME_CODES: [&str; 14] = [
    "validation",
    "unauthenticated",
    "step_up_needed",
    "forbidden",
    "not_found",
    "too_many_requests",
    "unavailable",
    "internal",
    "malformed",
    "unsupported_media_type",
    "too_large",
    "method_not_allowed",
    "idempotency_key_required",
    "idempotency_key_invalid",
];

/// The document as served, with what the handlers' annotations leave out because it is the same for all: problems
/// have their own media type and a closed set of codes, and the frame refuses what it refuses everywhere.
pub fn complete(document: &utoipa::openapi::OpenApi) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    let codes: Vec<_> = FRAME_CODES
        .into_iter()
        .chain(Refusal::ALL.iter().map(|refusal| refusal.code()))
        .collect();
    document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] = json!(codes);
    let paths = document["paths"]
        .as_object_mut()
        .into_iter()
        .flat_map(|paths| paths.values_mut());
    for operation in paths
        .filter_map(Value::as_object_mut)
        .flat_map(|path| path.values_mut())
    {
        let guarded = operation.get("security").is_some();
        let takes_body = operation.get("requestBody").is_some();
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
            continue;
        };
        let frame = [
            ("400", takes_body),
            ("401", guarded),
            ("413", takes_body),
            ("415", takes_body),
            ("429", true),
            ("500", true),
            ("503", true),
        ];
        for (status, _) in frame.into_iter().filter(|(_, applies)| *applies) {
            responses.entry(status).or_insert_with(|| json!({ "description": "" }));
        }
        for (_, response) in responses.iter_mut().filter(|(status, _)| status.as_str() >= "400") {
            response["content"] =
                json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
        }
    }
    document
}

/// The page. Its scripts carry a nonce; nothing comes from elsewhere.
pub async fn page(State(state): State<AppState>) -> Response {
    let nonce = STANDARD.encode(services::crypto::random::<16>());
    let trusted_types = state.assets.href("tt.js");
    let html = format!(
        "<!doctype html><html lang=\"id\"><head><meta charset=\"utf-8\"><title>API Sanggup</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <script src=\"{trusted_types}\" nonce=\"{nonce}\"></script>\
         <link rel=\"icon\" href=\"/icons/favicon.svg\" type=\"image/svg+xml\">\
         <link rel=\"stylesheet\" href=\"/api/docs/swagger-ui.css\"></head>\
         <body><main id=\"swagger-ui\"></main>\
         <script src=\"/api/docs/swagger-ui-bundle.js\" nonce=\"{nonce}\"></script>\
         <script src=\"/api/docs/swagger-ui-standalone-preset.js\" nonce=\"{nonce}\"></script>\
         <script src=\"/api/docs/swagger-initializer.js\" nonce=\"{nonce}\"></script></body></html>"
    );
    // Swagger UI draws its icons from data addresses, colours its logo by a sheet of its own, and cleans what it shows
    // under a policy of its own name.
    let policy = page_policy(&nonce, state.config.public_origin.starts_with("https://"))
        .replace("img-src 'self' blob:", "img-src 'self' data:")
        .replace("style-src 'self'", &format!("style-src 'self' {LOGO_STYLE}"))
        .replace("trusted-types default", "trusted-types default dompurify");
    let mut response = Html(html).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// One of its files.
pub async fn file(Path(name): Path<String>) -> Response {
    match serve(&name, CONFIG.clone()) {
        Ok(Some(file)) => ([(header::CONTENT_TYPE, file.content_type)], file.bytes.into_owned()).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
