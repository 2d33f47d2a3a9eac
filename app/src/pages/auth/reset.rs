//! A forgotten password, in two steps: who, then code and new password. Says the same whether or not there is an account.

use super::{code_faults, held_together, resend::Resend};
use crate::{
    components::{AppBar, Button, CodeField, CsrfField, ErrorSummary, Field, Hidden, Main, PasswordField, page_title},
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{
    Error, Refusal,
    auth::{Challenge, ChallengePurpose},
    id::ChallengeId,
};
use leptos::prelude::*;
use leptos_meta::Title;

const START: &str = "/_fn/start_reset";
const FINISH: &str = "/_fn/finish_reset";
const TITLE: &str = "Kata sandi baru";

/// `/lupa-sandi`, and `/lupa-sandi?kode={challenge}` for the second step.
#[component]
pub fn ResetPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move {
        let Ok(id) = visit.query("kode").parse::<ChallengeId>() else {
            return ask_who(&visit, None);
        };
        match visit.backend.auth.challenge(&visit.actor, id).await {
            Ok(challenge) if challenge.purpose == ChallengePurpose::Reset => ask_code(&visit, challenge),
            // A code that is over starts again from the first step.
            Ok(_) | Err(Error::NotFound) => ask_who(&visit, Some(Error::Refused(Refusal::CodeExpired))),
            Err(error) => failure(&error),
        }
    })
}

fn ask_who(visit: &Visit, error: Option<Error>) -> AnyView {
    let form = visit.form(START);
    let faults = match error {
        Some(error) if !form.came_back() => error.into(),
        _ => form.faults(),
    };
    view! {
        <Title text=page_title(TITLE, &faults)/>
        <AppBar title="Masuk" back="/masuk"/>
        <Main class="page stack-5">
            {flash_notice()}
            <div class="stack-2">
                <h1>{TITLE}</h1>
                <p class="text-muted">"Tulis email atau nomor HP akun Anda. Kami kirim kode ke WhatsApp akun itu."</p>
            </div>
            <ErrorSummary faults=faults.clone()/>
            <form class="stack-5" method="post" action=START novalidate>
                <CsrfField/>
                <Field
                    label="Email atau nomor HP"
                    name="identifier"
                    value=form.value("identifier")
                    error=faults.of("identifier")
                    autocomplete="username"
                    maxlength=254
                    spellcheck="false"
                />
                <Button>"Kirim kode"</Button>
            </form>
        </Main>
    }
    .into_any()
}

fn ask_code(visit: &Visit, challenge: Challenge) -> AnyView {
    let resent = visit.form("/_fn/resend_code");
    let faults = if resent.came_back() {
        resent.faults()
    } else {
        code_faults(&visit.form(FINISH), challenge.tries_left)
    };
    let now = visit.now;
    let shown = held_together(&challenge.masked_phone);
    view! {
        <Title text=page_title(TITLE, &faults)/>
        <AppBar title="Masuk" back="/lupa-sandi"/>
        <Main class="page stack-6">
            {flash_notice()}
            <div class="stack-2">
                <h1>{TITLE}</h1>
                <p class="text-muted">{format!("Kalau {shown} punya akun, kami sudah mengirim 6 angka ke nomor akun itu.")}</p>
            </div>
            <ErrorSummary faults=faults.clone()/>
            <form class="stack-5" method="post" action=FINISH novalidate>
                <CsrfField/>
                <Hidden name="challenge" value=challenge.id.to_string()/>
                <CodeField label="Kode" error=faults.of("code")/>
                <PasswordField label="Kata sandi baru" fresh=true error=faults.of("password")/>
                <Button>"Simpan kata sandi"</Button>
            </form>
            <div class="row row--between text-small">
                <Resend challenge=challenge now=now next=String::new()/>
                <a class="button-link" href="/lupa-sandi">"Ganti email atau nomor"</a>
            </div>
        </Main>
    }
    .into_any()
}
