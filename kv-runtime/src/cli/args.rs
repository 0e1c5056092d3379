//! The arguments of the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};

use crate::base::env::optional;
use crate::deploy::DEFAULT_STAGE;

const LONG_ABOUT: &str = "Deploys the Workers KV namespaces that this package declares.\n\n\
    Credentials come from the declarations, then from CLOUDFLARE_API_TOKEN, or CLOUDFLARE_API_KEY \
    with CLOUDFLARE_EMAIL. The account comes from CLOUDFLARE_ACCOUNT_ID, or is looked up.";

/// Deploys the Workers KV namespaces that this package declares.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    long_about = LONG_ABOUT,
    subcommand_precedence_over_arg = true,
    after_help = "Exit codes: 0 done, 1 failed, 2 there are changes or findings (plan \
        --detailed-exitcode, plan --max-writes, audit), 130 interrupted."
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,

    #[command(flatten)]
    pub(super) place: PlaceArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,

    /// Do not ask; required without a terminal when the plan changes something
    #[arg(long, short, global = true)]
    pub(super) yes: bool,

    /// The flags of the default command.
    #[command(flatten)]
    pub(super) deploy: DeployArgs,
}

/// Where a command works.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Where")]
pub(super) struct PlaceArgs {
    /// The stage to work on [default: `KV_STAGE`, else dev]
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) stage: Option<String>,

    /// The app to which the stage belongs [default: `KV_APP`, else the package's name]
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) app: Option<String>,

    /// Work on this machine instead of Cloudflare, on the files that `wrangler dev` reads
    #[arg(
        long, global = true, value_name = "FOLDER", num_args = 0..=1, require_equals = true,
        default_missing_value = ".wrangler/state"
    )]
    pub(super) local: Option<PathBuf>,

    /// Where the state is kept [default: .kv next to the package's Cargo.toml, `file:.kv`]
    ///
    /// `KV_STATE` sets it as well, except with --local, which keeps the state next to its files.
    #[arg(long, global = true, value_name = "URL")]
    pub(super) state: Option<String>,

    /// The package's folder, for a program that runs without its sources next to it [default: where it
    /// was compiled]
    ///
    /// The files of `..file` and `..dir`, the state and wrangler's configuration are looked up in it.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(super) root: Option<PathBuf>,

    /// Read variables that the environment does not set from this file; can be given several times
    ///
    /// The `.env` next to the package's Cargo.toml is always read.
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) env_file: Vec<PathBuf>,
}

/// What a command prints, and how.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// How plans and results are printed; json and markdown go to stdout, everything else to stderr
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,

    /// Print only errors
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,

    /// Print each request; twice: print everything
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,

    /// Whether to use colors
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the plan, ask, and apply it (the default)
    Deploy(DeployArgs),
    /// Show what a deploy would do, and change nothing
    Plan(PlanArgs),
    /// Delete what was created; adopted namespaces and those with `delete: false` stay
    Destroy(DestroyArgs),
    /// Show what is deployed, stage by stage
    Status {
        /// Ask the API whether it still exists as it was deployed
        #[arg(long)]
        refresh: bool,
        #[command(flatten)]
        jobs: JobsArgs,
    },
    /// Show which credentials and which account are used for Cloudflare's API
    Whoami,
    /// Write the types of the declared pairs for other languages; `-` for PATH prints them
    #[command(group(clap::ArgGroup::new("written").required(true).multiple(true)))]
    Types {
        /// The TypeScript file to write: for each namespace, its keys and a type for its binding, used as
        /// `const sessions = env.SESSIONS as SessionsNamespace`
        #[arg(long, value_name = "PATH", group = "written")]
        typescript: Option<PathBuf>,
        /// The JSON Schema to write: an object of the namespaces, each an object of its pairs
        #[arg(long, value_name = "PATH", group = "written")]
        json_schema: Option<PathBuf>,
        /// Write nothing, and fail if a file is out of date
        #[arg(long)]
        check: bool,
    },
    /// Import an existing namespace into the state
    Import {
        /// The id in the declarations, and Cloudflare's id of the namespace
        #[arg(value_name = "ID=NAMESPACE_ID", required = true, value_parser = parse_import)]
        imports: Vec<(String, String)>,
        #[command(flatten)]
        consent: ConsentArgs,
    },
    /// Release the lock that a dead deploy holds
    Unlock,
    /// Write the pairs of a namespace to a file that `restore`, `..file` and wrangler read
    Export(ExportArgs),
    /// Write the pairs of such a file to a namespace, after showing a plan and asking
    Restore {
        /// The namespace's id in the declarations
        id: String,
        /// The file, from `export` or for `wrangler kv bulk put`
        file: PathBuf,
        #[command(flatten)]
        consent: ConsentArgs,
        #[command(flatten)]
        jobs: JobsArgs,
    },
    /// Write the pairs of one stage to another, after showing a plan and asking
    Copy(CopyArgs),
    /// Read pairs and report those that do not match the types that this build declares for their keys
    Audit {
        /// The namespace's id in the declarations [default: all of them]
        id: Option<String>,
        /// Read only N randomly chosen pairs of each namespace
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        sample: Option<u32>,
        #[command(flatten)]
        jobs: JobsArgs,
    },
    /// Rewrite values of older types (`was: [...]`), after showing a plan and asking
    ///
    /// Metadata and expiration are kept. Each value is read again right before it is written. What an
    /// application writes between the two is lost, because Workers KV has no compare-and-swap.
    Migrate {
        /// The namespace's id in the declarations [default: all of them]
        id: Option<String>,
        #[command(flatten)]
        consent: ConsentArgs,
        #[command(flatten)]
        jobs: JobsArgs,
    },
    /// Restore what the last deploy overwrote or deleted, if it ran with --keep-undo
    Undo {
        #[command(flatten)]
        consent: ConsentArgs,
        #[command(flatten)]
        jobs: JobsArgs,
    },
    /// Show the state, or change what no declaration can express
    State {
        #[command(subcommand)]
        command: StateCommand,
    },
    /// Write a first declaration of existing namespaces
    Init(InitArgs),
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum StateCommand {
    /// List the namespaces in the stage's state, without sending a request
    List,
    /// Change the id of a namespace in the state, or move it to another app's state
    Mv {
        /// Its id; APP/ID for another app, or APP/ for all namespaces of the app
        #[arg(value_name = "FROM")]
        from: String,
        /// Its new id; APP/ID or APP/
        #[arg(value_name = "TO")]
        to: String,
    },
    /// Forget a namespace; it stays at Cloudflare with its data
    Rm {
        /// Its id
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
    },
}

