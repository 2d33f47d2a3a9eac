//! Writes what a paper is for across it, into the pixels, so that a leaked copy says where it came from.

use domain::text::month_short;
use font8x8::legacy::BASIC_LEGACY;
use image::RgbImage;
use time::Date;

/// Side of a letter in the font's own pixels.
const CELL: u32 = 8;
/// Lines of text, spread over the height.
const LINES: u32 = 3;
/// How far a letter moves a pixel towards black or white, of 256: seen, and what is under it stays readable.
const STRENGTH: u16 = 110;

/// "Hanya untuk verifikasi Sanggup, 4 Sep 2026".
pub(super) fn words(today: Date) -> String {
    format!(
        "Hanya untuk verifikasi Sanggup, {} {} {}",
        today.day(),
        month_short(today.month()),
        today.year()
    )
}

/// Draws `text` (ASCII) on the photo, three times, as wide as it goes.
pub(super) fn stamp(image: &mut RgbImage, text: &str) {
    let (width, height) = image.dimensions();
    let letters = u32::try_from(text.len()).unwrap_or(u32::MAX).max(1);
    let scale = (width * 9 / 10 / letters.saturating_mul(CELL)).max(1);
    let left = width.saturating_sub(letters.saturating_mul(CELL * scale)) / 2;
    for line in 0..LINES {
        let middle = height * (2 * line + 1) / (2 * LINES);
        let top = middle.saturating_sub(CELL * scale / 2);
        for (position, letter) in (0_u32..).zip(text.bytes()) {
            draw(image, letter, left + position * CELL * scale, top, scale);
        }
    }
}

/// One letter, each of its pixels a square of `scale`; what falls outside the photo is left out.
fn draw(image: &mut RgbImage, letter: u8, left: u32, top: u32, scale: u32) {
    let Some(glyph) = BASIC_LEGACY.get(usize::from(letter)) else {
        return;
    };
    for y in 0..CELL * scale {
        let row = glyph[(y / scale) as usize];
        for x in 0..CELL * scale {
            // The font keeps the leftmost pixel in the lowest bit.
            if row >> (x / scale) & 1 == 1
                && let Some(pixel) = image.get_pixel_mut_checked(left + x, top + y)
            {
                let luma: u16 = pixel.0.iter().map(|channel| u16::from(*channel)).sum::<u16>() / 3;
                let target: u16 = if luma < 128 { 255 } else { 0 };
                pixel.0 = pixel.0.map(|channel| blend(channel, target));
            }
        }
    }
}

fn blend(channel: u8, target: u16) -> u8 {
    let mixed = (u32::from(channel) * u32::from(256 - STRENGTH) + u32::from(target) * u32::from(STRENGTH)) / 256;
    u8::try_from(mixed).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;
    use time::macros::date;

    #[test]
    fn the_words_are_the_designs() {
        assert_eq!(
            words(date!(2026 - 09 - 04)),
            "Hanya untuk verifikasi Sanggup, 4 Sep 2026"
        );
    }

    #[test]
    fn every_pixel_of_every_letter_is_drawn_and_no_other() {
        let text = words(date!(2026 - 09 - 04));
        let ink: u32 = text
            .bytes()
            .flat_map(|letter| BASIC_LEGACY[usize::from(letter)])
            .map(u8::count_ones)
            .sum();
        let mut image = RgbImage::from_pixel(800, 504, Rgb([200, 200, 200]));
        stamp(&mut image, &text);
        let changed = image.pixels().filter(|pixel| pixel.0 != [200, 200, 200]).count();
        let scale = 800 * 9 / 10 / (text.len() * 8);
        assert_eq!(changed, ink as usize * scale * scale * 3);
        assert!(ink > 500, "the font has these letters");
    }

    #[test]
    fn it_shows_on_black_on_white_and_on_the_narrowest_photo() {
        for (colour, width) in [(0_u8, 800), (255, 800), (128, 300)] {
            let mut image = RgbImage::from_pixel(width, 300, Rgb([colour; 3]));
            stamp(&mut image, &words(date!(2026 - 12 - 31)));
            let furthest = image.pixels().map(|pixel| pixel.0[0].abs_diff(colour)).max().unwrap();
            assert!(furthest >= 50, "{colour}: {furthest}");
        }
    }
}
