//! Lives a history: the product as a process that can die, the borrowers, the gateways behind their control surface,
//! and the wire between them, on which notices wait until the history delivers them.

use super::super::{borrower_paid_to, client, contract, free_jobs};
use super::{
    checker::PRINCIPAL,
    history::{Op, Step},
};
use axum::{Router, body::Bytes, http::HeaderMap, routing::post};
use domain::{
    Actor, Error, Role, Rupiah,
    audit::{AuditService as _, Verdict},
    id::{LoanId, ProposalId, UserId},
    loans::{product, schedule::Terms},
    payments::{
        Decision, OpenAccount, Payment, PaymentPurpose, PaymentRequest, PaymentService, Receipt, servicing::Contract,
    },
    rate::Rate,
};
use sandbox::{Fault, Mode};
use serde_json::{Value, json};
use services::{Core, Services, clock::Clock as _, gateways::Gateways, jobs, testing::World};
use std::{
    collections::{HashMap, HashSet},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};
use time::{Date, Duration, Time};

/// The most loans of one history.
const LOANS: usize = 3;
/// Histories begin so long before today: the gateways' clock is the machine's, and money never counts for a day to come.
const BEFORE: Duration = Duration::days(160);
/// And last at most so long.
const DAYS: i64 = 130;

/// One loan.
pub(super) struct Loan {
    pub(super) id: LoanId,
    pub(super) user_id: UserId,
    /// Late fees are charged. Of such a loan no payment is taken back, and of no other a refund is asked for: the
    /// checker's calculator does not know what the product does then.
    pub(super) late_fee: bool,
    /// Its money went back or may come twice: nobody tries again.
    settled: bool,
}

/// A notice on the wire, as the gateway sent it.
#[derive(Clone)]
struct Notice {
    vendor: &'static str,
    token: String,
    body: Bytes,
    taken: bool,
}

/// The product as one process: a runtime with everything that runs in it, connections and gateway clients of its own.
struct Process {
    runtime: Option<tokio::runtime::Runtime>,
    services: Services,
}

impl Process {
    async fn start(world: &World) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let (core, config) = (world.services.core.clone(), world.config.clone());
        let begun = runtime.spawn(async move {
            // A machine that is busy with other tests may keep a connection waiting.
            let db = loop {
                if let Ok(db) = services::db::pool(config.database_url.expose(), 6).await {
                    break db;
                }
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            };
            Services::new(Core { db, ..core }, &config, Gateways::new(&config).expect("gateways"))
        });
        let services = tokio::time::timeout(std::time::Duration::from_secs(60), begun).await;
        let services = services.expect("the services connect").expect("no panic");
        Self {
            runtime: Some(runtime),
            services,
        }
    }
}

impl Drop for Process {
    /// Whatever still runs is dropped where it waits, connections and all.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Work that is dropped after it was woken so often; none when it was.
struct Mortal<T> {
    work: Pin<Box<dyn Future<Output = T> + Send>>,
    left: Option<u32>,
}

impl<T> Future for Mortal<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        match &mut self.left {
            Some(0) => return Poll::Ready(None),
            Some(left) => *left -= 1,
            None => {}
        }
        self.work.as_mut().poll(context).map(Some)
    }
}

pub(super) struct Machine {
    pub(super) world: World,
    process: Process,
    wire: Arc<Mutex<Vec<Notice>>>,
    client: reqwest::Client,
    pub(super) loans: Vec<Loan>,
    /// What calls with a key were answered.
    pub(super) answers: HashMap<String, Payment>,
    /// Orders whose settlement we said we have.
    pub(super) acknowledged: HashSet<String>,
    /// The day on which an order was paid at the gateway, by our clock.
    pub(super) paid_on: HashMap<String, Date>,
    days: i64,
    /// How often the process died.
    pub(super) deaths: i64,
}

