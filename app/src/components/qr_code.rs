//! A payment code as inline SVG: the QRIS text enters, one path leaves. No picture request, no script.

use leptos::prelude::*;
use qrcode::{Color, EcLevel, QrCode as Code};

/// The dark modules as SVG path data, and the width of the drawing. The white card around it is the quiet zone.
///
/// `None` when the text is longer than a QR code can hold.
pub fn modules(payload: &str) -> Option<(String, usize)> {
    let code = Code::with_error_correction_level(payload.as_bytes(), EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (row, line) in code.to_colors().chunks(width).enumerate() {
        let mut column = 0;
        while column < width {
            let run = line[column..].iter().take_while(|color| **color == Color::Dark).count();
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", column, row));
            }
            column += run.max(1);
        }
    }
    Some((path, width))
}

/// The code on white in both themes; the script can save it as a picture by its id `payment-code`.
#[component]
pub fn QrCode(
    /// QRIS text.
    #[prop(into)]
    payload: String,
    /// For screen readers.
    #[prop(default = "Kode QRIS".to_owned(), into)]
    label: String,
) -> impl IntoView {
    modules(&payload).map(|(path, width)| {
        view! {
            <div class="qr-code">
                <svg
                    id="payment-code"
                    viewBox=format!("0 0 {width} {width}")
                    role="img"
                    aria-label=label
                    fill="#000"
                    shape-rendering="crispEdges"
                >
                    <path d=path></path>
                </svg>
            </div>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_draws_every_dark_module_once() {
        let text = "00020101021226610014COM.GO-JEK.WWW0118936009143000000000";
        let (path, width) = modules(text).expect("short enough");
        let code = Code::with_error_correction_level(text.as_bytes(), EcLevel::M).expect("short enough");
        let dark = code
            .to_colors()
            .into_iter()
            .filter(|color| *color == Color::Dark)
            .count();
        let drawn: usize = path
            .split('h')
            .skip(1)
            .filter(|part| !part.starts_with('-'))
            .map(|part| {
                part.split('v')
                    .next()
                    .and_then(|run| run.parse::<usize>().ok())
                    .expect("a run")
            })
            .sum();
        assert_eq!((drawn, width), (dark, code.width()));
    }

    #[test]
    fn a_text_too_long_for_a_code_draws_nothing() {
        assert_eq!(modules(&"9".repeat(8000)), None);
    }
}
