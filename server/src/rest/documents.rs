//! Identity papers.

use super::{extract::Caller, problem::Problem};
use crate::state::AppState;
use axum::{
    Json,
    extract::{
        Multipart, State,
        multipart::{MultipartError, MultipartRejection},
    },
    http::StatusCode,
};
use domain::{
    Error,
    documents::{Document, DocumentKind, MAX_FILE_BYTES},
};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

/// A paper on record.
#[derive(Serialize, ToSchema)]
pub struct DocumentAnswer {
    id: String,
    /// `ktp`, `selfie`, `income_proof`.
    kind: &'static str,
    /// `received`, `accepted`, `retake`, `replaced`.
    status: &'static str,
    quality: QualityAnswer,
    #[schema(format = "date-time")]
    received_at: String,
}

/// What was measured on the photo.
#[derive(Serialize, ToSchema)]
pub struct QualityAnswer {
    /// `good` or `doubtful`.
    verdict: &'static str,
    /// Variance of the Laplacian.
    sharpness: u32,
    /// Saturated pixels, parts per million.
    glare_ppm: u32,
    /// Mean luma, 0 to 255.
    brightness: u8,
}

/// A list of papers.
#[derive(Serialize, ToSchema)]
pub struct DocumentList {
    items: Vec<DocumentAnswer>,
    next: Option<String>,
}

/// The two parts of an upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only describes the form in the document")]
pub struct UploadForm {
    /// `ktp`, `selfie`, `income_proof`.
    kind: String,
    /// JPEG, PNG or WebP, at most 10 MiB.
    #[schema(format = "binary", content_media_type = "application/octet-stream")]
    file: String,
}

/// Sends a paper.
#[utoipa::path(post, path = "/api/documents/upload", operation_id = "documents_upload", security(("bearer" = [])),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = DocumentAnswer), (status = 400, body = Problem), (status = 401, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn upload(
    State(state): State<AppState>,
    Caller(actor): Caller,
    form: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<DocumentAnswer>), Problem> {
    let mut form = form.map_err(|_| {
        Problem::new(
            415,
            "unsupported_media_type",
            "Kirim sebagai multipart/form-data.",
            Vec::new(),
        )
    })?;
    let (mut kind, mut file) = (None, None);
    while let Some(part) = form.next_field().await.map_err(broken)? {
        match part.name() {
            Some("kind") => {
                let text = part.text().await.map_err(broken)?;
                kind = Some(
                    DocumentKind::parse(&text)
                        .ok_or_else(|| Error::fault("kind", "unknown", "Isi ktp, selfie, atau income_proof."))?,
                );
            }
            Some("file") => {
                let bytes = part.bytes().await.map_err(broken)?;
                if bytes.len() > MAX_FILE_BYTES {
                    return Err(too_large());
                }
                file = Some(bytes);
            }
            _ => {
                return Err(Problem::malformed(
                    "malformed",
                    "Hanya bagian kind dan file yang dikenal.",
                    Vec::new(),
                ));
            }
        }
    }
    let kind = kind.ok_or_else(|| Error::fault("kind", "required", "Isi ktp, selfie, atau income_proof."))?;
    let file = file.ok_or_else(|| Error::fault("file", "required", "Sertakan satu berkas."))?;
    let document = state.backend.documents.upload(&actor, kind, file.to_vec()).await?;
    Ok((StatusCode::CREATED, Json(answer(&document))))
}

/// The caller's papers, newest first.
#[utoipa::path(get, path = "/api/documents", operation_id = "documents_list", security(("bearer" = [])),
    responses((status = 200, body = DocumentList), (status = 401, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn list(State(state): State<AppState>, Caller(actor): Caller) -> Result<Json<DocumentList>, Problem> {
    let documents = state.backend.documents.list(&actor).await?;
    Ok(Json(DocumentList {
        items: documents.iter().map(answer).collect(),
        next: None,
    }))
}

fn too_large() -> Problem {
    Problem::new(
        413,
        "too_large",
        "Berkas lebih dari 10 MB. Pilih foto lain.",
        Vec::new(),
    )
}

/// An upload that cannot be read to its end.
fn broken(error: MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::malformed("malformed", "Unggahan tidak utuh.", Vec::new()),
    }
}

fn answer(document: &Document) -> DocumentAnswer {
    DocumentAnswer {
        id: document.id.to_string(),
        kind: document.kind.as_str(),
        status: document.status.as_str(),
        quality: QualityAnswer {
            verdict: match document.verdict {
                domain::documents::Verdict::Good => "good",
                domain::documents::Verdict::Doubtful => "doubtful",
                domain::documents::Verdict::Unusable => "unusable",
            },
            sharpness: document.quality.sharpness,
            glare_ppm: document.quality.glare_ppm,
            brightness: document.quality.brightness,
        },
        received_at: document.received_at.format(&Rfc3339).unwrap_or_default(),
    }
}
