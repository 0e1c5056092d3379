//! State stores that fail, or end the process, at one of their writes.

use async_trait::async_trait;
use kv_runtime::state::{Document, FileStateStore, Holder, Lock, StageKey, StateError, StateStore};

/// What happens at the fatal write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It fails, as on a full disk, and so do all after it.
    Error,
    /// It fails, and those after it do not.
    ErrorOnce,
    /// The process aborts before it.
    DeathBefore,
    /// The process aborts after it.
    DeathAfter,
}

/// A file store that fails at one of its writes.
#[derive(Debug, Clone)]
pub struct Fatal {
    /// The store itself.
    pub store: FileStateStore,
    /// The write at which it fails, counted from 0.
    pub write: usize,
    /// How it fails.
    pub end: End,
}

#[derive(Debug)]
struct FatalLock {
    lock: Box<dyn Lock>,
    /// How many writes are before the fatal one; `None` after an error that happens once.
    left: Option<usize>,
    end: End,
}

#[async_trait]
impl StateStore for Fatal {
    fn location(&self, stage: &StageKey) -> String {
        self.store.location(stage)
    }

    async fn read(&self, stage: &StageKey) -> Result<Option<Vec<u8>>, StateError> {
        self.store.read(stage).await
    }

    async fn lock(&self, stage: &StageKey, holder: &Holder) -> Result<Box<dyn Lock>, StateError> {
        let lock = self.store.lock(stage, holder).await?;
        Ok(Box::new(FatalLock { lock, left: Some(self.write), end: self.end }))
    }

    async fn apps(&self) -> Result<Vec<String>, StateError> {
        self.store.apps().await
    }

    async fn stages(&self, app: &str) -> Result<Vec<String>, StateError> {
        self.store.stages(app).await
    }

    async fn unlock(&self, stage: &StageKey) -> Result<Option<Holder>, StateError> {
        self.store.unlock(stage).await
    }
}

#[async_trait]
impl Lock for FatalLock {
    async fn write(&mut self, document: Document) -> Result<(), StateError> {
        match self.left {
            Some(0) => self.end(document).await,
            left => {
                self.left = left.map(|left| left - 1);
                self.lock.write(document).await
            }
        }
    }

    async fn release(self: Box<Self>) -> Result<(), StateError> {
        self.lock.release().await
    }
}

impl FatalLock {
    async fn end(&mut self, document: Document) -> Result<(), StateError> {
        match self.end {
            End::Error | End::ErrorOnce => {
                if self.end == End::ErrorOnce {
                    self.left = None;
                }
                let source = std::io::ErrorKind::StorageFull.into();
                return Err(StateError::Io { action: "write", path: "the state".into(), source });
            }
            End::DeathBefore => {}
            End::DeathAfter => self.lock.write(document).await?,
        }
        std::process::abort()
    }
}
