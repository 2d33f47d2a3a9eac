//! The picture of a QR code, read back. Midtrans may answer a charge without `qr_string` and with the address of a PNG
//! only (integrations.md 1.2), and its status never has the text. Enters: the bytes of the picture. Leaves: the text in
//! it, so that the code is drawn here as every other one: no page of ours loads anything from a vendor.

use crate::gateways::GatewayError;
use image::{ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// The most that a picture may measure on a side, in pixels.
const SIDE: u32 = 2_000;
/// What every QRIS begins with: the payload format indicator.
const HEAD: &str = "0002";
/// The longest payload.
const LONGEST: usize = 512;

pub(super) fn read(png: &[u8]) -> Result<String, GatewayError> {
    let unreadable = |why: &str| GatewayError::Protocol {
        message: format!("midtrans: the picture of a code is not readable: {why}"),
    };
    let mut reader = ImageReader::with_format(Cursor::new(png), ImageFormat::Png);
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(SIDE), Some(SIDE));
    reader.limits(limits);
    let picture = reader
        .decode()
        .map_err(|error| unreadable(&error.to_string()))?
        .to_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let shade = |x: usize, y: usize| picture.as_raw()[y * width + x];
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, shade);
    let found = prepared.detect_grids().into_iter().find_map(|grid| grid.decode().ok());
    let (_, text) = found.ok_or_else(|| unreadable("no code in it"))?;
    let is_qris =
        text.starts_with(HEAD) && text.len() <= LONGEST && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    is_qris.then_some(text).ok_or_else(|| unreadable("not a QRIS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_picture_or_no_qris_is_refused() {
        let mut blank = Vec::new();
        image::GrayImage::from_pixel(100, 100, image::Luma([255]))
            .write_to(&mut Cursor::new(&mut blank), ImageFormat::Png)
            .expect("a picture");
        for bytes in [&b""[..], b"<svg/>", &blank, &blank[..40]] {
            assert!(matches!(read(bytes), Err(GatewayError::Protocol { .. })));
        }
    }
}
