//! Accepts connections until the server stops, with a time limit for each request's head.

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Serves until `stopped` completes, and then until the requests in flight are answered.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    head_timeout: Duration,
    mut stopped: oneshot::Receiver<()>,
) {
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => break,
        };
        match accepted {
            Ok((stream, _)) => begin(stream, &router, head_timeout, &connections),
            Err(error) => {
                // Usually too many files are open. Wait until some of them are closed.
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    connections.shutdown().await;
}

fn begin(
    stream: TcpStream,
    router: &Router,
    head_timeout: Duration,
    connections: &GracefulShutdown,
) {
    // Otherwise small responses wait for the acknowledgement of previous ones.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "could not set TCP_NODELAY");
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
    let connection = connections.watch(connection);
    tokio::spawn(async {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_head_that_is_half_sent_does_not_keep_its_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_stop, stopped) = oneshot::channel();
        tokio::spawn(serve(listener, Router::new(), Duration::from_millis(20), stopped));
        let mut half_sent = TcpStream::connect(address).await.unwrap();
        half_sent.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-").await.unwrap();
        let mut answer = Vec::new();
        // Only that the connection is closed matters, not what was sent before.
        half_sent.read_to_end(&mut answer).await.unwrap();
    }
}
