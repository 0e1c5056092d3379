//! A state that one deploy holds and changes.

use std::sync::Arc;

use super::document::State;
use super::store::{Document, Holder, Lock, StageKey, StateError, StateStore};

/// The state of a stage, with its lock held.
#[derive(Debug)]
pub struct Session {
    state: Arc<State>,
    lock: Box<dyn Lock>,
}

impl Session {
    /// Acquires the lock of a stage and reads its state.
    pub async fn open(store: &dyn StateStore, stage: &StageKey) -> Result<Self, StateError> {
        let lock = store.lock(stage, &Holder::this_process()).await?;
        match Self::read(store, stage).await {
            Ok(state) => Ok(Self { state: Arc::new(state), lock }),
            Err(error) => {
                lock.release().await?;
                Err(error)
            }
        }
    }

    /// Reads the state of a stage without its lock, so it can be outdated by the time you use it.
    pub async fn read(store: &dyn StateStore, stage: &StageKey) -> Result<State, StateError> {
        Ok(Self::find(store, stage).await?.unwrap_or_else(|| State::new(stage)))
    }

    /// Like [`read`](Self::read), but `None` for a stage that has no state.
    pub async fn find(
        store: &dyn StateStore,
        stage: &StageKey,
    ) -> Result<Option<State>, StateError> {
        let json = store.read(stage).await?;
        json.map(|json| State::from_json(&json, stage, &store.location(stage))).transpose()
    }

    /// Like [`find`](Self::find), but without the keys of namespaces.
    pub(crate) async fn find_outline(
        store: &dyn StateStore,
        stage: &StageKey,
    ) -> Result<Option<State>, StateError> {
        let json = store.read(stage).await?;
        json.map(|json| State::outline(&json, stage, &store.location(stage))).transpose()
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Mutable access to the state; [`save`](Self::save) writes the changes.
    pub fn state_mut(&mut self) -> &mut State {
        // Nothing else has it between two writes.
        Arc::make_mut(&mut self.state)
    }

    /// Writes the state. If this fails, the last written state is kept.
    pub async fn save(&mut self) -> Result<(), StateError> {
        self.lock.write(Document::new(&self.state)).await
    }

    /// Releases the lock.
    pub async fn close(self) -> Result<(), StateError> {
        self.lock.release().await
    }
}
