//! Rate limits on a real Redis: counted together, and never in anybody's way when it hangs or dies.

use domain::Error;
use services::{limits::Limits, testing::World};
use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A Redis of this test's own; stopped when dropped.
struct Redis {
    process: Child,
    url: String,
}

impl Redis {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
        let port = port.expect("a free port").port();
        let arguments = format!("--port {port} --bind 127.0.0.1 --save  --appendonly no");
        let process = Command::new("redis-server")
            .args(arguments.split(' '))
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed (scripts/setup)");
        Self {
            process,
            url: format!("redis://127.0.0.1:{port}"),
        }
    }

    fn client(&self) -> redis::Client {
        redis::Client::open(self.url.as_str()).expect("an address")
    }

    async fn ready(&self) {
        for _ in 0..100 {
            if self.client().get_multiplexed_async_connection().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("redis-server does not answer");
    }

    async fn keys(&self) -> Vec<String> {
        let mut connection = self
            .client()
            .get_multiplexed_async_connection()
            .await
            .expect("connected");
        redis::cmd("KEYS")
            .arg("*")
            .query_async(&mut connection)
            .await
            .expect("the keys")
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([signal, &self.process.id().to_string()])
            .status();
        assert!(sent.expect("kill runs").success());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn world(redis: &Redis) -> World {
    let url = domain::auth::Secret::new(redis.url.as_str());
    World::with(|config| {
        config.redis_url = Some(url);
        config.limits.insert("login_ip".into(), "4/h".into());
    })
    .await
}

/// How many of ten tries pass.
async fn passes(limits: &Limits, key: &str) -> usize {
    let mut count = 0;
    for _ in 0..10 {
        match limits.check("login_ip", key).await {
            Ok(()) => count += 1,
            Err(Error::TooMany { retry_after }) => assert!((1..=1_800).contains(&retry_after)),
            Err(error) => panic!("{error:?}"),
        }
    }
    count
}

#[tokio::test]
async fn servers_count_together_and_redis_learns_no_address() {
    let redis = Redis::start();
    redis.ready().await;
    let world = world(&redis).await;
    let (a, b) = (
        Limits::new(&world.config).await.unwrap(),
        Limits::new(&world.config).await.unwrap(),
    );
    // The first call connects, which may take longer than the patience allows: then it is counted here.
    while redis.keys().await.is_empty() {
        a.check("csp_report", "").await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    b.check("csp_report", "").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for limits in [&a, &b, &a, &b] {
        limits.check("login_ip", "203.0.113.7").await.unwrap();
    }
    assert_eq!(passes(&a, "203.0.113.7").await, 0);
    assert_eq!(passes(&b, "203.0.113.7").await, 0);
    assert_eq!(passes(&b, "203.0.113.8").await, 4);
    let keys = redis.keys().await;
    let hidden = |key: &String| key.starts_with("limit:") && key.len() == 38;
    assert!(keys.len() >= 2 && keys.iter().all(hidden), "{keys:?}");
}

#[tokio::test]
async fn a_hung_and_a_dead_redis_halve_the_rate_and_hold_nobody_up() {
    let redis = Redis::start();
    redis.ready().await;
    let world = world(&redis).await;
    let limits = Limits::new(&world.config).await.unwrap();
    while redis.keys().await.is_empty() {
        limits.check("csp_report", "").await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    redis.signal("-STOP");
    let start = Instant::now();
    assert_eq!(passes(&limits, "203.0.113.7").await, 2);
    let took = start.elapsed();
    assert!(took < Duration::from_millis(500), "ten tries took {took:?}");
    redis.signal("-CONT");
    let mut back = false;
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        limits.check("csp_report", "again").await.ok();
        back = redis.keys().await.len() > 1;
        if back {
            break;
        }
    }
    assert!(back, "Redis is used again after its pause");
    redis.signal("-KILL");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(passes(&limits, "203.0.113.9").await, 2);
}
