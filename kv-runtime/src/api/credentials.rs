//! Credentials, as headers that are never shown.

use kv_rules::EmailError;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::base::Redactor;

const X_AUTH_EMAIL: HeaderName = HeaderName::from_static("x-auth-email");
const X_AUTH_KEY: HeaderName = HeaderName::from_static("x-auth-key");

/// Credentials for the API. `Debug` does not show secrets.
///
/// ```
/// use kv_runtime::api::Credentials;
///
/// let token = Credentials::Token("a-token-of-the-dashboard".into());
/// let email = Some("me@example.com".to_owned());
/// let key = Credentials::Key { key: "a-global-key".into(), email };
/// # let _ = (token, key);
/// ```
#[derive(Debug, Clone)]
pub enum Credentials {
    /// An API token, or an OAuth access token.
    Token(SecretString),
    /// The global API key of a user.
    Key {
        /// The key.
        key: SecretString,
        /// The user's e-mail address. With `None` you can only request it with
        /// [`Client::user_email`](super::Client::user_email).
        email: Option<String>,
    },
}

/// Why credentials cannot be sent. It never shows the secret.
///
/// ```
/// use kv_runtime::api::{ApiError, Client, Credentials, CredentialsError, RetryPolicy};
///
/// let url = kv_runtime::rules::DEFAULT_BASE_URL;
/// let error = Client::new(url, Credentials::Token("".into()), RetryPolicy::default()).unwrap_err();
/// assert!(matches!(error, ApiError::Credentials(CredentialsError::Empty(_))));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// The secret is empty.
    #[error("the {0} is empty: copy it from https://dash.cloudflare.com/profile/api-tokens")]
    Empty(&'static str),
    /// The secret contains a character that no token or key has.
    #[error(
        "character {position} of the {what} is not allowed, only letters, digits and ASCII \
         punctuation are: copy the {what} again, without spaces, quotes or line breaks"
    )]
    Character {
        /// `API token` or `API key`.
        what: &'static str,
        /// The position of the character, counted from 1.
        position: usize,
    },
    /// The e-mail address is not valid.
    #[error(transparent)]
    Email(#[from] EmailError),
}

impl Credentials {
    /// Registers the secret with the redactor.
    pub(super) fn hide_in(&self, redactor: &Redactor) {
        match self {
            Self::Token(token) => redactor.add(token.expose_secret(), "token"),
            Self::Key { key, .. } => redactor.add(key.expose_secret(), "API key"),
        }
    }

    /// The authentication headers, marked as sensitive so that the HTTP stack does not log them.
    pub(super) fn into_headers(self) -> Result<HeaderMap, CredentialsError> {
        let mut headers = HeaderMap::new();
        match self {
            Self::Token(token) => {
                let token = check("API token", &token)?;
                headers.insert(AUTHORIZATION, secret("API token", &format!("Bearer {token}"))?);
            }
            Self::Key { key, email } => {
                headers.insert(X_AUTH_KEY, secret("API key", check("API key", &key)?)?);
                if let Some(email) = email {
                    kv_rules::check_email(&email)?;
                    let value = HeaderValue::from_str(&email).map_err(|_| EmailError(email))?;
                    headers.insert(X_AUTH_EMAIL, value);
                }
            }
        }
        Ok(headers)
    }
}

fn check<'a>(what: &'static str, secret: &'a SecretString) -> Result<&'a str, CredentialsError> {
    let secret = secret.expose_secret();
    if secret.is_empty() {
        return Err(CredentialsError::Empty(what));
    }
    match secret.chars().position(|c| !c.is_ascii_graphic() || c == '"' || c == '\'') {
        Some(at) => Err(CredentialsError::Character { what, position: at + 1 }),
        None => Ok(secret),
    }
}

fn secret(what: &'static str, text: &str) -> Result<HeaderValue, CredentialsError> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| CredentialsError::Character { what, position: text.len() })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Credentials {
        Credentials::Token(text.into())
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_refused_without_being_shown() {
        for (text, position) in
            [("hush-hush\n", 10), ("\"hush-hush\"", 1), ("hush hush", 5), ("hüsh", 2)]
        {
            let error = token(text).into_headers().unwrap_err();
            assert_eq!(error, CredentialsError::Character { what: "API token", position });
            assert!(!error.to_string().contains("sh"), "{error}");
        }
        assert_eq!(token("").into_headers(), Err(CredentialsError::Empty("API token")));
    }

    #[test]
    fn an_email_address_cannot_smuggle_a_header() {
        let email = Some("me@example.com\r\nX-Evil: 1".to_owned());
        let error = Credentials::Key { key: "k".into(), email }.into_headers().unwrap_err();
        assert!(matches!(error, CredentialsError::Email(_)));
        assert!(!error.to_string().contains('\r'));
    }

    #[test]
    fn debug_shows_neither_secrets_nor_their_headers() {
        let email = Some("me@example.com".to_owned());
        for credentials in [token("hush"), Credentials::Key { key: "hush".into(), email }] {
            let headers = credentials.clone().into_headers().unwrap();
            assert!(!format!("{credentials:?} {headers:?}").contains("hush"));
        }
    }
}
