//! Calm information with an icon; also the flash message at the top of a page, and the toast.

use leptos::prelude::*;

use super::{
    icon::{Icon, IconSize, Symbol},
    tone::Tone,
};

/// Information in the page flow; `Success` and `Warning` for a flash message.
#[component]
pub fn Notice(
    /// Icon at the start.
    icon: Symbol,
    /// Plain, success or warning.
    #[prop(optional)]
    tone: Tone,
    /// Announce it: `"status"` for a flash message, nothing for standing information.
    #[prop(optional)]
    role: Option<&'static str>,
    /// The sentences.
    children: Children,
) -> impl IntoView {
    view! {
        <div class=tone.class("notice") role=role>
            <Icon name=icon size=IconSize::Large/>
            <div>{children()}</div>
        </div>
    }
}

/// A short-lived confirmation above the bar; never an error, never the only copy of a fact.
#[component]
pub fn Toast(
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="toast" role="status"><Icon name=Symbol::Check size=IconSize::Small/>{children()}</div>
    }
}
