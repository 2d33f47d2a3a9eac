//! Rate limits (security.md 4.3): how often an address, an account or everybody together may do a thing.
//!
//! Enters: an action and whom to count. Leaves: yes, or how many seconds to wait. GCRA: `N/period` lets `N` through
//! at once and then one every `period / N`. Counted in Redis when there is one; when it is down or slow (50 ms), here,
//! at half the rate: a broken counter never keeps anybody out. Identifiers are kept as keyed hashes only, and memory
//! is bounded.

use crate::{
    clock::{Clock, SystemClock},
    config::Config,
    crypto,
    failure::{Failure, Fallible},
};
use domain::Error;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// Every action that is counted. `…_ip` counts an address, `…_global` everybody, the others an account or
/// identifier (`register` and `otp_verify`: an address). One variable `LIMIT_<ACTION>` each: "10/min" or "off".
pub const ACTIONS: [&str; 26] = [
    "login_ip",
    "login_ip_hour",
    "login_account",
    "login_global",
    "passkey",
    "passkey_ip",
    "register",
    "otp_send",
    "otp_send_day",
    "otp_send_ip",
    "otp_send_global",
    "otp_verify",
    "reset",
    "reset_ip",
    "refresh",
    "refresh_ip",
    "upload",
    "upload_ip",
    "upload_kib",
    "apply",
    "apply_ip",
    "read_api",
    "read_api_ip",
    "reveal",
    "webhook",
    "csp_report",
];

/// The rates of security.md 4.3. `login_account` is a rule of its own (growing pauses), kept by the auth service;
/// here it can only be switched off.
const DEFAULTS: [(&str, &str); 26] = [
    ("login_ip", "10/min"),
    ("login_ip_hour", "100/h"),
    ("login_account", "60/min"),
    ("login_global", "30/s"),
    ("passkey", "20/min"),
    ("passkey_ip", "30/min"),
    ("register", "5/h"),
    ("otp_send", "5/h"),
    ("otp_send_day", "10/day"),
    ("otp_send_ip", "10/h"),
    ("otp_send_global", "200/min"),
    ("otp_verify", "30/min"),
    ("reset", "3/h"),
    ("reset_ip", "5/h"),
    ("refresh", "30/h"),
    ("refresh_ip", "60/min"),
    ("upload", "20/day"),
    ("upload_ip", "30/h"),
    ("upload_kib", "51200/day"),
    ("apply", "3/day"),
    ("apply_ip", "10/h"),
    ("read_api", "300/min"),
    ("read_api_ip", "600/min"),
    ("reveal", "50/day"),
    ("webhook", "200/s"),
    ("csp_report", "10/min"),
];

/// Most keys that are remembered in this process; the ones closest to being free again are forgotten first.
const MAX_KEYS: usize = 65_536;
/// How long Redis may take.
const REDIS_PATIENCE: Duration = Duration::from_millis(50);
/// For how long Redis is left alone after it failed.
const REDIS_PAUSE_MICROS: i64 = 1_000_000;

/// Microseconds between two, and how many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rate {
    interval: i64,
    burst: i64,
}

impl Rate {
    /// "10/min"; units s, min, h, day.
    fn parse(text: &str) -> Option<Self> {
        let (count, unit) = text.split_once('/')?;
        let burst: i64 = count
            .trim()
            .parse()
            .ok()
            .filter(|count| (1..=1_000_000).contains(count))?;
        let seconds: i64 = match unit.trim() {
            "s" => 1,
            "min" => 60,
            "h" => 3_600,
            "day" => 86_400,
            _ => return None,
        };
        Some(Self {
            interval: seconds * 1_000_000 / burst,
            burst,
        })
    }

    fn halved(self) -> Self {
        Self {
            interval: self.interval * 2,
            burst: (self.burst / 2).max(1),
        }
    }

    /// How far ahead of now the next free moment may lie.
    fn tolerance(self) -> i64 {
        self.interval * (self.burst - 1)
    }
}

type KeyHash = [u8; 16];

/// The counters.
pub struct Limits {
    rates: HashMap<&'static str, Option<Rate>>,
    clock: Arc<dyn Clock>,
    hash_key: crypto::Key,
    /// For each key the moment (µs) at which it owes nothing any more.
    here: Mutex<HashMap<KeyHash, i64>>,
    redis: Option<ConnectionManager>,
    redis_again_at: AtomicI64,
}

