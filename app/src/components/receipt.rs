//! Nota: the same torn-edge cost list wherever the cost of a loan is shown. Rows and total enter as they read.

use std::fmt::Display;

use leptos::prelude::*;

/// One line of the receipt: a name and an amount as it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    name: String,
    amount: String,
}

impl Line {
    /// A line; `amount` is printed by its own `Display`, so rupiah reads "Rp1.250.000".
    pub fn new(name: impl Into<String>, amount: impl Display) -> Self {
        Self {
            name: name.into(),
            amount: amount.to_string(),
        }
    }
}

/// Cost list with dotted leaders and a bold total.
#[component]
pub fn Receipt(
    /// Rows in order.
    rows: Vec<Line>,
    /// Last row.
    total: Line,
) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|line| view! { <div><dt>{line.name}</dt><dd>{line.amount}</dd></div> })
        .collect_view();
    view! {
        <div class="receipt">
            <dl class="receipt__rows">
                {rows}
                <div class="receipt__total"><dt>{total.name}</dt><dd>{total.amount}</dd></div>
            </dl>
        </div>
    }
}
