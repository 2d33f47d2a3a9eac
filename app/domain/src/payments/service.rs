//! What the payments service promises.

use super::{
    CreditBalance, Difference, Income, ManualPosting, Reconciliation, Refund, Relief, ReliefRequest, Resolution,
    StateOfBooks, Suspense, TroubledPayout,
};
use crate::{
    Actor, Page, PageRequest, Result, Rupiah,
    audit::ProposalKind,
    id::{DifferenceId, LoanId, PaymentId, PayoutId, ProposalId, SuspenseId, UserId},
    loans::product::{Component, PrepayMode},
    payments::{
        explain::Explanation,
        hardship::HardshipPreview,
        late_loan::{LateBucket, LateLoan},
        ledger::Journal,
        servicing::{Contract, Hardship, Position},
        what_if::{WhatIf, WhatIfAnswer},
    },
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// Where a payout stands (lending.md 7.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutStatus {
    /// Reference and key stored, nothing sent.
    Created,
    /// Cancelled before sending.
    Cancelled,
    /// Committed as sent; the call is being made.
    Sent,
    /// The gateway accepted it.
    InProgress,
    /// No clear answer: ask by our reference, never resend blindly.
    InDoubt,
    /// The money arrived.
    Succeeded,
    /// Finally failed.
    Failed,
    /// Succeeded, then taken back by the bank.
    Reversed,
}

impl PayoutStatus {
    const ALL: [Self; 8] = [
        Self::Created,
        Self::Cancelled,
        Self::Sent,
        Self::InProgress,
        Self::InDoubt,
        Self::Succeeded,
        Self::Failed,
        Self::Reversed,
    ];

    /// The stored spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Cancelled => "cancelled",
            Self::Sent => "sent",
            Self::InProgress => "in_progress",
            Self::InDoubt => "in_doubt",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Reversed => "reversed",
        }
    }

    /// Reads [`PayoutStatus::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// Money sent to a borrower.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    /// Its id, and our reference at the gateway.
    pub id: PayoutId,
    /// Net cash.
    pub amount: Rupiah,
    /// Where it stands.
    pub status: PayoutStatus,
    /// "BCA •••• 4821".
    pub payee_label: String,
    /// The gateway's failure code, when it failed.
    pub failure_code: Option<String>,
    /// When the money arrived (UTC).
    pub succeeded_at: Option<OffsetDateTime>,
}

/// Our own failure code: the bank knows the account under another name.
pub const ACCOUNT_NAME_MISMATCH: &str = "ACCOUNT_NAME_MISMATCH";

impl Payout {
    /// Whether it failed because of the account, so that only another account can help.
    pub fn wants_another_account(&self) -> bool {
        matches!(
            self.failure_code.as_deref(),
            Some(
                "INVALID_DESTINATION"
                    | "RECIPIENT_ACCOUNT_NUMBER_ERROR"
                    | "CHANNEL_CODE_NOT_SUPPORTED_ERROR"
                    | "BANK_ACCOUNT_MISSING"
                    | ACCOUNT_NAME_MISMATCH
            )
        )
    }

    /// Why it failed, for the borrower.
    pub fn failure_words(&self) -> &'static str {
        match self.failure_code.as_deref() {
            Some(ACCOUNT_NAME_MISMATCH) => "Nama pemilik rekening di bank berbeda dengan nama di KTP Anda.",
            Some("BANK_ACCOUNT_MISSING") => "Rekening penerima belum diisi.",
            _ if self.wants_another_account() => "Bank tidak menemukan rekening ini.",
            _ => "Bank belum bisa menerima kiriman ini. Kami mengurusnya dan mengabari Anda.",
        }
    }
}