impl Machine {
    pub(super) async fn start() -> Self {
        let world = World::new().await;
        let begin = (world.clock.now() - BEFORE)
            .replace_day(10)
            .expect("every month has one");
        world
            .clock
            .set(begin.replace_time(Time::from_hms(5, 0, 0).expect("noon in Jakarta")));
        let wire = Arc::new(Mutex::new(Vec::new()));
        listen(&world, wire.clone()).await;
        let process = Process::start(&world).await;
        Self {
            world,
            process,
            wire,
            client: client(),
            loans: Vec::new(),
            answers: HashMap::new(),
            acknowledged: HashSet::new(),
            paid_on: HashMap::new(),
            days: 0,
            deaths: 0,
        }
    }

    pub(super) async fn end(self) {
        drop(self.process);
        self.world.abandon().await;
    }

    pub(super) fn today(&self) -> Date {
        self.world.services.core.clock.today()
    }

    fn wire(&self) -> std::sync::MutexGuard<'_, Vec<Notice>> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new process on the same database.
    async fn rise(&mut self) {
        self.process = Process::start(&self.world).await;
        free_jobs(&self.world).await;
    }

    /// Does `work` in the process; none when it died in it.
    async fn call<T, F>(&mut self, step: &Step, work: impl FnOnce(Services) -> F) -> Option<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let services = self.process.services.clone();
        let work = work(services.clone());
        let beside = step.beside_work;
        let mortal = Mortal {
            work: Box::pin(async move {
                if beside {
                    tokio::join!(work, async { drop(jobs::run_pending(&services).await) }).0
                } else {
                    work.await
                }
            }),
            left: step.dies,
        };
        let runtime = self.process.runtime.as_ref().expect("it runs");
        let done = tokio::time::timeout(std::time::Duration::from_secs(60), runtime.spawn(mortal)).await;
        let done = done
            .unwrap_or_else(|_| panic!("{:?} never ends", step.op))
            .expect("no panic");
        if done.is_none() {
            self.deaths += 1;
            self.rise().await;
        }
        done
    }

    /// Presses a button at a gateway; when it worked, waits for the notice that follows.
    async fn press(&self, path: String, body: Value) -> bool {
        let known = self.wire().len();
        let answer = self
            .client
            .post(format!("{}/_sim/{path}", self.world.sandbox.admin_url))
            .json(&body)
            .send()
            .await;
        if !answer.expect("the gateway").status().is_success() {
            return false;
        }
        for _ in 0..100 {
            if self.wire().len() > known {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        true
    }

    async fn records(&self, path: &str) -> Vec<Value> {
        let answer = self
            .client
            .get(format!("{}/_sim/{path}", self.world.sandbox.admin_url))
            .send()
            .await;
        let mut found: Vec<Value> = answer.expect("the gateway").json().await.expect("JSON");
        found.reverse();
        found
    }

    /// What the collecting gateway has, oldest first.
    pub(super) async fn orders(&self) -> Vec<Value> {
        self.records("midtrans").await
    }

    /// What the paying gateway has, oldest first.
    pub(super) async fn payouts(&self) -> Vec<Value> {
        self.records("xendit/payouts").await
    }

    /// One of the orders that stand so at the gateway, and its loan.
    async fn order(&self, number: usize, status: &str) -> Option<(String, usize)> {
        let mut orders = self.orders().await;
        orders.retain(|order| order["status"] == status);
        let order = orders.get(number.checked_rem(orders.len())?)?["order_id"]
            .as_str()?
            .to_owned();
        let sql = "select loan_id from payments.charge where order_id = $1";
        let loan: uuid::Uuid = sqlx::query_scalar(sql)
            .bind(&order)
            .fetch_one(&self.world.owner)
            .await
            .expect(sql);
        let at = self.loans.iter().position(|known| known.id.0 == loan)?;
        Some((order, at))
    }

    async fn payout(&self, number: usize, status: &str) -> Option<(String, usize)> {
        let mut payouts = self.payouts().await;
        payouts.retain(|payout| payout["status"] == status);
        let payout = payouts.get(number.checked_rem(payouts.len())?)?;
        let loan = payout["metadata"]["loan_id"].as_str()?;
        let at = self.loans.iter().position(|known| known.id.to_string() == loan)?;
        Some((payout["id"].as_str()?.to_owned(), at))
    }

    async fn state(&self, loan: &Loan) -> String {
        let sql = "select state from payments.account where loan_id = $1";
        let found = sqlx::query_scalar(sql)
            .bind(loan.id.0)
            .fetch_optional(&self.world.owner)
            .await;
        found.expect(sql).unwrap_or_default()
    }

    pub(super) async fn step(&mut self, step: &Step) {
        match step.op {
            Op::Open if self.loans.len() < LOANS => self.open(step).await,
            Op::Pay {
                loan,
                purpose,
                amount,
                method,
                key,
                again,
            } => {
                let Some(number) = loan.checked_rem(self.loans.len()) else {
                    return;
                };
                let request = PaymentRequest {
                    loan_id: self.loans[number].id,
                    purpose,
                    amount: (purpose == PaymentPurpose::Amount).then(|| Rupiah::new(amount)),
                    method,
                    seen: None,
                    prepay: None,
                };
                self.pay(step, number, request, key, again).await;
            }
            Op::Claim { order } => {
                let Some((order, loan)) = self.order(order, "pending").await else {
                    return;
                };
                let actor = self.world.borrower(self.loans[loan].user_id);
                let id = self.payment_of(&order).await;
                let claimed = self
                    .call(step, async move |services| {
                        services.payments.claim(&actor, id, None).await
                    })
                    .await;
                assert!(is_an_answer(&claimed), "{claimed:?}");
            }
            Op::Settle { order } => {
                let Some((order, _)) = self.order(order, "pending").await else {
                    return;
                };
                self.settle(&order, json!({})).await;
            }
            Op::SettleWrong { order, amount } => {
                let Some((order, _)) = self.order(order, "pending").await else {
                    return;
                };
                self.settle(&order, json!({"amount": amount})).await;
            }
            Op::Expire { order } | Op::Deny { order } => {
                let Some((order, _)) = self.order(order, "pending").await else {
                    return;
                };
                let word = if matches!(step.op, Op::Deny { .. }) {
                    "deny"
                } else {
                    "expire"
                };
                self.press(format!("midtrans/{order}/{word}"), json!({})).await;
            }
            Op::SettleLate { order } => {
                let Some((order, _)) = self.order(order, "pending").await else {
                    return;
                };
                self.paid_on.insert(order.clone(), self.today());
                self.fault("/v2/charge", Mode::LateSuccess, 1, 10);
                let known = self.wire().len();
                self.press(format!("midtrans/{order}/expire"), json!({})).await;
                self.wait_for(known + 2).await;
            }
            Op::TakeBack { order } => {
                let Some((order, loan)) = self.order(order, "settlement").await else {
                    return;
                };
                if !self.loans[loan].late_fee {
                    self.press(format!("midtrans/{order}/reverse"), json!({})).await;
                }
            }
            Op::Succeed { payout } => {
                let Some((payout, _)) = self.payout(payout, "ACCEPTED").await else {
                    return;
                };
                self.press(format!("xendit/payouts/{payout}/succeed"), json!({})).await;
            }
            Op::Fail { payout, code } => {
                let Some((payout, _)) = self.payout(payout, "ACCEPTED").await else {
                    return;
                };
                self.press(format!("xendit/payouts/{payout}/fail"), json!({"failure_code": code}))
                    .await;
            }
            Op::SucceedLate { payout } => {
                let Some((payout, loan)) = self.payout(payout, "ACCEPTED").await else {
                    return;
                };
                // A bank that pays after it said it would not pays twice when somebody tries again: that is its doing.
                self.loans[loan].settled = true;
                self.fault("/v2/payouts", Mode::LateSuccess, 1, 10);
                let known = self.wire().len();
                self.press(
                    format!("xendit/payouts/{payout}/fail"),
                    json!({"failure_code": "TRANSFER_ERROR"}),
                )
                .await;
                self.wait_for(known + 2).await;
            }
            Op::Return { payout } => self.give_back(payout).await,
            Op::Retry { loan } => {
                let Some(number) = loan.checked_rem(self.loans.len()) else {
                    return;
                };
                let loan = &self.loans[number];
                if loan.settled {
                    return;
                }
                let (id, staff) = (loan.id, self.world.staff(Role::Support));
                let retried = self
                    .call(step, async move |services| {
                        services.payments.retry_payout(&staff, id).await
                    })
                    .await;
                assert!(is_an_answer(&retried), "{retried:?}");
            }
            Op::Refund { loan } => {
                if let Some(number) = loan.checked_rem(self.loans.len()) {
                    self.refund(step, number).await;
                }
            }
            Op::Withdraw { loan } => {
                let Some(number) = loan.checked_rem(self.loans.len()) else {
                    return;
                };
                let loan = &self.loans[number];
                if loan.settled {
                    return;
                }
                let id = loan.id;
                let work = async move |services: Services| services.payments.cancel_payout(&Actor::system(), id).await;
                let stopped = self.call(step, work).await;
                assert!(is_an_answer(&stopped), "{stopped:?}");
            }
            Op::Deliver { notice } => {
                let count = self.wire().len();
                if let Some(at) = notice.checked_rem(count) {
                    self.deliver(step, at).await;
                }
            }
            Op::DeliverAll => self.deliver_all(step).await,
            Op::Forge { notice, how } => {
                let count = self.wire().len();
                if let Some(at) = notice.checked_rem(count) {
                    self.forge(step, at, how).await;
                }
            }
            Op::Work => {
                let worked = self
                    .call(step, async move |services| jobs::run_pending(&services).await)
                    .await;
                assert!(!matches!(worked, Some(Err(_))), "{worked:?}");
            }
            Op::Check { order } => {
                let mut orders = self.orders().await;
                let Some(at) = order.checked_rem(orders.len()) else {
                    return;
                };
                let id = self
                    .payment_of(orders.swap_remove(at)["order_id"].as_str().expect("an order"))
                    .await;
                let checked = self
                    .call(step, async move |services| services.payments.check_payment(id).await)
                    .await;
                assert!(
                    !matches!(&checked, Some(Err(failure)) if !failure.is_passing()),
                    "{checked:?}"
                );
            }
            Op::Sweep => {
                let swept = self
                    .call(step, async move |services| services.payments.sweep().await)
                    .await;
                assert!(
                    !matches!(&swept, Some(Err(failure)) if !failure.is_passing()),
                    "{swept:?}"
                );
            }
            Op::Minutes(minutes) => self.world.clock.advance(Duration::minutes(minutes)),
            Op::Days(days) => {
                let days = days.min(DAYS - self.days);
                if days > 0 {
                    // What the paying gateway said is heard before a failed loan lapses.
                    self.hear_payouts().await;
                    self.world.clock.advance(Duration::days(days));
                    self.days += days;
                }
            }
            Op::Close => {
                let day = self.today() - Duration::DAY;
                let closed = self
                    .call(step, async move |services| services.payments.close_day(day).await)
                    .await;
                assert!(
                    !matches!(&closed, Some(Err(failure)) if !failure.is_passing()),
                    "{closed:?}"
                );
            }
            Op::Fault { route, mode, times } => self.fault(route, mode, times, 20),
            Op::Die => self.rise().await,
            Op::Open => {}
        }
    }

    fn fault(&self, route: &str, mode: Mode, times: u32, ms: u64) {
        self.world.sandbox.add_fault(Fault {
            route: route.into(),
            mode,
            times,
            ms: Some(ms),
        });
    }

    async fn wait_for(&self, count: usize) {
        for _ in 0..100 {
            if self.wire().len() >= count {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    async fn payment_of(&self, order: &str) -> domain::id::PaymentId {
        let sql = "select payment_id from payments.charge where order_id = $1";
        let id: uuid::Uuid = sqlx::query_scalar(sql)
            .bind(order)
            .fetch_one(&self.world.owner)
            .await
            .expect(sql);
        id.into()
    }

    async fn open(&mut self, step: &Step) {
        let loan = Loan {
            id: LoanId(self.world.services.core.clock.new_id()),
            user_id: borrower_paid_to(&self.world, "4821").await,
            late_fee: self.loans.len() % 2 == 1,
            settled: false,
        };
        let open = self.terms(&loan);
        self.loans.push(loan);
        let opened = self
            .call(step, async move |services| {
                services.payments.open_account(&Actor::system(), open).await
            })
            .await;
        assert!(is_an_answer(&opened), "{opened:?}");
    }

    fn terms(&self, loan: &Loan) -> OpenAccount {
        let mut contract = Contract {
            terms: Terms::new(
                product::Method::Flat,
                Rupiah::new(PRINCIPAL),
                Rate::monthly(20_000),
                6,
                self.today(),
            ),
            ..contract(&self.world)
        };
        contract.late_fee.ppm = if loan.late_fee { 1_000 } else { 0 };
        OpenAccount {
            loan_id: loan.id,
            user_id: loan.user_id,
            contract,
            net_cash: Rupiah::new(PRINCIPAL),
        }
    }

    async fn pay(&mut self, step: &Step, number: usize, request: PaymentRequest, key: i64, again: bool) {
        let actor = self.world.borrower(self.loans[number].user_id);
        let key = format!("key-{key}-of-a-random-history");
        let name = format!("{}:{key}", actor_name(&actor));
        let given = key.clone();
        let answers = self
            .call(step, async move |services: Services| {
                let once = || services.payments.create(&actor, request.clone(), &given);
                if again {
                    let (first, second) = tokio::join!(once(), once());
                    vec![first, second]
                } else {
                    vec![once().await]
                }
            })
            .await;
        for answer in answers.into_iter().flatten() {
            assert!(is_an_answer(&Some(answer.clone())), "{answer:?}");
            if let Ok(payment) = answer {
                let first = self.answers.entry(name.clone()).or_insert_with(|| payment.clone());
                assert_eq!(*first, payment, "{name}: another answer for the same key");
            }
        }
    }

    /// The borrower asks, one member of staff proposes, another agrees; whoever dies in it leaves the rest for later.
    async fn refund(&mut self, step: &Step, number: usize) {
        let loan = &self.loans[number];
        if loan.settled || !loan.late_fee {
            return;
        }
        let (id, actor) = (loan.id, self.world.borrower(loan.user_id));
        let ask = async move |services: Services| services.payments.ask_refund(&actor, id).await;
        let asked = self.call(step, ask).await;
        assert!(is_an_answer(&asked), "{asked:?}");
        let Some(Ok(refund)) = asked else { return };
        let (maker, decision) = (
            self.world.staff(Role::Support),
            Decision::Refund { amount: refund.amount },
        );
        let propose =
            async move |services: Services| services.payments.propose(&maker, id, decision, "Lebih bayar.").await;
        let proposed = self.call(step, propose).await;
        assert!(is_an_answer(&proposed), "{proposed:?}");
        let sql = "select proposal_id from audit.proposal p where kind = 'refund' and subject = $1
                      and not exists (select from audit.verdict v where v.proposal_id = p.proposal_id)";
        let open: Option<uuid::Uuid> = sqlx::query_scalar(sql)
            .bind(id.to_string())
            .fetch_optional(&self.world.owner)
            .await
            .expect(sql);
        let Some(open) = open else { return };
        let checker = self.world.staff(Role::Approver);
        let agree = async move |services: Services| {
            let audit = &services.audit;
            audit
                .close_proposal(&checker, ProposalId(open), Verdict::Approved, "")
                .await
        };
        let agreed = self.call(step, agree).await;
        assert!(is_an_answer(&agreed), "{agreed:?}");
    }

    async fn settle(&mut self, order: &str, body: Value) {
        if self.press(format!("midtrans/{order}/pay"), body).await {
            self.paid_on.insert(order.to_owned(), self.today());
        }
    }

    /// A payout or a refund comes back. What was lent does not come back once something of the loan went back as a
    /// refund: that is for a person.
    async fn give_back(&mut self, payout: usize) {
        let Some((payout, loan)) = self.payout(payout, "SUCCEEDED").await else {
            return;
        };
        let sql = "select this.purpose, exists (
                       select from payments.payout other where other.loan_id = this.loan_id and other.purpose = 'refund')
                     from payments.payout this where this.provider_ref = $1";
        let known: Option<(String, bool)> = sqlx::query_as(sql)
            .bind(&payout)
            .fetch_optional(&self.world.owner)
            .await
            .expect(sql);
        match known {
            Some((purpose, _)) if purpose == "refund" => {}
            Some((_, false)) if self.state(&self.loans[loan]).await != "open" => self.loans[loan].settled = true,
            _ => return,
        }
        self.press(format!("xendit/payouts/{payout}/reverse"), json!({})).await;
    }

    async fn deliver(&mut self, step: &Step, at: usize) {
        let notice = self.wire()[at].clone();
        let body = notice.body.clone();
        let receipt = self
            .call(step, async move |services| match notice.vendor {
                "midtrans" => services.payments.receive_midtrans(&notice.body).await,
                _ => services.payments.receive_xendit(&notice.token, &notice.body).await,
            })
            .await;
        match receipt {
            Some(Ok(Receipt::Accepted)) => self.wire()[at].taken = true,
            None | Some(Err(Error::Busy { .. })) => return,
            other => panic!("{}: {other:?}", String::from_utf8_lossy(&body)),
        }
        let told: Value = serde_json::from_slice(&body).expect("JSON");
        if told["transaction_status"] == "settlement" {
            self.acknowledged
                .insert(told["order_id"].as_str().expect("an order").to_owned());
        }
    }

    async fn deliver_all(&mut self, step: &Step) {
        let waiting: Vec<usize> = self
            .wire()
            .iter()
            .enumerate()
            .filter(|(_, notice)| !notice.taken)
            .map(|(at, _)| at)
            .collect();
        for at in waiting {
            self.deliver(step, at).await;
        }
    }

    /// Quietly hears everything the paying gateway had to say, and works on it.
    async fn hear_payouts(&mut self) {
        let step = quiet(Op::DeliverAll);
        let waiting: Vec<usize> = (self.wire().iter().enumerate())
            .filter(|(_, notice)| notice.vendor == "xendit" && !notice.taken)
            .map(|(at, _)| at)
            .collect();
        for at in waiting {
            self.deliver(&step, at).await;
        }
        for _ in 0..10 {
            self.rise().await;
            self.world.clock.advance(Duration::minutes(2));
            let worked = self.call(&step, async move |services| {
                services.payments.sweep().await?;
                jobs::run_pending(&services).await
            });
            drop(worked.await);
            let open = "select count(*) from payments.inbox where processed_at is null and provider = 'xendit'";
            let open: i64 = sqlx::query_scalar(open).fetch_one(&self.world.owner).await.expect(open);
            if open == 0 {
                return;
            }
        }
    }

    /// A notice that is not the gateway's, made of one that is; it must be told so, or be a hint and no more.
    async fn forge(&mut self, step: &Step, at: usize, how: u8) {
        let notice = self.wire()[at].clone();
        let mut told: Value = serde_json::from_slice(&notice.body).expect("JSON");
        let (mut token, mut body) = (notice.token, notice.body.to_vec());
        let mut expected = Receipt::BadSignature;
        match (notice.vendor, how) {
            (_, 0) => {
                body.truncate(body.len() / 2);
                expected = Receipt::Malformed;
            }
            (_, 1) if notice.taken => {
                // The same, written in another way.
                body = serde_json::to_vec_pretty(&told).expect("JSON");
                expected = Receipt::Contradiction;
            }
            ("midtrans", 2) => {
                // The signature does not cover the status.
                told["transaction_status"] = json!("capture");
                body = told.to_string().into_bytes();
                expected = Receipt::Accepted;
            }
            ("midtrans", 3) => {
                told["gross_amount"] = json!("1.00");
                body = told.to_string().into_bytes();
            }
            ("midtrans", _) => {
                told["signature_key"] = json!("0".repeat(128));
                body = told.to_string().into_bytes();
            }
            (_, 2) => {
                told["data"]["status"] = json!("LOCKED");
                body = told.to_string().into_bytes();
                expected = Receipt::Accepted;
            }
            _ => token.push('x'),
        }
        let vendor = notice.vendor;
        let receipt = self
            .call(step, async move |services| match vendor {
                "midtrans" => services.payments.receive_midtrans(&body).await,
                _ => services.payments.receive_xendit(&token, &body).await,
            })
            .await;
        match receipt {
            None | Some(Err(Error::Busy { .. })) => {}
            // The same forgery a second time may differ in its bytes.
            Some(Ok(Receipt::Contradiction)) if expected == Receipt::Accepted => {}
            Some(found) => assert_eq!(found, Ok(expected), "{vendor} {how}: {told}"),
        }
    }

    /// Nothing goes wrong any more: every notice is delivered until it is taken, every payout ends, the worker works
    /// until nothing is left, and the days gone by are closed.
    pub(super) async fn come_to_rest(&mut self) {
        let cleared = self
            .client
            .delete(format!("{}/_sim/faults", self.world.sandbox.admin_url))
            .send()
            .await;
        assert!(cleared.expect("the gateway").status().is_success());
        let step = quiet(Op::DeliverAll);
        for at in 0..self.loans.len() {
            let open = self.terms(&self.loans[at]);
            let opened = self
                .call(&step, async move |services| {
                    services.payments.open_account(&Actor::system(), open).await
                })
                .await;
            assert!(matches!(opened, Some(Ok(_))), "{opened:?}");
        }
        for _ in 0..20 {
            self.rise().await;
            self.world.clock.advance(Duration::minutes(16));
            while let Some((payout, _)) = self.payout(0, "ACCEPTED").await {
                self.press(format!("xendit/payouts/{payout}/succeed"), json!({})).await;
            }
            self.deliver_all(&step).await;
            let work = async move |services: Services| {
                services.payments.sweep().await?;
                jobs::run_pending(&services).await
            };
            let worked = self.call(&step, work).await;
            assert!(matches!(worked, Some(Ok(()))), "{worked:?}");
            let busy = "select (select count(*) from payments.inbox where processed_at is null)
                             + (select count(*) from payments.charge where status = 'created')
                             + (select count(*) from payments.payout where status in ('created', 'sent', 'in_progress', 'in_doubt'))
                             + (select count(*) from graphile_worker.jobs)";
            let busy: i64 = sqlx::query_scalar(busy).fetch_one(&self.world.owner).await.expect(busy);
            if busy == 0 && self.wire().iter().all(|notice| notice.taken) && self.payout(0, "ACCEPTED").await.is_none()
            {
                break;
            }
        }
        let day = self.today() - Duration::DAY;
        let closed = self
            .call(&step, async move |services| services.payments.close_day(day).await)
            .await;
        let closed = closed.expect("alive").expect("a close");
        assert!(closed.iter().all(|day| day.set_aside == 0), "{closed:?}");
    }
}

fn quiet(op: Op) -> Step {
    Step {
        op,
        dies: None,
        beside_work: false,
    }
}

/// Whether a call was answered in a way that a borrower understands, or nobody heard the answer.
fn is_an_answer<T>(answer: &Option<domain::Result<T>>) -> bool {
    !matches!(
        answer,
        Some(Err(Error::Internal { .. } | Error::Forbidden | Error::Unauthenticated))
    )
}

fn actor_name(actor: &Actor) -> String {
    actor
        .borrower()
        .map_or_else(|_| "nobody".into(), |user_id| user_id.to_string())
}

/// Takes every notice of the gateways off their hands; they wait on the wire.
async fn listen(world: &World, wire: Arc<Mutex<Vec<Notice>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    world
        .sandbox
        .set_webhook_base(format!("http://{}", listener.local_addr().expect("an address")));
    let hold = |vendor: &'static str| {
        let wire = wire.clone();
        post(async move |headers: HeaderMap, body: Bytes| {
            let token = headers
                .get("x-callback-token")
                .and_then(|token| token.to_str().ok())
                .unwrap_or_default();
            let notice = Notice {
                vendor,
                token: token.to_owned(),
                body,
                taken: false,
            };
            wire.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
        })
    };
    let app = Router::new()
        .route("/webhooks/midtrans", hold("midtrans"))
        .route("/webhooks/xendit", hold("xendit"));
    tokio::spawn(async move { axum::serve(listener, app).await });
}
