//! Implements the engine's ports for wrangler's local files. No socket is opened.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use kv_local::{Namespace, Pair as LocalPair, Pairs, Storage, StorageError};
use kv_rules::MAX_LIST_KEYS;
use serde_json::value::RawValue;

use crate::LocalStore;
use crate::engine::{
    Accounts, BulkPut, Confirmation, DeployError, NamePage, Pair, Recorded, Remote, RemoteError,
    RemoteErrorKind, RemoteNamespace, SeedError, Sent, Wanted,
};
use crate::raw::{RawStore, StoredValue};
use crate::state::Server;
use crate::typed::declaration::AccountSettings;

/// The only account of this machine.
#[derive(Debug)]
pub(super) struct LocalAccounts(Arc<LocalAccount>);

/// The files in a persist folder. The first write creates the folder, so that a plan does not leave one
/// behind.
#[derive(Debug, Clone)]
struct LocalAccount {
    folder: PathBuf,
    storage: Arc<OnceLock<Storage>>,
}

impl LocalAccounts {
    pub(super) fn new(folder: PathBuf) -> Self {
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        Self(Arc::new(LocalAccount { folder, storage: Arc::default() }))
    }
}

#[async_trait]
impl Accounts for LocalAccounts {
    fn check(&self, _: &str, _: &AccountSettings) -> Result<(), DeployError> {
        Ok(())
    }

    async fn connect(
        &mut self,
        id: &str,
        _: &AccountSettings,
        recorded: Option<Recorded<'_>>,
    ) -> Result<Arc<dyn Remote>, DeployError> {
        if let Some(Recorded { account_id, server }) = recorded
            && (account_id != kv_local::ACCOUNT_ID || server == Some(Server::Cloudflare))
        {
            return Err(DeployError::OtherServer {
                id: id.to_owned(),
                deployed: server.unwrap_or(Server::Cloudflare),
                wanted: Server::ThisMachine,
            });
        }
        Ok(Arc::clone(&self.0) as Arc<dyn Remote>)
    }

    fn local_folder(&self) -> Option<&Path> {
        Some(&self.0.folder)
    }

    fn other_servers(&self) -> Vec<String> {
        Vec::new()
    }
}

impl LocalAccount {
    /// The store, which is created if it does not exist.
    fn storage(&self) -> Result<&Storage, StorageError> {
        if let Some(storage) = self.storage.get() {
            return Ok(storage);
        }
        let storage = Storage::open(&self.folder)?;
        Ok(self.storage.get_or_init(|| storage))
    }

    /// Runs blocking work on a thread for that.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Storage) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, RemoteError> {
        let account = self.clone();
        let done = tokio::task::spawn_blocking(move || work(account.storage()?)).await;
        Ok(done.map_err(failed)??)
    }

    /// Like [`run`](Self::run), for work that only reads: returns the default if the folder does not exist.
    async fn look<T: Default + Send + 'static>(
        &self,
        work: impl FnOnce(&Storage) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, RemoteError> {
        if self.storage.get().is_none() && !self.folder.exists() {
            return Ok(T::default());
        }
        self.run(work).await
    }

    /// Like [`run`](Self::run), with the pairs of a namespace, which must exist.
    async fn run_in<T: Send + 'static>(
        &self,
        id: &str,
        work: impl FnOnce(&Pairs) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, RemoteError> {
        let id = id.to_owned();
        self.run(move |storage| match storage.get(&id)? {
            Some(_) => work(&storage.pairs(&id)?),
            None => Err(StorageError::UnknownNamespace(id)),
        })
        .await
    }
}

