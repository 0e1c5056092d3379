//! What the arguments mean to the engine.

use super::args::{Args, Command};
use super::error::CliError;
use crate::declaration::Declaration;
use crate::engine::{DeployError, Options, Target, root};
use crate::state::StageKey;

/// How to run the command that was given, on a stage.
pub(super) fn options(
    args: &Args,
    declarations: &[&'static Declaration],
    stage: &str,
) -> Result<Options, CliError> {
    let package = declarations.first().map_or("app", |declaration| declaration.package);
    let app = args.app.clone().unwrap_or_else(|| package.to_lowercase());
    let mut options = Options::new(StageKey::new(&app, stage).map_err(DeployError::from)?);
    if let Some(folder) = &args.local {
        options.target = Target::Local(folder.clone());
    }
    if let Some(url) = &args.state {
        options.state = Some(crate::state::open(url, &root(declarations))?);
    }
    options.adopt = args.adopt;
    options.renew = args.renew;
    options.refresh = !args.no_refresh;
    options.drift = matches!(args.command, Some(Command::Plan { refresh: true, .. }));
    options.repair = args.repair;
    options.delete_data = args.delete_data;
    options.only.clone_from(&args.only);
    options.prune = true;
    options.jobs = args.jobs.into();
    Ok(options)
}
