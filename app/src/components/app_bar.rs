//! Heads of pages: a way back and a title inside flows, a greeting or a plain title on top-level pages.

use leptos::prelude::*;

use super::{
    icon::{Icon, Symbol},
    stepper::Stepper,
};

/// Head of a page inside a flow: back arrow, title, an aside such as "1 dari 3" or the loan number.
#[component]
pub fn AppBar(
    /// Title; the page's `h1` only with `heading`.
    #[prop(into)]
    title: String,
    /// Address of the back arrow.
    #[prop(default = "/beranda".to_owned(), into)]
    back: String,
    /// Small text at the end.
    #[prop(optional, into)]
    aside: Option<String>,
    /// The title is the `h1` of the page.
    #[prop(optional)]
    heading: bool,
    /// Step of the flow, from 1; 0 draws no stepper.
    #[prop(optional)]
    step: u8,
    /// Steps in the flow.
    #[prop(default = 3)]
    steps: u8,
) -> impl IntoView {
    let title = if heading {
        view! { <h1 class="app-bar__title">{title}</h1> }.into_any()
    } else {
        view! { <p class="app-bar__title">{title}</p> }.into_any()
    };
    view! {
        <header class="app-bar">
            <a class="icon-button" href=back aria-label="Kembali"><Icon name=Symbol::Back/></a>
            {title}
            {aside.map(|words| view! { <p class="app-bar__aside numeric">{words}</p> })}
            {(step > 0).then(|| view! { <Stepper current=step total=steps/> })}
        </header>
    }
}

/// Head of a top-level page: the title is the `h1`; children stand at the end.
#[component]
pub fn TopBar(
    /// Title of the page.
    #[prop(into)]
    title: String,
    /// An action at the end, for example "Tandai dibaca".
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="app-bar app-bar--top">
            <h1 class="fill">{title}</h1>
            {children.map(|children| children())}
        </header>
    }
}

/// Head of Beranda: the hour's greeting and the name; children are a badge at the end.
#[component]
pub fn Greeting(
    /// "Selamat pagi", "Selamat siang", "Selamat sore" or "Selamat malam", by Asia/Jakarta.
    #[prop(into)]
    words: String,
    /// Full name of the borrower.
    #[prop(into)]
    name: String,
    /// A badge.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="app-bar app-bar--top">
            <div class="fill">
                <p class="text-small text-muted">{words}</p>
                <h1 class="greeting">{name}</h1>
            </div>
            {children.map(|children| children())}
        </header>
    }
}
