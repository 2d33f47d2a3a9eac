//! Akun: channels, consents and theme. Each saves at once with a script, and by its button without one.

use super::account::Part;
use crate::{
    components::{Button, ChoiceGroup, CsrfField, Hidden, Kind, List, ListRow, RadioCard, Switch, Symbol},
    shell::Theme,
};
use domain::{
    calendar::jakarta_date,
    notifications::Preferences,
    text::date_long,
    users::{Consent, Profile},
};
use leptos::prelude::*;

/// Which channels a person wants beside the app.
pub(super) fn channels(chosen: Preferences, profile: &Profile) -> impl IntoView + use<> {
    let phone = profile.masked_phone.replace(' ', "\u{a0}");
    let rows = [
        ("whatsapp", Symbol::Person, "WhatsApp", phone.clone(), chosen.whatsapp),
        ("email", Symbol::Document, "Email", profile.email.clone(), chosen.email),
        ("sms", Symbol::Phone, "SMS", phone, chosen.sms),
    ]
    .map(|(name, icon, title, detail, on)| {
        let switch = view! { <Switch name=name label=title checked=on/> };
        if detail.is_empty() {
            view! { <ListRow icon=icon title=title>{switch}</ListRow> }.into_any()
        } else {
            view! { <ListRow icon=icon title=title detail=detail>{switch}</ListRow> }.into_any()
        }
    })
    .into_iter()
    .collect_view();
    view! {
        <Part id="kabari" title="Kabari saya lewat">
            <form class="stack-2" method="post" action="/_fn/set_channels" data-save-at-once="">
                <CsrfField/>
                <div class="card card--list"><List>{rows}</List></div>
                <Button kind=Kind::Tonal class="without-script">"Simpan"</Button>
            </form>
            <p class="text-micro text-subtle">"Kode dan kabar keamanan akun selalu dikirim."</p>
        </Part>
    }
}

/// What the person agreed to; only marketing can be withdrawn while the account is used.
pub(super) fn consents(consents: Vec<Consent>) -> impl IntoView {
    (!consents.is_empty()).then(|| {
        let rows = consents.into_iter().map(consent).collect_view();
        view! {
            <Part id="persetujuan" title="Persetujuan Anda">
                <div class="card card--list"><List>{rows}</List></div>
            </Part>
        }
    })
}

fn consent(consent: Consent) -> impl IntoView {
    let name = match consent.purpose.as_str() {
        "terms" => "Syarat dan ketentuan",
        "privacy" => "Kebijakan privasi",
        "identity_check" => "Pemeriksaan identitas",
        "marketing" => "Kabar promosi",
        other => other,
    }
    .to_owned();
    let day = |at| date_long(jakarta_date(at));
    let detail = match consent.withdrawn_at {
        Some(at) => format!("Ditarik {}", day(at)),
        None => format!("Disetujui {}", day(consent.given_at)),
    };
    let may_withdraw = consent.purpose == "marketing" && consent.withdrawn_at.is_none();
    let label = format!("Tarik persetujuan {name}");
    let end = may_withdraw.then(|| {
        view! {
            <form method="post" action="/_fn/withdraw_consent">
                <CsrfField/>
                <Hidden name="consent" value=consent.id.to_string()/>
                <button class="button-link text-small" aria-label=label>"Tarik"</button>
            </form>
        }
    });
    view! { <ListRow icon=Symbol::Document title=name detail=detail detail_class="text-micro text-muted">{end}</ListRow> }
}

/// Tampilan: light, dark, or as the phone.
pub(super) fn theme(chosen: Option<Theme>) -> impl IntoView {
    let options = [
        (None, "Ikuti ponsel"),
        (Some(Theme::Light), "Terang"),
        (Some(Theme::Dark), "Gelap"),
    ]
    .map(|(theme, words)| {
        let value = theme.map_or("phone", Theme::word);
        view! { <RadioCard name="theme" value=value title=words compact=true checked=theme == chosen/> }
    })
    .into_iter()
    .collect_view();
    view! {
        <Part id="tampilan" title="Tampilan">
            <form class="stack-2" method="post" action="/_fn/choose_theme" data-theme-form="">
                <CsrfField/>
                <ChoiceGroup legend="Warna layar" id="theme">{options}</ChoiceGroup>
                <Button kind=Kind::Tonal class="without-script">"Simpan"</Button>
            </form>
        </Part>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::html;
    use domain::id::ConsentId;
    use time::macros::datetime;

    fn given(purpose: &str, withdrawn: bool) -> Consent {
        let at = datetime!(2026-11-24 03:00 UTC);
        Consent {
            id: ConsentId(uuid::Uuid::from_u128(1)),
            purpose: purpose.into(),
            version: "2026-11-24".into(),
            given_at: at,
            withdrawn_at: withdrawn.then_some(at),
        }
    }

    #[test]
    fn only_a_standing_marketing_consent_can_be_withdrawn() {
        for (purpose, withdrawn, forms) in [("marketing", false, 1), ("marketing", true, 0), ("terms", false, 0)] {
            let drawn = html(move || consent(given(purpose, withdrawn)));
            assert_eq!(drawn.matches("<form").count(), forms, "{purpose}: {drawn}");
        }
    }
}
