//! Makes a clean photo of whatever was sent (security.md R40): what is not a JPEG, PNG or WebP picture of sane size,
//! by its first bytes and by decoding, is refused; what is one is turned upright, scaled down, marked and drawn anew,
//! so that nothing but its pixels gets in.

use super::{measure::measure, watermark};
use domain::{Fault, documents::Quality};
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
    codecs::{jpeg::JpegEncoder, png::PngDecoder, webp::WebPDecoder},
    imageops::FilterType,
};
use std::io::Cursor;
use time::Date;

/// Shortest and longest side of what is accepted, in pixels.
const SIDES: std::ops::RangeInclusive<u32> = 300..=6_000;
/// Most pixels of what is accepted.
const MAX_PIXELS: u64 = 24_000_000;
/// Most memory that a decoder may ask for.
const MAX_ALLOC: u64 = 128 * 1024 * 1024;
/// Longest side of what is kept.
const KEPT_SIDE: u32 = 2_000;
/// JPEG quality of what is kept.
const JPEG_QUALITY: u8 = 85;

/// A photo as it is kept.
#[derive(Debug)]
pub(super) struct Photo {
    /// JPEG, no metadata, watermarked.
    pub jpeg: Vec<u8>,
    /// Of the JPEG.
    pub width: u32,
    /// Of the JPEG.
    pub height: u32,
    /// Measured before the watermark.
    pub quality: Quality,
}

/// The clean photo, or what the borrower must do better, in words. Takes a core for up to some seconds.
pub(super) fn clean(bytes: &[u8], today: Date) -> Result<Photo, Fault> {
    let upright = decode(bytes)?;
    let short_side = upright.width().min(upright.height());
    let kept = if upright.width().max(upright.height()) > KEPT_SIDE {
        upright.resize(KEPT_SIDE, KEPT_SIDE, FilterType::Triangle)
    } else {
        upright
    };
    let quality = measure(&kept, short_side);
    if let Some(fault) = quality.fault() {
        return Err(fault);
    }
    let mut kept = kept.into_rgb8();
    watermark::stamp(&mut kept, &watermark::words(today));
    Ok(Photo {
        jpeg: encode(&kept)?,
        width: kept.width(),
        height: kept.height(),
        quality,
    })
}

fn encode(image: &RgbImage) -> Result<Vec<u8>, Fault> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY)
        .encode_image(image)
        .map_err(|_| unreadable())?;
    Ok(jpeg)
}

/// The upright picture, eight bits a channel.
fn decode(bytes: &[u8]) -> Result<DynamicImage, Fault> {
    let format = image::guess_format(bytes)
        .ok()
        .filter(|format| matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP))
        .ok_or_else(wrong_format)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(refusal)?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > *SIDES.end() || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(too_large());
    }
    if width.min(height) < *SIDES.start() {
        return Err(Fault::new(
            "file",
            "too_small",
            "Foto terlalu kecil. Dekatkan kamera, lalu ambil ulang.",
        ));
    }
    if !is_whole_still(bytes, format)? {
        return Err(unreadable());
    }
    let mut left = limits();
    left.reserve(decoder.total_bytes()).map_err(refusal)?;
    decoder.set_limits(left).map_err(refusal)?;
    let orientation = decoder.orientation().map_err(refusal)?;
    let mut image = DynamicImage::ImageRgb8(DynamicImage::from_decoder(decoder).map_err(refusal)?.into_rgb8());
    image.apply_orientation(orientation);
    Ok(image)
}

fn limits() -> Limits {
    // The crate's own defaults know no largest side.
    let mut limits = Limits::default();
    limits.max_image_width = Some(*SIDES.end());
    limits.max_image_height = Some(*SIDES.end());
    limits.max_alloc = Some(MAX_ALLOC);
    limits
}

/// One frame, and for a JPEG its end: the decoder would fill what is missing with grey.
fn is_whole_still(bytes: &[u8], format: ImageFormat) -> Result<bool, Fault> {
    let reader = Cursor::new(bytes);
    match format {
        ImageFormat::Png => {
            let decoder = PngDecoder::with_limits(reader, limits()).map_err(refusal)?;
            Ok(!decoder.is_apng().map_err(refusal)?)
        }
        ImageFormat::WebP => Ok(!WebPDecoder::new(reader).map_err(refusal)?.has_animation()),
        _ => Ok(jpeg_reaches_its_end(bytes)),
    }
}

/// Walks the segments of a JPEG: true when a scan is followed by the end marker. What comes after that is not
/// looked at, and not kept.
fn jpeg_reaches_its_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    let mut scanned = false;
    while let Some(found) = next_marker(bytes, at) {
        let (marker, after) = found;
        at = after;
        match marker {
            0xd9 => return scanned,
            0x01 | 0xd8 => {}
            _ => {
                let Some(&[high, low]) = bytes.get(at..at + 2) else {
                    return false;
                };
                at += usize::from(u16::from_be_bytes([high, low])).max(2);
                scanned |= marker == 0xda;
            }
        }
    }
    false
}

