//! Money in and out against the sandbox: sent once, posted once, whatever goes wrong on the way. After every step
//! the ledger must balance and equal the position that is replayed from the events.

mod closing;
mod faults;
mod guards;
mod incoming;
mod late;
mod model;
mod outgoing;
mod reconciling;
mod refunding;
mod relief;
mod suspense;

use crate::people::person;
use domain::{
    Actor, PageRequest, Rupiah,
    id::{LoanId, PaymentId, UserId},
    loans::{
        cap::{TenorClass, first_table, select},
        product::{self, LateFee, LateFeeMethod, OverdueInterest, PrepayMode, PurposeType},
        schedule::Terms,
    },
    payments::{
        Account, Method, OpenAccount, Payment, PaymentPurpose, PaymentRequest, PaymentService, PaymentStatus,
        PayoutStatus,
        servicing::{Contract, Position},
    },
    rate::Rate,
    users::{BankAccountInput, ProfileChange, UserService},
};
use sandbox::{Fault, Mode};
use serde_json::{Value, json};
use services::testing::World;
use std::sync::atomic::{AtomicU32, Ordering};
use time::Date;

static NUMBER: AtomicU32 = AtomicU32::new(1);

/// Small numbers that are the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % end.unsigned_abs()).cast_signed()
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as i64)).expect("a place")].clone()
    }
}

/// A borrower with a profile and a bank account whose number ends in `tail`.
async fn borrower_paid_to(world: &World, tail: &str) -> UserId {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let user_id = person(world, &format!("+628120000{number:04}")).await;
    let bank_account = BankAccountInput {
        bank: "BCA".into(),
        number: format!("123456{tail}"),
    };
    let change = ProfileChange {
        bank_account: Some(bank_account),
        ..ProfileChange::default()
    };
    world
        .services
        .users
        .update_profile(&world.borrower(user_id), change)
        .await
        .expect("a bank account");
    user_id
}

/// Rp3.000.000, 2.5 % a month, six months, from today.
fn contract(world: &World) -> Contract {
    let start = world.services.core.clock.today();
    Contract {
        terms: Terms::new(
            product::Method::Annuity,
            Rupiah::new(3_000_000),
            Rate::monthly(25_000),
            6,
            start,
        ),
        late_fee: LateFee {
            method: LateFeeMethod::Daily,
            ppm: 1_000,
            grace_days: 0,
        },
        allocation: product::Allocation::IPFL,
        prepay_default: PrepayMode::Next,
        total_cap_percent: 100,
        overdue_interest: OverdueInterest::None,
        cap: select(
            &first_table(),
            start,
            PurposeType::Consumptive,
            TenorClass::AtLeast6Months,
        )
        .ok(),
        agreed: Vec::new(),
    }
}

/// One borrower and one loan of theirs.
struct Case<'a> {
    world: &'a World,
    user_id: UserId,
    loan_id: LoanId,
}

impl<'a> Case<'a> {
    async fn new(world: &'a World) -> Self {
        let user_id = borrower_paid_to(world, "4821").await;
        Self {
            world,
            user_id,
            loan_id: LoanId(world.services.core.clock.new_id()),
        }
    }

    /// A loan whose money arrived today.
    async fn lent(world: &'a World) -> Self {
        let case = Self::new(world).await;
        case.open().await;
        world.run_jobs().await;
        case.press_payout("succeed", json!({})).await;
        case.until_payout(PayoutStatus::Succeeded).await;
        case.books_match().await;
        case
    }

    fn payments(&self) -> &dyn PaymentService {
        &*self.world.services.payments
    }

    fn actor(&self) -> Actor {
        self.world.borrower(self.user_id)
    }

    async fn open(&self) -> Account {
        let open = OpenAccount {
            loan_id: self.loan_id,
            user_id: self.user_id,
            contract: contract(self.world),
            net_cash: Rupiah::new(3_000_000),
        };
        self.payments()
            .open_account(&Actor::system(), open)
            .await
            .expect("an account")
    }

    async fn account(&self) -> Account {
        let found = self
            .payments()
            .account(&self.actor(), self.loan_id, None)
            .await
            .expect("an answer");
        found.expect("an account")
    }

    async fn position(&self) -> Position {
        self.account().await.position.expect("a position")
    }

    async fn payout_status(&self) -> PayoutStatus {
        self.account().await.payout.expect("a payout").status
    }

    async fn until_payout(&self, status: PayoutStatus) {
        self.world
            .run_jobs_until(async || self.payout_status().await == status)
            .await;
    }

    async fn until(&self, id: PaymentId, status: PaymentStatus) {
        self.world
            .run_jobs_until(async || self.payment(id).await.status == status)
            .await;
    }

    async fn payment(&self, id: PaymentId) -> Payment {
        self.payments().get(&self.actor(), id).await.expect("a payment")
    }

    async fn try_create(
        &self,
        purpose: PaymentPurpose,
        method: Method,
        amount: Option<i64>,
        key: &str,
    ) -> domain::Result<Payment> {
        let request = PaymentRequest {
            loan_id: self.loan_id,
            purpose,
            amount: amount.map(Rupiah::new),
            method,
            seen: None,
            prepay: None,
        };
        self.payments().create(&self.actor(), request, key).await
    }

    /// An attempt to pay the bill by QR.
    async fn bill(&self, key: &str) -> Payment {
        self.try_create(PaymentPurpose::Instalment, Method::Qris, None, key)
            .await
            .expect("a payment")
    }

