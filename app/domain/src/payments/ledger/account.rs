//! The chart of accounts (rule 10.2).

use std::fmt;

use serde::{Deserialize, Serialize};

/// On which side an account grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Assets and expenses.
    Debit,
    /// Liabilities, equity, income, and the loss allowance.
    Credit,
}

macro_rules! accounts {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $words:literal, $side:ident;)+) => {
        /// An account of the ledger. In JSON and storage its four digits as a string.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Account { $($(#[$doc])* $name,)+ }

        impl Account {
            /// Every account, by code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its code.
            #[must_use]
            pub const fn code(self) -> u16 {
                match self { $(Self::$name => $code,)+ }
            }

            /// Its name in Indonesian.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)+ }
            }

            /// The side on which it grows.
            #[must_use]
            pub const fn side(self) -> Side {
                match self { $(Self::$name => Side::$side,)+ }
            }
        }
    };
}

accounts! {
    /// Our bank account.
    Bank = 1000, "Bank operasional", Debit;
    /// Money for payouts, at the gateway.
    PayoutFloat = 1010, "Dana pencairan di gateway", Debit;
    /// Payments received by the gateway and not settled yet.
    Gateway = 1020, "Piutang gateway", Debit;
    /// Principal lent and not repaid.
    Principal = 1100, "Pokok pinjaman", Debit;
    /// Interest accrued and not paid.
    Interest = 1110, "Piutang bunga", Debit;
    /// Fees charged and not paid.
    Fee = 1120, "Piutang biaya", Debit;
    /// Late fees charged and not paid.
    LateFee = 1130, "Piutang denda", Debit;
    /// Allowance for losses.
    Allowance = 1190, "Cadangan kerugian", Credit;
    /// Borrowers' money that we hold.
    BorrowerCredit = 2100, "Saldo lebih peminjam", Credit;
    /// Interest paid and not accrued yet.
    UnearnedInterest = 2110, "Bunga diterima di muka", Credit;
    /// Money whose loan is not known.
    Suspense = 2120, "Dana belum dikenali", Credit;
    /// Stamp duty and e-signature, to be passed on.
    PassThrough = 2130, "Titipan pihak ketiga", Credit;
    /// Refunds on their way.
    Refunds = 2140, "Pengembalian dana dalam proses", Credit;
    /// Equity.
    Equity = 3000, "Modal", Credit;
    /// Interest earned.
    InterestIncome = 4010, "Pendapatan bunga", Credit;
    /// Fees earned.
    FeeIncome = 4020, "Pendapatan biaya", Credit;
    /// Late fees earned.
    LateFeeIncome = 4030, "Pendapatan denda", Credit;
    /// Money recovered after a write-off.
    Recovery = 4040, "Pemulihan hapus buku", Credit;
    /// Losses.
    Loss = 5010, "Kerugian kredit", Debit;
    /// Waivers and goodwill.
    Waiver = 5020, "Keringanan", Debit;
    /// What gateways charge us.
    GatewayFee = 5030, "Biaya gateway", Debit;
    /// Provision expense.
    Provision = 5040, "Beban cadangan", Debit;
}

impl Account {
    /// Whether a journal may be made by hand on it: its balance is not the sum of loans, of suspense or of refunds, nor
    /// the allowance of a day.
    #[must_use]
    pub const fn is_open_to_hand(self) -> bool {
        !matches!(
            self,
            Self::Principal
                | Self::Interest
                | Self::Fee
                | Self::LateFee
                | Self::Allowance
                | Self::BorrowerCredit
                | Self::UnearnedInterest
                | Self::Suspense
                | Self::Refunds
        )
    }
}

impl fmt::Display for Account {
    /// The four digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code().fmt(f)
    }
}

/// The text is not the code of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an account")]
pub struct UnknownAccount;

impl TryFrom<u16> for Account {
    type Error = UnknownAccount;

    fn try_from(code: u16) -> Result<Self, UnknownAccount> {
        Self::ALL
            .iter()
            .copied()
            .find(|account| account.code() == code)
            .ok_or(UnknownAccount)
    }
}

impl TryFrom<String> for Account {
    type Error = UnknownAccount;

    fn try_from(text: String) -> Result<Self, UnknownAccount> {
        text.parse::<u16>().map_err(|_| UnknownAccount)?.try_into()
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        account.to_string()
    }
}
