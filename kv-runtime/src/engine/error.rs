//! Errors of a deploy.

use std::fmt;
use std::path::PathBuf;

use super::plan::PlanAccount;
use super::remote::{RemoteError, RemoteErrorKind};
use crate::base::Interrupted;
use crate::data::{DataError, SelectionError};
use crate::raw::{CircularListing, RawError};
use crate::state::{Server, StateError};

/// A mistake in a declaration that is found only when it is deployed.
///
/// ```no_run
/// use kv_runtime::DeployError;
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// if let Err(DeployError::Resolve(problems)) = Notes::deploy().plan().await {
///     for problem in problems {
///         println!("{}: {}", problem.namespace, problem.what);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The namespace's id; several ids, with commas, if they have the same problem.
    pub namespace: String,
    /// The key, if the problem is about one.
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

/// The state has none of the namespaces that the program declares.
///
/// ```no_run
/// use kv_runtime::DeployError;
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// if let Err(DeployError::OtherNamespaces(other)) = Notes::deploy().await {
///     println!("the state of {}/{} is of another program", other.app, other.stage);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[error(
    "the state of {app}/{stage} has none of this program's namespaces: the state has {}, but {program} declares {}",
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
    /// The old and the new id, if one namespace looks like it was renamed.
    pub renamed: Option<(String, String)>,
}

