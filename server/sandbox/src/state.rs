//! The one store of the sandbox: bounded, in memory, behind one short-lived lock.
//! In: what the vendors were asked for. Out: the same things, for status calls, the control surface and the page.

use std::{
    collections::{HashMap, VecDeque},
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use serde_json::Value;
use time::{OffsetDateTime, UtcOffset, macros::offset};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::Config, faults::Fault, faults::Hostile, midtrans::Idempotent, midtrans::Transaction, push::Device,
    webhook::Outbox, xendit::Payout,
};

/// Asia/Jakarta has had no other offset since 1964.
pub const JAKARTA: UtcOffset = offset!(+7);

/// The sandbox's clock; real time, because the vendors' expiries are real too.
#[expect(clippy::disallowed_methods, reason = "this is the sandbox's one clock")]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Handle on everything; cheap to clone.
#[derive(Clone)]
pub struct Sim(Arc<Inner>);

/// What a [`Sim`] points at.
pub struct Inner {
    /// Start-up settings.
    pub config: Config,
    /// Own origin, without a final slash; goes into QR and push addresses.
    pub public: String,
    /// Webhook sender.
    pub outbox: Outbox,
    /// Background work; waited for at shutdown.
    pub tasks: TaskTracker,
    /// Cancelled at shutdown.
    pub stop: CancellationToken,
    store: Mutex<Store>,
}

impl Deref for Sim {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Sim {
    /// A new, empty sandbox state.
    pub fn new(config: Config, public: String, outbox: Outbox) -> Self {
        Self(Arc::new(Inner {
            config,
            public,
            outbox,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            store: Mutex::new(Store::default()),
        }))
    }

    /// The store; never held across an await.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` after `delay`, unless the sandbox stops first.
    pub fn later(&self, delay: std::time::Duration, work: impl FnOnce(&Sim) + Send + 'static) {
        let sim = self.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = sim.stop.cancelled() => {}
                () = tokio::time::sleep(delay) => work(&sim),
            }
        });
    }
}

/// Everything remembered.
#[derive(Default)]
pub struct Store {
    /// Caught messages, oldest first.
    pub messages: Ring<Message>,
    /// Midtrans transactions by order_id.
    pub transactions: Shelf<Transaction>,
    /// Midtrans idempotency keys.
    pub idempotency: Shelf<Idempotent>,
    /// Xendit payouts by id.
    pub payouts: Shelf<Payout>,
    /// Xendit idempotency keys: request and first answer.
    pub payout_keys: Shelf<(Value, Value)>,
    /// Account holders by `bank:account`, set by the control surface.
    pub accounts: Shelf<String>,
    /// When a WhatsApp number last wrote to us.
    pub inbound: Shelf<OffsetDateTime>,
    /// Push subscriptions by id.
    pub devices: Shelf<Device>,
    /// Vendor calls, oldest first.
    pub requests: Ring<Exchange>,
    /// Webhook attempts, oldest first.
    pub deliveries: Ring<Delivery>,
    /// Faults waiting to happen.
    pub faults: Vec<Fault>,
    /// Faults at random, when asked for.
    pub hostile: Option<Hostile>,
}

/// How a message travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// SMTP.
    Email,
    /// Meta Cloud API.
    Whatsapp,
    /// Twilio.
    Sms,
    /// Web Push.
    Push,
}

/// A caught message, as `GET /_sim/messages` shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// The provider's id.
    pub id: String,
    /// How it travelled.
    pub channel: Channel,
    /// Address, E.164 number or push endpoint.
    pub to: String,
    /// What a person would read.
    pub text: String,
    /// When it was accepted, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `sent`, `delivered`, `undelivered` or `failed`.
    pub status: &'static str,
    /// The vendor's request, or the parsed mail.
    pub body: Value,
}

impl Message {
    /// Whether this message was sent to `wanted`: an address (case does not matter) or a phone number in any
    /// of the spellings `+628…`, ` 628…` (an unescaped plus in a query) and `628…`.
    pub fn is_to(&self, wanted: &str) -> bool {
        let phone = |text: &str| text.trim().trim_start_matches('+').to_owned();
        self.to.eq_ignore_ascii_case(wanted.trim()) || phone(&self.to) == phone(wanted)
    }
}

