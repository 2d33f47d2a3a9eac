//! Whether a new password is good enough (security.md R6): the rules of the domain, zxcvbn's dictionaries of leaked
//! and common passwords (30,000 of them, and English words and names), and zxcvbn's estimate with the owner's words.

use domain::{
    auth::{PasswordError, Registration, check_password},
    users::Contact,
};
use time::Date;
use zxcvbn::{Score, matching::patterns::MatchPattern, zxcvbn};

/// What zxcvbn looks at; the rest of a longer password can only make it stronger.
const LOOKED_AT: usize = 100;

/// Judges a password in NFKC form. `own` is what its owner is known by.
pub(super) fn judge(password: &str, own: &[String]) -> Result<(), PasswordError> {
    let own: Vec<&str> = own.iter().map(String::as_str).chain(["sanggup"]).collect();
    check_password(password, &own)?;
    if is_listed(password) {
        return Err(PasswordError::Leaked);
    }
    let words: Vec<&str> = own
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()).chain([*text]))
        .filter(|word| word.chars().count() >= 3)
        .collect();
    if zxcvbn(password, &words).score() < Score::Three {
        Err(PasswordError::Guessable)
    } else {
        Ok(())
    }
}

/// Whether the whole password is one entry of a dictionary.
fn is_listed(password: &str) -> bool {
    let length = password.chars().count();
    length <= LOOKED_AT
        && matches!(
            zxcvbn(password, &[]).sequence(),
            [only] if matches!(&only.pattern, MatchPattern::Dictionary(word) if !word.reversed && !word.l33t)
                && only.token.chars().count() == length
        )
}

/// What a new borrower is known by.
pub(super) fn words_of_registration(registration: &Registration, born_on: Date) -> Vec<String> {
    let mut words = words(
        registration.full_name.as_str(),
        registration.phone.as_str(),
        registration.email.as_str(),
    );
    words.push(registration.nik.as_str().to_owned());
    let (day, month, year) = (born_on.day(), u8::from(born_on.month()), born_on.year());
    words.extend([
        format!("{day:02}{month:02}{year}"),
        format!("{year}{month:02}{day:02}"),
        year.to_string(),
    ]);
    words
}

/// What a borrower is known by.
pub(super) fn words_of_contact(contact: &Contact) -> Vec<String> {
    words(&contact.full_name, contact.phone.as_str(), contact.email.as_str())
}

fn words(name: &str, phone: &str, email: &str) -> Vec<String> {
    let national = phone.strip_prefix("+62").unwrap_or(phone);
    vec![
        name.to_owned(),
        phone.to_owned(),
        national.to_owned(),
        format!("0{national}"),
        email.to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Vec<String> {
        let mut own = words("Sari Wulandari", "+6281234567890", "sari.w@contoh.id");
        own.extend(["3602041211870001".into(), "12111987".into(), "1987".into()]);
        own
    }

    #[test]
    fn sentences_pass() {
        for password in [
            "jeruk manis di pasar",
            "kucing hujan 72 lemari",
            "sanggup-demo-2026",
            "Tr0ub4dour&3x!",
        ] {
            assert_eq!(judge(password, &own()), Ok(()), "{password}");
        }
    }

    #[test]
    fn entries_of_the_lists_are_leaked() {
        for password in ["basketball", "1q2w3e4r5t", "motherfucker", "Manchester", "michelangelo"] {
            assert_eq!(judge(password, &own()), Err(PasswordError::Leaked), "{password}");
        }
    }

    #[test]
    fn variations_and_own_words_are_guessable() {
        for password in [
            "basketball1",
            "P@ssw0rd123",
            "wulandari1987",
            "sari08123456",
            "qwertyuiop12",
        ] {
            assert_eq!(judge(password, &own()), Err(PasswordError::Guessable), "{password}");
        }
    }
}
