//! For the tests of this crate: a view enters, its HTML leaves.

use std::sync::Arc;

use hydration_context::{SharedContext as _, SsrSharedContext};
use leptos::{prelude::*, tachys::view::RenderHtml};

/// The HTML of a view as the server would send it, without comments between texts.
pub(crate) fn html<V: IntoView + 'static>(view: impl FnOnce() -> V) -> String {
    let shared = Arc::new(SsrSharedContext::new());
    shared.set_is_hydrating(false);
    let owner = Owner::new_root(Some(shared));
    let html = owner.with(|| view().into_view().to_html());
    html.replace("<!>", "")
}
