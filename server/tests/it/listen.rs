//! Connections that are slow, greedy or caught by the end, over a router of our own with short patience.

use axum::{
    Router,
    body::Bytes,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use server::{
    listen::{Timing, serve},
    middleware::time_limit,
};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

/// What a test waits for at most; nothing here takes nearly as long.
const LONG: Duration = Duration::from_secs(20);

/// Nothing ever ends by itself but what a test makes short.
const PATIENT: Timing = Timing {
    header_read: LONG,
    request: LONG,
    upload: LONG,
    keep_alive: LONG,
    drain: LONG,
};

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    ended: JoinHandle<bool>,
    /// Requests of `/slow` that arrived; the answer waits for `open`.
    arrived: mpsc::UnboundedReceiver<()>,
    open: CancellationToken,
}

async fn start(timing: Timing) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (tell, arrived) = mpsc::unbounded_channel();
    let (stop, open) = (CancellationToken::new(), CancellationToken::new());
    let gate = open.clone();
    let slow = async move || {
        tell.send(()).expect("the test listens");
        gate.cancelled().await;
        "done"
    };
    let router = Router::new()
        .route("/", get(async || "hello"))
        .route("/slow", get(slow))
        .route("/body", post(async |body: Bytes| body))
        .layer(from_fn_with_state(timing, time_limit::check));
    let ended = tokio::spawn(serve(listener, router, timing, stop.clone()));
    Served {
        address,
        stop,
        ended,
        arrived,
        open,
    }
}

impl Served {
    async fn connect(&self, first: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("a connection");
        stream.write_all(first.as_bytes()).await.expect("it is open");
        stream
    }
}

/// What comes until the end of one short answer.
async fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 1_024];
    while !(text.ends_with(b"hello") || text.ends_with(b"done")) {
        let length = timeout(LONG, stream.read(&mut buffer))
            .await
            .expect("in time")
            .expect("readable");
        assert_ne!(length, 0, "closed after {}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&buffer[..length]);
    }
    String::from_utf8(text).expect("text")
}

