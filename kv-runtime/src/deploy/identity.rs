//! As whom the API would be called, and what that may read: asked without changing anything.

use serde::Serialize;

use super::rest::connect_error;
use super::setup::Setup;
use crate::api::{AccountInfo, Credentials};
use crate::base::RunContext;
use crate::connect::{ConnectError, Connection, Login};
use crate::engine::DeployError;
use crate::typed::Declaration;
use crate::typed::declaration::AccountSettings;

/// As whom the API is called, and in which account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Identity {
    /// The declarations that this is for, by their ids; none: any.
    pub(crate) ids: Vec<&'static str>,
    pub(crate) base_url: String,
    pub(crate) credentials: CredentialsKind,
    /// What the token says of itself: not for a key, or for wrangler's login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token_expires_on: Option<String>,
    pub(crate) account_id: String,
    /// Its name, if it was asked for because no id is configured.
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
    /// As whom the namespaces of these declarations would be deployed.
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
