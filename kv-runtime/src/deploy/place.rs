//! Which stage of which app a program means, and where its state is: the same for a deploy and for
//! who uses what it deployed.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

use super::setup::{Setup, Target};
use crate::base::env::optional;
use crate::engine::{DeployError, Deployer};
use crate::state::StageKey;
use crate::typed::Declaration;

/// The stage that is meant when none is named.
pub(crate) const DEFAULT_STAGE: &str = "dev";

/// What a program says of the place; the environment says the rest.
#[derive(Default)]
pub(super) struct Place {
    pub(super) app: Option<String>,
    pub(super) stage: Option<String>,
    pub(super) setup: Setup,
}

/// The methods by which a builder with a `place` says what that is.
macro_rules! place_methods {
    () => {
        /// The app, by default `KV_APP`, else the name of the package that declares the namespace.
        ///
        /// Name it where that is not the package whose `deploy_main!` deploys the namespace.
        pub fn app(mut self, app: impl Into<String>) -> Self {
            self.place.app = Some(app.into());
            self
        }

        /// The stage, by default `KV_STAGE`, else `dev`.
        pub fn stage(mut self, stage: impl Into<String>) -> Self {
            self.place.stage = Some(stage.into());
            self
        }

        /// The files below `folder` that `wrangler dev` reads, usually `.wrangler/state`, in place of
        /// Cloudflare; a relative path begins at the package's folder.
        #[cfg(feature = "local")]
        pub fn local(mut self, folder: impl Into<std::path::PathBuf>) -> Self {
            self.place.setup.target = $crate::deploy::Target::Local(folder.into());
            self
        }

        /// Where the state is kept, by default `KV_STATE`, else in `.kv` below the package's folder;
        /// that of local files, beside these.
        pub fn state(mut self, store: impl $crate::state::StateStore + 'static) -> Self {
            self.place.setup.state = Some(std::sync::Arc::new(store));
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

        /// How long requests are tried.
        #[cfg(feature = "rest")]
        pub fn retry(mut self, policy: $crate::api::RetryPolicy) -> Self {
            self.place.setup.retry = policy;
            self
        }
    };
}

pub(super) use place_methods;

impl Place {
    /// The setup, the stage, the program, and whether the app was named.
    pub(super) fn resolve(
        mut self,
        declaration: &Declaration,
    ) -> Result<(Setup, StageKey, Deployer, bool), DeployError> {
        let named = self.app.or_else(|| optional("KV_APP"));
        let app_is_named = named.is_some();
        let app = named.unwrap_or_else(|| declaration.package.to_lowercase());
        let stage = self.stage.or_else(|| optional("KV_STAGE"));
        let stage = StageKey::new(&app, stage.as_deref().unwrap_or(DEFAULT_STAGE))?;
        let root = root(declaration, &self.setup.target.states().join(&app));
        if self.setup.target == Target::Remote
            && let (None, Some(url)) = (&self.setup.state, optional("KV_STATE"))
        {
            self.setup.state = Some(crate::state::open(&url, &root)?);
        }
        let deployer = Deployer {
            program: format!("{}/{}", declaration.package, program()),
            repository: None,
            root,
            lists_all: false,
        };
        Ok((self.setup, stage, deployer, app_is_named))
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("app", &self.app)
            .field("stage", &self.stage)
            .field("target", &self.setup.target)
            .finish_non_exhaustive()
    }
}

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
