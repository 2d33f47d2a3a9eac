//! Getting in: registration, code, sign-in, new password, password again.

mod code;
mod confirm;
mod register;
mod resend;
mod reset;
mod sign_in;

pub use code::*;
pub use confirm::*;
pub use register::*;
pub use reset::*;
pub use sign_in::*;

use crate::{components::Faults, visit::FormState};
use domain::{Error, Fault, Refusal};

/// The faults of a form that asks for a code: what is wrong with the code stands beside its field.
fn code_faults(form: &FormState, tries_left: u8) -> Faults {
    match form.error() {
        Some(Error::Refused(wrong @ Refusal::CodeWrong)) => {
            let words = format!("Kode tidak cocok. Masih {tries_left} kesempatan.");
            vec![Fault::new("code", wrong.code(), words)].into()
        }
        Some(Error::Refused(expired @ Refusal::CodeExpired)) => {
            vec![Fault::new("code", expired.code(), expired.words())].into()
        }
        _ => form.faults(),
    }
}

/// A masked number or address in running text, held together.
fn held_together(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}