impl Limits {
    /// Counters as `config` says: in Redis when it names one, else in this process. They follow the machine's clock.
    #[expect(clippy::unused_async, reason = "the connection to Redis needs a running runtime")]
    pub async fn new(config: &Config) -> Fallible<Self> {
        let mut limits = Self::in_process(&config.limits, Arc::new(SystemClock))?;
        // The same for every server on this database, so that they count together; unknown to a thief of Redis.
        limits.hash_key = crypto::key_from(config.database_url.expose(), "limits");
        if let Some(url) = &config.redis_url {
            // The library's message may quote the address, which carries a password.
            let client = redis::Client::open(url.expose())
                .map_err(|_| Failure::broken("REDIS_URL is not an address of Redis"))?;
            let patience = ConnectionManagerConfig::new()
                .set_number_of_retries(1)
                .set_connection_timeout(Some(Duration::from_secs(1)))
                .set_response_timeout(Some(REDIS_PATIENCE));
            let redis = ConnectionManager::new_lazy_with_config(client, patience)
                .map_err(|error| Failure::broken(format!("REDIS_URL: {}", category(&error))))?;
            limits.redis = Some(redis);
        }
        Ok(limits)
    }

    /// Counters in this process with `overrides` (action → "10/min" or "off").
    fn in_process(overrides: &HashMap<String, String>, clock: Arc<dyn Clock>) -> Fallible<Self> {
        let rates = DEFAULTS.iter().map(|(action, default)| {
            let text = overrides.get(*action).map_or(*default, String::as_str);
            let rate = if text == "off" {
                Some(None)
            } else {
                Rate::parse(text).map(Some)
            };
            let rate = rate.ok_or_else(|| {
                Failure::broken(format!(
                    "LIMIT_{} must look like 10/min (s, min, h, day) or off, not {text}",
                    action.to_uppercase()
                ))
            })?;
            Ok((*action, rate))
        });
        Ok(Self {
            rates: rates.collect::<Fallible<_>>()?,
            clock,
            hash_key: crypto::Key::new(crypto::random()),
            here: Mutex::default(),
            redis: None,
            redis_again_at: AtomicI64::new(0),
        })
    }

    /// Whether `action` is counted at all.
    pub fn is_on(&self, action: &str) -> bool {
        self.rates.get(action).is_some_and(Option::is_some)
    }

    /// Counts one `action` of `key` (an address through [`address`], an account, an identifier, "" for everybody).
    /// `TooMany` with the seconds to wait; refused tries are not counted.
    pub async fn check(&self, action: &str, key: &str) -> Result<(), Error> {
        self.check_many(action, key, 1).await
    }

    /// The same for `count` at once, all or none; of an action that is counted in units (KiB).
    pub async fn check_many(&self, action: &str, key: &str, count: u32) -> Result<(), Error> {
        let count = i64::from(count.max(1));
        let Some(rate) = self.rates.get(action) else {
            tracing::error!(action, "an action without a limit was counted");
            return Err(Error::Forbidden);
        };
        let Some(rate) = *rate else { return Ok(()) };
        let hash = self.hash(action, key);
        let now = self.micros();
        let wait = match self.wait_in_redis(rate, &hash, count, now).await {
            Some(wait) => wait,
            None if self.redis.is_some() => self.wait_here(rate.halved(), hash, count, now),
            None => self.wait_here(rate, hash, count, now),
        };
        if wait == 0 {
            return Ok(());
        }
        metrics::counter!("limited", "action" => action.to_owned()).increment(1);
        Err(Error::TooMany {
            retry_after: u32::try_from(wait.div_ceil(1_000_000)).unwrap_or(u32::MAX),
        })
    }

    fn hash(&self, action: &str, key: &str) -> KeyHash {
        let mac = crypto::mac(&self.hash_key, format!("{action}|{key}").as_bytes());
        mac.first_chunk().copied().expect("32 bytes hold 16")
    }

