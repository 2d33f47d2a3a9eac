//! Takaran sanggup as a drawing: one inline SVG in per cent and em, which the simulator changes by its classes.

use leptos::prelude::*;

pub use super::measure::Measure;
use super::measure::percentage;

/// The bar: other instalments, the new one, the part over the limit, ticks each 5%, the line.
#[component]
pub fn Gauge(
    /// What is measured.
    measure: Measure,
) -> impl IntoView {
    let line = measure.limit_width();
    let over = measure.over_width();
    let axis = [0, 10, 20, 30, 40, 50]
        .map(|mark| {
            let anchor = match mark {
                0 => Some("start"),
                50 => Some("end"),
                _ => None,
            };
            let at_limit = mark == measure.gauge.share_percent;
            let words = if at_limit { format!("{mark}%") } else { mark.to_string() };
            view! {
                <text x=format!("{}%", mark * 2) y="4.7em" text-anchor=anchor class=at_limit.then_some("gauge__limit")>{words}</text>
            }
        })
        .into_iter()
        .collect_view();
    view! {
        <svg
            class="gauge numeric"
            role="img"
            aria-label=measure.sentence()
        >
            <text class="gauge__limit" x=percentage(line) y=".9em">{measure.line_words()}</text>
            <rect class="gauge__track" y="1.6em" width="100%" height="1.6em" rx="6"></rect>
            <rect class="gauge__new" y="1.6em" width=percentage(measure.new_width()) height="1.6em" rx="6"></rect>
            <rect class="gauge__over" x=percentage(line) y="1.6em" width=percentage(over) height="1.6em" rx="3"></rect>
            <rect class="gauge__other" y="1.6em" width=percentage(measure.other_width()) height="1.6em" rx="6"></rect>
            <line class="gauge__ticks" y1="2.4em" y2="2.4em" x2="100%" stroke-width="1.6em" pathLength="100" stroke-dasharray=".5 9.5" stroke-dashoffset="-9.75"></line>
            <rect class="gauge__limit" x=percentage(line) y="1.2em" width="3" height="2.4em" rx="1.5" transform="translate(-1.5)"></rect>
            {axis}
        </svg>
    }
}

/// Key under a drawing: pairs of the class that colours a square and its words.
#[component]
pub fn Legend(
    /// For example `("gauge__other", "Cicilan lain Rp350.000".into())`.
    entries: Vec<(&'static str, String)>,
) -> impl IntoView {
    let entries = entries
        .into_iter()
        .map(|(class, words)| {
            view! {
                <span>
                    <svg viewBox="0 0 10 10" aria-hidden="true"><rect class=class width="10" height="10" rx="3"></rect></svg>
                    {words}
                </span>
            }
        })
        .collect_view();
    view! { <p class="legend numeric">{entries}</p> }
}

/// The gauge in its card: heading, detail, share in large type, drawing; children stand below.
#[component]
pub fn GaugeCard(
    /// What is measured.
    measure: Measure,
    /// Line under the heading.
    #[prop(into)]
    detail: String,
    /// Legend and sentence.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let tone = if measure.is_over() {
        "text-total text-warning numeric"
    } else {
        "text-total text-success numeric"
    };
    view! {
        <section class="card stack-2">
            <div class="row row--between row--top">
                <div class="fill">
                    <h2 class="text-label">"Takaran sanggup"</h2>
                    <p class="text-micro text-muted numeric">{detail}</p>
                </div>
                <p class=tone>{format!("{}%", measure.percent())}</p>
            </div>
            <Gauge measure=measure/>
            {children.map(|children| children())}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::{measure::SARI, testing::html};

    #[test]
    fn the_drawing_has_the_widths_of_the_measure() {
        let drawn = html(|| view! { <Gauge measure=SARI/> });
        assert!(drawn.contains("Batas aman 30%, Rp1.350.000"), "{drawn}");
        assert!(
            drawn.contains("width=\"39.76%\"") && drawn.contains("width=\"15.56%\""),
            "{drawn}"
        );
        let over = html(|| view! { <Gauge measure=Measure { new: domain::Rupiah::new(1_400_549), ..SARI }/> });
        assert!(
            over.contains("x=\"60%\"") && over.contains("width=\"17.80%\""),
            "{over}"
        );
    }
}
