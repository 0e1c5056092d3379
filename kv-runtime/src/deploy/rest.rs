//! Implements the engine's ports for accounts behind Cloudflare's API.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use kv_rules::DEFAULT_BASE_URL;

use crate::api::{
    AccountInfo, ApiError, BulkBody, BulkOutcome, NamespaceInfo, Namespaces, RestStore,
    RetryPolicy, SealedBody,
};
use crate::base::RunContext;
use crate::connect::{ConnectError, Connection, Login, Overrides};
use crate::engine::{
    Accounts, BulkPut, Confirmation, DeployError, NamePage, Pair, PlanAccount, Problem, Recorded,
    Remote, RemoteError, RemoteErrorKind, RemoteNamespace, Sent, Value, Wanted,
};
use crate::raw::{RawStore, StoredValue};
use crate::state::Server as ServerKind;
use crate::typed::declaration::AccountSettings;

/// The accounts at Cloudflare, or at another base URL. Namespaces with the same account settings share a
/// connection.
#[derive(Debug)]
pub(super) struct RestAccounts {
    overrides: Overrides,
    policy: RetryPolicy,
    /// Whether a namespace may have moved to another server.
    may_move: bool,
    run: RunContext,
    servers: Vec<(AccountSettings, Server)>,
}

/// A connection to a server, and the accounts that namespaces are in.
#[derive(Debug)]
struct Server {
    connection: Connection,
    accounts: HashMap<String, Arc<RestAccount>>,
}

/// The largest buffer that is kept for another request. Most requests have half of this at most.
const MOST_KEPT: usize = 8 * 1024 * 1024;

/// One account.
#[derive(Debug)]
struct RestAccount {
    namespaces: Namespaces,
    server: ServerKind,
    name: Option<String>,
    /// Buffers of requests that were answered, for other requests: memory for new ones would come from the
    /// system each time.
    buffers: Mutex<Vec<Vec<u8>>>,
}

impl RestAccounts {
    pub(super) fn new(
        overrides: Overrides,
        policy: RetryPolicy,
        may_move: bool,
        run: RunContext,
    ) -> Self {
        Self { overrides, policy, may_move, run, servers: Vec::new() }
    }

    fn login(&self, id: &str, settings: &AccountSettings) -> Result<Login, DeployError> {
        Login::read(settings, &self.overrides).map_err(connect_error(id))
    }
}

#[async_trait]
impl Accounts for RestAccounts {
    fn check(&self, id: &str, settings: &AccountSettings) -> Result<(), DeployError> {
        self.login(id, settings).map(drop)
    }

    async fn connect(
        &mut self,
        id: &str,
        settings: &AccountSettings,
        recorded: Option<Recorded<'_>>,
    ) -> Result<Arc<dyn Remote>, DeployError> {
        let known = self.servers.iter().position(|(other, _)| other == settings);
        let at = if let Some(at) = known {
            at
        } else {
            let login = self.login(id, settings)?;
            let connection = Connection::open(login, self.policy, &self.run).await;
            let connection = connection.map_err(connect_error(id))?;
            self.servers.push((*settings, Server { connection, accounts: HashMap::new() }));
            self.servers.len() - 1
        };
        let server = &mut self.servers[at].1;
        let wanted = server.kind();
        if let Some(deployed) = recorded.and_then(|recorded| recorded.server)
            && deployed != wanted
            && (deployed == ServerKind::ThisMachine || !self.may_move)
        {
            return Err(DeployError::OtherServer { id: id.to_owned(), deployed, wanted });
        }
        let known = server.connection.known_account();
        let account = match (known, recorded.map(|recorded| recorded.account_id)) {
            (Some(wanted), Some(deployed)) if wanted.id != deployed => {
                return Err(DeployError::OtherAccount {
                    id: id.to_owned(),
                    deployed: deployed.to_owned(),
                    wanted: wanted.id.clone(),
                });
            }
            (None, Some(deployed)) => server.of_account(deployed, None),
            _ => {
                let preferred = self.overrides.preferred_account.as_deref();
                let own = server.connection.account(preferred, &self.run).await;
                let AccountInfo { id, name } = own.map_err(connect_error(id))?;
                server.of_account(&id, Some(name).filter(|name| !name.is_empty()))
            }
        };
        Ok(account)
    }

    fn local_folder(&self) -> Option<&Path> {
        None
    }

    fn other_servers(&self) -> Vec<String> {
        let urls = self.servers.iter().map(|(_, server)| server.connection.base_url());
        let mut urls: Vec<_> =
            urls.filter(|url| *url != DEFAULT_BASE_URL).map(str::to_owned).collect();
        urls.sort_unstable();
        urls.dedup();
        urls
    }
}

impl Server {
    fn kind(&self) -> ServerKind {
        if self.connection.base_url() == DEFAULT_BASE_URL {
            ServerKind::Cloudflare
        } else {
            ServerKind::Other
        }
    }

    fn of_account(&mut self, id: &str, name: Option<String>) -> Arc<RestAccount> {
        let (namespaces, server) = (self.connection.namespaces(id), self.kind());
        let account = self.accounts.entry(id.to_owned());
        let buffers = Mutex::default();
        let new = || Arc::new(RestAccount { namespaces, server, name, buffers });
        Arc::clone(account.or_insert_with(new))
    }
}

