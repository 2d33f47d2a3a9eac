//! A flower, one heading, one sentence, one action: empty pages and results. And the grey boxes while waiting.

use leptos::prelude::*;

/// Frame of an empty page or a result; children are a [`Petals`](super::Petals), heading, sentence, action.
#[component]
pub fn EmptyState(
    /// Flower, heading, sentence, action.
    children: Children,
) -> impl IntoView {
    view! { <div class="empty-state">{children()}</div> }
}

/// A grey box of the exact final size: `title`, `short`, `line`, `amount`, `button`, `block`, `payoff`.
#[component]
pub fn Skeleton(
    /// Which size.
    kind: &'static str,
) -> impl IntoView {
    view! { <div class=format!("skeleton skeleton--{kind}")></div> }
}
