//! Asks for the status of a page until it is another one.

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use super::{dom, net};

/// Follows the status of the line `#live-status`.
pub(crate) fn start() {
    let Some(line) = dom::by_id::<HtmlElement>("live-status") else {
        return;
    };
    let (Some(url), Some(current)) = (line.get_attribute("data-url"), line.get_attribute("data-current")) else {
        return;
    };
    spawn_local(async move {
        let same = format!("\"status\":\"{current}\"");
        // 40 × 3 s, then 48 × 10 s: ten minutes.
        for turn in 0..88 {
            net::sleep(if turn < 40 { 3_000 } else { 10_000 }).await;
            if net::is_hidden() {
                continue;
            }
            // A refused or lost answer is no news; the next one may be.
            let Some(body) = net::fetch_text(&url).await else {
                continue;
            };
            if body.contains("\"status\":") && !body.contains(&same) {
                if let Some(words) = dom::find(&line, "span") {
                    dom::write_in(&words, "Ada perubahan, memuat ulang…");
                }
                net::sleep(600).await;
                net::reload();
                return;
            }
        }
    });
}
