//! What a server knows before the first request: accounts, credentials, limits.

use secrecy::SecretString;

use crate::storage::hex;
use crate::{ACCOUNT_ID, Storage};

/// What a server serves, to whom, and how strictly.
///
/// The default has one account, a token and an API key that are random, and no rate limits.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The account that the server's storage belongs to.
    pub account: Account,
    /// Further accounts of the same user, each with namespaces of its own.
    pub other_accounts: Vec<(Account, Storage)>,
    /// The API token.
    pub token: SecretString,
    /// What the API token belongs to.
    pub token_owner: TokenOwner,
    /// The user's e-mail address.
    pub email: String,
    /// The user's global API key.
    pub api_key: SecretString,
    /// Whether requests are limited in number.
    pub rate_limits: RateLimits,
}

impl Default for ServerConfig {
    fn default() -> Self {
        let account = Account { id: ACCOUNT_ID.to_owned(), name: "kv-local".to_owned() };
        Self {
            port: 0,
            account,
            other_accounts: Vec::new(),
            token: random_secret(),
            token_owner: TokenOwner::User,
            email: "kv-local@localhost".to_owned(),
            api_key: random_secret(),
            rate_limits: RateLimits::Off,
        }
    }
}

/// A Cloudflare account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// 32 hex digits.
    pub id: String,
    /// What the dashboard shows.
    pub name: String,
}

/// What an API token belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenOwner {
    /// A user: the token reaches all accounts of the user, and lists them.
    User,
    /// The first account: the token reaches that account only, and knows no user.
    Account,
}

/// Whether a server limits how many requests it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimits {
    /// Every request is taken.
    Off,
    /// As Cloudflare: 1,200 requests in 5 minutes, and one write a second to one key.
    Cloudflare,
}

fn random_secret() -> SecretString {
    hex(&rand::random::<[u8; 20]>()).into()
}