    fn micros(&self) -> i64 {
        i64::try_from(self.clock.now().unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
    }

    /// Microseconds to wait, zero when the try was counted.
    fn wait_here(&self, rate: Rate, key: KeyHash, count: i64, now: i64) -> u64 {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        if here.len() >= MAX_KEYS && !here.contains_key(&key) {
            forget(&mut here, now);
        }
        let free_at = here.get(&key).copied().unwrap_or(now).max(now);
        let ahead = free_at - now + rate.interval * (count - 1) - rate.tolerance();
        if ahead > 0 {
            return ahead.unsigned_abs();
        }
        here.insert(key, free_at + rate.interval * count);
        0
    }

    /// The same in Redis, or none when there is none that answers in time.
    async fn wait_in_redis(&self, rate: Rate, key: &KeyHash, count: i64, now: i64) -> Option<u64> {
        let mut redis = self.redis.clone()?;
        if now < self.redis_again_at.load(Ordering::Relaxed) {
            return None;
        }
        let script = redis::Script::new(GCRA);
        let mut call = script.prepare_invoke();
        call.key(format!("limit:{}", hex::encode(key)))
            .arg(rate.interval)
            .arg(rate.tolerance())
            .arg(count);
        match tokio::time::timeout(REDIS_PATIENCE, call.invoke_async::<i64>(&mut redis)).await {
            Ok(Ok(wait)) => Some(wait.unsigned_abs()),
            failed => {
                let reason = failed.map_or("slow", |answer| answer.err().map_or("", |error| category(&error)));
                tracing::warn!(reason, "limits are counted here, Redis does not answer");
                metrics::counter!("limits_without_redis").increment(1);
                self.redis_again_at.store(now + REDIS_PAUSE_MICROS, Ordering::Relaxed);
                None
            }
        }
    }
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Limits")
    }
}

/// A kind of failure that names no address.
fn category(error: &redis::RedisError) -> &'static str {
    if error.is_timeout() {
        "slow"
    } else if error.is_io_error() {
        "unreachable"
    } else {
        "refused"
    }
}

/// GCRA in one step. Redis's own time, so that several servers agree. Numbers are written out in full: Lua would
/// shorten sixteen digits.
const GCRA: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, tolerance, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local free_at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local ahead = free_at - now + interval * (count - 1) - tolerance
if ahead > 0 then return ahead end
free_at = free_at + interval * count
redis.call('SET', KEYS[1], string.format('%.0f', free_at), 'PX', math.ceil((free_at - now) / 1000))
return 0
";

/// Drops what owes nothing any more, and when that is not enough the half closest to it.
fn forget(here: &mut HashMap<KeyHash, i64>, now: i64) {
    here.retain(|_, free_at| *free_at > now);
    if here.len() >= MAX_KEYS {
        let mut moments: Vec<i64> = here.values().copied().collect();
        let middle = moments.len() / 2;
        let (_, median, _) = moments.select_nth_unstable(middle);
        let median = *median;
        here.retain(|_, free_at| *free_at > median);
    }
}

/// What one address counts as: an IPv4 address, or the /64 of an IPv6 address, which one household shares.
pub fn address(text: &str) -> String {
    network(text, 32, 64)
}

/// A wider circle of addresses (/24, /48): wrong passwords from one do not slow the owner down in another (R10).
pub fn address_class(text: &str) -> String {
    network(text, 24, 48)
}