/// The next marker from `at`, and where it ends. Fill bytes, escaped 0xff and restarts within a scan are none.
fn next_marker(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let found = bytes
        .get(at..)?
        .windows(2)
        .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff | 0xd0..=0xd7))?;
    Some((bytes[at + found + 1], at + found + 2))
}

fn refusal(error: ImageError) -> Fault {
    match error {
        ImageError::Limits(_) => too_large(),
        _ => unreadable(),
    }
}

// The design says "JPG, PNG, atau HEIC"; no decoder of ours reads HEIC, so the words say what is true. The camera
// page sends JPEG, whatever the phone keeps.
fn wrong_format() -> Fault {
    Fault::new("file", "format", "Format belum didukung. Pakai JPG, PNG, atau WebP.")
}

fn unreadable() -> Fault {
    Fault::new(
        "file",
        "unreadable",
        "Foto tidak bisa dibaca. Ambil foto baru, lalu kirim lagi.",
    )
}

fn too_large() -> Fault {
    Fault::new(
        "file",
        "too_large",
        "Ukuran foto terlalu besar. Paling besar 6.000 piksel per sisi.",
    )
}

#[cfg(test)]
pub(in crate::documents) mod tests {
    use super::*;
    use image::Rgb;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 09 - 04);

    /// Something like a card: a bluish ground with dark letters of many sizes, and a light corner top left.
    pub(in crate::documents) fn card(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let (u, v) = (x * 200 / width, y * 126 / height);
            let letter = (u * 7 + v * 13 + u * v) % 5 < 2 && v % 6 < 4 && u % 40 > 4;
            if u < 20 && v < 20 {
                Rgb([235, 235, 225])
            } else if letter {
                Rgb([40, 40, 60])
            } else {
                Rgb([150, 190, 215])
            }
        })
    }

    fn encoded(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        encoded(&card(width, height), ImageFormat::Jpeg)
    }

    /// Puts an EXIF segment with this orientation, and a place, behind the start marker.
    fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x02".to_vec();
        exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
        // ImageDescription, 19 bytes at offset 38 of the TIFF header.
        exif.extend([0x01, 0x0e, 0, 2, 0, 0, 0, 19, 0, 0, 0, 38]);
        exif.extend([0, 0, 0, 0]);
        exif.extend(b"rumah-6.2088,106.8\0");
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length[..], &exif[..], &jpeg[2..]].concat()
    }

    fn contains(bytes: &[u8], needle: &[u8]) -> bool {
        bytes.windows(needle.len()).any(|window| window == needle)
    }

    fn code(bytes: &[u8]) -> String {
        clean(bytes, TODAY).unwrap_err().code
    }

    #[test]
    fn the_three_formats_become_a_marked_jpeg() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let photo = clean(&encoded(&card(1_000, 630), format), TODAY).unwrap();
            assert_eq!((photo.width, photo.height, photo.quality.short_side), (1_000, 630, 630));
            let kept = image::load_from_memory_with_format(&photo.jpeg, ImageFormat::Jpeg)
                .unwrap()
                .into_rgb8();
            // Somewhere in the light corner's height the ground is plain; the letters of the mark are not.
            let plain = card(1_000, 630);
            let changed = kept
                .pixels()
                .zip(plain.pixels())
                .filter(|(a, b)| a.0[1].abs_diff(b.0[1]) > 45)
                .count();
            assert!(changed > 1_000, "{format:?}: the mark is in the pixels ({changed})");
        }
    }

    #[test]
    fn large_photos_are_scaled_down_and_keep_their_measure() {
        let photo = clean(&jpeg(3_000, 1_890), TODAY).unwrap();
        assert_eq!(
            (photo.width, photo.height, photo.quality.short_side),
            (2_000, 1_260, 1_890)
        );
    }

    #[test]
    fn the_photo_is_upright_and_its_metadata_gone() {
        let sideways = with_exif(&jpeg(1_000, 630), 6);
        assert!(contains(&sideways, b"Exif") && contains(&sideways, b"rumah-6.2088"));
        let photo = clean(&sideways, TODAY).unwrap();
        assert_eq!(
            (photo.width, photo.height),
            (630, 1_000),
            "orientation 6 is a quarter turn"
        );
        assert!(!contains(&photo.jpeg, b"Exif") && !contains(&photo.jpeg, b"rumah-6.2088"));
        // The light corner was top left; turned clockwise it is top right.
        let kept = image::load_from_memory(&photo.jpeg).unwrap().into_luma8();
        let mean = |left: u32| {
            let pixels = (left..left + 40).flat_map(|x| (5..45).map(move |y| (x, y)));
            pixels.map(|(x, y)| u32::from(kept.get_pixel(x, y).0[0])).sum::<u32>() / 1_600
        };
        assert!(mean(580) > 210 && mean(10) < 200, "{} {}", mean(580), mean(10));
    }

    #[test]
    fn what_is_hidden_behind_a_photo_is_not_kept() {
        let polyglot = [&jpeg(1_000, 630)[..], b"<script>alert(1)</script>PK\x03\x04"].concat();
        let photo = clean(&polyglot, TODAY).unwrap();
        assert!(!contains(&photo.jpeg, b"<script>") && photo.jpeg.ends_with(&[0xff, 0xd9]));
    }

    #[test]
    fn what_is_no_photo_is_refused() {
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        let hidden = [b"%PDF-1.7\n".as_slice(), &jpeg(1_000, 630)].concat();
        for bytes in [
            b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"900\"/>".as_slice(),
            b"<!doctype html><img src=x onerror=alert(1)>",
            b"GIF89a\x01\0\x01\0",
            b"BM\0\0\0\0",
            heic,
            &hidden,
            b"x",
        ] {
            assert_eq!(code(bytes), "format");
        }
        // The first bytes of a format are not enough.
        for bytes in [
            &b"\xff\xd8\xff\xe0<html>"[..],
            b"\x89PNG\r\n\x1a\n<svg/>",
            b"RIFF\x10\0\0\0WEBPVP8 junkjunk",
        ] {
            assert_eq!(code(bytes), "unreadable");
        }
    }

    #[test]
    fn half_a_photo_is_refused() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let whole = encoded(&card(1_000, 630), format);
            for share in [30, 60, 95] {
                assert_eq!(
                    code(&whole[..whole.len() * share / 100]),
                    "unreadable",
                    "{format:?} {share}%"
                );
            }
        }
        // The end marker of a thumbnail in the EXIF segment is not the end of the photo.
        let thumbnail = with_exif(&jpeg(1_000, 630), 1);
        let cut = thumbnail.len() / 2;
        let with_early_end = [&thumbnail[..20], &[0xff, 0xd9], &thumbnail[22..cut]].concat();
        assert!(!jpeg_reaches_its_end(&with_early_end));
        assert!(jpeg_reaches_its_end(&thumbnail));
    }

    #[test]
    fn sizes_out_of_range_are_refused_before_decoding() {
        assert_eq!(code(&jpeg(299, 600)), "too_small");
        assert_eq!(code(&png_header(60_000, 60_000)), "too_large");
        assert_eq!(code(&png_header(6_001, 300)), "too_large");
        assert_eq!(code(&png_header(5_000, 5_000)), "too_large", "25 megapixels");
        // A JPEG that claims to be the largest there can be.
        let mut bomb = jpeg(640, 480);
        let frame = bomb.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        bomb[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
        assert_eq!(code(&bomb), "too_large");
        // Within the sides, and too heavy: 16 bits, four channels, 24 megapixels are 183 MiB.
        let mut heavy = png_header(6_000, 4_000);
        heavy[24..26].copy_from_slice(&[16, 6]);
        fix_crc(&mut heavy);
        assert_eq!(code(&heavy), "too_large");
    }

    #[test]
    fn small_and_moving_pictures_have_their_own_words() {
        let fault = clean(&jpeg(600, 400), TODAY).unwrap_err();
        assert_eq!(fault.message, "Foto terlalu kecil. Dekatkan kamera, lalu ambil ulang.");
        let mut animated = encoded(&card(1_000, 630), ImageFormat::Png);
        // An animation control chunk (two frames) behind the header chunk.
        let mut chunk = b"acTL\0\0\0\x02\0\0\0\0".to_vec();
        let sum = crc32(&chunk).to_be_bytes();
        chunk.extend(sum);
        let chunk = [&[0, 0, 0, 8][..], &chunk].concat();
        animated.splice(33..33, chunk);
        assert_eq!(code(&animated), "unreadable");
    }

    /// A PNG that claims this size, eight bits grey, without any pixel.
    fn png_header(width: u32, height: u32) -> Vec<u8> {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        png.extend(width.to_be_bytes());
        png.extend(height.to_be_bytes());
        png.extend([8, 0, 0, 0, 0]);
        png.extend([0; 4]);
        fix_crc(&mut png);
        // An empty data chunk: the header is read up to it.
        let mut data = b"IDAT".to_vec();
        let sum = crc32(&data).to_be_bytes();
        data.extend(sum);
        png.extend([0, 0, 0, 0]);
        png.extend(data);
        png
    }

    fn fix_crc(png: &mut [u8]) {
        let sum = crc32(&png[12..29]).to_be_bytes();
        png[29..33].copy_from_slice(&sum);
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |mut sum, byte| {
            sum ^= u32::from(*byte);
            for _ in 0..8 {
                sum = (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
            }
            sum
        })
    }
}
