//! Which pages the asker may open, by the table in `app::routes`.

use super::{apology, identify::Incoming};
use app::{
    api::auth::encode,
    routes::{Guard, guard},
};
use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{Error, Principal};

/// Sends strangers to the sign-in page, and refuses staff without the role.
pub async fn check(request: Request, next: Next) -> Response {
    let Some(incoming) = request.extensions().get::<Incoming>() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let path = request.uri().path();
    let wanted = request.uri().path_and_query().map_or(path, |full| full.as_str());
    match (guard(path), &incoming.actor.principal) {
        (Guard::Open, _) => next.run(request).await,
        (Guard::Guest, Principal::Borrower(_)) => see_other("/beranda"),
        (Guard::Guest, _) => next.run(request).await,
        (Guard::Borrower, Principal::Borrower(_)) => next.run(request).await,
        (Guard::Borrower, _) if incoming.session_lost => {
            see_other(&format!("/masuk?habis=1&lanjut={}", encode(wanted)))
        }
        (Guard::Borrower, _) => see_other(&format!("/masuk?lanjut={}", encode(wanted))),
        (Guard::Staff(roles), Principal::Staff(session)) if roles.contains(&session.role) => next.run(request).await,
        (Guard::Staff(_), Principal::Staff(_)) => apology::answer(Error::Forbidden),
        (Guard::Staff(_), _) => see_other(&format!("/petugas/masuk?lanjut={}", encode(wanted))),
    }
}

/// 303 to a local address built by us.
pub fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}
