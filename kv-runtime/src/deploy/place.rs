//! Which app and stage a program works on, and where the state is kept: the same for a deploy and for a
//! connection to what it deployed.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

use super::setup::{Setup, Target};
use crate::base::env::optional;
use crate::engine::{DeployError, Deployer};
use crate::state::StageKey;
use crate::typed::Declaration;

/// The default stage.
pub(crate) const DEFAULT_STAGE: &str = "dev";

/// The settings that a program gives; the rest comes from the environment.
#[derive(Default)]
pub(super) struct Place {
    pub(super) app: Option<String>,
    pub(super) stage: Option<String>,
    pub(super) setup: Setup,
}

/// Setters for builders with a field `place`.
macro_rules! place_methods {
    () => {
        /// Sets the app. The default is `KV_APP`, or else the name of the package that declares the
        /// namespace.
        ///
        /// Set it if another package's `deploy_main!` deploys the namespace.
        pub fn app(mut self, app: impl Into<String>) -> Self {
            self.place.app = Some(app.into());
            self
        }

        /// Sets the stage. The default is `KV_STAGE`, or else `dev`.
        pub fn stage(mut self, stage: impl Into<String>) -> Self {
            self.place.stage = Some(stage.into());
            self
        }

        /// Works on the files in `folder` that `wrangler dev` reads, usually `.wrangler/state`, instead of
        /// Cloudflare. A relative path is relative to the package's folder.
        #[cfg(feature = "local")]
        pub fn local(mut self, folder: impl Into<std::path::PathBuf>) -> Self {
            self.place.setup.target = $crate::deploy::Target::Local(folder.into());
            self
        }

        /// Sets where the state is kept. The default is `KV_STATE`, or else `.kv` in the package's folder;
        /// for local files, the default is next to the files.
        pub fn state(mut self, store: impl $crate::state::StateStore + 'static) -> Self {
            self.place.setup.state = Some(std::sync::Arc::new(store));
            self
        }

        /// Sets the base URL of the API, overriding the declaration and the environment.
        #[cfg(feature = "rest")]
        pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
            self.place.setup.overrides.base_url = Some(base_url.into());
            self
        }

        /// Sets the API token, overriding the declaration and the environment.
        #[cfg(feature = "rest")]
        pub fn api_token(mut self, token: impl Into<String>) -> Self {
            self.place.setup.overrides.api_token = Some(token.into().into());
            self
        }

        /// Sets the account, overriding the state, the declaration and the environment.
        #[cfg(feature = "rest")]
        pub fn account_id(mut self, account_id: impl Into<String>) -> Self {
            self.place.setup.overrides.account_id = Some(account_id.into());
            self
        }

        /// Sets how long requests are retried.
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

/// The folder that relative paths are relative to. Candidates are the folder of the package that cargo
/// runs, that of the package that declares the namespace, and the current folder with its parents. The
/// first one that has the app's states wins, or else the first candidate.
fn root(declaration: &Declaration, states: &Path) -> PathBuf {
    let run = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let declared = Some(PathBuf::from(declaration.root)).filter(|root| root.is_dir());
    let current = env::current_dir().unwrap_or_default();
    let above = current.ancestors().map(Path::to_owned);
    let mut roots = run.into_iter().chain(declared).chain(above).peekable();
    let first = roots.peek().cloned().unwrap_or_default();
    roots.find(|root| root.join(states).is_dir()).unwrap_or(first)
}

/// The name of the running binary, without the hash that cargo appends to the name of a test binary.
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
