//! Screen 3: who the person is. Faults come back beside their fields, with everything typed but the password.

use crate::{
    components::{
        AppBar, Button, Consent, CsrfField, ErrorSummary, Faults, Field, Main, NikField, PasswordField, PhoneField,
        page_title,
    },
    pages::flash_notice,
    visit::{FormState, visit},
};
use domain::{
    text::date_long,
    users::{Nik, nik::Sex},
};
use leptos::prelude::*;
use leptos_meta::Title;
use time::Date;

const ACTION: &str = "/_fn/register";

/// `/daftar`, step 1 of 3.
#[component]
pub fn RegisterPage() -> impl IntoView {
    let visit = visit();
    let form = visit.form(ACTION);
    let faults = form.faults();
    view! {
        <Title text=page_title("Daftar: data diri", &faults)/>
        <AppBar title="Daftar" back="/" aside="1 dari 3" step=1/>
        <Main class="page stack-3">
            {flash_notice()}
            <h1>"Data diri"</h1>
            <ErrorSummary faults=faults.clone()/>
            {fields(&form, &faults, visit.today())}
            <p class="text-centre text-muted">"Sudah punya akun? "<a href="/masuk">"Masuk"</a></p>
        </Main>
    }
}

fn fields(form: &FormState, faults: &Faults, today: Date) -> impl IntoView + use<> {
    let nik = form.value("nik");
    let note = if faults.of("nik").is_none() {
        read_from_nik(&nik, today)
    } else {
        None
    };
    let ticked = |name: &str| !form.value(name).is_empty();
    view! {
        <form class="stack" method="post" action=ACTION novalidate>
            <CsrfField/>
            <Field
                label="Nama lengkap"
                name="full_name"
                value=form.value("full_name")
                hint="Sama persis dengan KTP".to_owned()
                error=faults.of("full_name")
                autocomplete="name"
                maxlength=100
                spellcheck="false"
            />
            <NikField value=nik error=faults.of("nik") note=note/>
            <PhoneField value=form.value("phone") error=faults.of("phone")/>
            <Field
                label="Email"
                name="email"
                value=form.value("email")
                error=faults.of("email")
                kind="email"
                autocomplete="email"
                maxlength=254
            />
            <PasswordField fresh=true error=faults.of("password")/>
            <Consent name="terms" checked=ticked("terms") error=faults.of("terms")>
                "Saya setuju dengan "<a href="/bantuan#syarat">"syarat dan ketentuan"</a>"."
            </Consent>
            <Consent name="privacy" checked=ticked("privacy") error=faults.of("privacy")>
                "Saya sudah membaca "<a href="/privasi">"kebijakan privasi"</a>
                " dan setuju data saya dipakai untuk memeriksa identitas dan menilai pinjaman."
            </Consent>
            <Button>"Lanjut ke foto KTP"</Button>
        </form>
    }
}

/// "Terbaca: perempuan, lahir 17 Agustus 1995"; none while the number is not a NIK.
fn read_from_nik(typed: &str, today: Date) -> Option<String> {
    let nik = Nik::parse(typed).ok()?;
    let sex = match nik.sex() {
        Sex::Female => "perempuan",
        Sex::Male => "laki-laki",
    };
    Some(format!("Terbaca: {sex}, lahir {}", date_long(nik.birth_date(today)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::html;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 24);

    #[test]
    fn the_nik_says_who_it_belongs_to_once_it_is_one() {
        let read = read_from_nik("3275 0457 0895 0003", TODAY);
        assert_eq!(read.as_deref(), Some("Terbaca: perempuan, lahir 17 Agustus 1995"));
        assert_eq!(read_from_nik("3275 0457 0895 000", TODAY), None);
        assert_eq!(read_from_nik("", TODAY), None);
    }

    #[test]
    fn no_box_is_ticked_for_the_person_and_every_field_has_its_name_as_id() {
        let drawn = html(|| fields(&FormState::default(), &Faults::default(), TODAY));
        assert!(!drawn.contains("checked"), "{drawn}");
        for name in ["full_name", "nik", "phone", "email", "password", "terms", "privacy"] {
            assert!(
                drawn.contains(&format!("id=\"{name}\" name=\"{name}\"")),
                "{name}: {drawn}"
            );
        }
    }
}
