//! The hidden parts every form of a signed-in page carries.

use axum::http::request::Parts;
use leptos::prelude::*;

use crate::shell::PageContext;

/// What every form carries: the page it stands on, so that an error comes back to it, and the session-bound token
/// that proves it came from our page.
#[component]
pub fn CsrfField() -> impl IntoView {
    let page = use_context::<Parts>().and_then(|parts| parts.uri.path_and_query().map(ToString::to_string));
    let token = use_context::<PageContext>().and_then(|page| page.csrf);
    view! {
        {page.map(|page| view! { <input type="hidden" name="page" value=page/> })}
        {token.map(|token| view! { <input type="hidden" name="csrf" value=token/> })}
    }
}

/// A hidden value of a form: idempotency key, quote id, hash of what was shown.
#[component]
pub fn Hidden(
    /// Name.
    #[prop(into)]
    name: String,
    /// Value.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    view! { <input type="hidden" name=name value=value/> }
}
