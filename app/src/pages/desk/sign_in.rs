//! `/petugas/masuk`: staff sign in, with a session of their own.

use crate::{
    components::{BrandBar, Button, CsrfField, ErrorSummary, Field, Hidden, Main, PasswordField, page_title},
    pages::flash_notice,
    visit::visit,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The sign-in page of staff.
#[component]
pub fn StaffSignInPage() -> impl IntoView {
    let visit = visit();
    let form = visit.form("/_fn/petugas/sign_in");
    let faults = form.faults();
    view! {
        <Title text=page_title("Masuk petugas", &faults)/>
        <BrandBar href="/petugas"/>
        <Main class="page stack-5">
            <h1>"Masuk petugas"</h1>
            {flash_notice()}
            <ErrorSummary faults=faults.clone()/>
            <form class="stack" method="post" action="/_fn/petugas/sign_in">
                <CsrfField/>
                <Hidden name="next" value=visit.query("lanjut").to_owned()/>
                <Field label="Email" name="email" value=form.value("email") error=faults.of("email") kind="email" autocomplete="username"/>
                <PasswordField error=faults.of("password")/>
                <Button>"Masuk"</Button>
            </form>
        </Main>
    }
}
