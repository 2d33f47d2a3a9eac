//! The real server is killed at every write it makes for one payment and one payout, and at odd moments; it is started
//! again, the borrower and the gateways repeat what they did not see answered, and the books must hold.
//!
//! At the first forty writes of each, at every fifth of the rest, and at random moments of `CRASH_SEED`; with
//! `CRASH_SWEEP` (`make crash`) at all of them, before and after.
//! The checks look at the tables and at the gateways' records, not at the product's own answers.

mod proxy;

use crate::harness::Site;
use proxy::{Moment, Proxy};
use reqwest::{Client, Method, StatusCode};
use sandbox::Sandbox;
use serde_json::{Value, json};
use services::testing::{TestDatabase, variables};
use sqlx::PgPool;
use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, task::JoinSet};

const SERVER: &str = env!("CARGO_BIN_EXE_server");
const PASSWORD: &str = "sanggup-demo-2026";
/// Writes at which the server is killed, from the first; of those after them every [`STEP`]th.
const POINTS: usize = 40;
const STEP: usize = 5;
/// A life that nothing disturbs takes about so long.
const LIFE: u64 = 4_000;
/// Longest wait for anything: a killed worker's jobs are taken over, the key of a killed call is free again.
const PATIENCE: Duration = Duration::from_secs(150);
/// Servers that run at once: most of the time they wait for a job queue to notice a death.
const AT_ONCE: usize = 8;

/// What is done while the server dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    /// A borrower with a running loan pays the next instalment by QRIS.
    Payment,
    /// A verified borrower applies, is approved, and the money is sent.
    Payout,
}

/// Where it dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    Never,
    At(usize, Moment),
    Later(Duration),
}

/// How it went.
struct Life {
    struck: bool,
    writes: usize,
}

