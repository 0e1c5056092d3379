//! Why a connection to an account failed.

use std::fmt;

use crate::api::{AccountInfo, ApiError};

/// Why a connection to an account failed. [`help`](Self::help) says what to do next.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// match Notes::at("0f2ac74b498b48028cb68387c421e279").await {
///     Ok(notes) => println!("{:?}", notes.note("1").get().await?),
///     Err(error) => eprintln!("{error}: {}", error.help().unwrap_or_default()),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// There are no credentials.
    #[error("no Cloudflare credentials")]
    NoCredentials,
    /// Settings of the caller, the declaration or the environment are invalid; all of them.
    #[error("{}", .0.join("; "))]
    Invalid(Vec<String>),
    /// The credentials see no account.
    #[error("these credentials see no account")]
    NoAccount,
    /// The credentials see several accounts, and none is chosen.
    #[error("these credentials see {} accounts:{}", .0.len(), List(.0))]
    SeveralAccounts(Vec<AccountInfo>),
    /// A setting that is missing could not be discovered.
    #[error("cannot discover {what}")]
    Discovery {
        /// What was looked for, and the variable that sets it.
        what: &'static str,
        /// The error from the API.
        source: ApiError,
    },
    /// The client cannot be created.
    #[error("cannot call the API")]
    Client(#[source] ApiError),
}

struct List<'a>(&'a [AccountInfo]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|AccountInfo { id, name }| write!(f, "\n  {id}  {name:?}"))
    }
}
