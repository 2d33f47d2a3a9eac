//! A running server over a test world, and what a program needs to talk to it. Nothing here decides anything:
//! requests go over the wire, answers are kept as bytes.

use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use serde_json::{Value, json};
use server::{listen, router::router, state::AppState};
use services::{config::Config, testing::World};
use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, Layer as _, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// What the configuration of the tests says the public origin is; never where the server really listens.
pub const ORIGIN: &str = "http://localhost:3000";

/// Limits of one address or account that a test with several people would run into.
const OFF: [&str; 10] = [
    "register",
    "otp_send",
    "otp_send_day",
    "otp_send_ip",
    "login_ip",
    "login_ip_hour",
    "apply",
    "apply_ip",
    "upload",
    "upload_ip",
];

fn unlimited(config: &mut Config) {
    config
        .limits
        .extend(OFF.map(|action| (action.to_owned(), "off".to_owned())));
}

/// The server, its world, and a client.
pub struct App {
    pub world: World,
    /// Where it listens: `http://127.0.0.1:port`.
    pub base: String,
    /// What SIGTERM would set to false.
    pub ready: Arc<AtomicBool>,
    /// The connections that requests share.
    pub db: sqlx::PgPool,
    client: reqwest::Client,
    site: Site,
}

impl App {
    /// A server with an empty database and the limits that get in the way switched off.
    ///
    /// All requests share one connection: a request that waits for a second one while it holds the first fails here at
    /// once, and not on the busiest evening of the year, when as many do so as there are connections.
    pub async fn start() -> Self {
        Self::with(2, unlimited).await
    }

    /// The same with connections enough for several requests at once, and for those of staff that lock a person while
    /// they ask another service.
    pub async fn busy() -> Self {
        Self::with(9, unlimited).await
    }

    /// A server with every limit at its default, but for one.
    pub async fn with_limit(action: &str, rate: &str) -> Self {
        Self::with(2, |config| {
            drop(config.limits.insert(action.to_owned(), rate.to_owned()));
        })
        .await
    }

    /// One of the connections is the listener's for changes.
    async fn with(connections: u32, change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let world = World::with(|config| {
            config.sms.callback_url = format!("{base}/webhooks/sms");
            change(config);
        })
        .await;
        world.sandbox.set_webhook_base(&base);
        let site = Site::build();
        let services = world.services_with(connections).await;
        let db = services.core.db.clone();
        let state = AppState::new(services, world.config.clone(), &site.root, None);
        let ready = state.ready.clone();
        let timing = state.timing;
        tokio::spawn(listen::serve(listener, router(state), timing, CancellationToken::new()));
        listen_to_logs();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        Self {
            world,
            base,
            ready,
            db,
            client,
            site,
        }
    }

    /// A request to `path`.
    pub fn call(&self, method: Method, path: &str) -> Call {
        Call(self.client.request(method, format!("{}{path}", self.base)))
    }

    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    /// Exactly these bytes over a connection of its own, and the beginning of what comes back.
    pub async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.base.trim_start_matches("http://"))
            .await
            .expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("the server listens");
        let mut answer = vec![0; 4_096];
        let length = stream.read(&mut answer).await.expect("the server answers");
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }

    /// The sandbox's control surface.
    pub async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let call = self
            .client
            .request(method, format!("{}{path}", self.world.sandbox.admin_url))
            .json(&body);
        let answer = call.send().await.expect("the sandbox answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.expect("JSON")
    }

    /// Presses a button of the sandbox.
    pub async fn press(&self, path: &str) {
        self.control(Method::POST, path, json!({})).await;
    }

    /// A number from the database, looking behind the server's back.
    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&self.world.owner)
            .await
            .expect("a count")
    }

    /// Lets time pass for the server.
    pub fn wait(&self, seconds: i64) {
        self.world.clock.advance(time::Duration::seconds(seconds));
    }

    /// Ends the world.
    pub async fn finish(self) {
        self.world.finish().await;
        drop(self.site);
    }
}

/// What the server logged in this process, from all tests.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct ToLog;

