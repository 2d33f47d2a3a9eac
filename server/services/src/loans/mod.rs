//! Products, quotes, applications, decisions. Enters: what a borrower or officer wants. Leaves: rows of schema
//! `loans`, jobs that decide and pay out, and [`Loan`]s put together with what payments knows of them.

mod accept_offer;
mod agreement;
mod apply;
mod back_test;
mod cancel;
pub mod catalogue;
mod decide;
mod decide_by_engine;
mod decide_in_shadow;
mod expire;
mod follow_payments;
mod load;
mod number;
mod papers;
mod policies;
mod price;
mod propose_cap;
mod propose_policy;
mod propose_product;
mod queries;
mod quote;
mod replay_decision;
mod request_review;
mod review;
mod snapshot;
mod start_payout;

use crate::{
    Core,
    command::{self, Command},
    failure::{Failure, Fallible},
};
use async_trait::async_trait;
use domain::{
    Actor, Page, PageRequest, Result, Rupiah,
    documents::{ContractFile, ContractKind, DocumentService},
    id::{LoanId, ProposalId, QuoteId},
    loans::{
        Agreement, ApplyRequest, HumanDecision, Loan, LoanService, PolicyVersion, ProductVersion, QueueItem, Quote,
        QuoteRequest, Review, Simulation, SimulationRequest, back_test::BackTest, cap::CapRow, decision::Policy,
        product::Product,
    },
    notifications::NotificationService,
    payments::PaymentService,
    users::UserService,
};
use std::{collections::BTreeMap, sync::Arc};
use time::{Date, Duration};

/// The version of the agreement's text; part of every consent.
pub const AGREEMENT_VERSION: &str = "2026-11";

/// Answers to keyed commands.
const COMMANDS: command::Book = command::book!("loans");
/// They are kept so long.
const KEEP: Duration = Duration::days(90);

/// The loans service.
pub struct Loans {
    core: Core,
    users: Arc<dyn UserService>,
    documents: Arc<dyn DocumentService>,
    payments: Arc<dyn PaymentService>,
    notifications: Arc<dyn NotificationService>,
    /// Our licence as printed on papers; empty for none.
    licence: String,
}

impl Loans {
    /// Takes up applications that were left behind, ends those whose borrower does not answer, deletes what is kept no longer.
    pub async fn sweep(&self) -> Fallible<()> {
        self.take_up_left_behind().await?;
        self.expire_waiting().await?;
        command::forget(&COMMANDS, &self.core.db, self.core.clock.now() - KEEP).await
    }

    /// Keeps an answer that needed no change of its own.
    async fn keep(&self, command: &Command<'_>, loan: Loan) -> Fallible<Loan> {
        let mut tx = self.core.begin().await?;
        if let Some(first) = command.take_in(&mut tx, &self.core).await? {
            return Ok(first);
        }
        command.answer_in(&mut tx, &self.core, &loan).await?;
        tx.commit().await?;
        Ok(loan)
    }

    /// A service over `core` that asks the others.
    pub fn new(
        core: Core,
        users: Arc<dyn UserService>,
        documents: Arc<dyn DocumentService>,
        payments: Arc<dyn PaymentService>,
        notifications: Arc<dyn NotificationService>,
        licence: String,
    ) -> Self {
        Self {
            core,
            users,
            documents,
            payments,
            notifications,
            licence,
        }
    }
}

#[async_trait]
impl LoanService for Loans {
    async fn list_products(&self, _: &Actor) -> Result<Vec<Product>> {
        self.products_in_force()
            .await
            .map_err(Failure::at("loans.list_products"))
    }

    async fn list_product_versions(&self, actor: &Actor) -> Result<Vec<ProductVersion>> {
        self.all_product_versions(actor)
            .await
            .map_err(Failure::at("loans.list_product_versions"))
    }

    async fn propose_product(&self, actor: &Actor, product: Product, reason: &str) -> Result<ProposalId> {
        self.propose_product_version(actor, product, reason)
            .await
            .map_err(Failure::at("loans.propose_product"))
    }

    async fn list_caps(&self, actor: &Actor) -> Result<Vec<CapRow>> {
        self.all_caps(actor).await.map_err(Failure::at("loans.list_caps"))
    }

    async fn propose_cap(&self, actor: &Actor, row: CapRow, reason: &str) -> Result<ProposalId> {
        self.propose_cap_row(actor, row, reason)
            .await
            .map_err(Failure::at("loans.propose_cap"))
    }

    async fn policy(&self, _: &Actor) -> Result<Policy> {
        self.policy_in_force().await.map_err(Failure::at("loans.policy"))
    }

    async fn list_policies(&self, actor: &Actor) -> Result<Vec<PolicyVersion>> {
        self.all_policies(actor)
            .await
            .map_err(Failure::at("loans.list_policies"))
    }

    async fn save_policy(&self, actor: &Actor, policy: Policy) -> Result<u32> {
        self.save_draft(actor, policy)
            .await
            .map_err(Failure::at("loans.save_policy"))
    }

    async fn shadow_policy(&self, actor: &Actor, version: u32) -> Result<()> {
        self.start_shadow(actor, version)
            .await
            .map_err(Failure::at("loans.shadow_policy"))
    }

