//! Kelopak: a loan of N instalments is a flower with N petals. Counts enter, one inline SVG leaves.
//!
//! Geometry only, in the unitless box of the drawing; no money is computed here.

use leptos::prelude::*;

fn polar(radius: f64, degrees: f64) -> String {
    let angle = (degrees - 90.0).to_radians();
    format!("{:.2} {:.2}", radius * angle.cos(), radius * angle.sin())
}

/// Path of one petal around the origin: angles in degrees, a gap of equal width between neighbours.
pub(crate) fn petal(centre: f64, width: f64, inner: f64, outer: f64, gap: f64) -> String {
    let shoulder = outer * 0.80;
    let at_inner = width / 2.0 - (gap / 2.0 / inner).min(0.99).asin().to_degrees();
    let at_shoulder = width / 2.0 - (gap / 2.0 / shoulder).asin().to_degrees();
    let lobe_width = shoulder * at_shoulder.to_radians().sin() * 1.03;
    let lobe_height = (outer - shoulder * at_shoulder.to_radians().cos()).max(4.0);
    format!(
        "M{} L{} A{lobe_width:.2} {lobe_height:.2} {centre:.1} 0 1 {} L{} A{inner:.2} {inner:.2} 0 0 0 {}Z",
        polar(inner, centre - at_inner),
        polar(shoulder, centre - at_shoulder),
        polar(shoulder, centre + at_shoulder),
        polar(inner, centre + at_inner),
        polar(inner, centre - at_inner),
    )
}

/// The petals of a ring with `count` places, in clockwise order.
fn ring(count: u32, inner: f64, outer: f64, gap: f64) -> Vec<String> {
    let width = 360.0 / f64::from(count.max(1));
    (0..count.max(1))
        .map(|index| petal(width * f64::from(index) + width / 2.0, width, inner, outer, gap))
        .collect()
}

/// What stands in the middle of the ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Middle {
    /// Nothing.
    #[default]
    Empty,
    /// "2/6" above the word "lunas".
    Count,
    /// A tick: done.
    Tick,
}

/// The petal ring: paid petals filled, the next one turmeric, the rest pale.
#[component]
pub fn Petals(
    /// Number of instalments, 1 to 36.
    count: u32,
    /// How many are paid.
    paid: u32,
    /// The whole sentence for screen readers, for example "2 dari 6 cicilan lunas".
    #[prop(into)]
    label: String,
    /// Draw the first unpaid petal in turmeric.
    #[prop(optional)]
    next: bool,
    /// What stands in the middle.
    #[prop(optional)]
    middle: Middle,
    /// 116 px instead of 132.
    #[prop(optional)]
    small: bool,
    /// Paid petals in green: a result.
    #[prop(optional)]
    success: bool,
    /// The last paid petal fills once: right after a payment.
    #[prop(optional)]
    just_paid: bool,
) -> impl IntoView {
    let paths = ring(count, 22.0, 48.0, 3.2)
        .into_iter()
        .zip(0u32..)
        .map(|(d, index)| {
            let class = match index {
                i if just_paid && i + 1 == paid => Some("petals__paid petals__paid--new"),
                i if i < paid => Some("petals__paid"),
                i if next && i == paid => Some("petals__next"),
                _ => None,
            };
            view! { <path class=class d=d></path> }
        })
        .collect_view();
    let class = match (small, success) {
        (true, true) => "petals petals--small petals--success",
        (true, false) => "petals petals--small",
        (false, true) => "petals petals--success",
        (false, false) => "petals",
    };
    let inside = match middle {
        Middle::Empty => ().into_any(),
        Middle::Tick => view! { <path class="petals__tick" d="M-10 1l7 7 14-15"></path> }.into_any(),
        Middle::Count => {
            let figures = format!("{paid}/{count}");
            let class = if figures.len() > 4 {
                "petals__count petals__count--long"
            } else {
                "petals__count"
            };
            view! {
                <text class=class y="-1">{figures}</text>
                <text class="petals__caption" y="10">"lunas"</text>
            }
            .into_any()
        }
    };
    view! {
        <svg class=class viewBox="-50 -50 100 100" role="img" aria-label=label>{paths}{inside}</svg>
    }
}

/// The logo mark: six petals, coloured by the text colour of its place.
#[component]
pub fn Mark(
    /// Class of the SVG, for the splash.
    #[prop(optional)]
    class: Option<&'static str>,
    /// Gap between petals; 4.6 in the logo, 2.4 when it fills the screen.
    #[prop(default = 4.6)]
    gap: f64,
) -> impl IntoView {
    let paths = ring(6, 11.0, 49.0, gap)
        .into_iter()
        .map(|d| view! { <path d=d></path> })
        .collect_view();
    view! { <svg class=class viewBox="-50 -50 100 100" aria-hidden="true">{paths}</svg> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::html;

    #[test]
    fn the_first_petal_of_six_is_the_one_of_the_design_kit() {
        assert_eq!(
            petal(30.0, 60.0, 22.0, 48.0, 3.2),
            "M1.60 -21.94 L1.60 -38.37 A18.33 13.97 30.0 0 1 32.43 -20.57 L18.20 -12.36 A22.00 22.00 0 0 0 1.60 -21.94Z"
        );
    }

    #[test]
    fn petals_are_as_many_as_instalments_and_filled_as_many_as_paid() {
        let drawn = html(|| view! { <Petals count=12 paid=10 label="10 dari 12" next=true middle=Middle::Count/> });
        assert_eq!(drawn.matches("<path").count(), 12);
        assert_eq!(drawn.matches("petals__paid").count(), 10);
        assert_eq!(drawn.matches("petals__next").count(), 1);
        assert!(
            drawn.contains("petals__count--long"),
            "10/12 needs the smaller type: {drawn}"
        );
        assert!(drawn.contains("aria-label=\"10 dari 12\""));
    }

    #[test]
    fn neighbouring_petals_keep_the_gap_between_them() {
        let distance = |first: &str, second: &str| {
            let numbers = |path: &str| -> Vec<f64> {
                path.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
                    .filter_map(|n| n.parse().ok())
                    .collect()
            };
            let (a, b) = (numbers(first), numbers(second));
            // End of the first petal at the inner circle, start of the second one.
            let end = &a[11..13];
            ((end[0] - b[0]).powi(2) + (end[1] - b[1]).powi(2)).sqrt()
        };
        for count in [3, 6, 12, 24] {
            let petals = ring(count, 22.0, 48.0, 3.2);
            let gap = distance(&petals[0], &petals[1]);
            assert!((gap - 3.2).abs() < 0.1, "{count} petals: gap {gap}");
        }
    }

    #[test]
    fn a_flower_of_no_instalments_still_draws() {
        assert!(html(|| view! { <Petals count=0 paid=0 label="Kosong"/> }).contains("<path"));
    }
}
