//! Connections: taken in, watched, and ended (security.md R4, R50).
//!
//! Enters: a listener and the router. Leaves: nothing but answers. HTTP/1.1 and HTTP/2 by what the client speaks.
//! A connection is in one of three phases, each with its patience: a request's head is coming in (a new connection
//! owes one from its first moment), requests are being answered (then bytes must move), or it rests between two.
//! hyper's own timer knows only the first, starts it when the last answer ends, and never starts it on a client that
//! says nothing; hence a watch of our own around the socket.

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::ConnectInfo,
    http::{HeaderValue, Request, Version, header},
    response::Response,
    serve::Listener,
};
use futures::FutureExt as _;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use std::{
    convert::Infallible,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep_until, timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// From a request's first byte (on a new connection: from its opening) to the end of its head.
    pub header_read: Duration,
    /// From the end of a head to the answer; its body comes in within this time.
    pub request: Duration,
    /// The same for a photo.
    pub upload: Duration,
    /// Between two requests, and without a byte moving while one is answered.
    pub keep_alive: Duration,
    /// What runs may take so long to end after the signal to stop.
    pub drain: Duration,
}

impl Default for Timing {
    /// Those of security.md R4 and R50.
    fn default() -> Self {
        Self {
            header_read: Duration::from_secs(10),
            request: Duration::from_secs(30),
            upload: Duration::from_secs(120),
            keep_alive: Duration::from_secs(60),
            drain: Duration::from_secs(10),
        }
    }
}

/// Requests of one HTTP/2 connection at once.
const MAX_STREAMS: u32 = 100;
/// Streams that a client opened and reset before we came to them ("rapid reset"); one more ends the connection.
const MAX_PENDING_RESETS: usize = 20;
/// Streams that we reset because a client broke the protocol; one more ends the connection.
const MAX_OWN_RESETS: usize = 100;
/// All headers of a request together, in bytes.
const MAX_HEAD: u32 = 32 * 1024;
/// A connection that came at the very moment of the signal has this long to say what it wants.
const LAST_WORD: Duration = Duration::from_millis(500);
/// For so long after the signal connections are still taken in.
const LAST_CALL: Duration = Duration::from_millis(50);

/// Serves until `stop`, then takes in nothing new, answers what came, and returns after at most `timing.drain`:
/// whether everything had ended by then.
pub async fn serve(mut listener: TcpListener, router: Router, timing: Timing, stop: CancellationToken) -> bool {
    let builder = Arc::new(builder());
    let (running, cut) = (TaskTracker::new(), CancellationToken::new());
    let take_in = |(stream, peer): (TcpStream, SocketAddr)| {
        // Answers are small and whole: waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let connection = Connection {
            router: router.clone(),
            peer,
            timing,
            stop: stop.clone(),
        };
        let (builder, cut) = (builder.clone(), cut.clone());
        running.spawn(async move {
            tokio::select! {
                () = connection.run(&builder, stream) => {}
                () = cut.cancelled() => {}
            }
        });
    };
    loop {
        tokio::select! {
            accepted = Listener::accept(&mut listener) => take_in(accepted),
            () = stop.cancelled() => break,
        }
    }
    // Those whom the kernel let in already; closing the socket under them would throw their requests away.
    let last = Instant::now() + LAST_CALL;
    while let Ok(accepted) = timeout_at(last, Listener::accept(&mut listener)).await {
        take_in(accepted);
    }
    drop(listener);
    running.close();
    let ended = timeout(timing.drain, running.wait()).await.is_ok();
    cut.cancel();
    running.wait().await;
    ended
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
        .max_local_error_reset_streams(MAX_OWN_RESETS)
        .max_header_list_size(MAX_HEAD);
    builder
}

/// One connection.
struct Connection {
    router: Router,
    peer: SocketAddr,
    timing: Timing,
    stop: CancellationToken,
}

