//! Deploying one namespace from Rust, `Sessions::deploy().await`, and the accounts that a deploy can work
//! on.

mod connect;
mod data;
#[cfg(feature = "cli")]
mod identity;
#[cfg(feature = "local")]
mod local;
mod place;
#[cfg(all(test, feature = "local", feature = "rest"))]
mod remotes;
#[cfg(feature = "rest")]
mod rest;
mod setup;

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::pin::Pin;

use crate::base::RunContext;
use crate::engine::{Caller, DeployError, Deployed, Options, Plan, Run};
use crate::typed::Namespace;

pub use connect::Connect;
pub use data::ExportRequest;
pub(crate) use place::DEFAULT_STAGE;
use place::{Place, place_methods};

#[cfg(feature = "cli")]
pub(crate) use identity::{CredentialsKind, Identity};
pub(crate) use setup::{Setup, Target};

/// A deploy of the namespace `N`; awaiting it runs the lifecycle.
///
/// It works on this namespace only; others in the state of the same app and stage are left alone. It
/// does not ask: keys that are no longer declared are deleted, and values that this tool did not write
/// are replaced. Call [`plan`](Self::plan) first to see the changes.
///
/// What you do not set here comes from `KV_APP`, `KV_STAGE` and `KV_STATE`, as on the command line.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let deployed = Notes::deploy().stage("pr-7").await?;
/// let notes = Notes::new(deployed.store());
/// notes.note("1").put("tea").await?;
/// Notes::deploy().stage("pr-7").destroy().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a deploy does nothing until it is awaited"]
pub struct Deploy<N> {
    place: Place,
    root: Option<PathBuf>,
    adopt: bool,
    namespace: PhantomData<fn() -> N>,
}

impl<N: Namespace> Deploy<N> {
    /// Creates a deploy to Cloudflare. App and stage default to `KV_APP` and `KV_STAGE`, or else to the
    /// package's name and `dev`.
    pub fn new() -> Self {
        Self { place: Place::default(), root: None, adopt: false, namespace: PhantomData }
    }

    place_methods!();

    /// Sets the folder that contains the files of `..file` and `..dir`. The default is the package's folder
    /// at compile time.
    pub fn root(mut self, folder: impl Into<PathBuf>) -> Self {
        self.root = Some(folder.into());
        self
    }

    /// Sets whether to take over an existing namespace with the title, even if the declaration does not
    /// say so.
    pub fn adopt(mut self, adopt: bool) -> Self {
        self.adopt = adopt;
        self
    }

    /// Returns what the deploy would do, without changing anything.
    ///
    /// ```no_run
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let plan = Notes::deploy().stage("prod").plan().await?;
    /// println!("{plan:?}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn plan(self) -> Result<Plan, DeployError> {
        Ok(self.run()?.plan().await?.0)
    }

    /// Deletes the namespace, or leaves it at Cloudflare if its declaration says so, and removes it from
    /// the state.
    ///
    /// Fails if the namespace has keys that this tool did not write. Succeeds if the namespace is not in
    /// the state.
    ///
    /// ```no_run
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// Notes::deploy().stage("pr-7").destroy().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn destroy(self) -> Result<(), DeployError> {
        match self.run()?.destroy(&Caller).await {
            Ok(_) | Err(DeployError::NoState { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn run(self) -> Result<Run, DeployError> {
        let (setup, stage, deployer, app_is_named) = self.place.resolve(N::DECLARATION)?;
        let mut options = Options::new(stage, deployer);
        options.app_is_named = app_is_named;
        options.seeds = self.root;
        options.adopt = self.adopt;
        options.only = vec![N::DECLARATION.id.to_owned()];
        setup.run(&[N::DECLARATION], options, RunContext::default())
    }

    async fn deploy(self) -> Result<Deployed, DeployError> {
        let (_, mut deployed) = self.run()?.deploy(&Caller).await?;
        let id = N::DECLARATION.id;
        deployed.pop().ok_or_else(|| DeployError::NotDeployed(vec![id.to_owned()]))
    }
}

impl<N: Namespace> Default for Deploy<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<N: Namespace + 'static> IntoFuture for Deploy<N> {
    type Output = Result<Deployed, DeployError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.deploy())
    }
}

impl<N: Namespace> fmt::Debug for Deploy<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deploy").field("place", &self.place).finish_non_exhaustive()
    }
}
