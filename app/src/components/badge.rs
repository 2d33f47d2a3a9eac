//! A pill with a word; the colour only repeats what the word says.

use leptos::prelude::*;

use super::{
    icon::{Icon, Symbol},
    tone::Tone,
};

/// A status in one or two words.
#[component]
pub fn Badge(
    /// Colour.
    #[prop(optional)]
    tone: Tone,
    /// Icon before the word.
    #[prop(optional)]
    icon: Option<Symbol>,
    /// The word.
    children: Children,
) -> impl IntoView {
    view! { <span class=tone.class("badge")>{icon.map(|name| view! { <Icon name=name/> })}{children()}</span> }
}