impl Connection {
    /// Until the client leaves, its patience is used up, or it is time to stop.
    async fn run(self, builder: &Builder<TokioExecutor>, stream: TcpStream) {
        let watch = Watch::new();
        let io = TokioIo::new(Watched {
            stream,
            watch: watch.clone(),
            next_is_head: None,
        });
        let service = hyper::service::service_fn(|request| self.answer(request, &watch));
        let mut connection = pin!(builder.serve_connection(io, service));
        let mut stopped = pin!(self.stop.cancelled());
        let mut alarm = pin!(sleep_until(self.patience(watch.phase(), None)));
        let (mut stopped_at, mut said_goodbye) = (None, false);
        let late = poll_fn(|context| {
            loop {
                if connection.as_mut().poll(context).is_ready() {
                    return Poll::Ready(false);
                }
                if stopped_at.is_none() && stopped.as_mut().poll(context).is_ready() {
                    stopped_at = Some(Instant::now());
                }
                // In the middle of a head hyper would hang up on a request that is on its way.
                if stopped_at.is_some() && !said_goodbye && !matches!(watch.phase(), Phase::Head(_)) {
                    said_goodbye = true;
                    connection.as_mut().graceful_shutdown();
                    continue;
                }
                let due = self.patience(watch.phase(), stopped_at);
                if due < alarm.deadline() {
                    alarm.as_mut().reset(due);
                }
                ready!(alarm.as_mut().poll(context));
                if due <= Instant::now() {
                    return Poll::Ready(true);
                }
                alarm.as_mut().reset(due);
            }
        })
        .await;
        if late {
            metrics::counter!("connections_cut").increment(1);
            // HTTP/2 says goodbye; a client that does not read it is not waited for.
            connection.as_mut().graceful_shutdown();
            let _ = timeout(LAST_WORD, connection).await;
        }
    }

    /// When `phase` has lasted too long.
    fn patience(&self, phase: Phase, stopped_at: Option<Instant>) -> Instant {
        match (phase, stopped_at) {
            (Phase::Head(since), None) => since + self.timing.header_read,
            (Phase::Head(since), Some(stopped_at)) => stopped_at.max(since) + self.timing.header_read.min(LAST_WORD),
            (Phase::Busy { moved, .. }, _) => moved + self.timing.keep_alive,
            (Phase::Resting(since), _) => since + self.timing.keep_alive,
        }
    }

    fn answer(
        &self,
        mut request: Request<Incoming>,
        watch: &Watch,
    ) -> impl Future<Output = Result<Response, Infallible>> + use<> {
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let turn = watch.begin();
        let last = self.stop.is_cancelled() && request.version() < Version::HTTP_2;
        let answer = self.router.clone().oneshot(request.map(Body::new));
        answer.map(move |answer| {
            let mut answer = answer?;
            if last {
                answer
                    .headers_mut()
                    .insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            // The turn ends with the body, not with the head.
            Ok(answer.map(|body| Body::new(Turned { body, _turn: turn })))
        })
    }
}

/// What a connection does, and since when.
#[derive(Debug, Clone, Copy)]
enum Phase {
    Head(Instant),
    Busy { requests: usize, moved: Instant },
    Resting(Instant),
}

/// The phase, shared by the socket (bytes move), the requests (they begin and end) and the watch.
#[derive(Clone)]
struct Watch(Arc<Mutex<Phase>>);

impl Watch {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Phase::Head(Instant::now()))))
    }

    fn phase(&self) -> Phase {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes moved. `head`: they may be the first of a request.
    fn moved(&self, head: bool) {
        let mut phase = self.lock();
        match &mut *phase {
            Phase::Busy { moved, .. } => *moved = Instant::now(),
            Phase::Resting(_) if head => *phase = Phase::Head(Instant::now()),
            Phase::Resting(_) | Phase::Head(_) => {}
        }
    }

    /// A head is complete.
    fn begin(&self) -> Turn {
        let mut phase = self.lock();
        let requests = match *phase {
            Phase::Busy { requests, .. } => requests,
            Phase::Head(_) | Phase::Resting(_) => 0,
        };
        *phase = Phase::Busy {
            requests: requests + 1,
            moved: Instant::now(),
        };
        Turn(self.clone())
    }
}

/// A request that is being answered; ends when dropped.
struct Turn(Watch);

impl Drop for Turn {
    fn drop(&mut self) {
        let mut phase = self.0.lock();
        match &mut *phase {
            Phase::Busy { requests, .. } if *requests > 1 => *requests -= 1,
            _ => *phase = Phase::Resting(Instant::now()),
        }
    }
}

/// A body that keeps its request's turn.
struct Turned {
    body: Body,
    _turn: Turn,
}

impl HttpBody for Turned {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A socket that tells the watch what moves.
struct Watched {
    stream: TcpStream,
    watch: Watch,
    /// Whether bytes that come between two requests begin another: not in HTTP/2, which has housekeeping of its own.
    /// Known from the first bytes.
    next_is_head: Option<bool>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let came = &buffer.filled()[before..];
        if !came.is_empty() {
            let head = *self.next_is_head.get_or_insert_with(|| !came.starts_with(b"PRI"));
            self.watch.moved(head);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.watch.moved(false);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, bytes))?;
        self.watch.moved(false);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
