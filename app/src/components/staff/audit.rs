//! Filters and hashes of the audit log; its table is a `.data-table--log` of the page.

use leptos::prelude::*;

use crate::components::button::{Button, Kind};

/// Filters sent by GET.
#[component]
pub fn AuditFilters(
    /// [`FilterField`]s.
    children: Children,
) -> impl IntoView {
    view! {
        <form class="audit__filters" method="get" role="search">
            {children()} <Button kind=Kind::Secondary small=true>"Terapkan"</Button>
        </form>
    }
}

/// One filter with its label.
#[component]
pub fn FilterField(
    /// Label.
    #[prop(into)]
    label: String,
    /// Name and id.
    #[prop(into)]
    name: String,
    /// What was typed.
    #[prop(optional, into)]
    value: String,
    /// `type` of the input.
    #[prop(default = "text")]
    kind: &'static str,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="field__label text-micro" for=name.clone()>{label}</label>
            <div class="field__box search"><input class="field__input" id=name.clone() name=name type=kind value=value/></div>
        </div>
    }
}

/// A hash of the chain with its heading, in groups of four.
#[component]
pub fn Hash(
    /// "Sidik catatan ini".
    #[prop(into)]
    title: String,
    /// Hexadecimal.
    #[prop(into)]
    hex: String,
) -> impl IntoView {
    view! { <h3 class="text-micro text-muted">{title}</h3> <p class="audit__hash">{grouped(&hex)}</p> }
}

/// The first sixteen and the last four digits in groups of four: "9f2c 71d0 a84e 5b16 … e03d".
fn grouped(hex: &str) -> String {
    let digits: Vec<char> = hex.chars().collect();
    if digits.len() <= 20 {
        return digits.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ");
    }
    let head = digits[..16]
        .chunks(4)
        .map(String::from_iter)
        .collect::<Vec<_>>()
        .join(" ");
    format!("{head} … {}", String::from_iter(&digits[digits.len() - 4..]))
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn a_hash_is_cut_to_what_a_person_can_compare() {
        assert_eq!(grouped("9f2c71d0a84e5b16ffffffffe03d"), "9f2c 71d0 a84e 5b16 … e03d");
        assert_eq!(grouped("9f2c71d0"), "9f2c 71d0");
        assert_eq!(grouped(""), "");
    }
}
