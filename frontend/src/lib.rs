//! The browser half: starts the islands. `public/js/islands.js` calls [`hydrate`] and then each island by its name.

// Without a reference to `app` the linker drops the islands' exports.
extern crate app;

use wasm_bindgen::prelude::wasm_bindgen;

/// Prepares this page for its islands.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
