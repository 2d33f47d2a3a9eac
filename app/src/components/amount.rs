//! The large amount input: the text field is the truth, slider and buttons are conveniences of the simulator island.

use leptos::prelude::*;

/// The amount as a plain large text field; the simulator draws its own with slider and buttons.
#[component]
pub fn Amount(
    /// Label.
    #[prop(default = "Mau pinjam berapa?".to_owned(), into)]
    label: String,
    /// Name and id.
    #[prop(default = "amount".to_owned(), into)]
    name: String,
    /// Amount without "Rp", as printed.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    view! {
        <div>
            <label class="text-label" for=name.clone()>{label}</label>
            <div class="amount">
                <span class="amount__value">
                    <span class="amount__currency">"Rp"</span>
                    <input class="amount__input" id=name.clone() name=name inputmode="numeric" autocomplete="off" value=value/>
                </span>
            </div>
        </div>
    }
}