/// One call to a vendor, as `GET /_sim/requests` shows it; credentials are not kept.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// When, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// HTTP method.
    pub method: String,
    /// Path with the vendor's prefix.
    pub path: String,
    /// Query string.
    pub query: Option<String>,
    /// The idempotency header, whichever vendor's.
    pub idempotency_key: Option<String>,
    /// Request body: JSON, text, or a note of its size.
    pub body: Value,
    /// HTTP status answered; for a fault that hangs or drops, what would have been answered.
    pub status: u16,
    /// Whether the connection was left without an answer on purpose.
    pub unanswered: bool,
}

/// One webhook attempt, as `GET /_sim/webhooks` shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    /// When, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Target.
    pub url: String,
    /// What it tells, such as `settlement` or `payout.succeeded`.
    pub event: String,
    /// Order, payout or message it is about.
    pub object: String,
    /// 1 for the first try.
    pub attempt: usize,
    /// HTTP status received; none when nobody answered.
    pub status: Option<u16>,
}

/// A list that forgets its oldest entry when full.
pub struct Ring<T>(VecDeque<T>);

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Ring<T> {
    const CAPACITY: usize = 2_000;

    /// Adds the newest entry.
    pub fn push(&mut self, entry: T) {
        if self.0.len() == Self::CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    /// Newest first.
    pub fn newest(&self) -> impl Iterator<Item = &T> {
        self.0.iter().rev()
    }

    /// Oldest first, to change entries in place.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut()
    }

    /// Forgets what `keep` says no to.
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.0.retain(keep);
    }
}

/// A map in order of insertion that forgets its oldest entry when full.
pub struct Shelf<T> {
    entries: HashMap<String, T>,
    order: VecDeque<String>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<T> Shelf<T> {
    const CAPACITY: usize = 5_000;

    /// Puts `value` under `key`; an entry of that name is replaced in place.
    pub fn put(&mut self, key: impl Into<String>, value: T) {
        let key = key.into();
        if self.entries.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > Self::CAPACITY
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }

    /// The entry of that name.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.entries.get(key)
    }

    /// The entry of that name, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        self.entries.get_mut(key)
    }

    /// Takes the entry of that name out.
    pub fn take(&mut self, key: &str) -> Option<T> {
        let value = self.entries.remove(key)?;
        self.order.retain(|name| name != key);
        Some(value)
    }

    /// Newest first.
    pub fn newest(&self) -> impl Iterator<Item = &T> {
        self.order.iter().rev().filter_map(|key| self.entries.get(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_containers_forget_the_oldest() {
        let (mut ring, mut shelf) = (Ring::default(), Shelf::default());
        for number in 0..Shelf::<usize>::CAPACITY + 1 {
            ring.push(number);
            shelf.put(number.to_string(), number);
        }
        assert_eq!(ring.newest().count(), Ring::<usize>::CAPACITY);
        assert!(shelf.get("0").is_none());
        assert_eq!(shelf.get("1"), Some(&1));
        assert_eq!(shelf.newest().next(), Some(&Shelf::<usize>::CAPACITY));
    }

    #[test]
    fn numbers_match_in_every_spelling_and_addresses_in_any_case() {
        let message = |to: &str| Message {
            id: String::new(),
            channel: Channel::Sms,
            to: to.to_owned(),
            text: String::new(),
            at: now(),
            status: "sent",
            body: Value::Null,
        };
        for wanted in ["+628123456789", " 628123456789", "628123456789"] {
            assert!(message("+628123456789").is_to(wanted), "{wanted}");
        }
        assert!(message("Siti@Contoh.id").is_to("siti@contoh.id"));
        assert!(!message("+628123456789").is_to("+628123456780"));
        assert!(!message("siti@contoh.id").is_to("iti@contoh.id"));
    }
}
