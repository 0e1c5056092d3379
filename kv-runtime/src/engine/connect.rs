//! Connects namespaces with the API: which server, as whom, in which account.

use std::collections::HashMap;
use std::path::Path;

use kv_local::{Server, ServerConfig, Storage};
use kv_rules::DEFAULT_BASE_URL;

use super::account::RemoteAccount;
use super::error::DeployError;
use super::resolve::{Login, Overrides, login};
use crate::api::{AccountInfo, ApiError, Client, Credentials, RetryPolicy, RunContext};
use crate::declaration::Account;
use crate::store::{LocalStore, RestStore, Store};

/// Connects each namespace; those that say the same of their account share a connection.
#[derive(Debug)]
pub(super) enum Connector {
    /// To Cloudflare, or wherever the base URL is.
    Remote {
        overrides: Overrides,
        policy: RetryPolicy,
        run: RunContext,
        connections: Vec<(Account, Connection)>,
    },
    /// To a server in this process, over the files that `wrangler dev` reads.
    Local { _server: Server, storage: Storage, account: RemoteAccount },
}

/// A server and who is logged in there.
#[derive(Debug)]
pub(super) struct Connection {
    client: Client,
    /// `None`: not configured, and not discovered yet.
    account: Option<AccountInfo>,
    /// The accounts that namespaces are in.
    accounts: HashMap<String, RemoteAccount>,
}

impl Connector {
    pub(super) fn remote(overrides: Overrides, policy: RetryPolicy, run: RunContext) -> Self {
        Self::Remote { overrides, policy, run, connections: Vec::new() }
    }

    pub(super) async fn local(
        root: &Path,
        policy: RetryPolicy,
        run: RunContext,
    ) -> Result<Self, DeployError> {
        let storage = Storage::open(root).map_err(|error| DeployError::Local(error.into()))?;
        let server = Server::start(storage.clone(), ServerConfig::default())
            .await
            .map_err(|error| DeployError::Local(error.into()))?;
        let credentials = Credentials::Token(server.token().clone());
        let client = Client::in_run(&server.base_url(), credentials, policy, run);
        let client = client.map_err(DeployError::Client)?;
        let account = RemoteAccount::new(client.namespaces(server.account_id()), None);
        Ok(Self::Local { _server: server, storage, account })
    }

    /// What the declaration, the caller and the environment say of where and as whom, without a
    /// request.
    pub(super) fn check(&self, id: &str, account: &Account) -> Result<(), DeployError> {
        match self {
            Self::Remote { overrides, .. } => login(id, account, overrides).map(drop),
            Self::Local { .. } => Ok(()),
        }
    }

    /// The account in which a namespace is; `recorded` is the one in which the state has it.
    pub(super) async fn connect(
        &mut self,
        id: &str,
        account: &Account,
        recorded: Option<&str>,
    ) -> Result<RemoteAccount, DeployError> {
        let (overrides, policy, run, connections) = match self {
            Self::Local { account, .. } => return Ok(account.clone()),
            Self::Remote { overrides, policy, run, connections } => {
                (overrides, policy, run, connections)
            }
        };
        let at = if let Some(at) = connections.iter().position(|(other, _)| other == account) {
            at
        } else {
            let login = login(id, account, overrides)?;
            connections.push((*account, Connection::open(login, *policy, run).await?));
            connections.len() - 1
        };
        let connection = &mut connections[at].1;
        match (&connection.account, recorded) {
            (Some(wanted), Some(deployed)) if wanted.id != deployed => {
                Err(DeployError::OtherAccount {
                    id: id.to_owned(),
                    deployed: deployed.to_owned(),
                    wanted: wanted.id.clone(),
                })
            }
            (None, Some(deployed)) => Ok(connection.of_account(deployed, None)),
            _ => connection.own_account().await,
        }
    }

    /// The folder of a local deploy.
    pub(super) fn local_folder(&self) -> Option<&Path> {
        match self {
            Self::Remote { .. } => None,
            Self::Local { storage, .. } => Some(storage.root()),
        }
    }

    /// The servers that are not Cloudflare's own.
    pub(super) fn other_servers(&self) -> Vec<String> {
        let Self::Remote { connections, .. } = self else { return Vec::new() };
        let urls = connections.iter().map(|(_, connection)| connection.client.base_url());
        let mut urls: Vec<_> =
            urls.filter(|url| *url != DEFAULT_BASE_URL).map(str::to_owned).collect();
        urls.sort_unstable();
        urls.dedup();
        urls
    }

    /// A deployed namespace as an application reads and writes it.
    pub(super) fn store(
        &self,
        account: &RemoteAccount,
        namespace_id: &str,
    ) -> Result<Store, DeployError> {
        match self {
            Self::Remote { .. } => Ok(RestStore::new(account.api().clone(), namespace_id).into()),
            Self::Local { storage, .. } => storage
                .pairs(namespace_id)
                .map(|pairs| LocalStore::from(pairs).into())
                .map_err(|error| DeployError::Local(error.into())),
        }
    }
}

impl Connection {
    async fn open(
        login: Login,
        policy: RetryPolicy,
        run: &RunContext,
    ) -> Result<Self, DeployError> {
        let client = |credentials| {
            Client::in_run(&login.base_url, credentials, policy, run.clone())
                .map_err(DeployError::Client)
        };
        let credentials = match login.credentials {
            Credentials::Key { key, email: None } => {
                let nameless = client(Credentials::Key { key: key.clone(), email: None })?;
                let email = nameless.user_email().await;
                let what = "the e-mail address of the API key; CLOUDFLARE_EMAIL names it";
                Credentials::Key { key, email: Some(email.map_err(discovery(what))?) }
            }
            known => known,
        };
        let account = login.account_id.map(|id| AccountInfo { id, name: String::new() });
        Ok(Self { client: client(credentials)?, account, accounts: HashMap::new() })
    }

    fn of_account(&mut self, id: &str, name: Option<String>) -> RemoteAccount {
        let account = self.accounts.entry(id.to_owned());
        account.or_insert_with(|| RemoteAccount::new(self.client.namespaces(id), name)).clone()
    }

    /// The account that is configured, or the only one there is.
    async fn own_account(&mut self) -> Result<RemoteAccount, DeployError> {
        let AccountInfo { id, name } = match &self.account {
            Some(account) => account.clone(),
            None => self.account.insert(discover_account(&self.client).await?).clone(),
        };
        Ok(self.of_account(&id, Some(name).filter(|name| !name.is_empty())))
    }
}

async fn discover_account(client: &Client) -> Result<AccountInfo, DeployError> {
    let accounts = client.accounts().await;
    let mut accounts =
        accounts.map_err(discovery("the account; CLOUDFLARE_ACCOUNT_ID names it"))?;
    match accounts.len() {
        0 => Err(DeployError::NoAccount),
        1 => Ok(accounts.swap_remove(0)),
        _ => Err(DeployError::SeveralAccounts(accounts)),
    }
}

fn discovery(what: &'static str) -> impl Fn(ApiError) -> DeployError {
    move |source| {
        if source.is_interrupted() {
            return DeployError::Interrupted;
        }
        DeployError::Discovery { what, source }
    }
}
