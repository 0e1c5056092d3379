//! Why a deploy cannot go on, and what to do then.

use std::fmt;

use kv_rules::closest;

use crate::api::{AccountInfo, ApiError};
use crate::cursors::CircularListing;
use crate::interrupt::Interrupted;
use crate::state::StateError;

/// A mistake in a declaration that shows when it is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The namespace's id.
    pub namespace: String,
    /// The key, when it is about one.
    pub key: Option<String>,
    /// What is wrong and what to do.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{}, key {key:?}: {}", self.namespace, self.what),
            None => write!(f, "{}: {}", self.namespace, self.what),
        }
    }
}

/// A state that has none of the namespaces which a program declares.
#[derive(Debug, thiserror::Error)]
#[error(
    "the state of {app}/{stage} has none of this program's namespaces: it has {}, and {program} declares {}",
    list_ids(.recorded),
    list_ids(.declared)
)]
#[non_exhaustive]
pub struct OtherNamespaces {
    /// The app.
    pub app: String,
    /// The stage.
    pub stage: String,
    /// The program that deploys.
    pub program: String,
    /// The ids in the state.
    pub recorded: Vec<String>,
    /// The ids in the declarations.
    pub declared: Vec<String>,
    /// One that would go and one that would come, where these look like the same one renamed.
    pub renamed: Option<(String, String)>,
}

/// Why a deploy failed. Whatever it was, the state is right and running it again goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// The declarations cannot be deployed as they are; nothing was requested.
    #[error("{}", list_problems(.0))]
    Resolve(Vec<Problem>),
    /// The app or the stage cannot name a state.
    #[error("invalid app or stage")]
    Name(#[from] kv_rules::IdError),
    /// There is nothing to authenticate with.
    #[error("no Cloudflare credentials")]
    NoCredentials,
    /// The credentials see no account.
    #[error("these credentials see no account")]
    NoAccount,
    /// The credentials see several accounts, and none is named.
    #[error("these credentials see {} accounts:{}", .0.len(), list_accounts(.0))]
    SeveralAccounts(Vec<AccountInfo>),
    /// The state has the namespace in another account.
    #[error("`{id}` is deployed in the account {deployed}, but the account {wanted} is configured")]
    OtherAccount {
        /// The namespace's id.
        id: String,
        /// The account in the state.
        deployed: String,
        /// The account that is configured.
        wanted: String,
    },
    /// A namespace that is not this deploy's has the title.
    #[error("`{id}`: a namespace titled {title:?} already exists in the account: {namespace_id}")]
    TitleExists {
        /// The namespace's id in the declarations.
        id: String,
        /// The title.
        title: String,
        /// Cloudflare's id of the namespace that has it.
        namespace_id: String,
    },
    /// Another namespace of this stage has the title.
    #[error("`{id}`: the title {title:?} belongs to `{owner}` in the state of this stage")]
    TitleOwned {
        /// The namespace's id in the declarations.
        id: String,
        /// The title.
        title: String,
        /// The id of the namespace that has it.
        owner: String,
    },
    /// Another namespace of this stage is the one that was named.
    #[error("`{id}`: the namespace {namespace_id} belongs to `{owner}` in the state of this stage")]
    NamespaceOwned {
        /// The namespace's id in the declarations.
        id: String,
        /// Cloudflare's id of it.
        namespace_id: String,
        /// The id of the namespace that has it.
        owner: String,
    },
    /// Two namespaces of the account have the title.
    #[error("`{id}`: the account lists the title {title:?} twice: {}", ids.join(" and "))]
    TitleTwice {
        /// The namespace's id in the declarations.
        id: String,
        /// The title.
        title: String,
        /// Cloudflare's ids of the namespaces that have it.
        ids: Vec<String>,
    },
    /// A namespace that will be deleted holds keys that no declaration wrote.
    #[error("`{id}` ({title:?}) holds {} that no declaration wrote", count_keys(*.undeclared))]
    UndeclaredKeys {
        /// The namespace's id.
        id: String,
        /// Its title.
        title: String,
        /// How many keys.
        undeclared: u64,
        /// The id of a namespace that will be created, which looks like this one renamed.
        renamed_to: Option<String>,
    },
    /// Every namespace of the state would go, and others would come in their place.
    #[error(transparent)]
    OtherNamespaces(Box<OtherNamespaces>),
    /// The state is that of another package, which has the same name.
    #[error(
        "the state of {app}/{stage} is that of another package named like this one: it is deployed from {recorded}, and this one is {repository}"
    )]
    OtherRepository {
        /// The app.
        app: String,
        /// The stage.
        stage: String,
        /// The repository in the state.
        recorded: String,
        /// The repository of the package that deploys.
        repository: String,
    },
    /// The app has no state, and another app's has the namespaces.
    #[error("the app {app:?} has no state, and {} in the state of the app {other:?}: {location}", if ids.len() == 1 { format!("`{}` is", ids[0]) } else { format!("{} are", list_ids(.ids)) })]
    OtherApp {
        /// The app.
        app: String,
        /// The app that has them.
        other: String,
        /// The ids.
        ids: Vec<String>,
        /// Where that state lies.
        location: String,
    },
    /// Nothing was ever deployed to the stage.
    #[error("the stage {stage:?} of the app {app:?} has no state{}", list_stages(.stages))]
    NoState {
        /// The app.
        app: String,
        /// The stage.
        stage: String,
        /// The stages that have one.
        stages: Vec<String>,
    },
    /// No namespace has the id.
    #[error("no namespace has the id {id:?}")]
    UnknownId {
        /// The id.
        id: String,
        /// The ids there are.
        known: Vec<String>,
    },
    /// The namespace is in the state already.
    #[error("{0} is in the state already")]
    Imported(String),
    /// The account has no namespace with Cloudflare's id.
    #[error("the account has no namespace {0}")]
    NoSuchNamespace(String),
    /// The plan was not applied, because nobody agreed to it.
    #[error("{}", if *.asked { "not applied: nothing was changed" } else { "this plan changes something, and there is no terminal to ask on: nothing was changed" })]
    Declined {
        /// Whether anybody was asked.
        asked: bool,
    },
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// A request failed.
    #[error("`{id}`: cannot {action}")]
    Request {
        /// The namespace's id.
        id: String,
        /// What the request was for.
        action: &'static str,
        /// How it failed.
        source: ApiError,
    },
    /// Who the credentials are cannot be found out.
    #[error("cannot find out {what}")]
    Discovery {
        /// What was asked.
        what: &'static str,
        /// How it failed.
        source: ApiError,
    },
    /// The client cannot be made.
    #[error("cannot call the API")]
    Client(#[source] ApiError),
    /// Cloudflare did not confirm some keys, however often they were sent.
    #[error("`{id}`: Cloudflare did not confirm {}: {}", count_keys(.keys.len() as u64), first_keys(.keys))]
    Unconfirmed {
        /// The namespace's id.
        id: String,
        /// The keys.
        keys: Vec<String>,
    },
    /// A namespace is still there after it was deleted.
    #[error(
        "`{id}`: Cloudflare still answers with the namespace {namespace_id} after it was deleted"
    )]
    StillThere {
        /// The namespace's id.
        id: String,
        /// Cloudflare's id of it.
        namespace_id: String,
    },
    /// A namespace was to be created in the place of one that vanished, which came back.
    #[error("`{id}`: the namespace {namespace_id}, which was not to be found, is there again")]
    Reappeared {
        /// The namespace's id.
        id: String,
        /// Cloudflare's id of it.
        namespace_id: String,
    },
    /// A namespace that vanished came back after another was created in its place.
    #[error(
        "`{id}`: the namespace {namespace_id} came back after {replacement} was created in its place"
    )]
    CameBack {
        /// The namespace's id.
        id: String,
        /// Cloudflare's id of the one that came back.
        namespace_id: String,
        /// Cloudflare's id of the other.
        replacement: String,
    },
    /// A listing of keys does not end.
    #[error("`{id}`: cannot list the keys")]
    CircularListing {
        /// The namespace's id.
        id: String,
        /// Why not.
        source: CircularListing,
    },
    /// The local server cannot be started.
    #[error("cannot start the local server")]
    Local(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The deploy ended, and the state does not have the namespace.
    #[error("`{0}` was not deployed")]
    NotDeployed(String),
    /// The deploy was told to stop.
    #[error("interrupted: what was done is in the state")]
    Interrupted,
}