    async fn retire_policy(&self, actor: &Actor, version: u32) -> Result<()> {
        self.end_shadow(actor, version)
            .await
            .map_err(Failure::at("loans.retire_policy"))
    }

    async fn back_test(&self, actor: &Actor, version: u32, from: Date, until: Date) -> Result<BackTest> {
        self.test_policy(actor, version, from, until)
            .await
            .map_err(Failure::at("loans.back_test"))
    }

    async fn propose_policy(&self, actor: &Actor, version: u32, reason: &str) -> Result<ProposalId> {
        self.propose_policy_version(actor, version, reason)
            .await
            .map_err(Failure::at("loans.propose_policy"))
    }

    async fn replay_decision(&self, actor: &Actor, id: LoanId) -> Result<bool> {
        self.decide_again(actor, id)
            .await
            .map_err(Failure::at("loans.replay_decision"))
    }

    async fn simulate(&self, _: &Actor, request: SimulationRequest) -> Result<Simulation> {
        self.simulate_terms(request)
            .await
            .map_err(Failure::at("loans.simulate"))
    }

    async fn limit(&self, actor: &Actor) -> Result<(Rupiah, Rupiah)> {
        self.limit_of_asker(actor).await.map_err(Failure::at("loans.limit"))
    }

    async fn quote(&self, actor: &Actor, request: QuoteRequest, key: &str) -> Result<Quote> {
        self.make_quote(actor, request, key)
            .await
            .map_err(Failure::at("loans.quote"))
    }

    async fn get_quote(&self, actor: &Actor, id: QuoteId) -> Result<Quote> {
        self.find_quote(actor, id).await.map_err(Failure::at("loans.get_quote"))
    }

    async fn apply(&self, actor: &Actor, request: ApplyRequest, key: &str) -> Result<Loan> {
        self.make_application(actor, request, key)
            .await
            .map_err(Failure::at("loans.apply"))
    }

    async fn list(&self, actor: &Actor, page: PageRequest) -> Result<Page<Loan>> {
        self.list_of_asker(actor, page).await.map_err(Failure::at("loans.list"))
    }

    async fn get(&self, actor: &Actor, id: LoanId) -> Result<Loan> {
        self.get_of_asker(actor, id).await.map_err(Failure::at("loans.get"))
    }

    async fn cancel(&self, actor: &Actor, id: LoanId, key: Option<&str>) -> Result<Loan> {
        self.cancel_application(actor, id, key)
            .await
            .map_err(Failure::at("loans.cancel"))
    }

    async fn request_review(&self, actor: &Actor, id: LoanId, key: Option<&str>) -> Result<Loan> {
        self.ask_for_review(actor, id, key)
            .await
            .map_err(Failure::at("loans.request_review"))
    }

    async fn agreement(&self, actor: &Actor, id: LoanId) -> Result<Agreement> {
        self.agreement_of_asker(actor, id)
            .await
            .map_err(Failure::at("loans.agreement"))
    }

    async fn paper(&self, actor: &Actor, id: LoanId, kind: ContractKind) -> Result<ContractFile> {
        self.paper_of_asker(actor, id, kind)
            .await
            .map_err(Failure::at("loans.paper"))
    }

    async fn issue_papers(&self, actor: &Actor, id: LoanId) -> Result<()> {
        self.issue_due_papers(actor, id)
            .await
            .map_err(Failure::at("loans.issue_papers"))
    }

    async fn numbers(&self, actor: &Actor, ids: &[LoanId]) -> Result<BTreeMap<LoanId, String>> {
        self.numbers_of(actor, ids).await.map_err(Failure::at("loans.numbers"))
    }

    async fn find_by_number(&self, actor: &Actor, number: &str) -> Result<Option<LoanId>> {
        self.find_numbered(actor, number)
            .await
            .map_err(Failure::at("loans.find_by_number"))
    }

    async fn review_queue(&self, actor: &Actor, page: PageRequest) -> Result<Page<QueueItem>> {
        self.list_referred(actor, page)
            .await
            .map_err(Failure::at("loans.review_queue"))
    }

    async fn review(&self, actor: &Actor, id: LoanId) -> Result<Review> {
        self.open_review(actor, id).await.map_err(Failure::at("loans.review"))
    }

    async fn decide(&self, actor: &Actor, id: LoanId, decision: HumanDecision) -> Result<()> {
        self.decide_by_person(actor, id, decision)
            .await
            .map_err(Failure::at("loans.decide"))
    }

    async fn decide_by_engine(&self, actor: &Actor, id: LoanId) -> Result<()> {
        self.run_engine(actor, id)
            .await
            .map_err(Failure::at("loans.decide_by_engine"))
    }

    async fn start_payout(&self, actor: &Actor, id: LoanId) -> Result<()> {
        self.open_account(actor, id)
            .await
            .map_err(Failure::at("loans.start_payout"))
    }

    async fn follow_payments(&self, actor: &Actor, id: LoanId) -> Result<()> {
        self.take_over_account(actor, id)
            .await
            .map_err(Failure::at("loans.follow_payments"))
    }
}
