//! Listing keys, page by page.

use reqwest::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::envelope;
use super::error::{ApiError, Subject};
use super::namespaces::Namespaces;

/// A key as the list returns it.
///
/// ```no_run
/// # async fn example(
/// #     namespaces: kv_runtime::api::Namespaces,
/// #     id: &str,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// for key in namespaces.keys(id, "note:", None, 1000).await?.keys {
///     println!("{} until {:?}", key.name, key.expiration);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct KeyInfo {
    /// The key.
    pub name: String,
    /// When the pair expires, in seconds since 1970.
    pub expiration: Option<u64>,
    /// The metadata, as the server wrote it.
    pub metadata: Option<Box<RawValue>>,
}

/// A page of a list of keys. It may be empty even if more pages follow.
///
/// ```no_run
/// # async fn example(
/// #     namespaces: kv_runtime::api::Namespaces,
/// #     id: &str,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// let mut cursor = None;
/// loop {
///     let page = namespaces.keys(id, "", cursor.as_deref(), 1000).await?;
///     println!("{} keys", page.keys.len());
///     cursor = page.cursor;
///     if cursor.is_none() {
///         break;
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KeyPage {
    /// The keys, in the order of their UTF-8 bytes.
    pub keys: Vec<KeyInfo>,
    /// Where the next page begins; `None` at the end.
    pub cursor: Option<String>,
}

impl Namespaces {
    /// Lists a page of the keys that begin with `prefix`: the first page, or the one at the `cursor` of
    /// the previous page, with at most `limit` keys
    /// ([`MIN_LIST_KEYS`](kv_rules::MIN_LIST_KEYS) to [`MAX_LIST_KEYS`](kv_rules::MAX_LIST_KEYS)).
    pub async fn keys(
        &self,
        id: &str,
        prefix: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<KeyPage, ApiError> {
        let mut request = self
            .request(Method::GET, Subject::Namespace, id, &["keys"])?
            .query("limit", &limit.to_string());
        if !prefix.is_empty() {
            request = request.query("prefix", prefix);
        }
        if let Some(cursor) = cursor {
            request = request.query("cursor", cursor);
        }
        self.client
            .send(request, |answer| {
                let (keys, info) = envelope::page::<Option<Vec<KeyInfo>>>(answer)?;
                let next = info.cursor.filter(|next| !next.is_empty());
                if next.is_some() && next.as_deref() == cursor {
                    return Err(envelope::nonsense(
                        answer,
                        "its cursor points back to the same page",
                    ));
                }
                Ok(KeyPage { keys: keys.unwrap_or_default(), cursor: next })
            })
            .await
    }
}
