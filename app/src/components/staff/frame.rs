//! Frame of a staff page: dark side navigation, who is signed in, the rest.

use leptos::prelude::*;

use crate::components::{
    brand::Brand,
    forms::CsrfField,
    icon::{Icon, IconSize, Symbol},
};

/// Places of the staff navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Antrean.
    Queue,
    /// Pinjaman.
    Loans,
    /// Pembayaran.
    Payments,
    /// Peminjam.
    Borrowers,
    /// Laporan.
    Reports,
    /// Catatan audit.
    Audit,
    /// Produk.
    Products,
    /// Batas biaya.
    Caps,
    /// Kebijakan.
    Policies,
    /// Jalan keluar.
    Relief,
    /// Uang.
    Money,
    /// Rekonsiliasi.
    Reconciliation,
    /// Buku.
    Books,
    /// Penagihan.
    Late,
    /// Usulan.
    Proposals,
}

/// A link of the navigation.
#[derive(Clone, Copy, Debug)]
pub struct NavItem {
    /// Which place.
    pub place: Place,
    /// Icon.
    pub icon: Symbol,
    /// Words.
    pub words: &'static str,
    /// Address.
    pub href: &'static str,
}

/// All places in order; a page shows those the role may open.
pub const NAVIGATION: [NavItem; 15] = [
    NavItem {
        place: Place::Queue,
        icon: Symbol::Queue,
        words: "Antrean",
        href: "/petugas",
    },
    NavItem {
        place: Place::Loans,
        icon: Symbol::Loan,
        words: "Pinjaman",
        href: "/petugas/pinjaman",
    },
    NavItem {
        place: Place::Payments,
        icon: Symbol::Money,
        words: "Pembayaran",
        href: "/petugas/pembayaran",
    },
    NavItem {
        place: Place::Borrowers,
        icon: Symbol::Person,
        words: "Peminjam",
        href: "/petugas/peminjam",
    },
    NavItem {
        place: Place::Reports,
        icon: Symbol::Chart,
        words: "Laporan",
        href: "/petugas/laporan",
    },
    NavItem {
        place: Place::Audit,
        icon: Symbol::Document,
        words: "Catatan audit",
        href: "/petugas/audit",
    },
    NavItem {
        place: Place::Products,
        icon: Symbol::Settings,
        words: "Produk",
        href: "/petugas/produk",
    },
    NavItem {
        place: Place::Caps,
        icon: Symbol::Shield,
        words: "Batas biaya",
        href: "/petugas/batas",
    },
    NavItem {
        place: Place::Policies,
        icon: Symbol::Chain,
        words: "Kebijakan",
        href: "/petugas/kebijakan",
    },
    NavItem {
        place: Place::Relief,
        icon: Symbol::Calendar,
        words: "Jalan keluar",
        href: "/petugas/jalan-keluar",
    },
    NavItem {
        place: Place::Money,
        icon: Symbol::Bank,
        words: "Uang",
        href: "/petugas/uang",
    },
    NavItem {
        place: Place::Reconciliation,
        icon: Symbol::Refresh,
        words: "Rekonsiliasi",
        href: "/petugas/rekonsiliasi",
    },
    NavItem {
        place: Place::Books,
        icon: Symbol::Chart,
        words: "Buku",
        href: "/petugas/buku",
    },
    NavItem {
        place: Place::Late,
        icon: Symbol::Clock,
        words: "Penagihan",
        href: "/petugas/penagihan",
    },
    NavItem {
        place: Place::Proposals,
        icon: Symbol::Check,
        words: "Usulan",
        href: "/petugas/usulan",
    },
];

/// First letters of the first two words of a name: "Rani Anggraini" gives "RA".
fn initials(name: &str) -> String {
    name.split_whitespace()
        .take(2)
        .filter_map(|word| word.chars().next())
        .flat_map(char::to_uppercase)
        .collect()
}

/// Navigation and content side by side; who is signed in can sign out from every page.
#[component]
pub fn StaffFrame(
    /// Where the reader is.
    current: Place,
    /// The places this role may open, with a count to show (0 shows none).
    places: Vec<(Place, u64)>,
    /// Full name of the member of staff.
    #[prop(into)]
    name: String,
    /// Role in words: "Analis kredit".
    #[prop(into)]
    role: String,
    /// Three columns with the queue in the middle.
    #[prop(optional)]
    queue: bool,
    /// A [`Queue`](super::Queue) and a main, or a [`StaffMain`].
    children: Children,
) -> impl IntoView {
    let links = NAVIGATION
        .into_iter()
        .filter_map(|item| {
            places
                .iter()
                .find(|(place, _)| *place == item.place)
                .map(|(_, count)| (item, *count))
        })
        .map(|(item, count)| {
            let here = (item.place == current).then_some("page");
            let count =
                (count > 0).then(|| view! { <span class="staff-nav__count numeric">{count.to_string()}</span> });
            view! {
                <a class="staff-nav__link" href=item.href aria-current=here>
                    <Icon name=item.icon size=IconSize::Small/>
                    <span class="fill">{item.words}</span>
                    {count}
                </a>
            }
        })
        .collect_view();
    let class = if queue { "staff staff--queue" } else { "staff" };
    view! {
        <div class=class>
            <aside class="staff-nav">
                <Brand class="staff-nav__brand" href="/petugas"/>
                <nav aria-label="Petugas">{links}</nav>
                <div class="staff-nav__who">
                    <span class="staff-nav__initials" aria-hidden="true">{initials(&name)}</span>
                    <p><b>{name}</b><br/>{role}</p>
                </div>
                <form method="post" action="/_fn/petugas/sign_out">
                    <CsrfField/>
                    <button class="staff-nav__link"><Icon name=Symbol::Lock size=IconSize::Small/><span class="fill">"Keluar"</span></button>
                </form>
            </aside>
            {children()}
        </div>
    }
}

/// The main landmark of a staff page without a queue column.
#[component]
pub fn StaffMain(
    /// The page.
    children: Children,
) -> impl IntoView {
    view! { <main class="staff-main stack-3" id="content">{children()}</main> }
}

/// Head of a staff page: a small line, the `h1`, actions (children) at the end.
#[component]
pub fn StaffHead(
    /// Small line above: "Per Jumat 4 Sep 2026, 10.14 WIB".
    #[prop(into)]
    above: String,
    /// The `h1`.
    #[prop(into)]
    title: String,
    /// Badges or a form.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="review__head">
            <div><p class="text-micro text-subtle numeric">{above}</p><h1>{title}</h1></div>
            {children.map(|children| view! { <div class="row">{children()}</div> })}
        </header>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::html;

    #[test]
    fn places_a_role_may_not_open_are_absent() {
        let drawn = html(|| {
            view! {
                <StaffFrame current=Place::Audit places=vec![(Place::Queue, 18), (Place::Audit, 0)] name="Maya Sutanto" role="Auditor">
                    <StaffMain>"isi"</StaffMain>
                </StaffFrame>
            }
        });
        assert_eq!(drawn.matches("staff-nav__link").count(), 3, "two places and the way out: {drawn}");
        assert_eq!(drawn.matches("action=\"/_fn/petugas/sign_out\"").count(), 1, "everybody may leave: {drawn}");
        assert!(!drawn.contains("Produk"));
        assert_eq!(drawn.matches("staff-nav__count").count(), 1);
        assert!(drawn.contains(">MS</span>"), "{drawn}");
        assert!(
            drawn.contains("href=\"/petugas/audit\" aria-current=\"page\""),
            "{drawn}"
        );
    }
}
