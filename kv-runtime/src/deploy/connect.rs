//! Using what is deployed: `Sessions::connect().await`.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
#[cfg(feature = "local")]
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use super::place::Place;
#[cfg(feature = "local")]
use super::setup::Target;
use crate::base::RunContext;
use crate::engine::{DeployError, Options, Run};
use crate::state::StateStore;
use crate::typed::{Namespace, Store};

/// A connection with a namespace that is deployed; awaiting it gives the namespace.
///
/// `Sessions::connect()` finds it by the state that its deploy left, of which it takes no lock and
/// writes nothing. Credentials and account come from where a deploy has them, but for `.env` and
/// wrangler's login, which only `deploy_main!` reads. What is not said here comes from `KV_APP`,
/// `KV_STAGE` and `KV_STATE`, as for a [`Deploy`](crate::Deploy). A namespace that is in no state is
/// reached by Cloudflare's id: `Sessions::at(id)`.
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
    /// Cloudflare's id of it; `None`: the state tells it.
    namespace_id: Option<String>,
    namespace: PhantomData<fn() -> N>,
}

impl<N: Namespace> Connect<N> {
    /// What the state has as this namespace.
    #[doc(hidden)]
    pub fn new() -> Self {
        Self { place: Place::default(), namespace_id: None, namespace: PhantomData }
    }

    /// The namespace of an [`At`], of which no state is read.
    #[cfg(feature = "rest")]
    pub(super) fn of_id(at: crate::connect::At<N>) -> Self {
        let mut place = Place::default();
        (place.setup.overrides, place.setup.retry) = (at.overrides, at.retry);
        Self { place, namespace_id: Some(at.namespace_id), namespace: PhantomData }
    }

    /// The app, by default `KV_APP`, else the name of the package that declares the namespace.
    pub fn app(mut self, app: impl Into<String>) -> Self {
        self.place.app = Some(app.into());
        self
    }

    /// The stage, by default `KV_STAGE`, else `dev`.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.place.stage = Some(stage.into());
        self
    }

    /// What was deployed to the files below `folder` that `wrangler dev` reads, usually
    /// `.wrangler/state`; a relative path begins at the package's folder.
    #[cfg(feature = "local")]
    pub fn local(mut self, folder: impl Into<PathBuf>) -> Self {
        self.place.setup.target = Target::Local(folder.into());
        self
    }

    /// Where the state is kept, as [`Deploy::state`](crate::Deploy::state) says.
    pub fn state(mut self, store: impl StateStore + 'static) -> Self {
        self.place.setup.state = Some(Arc::new(store));
        self
    }

    /// Where the API is, instead of what the declaration or the environment says.
    #[cfg(feature = "rest")]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.place.setup.overrides.base_url = Some(base_url.into());
        self
    }

    /// The API token, instead of what the declaration or the environment says.
    #[cfg(feature = "rest")]
    pub fn api_token(mut self, token: impl Into<String>) -> Self {
        self.place.setup.overrides.api_token = Some(token.into().into());
        self
    }

    /// The account, instead of what the state, the declaration or the environment says.
    #[cfg(feature = "rest")]
    pub fn account_id(mut self, account_id: impl Into<String>) -> Self {
        self.place.setup.overrides.account_id = Some(account_id.into());
        self
    }

    /// A run on the namespace, its id, and Cloudflare's id of it where that was said.
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
