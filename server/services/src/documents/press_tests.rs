//! What is printed: the figures that were given, the same bytes each time, and no markup from people.

use super::*;
use domain::documents::{SheetFact, SheetPart};
use typst::layout::{Frame, FrameItem};

fn sheet(name: &str) -> Sheet {
    let row = |day: u32| {
        ["5 Okt 26", "469.650", "75.000", "544.650", "2.530.350"]
            .map(|cell| cell.replace("5 Okt", &format!("{day} Okt")))
            .to_vec()
    };
    Sheet {
        title: "Perjanjian pinjaman".into(),
        subtitle: "Nomor SGP-4F7K2, versi 2026-11".into(),
        parts: vec![
            SheetPart::Facts {
                title: "Para pihak".into(),
                rows: vec![
                    SheetFact::new("Penyelenggara", "Sanggup").noted("Contoh, bukan layanan berizin"),
                    SheetFact::new("Peminjam", name),
                ],
            },
            SheetPart::Nota {
                title: "Nota".into(),
                rows: vec![("Anda terima penuh".into(), "Rp3.000.000".into())],
                total: ("Total Anda bayar".into(), "Rp3.267.899".into()),
            },
            SheetPart::Table {
                title: "Cicilan".into(),
                head: ["Tempo", "Pokok", "Bunga", "Cicilan", "Sisa pokok"]
                    .map(str::to_owned)
                    .to_vec(),
                rows: (1..=24).map(row).collect(),
                total: ["Total", "3.000.000", "267.899", "3.267.899", ""]
                    .map(str::to_owned)
                    .to_vec(),
            },
            SheetPart::Words {
                title: "Ketentuan".into(),
                rows: vec![
                    ("Pinjaman".into(), format!("{name} meminjam.")),
                    (String::new(), "Ya.".into()),
                ],
            },
        ],
        foot: format!("Sidik rincian (SHA-256): {}", "ab".repeat(32)),
    }
}

/// The text on the pages, line by line as it was set.
fn words(frame: &Frame, out: &mut String) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => words(&group.frame, out),
            FrameItem::Text(text) => {
                out.push_str(&text.text);
                out.push(' ');
            }
            _ => {}
        }
    }
}

fn text_of(sheet: &Sheet) -> String {
    let mut out = String::new();
    for page in compose(sheet).unwrap().pages() {
        words(&page.frame, &mut out);
    }
    out
}

/// Every glyph comes from the font: none is the box of a missing letter.
fn boxes(frame: &Frame) -> usize {
    frame
        .items()
        .map(|(_, item)| match item {
            FrameItem::Group(group) => boxes(&group.frame),
            FrameItem::Text(text) => text.glyphs.iter().filter(|glyph| glyph.id == 0).count(),
            _ => 0,
        })
        .sum()
}

#[test]
fn the_same_sheet_gives_the_same_small_bytes() {
    let first = print(&sheet("Sari Wulandari")).unwrap();
    assert_eq!(first, print(&sheet("Sari Wulandari")).unwrap());
    assert_ne!(first, print(&sheet("Sari Wulandara")).unwrap());
    assert!(first.starts_with(b"%PDF-"));
    assert!(first.len() < 60_000, "{} bytes", first.len());
}

#[test]
fn figures_stand_on_the_pages_as_they_were_given() {
    let sheet = sheet("Sari Wulandari");
    let text = text_of(&sheet);
    for figure in [
        "Rp3.267.899",
        "544.650",
        "2.530.350",
        "24 Okt 26",
        "SGP-4F7K2",
        "Halaman",
    ] {
        assert!(text.contains(figure), "{figure}: {text}");
    }
    let pages = compose(&sheet).unwrap();
    assert!((2..=4).contains(&pages.pages().len()), "{} pages", pages.pages().len());
    let size = pages.pages()[0].frame.size();
    assert!((size.x.to_mm() - 105.0).abs() < 0.1, "a phone's width");
    assert_eq!(pages.pages().iter().map(|page| boxes(&page.frame)).sum::<usize>(), 0);
}

#[test]
fn a_name_is_never_read_as_markup() {
    for name in [
        "#panic(\"x\")",
        "*tebal* _miring_ `kode`",
        "$x^2$ @rujukan <tanda>",
        "= Judul",
        "#let sheet = none",
        "\\u{41} // komentar /* lain */",
        "\"] } #import \"/etc/passwd\"",
        "O'Neil d’Arc",
        "José Müller Šarūnas",
    ] {
        let text = text_of(&sheet(name));
        for word in name.split(' ') {
            assert!(text.contains(word), "{word} of {name}: {text}");
        }
    }
}

#[test]
fn the_template_reaches_nothing_but_its_sheet() {
    let job = Job {
        data: Bytes::new(Vec::<u8>::new()),
    };
    let other = RootedPath::new(VirtualRoot::Project, VirtualPath::new("etc/passwd").unwrap()).intern();
    assert!(job.source(other).is_err() && job.file(other).is_err());
    assert!(job.today(None).is_none());
}
