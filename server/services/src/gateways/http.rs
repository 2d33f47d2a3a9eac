//! The one HTTP client for third parties, with the limits of security.md R42, and how its failures are read. Enters:
//! requests of one vendor's client. Leaves: whole answers; `RateLimited` for what was surely not sent, because too many
//! calls are under way or the vendor has been failing; `InDoubt` for everything that broke off on the way.
//!
//! Bulkhead and breaker are these few lines over a semaphore, not a crate: the ones there are wrap a tower service and
//! its error type around every call, and the count, the pause and the meaning of a failure would still be written here.

use super::GatewayError;
use crate::{
    config::Environment,
    failure::{Failure, Fallible},
};
use reqwest::{
    IntoUrl, RequestBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
};
use serde::de::DeserializeOwned;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, time::Instant};

/// Largest answer that is read, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;
/// Calls of one vendor under way at once.
const SEATS: usize = 16;
/// So long a call waits for a seat.
const QUEUE: Duration = Duration::from_secs(2);
/// So many failures in a row open the breaker.
const FAILURES: u32 = 10;
/// So long it stays open; then one call tries.
const PAUSE: Duration = Duration::from_secs(30);

/// A client: rustls, connect 2 s, total 10 s, no redirects; in production only to public addresses.
pub fn client(environment: Environment) -> Fallible<reqwest::Client> {
    // The process may have installed the provider already; one is enough.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent("Sanggup/1");
    if environment == Environment::Production {
        builder = builder.dns_resolver(Arc::new(PublicOnly));
    }
    builder.build().map_err(Failure::broken)
}

/// Finds public addresses only: a vendor's name that leads into our own network is a name somebody took over. An
/// address that the configuration writes as a number is not looked up: that is somebody's decision.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                metrics::counter!("gateway_private_addresses").increment(1);
                return Err(format!("{} has no public address", name.as_str()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the internet, by the registries of special addresses (RFC 6890 and its updates).
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, third, _] = address.octets();
            let special = address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_documentation()
                || address.is_multicast()
                || first == 0
                || first >= 240
                || (first == 100 && second & 0xc0 == 64)
                || (first == 192 && second == 0 && third == 0)
                || (first == 198 && second & 0xfe == 18);
            !special
        }
        IpAddr::V6(address) => {
            let parts = address.segments();
            // The same host, written as one of IPv6: mapped, or behind NAT64.
            if let Some(inner) = address.to_ipv4_mapped() {
                return is_public(inner.into());
            }
            if parts[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
                let [.., a, b, c, d] = address.octets();
                return is_public(Ipv4Addr::new(a, b, c, d).into());
            }
            // Global unicast is 2000::/3, without the addresses of documentation.
            parts[0] & 0xe000 == 0x2000 && parts[..2] != [0x2001, 0xdb8] && parts[0] != 0x3fff
        }
    }
}

/// An answer, read in full within the size limit.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds, when given.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body of a call that moves money: what cannot be read may have taken effect.
    pub fn json_of_money<T: DeserializeOwned>(&self) -> Result<T, GatewayError> {
        self.json().map_err(GatewayError::of_money)
    }

    /// The body as JSON, unknown members ignored.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, GatewayError> {
        serde_json::from_slice(&self.body).map_err(|error| GatewayError::Protocol {
            message: error.to_string(),
        })
    }
}

/// The line to one vendor: at most [`SEATS`] calls at once, and none for [`PAUSE`] after [`FAILURES`] failures in a row,
/// so that a vendor that hangs takes neither our connections nor our time.
#[derive(Debug)]
pub struct Line {
    vendor: &'static str,
    http: reqwest::Client,
    seats: Semaphore,
    breaker: Mutex<Breaker>,
}

/// Failures in a row, and until when nobody calls.
#[derive(Debug, Default)]
struct Breaker {
    failures: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    /// How long a call at `now` must still wait; the one that need not, after a pause, keeps the others waiting.
    fn wait(&mut self, now: Instant) -> Option<Duration> {
        let open_until = self.open_until?;
        if now < open_until {
            return Some(open_until - now);
        }
        self.open_until = Some(now + PAUSE);
        None
    }

    /// Counts how a call ended; true when this failure opened the breaker.
    fn count(&mut self, failed: bool, now: Instant) -> bool {
        if !failed {
            *self = Self::default();
            return false;
        }
        self.failures += 1;
        let opens = self.failures >= FAILURES;
        if opens {
            self.open_until = Some(now + PAUSE);
        }
        opens
    }
}

impl Line {
    /// A line to `vendor`, named so in logs and metrics.
    pub fn new(vendor: &'static str, http: reqwest::Client) -> Self {
        Self {
            vendor,
            http,
            seats: Semaphore::new(SEATS),
            breaker: Mutex::default(),
        }
    }

