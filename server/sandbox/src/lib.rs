//! Every third party of Sanggup on this machine, speaking its real protocol: Midtrans, Xendit payouts, WhatsApp
//! Cloud API, Twilio, SMTP, GLAIR, Web Push, S3. Development and tests only; never part of a production image.
//!
//! In: the same calls the application makes in production, told apart by base URL and credentials alone.
//! Out: the vendors' answers, checks, signed webhooks and, on command, their misbehaviour (`faults.rs`).
//! OIDC is not simulated.

mod auth;
mod config;
mod control;
mod faults;
mod glair;
mod mail;
mod midtrans;
mod page;
mod push;
mod qris;
mod record;
mod server;
mod sms;
mod state;
mod storage;
#[cfg(test)]
mod tests;
mod webhook;
mod whatsapp;
mod xendit;

use std::{
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::{Json, Router, extract::DefaultBodyLimit, http::StatusCode, middleware::from_fn_with_state, routing::get};
use serde_json::json;
use tokio::net::TcpListener;

pub use crate::{
    config::{Config, Credentials},
    faults::{Fault, Mode},
    state::{Channel, Message},
};
use crate::{
    state::{Sim, now},
    webhook::Outbox,
};

/// Largest request body, bytes.
const BODY_LIMIT: usize = 16 * 1024 * 1024;
/// How often expiries and automatic ends are looked after.
const TICK: Duration = Duration::from_millis(200);
/// How long background work may finish at shutdown.
const PATIENCE: Duration = Duration::from_secs(3);

/// A running sandbox. Dropping it stops it; [`Sandbox::shutdown`] also waits.
pub struct Sandbox {
    /// Control surface and web page: the origin itself, without a final slash.
    pub admin_url: String,
    /// Base of the Midtrans Core API.
    pub midtrans_url: String,
    /// Base of Midtrans payouts (account validation).
    pub iris_url: String,
    /// Base of the Xendit API.
    pub xendit_url: String,
    /// Base of Meta's Graph API.
    pub graph_url: String,
    /// Base of the Twilio API.
    pub twilio_url: String,
    /// Base of GLAIR Vision.
    pub glair_url: String,
    /// Base of the push service.
    pub push_url: String,
    /// S3 endpoint; path style, any region.
    pub s3_endpoint: String,
    /// Where the mail catcher listens.
    pub smtp_addr: SocketAddr,
    /// The same as a URL for a mail client.
    pub smtp_url: String,
    /// What callers must present.
    pub credentials: Credentials,
    sim: Sim,
    folder: Folder,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("admin_url", &self.admin_url)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Changes where webhooks go from now on: the application's origin, such as `http://127.0.0.1:3000`.
    pub fn set_webhook_base(&self, base: impl AsRef<str>) {
        self.sim.outbox.set_base(base.as_ref());
    }

    /// Caught messages to that address or E.164 number, newest first.
    #[must_use]
    pub fn messages(&self, to: &str) -> Vec<Message> {
        self.sim
            .store()
            .messages
            .newest()
            .filter(|message| message.is_to(to))
            .cloned()
            .collect()
    }

    /// Lets something go wrong; see [`Mode`].
    pub fn add_fault(&self, fault: Fault) {
        self.sim.store().faults.push(fault);
    }

    /// From now on, of a hundred calls of Midtrans and Xendit and of their notices `percent` go wrong, by `seed`;
    /// 0 ends it.
    pub fn set_hostile(&self, seed: u64, percent: u8) {
        self.sim.store().hostile = (percent > 0).then(|| faults::Hostile::new(seed, percent));
    }

    /// Stops listening and waits a moment for open work.
    pub async fn shutdown(self) {
        self.sim.stop.cancel();
        self.sim.tasks.close();
        if tokio::time::timeout(PATIENCE, self.sim.tasks.wait()).await.is_err() {
            tracing::debug!("some work of the sandbox was cut off");
        }
        // The temporary folder goes with `self`.
        tracing::debug!(folder = %self.folder.path.display(), "sandbox stopped");
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.sim.stop.cancel();
    }
}

/// Where objects are stored; a temporary one is removed with it.
struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    fn open(given: Option<&Path>) -> io::Result<Self> {
        let path = given.map_or_else(
            || std::env::temp_dir().join(format!("sanggup-sandbox-{}", uuid::Uuid::new_v4().simple())),
            Path::to_path_buf,
        );
        std::fs::create_dir_all(&path)?;
        Ok(Self {
            path,
            temporary: given.is_none(),
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::warn!(%error, folder = %self.path.display(), "temporary folder stays behind");
        }
    }
}

/// Starts everything on the current tokio runtime.
///
/// # Errors
/// When an address is taken, the data folder cannot be used or the webhook client cannot be built.
pub async fn spawn(config: Config) -> io::Result<Sandbox> {
    let folder = Folder::open(config.data.as_deref())?;
    let http = bind(config.listen).await?;
    let s3 = bind(config.s3_listen).await?;
    let smtp = bind(config.smtp_listen).await?;
    let origin = match &config.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", http.local_addr()?),
    };
    let (s3_addr, smtp_addr) = (s3.local_addr()?, smtp.local_addr()?);
    let credentials = config.credentials.clone();
    let objects = storage::service(&folder.path.join("s3"), &credentials)?;
    let outbox = Outbox::new(config.webhook_base.clone()).map_err(io::Error::other)?;
    let sim = Sim::new(config, origin.clone(), outbox);

    sim.tasks.spawn(server::http(http, router(&sim), sim.stop.clone()));
    sim.tasks.spawn(server::serve(s3, objects, sim.stop.clone()));
    sim.tasks.spawn(mail::serve(smtp, sim.clone()));
    sim.tasks.spawn(tick(sim.clone()));

    let base = |vendor: &str| format!("{origin}/{vendor}");
    Ok(Sandbox {
        midtrans_url: base("midtrans"),
        iris_url: base("midtrans/iris/api/v1"),
        xendit_url: base("xendit"),
        graph_url: base("graph"),
        twilio_url: base("twilio"),
        glair_url: base("glair"),
        push_url: base("push"),
        admin_url: origin,
        s3_endpoint: format!("http://{s3_addr}"),
        smtp_addr,
        smtp_url: format!("smtp://{smtp_addr}"),
        credentials,
        sim,
        folder,
    })
}

async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))
}

fn router(sim: &Sim) -> Router {
    Router::new()
        .merge(midtrans::routes(sim))
        .merge(xendit::routes(sim))
        .merge(whatsapp::routes(sim))
        .merge(sms::routes(sim))
        .merge(glair::routes(sim))
        .merge(push::routes(sim))
        .fallback(unknown)
        .layer(from_fn_with_state(sim.clone(), record::exchanges))
        .merge(control::routes())
        .route("/", get(page::show))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(sim.clone())
}

async fn unknown() -> (StatusCode, Json<serde_json::Value>) {
    (
        StatusCode::NOT_FOUND,
        Json(json!({"error": "no simulated vendor has this path"})),
    )
}

/// The vendors' own clockwork.
async fn tick(sim: Sim) {
    let mut interval = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            () = sim.stop.cancelled() => return,
            _ = interval.tick() => {
                midtrans::tick(&sim, now());
                xendit::tick(&sim, now());
            }
        }
    }
}
