//! Deploying one namespace from Rust: `Sessions::deploy().await`; and the accounts that a deploy can
//! work on.

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
/// It works on this namespace only: others in the state of the same app and stage are left alone.
/// The call is the consent: keys that left the declaration are deleted, and values that this tool
/// did not write are replaced. [`plan`](Self::plan) shows that beforehand.
///
/// What is not said here comes from `KV_APP`, `KV_STAGE` and `KV_STATE`, as on the command line.
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
    /// A deploy to the stage `dev` of the package's own app, at Cloudflare.
    pub fn new() -> Self {
        Self { place: Place::default(), root: None, adopt: false, namespace: PhantomData }
    }

    place_methods!();

    /// The folder in which the files of `..file` and `..dir` are, by default the package's folder when
    /// it was compiled.
    pub fn root(mut self, folder: impl Into<PathBuf>) -> Self {
        self.root = Some(folder.into());
        self
    }

    /// Takes over a namespace that already has the title, whatever the declaration says.
    pub fn adopt(mut self, adopt: bool) -> Self {
        self.adopt = adopt;
        self
    }

    /// What the deploy would do; nothing is changed.
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

    /// Deletes the namespace, or leaves it at Cloudflare as its declaration says, and forgets it.
    ///
    /// A namespace with keys that this tool did not write is refused. One that is not in the state is
    /// taken for destroyed.
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
        deployed.pop().ok_or_else(|| DeployError::NotDeployed(id.to_owned()))
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
