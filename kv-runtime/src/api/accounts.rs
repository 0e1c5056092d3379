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
