//! Screens 4b and 5: the camera in a dialog, as a better way to fill a file input that works without it.
//!
//! The island puts the photo into the page's own form and submits it. Nothing is kept on the phone, and no verdict is
//! made here: the server measures the photo itself. `browser::camera` finds the parts by the ids written here.

use leptos::prelude::*;

/// What is photographed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraShot {
    /// The identity card, with the back camera.
    Card,
    /// The face, with the front camera.
    Face,
}

impl CameraShot {
    /// The word in `data-shot`.
    #[cfg(any(feature = "ssr", test))]
    const fn word(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Face => "face",
        }
    }

    /// Reads `data-shot`.
    #[cfg(any(feature = "hydrate", test))]
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "card" => Some(Self::Card),
            "face" => Some(Self::Face),
            _ => None,
        }
    }

    /// Asked about the photo taken.
    #[cfg(feature = "hydrate")]
    pub(crate) const fn question(self) -> &'static str {
        match self {
            Self::Card => "Tulisan NIK terbaca?",
            Self::Face => "Wajah terlihat jelas?",
        }
    }

    /// Width and height of the frame in CSS pixels: what is outside is not part of the photo.
    #[cfg(feature = "hydrate")]
    pub(crate) const fn frame(self) -> (u32, u32) {
        match self {
            Self::Card => (320, 216),
            Self::Face => (268, 336),
        }
    }

    /// `facingMode` of the camera.
    #[cfg(feature = "hydrate")]
    pub(crate) const fn facing(self) -> &'static str {
        match self {
            Self::Card => "environment",
            Self::Face => "user",
        }
    }
}

/// Runs the camera of the dialog among its children.
#[island]
pub fn CameraIsland(
    /// Button and dialog.
    children: Children,
) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    crate::browser::camera::start();
    children()
}

#[cfg(feature = "ssr")]
pub use drawn::Camera;

#[cfg(feature = "ssr")]
mod drawn {
    use leptos::prelude::*;

    use super::{CameraIsland, CameraShot};
    use crate::components::{Icon, Symbol};

    /// Button and dialog of the camera.
    #[component]
    pub fn Camera(
        /// Card or face.
        shot: CameraShot,
        /// Id of the file input that gets the photo; its form is submitted.
        #[prop(into)]
        input: String,
        /// Id of the file input that takes a picture from the gallery.
        #[prop(into)]
        gallery: String,
    ) -> impl IntoView {
        let card = shot == CameraShot::Card;
        let (title, button, prompt, bright, frame) = match shot {
            CameraShot::Card => (
                "Foto KTP",
                "Ambil foto KTP",
                "Paskan KTP di dalam bingkai",
                "Terang",
                "camera__frame",
            ),
            CameraShot::Face => (
                "Foto selfie",
                "Ambil selfie",
                "Lihat ke kamera, wajah di dalam bingkai",
                "Cukup terang",
                "camera__frame camera__frame--face",
            ),
        };
        view! {
            <CameraIsland>
                <button class="button button--primary needs-script" type="button" id="camera-open">
                    <Icon name=Symbol::Camera/>
                    {button}
                </button>
                // Black in both themes, so its buttons are those of the dark one.
                <dialog class="camera" id="camera" data-theme="dark" aria-label=title data-shot=shot.word() data-input=input data-gallery=gallery>
                    <header class="app-bar">
                        <button class="icon-button" type="button" aria-label="Tutup" data-act="close">
                            <Icon name=Symbol::Cross/>
                        </button>
                        <h2 class="app-bar__title text-centre">{title}</h2>
                        <span class="icon-button">{card.then(lamp)}</span>
                    </header>
                    <p class="camera__prompt">{prompt}</p>
                    <div class=frame>
                        // The stream is set by script; muted and inline, or phones open their own player.
                        <video id="camera-video" muted=true playsinline=true autoplay=true></video>
                        <img class="camera__photo" id="camera-photo" alt="Foto yang baru diambil" hidden=true/>
                        {outline(shot)}
                    </div>
                    <ul class="camera__checks" role="list">
                        {pill("bright", bright)}
                        {pill("even", "Tidak silau")}
                        {pill("sharp", "Tajam")}
                    </ul>
                    <p class="camera__hint" id="camera-hint" role="status"></p>
                    <div class="camera__controls" id="camera-controls">
                        {card.then(|| view! { <button class="camera__way" type="button" data-act="gallery">"Galeri"</button> })}
                        <button class="camera__shutter" type="button" aria-label="Ambil foto" data-act="shoot"></button>
                        {card.then(|| view! { <a class="camera__way" href="/bantuan">"Bantuan"</a> })}
                    </div>
                    <div class="stack-2 camera__answers" id="camera-answers" hidden=true>
                        <button class="button button--primary" type="button" data-act="accept">"Pakai foto ini"</button>
                        <button class="button button--secondary" type="button" data-act="again">"Ulangi"</button>
                    </div>
                </dialog>
            </CameraIsland>
        }
    }

