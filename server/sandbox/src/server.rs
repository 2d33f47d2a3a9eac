//! Plain accept loops for HTTP and S3. In: sockets. Out: answers, or a connection closed without one when a
//! fault asks for it ([`Hang`]). A request goes on even if its caller has gone: that is what makes a timeout
//! a case of doubt.

use std::{future::Future, io, time::Duration};

use axum::{Router, body::Body, response::Response};
use http::Request;
use hyper::{body::Incoming, service::Service};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::faults::Hang;

/// How long open connections may finish their work at shutdown.
const DRAIN: Duration = Duration::from_secs(2);

/// Serves the HTTP vendors until `stop`.
pub async fn http(listener: TcpListener, router: Router, stop: CancellationToken) {
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move { answer(router, request.map(Body::new)).await }
    });
    serve(listener, service, stop).await;
}

async fn answer(router: Router, request: Request<Body>) -> io::Result<Response> {
    let work = tokio::spawn(async move { TowerToHyperService::new(router).call(request).await });
    let response = match work.await.map_err(io::Error::other)? {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if let Some(Hang(wait)) = response.extensions().get::<Hang>().copied() {
        tokio::time::sleep(wait).await;
        return Err(io::Error::from(io::ErrorKind::ConnectionAborted));
    }
    Ok(response)
}

/// Accepts connections until `stop`, then lets the open ones finish for a moment.
pub async fn serve<S, B>(listener: TcpListener, service: S, stop: CancellationToken)
where
    S: Service<Request<Incoming>, Response = http::Response<B>> + Clone + Send + 'static,
    S::Future: Future + Send + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: hyper::body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let graceful = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "connection not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let (service, watcher) = (service.clone(), graceful.watcher());
        tokio::spawn(async move {
            let builder = Builder::new(TokioExecutor::new());
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            if let Err(error) = watcher.watch(connection).await {
                tracing::debug!(%error, "connection closed");
            }
        });
    }
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::debug!("some connections were still open");
    }
}
