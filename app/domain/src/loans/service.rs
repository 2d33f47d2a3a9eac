//! What the loans service promises.

use crate::{
    Actor, Page, PageRequest, Result, Rupiah,
    calendar::options,
    documents::{ContractFile, ContractKind},
    id::{LoanId, ProposalId, QuoteId, UserId},
    loans::{
        back_test::BackTest,
        cap::{CapCheck, CapRow},
        decision::{Decision, Outcome, Policy},
        disclosure::Disclosure,
        product::Product,
        schedule::Schedule,
    },
    payments::{Payout, PayoutStatus, Received, servicing::Position},
    users::Profile,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::{Date, OffsetDateTime};

/// The one public status of an application and the loan it became.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoanStatus {
    /// Came in; nothing looked at yet.
    Submitted,
    /// The engine or a check is running, or the borrower must send something again.
    UnderReview,
    /// A person decides.
    Referred,
    /// Not approved.
    Declined,
    /// Approved, money not yet on its way.
    Approved,
    /// Money on its way.
    Disbursing,
    /// Running, nothing overdue.
    Active,
    /// Running, something overdue.
    Overdue,
    /// Nothing is owed.
    Closed,
    /// Cancelled or lapsed before money was sent.
    Cancelled,
    /// Taken off the books, still owed.
    WrittenOff,
}

impl LoanStatus {
    const ALL: [Self; 11] = [
        Self::Submitted,
        Self::UnderReview,
        Self::Referred,
        Self::Declined,
        Self::Approved,
        Self::Disbursing,
        Self::Active,
        Self::Overdue,
        Self::Closed,
        Self::Cancelled,
        Self::WrittenOff,
    ];

    /// The stored and public spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::UnderReview => "under_review",
            Self::Referred => "referred",
            Self::Declined => "declined",
            Self::Approved => "approved",
            Self::Disbursing => "disbursing",
            Self::Active => "active",
            Self::Overdue => "overdue",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::WrittenOff => "written_off",
        }
    }

    /// Reads [`LoanStatus::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// The word on the badge; `days_late` for overdue.
    pub fn words(self, days_late: u32) -> String {
        match self {
            Self::Submitted => "Diterima".into(),
            Self::UnderReview => "Diperiksa".into(),
            Self::Referred => "Ditinjau petugas".into(),
            Self::Declined => "Belum disetujui".into(),
            Self::Approved => "Disetujui".into(),
            Self::Disbursing => "Dana dikirim".into(),
            Self::Active => "Berjalan".into(),
            Self::Overdue => format!("Terlambat {days_late} hari"),
            Self::Closed => "Lunas".into(),
            Self::Cancelled => "Dibatalkan".into(),
            Self::WrittenOff => "Dihapus buku".into(),
        }
    }

    /// Whether a new application must wait for this one.
    pub const fn is_open_application(self) -> bool {
        matches!(
            self,
            Self::Submitted | Self::UnderReview | Self::Referred | Self::Approved | Self::Disbursing
        )
    }

    /// Whether money is owed.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Active | Self::Overdue | Self::WrittenOff)
    }
}

/// What the money is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Kebutuhan rumah.
    Household,
    /// Pendidikan.
    Education,
    /// Kesehatan.
    Health,
    /// Modal usaha.
    Business,
    /// Lainnya.
    Other,
}

impl Purpose {
    /// In the order of the form.
    pub const ALL: [Self; 5] = [
        Self::Household,
        Self::Education,
        Self::Health,
        Self::Business,
        Self::Other,
    ];

    /// The stored and public spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Household => "household",
            Self::Education => "education",
            Self::Health => "health",
            Self::Business => "business",
            Self::Other => "other",
        }
    }

    /// Reads [`Purpose::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }

    /// The words on the form.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Household => "Kebutuhan rumah",
            Self::Education => "Pendidikan",
            Self::Health => "Kesehatan",
            Self::Business => "Modal usaha",
            Self::Other => "Lainnya",
        }
    }
}

/// What somebody wants to know the cost of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimulationRequest {
    /// Principal.
    pub amount: Rupiah,
    /// Months.
    pub tenor: u32,
    /// Product code, the standard product when absent.
    pub product: Option<String>,
    /// Day of disbursement, today in Jakarta when absent.
    pub start: Option<Date>,
}

/// Priced terms that nobody agreed to yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Simulation {
    /// The product version that priced them.
    pub product: Product,
    /// Principal.
    pub amount: Rupiah,
    /// Months.
    pub tenor: u32,
    /// Day of disbursement.
    pub start: Date,
    /// All instalments.
    pub schedule: Schedule,
    /// Everything that must be shown.
    pub disclosure: Disclosure,
    /// The daily cap and how these terms stand to it.
    pub cap: CapCheck,
}