/// Limits on what a change may do.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct ConsentArgs {
    /// How long to wait for another deploy of the stage, for example 60s or 5m
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) lock_timeout: Option<Duration>,

    /// Refuse to write and delete more than N keys
    #[arg(long, value_name = "N")]
    pub(super) max_writes: Option<u64>,
}

/// How many requests run at once.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct JobsArgs {
    /// How many requests are in flight at once [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(super) jobs: Option<u8>,
}

/// What a plan depends on.
#[derive(Debug, Clone, Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct ChangeArgs {
    /// Work on this namespace only; can be given several times
    #[arg(long, value_name = "ID")]
    pub(super) only: Vec<String>,

    /// Take over what other programs of the app deployed
    #[arg(long)]
    pub(super) take_over: bool,

    /// Take over namespaces that already have a declared title
    #[arg(long)]
    pub(super) adopt: bool,

    /// Write keys with a TTL again, so that the TTL starts over
    #[arg(long)]
    pub(super) renew: bool,

    /// Compare every declared key with the account, and rewrite those that others changed
    #[arg(long)]
    pub(super) repair: bool,

    /// Trust the state instead of checking each namespace
    #[arg(long)]
    pub(super) no_refresh: bool,

    /// Delete namespaces even if they contain keys that this tool did not write
    #[arg(long)]
    pub(super) delete_data: bool,

    #[command(flatten)]
    pub(super) wrangler: WranglerArgs,

    #[command(flatten)]
    pub(super) jobs: JobsArgs,
}

/// How wrangler's configuration is used.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct WranglerArgs {
    /// deploy: write each binding and its id to wrangler's configuration; plan: show what would be
    /// written; destroy: remove the bindings of destroyed namespaces
    ///
    /// Without PATH, the file is the wrangler.toml, wrangler.json or wrangler.jsonc of the package,
    /// or of the nearest folder above it, up to its workspace. The bindings of the stage dev are at the
    /// top level, unless there is an environment named dev. Those of any other stage are in the
    /// environment with the stage's name, or in `previews` if the file has it. With --local the id is
    /// written as `preview_id`, which `wrangler dev` prefers and `wrangler deploy` ignores. Nothing else
    /// in the file changes.
    #[expect(clippy::option_option, reason = "with and without a value")]
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true)]
    pub(super) wrangler: Option<Option<PathBuf>>,

    /// With --wrangler, write the bindings of Worker Previews, in the block `previews`
    ///
    /// If the configuration already has this block, no flag is needed: the bindings of a stage that is
    /// neither dev nor an environment go there. Previews run at Cloudflare, so this does not go with
    /// --local, which uses the environment with the stage's name.
    #[arg(long, conflicts_with = "local")]
    pub(super) wrangler_previews: bool,
}

