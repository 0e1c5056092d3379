//! Why a command failed, and what to do then.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use crate::engine::DeployError;
use crate::state::StateError;
use crate::wrangler::WranglerError;

#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Deploy(#[from] DeployError),
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error("cannot write to stdout")]
    Stdout(#[source] io::Error),
    #[error("this plan deletes, and nobody can be asked")]
    NobodyToAsk,
    #[error("not applied: nothing was changed")]
    Declined,
    #[error("{0} is in the state already")]
    Imported(String),
    #[error("the account has no namespace {0}")]
    NoSuchNamespace(String),
    #[error(transparent)]
    Wrangler(#[from] WranglerError),
    #[error("{} is out of date: {}", path.display(), bindings.join(", "))]
    OutOfDate { path: PathBuf, bindings: Vec<String> },
}

impl From<StateError> for CliError {
    fn from(error: StateError) -> Self {
        Self::Deploy(error.into())
    }
}

impl CliError {
    pub(super) fn help(&self) -> Option<String> {
        match self {
            Self::Deploy(error) => error.help(),
            Self::NobodyToAsk => Some("look at the plan above; --yes applies it".to_owned()),
            Self::NoSuchNamespace(_) => Some(
                "copy the id from the dashboard or from `wrangler kv namespace list`".to_owned(),
            ),
            Self::Wrangler(error) => error.help().map(str::to_owned),
            Self::OutOfDate { .. } => Some("`deploy --wrangler` brings it up to date".to_owned()),
            Self::Imported(_) => {
                Some("`status` shows it; deploy brings it to what is declared".to_owned())
            }
            _ => None,
        }
    }

    /// What led to it, outermost first. A transparent error is one with its source.
    pub(super) fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut cause = self.source();
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        causes
    }
}
