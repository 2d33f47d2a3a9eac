//! Screen 7: signing in by password or passkey.

use crate::{
    components::{
        BrandBar, Button, CsrfField, ErrorSummary, Faults, Field, Hidden, Icon, Main, Notice, PageFoot, PasswordField,
        Symbol, Tone, page_title,
    },
    pages::flash_notice,
    shell::Module,
    visit::{FormState, local_path, visit},
};
use domain::{Error, Fault, text::time_of_day};
use leptos::prelude::*;
use leptos_meta::Title;
use time::{Duration, OffsetDateTime};

const ACTION: &str = "/_fn/sign_in";

/// `/masuk?lanjut={path}`; `habis=1` after a session that ended by itself.
#[component]
pub fn SignInPage() -> impl IntoView {
    let visit = visit();
    let form = visit.form(ACTION);
    let faults = faults_of(&form, visit.now);
    let next = local_path(visit.query("lanjut")).unwrap_or_default();
    let ended = (visit.query("habis") == "1" && !form.came_back()).then(|| {
        view! {
            <Notice icon=Symbol::Clock tone=Tone::Warning role="status">
                "Anda keluar otomatis setelah 15 menit tanpa aktivitas."
                {visit.draft_waits.then_some(" Isian Anda tersimpan.")}
            </Notice>
        }
    });
    view! {
        <Title text=page_title("Masuk", &faults)/>
        <BrandBar/>
        <Main class="page stack-5">
            {flash_notice()}
            {ended}
            <h1>"Masuk"</h1>
            <ErrorSummary faults=faults.clone()/>
            <form class="stack" method="post" action=ACTION novalidate>
                <CsrfField/>
                <Hidden name="next" value=next.clone()/>
                <Field
                    label="Email atau nomor HP"
                    name="identifier"
                    value=form.value("identifier")
                    error=faults.of("identifier")
                    autocomplete="username webauthn"
                    maxlength=254
                    spellcheck="false"
                />
                <PasswordField error=faults.of("password")/>
                <p class="text-end text-small"><a class="button-link" href="/lupa-sandi">"Lupa kata sandi?"</a></p>
                <div class="stack-3">
                    <Button>"Masuk"</Button>
                    <button
                        class="button button--secondary needs-script"
                        type="button"
                        data-passkey="sign-in"
                        data-start="/_fn/passkeys/sign-in/start"
                        data-finish="/_fn/passkeys/sign-in/finish"
                        data-next=next
                    >
                        <Icon name=Symbol::Fingerprint/>
                        "Masuk dengan sidik jari"
                    </button>
                </div>
            </form>
            <p class="text-centre text-muted">"Belum punya akun? "<a href="/daftar">"Daftar"</a></p>
        </Main>
        <PageFoot>"Petugas Sanggup tidak pernah meminta kata sandi atau kode OTP Anda."</PageFoot>
        <Module name="passkey.js"/>
    }
}

/// The faults of the form; a wait is told as the time of day when it is over, with the way in that has no wait.
fn faults_of(form: &FormState, now: OffsetDateTime) -> Faults {
    match form.error() {
        Some(error @ Error::TooMany { retry_after }) => {
            vec![Fault::new("", error.code(), wait(now, *retry_after))].into()
        }
        _ => form.faults(),
    }
}

/// Rounded up to the minute: at the time that is told it works.
fn wait(now: OffsetDateTime, seconds: u32) -> String {
    let time = time_of_day(now + Duration::seconds(i64::from(seconds) + 59));
    format!("Terlalu banyak percobaan. Coba lagi pukul {time}, atau masuk dengan sidik jari.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_wait_is_told_as_a_time_of_day_in_jakarta() {
        assert_eq!(
            wait(datetime!(2026-11-24 03:42:30 UTC), 150),
            "Terlalu banyak percobaan. Coba lagi pukul 10.45, atau masuk dengan sidik jari."
        );
        let soon = wait(datetime!(2026-11-24 03:44:50 UTC), 20);
        assert!(soon.contains("pukul 10.46,"), "never before it works: {soon}");
    }
}
