//! Money in and out. Enters: approved loans, borrowers who pay, notices from gateways. Leaves: payouts sent exactly
//! once, payments posted exactly once, a ledger that is only ever added to.
//!
//! What happened to a loan is a list of events; balances and journals are pure functions of it (`domain::payments`).
//! Every change of a loan's money locks its account row first, then the payout or charge. A notice is a hint: the
//! gateway's own status is the truth, whoever brings it: notice, poll or claim.

mod books;
mod cancel_payout;
mod claim_payment;
mod close_day;
mod compare;
mod create_payment;
mod decide_together;
mod differences;
mod follow_payment;
mod follow_payout;
mod foretell;
mod list_late;
mod open_account;
mod pause_late_fees;
mod portfolio;
mod post_by_hand;
mod post_payment;
mod process_notice;
mod prove;
mod queries;
mod read;
mod receive_notice;
mod reconcile;
mod refund;
mod relieve;
mod remind;
mod resolve_suspense;
mod retry_payout;
mod return_money;
mod reverse_payout;
mod seed_history;
mod send_payout;
mod snapshot;
mod standing;
mod suspend_money;
mod sweep;
#[cfg(test)]
mod tests_support;
mod waiting_money;

pub use close_day::ClosedDay;
pub use prove::{Drift, Proof};
pub use seed_history::PastPayment;

use crate::{
    Core, command,
    failure::{Failure, Fallible},
    gateways::{
        collections::CollectionGateway,
        payouts::{AccountNames, PayoutGateway},
    },
};
use async_trait::async_trait;
use domain::{
    Actor, Page, PageRequest, Principal, Result,
    calendar::jakarta_date,
    id::{DifferenceId, LoanId, PaymentId, PayoutId, ProposalId, SuspenseId, UserId},
    payments::{
        Account, CreditBalance, Decision, Difference, Income, ManualPosting, OpenAccount, Payment, PaymentRequest,
        PaymentService, PostedJournal, Receipt, Reconciliation, Refund, Relief, ReliefRequest, Resolution,
        StateOfBooks, Suspense, TroubledPayout,
        explain::Explanation,
        hardship::HardshipPreview,
        late_loan::{LateBucket, LateLoan},
        servicing::Hardship,
        what_if::{WhatIf, WhatIfAnswer},
    },
    users::UserService,
};
use std::sync::Arc;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// Answers to keyed commands.
const COMMANDS: command::Book = command::book!("payments");

/// The payments service.
pub struct Payments {
    core: Core,
    users: Arc<dyn UserService>,
    collections: Arc<dyn CollectionGateway>,
    payouts: Arc<dyn PayoutGateway>,
    account_names: Option<Arc<dyn AccountNames>>,
}

impl std::fmt::Debug for Payments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Payments")
    }
}

impl Payments {
    /// The service on its foundations.
    pub fn new(
        core: Core,
        users: Arc<dyn UserService>,
        collections: Arc<dyn CollectionGateway>,
        payouts: Arc<dyn PayoutGateway>,
        account_names: Option<Arc<dyn AccountNames>>,
    ) -> Self {
        Self {
            core,
            users,
            collections,
            payouts,
            account_names,
        }
    }

    /// Sends a payout that was not sent yet. Idempotent: job of the account's opening.
    pub async fn send_payout(&self, id: PayoutId) -> Fallible<()> {
        self.send(id).await
    }

    /// Asks the gateway how a payout is and follows it; sends again, with the same reference and key, only what the
    /// gateway surely does not have. Idempotent.
    pub async fn check_payout(&self, id: PayoutId) -> Fallible<()> {
        self.follow_payout(id).await
    }

    /// Asks the gateway how a payment is and follows it. Idempotent.
    pub async fn check_payment(&self, id: PaymentId) -> Fallible<()> {
        self.follow_payment(id).await
    }

    /// Gives money in suspense back to its payer, as two people agreed, or learns that it is gone. Idempotent.
    pub async fn return_money(&self, id: SuspenseId) -> Fallible<()> {
        self.return_to_payer(id).await
    }

    /// Works on a stored notice. Idempotent.
    pub async fn process_inbox(&self, id: Uuid) -> Fallible<()> {
        self.process(id).await
    }

