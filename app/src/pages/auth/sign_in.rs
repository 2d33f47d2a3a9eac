//! Screen 7: signing in by password or passkey.

use crate::{
    components::{
        BrandBar, Button, CsrfField, ErrorSummary, Field, Hidden, Icon, Main, Notice, PageFoot, PasswordField, Symbol,
        Tone, page_title,
    },
    pages::flash_notice,
    shell::Module,
    visit::{local_path, visit},
};
use leptos::prelude::*;
use leptos_meta::Title;

const ACTION: &str = "/_fn/sign_in";

/// `/masuk?lanjut={path}`; `habis=1` after a session that ended by itself.
#[component]
pub fn SignInPage() -> impl IntoView {
    let visit = visit();
    let form = visit.form(ACTION);
    let faults = form.faults();
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
