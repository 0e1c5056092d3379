//! A connection to Cloudflare's API with credentials and an account.

use super::error::ConnectError;
use super::login::Login;
use crate::api::{AccountInfo, ApiError, Client, Credentials, Namespaces, RetryPolicy, TokenInfo};
use crate::base::RunContext;

/// A client of Cloudflare's API with credentials and an account.
#[derive(Debug)]
pub(crate) struct Connection {
    client: Client,
    /// `None` if it is not configured and not discovered yet.
    account: Option<AccountInfo>,
}

impl Connection {
    /// Connects. For an API key without an e-mail address, requests the address from the API.
    pub(crate) async fn open(
        login: Login,
        policy: RetryPolicy,
        run: &RunContext,
    ) -> Result<Self, ConnectError> {
        let client = |credentials| {
            Client::in_run(&login.base_url, credentials, policy, run.clone())
                .map_err(ConnectError::Client)
        };
        let credentials = match login.credentials {
            Credentials::Key { key, email: None } => {
                let nameless = client(Credentials::Key { key: key.clone(), email: None })?;
                let email = nameless.user_email().await;
                let what = "the e-mail address of the API key, which CLOUDFLARE_EMAIL can set";
                Credentials::Key { key, email: Some(email.map_err(discovery(what))?) }
            }
            known => known,
        };
        let account = login.account_id.map(|id| AccountInfo { id, name: String::new() });
        Ok(Self { client: client(credentials)?, account })
    }

    pub(crate) fn base_url(&self) -> &str {
        self.client.base_url()
    }

    /// Information about the API token, if the credentials are one and the API returns it.
    pub(crate) async fn token(&self, account_id: &str) -> Option<TokenInfo> {
        self.client.token(account_id).await.ok()
    }

    pub(crate) fn namespaces(&self, account_id: &str) -> Namespaces {
        self.client.namespaces(account_id)
    }

    /// The account that is configured or was discovered, if any.
    pub(crate) fn known_account(&self) -> Option<&AccountInfo> {
        self.account.as_ref()
    }

    /// The configured account, or the only visible one, or the preferred one of several.
    pub(crate) async fn account(
        &mut self,
        preferred: Option<&str>,
        run: &RunContext,
    ) -> Result<AccountInfo, ConnectError> {
        if let Some(account) = &self.account {
            return Ok(account.clone());
        }
        let found = discover_account(&self.client, preferred, run).await?;
        Ok(self.account.insert(found).clone())
    }
}

async fn discover_account(
    client: &Client,
    preferred: Option<&str>,
    run: &RunContext,
) -> Result<AccountInfo, ConnectError> {
    let accounts = client.accounts().await;
    let mut accounts =
        accounts.map_err(discovery("the account, which CLOUDFLARE_ACCOUNT_ID can set"))?;
    match accounts.len() {
        0 => Err(ConnectError::NoAccount),
        1 => Ok(accounts.swap_remove(0)),
        _ => {
            let is_preferred = |account: &AccountInfo| Some(account.id.as_str()) == preferred;
            if let Some(at) = accounts.iter().position(is_preferred) {
                return Ok(accounts.swap_remove(at));
            }
            for account in &mut accounts {
                account.name = run.redactor.redact(&account.name).into_owned();
            }
            Err(ConnectError::SeveralAccounts(accounts))
        }
    }
}

fn discovery(what: &'static str) -> impl Fn(ApiError) -> ConnectError {
    move |source| ConnectError::Discovery { what, source }
}