    /// Queues checks for what was left behind: codes past their end, payouts without an end, notices without work;
    /// deletes what is kept no longer.
    pub async fn sweep(&self) -> Fallible<()> {
        self.look_around().await
    }

    /// Closes every day up to `day` that is not closed yet, in order (lending.md 10.6): books at the opening of the
    /// next day, turnover, portfolio, proof. A day that is not over is a fault of `date`; a loan that fails is set
    /// aside and stops no other. Idempotent by date; may be killed at any instruction and run again.
    pub async fn close_day(&self, day: Date) -> Fallible<Vec<ClosedDay>> {
        self.close_through(day, close_day::RANGE).await
    }

    /// The same in transactions of `range` loans, so that a test can stop it between them.
    #[cfg(feature = "testing")]
    pub async fn close_day_in_ranges(&self, day: Date, range: i64) -> Fallible<Vec<ClosedDay>> {
        self.close_through(day, range).await
    }

    /// Compares a day that is over with what the gateways say of it and stores the report; a day that is not over is a
    /// fault of `date`. Idempotent by date; may be killed at any instruction and run again.
    pub async fn reconcile(&self, day: Date) -> Fallible<Reconciliation> {
        self.reconcile_in_pages(day, reconcile::PAGE).await
    }

    /// The same in pages of a test's size.
    #[cfg(feature = "testing")]
    pub async fn reconcile_by(&self, day: Date, page: i64) -> Fallible<Reconciliation> {
        self.reconcile_in_pages(day, page).await
    }

    /// Follows what an open difference is about, and resolves it when the gateway agrees now. Idempotent.
    pub async fn settle_difference(&self, id: DifferenceId) -> Fallible<()> {
        self.follow_difference(id).await
    }

    /// Rebuilds loans from their events and compares balances, formulas, allocations and journals with what is
    /// stored: one of seven parts, or all. What differs is kept until it is proven again.
    pub async fn prove(&self, part: Option<u8>) -> Fallible<Proof> {
        self.prove_part(part).await
    }

    /// Whether debits equal credits and every control account is the sum of its loans, now.
    pub async fn books_agree(&self) -> Fallible<bool> {
        self.prove_books(self.core.clock.today()).await
    }

    /// For the demo people: a loan paid out at `disbursed_at` and `payments` made since, through the code of real
    /// ones but without a gateway and without telling anybody. The seeder lets the loans service follow afterwards.
    /// Idempotent by loan and by the place of a payment in the list.
    pub async fn seed_history(
        &self,
        open: OpenAccount,
        disbursed_at: OffsetDateTime,
        payments: &[PastPayment],
    ) -> Fallible<()> {
        self.seed(open, disbursed_at, payments).await
    }

    fn moment(&self) -> Moment {
        Moment::at(self.core.clock.now())
    }
}

/// An instant and its business date.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// UTC.
    now: OffsetDateTime,
    /// Asia/Jakarta.
    today: Date,
}

impl Moment {
    fn at(now: OffsetDateTime) -> Self {
        Self {
            now,
            today: jakarta_date(now),
        }
    }
}

/// Whose rows the asker may read: their own, or everybody's for staff and the product itself.
fn scope(actor: &Actor) -> Result<Option<UserId>> {
    match &actor.principal {
        Principal::Borrower(session) => Ok(Some(session.user_id)),
        Principal::Staff(_) | Principal::System => Ok(None),
        Principal::Anonymous => Err(domain::Error::Unauthenticated),
    }
}

#[async_trait]
impl PaymentService for Payments {
    async fn open_account(&self, actor: &Actor, open: OpenAccount) -> Result<Account> {
        self.open(actor, open)
            .await
            .map_err(Failure::at("payments.open_account"))
    }

    async fn cancel_payout(&self, actor: &Actor, loan_id: LoanId) -> Result<()> {
        self.stop_payout(actor, loan_id)
            .await
            .map_err(Failure::at("payments.cancel_payout"))
    }

    async fn retry_payout(&self, actor: &Actor, loan_id: LoanId) -> Result<Account> {
        self.pay_again(actor, loan_id)
            .await
            .map_err(Failure::at("payments.retry_payout"))
    }

