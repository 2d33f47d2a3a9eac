//! A photo on its way, and one that the network lost. Without JavaScript the browser shows its own.

use leptos::prelude::*;

use super::{
    button::{Button, Kind},
    icon::Symbol,
    notice::Notice,
    tone::Tone,
};

/// What the script shows in a form of a photo (`data-photo`): that it is being sent, or that it could not be and is
/// still chosen. Both wait hidden.
#[component]
pub fn PhotoWaits() -> impl IntoView {
    view! {
        <p class="text-small text-muted text-centre" role="status" data-photo-state="" hidden=true>"Mengirim foto…"</p>
        <div class="stack-3" data-photo-lost="" hidden=true>
            <Notice icon=Symbol::Offline tone=Tone::Warning role="alert">
                "Foto belum terkirim. Jangan tutup halaman ini, kirim lagi saat ada sambungan."
            </Notice>
            <Button kind=Kind::Tonal>"Kirim lagi"</Button>
        </div>
    }
}

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
