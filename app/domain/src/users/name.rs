//! Names of people, as on the KTP.
//!
//! Enters: text as typed. Leaves: [`PersonName`] with single spaces, and the comparison used before
//! money goes to a bank account.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A full name, 1 to 100 characters: letters, dots, apostrophes and single spaces.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

/// Why a text is not a name; the text is shown beside the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was typed.
    #[error("Tulis nama lengkap seperti di KTP.")]
    Empty,
    /// Other characters, or no letter.
    #[error("Nama hanya boleh berisi huruf, titik, petik, dan spasi.")]
    Characters,
    /// More than 100 characters.
    #[error("Nama paling panjang 100 karakter.")]
    TooLong,
}

impl NameError {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "name_empty",
            Self::Characters => "name_characters",
            Self::TooLong => "name_too_long",
        }
    }
}

impl PersonName {
    /// Reads a name; runs of spaces become one.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        let allowed = |c: char| c.is_alphabetic() || matches!(c, '.' | '\'' | '’' | '`' | ' ');
        if !name.chars().all(allowed) || !name.chars().any(char::is_alphabetic) {
            return Err(NameError::Characters);
        }
        if name.chars().count() > 100 {
            return Err(NameError::TooLong);
        }
        Ok(Self(name))
    }

    /// The name; personal data.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first word, for greetings.
    #[must_use]
    pub fn first(&self) -> &str {
        self.0.split(' ').next().unwrap_or(&self.0)
    }

    /// Whether another spelling is the same name: case, dots, apostrophes and spaces do not count.
    #[must_use]
    pub fn same_as(&self, other: &str) -> bool {
        let letters = |text: &str| -> String {
            text.chars()
                .filter(|c| c.is_alphabetic())
                .flat_map(char::to_lowercase)
                .collect()
        };
        letters(&self.0) == letters(other)
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(•••)")
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PersonName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_letters_and_lose_extra_spaces() {
        let name = PersonName::parse("  Sari   Wulandari ").unwrap();
        assert_eq!(name.as_str(), "Sari Wulandari");
        assert_eq!(name.first(), "Sari");
        for text in ["Suharto", "M. Nu'man", "Ma’ruf", "I Gusti Ngurah Ś."] {
            assert_eq!(PersonName::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        assert_eq!(PersonName::parse("  "), Err(NameError::Empty));
        for text in ["Sari 2", "Sari@contoh", "...", "<b>Sari</b>"] {
            assert_eq!(PersonName::parse(text), Err(NameError::Characters), "{text}");
        }
        assert_eq!(PersonName::parse(&"a".repeat(101)), Err(NameError::TooLong));
    }

    #[test]
    fn a_bank_may_spell_the_same_name_in_capitals() {
        let name = PersonName::parse("M. Nu'man Arif").unwrap();
        assert!(name.same_as("M NUMAN ARIF"));
        assert!(!name.same_as("M NUMAN"));
        assert_eq!(format!("{name:?}"), "PersonName(•••)");
    }
}
