//! The HTML document around every page.
//!
//! Enters: the page, [`Assets`] and [`PageContext`] as Leptos context, the path of the request. Leaves: head with
//! hashed sheets and nonce'd modules, skip link, page. Nothing in it needs JavaScript; no inline script or style.

use std::{collections::BTreeMap, sync::Arc};

use axum::http::request::Parts;
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;
use serde::Deserialize;

/// Where the built files are: `target/site/assets.json`, written by `scripts/build-web`. Cheap to clone: every page
/// carries it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "Built")]
pub struct Assets(Arc<Built>);

#[derive(Debug, Default, Deserialize)]
struct Built {
    #[serde(default)]
    integrity: BTreeMap<String, String>,
    #[serde(flatten)]
    files: BTreeMap<String, String>,
}

impl From<Built> for Assets {
    fn from(built: Built) -> Self {
        Self(Arc::new(built))
    }
}

impl Assets {
    /// Address of a built file by its plain name: `main.css`, `app.js` (the browser half), `passkey.js`.
    ///
    /// A name that was not built gives `/pkg/<name>`, which answers 404 and shows in the log.
    pub fn href(&self, name: &str) -> String {
        self.0
            .files
            .get(name)
            .cloned()
            .unwrap_or_else(|| format!("/pkg/{name}"))
    }

    /// Subresource integrity of a script or sheet, when the build knows it.
    pub fn integrity(&self, name: &str) -> Option<String> {
        self.0.integrity.get(name).cloned()
    }
}

/// What the server knows about the reader when it renders a page.
#[derive(Clone, Debug, Default)]
pub struct PageContext {
    /// Session-bound token for forms and scripts; `None` without a session.
    pub csrf: Option<String>,
    /// Chosen theme; `None` follows the phone.
    pub theme: Option<Theme>,
}

/// A theme chosen in Akun, kept in the cookie `theme`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Terang.
    Light,
    /// Gelap.
    Dark,
}

impl Theme {
    /// Reads the cookie's value; anything else follows the phone.
    pub fn parse(value: &str) -> Option<Self> {
        match value {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    /// The cookie's value and the value of `data-theme`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The sheets of a path, in cascade order: everybody has `main`, joining and staff pages one more.
fn sheets(path: &str) -> &'static [&'static str] {
    let under = |root: &str| path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    if under("/petugas") {
        &["main.css", "staff.css"]
    } else if path == "/" || under("/daftar") || cfg!(debug_assertions) && under("/_debug") {
        &["main.css", "join.css"]
    } else {
        &["main.css"]
    }
}

/// The document around `content`; for `leptos_routes_with_context` and the error pages.
pub fn shell<V: IntoView + 'static>(content: impl FnOnce() -> V) -> impl IntoView {
    // Outside of islands nothing is hydrated, so no resource is written into the page.
    if let Some(shared) = Owner::current_shared_context() {
        shared.set_is_hydrating(false);
    }
    let assets = use_context::<Assets>().unwrap_or_default();
    let page = use_context::<PageContext>().unwrap_or_default();
    let path = use_context::<Parts>()
        .map(|parts| parts.uri.path().to_owned())
        .unwrap_or_default();
    let sheets = sheets(&path)
        .iter()
        .map(|sheet| view! { <link rel="stylesheet" href=assets.href(sheet)/> })
        .collect_view();
    // Read by the scripts: staff have no service worker, no install offer, and a shorter session.
    let staff = path == "/petugas" || path.starts_with("/petugas/");
    let area = if staff { "staff" } else { "borrower" };
    let session = page.csrf.is_some().then(|| view! { <Module name="session.js"/> });
    let keys = staff.then(|| view! { <Module name="staff.js"/> });
    let csrf = page.csrf.map(|token| view! { <meta name="csrf" content=token/> });
    view! {
        <!DOCTYPE html>
        <html lang="id" data-theme=page.theme.map(Theme::word) data-area=area>
            <head>
                <meta charset="utf-8"/>
                <script src=assets.href("tt.js") integrity=assets.integrity("tt.js") nonce=use_nonce()></script>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                {sheets}
                <link rel="icon" href="/icons/favicon.svg" type="image/svg+xml"/>
                <link rel="icon" href="/icons/favicon-32.png" sizes="32x32"/>
                <link rel="apple-touch-icon" href="/icons/apple-touch-180.png"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <meta name="theme-color" content="#FBF8F7" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#170D13" media="(prefers-color-scheme: dark)"/>
                <meta name="format-detection" content="telephone=no"/>
                {csrf}
                <MetaTags/>
                <script type="module" src=assets.href("shell.js") nonce=use_nonce()></script>
                {session}{keys}
            </head>
            <body>
                <a class="skip-link" href="#content">"Langsung ke isi"</a>
                {content()}
            </body>
        </html>
    }
}

/// One of the plain modules of `public/js`, by name: `passkey.js`, `copy.js`, `theme.js`, `push.js`.
#[component]
pub fn Module(
    /// File name.
    name: &'static str,
) -> impl IntoView {
    let assets = use_context::<Assets>().unwrap_or_default();
    view! { <script type="module" src=assets.href(name) nonce=use_nonce()></script> }
}

/// Starts the islands of a page; every page with an island has it once (more do no harm).
///
/// Stands for Leptos' own `HydrationScripts`, which in 0.8 writes the nonce into `crossorigin`. The files are
/// fetched at low priority and started when the browser is idle; if that fails, the forms still work.
#[component]
pub fn IslandScripts() -> impl IntoView {
    let assets = use_context::<Assets>().unwrap_or_default();
    let (script, module, wasm) = (
        assets.href("islands.js"),
        assets.href("app.js"),
        assets.href("app.wasm"),
    );
    view! {
        <link rel="modulepreload" href=module.clone() crossorigin="anonymous" nonce=use_nonce() fetchpriority="low"/>
        <link rel="preload" href=wasm.clone() r#as="fetch" type="application/wasm" crossorigin="anonymous" fetchpriority="low"/>
        <script type="module" src=script nonce=use_nonce() data-module=module data-wasm=wasm></script>
    }
}

/// Without JavaScript the page asks again by itself after some seconds.
#[component]
pub fn RefreshWithoutScript(
    /// Seconds.
    #[prop(default = 15)]
    seconds: u16,
) -> impl IntoView {
    view! { <noscript><meta http-equiv="refresh" content=seconds.to_string()/></noscript> }
}

#[cfg(test)]
mod tests {
    use leptos::nonce::provide_nonce;

