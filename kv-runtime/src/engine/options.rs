//! How to deploy, where, and as which program.

use std::path::PathBuf;
use std::time::Duration;

use super::saved::SavedPlan;
use crate::state::StageKey;

/// The program that deploys.
#[derive(Debug, Clone)]
pub(crate) struct Deployer {
    /// `PACKAGE/BINARY`, which identifies the program in the state.
    pub(crate) program: String,
    /// The package's `repository`, which distinguishes it from another package with the same name.
    pub(crate) repository: Option<String>,
    /// The package's folder, which relative paths are relative to.
    pub(crate) root: PathBuf,
    /// Whether the declarations are all that the program deploys. If so, a namespace that the program
    /// deployed before and no longer declares was removed from the code.
    pub(crate) lists_all: bool,
}

/// How to deploy.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of the caller's own")]
pub(crate) struct Options {
    pub(crate) stage: StageKey,
    /// Whether the app was named for this run, and therefore is certainly intended.
    pub(crate) app_is_named: bool,
    pub(crate) deployer: Deployer,
    /// The folder that contains the seeds, if it is not the package's folder at compile time.
    pub(crate) seeds: Option<PathBuf>,
    /// How long to wait for another deploy's lock.
    pub(crate) lock_timeout: Duration,
    pub(crate) adopt: bool,
    pub(crate) renew: bool,
    pub(crate) refresh: bool,
    /// Whether to compare every declared key with the account.
    pub(crate) drift: bool,
    /// Whether to write again what others changed or removed.
    pub(crate) repair: bool,
    pub(crate) delete_data: bool,
    /// Whether to take over what other programs deployed.
    pub(crate) take_over: bool,
    /// The ids to work on; empty for all.
    pub(crate) only: Vec<String>,
    pub(crate) jobs: usize,
    /// The folder of private files on this machine.
    pub(crate) private_folder: PathBuf,
    /// Whether to save what is overwritten or deleted.
    pub(crate) keep_undo: bool,
    /// Whether a plan includes the changes of values.
    pub(crate) values: bool,
    /// The only plan that may be applied.
    pub(crate) saved: Option<SavedPlan>,
    /// The most keys that may be written and deleted.
    pub(crate) max_writes: Option<u64>,
}

/// How many bulk requests are in flight by default. With a server that responds at once,
/// `benchmarks/deploy` finds no difference between 1 and 4, and more are slower. Over a network, 4 hide the
/// latency. Each can have a body of 100 MB.
const DEFAULT_JOBS: usize = 4;

impl Options {
    pub(crate) fn new(stage: StageKey, deployer: Deployer) -> Self {
        Self {
            stage,
            app_is_named: false,
            deployer,
            seeds: None,
            lock_timeout: Duration::ZERO,
            adopt: false,
            renew: false,
            refresh: true,
            drift: false,
            repair: false,
            delete_data: false,
            take_over: false,
            only: Vec::new(),
            jobs: DEFAULT_JOBS,
            private_folder: PathBuf::new(),
            keep_undo: false,
            values: false,
            saved: None,
            max_writes: None,
        }
    }

    /// Whether to work on a namespace.
    pub(super) fn covers(&self, id: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == id)
    }
}