fn network(text: &str, v4_bits: u32, v6_bits: u32) -> String {
    match text.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - v4_bits).unwrap_or(0);
            std::net::Ipv4Addr::from_bits(address.to_bits() & mask).to_string()
        }
        Ok(IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - v6_bits).unwrap_or(0);
            std::net::Ipv6Addr::from_bits(address.to_bits() & mask).to_string()
        }
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicI64;
    use time::OffsetDateTime;

    struct Hands(AtomicI64);

    impl Clock for Hands {
        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::from_unix_timestamp(self.0.load(Ordering::Relaxed)).unwrap()
        }
    }

    fn limits(overrides: &[(&str, &str)]) -> (Arc<Hands>, Limits) {
        let clock = Arc::new(Hands(AtomicI64::new(1_795_000_000)));
        let overrides = overrides
            .iter()
            .map(|(action, rate)| ((*action).to_owned(), (*rate).to_owned()))
            .collect();
        let limits = Limits::in_process(&overrides, clock.clone()).unwrap();
        (clock, limits)
    }

    #[test]
    fn every_action_has_a_default() {
        let named: Vec<_> = DEFAULTS.iter().map(|(action, _)| *action).collect();
        assert_eq!(named, ACTIONS);
        assert!(DEFAULTS.iter().all(|(_, rate)| Rate::parse(rate).is_some()));
    }

    #[tokio::test]
    async fn a_burst_passes_then_one_at_a_time() {
        let (clock, limits) = limits(&[("login_ip", "6/min")]);
        for _ in 0..6 {
            limits.check("login_ip", "10.0.0.1").await.unwrap();
        }
        assert_eq!(
            limits.check("login_ip", "10.0.0.1").await,
            Err(Error::TooMany { retry_after: 10 })
        );
        limits.check("login_ip", "10.0.0.2").await.unwrap();
        limits.check("otp_verify", "10.0.0.1").await.unwrap();
        clock.0.fetch_add(9, Ordering::Relaxed);
        assert_eq!(
            limits.check("login_ip", "10.0.0.1").await,
            Err(Error::TooMany { retry_after: 1 })
        );
        clock.0.fetch_add(1, Ordering::Relaxed);
        limits.check("login_ip", "10.0.0.1").await.unwrap();
        assert!(limits.check("login_ip", "10.0.0.1").await.is_err());
        clock.0.fetch_add(3_600, Ordering::Relaxed);
        for _ in 0..6 {
            limits.check("login_ip", "10.0.0.1").await.unwrap();
        }
        assert!(
            limits.check("login_ip", "10.0.0.1").await.is_err(),
            "a pause saves up one burst, not more"
        );
    }

    #[tokio::test]
    async fn many_count_as_many_and_all_or_none() {
        let (clock, limits) = limits(&[("upload_kib", "100/h")]);
        limits.check_many("upload_kib", "a", 60).await.unwrap();
        assert_eq!(
            limits.check_many("upload_kib", "a", 50).await,
            Err(Error::TooMany { retry_after: 360 })
        );
        limits.check_many("upload_kib", "a", 40).await.unwrap();
        assert!(limits.check_many("upload_kib", "a", 1).await.is_err());
        limits.check_many("upload_kib", "b", 100).await.unwrap();
        clock.0.fetch_add(3_600, Ordering::Relaxed);
        assert!(
            limits.check_many("upload_kib", "a", 101).await.is_err(),
            "never at once"
        );
        limits.check_many("upload_kib", "a", 100).await.unwrap();
    }

    #[tokio::test]
    async fn off_counts_nothing_and_an_unknown_action_is_refused() {
        let (_, limits) = limits(&[("register", "off")]);
        for _ in 0..100 {
            limits.check("register", "10.0.0.1").await.unwrap();
        }
        assert_eq!(limits.check("no_such", "10.0.0.1").await, Err(Error::Forbidden));
        let wrong = HashMap::from([("register".to_owned(), "5 an hour".to_owned())]);
        let clock = Arc::new(Hands(AtomicI64::new(0)));
        assert!(Limits::in_process(&wrong, clock).is_err());
    }

    #[tokio::test]
    async fn a_dead_redis_halves_the_rate_and_keeps_nobody_out() {
        let (_, mut limits) = limits(&[("login_ip", "10/min")]);
        // A port where nobody listens.
        let client = redis::Client::open("redis://127.0.0.1:1").unwrap();
        let config = ConnectionManagerConfig::new().set_number_of_retries(0);
        limits.redis = Some(ConnectionManager::new_lazy_with_config(client, config).unwrap());
        for _ in 0..5 {
            limits.check("login_ip", "10.0.0.1").await.unwrap();
        }
        assert_eq!(
            limits.check("login_ip", "10.0.0.1").await,
            Err(Error::TooMany { retry_after: 12 })
        );
    }

    #[test]
    fn memory_is_bounded() {
        let (_, limits) = limits(&[]);
        let rate = Rate::parse("1/h").unwrap();
        for n in 0..(MAX_KEYS as u128 * 2 + 10) {
            limits.wait_here(rate, n.to_be_bytes(), 1, i64::try_from(n).unwrap());
        }
        let remembered = limits.here.lock().unwrap();
        assert!(remembered.len() <= MAX_KEYS, "{}", remembered.len());
        let newest = (MAX_KEYS as u128 * 2 + 9).to_be_bytes();
        assert!(remembered.contains_key(&newest), "those that owe most are kept");
    }

    #[test]
    fn addresses_count_as_their_household() {
        assert_eq!(address("203.0.113.9"), "203.0.113.9");
        assert_eq!(address("::ffff:203.0.113.9"), "203.0.113.9");
        assert_eq!(address("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(address_class("203.0.113.9"), "203.0.113.0");
        assert_eq!(address_class("2001:db8:1:2:3:4:5:6"), "2001:db8:1::");
        assert_eq!(address(""), "");
    }
}