    /// The phone's lamp; shown when the browser lends it.
    fn lamp() -> impl IntoView {
        view! {
            <button class="icon-button" type="button" id="camera-lamp" aria-label="Lampu kilat" aria-pressed="false" data-act="lamp" hidden=true>
                <Icon name=Symbol::Flash/>
            </button>
        }
    }

    /// Corners or ring, green when all checks pass.
    fn outline(shot: CameraShot) -> impl IntoView {
        match shot {
            CameraShot::Card => view! {
                <svg class="camera__outline" viewBox="0 0 320 216" aria-hidden="true">
                    <path
                        id="camera-outline"
                        stroke-width="4"
                        d="M2 42V22A20 20 0 0122 2H44M276 2h22a20 20 0 0120 20v20M318 174v20a20 20 0 01-20 20h-22M44 214H22A20 20 0 012 194v-20"
                    ></path>
                </svg>
            }
            .into_any(),
            CameraShot::Face => view! {
                <svg class="camera__outline" viewBox="0 0 268 336" aria-hidden="true">
                    <ellipse id="camera-outline" cx="134" cy="168" rx="131" ry="165"></ellipse>
                </svg>
            }
            .into_any(),
        }
    }

    fn pill(check: &'static str, words: &'static str) -> impl IntoView {
        view! {
            <li class="camera__check" id=format!("camera-{check}")>
                <Icon name=Symbol::Clock/>
                <Icon name=Symbol::Check/>
                {words}
            </li>
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::components::testing::html;

        #[test]
        fn the_dialog_is_closed_and_its_button_waits_for_the_script() {
            let drawn = html(|| view! { <Camera shot=CameraShot::Card input="ktp" gallery="file"/> });
            assert!(
                drawn.contains("needs-script") && drawn.contains("Ambil foto KTP"),
                "{drawn}"
            );
            assert!(drawn.contains("<dialog") && !drawn.contains(" open"), "{drawn}");
            assert!(
                drawn.contains("data-input=\"ktp\"") && drawn.contains("role=\"status\""),
                "{drawn}"
            );
            assert_eq!(
                drawn.matches("camera__check--passed").count(),
                0,
                "nothing has passed before a camera runs: {drawn}"
            );
        }

        #[test]
        fn a_card_has_the_ways_out_of_its_picture_and_a_face_has_none() {
            for (shot, ways) in [(CameraShot::Card, 1), (CameraShot::Face, 0)] {
                let drawn = html(move || view! { <Camera shot=shot input="photo" gallery="file"/> });
                for way in ["data-act=\"gallery\"", "href=\"/bantuan\"", "id=\"camera-lamp\""] {
                    assert_eq!(drawn.matches(way).count(), ways, "{way}: {drawn}");
                }
                assert!(drawn.contains("data-gallery=\"file\""), "{drawn}");
            }
        }

        #[test]
        fn the_script_reads_what_the_page_says_is_photographed() {
            for shot in [CameraShot::Card, CameraShot::Face] {
                assert_eq!(CameraShot::parse(shot.word()), Some(shot));
            }
            assert_eq!(CameraShot::parse("passport"), None);
        }
    }
}
