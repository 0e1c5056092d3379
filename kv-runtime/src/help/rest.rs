//! What to do about a failed request.

use std::time::Duration;

use crate::api::{ApiError, Fault};

impl ApiError {
    /// What to do about it, if that is known.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        self.fault().map(of_fault)
    }
}

/// What to do about a failed request.
pub(crate) fn of_fault(fault: Fault) -> String {
    let help = match fault {
        Fault::Setup => {
            "install the system's CA certificates (`ca-certificates`), and check the proxy \
             variables `HTTPS_PROXY` and `NO_PROXY`"
        }
        Fault::Untrusted => {
            "no secure connection, usually because the server's certificate is not trusted: \
             check the base URL and the clock, or set `SSL_CERT_FILE` to the certificates to trust"
        }
        Fault::UnknownHost => {
            "the host name cannot be resolved: check the network and the base URL"
        }
        Fault::Unreachable => "check the network, the base URL and `HTTPS_PROXY`",
        Fault::NoAnswer => "check the network",
        Fault::Redirected => "set the base URL to the URL of the API itself",
        Fault::Challenged => {
            "Cloudflare takes this machine for a bot: try another network, or give Cloudflare's \
             support the cf-ray"
        }
        Fault::OtherServer => {
            "this is not Cloudflare's API: check the base URL and any proxies in between"
        }
        Fault::WrongPath => {
            "the base URL does not end in `/client/v4`, the path of Cloudflare's API: add it"
        }
        Fault::ServerFailed => "check https://www.cloudflarestatus.com and the base URL",
        Fault::TooLarge => "the request is too large for the server",
        // Cloudflare blocks a user who exceeds the limit for five minutes.
        Fault::TooManyRequests(asked) => {
            let wait = asked.map_or_else(|| "five minutes".to_owned(), roughly);
            return format!("too many requests: wait {wait}");
        }
        Fault::DailyLimit => {
            "the free plan's daily limit is used up: wait until 00:00 UTC, or move to a paid plan"
        }
        Fault::MalformedToken => {
            "the API token is malformed: copy it again from \
             https://dash.cloudflare.com/profile/api-tokens"
        }
        Fault::CannotListAccounts => {
            "to find the account, give the token the permission `Account Settings: Read`, or name \
             the account with `CLOUDFLARE_ACCOUNT_ID`"
        }
        Fault::CannotReadUser => {
            "to find the e-mail address, give the credentials the permission `User Details: \
             Read`, or set the address in `CLOUDFLARE_EMAIL`"
        }
        Fault::NotAllowed => {
            "the token needs the permission `Workers KV Storage: Edit` for this account; a global \
             API key needs its user's e-mail address"
        }
        Fault::InvalidAccountId => {
            "check the account id: 32 hex digits, from the account's overview in the dashboard"
        }
        Fault::InvalidNamespaceId => "check the namespace id: 32 hex digits",
        Fault::NamespaceNotFound => {
            "the namespace does not exist in this account: it was deleted, or it belongs to \
             another account; one created less than a minute ago may not be visible yet"
        }
        Fault::TitleTaken => {
            "a namespace in the account already has this title: choose another, or take it over with \
             `adopt: true`"
        }
    };
    help.to_owned()
}

/// Whether the fault is temporary, so that the same request may succeed later.
#[cfg(feature = "deploy")]
pub(crate) fn is_passing(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::NoAnswer | Fault::ServerFailed | Fault::TooManyRequests(_) | Fault::DailyLimit
    )
}

/// A wait in convenient units, rounded up.
fn roughly(wait: Duration) -> String {
    match wait.as_secs() {
        seconds @ 0..=120 => format!("{seconds} s"),
        seconds @ 121..=7200 => format!("{} minutes", seconds.div_ceil(60)),
        seconds => format!("{} hours", seconds.div_ceil(3600)),
    }
}
