//! The configuration of a server: accounts, credentials, limits.

use secrecy::SecretString;

use crate::storage::hex;
use crate::{ACCOUNT_ID, Storage};

/// The configuration of a server.
///
/// The default has one account, a random token and API key, and no rate limits.
///
/// ```
/// use kv_local::ServerConfig;
///
/// let config = ServerConfig { port: 8790, ..ServerConfig::default() };
/// assert_eq!(config.account.id, kv_local::ACCOUNT_ID);
/// ```
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The port on 127.0.0.1; 0 chooses a free one.
    pub port: u16,
    /// The account that the server's storage belongs to.
    pub account: Account,
    /// More accounts of the same user, each with its own namespaces.
    pub other_accounts: Vec<(Account, Storage)>,
    /// The API token.
    pub token: SecretString,
    /// What the API token belongs to.
    pub token_owner: TokenOwner,
    /// The user's e-mail address.
    pub email: String,
    /// The user's global API key.
    pub api_key: SecretString,
    /// Whether the number of requests is limited.
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
///
/// ```
/// use kv_local::{Account, ServerConfig};
///
/// let account = Account { id: "0123456789abcdef0123456789abcdef".to_owned(), name: "Mine".to_owned() };
/// let config = ServerConfig { account, ..ServerConfig::default() };
/// # let _ = config;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// 32 hex digits.
    pub id: String,
    /// The name that the dashboard shows.
    pub name: String,
}

/// What an API token belongs to.
///
/// ```
/// use kv_local::{ServerConfig, TokenOwner};
///
/// let config = ServerConfig { token_owner: TokenOwner::Account, ..ServerConfig::default() };
/// # let _ = config;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenOwner {
    /// A user: the token can list and use all accounts of the user.
    User,
    /// The first account: the token can use only that account, and does not belong to a user.
    Account,
}

/// Whether a server limits the number of requests.
///
/// ```
/// use kv_local::{RateLimits, ServerConfig};
///
/// let config = ServerConfig { rate_limits: RateLimits::Cloudflare, ..ServerConfig::default() };
/// # let _ = config;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimits {
    /// Every request is accepted.
    Off,
    /// The same limits as Cloudflare: 1,200 requests in 5 minutes, and one write per second to each key.
    Cloudflare,
}

fn random_secret() -> SecretString {
    hex(&rand::random::<[u8; 20]>()).into()
}
