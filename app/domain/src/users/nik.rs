//! The national identity number (NIK): `PPKKCC DDMMYY SSSS`.
//!
//! Enters: text as typed. Leaves: [`Nik`], and what it says about its owner. A NIK is permanent: it
//! does not follow moves or corrections, so a mismatch is a question for a person, never a refusal.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Date, Month};

use crate::calendar::age_on;

/// A structurally possible NIK, 16 digits; `Debug` shows it masked.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nik(String);

/// Sex as written in the NIK (women: day + 40).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Perempuan.
    Female,
    /// Laki-laki.
    Male,
}

/// Why a text is not a NIK; the text is shown beside the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NikError {
    /// Nothing was typed.
    #[error("Tulis NIK 16 angka dari KTP.")]
    Empty,
    /// Something other than digits, spaces, dots and dashes.
    #[error("NIK hanya berisi angka.")]
    NotDigits,
    /// Not 16 digits; carries how many there are.
    #[error("NIK harus 16 angka. Anda mengetik {0}.")]
    Length(usize),
    /// The birth date part names no day.
    #[error("NIK tidak cocok dengan pola KTP. Periksa angka ke-7 sampai ke-12.")]
    BirthDate,
    /// The serial is 0000.
    #[error("NIK tidak cocok dengan pola KTP. Periksa empat angka terakhir.")]
    Serial,
}

impl NikError {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "nik_empty",
            Self::NotDigits => "nik_not_digits",
            Self::Length(_) => "nik_length",
            Self::BirthDate => "nik_birth_date",
            Self::Serial => "nik_serial",
        }
    }
}

/// A point in which a NIK differs from what was stated or is known; each one refers to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NikMismatch {
    /// The birth date differs, or no century gives an age of 17 to 100 and none was stated.
    BirthDate,
    /// The sex differs.
    Sex,
    /// The province code is not in the list.
    Province,
}

/// Province codes and names of the first configuration; an unknown code refers, it never refuses.
pub const PROVINCES: &[(u8, &str)] = &[
    (11, "Aceh"),
    (12, "Sumatera Utara"),
    (13, "Sumatera Barat"),
    (14, "Riau"),
    (15, "Jambi"),
    (16, "Sumatera Selatan"),
    (17, "Bengkulu"),
    (18, "Lampung"),
    (19, "Kepulauan Bangka Belitung"),
    (21, "Kepulauan Riau"),
    (31, "DKI Jakarta"),
    (32, "Jawa Barat"),
    (33, "Jawa Tengah"),
    (34, "DI Yogyakarta"),
    (35, "Jawa Timur"),
    (36, "Banten"),
    (51, "Bali"),
    (52, "Nusa Tenggara Barat"),
    (53, "Nusa Tenggara Timur"),
    (61, "Kalimantan Barat"),
    (62, "Kalimantan Tengah"),
    (63, "Kalimantan Selatan"),
    (64, "Kalimantan Timur"),
    (65, "Kalimantan Utara"),
    (71, "Sulawesi Utara"),
    (72, "Sulawesi Tengah"),
    (73, "Sulawesi Selatan"),
    (74, "Sulawesi Tenggara"),
    (75, "Gorontalo"),
    (76, "Sulawesi Barat"),
    (81, "Maluku"),
    (82, "Maluku Utara"),
    (91, "Papua"),
    (92, "Papua Barat"),
    (93, "Papua Selatan"),
    (94, "Papua Tengah"),
    (95, "Papua Pegunungan"),
    (96, "Papua Barat Daya"),
];