/// Whether a bank's spelling of a holder is the verified name: letters only, in any case; banks cut long names off.
pub fn names_match(verified: &str, bank: &str) -> bool {
    let letters = |name: &str| -> String {
        name.chars()
            .filter(|c| c.is_alphabetic())
            .flat_map(char::to_uppercase)
            .collect()
    };
    let (verified, bank) = (letters(verified), letters(bank));
    !bank.is_empty() && (verified == bank || (bank.chars().count() >= SHORTEST_CUT && verified.starts_with(&bank)))
}

/// No bank cuts a name before this many letters.
const SHORTEST_CUT: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_may_shout_and_cut_a_name_off_but_not_change_it() {
        for (verified, bank) in [
            ("Siti Nurhaliza", "SITI NURHALIZA"),
            ("Siti Nur'haliza", "SITI  NURHALIZA."),
            ("Raden Ajeng Siti Kusumawardhani", "RADEN AJENG SITI KUS"),
        ] {
            assert!(names_match(verified, bank), "{verified} {bank}");
        }
        for (verified, bank) in [
            ("Siti Nurhaliza", "SITI NURHALIZAH"),
            ("Siti Nurhaliza", "SITI"),
            ("Siti Nurhaliza", ""),
            ("", ""),
            ("Siti Nurhaliza", "BUDI SANTOSO"),
        ] {
            assert!(!names_match(verified, bank), "{verified} {bank}");
        }
    }
}

/// What is needed to open the account of an approved loan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenAccount {
    /// The loan; one account each.
    pub loan_id: LoanId,
    /// Whose.
    pub user_id: UserId,
    /// Terms, late fee, allocation order, cap: what servicing needs for the loan's whole life. Its start date is
    /// the consented one until the money arrives, then the date the gateway states.
    pub contract: Contract,
    /// Net cash to send.
    pub net_cash: Rupiah,
}

/// A loan's money: the payout, and the balances once it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The loan.
    pub loan_id: LoanId,
    /// The last payout.
    pub payout: Option<Payout>,
    /// The schedule in force, with its true start date once disbursed.
    pub contract: Contract,
    /// Balances at the asked date; none before the money arrived.
    pub position: Option<Position>,
    /// When the last rupiah was paid (UTC).
    pub closed_at: Option<OffsetDateTime>,
    /// The newest payment that stands.
    pub last_received: Option<Received>,
}

/// A payment that was posted and not taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// What was paid.
    pub amount: Rupiah,
    /// How.
    pub method: Method,
    /// When the payer's money moved (UTC).
    pub paid_at: OffsetDateTime,
    /// Numbers of the instalments it went to; none when all of it became a credit.
    pub instalments: Vec<u32>,
}

/// How a borrower pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Any bank or wallet, by QR code; at most Rp10.000.000.
    Qris,
    /// BCA virtual account.
    VaBca,
    /// BNI virtual account.
    VaBni,
    /// BRI virtual account.
    VaBri,
    /// Mandiri bill payment.
    VaMandiri,
    /// Permata virtual account.
    VaPermata,
    /// CIMB Niaga virtual account.
    VaCimb,
}

/// The most that one QRIS takes (Bank Indonesia).
pub const QRIS_MAX: Rupiah = Rupiah::new(10_000_000);

impl Method {
    /// In the order of the form.
    pub const ALL: [Self; 7] = [
        Self::Qris,
        Self::VaBca,
        Self::VaMandiri,
        Self::VaBri,
        Self::VaBni,
        Self::VaPermata,
        Self::VaCimb,
    ];

    /// The stored and public spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Qris => "qris",
            Self::VaBca => "va_bca",
            Self::VaBni => "va_bni",
            Self::VaBri => "va_bri",
            Self::VaMandiri => "va_mandiri",
            Self::VaPermata => "va_permata",
            Self::VaCimb => "va_cimb",
        }
    }

    /// Reads [`Method::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }

    /// The word on screen.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Qris => "QRIS",
            Self::VaBca => "BCA",
            Self::VaBni => "BNI",
            Self::VaBri => "BRI",
            Self::VaMandiri => "Mandiri",
            Self::VaPermata => "Permata",
            Self::VaCimb => "CIMB Niaga",
        }
    }
}