/// Converts the error of a failed connection to a deploy error.
pub(super) fn connect_error(id: &str) -> impl Fn(ConnectError) -> DeployError {
    move |error| {
        let problem = |what| Problem { namespace: id.to_owned(), key: None, what };
        match error {
            ConnectError::NoCredentials => DeployError::NoCredentials,
            ConnectError::Invalid(problems) => {
                DeployError::Resolve(problems.into_iter().map(problem).collect())
            }
            ConnectError::NoAccount => DeployError::NoAccount,
            ConnectError::SeveralAccounts(accounts) => {
                let account = |AccountInfo { id, name }| PlanAccount { id, name: Some(name) };
                DeployError::SeveralAccounts(accounts.into_iter().map(account).collect())
            }
            ConnectError::Discovery { source, .. } if source.is_interrupted() => {
                DeployError::Interrupted
            }
            ConnectError::Discovery { what, source } => {
                DeployError::Discovery { what, source: source.into() }
            }
            ConnectError::Client(source) => DeployError::Client(source.into()),
        }
    }
}

impl RestAccount {
    fn buffers(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of a request, in a buffer.
fn body(put: BulkPut<'_>, buffer: Vec<u8>) -> Result<SealedBody<'_>, RemoteError> {
    let mut body = BulkBody::in_buffer(buffer);
    for pair in put.pairs {
        let Pair { key, value, metadata, expiry } = pair?;
        let fits = match value {
            Value::Bytes(value) => body.push_bytes(key, &value, metadata, expiry),
            Value::Json { json, is_base64 } => {
                body.push_json(key, &json, is_base64, metadata, expiry)
            }
        };
        // The caller keeps within the limits of a request.
        if !fits {
            let source = format!("{key:?} does not fit into the request").into();
            let kind = RemoteErrorKind::Other;
            return Err(RemoteError { kind, outcome_unknown: false, source });
        }
    }
    Ok(body.seal())
}

#[async_trait]
impl Remote for RestAccount {
    fn account_id(&self) -> &str {
        self.namespaces.account_id()
    }

    fn server(&self) -> ServerKind {
        self.server
    }

    fn account_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    async fn list(&self) -> Result<Vec<RemoteNamespace>, RemoteError> {
        Ok(self.namespaces.list().await?.into_iter().map(RemoteNamespace::from).collect())
    }

    async fn get(&self, id: &str) -> Result<Option<RemoteNamespace>, RemoteError> {
        Ok(self.namespaces.get(id).await?.map(RemoteNamespace::from))
    }

    async fn create(&self, title: &str) -> Result<RemoteNamespace, RemoteError> {
        Ok(self.namespaces.create(title).await?.into())
    }

    async fn rename(&self, id: &str, title: &str) -> Result<(), RemoteError> {
        Ok(self.namespaces.rename(id, title).await?)
    }

    async fn delete(&self, id: &str) -> Result<(), RemoteError> {
        Ok(self.namespaces.delete(id).await?)
    }

    fn bulk_put<'a>(&'a self, id: &'a str, put: BulkPut<'a>) -> Sent<'a, Confirmation> {
        let mut buffer = self.buffers().pop().unwrap_or_default();
        buffer.reserve(put.bytes);
        let body = body(put, buffer);
        async move {
            let body = body?;
            let outcome = self.namespaces.bulk_put(id, &body).await;
            let buffer = body.into_buffer().filter(|buffer| buffer.capacity() <= MOST_KEPT);
            self.buffers().extend(buffer);
            Ok(outcome?.into())
        }
        .boxed()
    }

    async fn bulk_delete(&self, id: &str, keys: &[&str]) -> Result<Confirmation, RemoteError> {
        Ok(self.namespaces.bulk_delete(id, keys).await?.into())
    }

    async fn bulk_get(
        &self,
        id: &str,
        keys: &[Wanted<'_>],
    ) -> Result<Vec<Option<StoredValue>>, RemoteError> {
        let texts: Vec<&str> = keys.iter().filter(|key| key.is_text).map(|key| key.key).collect();
        let texts = match texts.as_slice() {
            [] => Vec::new(),
            texts => self.namespaces.get_pairs(id, texts).await?,
        };
        let mut texts = texts.into_iter();
        let mut values = Vec::with_capacity(keys.len());
        for Wanted { key, is_text } in keys {
            values.push(match is_text {
                true => texts.next().flatten(),
                false => self.namespaces.get_pair(id, key).await?,
            });
        }
        Ok(values)
    }

    async fn keys(&self, id: &str, cursor: Option<&str>) -> Result<NamePage, RemoteError> {
        let page = self.namespaces.keys(id, "", cursor, kv_rules::MAX_LIST_KEYS).await?;
        let names = page.keys.into_iter().map(|key| key.name).collect();
        Ok(NamePage { names, cursor: page.cursor })
    }

    fn store(&self, id: &str) -> Result<Arc<dyn RawStore>, RemoteError> {
        Ok(Arc::new(RestStore::new(self.namespaces.clone(), id)))
    }
}

impl From<NamespaceInfo> for RemoteNamespace {
    fn from(NamespaceInfo { id, title }: NamespaceInfo) -> Self {
        Self { id, title }
    }
}

impl From<BulkOutcome> for Confirmation {
    fn from(outcome: BulkOutcome) -> Self {
        match outcome {
            BulkOutcome::Accounted { unsuccessful_keys } => Self::AllBut(unsuccessful_keys),
            BulkOutcome::Unaccounted { .. } => Self::Nothing,
        }
    }
}

impl From<ApiError> for RemoteError {
    fn from(error: ApiError) -> Self {
        let kind = if error.is_interrupted() {
            RemoteErrorKind::Interrupted
        } else if error.is_namespace_not_found() {
            RemoteErrorKind::NamespaceNotFound
        } else if error.is_title_taken() {
            RemoteErrorKind::TitleTaken
        } else {
            RemoteErrorKind::Other
        };
        Self { kind, outcome_unknown: error.outcome_unknown(), source: error.into() }
    }
}
