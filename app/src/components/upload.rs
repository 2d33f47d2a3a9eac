//! Progress of a photo on its way. Without JavaScript the browser shows its own.

use leptos::prelude::*;

/// Bar with kilobytes in words and a way to cancel.
#[component]
pub fn Upload(
    /// What is sent: "foto KTP".
    #[prop(into)]
    what: String,
    /// Kilobytes sent.
    sent: u32,
    /// Kilobytes in all.
    total: u32,
) -> impl IntoView {
    view! {
        <div class="upload">
            <p class="text-small">{format!("Mengirim {what}, ")}<span class="numeric">{format!("{sent} dari {total} KB")}</span></p>
            <button class="button-link text-small" type="button" data-cancel-upload="">"Batal"</button>
            <progress class="upload__bar" max=total value=sent aria-label=what></progress>
        </div>
    }
}
