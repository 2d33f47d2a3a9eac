//! One file per screen. A page reads its visit, asks a service, and draws components; rules are elsewhere.

pub mod about;
pub mod auth;
pub mod desk;
pub mod documents;
pub mod loans;
pub mod not_found;
pub mod notifications;
pub mod payments;
pub mod users;

use crate::{
    components::{Notice, Symbol, Tone},
    visit::visit,
};
use axum::http::StatusCode;
use domain::Error;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

/// What a page shows when its data cannot be had, with the right status.
pub fn failure(error: &Error) -> AnyView {
    set_status(StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    match error {
        Error::NotFound => view! { <not_found::NotFoundPage/> }.into_any(),
        error => not_found::trouble(error),
    }
}

/// The message that the form before this page left, if any.
pub fn flash_notice() -> impl IntoView {
    visit()
        .notice()
        .map(|words| view! { <Notice icon=Symbol::Check tone=Tone::Success role="status">{words}</Notice> })
}

/// Sets the status of the answer.
pub fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}
