//! Where states are kept: one document and one lock per app and stage.

use std::fmt;
use std::io::{self, Seek, Write};
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use kv_rules::Time;
use kv_rules::{IdError, check_id};
use serde::{Deserialize, Serialize};

use super::document::State;

/// Keeps one document and one lock for each stage of each app.
///
/// ```
/// use kv_runtime::state::{FileStateStore, StageKey, StateStore as _};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = std::env::temp_dir().join("kv-runtime-example");
/// let states = FileStateStore::new(folder);
/// let stage = StageKey::new("app", "nobody")?;
/// assert!(states.read(&stage).await?.is_none(), "nothing was deployed to it");
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait StateStore: fmt::Debug + Send + Sync {
    /// Where the document of a stage is, for messages.
    fn location(&self, stage: &StageKey) -> String;

    /// Reads the document of a stage, or `None` if nothing was deployed to it.
    async fn read(&self, stage: &StageKey) -> Result<Option<Vec<u8>>, StateError>;

    /// Acquires the lock of a stage without waiting, or says who holds it. A lock whose holder died is
    /// taken over.
    async fn lock(&self, stage: &StageKey, holder: &Holder) -> Result<Box<dyn Lock>, StateError>;

    /// The apps that can have a document, in order: the folders of the store.
    async fn apps(&self) -> Result<Vec<String>, StateError>;

    /// The stages of an app that have a document, in order.
    async fn stages(&self, app: &str) -> Result<Vec<String>, StateError>;

    /// Breaks the lock of a stage and returns who held it; `None` if it was not locked.
    async fn unlock(&self, stage: &StageKey) -> Result<Option<Holder>, StateError>;
}

/// A held lock: only its holder writes the document.
///
/// ```no_run
/// use kv_runtime::state::{Holder, StageKey, StateStore as _};
///
/// # async fn example(
/// #     states: kv_runtime::state::FileStateStore,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// let stage = StageKey::new("app", "dev")?;
/// let mut lock = states.lock(&stage, &Holder::this_process()).await?;
/// lock.write(b"{}".to_vec().into()).await?;
/// lock.release().await?;
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Lock: fmt::Debug + Send + Sync {
    /// Replaces the document as a whole: a reader sees the old one or the new one.
    async fn write(&mut self, document: Document) -> Result<(), StateError>;

    /// Releases the lock. If you drop it instead, it looks as if its holder had died.
    async fn release(self: Box<Self>) -> Result<(), StateError>;
}

/// A document to write: the state of a stage as JSON. It is made while it is written, because with
/// millions of keys it takes more memory than everything else.
///
/// ```
/// use kv_runtime::state::Document;
///
/// let document = Document::from(b"{}".to_vec());
/// assert_eq!(document.to_vec()?, b"{}");
/// # Ok::<(), kv_runtime::state::StateError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Document(Content);

#[derive(Debug, Clone)]
enum Content {
    State(Arc<State>),
    Text(Vec<u8>),
}

/// A document with this text, to test a store with.
impl From<Vec<u8>> for Document {
    fn from(text: Vec<u8>) -> Self {
        Self(Content::Text(text))
    }
}

impl Document {
    pub(super) fn new(state: &Arc<State>) -> Self {
        Self(Content::State(Arc::clone(state)))
    }

    /// Its text in one piece.
    pub fn to_vec(&self) -> Result<Vec<u8>, StateError> {
        match &self.0 {
            Content::State(state) => state.to_json(),
            Content::Text(text) => Ok(text.clone()),
        }
    }

    /// Writes its text from the start of `out`.
    pub(super) fn write_to(&self, out: &mut (impl Write + Seek)) -> io::Result<()> {
        match &self.0 {
            Content::State(state) => state.write_json(out),
            Content::Text(text) => out.write_all(text),
        }
    }
}

/// An app and one of its stages, which together name a document.
///
/// ```
/// use kv_runtime::state::StageKey;
///
/// let stage = StageKey::new("shop", "pr-7")?;
/// assert_eq!((stage.app(), stage.stage()), ("shop", "pr-7"));
/// assert!(StageKey::new("../shop", "dev").is_err());
/// # Ok::<(), kv_runtime::rules::IdError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageKey {
    app: String,
    stage: String,
}

impl StageKey {
    /// Creates the name of a document. Neither part can point outside the folder of the states.
    pub fn new(app: &str, stage: &str) -> Result<Self, IdError> {
        check_id(app)?;
        check_id(stage)?;
        Ok(Self { app: app.to_owned(), stage: stage.to_owned() })
    }

    /// The app.
    #[must_use]
    pub fn app(&self) -> &str {
        &self.app
    }

    /// The stage.
    #[must_use]
    pub fn stage(&self) -> &str {
        &self.stage
    }
}

/// Who holds a lock.
///
/// ```
/// use kv_runtime::state::Holder;
///
/// let holder = Holder::this_process();
/// assert_eq!(holder.pid, std::process::id());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The host on which the deploy runs.
    pub host: String,
    /// Its process id there.
    pub pid: u32,
    /// Since when.
    pub since: Time,
}

