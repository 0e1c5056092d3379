//! A state that is held and worked on by one deploy.

use super::document::State;
use super::store::{Holder, Lock, StageKey, StateError, StateStore};

/// The state of a stage, with its lock held.
#[derive(Debug)]
pub struct Session {
    state: State,
    lock: Box<dyn Lock>,
}

impl Session {
    /// Takes the lock of a stage and reads its state.
    pub async fn open(store: &dyn StateStore, stage: &StageKey) -> Result<Self, StateError> {
        let lock = store.lock(stage, &Holder::this_process()).await?;
        match Self::read(store, stage).await {
            Ok(state) => Ok(Self { state, lock }),
            Err(error) => {
                lock.release().await?;
                Err(error)
            }
        }
    }

    /// Reads the state of a stage without its lock: it may be old by the time it is looked at.
    pub async fn read(store: &dyn StateStore, stage: &StageKey) -> Result<State, StateError> {
        Ok(Self::find(store, stage).await?.unwrap_or_else(|| State::new(stage)))
    }

    /// As [`read`](Self::read), but `None` for a stage that has no state.
    pub async fn find(
        store: &dyn StateStore,
        stage: &StageKey,
    ) -> Result<Option<State>, StateError> {
        let json = store.read(stage).await?;
        json.map(|json| State::from_json(&json, stage, &store.location(stage))).transpose()
    }

    /// As [`find`](Self::find), without the keys of namespaces.
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

    /// The state, to be changed; [`save`](Self::save) writes the change.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// Writes the state. What was written last is kept when this fails.
    pub async fn save(&mut self) -> Result<(), StateError> {
        self.lock.write(self.state.to_json()?).await
    }

    /// Gives the lock back.
    pub async fn close(self) -> Result<(), StateError> {
        self.lock.release().await
    }
}
