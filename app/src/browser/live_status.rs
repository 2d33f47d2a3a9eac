//! Follows the status of a page until it is another one: told by the server as it happens, or by asking, when nothing
//! comes through (old proxies keep streams back).

use std::{cell::Cell, rc::Rc};

use leptos::wasm_bindgen::{JsCast as _, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{EventSource, HtmlElement, MessageEvent};

use super::{dom, net};

/// Follows the status of the line `#live-status`, for ten minutes at most.
pub(crate) fn start() {
    let Some(line) = dom::by_id::<HtmlElement>("live-status") else {
        return;
    };
    let (Some(url), Some(current)) = (line.get_attribute("data-url"), line.get_attribute("data-current")) else {
        return;
    };
    let same = format!("\"status\":\"{current}\"");
    spawn_local(async move {
        let told = Rc::new(Cell::new(Told::Nothing));
        let mut streams = false;
        if let Ok(source) = EventSource::new(&url) {
            let (hear, same) = (told.clone(), same.clone());
            let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
                let body = message.data().as_string().unwrap_or_default();
                hear.set(if is_news(&body, &same) { Told::News } else { Told::Same });
            });
            source.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
            for second in 0..600 {
                net::sleep(1_000).await;
                // The first word comes at once; a closed stream is not opened again by the browser.
                streams = match told.get() {
                    Told::News => break,
                    Told::Nothing => second < 6,
                    Told::Same => source.ready_state() != EventSource::CLOSED,
                };
                if !streams {
                    break;
                }
            }
            source.close();
        }
        match told.get() {
            Told::News => show(&line).await,
            _ if streams => {}
            _ => ask(&url, &same, &line).await,
        }
    });
}

#[derive(Clone, Copy)]
enum Told {
    Nothing,
    Same,
    News,
}

fn is_news(body: &str, same: &str) -> bool {
    body.contains("\"status\":") && !body.contains(same)
}

async fn ask(url: &str, same: &str, line: &HtmlElement) {
    // 40 × 3 s, then 48 × 10 s: ten minutes.
    for turn in 0..88 {
        net::sleep(if turn < 40 { 3_000 } else { 10_000 }).await;
        if net::is_hidden() {
            continue;
        }
        // A refused or lost answer is no news; the next one may be.
        if net::fetch_text(url).await.is_some_and(|body| is_news(&body, same)) {
            return show(line).await;
        }
    }
}

async fn show(line: &HtmlElement) {
    if let Some(words) = dom::find(line, "span") {
        dom::write_in(&words, "Ada perubahan, memuat ulang…");
    }
    net::sleep(600).await;
    net::reload();
}