/// What a payment is for (lending.md 8.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentPurpose {
    /// The bill of now: everything overdue and due, or the next instalment.
    Instalment,
    /// Everything, to the day.
    Payoff,
    /// An amount of the borrower's choice.
    Amount,
}

impl PaymentPurpose {
    /// The stored and public spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Instalment => "instalment",
            Self::Payoff => "payoff",
            Self::Amount => "amount",
        }
    }

    /// Reads [`PaymentPurpose::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Instalment, Self::Payoff, Self::Amount]
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
    }
}

/// Where a payment stands (lending.md 7.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Stored, the gateway was not asked yet or its answer is in doubt.
    Created,
    /// The gateway gave a code; waits for the money.
    Pending,
    /// Paid and posted.
    Posted,
    /// The code ran out.
    Expired,
    /// Cancelled.
    Cancelled,
    /// The gateway says it failed.
    Failed,
    /// Posted, then taken back by the bank.
    Reversed,
    /// Paid with another amount: a person decides.
    Mismatch,
}

impl PaymentStatus {
    const ALL: [Self; 8] = [
        Self::Created,
        Self::Pending,
        Self::Posted,
        Self::Expired,
        Self::Cancelled,
        Self::Failed,
        Self::Reversed,
        Self::Mismatch,
    ];

    /// The stored and public spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Pending => "pending",
            Self::Posted => "posted",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Reversed => "reversed",
            Self::Mismatch => "mismatch",
        }
    }

    /// Reads [`PaymentStatus::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// What the payer types or scans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Instruction {
    /// A virtual account number.
    VirtualAccount {
        /// Digits.
        number: String,
    },
    /// Mandiri's two numbers.
    MandiriBill {
        /// Company code.
        biller_code: String,
        /// Bill number.
        bill_key: String,
    },
    /// The text of a QR code (EMVCo).
    Qris {
        /// The payload.
        qr_string: String,
    },
}

/// One attempt to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// Our order id at the gateway.
    pub order_id: String,
    /// The loan.
    pub loan_id: LoanId,
    /// What for.
    pub purpose: PaymentPurpose,
    /// How.
    pub method: Method,
    /// Fixed by us when the attempt was made.
    pub amount: Rupiah,
    /// Where it stands.
    pub status: PaymentStatus,
    /// The code, once the gateway gave one.
    pub instruction: Option<Instruction>,
    /// When the code runs out (UTC).
    pub expires_at: Option<OffsetDateTime>,
    /// When the money moved, as the gateway states it (UTC).
    pub paid_at: Option<OffsetDateTime>,
    /// When the attempt was made (UTC).
    pub created_at: OffsetDateTime,
}

/// What a borrower wants to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRequest {
    /// The loan.
    pub loan_id: LoanId,
    /// What for.
    pub purpose: PaymentPurpose,
    /// For [`PaymentPurpose::Amount`] only.
    pub amount: Option<Rupiah>,
    /// How.
    pub method: Method,
    /// What the payer was shown for the other purposes: when it is another sum by now, nothing begins.
    pub seen: Option<Rupiah>,
    /// What the part of an amount changes that is paid before it is due; none: what the contract says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepay: Option<PrepayMode>,
}

/// A journal as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedJournal {
    /// Order of recording within the loan.
    pub seq: i64,
    /// Kind, date and lines.
    pub journal: Journal,
    /// When it was recorded (UTC).
    pub recorded_at: OffsetDateTime,
}

