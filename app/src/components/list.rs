//! Rows: with an icon square, as plain links, as notifications.

use leptos::prelude::*;

use super::{
    icon::{Icon, IconSize, Symbol},
    tone::Tone,
};

/// A list of [`ListRow`]s or [`NewsRow`]s.
#[component]
pub fn List(
    /// The rows.
    children: Children,
) -> impl IntoView {
    view! { <ul class="list" role="list">{children()}</ul> }
}

/// The soft square with an icon at the head of a row.
#[component]
pub fn Tile(
    /// Which icon.
    icon: Symbol,
    /// Colour.
    #[prop(optional)]
    tone: Tone,
) -> impl IntoView {
    view! { <span class=tone.class("tile")><Icon name=icon/></span> }
}

/// A row: icon square, title, detail, something at the end (children); a link with `href`.
#[component]
pub fn ListRow(
    /// Icon of the square.
    icon: Symbol,
    /// First line.
    #[prop(into)]
    title: String,
    /// Second line.
    #[prop(optional, into)]
    detail: Option<String>,
    /// Class of the second line.
    #[prop(default = "text-small text-muted")]
    detail_class: &'static str,
    /// Colour of the square.
    #[prop(optional)]
    tone: Tone,
    /// Makes the whole row a link.
    #[prop(optional, into)]
    href: Option<String>,
    /// What stands at the end: an amount, a badge, a switch, a small button.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let body = view! {
        <Tile icon=icon tone=tone/>
        <span class="list__body">
            <b class="text-label">{title}</b>
            {detail.map(|words| view! { <span class=detail_class>{words}</span> })}
        </span>
        {children.map(|children| children())}
    };
    match href {
        Some(href) => view! {
            <li><a class="list__row" href=href>{body}<Icon name=Symbol::Forward size=IconSize::Small/></a></li>
        }
        .into_any(),
        None => view! { <li class="list__row">{body}</li> }.into_any(),
    }
}

/// A notification: title, sentence (children), time, and a dot while unread.
#[component]
pub fn NewsRow(
    /// Icon of the square.
    icon: Symbol,
    /// Colour of the square.
    #[prop(optional)]
    tone: Tone,
    /// Title.
    #[prop(into)]
    title: String,
    /// Time as words: "08.00", "4 November".
    #[prop(into)]
    when: String,
    /// Not read yet.
    #[prop(optional)]
    unread: bool,
    /// The sentence; may hold a link.
    children: Children,
) -> impl IntoView {
    view! {
        <li class="list__row list__row--top">
            <Tile icon=icon tone=tone/>
            <div class="list__body stack-1">
                <h3>{title}</h3>
                <p class="text-small text-muted">{children()}</p>
                <p class="text-micro text-subtle numeric">{when}</p>
            </div>
            {unread
                .then(|| view! { <span class="list__dot"><span class="visually-hidden">"Belum dibaca"</span></span> })}
        </li>
    }
}

/// A list of [`LinkRow`]s: plain rows that lead on.
#[component]
pub fn LinkList(
    /// The rows.
    children: Children,
) -> impl IntoView {
    view! { <ul class="link-list" role="list">{children()}</ul> }
}

/// One row of a [`LinkList`].
#[component]
pub fn LinkRow(
    /// Icon at the start.
    icon: Symbol,
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <li>
            <a href=href>
                <Icon name=icon size=IconSize::Small/>
                <span class="fill">{children()}</span>
                <Icon name=Symbol::Forward size=IconSize::Small/>
            </a>
        </li>
    }
}

/// The three shortcuts of Beranda.
#[component]
pub fn Shortcuts(
    /// Three [`Shortcut`]s.
    children: Children,
) -> impl IntoView {
    view! { <ul class="shortcuts" role="list">{children()}</ul> }
}

/// One shortcut: an icon above two words.
#[component]
pub fn Shortcut(
    /// Icon.
    icon: Symbol,
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! { <li><a href=href><Icon name=icon/>{children()}</a></li> }
}

/// Steps with numbers, for payment instructions.
#[component]
pub fn NumberedSteps(
    /// `<li>` elements.
    children: Children,
) -> impl IntoView {
    view! { <ol class="numbered-steps" role="list">{children()}</ol> }
}
