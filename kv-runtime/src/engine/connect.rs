//! Connects namespaces with the API: which server, as whom, in which account.

use std::path::Path;

use kv_local::{Server, ServerConfig, Storage};

use super::error::DeployError;
use super::resolve::{Login, Overrides, login};
use crate::api::{ApiError, Client, Credentials, Namespaces, RetryPolicy};
use crate::declaration::Account;
use crate::store::{LocalStore, RestStore, Store};

/// Makes the client of each namespace; namespaces that say the same of their account share one.
#[derive(Debug)]
pub(super) enum Connector {
    /// To Cloudflare, or wherever the base URL is.
    Remote { overrides: Overrides, policy: RetryPolicy, known: Vec<(Account, Connection)> },
    /// To a server in this process, over the files that `wrangler dev` reads.
    Local { server: Server, storage: Storage, client: Client },
}

#[derive(Debug, Clone)]
pub(super) struct Connection {
    client: Client,
    /// `None`: not configured.
    account_id: Option<String>,
}

impl Connector {
    pub(super) fn remote(overrides: Overrides, policy: RetryPolicy) -> Self {
        Self::Remote { overrides, policy, known: Vec::new() }
    }

    pub(super) async fn local(root: &Path, policy: RetryPolicy) -> Result<Self, DeployError> {
        let storage = Storage::open(root).map_err(|error| DeployError::Local(error.into()))?;
        let server = Server::start(storage.clone(), ServerConfig::default())
            .await
            .map_err(|error| DeployError::Local(error.into()))?;
        let credentials = Credentials::Token(server.token().clone());
        let client =
            Client::new(&server.base_url(), credentials, policy).map_err(DeployError::Client)?;
        Ok(Self::Local { server, storage, client })
    }

    /// What the declaration, the caller and the environment say of where and as whom, without a
    /// request.
    pub(super) fn check(&self, id: &str, account: &Account) -> Result<(), DeployError> {
        match self {
            Self::Remote { overrides, .. } => login(id, account, overrides).map(drop),
            Self::Local { .. } => Ok(()),
        }
    }

    /// The namespaces of the account in which a namespace is; `recorded` is the account in which
    /// the state has it.
    pub(super) async fn connect(
        &mut self,
        id: &str,
        account: &Account,
        recorded: Option<&str>,
    ) -> Result<Namespaces, DeployError> {
        let (overrides, policy, known) = match self {
            Self::Local { server, client, .. } => return Ok(client.namespaces(server.account_id())),
            Self::Remote { overrides, policy, known } => (overrides, policy, known),
        };
        let at = if let Some(at) = known.iter().position(|(other, _)| other == account) {
            at
        } else {
            let connection = log_in(login(id, account, overrides)?, *policy).await?;
            known.push((*account, connection));
            known.len() - 1
        };
        let connection = &mut known[at].1;
        match (&connection.account_id, recorded) {
            (Some(wanted), Some(deployed)) if wanted != deployed => {
                Err(DeployError::OtherAccount {
                    id: id.to_owned(),
                    deployed: deployed.to_owned(),
                    wanted: wanted.clone(),
                })
            }
            (Some(account_id), _) => Ok(connection.client.namespaces(account_id)),
            (None, Some(account_id)) => Ok(connection.client.namespaces(account_id)),
            (None, None) => {
                let account_id = discover_account(&connection.client).await?;
                let namespaces = connection.client.namespaces(&account_id);
                connection.account_id = Some(account_id);
                Ok(namespaces)
            }
        }
    }

    /// The folder of a local deploy.
    pub(super) fn local_folder(&self) -> Option<&Path> {
        match self {
            Self::Remote { .. } => None,
            Self::Local { storage, .. } => Some(storage.root()),
        }
    }

    /// A deployed namespace as an application reads and writes it.
    pub(super) fn store(&self, api: &Namespaces, namespace_id: &str) -> Result<Store, DeployError> {
        match self {
            Self::Remote { .. } => Ok(RestStore::new(api.clone(), namespace_id).into()),
            Self::Local { storage, .. } => storage
                .pairs(namespace_id)
                .map(|pairs| LocalStore::from(pairs).into())
                .map_err(|error| DeployError::Local(error.into())),
        }
    }
}

async fn log_in(login: Login, policy: RetryPolicy) -> Result<Connection, DeployError> {
    let client = |credentials| {
        Client::new(&login.base_url, credentials, policy).map_err(DeployError::Client)
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
    Ok(Connection { client: client(credentials)?, account_id: login.account_id })
}

async fn discover_account(client: &Client) -> Result<String, DeployError> {
    let accounts = client.accounts().await;
    let accounts = accounts.map_err(discovery("the account; CLOUDFLARE_ACCOUNT_ID names it"))?;
    match accounts.as_slice() {
        [] => Err(DeployError::NoAccount),
        [account] => Ok(account.id.clone()),
        _ => Err(DeployError::SeveralAccounts(accounts)),
    }
}

fn discovery(what: &'static str) -> impl Fn(ApiError) -> DeployError {
    move |source| DeployError::Discovery { what, source }
}
