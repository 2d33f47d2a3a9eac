//! What the rules find about an identity, in words for a reviewer. A finding never decides: a person does.

use domain::{
    documents::{Document, DocumentKind, DocumentStatus, Verdict},
    text::date_long,
    users::{
        Finding, Nik,
        nik::{NikMismatch, PROVINCES},
    },
};
use time::Date;

/// The match list: NIK, birth date, province, both photos, and what is not assessed here.
pub(super) fn find(nik: &Nik, birth_date: Date, documents: &[Document], today: Date) -> Vec<Finding> {
    let mismatches = mismatches(nik, birth_date, today);
    let born_fits = !mismatches.contains(&NikMismatch::BirthDate);
    vec![
        // Numbers that break the pattern are refused at registration; what is stored fits it.
        finding("NIK", "Sesuai pola KTP".to_owned(), Some(true)),
        finding(
            "Tanggal lahir",
            if born_fits {
                format!("{}, sama dengan NIK", date_long(birth_date))
            } else {
                format!("{}, berbeda dari NIK", date_long(birth_date))
            },
            Some(born_fits),
        ),
        match nik.province() {
            Some(name) => finding("Provinsi NIK", name.to_owned(), Some(true)),
            None => finding("Provinsi NIK", "Kode tidak dikenal".to_owned(), Some(false)),
        },
        photo(DocumentKind::Ktp, documents),
        photo(DocumentKind::Selfie, documents),
        finding("Wajah", "Tidak dinilai".to_owned(), None),
        finding("Dukcapil", "Tidak dinilai".to_owned(), None),
    ]
}

/// Everything in which the NIK differs from the birth date and the known province codes.
pub(super) fn mismatches(nik: &Nik, birth_date: Date, today: Date) -> Vec<NikMismatch> {
    let provinces: Vec<u8> = PROVINCES.iter().map(|(code, _)| *code).collect();
    nik.mismatches(today, Some(birth_date), None, &provinces)
}

fn photo(kind: DocumentKind, documents: &[Document]) -> Finding {
    let label = format!("Foto {}", kind.words());
    let current = documents
        .iter()
        .find(|document| document.kind == kind && document.status != DocumentStatus::Replaced);
    let (words, fits) = match current.map(|document| document.verdict) {
        None => ("Belum ada", Some(false)),
        Some(Verdict::Good) => ("Jelas", Some(true)),
        Some(Verdict::Doubtful) => ("Terbaca, periksa dengan teliti", Some(true)),
        Some(Verdict::Unusable) => ("Tidak terbaca", Some(false)),
    };
    finding(&label, words.to_owned(), fits)
}

fn finding(label: &str, words: String, fits: Option<bool>) -> Finding {
    Finding {
        label: label.to_owned(),
        words,
        fits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{documents::Quality, id::DocumentId};
    use time::macros::{date, datetime};

    const TODAY: Date = date!(2026 - 11 - 24);

    fn document(kind: DocumentKind, sharpness: u32) -> Document {
        let quality = Quality {
            sharpness,
            glare_ppm: 0,
            brightness: 140,
            short_side: 1_000,
        };
        Document {
            id: DocumentId(uuid::Uuid::nil()),
            kind,
            status: DocumentStatus::Received,
            quality,
            verdict: quality.verdict(),
            received_at: datetime!(2026-11-24 03:00 UTC),
        }
    }

    fn fits(findings: &[Finding], label: &str) -> Option<bool> {
        findings
            .iter()
            .find(|finding| finding.label == label)
            .expect("the finding is there")
            .fits
    }

    #[test]
    fn a_whole_identity_fits_and_the_face_is_not_assessed() {
        let nik = Nik::parse("3602041211870001").unwrap();
        let documents = [document(DocumentKind::Ktp, 2_000), document(DocumentKind::Selfie, 100)];
        let findings = find(&nik, date!(1987 - 11 - 12), &documents, TODAY);
        for label in ["NIK", "Tanggal lahir", "Provinsi NIK", "Foto KTP", "Foto Selfie"] {
            assert_eq!(fits(&findings, label), Some(true), "{label}");
        }
        assert_eq!(fits(&findings, "Wajah"), None);
        assert_eq!(fits(&findings, "Dukcapil"), None);
    }

    #[test]
    fn what_differs_is_named() {
        let nik = Nik::parse("9971016512080002").unwrap();
        let findings = find(&nik, date!(1990 - 01 - 01), &[document(DocumentKind::Ktp, 10)], TODAY);
        for label in ["Tanggal lahir", "Provinsi NIK", "Foto KTP", "Foto Selfie"] {
            assert_eq!(fits(&findings, label), Some(false), "{label}");
        }
    }
}
