//! A journal made by hand, by two people (lending.md 10.3: J7 and J18 have no other source, nor has money that a gateway
//! sent twice). Enters: two accounts, an amount, a date. Leaves: that, checked; the accounts that loans and suspense add
//! up to are closed to it.

use serde::{Deserialize, Serialize};
use time::{Date, Duration};

use super::ledger::Account;
use crate::{Error, Fault, Rupiah};

/// So many days back a journal by hand may count for.
pub const POSTING_DAYS: i64 = 366;

/// One debit, one credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManualPosting {
    /// The account debited.
    pub debit: Account,
    /// The account credited.
    pub credit: Account,
    /// Rupiah, 1 or more.
    pub amount: Rupiah,
    /// The day it counts for (Asia/Jakarta); it is booked on the day two people agreed.
    pub effective_on: Date,
}

impl ManualPosting {
    /// Ok when it may be proposed on `today`; else a fault of `debit`, `credit`, `amount` or `on`, all of them.
    pub fn check(self, today: Date) -> Result<Self, Error> {
        let mut faults = Vec::new();
        for (field, account) in [("debit", self.debit), ("credit", self.credit)] {
            if !account.is_open_to_hand() {
                let words = format!("Akun {account} hanya berubah lewat pinjamannya sendiri.");
                faults.push(Fault::new(field, "control", words));
            }
        }
        if self.debit == self.credit {
            faults.push(Fault::new("credit", "same", "Pilih dua akun yang berbeda."));
        }
        if !self.amount.is_positive() || self.amount > Rupiah::MAX_INPUT {
            faults.push(Fault::new(
                "amount",
                "amount",
                "Tulis jumlah dalam rupiah, mulai dari Rp1.",
            ));
        }
        let first = today.saturating_sub(Duration::days(POSTING_DAYS));
        if self.effective_on > today || self.effective_on < first {
            faults.push(Fault::new(
                "on",
                "date",
                "Pilih hari ini atau tanggal sebelumnya, paling lama setahun.",
            ));
        }
        if faults.is_empty() {
            return Ok(self);
        }
        Err(Error::Validation(faults))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn codes(posting: ManualPosting) -> Vec<(String, String)> {
        match posting.check(date!(2026 - 12 - 01)) {
            Ok(_) => Vec::new(),
            Err(Error::Validation(faults)) => faults.into_iter().map(|fault| (fault.field, fault.code)).collect(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_accounts_without_rows_of_their_own_and_days_that_were() {
        let settled = ManualPosting {
            debit: Account::Bank,
            credit: Account::Gateway,
            amount: Rupiah::new(544_650),
            effective_on: date!(2026 - 12 - 01),
        };
        let of = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
        let closed = ["1100", "1110", "1120", "1130", "1190", "2100", "2110", "2120", "2140"];
        for account in Account::ALL
            .iter()
            .copied()
            .filter(|account| *account != settled.credit)
        {
            let expected = match closed.contains(&account.to_string().as_str()) {
                true => of("debit", "control"),
                false => Vec::new(),
            };
            assert_eq!(
                codes(ManualPosting {
                    debit: account,
                    ..settled
                }),
                expected,
                "{account}"
            );
        }
        for (posting, expected) in [
            (
                ManualPosting {
                    credit: Account::Bank,
                    ..settled
                },
                of("credit", "same"),
            ),
            (
                ManualPosting {
                    amount: Rupiah::ZERO,
                    ..settled
                },
                of("amount", "amount"),
            ),
            (
                ManualPosting {
                    amount: Rupiah::new(-1),
                    ..settled
                },
                of("amount", "amount"),
            ),
            (
                ManualPosting {
                    effective_on: date!(2026 - 12 - 02),
                    ..settled
                },
                of("on", "date"),
            ),
            (
                ManualPosting {
                    effective_on: date!(2025 - 11 - 29),
                    ..settled
                },
                of("on", "date"),
            ),
            (
                ManualPosting {
                    effective_on: date!(2025 - 11 - 30),
                    ..settled
                },
                Vec::new(),
            ),
        ] {
            assert_eq!(codes(posting), expected, "{posting:?}");
        }
    }
}