/// What two members of staff decide about a loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// Off the books, from [`WRITE_OFF_DAYS`] days past due on; it stays owed.
    WriteOff,
    /// Back on the books.
    UndoWriteOff,
    /// Giving up what is owed of one component.
    Waive {
        /// Which.
        component: Component,
        /// Rupiah, not more than is owed of it.
        amount: Rupiah,
    },
    /// A way out, asked for by the borrower or agreed with them.
    Relieve {
        /// Which.
        option: Hardship,
    },
    /// Sending a credit balance back that waits for it.
    Refund {
        /// Rupiah, as it was asked for.
        amount: Rupiah,
    },
}

/// Days past due from which a write-off may be proposed (lending.md 8.11).
pub const WRITE_OFF_DAYS: u32 = 180;

impl Decision {
    /// Who may propose and who may approve it.
    pub const fn kind(self) -> ProposalKind {
        match self {
            Self::WriteOff | Self::UndoWriteOff => ProposalKind::WriteOff,
            Self::Waive { .. } => ProposalKind::Waiver,
            Self::Relieve { .. } => ProposalKind::Relief,
            Self::Refund { .. } => ProposalKind::Refund,
        }
    }
}

/// What became of a notice from a gateway. Answered only after COMMIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// Stored, or a copy of one that is.
    Accepted,
    /// The signature or token is wrong; nothing stored.
    BadSignature,
    /// Not a notice of this vendor.
    Malformed,
    /// A notice of this vendor about something that is not ours to hear of; nothing stored.
    Ignored,
    /// Known under this id with another body; nothing stored, somebody is alarmed.
    Contradiction,
}

/// Payouts, payments, allocation, ledger.
#[async_trait]
pub trait PaymentService: Send + Sync {
    /// Opens the account of an approved loan and creates its payout. System only. Idempotent by loan: a loan whose
    /// payout was cancelled stays cancelled.
    async fn open_account(&self, actor: &Actor, open: OpenAccount) -> Result<Account>;

    /// Cancels a payout that was not sent; also when none was created yet, so that none ever will be.
    /// System only. Idempotent by loan. `PayoutSent`.
    async fn cancel_payout(&self, actor: &Actor, loan_id: LoanId) -> Result<()>;

    /// Sends the money of a finally failed payout once more, under a new reference and key: its borrower, once another
    /// account is given when that was the reason; support and approver, whatever it was. Idempotent by loan: while one
    /// is on its way nothing new is made. `WrongState`, `BankAccountMissing`; fault of `bank_account`; `payout_open` while
    /// it is not known what became of an earlier one.
    async fn retry_payout(&self, actor: &Actor, loan_id: LoanId) -> Result<Account>;

    /// The account of a loan of the asker (or any, for staff and system), with balances at `on`
    /// (a date in Jakarta; today when absent). None before it was opened.
    async fn account(&self, actor: &Actor, loan_id: LoanId, on: Option<Date>) -> Result<Option<Account>>;

    /// The loan today with the derivation of its amounts; who may see it as for [`PaymentService::account`].
    /// `NotFound` before the money arrived.
    async fn explain(&self, actor: &Actor, loan_id: LoanId) -> Result<Explanation>;

    /// The same for every loan of a person, today, in one round trip. The person themself, staff, system.
    async fn accounts_of(&self, actor: &Actor, user_id: UserId) -> Result<Vec<Account>>;

    /// Starts an attempt to pay: amount fixed by today's position, code asked from the gateway. One open attempt per
    /// loan and purpose; a new one cancels the old. Idempotent by (asker, `key`): when the gateway has no code yet the
    /// answer says `created`, and [`PaymentService::get`] has the code as soon as there is one. `AlreadyPaid`,
    /// `QrisLimit`, `KeyInFlight`, fault of `amount`.
    async fn create(&self, actor: &Actor, request: PaymentRequest, key: &str) -> Result<Payment>;

    /// One payment of the asker.
    async fn get(&self, actor: &Actor, id: PaymentId) -> Result<Payment>;

    /// The payments of a loan of the asker, newest first.
    async fn list(&self, actor: &Actor, loan_id: LoanId) -> Result<Vec<Payment>>;

