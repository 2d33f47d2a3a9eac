//! Indonesian mobile numbers.
//!
//! Enters: text as typed. Leaves: [`Phone`], `+62` and 9 to 12 digits.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A mobile number in international form; `Debug` shows it masked.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// Why a text is not an Indonesian mobile number; the text is shown beside the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Too short, too long, or with other characters.
    #[error("Nomor WhatsApp belum lengkap. Contoh: 812 3456 7890")]
    Incomplete,
    /// Another country.
    #[error("Pakai nomor Indonesia. Contoh: 812 3456 7890")]
    Foreign,
    /// Not a mobile number.
    #[error("Pakai nomor ponsel, bukan telepon rumah. Contoh: 812 3456 7890")]
    NotMobile,
}

impl PhoneError {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Incomplete => "phone_incomplete",
            Self::Foreign => "phone_foreign",
            Self::NotMobile => "phone_not_mobile",
        }
    }
}

impl Phone {
    /// Reads a number with or without `+62`, `62` or a leading 0; after the country code one 0 is dropped.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let stripped = |c: char| c.is_whitespace() || matches!(c, '-' | '.' | '(' | ')' | '[' | ']');
        let number: String = text.chars().filter(|c| !stripped(*c)).collect();
        let rest = if let Some(rest) = number.strip_prefix("+62") {
            rest.strip_prefix('0').unwrap_or(rest)
        } else if number.starts_with('+') || number.starts_with("00") {
            return Err(PhoneError::Foreign);
        } else if let Some(rest) = number.strip_prefix("62") {
            rest.strip_prefix('0').unwrap_or(rest)
        } else {
            number.strip_prefix('0').unwrap_or(&number)
        };
        if !rest.bytes().all(|byte| byte.is_ascii_digit()) || rest.is_empty() {
            return Err(PhoneError::Incomplete);
        }
        let digits = rest.as_bytes();
        if digits[0] != b'8' || digits.get(1) == Some(&b'0') {
            return Err(PhoneError::NotMobile);
        }
        if !(9..=12).contains(&digits.len()) {
            return Err(PhoneError::Incomplete);
        }
        Ok(Self(format!("+62{rest}")))
    }

    /// `+6281234567890`; personal data.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `+62 812 •••• 7890`.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("+62 {} •••• {}", &self.0[3..6], &self.0[self.0.len() - 4..])
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneError;

    fn try_from(text: String) -> Result<Self, PhoneError> {
        Self::parse(&text)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a22_every_written_form_is_one_number() {
        for text in [
            "0812-3456-7890",
            "+62 812 3456 7890",
            "62812.3456.7890",
            "81234567890",
            "+62 (0)812-3456-7890",
            "62 0812 3456 7890",
        ] {
            assert_eq!(Phone::parse(text).unwrap().as_str(), "+6281234567890", "{text}");
        }
        assert_eq!(Phone::parse("0895123456789").unwrap().as_str(), "+62895123456789");
    }

    #[test]
    fn other_numbers_are_refused() {
        for (text, error) in [
            ("+65 8123 4567", PhoneError::Foreign),
            ("0062 812 3456 7890", PhoneError::Foreign),
            ("081234567", PhoneError::Incomplete),
            ("021-555-0123", PhoneError::NotMobile),
            ("0801234567", PhoneError::NotMobile),
            ("08123456789012", PhoneError::Incomplete),
            ("+62 00812 3456 789", PhoneError::NotMobile),
            ("0812abc67890", PhoneError::Incomplete),
            ("", PhoneError::Incomplete),
        ] {
            assert_eq!(Phone::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_middle_is_masked() {
        let phone = Phone::parse("081234567890").unwrap();
        assert_eq!(phone.masked(), "+62 812 •••• 7890");
        assert_eq!(format!("{phone:?}"), "Phone(+62 812 •••• 7890)");
        assert_eq!(Phone::parse("0895123456789").unwrap().masked(), "+62 895 •••• 6789");
    }
}
