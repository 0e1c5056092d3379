//! Where a run works, and where it keeps its state.

use std::path::PathBuf;
use std::sync::Arc;

#[cfg(feature = "local")]
use super::local::LocalAccounts;
#[cfg(feature = "rest")]
use super::rest::RestAccounts;
use crate::base::RunContext;
use crate::engine::{Accounts, DeployError, Options, Run};
use crate::state::{FileStateStore, StateStore};
use crate::typed::Declaration;

/// Where namespaces are deployed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Target {
    /// Cloudflare, with credentials from the declaration or the environment.
    #[default]
    Remote,
    /// The files below this folder that `wrangler dev` reads, usually `.wrangler/state`.
    Local(PathBuf),
}

impl Target {
    /// The folder in which the target keeps its states by default, relative to the package's folder.
    pub(crate) fn states(&self) -> PathBuf {
        match self {
            Self::Remote => PathBuf::from(".kv"),
            Self::Local(folder) => folder.join("kv-deploy"),
        }
    }
}

/// Where a run works, and where it keeps its state.
#[derive(Debug, Default)]
pub(crate) struct Setup {
    pub(crate) target: Target,
    /// `None` for the target's default.
    pub(crate) state: Option<Arc<dyn StateStore>>,
    #[cfg(feature = "rest")]
    pub(crate) overrides: crate::connect::Overrides,
    #[cfg(feature = "rest")]
    pub(crate) retry: crate::api::RetryPolicy,
}

impl Setup {
    /// Creates a run of these declarations.
    pub(crate) fn run(
        self,
        declarations: &[&'static Declaration],
        mut options: Options,
        context: RunContext,
    ) -> Result<Run, DeployError> {
        let states = options.deployer.root.join(self.target.states());
        options.private_folder.clone_from(&states);
        let accounts = self.accounts(&options, &context)?;
        let store = self.state.unwrap_or_else(|| Arc::new(FileStateStore::new(states)));
        Ok(Run::new(declarations, options, accounts, store, context))
    }

    /// The accounts of the target.
    #[cfg_attr(
        all(feature = "rest", feature = "local"),
        expect(clippy::unnecessary_wraps, reason = "a target can be left out of the build")
    )]
    #[cfg_attr(
        not(all(feature = "rest", feature = "local")),
        allow(unused_variables, reason = "each target needs one of them")
    )]
    fn accounts(
        &self,
        options: &Options,
        context: &RunContext,
    ) -> Result<Box<dyn Accounts>, DeployError> {
        match &self.target {
            #[cfg(feature = "rest")]
            Target::Remote => {
                let overrides = self.overrides.clone();
                Ok(Box::new(RestAccounts::new(
                    overrides,
                    self.retry,
                    options.take_over,
                    context.clone(),
                )))
            }
            #[cfg(not(feature = "rest"))]
            Target::Remote => Err(DeployError::NotBuilt { feature: "rest" }),
            #[cfg(feature = "local")]
            Target::Local(folder) => {
                Ok(Box::new(LocalAccounts::new(options.deployer.root.join(folder))))
            }
            #[cfg(not(feature = "local"))]
            Target::Local(_) => Err(DeployError::NotBuilt { feature: "local" }),
        }
    }
}
