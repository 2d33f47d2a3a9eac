//! The one action of a flow, at the foot of the screen.

use leptos::prelude::*;

/// Sticky foot with a summary and the action; consent uses `in_flow`, so that it is met after the list.
#[component]
pub fn ActionBar(
    /// Name of the region for screen readers.
    #[prop(into)]
    label: String,
    /// In the page flow instead of sticky.
    #[prop(optional)]
    in_flow: bool,
    /// Summary and button.
    children: Children,
) -> impl IntoView {
    let class = if in_flow {
        "action-bar action-bar--in-flow"
    } else {
        "action-bar"
    };
    view! {
        <section class=class aria-label=label><div class="action-bar__inner">{children()}</div></section>
    }
}

/// The safety line under the pages before sign-in.
#[component]
pub fn PageFoot(
    /// The sentence.
    children: Children,
) -> impl IntoView {
    use super::icon::{Icon, IconSize, Symbol};
    view! {
        <footer class="page-foot text-micro text-muted">
            <Icon name=Symbol::Shield size=IconSize::Small/>
            <p>{children()}</p>
        </footer>
    }
}
