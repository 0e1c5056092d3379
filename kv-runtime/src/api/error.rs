//! Errors of requests.

use std::fmt;
use std::io;
use std::time::Duration;

use kv_rules::{BaseUrlError, KeyError};
use reqwest::Method;

use super::credentials::CredentialsError;
use super::envelope::{Notice, Trace};
use super::fault::is_unauthorized;
use super::retry::{GaveUp, Verdict, judge};
use crate::base::chain::chain;
use crate::base::{Interrupted, Redactor};

/// Why a [`Client`](super::Client) could not be created, or a request failed.
///
/// The text never contains a secret, and control characters from the server are escaped.
///
/// ```no_run
/// # async fn example(
/// #     namespaces: kv_runtime::api::Namespaces,
/// #     id: &str,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// match namespaces.delete(id).await {
///     Err(error) if error.is_namespace_not_found() => println!("it is gone already"),
///     Err(error) if error.outcome_unknown() => println!("it may be gone: {error}"),
///     other => other?,
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The base URL is not valid.
    #[error(transparent)]
    BaseUrl(#[from] BaseUrlError),
    /// The credentials cannot be sent.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The HTTP client cannot be set up.
    #[error("cannot set up the HTTP client")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Workers KV does not accept the key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// An account or namespace id that cannot be part of a URL.
    #[error("`{}` is not a valid id of an account or namespace", .0.escape_default())]
    Segment(String),
    /// The request cannot be written as JSON.
    #[error("cannot write the request as JSON")]
    Json(#[source] serde_json::Error),
    /// A request was sent and failed.
    #[error(transparent)]
    Call(Box<CallError>),
    /// The connection was lost while a value was read piece by piece.
    #[error("the connection was lost before the whole value arrived")]
    Cut(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A request was not sent because the run was asked to stop.
    #[error("interrupted before the request was sent")]
    Interrupted,
}

/// A failed request, with the failure and the number of attempts.
///
/// ```no_run
/// use kv_runtime::api::ApiError;
///
/// # async fn example(
/// #     namespaces: kv_runtime::api::Namespaces,
/// #     id: &str,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// if let Err(ApiError::Call(call)) = namespaces.list().await {
///     println!("{call}"); // the request, what the server said, and how often it was tried
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct CallError {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) subject: Subject,
    pub(super) attempts: u32,
    /// Whether any attempt may have changed something.
    pub(super) unclear: bool,
    pub(super) gave_up: Option<GaveUp>,
    pub(super) failure: Failure,
    /// Whether the base URL does not end in the path of Cloudflare's API.
    pub(super) outside: bool,
}

/// What a request is about: Cloudflare's codes mean different things for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    User,
    Accounts,
    Namespaces,
    Namespace,
    Key,
}

/// How an attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// No connection: nothing was sent.
    Connect { host: String, error: reqwest::Error },
    /// No complete response in time.
    Timeout(Duration),
    /// The connection was lost.
    Cut(reqwest::Error),
    /// Cloudflare refused the request with these messages.
    Refused { trace: Trace, notices: Vec<Notice> },
    /// The response is not from Cloudflare's API, or contradicts the request.
    Unreadable { trace: Trace, why: String },
    /// The server redirects to another place, to which credentials are not sent.
    Redirect { trace: Trace, location: String },
    /// The run was asked to stop, and no complete response arrived in its remaining time.
    Interrupted,
}

