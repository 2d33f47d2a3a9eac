//! Follows a status that changes on the server and reloads the page when it does. Without JavaScript the page
//! refreshes itself (`shell::RefreshWithoutScript`) or has a button.

use leptos::prelude::*;

/// Follows the status named by the line among its children.
#[island]
pub fn LiveStatusIsland(
    /// The line.
    children: Children,
) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    crate::browser::live_status::start();
    children()
}

#[cfg(feature = "ssr")]
pub use drawn::LiveStatus;

#[cfg(feature = "ssr")]
mod drawn {
    use leptos::prelude::*;

    use super::LiveStatusIsland;
    use crate::components::{Icon, IconSize, Symbol};

    /// A polite line that says the page is being watched, and does it.
    ///
    /// `url` answers JSON with a member `status`, or a stream of it; another word than `current` reloads the page.
    /// Where no stream comes through it asks every 3 seconds, later every 10, not while the page is hidden. Not longer
    /// than some ten minutes, so that a forgotten page lets its session end.
    #[component]
    pub fn LiveStatus(
        /// Address of the status.
        #[prop(into)]
        url: String,
        /// The status shown by this page.
        #[prop(into)]
        current: String,
        /// "Menunggu pembayaran, dicek otomatis".
        #[prop(into)]
        words: String,
    ) -> impl IntoView {
        view! {
            <LiveStatusIsland>
                <p
                    class="row row--centre text-small text-muted needs-script"
                    id="live-status"
                    role="status"
                    data-url=url
                    data-current=current
                >
                    <Icon name=Symbol::Refresh size=IconSize::Small/>
                    <span>{words}</span>
                </p>
            </LiveStatusIsland>
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::components::testing::html;

        #[test]
        fn on_the_server_it_is_a_polite_line_with_the_address_to_ask() {
            let drawn =
                html(|| view! { <LiveStatus url="/bayar/1/status" current="pending" words="Menunggu pembayaran"/> });
            assert!(
                drawn.contains("role=\"status\"") && drawn.contains("Menunggu pembayaran"),
                "{drawn}"
            );
            assert!(
                drawn.contains("data-url=\"/bayar/1/status\"") && drawn.contains("data-current=\"pending\""),
                "{drawn}"
            );
            assert!(drawn.contains("data-component=\"LiveStatusIsland_"), "{drawn}");
        }
    }
}
