//! Accounts and the user behind credentials.

use reqwest::Method;
use serde::Deserialize;

use super::client::Client;
use super::error::{ApiError, Subject};
use super::request::Request;
use super::{envelope, pages};

/// An account that the credentials can access.
///
/// ```no_run
/// # async fn example(client: kv_runtime::api::Client) -> Result<(), Box<dyn std::error::Error>> {
/// for account in client.accounts().await? {
///     println!("{} {}", account.id, account.name);
/// }
/// # Ok(())
/// # }
/// ```
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

/// An API token, as the API describes it.
///
/// ```no_run
/// # async fn example(client: kv_runtime::api::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let token = client.token("0123456789abcdef0123456789abcdef").await?;
/// println!("{}, until {:?}", token.status, token.expires_on);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct TokenInfo {
    /// Its id, which is not secret.
    #[serde(deserialize_with = "envelope::id")]
    pub id: String,
    /// `active`, `disabled` or `expired`.
    pub status: String,
    /// When it expires, as RFC 3339 text; `None` if it never does.
    #[serde(default)]
    pub expires_on: Option<String>,
}

/// The most accounts that one page of the list can hold.
const ACCOUNTS_PER_PAGE: usize = 50;

impl Client {
    /// Lists all accounts that the credentials can access.
    ///
    /// This needs the permission `Account Settings: Read`, and does not work with account-owned tokens.
    pub async fn accounts(&self) -> Result<Vec<AccountInfo>, ApiError> {
        let path = ["accounts"];
        pages::all(self, Subject::Accounts, &path, ACCOUNTS_PER_PAGE, |a: &AccountInfo| &a.id).await
    }

    /// Describes the API token of this client: a user's token, or one that the account owns.
    ///
    /// Fails for wrangler's login and for an API key, since neither is an API token.
    pub async fn token(&self, account_id: &str) -> Result<TokenInfo, ApiError> {
        let of_user = ["user", "tokens", "verify"];
        let of_account = ["accounts", account_id, "tokens", "verify"];
        let request = Request::new(Method::GET, Subject::User, &of_user)?;
        match self.send(request, envelope::result).await {
            Err(refused) if refused.is_refused() => {
                let request = Request::new(Method::GET, Subject::User, &of_account)?;
                // If both fail, the first response says why.
                let token = self.send(request, envelope::result).await;
                token.map_err(|error| if error.is_refused() { refused } else { error })
            }
            answer => answer,
        }
    }

    /// Returns the e-mail address of the user who owns the credentials.
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
