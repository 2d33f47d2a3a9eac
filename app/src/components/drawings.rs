//! The pictures: mangosteen, sample identity card, sample face. SVG with attributes only, so the strict CSP holds.

use leptos::prelude::*;

use super::petals::petal;

/// The mangosteen of the welcome page: as many petals outside as segments inside.
#[component]
pub fn Fruit(
    /// Class of the SVG.
    class: &'static str,
) -> impl IntoView {
    const LEAF: &str = "M0 -92 C-30 -97 -36 -118 -17 -128 C-5 -134 5 -134 17 -128 C36 -118 30 -97 0 -92Z";
    let leaves = [(-34, "#1D5A42"), (32, "#287353"), (-2, "#3B8C67")]
        .map(|(turn, colour)| view! { <path transform=format!("rotate({turn})") d=LEAF fill=colour></path> })
        .into_iter()
        .collect_view();
    let mut angle = 14.0;
    let segments = [78.0, 55.0, 60.0, 52.0, 63.0, 52.0]
        .map(|width: f64| {
            let middle = angle + width / 2.0;
            angle += width;
            view! {
                <path d=petal(middle, width, 5.0, 60.0, 3.4) fill="#FFF8F0"></path>
                <path d=petal(middle, width * 0.62, 17.0, 52.0, 3.0) fill="#F6E6DC"></path>
            }
        })
        .into_iter()
        .collect_view();
    view! {
        <svg class=class viewBox="-118 -146 236 264" aria-hidden="true">
            {leaves}
            <path d="M-5 -140h10l3 18h-16z" fill="#174433"></path>
            <circle r="104" fill="#571B3F"></circle>
            <circle r="104" fill="none" stroke="#702753" stroke-width="5"></circle>
            <circle r="86" fill="#8B2F55"></circle>
            <circle r="74" fill="#A9476A"></circle>
            {segments}
        </svg>
    }
}

/// How a sample photo of an identity card came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shot {
    /// Flat and clear.
    #[default]
    Clear,
    /// Out of focus.
    Blurred,
    /// With a reflection of the flash.
    Glare,
    /// Partly outside the picture.
    Cut,
}

/// A drawn identity card without any real data, 138 by 87 px in the examples.
#[component]
pub fn IdentityCard(
    /// How the photo came out.
    #[prop(optional)]
    shot: Shot,
) -> impl IntoView {
    // Ids must be unique on a page that shows all four.
    let (sky, effect) = match shot {
        Shot::Clear => ("card-clear", ""),
        Shot::Blurred => ("card-blurred", "card-blur"),
        Shot::Glare => ("card-glare", "card-flash"),
        Shot::Cut => ("card-cut", ""),
    };
    let lines = [
        (70, 38, 92),
        (84, 56, 104),
        (98, 46, 60),
        (112, 34, 98),
        (126, 28, 40),
        (140, 50, 74),
        (154, 30, 52),
        (168, 44, 66),
    ]
    .map(|(y, short, long)| {
        view! {
            <rect x="22" y=y width=short height="5" rx="2.5" fill="#3E5F7A" opacity=".55"></rect>
            <rect x="92" y=y width=long height="5" rx="2.5" fill="#1E3C55" opacity=".8"></rect>
        }
    })
    .into_iter()
    .collect_view();
    let blur = (shot == Shot::Blurred)
        .then(|| view! { <filter id=effect><feGaussianBlur stdDeviation="5"></feGaussianBlur></filter> });
    let flash = (shot == Shot::Glare).then(|| {
        view! {
            <radialGradient id=effect cx=".42" cy=".44" r=".52">
                <stop offset=".3" stop-color="#FFF"></stop>
                <stop offset=".5" stop-color="#FFF" stop-opacity=".75"></stop>
                <stop offset="1" stop-color="#FFF" stop-opacity="0"></stop>
            </radialGradient>
        }
    });
    let glare =
        (shot == Shot::Glare).then(|| view! { <rect width="320" height="202" fill=format!("url(#{effect})")></rect> });
    let transform = (shot == Shot::Cut).then_some("translate(79 37) rotate(9 160 101)");
    let filter = (shot == Shot::Blurred).then(|| format!("url(#{effect})"));
    view! {
        <svg viewBox="0 0 320 202" width="138" height="87" aria-hidden="true">
            <defs>
                <linearGradient id=sky x1="0" y1="0" x2="1" y2="1">
                    <stop offset="0" stop-color="#C3DCEB"></stop>
                    <stop offset=".55" stop-color="#A9CCE1"></stop>
                    <stop offset="1" stop-color="#BFD8E6"></stop>
                </linearGradient>
                {blur}{flash}
            </defs>
            <g filter=filter transform=transform>
                <rect width="320" height="202" rx="11" fill=format!("url(#{sky})")></rect>
                <path d="M0 150C80 110 150 190 320 120V202H0z" fill="#94BED8" opacity=".5"></path>
                <rect x="104" y="12" width="112" height="6" rx="3" fill="#1E3C55"></rect>
                <rect x="122" y="23" width="76" height="5" rx="2.5" fill="#1E3C55" opacity=".7"></rect>
                <text x="22" y="55" font-family="ui-monospace,monospace" font-size="16" font-weight="700" fill="#1E3C55" letter-spacing=".6">
                    "3275 04•• •••• 0003"
                </text>
                {lines}
                <rect x="226" y="62" width="76" height="96" rx="4" fill="#B23A48" opacity=".82"></rect>
                <circle cx="264" cy="98" r="17" fill="#E9C7AE"></circle>
                <path d="M247 96c0-14 8-21 17-21s17 7 17 21c0 5-2 8-3 10 1-10-6-15-14-15s-15 5-14 15c-1-2-3-5-3-10z" fill="#40132E"></path>
                <path d="M236 158c2-24 14-34 28-34s26 10 28 34z" fill="#F6F1F4"></path>
                <rect x="236" y="170" width="56" height="5" rx="2.5" fill="#1E3C55" opacity=".6"></rect>
            </g>
            {glare}
        </svg>
    }
}
