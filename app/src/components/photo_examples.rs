//! Four pictures that say what a good photo of an identity card is.

use leptos::prelude::*;

use super::{
    drawings::{IdentityCard, Shot},
    icon::{Icon, IconSize, Symbol},
};

/// One good photo and three bad ones.
#[component]
pub fn PhotoExamples() -> impl IntoView {
    let examples = [
        (Shot::Clear, "Rata dan jelas"),
        (Shot::Blurred, "Buram"),
        (Shot::Glare, "Silau"),
        (Shot::Cut, "Terpotong"),
    ]
    .map(|(shot, words)| {
        let good = shot == Shot::Clear;
        let symbol = if good { Symbol::Check } else { Symbol::Cross };
        view! {
            <figure class=good.then_some("photo-examples__good")>
                <div class="photo-examples__picture"><IdentityCard shot=shot/></div>
                <figcaption><Icon name=symbol size=IconSize::Tiny/>{words}</figcaption>
            </figure>
        }
    })
    .into_iter()
    .collect_view();
    view! { <div class="photo-examples">{examples}</div> }
}
