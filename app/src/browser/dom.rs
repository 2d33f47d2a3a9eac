//! Elements, listeners, text and attributes.

use leptos::wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Document, Element, Event, EventTarget, Node};

/// The document of this page.
pub(crate) fn document() -> Document {
    web_sys::window()
        .and_then(|window| window.document())
        .expect("islands run in a page")
}

/// The element with this id, of this kind.
pub(crate) fn by_id<T: JsCast>(id: &str) -> Option<T> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// The first element below `within` that matches.
pub(crate) fn find(within: &Element, selector: &str) -> Option<Element> {
    within.query_selector(selector).ok()?
}

/// Calls `action` on every `event` of `target`, as long as the page lives.
pub(crate) fn on(target: &EventTarget, event: &str, action: impl FnMut(Event) + 'static) {
    let action: Closure<dyn FnMut(Event)> = Closure::new(action);
    // Only a target that does not exist refuses a listener.
    let _ = target.add_event_listener_with_callback(event, action.as_ref().unchecked_ref());
    action.forget();
}

/// The element an event began at.
pub(crate) fn origin(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// Writes the words of the element with this id, only when they differ: a live region speaks every change.
pub(crate) fn write(id: &str, words: &str) {
    if let Some(element) = by_id::<Element>(id) {
        write_in(&element, words);
    }
}

/// Writes the words of an element, only when they differ.
pub(crate) fn write_in(element: &Element, words: &str) {
    if element.text_content().as_deref() != Some(words) {
        element.set_text_content(Some(words));
    }
}

/// Writes the words that stand beside other elements in `element`.
pub(crate) fn write_beside(element: &Element, words: &str) {
    let nodes = element.child_nodes();
    let text = (0..nodes.length())
        .filter_map(|index| nodes.item(index))
        .find(|node| node.node_type() == Node::TEXT_NODE);
    if let Some(text) = text {
        text.set_text_content(Some(words));
    }
}

/// Sets an attribute.
pub(crate) fn set(element: &Element, name: &str, value: &str) {
    // Refused only for a name that is no name.
    let _ = element.set_attribute(name, value);
}

/// Shows or hides an element.
pub(crate) fn show(element: &Element, visible: bool) {
    if visible {
        let _ = element.remove_attribute("hidden");
    } else {
        set(element, "hidden", "");
    }
}

/// Shows or hides the element with this id.
pub(crate) fn show_id(id: &str, visible: bool) {
    if let Some(element) = by_id::<Element>(id) {
        show(&element, visible);
    }
}
