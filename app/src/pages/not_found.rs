//! Pages of the system: what is not there, and what went wrong on our side.

use crate::{
    components::{BrandBar, Button, EmptyState, Kind, Main, Mark, page_title},
    pages::set_status,
    visit::Visit,
};
use axum::http::{StatusCode, request::Parts};
use domain::Error;
use leptos::prelude::*;
use leptos_meta::Title;

/// 404, the same for what never was and what belongs to somebody else.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    set_status(StatusCode::NOT_FOUND);
    view! {
        <SystemPage
            title="Halaman tidak ditemukan"
            words="Alamatnya mungkin salah ketik, atau halamannya sudah dipindah."
            lost=true
        />
    }
}

/// Why there is no page: the error in words, and the request's number unless the words name one already.
pub fn trouble(error: &Error) -> AnyView {
    let title = match error {
        Error::Forbidden => "Tidak ada akses",
        Error::TooMany { .. } => "Tunggu sebentar",
        _ => "Ada gangguan",
    };
    let id =
        use_context::<Parts>().and_then(|parts| Some(parts.headers.get("x-request-id")?.to_str().ok()?.to_owned()));
    let code = id.filter(|_| !matches!(error, Error::Internal { .. }));
    let lost = *error == Error::Forbidden;
    view! { <SystemPage title=title words=error.words() lost=lost code=code/> }.into_any()
}

/// One heading, one sentence, one way on; what may work a moment later can be tried again.
#[component]
pub fn SystemPage(
    /// The heading.
    title: &'static str,
    /// The sentence.
    #[prop(into)]
    words: String,
    /// Trying again does not help.
    #[prop(optional)]
    lost: bool,
    /// What support can look up.
    #[prop(optional_no_strip, into)]
    code: Option<String>,
) -> impl IntoView {
    let signed_in = use_context::<Visit>().is_some_and(|visit| visit.actor.session().is_some());
    let parts = use_context::<Parts>();
    let staff = parts
        .as_ref()
        .is_some_and(|parts| parts.uri.path().starts_with("/petugas"));
    let (home, words_home) = match (staff, signed_in) {
        (true, _) => ("/petugas", "Ke antrean"),
        (false, true) => ("/beranda", "Ke beranda"),
        (false, false) => ("/", "Ke beranda"),
    };
    let here = parts
        .filter(|_| !lost)
        .and_then(|parts| parts.uri.path_and_query().map(ToString::to_string));
    let code =
        code.map(|code| view! { <p class="text-micro text-subtle">"Kode "<span class="numeric">{code}</span></p> });
    let kind = if here.is_some() { Kind::Secondary } else { Kind::Primary };
    view! {
        <Title text=page_title(title, &Default::default())/>
        <BrandBar href=home/>
        <Main class="page stack-5">
            <EmptyState>
                <Mark class="petals"/>
                <h1>{title}</h1>
                <p class="text-muted">{words}</p>
                {here.map(|here| view! { <Button href=here>"Coba lagi"</Button> })}
                <Button kind=kind href=home>{words_home}</Button>
                {code}
            </EmptyState>
        </Main>
    }
}
