//! `--wrangler`: checks and updates wrangler's configuration.

use std::path::Path;

use super::args::{Args, Command, WranglerArgs};
use super::error::CliError;
use super::screen::Screen;
use crate::engine::{Action, DeployError, Deployed, Plan, check_bindings};
use crate::typed::Declaration;
use crate::wrangler::{Binding, ConfigFile, Field, Scope};

/// The folder in which `wrangler dev` keeps its files, next to its configuration.
const DEV_STATE: &str = ".wrangler/state";

/// The configuration to keep up to date, if any.
pub(super) fn config(args: &Args, root: &Path) -> Result<Option<ConfigFile>, CliError> {
    let field = if args.place.local.is_some() { Field::PreviewId } else { Field::Id };
    let WranglerArgs { wrangler, wrangler_previews: previews } = args.change().wrangler;
    let scope = Scope { stage: args.stage(), field, previews };
    Ok(match wrangler {
        Some(Some(path)) => Some(ConfigFile::at(path, scope)?),
        Some(None) => Some(ConfigFile::find(root, scope)?),
        None if checks(args) || previews => Some(ConfigFile::find(root, scope)?),
        None => None,
    })
}

/// The configuration to which namespaces are written, if any. It cannot bind two of them to one name.
pub(super) fn config_of(
    declarations: &[&'static Declaration],
    args: &Args,
    root: &Path,
) -> Result<Option<ConfigFile>, CliError> {
    let config = config(args, root)?;
    let problems = check_bindings(declarations);
    if config.is_some() && !problems.is_empty() {
        return Err(DeployError::Resolve(problems).into());
    }
    Ok(config)
}

fn checks(args: &Args) -> bool {
    matches!(&args.command, Some(Command::Plan(plan)) if plan.check)
}

/// Shows which bindings a deploy would update; with `--check`, fails if there are any.
pub(super) fn check(
    config: &ConfigFile,
    plan: &Plan,
    args: &Args,
    declarations: &[&'static Declaration],
    screen: &Screen,
) -> Result<(), CliError> {
    let mut known = Vec::new();
    let mut stale = Vec::new();
    for namespace in &plan.namespaces {
        let Some(declaration) = declarations.iter().find(|d| d.id == namespace.id) else {
            continue;
        };
        match &namespace.action {
            Action::Keep { namespace_id }
            | Action::Rename { namespace_id, .. }
            | Action::Adopt { namespace_id, .. }
            | Action::Resume { namespace_id: Some(namespace_id), .. } => {
                known.push(Binding { name: declaration.binding, id: namespace_id });
            }
            _ => stale.push(declaration.binding.to_owned()),
        }
    }
    stale.extend(config.stale(&known)?);
    let path = config.path();
    if stale.is_empty() {
        screen.say("Up to date", &path.display().to_string());
    } else if checks(args) {
        return Err(CliError::OutOfDate { path: path.to_owned(), bindings: stale });
    } else {
        screen.say("Out of date", &format!("{}: {}", path.display(), stale.join(", ")));
    }
    Ok(())
}

/// Writes the deployed namespaces to the configuration.
pub(super) fn update(
    config: &ConfigFile,
    deployed: &[Deployed],
    local: Option<&Path>,
    screen: &Screen,
) -> Result<(), CliError> {
    let bindings: Vec<_> =
        deployed.iter().map(|d| Binding { name: &d.binding, id: &d.namespace_id }).collect();
    let changed = config.update(&bindings)?;
    let path = config.path().display();
    if changed.is_empty() {
        screen.say("Up to date", &path.to_string());
    } else {
        screen.say("Updated", &format!("{path}{}: {}", place(config)?, changed.join(", ")));
    }
    let lacking = config.not_inherited()?;
    if !changed.is_empty() && !lacking.is_empty() {
        screen.warn(
            "Not inherited",
            &format!(
                "{path}: wrangler does not inherit everything from the top level, so add {} to this stage's block",
                lacking.join(", ")
            ),
        );
    }
    let remote = config.remote(&bindings)?;
    if !remote.is_empty() {
        screen.warn("Left", &format!("{path}: {}: with `remote`, `wrangler dev` uses the namespace at Cloudflare; remove `remote` to use what was deployed to this machine", remote.join(", ")));
    }
    if let Some(folder) = local.filter(|folder| !is_beside(config.path(), folder)) {
        screen.line(&format!(
            "\n`wrangler dev` keeps its files next to its configuration; to make it read these, run:\n  \
             npx wrangler dev --persist-to {}",
            folder.display()
        ));
    }
    Ok(())
}

/// Removes the bindings of destroyed namespaces from the configuration.
pub(super) fn remove(config: &ConfigFile, plan: &Plan, screen: &Screen) -> Result<(), CliError> {
    let ids = plan.namespaces.iter().filter_map(|namespace| match &namespace.action {
        Action::Destroy { namespace_id, .. } => Some(namespace_id.as_str()),
        _ => None,
    });
    let ids: Vec<_> = ids.collect();
    if ids.is_empty() {
        return Ok(());
    }
    let removed = config.remove(&ids)?;
    if !removed.is_empty() {
        let path = config.path().display();
        let place = place(config)?;
        screen.say("Updated", &format!("{path}{place}: removed {}", removed.join(", ")));
    }
    Ok(())
}

/// The block that is written, after the file's path; the top level needs no word.
fn place(config: &ConfigFile) -> Result<String, CliError> {
    let block = config.block()?;
    Ok(if block.is_empty() { String::new() } else { format!(", in `{block}`") })
}

/// Whether `wrangler dev` reads `folder` by default.
fn is_beside(config: &Path, folder: &Path) -> bool {
    let own = config.with_file_name(DEV_STATE);
    match (std::path::absolute(own), std::path::absolute(folder)) {
        (Ok(own), Ok(folder)) => own == folder,
        _ => false,
    }
}
