//! Misbehaviour on command. In: `POST /_sim/faults {route, mode, times, ms?}`. Out: a vendor that times out,
//! fails, floods or lies exactly that often.
//!
//! `route` is a path with or without the vendor's prefix, optionally after a method (`POST /v2/charge`); a `*`
//! segment matches any one segment. Response faults act on the next matching call. Webhook faults act on the
//! next outcome webhook (never on a mere `pending` or `sent`) of the operation created by that route, or sent
//! to it (`/webhooks/midtrans`).

use std::time::Duration;

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::state::{Sim, Store};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The call takes effect, the answer never comes: the connection is closed after `ms` (35000).
    TimeoutAfterAccept,
    /// The vendor's 500, without effect.
    #[serde(rename = "http_500")]
    Http500,
    /// The vendor's rate limit, without effect; asks to wait `ms` (1000).
    #[serde(rename = "http_429")]
    Http429,
    /// The call takes `ms` (3000) longer.
    SlowMs,
    /// The connection is closed at once, without effect.
    DropConnection,
    /// HTTP 200 with the vendor's error in the body, without effect.
    #[serde(rename = "error_body_200")]
    ErrorBody200,
    /// The call takes effect at once, its answer comes `ms` (3000) later, as it was then.
    LateAnswer,
    /// The call takes effect, the connection breaks in the middle of the answer's body.
    CutBody,
    /// The answer to a QRIS charge shows the picture of the code and not its text.
    PictureOnly,
    /// The webhook arrives twice.
    DuplicateWebhook,
    /// The webhook arrives before the one that came earlier; without an earlier one it waits for the next
    /// (at most `ms`, 5000).
    OutOfOrder,
    /// The webhook is not signed by the vendor.
    BadSignature,
    /// The webhook, well signed, names another amount than the vendor's own status does.
    WrongAmount,
    /// A payment that expired or was cancelled, or a payout that failed, succeeds after all, `ms` (2000) later.
    LateSuccess,
}

/// Faults that change the answer of a call.
const RESPONSES: &[Mode] = &[
    Mode::TimeoutAfterAccept,
    Mode::Http500,
    Mode::Http429,
    Mode::SlowMs,
    Mode::DropConnection,
    Mode::ErrorBody200,
    Mode::LateAnswer,
    Mode::CutBody,
];

/// A fault that waits for its moment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Where; see the head of this file.
    pub route: String,
    /// What.
    pub mode: Mode,
    /// How often still.
    #[serde(default = "once")]
    pub times: u32,
    /// Milliseconds, for the modes that wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// The wait of this fault, or the mode's own.
    pub fn wait(&self, default_ms: u64) -> Duration {
        Duration::from_millis(self.ms.unwrap_or(default_ms))
    }

    fn is_at(&self, method: Option<&str>, path: &str) -> bool {
        let (wanted, route) = match self.route.split_once(' ') {
            Some((wanted, route)) => (Some(wanted), route.trim()),
            None => (None, self.route.as_str()),
        };
        let unprefixed = path.get(1..).and_then(|rest| rest.find('/')).map(|at| &path[at + 1..]);
        let method_fits = match (wanted, method) {
            (Some(wanted), Some(method)) => wanted.eq_ignore_ascii_case(method),
            _ => true,
        };
        method_fits && (segments_match(route, path) || unprefixed.is_some_and(|path| segments_match(route, path)))
    }
}

fn segments_match(route: &str, path: &str) -> bool {
    let (mut route, mut path) = (
        route.trim_end_matches('/').split('/'),
        path.trim_end_matches('/').split('/'),
    );
    loop {
        match (route.next(), path.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == "*" || wanted == found => {}
            _ => return false,
        }
    }
}

/// Everything at random, and yet repeatable: the same seed gives the same faults in the same order of calls.
#[derive(Clone, Debug)]
pub struct Hostile {
    state: u64,
    percent: u64,
}

impl Hostile {
    /// Of a hundred calls and notices `percent` go wrong.
    pub fn new(seed: u64, percent: u8) -> Self {
        Self {
            state: seed,
            percent: u64::from(percent.min(100)),
        }
    }

    /// The next number (SplitMix64).
    fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn strikes(&mut self) -> bool {
        self.roll() % 100 < self.percent
    }

