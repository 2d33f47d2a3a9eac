//! Pages of the system: what is not there, and what went wrong on our side.

use crate::{
    components::{BrandBar, Button, EmptyState, Kind, Main, Mark, page_title},
    pages::set_status,
    visit::Visit,
};
use axum::http::{StatusCode, request::Parts};
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
) -> impl IntoView {
    let signed_in = use_context::<Visit>().is_some_and(|visit| visit.actor.session().is_some());
    let home = if signed_in { "/beranda" } else { "/" };
    let here = use_context::<Parts>()
        .filter(|_| !lost)
        .and_then(|parts| parts.uri.path_and_query().map(ToString::to_string));
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
                <Button kind=kind href=home>"Ke beranda"</Button>
            </EmptyState>
        </Main>
    }
}
