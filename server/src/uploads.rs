//! Photos in, and one photo out for a reviewer. Not a server function: the multipart codec of server functions
//! panics on a bad boundary and ignores the size limit.

use crate::{
    forms::{csrf_is_right, finish, page_before, read_up_to},
    middleware::identify::Incoming,
    state::AppState,
};
use app::visit::{Reply, local_path};
use axum::{
    Extension, Json,
    body::{Body, Bytes},
    extract::{FromRequest as _, Multipart, Path, Query, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    Error,
    documents::{DocumentKind, MAX_FILE_BYTES},
    id::DocumentId,
};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// What an upload form sends.
#[derive(Default)]
struct Parts {
    file: Option<Bytes>,
    fields: BTreeMap<String, String>,
}

/// Largest upload with its other parts, in bytes.
const MAX_UPLOAD: usize = MAX_FILE_BYTES + 64 * 1024;
/// Enough of a stranger's to know the page they came from.
const MAX_OF_STRANGER: usize = 4 * 1024;

/// Takes a photo and goes on: KTP to selfie, selfie to the end of the registration. Whatever is wrong, the person
/// comes back to the page they were on.
pub async fn upload(
    State(state): State<AppState>,
    Extension(incoming): Extension<Incoming>,
    Path(kind): Path<String>,
    request: Request,
) -> Response {
    let action = format!("/_fn/upload/{kind}");
    let (head, body) = request.into_parts();
    let by_script = head
        .headers
        .get(header::ACCEPT)
        .is_some_and(|kind| kind == "application/json");
    let known = incoming.actor.borrower().is_ok();
    let (body, complete) = read_up_to(body, if known { MAX_UPLOAD } else { MAX_OF_STRANGER }).await;
    let before = page_before(&head.headers, &state.config.public_origin);
    let mut parts = Parts::default();
    let form = Multipart::from_request(Request::from_parts(head, Body::from(body)), &()).await;
    let mut read = match form {
        Ok(form) => read(form, &mut parts).await,
        Err(_) => return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response(),
    };
    if !complete {
        read = Err(too_large());
    }
    let page = parts
        .fields
        .get("page")
        .and_then(|page| local_path(page))
        .or(before)
        .unwrap_or_else(|| own_page(&kind).into());
    let result = match incoming.actor.borrower().and(read) {
        Ok(()) => take(&state, &incoming, &kind, &parts).await,
        Err(error) => Err(error),
    };
    let reply = match result {
        Ok(to) => Reply {
            to: Some(to.into()),
            ..Reply::default()
        },
        Err(error) => Reply {
            error: Some(error),
            ..Reply::default()
        },
    };
    let answer = finish(&state, &incoming, &action, reply, &page, BTreeMap::new());
    if by_script { told(&answer) } else { answer }
}

/// The redirect of `finish` for a script: where to go on, in JSON, with the same cookies. The browser opens that page
/// itself; a script that followed would read what the page shows only once.
fn told(answer: &Response) -> Response {
    let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
    let mut told = Json(json!({ "next": to.unwrap_or("/") })).into_response();
    for cookie in answer.headers().get_all(header::SET_COOKIE) {
        told.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    told
}

/// Where a paper of this kind is sent from.
fn own_page(kind: &str) -> &'static str {
    match DocumentKind::parse(kind) {
        Some(DocumentKind::Selfie) => "/daftar/selfie",
        Some(DocumentKind::IncomeProof) => "/akun",
        Some(DocumentKind::Ktp) | None => "/daftar/ktp",
    }
}

fn too_large() -> Error {
    Error::fault("file", "too_large", "Berkas lebih dari 10 MB. Pilih foto lain.")
}

async fn take(state: &AppState, incoming: &Incoming, kind: &str, parts: &Parts) -> domain::Result<&'static str> {
    incoming.actor.borrower()?;
    if !csrf_is_right(state, incoming, parts.fields.get("csrf")) {
        return Err(Error::fault(
            "",
            "csrf",
            "Halaman ini sudah lama terbuka. Kirim sekali lagi.",
        ));
    }
    let kind = DocumentKind::parse(kind).ok_or(Error::NotFound)?;
    let bytes = parts
        .file
        .as_ref()
        .filter(|bytes| !bytes.is_empty())
        .ok_or_else(|| Error::fault("file", "required", "Ambil atau pilih satu foto dulu."))?;
    state
        .backend
        .documents
        .upload(&incoming.actor, kind, bytes.to_vec())
        .await?;
    Ok(match kind {
        DocumentKind::Ktp => "/daftar/selfie",
        DocumentKind::Selfie => "/daftar/selesai",
        DocumentKind::IncomeProof => "/akun",
    })
}

/// What came before it broke off stays in `parts`.
async fn read(mut form: Multipart, parts: &mut Parts) -> domain::Result<()> {
    let unreadable = |_| Error::fault("file", "unreadable", "Foto belum terkirim utuh. Kirim sekali lagi.");
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let name = field.name().unwrap_or("").to_owned();
        let bytes = field.bytes().await.map_err(unreadable)?;
        match name.as_str() {
            // Two inputs share the name, camera and gallery: the one that was used counts.
            "file" if !bytes.is_empty() => {
                if bytes.len() > MAX_FILE_BYTES {
                    return Err(too_large());
                }
                parts.file = Some(bytes);
            }
            "file" => {}
            _ if parts.fields.len() < 10 && bytes.len() <= 1_024 => {
                parts.fields.insert(name, String::from_utf8_lossy(&bytes).into_owned());
            }
            _ => {}
        }
    }
    Ok(())
}

/// What a reviewer opened that shows the paper.
#[derive(Deserialize)]
pub struct Look {
    #[serde(default)]
    untuk: String,
}

/// One paper for a reviewer, as a picture on the page that was opened for the review: never cached, never a page,
/// never scriptable, in the audit log with what it was opened for.
pub async fn view(
    State(state): State<AppState>,
    Extension(incoming): Extension<Incoming>,
    Path(id): Path<String>,
    Query(look): Query<Look>,
) -> Response {
    let reason = match look.untuk.as_str() {
        "identitas" => "identity check",
        "pengajuan" => "application review",
        "penghasilan" => "income check",
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let Ok(id) = id.parse::<DocumentId>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match state.backend.documents.view(&incoming.actor, id, reason).await {
        Ok(content) => (
            [
                (header::CONTENT_TYPE, "image/jpeg".to_owned()),
                (
                    header::CONTENT_DISPOSITION,
                    format!("attachment; filename=\"dokumen-{id}.jpg\""),
                ),
                (
                    header::CONTENT_SECURITY_POLICY,
                    "sandbox; default-src 'none'".to_owned(),
                ),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ],
            content.bytes,
        )
            .into_response(),
        Err(error) => (
            StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            error.words(),
        )
            .into_response(),
    }
}