    /// A GET to fill and [`Line::send`].
    pub fn get(&self, url: impl IntoUrl) -> RequestBuilder {
        self.http.get(url)
    }

    /// A POST to fill and [`Line::send`].
    pub fn post(&self, url: impl IntoUrl) -> RequestBuilder {
        self.http.post(url)
    }

    /// Sends `request`. Whatever keeps us from a whole answer is `InDoubt`: the caller asks before it sends again.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer, GatewayError> {
        let vendor = self.vendor;
        let not_sent = |why: &'static str, wait: Duration| {
            metrics::counter!("gateway_calls_refused", "vendor" => vendor, "why" => why).increment(1);
            GatewayError::RateLimited {
                retry_after: Some(wait),
            }
        };
        let Ok(Ok(_seat)) = tokio::time::timeout(QUEUE, self.seats.acquire()).await else {
            return Err(not_sent("bulkhead", QUEUE));
        };
        if let Some(wait) = self.breaker().wait(Instant::now()) {
            return Err(not_sent("breaker", wait));
        }
        let begun = Instant::now();
        let answer = read(vendor, request).await;
        metrics::histogram!("gateway_seconds", "vendor" => vendor).record(begun.elapsed().as_secs_f64());
        // A refusal is an answer; the vendor is there.
        let failed = match &answer {
            Ok(answer) => answer.status >= 500,
            Err(_) => true,
        };
        if failed {
            metrics::counter!("gateway_failures", "vendor" => vendor).increment(1);
        }
        if self.breaker().count(failed, Instant::now()) {
            metrics::counter!("gateway_breaker_opened", "vendor" => vendor).increment(1);
            tracing::error!(
                vendor,
                "a third party fails again and again: nobody calls it for a while"
            );
        }
        answer
    }

    fn breaker(&self) -> std::sync::MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(vendor: &'static str, request: RequestBuilder) -> Result<Answer, GatewayError> {
    let mut response = request.send().await.map_err(|error| GatewayError::InDoubt {
        message: format!("{vendor} did not answer: {error}"),
    })?;
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get(reqwest::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| GatewayError::InDoubt {
        message: format!("{vendor} broke off: {error}"),
    })? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(GatewayError::Protocol {
                message: format!("{vendor} answered more than {MAX_ANSWER} bytes"),
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        retry_after,
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_in_a_row_pause_the_line_and_one_call_tries_after_it() {
        let start = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..9 {
            assert!(!breaker.count(true, start));
        }
        breaker.count(false, start);
        for number in 1..=10 {
            assert_eq!(breaker.wait(start), None);
            assert_eq!(breaker.count(true, start), number == 10);
        }
        assert_eq!(
            breaker.wait(start + Duration::from_secs(1)),
            Some(Duration::from_secs(29))
        );
        let later = start + PAUSE;
        assert_eq!(breaker.wait(later), None, "one tries");
        assert!(breaker.wait(later).is_some(), "the others wait for how it ends");
        assert!(breaker.count(true, later), "and wait again");
        assert!(breaker.wait(later + Duration::from_secs(29)).is_some());
        assert_eq!(breaker.wait(later + PAUSE), None);
        breaker.count(false, later + PAUSE);
        assert_eq!(breaker.wait(later + PAUSE), None);
    }

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for public in [
            "8.8.8.8",
            "103.58.103.177",
            "100.63.0.1",
            "2404:6800:4003::200e",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
        for ours in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.0.1",
            "192.0.0.8",
            "192.168.1.1",
            "198.18.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fd00::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
        ] {
            assert!(!is_public(ours.parse().expect("an address")), "{ours}");
        }
    }

    #[tokio::test]
    async fn in_production_a_name_that_leads_home_is_not_called() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!(
            "http://localhost:{}/",
            listener.local_addr().expect("an address").port()
        );
        let called = async |environment| {
            let call = client(environment).expect("a client").get(&url).send();
            tokio::select! {
                ended = call => { ended.expect_err("nobody answers"); false }
                _ = listener.accept() => true,
            }
        };
        assert!(called(Environment::Development).await);
        assert!(!called(Environment::Production).await);
    }

    #[tokio::test]
    async fn more_than_sixteen_calls_wait_and_then_are_not_sent() {
        let line = Line::new("test", client(Environment::Development).expect("a client"));
        let _all = line.seats.acquire_many(16).await.expect("sixteen");
        let refused = line.send(line.get("http://127.0.0.1:1")).await;
        assert!(matches!(refused, Err(GatewayError::RateLimited { .. })), "{refused:?}");
    }
}