#[async_trait]
impl Remote for LocalAccount {
    fn account_id(&self) -> &'static str {
        kv_local::ACCOUNT_ID
    }

    fn server(&self) -> Server {
        Server::ThisMachine
    }

    fn account_name(&self) -> Option<&str> {
        None
    }

    async fn list(&self) -> Result<Vec<RemoteNamespace>, RemoteError> {
        let namespaces = self.look(Storage::list).await?;
        Ok(namespaces.into_iter().map(RemoteNamespace::from).collect())
    }

    async fn get(&self, id: &str) -> Result<Option<RemoteNamespace>, RemoteError> {
        let id = id.to_owned();
        Ok(self.look(move |storage| storage.get(&id)).await?.map(RemoteNamespace::from))
    }

    async fn create(&self, title: &str) -> Result<RemoteNamespace, RemoteError> {
        let title = title.to_owned();
        Ok(self.run(move |storage| storage.create(&title)).await?.into())
    }

    async fn rename(&self, id: &str, title: &str) -> Result<(), RemoteError> {
        let (id, title) = (id.to_owned(), title.to_owned());
        self.run(move |storage| storage.rename(&id, &title).map(drop)).await
    }

    async fn delete(&self, id: &str) -> Result<(), RemoteError> {
        let id = id.to_owned();
        self.run(move |storage| match storage.delete(&id) {
            Err(StorageError::UnknownNamespace(_)) => Ok(()),
            deleted => deleted,
        })
        .await
    }

    fn bulk_put<'a>(&'a self, id: &'a str, put: BulkPut<'a>) -> Sent<'a, Confirmation> {
        let owned = |pair: Result<Pair<'_>, SeedError>| {
            let pair = pair?;
            Ok::<_, RemoteError>(LocalPair {
                key: Cow::Owned(pair.key.to_owned()),
                value: Cow::Owned(pair.value.decode(pair.key)?.into()),
                metadata: pair.metadata.map(|json| Cow::Owned(json.to_owned())),
                expiry: pair.expiry,
            })
        };
        let pairs = put.pairs.map(owned).collect::<Result<Vec<_>, _>>();
        async move {
            let pairs = pairs?;
            let put = move |stored: &Pairs| {
                let mut batch = stored.batch()?;
                for pair in pairs {
                    batch.put(pair)?;
                }
                batch.commit()
            };
            self.run_in(id, put).await?;
            Ok(Confirmation::AllBut(Vec::new()))
        }
        .boxed()
    }

    async fn bulk_delete(&self, id: &str, keys: &[&str]) -> Result<Confirmation, RemoteError> {
        let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
        self.run_in(id, move |stored| stored.delete_many(keys)).await?;
        Ok(Confirmation::AllBut(Vec::new()))
    }

    async fn bulk_get(
        &self,
        id: &str,
        keys: &[Wanted<'_>],
    ) -> Result<Vec<Option<StoredValue>>, RemoteError> {
        let keys: Vec<String> = keys.iter().map(|wanted| wanted.key.to_owned()).collect();
        let found = self.run_in(id, move |stored| keys.iter().map(|key| stored.get(key)).collect());
        let found: Vec<_> = found.await?;
        let value = |stored: kv_local::Stored| {
            let metadata = stored.metadata.map(RawValue::from_string).transpose();
            Ok(StoredValue {
                value: stored.value,
                metadata: metadata.map_err(failed)?,
                expiration: stored.expiration,
            })
        };
        found.into_iter().map(|stored| stored.map(value).transpose()).collect()
    }

    async fn keys(&self, id: &str, cursor: Option<&str>) -> Result<NamePage, RemoteError> {
        let after = cursor.map(str::to_owned);
        let page = self.run_in(id, move |stored| stored.list("", after.as_deref(), MAX_LIST_KEYS));
        let page = page.await?;
        let cursor = page.keys.last().filter(|_| !page.complete).map(|key| key.name.clone());
        Ok(NamePage { names: page.keys.into_iter().map(|key| key.name).collect(), cursor })
    }

    fn store(&self, id: &str) -> Result<Arc<dyn RawStore>, RemoteError> {
        Ok(Arc::new(LocalStore::from(self.storage()?.pairs(id)?)))
    }
}

impl From<Namespace> for RemoteNamespace {
    fn from(Namespace { id, title, .. }: Namespace) -> Self {
        Self { id, title }
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RemoteError {
    RemoteError { kind: RemoteErrorKind::Other, outcome_unknown: false, source: error.into() }
}

impl From<StorageError> for RemoteError {
    fn from(error: StorageError) -> Self {
        let kind = match &error {
            StorageError::UnknownNamespace(_) => RemoteErrorKind::NamespaceNotFound,
            StorageError::TitleTaken { .. } => RemoteErrorKind::TitleTaken,
            _ => RemoteErrorKind::Other,
        };
        Self { kind, outcome_unknown: false, source: error.into() }
    }
}
