//! Namespaces: list, find, create, rename, delete.

use std::sync::Arc;

use reqwest::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::client::Client;
use super::envelope::{self, Answer};
use super::error::{ApiError, Subject};
use super::pages;
use super::request::Request;
use super::retry::Effect;

/// The namespaces of one account, and their pairs. Cheap to clone.
///
/// ```no_run
/// # async fn example(client: kv_runtime::api::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let namespaces = client.namespaces("0123456789abcdef0123456789abcdef");
/// let notes = namespaces.create("notes").await?;
/// namespaces.put_value(&notes.id, "motd", "Hello".into(), None, None).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Namespaces {
    pub(super) client: Client,
    account: Arc<str>,
}

/// A namespace.
///
/// ```no_run
/// # async fn example(
/// #     namespaces: kv_runtime::api::Namespaces,
/// #     id: &str,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// for namespace in namespaces.list().await? {
///     println!("{} {}", namespace.id, namespace.title);
/// }
/// # let _ = id;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct NamespaceInfo {
    /// 32 hex digits.
    #[serde(deserialize_with = "envelope::id")]
    pub id: String,
    /// Its title in the dashboard.
    pub title: String,
}

/// The page size that every version of Cloudflare's documentation allows.
const NAMESPACES_PER_PAGE: usize = 100;

impl Namespaces {
    pub(super) fn new(client: Client, account_id: &str) -> Self {
        Self { client, account: account_id.into() }
    }

    /// The account's id.
    #[must_use]
    pub fn account_id(&self) -> &str {
        &self.account
    }

    /// The client that sends the requests.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    fn root(&self) -> [&str; 5] {
        ["accounts", &self.account, "storage", "kv", "namespaces"]
    }

    /// A request for the namespace `id`, or for the path `rest` below it.
    pub(super) fn request(
        &self,
        method: Method,
        subject: Subject,
        id: &str,
        rest: &[&str],
    ) -> Result<Request, ApiError> {
        Request::new(method, subject, &[&self.root()[..], &[id], rest].concat())
    }

    /// Lists all namespaces of the account.
    pub async fn list(&self) -> Result<Vec<NamespaceInfo>, ApiError> {
        let (client, path) = (&self.client, self.root());
        let subject = Subject::Namespaces;
        pages::all(client, subject, &path, NAMESPACES_PER_PAGE, |n: &NamespaceInfo| &n.id).await
    }

    /// Finds the namespace with exactly this title. A namespace that was just created may not be
    /// found yet.
    pub async fn find(&self, title: &str) -> Result<Option<NamespaceInfo>, ApiError> {
        Ok(self.list().await?.into_iter().find(|namespace| namespace.title == title))
    }

    /// Gets the namespace with this id, `None` if there is none. A namespace that was just created may
    /// not be found yet.
    pub async fn get(&self, id: &str) -> Result<Option<NamespaceInfo>, ApiError> {
        let request = self.request(Method::GET, Subject::Namespace, id, &[])?;
        let read = |answer: &Answer| {
            let info: NamespaceInfo = envelope::result(answer)?;
            if info.id.eq_ignore_ascii_case(id) {
                return Ok(info);
            }
            Err(envelope::nonsense(answer, "it is about another namespace"))
        };
        match self.client.send(request, read).await {
            Err(error) if error.is_namespace_not_found() => Ok(None),
            result => result.map(Some),
        }
    }

    /// Creates a namespace.
    ///
    /// The request is repeated only if it certainly was not applied. If
    /// [`outcome_unknown`](ApiError::outcome_unknown) of the error is true, the namespace may exist: look
    /// for its title before you create it again.
    pub async fn create(&self, title: &str) -> Result<NamespaceInfo, ApiError> {
        let request = Request::new(Method::POST, Subject::Namespaces, &self.root())?
            .json(&serde_json::json!({ "title": title }))?
            .effect(Effect::Creates);
        let read = |answer: &Answer| {
            let info: NamespaceInfo = envelope::result(answer)?;
            if info.title == title {
                return Ok(info);
            }
            Err(envelope::nonsense(answer, "it is about a namespace with another title"))
        };
        self.client.send(request, read).await
    }

    /// Renames a namespace; its id and its pairs do not change.
    pub async fn rename(&self, id: &str, title: &str) -> Result<(), ApiError> {
        let request = self
            .request(Method::PUT, Subject::Namespace, id, &[])?
            .json(&serde_json::json!({ "title": title }))?;
        self.client.send(request, envelope::result::<Option<IgnoredAny>>).await?;
        Ok(())
    }

    /// Deletes a namespace with all its pairs; one that does not exist counts as deleted.
    pub async fn delete(&self, id: &str) -> Result<(), ApiError> {
        let request = self.request(Method::DELETE, Subject::Namespace, id, &[])?;
        match self.client.send(request, envelope::result::<Option<IgnoredAny>>).await {
            Err(error) if !error.is_namespace_not_found() => Err(error),
            _ => Ok(()),
        }
    }
}
