//! What can be said on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};

use crate::base::env::optional;
use crate::deploy::DEFAULT_STAGE;
use crate::engine::DEFAULT_JOBS;

const LONG_ABOUT: &str = "Deploys the Workers KV namespaces that this package declares.\n\n\
    Credentials come from the declarations, then from CLOUDFLARE_API_TOKEN, or CLOUDFLARE_API_KEY \
    with CLOUDFLARE_EMAIL; the account from CLOUDFLARE_ACCOUNT_ID, else it is looked up.";

/// Deploys the Workers KV namespaces that this package declares.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(
    version,
    max_term_width = 100,
    long_about = LONG_ABOUT,
    after_help = "Exit codes: 0 done, 1 failed, 2 the plan has changes (plan --detailed-exitcode), \
        130 interrupted."
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,

    /// The stage to work on [default: `KV_STAGE`, else dev]
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) stage: Option<String>,

    /// The app to which the stage belongs [default: `KV_APP`, else the package's name]
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) app: Option<String>,

    /// Work on this machine instead of Cloudflare: on the files that `wrangler dev` reads
    #[arg(
        long, global = true, value_name = "FOLDER", num_args = 0..=1, require_equals = true,
        default_missing_value = ".wrangler/state"
    )]
    pub(super) local: Option<PathBuf>,

    /// deploy: write each binding and its id into wrangler's configuration; plan: say what would be
    /// written
    ///
    /// Without PATH, the file is the wrangler.toml, wrangler.json or wrangler.jsonc of the package,
    /// else of the nearest folder up to its workspace. The bindings of the stage dev are at the top
    /// level, unless there is an environment of that name; those of other stages are in the
    /// environment that has the stage's name. With --local the id is written as `preview_id`, which
    /// `wrangler dev` prefers and `wrangler deploy` ignores. Nothing else in the file changes.
    #[expect(clippy::option_option, reason = "with and without a value")]
    #[arg(long, global = true, value_name = "PATH", num_args = 0..=1, require_equals = true)]
    pub(super) wrangler: Option<Option<PathBuf>>,

    /// Where the state is kept [default: .kv beside the package's Cargo.toml, `file:.kv`]
    ///
    /// `KV_STATE` names it as well, but not for --local, whose state is beside its files.
    #[arg(long, global = true, value_name = "URL")]
    pub(super) state: Option<String>,

    /// The package's folder, for a program that runs away from its sources [default: where it was
    /// compiled]
    ///
    /// The files of `..file` and `..dir` are read from there, the state and wrangler's configuration
    /// are looked for there.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(super) root: Option<PathBuf>,

    /// Work on this namespace only; can be given several times
    #[arg(long, global = true, value_name = "ID")]
    pub(super) only: Vec<String>,

    /// Do not ask; where there is no terminal to ask on, a plan that changes something needs it
    #[arg(long, short, global = true)]
    pub(super) yes: bool,

    /// Wait so long for another deploy of the stage, for example 60s or 5m
    #[arg(long, global = true, value_name = "TIME", default_value = "0s", value_parser = parse_time)]
    pub(super) lock_timeout: Duration,

    /// deploy, destroy, plan: take over what other programs of the app deployed
    #[arg(long, global = true)]
    pub(super) take_over: bool,

    /// deploy, plan: take over namespaces that already have a declared title
    #[arg(long, global = true)]
    pub(super) adopt: bool,

    /// deploy, plan: write keys with a time to live again, so that it begins anew
    #[arg(long, global = true)]
    pub(super) renew: bool,

    /// deploy, plan: compare every declared key with the account and write again what others changed
    #[arg(long, global = true)]
    pub(super) repair: bool,

    /// deploy, plan: believe the state instead of looking at each namespace
    #[arg(long, global = true)]
    pub(super) no_refresh: bool,

    /// deploy, destroy: delete namespaces even with keys that are not this tool's
    #[arg(long, global = true)]
    pub(super) delete_data: bool,

    /// deploy: how many bulk requests are in flight
    #[arg(
        long, global = true, value_name = "N", default_value_t = DEFAULT_JOBS as u8,
        value_parser = clap::value_parser!(u8).range(1..=64)
    )]
    pub(super) jobs: u8,

    /// How plans and results are printed; json and markdown go to stdout, all else to stderr
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,

    /// Say nothing but errors
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,

    /// Say what is requested; twice: all there is to say
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,

    /// Whether to use colors
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the plan, ask, and apply it (the default)
    Deploy,
    /// Show what a deploy would do, and change nothing
    Plan {
        /// Compare every declared key with the account, and show what others changed or removed
        #[arg(long, conflicts_with = "no_refresh")]
        refresh: bool,
        /// Exit with 2 when there are changes, or with --refresh drift
        #[arg(long)]
        detailed_exitcode: bool,
        /// Fail when wrangler's configuration is out of date; implies --wrangler
        #[arg(long)]
        check: bool,
    },
    /// Delete what was created; adopted namespaces and those with `delete: false` stay
    Destroy {
        /// Succeed when nothing was ever deployed to the stage
        #[arg(long)]
        if_exists: bool,
    },
    /// Show what is deployed, stage by stage
    Status {
        /// Ask the API whether it is still there as it was written
        #[arg(long)]
        refresh: bool,
    },
    /// Take an existing namespace into the state
    Import {
        /// The id in the declarations, and Cloudflare's id of the namespace
        #[arg(value_name = "ID=NAMESPACE_ID", required = true, value_parser = parse_import)]
        imports: Vec<(String, String)>,
    },
    /// Release the lock that a dead deploy holds
    Unlock,
}

/// How plans and results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    Markdown,
}

/// Whether to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

impl Args {
    /// Takes what is not said from the environment. A variable that is empty says nothing, as one of
    /// CI that has no value.
    pub(super) fn or_environment(mut self) -> Self {
        self.stage = self.stage.or_else(|| optional("KV_STAGE"));
        self.app = self.app.or_else(|| optional("KV_APP"));
        if self.local.is_none() {
            self.state = self.state.or_else(|| optional("KV_STATE"));
        }
        self
    }

    pub(super) fn stage(&self) -> &str {
        self.stage.as_deref().unwrap_or(DEFAULT_STAGE)
    }
}

fn parse_time(text: &str) -> Result<Duration, String> {
    let seconds = kv_rules::read_duration(text).ok_or("write a time such as 60s or 5m")?;
    let seconds = u64::try_from(seconds).map_err(|_| "a time cannot be negative")?;
    Ok(Duration::from_secs(seconds))
}

fn parse_import(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((id, namespace_id)) if !id.is_empty() && !namespace_id.is_empty() => {
            Ok((id.to_owned(), namespace_id.to_owned()))
        }
        _ => Err("write ID=NAMESPACE_ID, for example sessions=0123456789abcdef0123456789abcdef"
            .to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }
}
