//! The papers of a contract as files for their owner: cost summary, agreement, schedule, settlement letter.

use crate::{middleware::identify::Incoming, state::AppState};
use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{documents::ContractKind, id::LoanId};

/// `/pinjaman/{id}/perjanjian.pdf` and its siblings.
pub fn routes() -> Router<AppState> {
    ContractKind::ALL.into_iter().fold(Router::new(), |router, kind| {
        let handler = async move |state: State<AppState>, incoming: Extension<Incoming>, id: Path<String>| {
            download(kind, &state, &incoming, &id).await
        };
        router.route(&format!("/pinjaman/{{id}}/{}.pdf", kind.file()), get(handler))
    })
}

/// One paper: never cached, never a page, never scriptable (security.md R41); the download is in the audit log.
async fn download(kind: ContractKind, state: &AppState, incoming: &Incoming, id: &str) -> Response {
    let Ok(loan) = id.parse::<LoanId>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match state.backend.loans.paper(&incoming.actor, loan, kind).await {
        Ok(file) => (
            [
                (header::CONTENT_TYPE, "application/pdf".to_owned()),
                (
                    header::CONTENT_DISPOSITION,
                    format!("attachment; filename=\"{}-{}.pdf\"", kind.file(), file.paper.id),
                ),
                (
                    header::CONTENT_SECURITY_POLICY,
                    "sandbox; default-src 'none'".to_owned(),
                ),
                (header::CACHE_CONTROL, "no-store".to_owned()),
                (header::ETAG, format!("\"{}\"", file.paper.sha256)),
            ],
            file.pdf,
        )
            .into_response(),
        Err(error) => (
            StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            error.words(),
        )
            .into_response(),
    }
}
