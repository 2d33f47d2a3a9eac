//! Akun: passkeys first, then the devices that are signed in.

use super::{account::Part, offers::passkey_button};
use crate::{
    components::{Badge, CsrfField, Hidden, List, ListRow, Symbol, Tone},
    visit::Visit,
};
use domain::{
    auth::{Device, Passkey},
    text::moment,
};
use leptos::prelude::*;

/// The card of passkeys: one more, and each one with its removal.
pub(super) fn passkeys(visit: &Visit, passkeys: Vec<Passkey>) -> impl IntoView + use<> {
    let (detail, words) = match passkeys.len() {
        0 => ("Masuk dengan sidik jari, tanpa mengetik kata sandi".to_owned(), "Buat"),
        count => (format!("Aktif di {count} perangkat"), "Tambah"),
    };
    let button = passkey_button(visit, "/akun", words);
    let rows = passkeys.into_iter().map(passkey).collect_view();
    view! {
        <div class="card card--list">
            <List>
                <ListRow icon=Symbol::Fingerprint tone=Tone::Primary title="Kunci sandi" detail=detail>{button}</ListRow>
                {rows}
            </List>
        </div>
    }
}

fn passkey(passkey: Passkey) -> impl IntoView {
    let used = match passkey.last_used_at {
        Some(at) => format!("Terakhir dipakai {}", moment(at)),
        None => format!("Dibuat {}, belum dipakai", moment(passkey.created_at)),
    };
    let label = format!("Hapus kunci sandi {}", passkey.label);
    view! {
        <ListRow icon=Symbol::Lock title=passkey.label detail=used detail_class="text-micro text-muted numeric">
            <form method="post" action="/_fn/remove_passkey">
                <CsrfField/>
                <Hidden name="passkey" value=passkey.id.to_string()/>
                <button class="button-link button-link--danger text-small" aria-label=label>"Hapus"</button>
            </form>
        </ListRow>
    }
}

/// The signed-in devices; this one is marked, the others can be signed out.
pub(super) fn devices(devices: Vec<Device>) -> impl IntoView {
    let rows = devices.into_iter().map(device).collect_view();
    view! {
        <Part id="perangkat" title="Perangkat yang masuk">
            <div class="card card--list"><List>{rows}</List></div>
        </Part>
    }
}

fn device(device: Device) -> impl IntoView {
    let seen = format!("Aktif {}", moment(device.last_seen_at));
    let label = format!("Keluarkan {}", device.name);
    let end = if device.current {
        view! { <Badge tone=Tone::Success>"Perangkat ini"</Badge> }.into_any()
    } else {
        view! {
            <form method="post" action="/_fn/end_session">
                <CsrfField/>
                <Hidden name="session" value=device.session_id.to_string()/>
                <button class="button-link button-link--danger text-small" aria-label=label>"Keluarkan"</button>
            </form>
        }
        .into_any()
    };
    view! {
        <ListRow icon=Symbol::Phone tone=Tone::Primary title=device.name detail=seen detail_class="text-micro text-muted numeric">
            {end}
        </ListRow>
    }
}
