//! A fake Cloudflare, which uses kv-local over real HTTP, logs requests, and fails on demand.
//!
//! | a test needs | it calls |
//! |---|---|
//! | the requests so far | [`take_requests`](Cloudflare::take_requests): each with its [`Kind`] |
//! | what is stored, without the API | [`pairs`](Cloudflare::pairs), [`titles`](Cloudflare::titles), [`storage`](Cloudflare::storage) |
//! | a request that fails, once, several times or always | [`fail`](Cloudflare::fail) with [`When`] and a [`Fault`]: before or after it is applied, with any [`Answer`] |
//! | a request that waits, so that something else can happen | [`hold`](Cloudflare::hold), [`hold_kind`](Cloudflare::hold_kind): a [`Held`] waits for its arrival, and releases it |
//! | a namespace that is not visible yet | [`lag`](Cloudflare::lag) for new namespaces, [`hide`](Cloudflare::hide) for an existing one |
//! | no more faults | [`heal`](Cloudflare::heal) |
//!
//! ```
//! use kv_test_support::cloudflare::{Answer, Cloudflare, Fault, Kind, When};
//!
//! let cloudflare = Cloudflare::start();
//! // The second bulk write is applied, but its response never arrives.
//! let cut = Fault { applied: true, answer: Answer::Cut };
//! cloudflare.fail(Kind::BulkPut, When::Nth(1), cut);
//! // ... a deploy to `cloudflare.base_url()` ...
//! cloudflare.heal();
//! assert!(cloudflare.take_requests().is_empty());
//! ```

mod account;
mod consistency;
mod faults;
mod held;
mod lists;
mod request;
mod serve;

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use kv_local::{Account, ServerConfig, Storage, router};
use tempfile::TempDir;
use tokio::sync::oneshot;

pub use consistency::Consistency;
pub use faults::{Answer, Fault, Odd, When};
pub use held::Held;
pub use request::{Kind, Request};

use faults::Rules;

/// The API token that the server accepts.
pub const TOKEN: &str = "the-token-that-nobody-may-see";

/// The global API key that the server accepts.
pub const API_KEY: &str = "the-key-that-nobody-may-see";

/// The e-mail address of the API key's user.
pub const EMAIL: &str = "me@example.com";

/// The account.
pub const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

/// A server on its own thread, with an empty account.
#[derive(Debug)]
pub struct Cloudflare {
    base_url: String,
    storage: Storage,
    shared: Arc<Shared>,
    /// Dropping it stops the server.
    _stop: oneshot::Sender<()>,
    _folder: TempDir,
}

/// What the server and the test share.
#[derive(Debug, Default)]
struct Shared {
    log: Mutex<Vec<Request>>,
    rules: Mutex<Rules>,
    consistency: Mutex<Consistency>,
}

impl Cloudflare {
    /// Starts a server with one account and no faults, where every write is visible at once.
    #[must_use]
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    /// Same as [`start`](Self::start), with a configuration that `adjust` has changed.
    #[must_use]
    pub fn with(adjust: impl FnOnce(&mut ServerConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let mut config = ServerConfig {
            account: Account { id: ACCOUNT.to_owned(), name: "Example".to_owned() },
            token: TOKEN.into(),
            api_key: API_KEY.into(),
            email: EMAIL.to_owned(),
            ..ServerConfig::default()
        };
        adjust(&mut config);
        let router = router(storage.clone(), config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/client/v4", listener.local_addr().unwrap());
        let shared = Arc::<Shared>::default();
        let (stop, stopped) = oneshot::channel();
        let serve = serve::serve(listener, router, Arc::clone(&shared));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = serve => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        Self { base_url, storage, shared, _stop: stop, _folder: folder }
    }

    /// The base URL.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What is stored in the account.
    #[must_use]
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// The requests since the last call.
    #[must_use]
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut *self.shared.log.lock().unwrap())
    }

    /// Fails requests from now on.
    pub fn fail(&self, kind: Kind, when: When, fault: Fault) {
        self.shared.rules.lock().unwrap().add(Some(kind), when, fault);
    }

    /// Holds the `n`-th request from now on, counted from 0, before or after it is applied.
    #[must_use]
    pub fn hold(&self, n: usize, applied: bool) -> Held {
        self.hold_kind(None, n, applied)
    }

    /// Holds the `n`-th request of a kind.
    #[must_use]
    pub fn hold_kind(&self, kind: Option<Kind>, n: usize, applied: bool) -> Held {
        let (held, hold) = held::pair();
        let fault = Fault { applied, answer: Answer::Hold(hold) };
        self.shared.rules.lock().unwrap().add(kind, When::Nth(n), fault);
        held
    }

    /// Removes all faults, and makes all namespaces visible.
    pub fn heal(&self) {
        *self.shared.rules.lock().unwrap() = Rules::default();
        *self.shared.consistency.lock().unwrap() = Consistency::default();
    }

    /// Makes namespaces that are created from now on visible only after a delay.
    pub fn lag(&self, consistency: Consistency) {
        *self.shared.consistency.lock().unwrap() = consistency;
    }

    /// Hides a namespace from the next `unseen` requests about it and the next `unlisted` lists.
    pub fn hide(&self, title: &str, unseen: usize, unlisted: usize) {
        let id = self.namespace(title).id;
        self.shared.consistency.lock().unwrap().hide(id, unseen, unlisted);
    }
}