impl Failure {
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Self::Connect { .. } if self.is_tls() => Verdict::Final,
            Self::Connect { .. } => Verdict::NotApplied,
            Self::Timeout(_) | Self::Cut(_) | Self::Interrupted => Verdict::Unclear,
            Self::Refused { trace, .. } => judge(trace.status.as_u16(), self.code()),
            Self::Unreadable { trace, .. } if trace.status.is_success() => Verdict::Unclear,
            Self::Unreadable { trace, .. } => judge(trace.status.as_u16(), None),
            Self::Redirect { .. } => Verdict::Final,
        }
    }

    /// Whether TLS failed, most often because the server is not who it claims to be.
    pub(super) fn is_tls(&self) -> bool {
        let Self::Connect { error, .. } = self else { return false };
        chain(error).filter_map(|error| error.downcast_ref()).any(is_invalid_data)
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.trace()?.retry_after
    }

    pub(super) fn trace(&self) -> Option<&Trace> {
        match self {
            Self::Refused { trace, .. }
            | Self::Unreadable { trace, .. }
            | Self::Redirect { trace, .. } => Some(trace),
            Self::Connect { .. } | Self::Timeout(_) | Self::Cut(_) | Self::Interrupted => None,
        }
    }

    /// Removes the secrets that the server repeated.
    pub(super) fn redacted(mut self, redactor: &Redactor) -> Self {
        let redact = |text: &mut String| *text = redactor.redact(text).into_owned();
        let trace = match &mut self {
            Self::Refused { trace, notices } => {
                for notice in notices {
                    redact(&mut notice.message);
                }
                trace
            }
            Self::Unreadable { trace, why: text } | Self::Redirect { trace, location: text } => {
                redact(text);
                trace
            }
            Self::Connect { .. } | Self::Timeout(_) | Self::Cut(_) | Self::Interrupted => {
                return self;
            }
        };
        trace.ray.iter_mut().for_each(redact);
        self
    }

    pub(super) fn code(&self) -> Option<i64> {
        let Self::Refused { notices, .. } = self else { return None };
        notices.iter().find_map(|notice| notice.code)
    }

    /// Whether Cloudflare reports `code`, as the error or as one of its causes.
    pub(super) fn names(&self, code: i64) -> bool {
        let Self::Refused { notices, .. } = self else { return false };
        notices.iter().any(|notice| notice.code == Some(code) || notice.causes.contains(&code))
    }
}

/// Whether this is how the TLS layer reports its errors. It looks inside nested errors, since `source`
/// of an `io::Error` skips the error that it wraps.
fn is_invalid_data(error: &io::Error) -> bool {
    let wrapped = || error.get_ref()?.downcast_ref();
    error.kind() == io::ErrorKind::InvalidData || wrapped().is_some_and(is_invalid_data)
}

impl CallError {
    fn is_namespace_not_found(&self) -> bool {
        let absent = self.is_404_with(10009) && self.subject == Subject::Namespace;
        absent || self.failure.code() == Some(10013)
    }

    fn is_key_not_found(&self) -> bool {
        self.is_404_with(10009) && self.subject == Subject::Key
    }

    /// Whether this is a 404 from the API (not another server) that is not about an unknown route.
    fn is_404_with(&self, code: i64) -> bool {
        matches!(&self.failure, Failure::Refused { trace, .. } if trace.status == 404)
            && self.failure.code().is_none_or(|own| own == code)
    }
}

impl ApiError {
    fn call(&self) -> Option<&CallError> {
        match self {
            Self::Call(call) => Some(call),
            _ => None,
        }
    }

