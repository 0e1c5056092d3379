//! Help for errors on the command line: the advice of the library, in terms of commands and flags.

use kv_rules::closest;

use super::error::CliError;
use crate::api::{ApiError, Fault};
use crate::engine::{DeployError, OtherNamespaces, RemoteError};
use crate::help::{is_passing, of_fault};
use crate::state::{Server, StateError};
use crate::wrangler::WranglerError;

/// The dashboard page that creates a token, with the required permission filled in.
const TOKEN_PAGE: &str = "https://dash.cloudflare.com/profile/api-tokens?permissionGroupKeys=%5B%7B%22key%22%3A%22workers_kv_storage%22%2C%22type%22%3A%22edit%22%7D%5D&accountId=*&zoneId=all&name=kv-deploy";

const AGAIN: &str = "run the same command again to continue where it stopped";

/// What to do next, if that is known.
pub(super) fn help(error: &CliError) -> Option<String> {
    match error {
        CliError::Deploy(error) => deploy(error),
        CliError::NothingToDestroy(_) => Some("nothing was changed; `status` lists what is deployed; `destroy --if-exists` succeeds if the stage has no state".to_owned()),
        CliError::OtherNamespace { .. } => Some("nothing was changed; restore it to the namespace that it was exported from; to restore it to another one anyway, remove the `.about` file next to it".to_owned()),
        CliError::Wrangler(error) => wrangler(error).map(str::to_owned),
        CliError::OutOfDate { .. } => Some("`deploy --wrangler` updates it".to_owned()),
        CliError::NoFolder(_) => Some("nothing was changed; pass the package's folder".to_owned()),
        CliError::Anonymous => Some(credentials("")),
        CliError::TypesOutOfDate(_) => Some("the same command without --check writes what it wrote before, and what does not exist".to_owned()),
        CliError::OtherFile(_) => Some("nothing was written; choose another path, or remove the file".to_owned()),
        CliError::OneFile(_) => Some("nothing was written; give each its own".to_owned()),
        CliError::NothingToInit => Some("say what to read: `init --from-wrangler` or `init --from-namespace ID`".to_owned()),
        CliError::Exists(_) => Some("nothing was changed; choose another file with --out, or print it with `--out -`".to_owned()),
        CliError::NoBindings(_) => Some("choose another configuration with --from-wrangler PATH, or a namespace with --from-namespace ID".to_owned()),
        CliError::Write { .. } => Some("pass a file that can be written, in a folder that exists, or `-` to print it".to_owned()),
        CliError::EnvFile { .. } => Some("no request was sent; write one `NAME=value` per line, and quote a value that contains spaces".to_owned()),
        CliError::NoStream(_) => Some("name a file".to_owned()),
        CliError::Misplaced(_) => Some("write it after the command, if the command accepts it".to_owned()),
        CliError::NoLogin => Some("leave out --local".to_owned()),
        CliError::Runtime(_) | CliError::Stdout(_) => None,
    }
}

/// How to set credentials; `more` is another way.
fn credentials(more: &str) -> String {
    format!(
        "set CLOUDFLARE_API_TOKEN (a token with the permission Workers KV Storage: Edit), or CLOUDFLARE_API_KEY with CLOUDFLARE_EMAIL, in the environment or in .env next to Cargo.toml; or log in with `wrangler login`{more}\n  create a token: {TOKEN_PAGE}"
    )
}

/// Where the pages of the guide to this version are.
pub(super) const GUIDE: &str =
    concat!("https://docs.rs/kv-runtime/", env!("CARGO_PKG_VERSION"), "/kv_runtime/guide/");

/// The page of the guide that explains what is behind an error, if one line of help cannot.
pub(super) fn page(error: &CliError) -> Option<&'static str> {
    match error {
        CliError::Deploy(error) => match error {
            DeployError::OtherNamespaces(_)
            | DeployError::OtherRepository { .. }
            | DeployError::OtherApp { .. }
            | DeployError::LeftToOthers { .. }
            | DeployError::UndeclaredKeys { renamed_to: Some(_), .. } => Some("stages"),
            DeployError::TitleExists { .. } => Some("coming_from"),
            DeployError::NoState { .. }
            | DeployError::OtherServer { .. }
            | DeployError::State(StateError::Damaged { .. } | StateError::Locked { .. }) => {
                Some("state")
            }
            _ => None,
        },
        CliError::Wrangler(_) => Some("workers"),
        _ => None,
    }
}

