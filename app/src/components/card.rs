//! The two cards of Beranda: what is owed, and the next bill.

use std::fmt::Display;

use leptos::prelude::*;

use super::petals::{Middle, Petals};

/// Hero of Beranda: amount owed with its parts and the flower.
#[component]
pub fn Balance(
    /// Principal and interest still owed, as printed.
    #[prop(into)]
    owed: String,
    /// Principal part, as printed.
    #[prop(into)]
    principal: String,
    /// Interest part, as printed.
    #[prop(into)]
    interest: String,
    /// Instalments paid.
    paid: u32,
    /// Instalments in all.
    count: u32,
    /// The last petal fills once.
    #[prop(optional)]
    just_paid: bool,
) -> impl IntoView {
    view! {
        <section class="balance">
            <div>
                <h2 class="text-small">"Sisa utang"</h2>
                <p class="text-amount numeric">{owed}</p>
                <p class="balance__parts">
                    "Pokok " <b class="numeric">{principal}</b> <br/> "Bunga " <b class="numeric">{interest}</b>
                </p>
            </div>
            <Petals
                count=count
                paid=paid
                label=format!("{paid} dari {count} cicilan lunas")
                next=true
                middle=Middle::Count
                small=true
                just_paid=just_paid
            />
        </section>
    }
}

/// The next bill: title, badge, amount, detail; children are the buttons.
#[component]
pub fn Bill(
    /// "Cicilan ke-3 dari 6".
    #[prop(into)]
    title: String,
    /// A [`Badge`](super::Badge).
    badge: AnyView,
    /// Amount to pay, as printed.
    #[prop(into)]
    amount: String,
    /// Due date or the late fee in words.
    detail: AnyView,
    /// Buttons.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card bill stack-3">
            <div class="row row--between"><h2 class="text-label">{title}</h2>{badge}</div>
            <div>
                <p class="text-amount numeric">{amount}</p>
                <p class="text-small text-muted">{detail}</p>
            </div>
            {children()}
        </section>
    }
}

/// An outlined card that is one link: early payoff, a counter-offer.
#[component]
pub fn CardLink(
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// What stands in it.
    children: Children,
) -> impl IntoView {
    use super::icon::{Icon, IconSize, Symbol};
    view! {
        <a class="card card--outline card--link" href=href>
            <span class="list__body">{children()}</span>
            <Icon name=Symbol::Forward size=IconSize::Small/>
        </a>
    }
}

/// An amount with tabular figures, printed by its own `Display`.
pub fn numeric(amount: impl Display) -> impl IntoView {
    view! { <span class="numeric">{amount.to_string()}</span> }
}
