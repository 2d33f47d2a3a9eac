//! Buttons: one primary per screen, verb first. With `href` they are links that look the same.

use leptos::prelude::*;

use super::icon::{Icon, Symbol};

/// Weight of a button.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The one main action of the screen.
    #[default]
    Primary,
    /// Outlined.
    Secondary,
    /// Soft plum.
    Tonal,
    /// Outlined, red words.
    Danger,
}

impl Kind {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button--primary",
            Self::Secondary => "button button--secondary",
            Self::Tonal => "button button--tonal",
            Self::Danger => "button button--danger",
        }
    }
}

/// A full-width button, or a link with the same look.
#[component]
pub fn Button(
    /// Weight.
    #[prop(optional)]
    kind: Kind,
    /// Icon before the words.
    #[prop(optional)]
    icon: Option<Symbol>,
    /// Makes it a link to this address.
    #[prop(optional, into)]
    href: Option<String>,
    /// 44 px high and as wide as its words.
    #[prop(optional)]
    small: bool,
    /// Further classes: `needs-script`, `without-script`.
    #[prop(optional)]
    class: &'static str,
    /// `type`; a button in a form submits unless this says `button`.
    #[prop(default = "submit")]
    r#type: &'static str,
    /// Name sent with the form.
    #[prop(optional, into)]
    name: Option<String>,
    /// Value sent with the form.
    #[prop(optional, into)]
    value: Option<String>,
    /// Id of the form it belongs to, when it stands outside of it.
    #[prop(optional, into)]
    form: Option<String>,
    /// Address that replaces the form's own.
    #[prop(optional, into)]
    formaction: Option<String>,
    /// Method that replaces the form's own.
    #[prop(optional)]
    formmethod: Option<&'static str>,
    /// Skips the browser's own checks.
    #[prop(optional)]
    formnovalidate: bool,
    /// Id, for the scripts.
    #[prop(optional, into)]
    id: Option<String>,
    /// Looks and reads as busy.
    #[prop(optional)]
    busy: bool,
    /// The words.
    children: Children,
) -> impl IntoView {
    let mut classes = kind.class().to_owned();
    for extra in [if small { "button--small" } else { "" }, class] {
        if !extra.is_empty() {
            classes.push(' ');
            classes.push_str(extra);
        }
    }
    let inside = view! { {icon.map(|name| view! { <Icon name=name/> })}{children()} };
    match href {
        Some(href) => view! { <a class=classes href=href id=id>{inside}</a> }.into_any(),
        None => view! {
            <button
                class=classes
                type=r#type
                id=id
                name=name
                value=value
                form=form
                formaction=formaction
                formmethod=formmethod
                formnovalidate=formnovalidate
                aria-disabled=busy.then_some("true")
            >
                {inside}
            </button>
        }
        .into_any(),
    }
}

/// A file input that looks like a button; works without JavaScript.
#[component]
pub fn FileButton(
    /// Id of the input.
    #[prop(into)]
    id: String,
    /// Name sent with the form.
    #[prop(default = "file".to_owned(), into)]
    name: String,
    /// Weight.
    #[prop(optional)]
    kind: Kind,
    /// Icon before the words.
    icon: Symbol,
    /// Accepted kinds.
    #[prop(default = "image/jpeg,image/png,image/webp")]
    accept: &'static str,
    /// `environment` or `user` opens that camera on a phone.
    #[prop(optional)]
    capture: Option<&'static str>,
    /// The words.
    children: Children,
) -> impl IntoView {
    let target = id.clone();
    view! {
        <label class=kind.class() for=target>
            <Icon name=icon/>
            {children()}
            <input class="visually-hidden" id=id name=name type="file" accept=accept capture=capture/>
        </label>
    }
}
