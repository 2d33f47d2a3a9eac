//! The name with its flower, and the first screen that opens into the welcome.

use leptos::prelude::*;

use super::{drawings::Fruit, petals::Mark};

/// Logo and name as a link.
#[component]
pub fn Brand(
    /// Where it leads; `/` before sign-in, `/beranda` after.
    #[prop(default = "/")]
    href: &'static str,
    /// Further class, for the staff navigation.
    #[prop(optional)]
    class: Option<&'static str>,
) -> impl IntoView {
    let class = class.map_or_else(|| "brand".to_owned(), |extra| format!("brand {extra}"));
    view! { <a class=class href=href><Mark/>"Sanggup"</a> }
}

/// Head of the pages before sign-in: the brand instead of a title.
#[component]
pub fn BrandBar(
    /// Where the brand leads.
    #[prop(default = "/")]
    href: &'static str,
) -> impl IntoView {
    view! { <header class="brand-bar"><Brand href=href/></header> }
}

/// Screen 1: the flower fills the screen for 400 ms by CSS and opens; no script, no redirect.
#[component]
pub fn Splash() -> impl IntoView {
    view! {
        <div class="splash" aria-hidden="true">
            <Mark class="splash__flower" gap=2.4/>
            <Mark class="splash__mark"/>
            <p class="splash__name">"Sanggup"</p>
            <p>"Pinjam sesuai sanggup."</p>
        </div>
    }
}

/// Head of the welcome page: brand and mangosteen.
#[component]
pub fn WelcomeHead() -> impl IntoView {
    view! { <header class="welcome-head"><Brand/><Fruit class="welcome-head__fruit"/></header> }
}