    async fn account(&self, actor: &Actor, loan_id: LoanId, on: Option<Date>) -> Result<Option<Account>> {
        self.find_account(actor, loan_id, on)
            .await
            .map_err(Failure::at("payments.account"))
    }

    async fn explain(&self, actor: &Actor, loan_id: LoanId) -> Result<Explanation> {
        self.explain_account(actor, loan_id)
            .await
            .map_err(Failure::at("payments.explain"))
    }

    async fn accounts_of(&self, actor: &Actor, user_id: UserId) -> Result<Vec<Account>> {
        self.list_accounts(actor, user_id)
            .await
            .map_err(Failure::at("payments.accounts_of"))
    }

    async fn create(&self, actor: &Actor, request: PaymentRequest, key: &str) -> Result<Payment> {
        self.start_payment(actor, request, key)
            .await
            .map_err(Failure::at("payments.create"))
    }

    async fn get(&self, actor: &Actor, id: PaymentId) -> Result<Payment> {
        self.get_payment(actor, id).await.map_err(Failure::at("payments.get"))
    }

    async fn list(&self, actor: &Actor, loan_id: LoanId) -> Result<Vec<Payment>> {
        self.list_payments(actor, loan_id)
            .await
            .map_err(Failure::at("payments.list"))
    }

    async fn claim(&self, actor: &Actor, id: PaymentId, key: Option<&str>) -> Result<Payment> {
        self.claim_paid(actor, id, key)
            .await
            .map_err(Failure::at("payments.claim"))
    }

    async fn ledger(&self, actor: &Actor, loan_id: LoanId, page: PageRequest) -> Result<Page<PostedJournal>> {
        self.list_journals(actor, loan_id, page)
            .await
            .map_err(Failure::at("payments.ledger"))
    }

    async fn state_of_books(&self, actor: &Actor) -> Result<StateOfBooks> {
        self.read_state(actor)
            .await
            .map_err(Failure::at("payments.state_of_books"))
    }

    async fn propose_posting(&self, actor: &Actor, posting: ManualPosting, reason: &str) -> Result<ProposalId> {
        self.propose_by_hand(actor, posting, reason)
            .await
            .map_err(Failure::at("payments.propose_posting"))
    }

    async fn income(&self, actor: &Actor, from: Date, to: Date) -> Result<Income> {
        self.read_income(actor, from, to)
            .await
            .map_err(Failure::at("payments.income"))
    }

    async fn ways_out(&self, actor: &Actor, loan_id: LoanId) -> Result<Vec<HardshipPreview>> {
        self.foretell_ways_out(actor, loan_id)
            .await
            .map_err(Failure::at("payments.ways_out"))
    }

    async fn preview_way_out(&self, actor: &Actor, loan_id: LoanId, option: Hardship) -> Result<HardshipPreview> {
        self.foretell_way_out(actor, loan_id, option)
            .await
            .map_err(Failure::at("payments.preview_way_out"))
    }

    async fn take_way_out(
        &self,
        actor: &Actor,
        loan_id: LoanId,
        option: Hardship,
        seen: &str,
        key: &str,
    ) -> Result<Relief> {
        self.relieve(actor, loan_id, option, seen, key)
            .await
            .map_err(Failure::at("payments.take_way_out"))
    }

    async fn last_way_out(&self, actor: &Actor, loan_id: LoanId) -> Result<Option<ReliefRequest>> {
        self.find_last_request(actor, loan_id)
            .await
            .map_err(Failure::at("payments.last_way_out"))
    }

    async fn list_ways_out(&self, actor: &Actor, answered: bool, page: PageRequest) -> Result<Page<ReliefRequest>> {
        self.page_of_requests(actor, answered, page)
            .await
            .map_err(Failure::at("payments.list_ways_out"))
    }

    async fn end_way_out(&self, actor: &Actor, loan_id: LoanId, reason: &str) -> Result<()> {
        self.end_request(actor, loan_id, reason)
            .await
            .map_err(Failure::at("payments.end_way_out"))
    }

    async fn list_late(&self, actor: &Actor, bucket: Option<LateBucket>, page: PageRequest) -> Result<Page<LateLoan>> {
        self.page_of_late(actor, bucket, page)
            .await
            .map_err(Failure::at("payments.list_late"))
    }