impl Nik {
    /// Reads a NIK: spaces, dots and dashes are stripped, then 16 digits whose birth date exists in some century.
    pub fn parse(text: &str) -> Result<Self, NikError> {
        let stripped = |c: char| c.is_whitespace() || matches!(c, '.' | '-');
        let digits: String = text.chars().filter(|c| !stripped(*c)).collect();
        if digits.is_empty() {
            return Err(NikError::Empty);
        }
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NikError::NotDigits);
        }
        if digits.len() != 16 {
            return Err(NikError::Length(digits.len()));
        }
        let nik = Self(digits);
        if nik.possible_birth_dates().next().is_none() {
            return Err(NikError::BirthDate);
        }
        if &nik.0[12..] == "0000" {
            return Err(NikError::Serial);
        }
        Ok(nik)
    }

    /// The 16 digits; personal data.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `3602 •••• •••• 0001`.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{} •••• •••• {}", &self.0[..4], &self.0[12..])
    }

    /// The two digits that start at `index`.
    fn pair(&self, index: usize) -> u8 {
        let digits = self.0.as_bytes();
        (digits[index] - b'0') * 10 + (digits[index + 1] - b'0')
    }

    /// The sex written in the day of birth.
    #[must_use]
    pub fn sex(&self) -> Sex {
        if self.pair(6) > 40 { Sex::Female } else { Sex::Male }
    }

    /// The dates its digits can mean, one a century (1900s, 2000s).
    fn possible_birth_dates(&self) -> impl Iterator<Item = Date> {
        let (day, month, year) = (self.pair(6), self.pair(8), i32::from(self.pair(10)));
        let day = if day > 40 { day - 40 } else { day };
        let month = Month::try_from(month).ok();
        [1900, 2000]
            .into_iter()
            .filter_map(move |century| Date::from_calendar_date(century + year, month?, day).ok())
    }

    /// The birth date in the century that gives an age of 17 to 100 today; at most one does.
    #[must_use]
    pub fn birth_date(&self, today: Date) -> Option<Date> {
        self.possible_birth_dates()
            .find(|date| (17..=100).contains(&age_on(*date, today)))
    }

    /// The province code, 11 to 96 when it is a known one.
    #[must_use]
    pub fn province_code(&self) -> u8 {
        self.pair(0)
    }

    /// The name of the province where the number was first given, when the code is known.
    #[must_use]
    pub fn province(&self) -> Option<&'static str> {
        PROVINCES
            .iter()
            .find(|(code, _)| *code == self.province_code())
            .map(|(_, name)| *name)
    }

    /// Everything in which the number differs from the stated birth date and sex and the known province codes.
    #[must_use]
    pub fn mismatches(
        &self,
        today: Date,
        stated_birth_date: Option<Date>,
        stated_sex: Option<Sex>,
        provinces: &[u8],
    ) -> Vec<NikMismatch> {
        let birth_date_fits = match (self.birth_date(today), stated_birth_date) {
            (Some(resolved), Some(stated)) => resolved == stated,
            (Some(_), None) => true,
            (None, Some(stated)) => self.possible_birth_dates().any(|date| date == stated),
            (None, None) => false,
        };
        let sex_fits = stated_sex.is_none_or(|stated| stated == self.sex());
        let province_fits = provinces.contains(&self.province_code());
        [
            (birth_date_fits, NikMismatch::BirthDate),
            (sex_fits, NikMismatch::Sex),
            (province_fits, NikMismatch::Province),
        ]
        .into_iter()
        .filter_map(|(fits, mismatch)| (!fits).then_some(mismatch))
        .collect()
    }
}

impl fmt::Debug for Nik {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nik({})", self.masked())
    }
}

impl TryFrom<String> for Nik {
    type Error = NikError;

    fn try_from(text: String) -> Result<Self, NikError> {
        Self::parse(&text)
    }
}

