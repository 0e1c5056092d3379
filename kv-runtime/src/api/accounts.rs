//! Accounts and the user: what credentials can tell about themselves.

use reqwest::Method;
use serde::Deserialize;

use super::client::Client;
use super::error::{ApiError, Subject};
use super::request::Request;
use super::{envelope, pages};

/// An account that the credentials reach.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct AccountInfo {
    /// 32 hex digits.
    #[serde(deserialize_with = "envelope::id")]
    pub id: String,
    /// Its name in the dashboard.
    #[serde(default)]
    pub name: String,
}

/// An API token, as it tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct TokenInfo {
    /// Its id, which is not secret.
    #[serde(deserialize_with = "envelope::id")]
    pub id: String,
    /// `active`, `disabled` or `expired`.
    pub status: String,
    /// When it expires, as RFC 3339; `None`: never.
    #[serde(default)]
    pub expires_on: Option<String>,
}

/// The most accounts that one page of the list can hold.
const ACCOUNTS_PER_PAGE: usize = 50;

impl Client {
    /// All accounts that the credentials reach.
    ///
    /// It needs the permission `Account Settings: Read`; a token that an account owns cannot ask.
    pub async fn accounts(&self) -> Result<Vec<AccountInfo>, ApiError> {
        let path = ["accounts"];
        pages::all(self, Subject::Accounts, &path, ACCOUNTS_PER_PAGE, |a: &AccountInfo| &a.id).await
    }

    /// The API token whose requests these are: a user's, or one that the account owns.
    ///
    /// wrangler's login is not an API token, and neither is an API key: both are refused.
    pub async fn token(&self, account_id: &str) -> Result<TokenInfo, ApiError> {
        let of_user = ["user", "tokens", "verify"];
        let of_account = ["accounts", account_id, "tokens", "verify"];
        let request = Request::new(Method::GET, Subject::User, &of_user)?;
        match self.send(request, envelope::result).await {
            Err(refused) if refused.is_refused() => {
                let request = Request::new(Method::GET, Subject::User, &of_account)?;
                // If it is neither, the first answer is the one that says why.
                let token = self.send(request, envelope::result).await;
                token.map_err(|error| if error.is_refused() { refused } else { error })
            }
            answer => answer,
        }
    }

    /// The e-mail address of the user whose credentials these are.
    pub async fn user_email(&self) -> Result<String, ApiError> {
        #[derive(Deserialize)]
        struct User {
            email: String,
        }
        let request = Request::new(Method::GET, Subject::User, &["user"])?;
        let user: User = self.send(request, envelope::result).await?;
        Ok(user.email)
    }
}