/// Why a deploy failed. The state is always correct, and running the deploy again continues from there.
///
/// ```no_run
/// use kv_runtime::DeployError;
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// match Notes::deploy().stage("prod").await {
///     Ok(deployed) => println!("{} keys", deployed.keys),
///     Err(error @ DeployError::NoCredentials) => println!("{error}; {:?}", error.help()),
///     Err(error) => return Err(error.into()),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// The declarations cannot be deployed as they are; no request was sent.
    #[error("{}", list_problems(.0))]
    Resolve(Vec<Problem>),
    /// The name of the app or the stage is invalid.
    #[error("invalid app or stage")]
    Name(#[from] kv_rules::IdError),
    /// There are no credentials.
    #[error("no Cloudflare credentials")]
    NoCredentials,
    /// The credentials have access to no account.
    #[error("these credentials have no access to any account")]
    NoAccount,
    /// The credentials have access to several accounts, and none is configured.
    #[error("these credentials have access to {} accounts:{}", .0.len(), list_accounts(.0))]
    SeveralAccounts(Vec<PlanAccount>),
    /// According to the state, the namespace is in another account.
    #[error("`{id}` is deployed in the account {deployed}, but the account {wanted} is configured")]
    OtherAccount {
        /// The namespace's id.
        id: String,
        /// The account in the state.
        deployed: String,
        /// The configured account.
        wanted: String,
    },
    /// According to the state, the namespace is on another server.
    #[error("`{id}` is deployed {}, but this run works {}", show_server(*.deployed), show_server(*.wanted))]
    OtherServer {
        /// The namespace's id.
        id: String,
        /// The server in the state.
        deployed: Server,
        /// The server that this run works on.
        wanted: Server,
    },
    /// This program declares namespaces that it would leave to other programs.
    #[error("this program declares {}, but {} deploys {}: nothing was destroyed", list_ids(.ids), .deployers.join(" and "), if ids.len() == 1 { "it" } else { "them" })]
    LeftToOthers {
        /// The namespaces' ids.
        ids: Vec<String>,
        /// The programs that deploy them.
        deployers: Vec<String>,
    },
    /// A namespace that this deploy does not manage has the title.
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
    /// The namespace belongs to another id of this stage.
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
    /// A namespace that would be deleted contains keys that this tool did not write.
    #[error("`{id}` ({title:?}) contains {} that this tool did not write", count_keys(*undeclared))]
    UndeclaredKeys {
        /// The namespace's id.
        id: String,
        /// Its title.
        title: String,
        /// How many keys.
        undeclared: u64,
        /// The id of a namespace that would be created and looks like this one renamed.
        renamed_to: Option<String>,
    },
    /// Every namespace in the state would be removed, and others would be created.
    #[error(transparent)]
    OtherNamespaces(Box<OtherNamespaces>),
    /// The state belongs to another package with the same name.
    #[error(
        "the state of {app}/{stage} belongs to another package with the same name: it is deployed from {recorded}, but the repository of this package is {repository}"
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
    /// The app has no state, but the state of another app has the namespaces.
    #[error("the app {app:?} has no state, but {} in the state of the app {other:?}: {location}", if ids.len() == 1 { format!("`{}` is", ids[0]) } else { format!("{} are", list_ids(.ids)) })]
    OtherApp {
        /// The app.
        app: String,
        /// The app that has them.
        other: String,
        /// The ids.
        ids: Vec<String>,
        /// Where that state is kept.
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
        /// The known ids.
        known: Vec<String>,
    },
    /// The namespace is already in the state.
    #[error("{0} is already in the state")]
    Imported(String),
    /// The account has no namespace with Cloudflare's id.
    #[error("the account has no namespace {0}")]
    NoSuchNamespace(String),
    /// The plan was not applied, because the user did not agree to it.
    #[error("{}", if *.asked { "not applied: nothing was changed" } else { "this plan makes changes, and there is no terminal to ask on: nothing was changed" })]
    Declined {
        /// Whether the user was asked.
        asked: bool,
    },
    /// The pairs of a namespace could not be read or written.
    #[error("`{id}`: cannot {action}")]
    Store {
        /// The namespace's id.
        id: String,
        /// What was tried.
        action: &'static str,
        /// The store's error.
        source: RawError,
    },
    /// Work on pairs failed.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A pattern selects no keys.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// A command that works on one namespace was given several, or none.
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
    /// An address in the state is invalid.
    #[error("{0}")]
    Address(String),
    /// A saved plan cannot be used.
    #[error("{}: {what}", path.display())]
    SavedPlan {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A deploy would now do something else than the saved plan says.
    #[error(
        "the saved plan no longer applies: the declarations, the state or the account changed since it was saved"
    )]
    PlanChanged,
    /// A deploy with `--keep-undo` would delete a namespace that has keys.
    #[error("`{0}` would be destroyed with its keys, which --keep-undo cannot save")]
    CannotUndo(String),
    /// A namespace was changed after the deploy that would be undone.
    #[error("`{0}` was deployed or restored again after the deploy that would be undone")]
    DeployedSince(String),
    /// No deploy saved anything to undo.
    #[error("there is nothing to undo for {app}/{stage} on this machine")]
    NothingToUndo {
        /// The app.
        app: String,
        /// The stage.
        stage: String,
    },
    /// The plan writes more keys than allowed.
    #[error("this writes {}, but --max-writes allows {allowed}: nothing was changed", count_keys(*.writes))]
    TooManyWrites {
        /// How many keys would be written or deleted.
        writes: u64,
        /// How many are allowed.
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
    /// Information about the credentials or the account cannot be looked up.
    #[error("cannot discover {what}")]
    Discovery {
        /// What was looked up.
        what: &'static str,
        /// How it failed.
        source: RemoteError,
    },
    /// The API client cannot be created.
    #[error("cannot call the API")]
    Client(#[source] RemoteError),
    /// Cloudflare did not confirm some keys, even after several attempts.
    #[error("`{id}`: Cloudflare did not confirm {}: {}", count_keys(.keys.len() as u64), first_keys(.keys))]
    Unconfirmed {
        /// The namespace's id.
        id: String,
        /// The keys.
        keys: Vec<String>,
    },
    /// A namespace still exists after it was deleted.
    #[error("`{id}`: Cloudflare still returns the namespace {namespace_id} after it was deleted")]
    StillThere {
        /// The namespace's id.
        id: String,
        /// Cloudflare's id of it.
        namespace_id: String,
    },
    /// A namespace that had vanished exists again, before another was created in its place.
    #[error("`{id}`: the namespace {namespace_id}, which could not be found, exists again")]
    Reappeared {
        /// The namespace's id.
        id: String,
        /// Cloudflare's id of it.
        namespace_id: String,
    },
    /// A namespace that had vanished exists again, after another was created in its place.
    #[error(
        "`{id}`: the namespace {namespace_id} exists again, although {replacement} was created in its place"
    )]
    CameBack {
        /// The namespace's id.
        id: String,
        /// Cloudflare's id of the namespace that exists again.
        namespace_id: String,
        /// Cloudflare's id of the namespace that was created in its place.
        replacement: String,
    },
    /// A listing of keys goes in circles.
    #[error("`{id}`: cannot list the keys")]
    CircularListing {
        /// The namespace's id.
        id: String,
        /// Why not.
        source: CircularListing,
    },
    /// The program was built without a required feature.
    #[error("this program was built without the feature `{feature}` of kv-runtime")]
    NotBuilt {
        /// The feature.
        feature: &'static str,
    },
    /// The local files cannot be used.
    #[error("cannot use the local files")]
    Local(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The state has none of these namespaces.
    #[error("not deployed yet: {}", .0.join(", "))]
    NotDeployed(Vec<String>),
    /// Two stages have no namespace in common.
    #[error("the stages {from:?} and {to:?} have no namespace in common")]
    NothingInCommon {
        /// The stage to copy from.
        from: String,
        /// The stage to copy to.
        to: String,
    },
    /// The deploy was interrupted.
    #[error("interrupted: what was done is in the state")]
    Interrupted,
}

fn add(problems: &mut Vec<Problem>, new: Problem) {
    let same = |known: &&mut Problem| known.key.is_none() && known.what == new.what;
    match problems.iter_mut().find(same).filter(|_| new.key.is_none()) {
        Some(known) => known.namespace = format!("{}, {}", known.namespace, new.namespace),
        None => problems.push(new),
    }
}

impl DeployError {
    /// Combines all results. Mistakes in declarations are reported together, before any other error; one
    /// that several namespaces have, as with a variable that all read, is reported once.
    pub(super) fn collect(results: impl Iterator<Item = Result<(), Self>>) -> Result<(), Self> {
        let (mut problems, mut other) = (Vec::new(), None);
        for error in results.filter_map(Result::err) {
            match error {
                Self::Resolve(more) => more.into_iter().for_each(|new| add(&mut problems, new)),
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
        return "; none of its stages has one".to_owned();
    }
    format!("; these stages have one: {}", stages.join(", "))
}

/// How many mistakes are listed. If a seed file does not match its type, every pair is a mistake.
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
