//! The one closed set of errors that crosses the wire. Internals are logged once where they are
//! handled and reach a person only as a reference number.

use serde::{Deserialize, Serialize};

/// One input that must be corrected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The name of the form field or JSON member, `""` for the form as a whole.
    pub field: String,
    /// Stable, for programs: `required`, `too_short`, `nik_pattern`, …
    pub code: String,
    /// Indonesian, for people, as in the design's tables of words.
    pub message: String,
}

impl Fault {
    /// A fault of `field`.
    pub fn new(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code: code.into(),
            message: message.into(),
        }
    }
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $words:literal;)+) => {
        /// A rule said no. Closed, so that a crafted address can never put words into our mouth.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Refusal { $($(#[$doc])* $name,)+ }

        impl Refusal {
            /// Every refusal, for documents and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Stable code for programs.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// HTTP status a program gets: 409 for a conflict of states, 422 for a rule.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// Indonesian, for people.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)+ }
            }
        }
    };
}

refusals! {
    /// Wrong identifier or password; says no more than that.
    CredentialsWrong = "credentials_wrong", 422, "Email, nomor HP, atau kata sandi tidak cocok.";
    /// The one-time code is wrong; tries are left.
    CodeWrong = "code_wrong", 422, "Kode tidak cocok. Periksa lagi.";
    /// The one-time code is too old, used up or replaced.
    CodeExpired = "code_expired", 422, "Kode sudah kedaluwarsa. Kirim kode baru.";
    /// Said only after the code was right.
    AccountExists = "account_exists", 409, "Nomor ini sudah punya akun. Masuk saja.";
    /// The NIK belongs to another account; said only after the code was right.
    NikTaken = "nik_taken", 409, "NIK ini sudah terdaftar. Masuk dengan akun yang lama, atau hubungi kami.";
    /// The passkey is not one of ours (any more).
    PasskeyUnknown = "passkey_unknown", 422, "Kunci sandi ini tidak dikenal lagi. Masuk dengan kata sandi.";
    /// The passkey ceremony took too long or was answered twice.
    PasskeyExpired = "passkey_expired", 422, "Waktunya habis. Coba sekali lagi.";
    /// Ten passkeys are the most one account may hold.
    PasskeyLimit = "passkey_limit", 422, "Sudah ada 10 kunci sandi. Hapus satu dulu.";
    /// Identity is not verified yet.
    KycIncomplete = "kyc_incomplete", 422, "Verifikasi identitas belum selesai.";
    /// This paper was accepted already and needs no repeat.
    DocumentAccepted = "document_accepted", 409, "Foto ini sudah kami terima.";
    /// Another application is open.
    ActiveApplication = "active_application", 409, "Masih ada pengajuan yang berjalan.";
    /// The quote is too old.
    QuoteExpired = "quote_expired", 422, "Rincian berubah sejak Anda membukanya. Periksa lagi di bawah.";
    /// The quote became an application already.
    QuoteUsed = "quote_used", 409, "Rincian ini sudah dipakai untuk sebuah pengajuan.";
    /// The figures shown are not the figures stored.
    DisclosureChanged = "disclosure_changed", 422, "Rincian berubah sejak Anda membukanya. Periksa lagi di bawah.";
    /// No bank account to pay out to.
    BankAccountMissing = "bank_account_missing", 422, "Isi rekening penerima dulu.";
    /// The cost would break the cap in force.
    CapExceeded = "cap_exceeded", 422, "Biaya melewati batas.";
    /// Too late to cancel.
    PayoutSent = "payout_sent", 409, "Dana sedang dikirim, jadi pengajuan tidak bisa dibatalkan lagi.";
    /// The state of the case does not allow this step.
    WrongState = "wrong_state", 409, "Langkah ini tidak bisa dilakukan pada status sekarang.";
    /// Somebody decided already.
    AlreadyDecided = "already_decided", 409, "Pengajuan ini baru saja diputuskan.";
    /// A second officer is needed and cannot be the first.
    SecondOfficerNeeded = "second_officer_needed", 422, "Perlu petugas kedua, dan petugas pertama tidak boleh menjadi petugas kedua.";
    /// A proposal cannot be decided by the person who made it.
    OwnProposal = "own_proposal", 422, "Usulan sendiri harus diperiksa orang lain.";
    /// The proposal was approved, rejected or withdrawn already.
    ProposalClosed = "proposal_closed", 409, "Usulan ini sudah selesai diputuskan.";
    /// Another proposal about the same thing waits.
    ProposalOpen = "proposal_open", 409, "Masih ada usulan terbuka untuk hal yang sama.";
    /// What the proposal started from is no longer what is in force.
    ProposalStale = "proposal_stale", 409, "Keadaan sudah berubah sejak usulan dibuat. Buat usulan baru.";
    /// A product, cap table or policy that is needed is missing or has expired: nothing is lent.
    NotOffered = "not_offered", 422, "Pinjaman belum bisa ditawarkan saat ini. Coba lagi nanti.";
    /// The policy is not in the state that this step needs.
    PolicyNotReady = "policy_not_ready", 409, "Kebijakan harus berstatus bayangan dan punya laporan uji mundur.";
    /// A review is decided by somebody who took no part in the decision.
    TookPart = "took_part", 422, "Peninjauan ulang diputuskan petugas yang belum ikut memutuskan.";
    /// The review right was used already or its thirty days are over.
    ReviewUsed = "review_used", 409, "Peninjauan hanya bisa diminta sekali, dalam 30 hari.";
    /// Nothing is owed on this bill.
    AlreadyPaid = "already_paid", 409, "Tagihan ini sudah lunas. Jangan bayar lagi.";
    /// QRIS takes at most Rp10.000.000 at a time.
    QrisLimit = "qris_limit", 422, "QRIS paling banyak Rp10.000.000 sekali bayar. Pakai virtual account.";
    /// The same key came with another body.
    KeyReused = "idempotency_key_reused", 422, "Permintaan ini sudah pernah dikirim dengan isi lain.";
    /// The first call with this key is still running.
    KeyInFlight = "idempotency_key_in_flight", 409, "Permintaan yang sama sedang diproses.";
}

