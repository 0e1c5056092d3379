//! Cloudflare's REST API for a [`Storage`].
//!
//! Paths, envelopes, error codes and limits are the same as Cloudflare's. The only difference that a
//! client can see is that every write is visible at once.

mod admission;
mod app;
mod config;
mod connections;
mod envelope;
mod error;
mod extract;
mod identity;
mod limits;
mod routes;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use config::{Account, RateLimits, ServerConfig, TokenOwner};
pub use routes::router;

use crate::Storage;

/// How long a client can take to send a request's head, so that half a request does not keep its
/// connection open.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// A server on 127.0.0.1, which runs on the current Tokio runtime until it is dropped.
///
/// ```
/// use kv_local::{Server, ServerConfig, Storage};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let server = Server::start(Storage::open(folder.path())?, ServerConfig::default()).await?;
/// println!("CLOUDFLARE_API_BASE_URL={}", server.base_url());
/// server.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    account_id: String,
    token: SecretString,
    /// Dropping it stops the server.
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Why a server could not start.
///
/// ```
/// use kv_local::{Server, ServerConfig, Storage};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let config = ServerConfig { port: taken.local_addr()?.port(), ..ServerConfig::default() };
/// let error = Server::start(Storage::open(folder.path())?, config).await.unwrap_err();
/// assert!(error.to_string().contains("choose another port"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("could not listen on 127.0.0.1:{port}; if another program uses it, choose another port")]
pub struct ServerError {
    port: u16,
    source: io::Error,
}

impl Server {
    /// Starts a server for a store.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// use kv_local::{Server, ServerConfig, Storage};
    ///
    /// let storage = Storage::open(folder.path())?;
    /// let server = Server::start(storage, ServerConfig::default()).await?;
    /// assert!(server.base_url().ends_with("/client/v4"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start(storage: Storage, config: ServerConfig) -> Result<Self, ServerError> {
        let port = config.port;
        let (account_id, token) = (config.account.id.clone(), config.token.clone());
        let failed = |source| ServerError { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let router = router(storage, config);
        let task = tokio::spawn(connections::serve(listener, router, HEAD_TIMEOUT, stopped));
        Ok(Self { address, account_id, token, stop, task })
    }

    /// The base URL of the API.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/client/v4", self.address)
    }

    /// The id of the account that the store belongs to.
    #[must_use]
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The API token.
    #[must_use]
    pub fn token(&self) -> &SecretString {
        &self.token
    }

    /// Stops the server after it has answered the requests in flight.
    pub async fn shutdown(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the server did not stop cleanly");
        }
    }
}
