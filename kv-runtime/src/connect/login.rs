//! The API's base URL, credentials and account: from the caller, the declaration and the environment, in
//! this order.

use secrecy::SecretString;

use super::error::ConnectError;
use crate::api::Credentials;
use crate::base::env::{API_BASE_URL, optional, variable};
use crate::typed::declaration::{AccountSettings, Setting};

/// The base URL, credentials and account for calling the API.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) base_url: String,
    /// An e-mail address that is `None` must be discovered.
    pub(crate) credentials: Credentials,
    /// `None` if it must be discovered.
    pub(crate) account_id: Option<String>,
}

/// The caller's settings, which override the declaration and the environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    pub(crate) base_url: Option<String>,
    pub(crate) api_token: Option<SecretString>,
    pub(crate) account_id: Option<String>,
    /// The token to use if nothing else sets one.
    pub(crate) fallback_token: Option<SecretString>,
    /// The account to use if several are visible and nothing else sets one.
    pub(crate) preferred_account: Option<String>,
}

impl Login {
    /// Reads the settings for a namespace's account.
    pub(crate) fn read(
        settings: &AccountSettings,
        overrides: &Overrides,
    ) -> Result<Self, ConnectError> {
        let mut reader = Reader::default();
        let base_url = reader.find(
            overrides.base_url.as_ref(),
            settings.base_url,
            &API_BASE_URL,
            kv_rules::check_base_url,
        );
        let base_url = base_url.unwrap_or_else(|| kv_rules::DEFAULT_BASE_URL.to_owned());
        let account_id = reader.find(
            overrides.account_id.as_ref(),
            settings.account_id,
            &["CLOUDFLARE_ACCOUNT_ID"],
            kv_rules::check_account_id,
        );

        let credentials = reader.credentials(settings, overrides);
        match credentials {
            Some(credentials) if reader.problems.is_empty() => {
                Ok(Self { base_url, credentials, account_id })
            }
            None if reader.problems.is_empty() => Err(ConnectError::NoCredentials),
            _ => Err(ConnectError::Invalid(reader.problems)),
        }
    }
}

/// Reads settings and collects their problems.
#[derive(Default)]
struct Reader {
    problems: Vec<String>,
}

impl Reader {
    fn check<T>(&mut self, result: Result<T, impl ToString>) -> Option<T> {
        result.map_err(|error| self.problems.push(error.to_string())).ok()
    }

    /// Returns `None` without recording a problem if there are no credentials at all.
    fn credentials(
        &mut self,
        settings: &AccountSettings,
        overrides: &Overrides,
    ) -> Option<Credentials> {
        if let Some(token) = overrides.api_token.clone() {
            return Some(Credentials::Token(token));
        }
        if let Some(name) = settings.api_token {
            return self.check(variable(name)).map(|token| Credentials::Token(token.into()));
        }
        let key = match settings.api_key {
            Some(name) => self.check(variable(name))?,
            None => match optional("CLOUDFLARE_API_TOKEN") {
                Some(token) => return Some(Credentials::Token(token.into())),
                None => match (optional("CLOUDFLARE_API_KEY"), &overrides.fallback_token) {
                    (Some(key), _) => key,
                    (None, Some(token)) => return Some(Credentials::Token(token.clone())),
                    (None, None) => return None,
                },
            },
        };
        let email = self.find(None, settings.email, &["CLOUDFLARE_EMAIL"], kv_rules::check_email);
        Some(Credentials::Key { key: key.into(), email })
    }

    /// A setting of the caller, the declaration or the environment, in this order.
    fn find<E: ToString>(
        &mut self,
        of_caller: Option<&String>,
        declared: Option<Setting>,
        variables: &[&'static str],
        check: impl Fn(&str) -> Result<(), E>,
    ) -> Option<String> {
        let (text, variable) = match (of_caller, declared) {
            (Some(text), _) => (text.clone(), None),
            (None, Some(Setting::Literal(text))) => (text.to_owned(), None),
            (None, Some(Setting::Env(name))) => (self.check(variable(name))?, Some(name)),
            (None, None) => {
                variables.iter().find_map(|name| Some((optional(name)?, Some(*name))))?
            }
        };
        let of = variable.map_or_else(String::new, |name| format!("{name}: "));
        self.check(check(&text).map_err(|error| format!("{of}{}", error.to_string())))?;
        Some(text)
    }
}