    /// The HTTP status of the response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        Some(self.call()?.failure.trace()?.status.as_u16())
    }

    /// Cloudflare's error code, if the response has one.
    #[must_use]
    pub fn code(&self) -> Option<i64> {
        self.call()?.failure.code()
    }

    /// Cloudflare's id of the request (`cf-ray`), which its support can look up.
    #[must_use]
    pub fn cf_ray(&self) -> Option<&str> {
        self.call()?.failure.trace()?.ray.as_deref()
    }

    /// Whether the request may have been applied even though it failed. If repeating it would have another
    /// effect, check before you send it again.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        self.call().is_some_and(|call| call.unclear)
    }

    /// Whether the namespace does not exist. A namespace may not be visible in the first minute after it
    /// was created.
    #[must_use]
    pub fn is_namespace_not_found(&self) -> bool {
        self.call().is_some_and(CallError::is_namespace_not_found)
    }

    /// Whether the key does not exist, but its namespace does.
    #[must_use]
    pub fn is_key_not_found(&self) -> bool {
        self.call().is_some_and(CallError::is_key_not_found)
    }

    /// Whether the namespace or the key does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.is_namespace_not_found() || self.is_key_not_found()
    }

    /// Whether another namespace of the account has the title (code 10014).
    #[must_use]
    pub fn is_title_taken(&self) -> bool {
        self.code() == Some(10014)
    }

    /// Whether a bulk read failed because a value is not text, or because the values are too large
    /// together (code 10029). In both cases, read the values one by one.
    #[must_use]
    pub fn is_not_text(&self) -> bool {
        self.code() == Some(10029)
    }

    /// Whether Cloudflare refused the request.
    pub(super) fn is_refused(&self) -> bool {
        self.call().is_some_and(|call| matches!(call.failure, Failure::Refused { .. }))
    }

    /// Whether the run was asked to stop before the request was done.
    pub(crate) fn is_interrupted(&self) -> bool {
        let stopped = |call: &CallError| {
            call.gave_up == Some(GaveUp::Interrupted)
                || matches!(call.failure, Failure::Interrupted)
        };
        matches!(self, Self::Interrupted) || self.call().is_some_and(stopped)
    }

    /// Whether Cloudflare refuses the credentials, or they do not allow the request.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.call().is_some_and(|call| is_unauthorized(&call.failure))
    }
}

impl From<Interrupted> for ApiError {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.method, self.path, self.failure)?;
        if self.attempts > 1 {
            write!(f, ", after {} attempts", self.attempts)?;
        }
        match self.gave_up {
            Some(GaveUp::AskedTooLong { asked, total }) => write!(
                f,
                "; it asks to wait {} s, longer than the limit of {total:?} allows",
                asked.as_secs()
            ),
            Some(GaveUp::Spent(total)) => {
                write!(f, "; another attempt would exceed the limit of {total:?}")
            }
            Some(GaveUp::Interrupted) => write!(f, "; interrupted"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.failure {
            Failure::Connect { error, .. } | Failure::Cut(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { host, .. } => write!(f, "cannot connect to {host}"),
            Self::Timeout(after) => write!(f, "no complete response within {after:?}"),
            Self::Cut(_) => write!(f, "the connection was lost before the whole response arrived"),
            Self::Refused { trace, notices } => {
                write!(f, "HTTP {}", trace.status.as_u16())?;
                for notice in notices {
                    write!(f, ", {notice}")?;
                }
                trace.write_ray(f)
            }
            Self::Unreadable { trace, why } => {
                let why = Escaped(why);
                write!(f, "HTTP {}, but the response is not valid: {why}", trace.status.as_u16())?;
                trace.write_ray(f)
            }
            Self::Redirect { trace, location } => {
                let (status, location) = (trace.status.as_u16(), Escaped(location));
                write!(
                    f,
                    "HTTP {status} redirects to `{location}`, to which credentials are not sent"
                )
            }
            Self::Interrupted => write!(f, "interrupted before the whole response arrived"),
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = if self.message.is_empty() { "no reason given" } else { &self.message };
        write!(f, "{}", Escaped(message))?;
        self.code.map_or(Ok(()), |code| write!(f, " (code {code})"))
    }
}

impl Trace {
    fn write_ray(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ray.as_ref().map_or(Ok(()), |ray| write!(f, " [cf-ray {ray}]"))
    }
}

/// The number of characters shown of a server's text.
const SHOWN: usize = 1_000;

/// Text from a server, escaped for the terminal.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().take(SHOWN).try_for_each(|c| {
            if c.is_control() { write!(f, "{}", c.escape_default()) } else { write!(f, "{c}") }
        })?;
        if self.0.chars().nth(SHOWN).is_some() { f.write_str("…") } else { Ok(()) }
    }
}