    use super::*;
    use crate::components::testing::html;

    fn assets() -> Assets {
        Assets::from(Built {
            integrity: BTreeMap::from([("tt.js".into(), "sha384-abc".into())]),
            files: BTreeMap::from([
                ("main.css".into(), "/pkg/main.0a.css".into()),
                ("tt.js".into(), "/pkg/tt.0b.js".into()),
            ]),
        })
    }

    fn document(page: PageContext) -> String {
        html(move || {
            leptos_meta::provide_meta_context();
            provide_context(assets());
            provide_context(page);
            provide_nonce();
            shell(|| view! { <main id="content">"isi"</main> })
        })
    }

    #[test]
    fn sheets_follow_the_path() {
        assert_eq!(sheets("/beranda"), ["main.css"]);
        assert_eq!(sheets("/"), ["main.css", "join.css"]);
        assert_eq!(sheets("/daftar/ktp"), ["main.css", "join.css"]);
        assert_eq!(sheets("/petugas/audit"), ["main.css", "staff.css"]);
        assert_eq!(sheets("/petugas-palsu"), ["main.css"], "a name that only begins alike");
    }

    #[test]
    fn the_document_holds_no_inline_script_or_style_and_every_script_has_the_nonce() {
        let drawn = document(PageContext {
            csrf: Some("t".into()),
            theme: Some(Theme::Dark),
        });
        assert!(drawn.starts_with("<!DOCTYPE html>"), "{drawn}");
        assert!(!drawn.contains("style=") && !drawn.contains("<style"), "{drawn}");
        assert_eq!(
            drawn.matches("<script").count(),
            drawn.matches("nonce=").count(),
            "{drawn}"
        );
        assert_eq!(
            drawn.matches("<script").count(),
            drawn.matches("></script>").count(),
            "no script has a body: {drawn}"
        );
        assert!(
            drawn.contains("data-theme=\"dark\"") && drawn.contains("lang=\"id\""),
            "{drawn}"
        );
        assert!(
            drawn.contains("href=\"/pkg/main.0a.css\"") && drawn.contains("integrity=\"sha384-abc\""),
            "{drawn}"
        );
        assert!(drawn.contains("<meta name=\"csrf\" content=\"t\""), "{drawn}");
        let (first_script, first_sheet) = (drawn.find("<script"), drawn.find("<link"));
        assert!(
            first_script < first_sheet,
            "trusted types come before anything else: {drawn}"
        );
    }

    #[test]
    fn the_nonce_never_stands_in_crossorigin() {
        let drawn = html(|| {
            provide_nonce();
            view! { <IslandScripts/> }
        });
        assert_eq!(drawn.matches("crossorigin=\"anonymous\"").count(), 2, "{drawn}");
        assert!(drawn.contains("data-wasm=\"/pkg/app.wasm\""), "{drawn}");
    }

    #[test]
    fn a_theme_cookie_says_light_dark_or_nothing() {
        assert_eq!(
            ["light", "dark", "neon"].map(Theme::parse),
            [Some(Theme::Light), Some(Theme::Dark), None]
        );
    }
}
