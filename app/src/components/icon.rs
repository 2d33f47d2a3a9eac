//! The line icons, 24 by 24, stroke 1.8: a symbol enters, one inline SVG leaves.
//!
//! Each icon is a single path, so that it costs little on the wire and needs no sprite request.

use leptos::prelude::*;

/// The icons of the design kit (`public/icons/ui.svg`), by the kit's own names.
#[expect(missing_docs, reason = "the name of each icon says what it shows")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    Back,
    Forward,
    Check,
    Cross,
    Plus,
    Minus,
    Alert,
    Help,
    Clock,
    Home,
    Loan,
    Bell,
    Person,
    Camera,
    Gallery,
    Flash,
    Eye,
    Fingerprint,
    Shield,
    Lock,
    Bank,
    Qr,
    Shop,
    Money,
    Calendar,
    Document,
    Copy,
    Download,
    Refresh,
    Offline,
    Phone,
    Moon,
    Search,
    Queue,
    Chart,
    Settings,
    Chain,
}

impl Symbol {
    /// The drawing as SVG path data in a 24 by 24 box.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Back => "M15 5l-7 7 7 7",
            Self::Forward => "M9 5l7 7-7 7",
            Self::Check => "M5 12.5l4.5 4.5L19 7.5",
            Self::Cross => "M6 6l12 12M18 6L6 18",
            Self::Plus => "M12 6v12M6 12h12",
            Self::Minus => "M6 12h12",
            Self::Alert => "M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0 -17 0zM12 7.5v5.5M12 16.3v.2",
            Self::Help => {
                "M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0 -17 0zM9.7 9.6a2.4 2.4 0 114 1.9c-.9.7-1.7 1.2-1.7 2.3M12 16.6v.1"
            }
            Self::Clock => "M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0 -17 0zM12 7v5.2l3.4 2",
            Self::Home => "M4 11.5L12 4l8 7.5V20h-5.5v-5h-5v5H4z",
            Self::Loan => {
                "M6.5 6h11a3 3 0 0 1 3 3v7a3 3 0 0 1 -3 3h-11a3 3 0 0 1 -3 -3v-7a3 3 0 0 1 3 -3zM3.5 10.5h17M7 15h4"
            }
            Self::Bell => "M6 16V11a6 6 0 0112 0v5l1.5 2h-15zM10 20.5a2.2 2.2 0 004 0",
            Self::Person => {
                "M8.3 8.2a3.7 3.7 0 1 0 7.4 0a3.7 3.7 0 1 0 -7.4 0zM4.8 20c.8-3.8 3.6-5.6 7.2-5.6s6.4 1.8 7.2 5.6"
            }
            Self::Camera => "M4 8h3.5l1.6-2.5h5.8L16.5 8H20v11H4zM8.6 13a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0z",
            Self::Gallery => {
                "M7 5h10a3 3 0 0 1 3 3v8a3 3 0 0 1 -3 3h-10a3 3 0 0 1 -3 -3v-8a3 3 0 0 1 3 -3zM4.5 16.5l4.5-4 3.5 3 3-2.5 4 3.5M7.7 9.5a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0 -2.6 0z"
            }
            Self::Flash => "M13 3L5.5 13.5H11L10 21l8-11h-5.6z",
            Self::Eye => {
                "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM9.2 12a2.8 2.8 0 1 0 5.6 0a2.8 2.8 0 1 0 -5.6 0z"
            }
            Self::Fingerprint => {
                "M7 19c1.2-2 1.6-4.2 1.6-6.6a3.4 3.4 0 016.8 0c0 3-.5 5.4-1.5 7.6M5 15.5c.4-1 .5-2 .5-3.2A6.5 6.5 0 0112 5.8a6.5 6.5 0 016.5 6.5c0 1.8-.1 3.4-.5 5M12 12.3c0 3.2-.6 5.8-1.8 8.2"
            }
            Self::Shield => "M12 3.5l7 2.8v5.2c0 4.4-2.9 7.4-7 9-4.1-1.6-7-4.6-7-9V6.3zM8.8 12l2.3 2.3 4.2-4.4",
            Self::Lock => {
                "M8 10.5h8a2.5 2.5 0 0 1 2.5 2.5v4.5a2.5 2.5 0 0 1 -2.5 2.5h-8a2.5 2.5 0 0 1 -2.5 -2.5v-4.5a2.5 2.5 0 0 1 2.5 -2.5zM8.5 10.5V8a3.5 3.5 0 017 0v2.5"
            }
            Self::Bank => "M4 9.5L12 4l8 5.5zM5.5 9.5V17M10 9.5V17M14 9.5V17M18.5 9.5V17M4 19.5h16",
            Self::Qr => "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.5v2.5M20 14v6h-6v-2.5M17.5 17.5v0",
            Self::Shop => {
                "M4 9l1.5-5h13L20 9M4 9h16M4 9a2.7 2.7 0 005.3 0 2.7 2.7 0 005.4 0A2.7 2.7 0 0020 9M5.5 12v8h13v-8"
            }
            Self::Money => {
                "M6 6.5h12a2.5 2.5 0 0 1 2.5 2.5v6a2.5 2.5 0 0 1 -2.5 2.5h-12a2.5 2.5 0 0 1 -2.5 -2.5v-6a2.5 2.5 0 0 1 2.5 -2.5zM9.4 12a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0 -5.2 0zM6.8 12v0M17.2 12v0"
            }
            Self::Calendar => {
                "M7 5.5h10a3 3 0 0 1 3 3v8.5a3 3 0 0 1 -3 3h-10a3 3 0 0 1 -3 -3v-8.5a3 3 0 0 1 3 -3zM4 10h16M8.5 3.5v4M15.5 3.5v4"
            }
            Self::Document => "M6 3.5h8l4.5 4.5v12.5H6zM13.5 3.5V8.5h5M9 13h6M9 16.5h4",
            Self::Copy => {
                "M11 8.5h6a2.5 2.5 0 0 1 2.5 2.5v6a2.5 2.5 0 0 1 -2.5 2.5h-6a2.5 2.5 0 0 1 -2.5 -2.5v-6a2.5 2.5 0 0 1 2.5 -2.5zM15.5 5.5v-1h-11v11h1"
            }
            Self::Download => "M12 4v11M7.5 11l4.5 4.5L16.5 11M5 20h14",
            Self::Refresh => "M19.5 12a7.5 7.5 0 11-2.3-5.4M19.5 4v4h-4",
            Self::Offline => "M3 9.5a14 14 0 0118 0M6.5 13.2a9 9 0 0111 0M9.8 16.8a4 4 0 014.4 0M4 4l16 16",
            Self::Phone => {
                "M9.5 3.5h5a2.5 2.5 0 0 1 2.5 2.5v12a2.5 2.5 0 0 1 -2.5 2.5h-5a2.5 2.5 0 0 1 -2.5 -2.5v-12a2.5 2.5 0 0 1 2.5 -2.5zM11 17.5h2"
            }
            Self::Moon => "M19 14.5A7.8 7.8 0 019.5 5a7.8 7.8 0 109.5 9.5z",
            Self::Search => "M4.5 11a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0 -13 0zM16 16l4.5 4.5",
            Self::Queue => "M4 6h10M4 12h16M4 18h13",
            Self::Chart => "M4 20V4M4 20h16M8.5 16v-4M13 16V8M17.5 16v-6",
            Self::Settings => {
                "M5 7h8M17 7h2M5 17h2M11 17h8M13 7a2 2 0 1 0 4 0a2 2 0 1 0 -4 0zM7 17a2 2 0 1 0 4 0a2 2 0 1 0 -4 0z"
            }
            Self::Chain => "M10 14a4 4 0 005.7 0l3-3A4 4 0 0013 5.3l-1 1M14 10a4 4 0 00-5.7 0l-3 3A4 4 0 0011 18.7l1-1",
        }
    }
}

/// How large an icon is drawn: 16, 18, 22 (usual) or 24 px.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IconSize {
    /// 16 px, beside small text.
    Tiny,
    /// 18 px, at the end of a row.
    Small,
    /// 22 px.
    #[default]
    Usual,
    /// 24 px, in a notice.
    Large,
}

impl IconSize {
    const fn class(self) -> &'static str {
        match self {
            Self::Tiny => "icon icon--tiny",
            Self::Small => "icon icon--small",
            Self::Usual => "icon",
            Self::Large => "icon icon--large",
        }
    }
}

/// One line icon; decorative, so hidden from screen readers: the words stand beside it.
#[component]
pub fn Icon(
    /// Which drawing.
    name: Symbol,
    /// How large.
    #[prop(optional)]
    size: IconSize,
) -> impl IntoView {
    view! {
        <svg class=size.class() viewBox="0 0 24 24" aria-hidden="true">
            <path d=name.path()></path>
        </svg>
    }
}
