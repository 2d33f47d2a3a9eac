//! Bottom navigation of the signed-in borrower: four places, never inside a flow.

use leptos::prelude::*;

use super::icon::{Icon, Symbol};

/// The four places of the bottom bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Beranda.
    Home,
    /// Pinjaman.
    Loans,
    /// Notifikasi.
    Notifications,
    /// Akun.
    Account,
}

/// Bottom bar with the current place marked and the number of unread notifications.
#[component]
pub fn TabBar(
    /// Where the reader is.
    current: Tab,
    /// Unread notifications; 0 shows no count, above 99 shows "99+".
    #[prop(optional)]
    unread: u32,
) -> impl IntoView {
    let tabs = [
        (Tab::Home, Symbol::Home, "Beranda", "/beranda"),
        (Tab::Loans, Symbol::Loan, "Pinjaman", "/pinjaman"),
        (Tab::Notifications, Symbol::Bell, "Notifikasi", "/notifikasi"),
        (Tab::Account, Symbol::Person, "Akun", "/akun"),
    ];
    let items = tabs
        .map(|(tab, symbol, words, href)| {
            let here = (tab == current).then_some("page");
            let count = (tab == Tab::Notifications && unread > 0).then(|| {
                let number = if unread > 99 {
                    "99+".to_owned()
                } else {
                    unread.to_string()
                };
                view! {
                    <span class="tab-bar__count">{number}<span class="visually-hidden">" belum dibaca"</span></span>
                }
            });
            view! { <a class="tab-bar__item" href=href aria-current=here><Icon name=symbol/>{words}{count}</a> }
        })
        .into_iter()
        .collect_view();
    view! { <nav class="tab-bar" aria-label="Utama"><div class="tab-bar__items">{items}</div></nav> }
}
