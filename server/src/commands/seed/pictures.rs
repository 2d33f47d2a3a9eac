//! Drawn stand-ins for the demo people's papers: a card, a face, a payslip. Nobody's likeness, nobody's data; sharp and
//! evenly lit, so that they pass the same checks as a real photo.

use super::people::Borrower;
use image::{ImageFormat, Rgb, RgbImage};
use std::io::Cursor;

type Drawn = Result<Vec<u8>, image::ImageError>;

/// A card of 1,280 by 808 pixels with bars in the place of text; every person's bars differ.
pub fn card(borrower: &Borrower) -> Drawn {
    let mut picture = RgbImage::from_fn(1_280, 808, |_, y| Rgb([150, 190, 210 - (y / 20) as u8]));
    bars(&mut picture, borrower.nik, 60, 190, 780);
    fill(&mut picture, 900, 240, 300, 380, [170, 60, 70]);
    ellipse(&mut picture, 1_050, 400, 80, 100, [220, 185, 160]);
    encode(&picture)
}

/// A face of 900 by 1,200 pixels: an oval, two eyes, a mouth, hair in strands.
pub fn face(borrower: &Borrower) -> Drawn {
    let mut picture = RgbImage::from_fn(900, 1_200, |x, y| {
        let shade = 120 + ((x / 9 + y / 11) % 2) as u8 * 18;
        Rgb([shade, shade, shade.saturating_add(12)])
    });
    ellipse(&mut picture, 450, 560, 280, 360, [205, 160, 130]);
    for strand in 0..56 {
        fill(&mut picture, 180 + strand * 10, 190, 5, 150, [45, 30, 28]);
    }
    ellipse(&mut picture, 345, 520, 30, 22, [30, 20, 20]);
    ellipse(&mut picture, 555, 520, 30, 22, [30, 20, 20]);
    fill(&mut picture, 380, 740, 140, 16, [150, 60, 60]);
    bars(&mut picture, borrower.nik, 120, 1_040, 660);
    encode(&picture)
}

/// A sheet of 1,000 by 1,300 pixels with lines.
pub fn payslip(borrower: &Borrower) -> Drawn {
    let mut picture = RgbImage::from_pixel(1_000, 1_300, Rgb([214, 214, 208]));
    for paragraph in 0..5 {
        bars(&mut picture, borrower.nik, 90, 120 + paragraph * 220, 820);
    }
    encode(&picture)
}

/// Eight rows of short dark bars whose lengths follow the digits.
fn bars(picture: &mut RgbImage, digits: &str, left: u32, top: u32, width: u32) {
    for (row, pair) in digits.as_bytes().chunks(2).enumerate() {
        let mut x = left;
        for digit in pair.iter().cycle().take(10) {
            let length = 18 + u32::from(digit - b'0') * 6;
            if x + length > left + width {
                break;
            }
            fill(picture, x, top + row as u32 * 22, length, 11, [30, 50, 75]);
            x += length + 14;
        }
    }
}

fn fill(picture: &mut RgbImage, left: u32, top: u32, width: u32, height: u32, colour: [u8; 3]) {
    for y in top..(top + height).min(picture.height()) {
        for x in left..(left + width).min(picture.width()) {
            picture.put_pixel(x, y, Rgb(colour));
        }
    }
}

fn ellipse(picture: &mut RgbImage, cx: i64, cy: i64, rx: i64, ry: i64, colour: [u8; 3]) {
    for y in (cy - ry).max(0)..(cy + ry).min(i64::from(picture.height())) {
        for x in (cx - rx).max(0)..(cx + rx).min(i64::from(picture.width())) {
            let (dx, dy) = (x - cx, y - cy);
            if dx * dx * ry * ry + dy * dy * rx * rx <= rx * rx * ry * ry {
                picture.put_pixel(x as u32, y as u32, Rgb(colour));
            }
        }
    }
}

fn encode(picture: &RgbImage) -> Drawn {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Jpeg)?;
    Ok(bytes.into_inner())
}
