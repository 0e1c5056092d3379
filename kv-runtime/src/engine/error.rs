//! Why a deploy cannot go on.

use std::fmt;
use std::path::PathBuf;

use super::plan::PlanAccount;
use super::remote::{RemoteError, RemoteErrorKind};
use crate::base::Interrupted;
use crate::data::{DataError, SelectionError};
use crate::raw::{CircularListing, RawError};
use crate::state::{Server, StateError};

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
    SeveralAccounts(Vec<PlanAccount>),
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
    /// The state has the namespace on another server.
    #[error("`{id}` is deployed {}, and this run works {}", show_server(*.deployed), show_server(*.wanted))]
    OtherServer {
        /// The namespace's id.
        id: String,
        /// Where the state has it.
        deployed: Server,
        /// Where the run works.
        wanted: Server,
    },
    /// This program declares namespaces that it would leave to others.
    #[error("this program declares {}, and {} deploys {}: nothing was destroyed", list_ids(.ids), .deployers.join(" and "), if ids.len() == 1 { "it" } else { "them" })]
    LeftToOthers {
        /// The namespaces' ids.
        ids: Vec<String>,
        /// The programs that deploy them.
        deployers: Vec<String>,
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
    /// A namespace that will be deleted holds keys that are not this tool's.
    #[error("`{id}` ({title:?}) contains {} that this tool did not write", count_keys(*undeclared))]
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
    #[error("{0} is already in the state")]
    Imported(String),
    /// The account has no namespace with Cloudflare's id.
    #[error("the account has no namespace {0}")]
    NoSuchNamespace(String),
    /// The plan was not applied, because it was not agreed to.
    #[error("{}", if *.asked { "not applied: nothing was changed" } else { "this plan changes something, and there is no terminal to ask on: nothing was changed" })]
    Declined {
        /// Whether anybody was asked.
        asked: bool,
    },
    /// The pairs of a namespace could not be read or written.
    #[error("`{id}`: cannot {action}")]
    Store {
        /// The namespace's id.
        id: String,
        /// What was tried.
        action: &'static str,
        /// What the store said.
        source: RawError,
    },
    /// Pairs could not be worked on.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A pattern selects no keys.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// A command for one namespace was given several, or none.
    #[error("this command works on one namespace, but there are {}: {}", .0.len(), list_ids(.0))]
    NotOne(Vec<String>),
    /// Two stages have the same namespace.
    #[error("`{id}`: both stages have the namespace {namespace_id}")]
    SameNamespace {
        /// The namespace's id in the declarations.
        id: String,
        /// Cloudflare's id of it.
        namespace_id: String,
    },
    /// What is addressed in the state.
    #[error("{0}")]
    Address(String),
    /// A plan that was saved cannot be used.
    #[error("{}: {what}", path.display())]
    SavedPlan {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// What would be done now is not what the plan says that was saved.
    #[error(
        "this is not the plan that was saved: the declarations, the state or the account changed since then"
    )]
    PlanChanged,
    /// A deploy that can be undone would delete a namespace that has keys.
    #[error("`{0}` would be destroyed with its keys, which --keep-undo does not keep")]
    CannotUndo(String),
    /// A namespace was changed after the deploy that is to be undone.
    #[error("`{0}` was deployed or restored again since: what was kept is older than that")]
    DeployedSince(String),
    /// No deploy kept anything to undo.
    #[error("nothing was kept to undo in {app}/{stage} on this machine")]
    NothingToUndo {
        /// The app.
        app: String,
        /// The stage.
        stage: String,
    },
    /// More would be written than was allowed.
    #[error("this writes {}, but --max-writes allows {allowed}: nothing was changed", count_keys(*.writes))]
    TooManyWrites {
        /// How many keys would be written or deleted.
        writes: u64,
        /// How many may be.
        allowed: u64,
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
        source: RemoteError,
    },
    /// Who the credentials are cannot be found out.
    #[error("cannot discover {what}")]
    Discovery {
        /// What was asked.
        what: &'static str,
        /// How it failed.
        source: RemoteError,
    },
    /// The client cannot be made.
    #[error("cannot call the API")]
    Client(#[source] RemoteError),
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
    #[error("`{id}`: the namespace {namespace_id}, which could not be found, exists again")]
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
    /// The program was built without what it takes to work there.
    #[error("this program was built without the feature `{feature}` of kv-runtime")]
    NotBuilt {
        /// The feature.
        feature: &'static str,
    },
    /// The local files cannot be used.
    #[error("cannot use the local files")]
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
    pub(super) fn request(id: &str, action: &'static str) -> impl Fn(RemoteError) -> Self {
        move |source| {
            if source.is(RemoteErrorKind::Interrupted) {
                return Self::Interrupted;
            }
            Self::Request { id: id.to_owned(), action, source }
        }
    }
}

impl From<Interrupted> for DeployError {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

fn show_server(server: Server) -> &'static str {
    match server {
        Server::Cloudflare => "at Cloudflare",
        Server::Other => "behind another base URL",
        Server::ThisMachine => "on this machine",
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

fn list_accounts(accounts: &[PlanAccount]) -> String {
    let line = |account: &PlanAccount| {
        format!("\n  {}  {:?}", account.id, account.name.as_deref().unwrap_or_default())
    };
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
