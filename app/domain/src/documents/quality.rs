//! Whether a photo is good enough, from numbers that the service measured. Pure; the words are the
//! design's. Thresholds are starting points (integrations.md 3.4): log the numbers and calibrate.

use crate::Fault;
use serde::{Deserialize, Serialize};

/// What was measured on a photo scaled to 800 pixels width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// Variance of the Laplacian of the luma: low is blurred.
    pub sharpness: u32,
    /// Parts per million of pixels at 250 or above: high is glare.
    pub glare_ppm: u32,
    /// Mean luma, 0 to 255.
    pub brightness: u8,
    /// Shorter side of the original in pixels.
    pub short_side: u32,
}

/// What the rules say about a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Good.
    Good,
    /// Readable with care; staff see a hint.
    Doubtful,
    /// Must be repeated at once.
    Unusable,
}

impl Quality {
    /// The verdict on these numbers.
    pub fn verdict(self) -> Verdict {
        if self.fault().is_some() {
            Verdict::Unusable
        } else if self.sharpness < 150 || self.glare_ppm > 20_000 {
            Verdict::Doubtful
        } else {
            Verdict::Good
        }
    }

    /// The first thing the borrower must do better, in words, as a fault of `file`.
    pub fn fault(self) -> Option<Fault> {
        let (code, words) = if self.short_side < 480 {
            ("too_small", "Foto terlalu kecil. Dekatkan kamera, lalu ambil ulang.")
        } else if self.brightness < 60 {
            ("too_dark", "Foto terlalu gelap. Ambil ulang di tempat lebih terang.")
        } else if self.glare_ppm > 80_000 {
            ("glare", "Foto terlalu silau. Miringkan sedikit, lalu ambil ulang.")
        } else if self.brightness > 225 {
            (
                "too_bright",
                "Foto terlalu terang. Jauhkan dari lampu, lalu ambil ulang.",
            )
        } else if self.sharpness < 60 {
            ("blurred", "Foto terlalu buram. Ambil ulang di tempat lebih terang.")
        } else {
            return None;
        };
        Some(Fault::new("file", code, words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Quality = Quality {
        sharpness: 2_516,
        glare_ppm: 0,
        brightness: 140,
        short_side: 1_000,
    };

    #[test]
    fn each_limit_has_its_word() {
        let cases = [
            (GOOD, None),
            (Quality { sharpness: 13, ..GOOD }, Some("blurred")),
            (
                Quality {
                    glare_ppm: 168_000,
                    ..GOOD
                },
                Some("glare"),
            ),
            (Quality { brightness: 59, ..GOOD }, Some("too_dark")),
            (
                Quality {
                    brightness: 226,
                    ..GOOD
                },
                Some("too_bright"),
            ),
            (
                Quality {
                    short_side: 479,
                    ..GOOD
                },
                Some("too_small"),
            ),
        ];
        for (quality, code) in cases {
            assert_eq!(
                quality.fault().map(|fault| fault.code),
                code.map(str::to_owned),
                "{quality:?}"
            );
        }
        assert_eq!(GOOD.verdict(), Verdict::Good);
        assert_eq!(Quality { sharpness: 149, ..GOOD }.verdict(), Verdict::Doubtful);
    }
}
