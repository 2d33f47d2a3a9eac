//! The password once more, before something that matters: a new bank account, a passkey made or removed.

use crate::{
    components::{AppBar, Button, CsrfField, ErrorSummary, Faults, Hidden, Main, PasswordField, page_title},
    visit::{FormState, local_path, visit},
};
use domain::{Error, Fault, Refusal};
use leptos::prelude::*;
use leptos_meta::Title;

const ACTION: &str = "/_fn/confirm_password";

/// `/akun/konfirmasi?lanjut={path}`.
#[component]
pub fn ConfirmPasswordPage() -> impl IntoView {
    let visit = visit();
    let faults = faults_of(&visit.form(ACTION));
    let next = local_path(visit.query("lanjut")).unwrap_or_else(|| "/akun".into());
    view! {
        <Title text=page_title("Konfirmasi kata sandi", &faults)/>
        <AppBar title="Akun" back="/akun"/>
        <Main class="page stack-5">
            <div class="stack-2">
                <h1>"Konfirmasi kata sandi"</h1>
                <p class="text-muted">{Error::StepUpNeeded.words()}</p>
            </div>
            <ErrorSummary faults=faults.clone()/>
            <form class="stack" method="post" action=ACTION novalidate>
                <CsrfField/>
                <Hidden name="next" value=next/>
                <PasswordField error=faults.of("password")/>
                <p class="text-end text-small"><a class="button-link" href="/lupa-sandi">"Lupa kata sandi?"</a></p>
                <Button>"Lanjut"</Button>
            </form>
        </Main>
    }
}

/// There is no identifier here that could be wrong as well.
fn faults_of(form: &FormState) -> Faults {
    match form.error() {
        Some(Error::Refused(wrong @ Refusal::CredentialsWrong)) => {
            vec![Fault::new("password", wrong.code(), "Kata sandi tidak cocok.")].into()
        }
        _ => form.faults(),
    }
}