/// What a borrower wants to borrow. The income figures are kept with the profile when given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteRequest {
    /// Principal.
    pub amount: Rupiah,
    /// Months.
    pub tenor: u32,
    /// Product code, the standard product when absent.
    pub product: Option<String>,
}

/// Priced terms of one borrower, stored with everything that was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Its id.
    pub id: QuoteId,
    /// Product, schedule, disclosure, cap.
    pub simulation: Simulation,
    /// SHA-256, lower-case hex, over the canonical disclosure: carried by the consent.
    pub disclosure_hash: String,
    /// Where the money would go, as shown ("BCA •••• 4821, Sari Wulandari"); empty when no account is on file.
    pub payee_label: String,
    /// Version of the agreement's text.
    pub agreement_version: String,
    /// Thirty minutes after it was made (UTC).
    pub expires_at: OffsetDateTime,
}

/// The consent that makes a quote an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplyRequest {
    /// The quote that was shown.
    pub quote_id: QuoteId,
    /// The hash of what was shown.
    pub disclosure_hash: String,
    /// The box was ticked.
    pub accepted: bool,
    /// What for.
    pub purpose: Purpose,
    /// Net income a month.
    pub monthly_income: Rupiah,
    /// Instalments elsewhere a month.
    pub other_instalments: Rupiah,
}

/// How far an application is, with times, for the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestones {
    /// When it came in (UTC).
    pub submitted_at: OffsetDateTime,
    /// When the engine or a person decided (UTC).
    pub decided_at: Option<OffsetDateTime>,
    /// When the money arrived (UTC).
    pub disbursed_at: Option<OffsetDateTime>,
    /// When the last rupiah was paid (UTC).
    pub closed_at: Option<OffsetDateTime>,
}

/// An application or loan as its borrower sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    /// Its id.
    pub id: LoanId,
    /// The number people read out: "SGP-4F7K2".
    pub number: String,
    /// Whose.
    pub user_id: UserId,
    /// The one public status.
    pub status: LoanStatus,
    /// What was agreed to.
    pub quote: Quote,
    /// What for.
    pub purpose: Purpose,
    /// As stated with the application.
    pub monthly_income: Rupiah,
    /// As stated with the application.
    pub other_instalments: Rupiah,
    /// The last decision, once there is one.
    pub decision: Option<DecisionRecord>,
    /// The payout, once there is one.
    pub payout: Option<Payout>,
    /// Balances of today, once the money arrived.
    pub position: Option<Position>,
    /// The newest payment that stands.
    pub last_received: Option<Received>,
    /// Times.
    pub milestones: Milestones,
    /// Whether a human review may still be asked for.
    pub may_ask_review: bool,
    /// The last day for the answer to a review that was asked for: ten working days (6.8).
    pub review_due: Option<Date>,
}

impl Loan {
    /// Principal.
    pub fn amount(&self) -> Rupiah {
        self.quote.simulation.amount
    }

    /// Whether the borrower may still cancel for free.
    pub fn may_cancel(&self) -> bool {
        match self.status {
            LoanStatus::Submitted | LoanStatus::UnderReview | LoanStatus::Referred | LoanStatus::Approved => true,
            LoanStatus::Disbursing => self
                .payout
                .as_ref()
                .is_some_and(|payout| payout.status == PayoutStatus::Created),
            _ => false,
        }
    }
}

/// A decision as stored: the engine's or a person's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// Approve, refer or decline.
    pub outcome: Outcome,
    /// The engine's reasons, figures and counter-offers.
    pub engine: Decision,
    /// The policy version.
    pub policy_version: u32,
    /// When (UTC).
    pub decided_at: OffsetDateTime,
    /// The member of staff, when a person decided.
    pub decided_by: Option<UserId>,
    /// The reason a person gave, for the borrower.
    pub human_reason: Option<String>,
}

/// The agreement of a loan, ready to print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The loan.
    pub loan: Loan,
    /// The borrower, numbers masked.
    pub borrower: Profile,
    /// When consent was given (UTC).
    pub accepted_at: OffsetDateTime,
}

/// A line of the review queue, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueItem {
    /// The application.
    pub loan_id: LoanId,
    /// "SGP-4F7K2".
    pub number: String,
    /// As on the KTP.
    pub full_name: String,
    /// Principal.
    pub amount: Rupiah,
    /// Months.
    pub tenor: u32,
    /// Share of income all instalments would take, whole percent, rounded up.
    pub share_percent: u32,
    /// Since when it waits (UTC).
    pub waiting_since: OffsetDateTime,
    /// A review the borrower asked for: the last day for its answer.
    pub review_due: Option<Date>,
}

