//! Logged requests.

use axum::body::Bytes;
use axum::http::Method;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// List the accounts of the user.
    Accounts,
    /// Get the user.
    User,
    /// List the namespaces of the account.
    List,
    /// Create a namespace.
    Create,
    /// Get a namespace.
    Get,
    /// Rename a namespace.
    Rename,
    /// Delete a namespace.
    Delete,
    /// List the keys of a namespace.
    Keys,
    /// Write many pairs.
    BulkPut,
    /// Delete many keys.
    BulkDelete,
    /// Read many pairs.
    BulkGet,
    /// Anything else.
    Other,
}

impl Kind {
    pub(super) fn of(method: &Method, path: &str) -> Self {
        let segments: Vec<_> = path.trim_start_matches("/client/v4/").split('/').collect();
        match (method.as_str(), segments.as_slice()) {
            ("GET", ["accounts"]) => Self::Accounts,
            ("GET", ["user"]) => Self::User,
            (method, ["accounts", _, "storage", "kv", "namespaces", rest @ ..]) => {
                match (method, rest) {
                    ("GET", []) => Self::List,
                    ("POST", []) => Self::Create,
                    ("GET", [_]) => Self::Get,
                    ("PUT", [_]) => Self::Rename,
                    ("DELETE", [_]) => Self::Delete,
                    ("GET", [_, "keys"]) => Self::Keys,
                    ("PUT", [_, "bulk"]) => Self::BulkPut,
                    ("POST", [_, "bulk", "delete"]) => Self::BulkDelete,
                    ("POST", [_, "bulk", "get"]) => Self::BulkGet,
                    _ => Self::Other,
                }
            }
            _ => Self::Other,
        }
    }

    /// Whether such a request changes something.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(
            self,
            Self::Create | Self::Rename | Self::Delete | Self::BulkPut | Self::BulkDelete
        )
    }
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Request {
    /// What it asks for.
    pub kind: Kind,
    /// Its path and query.
    pub target: String,
    /// Its body.
    pub body: Bytes,
}

impl Request {
    /// The keys that it writes or deletes.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let items: Vec<serde_json::Value> = serde_json::from_slice(&self.body).unwrap_or_default();
        let key = |item: &serde_json::Value| {
            item.as_str().or_else(|| item["key"].as_str()).unwrap().to_owned()
        };
        items.iter().map(key).collect()
    }
}
