//! What the arguments mean to the engine.

use std::path::PathBuf;

use super::Package;
use super::args::{Args, Command};
use super::error::CliError;
use crate::engine::{DeployError, Deployer, Options, Target};
use crate::state::StageKey;

/// How to run the command that was given, on a stage.
pub(super) fn options(args: &Args, package: &Package, stage: &str) -> Result<Options, CliError> {
    let app = args.app.as_deref().or(package.app);
    let app = app.map_or_else(|| package.name.to_lowercase(), str::to_owned);
    let stage = StageKey::new(&app, stage).map_err(DeployError::from)?;
    let binary = package.binary.unwrap_or(package.name);
    let deployer = Deployer {
        program: format!("{}/{binary}", package.name),
        repository: Some(package.repository.to_owned()).filter(|url| !url.is_empty()),
        root: root(package),
        lists_all: true,
    };
    let mut options = Options::new(stage, deployer);
    options.app_is_named = args.app.is_some();
    if let Some(folder) = &args.local {
        options.target = Target::Local(folder.clone());
    }
    if let Some(url) = &args.state {
        options.state = Some(crate::state::open(url, &options.deployer.root)?);
    }
    options.lock_timeout = args.lock_timeout;
    options.adopt = args.adopt;
    options.renew = args.renew;
    options.refresh = !args.no_refresh;
    options.drift = matches!(args.command, Some(Command::Plan { refresh: true, .. }));
    options.repair = args.repair;
    options.delete_data = args.delete_data;
    options.take_over = args.take_over;
    options.only.clone_from(&args.only);
    options.jobs = args.jobs.into();
    if let Some(retry) = package.retry {
        options.retry = retry;
    }
    Ok(options)
}

/// The folder of the package, or the current one where the program runs without its sources.
pub(super) fn root(package: &Package) -> PathBuf {
    let root = PathBuf::from(package.root);
    if root.is_dir() { root } else { PathBuf::from(".") }
}