/// Everything a reviewer needs on one screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The application.
    pub loan: Loan,
    /// The borrower, numbers masked.
    pub borrower: Profile,
    /// Officer who agreed already, when two are needed.
    pub first_officer: Option<UserId>,
}

/// What a reviewer decides about an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum HumanDecision {
    /// Yes. Above Rp3.500.000 a second officer must agree.
    Approve,
    /// No; the reason goes to the borrower.
    Decline {
        /// In words for the borrower.
        reason: String,
    },
}

/// A version of a product, and whether it is the one in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductVersion {
    /// The version.
    pub product: Product,
    /// Offered today.
    pub in_force: bool,
}

options! {
    /// Where a policy stands.
    PolicyStatus, "policy-status" {
        /// May still change.
        Draft => "draft",
        /// Fixed; evaluated beside the live one, never acts.
        Shadow => "shadow",
        /// Decides.
        Active => "active",
        /// Decided once, or never will.
        Retired => "retired",
    }
}

impl PolicyStatus {
    /// The word staff read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Draft => "Rancangan",
            Self::Shadow => "Bayangan",
            Self::Active => "Berlaku",
            Self::Retired => "Selesai",
        }
    }
}

/// What a policy in shadow would have decided so far, beside the live one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShadowTally {
    /// Approved.
    pub approve: u32,
    /// Left to a person.
    pub refer: u32,
    /// Not approved.
    pub decline: u32,
    /// Not decided at all.
    pub undecided: u32,
    /// Of all of them, those the live policy decided otherwise.
    pub differs: u32,
}

/// A version of the policy with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// The version.
    pub policy: Policy,
    /// Where it stands.
    pub status: PolicyStatus,
    /// Beside the live policy, since it is in shadow.
    pub shadow: ShadowTally,
    /// The newest back-test.
    pub back_test: Option<BackTest>,
}

/// Products, quotes, applications, decisions.
#[async_trait]
pub trait LoanService: Send + Sync {
    /// The products in force. Anyone.
    async fn list_products(&self, actor: &Actor) -> Result<Vec<Product>>;

    /// Every version of every product, newest first. Staff who may read proposals of products.
    async fn list_product_versions(&self, actor: &Actor) -> Result<Vec<ProductVersion>>;

    /// Proposes the next version of a product (or a new product); a second person publishes it. Superadmin.
    /// Fault `product_breaks_cap` with the dearest terms when any amount and tenor could break a cap in force from
    /// `valid_from` on; `ProposalOpen`.
    async fn propose_product(&self, actor: &Actor, product: Product, reason: &str) -> Result<ProposalId>;

    /// The cap table, newest rows first. Staff who may read proposals of caps.
    async fn list_caps(&self, actor: &Actor) -> Result<Vec<CapRow>>;

    /// Proposes a row of the cap table under a new id; the difference names the products and open quotes that would
    /// break. Superadmin. Faults of `id`, `valid_from`, `cap`; `ProposalOpen`.
    async fn propose_cap(&self, actor: &Actor, row: CapRow, reason: &str) -> Result<ProposalId>;

    /// The policy in force. Anyone. `NotOffered` when there is none or it has expired.
    async fn policy(&self, actor: &Actor) -> Result<Policy>;

    /// Every version of the policy, newest first. Staff who may read proposals of policies.
    async fn list_policies(&self, actor: &Actor) -> Result<Vec<PolicyVersion>>;

    /// Stores a draft: version 0 makes a new one, the version of a draft changes it. Returns its version. Analyst,
    /// superadmin. Fault `policy` when it could not be put in force; `PolicyNotReady` when it is no draft any more.
    async fn save_policy(&self, actor: &Actor, policy: Policy) -> Result<u32>;

    /// Fixes a draft and runs it beside the live policy. Analyst, superadmin. Idempotent by version.
    async fn shadow_policy(&self, actor: &Actor, version: u32) -> Result<()>;

    /// Ends a shadow without putting it in force. Analyst, superadmin. Idempotent by version; `PolicyNotReady` for
    /// another that is not in shadow.
    async fn retire_policy(&self, actor: &Actor, version: u32) -> Result<()>;

    /// Decides the applications of a period again with a version, stores and returns the report. Analyst, superadmin.
    async fn back_test(&self, actor: &Actor, version: u32, from: Date, until: Date) -> Result<BackTest>;

    /// Proposes to put a policy in shadow in force, with its newest back-test. Analyst, superadmin. `PolicyNotReady`.
    async fn propose_policy(&self, actor: &Actor, version: u32, reason: &str) -> Result<ProposalId>;

