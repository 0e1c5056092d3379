//! The engine's ports: what it needs from an account. Cloudflare's API and wrangler's local files implement
//! them.

use std::error::Error as StdError;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use kv_rules::Expiry;

use super::error::DeployError;
use super::resolve::{SeedError, Value};
use crate::base::Interrupted;
use crate::raw::{RawStore, StoredValue};
use crate::state::Server;
use crate::typed::declaration::AccountSettings;

/// Finds the account of a namespace.
#[async_trait]
pub(crate) trait Accounts: fmt::Debug + Send + Sync {
    /// Checks the settings for a namespace's account and credentials, without a request.
    fn check(&self, id: &str, settings: &AccountSettings) -> Result<(), DeployError>;

    /// Connects to the account of a namespace. Fails if that is not where the state has the namespace, which
    /// is `recorded`. Two namespaces in one account get the same remote.
    async fn connect(
        &mut self,
        id: &str,
        settings: &AccountSettings,
        recorded: Option<Recorded<'_>>,
    ) -> Result<Arc<dyn Remote>, DeployError>;

    /// The folder, if the account is this machine.
    fn local_folder(&self) -> Option<&Path>;

    /// The base URLs of connected servers that are not Cloudflare's own.
    fn other_servers(&self) -> Vec<String>;
}

/// Where the state has a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recorded<'a> {
    pub(crate) account_id: &'a str,
    /// `None` if that is not known.
    pub(crate) server: Option<Server>,
}

/// An account. Every method except `create` is safe to repeat.
#[async_trait]
pub(crate) trait Remote: fmt::Debug + Send + Sync {
    /// The account's id.
    fn account_id(&self) -> &str;

    /// Where the account is.
    fn server(&self) -> Server;

    /// The account's name, if an earlier request returned it.
    fn account_name(&self) -> Option<&str>;

    /// All namespaces.
    async fn list(&self) -> Result<Vec<RemoteNamespace>, RemoteError>;

    /// The namespace with an id.
    async fn get(&self, id: &str) -> Result<Option<RemoteNamespace>, RemoteError>;

    /// Creates a namespace. If the outcome is unknown, the namespace may exist.
    async fn create(&self, title: &str) -> Result<RemoteNamespace, RemoteError>;

    /// Changes the title of a namespace.
    async fn rename(&self, id: &str, title: &str) -> Result<(), RemoteError>;

    /// Deletes a namespace with all its pairs. Succeeds if it does not exist.
    async fn delete(&self, id: &str) -> Result<(), RemoteError>;

    /// Builds a request, which the future sends: it writes at most
    /// [`MAX_BULK_PAIRS`](kv_rules::MAX_BULK_PAIRS) pairs, with a few MB in total, or a
    /// single pair of any size.
    fn bulk_put<'a>(&'a self, id: &'a str, put: BulkPut<'a>) -> Sent<'a, Confirmation>;

    /// Deletes at most [`MAX_BULK_PAIRS`](kv_rules::MAX_BULK_PAIRS) keys; those that do not exist
    /// count as deleted.
    async fn bulk_delete(&self, id: &str, keys: &[&str]) -> Result<Confirmation, RemoteError>;

    /// Reads at most [`MAX_BULK_GET_KEYS`](kv_rules::MAX_BULK_GET_KEYS) pairs, and returns them in the order
    /// of `keys`.
    async fn bulk_get(
        &self,
        id: &str,
        keys: &[Wanted<'_>],
    ) -> Result<Vec<Option<StoredValue>>, RemoteError>;

    /// A page of the names of all keys, in the order of their bytes.
    async fn keys(&self, id: &str, cursor: Option<&str>) -> Result<NamePage, RemoteError>;

    /// A store with which an application reads and writes a namespace.
    fn store(&self, id: &str) -> Result<Arc<dyn RawStore>, RemoteError>;
}

/// What becomes of a request.
pub(crate) type Sent<'a, T> = BoxFuture<'a, Result<T, RemoteError>>;

/// A namespace in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RemoteNamespace {
    pub(crate) id: String,
    pub(crate) title: String,
}

/// Pairs to write. Their values are read one after the other, so that few are in memory at once.
pub(crate) struct BulkPut<'a> {
    /// About how many bytes a request with them has.
    pub(crate) bytes: usize,
    pub(crate) pairs: Box<dyn Iterator<Item = Result<Pair<'a>, SeedError>> + Send + 'a>,
}

/// A pair to write. It has no `Debug`: its value can be a secret.
pub(crate) struct Pair<'a> {
    pub(crate) key: &'a str,
    pub(crate) value: Value,
    /// JSON text.
    pub(crate) metadata: Option<&'a str>,
    pub(crate) expiry: Option<Expiry>,
}

/// A key to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) key: &'a str,
    /// Whether its value is probably text; other values need more requests to Cloudflare's API.
    pub(crate) is_text: bool,
}

/// Which keys of a bulk write or delete are confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub(crate) enum Confirmation {
    /// All keys but these.
    AllBut(Vec<String>),
    /// None, because the response is inconsistent.
    Nothing,
}

/// A page of key names. It can be empty even if more pages follow.
#[derive(Debug, Clone, Default)]
pub(crate) struct NamePage {
    pub(crate) names: Vec<String>,
    /// The cursor of the next page; `None` on the last page.
    pub(crate) cursor: Option<String>,
}

/// An error from Cloudflare's API or the local store.
///
/// ```no_run
/// use kv_runtime::DeployError;
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// if let Err(DeployError::Request { action, source, .. }) = Notes::deploy().await {
///     println!("cannot {action}: {source}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RemoteError {
    pub(crate) kind: RemoteErrorKind,
    pub(crate) outcome_unknown: bool,
    pub(crate) source: Box<dyn StdError + Send + Sync>,
}

/// The kinds of errors that the engine handles differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RemoteErrorKind {
    /// The namespace does not exist, or is not visible yet.
    NamespaceNotFound,
    /// Another namespace has the title.
    TitleTaken,
    /// The run was asked to stop.
    Interrupted,
    /// Anything else.
    Other,
}

impl RemoteError {
    /// Whether the request may have been applied although it failed.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        self.outcome_unknown
    }

    /// The error of the API client or of the local store.
    #[must_use]
    pub fn get_ref(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.source
    }

    pub(super) fn is(&self, kind: RemoteErrorKind) -> bool {
        self.kind == kind
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl StdError for RemoteError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.source()
    }
}

impl From<Interrupted> for RemoteError {
    fn from(_: Interrupted) -> Self {
        let (kind, source) = (RemoteErrorKind::Interrupted, "interrupted".into());
        Self { kind, outcome_unknown: false, source }
    }
}

impl From<SeedError> for RemoteError {
    fn from(error: SeedError) -> Self {
        Self { kind: RemoteErrorKind::Other, outcome_unknown: false, source: Box::new(error) }
    }
}
