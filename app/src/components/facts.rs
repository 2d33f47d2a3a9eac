//! Pairs of a name and a value.

use leptos::prelude::*;

/// A list of [`Fact`]s.
#[component]
pub fn Facts(
    /// Narrow variant of the staff pages.
    #[prop(optional)]
    narrow: bool,
    /// The pairs.
    children: Children,
) -> impl IntoView {
    let class = if narrow { "facts facts--narrow" } else { "facts" };
    view! { <dl class=class>{children()}</dl> }
}

/// One pair; the value (children) may hold `<small>` for a second line.
#[component]
pub fn Fact(
    /// Name.
    #[prop(into)]
    name: String,
    /// Value.
    children: Children,
) -> impl IntoView {
    view! { <div><dt>{name}</dt><dd>{children()}</dd></div> }
}