impl From<Nik> for String {
    fn from(nik: Nik) -> Self {
        nik.0
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const TODAY: Date = date!(2026 - 11 - 23);

    #[test]
    fn a21_numbers_say_birth_date_sex_and_province() {
        for (text, birth, sex, province) in [
            ("3602041211870001", date!(1987 - 11 - 12), Sex::Male, Some("Banten")),
            ("3515140508680001", date!(1968 - 08 - 05), Sex::Male, Some("Jawa Timur")),
            (
                "3515144508680002",
                date!(1968 - 08 - 05),
                Sex::Female,
                Some("Jawa Timur"),
            ),
            (
                "3273056010900009",
                date!(1990 - 10 - 20),
                Sex::Female,
                Some("Jawa Barat"),
            ),
            ("3273052902000003", date!(2000 - 02 - 29), Sex::Male, Some("Jawa Barat")),
            (
                "3171016512080002",
                date!(2008 - 12 - 25),
                Sex::Female,
                Some("DKI Jakarta"),
            ),
            ("9971016512080002", date!(2008 - 12 - 25), Sex::Female, None),
        ] {
            let nik = Nik::parse(text).unwrap();
            assert_eq!(nik.birth_date(TODAY), Some(birth), "{text}");
            assert_eq!(nik.sex(), sex, "{text}");
            assert_eq!(nik.province(), province, "{text}");
        }
        assert_eq!(age_on(date!(2008 - 12 - 25), TODAY), 17);
    }

    #[test]
    fn impossible_numbers_are_refused() {
        for (text, error) in [
            ("3273053213900009", NikError::BirthDate),
            ("3273050010900009", NikError::BirthDate),
            ("3273054010900009", NikError::BirthDate),
            ("3273057210900009", NikError::BirthDate),
            ("3273052902010003", NikError::BirthDate),
            ("3273053102900001", NikError::BirthDate),
            ("3602041211870000", NikError::Serial),
            ("360204121187001", NikError::Length(15)),
            ("36020412118700011", NikError::Length(17)),
            ("3602O41211870001", NikError::NotDigits),
            (" - ", NikError::Empty),
        ] {
            assert_eq!(Nik::parse(text), Err(error), "{text}");
        }
        assert_eq!(
            NikError::Length(15).to_string(),
            "NIK harus 16 angka. Anda mengetik 15."
        );
    }

    #[test]
    fn separators_are_stripped_and_the_number_is_masked() {
        let nik = Nik::parse("3602.0412-1187 0001").unwrap();
        assert_eq!(nik.as_str(), "3602041211870001");
        assert_eq!(nik.masked(), "3602 •••• •••• 0001");
        assert_eq!(format!("{nik:?}"), "Nik(3602 •••• •••• 0001)");
    }

    #[test]
    fn a_number_no_century_fits_is_compared_with_the_stated_date() {
        let codes: Vec<u8> = PROVINCES.iter().map(|(code, _)| *code).collect();
        let nik = Nik::parse("3171011507150004").unwrap();
        assert_eq!(nik.birth_date(TODAY), None);
        assert_eq!(nik.mismatches(TODAY, Some(date!(1915 - 07 - 15)), None, &codes), []);
        let other = nik.mismatches(TODAY, Some(date!(1990 - 07 - 15)), Some(Sex::Female), &codes);
        assert_eq!(other, [NikMismatch::BirthDate, NikMismatch::Sex]);
        assert_eq!(
            nik.mismatches(TODAY, None, None, &[11]),
            [NikMismatch::BirthDate, NikMismatch::Province]
        );
    }

    #[test]
    fn a_resolved_number_must_equal_the_stated_date() {
        let nik = Nik::parse("3602041211870001").unwrap();
        assert_eq!(
            nik.mismatches(TODAY, Some(date!(1987 - 11 - 12)), Some(Sex::Male), &[36]),
            []
        );
        let moved = nik.mismatches(TODAY, Some(date!(1987 - 11 - 13)), Some(Sex::Male), &[36]);
        assert_eq!(moved, [NikMismatch::BirthDate]);
    }

    #[test]
    fn a_number_on_the_wire_is_checked_too() {
        assert!(serde_json::from_str::<Nik>("\"3602041211870001\"").is_ok());
        assert!(serde_json::from_str::<Nik>("\"3602041211870000\"").is_err());
    }
}