    /// "I have paid": asks the gateway soon and again. Idempotent by payment, and by (asker, `key`) when there is one.
    async fn claim(&self, actor: &Actor, id: PaymentId, key: Option<&str>) -> Result<Payment>;

    /// The journals of a loan of the asker, oldest first.
    async fn ledger(&self, actor: &Actor, loan_id: LoanId, page: PageRequest) -> Result<Page<PostedJournal>>;

    /// The books as a whole: the closed day, what drifts, what was set aside, trial balance, ageing.
    /// [`BOOK_READERS`](super::BOOK_READERS), system.
    async fn state_of_books(&self, actor: &Actor) -> Result<StateOfBooks>;

    /// Proposes a journal by hand; the approval of a second person books it, once. `ProposalOpen` while the same one
    /// waits; the faults of [`ManualPosting::check`], of `reason`.
    async fn propose_posting(&self, actor: &Actor, posting: ManualPosting, reason: &str) -> Result<ProposalId>;

    /// What was earned (accrual view) and received (cash view) in journals booked from `from` to `to`, both included.
    /// [`BOOK_READERS`](super::BOOK_READERS), system.
    async fn income(&self, actor: &Actor, from: Date, to: Date) -> Result<Income>;

    /// The ways out that the loan could have today, each with its preview. The borrower, staff. `WrongState` before
    /// the money arrived.
    async fn ways_out(&self, actor: &Actor, loan_id: LoanId) -> Result<Vec<HardshipPreview>>;

    /// What one way out would do today; the faults of [`HardshipError`](super::hardship::HardshipError).
    async fn preview_way_out(&self, actor: &Actor, loan_id: LoanId, option: Hardship) -> Result<HardshipPreview>;

    /// The borrower consents to a way out whose preview they saw as `seen` ([`HardshipPreview::seen`]): applied at once
    /// within the limits, else it waits for staff and late fees stop. Idempotent by (asker, `key`). The faults of the
    /// preview; `DisclosureChanged` when it shows something else by now; `WrongState` while another request waits.
    async fn take_way_out(
        &self,
        actor: &Actor,
        loan_id: LoanId,
        option: Hardship,
        seen: &str,
        key: &str,
    ) -> Result<Relief>;

    /// The request that waits for staff, else the last one that was answered. The borrower, staff.
    async fn last_way_out(&self, actor: &Actor, loan_id: LoanId) -> Result<Option<ReliefRequest>>;

    /// Requests that wait, oldest first, or that were answered, newest first. Whoever has a part in deciding them, and
    /// the auditor.
    async fn list_ways_out(&self, actor: &Actor, answered: bool, page: PageRequest) -> Result<Page<ReliefRequest>>;

    /// Ends the request that waits: its borrower takes it back, or staff refuse it, with a reason that the borrower
    /// reads. Late fees go on the day after. `WrongState` when none waits.
    async fn end_way_out(&self, actor: &Actor, loan_id: LoanId, reason: &str) -> Result<()>;

    /// Loans with principal or interest past due, the latest first; with `bucket`, only its. Whoever has a part in
    /// waivers, and the auditor. Fault of `after`.
    async fn list_late(&self, actor: &Actor, bucket: Option<LateBucket>, page: PageRequest) -> Result<Page<LateLoan>>;

    /// What would happen; nothing is recorded. The borrower, staff. Faults of `date` and `amount`, `AlreadyPaid`.
    async fn what_if(&self, actor: &Actor, loan_id: LoanId, question: WhatIf) -> Result<WhatIfAnswer>;

    /// Proposes what two people decide. One proposal of a kind and loan waits at a time. Fault of `reason`,
    /// `write_off_too_early`, the faults of a way out, fault of `amount`, `WrongState`.
    async fn propose(&self, actor: &Actor, loan_id: LoanId, decision: Decision, reason: &str) -> Result<ProposalId>;

