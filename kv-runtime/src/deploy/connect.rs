//! Connecting to a deployed namespace: `Sessions::connect().await`.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;

use super::place::{Place, place_methods};
use crate::base::RunContext;
use crate::engine::{DeployError, Options, Run};
use crate::typed::{Namespace, Store};

/// A connection to a deployed namespace; awaiting it returns the namespace.
///
/// `Sessions::connect()` looks the namespace up in the state that its deploy saved, without locking or
/// writing the state. Credentials and account come from the same places as for a deploy, except for
/// `.env` and wrangler's login, which only `deploy_main!` reads. What you do not set here comes from
/// `KV_APP`, `KV_STAGE` and `KV_STATE`, as for a [`Deploy`](crate::Deploy). To use a namespace that is
/// in no state, pass Cloudflare's id of it: `Sessions::at(id)`.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let notes = Notes::connect().stage("prod").await?;
/// let text = notes.note("1").get().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is connected until it is awaited"]
pub struct Connect<N> {
    place: Place,
    /// Cloudflare's id of it; `None` to look it up in the state.
    namespace_id: Option<String>,
    namespace: PhantomData<fn() -> N>,
}

impl<N: Namespace> Connect<N> {
    /// A connection to the namespace that the state has under this declaration's id.
    #[doc(hidden)]
    pub fn new() -> Self {
        Self { place: Place::default(), namespace_id: None, namespace: PhantomData }
    }

    /// A connection to the namespace of an [`At`], without reading any state.
    #[cfg(feature = "rest")]
    pub(super) fn of_id(at: crate::connect::At<N>) -> Self {
        let mut place = Place::default();
        (place.setup.overrides, place.setup.retry) = (at.overrides, at.retry);
        Self { place, namespace_id: Some(at.namespace_id), namespace: PhantomData }
    }

    place_methods!();

    /// A run on the namespace, its id, and Cloudflare's id of it if that was given.
    pub(super) fn run(self) -> Result<(Run, &'static str, Option<String>), DeployError> {
        let declaration = N::DECLARATION;
        let (setup, stage, deployer, app_is_named) = self.place.resolve(declaration)?;
        let mut options = Options::new(stage, deployer);
        options.app_is_named = app_is_named;
        let run = setup.run(&[declaration], options, RunContext::default())?;
        Ok((run, declaration.id, self.namespace_id))
    }

    async fn connect(self) -> Result<N, DeployError> {
        let (mut run, id, _) = self.run()?;
        let store = run.store_of(id).await?;
        Ok(N::from_store(Store::from_arc(store)))
    }
}

impl<N: Namespace> Default for Connect<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<N: Namespace + 'static> IntoFuture for Connect<N> {
    type Output = Result<N, DeployError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.connect())
    }
}

impl<N: Namespace> fmt::Debug for Connect<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, namespace_id, .. } = self;
        f.debug_struct("Connect")
            .field("place", place)
            .field("namespace_id", namespace_id)
            .finish_non_exhaustive()
    }
}
