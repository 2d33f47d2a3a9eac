//! QRIS payloads (EMVCo merchant-presented mode, Indonesian profile). In: amount and reference.
//! Out: the text a banking app scans, with its CRC, and the picture of it.

use crc::{CRC_16_IBM_3740, Crc};
use qrcode::{QrCode, render::svg};

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

/// The picture of a payload; `None` when it is too long for a QR code.
pub fn picture(payload: &str) -> Option<String> {
    let code = QrCode::new(payload.as_bytes()).ok()?;
    Some(code.render::<svg::Color<'_>>().min_dimensions(240, 240).build())
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
        assert!(picture(&payload).unwrap().contains("<svg"));
    }
}
