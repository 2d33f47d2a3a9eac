//! Time, visibility, requests.

use leptos::wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::dom::document;

/// Waits.
pub(crate) async fn sleep(milliseconds: i32) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        if let Some(window) = web_sys::window() {
            // Refused only without a window, and then nobody waits.
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds);
        }
    });
    let _ = JsFuture::from(promise).await;
}

/// Whether nobody can see the page now.
pub(crate) fn is_hidden() -> bool {
    document().hidden()
}

/// The body of a successful answer from our own origin; `None` for anything else.
pub(crate) async fn fetch_text(url: &str) -> Option<String> {
    let response: Response = JsFuture::from(web_sys::window()?.fetch_with_str(url))
        .await
        .ok()?
        .dyn_into()
        .ok()?;
    // A redirect leads to the sign-in page: the session has ended.
    if !response.ok() || response.redirected() {
        return None;
    }
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}

/// Loads the page again.
pub(crate) fn reload() {
    if let Some(window) = web_sys::window() {
        // A refused reload leaves the page as it is; its button does the same.
        let _ = window.location().reload();
    }
}
