//! What the users service promises.

use crate::{
    Actor, Fault, Page, PageRequest, Result, Rupiah,
    auth::ConsentGiven,
    documents::{Document, DocumentKind},
    id::{ConsentId, UserId},
    users::{Email, Nik, PersonName, Phone},
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use time::{Date, OffsetDateTime};

/// How far the identity check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KycStatus {
    /// Papers are missing.
    Incomplete,
    /// Staff are looking.
    InReview,
    /// One photo must be repeated.
    Retake,
    /// Verified.
    Verified,
    /// Not verified; a person decided.
    Rejected,
}

impl KycStatus {
    /// The stored and public spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::InReview => "in_review",
            Self::Retake => "retake",
            Self::Verified => "verified",
            Self::Rejected => "rejected",
        }
    }

    /// Reads [`KycStatus::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Incomplete,
            Self::InReview,
            Self::Retake,
            Self::Verified,
            Self::Rejected,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
    }
}

/// The banks we pay out to: our code and the name on screen.
pub const BANKS: [(&str, &str); 8] = [
    ("BCA", "BCA"),
    ("BNI", "BNI"),
    ("BRI", "BRI"),
    ("MANDIRI", "Mandiri"),
    ("BSI", "BSI"),
    ("PERMATA", "Permata"),
    ("CIMB", "CIMB Niaga"),
    ("DANAMON", "Danamon"),
];

/// The borrower's own bank account, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccount {
    /// Our bank code, one of [`BANKS`].
    pub bank: String,
    /// "•••• 4821".
    pub masked_number: String,
    /// The holder, always the verified name.
    pub holder: String,
    /// When it was last changed (UTC); the first entry counts as no change.
    pub changed_at: Option<OffsetDateTime>,
}

impl BankAccount {
    /// "BCA •••• 4821", held together by no-break spaces.
    pub fn label(&self) -> String {
        let name = BANKS
            .iter()
            .find(|(code, _)| *code == self.bank)
            .map_or(self.bank.as_str(), |(_, name)| name);
        format!("{name} {}", self.masked_number).replace(' ', "\u{a0}")
    }
}

/// The borrower as the borrower may see it: long numbers masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Who.
    pub user_id: UserId,
    /// As on the KTP.
    pub full_name: String,
    /// "3602 •••• •••• 0001".
    pub masked_nik: String,
    /// "+62 812 •••• 7890".
    pub masked_phone: String,
    /// Their own address, unmasked.
    pub email: String,
    /// Read from the NIK or stated.
    pub birth_date: Date,
    /// Street address, if given.
    pub address: Option<String>,
    /// If given.
    pub occupation: Option<String>,
    /// If given.
    pub employer: Option<String>,
    /// Net income a month, if given.
    pub monthly_income: Option<Rupiah>,
    /// Instalments elsewhere a month, if given.
    pub other_instalments: Option<Rupiah>,
    /// Where money is sent, if given.
    pub bank_account: Option<BankAccount>,
    /// How far the identity check is.
    pub kyc_status: KycStatus,
    /// What must be repeated and why, in words for the borrower.
    pub retake: Option<Retake>,
    /// When the account was opened (UTC).
    pub created_at: OffsetDateTime,
}

impl Profile {
    /// "Sari" of "Sari Wulandari".
    pub fn first_name(&self) -> &str {
        self.full_name.split_whitespace().next().unwrap_or(&self.full_name)
    }
}

/// One photo that must be repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retake {
    /// KTP or selfie.
    pub kind: DocumentKind,
    /// In words for the borrower: "KTP terlalu silau".
    pub reason: String,
}

/// What a borrower may change. `None` leaves a value as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileChange {
    /// Street address, at most 300 characters.
    pub address: Option<String>,
    /// At most 100 characters.
    pub occupation: Option<String>,
    /// At most 100 characters.
    pub employer: Option<String>,
    /// Net income a month.
    pub monthly_income: Option<Rupiah>,
    /// Instalments elsewhere a month.
    pub other_instalments: Option<Rupiah>,
    /// A new account to pay out to.
    pub bank_account: Option<BankAccountInput>,
}

/// A bank account as typed: code of [`BANKS`], 8 to 16 digits. The holder is always the borrower.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccountInput {
    /// Our bank code.
    pub bank: String,
    /// As typed; people group the digits as their bank does.
    pub number: String,
}

impl BankAccountInput {
    /// The digits of the number, spaces, dots and dashes left out.
    pub fn digits(&self) -> String {
        self.number
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-'))
            .collect()
    }

    /// What is wrong with the account.
    pub fn faults(&self) -> Vec<Fault> {
        let number = self.digits();
        let mut faults = Vec::new();
        if !BANKS.iter().any(|(code, _)| *code == self.bank) {
            faults.push(Fault::new("bank", "bank_unknown", "Pilih bank dari daftar."));
        }
        if !number.bytes().all(|byte| byte.is_ascii_digit()) || !(8..=16).contains(&number.len()) {
            faults.push(Fault::new(
                "number",
                "account_number",
                "Nomor rekening berisi 8 sampai 16 angka.",
            ));
        }
        faults
    }
}

/// What the auth service hands over when an account opens.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewProfile {
    /// The account's id.
    pub user_id: UserId,
    /// As on the KTP.
    pub full_name: PersonName,
    /// Sixteen digits.
    pub nik: Nik,
    /// E.164.
    pub phone: Phone,
    /// Lower case.
    pub email: Email,
    /// Read from the NIK or stated.
    pub birth_date: Date,
    /// Given on the form.
    pub consents: Vec<ConsentGiven>,
}

