//! Whether a frame of the camera is good enough: a small grey picture enters, three checks leave. Hints only:
//! the shutter always works, and the server measures the photo itself.

/// Red, green, blue and alpha bytes of a frame about 320 pixels wide.
#[cfg(any(feature = "hydrate", test))]
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// Four bytes a pixel, row by row.
    pub rgba: &'a [u8],
    /// Pixels in a row.
    pub width: usize,
}

/// What the three pills under the frame say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checks {
    /// Terang.
    pub bright: bool,
    /// Tidak silau.
    pub even: bool,
    /// What is photographed fills the frame; no pill of its own.
    pub near: bool,
    /// Tajam.
    pub sharp: bool,
}

impl Checks {
    /// The one sentence that helps most now.
    pub(crate) const fn hint(self) -> &'static str {
        match self {
            Self { bright: false, .. } => "Terlalu gelap, cari tempat terang",
            Self { even: false, .. } => "Ada pantulan, miringkan sedikit",
            Self { near: false, .. } => "Dekatkan KTP",
            Self { sharp: false, .. } => "Tahan sebentar…",
            _ => "Bagus, ambil foto",
        }
    }

    /// Nothing is left to hint at.
    pub(crate) const fn passed(self) -> bool {
        self.bright && self.even && self.near && self.sharp
    }
}

/// Luma of each pixel, 0 to 255 (weights of ITU-R BT.601 in thousandths).
#[cfg(any(feature = "hydrate", test))]
fn luma(frame: Frame<'_>) -> Vec<i64> {
    frame
        .rgba
        .chunks_exact(4)
        .map(|pixel| (299 * i64::from(pixel[0]) + 587 * i64::from(pixel[1]) + 114 * i64::from(pixel[2])) / 1000)
        .collect()
}

/// How strong the edges of a part of the picture are.
#[cfg(any(feature = "hydrate", test))]
#[derive(Clone, Copy, Default)]
struct Edges {
    sum: i64,
    squares: i64,
    count: i64,
}

#[cfg(any(feature = "hydrate", test))]
impl Edges {
    fn add(&mut self, edge: i64) {
        self.sum += edge;
        self.squares += edge * edge;
        self.count += 1;
    }

    /// Variance of the Laplacian: high for sharp edges, low for blur.
    fn sharpness(self) -> i64 {
        if self.count == 0 {
            return 0;
        }
        let mean = self.sum / self.count;
        self.squares / self.count - mean * mean
    }

    fn with(self, other: Self) -> Self {
        Self {
            sum: self.sum + other.sum,
            squares: self.squares + other.squares,
            count: self.count + other.count,
        }
    }
}

/// The edges in the middle half of the picture, by width and by height, and those around it.
#[cfg(any(feature = "hydrate", test))]
fn edges(grey: &[i64], width: usize) -> (Edges, Edges) {
    let height = grey.len().checked_div(width).unwrap_or(0);
    let (mut middle, mut around) = (Edges::default(), Edges::default());
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let at = y * width + x;
            let edge = grey[at - 1] + grey[at + 1] + grey[at - width] + grey[at + width] - 4 * grey[at];
            let inside = (width / 4..width - width / 4).contains(&x) && (height / 4..height - height / 4).contains(&y);
            if inside { middle.add(edge) } else { around.add(edge) }
        }
    }
    (middle, around)
}

/// Measures a frame. Limits: mean 60 or more, at most 2% of the pixels at 250 or more, variance 60 or more; the
/// server's own limits for the photo are a little wider on purpose. A card is far away when the middle is sharp and
/// there is next to nothing around it: its print goes almost to the edge.
#[cfg(any(feature = "hydrate", test))]
pub(crate) fn check(frame: Frame<'_>) -> Checks {
    let grey = luma(frame);
    let Ok(count) = i64::try_from(grey.len()) else {
        return Checks::default();
    };
    if count == 0 {
        return Checks::default();
    }
    let mean = grey.iter().sum::<i64>() / count;
    let glaring = i64::try_from(grey.iter().filter(|luma| **luma >= 250).count()).unwrap_or(count);
    let (middle, around) = edges(&grey, frame.width);
    Checks {
        bright: mean >= 60,
        even: glaring * 50 <= count,
        near: middle.sharpness() < 60 || around.sharpness() >= 15,
        sharp: middle.with(around).sharpness() >= 60,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(width: usize, height: usize, luma: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .flat_map(|(x, y)| {
                let l = luma(x, y);
                [l, l, l, 255]
            })
            .collect()
    }

    fn checked(luma: impl Fn(usize, usize) -> u8) -> Checks {
        let rgba = frame(40, 30, luma);
        check(Frame { rgba: &rgba, width: 40 })
    }

    #[test]
    fn text_on_a_card_in_daylight_passes_everything() {
        let checks = checked(|x, _| if x % 4 < 2 { 90 } else { 190 });
        assert!(checks.passed(), "{checks:?}");
        assert_eq!(checks.hint(), "Bagus, ambil foto");
    }

    #[test]
    fn dark_glaring_and_blurred_frames_each_get_their_hint() {
        assert_eq!(
            checked(|x, _| if x % 4 < 2 { 20 } else { 60 }).hint(),
            "Terlalu gelap, cari tempat terang"
        );
        assert_eq!(
            checked(|x, y| if x < 10 && y < 10 {
                255
            } else if x % 4 < 2 {
                90
            } else {
                190
            })
            .hint(),
            "Ada pantulan, miringkan sedikit"
        );
        assert_eq!(
            checked(|x, _| u8::try_from(100 + x).unwrap_or(0)).hint(),
            "Tahan sebentar…"
        );
    }

    #[test]
    fn a_card_in_the_middle_of_an_empty_table_is_too_far_away() {
        let far = |x: usize, y: usize| (12..27).contains(&x) && (9..21).contains(&y) && x % 4 < 2;
        let checks = checked(|x, y| if far(x, y) { 90 } else { 190 });
        assert_eq!(checks.hint(), "Dekatkan KTP");
        assert!(!checks.passed() && checks.sharp, "{checks:?}");
        let nothing = checked(|_, _| 120);
        assert!(nothing.near && nothing.hint() == "Tahan sebentar…", "{nothing:?}");
    }

    #[test]
    fn an_empty_frame_passes_nothing() {
        assert_eq!(check(Frame { rgba: &[], width: 0 }), Checks::default());
    }
}
