//! The password rules that need no list.
//!
//! Enters: a password in NFKC form (the service normalises it) and what is known about its owner.
//! Leaves: nothing, or the first rule it breaks. The block list and the strength estimate are the
//! service's; composition is never asked for.

/// The fewest code points.
pub const PASSWORD_MIN: usize = 10;
/// The most code points.
pub const PASSWORD_MAX: usize = 128;

/// Why a password is refused; the text is shown beside the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than [`PASSWORD_MIN`] code points; carries how many are missing.
    #[error("Kata sandi kurang {0} karakter.")]
    TooShort(usize),
    /// More than [`PASSWORD_MAX`] code points.
    #[error("Kata sandi paling banyak 128 karakter.")]
    TooLong,
    /// One character again and again, a row such as 1234567890, or little more than the owner's own data.
    #[error("Kata sandi ini mudah ditebak. Tambahkan kata lain.")]
    Guessable,
    /// Found in the block list (service).
    #[error("Kata sandi ini pernah bocor di internet. Pilih yang lain.")]
    Leaked,
}

impl PasswordError {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort(_) => "password_too_short",
            Self::TooLong => "password_too_long",
            Self::Guessable => "password_guessable",
            Self::Leaked => "password_leaked",
        }
    }
}

/// Checks length (10 to 128 code points) and that it is more than a row or the owner's own data.
///
/// `own` are words such as the app's name, the owner's name, NIK, phone, birth date and mail address.
pub fn check_password(password: &str, own: &[&str]) -> Result<(), PasswordError> {
    let length = password.chars().count();
    if length < PASSWORD_MIN {
        return Err(PasswordError::TooShort(PASSWORD_MIN - length));
    }
    if length > PASSWORD_MAX {
        return Err(PasswordError::TooLong);
    }
    if is_row(password) || is_own_data(password, own) {
        Err(PasswordError::Guessable)
    } else {
        Ok(())
    }
}

/// Whether each character follows the one before by the same step of -1, 0 or 1 (`aaaa`, `1234`, `4321`).
fn is_row(password: &str) -> bool {
    let codes: Vec<i64> = password.chars().map(|c| i64::from(u32::from(c))).collect();
    // 9 is followed by 0 on every keyboard.
    let step = |pair: &[i64]| match (pair[0] - i64::from(b'0'), pair[1] - i64::from(b'0')) {
        (9, 0) => 1,
        (0, 9) => -1,
        (before, after) => after - before,
    };
    (-1..=1).any(|wanted| codes.windows(2).all(|pair| step(pair) == wanted))
}

/// Whether fewer than four letters are left without the owner's own words, digits and signs.
fn is_own_data(password: &str, own: &[&str]) -> bool {
    let mut left = password.to_lowercase();
    let mut words: Vec<String> = own
        .iter()
        .flat_map(|text| {
            let text = text.to_lowercase();
            let parts: Vec<String> = text
                .split(|c: char| !c.is_alphanumeric())
                .map(str::to_owned)
                .chain([text.clone()])
                .collect();
            parts
        })
        .filter(|word| word.chars().count() >= 3)
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut touched = false;
    for word in &words {
        touched |= left.contains(word.as_str());
        left = left.replace(word.as_str(), "");
    }
    touched && left.chars().filter(|c| c.is_alphabetic()).count() < 4
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &[&str] = &[
        "sanggup",
        "Sari Wulandari",
        "3602041211870001",
        "sari.w@contoh.id",
        "081234567890",
    ];

    #[test]
    fn length_counts_code_points() {
        assert_eq!(check_password("tujuh77", OWN), Err(PasswordError::TooShort(3)));
        assert_eq!(PasswordError::TooShort(3).to_string(), "Kata sandi kurang 3 karakter.");
        assert_eq!(check_password("kucing éé 平和", OWN), Ok(()));
        assert_eq!(check_password(&"ab".repeat(64), OWN), Ok(()));
        assert_eq!(check_password(&"ab".repeat(65), OWN), Err(PasswordError::TooLong));
    }

    #[test]
    fn rows_and_own_data_are_guessable() {
        for password in [
            "aaaaaaaaaaaa",
            "1234567890",
            "0987654321",
            "abcdefghij",
            "Sari Wulandari 1987",
            "Sanggup2026!",
            "081234567890",
        ] {
            assert_eq!(
                check_password(password, OWN),
                Err(PasswordError::Guessable),
                "{password}"
            );
        }
    }

    #[test]
    fn a_sentence_may_contain_the_own_name() {
        for password in ["sari pergi ke pasar minggu", "sanggup-demo-2026", "jeruk manis 17"] {
            assert_eq!(check_password(password, OWN), Ok(()), "{password}");
        }
    }
}
