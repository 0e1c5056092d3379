//! What to do about a failed request.

use std::time::Duration;

use super::error::{CallError, Failure, Subject};
use super::retry::{DAILY_LIMIT, GaveUp};

/// Codes that speak of credentials or of what they may do.
const UNAUTHORIZED: [i64; 9] = [1001, 9103, 9106, 9109, 10000, 10001, 10023, 10405, 6111];

pub(super) fn is_unauthorized(failure: &Failure) -> bool {
    let Failure::Refused { trace, .. } = failure else { return false };
    // A server that fails numbers its errors as it likes.
    !trace.status.is_server_error()
        && (matches!(trace.status.as_u16(), 401 | 403)
            || UNAUTHORIZED.iter().any(|code| failure.names(*code)))
}

pub(super) fn help(call: &CallError) -> Option<String> {
    let help = match &call.failure {
        Failure::Interrupted => return None,
        failure @ Failure::Connect { .. } if failure.is_tls() => {
            "no secure connection, most often because the server's certificate is not trusted: \
             check the base URL and the clock; `SSL_CERT_FILE` names the certificates to trust"
        }
        Failure::Connect { error, .. } if error.is_dns() => {
            "the host's name is not known: check the network and the base URL"
        }
        Failure::Connect { .. } => "check the network, the base URL and `HTTPS_PROXY`",
        Failure::Timeout(_) | Failure::Cut(_) => {
            "check the network, then run it again: it continues where it stopped"
        }
        Failure::Redirect { .. } => "set the base URL to where the API itself is",
        Failure::Unreadable { trace, .. } if trace.challenged => {
            "Cloudflare's edge takes this machine for a bot: try another network, or ask \
             Cloudflare's support with the cf-ray"
        }
        Failure::Unreadable { trace, .. } if trace.status == 429 => return Some(too_many(call)),
        Failure::Unreadable { trace, .. } => unreadable(call, trace.status.as_u16()),
        Failure::Refused { trace, .. } => return refused(call, trace.status.as_u16()),
    };
    Some(help.to_owned())
}

/// What a base URL lacks whose server does not know the paths of the API.
const OUTSIDE: &str =
    "the base URL does not end in `/client/v4`, where Cloudflare's API is: add it";

fn unreadable(call: &CallError, status: u16) -> &'static str {
    match status {
        413 => "the request is too large for the server",
        400..=499 if call.outside => OUTSIDE,
        400..=499 => "this is not Cloudflare's API: check the base URL and proxies in between",
        _ => {
            "check the base URL and https://www.cloudflarestatus.com, then run it again: it \
             continues where it stopped"
        }
    }
}

fn refused(call: &CallError, status: u16) -> Option<String> {
    let help = match call.failure.code() {
        _ if is_unauthorized(&call.failure) => unauthorized(call),
        // Cloudflare refuses an API key without its e-mail address so.
        Some(6003) if call.subject == Subject::User => unauthorized(call),
        Some(7003 | 7000) if call.outside => OUTSIDE,
        Some(7003 | 7000 | 6003) => {
            "check the account id: 32 hex digits, from the account's overview in the dashboard"
        }
        Some(10011) => "check the namespace's id: 32 hex digits",
        Some(10013) => {
            "the namespace does not exist in this account: it was deleted, or the account is \
             another; one that was created less than a minute ago may not be seen yet"
        }
        Some(10014) => {
            "a namespace of the account has this title: choose another, or take it over with \
             `adopt: true` or `--adopt`"
        }
        Some(DAILY_LIMIT) => {
            "the free plan's limit of the day is used up: run it again after 00:00 UTC, it \
             continues where it stopped, or move to a paid plan"
        }
        Some(971 | 10429) => return Some(too_many(call)),
        _ => match status {
            413 => "the request is too large for the server",
            429 => return Some(too_many(call)),
            404 if call.outside => OUTSIDE,
            500..=599 => {
                "check https://www.cloudflarestatus.com, then run it again: it continues where \
                 it stopped"
            }
            _ => return None,
        },
    };
    Some(help.to_owned())
}

fn too_many(call: &CallError) -> String {
    let wait = match call.gave_up {
        Some(GaveUp::AskedTooLong { asked, .. }) => roughly(asked),
        // Who exceeds the limit is shut out for as long.
        _ => "five minutes".to_owned(),
    };
    format!("too many requests: wait {wait}, then run it again")
}

/// A wait as one would say it, never shorter than it is.
fn roughly(wait: Duration) -> String {
    match wait.as_secs() {
        seconds @ 0..=120 => format!("{seconds} s"),
        seconds @ 121..=7200 => format!("{} minutes", seconds.div_ceil(60)),
        seconds => format!("{} hours", seconds.div_ceil(3600)),
    }
}

fn unauthorized(call: &CallError) -> &'static str {
    if call.failure.names(6111) {
        return "the API token is malformed: copy it anew from \
                https://dash.cloudflare.com/profile/api-tokens";
    }
    match call.subject {
        Subject::Accounts => {
            "to find the account, the token needs the permission `Account Settings: Read`; or \
             name the account with `CLOUDFLARE_ACCOUNT_ID`"
        }
        Subject::User => {
            "to find the e-mail address, the credentials need the permission `User Details: \
             Read`; or name the address with `CLOUDFLARE_EMAIL`"
        }
        Subject::Namespaces | Subject::Namespace | Subject::Key => {
            "the token needs the permission `Workers KV Storage: Edit` for this account; a global \
             API key needs its user's e-mail address"
        }
    }
}
