//! Screen 3c: the one-time code of a registration, or of a sign-in on a device not seen before.

use super::{code_faults, held_together, resend::Resend};
use crate::{
    components::{
        AppBar, Button, CodeField, CsrfField, ErrorSummary, Faults, Hidden, Kind, Main, Notice, Symbol, Tone,
        page_title,
    },
    pages::{failure, flash_notice, set_status},
    visit::{Visit, visit},
};
use axum::http::StatusCode;
use domain::{
    Error, Refusal,
    auth::{Challenge, ChallengePurpose, CodeChannel},
    id::ChallengeId,
};
use leptos::prelude::*;
use leptos_meta::Title;

const ACTION: &str = "/_fn/verify_code";

/// `/daftar/kode?kode={challenge}&lanjut={path}`.
#[component]
pub fn CodePage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move {
        let Ok(id) = visit.query("kode").parse::<ChallengeId>() else {
            return over(&visit);
        };
        match visit.backend.auth.challenge(&visit.actor, id).await {
            Ok(challenge) if challenge.purpose != ChallengePurpose::Reset => form(&visit, challenge),
            Ok(_) | Err(Error::NotFound) => over(&visit),
            Err(error) => failure(&error),
        }
    })
}

fn form(visit: &Visit, challenge: Challenge) -> AnyView {
    let (checked, resent) = (visit.form(ACTION), visit.form("/_fn/resend_code"));
    let expired = challenge.expires_at <= visit.now || challenge.tries_left == 0;
    let faults = if resent.came_back() {
        resent.faults()
    } else {
        code_faults(&checked, challenge.tries_left)
    };
    let has_account = matches!(
        checked.error(),
        Some(Error::Refused(Refusal::AccountExists | Refusal::NikTaken))
    );
    let registering = challenge.purpose == ChallengePurpose::Register;
    let (back, other) = if registering {
        ("/daftar", "Ganti nomor")
    } else {
        ("/masuk", "Kembali ke Masuk")
    };
    let bar = if registering {
        view! { <AppBar title="Daftar" back=back aside="1 dari 3" step=1/> }.into_any()
    } else {
        view! { <AppBar title="Masuk" back=back/> }.into_any()
    };
    let channel = channel_name(challenge.channel);
    let next = visit.query("lanjut").to_owned();
    let code_error = faults.of("code");
    let (sent_to, now) = (held_together(&challenge.masked_phone), visit.now);
    view! {
        <Title text=page_title("Masukkan kode", &faults)/>
        {bar}
        <Main class="page stack-6">
            {flash_notice()}
            <div class="stack-2">
                <h1>"Masukkan kode"</h1>
                <p class="text-muted">{format!("6 angka dari {channel} ke {sent_to}")}</p>
            </div>
            <ErrorSummary faults=faults/>
            {has_account.then(|| view! { <Button kind=Kind::Secondary href="/masuk">"Masuk"</Button> })}
            {(expired && code_error.is_none())
                .then(|| view! { <Notice icon=Symbol::Clock tone=Tone::Warning>{Refusal::CodeExpired.words()}</Notice> })}
            <form class="stack-5" method="post" action=ACTION novalidate>
                <CsrfField/>
                <Hidden name="challenge" value=challenge.id.to_string()/>
                <Hidden name="next" value=next.clone()/>
                <CodeField label=format!("Kode dari {channel}") error=code_error/>
                <Button>"Periksa kode"</Button>
            </form>
            <div class="row row--between text-small">
                <Resend challenge=challenge now=now next=next/>
                <a class="button-link" href=back>{other}</a>
            </div>
        </Main>
    }
    .into_any()
}

/// Used up, too old, or never there: the words and the ways on.
fn over(visit: &Visit) -> AnyView {
    set_status(StatusCode::NOT_FOUND);
    let checked = visit.form(ACTION);
    let faults = match checked.error() {
        // The heading says it already.
        Some(Error::NotFound) => Faults::default(),
        _ => checked.faults(),
    };
    let signed_in = visit.actor.session().is_some();
    let ways = if signed_in {
        view! { <Button href="/beranda">"Ke beranda"</Button> }.into_any()
    } else {
        view! {
            <div class="stack-3">
                <Button href="/masuk">"Masuk"</Button>
                <Button kind=Kind::Secondary href="/daftar">"Daftar dari awal"</Button>
            </div>
        }
        .into_any()
    };
    view! {
        <Title text=page_title("Kode tidak berlaku", &faults)/>
        <AppBar title="Kode" back=if signed_in { "/beranda" } else { "/masuk" }/>
        <Main class="page stack-5">
            <div class="stack-2">
                <h1>"Kode tidak berlaku lagi"</h1>
                <p class="text-muted">"Kode ini sudah dipakai atau sudah terlalu lama."</p>
            </div>
            <ErrorSummary faults=faults/>
            {ways}
        </Main>
    }
    .into_any()
}

const fn channel_name(channel: CodeChannel) -> &'static str {
    match channel {
        CodeChannel::Whatsapp => "WhatsApp",
        CodeChannel::Sms => "SMS",
    }
}