/// What can go wrong, as the person or program who asked may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", content = "detail", rename_all = "snake_case")]
pub enum Error {
    /// Inputs must be corrected; nothing was saved.
    #[error("invalid input")]
    Validation(Vec<Fault>),
    /// A rule said no; nothing was saved.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// Nobody is signed in.
    #[error("not signed in")]
    Unauthenticated,
    /// The last proof of identity is too old for this step.
    #[error("step-up needed")]
    StepUpNeeded,
    /// Signed in, and not allowed.
    #[error("forbidden")]
    Forbidden,
    /// Absent, or another person's: the two look the same.
    #[error("not found")]
    NotFound,
    /// Too many tries.
    #[error("too many requests")]
    TooMany {
        /// Seconds until it makes sense to try again.
        retry_after: u32,
    },
    /// The server or a third party cannot answer now; nothing is known to be wrong with the request.
    #[error("busy")]
    Busy {
        /// Seconds until it makes sense to try again.
        retry_after: u32,
    },
    /// Our fault. The reference is in the log.
    #[error("internal error {reference}")]
    Internal {
        /// What the person can read out to support.
        reference: String,
    },
}

impl Error {
    /// A single fault of `field`.
    pub fn fault(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self::Validation(vec![Fault::new(field, code, message)])
    }

    /// Stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Validation(_) => "validation",
            Self::Refused(refusal) => refusal.code(),
            Self::Unauthenticated => "unauthenticated",
            Self::StepUpNeeded => "step_up_needed",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::TooMany { .. } => "too_many_requests",
            Self::Busy { .. } => "unavailable",
            Self::Internal { .. } => "internal",
        }
    }

    /// HTTP status a program gets.
    pub fn status(&self) -> u16 {
        match self {
            Self::Validation(_) => 422,
            Self::Refused(refusal) => refusal.status(),
            Self::Unauthenticated | Self::StepUpNeeded => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::TooMany { .. } => 429,
            Self::Busy { .. } => 503,
            Self::Internal { .. } => 500,
        }
    }

    /// Indonesian, for people: one sentence for the form as a whole.
    pub fn words(&self) -> String {
        match self {
            Self::Validation(faults) => format!("Ada {} isian yang perlu diperbaiki.", faults.len()),
            Self::Refused(refusal) => refusal.words().into(),
            Self::Unauthenticated => "Masuk dulu untuk melanjutkan.".into(),
            Self::StepUpNeeded => "Demi keamanan, tulis kata sandi Anda sekali lagi.".into(),
            Self::Forbidden => "Anda tidak punya akses ke halaman ini.".into(),
            Self::NotFound => "Halaman tidak ditemukan.".into(),
            Self::TooMany { retry_after } => {
                format!("Terlalu banyak percobaan. Coba lagi dalam {}.", wait(*retry_after))
            }
            Self::Busy { retry_after } => format!("Sedang ramai. Coba lagi dalam {}.", wait(*retry_after)),
            Self::Internal { reference } => {
                format!("Ada gangguan di pihak kami. Data Anda aman. Coba lagi sebentar. Kode {reference}.")
            }
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn wait(seconds: u32) -> String {
    match seconds {
        0..=90 => format!("{} detik", seconds.max(1)),
        _ => format!("{} menit", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique() {
        let mut codes: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }

    #[test]
    fn waiting_is_told_in_seconds_then_minutes() {
        assert_eq!(
            Error::TooMany { retry_after: 48 }.words(),
            "Terlalu banyak percobaan. Coba lagi dalam 48 detik."
        );
        assert_eq!(
            Error::TooMany { retry_after: 121 }.words(),
            "Terlalu banyak percobaan. Coba lagi dalam 3 menit."
        );
    }
}