impl DeployError {
    /// Goes through all results: mistakes in declarations are reported together, before anything
    /// else.
    pub(super) fn collect(results: impl Iterator<Item = Result<(), Self>>) -> Result<(), Self> {
        let (mut problems, mut other) = (Vec::new(), None);
        for error in results.filter_map(Result::err) {
            match error {
                Self::Resolve(more) => problems.extend(more),
                error => {
                    other.get_or_insert(error);
                }
            }
        }
        match other {
            _ if !problems.is_empty() => Err(Self::Resolve(problems)),
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Wraps the failure of a request.
    pub(super) fn request(id: &str, action: &'static str) -> impl Fn(ApiError) -> Self {
        move |source| {
            if source.is_interrupted() {
                return Self::Interrupted;
            }
            Self::Request { id: id.to_owned(), action, source }
        }
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Resolve(_) => "nothing was requested or changed".to_owned(),
            Self::NoCredentials => "set CLOUDFLARE_API_TOKEN (a token with the permission Workers KV Storage: Edit), or CLOUDFLARE_API_KEY with CLOUDFLARE_EMAIL; `--local` deploys to this machine and needs neither".to_owned(),
            Self::NoAccount => "give the token Account Settings: Read, or name the account with CLOUDFLARE_ACCOUNT_ID".to_owned(),
            Self::SeveralAccounts(_) => "name one with CLOUDFLARE_ACCOUNT_ID or `accountId`".to_owned(),
            Self::OtherAccount { .. } => "a namespace cannot move; configure the account that has it, or deploy to the other account under another --stage".to_owned(),
            Self::TitleExists { id, namespace_id, .. } => format!("to take it over with its data, write `adopt: true` or pass --adopt; or `import {id}={namespace_id}`; else choose another title"),
            Self::TitleOwned { owner, .. } => format!("if this namespace was renamed in the code, keep its identity with `id: {owner:?}`; else choose another title"),
            Self::NamespaceOwned { owner, .. } => format!("nothing was changed; if it was renamed in the code, keep its identity with `id: {owner:?}`"),
            Self::TitleTwice { .. } => "nothing was changed; rename one of them in the dashboard, or take in the right one with `import ID=NAMESPACE_ID`".to_owned(),
            Self::UndeclaredKeys { id, renamed_to: Some(renamed), .. } => format!("nothing was changed; `{renamed}` looks like `{id}` renamed: with `id: {id:?}` in its declaration it keeps the namespace and its data; --delete-data deletes them"),
            Self::UndeclaredKeys { .. } => "nothing was changed; --delete-data deletes them as well; `delete: false` keeps the namespace".to_owned(),
            Self::OtherNamespaces(error) => {
                let OtherNamespaces { app, renamed, .. } = &**error;
                let renamed = renamed.as_ref().map_or_else(String::new, |(from, to)| {
                    format!("if `{from}` was renamed to `{to}` in the code, keep its data with `id: {from:?}`; ")
                });
                format!("nothing was changed; {renamed}if this is another package, give it an app of its own with --app; if all of {app:?} is to be replaced, pass --take-over")
            }
            Self::OtherRepository { .. } => "nothing was changed; give this package an app of its own with --app, or a state of its own with --state; if it is the same package and its repository moved, pass --take-over".to_owned(),
            Self::OtherApp { app, other, .. } => format!("nothing was changed; to deploy them as the app {other:?}, pass --app {other}, set KV_APP={other} or call `.app({other:?})`; to deploy them anew as {app:?} besides, name that app in the same way"),
            Self::NoState { stage, stages, .. } => {
                let meant = closest(stage, stages.iter().map(String::as_str));
                let meant = meant.map_or_else(String::new, |stage| format!("did you mean --stage {stage}? "));
                format!("{meant}`status` lists what is deployed; `destroy --if-exists` takes a stage without a state for destroyed")
            }
            Self::UnknownId { id, known } => match closest(id, known.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean {meant:?}? `status` lists the ids"),
                None => "`status` lists the ids".to_owned(),
            },
            Self::Imported(_) => "`status` shows it; `plan` shows what a deploy would change".to_owned(),
            Self::NoSuchNamespace(_) => "copy the id from the dashboard or from `wrangler kv namespace list`".to_owned(),
            Self::Declined { asked: false } => "look at the plan above; --yes applies it".to_owned(),
            Self::Reappeared { .. } => "run the same command again: it goes on with that namespace".to_owned(),
            Self::CameBack { .. } => "nothing was changed; delete the one that you do not want in the dashboard, then run it again".to_owned(),
            Self::CircularListing { .. } => "the answers come from something that is not Cloudflare's API: check the base URL and proxies in between".to_owned(),
            Self::State(error) => error.help(),
            Self::Request { source, .. } | Self::Discovery { source, .. } | Self::Client(source) => return source.help(),
            Self::Unconfirmed { .. } | Self::Interrupted => "run the same command again: it goes on with the rest".to_owned(),
            Self::StillThere { .. } => "run the same command again in a minute; Cloudflare may need that long to show it".to_owned(),
            Self::Name(_)
            | Self::Local(_)
            | Self::NotDeployed(_)
            | Self::Declined { asked: true } => return None,
        };
        Some(help)
    }
}

impl From<Interrupted> for DeployError {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

fn list_ids(ids: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<_> = ids.iter().take(SHOWN).map(|id| format!("`{id}`")).collect();
    match ids.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn list_stages(stages: &[String]) -> String {
    if stages.is_empty() {
        return "; no stage of it has".to_owned();
    }
    format!("; these have: {}", stages.join(", "))
}

/// How many mistakes are listed: a seed file of another type is wrong in each of its pairs.
const SHOWN_PROBLEMS: usize = 100;

fn list_problems(problems: &[Problem]) -> String {
    if let [problem] = problems {
        return problem.to_string();
    }
    let lines = problems.iter().take(SHOWN_PROBLEMS).map(|problem| format!("\n  - {problem}"));
    let lines: String = lines.collect();
    let more = match problems.len().saturating_sub(SHOWN_PROBLEMS) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    format!("{} mistakes:{lines}{more}", problems.len())
}

fn list_accounts(accounts: &[AccountInfo]) -> String {
    let line = |account: &AccountInfo| format!("\n  {}  {:?}", account.id, account.name);
    accounts.iter().map(line).collect()
}

fn count_keys(count: u64) -> String {
    if count == 1 { "1 key".to_owned() } else { format!("{count} keys") }
}

fn first_keys(keys: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<_> = keys.iter().take(SHOWN).map(|key| format!("{key:?}")).collect();
    let more = keys.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", shown.join(", "))
}
