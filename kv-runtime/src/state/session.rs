//! A state that one deploy holds and changes.

use std::sync::Arc;

use super::document::{State, check_sum, recorded_sum};
use super::store::{Document, Holder, Lock, StageKey, StateError, StateStore};

/// The state of a stage, with its lock held.
#[derive(Debug)]
pub struct Session {
    state: Arc<State>,
    lock: Box<dyn Lock>,
}

/// A state that was read without the lock.
#[derive(Debug)]
pub(crate) struct Unlocked {
    pub(crate) state: State,
    /// The checksum of its document; an older format has none.
    checksum: Option<Vec<u8>>,
}

impl Unlocked {
    /// Reads the state of a stage; `None` if it has none.
    pub(crate) async fn find(
        store: &dyn StateStore,
        stage: &StageKey,
    ) -> Result<Option<Self>, StateError> {
        let Some(json) = store.read(stage).await? else { return Ok(None) };
        let state = State::from_json(&json, stage, &store.location(stage))?;
        Ok(Some(Self { state, checksum: recorded_sum(&json).map(<[u8]>::to_vec) }))
    }
}

impl Session {
    /// Acquires the lock of a stage and reads its state.
    pub async fn open(store: &dyn StateStore, stage: &StageKey) -> Result<Self, StateError> {
        Self::open_known(store, stage, &mut None).await
    }

    /// Like [`open`](Self::open). Takes the state that was read before if its document is still the same,
    /// since reading it again takes long with millions of keys.
    pub(crate) async fn open_known(
        store: &dyn StateStore,
        stage: &StageKey,
        known: &mut Option<Unlocked>,
    ) -> Result<Self, StateError> {
        let lock = store.lock(stage, &Holder::this_process()).await?;
        match Self::read_known(store, stage, known).await {
            Ok(state) => Ok(Self { state: Arc::new(state), lock }),
            Err(error) => {
                lock.release().await?;
                Err(error)
            }
        }
    }

    async fn read_known(
        store: &dyn StateStore,
        stage: &StageKey,
        known: &mut Option<Unlocked>,
    ) -> Result<State, StateError> {
        let Some(json) = store.read(stage).await? else { return Ok(State::new(stage)) };
        match known.take() {
            Some(Unlocked { state, checksum: Some(checksum) })
                if recorded_sum(&json) == Some(&checksum) && check_sum(&json).is_some() =>
            {
                Ok(state)
            }
            _ => State::from_json(&json, stage, &store.location(stage)),
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
        Ok(Unlocked::find(store, stage).await?.map(|found| found.state))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::FileStateStore;

    #[tokio::test]
    async fn a_state_that_was_read_before_is_not_taken_once_another_deploy_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStateStore::new(folder.path());
        let stage = StageKey::new("app", "dev").unwrap();
        assert!(Unlocked::find(&store, &stage).await.unwrap().is_none());
        for repository in ["one", "two"] {
            let mut known = Unlocked::find(&store, &stage).await.unwrap();
            let mut other = Session::open(&store, &stage).await.unwrap();
            other.state_mut().repository = Some(repository.to_owned());
            other.save().await.unwrap();
            other.close().await.unwrap();
            let session = Session::open_known(&store, &stage, &mut known).await.unwrap();
            assert_eq!(session.state().repository.as_deref(), Some(repository));
            session.close().await.unwrap();
        }
        let mut known = Unlocked::find(&store, &stage).await.unwrap();
        let session = Session::open_known(&store, &stage, &mut known).await.unwrap();
        assert_eq!(session.state().repository.as_deref(), Some("two"));
        assert!(known.is_none(), "it is taken");
    }
}