impl Write for ToLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that was logged so far.
pub fn logged() -> String {
    String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// Keeps what is logged, and prints errors (or what RUST_LOG asks for) beside the test that caused them.
fn listen_to_logs() {
    let printed = fmt::layer()
        .with_test_writer()
        .with_filter(EnvFilter::from_default_env());
    // The third parties may know what they like.
    let kept =
        EnvFilter::new("info,server=debug,services=debug,app=debug,tower_http=debug,sandbox=off,s3s=off,s3s_fs=off");
    let kept = fmt::layer().with_ansi(false).with_writer(|| ToLog).with_filter(kept);
    // The first test sets both for all.
    let _ = tracing_subscriber::registry().with(printed).with(kept).try_init();
}

/// A folder with the files that the build would have made, as far as headers depend on them.
/// What browsers download, as small as it can be.
pub struct Site {
    pub root: String,
}

impl Site {
    pub fn build() -> Self {
        let root = std::env::temp_dir().join(format!("sanggup-site-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir_all(root.join("pkg")).expect("a folder");
        let file = |name: &str, text: &str| std::fs::write(root.join(name), text).expect("a file");
        file("pkg/main.0a1b.css", "body{}");
        file("sw.js", "self.addEventListener('fetch',()=>{})");
        file("offline.html", "<!doctype html><title>Tanpa sambungan</title>");
        file(
            "assets.json",
            r#"{"main.css":"/pkg/main.0a1b.css","integrity":{},"build_id":"1"}"#,
        );
        Self {
            root: root.to_string_lossy().into_owned(),
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // What stays behind in the temporary folder harms nobody.
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

/// A request that is being put together.
pub struct Call(reqwest::RequestBuilder);

impl Call {
    pub fn token(self, access_token: &str) -> Self {
        self.header("authorization", &format!("Bearer {access_token}"))
    }

    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        Self(self.0.form(fields))
    }

    pub fn multipart(self, form: reqwest::multipart::Form) -> Self {
        Self(self.0.multipart(form))
    }

    pub fn body(self, kind: &str, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.header("content-type", kind).body(body))
    }

    /// The answer as it comes, for bodies that do not end.
    pub async fn stream(self) -> reqwest::Response {
        self.0.send().await.expect("the server answers")
    }

    pub async fn send(self) -> Answer {
        let answer = self.0.send().await.expect("the server answers");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer {
            status,
            headers,
            bytes: answer.bytes().await.expect("a whole body"),
        }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Answer {
    /// Itself, when the status is the expected one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// A header, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    /// The problem, when it is one with this status and code, complete as RFC 9457 and contract.md 4 want it.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{} {}",
            self.status,
            self.text()
        );
        let problem = self.json();
        assert_eq!(
            (self.status, problem["code"].as_str()),
            (status, Some(code)),
            "{problem}"
        );
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], "about:blank", "{problem}");
        for member in ["title", "trace_id"] {
            assert!(
                problem[member].as_str().is_some_and(|text| !text.is_empty()),
                "{member}: {problem}"
            );
        }
        assert_eq!(self.header("cache-control"), "no-store");
        problem
    }

    /// The members named by a problem, with their codes.
    #[track_caller]
    pub fn faults(&self, status: u16, code: &str) -> Vec<(String, String)> {
        let problem = self.problem(status, code);
        let faults = problem["errors"]
            .as_array()
            .unwrap_or_else(|| panic!("no errors: {problem}"));
        let text = |fault: &Value, name: &str| fault[name].as_str().expect("a text").to_owned();
        assert!(
            faults.iter().all(|fault| !text(fault, "message").is_empty()),
            "{problem}"
        );
        faults
            .iter()
            .map(|fault| (text(fault, "field"), text(fault, "code")))
            .collect()
    }

    /// The one member named by a problem.
    #[track_caller]
    pub fn fault(&self, status: u16, code: &str) -> (String, String) {
        let mut faults = self.faults(status, code);
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.remove(0)
    }

    /// The problem without the request's number: what may tell one answer from another.
    #[track_caller]
    pub fn anonymous(&self) -> (u16, Value) {
        let mut problem = self.json();
        let members = problem.as_object_mut().expect("an object");
        members.remove("trace_id");
        (self.status, problem)
    }
}

/// One pair, for comparing with [`Answer::fault`].
pub fn fault(field: &str, code: &str) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

/// The members of an object, sorted.
#[track_caller]
pub fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<_> = value
        .as_object()
        .unwrap_or_else(|| panic!("{value}"))
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

/// An id that nobody has.
pub fn nobodys_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
