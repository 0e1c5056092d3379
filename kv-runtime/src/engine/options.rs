//! How to deploy, and where.

use std::path::PathBuf;
use std::sync::Arc;

use super::resolve::Overrides;
use crate::api::RetryPolicy;
use crate::declaration::Declaration;
use crate::state::{StageKey, StateStore};

/// Where namespaces are deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Cloudflare, with credentials from the declaration or the environment.
    Remote,
    /// The files below this folder that `wrangler dev` reads, by custom `.wrangler/state`.
    Local(PathBuf),
}

/// How to deploy.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of the caller's own")]
pub(crate) struct Options {
    pub(crate) stage: StageKey,
    pub(crate) target: Target,
    /// `None`: the target's own.
    pub(crate) state: Option<Arc<dyn StateStore>>,
    pub(crate) adopt: bool,
    pub(crate) renew: bool,
    pub(crate) refresh: bool,
    /// Whether to compare every declared key with the account.
    pub(crate) drift: bool,
    /// Whether to write again what others changed or removed.
    pub(crate) repair: bool,
    pub(crate) delete_data: bool,
    /// The ids to work on; empty: all.
    pub(crate) only: Vec<String>,
    /// Whether what the state has and no declaration names left the code.
    pub(crate) prune: bool,
    pub(crate) jobs: usize,
    pub(crate) overrides: Overrides,
    pub(crate) retry: RetryPolicy,
}

/// How many bulk requests are in flight by default. To a server that answers at once, `benchmarks/deploy`
/// finds no difference between 1 and 4, and more to be slower; with a network in between, 4 hide its
/// delays. Each can hold a body of 100 MB.
pub(crate) const DEFAULT_JOBS: usize = 4;

impl Options {
    pub(crate) fn new(stage: StageKey) -> Self {
        Self {
            stage,
            target: Target::Remote,
            state: None,
            adopt: false,
            renew: false,
            refresh: true,
            drift: false,
            repair: false,
            delete_data: false,
            only: Vec::new(),
            prune: false,
            jobs: DEFAULT_JOBS,
            overrides: Overrides::default(),
            retry: RetryPolicy::default(),
        }
    }
}

/// The folder of the package that declares the namespaces, or the current one where a program runs
/// without its sources.
pub(crate) fn root(declarations: &[&'static Declaration]) -> PathBuf {
    let root = declarations.first().map(|declaration| PathBuf::from(declaration.root));
    root.filter(|root| root.is_dir()).unwrap_or_else(|| PathBuf::from("."))
}
