//! The running sandbox from outside: real sockets on port 0, and an application that listens for webhooks.

mod faults;
mod mail;
mod messages;
mod payments;
mod payouts;
mod people;
mod push;
mod storage;

use std::{collections::VecDeque, sync::Arc, sync::Mutex, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
};
use bytes::Bytes;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

use crate::{Config, Sandbox, spawn};

/// A webhook as it arrived.
struct Hook {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Hook {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }
}

/// Sandbox, application and a client of both.
struct World {
    sandbox: Sandbox,
    client: Client,
    hooks: UnboundedReceiver<Hook>,
    answers: Arc<Mutex<VecDeque<u16>>>,
    app: String,
}

type App = (UnboundedSender<Hook>, Arc<Mutex<VecDeque<u16>>>);

async fn receive(State((hooks, answers)): State<App>, request: Request) -> (StatusCode, String) {
    let query = request.uri().query().unwrap_or_default().to_owned();
    if let Some((_, challenge)) = query.split_once("hub.challenge=") {
        let known = query.contains("hub.verify_token=demo-wa-verify-token");
        return (
            if known { StatusCode::OK } else { StatusCode::FORBIDDEN },
            challenge.to_owned(),
        );
    }
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let status = answers.lock().unwrap().pop_front().unwrap_or(200);
    // A test that has ended does not listen any more.
    let _ = hooks.send(Hook {
        path: parts.uri.path().to_owned(),
        headers: parts.headers,
        body,
    });
    (StatusCode::from_u16(status).unwrap(), String::new())
}

impl World {
    async fn new() -> Self {
        Self::with(Config::port_zero()).await
    }

    async fn with(config: Config) -> Self {
        let sandbox = spawn(config).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let app = format!("http://{}", listener.local_addr().unwrap());
        sandbox.set_webhook_base(&app);
        let (sender, hooks) = unbounded_channel();
        let answers = Arc::new(Mutex::new(VecDeque::new()));
        let router = Router::new().fallback(receive).with_state((sender, answers.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client = Client::builder().no_proxy().build().unwrap();
        Self {
            sandbox,
            client,
            hooks,
            answers,
            app,
        }
    }

    /// The next webhook; fails when none comes.
    async fn hook(&mut self) -> Hook {
        timeout(Duration::from_secs(8), self.hooks.recv())
            .await
            .expect("a webhook within 8 s")
            .unwrap()
    }

    /// Nothing arrives for a while.
    async fn silence(&mut self, wait: Duration) {
        assert!(timeout(wait, self.hooks.recv()).await.is_err(), "an unexpected webhook");
    }

    /// What the application answers to the next webhooks, before it goes back to 200.
    fn will_answer(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    fn midtrans(&self, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.sandbox.midtrans_url);
        self.client.post(url).basic_auth("SB-Mid-server-demo", Some(""))
    }

    async fn charge(&self, order_id: &str, amount: i64, method: Value) -> Value {
        let mut body = json!({"transaction_details": {"order_id": order_id, "gross_amount": amount}});
        body.as_object_mut()
            .unwrap()
            .extend(method.as_object().unwrap().clone());
        let answer: Value = self
            .midtrans("/v2/charge")
            .json(&body)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(answer["status_code"], "201", "{answer}");
        answer
    }

    async fn status(&self, id: &str) -> Value {
        let url = format!("{}/v2/{id}/status", self.sandbox.midtrans_url);
        let request = self.client.get(url).basic_auth("SB-Mid-server-demo", Some(""));
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn press(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/_sim/{path}", self.sandbox.admin_url);
        let response = self.client.post(url).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn sim(&self, path: &str) -> Value {
        self.client
            .get(format!("{}/_sim/{path}", self.sandbox.admin_url))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn fault(&self, route: &str, mode: &str, ms: u64) {
        let (status, answer) = self
            .press("faults", json!({"route": route, "mode": mode, "times": 1, "ms": ms}))
            .await;
        assert_eq!(status, 201, "{answer}");
    }

    fn payout(&self, key: &str, body: &Value) -> RequestBuilder {
        let url = format!("{}/v2/payouts", self.sandbox.xendit_url);
        self.client
            .post(url)
            .basic_auth("xnd_development_demo", Some(""))
            .header("idempotency-key", key)
            .json(body)
    }
}

/// Status and body of an answer.
async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn va(bank: &str) -> Value {
    json!({"payment_type": "bank_transfer", "bank_transfer": {"bank": bank}})
}

fn payout_body(reference: &str, account: &str) -> Value {
    json!({"reference_id": reference, "channel_code": "ID_BCA", "amount": 5_000_000, "currency": "IDR",
           "channel_properties": {"account_number": account, "account_holder_name": "SITI NURHALIZA"},
           "description": "Pencairan LN-1", "metadata": {"loan_id": "LN-1"}})
}
