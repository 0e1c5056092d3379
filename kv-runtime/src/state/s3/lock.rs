//! The lock of a stage: an object, `STAGE.lock`, that its holder rewrites as long as it is alive.
//!
//! A lock that was not rewritten for [`LEASE`] is taken over. Ages are measured only by the store's
//! clock, so a host with a wrong clock neither steals a lock nor loses one. Every write is conditional on
//! the version that it replaces, so no update is lost even if a lock is taken over by mistake.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::bucket::{Object, Put, Replaces, Version};
use super::{Document, Holder, Lock, S3StateStore, StageKey, StateError, StateStore as _};

/// How long a lock lasts if it is not rewritten.
const LEASE: Duration = Duration::from_mins(2);

/// How often a lock is rewritten: three attempts may fail before it expires.
const RENEWAL: Duration = Duration::from_secs(30);

/// The content of the object: who holds the lock, and a number that identifies this holder, even within
/// the same process.
#[derive(Serialize)]
struct Content<'a> {
    #[serde(flatten)]
    holder: &'a Holder,
    nonce: u64,
}

/// Acquires the lock of a stage, or says who holds it.
pub(super) async fn take(
    store: &S3StateStore,
    stage: &StageKey,
    holder: &Holder,
) -> Result<Box<dyn Lock>, StateError> {
    let object = store.object(stage, ".lock");
    let content = Content { holder, nonce: rand::random() };
    let holder = Bytes::from(serde_json::to_vec(&content).map_err(StateError::Serialize)?);
    let version = match put(store, &object, &holder, Replaces::Nothing).await? {
        Put::Done(version) => version,
        Put::Conflict => take_over(store, stage, &object, &holder).await?,
    };
    prove_conditions(store, &object).await?;
    let document = store.object(stage, ".json");
    let current = store.bucket.get(&document).await.map_err(store.failed("read", &document))?;
    let current = current.map_or(Replaces::Nothing, |found| Replaces::Version(found.version));
    let lease = Arc::new(Mutex::new(Some(version)));
    let renewal = tokio::spawn(renew(store.clone(), object.clone(), holder, Arc::clone(&lease)));
    let (stage, store) = (stage.clone(), store.clone());
    Ok(Box::new(S3Lock { store, stage, document, current, object, lease, renewal }))
}

async fn put(
    store: &S3StateStore,
    object: &str,
    holder: &Bytes,
    replaces: Replaces,
) -> Result<Put, StateError> {
    let put = store.put(object, holder.clone(), &replaces).await;
    put.map_err(store.failed("take the lock", object))
}

/// Takes over a lock that was not rewritten for a lease, or says who holds it.
async fn take_over(
    store: &S3StateStore,
    stage: &StageKey,
    object: &str,
    holder: &Bytes,
) -> Result<Version, StateError> {
    let found = store.bucket.get(object).await;
    let found = found.map_err(store.failed("read the lock", object))?;
    let other = |found: &Object| serde_json::from_slice::<Holder>(&found.bytes).ok();
    let (replaces, other) = match &found {
        // It was released in between.
        None => (Replaces::Nothing, None),
        Some(found) => {
            if found.age.is_none_or(|age| age <= LEASE) {
                return Err(locked(stage, other(found)));
            }
            (Replaces::Version(found.version.clone()), other(found))
        }
    };
    match put(store, object, holder, replaces).await? {
        Put::Done(version) => Ok(version),
        Put::Conflict => Err(locked(stage, other)),
    }
}

/// Checks that the store refuses a write whose condition does not hold. Otherwise every deploy would get
/// the lock and could overwrite the writes of others.
async fn prove_conditions(store: &S3StateStore, object: &str) -> Result<(), StateError> {
    let other = Replaces::Version(Version("\"of-no-version\"".to_owned()));
    for (replaces, condition) in [(Replaces::Nothing, "If-None-Match"), (other, "If-Match")] {
        let put = store.bucket.put(object, Bytes::new(), &replaces).await;
        match put.map_err(store.failed("take the lock", object))? {
            Put::Conflict => {}
            Put::Done(_) => {
                // The store overwrote the lock, so no deploy can rely on it any more.
                let _ = store.bucket.delete(object).await;
                return Err(StateError::Unconditional { url: store.url.clone(), condition });
            }
        }
    }
    Ok(())
}

fn locked(stage: &StageKey, holder: Option<Holder>) -> StateError {
    let stage = format!("{}/{}", stage.app(), stage.stage());
    StateError::Locked { stage, holder, alive: false }
}

/// The lock of a stage, rewritten until it is released or dropped.
#[derive(Debug)]
struct S3Lock {
    store: S3StateStore,
    stage: StageKey,
    document: String,
    /// The version of the document that the next write replaces.
    current: Replaces,
    object: String,
    /// The version of the lock; `None` once another deploy has it.
    lease: Arc<Mutex<Option<Version>>>,
    renewal: JoinHandle<()>,
}

#[async_trait]
impl Lock for S3Lock {
    async fn write(&mut self, document: Document) -> Result<(), StateError> {
        if self.lease.lock().await.is_none() {
            return Err(self.lost());
        }
        let put = self.store.put(&self.document, document.to_vec()?.into(), &self.current).await;
        match put.map_err(self.store.failed("write", &self.document))? {
            Put::Done(version) => {
                self.current = Replaces::Version(version);
                Ok(())
            }
            Put::Conflict => Err(self.lost()),
        }
    }

    async fn release(self: Box<Self>) -> Result<(), StateError> {
        self.renewal.abort();
        if self.lease.lock().await.is_none() {
            return Ok(());
        }
        let deleted = self.store.bucket.delete(&self.object).await;
        deleted.map_err(self.store.failed("unlock", &self.object))
    }
}

impl S3Lock {
    fn lost(&self) -> StateError {
        StateError::LockLost { location: self.store.location(&self.stage) }
    }
}

impl Drop for S3Lock {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Rewrites the lock until another deploy has it.
async fn renew(
    store: S3StateStore,
    object: String,
    holder: Bytes,
    lease: Arc<Mutex<Option<Version>>>,
) {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let mut version = lease.lock().await;
        let Some(current) = version.clone() else { return };
        match store.put(&object, holder.clone(), &Replaces::Version(current)).await {
            Ok(Put::Done(renewed)) => *version = Some(renewed),
            Ok(Put::Conflict) => *version = None,
            Err(error) => tracing::warn!(%error, "cannot renew the lock; trying again"),
        }
    }
}
