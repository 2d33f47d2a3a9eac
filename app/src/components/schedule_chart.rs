//! Stacked bars of principal and interest, one a month; the table with the same figures follows on the page.

use domain::money::Rupiah;
use leptos::prelude::*;

/// One instalment of the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Short month: "Okt".
    pub month: String,
    /// Principal part.
    pub principal: Rupiah,
    /// Interest part.
    pub interest: Rupiah,
    /// Paid: drawn pale.
    pub paid: bool,
    /// The next one: its month stands out.
    pub next: bool,
}

/// Highest bar and base line, in tenths of a unit of the drawing.
const HEIGHT: i128 = 960;
const BASE: i128 = 1080;

/// Tenths as a decimal number.
fn tenths(number: i128) -> String {
    format!("{}.{}", number / 10, number % 10)
}

/// Left edge and width of bar `index` of `count`, in tenths of a unit; the drawing is 306 wide.
fn column(index: usize, count: usize) -> (i128, i128) {
    let whole = |number: usize| i128::try_from(number).unwrap_or(i128::MAX);
    let count = whole(count.clamp(1, 250));
    let step = (2940 / count).clamp(10, 520);
    let step = if count <= 6 { 520 } else { step };
    let width = step * 34 / 52;
    let lead = (3060 - step * (count - 1) - width) / 2;
    (lead + whole(index) * step, width)
}

/// Chart of all instalments.
#[component]
pub fn ScheduleChart(
    /// Instalments in order.
    bars: Vec<Bar>,
    /// The whole sentence for screen readers.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let top = bars
        .iter()
        .map(|bar| bar.principal.wide() + bar.interest.wide())
        .max()
        .unwrap_or(1)
        .max(1);
    let count = bars.len();
    // Beyond a year every second month is named, beyond two years every fourth.
    let every = count.div_ceil(12).max(1);
    let bars = bars
        .into_iter()
        .enumerate()
        .map(|(index, bar)| {
            let (x, width) = column(index, count);
            let principal = bar.principal.wide().max(0) * HEIGHT / top;
            let interest = bar.interest.wide().max(0) * HEIGHT / top;
            let centre = tenths(x + width / 2);
            let month = index.is_multiple_of(every).then_some(bar.month);
            view! {
                <g class=bar.paid.then_some("schedule-chart__paid")>
                    <rect class="schedule-chart__principal" x=tenths(x) y=tenths(BASE - principal) width=tenths(width) height=tenths(principal) rx="4"></rect>
                    <rect class="schedule-chart__interest" x=tenths(x) y=tenths(BASE - 20 - principal - interest) width=tenths(width) height=tenths(interest) rx="3"></rect>
                </g>
                <text class=bar.next.then_some("schedule-chart__next") x=centre y="124">{month}</text>
            }
        })
        .collect_view();
    view! {
        <svg class="schedule-chart" viewBox="0 0 306 130" role="img" aria-label=label>
            <path class="schedule-chart__line" d="M0 108.5h306"></path>
            {bars}
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::html;

    fn bars(count: usize) -> Vec<Bar> {
        (0..count)
            .map(|index| Bar {
                month: "Okt".into(),
                principal: Rupiah::new(469_650),
                interest: Rupiah::new(75_000),
                paid: index < 2,
                next: index == 2,
            })
            .collect()
    }

    #[test]
    fn six_bars_stand_where_the_kit_puts_them() {
        let drawn = html(|| view! { <ScheduleChart bars=bars(6) label="Jadwal"/> });
        assert!(
            drawn.contains("x=\"6.0\"") && drawn.contains("x=\"58.0\"") && drawn.contains("x=\"266.0\""),
            "{drawn}"
        );
        assert_eq!(drawn.matches("schedule-chart__paid").count(), 2);
        assert_eq!(drawn.matches("schedule-chart__next").count(), 1);
    }

    #[test]
    fn any_number_of_bars_stays_inside_the_drawing() {
        for count in [1, 3, 12, 24, 60] {
            let (first, _) = column(0, count);
            let (last, width) = column(count - 1, count);
            assert!(
                first >= 0 && last + width <= 3060 && width > 0,
                "{count}: {first} … {}",
                last + width
            );
        }
        assert!(html(|| view! { <ScheduleChart bars=Vec::new() label="Kosong"/> }).contains("schedule-chart"));
    }
}
