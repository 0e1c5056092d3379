//! Looks up which credentials and account a deploy would use, and what they can read, without changing
//! anything.

use serde::Serialize;

use super::rest::connect_error;
use super::setup::Setup;
use crate::api::{AccountInfo, Credentials};
use crate::base::RunContext;
use crate::connect::{ConnectError, Connection, Login};
use crate::engine::DeployError;
use crate::typed::Declaration;
use crate::typed::declaration::AccountSettings;

/// The credentials and the account with which the API is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Identity {
    /// The ids of the declarations that use these credentials; empty if there are no declarations.
    pub(crate) ids: Vec<&'static str>,
    pub(crate) base_url: String,
    pub(crate) credentials: CredentialsKind,
    /// The status of an API token; `None` for an API key or wrangler's login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token_expires_on: Option<String>,
    pub(crate) account_id: String,
    /// The account's name, if it was looked up because no id is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_name: Option<String>,
    /// How many namespaces the account has.
    pub(crate) namespaces: usize,
}

/// What kind of credentials there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CredentialsKind {
    Token,
    Key,
}

impl Setup {
    /// The credentials and accounts with which these declarations would be deployed.
    pub(crate) async fn identities(
        &self,
        declarations: &[&'static Declaration],
        run: &RunContext,
    ) -> Result<Vec<Identity>, DeployError> {
        let mut settings: Vec<(AccountSettings, Vec<&'static str>)> = Vec::new();
        for declaration in declarations {
            match settings.iter_mut().find(|(known, _)| *known == declaration.account) {
                Some((_, ids)) => ids.push(declaration.id),
                None => settings.push((declaration.account, vec![declaration.id])),
            }
        }
        if settings.is_empty() {
            settings.push((AccountSettings::FROM_ENVIRONMENT, Vec::new()));
        }
        let mut identities = Vec::new();
        for (settings, ids) in settings {
            identities.push(self.identity(&settings, ids, run).await?);
        }
        Ok(identities)
    }

    async fn identity(
        &self,
        settings: &AccountSettings,
        ids: Vec<&'static str>,
        run: &RunContext,
    ) -> Result<Identity, DeployError> {
        let first = ids.first().copied().unwrap_or_default();
        let error = connect_error(first);
        let login = Login::read(settings, &self.overrides).map_err(&error)?;
        let credentials = match login.credentials {
            Credentials::Token(_) => CredentialsKind::Token,
            Credentials::Key { .. } => CredentialsKind::Key,
        };
        let mut connection = Connection::open(login, self.retry, run).await.map_err(&error)?;
        let preferred = self.overrides.preferred_account.as_deref();
        let account = connection.account(preferred, run).await.map_err(&error)?;
        let AccountInfo { id: account_id, name } = account;
        let what = "which namespaces the account has";
        let listed = connection.namespaces(&account_id).list().await;
        let listed = listed.map_err(|source| error(ConnectError::Discovery { what, source }))?;
        let token = match credentials {
            CredentialsKind::Token => connection.token(&account_id).await,
            CredentialsKind::Key => None,
        };
        Ok(Identity {
            ids,
            base_url: connection.base_url().to_owned(),
            credentials,
            token_status: token.as_ref().map(|token| token.status.clone()),
            token_expires_on: token.and_then(|token| token.expires_on),
            account_id,
            account_name: Some(name).filter(|name| !name.is_empty()),
            namespaces: listed.len(),
        })
    }
}