    /// What goes wrong with a call, if anything; waits are short, so that a thousand loans take minutes.
    fn response(&mut self) -> Option<Fault> {
        if !self.strikes() {
            return None;
        }
        let turn = usize::try_from(self.roll() % RESPONSES.len() as u64).unwrap_or(0);
        Some(Fault {
            route: "*".into(),
            mode: RESPONSES[turn],
            times: 1,
            ms: Some(50 + self.roll() % 250),
        })
    }
}

impl Store {
    /// What the hostile mode does to a call.
    fn hostile_response(&mut self) -> Option<Fault> {
        self.hostile.as_mut().and_then(Hostile::response)
    }

    /// Whether the hostile mode strikes a notice.
    fn hostile_strikes(&mut self) -> bool {
        self.hostile.as_mut().is_some_and(Hostile::strikes)
    }

    /// Uses up one turn of the first fault of one of `modes` at one of `paths`.
    pub fn take_fault(&mut self, modes: &[Mode], method: Option<&str>, paths: &[&str]) -> Option<Fault> {
        let at = self.faults.iter().position(|fault| {
            fault.times > 0 && modes.contains(&fault.mode) && paths.iter().any(|path| fault.is_at(method, path))
        })?;
        let taken = self.faults[at].clone();
        self.faults[at].times -= 1;
        if self.faults[at].times == 0 {
            self.faults.remove(at);
        }
        Some(taken)
    }
}

/// What is wrong with one webhook.
#[derive(Clone, Debug, Default)]
pub struct Spoiled {
    /// Arrives twice.
    pub duplicate: bool,
    /// Arrives in the wrong order; holds at most this long.
    pub out_of_order: Option<Duration>,
    /// Signed with the wrong key.
    pub bad_signature: bool,
    /// Names a wrong amount.
    pub wrong_amount: bool,
}

impl Sim {
    /// The webhook faults for an outcome of an operation known by `paths`.
    pub fn spoil(&self, paths: &[&str]) -> Spoiled {
        let mut store = self.store();
        let mut take = |mode| {
            let ordered = store.take_fault(&[mode], None, paths);
            ordered.or_else(|| {
                store.hostile_strikes().then(|| Fault {
                    route: "*".into(),
                    mode,
                    times: 1,
                    ms: Some(400),
                })
            })
        };
        Spoiled {
            duplicate: take(Mode::DuplicateWebhook).is_some(),
            out_of_order: take(Mode::OutOfOrder).map(|fault| fault.wait(5_000)),
            bad_signature: take(Mode::BadSignature).is_some(),
            wrong_amount: take(Mode::WrongAmount).is_some(),
        }
    }

    /// How long after a bad end the operation succeeds after all, when it is to.
    pub fn late_success(&self, paths: &[&str]) -> Option<Duration> {
        let mut store = self.store();
        let ordered = store.take_fault(&[Mode::LateSuccess], None, paths);
        match ordered {
            Some(fault) => Some(fault.wait(2_000)),
            None => store.hostile_strikes().then_some(Duration::from_millis(300)),
        }
    }
}

/// Whose error shape to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// `{"status_code","status_message","id"}`.
    Midtrans,
    /// `{"error_code","message"}`.
    Xendit,
    /// `{"error":{…}}`.
    Graph,
    /// `{"code","message","more_info","status"}`.
    Twilio,
    /// `{"status","reason"}`.
    Glair,
    /// A push service's plain answer.
    Push,
}

impl Vendor {
    fn failure(self, status: u16) -> Value {
        let limited = status == 429;
        let text = if limited {
            "Too many requests"
        } else {
            "Internal server error"
        };
        match self {
            Self::Midtrans => {
                json!({"status_code": status.to_string(), "status_message": text, "id": Uuid::new_v4()})
            }
            Self::Xendit => {
                json!({"error_code": if limited { "RATE_LIMIT_EXCEEDED" } else { "SERVER_ERROR" }, "message": text})
            }
            Self::Graph => crate::whatsapp::error_body(if limited { 130_429 } else { 131_016 }, text),
            Self::Twilio => crate::sms::error_body(if limited { 20_429 } else { 20_500 }, text, status),
            Self::Glair => json!({"status": "FAILED", "reason": text}),
            Self::Push => json!({"message": text}),
        }
    }

    fn fail(self, status: StatusCode, body_status: u16) -> Response {
        (status, Json(self.failure(body_status))).into_response()
    }

    fn limit(self, wait: Duration) -> Response {
        let mut response = self.fail(StatusCode::TOO_MANY_REQUESTS, 429);
        let headers = response.headers_mut();
        headers.insert("retry-after", HeaderValue::from(wait.as_secs().max(1)));
        if self == Self::Xendit {
            headers.insert("rate-limit-limit", HeaderValue::from_static("60"));
            headers.insert("rate-limit-remaining", HeaderValue::from_static("0"));
            headers.insert("rate-limit-reset", HeaderValue::from_static("1.0"));
        }
        response
    }
}

