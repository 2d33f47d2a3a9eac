//! Small answers for pages that follow something: JSON or a stream of it (server-sent events) for the live part of a
//! page, a calendar file for due dates.
//! The same facts stand on the page itself, which works without any of this.

use crate::{middleware::identify::Incoming, state::AppState};
use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::{
    Error,
    id::{LoanId, PaymentId, UserId},
};
use futures::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::Instant,
};

/// How long one stream lasts; a browser opens the next by itself, with a session that is checked again.
const STREAM: Duration = Duration::from_secs(60);
/// The facts are asked for again after so many seconds without a hint.
const ASK_AGAIN: u32 = 10;

/// The status word of an application: once as JSON, or as it changes for who accepts `text/event-stream`.
pub async fn application(
    State(state): State<AppState>,
    Extension(incoming): Extension<Incoming>,
    Path(id): Path<LoanId>,
    headers: HeaderMap,
) -> Response {
    let (loans, actor) = (state.backend.loans.clone(), incoming.actor.clone());
    let ask = move || {
        let (loans, actor) = (loans.clone(), actor.clone());
        async move {
            let loan = loans.get(&actor, id).await?;
            Ok(json!({ "status": loan.status, "words": loan.status.words(0) }))
        }
    };
    answer(&state, &incoming, &headers, ask).await
}

/// Which payment.
#[derive(Deserialize)]
pub struct Which {
    kode: PaymentId,
}

/// The status word of a payment, in the same two ways.
pub async fn payment(
    State(state): State<AppState>,
    Extension(incoming): Extension<Incoming>,
    Path(_): Path<LoanId>,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Response {
    let (payments, actor) = (state.backend.payments.clone(), incoming.actor.clone());
    let ask = move || {
        let (payments, actor) = (payments.clone(), actor.clone());
        async move {
            let payment = payments.get(&actor, which.kode).await?;
            Ok(json!({ "status": payment.status }))
        }
    };
    answer(&state, &incoming, &headers, ask).await
}

async fn answer<F>(
    state: &AppState,
    incoming: &Incoming,
    headers: &HeaderMap,
    ask: impl Fn() -> F + Send + 'static,
) -> Response
where
    F: Future<Output = Result<Value, Error>> + Send + 'static,
{
    // Before asking, so that nothing falls between the first answer and the first hint.
    let changes = state.changes.watch();
    let first = match ask().await {
        Ok(first) => first,
        Err(error) => {
            return StatusCode::from_u16(error.status())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
                .into_response();
        }
    };
    let streamed = headers
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.as_bytes().starts_with(b"text/event-stream"));
    let (true, Some(session)) = (streamed, incoming.actor.session()) else {
        return Json(first).into_response();
    };
    let follower = Follower {
        ask,
        changes,
        user: session.user_id,
        ready: state.ready.clone(),
        end: Instant::now() + STREAM,
        said: None,
    };
    let events = stream::unfold((follower, Some(first)), async |(mut follower, first)| {
        let now = match first {
            Some(first) => first,
            None => follower.next().await?,
        };
        follower.said = Some(now.clone());
        let event = Event::default().data(now.to_string());
        Some((Ok::<_, Infallible>(event), (follower, None)))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// Somebody who waits for another status.
struct Follower<A> {
    ask: A,
    changes: Receiver<UserId>,
    user: UserId,
    ready: Arc<AtomicBool>,
    end: Instant,
    said: Option<Value>,
}

impl<A: Fn() -> F, F: Future<Output = Result<Value, Error>>> Follower<A> {
    /// The next status that differs from the one said last; none when the stream is over.
    async fn next(&mut self) -> Option<Value> {
        let mut quiet = 0;
        while Instant::now() < self.end && self.ready.load(Ordering::Relaxed) {
            let ask = match tokio::time::timeout(Duration::from_secs(1), self.changes.recv()).await {
                Ok(Ok(changed)) => changed == self.user,
                Ok(Err(RecvError::Lagged(_))) => true,
                Ok(Err(RecvError::Closed)) => return None,
                Err(_) => {
                    quiet += 1;
                    quiet % ASK_AGAIN == 0
                }
            };
            if ask {
                let now = (self.ask)().await.ok()?;
                if self.said.as_ref() != Some(&now) {
                    return Some(now);
                }
            }
        }
        None
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
