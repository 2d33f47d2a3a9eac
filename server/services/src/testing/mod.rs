//! The test world: a fresh database, a clock that stands still, the sandbox on ports of its own, the seven services.
//!
//! `World::new().await` needs `DATABASE_URL`: a role that may create databases. Each world has its own database,
//! copied from a template that is migrated once.

mod database;

pub use database::TestDatabase;

use crate::{Core, Services, clock::Clock, config::Config, crypto::Vault, gateways::Gateways, jobs, limits::Limits};
use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use domain::{
    Actor, Backend, Error, Origin, Role, Session,
    id::{SessionId, UserId},
    notifications::NotificationService,
    payments::{PaymentService, Receipt},
};
use sandbox::Sandbox;
use sqlx::PgPool;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct FixedClock(Mutex<OffsetDateTime>);

impl FixedClock {
    /// Stands at `now`.
    pub fn new(now: OffsetDateTime) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves to `now`.
    pub fn set(&self, now: OffsetDateTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Moves on.
    pub fn advance(&self, by: time::Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything a test needs.
pub struct World {
    /// The seven services.
    pub services: Services,
    /// Every third party.
    pub sandbox: Sandbox,
    /// The clock of the services; starts at the machine's time, since the sandbox has that.
    pub clock: Arc<FixedClock>,
    /// The database as its owner, for looking behind the services' backs.
    pub owner: PgPool,
    /// The configuration of the services.
    pub config: Config,
    database: database::TestDatabase,
}

impl World {
    /// A new world. Panics when something is missing: a test cannot go on then.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A new world with another configuration.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let sandbox = sandbox::spawn(sandbox::Config::port_zero())
            .await
            .expect("the sandbox starts");
        let database = database::TestDatabase::create().await;
        let mut config = config(&sandbox, &database.url);
        change(&mut config);
        let clock = Arc::new(FixedClock::new(crate::clock::SystemClock.now()));
        let core = Core {
            db: crate::db::pool(&database.url, 8).await.expect("the services connect"),
            clock: clock.clone(),
            vault: Arc::new(Vault::for_tests()),
            limits: Arc::new(Limits::new(&config).await.expect("limits")),
        };
        let gateways = Gateways::new(&config).expect("gateways");
        let services = Services::new(core, &config, gateways);
        let owner = PgPool::connect(&database.url).await.expect("the owner connects");
        let world = Self {
            services,
            sandbox,
            clock,
            owner,
            config,
            database,
        };
        world.receive_webhooks().await;
        world
    }

    /// The seven services behind their traits.
    pub fn backend(&self) -> Backend {
        self.services.backend()
    }

    /// The same services once more with so many connections of their own, and patience: a test machine is busy.
    pub async fn services_with(&self, connections: u32) -> Services {
        let url = self.database.url.parse().expect("a URL");
        let db = crate::db::pool_with(url, connections, Duration::from_secs(10)).await;
        let core = Core {
            db: db.expect("the services connect"),
            ..self.services.core.clone()
        };
        let gateways = Gateways::new(&self.config).expect("gateways");
        Services::new(core, &self.config, gateways)
    }

    /// Does all work that is due, and what it causes.
    pub async fn run_jobs(&self) {
        jobs::run_pending(&self.services).await.expect("the jobs run");
    }

    /// Does all work that is due again and again until `done`, for at most ten seconds: for answers of third parties
    /// that come in their own time.
    pub async fn run_jobs_until<F: Future<Output = bool>>(&self, mut done: impl FnMut() -> F) {
        for _ in 0..100 {
            self.run_jobs().await;
            if done().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("what the test waits for did not happen within ten seconds");
    }

    /// Jobs that wait, due or not.
    pub async fn jobs_left(&self) -> i64 {
        sqlx::query_scalar("select count(*) from graphile_worker.jobs")
            .fetch_one(&self.owner)
            .await
            .expect("count")
    }

    /// Nobody signed in.
    pub fn stranger(&self) -> Actor {
        Actor::anonymous(origin())
    }

    /// A borrower who proved who they are just now. The session exists only in the actor.
    pub fn borrower(&self, user_id: UserId) -> Actor {
        self.actor(user_id, Role::Borrower)
    }

    /// A member of staff in `role`.
    pub fn staff(&self, role: Role) -> Actor {
        self.actor(UserId(self.clock.new_id()), role)
    }

    /// Somebody with a session that began just now.
    pub fn actor(&self, user_id: UserId, role: Role) -> Actor {
        let session = Session {
            id: SessionId(self.clock.new_id()),
            user_id,
            role,
            name: String::new(),
            authenticated_at: self.clock.now(),
        };
        Actor::signed_in(session, origin())
    }

    /// Every loan is what its events say, every control account is the sum of its loans: drift = 0.
    pub async fn assert_no_drift(&self) {
        let proof = self.services.payments.prove(None).await.expect("a proof");
        assert_eq!(proof.drifts, [], "of {} loans", proof.loans);
        let agree = self
            .services
            .payments
            .books_agree()
            .await
            .expect("a proof of the books");
        assert!(agree, "the control accounts are not the sum of the loans");
    }

    /// Ends a world in which nothing may have drifted.
    pub async fn finish(self) {
        self.assert_no_drift().await;
        self.abandon().await;
    }

    /// Drops the database as it is; a test that forgets it leaves that to the next run.
    pub async fn abandon(self) {
        self.services.core.db.close().await;
        self.owner.close().await;
        self.database.drop().await;
        self.sandbox.shutdown().await;
    }

    /// Listens for the sandbox's notices the way the web server does.
    async fn receive_webhooks(&self) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        self.sandbox
            .set_webhook_base(format!("http://{}", listener.local_addr().expect("an address")));
        let (payments, notifications) = (self.services.payments.clone(), self.services.notifications.clone());
        let xendit = payments.clone();
        let sms = notifications.clone();
        let app = Router::new()
            .route(
                "/webhooks/midtrans",
                post(async move |body: Bytes| receipt(payments.receive_midtrans(&body).await)),
            )
            .route(
                "/webhooks/xendit",
                post(async move |headers: HeaderMap, body: Bytes| {
                    receipt(xendit.receive_xendit(text(&headers, "x-callback-token"), &body).await)
                }),
            )
            .route(
                "/webhooks/whatsapp",
                post(async move |headers: HeaderMap, body: Bytes| {
                    seen(
                        notifications
                            .receive_whatsapp(text(&headers, "x-hub-signature-256"), &body)
                            .await,
                    )
                }),
            )
            .route(
                "/webhooks/sms",
                post(async move |headers: HeaderMap, body: Bytes| {
                    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&body).unwrap_or_default();
                    seen(sms.receive_sms(text(&headers, "x-twilio-signature"), &pairs).await)
                }),
            );
        tokio::spawn(async move { axum::serve(listener, app).await });
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn receipt(result: Result<Receipt, Error>) -> StatusCode {
    match result {
        Ok(Receipt::Accepted | Receipt::Ignored) => StatusCode::OK,
        Ok(Receipt::BadSignature) => StatusCode::UNAUTHORIZED,
        Ok(Receipt::Malformed) => StatusCode::BAD_REQUEST,
        Ok(Receipt::Contradiction) => StatusCode::CONFLICT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn seen(result: Result<bool, Error>) -> StatusCode {
    receipt(result.map(|right| {
        if right {
            Receipt::Accepted
        } else {
            Receipt::BadSignature
        }
    }))
}

fn origin() -> Origin {
    Origin {
        address: "127.0.0.1".into(),
        device: "Chrome di Android".into(),
        trace_id: "test".into(),
    }
}

/// The configuration that points every client at `sandbox`.
pub fn config(sandbox: &Sandbox, database_url: &str) -> Config {
    let variables: HashMap<&str, String> = variables(sandbox, database_url).into_iter().collect();
    Config::read(&|name| variables.get(name).cloned()).expect("the test configuration is complete")
}

/// The same as variables of the environment, for a server in a process of its own.
pub fn variables(sandbox: &Sandbox, database_url: &str) -> Vec<(&'static str, String)> {
    let credentials = &sandbox.credentials;
    vec![
        ("PUBLIC_ORIGIN", "http://localhost:3000".into()),
        ("KEYRING_FILE", "/dev/null".into()),
        ("DATABASE_URL", database_url.into()),
        ("MIDTRANS_BASE_URL", sandbox.midtrans_url.clone()),
        ("MIDTRANS_SERVER_KEY", credentials.midtrans_server_key.clone()),
        ("XENDIT_BASE_URL", sandbox.xendit_url.clone()),
        ("XENDIT_SECRET_KEY", credentials.xendit_secret_key.clone()),
        ("XENDIT_CALLBACK_TOKEN", credentials.xendit_callback_token.clone()),
        ("WA_BASE_URL", sandbox.graph_url.clone()),
        ("WA_PHONE_NUMBER_ID", credentials.wa_phone_number_id.clone()),
        ("WA_TOKEN", credentials.wa_token.clone()),
        ("WA_APP_SECRET", credentials.wa_app_secret.clone()),
        ("WA_VERIFY_TOKEN", credentials.wa_verify_token.clone()),
        ("TWILIO_BASE_URL", sandbox.twilio_url.clone()),
        ("TWILIO_SID", credentials.twilio_sid.clone()),
        ("TWILIO_TOKEN", credentials.twilio_token.clone()),
        ("TWILIO_FROM", "+6281100000000".into()),
        ("SMTP_URL", sandbox.smtp_url.clone()),
        ("MAIL_FROM", "Sanggup <kabar@sanggup.test>".into()),
        ("S3_ENDPOINT", sandbox.s3_endpoint.clone()),
        ("S3_BUCKET", credentials.s3_bucket.clone()),
        ("S3_ACCESS_KEY", credentials.s3_access_key.clone()),
        ("S3_SECRET_KEY", credentials.s3_secret_key.clone()),
    ]
}
