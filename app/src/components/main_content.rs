//! The `main` landmark, target of the skip link.

use leptos::prelude::*;

/// `<main id="content">` with the classes of the page's layout.
#[component]
pub fn Main(
    /// Layout classes, for example `"page page--cards stack-3"`.
    #[prop(default = "page".to_owned(), into)]
    class: String,
    /// The page.
    children: Children,
) -> impl IntoView {
    view! { <main class=class id="content">{children()}</main> }
}