fn deploy(error: &DeployError) -> Option<String> {
    let help = match error {
        DeployError::NoCredentials => credentials("; `--local` deploys to this machine and needs no credentials"),
        DeployError::OtherAccount { .. } => "a namespace cannot move between accounts; configure the account that owns it, or deploy to the other account under another --stage".to_owned(),
        DeployError::TitleExists { id, namespace_id, .. } => format!("to take it over with its data, write `adopt: true` or pass --adopt; or `import {id}={namespace_id}`; otherwise choose another title"),
        DeployError::TitleTwice { .. } => "nothing was changed; rename one of them in the dashboard, or import the right one with `import ID=NAMESPACE_ID`".to_owned(),
        DeployError::NotDeployed(_) => "`status` shows what each stage has; `deploy`, the default command, creates what is declared".to_owned(),
        DeployError::UndeclaredKeys { id, renamed_to: Some(renamed), .. } => format!("nothing was changed; `{renamed}` looks like `{id}` renamed: write `was: {id:?}` in its declaration to keep the namespace and its data, or pass --delete-data to delete them"),
        DeployError::UndeclaredKeys { .. } => "nothing was changed; pass --delete-data to delete them as well, or write `delete: false` to keep the namespace".to_owned(),
        DeployError::OtherNamespaces(error) => {
            let OtherNamespaces { app, renamed, .. } = &**error;
            let renamed = renamed.as_ref().map_or_else(String::new, |(from, to)| {
                format!("if `{from}` was renamed to `{to}` in the code, keep its data with `was: {from:?}`; ")
            });
            format!("nothing was changed; {renamed}if this is another package, give it its own app with --app; to replace all of {app:?}, pass --take-over")
        }
        DeployError::OtherRepository { .. } => "nothing was changed; give this package its own app with --app, or its own state with --state; if it is the same package and its repository moved, pass --take-over".to_owned(),
        DeployError::OtherApp { app, other, .. } => format!("nothing was changed; to deploy them as the app {other:?}, pass --app {other}, set KV_APP={other} or call `.app({other:?})`; to deploy a second copy as {app:?}, name this app explicitly in the same way"),
        DeployError::NoState { stage, stages, .. } => {
            let meant = closest(stage, stages.iter().map(String::as_str));
            let meant = meant.map_or_else(String::new, |stage| format!("did you mean --stage {stage}? "));
            format!("{meant}`status` lists what is deployed; `deploy` creates a stage")
        }
        DeployError::UnknownId { id, known } => match closest(id, known.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean {meant:?}? `status` lists the ids"),
            None => "`status` lists the ids".to_owned(),
        },
        DeployError::Imported(_) => "`status` shows it; `plan` shows what a deploy would change".to_owned(),
        DeployError::NoSuchNamespace(_) => "copy the id from the dashboard or from `wrangler kv namespace list`".to_owned(),
        DeployError::Declined { asked: false } => "review the plan above; --yes applies it".to_owned(),
        DeployError::Reappeared { .. } => "run the same command again to continue with that namespace".to_owned(),
        DeployError::CameBack { .. } => "nothing was changed; in the dashboard, delete the one that you do not want, then run the command again".to_owned(),
        DeployError::State(error) => state(error),
        DeployError::Request { source, .. } | DeployError::Discovery { source, .. } | DeployError::Client(source) => return remote(source),
        DeployError::Unconfirmed { .. } | DeployError::Interrupted => AGAIN.to_owned(),
        DeployError::TooManyWrites { .. } => "nothing was changed; review the plan, then pass a larger --max-writes".to_owned(),
        DeployError::StillThere { .. } => "run the same command again in a minute; Cloudflare may need that long to show the deletion".to_owned(),
        DeployError::LeftToOthers { ids, .. } => format!("if this program was renamed, --take-over destroys them; otherwise remove {} from its list, or name the others with --only", if ids.len() == 1 { "it" } else { "them" }),
        DeployError::OtherServer { deployed: Server::ThisMachine, .. } => "the state belongs to a deploy with --local: choose another with --state, or deploy under another --stage".to_owned(),
        DeployError::OtherServer { .. } => "nothing was changed; set the base URL that it was deployed with, or deploy under another --stage; if the server moved, pass --take-over".to_owned(),
        error => return error.help(),
    };
    Some(help)
}

/// What to do about a failed request. A temporary fault is worth another run, which continues where this
/// one stopped.
fn remote(error: &RemoteError) -> Option<String> {
    let fault = error.get_ref().downcast_ref::<ApiError>()?.fault()?;
    let help = of_fault(fault);
    if is_passing(fault) {
        return Some(format!("{help}, then run it again to continue where it stopped"));
    }
    Some(match fault {
        Fault::TitleTaken => format!("{help} or `--adopt`"),
        Fault::NamespaceNotFound => {
            format!("{help}; a deploy without --no-refresh creates it again")
        }
        _ => help,
    })
}

fn state(error: &StateError) -> String {
    match error {
        StateError::Damaged { .. } => "nothing was changed; restore the file from a backup, or move it away and import each namespace again with `import ID=NAMESPACE_ID` or `deploy --adopt`".to_owned(),
        StateError::OtherStage { .. } => "nothing was changed; put the file back where it belongs, or choose the right store with --state".to_owned(),
        StateError::Locked { alive: true, .. } => "wait until the other deploy is done, or make this one wait with `--lock-timeout 60s`; the lock is released when that process exits".to_owned(),
        StateError::Locked { alive: false, .. } => "wait until the other deploy is done, or make this one wait with `--lock-timeout 60s`; if that process is gone, `unlock` releases its lock".to_owned(),
        StateError::LockLost { .. } => "run the command again to continue from the other deploy's state".to_owned(),
        StateError::Object { .. } => format!("{}, then run it again", error.help()),
        StateError::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => "free some disk space, then run it again: the state is written before each step, so nothing is lost".to_owned(),
        StateError::Io { .. } => "fix the path, or choose another with --state; the state is written before each step, so nothing is lost".to_owned(),
        error => error.help(),
    }
}

fn wrangler(error: &WranglerError) -> Option<&'static str> {
    match error {
        WranglerError::Missing(_) | WranglerError::Several(_) => Some("name it: --wrangler=PATH"),
        WranglerError::Content { .. } => Some("the file was not changed"),
        WranglerError::Format(_) | WranglerError::Io { .. } => None,
    }
}
