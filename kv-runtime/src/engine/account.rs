//! An account as one run sees it: its namespaces are listed once.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::error::DeployError;
use crate::api::{ApiError, NamespaceInfo, Namespaces};

/// An account at Cloudflare, or this machine in the place of one. Clones share what was listed.
#[derive(Debug, Clone)]
pub(crate) struct RemoteAccount(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    api: Namespaces,
    name: Option<String>,
    listed: OnceCell<Vec<NamespaceInfo>>,
}

impl RemoteAccount {
    /// An account; its name where a request has told it anyway.
    pub(super) fn new(api: Namespaces, name: Option<String>) -> Self {
        Self(Arc::new(Inner { api, name, listed: OnceCell::new() }))
    }

    pub(super) fn api(&self) -> &Namespaces {
        &self.0.api
    }

    pub(super) fn id(&self) -> &str {
        self.0.api.account_id()
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// The namespaces of the account as they were when the run first asked.
    pub(super) async fn listed(&self, id: &str) -> Result<&[NamespaceInfo], DeployError> {
        let listed = self.0.listed.get_or_try_init(|| self.0.api.list()).await;
        listed.map(Vec::as_slice).map_err(list_failed(id))
    }

    /// The namespaces of the account as they are now.
    pub(super) async fn list(&self, id: &str) -> Result<Vec<NamespaceInfo>, DeployError> {
        self.0.api.list().await.map_err(list_failed(id))
    }
}

fn list_failed(id: &str) -> impl Fn(ApiError) -> DeployError {
    DeployError::request(id, "list the namespaces of the account")
}

/// The namespace that has a title. Cloudflare gives a title once; a list that has it twice says
/// nothing of which one is meant.
pub(super) fn titled<'a>(
    id: &str,
    namespaces: &'a [NamespaceInfo],
    title: &str,
) -> Result<Option<&'a NamespaceInfo>, DeployError> {
    let mut found = namespaces.iter().filter(|info| info.title == title);
    let first = found.next();
    let others: Vec<_> = found.collect();
    if let (Some(first), false) = (first, others.is_empty()) {
        let ids = std::iter::once(first).chain(others).map(|info| info.id.clone()).collect();
        return Err(DeployError::TitleTwice { id: id.to_owned(), title: title.to_owned(), ids });
    }
    Ok(first)
}
