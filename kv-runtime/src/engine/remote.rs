//! The ports: what the engine asks of an account, wherever that is. Cloudflare's API and wrangler's
//! local files are behind them.

use std::error::Error as StdError;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use kv_rules::Expiry;

use super::error::DeployError;
use super::resolve::{SeedError, Value};
use crate::base::Interrupted;
use crate::raw::{RawStore, StoredValue};
use crate::state::Server;
use crate::typed::declaration::AccountSettings;

/// Finds the account in which a namespace is.
#[async_trait]
pub(crate) trait Accounts: fmt::Debug + Send + Sync {
    /// Checks all that is said of where a namespace is and as whom it is deployed, without a request.
    fn check(&self, id: &str, settings: &AccountSettings) -> Result<(), DeployError>;

    /// The account in which a namespace is; `recorded` is where the state has it, which must be there.
    /// Two namespaces of one account get the same remote.
    async fn connect(
        &mut self,
        id: &str,
        settings: &AccountSettings,
        recorded: Option<Recorded<'_>>,
    ) -> Result<Arc<dyn Remote>, DeployError>;

    /// The folder, where the account is this machine.
    fn local_folder(&self) -> Option<&Path>;

    /// The servers that are connected with and are not Cloudflare's own.
    fn other_servers(&self) -> Vec<String>;
}

/// Where the state has a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recorded<'a> {
    pub(crate) account_id: &'a str,
    /// `None` where that is not known.
    pub(crate) server: Option<Server>,
}

/// An account. Every method can be repeated, but for `create`.
#[async_trait]
pub(crate) trait Remote: fmt::Debug + Send + Sync {
    /// The account's id.
    fn account_id(&self) -> &str;

    /// Where the account is.
    fn server(&self) -> Server;

    /// The account's name, where a request has told it anyway.
    fn account_name(&self) -> Option<&str>;

    /// All namespaces.
    async fn list(&self) -> Result<Vec<RemoteNamespace>, RemoteError>;

    /// The namespace with an id.
    async fn get(&self, id: &str) -> Result<Option<RemoteNamespace>, RemoteError>;

    /// Creates a namespace. When the outcome is not known, it may be there.
    async fn create(&self, title: &str) -> Result<RemoteNamespace, RemoteError>;

    /// Gives a namespace another title.
    async fn rename(&self, id: &str, title: &str) -> Result<(), RemoteError>;

    /// Deletes a namespace with all its pairs; one that does not exist counts as deleted.
    async fn delete(&self, id: &str) -> Result<(), RemoteError>;

    /// Writes pairs: at most [`MAX_BULK_PAIRS`](kv_rules::MAX_BULK_PAIRS), with a few MB together
    /// unless it is one.
    async fn bulk_put(&self, id: &str, pairs: &[Pair<'_>]) -> Result<Confirmation, RemoteError>;

    /// Deletes at most [`MAX_BULK_PAIRS`](kv_rules::MAX_BULK_PAIRS) keys; those that do not exist
    /// count as deleted.
    async fn bulk_delete(&self, id: &str, keys: &[&str]) -> Result<Confirmation, RemoteError>;

    /// Reads at most [`MAX_BULK_GET_KEYS`](kv_rules::MAX_BULK_GET_KEYS) pairs, in the order of their
    /// keys.
    async fn bulk_get(
        &self,
        id: &str,
        keys: &[Wanted<'_>],
    ) -> Result<Vec<Option<StoredValue>>, RemoteError>;

    /// A page of the names of all keys, in the order of their bytes.
    async fn keys(&self, id: &str, cursor: Option<&str>) -> Result<NamePage, RemoteError>;

    /// A namespace as an application reads and writes it.
    fn store(&self, id: &str) -> Result<Arc<dyn RawStore>, RemoteError>;
}

/// A namespace in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RemoteNamespace {
    pub(crate) id: String,
    pub(crate) title: String,
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
    /// Whether its value is text, as far as one can tell: others cost Cloudflare's API more requests.
    pub(crate) is_text: bool,
}

/// What is confirmed of a bulk write or delete.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub(crate) enum Confirmation {
    /// All keys but these.
    AllBut(Vec<String>),
    /// Nothing: the answer does not add up.
    Nothing,
}

/// A page of the names of keys. It may be empty although others follow.
#[derive(Debug, Clone, Default)]
pub(crate) struct NamePage {
    pub(crate) names: Vec<String>,
    /// Where the next page begins; `None` at the end.
    pub(crate) cursor: Option<String>,
}

/// Why an account did not do what it was asked.
#[derive(Debug)]
pub struct RemoteError {
    pub(crate) kind: RemoteErrorKind,
    pub(crate) outcome_unknown: bool,
    pub(crate) source: Box<dyn StdError + Send + Sync>,
}

/// What the engine tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RemoteErrorKind {
    /// The namespace does not exist, or is not seen yet.
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
