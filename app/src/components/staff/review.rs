//! Evidence of a review: watermarked photos, field-by-field matches, reasons of the score, trail, decision.

use leptos::prelude::*;

use crate::components::{
    icon::{Icon, IconSize, Symbol},
    tone::Tone,
};

/// A photo under review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Address of the picture; the server checks and logs the view.
    pub src: String,
    /// What it shows, for screen readers.
    pub alt: String,
    /// Text over the picture: purpose and date, or the case number.
    pub watermark: String,
}

/// Identity card beside selfie.
#[component]
pub fn Evidence(
    /// Card first, then face; a missing photo leaves its words.
    photos: Vec<Photo>,
) -> impl IntoView {
    let photos = photos
        .into_iter()
        .enumerate()
        .map(|(index, photo)| {
            let class = if index == 0 {
                "watermark"
            } else {
                "watermark watermark--low"
            };
            view! { <div><img src=photo.src alt=photo.alt/><span class=class>{photo.watermark}</span></div> }
        })
        .collect_view();
    view! { <div class="evidence">{photos}</div> }
}

/// One compared field.
#[component]
pub fn Match(
    /// Name of the field.
    #[prop(into)]
    name: String,
    /// "sama", "berbeda", "belum diperiksa".
    #[prop(into)]
    verdict: String,
    /// Whether the verdict is good.
    good: bool,
    /// Value, masked where it must be.
    children: Children,
) -> impl IntoView {
    let (symbol, tone) = if good {
        (Symbol::Check, "matches__verdict")
    } else {
        (Symbol::Alert, "matches__verdict matches__verdict--bad")
    };
    view! {
        <div>
            <dt>{name}</dt>
            <dd class="numeric">{children()}</dd>
            <dd class=tone><Icon name=symbol size=IconSize::Tiny/>{verdict}</dd>
        </div>
    }
}

/// List of [`Match`]es.
#[component]
pub fn Matches(
    /// The fields.
    children: Children,
) -> impl IntoView {
    view! { <dl class="matches">{children()}</dl> }
}

/// One reason of the score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// In words.
    pub words: String,
    /// Points, negative when they lower the score.
    pub points: i32,
    /// The most points this reason can give or take.
    pub most: i32,
}

/// "+41", "−12", "0".
fn signed(points: i32) -> String {
    match points {
        0 => "0".to_owned(),
        points if points > 0 => format!("+{points}"),
        points => format!("−{}", points.unsigned_abs()),
    }
}

/// Reasons with bars.
#[component]
pub fn Reasons(
    /// In order of weight.
    reasons: Vec<Reason>,
) -> impl IntoView {
    let reasons = reasons
        .into_iter()
        .map(|reason| {
            let most = i64::from(reason.most.unsigned_abs().max(1));
            let width = (i64::from(reason.points.unsigned_abs()) * 100 / most).min(100);
            let class = if reason.points < 0 {
                "reasons__minus"
            } else {
                "reasons__plus"
            };
            view! {
                <li>
                    <svg class="reasons__bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                        <rect class="reasons__track" width="100" height="8"></rect>
                        <rect class=class width=width height="8"></rect>
                    </svg>
                    <span>{reason.words}</span>
                    <b class="numeric">{signed(reason.points)}</b>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="reasons" role="list">{reasons}</ul> }
}

/// One line of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailEntry {
    /// "10.12.04".
    pub when: String,
    /// What happened.
    pub what: String,
    /// Who did it.
    pub who: String,
}

/// What happened to a case, oldest first.
#[component]
pub fn Trail(
    /// In order.
    entries: Vec<TrailEntry>,
) -> impl IntoView {
    let entries = entries
        .into_iter()
        .map(|entry| {
            view! {
                <li>
                    <span class="text-subtle numeric">{entry.when}</span>
                    <span class="fill">{entry.what}</span>
                    <span class="text-subtle">{entry.who}</span>
                </li>
            }
        })
        .collect_view();
    view! { <ol class="trail" role="list">{entries}</ol> }
}

/// The decision form: hidden fields, note and buttons (children), a line about the second officer.
#[component]
pub fn Decision(
    /// Address.
    #[prop(into)]
    action: String,
    /// Fields and `<div class="decision__buttons">`.
    children: Children,
    /// "Di atas Rp3.500.000 perlu persetujuan petugas kedua."
    #[prop(into)]
    rule: String,
    /// Draw the rule in turmeric: it applies to this case.
    #[prop(optional)]
    applies: bool,
) -> impl IntoView {
    let tone = if applies {
        Tone::Warning.text_class()
    } else {
        "text-subtle"
    };
    view! {
        <form class="card stack-3 decision" method="post" action=action>
            {children()}
            <p class=format!("text-micro {tone}")>
                {rule} " " <kbd>"S"</kbd> " setujui " <kbd>"F"</kbd> " foto ulang " <kbd>"T"</kbd> " tolak " <kbd>"J"</kbd> " berikutnya"
            </p>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::html;

    #[test]
    fn points_carry_their_sign_and_bars_stay_in_the_box() {
        assert_eq!([41, 0, -12].map(signed), ["+41", "0", "−12"]);
        let reasons = vec![
            Reason {
                words: "Takaran".into(),
                points: -80,
                most: 40,
            },
            Reason {
                words: "Lama kerja".into(),
                points: 5,
                most: 0,
            },
        ];
        let drawn = html(move || view! { <Reasons reasons=reasons/> });
        assert_eq!(
            drawn.matches("width=\"100\" height=\"8\"").count(),
            4,
            "two tracks, two full bars: {drawn}"
        );
        assert!(drawn.contains("reasons__minus") && drawn.contains("reasons__plus"));
    }
}