    /// Decides an application's last decision by the engine again from what was stored with it; true when the same
    /// bytes come out. Analyst, approver, auditor.
    async fn replay_decision(&self, actor: &Actor, id: LoanId) -> Result<bool>;

    /// Prices terms without keeping anything. Anyone. Faults of `amount`, `tenor`.
    async fn simulate(&self, actor: &Actor, request: SimulationRequest) -> Result<Simulation>;

    /// What the asker may borrow now: (limit, available), rupiah.
    async fn limit(&self, actor: &Actor) -> Result<(Rupiah, Rupiah)>;

    /// Prices terms for the asker and stores them for thirty minutes.
    /// Idempotent by (asker, `key`). Faults of `amount`, `tenor_months`; `ActiveApplication`, `KycIncomplete`,
    /// `CapExceeded`.
    async fn quote(&self, actor: &Actor, request: QuoteRequest, key: &str) -> Result<Quote>;

    /// A quote of the asker.
    async fn get_quote(&self, actor: &Actor, id: QuoteId) -> Result<Quote>;

    /// Makes the application, its consent and the job that decides, in one transaction. Terms and figures that an open
    /// counter-offer of the asker's newest application was made for accept it: that application is decided anew at
    /// once, on the same snapshot by the same policy; new arrears or a limit used meanwhile make it a new application.
    /// Idempotent by (asker, `key`) and by quote: the same quote gives the same application.
    /// `DisclosureChanged`, `QuoteExpired`, `ActiveApplication`, `BankAccountMissing`; fault of `accepted`.
    async fn apply(&self, actor: &Actor, request: ApplyRequest, key: &str) -> Result<Loan>;

    /// The asker's applications and loans, newest first.
    async fn list(&self, actor: &Actor, page: PageRequest) -> Result<Page<Loan>>;

    /// One application or loan of the asker.
    async fn get(&self, actor: &Actor, id: LoanId) -> Result<Loan>;

    /// Cancels for free before money is sent. Idempotent by loan, and by (asker, `key`) when there is one: cancelling
    /// twice is the same answer. `PayoutSent`.
    async fn cancel(&self, actor: &Actor, id: LoanId, key: Option<&str>) -> Result<Loan>;

    /// Asks that a person decides a declined application: once, within thirty days.
    /// Idempotent by loan while the review is open, and by (asker, `key`) when there is one; afterwards `ReviewUsed`.
    async fn request_review(&self, actor: &Actor, id: LoanId, key: Option<&str>) -> Result<Loan>;

    /// The agreement of one loan of the asker.
    async fn agreement(&self, actor: &Actor, id: LoanId) -> Result<Agreement>;

    /// The PDF of a paper of the contract of the asker, made now if it was not made yet. `NotFound` while there is
    /// nothing to say: a settlement letter of a loan that is not paid off.
    async fn paper(&self, actor: &Actor, id: LoanId, kind: ContractKind) -> Result<ContractFile>;

    /// Makes the papers that a loan has by now. System only (job). Idempotent.
    async fn issue_papers(&self, actor: &Actor, id: LoanId) -> Result<()>;

    /// The numbers that people use, "SGP-4F7K2", of some loans; one that is not known is left out. Staff, system.
    async fn numbers(&self, actor: &Actor, ids: &[LoanId]) -> Result<BTreeMap<LoanId, String>>;

    /// The loan with a number, however it is typed. Staff.
    async fn find_by_number(&self, actor: &Actor, number: &str) -> Result<Option<LoanId>>;

    /// Referred applications, oldest first. Analyst, approver.
    async fn review_queue(&self, actor: &Actor, page: PageRequest) -> Result<Page<QueueItem>>;

    /// One application for a reviewer; every view is in the audit log. Analyst, approver.
    async fn review(&self, actor: &Actor, id: LoanId) -> Result<Review>;

    /// Decides a referred application. Analyst, approver. `AlreadyDecided`, `SecondOfficerNeeded`.
    async fn decide(&self, actor: &Actor, id: LoanId, decision: HumanDecision) -> Result<()>;

    /// Runs the engine on a submitted application. System only (job). Idempotent by loan.
    async fn decide_by_engine(&self, actor: &Actor, id: LoanId) -> Result<()>;

    /// Opens the account and the payout of an approved application. System only (job). Idempotent by loan.
    async fn start_payout(&self, actor: &Actor, id: LoanId) -> Result<()>;

    /// Takes over what the payments service knows (disbursed, failed, paid off). System only (job). Idempotent.
    async fn follow_payments(&self, actor: &Actor, id: LoanId) -> Result<()>;
}