/// Tells the server to close the connection after this wait instead of answering.
#[derive(Clone, Copy, Debug)]
pub struct Hang(pub Duration);

fn unanswered(mut response: Response, wait: Duration) -> Response {
    response.extensions_mut().insert(Hang(wait));
    response
}

/// The first half of an answer that promises the whole.
async fn cut(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, crate::BODY_LIMIT).await.unwrap_or_default();
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let half = body.slice(..body.len() / 2);
    // The half is on its way before the line breaks.
    let cut = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(std::io::Error::other("cut"))
    };
    let pieces = stream::iter([Ok(half)]).chain(stream::once(cut));
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// Middleware of every vendor: one response fault per call at most.
pub async fn inject(State((sim, vendor)): State<(Sim, Vendor)>, request: Request, next: Next) -> Response {
    let fault = sim
        .store()
        .take_fault(RESPONSES, Some(request.method().as_str()), &[request.uri().path()]);
    let money = matches!(vendor, Vendor::Midtrans | Vendor::Xendit);
    let fault = fault.or_else(|| if money { sim.store().hostile_response() } else { None });
    let Some(fault) = fault else {
        return next.run(request).await;
    };
    match fault.mode {
        Mode::Http500 => vendor.fail(StatusCode::INTERNAL_SERVER_ERROR, 500),
        Mode::Http429 => vendor.limit(fault.wait(1_000)),
        Mode::ErrorBody200 => vendor.fail(StatusCode::OK, 500),
        Mode::DropConnection => unanswered(StatusCode::OK.into_response(), Duration::ZERO),
        Mode::TimeoutAfterAccept => unanswered(next.run(request).await, fault.wait(35_000)),
        Mode::LateAnswer => {
            let answer = next.run(request).await;
            tokio::time::sleep(fault.wait(3_000)).await;
            answer
        }
        Mode::CutBody => cut(next.run(request).await).await,
        _ => {
            tokio::time::sleep(fault.wait(3_000)).await;
            next.run(request).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(route: &str, method: Option<&str>, path: &str) -> bool {
        Fault {
            route: route.to_owned(),
            mode: Mode::SlowMs,
            times: 1,
            ms: None,
        }
        .is_at(method, path)
    }

    #[test]
    fn routes_match_with_and_without_prefix_method_and_wildcard() {
        assert!(at("/v2/charge", Some("POST"), "/midtrans/v2/charge"));
        assert!(at("/midtrans/v2/charge", Some("POST"), "/midtrans/v2/charge"));
        assert!(at("/v2/*/status", Some("GET"), "/midtrans/v2/LN-1/status"));
        assert!(at("POST /v2/payouts", Some("POST"), "/xendit/v2/payouts"));
        assert!(!at("POST /v2/payouts", Some("GET"), "/xendit/v2/payouts"));
        assert!(!at("/v2/payouts", Some("GET"), "/xendit/v2/payouts/disb-1"));
        assert!(!at("/v2/charge", Some("POST"), "/midtrans/v2/charges"));
    }

    #[test]
    fn the_hostile_mode_repeats_itself_and_keeps_its_share() {
        let strikes = |seed| {
            let mut hostile = Hostile::new(seed, 30);
            (0..1_000)
                .map(|_| hostile.response().map(|fault| (fault.mode, fault.ms)))
                .collect::<Vec<_>>()
        };
        assert_eq!(strikes(7), strikes(7));
        assert_ne!(strikes(7), strikes(8));
        let wrong: Vec<_> = strikes(7).into_iter().flatten().collect();
        assert!((250..350).contains(&wrong.len()), "{}", wrong.len());
        assert!(
            RESPONSES
                .iter()
                .all(|mode| wrong.iter().any(|(found, _)| found == mode))
        );
    }

    #[test]
    fn a_fault_happens_as_often_as_asked() {
        let mut store = Store::default();
        store.faults.push(Fault {
            route: "/v2/charge".into(),
            mode: Mode::Http500,
            times: 2,
            ms: None,
        });
        let mut take = || {
            store
                .take_fault(&[Mode::Http500], Some("POST"), &["/midtrans/v2/charge"])
                .is_some()
        };
        assert_eq!([take(), take(), take()], [true, true, false]);
    }
}
