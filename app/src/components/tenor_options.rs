//! Tenor chips with the instalment inside; the simulator rewrites the figure `#tenor-<months>`.

use leptos::prelude::*;

/// One chip: months and the instalment as printed without "Rp".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenor {
    /// Months.
    pub months: u16,
    /// Instalment of that tenor, as printed.
    pub instalment: String,
}

/// Radio group of tenors, drawn as chips.
#[component]
pub fn TenorOptions(
    /// Name of the group.
    #[prop(default = "tenor_months")]
    name: &'static str,
    /// Chips in order.
    options: Vec<Tenor>,
    /// Chosen months.
    chosen: u16,
) -> impl IntoView {
    let options = options
        .into_iter()
        .map(|option| {
            view! {
                <label class="tenor-options__option">
                    <input type="radio" name=name value=option.months.to_string() checked=option.months == chosen/>
                    <span class="tenor-options__face">
                        {format!("{} bln", option.months)}<small class="numeric" id=format!("tenor-{}", option.months)>{option.instalment}</small>
                    </span>
                </label>
            }
        })
        .collect_view();
    view! { <div class="tenor-options">{options}</div> }
}
