//! Steps of an application: done, current, later.

use leptos::prelude::*;

use super::icon::{Icon, Symbol};

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Finished.
    Done,
    /// Running now.
    Current,
    /// Not started.
    Later,
}

/// An ordered list of [`TimelineStep`]s.
#[component]
pub fn Timeline(
    /// The steps.
    children: Children,
) -> impl IntoView {
    view! { <ol class="timeline" role="list">{children()}</ol> }
}

/// One step with its mark.
#[component]
pub fn TimelineStep(
    /// Done, current or later.
    state: Progress,
    /// Title.
    #[prop(into)]
    title: String,
    /// Time or expectation.
    #[prop(optional, into)]
    detail: Option<String>,
) -> impl IntoView {
    let (class, here, mark) = match state {
        Progress::Done => ("timeline__step timeline__step--done", None, Some(Symbol::Check)),
        Progress::Current => ("timeline__step", Some("step"), Some(Symbol::Clock)),
        Progress::Later => ("timeline__step timeline__step--later", None, None),
    };
    view! {
        <li class=class aria-current=here>
            <span class="timeline__mark">{mark.map(|name| view! { <Icon name=name/> })}</span>
            <div class="timeline__body">
                <p class="timeline__title">{title}</p>
                {detail.map(|words| view! { <p class="text-small text-muted">{words}</p> })}
            </div>
        </li>
    }
}