/// A consent on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// For withdrawing it.
    pub id: ConsentId,
    /// `terms`, `privacy`, `identity_check`, `marketing`.
    pub purpose: String,
    /// Version of the text.
    pub version: String,
    /// When (UTC).
    pub given_at: OffsetDateTime,
    /// When it was withdrawn (UTC).
    pub withdrawn_at: Option<OffsetDateTime>,
}

/// How to reach a person: for the notifications service and gateways only, never for a page.
#[derive(Debug, Clone)]
pub struct Contact {
    /// First name.
    pub first_name: String,
    /// As on the KTP.
    pub full_name: String,
    /// E.164.
    pub phone: Phone,
    /// Lower case.
    pub email: Email,
}

/// Where a payout goes, in full: for the payout gateway only, never for a page.
#[derive(Debug, Clone)]
pub struct Payee {
    /// Our bank code.
    pub bank: String,
    /// Digits.
    pub number: String,
    /// The verified name.
    pub holder: String,
    /// What pages show.
    pub shown: BankAccount,
}

/// What the data of an identity say about each other, and about other accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentitySignals {
    /// The birth date in the NIK is the verified one.
    pub birth_date_fits: bool,
    /// The NIK begins with a province that is known.
    pub province_known: bool,
    /// Another account is paid to the same bank account.
    pub bank_account_shared: bool,
}

/// A line of the identity queue, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityQueueItem {
    /// Who.
    pub user_id: UserId,
    /// As on the KTP.
    pub full_name: String,
    /// Since when it waits (UTC).
    pub waiting_since: OffsetDateTime,
}

/// What a reviewer sees of one identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityCheck {
    /// The profile, numbers masked.
    pub profile: Profile,
    /// The papers, newest of each kind first.
    pub documents: Vec<Document>,
    /// Rules' findings in words: NIK against birth date, province, quality of the photos.
    pub findings: Vec<Finding>,
    /// Who decided it last, and when (UTC); none while it waits.
    pub decided: Option<(UserId, OffsetDateTime)>,
}

/// One line of the match list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// "NIK", "Tanggal lahir", "Wajah".
    pub label: String,
    /// In words.
    pub words: String,
    /// True fits, false does not, none was not assessed.
    pub fits: Option<bool>,
}

/// The longest reason that a reviewer gives about an identity, in characters.
pub const MAX_REASON: u16 = 300;

/// What a reviewer decides about an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum IdentityDecision {
    /// The person is who they say.
    Approve,
    /// One photo again; the reason goes to the borrower.
    Retake {
        /// KTP or selfie.
        kind: DocumentKind,
        /// In words for the borrower.
        reason: String,
    },
    /// Not verified; the reason goes to the borrower.
    Reject {
        /// In words for the borrower.
        reason: String,
    },
}

/// Profiles, identity checks, consents, bank accounts.
#[async_trait]
pub trait UserService: Send + Sync {
    /// The asker's own profile.
    async fn profile(&self, actor: &Actor) -> Result<Profile>;

    /// Changes the asker's profile; faults by field. A **changed** bank account needs a fresh sign-in, holds
    /// payouts for 24 hours and is told on every channel; the first entry does neither.
    async fn update_profile(&self, actor: &Actor, change: ProfileChange) -> Result<Profile>;

    /// The asker's consents, newest first.
    async fn list_consents(&self, actor: &Actor) -> Result<Vec<Consent>>;

    /// Withdraws a consent that is not needed for the contract (`marketing`); others are `WrongState`.
    async fn withdraw_consent(&self, actor: &Actor, id: ConsentId) -> Result<()>;

    /// Makes the profile of a new account. System only. Idempotent by `user_id`; a NIK of another account is `NikTaken`.
    async fn open_profile(&self, actor: &Actor, profile: NewProfile) -> Result<()>;

    /// Whether a NIK belongs to an account. System only.
    async fn nik_taken(&self, actor: &Actor, nik: &Nik) -> Result<bool>;

    /// Marks the identity as waiting for staff. System only (job of `IdentityPapersComplete`). Idempotent.
    async fn papers_complete(&self, actor: &Actor, user_id: UserId) -> Result<()>;

    /// A borrower's profile for the other services and for staff with a role that may see it.
    async fn profile_of(&self, actor: &Actor, user_id: UserId) -> Result<Profile>;

    /// Full names of some borrowers, for lists. System only; one that is not known is left out.
    async fn full_names(&self, actor: &Actor, users: &[UserId]) -> Result<HashMap<UserId, String>>;

    /// How to reach a person. System only.
    async fn contact(&self, actor: &Actor, user_id: UserId) -> Result<Contact>;

    /// What the identity's own data say about each other and about other accounts. System only. NIK and phone are not
    /// in it: no second account can have either.
    async fn identity_signals(&self, actor: &Actor, user_id: UserId) -> Result<IdentitySignals>;

    /// Where to send money; `BankAccountMissing` when there is none. System only.
    async fn payee(&self, actor: &Actor, user_id: UserId) -> Result<Payee>;

    /// Identities waiting, oldest first. Support, analyst, approver.
    async fn identity_queue(&self, actor: &Actor, page: PageRequest) -> Result<Page<IdentityQueueItem>>;

    /// One identity with its papers. Support, analyst, approver; every view is in the audit log.
    async fn identity_check(&self, actor: &Actor, user_id: UserId) -> Result<IdentityCheck>;

    /// Decides an identity. Analyst, approver. `AlreadyDecided` when it is not waiting; only a photo of a verified one
    /// may be asked for again, by who reviews an application.
    async fn decide_identity(&self, actor: &Actor, user_id: UserId, decision: IdentityDecision) -> Result<()>;

    /// The full NIK for staff, with a reason, in the audit log. Analyst, approver.
    async fn reveal_nik(&self, actor: &Actor, user_id: UserId, reason: &str) -> Result<String>;
}
