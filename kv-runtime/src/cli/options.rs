//! What the arguments mean.

use std::path::PathBuf;

use super::Package;
use super::args::{Args, Command};
use super::error::CliError;
use crate::base::RunContext;
use crate::deploy::{Setup, Target};
use crate::engine::{DeployError, Deployer, Options, Run};
use crate::state::StageKey;
use crate::typed::Declaration;

/// A run of the command that was given, on a stage.
pub(super) fn run(
    args: &Args,
    package: &Package,
    declarations: &[&'static Declaration],
    stage: &str,
    context: RunContext,
) -> Result<Run, CliError> {
    let options = options(args, package, stage)?;
    for name in [options.stage.app(), options.stage.stage()] {
        context.redactor.spare(name);
    }
    let mut setup = Setup::default();
    if let Some(folder) = &args.local {
        setup.target = Target::Local(folder.clone());
    }
    if let Some(url) = &args.state {
        setup.state = Some(crate::state::open(url, &options.deployer.root)?);
    }
    if let Some(retry) = package.retry {
        setup.retry = retry;
    }
    Ok(setup.run(declarations, options, context)?)
}

fn options(args: &Args, package: &Package, stage: &str) -> Result<Options, CliError> {
    let app = args.app.as_deref().or(package.app);
    let app = app.map_or_else(|| package.name.to_lowercase(), str::to_owned);
    let stage = StageKey::new(&app, stage).map_err(DeployError::from)?;
    let binary = package.binary.unwrap_or(package.name);
    let deployer = Deployer {
        program: format!("{}/{binary}", package.name),
        repository: Some(package.repository.to_owned()).filter(|url| !url.is_empty()),
        root: root(args, package),
        lists_all: true,
    };
    let mut options = Options::new(stage, deployer);
    options.app_is_named = args.app.is_some();
    options.seeds.clone_from(&args.root);
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
    Ok(options)
}

/// The folder of the package, or the current one where the program runs without its sources.
pub(super) fn root(args: &Args, package: &Package) -> PathBuf {
    let root = args.root.clone().unwrap_or_else(|| PathBuf::from(package.root));
    if root.is_dir() { root } else { PathBuf::from(".") }
}
