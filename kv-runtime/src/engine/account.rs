//! An account during one run, whose namespaces are listed only once.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::error::DeployError;
use super::remote::{Remote, RemoteError, RemoteNamespace};

/// An account at Cloudflare, or this machine as its replacement. Clones share the list of namespaces.
#[derive(Debug, Clone)]
pub(super) struct RemoteAccount {
    remote: Arc<dyn Remote>,
    listed: Arc<OnceCell<Vec<RemoteNamespace>>>,
}

impl RemoteAccount {
    pub(super) fn new(remote: Arc<dyn Remote>) -> Self {
        Self { remote, listed: Arc::default() }
    }

    pub(super) fn remote(&self) -> &dyn Remote {
        &*self.remote
    }

    /// Whether this is the account behind `remote`.
    pub(super) fn is_of(&self, remote: &Arc<dyn Remote>) -> bool {
        Arc::ptr_eq(&self.remote, remote)
    }

    /// The namespaces of the account as of the first request of the run.
    pub(super) async fn listed(&self, id: &str) -> Result<&[RemoteNamespace], DeployError> {
        let listed = self.listed.get_or_try_init(|| self.remote.list()).await;
        listed.map(Vec::as_slice).map_err(list_failed(id))
    }

    /// The current namespaces of the account.
    pub(super) async fn list(&self, id: &str) -> Result<Vec<RemoteNamespace>, DeployError> {
        self.remote.list().await.map_err(list_failed(id))
    }
}

fn list_failed(id: &str) -> impl Fn(RemoteError) -> DeployError {
    DeployError::request(id, "list the namespaces of the account")
}

/// The namespace with a title. Titles are unique at Cloudflare; if a list has a title twice, it is unknown
/// which namespace is meant.
pub(super) fn titled<'a>(
    id: &str,
    namespaces: &'a [RemoteNamespace],
    title: &str,
) -> Result<Option<&'a RemoteNamespace>, DeployError> {
    let found: Vec<_> = namespaces.iter().filter(|namespace| namespace.title == title).collect();
    match found.as_slice() {
        [] => Ok(None),
        [found] => Ok(Some(found)),
        several => Err(DeployError::TitleTwice {
            id: id.to_owned(),
            title: title.to_owned(),
            ids: several.iter().map(|namespace| namespace.id.clone()).collect(),
        }),
    }
}