/// Everything that is prepared once: demo people, a device each that is known, a proof of income.
struct Ground {
    database: TestDatabase,
    keyring: PathBuf,
    site: Site,
    payer_device: String,
    applicant_device: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_write_nothing_is_lost_and_nothing_is_doubled() {
    let sweep = std::env::var("CRASH_SWEEP").is_ok();
    let ground = Arc::new(Ground::prepare().await);
    let mut deaths = Vec::new();
    let seed = std::env::var("CRASH_SEED").map_or(20_261_201, |seed| seed.parse().expect("a number"));
    println!("CRASH_SEED={seed}");
    let mut state: u64 = seed;
    // Knuth's numbers; the high bits are the better ones.
    let mut dice = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    for story in [Story::Payment, Story::Payout] {
        // An undisturbed life first: it must hold by itself, and tells how much is written.
        let writes = ground.live_through(story, Death::Never).await.writes;
        println!("{story:?}: {writes} writes");
        assert!(writes >= POINTS, "{story:?} writes only {writes} times");
        for at in (1..=writes).filter(|at| sweep || *at <= POINTS || at % STEP == 0) {
            let moments: &[Moment] = match (sweep, at % 2) {
                (true, _) => &[Moment::Before, Moment::After],
                (false, 0) => &[Moment::Before],
                (false, _) => &[Moment::After],
            };
            deaths.extend(moments.iter().map(|moment| (story, Death::At(at, *moment))));
        }
        let moments = if sweep { 20 } else { 4 };
        deaths.extend((0..moments).map(|_| (story, Death::Later(Duration::from_millis(dice() % LIFE)))));
    }
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    let planned = deaths.len();
    for (story, death) in deaths {
        let (ground, places) = (ground.clone(), places.clone());
        running.spawn(async move {
            let _place = places.acquire().await.expect("never closed");
            let told = format!("{story:?}, {death:?}");
            let life = tokio::spawn(async move { ground.live_through(story, death).await });
            (told, life.await)
        });
    }
    let (mut struck, mut failures) = (0, Vec::new());
    while let Some(ended) = running.join_next().await {
        match ended.expect("the wrapper does not panic") {
            (_, Ok(life)) => struck += usize::from(life.struck),
            (told, Err(error)) => failures.push(format!("{told}: {error}")),
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    // The number of writes varies a little with the order in which jobs run.
    assert!(struck * 10 >= planned * 9, "of {planned} servers only {struck} died");
    Arc::into_inner(ground).expect("all lives ended").clear().await;
}

impl Ground {
    async fn prepare() -> Self {
        let database = TestDatabase::create().await;
        let keyring = std::env::temp_dir().join(format!("sanggup-keyring-{}.json", uuid::Uuid::now_v7().simple()));
        let site = Site::build();
        let made = Command::new(SERVER)
            .args(["keyring", "--out"])
            .arg(&keyring)
            .stdout(Stdio::null())
            .status()
            .expect("it runs");
        assert!(made.success());
        let mut ground = Self {
            database,
            keyring,
            site,
            payer_device: String::new(),
            applicant_device: String::new(),
        };
        // Before the server: a worker beside the seeder would take the demo loans for real ones and pay them out.
        let running = Running::prepare(&ground, &ground.database.url).await;
        let mut seed = Command::new(SERVER);
        seed.arg("seed").env_clear().envs(running.environment.clone());
        let seeded = tokio::task::spawn_blocking(move || seed.output())
            .await
            .expect("no panic")
            .expect("it runs");
        assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));
        running.keep_alive().await;
        let (payer_device, _) = running.meet("jalan@contoh.id", "+6281100000003").await;
        let (applicant_device, token) = running.meet("siap@contoh.id", "+6281100000002").await;
        let form = crate::people::upload_form("income_proof", crate::people::photo(9));
        let sent = running
            .client
            .post(running.url("/api/documents/upload"))
            .bearer_auth(&token)
            .multipart(form);
        assert_eq!(sent.send().await.expect("an answer").status(), StatusCode::CREATED);
        running.end().await;
        ground.payer_device = payer_device;
        ground.applicant_device = applicant_device;
        ground
    }

    async fn clear(self) {
        self.database.drop().await;
        // What stays behind in the temporary folder harms nobody.
        let _ = std::fs::remove_file(&self.keyring);
    }

    /// One life: prepared, armed, killed, started again, checked.
    async fn live_through(&self, story: Story, death: Death) -> Life {
        let database = self.database.copy().await;
        let running = Running::start(self, &database.url).await;
        let books = PgPool::connect(&database.url).await.expect("the books open");
        let (email, device) = match story {
            Story::Payment => ("jalan@contoh.id", &self.payer_device),
            Story::Payout => ("siap@contoh.id", &self.applicant_device),
        };
        let token = running.sign_in(email, device).await;
        running.settle(&books).await;
        let before = Totals::read(&books).await;
        match death {
            Death::Never => running.proxy.arm(None),
            Death::At(at, moment) => running.proxy.arm(Some((at, moment))),
            Death::Later(after) => {
                running.proxy.arm(None);
                let proxy = running.proxy.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(after).await;
                    proxy.kill();
                });
            }
        }
        match story {
            Story::Payment => running.pay(&token, &books, &before).await,
            Story::Payout => running.borrow(&token, &books, &before).await,
        }
        let life = Life {
            struck: running.proxy.struck(),
            writes: running.proxy.writes().len(),
        };
        books.close().await;
        running.end().await;
        database.drop().await;
        life
    }
}

/// Sums over all loans, straight from the tables.
#[derive(Debug, PartialEq, Eq)]
struct Totals {
    charges: i64,
    posted: i64,
    credited: i64,
    received: i64,
    sent: i64,
    applications: i64,
    payouts: i64,
}

impl Totals {
    async fn read(books: &PgPool) -> Self {
        let number = async |sql: &'static str| -> i64 { sqlx::query_scalar(sql).fetch_one(books).await.expect(sql) };
        Self {
            charges: number("select count(*) from payments.charge").await,
            posted: number("select count(*) from payments.payment").await,
            credited: number("select coalesce(sum(amount), 0)::bigint from payments.payment").await,
            received: number(
                "select coalesce(sum(debit - credit), 0)::bigint from payments.ledger_entry where account = '1020'",
            )
            .await,
            sent: number(
                "select coalesce(sum(credit - debit), 0)::bigint from payments.ledger_entry where account = '1010'",
            )
            .await,
            applications: number("select count(*) from loans.application").await,
            payouts: number("select count(*) from payments.payout where status = 'succeeded'").await,
        }
    }
}

