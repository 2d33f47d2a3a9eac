//! Who the demo people are. Made up, every one.

use ::services::auth::{SeedAccount, SeedBorrower};
use domain::{
    Role, Rupiah,
    auth::{ConsentGiven, Secret},
    users::{Email, Nik, PersonName, Phone},
};
use time::{Date, macros::date};

/// One member of staff per role.
pub const STAFF: [(Role, &str); 6] = [
    (Role::Support, "Dewi Lestari"),
    (Role::Analyst, "Rani Anggraini"),
    (Role::Approver, "Hendra Wijaya"),
    (Role::Collector, "Bayu Saputra"),
    (Role::Auditor, "Made Suryani"),
    (Role::Superadmin, "Andi Pratama"),
];

/// How far a demo borrower is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// Registered, no papers.
    None,
    /// Verified, no loan.
    Verified,
    /// Two of six paid, the third due in eleven days.
    Running,
    /// Two of six paid, the third three days late.
    Overdue,
    /// Three of three paid.
    Closed,
}

impl History {
    /// Principal, months, instalments paid.
    pub const fn loan(self) -> Option<(Rupiah, u32, usize)> {
        match self {
            Self::None | Self::Verified => None,
            Self::Running | Self::Overdue => Some((Rupiah::new(3_000_000), 6, 2)),
            Self::Closed => Some((Rupiah::new(1_000_000), 3, 3)),
        }
    }
}

/// A demo borrower.
pub struct Borrower {
    pub email: &'static str,
    pub phone: &'static str,
    pub name: &'static str,
    pub nik: &'static str,
    pub birth_date: Date,
    pub account_number: &'static str,
    pub income: i64,
    pub other_instalments: i64,
    pub history: History,
    pub words: &'static str,
}

/// In the order of contract.md 8.
pub fn borrowers() -> [Borrower; 5] {
    let person = |email, phone, name, nik, birth_date, account_number, history, words| Borrower {
        email,
        phone,
        name,
        nik,
        birth_date,
        account_number,
        income: 4_500_000,
        other_instalments: 350_000,
        history,
        words,
    };
    [
        person(
            "baru@contoh.id",
            "+6281100000001",
            "Budi Santoso",
            "3171011203900001",
            date!(1990 - 03 - 12),
            "5271001234",
            History::None,
            "registered, documents not sent",
        ),
        person(
            "siap@contoh.id",
            "+6281100000002",
            "Citra Maharani",
            "3273054506920002",
            date!(1992 - 06 - 05),
            "5271005678",
            History::Verified,
            "verified, no loan",
        ),
        person(
            "jalan@contoh.id",
            "+6281100000003",
            "Sari Wulandari",
            "3275045708950003",
            date!(1995 - 08 - 17),
            "5271004821",
            History::Running,
            "mid-loan",
        ),
        person(
            "telat@contoh.id",
            "+6281100000004",
            "Joko Susilo",
            "3578010102880003",
            date!(1988 - 02 - 01),
            "5271007346",
            History::Overdue,
            "overdue",
        ),
        person(
            "lunas@contoh.id",
            "+6281100000005",
            "Ratna Sari Dewi",
            "3374025509850004",
            date!(1985 - 09 - 15),
            "5271009917",
            History::Closed,
            "closed loan",
        ),
    ]
}

impl Borrower {
    /// The account as the auth service wants it. The data above are constants, checked by the test below.
    pub fn account(&self, password: &Secret) -> SeedAccount {
        SeedAccount {
            role: Role::Borrower,
            email: Email::parse(self.email).expect("a demo email parses"),
            full_name: PersonName::parse(self.name).expect("a demo name parses"),
            password: password.clone(),
            borrower: Some(SeedBorrower {
                phone: Phone::parse(self.phone).expect("a demo number parses"),
                nik: Nik::parse(self.nik).expect("a demo NIK parses"),
                birth_date: self.birth_date,
                consents: ["terms", "privacy"]
                    .map(|purpose| ConsentGiven {
                        purpose: purpose.into(),
                        version: domain::auth::CONSENT_VERSION.into(),
                    })
                    .to_vec(),
            }),
        }
    }
}

/// A member of staff as the auth service wants it.
pub fn staff(role: Role, name: &str, password: &Secret) -> SeedAccount {
    SeedAccount {
        role,
        email: Email::parse(&format!("{}@sanggup.test", role.as_str())).expect("a demo email parses"),
        full_name: PersonName::parse(name).expect("a demo name parses"),
        password: password.clone(),
        borrower: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demo_people_parse_and_their_niks_fit() {
        let password = Secret::new("sanggup-demo-2026");
        for borrower in borrowers() {
            let account = borrower.account(&password);
            let seed = account.borrower.expect("a borrower");
            assert_eq!(
                seed.nik.birth_date(date!(2026 - 11 - 24)),
                Some(borrower.birth_date),
                "{}",
                borrower.email
            );
        }
        for (role, name) in STAFF {
            assert_eq!(staff(role, name, &password).role, role);
        }
    }
}