    async fn what_if(&self, actor: &Actor, loan_id: LoanId, question: WhatIf) -> Result<WhatIfAnswer> {
        self.foretell(actor, loan_id, question)
            .await
            .map_err(Failure::at("payments.what_if"))
    }

    async fn propose(&self, actor: &Actor, loan_id: LoanId, decision: Decision, reason: &str) -> Result<ProposalId> {
        self.propose_decision(actor, loan_id, decision, reason)
            .await
            .map_err(Failure::at("payments.propose"))
    }

    async fn list_suspense(&self, actor: &Actor, resolved: bool, page: PageRequest) -> Result<Page<Suspense>> {
        self.page_of_suspense(actor, resolved, page)
            .await
            .map_err(Failure::at("payments.list_suspense"))
    }

    async fn get_suspense(&self, actor: &Actor, id: SuspenseId) -> Result<Suspense> {
        self.find_suspense(actor, id)
            .await
            .map_err(Failure::at("payments.get_suspense"))
    }

    async fn propose_resolution(
        &self,
        actor: &Actor,
        id: SuspenseId,
        resolution: Resolution,
        reason: &str,
    ) -> Result<ProposalId> {
        self.propose_for_suspense(actor, id, resolution, reason)
            .await
            .map_err(Failure::at("payments.propose_resolution"))
    }

    async fn troubled_payouts(&self, actor: &Actor) -> Result<Vec<TroubledPayout>> {
        self.list_troubled_payouts(actor)
            .await
            .map_err(Failure::at("payments.troubled_payouts"))
    }

    async fn credit_balances(&self, actor: &Actor) -> Result<Vec<CreditBalance>> {
        self.list_credit_balances(actor)
            .await
            .map_err(Failure::at("payments.credit_balances"))
    }

    async fn pause_late_fees(&self, actor: &Actor, loan_id: LoanId, through: Option<Date>, reason: &str) -> Result<()> {
        self.stop_late_fees(actor, loan_id, Some(through), reason)
            .await
            .map_err(Failure::at("payments.pause_late_fees"))
    }

    async fn resume_late_fees(&self, actor: &Actor, loan_id: LoanId, reason: &str) -> Result<()> {
        self.stop_late_fees(actor, loan_id, None, reason)
            .await
            .map_err(Failure::at("payments.resume_late_fees"))
    }

    async fn ask_refund(&self, actor: &Actor, loan_id: LoanId) -> Result<Refund> {
        self.request_refund(actor, loan_id)
            .await
            .map_err(Failure::at("payments.ask_refund"))
    }

    async fn last_refund(&self, actor: &Actor, loan_id: LoanId) -> Result<Option<Refund>> {
        self.find_last_refund(actor, loan_id)
            .await
            .map_err(Failure::at("payments.last_refund"))
    }

    async fn refunds(&self, actor: &Actor, waiting: bool, page: PageRequest) -> Result<Page<Refund>> {
        self.page_of_refunds(actor, waiting, page)
            .await
            .map_err(Failure::at("payments.refunds"))
    }

    async fn reconciliations(&self, actor: &Actor, page: PageRequest) -> Result<Page<Reconciliation>> {
        self.page_of_reports(actor, page)
            .await
            .map_err(Failure::at("payments.reconciliations"))
    }

    async fn differences(&self, actor: &Actor, resolved: bool, page: PageRequest) -> Result<Page<Difference>> {
        self.page_of_differences(actor, resolved, page)
            .await
            .map_err(Failure::at("payments.differences"))
    }

    async fn close_difference(&self, actor: &Actor, id: DifferenceId, reason: &str) -> Result<()> {
        self.end_difference(actor, id, reason)
            .await
            .map_err(Failure::at("payments.close_difference"))
    }

    async fn receive_midtrans(&self, raw: &[u8]) -> Result<Receipt> {
        self.take_midtrans(raw)
            .await
            .map_err(Failure::at("payments.receive_midtrans"))
    }

    async fn receive_xendit(&self, token: &str, raw: &[u8]) -> Result<Receipt> {
        self.take_xendit(token, raw)
            .await
            .map_err(Failure::at("payments.receive_xendit"))
    }
}
