//! QRIS payloads (EMVCo merchant-presented mode, Indonesian profile). In: amount and reference.
//! Out: the text a banking app scans, with its CRC, and the picture of it.

use crc::{CRC_16_IBM_3740, Crc};
use image::{GrayImage, ImageFormat, Luma};
use qrcode::{Color, QrCode};
use std::io::Cursor;

/// The checksum of tag 63: CRC-16/CCITT-FALSE, as four upper-case hex digits.
pub fn checksum(text: &str) -> String {
    format!("{:04X}", Crc::<u16>::new(&CRC_16_IBM_3740).checksum(text.as_bytes()))
}

fn field(tag: &str, value: &str) -> String {
    format!("{tag}{:02}{value}", value.chars().count())
}

/// A dynamic QR of `amount` rupiah; `reference` is cut to the 25 characters tag 62-05 has room for.
pub fn payload(amount: i64, reference: &str) -> String {
    let merchant = field("00", "ID.CO.DEVPAY.WWW")
        + &field("01", "936000000000000001")
        + &field("02", "DEV0000001")
        + &field("03", "UMI");
    let national = field("00", "ID.CO.QRIS.WWW") + &field("02", "ID1020000000001") + &field("03", "UMI");
    let reference: String = reference.chars().take(25).collect();
    let body = [
        field("00", "01"),
        field("01", "12"),
        field("26", &merchant),
        field("51", &national),
        field("52", "6012"),
        field("53", "360"),
        field("54", &amount.to_string()),
        field("58", "ID"),
        field("59", "SANGGUP DEMO"),
        field("60", "JAKARTA"),
        field("61", "10110"),
        field("62", &field("05", &reference)),
    ]
    .concat()
        + "6304";
    let checksum = checksum(&body);
    body + &checksum
}

/// Pixels of one module of a picture, and modules of the white frame around it.
const MODULE: u32 = 8;
const FRAME: u32 = 4;

/// The picture of a payload, a PNG as the vendor's; `None` when it is too long for a QR code.
pub fn picture(payload: &str) -> Option<Vec<u8>> {
    let code = QrCode::new(payload.as_bytes()).ok()?;
    let modules = u32::try_from(code.width()).ok()?;
    let side = (modules + 2 * FRAME) * MODULE;
    let dark = |pixel: u32| (pixel / MODULE).checked_sub(FRAME).filter(|at| *at < modules);
    let picture = GrayImage::from_fn(side, side, |x, y| {
        let black = dark(x)
            .zip(dark(y))
            .is_some_and(|(x, y)| code[(x as usize, y as usize)] == Color::Dark);
        Luma([if black { 0 } else { 255 }])
    });
    let mut png = Vec::new();
    picture.write_to(&mut Cursor::new(&mut png), ImageFormat::Png).ok()?;
    Some(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_has_the_published_check_value() {
        assert_eq!(checksum("123456789"), "29B1");
    }

    #[test]
    fn the_full_sample_checks() {
        let sample = "00020101021226630016ID.CO.DEVPAY.WWW01189360000000000000120210DEV00000010303UMI\
                      51440014ID.CO.QRIS.WWW0215ID10200000000010303UMI520460125303360540712500005802ID\
                      5910PINJAM DEV6007JAKARTA61051011062120508LN123-07630403B3";
        let (body, crc) = sample.split_at(sample.len() - 4);
        assert_eq!(checksum(body), crc);
    }

    #[test]
    fn a_payload_carries_the_amount_and_reads_back() {
        let payload = payload(1_250_000, "LN-2026-000123-07-attempt-two");
        let (body, crc) = payload.split_at(payload.len() - 4);
        assert_eq!(checksum(body), crc);
        let mut tags = std::collections::BTreeMap::new();
        let mut rest = payload.as_str();
        while rest.len() >= 4 {
            let length: usize = rest[2..4].parse().unwrap();
            tags.insert(&rest[..2], &rest[4..4 + length]);
            rest = &rest[4 + length..];
        }
        assert_eq!(rest, "");
        assert_eq!(tags["01"], "12");
        assert_eq!(tags["54"], "1250000");
        assert_eq!(tags["62"], "0525LN-2026-000123-07-attempt");
        assert!(picture(&payload).unwrap().starts_with(b"\x89PNG"));
    }
}
