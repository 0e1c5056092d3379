//! Cloudflare's errors: status, code and text.
//!
//! Unless a comment says otherwise, each code is documented or was seen on the live API. "Not
//! established" marks a code, status or text for which no published source was found: it is the most
//! plausible one, and a client must not rely on it.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kv_rules::{
    ExpiryError, KeyError, MAX_BULK_BYTES, MAX_KEY_BYTES, MAX_METADATA_BYTES, MAX_VALUE_BYTES,
    MIN_TTL, Time,
};
use serde_json::json;

use crate::{PairError, StorageError};

/// An error response.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: u16,
    message: String,
    cause: Option<(u16, &'static str)>,
    retry_after: Option<u64>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some((code, message)) = self.cause {
            error["error_chain"] = json!([{ "code": code, "message": message }]);
        }
        let body = json!({ "success": false, "errors": [error], "messages": [], "result": null });
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl ApiError {
    fn new(status: StatusCode, code: u16, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), cause: None, retry_after: None }
    }

    /// No route has this path. Both statuses 400 and 404 were seen.
    pub(super) fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, 7000, "No route for that URI")
    }

    /// The path exists, but does not support this method. The text is not established.
    pub(super) fn no_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, 7001, "Method not supported for that URI")
    }

    /// The account id is empty, malformed, or belongs to another user. The last case is not established:
    /// with some tokens the code may be 10000.
    pub(super) fn no_account(path: &str) -> Self {
        let message =
            format!("Could not route to {path}, perhaps your object identifier is invalid?");
        Self::new(StatusCode::NOT_FOUND, 7003, message)
    }

    /// There is no valid `Authorization` header. For a request without any credentials, the code is not
    /// established.
    pub(super) fn malformed_token() -> Self {
        Self::malformed_headers(6111, "Invalid format for Authorization header")
    }

    /// Only one of `X-Auth-Key` and `X-Auth-Email` is present. The inner code is not established.
    pub(super) fn malformed_key() -> Self {
        Self::malformed_headers(6103, "Invalid format for X-Auth-Key or X-Auth-Email header")
    }

    fn malformed_headers(code: u16, message: &'static str) -> Self {
        let error = Self::new(StatusCode::BAD_REQUEST, 6003, "Invalid request headers");
        Self { cause: Some((code, message)), ..error }
    }

    /// The token is unknown.
    pub(super) fn unknown_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, 10000, "Authentication error")
    }

    /// The key is unknown, or belongs to another email address. The text is not established.
    pub(super) fn unknown_key() -> Self {
        Self::new(StatusCode::FORBIDDEN, 9103, "Unknown X-Auth-Key or X-Auth-Email")
    }

    /// The token belongs to an account, but the request needs a user. Not established for `/user`.
    pub(super) fn not_a_user() -> Self {
        Self::new(StatusCode::FORBIDDEN, 9109, "Invalid access token")
    }

    /// The credentials are not a token, or the token belongs to the other endpoint. Not established.
    pub(super) fn not_that_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, 1000, "Invalid API Token")
    }

    /// The request's `Host` header does not name this machine.
    pub(super) fn other_host() -> Self {
        let text = "this server accepts requests only for localhost, 127.0.0.1 and [::1]";
        Self::new(StatusCode::MISDIRECTED_REQUEST, 7003, text)
    }

    /// The body is larger than a request can be. Cloudflare's edge responds with a bare 413.
    pub(super) fn body_too_large() -> Self {
        let text = format!("the body exceeds {MAX_BULK_BYTES} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, 10012, text)
    }

    /// The user has made too many requests.
    pub(super) fn too_many_requests(retry_after: u64) -> Self {
        let text = "Please wait and consider throttling your request speed";
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, 971, text);
        Self { retry_after: Some(retry_after), ..error }
    }

    /// The key was written less than a second ago. A Worker gets 429; whether and how the REST API refuses
    /// the write is not established.
    pub(super) fn too_many_writes() -> Self {
        let text = "put: 'too many writes to one key: at most 1 a second'";
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, 10429, text);
        Self { retry_after: Some(1), ..error }
    }

    /// The namespace's id is malformed.
    pub(super) fn malformed_namespace() -> Self {
        let text = "could not parse UUID from request's namespace_id: 'invalid namespace format: \
                    an id has 32 hex digits'";
        Self::new(StatusCode::BAD_REQUEST, 10011, text)
    }

    /// The namespace does not exist.
    pub(super) fn no_namespace(operation: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, 10013, format!("{operation}: 'namespace not found'"))
    }

    /// The key does not exist.
    pub(super) fn no_key() -> Self {
        Self::new(StatusCode::NOT_FOUND, 10009, "get: 'key not found'")
    }

    /// The body or query is malformed, or an item of a bulk request breaks a rule.
    ///
    /// For bulk bodies, the code was seen, but not its status and text. All other uses are not established.
    pub(super) fn bad_request(operation: &str, why: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 10012, format!("{operation}: '{why}'"))
    }

    /// A bulk read is invalid, or cannot return the values.
    pub(super) fn bulk_get(why: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 10029, format!("bulk get keys: '{why}'"))
    }

    /// The values of a bulk read are too large in total. A Worker gets 413; the rest is not established.
    pub(super) fn bulk_get_too_large() -> Self {
        let text = format!("bulk get keys: 'the values exceed {MAX_VALUE_BYTES} bytes in total'");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, 10029, text)
    }

    /// The title is missing or invalid. Only the code for a missing title is established.
    pub(super) fn bad_title(operation: &str, why: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 10019, format!("{operation}: '{why}'"))
    }

    /// The key breaks a rule. Text and status are what a Worker gets; the code is not established.
    pub(super) fn bad_key(operation: &str, rule: &KeyError) -> Self {
        let (status, text) = match rule {
            KeyError::Empty => (StatusCode::BAD_REQUEST, "Key name cannot be empty.".to_owned()),
            KeyError::Dots(dots) => {
                let text = format!("Illegal key name \"{dots}\". Please use a different name.");
                (StatusCode::BAD_REQUEST, text)
            }
            KeyError::TooLong { bytes } => (
                StatusCode::URI_TOO_LONG,
                format!(
                    "UTF-8 encoded length of {bytes} exceeds key length limit of {MAX_KEY_BYTES}."
                ),
            ),
            other => (StatusCode::BAD_REQUEST, other.to_string()),
        };
        Self::new(status, 10022, format!("{operation}: '{text}'"))
    }

    /// A path segment is not UTF-8. Not established.
    pub(super) fn path_is_no_text() -> Self {
        Self::new(StatusCode::BAD_REQUEST, 10022, "the path is not percent-encoded UTF-8")
    }

    /// The `expiration` or `expiration_ttl` of a single write breaks a rule. Which of the two texts the API
    /// uses for an expiration in the near future is not established.
    pub(super) fn bad_expiry(rule: &ExpiryError) -> Self {
        let (code, text) = match rule {
            ExpiryError::TtlTooShort(ttl) => (
                10034,
                format!(
                    "Invalid expiration_ttl of {ttl}. Expiration TTL must be at least {MIN_TTL}."
                ),
            ),
            ExpiryError::TtlLooksLikeTime(ttl) => {
                (10034, format!("Invalid expiration_ttl of {ttl}. It ends after 2038."))
            }
            ExpiryError::ExpirationLooksLikeTtl(expiration) => (10033, past(expiration)),
            ExpiryError::NotAhead { expiration, now } if before(*expiration, *now) => {
                (10033, past(expiration))
            }
            ExpiryError::NotAhead { expiration, .. } => (
                10033,
                format!(
                    "Invalid expiration of {expiration}. Expiration times must be at least \
                     {MIN_TTL} seconds in the future."
                ),
            ),
            other => (10033, other.to_string()),
        };
        Self::new(StatusCode::BAD_REQUEST, code, format!("put: '{text}'"))
    }

    /// The `expiration` or `expiration_ttl` of a single write is not an integer. Not established.
    pub(super) fn expiry_is_no_number(field: &str, text: &str) -> Self {
        let code = if field == "expiration" { 10033 } else { 10034 };
        let text = format!("put: 'Invalid {field} of {text}. Please specify integer.'");
        Self::new(StatusCode::BAD_REQUEST, code, text)
    }

    /// The metadata is not JSON. The status is not established.
    pub(super) fn bad_metadata() -> Self {
        Self::new(StatusCode::BAD_REQUEST, 10147, "put: 'metadata must be valid json'")
    }

    /// The server itself failed. The code is not established.
    pub(super) fn internal(error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        tracing::error!(message, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, 10002, message)
    }

    /// Converts an error of the store about the only namespace or pair of a request.
    pub(super) fn of_one(operation: &str, error: StorageError) -> Self {
        match error {
            StorageError::UnknownNamespace(_) => Self::no_namespace(operation),
            StorageError::TitleTaken { .. } => {
                let text = "A namespace with this account ID and title already exists";
                Self::new(StatusCode::BAD_REQUEST, 10014, format!("{operation}: '{text}'"))
            }
            StorageError::Title(rule) => Self::bad_title(operation, rule),
            // Not established.
            StorageError::TooManyNamespaces => {
                Self::new(StatusCode::BAD_REQUEST, 10018, format!("{operation}: '{error}'"))
            }
            StorageError::Pair { source, .. } => Self::of_pair(operation, &source),
            StorageError::NotANamespaceId(_)
            | StorageError::Io { .. }
            | StorageError::Database { .. } => Self::internal(&error),
        }
    }

    /// Converts an error of the store about an item of a bulk request.
    pub(super) fn of_item(operation: &str, error: StorageError) -> Self {
        match error {
            StorageError::Pair { key, source } => {
                Self::bad_request(operation, format_args!("{}: {source}", key.escape_default()))
            }
            other => Self::of_one(operation, other),
        }
    }

    fn of_pair(operation: &str, rule: &PairError) -> Self {
        match rule {
            PairError::Key(rule) => Self::bad_key(operation, rule),
            PairError::Expiry(rule) => Self::bad_expiry(rule),
            PairError::MetadataNotJson(_) => Self::bad_metadata(),
            // The text was seen on the live API, from a Worker. The code is not established.
            PairError::Value(rule) => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                10024,
                format!(
                    "{operation}: 'Value length of {} exceeds limit of {MAX_VALUE_BYTES}.'",
                    rule.bytes
                ),
            ),
            // Text and status are what a Worker gets. The code is not established.
            PairError::Metadata(rule) => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                10030,
                format!(
                    "{operation}: 'Metadata length of {} exceeds limit of {MAX_METADATA_BYTES}.'",
                    rule.bytes
                ),
            ),
        }
    }
}

fn past(expiration: impl std::fmt::Display) -> String {
    format!(
        "Invalid expiration of {expiration}. Please specify integer greater than the current \
         number of seconds since the UNIX epoch."
    )
}

fn before(expiration: u64, now: Time) -> bool {
    expiration <= now.unix()
}
