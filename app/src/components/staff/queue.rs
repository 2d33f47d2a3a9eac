//! The queue column: filters, search, rows with takaran and waiting time.

use domain::money::Rupiah;
use leptos::prelude::*;

use crate::components::icon::{Icon, IconSize, Symbol};

/// One filter: words with a count, address, chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// "Perlu ditinjau 18".
    pub words: String,
    /// Address of the filtered list.
    pub href: String,
    /// The one in force.
    pub current: bool,
}

/// Filters as links.
#[component]
pub fn Filters(
    /// In order.
    options: Vec<Filter>,
) -> impl IntoView {
    let options = options
        .into_iter()
        .map(|option| {
            let here = option.current.then_some("true");
            view! { <a class="filters__option" href=option.href aria-current=here>{option.words}</a> }
        })
        .collect_view();
    view! { <div class="filters">{options}</div> }
}

/// Search box; `/` moves the focus to it.
#[component]
pub fn Search(
    /// What is searched.
    #[prop(default = "Nama, nomor pengajuan, atau NIK")]
    placeholder: &'static str,
    /// What was typed.
    #[prop(optional, into)]
    value: String,
) -> impl IntoView {
    view! {
        <form class="field__box search" role="search" method="get">
            <Icon name=Symbol::Search size=IconSize::Small/>
            <input class="field__input" name="cari" aria-label="Cari" placeholder=placeholder value=value data-search=""/>
            <kbd>"/"</kbd>
        </form>
    }
}

/// One application in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueEntry {
    /// Address of the review.
    pub href: String,
    /// "SGP-7K43B".
    pub number: String,
    /// Full name.
    pub name: String,
    /// Town, or empty.
    pub town: String,
    /// Amount asked for.
    pub amount: Rupiah,
    /// Months.
    pub months: u32,
    /// Share of the income, in whole per cent.
    pub share: i64,
    /// Highest allowed share, in whole per cent.
    pub limit: i64,
    /// "21 mnt".
    pub waiting: String,
    /// Waiting longer than the target.
    pub late: bool,
    /// Open on the right.
    pub current: bool,
}

/// The colour of a share: red above the limit, turmeric within three points of it.
const fn share_tone(share: i64, limit: i64) -> &'static str {
    if share > limit {
        "text-danger"
    } else if share >= limit - 3 {
        "text-warning"
    } else {
        "text-success"
    }
}

/// One row of the queue.
#[component]
pub fn QueueRow(
    /// The application.
    entry: QueueEntry,
) -> impl IntoView {
    let place = if entry.town.is_empty() {
        entry.number
    } else {
        format!("{} · {}", entry.number, entry.town)
    };
    let waiting = if entry.late {
        "text-micro text-end numeric text-danger"
    } else {
        "text-micro text-end numeric text-muted"
    };
    let here = entry.current.then_some("true");
    view! {
        <li>
            <a class="queue__row" href=entry.href aria-current=here>
                <span><b>{entry.name}</b><span class="text-micro text-subtle">{place}</span></span>
                <span class="text-end numeric">
                    <b>{entry.amount.to_string()}</b>
                    <span class="text-micro text-subtle">
                        {format!("{} bln · ", entry.months)}
                        <strong class=share_tone(entry.share, entry.limit)>{format!("takaran {}%", entry.share)}</strong>
                    </span>
                </span>
                <span class=waiting>{entry.waiting}</span>
            </a>
        </li>
    }
}

/// The queue column.
#[component]
pub fn Queue(
    /// Filters in order.
    filters: Vec<Filter>,
    /// Oldest first.
    entries: Vec<QueueEntry>,
    /// What was searched.
    #[prop(optional, into)]
    search: String,
    /// "8 dari 18 · tertua 21 menit · target di bawah 30 menit".
    #[prop(into)]
    foot: String,
    /// Shown instead of rows when there are none.
    #[prop(default = "Antrean kosong.".to_owned(), into)]
    empty: String,
) -> impl IntoView {
    let list = if entries.is_empty() {
        view! { <p class="queue__list queue__foot text-small text-muted">{empty}</p> }.into_any()
    } else {
        let rows = entries
            .into_iter()
            .map(|entry| view! { <QueueRow entry=entry/> })
            .collect_view();
        view! { <ul class="queue__list" role="list">{rows}</ul> }.into_any()
    };
    view! {
        <section class="queue" aria-label="Antrean">
            <header class="queue__head stack-3"><h2>"Antrean tinjauan"</h2><Filters options=filters/><Search value=search/></header>
            {list}
            <footer class="queue__foot text-micro text-subtle numeric">{foot}</footer>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_turns_red_only_above_the_limit() {
        assert_eq!(
            [26, 27, 30, 31].map(|share| share_tone(share, 30)),
            ["text-success", "text-warning", "text-warning", "text-danger"]
        );
    }
}
