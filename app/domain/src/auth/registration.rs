//! The registration form.
//!
//! Enters: what was typed. Leaves: a [`Registration`], or every fault at once in the design's words
//! (screen 3), in the order of the fields.

use crate::{
    Fault,
    auth::{ConsentGiven, Registration, Secret, check_password},
    calendar::age_on,
    users::{Email, Nik, PersonName, Phone},
};
use time::Date;

/// The youngest age at which a person may borrow.
pub const ADULT_AGE: i32 = 18;

/// The version of the terms and of the privacy notice that the form shows.
pub const CONSENT_VERSION: &str = "2026-11-24";

/// The form as typed. It has no `Debug`: it holds a password.
#[derive(Clone, Default)]
pub struct RegistrationForm {
    /// As on the KTP.
    pub full_name: String,
    /// Sixteen digits, with or without separators.
    pub nik: String,
    /// WhatsApp number in any written form.
    pub phone: String,
    /// Mail address.
    pub email: String,
    /// At least ten characters.
    pub password: String,
    /// The terms were accepted.
    pub terms: bool,
    /// The privacy notice was accepted.
    pub privacy: bool,
}

impl RegistrationForm {
    /// Reads the form; `today` is the business date. All faults, none saved.
    pub fn parse(&self, today: Date) -> Result<Registration, Vec<Fault>> {
        self.parse_stated(None, today)
    }

    /// The same for a program that may state the birth date (a NIK of a very old person needs it).
    pub fn parse_stated(&self, birth_date: Option<Date>, today: Date) -> Result<Registration, Vec<Fault>> {
        let mut faults = Vec::new();
        let full_name = PersonName::parse(&self.full_name)
            .map_err(|error| faults.push(Fault::new("full_name", error.code(), error.to_string())))
            .ok();
        let nik = Nik::parse(&self.nik)
            .map_err(|error| Fault::new("nik", error.code(), error.to_string()))
            .and_then(|nik| match check_age(&nik, birth_date, today) {
                Some(fault) => Err(fault),
                None => Ok(nik),
            })
            .map_err(|fault| faults.push(fault))
            .ok();
        let phone = Phone::parse(&self.phone)
            .map_err(|error| faults.push(Fault::new("phone", error.code(), error.to_string())))
            .ok();
        let email = Email::parse(&self.email)
            .map_err(|error| faults.push(Fault::new("email", error.code(), error.to_string())))
            .ok();
        let own = [self.full_name.as_str(), &self.nik, &self.phone, &self.email, "sanggup"];
        if let Err(error) = check_password(&self.password, &own) {
            faults.push(Fault::new("password", error.code(), error.to_string()));
        }
        let consents = [
            ("terms", self.terms, "Setujui dulu syarat dan ketentuan."),
            ("privacy", self.privacy, "Setujui dulu kebijakan privasi."),
        ];
        for (purpose, given, words) in consents {
            if !given {
                faults.push(Fault::new(purpose, "consent_missing", words));
            }
        }
        match (full_name, nik, phone, email) {
            (Some(full_name), Some(nik), Some(phone), Some(email)) if faults.is_empty() => Ok(Registration {
                full_name,
                nik,
                phone,
                email,
                password: Secret::new(self.password.as_str()),
                birth_date,
                consents: consents
                    .map(|(purpose, ..)| ConsentGiven {
                        purpose: purpose.into(),
                        version: CONSENT_VERSION.into(),
                    })
                    .into(),
            }),
            _ => Err(faults),
        }
    }
}

impl Registration {
    /// The birth date: as stated, else as the NIK says; none when neither does.
    #[must_use]
    pub fn born_on(&self, today: Date) -> Option<Date> {
        self.birth_date.or_else(|| self.nik.birth_date(today))
    }

    /// Whether the person is too young, as a fault of `nik`.
    #[must_use]
    pub fn age_fault(&self, today: Date) -> Option<Fault> {
        check_age(&self.nik, self.birth_date, today)
    }
}

/// A NIK that differs from a stated date is a question for staff, never a refusal (lending.md 12.1); age is a rule.
fn check_age(nik: &Nik, stated: Option<Date>, today: Date) -> Option<Fault> {
    let adult = stated
        .or_else(|| nik.birth_date(today))
        .is_some_and(|born| age_on(born, today) >= ADULT_AGE);
    (!adult).then(|| Fault::new("nik", "nik_age", "Sanggup hanya untuk usia 18 tahun ke atas."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 24);

    fn form() -> RegistrationForm {
        RegistrationForm {
            full_name: "Sari Wulandari".into(),
            nik: "3602 0412 1187 0001".into(),
            phone: "0812-3456-7890".into(),
            email: "Sari@Contoh.id".into(),
            password: "jeruk manis 17".into(),
            terms: true,
            privacy: true,
        }
    }

    fn faults(form: &RegistrationForm) -> Vec<(String, String)> {
        let faults = form.parse(TODAY).expect_err("the form has faults");
        faults.into_iter().map(|fault| (fault.field, fault.message)).collect()
    }

    #[test]
    fn a_good_form_is_read() {
        let registration = form().parse(TODAY).unwrap();
        assert_eq!(registration.phone.as_str(), "+6281234567890");
        assert_eq!(registration.email.as_str(), "sari@contoh.id");
        assert_eq!(registration.born_on(TODAY), Some(date!(1987 - 11 - 12)));
        let purposes: Vec<_> = registration
            .consents
            .iter()
            .map(|consent| consent.purpose.as_str())
            .collect();
        assert_eq!(purposes, ["terms", "privacy"]);
    }

    #[test]
    fn an_empty_form_names_every_field_in_order() {
        let expected = [
            ("full_name", "Tulis nama lengkap seperti di KTP."),
            ("nik", "Tulis NIK 16 angka dari KTP."),
            ("phone", "Nomor WhatsApp belum lengkap. Contoh: 812 3456 7890"),
            ("email", "Tulis alamat email lengkap, misalnya nama@contoh.id."),
            ("password", "Kata sandi kurang 10 karakter."),
            ("terms", "Setujui dulu syarat dan ketentuan."),
            ("privacy", "Setujui dulu kebijakan privasi."),
        ];
        let expected: Vec<_> = expected
            .map(|(field, words)| (field.to_owned(), words.to_owned()))
            .into();
        assert_eq!(faults(&RegistrationForm::default()), expected);
    }

    #[test]
    fn seventeen_is_too_young_and_a_stated_date_settles_what_the_number_cannot() {
        let young = RegistrationForm {
            nik: "3171016512080002".into(),
            ..form()
        };
        assert_eq!(
            faults(&young),
            [(
                "nik".to_owned(),
                "Sanggup hanya untuk usia 18 tahun ke atas.".to_owned()
            )]
        );
        let old = RegistrationForm {
            nik: "3171011507150004".into(),
            ..form()
        };
        assert!(old.parse(TODAY).is_err());
        assert!(old.parse_stated(Some(date!(1915 - 07 - 15)), TODAY).is_ok());
        assert!(form().parse_stated(Some(date!(2010 - 01 - 01)), TODAY).is_err());
    }

    #[test]
    fn the_own_name_is_no_password() {
        let own = RegistrationForm {
            password: "Sari Wulandari 87".into(),
            ..form()
        };
        let words = "Kata sandi ini mudah ditebak. Tambahkan kata lain.";
        assert_eq!(faults(&own), [("password".to_owned(), words.to_owned())]);
    }
}