/// Books that hold: every journal balances, no money is counted twice, and each loan's control accounts are what its
/// row says.
async fn prove(books: &PgPool) {
    let crooked: i64 = sqlx::query_scalar(
        "select count(*) from (
             select from payments.ledger_entry group by journal_id having sum(debit) <> sum(credit)) crooked",
    )
    .fetch_one(books)
    .await
    .expect("the ledger");
    assert_eq!(crooked, 0, "journals that do not balance");
    let doubled: i64 = sqlx::query_scalar(
        "select count(*) from (
             select from payments.payment group by provider, provider_ref having count(*) > 1
             union all
             select from payments.payout where status in ('created', 'sent', 'in_progress', 'in_doubt', 'succeeded')
             group by loan_id having count(*) > 1) doubled",
    )
    .fetch_one(books)
    .await
    .expect("payments");
    assert_eq!(doubled, 0, "money counted twice");
    let apart: i64 = sqlx::query_scalar(
        "select count(*) from (
             select b.loan_id
               from payments.balance b
              cross join lateral (values ('1100', b.principal), ('1110', b.interest), ('1120', b.fees),
                                         ('1130', b.late_fees), ('2100', -b.credit), ('2110', -b.unearned))
                                 control (account, stands)
              where control.stands <> coalesce((select sum(p.debit - p.credit) from payments.posting p
                                                 where p.loan_id = b.loan_id and p.account = control.account), 0)) apart",
    )
    .fetch_one(books)
    .await
    .expect("the control accounts");
    assert_eq!(apart, 0, "control accounts that are not what the loans say");
}

/// A sandbox, a proxy and a server that is started again whenever it is found dead.
struct Running {
    sandbox: Sandbox,
    proxy: Proxy,
    environment: Vec<(String, String)>,
    base: String,
    client: Client,
    log: PathBuf,
}

impl Running {
    async fn start(ground: &Ground, database_url: &str) -> Self {
        let running = Self::prepare(ground, database_url).await;
        running.keep_alive().await;
        running
    }

