//! Deploying one namespace from Rust: `Sessions::deploy().await`; and the accounts that a deploy can
//! work on.

#[cfg(feature = "local")]
mod local;
#[cfg(feature = "rest")]
mod rest;
mod setup;

use std::env;
use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use crate::base::RunContext;
use crate::base::env::optional;
use crate::engine::{Caller, DeployError, Deployed, Deployer, Options, Plan, Run};
use crate::state::{StageKey, StateStore};
use crate::typed::{Declaration, Namespace};

pub(crate) use setup::{Setup, Target};

/// A deploy of the namespace `N`; awaiting it runs the lifecycle.
///
/// It works on this namespace only: others in the state of the same app and stage are left alone.
/// The call is the consent: keys that left the declaration are deleted, and values that this tool
/// did not write are replaced. [`plan`](Self::plan) shows that beforehand.
///
/// What is not said here comes from `KV_APP`, `KV_STAGE` and `KV_STATE`, as on the command line.
#[must_use = "a deploy does nothing until it is awaited"]
pub struct Deploy<N> {
    app: Option<String>,
    stage: Option<String>,
    setup: Setup,
    root: Option<PathBuf>,
    adopt: bool,
    namespace: PhantomData<fn() -> N>,
}

impl<N: Namespace> Deploy<N> {
    /// A deploy to the stage `dev` of the package's own app, at Cloudflare.
    pub fn new() -> Self {
        Self {
            app: None,
            stage: None,
            setup: Setup::default(),
            root: None,
            adopt: false,
            namespace: PhantomData,
        }
    }

    /// The app, by default `KV_APP`, else the name of the package that declares the namespace.
    ///
    /// Name it where that is not the package whose `deploy_main!` deploys the namespace.
    pub fn app(mut self, app: impl Into<String>) -> Self {
        self.app = Some(app.into());
        self
    }

    /// The stage, by default `KV_STAGE`, else `dev`.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = Some(stage.into());
        self
    }

    /// Deploys to the files below `folder` that `wrangler dev` reads, usually `.wrangler/state`;
    /// a relative path begins at the package's folder.
    #[cfg(feature = "local")]
    pub fn local(mut self, folder: impl Into<PathBuf>) -> Self {
        self.setup.target = Target::Local(folder.into());
        self
    }

    /// Where the state is kept, by default `KV_STATE`, else in `.kv` below the package's folder; of a
    /// deploy to local files, beside these.
    pub fn state(mut self, store: impl StateStore + 'static) -> Self {
        self.setup.state = Some(Arc::new(store));
        self
    }

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

    /// Where the API is, instead of what the declaration or the environment says.
    #[cfg(feature = "rest")]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.setup.overrides.base_url = Some(base_url.into());
        self
    }

    /// The API token, instead of what the declaration or the environment says.
    #[cfg(feature = "rest")]
    pub fn api_token(mut self, token: impl Into<secrecy::SecretString>) -> Self {
        self.setup.overrides.api_token = Some(token.into());
        self
    }

    /// The account, instead of what the declaration or the environment says.
    #[cfg(feature = "rest")]
    pub fn account_id(mut self, account_id: impl Into<String>) -> Self {
        self.setup.overrides.account_id = Some(account_id.into());
        self
    }

    /// How long requests are tried.
    #[cfg(feature = "rest")]
    pub fn retry(mut self, policy: crate::api::RetryPolicy) -> Self {
        self.setup.retry = policy;
        self
    }

    /// What the deploy would do; nothing is changed.
    pub async fn plan(self) -> Result<Plan, DeployError> {
        self.run()?.plan().await
    }

    /// Deletes the namespace, or leaves it at Cloudflare as its declaration says, and forgets it.
    ///
    /// A namespace with keys that are not this tool's is refused. One that is not in the state is
    /// taken for destroyed.
    pub async fn destroy(self) -> Result<(), DeployError> {
        match self.run()?.destroy(&Caller).await {
            Ok(_) | Err(DeployError::NoState { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn run(mut self) -> Result<Run, DeployError> {
        let named = self.app.or_else(|| optional("KV_APP"));
        let app_is_named = named.is_some();
        let app = named.unwrap_or_else(|| N::DECLARATION.package.to_lowercase());
        let stage = self.stage.or_else(|| optional("KV_STAGE"));
        let stage = StageKey::new(&app, stage.as_deref().unwrap_or(DEFAULT_STAGE))?;
        let root = root(N::DECLARATION, &self.setup.target.states().join(&app));
        if self.setup.target == Target::Remote
            && let (None, Some(url)) = (&self.setup.state, optional("KV_STATE"))
        {
            self.setup.state = Some(crate::state::open(&url, &root)?);
        }
        let deployer = Deployer {
            program: format!("{}/{}", N::DECLARATION.package, program()),
            repository: None,
            root,
            lists_all: false,
        };
        let mut options = Options::new(stage, deployer);
        options.app_is_named = app_is_named;
        options.seeds = self.root;
        options.adopt = self.adopt;
        options.only = vec![N::DECLARATION.id.to_owned()];
        self.setup.run(&[N::DECLARATION], options, RunContext::default())
    }

    async fn deploy(self) -> Result<Deployed, DeployError> {
        let (_, mut deployed) = self.run()?.deploy(&Caller).await?;
        let id = N::DECLARATION.id;
        deployed.pop().ok_or_else(|| DeployError::NotDeployed(id.to_owned()))
    }
}

/// The stage that is deployed to when none is named.
pub(crate) const DEFAULT_STAGE: &str = "dev";

/// The folder at which relative paths begin: of the package that cargo runs, of the one that
/// declares the namespace, or the current one with those above it; the first that has the app's
/// states, else the first there is.
fn root(declaration: &Declaration, states: &Path) -> PathBuf {
    let run = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let declared = Some(PathBuf::from(declaration.root)).filter(|root| root.is_dir());
    let current = env::current_dir().unwrap_or_default();
    let above = current.ancestors().map(Path::to_owned);
    let mut roots = run.into_iter().chain(declared).chain(above).peekable();
    let first = roots.peek().cloned().unwrap_or_default();
    roots.find(|root| root.join(states).is_dir()).unwrap_or(first)
}

/// The name of the running binary, without what cargo appends to a test's.
fn program() -> String {
    let path = env::current_exe().unwrap_or_default();
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match name.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            name.to_owned()
        }
        _ => name,
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
        f.debug_struct("Deploy")
            .field("app", &self.app)
            .field("stage", &self.stage)
            .field("target", &self.setup.target)
            .finish_non_exhaustive()
    }
}