    /// Money that waits for two people, oldest first, or that was resolved, newest first. [`MONEY_READERS`](super::MONEY_READERS).
    async fn list_suspense(&self, actor: &Actor, resolved: bool, page: PageRequest) -> Result<Page<Suspense>>;

    /// One amount of it. [`MONEY_READERS`](super::MONEY_READERS).
    async fn get_suspense(&self, actor: &Actor, id: SuspenseId) -> Result<Suspense>;

    /// Proposes what becomes of money in suspense; the approval of a second person does it. Idempotent by money: one
    /// proposal of it waits at a time, and it is resolved once. `ProposalOpen`, `WrongState`; faults of `loan`,
    /// `reference` and `reason`.
    async fn propose_resolution(
        &self,
        actor: &Actor,
        id: SuspenseId,
        resolution: Resolution,
        reason: &str,
    ) -> Result<ProposalId>;

    /// Payouts that finally failed and were not tried again, or whose outcome nobody knows; oldest first, at most 100.
    /// [`MONEY_READERS`](super::MONEY_READERS).
    async fn troubled_payouts(&self, actor: &Actor) -> Result<Vec<TroubledPayout>>;

    /// Credit balances of loans that owe nothing any more, largest first, at most 100.
    /// [`MONEY_READERS`](super::MONEY_READERS).
    async fn credit_balances(&self, actor: &Actor) -> Result<Vec<CreditBalance>>;

    /// An officer stops late fees from tomorrow through a day, or until they are resumed; replaces an earlier stop.
    /// Fault of `through`, of `reason`.
    async fn pause_late_fees(&self, actor: &Actor, loan_id: LoanId, through: Option<Date>, reason: &str) -> Result<()>;

    /// An officer lets late fees go on from tomorrow.
    async fn resume_late_fees(&self, actor: &Actor, loan_id: LoanId, reason: &str) -> Result<()>;

    /// The borrower asks for their whole credit balance back (lending.md 8.10); two members of staff agree before it is
    /// sent to the verified account. Idempotent by loan: while one waits or is on its way it is the answer. Fault
    /// `no_credit`, `BankAccountMissing`.
    async fn ask_refund(&self, actor: &Actor, loan_id: LoanId) -> Result<Refund>;

    /// The newest refund of a loan. The borrower, staff.
    async fn last_refund(&self, actor: &Actor, loan_id: LoanId) -> Result<Option<Refund>>;

    /// Refunds that wait for staff, oldest first, or all others, newest first. Whoever has a part in deciding them,
    /// and the auditor.
    async fn refunds(&self, actor: &Actor, waiting: bool, page: PageRequest) -> Result<Page<Refund>>;

    /// The reports of the days that were compared with the gateways, newest first. Analyst, approver, auditor,
    /// superadmin.
    async fn reconciliations(&self, actor: &Actor, page: PageRequest) -> Result<Page<Reconciliation>>;

    /// What gateways and we say differently: what is open, oldest first, or what was resolved, newest first. As
    /// [`PaymentService::reconciliations`].
    async fn differences(&self, actor: &Actor, resolved: bool, page: PageRequest) -> Result<Page<Difference>>;

    /// Closes a difference that a person has looked into. Nothing moves by it. Analyst, approver. Fault of `reason`;
    /// `WrongState` when it is resolved.
    async fn close_difference(&self, actor: &Actor, id: DifferenceId, reason: &str) -> Result<()>;

    /// A notice from Midtrans: raw body, verified before parsing, kept in the inbox, worked on by a job that asks the
    /// gateway for the truth. Idempotent by (transaction, status); `Contradiction` when its body is another.
    async fn receive_midtrans(&self, raw: &[u8]) -> Result<Receipt>;

    /// A notice from Xendit with its `x-callback-token`. Idempotent by (event, payout, status).
    async fn receive_xendit(&self, token: &str, raw: &[u8]) -> Result<Receipt>;
}
