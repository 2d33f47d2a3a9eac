//! The schedule as a real table: due date, status in words, interest, instalment.

use domain::money::Rupiah;
use leptos::prelude::*;

use super::{badge::Badge, tone::Tone};

/// One row of the schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Short due date: "5 Des 26".
    pub due: String,
    /// Status word.
    pub status: String,
    /// Colour of the status.
    pub tone: Tone,
    /// Interest part.
    pub interest: Rupiah,
    /// Whole instalment.
    pub total: Rupiah,
    /// The next one to pay.
    pub next: bool,
}

/// Table of all instalments, scrolling on its own when narrow.
#[component]
pub fn ScheduleTable(
    /// Rows in order.
    rows: Vec<Row>,
    /// Hide the status column: a plan before it is a loan.
    #[prop(optional)]
    plan: bool,
) -> impl IntoView {
    let label = format!("Jadwal {} cicilan", rows.len());
    let rows = rows
        .into_iter()
        .map(|row| {
            let status = (!plan)
                .then(|| view! { <td class="schedule-table__status"><Badge tone=row.tone>{row.status}</Badge></td> });
            view! {
                <tr>
                    <th scope="row" class=row.next.then_some("schedule-table__strong")>{row.due}</th>
                    {status}
                    <td class="text-muted">{row.interest.without_sign()}</td>
                    <td class="schedule-table__strong">{row.total.without_sign()}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="table-scroll" role="region" aria-label=label.clone() tabindex="0">
            <table class="schedule-table">
                <caption class="visually-hidden">{format!("{label}, dalam rupiah")}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Tempo"</th>
                        {(!plan).then(|| view! { <th scope="col" class="schedule-table__status">"Status"</th> })}
                        <th scope="col">"Bunga"</th>
                        <th scope="col">"Cicilan"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// A two-column table of results: the answer to "Hitung ulang" without JavaScript.
#[component]
pub fn ResultTable(
    /// Caption.
    #[prop(into)]
    caption: String,
    /// Name, value as printed, whether it stands out, and its colour.
    rows: Vec<(String, String, bool, Tone)>,
) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|(name, value, strong, tone)| {
            let head = strong.then_some("schedule-table__strong");
            let cell = format!("{} {}", head.unwrap_or_default(), tone.text_class());
            view! { <tr><th scope="row" class=head>{name}</th><td class=cell.trim().to_owned()>{value}</td></tr> }
        })
        .collect_view();
    view! { <table class="schedule-table"><caption>{caption}</caption><tbody>{rows}</tbody></table> }
}
