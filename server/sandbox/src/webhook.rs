//! The vendors' webhook senders. In: a signed notification. Out: POSTs to the application, in order per
//! object, repeated by the vendor's own table, a thousand times faster (minutes become milliseconds × 60).

use std::{
    sync::{Mutex, PoisonError, RwLock},
    time::Duration,
};

use bytes::Bytes;
use reqwest::{Client, StatusCode, redirect::Policy};
use tokio::sync::oneshot;

use crate::{
    faults::Spoiled,
    state::{Delivery, Shelf, Sim, now},
};

/// Which retry table applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retries {
    /// By answer: none for 2xx and 301–303, one for 500, two for 400 and 404, four for 503, else five;
    /// 2 m, 10 m, 30 m, 1.5 h, 3.5 h. Follows 307 and 308, five times at most.
    Midtrans,
    /// Six unless 2xx: 15 m, 45 m, 2 h, 3 h, 6 h, 12 h.
    Xendit,
    /// Meta goes on for days; here six: 1 m, 5 m, 15 m, 1 h, 6 h, 12 h.
    Meta,
    /// Status callbacks are sent once.
    Twilio,
}

impl Retries {
    /// The wait before each retry, already compressed: vendor seconds are our milliseconds.
    const fn waits(self) -> &'static [u64] {
        match self {
            Self::Midtrans => &[120, 600, 1_800, 5_400, 12_600],
            Self::Xendit => &[900, 2_700, 7_200, 10_800, 21_600, 43_200],
            Self::Meta => &[60, 300, 900, 3_600, 21_600, 43_200],
            Self::Twilio => &[],
        }
    }

    /// How many retries an answer earns.
    fn after(self, status: Option<u16>) -> usize {
        match (self, status) {
            (_, Some(200..=299)) => 0,
            (Self::Midtrans, Some(301..=303)) => 0,
            (Self::Midtrans, Some(500)) => 1,
            (Self::Midtrans, Some(400 | 404)) => 2,
            (Self::Midtrans, Some(503)) => 4,
            _ => self.waits().len(),
        }
    }

    /// How long the vendor waits for an answer.
    const fn patience(self) -> Duration {
        Duration::from_secs(match self {
            Self::Midtrans | Self::Twilio => 15,
            Self::Xendit => 30,
            Self::Meta => 20,
        })
    }
}

/// Where it goes.
#[derive(Clone, Debug)]
pub enum Target {
    /// A path of the application; the origin is the sandbox's webhook base at the time of sending.
    Path(&'static str),
    /// Whole addresses given by the application.
    Urls(Vec<String>),
}

/// A webhook, signed and ready.
#[derive(Clone, Debug)]
pub struct Notification {
    /// Order, payout or message it is about; notifications of one object keep their order.
    pub object: String,
    /// What it tells, for the log.
    pub event: String,
    /// Where it goes.
    pub target: Target,
    /// Content type and signature.
    pub headers: Vec<(&'static str, String)>,
    /// Exact bytes that were signed.
    pub body: Bytes,
    /// How often it is repeated.
    pub retries: Retries,
    /// What is wrong with it on purpose.
    pub spoiled: Spoiled,
}

/// Sender and its memory of what went before.
pub struct Outbox {
    client: Client,
    base: RwLock<Option<String>>,
    lines: Mutex<Lines>,
}

/// Per object: the first attempt under way, the last notification sent, the one held back.
#[derive(Default)]
struct Lines {
    previous: Shelf<oneshot::Receiver<()>>,
    last: Shelf<Notification>,
    held: Shelf<oneshot::Sender<()>>,
}

impl Outbox {
    /// A sender towards `base` (an origin without path).
    ///
    /// # Errors
    /// When the HTTP client cannot be built, for example without a certificate store.
    pub fn new(base: Option<String>) -> Result<Self, reqwest::Error> {
        // Another part of the process may have installed it already; either is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().redirect(Policy::none()).no_proxy().build()?;
        let outbox = Self {
            client,
            base: RwLock::new(None),
            lines: Mutex::default(),
        };
        if let Some(base) = base {
            outbox.set_base(&base);
        }
        Ok(outbox)
    }

    /// Changes where webhooks go.
    pub fn set_base(&self, base: &str) {
        let base = base.trim_end_matches('/').to_owned();
        *self.base.write().unwrap_or_else(PoisonError::into_inner) = Some(base);
    }

    /// The address of a path of the application, when it is known.
    pub fn address(&self, path: &str) -> Option<String> {
        let base = self.base.read().unwrap_or_else(PoisonError::into_inner);
        base.as_ref().map(|base| format!("{base}{path}"))
    }

