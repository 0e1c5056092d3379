//! Deploying one namespace from Rust: `Sessions::deploy().await`.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use secrecy::SecretString;

use crate::api::RetryPolicy;
use crate::engine::{DeployError, Deployed, Interrupt, Options, Plan, Run, Silent, Target};
use crate::namespace::Namespace;
use crate::state::{StageKey, StateStore};

/// A deploy of the namespace `N`; awaiting it runs the lifecycle.
///
/// It works on this namespace only: others in the state of the same app and stage are left alone.
/// Nobody is asked, so keys that left the declaration are deleted.
#[must_use = "a deploy does nothing until it is awaited"]
pub struct Deploy<N> {
    app: String,
    stage: String,
    target: Target,
    state: Option<Arc<dyn StateStore>>,
    adopt: bool,
    base_url: Option<String>,
    api_token: Option<SecretString>,
    account_id: Option<String>,
    retry: RetryPolicy,
    namespace: PhantomData<fn() -> N>,
}

impl<N: Namespace> Deploy<N> {
    /// A deploy to the stage `dev` of the package's own app, at Cloudflare.
    pub fn new() -> Self {
        Self {
            app: N::DECLARATION.package.to_lowercase(),
            stage: DEFAULT_STAGE.to_owned(),
            target: Target::Remote,
            state: None,
            adopt: false,
            base_url: None,
            api_token: None,
            account_id: None,
            retry: RetryPolicy::default(),
            namespace: PhantomData,
        }
    }

    /// The app, by default the package's name.
    pub fn app(mut self, app: impl Into<String>) -> Self {
        self.app = app.into();
        self
    }

    /// The stage, by default `dev`.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = stage.into();
        self
    }

    /// Deploys to the files below `folder` that `wrangler dev` reads, by custom `.wrangler/state`;
    /// a relative path begins at the package's folder.
    pub fn local(mut self, folder: impl Into<PathBuf>) -> Self {
        self.target = Target::Local(folder.into());
        self
    }

    /// Where the state is kept, by default in `.kv` below the package's folder.
    pub fn state(mut self, store: impl StateStore + 'static) -> Self {
        self.state = Some(Arc::new(store));
        self
    }

    /// Takes over a namespace that already has the title, whatever the declaration says.
    pub fn adopt(mut self, adopt: bool) -> Self {
        self.adopt = adopt;
        self
    }

    /// Where the API is, instead of what the declaration or the environment says.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// The API token, instead of what the declaration or the environment says.
    pub fn api_token(mut self, token: impl Into<SecretString>) -> Self {
        self.api_token = Some(token.into());
        self
    }

    /// The account, instead of what the declaration or the environment says.
    pub fn account_id(mut self, account_id: impl Into<String>) -> Self {
        self.account_id = Some(account_id.into());
        self
    }

    /// How long requests are tried.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// What the deploy would do; nothing is changed.
    pub async fn plan(self) -> Result<Plan, DeployError> {
        let mut run = self.run().await?;
        let mut resolved = run.resolve()?;
        let state = run.read().await?;
        run.plan_deploy(&mut resolved, &state).await
    }

    /// Deletes the namespace, or leaves it at Cloudflare as its declaration says, and forgets it.
    ///
    /// A namespace with keys that no declaration wrote is refused.
    pub async fn destroy(self) -> Result<(), DeployError> {
        let mut run = self.run().await?;
        let mut session = run.open().await?;
        let result = match run.plan_destroy(session.state()).await {
            Ok(plan) => run.apply(&plan, &[], &mut session, &Silent, &Interrupt::default()).await,
            Err(error) => Err(error),
        };
        session.close().await?;
        result
    }

    async fn run(self) -> Result<Run, DeployError> {
        let mut options = Options::new(StageKey::new(&self.app, &self.stage)?);
        options.target = self.target;
        options.state = self.state;
        options.adopt = self.adopt;
        options.only = vec![N::DECLARATION.id.to_owned()];
        options.overrides.base_url = self.base_url;
        options.overrides.api_token = self.api_token;
        options.overrides.account_id = self.account_id;
        options.retry = self.retry;
        Run::new(&[N::DECLARATION], options).await
    }

    async fn deploy(self) -> Result<Deployed, DeployError> {
        let mut run = self.run().await?;
        let mut resolved = run.resolve()?;
        let mut session = run.open().await?;
        let interrupt = Interrupt::default();
        let result = match run.plan_deploy(&mut resolved, session.state()).await {
            Ok(plan) => run.apply(&plan, &resolved, &mut session, &Silent, &interrupt).await,
            Err(error) => Err(error),
        };
        let deployed = run.deployed(session.state());
        session.close().await?;
        result?;
        deployed?.pop().ok_or(DeployError::Interrupted)
    }
}

/// The stage that is deployed to when none is named.
pub(crate) const DEFAULT_STAGE: &str = "dev";

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
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}
