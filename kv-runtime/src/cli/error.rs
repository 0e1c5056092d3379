//! Why a command failed.

use std::io;
use std::path::PathBuf;

use crate::base::chain::chain;
use crate::engine::DeployError;
use crate::state::StateError;
use crate::wrangler::WranglerError;

#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Deploy(#[from] DeployError),
    #[error(transparent)]
    NothingToDestroy(DeployError),
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error("{}: {what}", path.display())]
    EnvFile { path: PathBuf, what: String },
    #[error("`-` is not supported here: {0}")]
    NoStream(&'static str),
    #[error("`whoami` calls Cloudflare's API, which a deploy to this machine does not use")]
    NoLogin,
    #[error("{0} before the command works only with `deploy` and `plan`")]
    Misplaced(&'static str),
    #[error("{} is an export of the namespace {of:?}, not of {id:?}", path.display())]
    OtherNamespace { path: PathBuf, of: String, id: String },
    #[error("--root {}: there is no such folder", .0.display())]
    NoFolder(PathBuf),
    #[error("no Cloudflare credentials")]
    Anonymous,
    #[error("{}", each_on_a_line(.0))]
    TypesOutOfDate(Vec<(PathBuf, &'static str)>),
    #[error("{} was not written by `types`", .0.display())]
    OtherFile(PathBuf),
    #[error("{} is given for TypeScript and for JSON Schema", .0.display())]
    OneFile(PathBuf),
    #[error("no source to write a declaration from was given")]
    NothingToInit,
    #[error("{} already exists", .0.display())]
    Exists(PathBuf),
    #[error("{} has no KV namespace bindings", .0.display())]
    NoBindings(PathBuf),
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot write to stdout")]
    Stdout(#[source] io::Error),
    #[error(transparent)]
    Wrangler(#[from] WranglerError),
    #[error("{} is out of date: {}", path.display(), bindings.join(", "))]
    OutOfDate { path: PathBuf, bindings: Vec<String> },
}

fn each_on_a_line(files: &[(PathBuf, &str)]) -> String {
    let lines = files.iter().map(|(path, what)| format!("{} {what}", path.display()));
    lines.collect::<Vec<_>>().join("\n  ")
}

impl From<StateError> for CliError {
    fn from(error: StateError) -> Self {
        Self::Deploy(error.into())
    }
}

impl CliError {
    /// The causes of the error, outermost first. A transparent error and its source count as one.
    pub(super) fn causes(&self) -> Vec<String> {
        chain(self).skip(1).map(ToString::to_string).collect()
    }
}
