//! What is wrong where a request fails, as far as one can tell from how it failed.

use std::time::Duration;

use super::error::{ApiError, CallError, Failure, Subject};
use super::retry::{DAILY_LIMIT, GaveUp};

/// What is wrong where a request fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The HTTP client cannot be set up.
    Setup,
    /// There is no secure connection.
    Untrusted,
    /// The host's name is not known.
    UnknownHost,
    /// There is no connection.
    Unreachable,
    /// There is no whole answer.
    NoAnswer,
    /// The server sends elsewhere.
    Redirected,
    /// Cloudflare's edge asks for a proof that the client is human.
    Challenged,
    /// The server is not Cloudflare's API.
    OtherServer,
    /// The base URL is not where Cloudflare's API is.
    WrongPath,
    /// The server fails.
    ServerFailed,
    /// The request is too large for the server.
    TooLarge,
    /// There were too many requests; it says how long to wait, if the server did.
    TooManyRequests(Option<Duration>),
    /// The free plan's writes of a day are used up.
    DailyLimit,
    /// The API token is malformed.
    MalformedToken,
    /// The credentials cannot list accounts.
    CannotListAccounts,
    /// The credentials cannot tell their user's e-mail address.
    CannotReadUser,
    /// The credentials are refused, or may not use Workers KV in this account.
    NotAllowed,
    /// The account's id is not one.
    InvalidAccountId,
    /// The namespace's id is not one.
    InvalidNamespaceId,
    /// The namespace does not exist.
    NamespaceNotFound,
    /// Another namespace has the title.
    TitleTaken,
}

/// Codes that speak of credentials or of what they may do.
const UNAUTHORIZED: [i64; 9] = [1001, 9103, 9106, 9109, 10000, 10001, 10023, 10405, MALFORMED];

/// The API token is malformed.
const MALFORMED: i64 = 6111;

impl ApiError {
    /// What is wrong, where that is known.
    pub(crate) fn fault(&self) -> Option<Fault> {
        match self {
            Self::Setup(_) => Some(Fault::Setup),
            Self::Call(call) => fault(call),
            _ => None,
        }
    }
}

pub(super) fn is_unauthorized(failure: &Failure) -> bool {
    let Failure::Refused { trace, .. } = failure else { return false };
    // A server that fails numbers its errors as it likes.
    !trace.status.is_server_error()
        && (matches!(trace.status.as_u16(), 401 | 403)
            || UNAUTHORIZED.iter().any(|code| failure.names(*code)))
}

fn fault(call: &CallError) -> Option<Fault> {
    Some(match &call.failure {
        Failure::Interrupted => return None,
        failure @ Failure::Connect { .. } if failure.is_tls() => Fault::Untrusted,
        Failure::Connect { error, .. } if error.is_dns() => Fault::UnknownHost,
        Failure::Connect { .. } => Fault::Unreachable,
        Failure::Timeout(_) | Failure::Cut(_) => Fault::NoAnswer,
        Failure::Redirect { .. } => Fault::Redirected,
        Failure::Unreadable { trace, .. } if trace.challenged => Fault::Challenged,
        Failure::Unreadable { trace, .. } => unreadable(call, trace.status.as_u16()),
        Failure::Refused { trace, .. } => return refused(call, trace.status.as_u16()),
    })
}

fn unreadable(call: &CallError, status: u16) -> Fault {
    match status {
        413 => Fault::TooLarge,
        429 => too_many(call),
        400..=499 if call.outside => Fault::WrongPath,
        400..=499 => Fault::OtherServer,
        _ => Fault::ServerFailed,
    }
}

fn refused(call: &CallError, status: u16) -> Option<Fault> {
    Some(match call.failure.code() {
        _ if is_unauthorized(&call.failure) => unauthorized(call),
        // Cloudflare refuses an API key without its e-mail address so.
        Some(6003) if call.subject == Subject::User => unauthorized(call),
        Some(7003 | 7000) if call.outside => Fault::WrongPath,
        Some(7003 | 7000 | 6003) => Fault::InvalidAccountId,
        Some(10011) => Fault::InvalidNamespaceId,
        Some(10013) => Fault::NamespaceNotFound,
        Some(10014) => Fault::TitleTaken,
        Some(DAILY_LIMIT) => Fault::DailyLimit,
        Some(971 | 10429) => too_many(call),
        _ => match status {
            404 if call.outside => Fault::WrongPath,
            413 => Fault::TooLarge,
            429 => too_many(call),
            500..=599 => Fault::ServerFailed,
            _ => return None,
        },
    })
}

fn too_many(call: &CallError) -> Fault {
    Fault::TooManyRequests(match call.gave_up {
        Some(GaveUp::AskedTooLong { asked, .. }) => Some(asked),
        _ => None,
    })
}

fn unauthorized(call: &CallError) -> Fault {
    if call.failure.names(MALFORMED) {
        return Fault::MalformedToken;
    }
    match call.subject {
        Subject::Accounts => Fault::CannotListAccounts,
        Subject::User => Fault::CannotReadUser,
        Subject::Namespaces | Subject::Namespace | Subject::Key => Fault::NotAllowed,
    }
}