    /// The client, for calls that are not notifications.
    pub fn client(&self) -> &Client {
        &self.client
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sim {
    /// Sends a notification in the background, after the earlier ones of the same object.
    pub fn notify(&self, notification: Notification) {
        let (sent, next) = oneshot::channel();
        let mut lines = self.outbox.lines();
        let stale = notification
            .spoiled
            .out_of_order
            .and_then(|_| lines.last.get(&notification.object).cloned());
        let hold = notification.spoiled.out_of_order.filter(|_| stale.is_none());
        let sim = self.clone();
        if let Some(at_most) = hold {
            let (release, released) = oneshot::channel();
            lines.held.put(notification.object.clone(), release);
            drop(lines);
            self.tasks.spawn(async move {
                let _ = tokio::time::timeout(at_most, released).await;
                sim.send(&notification, None).await;
            });
            return;
        }
        lines.last.put(notification.object.clone(), notification.clone());
        let previous = lines.previous.take(&notification.object);
        lines.previous.put(notification.object.clone(), next);
        drop(lines);
        self.tasks.spawn(async move {
            if let Some(previous) = previous {
                let _ = tokio::time::timeout(Retries::Xendit.patience(), previous).await;
            }
            sim.send(&notification, Some(sent)).await;
            if let Some(stale) = stale {
                sim.send(&stale, None).await;
            }
        });
    }

    /// First attempt, the duplicate if asked for, then the retries.
    async fn send(&self, notification: &Notification, sent: Option<oneshot::Sender<()>>) {
        let copies = if notification.spoiled.duplicate { 2 } else { 1 };
        let urls = match &notification.target {
            Target::Path(path) => self.outbox.address(path).into_iter().collect(),
            Target::Urls(urls) => urls.clone(),
        };
        if urls.is_empty() {
            tracing::debug!(object = %notification.object, "no webhook base: nobody is told");
        }
        let mut status = Vec::new();
        for url in &urls {
            for _ in 0..copies {
                status.push((url, self.attempt(notification, url, 1).await));
            }
        }
        // Whoever waits for this one may go; the retries do not hold up the line.
        drop(sent);
        if let Some(held) = self.outbox.lines().held.take(&notification.object) {
            let _ = held.send(());
        }
        for (url, mut status) in status {
            for (retry, wait) in notification.retries.waits().iter().enumerate() {
                if retry >= notification.retries.after(status) {
                    break;
                }
                tokio::select! {
                    () = self.stop.cancelled() => return,
                    () = tokio::time::sleep(Duration::from_millis(*wait)) => {}
                }
                status = self.attempt(notification, url, retry + 2).await;
            }
        }
    }

    async fn attempt(&self, notification: &Notification, url: &str, attempt: usize) -> Option<u16> {
        let status = tokio::select! {
            () = self.stop.cancelled() => return None,
            status = self.post(notification, url) => status,
        };
        tracing::debug!(%url, event = %notification.event, attempt, ?status, "webhook");
        self.store().deliveries.push(Delivery {
            at: now(),
            url: url.to_owned(),
            event: notification.event.clone(),
            object: notification.object.clone(),
            attempt,
            status,
        });
        status
    }

    async fn post(&self, notification: &Notification, url: &str) -> Option<u16> {
        let mut url = reqwest::Url::parse(url).ok()?;
        for _ in 0..=5 {
            let mut request = self
                .outbox
                .client()
                .post(url.clone())
                .timeout(notification.retries.patience());
            for (name, value) in &notification.headers {
                request = request.header(*name, value);
            }
            let response = request.body(notification.body.clone()).send().await.ok()?;
            let status = response.status();
            let moved = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
            let location = response.headers().get("location").and_then(|value| value.to_str().ok());
            match location.and_then(|location| url.join(location).ok()) {
                Some(next) if moved && notification.retries == Retries::Midtrans => url = next,
                _ => return Some(status.as_u16()),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_tables_are_the_vendors() {
        let midtrans = |status| Retries::Midtrans.after(status);
        assert_eq!(
            [Some(200), Some(302), Some(500), Some(404), Some(503), Some(401), None].map(midtrans),
            [0, 0, 1, 2, 4, 5, 5]
        );
        assert_eq!(Retries::Xendit.after(Some(500)), 6);
        assert_eq!(Retries::Xendit.after(Some(204)), 0);
        assert_eq!(Retries::Twilio.after(None), 0);
    }
}
