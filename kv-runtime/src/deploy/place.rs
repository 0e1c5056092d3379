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
