//! Why a deploy cannot go on, and what to do then.

use std::fmt;

use crate::api::{AccountInfo, ApiError};
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
    /// A namespace that is to be deleted holds keys that no declaration wrote.
    #[error("`{id}` ({title:?}) holds {} that no declaration wrote", count_keys(*.undeclared))]
    UndeclaredKeys {
        /// The namespace's id.
        id: String,
        /// Its title.
        title: String,
        /// How many keys.
        undeclared: u64,
    },
    /// `--only` names no namespace.
    #[error("no namespace has the id {0:?}")]
    UnknownId(String),
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
    /// The local server cannot be started.
    #[error("cannot start the local server")]
    Local(#[source] Box<dyn std::error::Error + Send + Sync>),
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
        move |source| Self::Request { id: id.to_owned(), action, source }
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
            Self::UndeclaredKeys { .. } => "nothing was changed; --delete-data deletes them as well; `delete: false` keeps the namespace".to_owned(),
            Self::UnknownId(_) => "`status` lists the ids".to_owned(),
            Self::State(error) => error.help(),
            Self::Request { source, .. } | Self::Discovery { source, .. } | Self::Client(source) => return source.help(),
            Self::Unconfirmed { .. } | Self::Interrupted => "run the same command again: it goes on with the rest".to_owned(),
            Self::StillThere { .. } => "run the same command again in a minute; Cloudflare may need that long to show it".to_owned(),
            Self::Name(_) | Self::Local(_) => return None,
        };
        Some(help)
    }
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
