//! Three bars that say where in a flow the reader is; the words "1 dari 3" stand beside them.

use leptos::prelude::*;

/// Progress through a flow of several pages.
#[component]
pub fn Stepper(
    /// Step shown now, from 1.
    current: u8,
    /// Steps in all.
    #[prop(default = 3)]
    total: u8,
) -> impl IntoView {
    let steps = (1..=total)
        .map(|number| {
            let class = match number.cmp(&current) {
                std::cmp::Ordering::Less => "stepper__step stepper__step--done",
                std::cmp::Ordering::Equal => "stepper__step stepper__step--current",
                std::cmp::Ordering::Greater => "stepper__step",
            };
            view! { <span class=class></span> }
        })
        .collect_view();
    view! {
        <div class="stepper" role="img" aria-label=format!("Langkah {current} dari {total}")>{steps}</div>
    }
}
