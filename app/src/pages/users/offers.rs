//! Two offers that stand on screen 6 and in Akun: a passkey, and the app on the home screen. Both need a script.

use crate::components::{Button, Kind, Symbol, Tile, Tone};
use crate::visit::Visit;
use leptos::prelude::*;

/// The button that makes a passkey; after five minutes it asks for the password first, then comes back to `page`.
pub(super) fn passkey_button(visit: &Visit, page: &str, words: &'static str) -> AnyView {
    if visit.actor.require_fresh(visit.now).is_err() {
        let href = format!("/akun/konfirmasi?lanjut={}", crate::api::auth::encode(page));
        return view! { <Button kind=Kind::Tonal small=true class="needs-script" href=href>{words}</Button> }
            .into_any();
    }
    view! {
        <button
            class="button button--tonal button--small needs-script"
            type="button"
            data-passkey="create"
            data-start="/_fn/passkeys/register/start"
            data-finish="/_fn/passkeys/register/finish"
        >
            {words}
        </button>
    }
    .into_any()
}

/// Rows of a list that the script shows where the browser can install, or where a person must do it by hand.
#[component]
pub(super) fn InstallRows() -> impl IntoView {
    view! {
        <li class="list__row" data-install="" hidden>
            <Tile icon=Symbol::Download tone=Tone::Primary/>
            <span class="list__body">
                <b class="text-label">"Pasang di layar utama"</b>
                <span class="text-small text-muted">"Hanya 0,2 MB, tanpa toko aplikasi"</span>
            </span>
            <button class="button button--tonal button--small" type="button">"Pasang"</button>
        </li>
        <li class="list__row" data-install-apple="" hidden>
            <Tile icon=Symbol::Download tone=Tone::Primary/>
            <span class="list__body">
                <b class="text-label">"Pasang di layar utama"</b>
                <span class="text-small text-muted">"Ketuk Bagikan, lalu Tambahkan ke Layar Utama"</span>
            </span>
        </li>
    }
}