    /// Everything but the server.
    async fn prepare(ground: &Ground, database_url: &str) -> Self {
        let sandbox = sandbox::spawn(sandbox::Config {
            auto_payout_seconds: Some(1),
            ..sandbox::Config::port_zero()
        })
        .await
        .expect("the sandbox starts");
        let (front, rest) = database_url.split_once('@').expect("a URL with a role");
        let (address, name) = rest.split_once('/').expect("a URL with a database");
        let proxy = Proxy::start(address.to_owned()).await;
        let name = name.split('?').next().unwrap_or(name);
        let through = format!("{front}@127.0.0.1:{}/{name}?sslmode=disable", proxy.port);
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .expect("a port")
            .local_addr()
            .expect("an address")
            .port();
        let base = format!("http://127.0.0.1:{port}");
        sandbox.set_webhook_base(&base);
        let mut environment: Vec<(String, String)> = variables(&sandbox, &through)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let own = [
            ("APP_ENV", "test".to_owned()),
            ("LISTEN_ADDR", format!("127.0.0.1:{port}")),
            ("KEYRING_FILE", ground.keyring.display().to_string()),
            ("SITE_ROOT", ground.site.root.clone()),
            ("DEMO_PASSWORD", PASSWORD.to_owned()),
            ("RUST_LOG", "warn".to_owned()),
        ];
        environment.retain(|(name, _)| own.iter().all(|(other, _)| name != other));
        environment.extend(own.map(|(name, value)| (name.to_owned(), value)));
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(20))
            .build()
            .expect("a client");
        let log = std::env::temp_dir().join(format!("sanggup-crash-{port}-{}.log", uuid::Uuid::now_v7().simple()));
        Self {
            sandbox,
            proxy,
            environment,
            base,
            client,
            log,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Starts the server when it does not run, and waits until it answers.
    async fn keep_alive(&self) {
        let begin = Instant::now();
        while !self.proxy.alive() || !self.answers().await {
            assert!(
                begin.elapsed() < PATIENCE,
                "the server does not come up: {}",
                self.told()
            );
            if !self.proxy.alive() {
                let child = tokio::process::Command::new(SERVER)
                    .args(["serve", "--with-worker"])
                    .env_clear()
                    .envs(self.environment.clone())
                    .stdin(Stdio::null())
                    .stdout(self.log())
                    .stderr(self.log())
                    .kill_on_drop(true)
                    .spawn()
                    .expect("it runs");
                self.proxy.watch_over(child);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Where the servers of this life write what they have to say.
    fn log(&self) -> std::fs::File {
        std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .expect("a log")
    }

    fn told(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    async fn answers(&self) -> bool {
        let answer = self.client.get(self.url("/health/ready")).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Repeats a request, as a client does that got no answer, until one comes that is no failure of the server.
    async fn persist(
        &self,
        method: Method,
        path: &str,
        token: &str,
        key: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let begin = Instant::now();
        loop {
            assert!(
                begin.elapsed() < PATIENCE,
                "{path} gets no answer; writes: {:#?}",
                self.proxy.writes()
            );
            let mut call = self
                .client
                .request(method.clone(), self.url(path))
                .header("idempotency-key", key);
            if !token.is_empty() {
                call = call.bearer_auth(token);
            }
            if let Some(body) = body {
                call = call.json(body);
            }
            if let Ok(answer) = call.send().await {
                let status = answer.status();
                let retry =
                    status.is_server_error() || [StatusCode::CONFLICT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
                if let (false, Ok(body)) = (retry, answer.json().await) {
                    return (status, body);
                }
            }
            self.keep_alive().await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Signs in on a new device with the code. Answers the device's token and an access token.
    async fn meet(&self, email: &str, phone: &str) -> (String, String) {
        let body = json!({"identifier": email, "password": PASSWORD});
        let (status, challenge) = self
            .persist(Method::POST, "/api/auth/login", "", "none-needed-for-this", Some(&body))
            .await;
        assert_eq!(status, StatusCode::ACCEPTED, "{challenge}");
        let begin = Instant::now();
        let code = loop {
            let found = self.sandbox.messages(phone).first().and_then(|message| {
                let mut runs = message
                    .text
                    .split(|c: char| !c.is_ascii_digit())
                    .filter(|run| run.len() == 6);
                runs.next().map(str::to_owned)
            });
            match found {
                Some(code) => break code,
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
            assert!(begin.elapsed() < PATIENCE, "no code comes");
        };
        let body = json!({"challenge_id": challenge["challenge_id"], "code": code});
        let (status, tokens) = self
            .persist(
                Method::POST,
                "/api/auth/login/verify",
                "",
                "none-needed-for-this",
                Some(&body),
            )
            .await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        let text = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        (text("device_token"), text("access_token"))
    }

    /// Signs in on a known device.
    async fn sign_in(&self, email: &str, device: &str) -> String {
        let body = json!({"identifier": email, "password": PASSWORD, "device_token": device});
        let (status, tokens) = self
            .persist(Method::POST, "/api/auth/login", "", "none-needed-for-this", Some(&body))
            .await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        tokens["access_token"].as_str().expect("a token").to_owned()
    }

    /// Waits until no job is due, with a server that is kept alive.
    async fn settle(&self, books: &PgPool) {
        let begin = Instant::now();
        loop {
            self.keep_alive().await;
            let due: i64 = sqlx::query_scalar(
                // One that a newer job of its key took the place of keeps its row, and runs no more.
                "select count(*) from graphile_worker.jobs
                  where run_at <= now() + interval '3 seconds' and attempts < max_attempts",
            )
            .fetch_one(books)
            .await
            .expect("the queue");
            if due == 0 {
                return;
            }
            assert!(
                begin.elapsed() < PATIENCE,
                "{due} jobs stay; writes: {:#?}",
                self.proxy.writes()
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn pay(&self, token: &str, books: &PgPool, before: &Totals) {
        let (_, loans) = self
            .persist(Method::GET, "/api/loans", token, "none-needed-for-this", None)
            .await;
        let loan = loans["items"][0]["id"].as_str().expect("a running loan").to_owned();
        let body = json!({"loan_id": loan, "purpose": "instalment", "method": "qris"});
        let (status, payment) = self
            .persist(
                Method::POST,
                "/api/payments",
                token,
                "key-of-the-crash-test",
                Some(&body),
            )
            .await;
        assert_eq!(status, StatusCode::CREATED, "{payment}");
        let amount = payment["amount"].as_i64().expect("an amount");
        let order = payment["order_id"].as_str().expect("an order").to_owned();
        let pressed = self
            .client
            .post(format!("{}/_sim/midtrans/{order}/pay", self.sandbox.admin_url))
            .json(&json!({}))
            .send()
            .await
            .expect("the gateway");
        assert!(
            pressed.status().is_success(),
            "{}",
            pressed.text().await.unwrap_or_default()
        );
        let path = format!("/api/payments/{}", payment["id"].as_str().expect("an id"));
        self.until(&path, token, "posted").await;
        self.settle(books).await;
        prove(books).await;
        let after = Totals::read(books).await;
        let expected = Totals {
            charges: before.charges + 1,
            posted: before.posted + 1,
            credited: before.credited + amount,
            received: before.received + amount,
            ..*before
        };
        assert_eq!(after, expected, "writes: {:#?}", self.proxy.writes());
        let (status, again) = self
            .persist(
                Method::POST,
                "/api/payments",
                token,
                "key-of-the-crash-test",
                Some(&body),
            )
            .await;
        assert_eq!(
            (status, again),
            (StatusCode::CREATED, payment),
            "the same key gives the same answer"
        );
    }

    async fn borrow(&self, token: &str, books: &PgPool, before: &Totals) {
        let wish = json!({"amount": 1_000_000, "tenor_months": 3});
        let (status, quote) = self
            .persist(
                Method::POST,
                "/api/loans/quotes",
                token,
                "key-of-the-quote-0001",
                Some(&wish),
            )
            .await;
        assert_eq!(status, StatusCode::CREATED, "{quote}");
        let consent = json!({
            "quote_id": quote["id"], "disclosure_hash": quote["disclosure_hash"], "accepted": true,
            "purpose": "household", "monthly_income": 4_500_000, "other_instalments": 0,
        });
        let (status, loan) = self
            .persist(
                Method::POST,
                "/api/loans/apply",
                token,
                "key-of-the-consent-01",
                Some(&consent),
            )
            .await;
        assert_eq!(status, StatusCode::CREATED, "{loan}");
        let path = format!("/api/loans/{}", loan["id"].as_str().expect("an id"));
        self.until(&path, token, "active").await;
        self.settle(books).await;
        prove(books).await;
        let after = Totals::read(books).await;
        let expected = Totals {
            sent: before.sent + 1_000_000,
            applications: before.applications + 1,
            payouts: before.payouts + 1,
            ..*before
        };
        assert_eq!(after, expected, "writes: {:#?}", self.proxy.writes());
        let records: Vec<Value> = self
            .client
            .get(format!("{}/_sim/xendit/payouts", self.sandbox.admin_url))
            .send()
            .await
            .expect("the gateway")
            .json()
            .await
            .expect("JSON");
        let succeeded = records.iter().filter(|payout| payout["status"] == "SUCCEEDED").count();
        assert_eq!((records.len(), succeeded), (1, 1), "{records:#?}");
    }

    async fn until(&self, path: &str, token: &str, status: &str) {
        let begin = Instant::now();
        loop {
            let (_, now) = self
                .persist(Method::GET, path, token, "none-needed-for-this", None)
                .await;
            if now["status"] == status {
                return;
            }
            assert!(
                begin.elapsed() < PATIENCE,
                "{path} stays {}; writes: {:#?}",
                now["status"],
                self.proxy.writes()
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn end(self) {
        self.proxy.kill();
        while self.proxy.alive() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let _ = std::fs::remove_file(&self.log);
        self.sandbox.shutdown().await;
    }
}
