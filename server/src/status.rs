//! Small answers for pages that follow something: JSON for the live part of a page, a calendar file for due dates.
//! The same facts stand on the page itself, which works without any of this.

use crate::{middleware::identify::Incoming, state::AppState};
use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::id::{LoanId, PaymentId};
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write as _;

/// The status word of an application.
pub async fn application(
    State(state): State<AppState>,
    Extension(incoming): Extension<Incoming>,
    Path(id): Path<LoanId>,
) -> Response {
    match state.backend.loans.get(&incoming.actor, id).await {
        Ok(loan) => Json(json!({ "status": loan.status, "words": loan.status.words(0) })).into_response(),
        Err(error) => StatusCode::from_u16(error.status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response(),
    }
}

/// Which payment.
#[derive(Deserialize)]
pub struct Which {
    kode: PaymentId,
}

/// The status word of a payment.
pub async fn payment(
    State(state): State<AppState>,
    Extension(incoming): Extension<Incoming>,
    Path(_): Path<LoanId>,
    Query(which): Query<Which>,
) -> Response {
    match state.backend.payments.get(&incoming.actor, which.kode).await {
        Ok(payment) => Json(json!({ "status": payment.status })).into_response(),
        Err(error) => StatusCode::from_u16(error.status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response(),
    }
}

/// The due dates of a loan as a calendar (RFC 5545), without amounts: calendars are shared.
pub async fn calendar(
    State(state): State<AppState>,
    Extension(incoming): Extension<Incoming>,
    Path(id): Path<LoanId>,
) -> Response {
    let loan = match state.backend.loans.get(&incoming.actor, id).await {
        Ok(loan) => loan,
        Err(error) => {
            return StatusCode::from_u16(error.status())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
                .into_response();
        }
    };
    let Some(position) = &loan.position else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Sanggup//Cicilan//ID\r\n");
    for line in &position.lines {
        let day = |date: time::Date| format!("{:04}{:02}{:02}", date.year(), u8::from(date.month()), date.day());
        // A line in a string never fails to be written.
        let _ = write!(
            text,
            "BEGIN:VEVENT\r\nUID:{id}-{}@sanggup\r\nDTSTAMP:{}T000000Z\r\nDTSTART;VALUE=DATE:{}\r\nSUMMARY:Cicilan ke-{} Sanggup jatuh tempo\r\nEND:VEVENT\r\n",
            line.number,
            day(crate::pages::today(&state)),
            day(line.due_on),
            line.number,
        );
    }
    text.push_str("END:VCALENDAR\r\n");
    (
        [
            (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
            (
                header::CONTENT_DISPOSITION,
                "attachment; filename=\"cicilan-sanggup.ics\"",
            ),
        ],
        text,
    )
        .into_response()
}