    /// Payouts that the gateway has for this loan.
    async fn sent(&self) -> Vec<Value> {
        let id = self.account().await.payout.expect("a payout").id.to_string();
        let all = control(self.world, reqwest::Method::GET, "/_sim/xendit/payouts", &json!({})).await;
        let all = all.as_array().expect("a list").clone();
        all.into_iter()
            .filter(|payout| payout["reference_id"] == id.as_str())
            .collect()
    }

    async fn press_payout(&self, action: &str, body: Value) {
        let id = self.account().await.payout.expect("a payout").id;
        post(self.world, &format!("/_sim/xendit/payouts/{id}/{action}"), body).await;
    }

    async fn press(&self, payment: &Payment, action: &str, body: Value) {
        post(
            self.world,
            &format!("/_sim/midtrans/{}/{action}", payment.order_id),
            body,
        )
        .await;
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .bind(self.loan_id.0)
            .fetch_one(&self.world.owner)
            .await
            .expect("a count")
    }

    /// Balances of the loan's accounts in the ledger, debits less credits.
    async fn balance(&self, account: &str) -> i64 {
        sqlx::query_scalar(
            "select coalesce(sum(debit - credit), 0)::bigint
               from payments.posting where loan_id = $1 and account = $2",
        )
        .bind(self.loan_id.0)
        .bind(account)
        .fetch_one(&self.world.owner)
        .await
        .expect("a balance")
    }

    /// The books of the loan equal the position at the day to which they were brought, and every journal balances.
    async fn books_match(&self) {
        let advanced_to: Date = sqlx::query_scalar("select advanced_to from payments.standing where loan_id = $1")
            .bind(self.loan_id.0)
            .fetch_one(&self.world.owner)
            .await
            .expect("a day");
        let found = self
            .payments()
            .account(&self.actor(), self.loan_id, Some(advanced_to))
            .await;
        let position = found
            .expect("an answer")
            .expect("an account")
            .position
            .expect("a position");
        let expected = [
            ("1100", position.outstanding_principal.get()),
            ("1110", position.accrued_interest.get()),
            ("1120", position.fees.get()),
            ("1130", position.late_fees.get()),
            ("2100", -position.credit.get()),
            ("2110", -position.unearned_interest.get()),
        ];
        for (account, amount) in expected {
            assert_eq!(
                self.balance(account).await,
                amount,
                "account {account} on {advanced_to}"
            );
        }
        self.allocations_match(&position).await;
        let unbalanced: i64 = sqlx::query_scalar(
            "select count(*) from (
                 select from payments.ledger_entry group by journal_id having sum(debit) <> sum(credit)
             ) u",
        )
        .fetch_one(&self.world.owner)
        .await
        .expect("a count");
        assert_eq!(unbalanced, 0);
        let mut after = None;
        let mut journals = Vec::new();
        loop {
            let page = PageRequest { limit: 100, after };
            let page = self
                .payments()
                .ledger(&self.actor(), self.loan_id, page)
                .await
                .expect("a page");
            journals.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(journals.iter().all(|posted| posted.journal.balanced()));
        let stored = "select (select count(*) from payments.journal where loan_id = $1)
                           + (select count(*) from payments.daily_journal where loan_id = $1)";
        let stored = self.count(stored).await;
        assert_eq!(journals.len() as i64, stored);
    }

    /// What the stored allocations say each event paid is what the replay says.
    async fn allocations_match(&self, position: &Position) {
        let replayed: i64 = position
            .applied
            .iter()
            .filter(|applied| applied.seq.is_some())
            .flat_map(|applied| {
                applied
                    .allocations
                    .iter()
                    .map(|part| part.amount.get())
                    .chain([applied.to_credit.get()])
            })
            .sum();
        let stored = "select coalesce(sum(amount), 0)::bigint from payments.allocation where loan_id = $1";
        assert_eq!(self.count(stored).await, replayed);
    }
}

/// What presses the buttons of the sandbox.
fn client() -> reqwest::Client {
    services::gateways::http::client(services::config::Environment::Development).expect("a client")
}

async fn control(world: &World, method: reqwest::Method, path: &str, body: &Value) -> Value {
    let client = client();
    let url = format!("{}{path}", world.sandbox.admin_url);
    let answer = client
        .request(method, &url)
        .json(body)
        .send()
        .await
        .expect("the sandbox answers");
    assert!(answer.status().is_success(), "{url}: {}", answer.status());
    answer.json().await.expect("JSON")
}

/// What a dead worker had taken from the queue, and what waits for its next try, is free at once; in life that takes
/// the queue some seconds.
async fn free_jobs(world: &World) {
    for sql in [
        "update graphile_worker._private_jobs set locked_at = null, locked_by = null, run_at = least(run_at, now())",
        "update graphile_worker._private_job_queues set locked_at = null, locked_by = null",
    ] {
        sqlx::query(sql).execute(&world.owner).await.expect(sql);
    }
}

async fn post(world: &World, path: &str, body: Value) {
    control(world, reqwest::Method::POST, path, &body).await;
}

fn fault(world: &World, route: &str, mode: Mode, ms: Option<u64>) {
    world.sandbox.add_fault(Fault {
        route: route.into(),
        mode,
        times: 1,
        ms,
    });
}