#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct DeployArgs {
    #[command(flatten)]
    pub(super) consent: ConsentArgs,

    #[command(flatten)]
    pub(super) change: ChangeArgs,

    /// Apply exactly the plan that `plan --out FILE` saved, or nothing if the plan would now differ
    #[arg(long, value_name = "FILE")]
    pub(super) plan: Option<PathBuf>,

    /// Save what is overwritten or deleted to a private file, for `undo`
    #[arg(long)]
    pub(super) keep_undo: bool,
}

#[derive(Debug, Clone, Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) change: ChangeArgs,

    /// Compare every declared key with the account, and show what others changed or removed
    #[arg(long, conflicts_with = "no_refresh")]
    pub(super) refresh: bool,

    /// Exit with 2 if there are changes or, with --refresh, drift
    #[arg(long)]
    pub(super) detailed_exitcode: bool,

    /// Fail if wrangler's configuration is out of date; implies --wrangler
    #[arg(long)]
    pub(super) check: bool,

    /// Show old and new values; old values are read from the account, except those of `env(...)`, which
    /// are never read
    #[arg(long)]
    pub(super) values: bool,

    /// Save the plan, for `deploy --plan FILE`
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,

    /// Exit with 2 if more than N keys would be written and deleted
    #[arg(long, value_name = "N")]
    pub(super) max_writes: Option<u64>,
}

#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct DestroyArgs {
    #[command(flatten)]
    pub(super) consent: ConsentArgs,

    /// Work on this namespace only; can be given several times
    #[arg(long, value_name = "ID")]
    pub(super) only: Vec<String>,

    /// Also destroy what other programs of the app deployed
    #[arg(long)]
    pub(super) take_over: bool,

    /// Delete namespaces even if they contain keys that this tool did not write
    #[arg(long)]
    pub(super) delete_data: bool,

    /// Succeed if nothing was ever deployed to the stage
    #[arg(long)]
    pub(super) if_exists: bool,

    #[command(flatten)]
    pub(super) wrangler: WranglerArgs,
}

#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct SelectArgs {
    /// Include only these keys: a family such as 'flag:{name}', or a key in which `*` matches any
    /// text; can be given several times
    #[arg(long, value_name = "PATTERN")]
    pub(super) family: Vec<String>,

    /// Exclude these keys, in the same form as --family
    #[arg(long, value_name = "PATTERN")]
    pub(super) except: Vec<String>,

    /// Include values declared by `env(...)`, which are left out by default
    #[arg(long)]
    pub(super) include_secrets: bool,
}

#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct ExportArgs {
    /// The namespace's id in the declarations [default: all, each to its own file]
    pub(super) id: Option<String>,

    #[command(flatten)]
    pub(super) select: SelectArgs,

    /// The file, `-` for stdout [default: named after id, stage and time]
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,

    #[command(flatten)]
    pub(super) jobs: JobsArgs,
}

#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct CopyArgs {
    /// The stage whose pairs are read
    #[arg(long, value_name = "STAGE")]
    pub(super) from: String,

    /// The stage whose namespaces the pairs are written to
    #[arg(long, value_name = "STAGE")]
    pub(super) to: String,

    /// Copy this namespace only; can be given several times
    #[arg(long, value_name = "ID")]
    pub(super) only: Vec<String>,

    #[command(flatten)]
    pub(super) select: SelectArgs,

    #[command(flatten)]
    pub(super) consent: ConsentArgs,

    #[command(flatten)]
    pub(super) jobs: JobsArgs,
}

