//! Figures and drawings of the portfolio page; every drawing has its table on the page.

use domain::money::Rupiah;
use leptos::prelude::*;

use crate::components::tone::Tone;

/// One large figure with its name and an explanation.
#[component]
pub fn Metric(
    /// Name: "TKB90".
    #[prop(into)]
    title: String,
    /// As printed; "–" when it cannot be computed.
    #[prop(into)]
    value: String,
    /// Explanation, or the reason for "–".
    #[prop(into)]
    detail: String,
    /// Colour of the figure.
    #[prop(optional)]
    tone: Tone,
) -> impl IntoView {
    let class = format!("text-amount numeric {}", tone.text_class());
    view! {
        <section class="card">
            <h2 class="text-micro text-muted">{title}</h2>
            <p class=class.trim_end().to_owned()>{value}</p>
            <p class="text-micro text-subtle numeric">{detail}</p>
        </section>
    }
}

/// One band of overdue days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgeingBand {
    /// Outstanding principal in this band.
    pub amount: Rupiah,
}

/// Stacked bar of the five bands, widths by share of the outstanding amount.
#[component]
pub fn AgeingChart(
    /// Lancar to Macet, five bands.
    bands: Vec<AgeingBand>,
    /// The whole sentence for screen readers.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let total = bands.iter().map(|band| band.amount.wide().max(0)).sum::<i128>().max(1);
    let mut left = 0_i128;
    let bands = bands
        .into_iter()
        .enumerate()
        .filter_map(|(index, band)| {
            let width = band.amount.wide().max(0) * 10_000 / total;
            let x = left + if index == 0 { 0 } else { 15 };
            left += width;
            (width > 0).then(|| {
                let percent = |hundredths: i128| format!("{}.{:02}%", hundredths / 100, hundredths % 100);
                view! {
                    <rect class=format!("ageing__band-{index}") x=percent(x) width=percent((width - 30).max(10)) height="28" rx="4"></rect>
                }
            })
        })
        .collect_view();
    view! { <svg class="ageing" role="img" aria-label=label>{bands}</svg> }
}

/// Two amounts of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyBars {
    /// "4 Sep".
    pub day: String,
    /// Paid out.
    pub disbursed: Rupiah,
    /// Received.
    pub collected: Rupiah,
}

/// The top of a scale that ends on a round number: 1, 1,2, 1,5, 1,8, 2, 3, 4, 5, 6 or 8 times a power of ten.
fn scale_top(highest: i128) -> i128 {
    let mut unit = 10;
    loop {
        for steps in [10, 12, 15, 18, 20, 30, 40, 50, 60, 80] {
            let top = unit * steps / 10;
            if top >= highest {
                return top;
            }
        }
        unit *= 10;
    }
}

/// Paired bars of fourteen days, scale in million rupiah.
#[component]
pub fn DailyChart(
    /// Up to fourteen days in order.
    days: Vec<DailyBars>,
    /// The whole sentence for screen readers.
    #[prop(default = "Dana disalurkan dan diterima per hari, 14 hari terakhir, dalam juta rupiah".to_owned(), into)]
    label: String,
) -> impl IntoView {
    const LEFT: i128 = 52;
    const STEP: i128 = 44;
    let highest = days
        .iter()
        .map(|day| day.disbursed.wide().max(day.collected.wide()))
        .max()
        .unwrap_or(0);
    let top = scale_top(highest.max(1_000_000));
    // Heights in tenths of a unit above the base line at 176.
    let height = move |amount: i128| amount.max(0) * 1520 / top;
    let tenths = |number: i128| format!("{}.{}", number / 10, number % 10);
    let lines = (0..4)
        .map(|part| {
            let value = top * part / 3;
            let y = 1760 - height(value);
            view! {
                <path class="daily__grid" d=format!("M{LEFT} {}H672", tenths(y))></path>
                <text class="daily__scale" x=(LEFT - 8).to_string() y=tenths(y + 40)>{(value / 1_000_000).to_string()}</text>
            }
        })
        .collect_view();
    let bars = days
        .into_iter()
        .zip(0_i128..)
        .map(|(day, index)| {
            let x = LEFT + 6 + index * STEP;
            let (first, second) = (height(day.disbursed.wide()), height(day.collected.wide()));
            let words = (index % 2 == 1).then_some(day.day);
            view! {
                <rect class="daily__disbursed" x=x.to_string() y=tenths(1760 - first) width="15" height=tenths(first) rx="3"></rect>
                <rect class="daily__collected" x=(x + 17).to_string() y=tenths(1760 - second) width="15" height=tenths(second) rx="3"></rect>
                <text x=(x + 16).to_string() y="196">{words}</text>
            }
        })
        .collect_view();
    view! { <svg class="daily" viewBox="0 0 680 202" role="img" aria-label=label>{lines}{bars}</svg> }
}

/// Waiting applications by age, as bars.
#[component]
pub fn QueueAge(
    /// Words and count, youngest first; the last one is red when it is not zero.
    ages: Vec<(String, u64)>,
) -> impl IntoView {
    let longest = ages.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let last = ages.len().saturating_sub(1);
    let rows = ages
        .into_iter()
        .enumerate()
        .map(|(index, (words, count))| {
            let class = if index == last && count > 0 {
                "numeric text-danger"
            } else {
                "numeric"
            };
            view! {
                <li>
                    <span>{words}</span>
                    <svg class="reasons__bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                        <rect class="reasons__track" width="100" height="8"></rect>
                        <rect class="queue-age__bar" width=(count * 100 / longest).to_string() height="8"></rect>
                    </svg>
                    <b class=class>{count.to_string()}</b>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="queue-age" role="list">{rows}</ul> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::html;

    #[test]
    fn the_bands_fill_the_bar_by_share_and_empty_ones_are_absent() {
        let bands = [8_912_000_000, 521_000_000, 0, 115_000_000, 250_000_000].map(|amount| AgeingBand {
            amount: Rupiah::new(amount),
        });
        let drawn = html(move || view! { <AgeingChart bands=bands.to_vec() label="Umur tunggakan"/> });
        assert_eq!(drawn.matches("<rect").count(), 4, "{drawn}");
        assert!(
            !drawn.contains("ageing__band-2") && drawn.contains("width=\"90.65%\""),
            "{drawn}"
        );
    }

    #[test]
    fn the_scale_ends_on_the_next_round_number() {
        assert_eq!(
            [1, 164_900_000, 180_000_000, 180_000_001, 900_000_000].map(scale_top),
            [10, 180_000_000, 180_000_000, 200_000_000, 1_000_000_000]
        );
    }

    #[test]
    fn an_empty_book_still_draws_its_axes() {
        let drawn = html(|| view! { <DailyChart days=Vec::new()/> });
        assert_eq!(drawn.matches("daily__grid").count(), 4, "{drawn}");
    }
}