/// Until the server hangs up: what it said, and after how long.
async fn hung_up(stream: &mut TcpStream) -> (String, Duration) {
    let began = Instant::now();
    let mut text = Vec::new();
    // A reset is an end as well.
    let _ = timeout(LONG, stream.read_to_end(&mut text))
        .await
        .expect("the server hangs up");
    (String::from_utf8_lossy(&text).into_owned(), began.elapsed())
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off() {
    let short = Timing {
        header_read: Duration::from_millis(150),
        ..PATIENT
    };
    let served = start(short).await;
    // Nothing at all; half a head; half a head after a whole request; half an HTTP/2 preface.
    let mut silent = served.connect("").await;
    let mut half = served.connect("GET / HTTP/1.1\r\nhost: x\r\n").await;
    let mut second = served.connect("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(answer(&mut second).await.starts_with("HTTP/1.1 200"));
    second.write_all(b"GET / HTTP/1.1\r\n").await.expect("still open");
    let mut preface = served.connect("PRI * HTTP/2.0\r\n").await;
    for stream in [&mut silent, &mut half, &mut second, &mut preface] {
        let (said, _) = hung_up(stream).await;
        assert_eq!(said, "");
    }
    // One that drips is no better off: the clock runs from the first byte.
    let mut dripping = served.connect("GET / HTTP/1.1\r\n").await;
    let began = Instant::now();
    while dripping.write_all(b"a: b\r\n").await.is_ok() {
        assert!(began.elapsed() < LONG, "the drip goes on");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_connection_may_rest_longer_than_a_head_may_take_but_not_for_ever() {
    let short = Timing {
        header_read: Duration::from_millis(100),
        keep_alive: Duration::from_millis(600),
        ..PATIENT
    };
    let served = start(short).await;
    let mut stream = served.connect("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    answer(&mut stream).await;
    tokio::time::sleep(Duration::from_millis(250)).await;
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("still open");
    answer(&mut stream).await;
    let (said, after) = hung_up(&mut stream).await;
    assert_eq!(said, "");
    assert!(after >= Duration::from_millis(500), "{after:?}");
}

#[tokio::test]
async fn a_body_that_does_not_come_ends_with_the_request() {
    let short = Timing {
        request: Duration::from_millis(100),
        ..PATIENT
    };
    let served = start(short).await;
    let mut stream = served
        .connect("POST /body HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 10\r\n\r\n12345")
        .await;
    let (said, _) = hung_up(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 503"), "{said}");
}

#[tokio::test]
async fn one_connection_has_a_hundred_requests_at_once() {
    let mut served = start(PATIENT).await;
    let stream = served.connect("").await;
    let (sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .initial_max_send_streams(1_000)
        .handshake::<_, Full<Bytes>>(TokioIo::new(stream))
        .await
        .expect("HTTP/2");
    tokio::spawn(connection);
    let ask = |mut sender: hyper::client::conn::http2::SendRequest<Full<Bytes>>, path: &str| {
        let request = hyper::Request::get(format!("http://x{path}"))
            .body(Full::default())
            .expect("a request");
        async move {
            sender.ready().await?;
            let answer = sender.send_request(request).await?;
            Ok::<_, hyper::Error>(answer.into_body().collect().await?.to_bytes())
        }
    };
    // The first answer comes after the server's settings.
    assert_eq!(ask(sender.clone(), "/").await.expect("an answer"), "hello");
    let asked: Vec<_> = (0..150).map(|_| tokio::spawn(ask(sender.clone(), "/slow"))).collect();
    for _ in 0..100 {
        timeout(LONG, served.arrived.recv())
            .await
            .expect("in time")
            .expect("a request");
    }
    // The others wait at the client; they come when the first are done.
    let more = timeout(Duration::from_millis(200), served.arrived.recv()).await;
    assert!(more.is_err(), "the 101st stream was let in");
    served.open.cancel();
    for answer in asked {
        assert_eq!(answer.await.expect("no panic").expect("an answer"), "done");
    }
}

#[tokio::test]
async fn streams_above_the_limit_are_refused_when_a_client_does_not_keep_to_it() {
    let mut served = start(PATIENT).await;
    let mut stream = served.connect("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.expect("settings");
    // :method GET, :scheme http, :path /slow, :authority x
    let head = b"\x82\x86\x04\x05/slow\x41\x01x";
    for number in 0..101_u32 {
        let mut frame = vec![0, 0, u8::try_from(head.len()).expect("short"), 1, 5];
        frame.extend((number * 2 + 1).to_be_bytes());
        frame.extend(head);
        stream.write_all(&frame).await.expect("still open");
    }
    let mut refused = None;
    while refused.is_none() {
        let mut frame = [0; 9];
        timeout(LONG, stream.read_exact(&mut frame))
            .await
            .expect("in time")
            .expect("a frame");
        let mut payload = vec![0; u32::from_be_bytes([0, frame[0], frame[1], frame[2]]) as usize];
        stream.read_exact(&mut payload).await.expect("its payload");
        let id = u32::from_be_bytes([frame[5], frame[6], frame[7], frame[8]]);
        // RST_STREAM, or GOAWAY for the whole connection.
        refused = match frame[3] {
            3 => Some((id, payload[3])),
            7 => panic!("the connection ended: {payload:?}"),
            _ => None,
        };
    }
    assert_eq!(refused, Some((201, 7)), "REFUSED_STREAM");
    let mut arrived = 0;
    while arrived < 100 && served.arrived.recv().await.is_some() {
        arrived += 1;
    }
    assert!(served.arrived.try_recv().is_err(), "only a hundred reach the handler");
}

#[tokio::test]
async fn streams_opened_and_reset_at_once_end_the_connection() {
    let served = start(PATIENT).await;
    let mut stream = served.connect("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let head = b"\x82\x86\x04\x05/slow\x41\x01x";
    let mut flood = vec![0, 0, 0, 4, 0, 0, 0, 0, 0];
    for number in 0..2_000_u32 {
        let id = (number * 2 + 1).to_be_bytes();
        flood.extend([0, 0, u8::try_from(head.len()).expect("short"), 1, 5]);
        flood.extend(id);
        flood.extend(head);
        flood.extend([0, 0, 4, 3, 0]);
        flood.extend(id);
        flood.extend([0, 0, 0, 8]);
    }
    // The server may hang up while we write.
    let _ = stream.write_all(&flood).await;
    hung_up(&mut stream).await;
}

#[tokio::test]
async fn what_runs_is_answered_before_the_end_and_nothing_new_is_let_in() {
    let mut served = start(PATIENT).await;
    let mut resting = served.connect("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    answer(&mut resting).await;
    let mut running = served.connect("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    timeout(LONG, served.arrived.recv())
        .await
        .expect("in time")
        .expect("a request");
    served.stop.cancel();
    assert_eq!(hung_up(&mut resting).await.0, "", "who rests is let go");
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!served.ended.is_finished(), "a request still runs");
    served.open.cancel();
    let text = answer(&mut running).await.to_lowercase();
    assert!(
        text.starts_with("http/1.1 200") && text.contains("connection: close"),
        "{text}"
    );
    assert!(served.ended.await.expect("no panic"), "everything ended");
}

#[tokio::test]
async fn a_request_that_came_with_the_signal_is_answered() {
    let served = start(PATIENT).await;
    // The head is half there when the signal comes, and the other connection is not even taken in.
    let mut half = served.connect("GET / HTTP/1.1\r\n").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let mut waiting = std::net::TcpStream::connect(served.address).expect("the kernel lets it in");
    std::io::Write::write_all(&mut waiting, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").expect("it is open");
    served.stop.cancel();
    tokio::task::yield_now().await;
    half.write_all(b"host: x\r\n\r\n").await.expect("still open");
    waiting.set_nonblocking(true).expect("it is a socket");
    let mut waiting = TcpStream::from_std(waiting).expect("it is a socket");
    for stream in [&mut half, &mut waiting] {
        let text = answer(stream).await.to_lowercase();
        assert!(
            text.starts_with("http/1.1 200") && text.contains("connection: close"),
            "{text}"
        );
    }
    assert!(served.ended.await.expect("no panic"));
}

#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let short = Timing {
        drain: Duration::from_millis(100),
        ..PATIENT
    };
    let mut served = start(short).await;
    let mut running = served.connect("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    timeout(LONG, served.arrived.recv())
        .await
        .expect("in time")
        .expect("a request");
    served.stop.cancel();
    assert!(!served.ended.await.expect("no panic"), "something was cut off");
    assert_eq!(hung_up(&mut running).await.0, "");
}
