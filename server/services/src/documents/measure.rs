//! Measures a photo: sharpness, glare, brightness (integrations.md 3.4). Numbers only; the rules about them are
//! `domain::documents::Quality`.

use domain::documents::Quality;
use image::{DynamicImage, GrayImage, imageops::FilterType};

/// All photos are measured at this width, so that the numbers compare.
const WIDTH: u32 = 800;
/// Luma from which a pixel is burnt out.
const BURNT: u8 = 250;

/// The numbers of an upright photo whose shorter side was `short_side` pixels before any scaling.
pub(super) fn measure(image: &DynamicImage, short_side: u32) -> Quality {
    let height = (u64::from(image.height()) * u64::from(WIDTH)).div_ceil(u64::from(image.width().max(1)));
    let height = u32::try_from(height).unwrap_or(u32::MAX).max(3);
    let luma = image.resize_exact(WIDTH, height, FilterType::Triangle).into_luma8();
    let pixels = luma.as_raw();
    let count = pixels.len() as u64;
    let burnt = pixels.iter().filter(|luma| **luma >= BURNT).count() as u64;
    let sum: u64 = pixels.iter().map(|luma| u64::from(*luma)).sum();
    Quality {
        sharpness: laplacian_variance(&luma),
        glare_ppm: u32::try_from(burnt * 1_000_000 / count).unwrap_or(u32::MAX),
        brightness: u8::try_from(sum / count).unwrap_or(u8::MAX),
        short_side,
    }
}

/// Variance of up + down + left + right - 4 × centre over the inner pixels: edges make it large, blur small.
fn laplacian_variance(luma: &GrayImage) -> u32 {
    let width = luma.width() as usize;
    let rows: Vec<&[u8]> = luma.as_raw().chunks_exact(width).collect();
    let (mut sum, mut squares, mut count) = (0_i64, 0_i64, 0_i64);
    for window in rows.windows(3) {
        let [above, row, below] = [window[0], window[1], window[2]];
        for x in 1..width - 1 {
            let at = |row: &[u8], x: usize| i64::from(row[x]);
            let value = at(above, x) + at(below, x) + at(row, x - 1) + at(row, x + 1) - 4 * at(row, x);
            sum += value;
            squares += value * value;
            count += 1;
        }
    }
    // count × Σv² - (Σv)² over count²: exact in i128, rounded down once.
    let variance = (i128::from(squares) * i128::from(count) - i128::from(sum) * i128::from(sum))
        / (i128::from(count) * i128::from(count)).max(1);
    u32::try_from(variance).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::photo::tests::card;
    use domain::documents::Verdict;
    use image::{Rgb, RgbImage};

    fn quality(image: &RgbImage) -> Quality {
        let short = image.width().min(image.height());
        measure(&DynamicImage::ImageRgb8(image.clone()), short)
    }

    #[test]
    fn a_sharp_card_is_good() {
        let quality = quality(&card(1_000, 630));
        assert!(quality.sharpness > 500, "{quality:?}");
        assert_eq!(quality.verdict(), Verdict::Good, "{quality:?}");
        assert_eq!(quality.short_side, 630);
    }

    #[test]
    fn blur_kills_the_edges() {
        let sharp = card(800, 504);
        let slightly = quality(&image::imageops::blur(&sharp, 1.2));
        let badly = quality(&image::imageops::blur(&sharp, 4.0));
        assert!(quality(&sharp).sharpness > slightly.sharpness && slightly.sharpness > badly.sharpness);
        assert_eq!(
            badly.fault().map(|fault| fault.code),
            Some("blurred".into()),
            "{badly:?}"
        );
    }

    #[test]
    fn a_reflection_counts_by_its_area() {
        let mut glared = card(800, 504);
        for y in 100..400 {
            for x in 200..500 {
                glared.put_pixel(x, y, Rgb([255, 255, 255]));
            }
        }
        let glared = quality(&glared);
        let share = u32::try_from(300_u64 * 300 * 1_000_000 / (800 * 504)).unwrap();
        assert!(glared.glare_ppm.abs_diff(share) < 3_000, "{glared:?} against {share}");
        assert_eq!(glared.fault().map(|fault| fault.code), Some("glare".into()));
    }

    #[test]
    fn dark_is_said_before_blurred() {
        let mut dark = card(800, 504);
        dark.pixels_mut()
            .for_each(|pixel| pixel.0 = pixel.0.map(|channel| channel / 6));
        let dark = quality(&dark);
        assert!(dark.brightness < 40, "{dark:?}");
        assert_eq!(dark.fault().map(|fault| fault.code), Some("too_dark".into()));
    }

    #[test]
    fn a_flat_picture_has_no_edges_at_all() {
        let flat = quality(&RgbImage::from_pixel(640, 480, Rgb([128, 128, 128])));
        assert_eq!((flat.sharpness, flat.glare_ppm, flat.brightness), (0, 0, 128));
    }

    #[test]
    fn the_numbers_compare_across_sizes() {
        let (large, small) = (quality(&card(2_000, 1_260)), quality(&card(1_000, 630)));
        assert!(large.brightness.abs_diff(small.brightness) <= 3, "{large:?} {small:?}");
    }
}
