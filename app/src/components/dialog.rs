//! A question in a native dialog. Without JavaScript the same question is a page of its own.

use leptos::prelude::*;

/// Native dialog; the question is its heading, the safe answer stands last.
#[component]
pub fn Dialog(
    /// Id, for `data-opens` of the button that opens it.
    #[prop(into)]
    id: String,
    /// The question.
    #[prop(into)]
    question: String,
    /// Drawn open: the page is the question.
    #[prop(optional)]
    open: bool,
    /// A sentence and the answers in `<div class="stack-2">`.
    children: Children,
) -> impl IntoView {
    let (title, named_by) = (format!("{id}-title"), format!("{id}-title"));
    view! {
        <dialog class="dialog" id=id open=open aria-labelledby=named_by>
            <div class="stack"><h2 id=title>{question}</h2>{children()}</div>
        </dialog>
    }
}
