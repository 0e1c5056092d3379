//! What to do about a failed connection.

use crate::connect::ConnectError;

impl ConnectError {
    /// What to do next, if the message does not say it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::NoCredentials => {
                "set CLOUDFLARE_API_TOKEN (a token with the permission Workers KV Storage: Read, or \
                 Edit to write), or CLOUDFLARE_API_KEY with CLOUDFLARE_EMAIL"
            }
            Self::NoAccount => {
                "give the token the permission Account Settings: Read, or name the account with \
                 CLOUDFLARE_ACCOUNT_ID"
            }
            Self::SeveralAccounts(_) => "choose one with CLOUDFLARE_ACCOUNT_ID or `accountId`",
            Self::Discovery { source, .. } | Self::Client(source) => return source.help(),
            Self::Invalid(_) => return None,
        };
        Some(help.to_owned())
    }
}
