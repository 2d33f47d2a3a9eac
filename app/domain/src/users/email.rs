//! Mail addresses.
//!
//! Enters: text as typed. Leaves: [`Email`] in lower case, in the shape mail can be sent to; whether
//! it exists is proven by a message, not here.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A mail address in lower case, at most 254 ASCII characters; `Debug` shows it masked.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// The text is not a mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Tulis alamat email lengkap, misalnya nama@contoh.id.")]
pub struct EmailError;

impl EmailError {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "email_incomplete"
    }
}

impl Email {
    /// Reads an address: trimmed, lower-cased, a local part, `@`, a domain with at least one dot.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let address = text.trim().to_ascii_lowercase();
        let (local, domain) = address.rsplit_once('@').ok_or(EmailError)?;
        let fits = address.len() <= 254 && local.len() <= 64 && is_local(local) && is_domain(domain);
        if fits { Ok(Self(address)) } else { Err(EmailError) }
    }

    /// The whole address; personal data.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `s•••@contoh.id`.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        format!("{}•••@{domain}", &local[..1])
    }
}

/// Dot-separated atoms of RFC 5322, unquoted.
fn is_local(local: &str) -> bool {
    local.split('.').all(|atom| {
        !atom.is_empty()
            && atom
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
    })
}

/// At least two labels of letters, digits and inner dashes; the last one is not a number.
fn is_domain(domain: &str) -> bool {
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top_fits = |label: &str| label.len() >= 2 && label.bytes().any(|byte| byte.is_ascii_alphabetic());
    domain.split('.').all(label_fits) && domain.rsplit_once('.').is_some_and(|(_, top)| top_fits(top))
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({})", self.masked())
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_trimmed_and_lower_cased() {
        for (text, address) in [
            (" Sari.Wulandari@Contoh.ID ", "sari.wulandari@contoh.id"),
            ("a+b_c@mail.contoh.co.id", "a+b_c@mail.contoh.co.id"),
        ] {
            assert_eq!(Email::parse(text).unwrap().as_str(), address);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "sari",
            "sari@",
            "@contoh.id",
            "sari@contoh",
            "sari@@contoh.id",
            "sari wulan@contoh.id",
            "sari.@contoh.id",
            "sari@-contoh.id",
            "sari@contoh..id",
            "sari@127.0.0.1",
            "sari@contoh.id\nbcc: x@y.id",
            "sári@contoh.id",
        ] {
            assert_eq!(Email::parse(text), Err(EmailError), "{text:?}");
        }
        assert!(Email::parse(&format!("{}@contoh.id", "a".repeat(65))).is_err());
    }

    #[test]
    fn the_local_part_is_masked() {
        assert_eq!(Email::parse("sari@contoh.id").unwrap().masked(), "s•••@contoh.id");
    }
}
