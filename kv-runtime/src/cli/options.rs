//! Turns the arguments into options for the engine.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::Package;
use super::args::{Args, Command};
use super::error::CliError;
use super::screen::Screen;
use super::wrangler_login;
use crate::base::RunContext;
use crate::deploy::{Setup, Target};
use crate::engine::{DeployError, Deployer, Options, Run, SavedPlan};
use crate::state::StageKey;
use crate::typed::Declaration;
use crate::wrangler::ConfigFile;

/// Creates the runs of a command, one for each stage.
pub(super) struct Runs<'a> {
    pub(super) args: &'a Args,
    pub(super) package: &'a Package,
    pub(super) declarations: &'a [&'static Declaration],
    pub(super) saved: Option<SavedPlan>,
    pub(super) screen: &'a Screen,
    pub(super) context: &'a RunContext,
    /// The token of wrangler's login; cached, because wrangler takes a second to print it.
    pub(super) login: OnceCell<Option<SecretString>>,
}

impl Runs<'_> {
    /// A run on a stage.
    pub(super) fn on(&self, stage: &str) -> Result<Run, CliError> {
        let Self { args, package, declarations, saved, context, .. } = self;
        let mut options = options(args, package, stage)?;
        if let Some(saved) = saved {
            saved.apply_to(&mut options);
            options.saved = Some(saved.clone());
        }
        for name in [options.stage.app(), options.stage.stage()] {
            context.redactor.spare(name);
        }
        let mut setup = self.setup(&options.deployer.root);
        if let Some(url) = &args.place.state {
            setup.state = Some(crate::state::open(url, &options.deployer.root)?);
        }
        Ok(setup.run(declarations, options, (*context).clone())?)
    }

    /// Where the command works, and with which credentials.
    pub(super) fn setup(&self, root: &Path) -> Setup {
        let Self { args, package, declarations, screen, context, login, .. } = self;
        let mut setup = Setup::default();
        if let Some(folder) = &args.place.local {
            setup.target = Target::Local(folder.clone());
        } else {
            if calls_the_api(args) {
                let token =
                    login.get_or_init(|| fallback_token(declarations, root, screen, context));
                setup.overrides.fallback_token.clone_from(token);
            }
            let config = ConfigFile::look(root).ok();
            setup.overrides.preferred_account = config.and_then(|path| ConfigFile::account(&path));
        }
        if let Some(retry) = package.retry {
            setup.retry = retry;
        }
        setup
    }
}

/// Whether a command calls the API.
fn calls_the_api(args: &Args) -> bool {
    !matches!(
        args.command,
        Some(
            Command::Unlock
                | Command::State { .. }
                | Command::Completions { .. }
                | Command::Status { refresh: false, .. }
        )
    )
}

/// The token of wrangler's login, if there are no other credentials.
fn fallback_token(
    declarations: &[&'static Declaration],
    root: &Path,
    screen: &Screen,
    context: &RunContext,
) -> Option<SecretString> {
    let says_itself =
        |d: &&'static Declaration| d.account.api_token.is_some() || d.account.api_key.is_some();
    let all_say = !declarations.is_empty() && declarations.iter().all(says_itself);
    if all_say || wrangler_login::has_credentials() {
        return None;
    }
    let token = wrangler_login::token(root)?;
    context.redactor.add(&token, "wrangler's token");
    screen.say("Using", "wrangler's login, because CLOUDFLARE_API_TOKEN is not set");
    Some(token.into())
}

fn options(args: &Args, package: &Package, stage: &str) -> Result<Options, CliError> {
    let app = args.place.app.as_deref().or(package.app);
    let app = app.map_or_else(|| package.name.to_lowercase(), str::to_owned);
    let stage = StageKey::new(&app, stage).map_err(DeployError::from)?;
    let binary = package.binary.unwrap_or(package.name);
    let deployer = Deployer {
        program: format!("{}/{binary}", package.name),
        repository: Some(package.repository.to_owned()).filter(|url| !url.is_empty()),
        root: root(args, package)?,
        lists_all: true,
    };
    let mut options = Options::new(stage, deployer);
    options.app_is_named = args.place.app.is_some();
    options.seeds.clone_from(&args.place.root);
    let (consent, change) = (args.consent(), args.change());
    options.lock_timeout = consent.lock_timeout.unwrap_or_default();
    options.max_writes = consent.max_writes;
    options.adopt = change.adopt;
    options.renew = change.renew;
    options.refresh = !change.no_refresh;
    options.drift = matches!(&args.command, Some(Command::Plan(plan)) if plan.refresh);
    options.repair = change.repair;
    options.delete_data = change.delete_data;
    options.take_over = change.take_over;
    options.only = change.only;
    options.values = matches!(&args.command, Some(Command::Plan(plan)) if plan.values);
    options.keep_undo = match &args.command {
        None => args.deploy.keep_undo,
        Some(Command::Deploy(deploy)) => deploy.keep_undo || args.deploy.keep_undo,
        Some(_) => false,
    };
    if let Some(jobs) = change.jobs.jobs {
        options.jobs = jobs.into();
    }
    Ok(options)
}

/// The saved plan to apply, if one was given.
pub(super) fn saved(args: &Args) -> Result<Option<SavedPlan>, CliError> {
    let path = match &args.command {
        None => args.deploy.plan.as_ref(),
        Some(Command::Deploy(deploy)) => deploy.plan.as_ref().or(args.deploy.plan.as_ref()),
        Some(_) => None,
    };
    let Some(path) = path else { return Ok(None) };
    let saved = SavedPlan::read(path)?;
    for (name, wanted, of_plan) in
        [("stage", &args.place.stage, &saved.stage), ("app", &args.place.app, &saved.app)]
    {
        if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != of_plan) {
            let what = format!("it is a plan for the {name} {of_plan:?}, not for {wanted:?}");
            return Err(DeployError::SavedPlan { path: path.clone(), what }.into());
        }
    }
    Ok(Some(saved))
}

/// The folder of the package, or the current folder if the program runs without its sources.
pub(super) fn root(args: &Args, package: &Package) -> Result<PathBuf, CliError> {
    if let Some(root) = &args.place.root {
        let is_folder = root.is_dir();
        return is_folder.then(|| root.clone()).ok_or_else(|| CliError::NoFolder(root.clone()));
    }
    let compiled = PathBuf::from(package.root);
    Ok(if compiled.is_dir() { compiled } else { PathBuf::from(".") })
}
