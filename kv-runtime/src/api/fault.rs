//! The likely cause of a failed request, derived from the failure.

use std::time::Duration;

use super::error::{ApiError, CallError, Failure, Subject};
use super::retry::{DAILY_LIMIT, GaveUp};

/// The likely cause of a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The HTTP client cannot be set up.
    Setup,
    /// A secure connection cannot be established.
    Untrusted,
    /// The host name cannot be resolved.
    UnknownHost,
    /// A connection cannot be established.
    Unreachable,
    /// There is no complete response.
    NoAnswer,
    /// The server redirects to another place.
    Redirected,
    /// Cloudflare asks for proof that the client is human.
    Challenged,
    /// The server is not Cloudflare's API.
    OtherServer,
    /// The base URL is not where Cloudflare's API is.
    WrongPath,
    /// The server reports an internal error.
    ServerFailed,
    /// The request is too large for the server.
    TooLarge,
    /// There were too many requests. Contains how long to wait, if the server said so.
    TooManyRequests(Option<Duration>),
    /// The free plan's daily writes are used up.
    DailyLimit,
    /// The API token is malformed.
    MalformedToken,
    /// The credentials cannot list accounts.
    CannotListAccounts,
    /// The credentials cannot read their user's e-mail address.
    CannotReadUser,
    /// The credentials are refused, or may not use Workers KV in this account.
    NotAllowed,
    /// The account id is not valid.
    InvalidAccountId,
    /// The namespace id is not valid.
    InvalidNamespaceId,
    /// The namespace does not exist.
    NamespaceNotFound,
    /// Another namespace has the title.
    TitleTaken,
}

/// Codes about credentials or their permissions.
const UNAUTHORIZED: [i64; 9] = [1001, 9103, 9106, 9109, 10000, 10001, 10023, 10405, MALFORMED];

/// The API token is malformed.
const MALFORMED: i64 = 6111;

impl ApiError {
    /// The likely cause, if it is known.
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
    // The codes of internal server errors have no fixed meaning.
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
        // This is how Cloudflare refuses an API key without its e-mail address.
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
