//! Where and as whom a namespace is deployed: what the caller, the declaration and the environment
//! say, in this order.

use secrecy::SecretString;

use super::Scope;
use super::variable::{optional, variable};
use crate::api::Credentials;
use crate::declaration::{Account, Setting};
use crate::engine::error::DeployError;

/// Where and as whom to call the API.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) base_url: String,
    /// An e-mail address that is `None` is to be discovered.
    pub(crate) credentials: Credentials,
    /// `None`: to be discovered.
    pub(crate) account_id: Option<String>,
}

/// What the caller says instead of the declaration and the environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    pub(crate) base_url: Option<String>,
    pub(crate) api_token: Option<SecretString>,
    pub(crate) account_id: Option<String>,
}

/// Reads where and as whom a namespace is deployed.
pub(crate) fn login(
    id: &str,
    account: &Account,
    overrides: &Overrides,
) -> Result<Login, DeployError> {
    let mut problems = Vec::new();
    let mut namespace = Scope { id, problems: &mut problems };

    let base_url = overrides
        .base_url
        .clone()
        .or_else(|| namespace.setting(account.base_url))
        .or_else(|| optional("CLOUDFLARE_API_BASE_URL"))
        .or_else(|| optional("CLOUDFLARE_BASE_URL"))
        .unwrap_or_else(|| kv_rules::DEFAULT_BASE_URL.to_owned());
    namespace.check(kv_rules::check_base_url(&base_url));

    let account_id = overrides
        .account_id
        .clone()
        .or_else(|| namespace.setting(account.account_id))
        .or_else(|| optional("CLOUDFLARE_ACCOUNT_ID"));
    if let Some(id) = &account_id {
        namespace.check(kv_rules::check_account_id(id));
    }

    let credentials = namespace.credentials(account, overrides);
    match credentials {
        Some(credentials) if problems.is_empty() => Ok(Login { base_url, credentials, account_id }),
        None if problems.is_empty() => Err(DeployError::NoCredentials),
        _ => Err(DeployError::Resolve(problems)),
    }
}

impl Scope<'_> {
    /// `None` without a problem: there are no credentials at all.
    fn credentials(&mut self, account: &Account, overrides: &Overrides) -> Option<Credentials> {
        if let Some(token) = overrides.api_token.clone() {
            return Some(Credentials::Token(token));
        }
        if let Some(name) = account.api_token {
            return self.check(variable(name)).map(|token| Credentials::Token(token.into()));
        }
        let key = match account.api_key {
            Some(name) => self.check(variable(name))?,
            None => match optional("CLOUDFLARE_API_TOKEN") {
                Some(token) => return Some(Credentials::Token(token.into())),
                None => optional("CLOUDFLARE_API_KEY")?,
            },
        };
        let email = self.setting(account.email).or_else(|| optional("CLOUDFLARE_EMAIL"));
        if let Some(email) = &email {
            self.check(kv_rules::check_email(email))?;
        }
        Some(Credentials::Key { key: key.into(), email })
    }

    fn setting(&mut self, setting: Option<Setting>) -> Option<String> {
        match setting? {
            Setting::Literal(text) => Some(text.to_owned()),
            Setting::Env(name) => self.check(variable(name)),
        }
    }
}