impl Holder {
    /// This process, from now on.
    #[must_use]
    pub fn this_process() -> Self {
        Self {
            host: gethostname::gethostname().to_string_lossy().into_owned(),
            pid: std::process::id(),
            since: Time::now(),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.escape_debug();
        write!(f, "process {} on {host} since {}", self.pid, self.since)
    }
}

/// Why a state cannot be read or written.
///
/// ```no_run
/// use kv_runtime::DeployError;
/// use kv_runtime::state::StateError;
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// if let Err(DeployError::State(StateError::Locked { holder, .. })) = Notes::deploy().await {
///     println!("another deploy runs: {holder:?}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The document was written by a newer version.
    #[error("{location} has format {found}, but this version reads formats up to {supported}")]
    Newer {
        /// Where the document lies.
        location: String,
        /// Its format.
        found: String,
        /// The newest format that this version reads.
        supported: u32,
    },
    /// The document has an older format than this version reads.
    #[error(
        "{location} has format {found}, older than {oldest}, the oldest that this version reads"
    )]
    Older {
        /// Where the document lies.
        location: String,
        /// Its format.
        found: String,
        /// The oldest format that this version reads.
        oldest: u32,
    },
    /// The document is not a state, or it was changed after it was written.
    #[error("{location} is damaged{}", if source.is_none() { ": its checksum does not match its content" } else { "" })]
    Damaged {
        /// Where the document lies.
        location: String,
        /// What is wrong with it; `None` if its checksum is.
        source: Option<serde_json::Error>,
    },
    /// The document is a symbolic link to a file that does not exist.
    #[error("{location} is a symbolic link to {}, which does not exist", target.display())]
    DanglingLink {
        /// Where the link is.
        location: String,
        /// The target of the link.
        target: PathBuf,
    },
    /// The document belongs to another app or stage.
    #[error("{location} is the state of {}, not of {expected}", found.escape_debug())]
    OtherStage {
        /// Where the document lies.
        location: String,
        /// The app and stage in the document.
        found: String,
        /// The expected app and stage.
        expected: String,
    },
    /// Another deploy is running.
    #[error("another deploy of {stage} is running: {}", holder.as_ref().map_or_else(|| "it has just started".to_owned(), ToString::to_string))]
    Locked {
        /// The stage.
        stage: String,
        /// Who holds the lock; `None` if it is just being acquired.
        holder: Option<Holder>,
        /// Whether the holder is certainly alive, because its lock would be released otherwise.
        alive: bool,
    },
    /// The object store would give the same lock to two holders, or overwrite another deploy's writes.
    #[error(
        "{url} does not honour conditional writes ({condition}), so it cannot prevent concurrent deploys"
    )]
    Unconditional {
        /// The store.
        url: String,
        /// The header that it ignores.
        condition: &'static str,
    },
    /// Another deploy took over the lock or wrote the document.
    #[error("{location} was changed by another deploy while this one held its lock")]
    LockLost {
        /// Where the document lies.
        location: String,
    },
    /// An object of the state cannot be used.
    #[error("cannot {action} {url}")]
    Object {
        /// The attempted action.
        action: &'static str,
        /// The URL of the object.
        url: String,
        /// What the store said.
        source: ObjectError,
    },
    /// A file or folder of the state cannot be used.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The state cannot be written as JSON.
    #[error("cannot write the state as JSON")]
    Serialize(#[source] serde_json::Error),
    /// The program was built without support for this state store.
    #[error("this program was built without the feature `s3` of kv-runtime, which {url} needs")]
    NotBuilt {
        /// The URL of the store.
        url: String,
    },
    /// The URL is not that of a state store.
    #[error("`{}` is not the URL of a state store", .0.escape_debug())]
    UnknownStore(String),
}

/// An error of an object store, in one line.
///
/// ```no_run
/// use kv_runtime::DeployError;
/// use kv_runtime::state::StateError;
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// if let Err(DeployError::State(StateError::Object { url, source, .. })) = Notes::deploy().await {
///     println!("{url}: {source}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{said}")]
pub struct ObjectError {
    said: String,
    /// S3's error code, empty if there is none.
    code: String,
}

impl ObjectError {
    /// Creates an error with the store's message.
    #[cfg(feature = "s3")]
    pub(super) fn new(said: &str) -> Self {
        Self::with_code(said, String::new())
    }

    /// Creates an error with the store's message and S3's error code.
    #[cfg(feature = "s3")]
    pub(super) fn with_code(said: &str, code: String) -> Self {
        // Line breaks and control characters are escaped.
        let shown =
            |c: char| if c.is_control() { c.escape_default().to_string() } else { c.into() };
        Self { said: said.chars().map(shown).collect(), code }
    }

    /// S3's error code, such as `NoSuchBucket`; empty if there is none.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }
}

impl StateError {
    /// The error for a URL of no known store; it does not repeat a possible password.
    pub(super) fn unknown_store(url: &str) -> Self {
        let shown = match url.split_once("://") {
            Some((scheme, rest)) => match rest.rsplit_once('@') {
                Some((_, place)) => format!("{scheme}://…@{place}"),
                None => url.to_owned(),
            },
            None => url.to_owned(),
        };
        Self::UnknownStore(shown)
    }
}