#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct InitArgs {
    /// Declare the bindings, ids and environments of wrangler's configuration
    #[expect(clippy::option_option, reason = "with and without a value")]
    #[arg(long, value_name = "PATH", num_args = 0..=1)]
    pub(super) from_wrangler: Option<Option<PathBuf>>,

    /// Declare a namespace from its keys, by Cloudflare's id; families and types are guessed
    #[arg(long, value_name = "ID")]
    pub(super) from_namespace: Vec<String>,

    /// The file to write, `-` for stdout [default: src/kv.rs]
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,

    /// With --from-namespace: also export its pairs to this file, and declare the file as a seed
    #[arg(long, value_name = "FILE", requires = "from_namespace")]
    pub(super) seed: Option<PathBuf>,
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
    /// Fills in arguments that were not given from the environment. An empty variable counts as unset,
    /// because CI systems define variables without a value.
    pub(super) fn or_environment(mut self) -> Self {
        let place = &mut self.place;
        place.stage = place.stage.take().or_else(|| optional("KV_STAGE"));
        place.app = place.app.take().or_else(|| optional("KV_APP"));
        if place.local.is_none() {
            place.state = place.state.take().or_else(|| optional("KV_STATE"));
        }
        self
    }

    pub(super) fn stage(&self) -> &str {
        self.place.stage.as_deref().unwrap_or(DEFAULT_STAGE)
    }

    /// A flag that was given before the command, but that the command does not accept.
    pub(super) fn misplaced(&self) -> Option<&'static str> {
        let DeployArgs { change, plan, keep_undo, .. } = &self.deploy;
        let (plans, deploys) = match &self.command {
            None | Some(Command::Deploy(_)) => (true, true),
            Some(Command::Plan(_) | Command::Destroy(_)) => (true, false),
            Some(_) => (false, false),
        };
        let of_plans = [
            ("--adopt", change.adopt),
            ("--renew", change.renew),
            ("--repair", change.repair),
            ("--no-refresh", change.no_refresh),
            ("--delete-data", change.delete_data),
            ("--take-over", change.take_over),
        ];
        let of_deploys = [("--plan", plan.is_some()), ("--keep-undo", *keep_undo)];
        let plans = of_plans.into_iter().filter(|_| !plans);
        let mut all = plans.chain(of_deploys.into_iter().filter(|_| !deploys));
        all.find(|(_, is_given)| *is_given).map(|(flag, _)| flag)
    }

    /// The limits on changes; flags before the command count as well.
    pub(super) fn consent(&self) -> ConsentArgs {
        let before = &self.deploy.consent;
        let own = match &self.command {
            None => return before.clone(),
            Some(Command::Deploy(args)) => args.consent.clone(),
            Some(Command::Destroy(args)) => args.consent.clone(),
            Some(Command::Copy(args)) => args.consent.clone(),
            Some(
                Command::Import { consent, .. }
                | Command::Restore { consent, .. }
                | Command::Migrate { consent, .. }
                | Command::Undo { consent, .. },
            ) => consent.clone(),
            Some(Command::Plan(args)) => {
                ConsentArgs { max_writes: args.max_writes, lock_timeout: None }
            }
            Some(_) => ConsentArgs::default(),
        };
        ConsentArgs {
            lock_timeout: own.lock_timeout.or(before.lock_timeout),
            max_writes: own.max_writes.or(before.max_writes),
        }
    }

    /// What a plan depends on; flags before the command count as well.
    pub(super) fn change(&self) -> ChangeArgs {
        let before = &self.deploy.change;
        let own = match &self.command {
            None => return before.clone(),
            Some(Command::Deploy(args)) => args.change.clone(),
            Some(Command::Plan(args)) => args.change.clone(),
            Some(Command::Destroy(args)) => ChangeArgs {
                only: args.only.clone(),
                take_over: args.take_over,
                delete_data: args.delete_data,
                wrangler: args.wrangler.clone(),
                ..ChangeArgs::default()
            },
            Some(Command::Copy(CopyArgs { jobs, only, .. })) => {
                ChangeArgs { only: only.clone(), ..ChangeArgs::jobs(jobs) }
            }
            Some(
                Command::Export(ExportArgs { jobs, .. })
                | Command::Status { jobs, .. }
                | Command::Restore { jobs, .. }
                | Command::Audit { jobs, .. }
                | Command::Migrate { jobs, .. }
                | Command::Undo { jobs, .. },
            ) => ChangeArgs::jobs(jobs),
            Some(_) => ChangeArgs::default(),
        };
        ChangeArgs {
            only: if own.only.is_empty() { before.only.clone() } else { own.only },
            take_over: own.take_over || before.take_over,
            adopt: own.adopt || before.adopt,
            renew: own.renew || before.renew,
            repair: own.repair || before.repair,
            no_refresh: own.no_refresh || before.no_refresh,
            delete_data: own.delete_data || before.delete_data,
            wrangler: WranglerArgs {
                wrangler: own.wrangler.wrangler.or_else(|| before.wrangler.wrangler.clone()),
                wrangler_previews: own.wrangler.wrangler_previews
                    || before.wrangler.wrangler_previews,
            },
            jobs: JobsArgs { jobs: own.jobs.jobs.or(before.jobs.jobs) },
        }
    }
}

impl ChangeArgs {
    fn jobs(jobs: &JobsArgs) -> Self {
        Self { jobs: jobs.clone(), ..Self::default() }
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
