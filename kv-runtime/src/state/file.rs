//! States in a folder: `ROOT/APP/STAGE.json`, private to the user.
//!
//! The lock is a file lock on `STAGE.lock`. The operating system releases it when the process ends, no
//! matter how, so a dead deploy never holds a lock.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::store::{Document, Holder, Lock, StageKey, StateError, StateStore};
use crate::base::folder;
use crate::base::replace::{remove_leftovers, replace_with, resolved};

/// Keeps states in a folder.
///
/// ```no_run
/// use kv_runtime::state::FileStateStore;
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let states = FileStateStore::new("/var/lib/app/kv");
/// Notes::deploy().state(states).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FileStateStore {
    root: PathBuf,
}

impl FileStateStore {
    /// Creates a store in `root`; the folder is created when the first state is written.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn folder(&self, app: &str) -> PathBuf {
        self.root.join(app)
    }

    fn document(&self, stage: &StageKey) -> PathBuf {
        self.folder(stage.app()).join(format!("{}.json", stage.stage()))
    }
}

#[async_trait]
impl StateStore for FileStateStore {
    fn location(&self, stage: &StageKey) -> String {
        self.document(stage).display().to_string()
    }

    async fn read(&self, stage: &StageKey) -> Result<Option<Vec<u8>>, StateError> {
        let path = self.document(stage);
        blocking(move || match found(fs::read(&path), "read", &path)? {
            None => match fs::read_link(&path) {
                // A state that cannot be reached must not count as empty.
                Ok(target) => {
                    let location = path.display().to_string();
                    Err(StateError::DanglingLink { location, target })
                }
                Err(_) => Ok(None),
            },
            found => Ok(found),
        })
        .await
    }

    async fn lock(&self, stage: &StageKey, holder: &Holder) -> Result<Box<dyn Lock>, StateError> {
        let (root, folder) = (self.root.clone(), self.folder(stage.app()));
        let (document, stage, holder) = (self.document(stage), stage.clone(), holder.clone());
        blocking(move || {
            make_root(&root)?;
            make_private(&folder)?;
            let path = lock_file(&document)?;
            let mut file = open_private(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let stage = format!("{}/{}", stage.app(), stage.stage());
                    let holder = read_holder(&mut file);
                    return Err(StateError::Locked { stage, holder, alive: true });
                }
                Err(TryLockError::Error(source)) => return Err(io_error("lock", &path, source)),
            }
            write_holder(&mut file, &holder).map_err(|source| io_error("write", &path, source))?;
            remove_leftovers(&document).map_err(|source| io_error("tidy", &folder, source))?;
            Ok(Box::new(FileLock { document, path, file }) as Box<dyn Lock>)
        })
        .await
    }

    async fn apps(&self) -> Result<Vec<String>, StateError> {
        let root = self.root.clone();
        blocking(move || {
            let mut apps = names(&root)?;
            apps.retain(|app| kv_rules::check_id(app).is_ok() && root.join(app).is_dir());
            Ok(apps)
        })
        .await
    }

    async fn stages(&self, app: &str) -> Result<Vec<String>, StateError> {
        let folder = self.folder(app);
        blocking(move || stages_in(&folder)).await
    }

    async fn unlock(&self, stage: &StageKey) -> Result<Option<Holder>, StateError> {
        let document = self.document(stage);
        let name = format!("{}/{}", stage.app(), stage.stage());
        blocking(move || {
            let path = lock_file(&document)?;
            let Some(mut file) = found(File::open(&path), "open", &path)? else { return Ok(None) };
            match file.try_lock() {
                Ok(()) => Ok(None),
                Err(TryLockError::WouldBlock) => {
                    let holder = read_holder(&mut file);
                    Err(StateError::Locked { stage: name, holder, alive: true })
                }
                Err(TryLockError::Error(source)) => Err(io_error("lock", &path, source)),
            }
        })
        .await
    }
}

/// The lock of a stage, held by the open file.
#[derive(Debug)]
struct FileLock {
    document: PathBuf,
    path: PathBuf,
    file: File,
}

#[async_trait]
impl Lock for FileLock {
    async fn write(&mut self, document: Document) -> Result<(), StateError> {
        let held = self.file.try_clone().map_err(|source| io_error("use", &self.path, source))?;
        let (path, lock) = (self.document.clone(), self.path.clone());
        blocking(move || {
            if !is_at(&held, &lock) {
                return Err(StateError::LockLost { location: path.display().to_string() });
            }
            replace_with(&path, None, |file| document.write_to(file))
                .map_err(|source| io_error("write", &path, source))
        })
        .await
    }

    async fn release(self: Box<Self>) -> Result<(), StateError> {
        self.file.unlock().map_err(|source| io_error("unlock", &self.document, source))
    }
}

/// The lock file of a document. It is next to the resolved document, so that two links to the same
/// document share it.
fn lock_file(document: &Path) -> Result<PathBuf, StateError> {
    let resolved = resolved(document).map_err(|source| io_error("find", document, source))?;
    Ok(resolved.with_extension("lock"))
}

/// Whether a path still leads to an open file: a removed lock file does not keep others out.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let same = |a: fs::Metadata, b: fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    file.metadata().is_ok_and(|a| fs::symlink_metadata(path).is_ok_and(|b| same(a, b)))
}

/// On other systems an open file cannot be removed.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

/// The stages with a document in an app's folder, in order.
fn stages_in(folder: &Path) -> Result<Vec<String>, StateError> {
    let names = names(folder)?.into_iter();
    Ok(names
        .filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()))
        // The folder can also contain backups and other files.
        .filter(|stage| kv_rules::check_id(stage).is_ok())
        .collect())
}

/// The names of the entries of a folder, in order; empty if the folder does not exist.
fn names(folder: &Path) -> Result<Vec<String>, StateError> {
    let mut names = Vec::new();
    for entry in found(fs::read_dir(folder), "list", folder)?.into_iter().flatten() {
        let name = entry.map_err(|source| io_error("list", folder, source))?.file_name();
        names.extend(name.into_string());
    }
    names.sort_unstable();
    Ok(names)
}

/// Creates the folder of all states and keeps it out of version control, since the state of a stage does
/// not belong to a commit.
fn make_root(root: &Path) -> Result<(), StateError> {
    make_private(root)?;
    let ignore = root.join(".gitignore");
    folder::ignore(&ignore).map_err(|source| io_error("make", &ignore, source))
}

fn make_private(folder: &Path) -> Result<(), StateError> {
    folder::make_private(folder).map_err(|source| io_error("make the folder", folder, source))
}

fn open_private(path: &Path) -> Result<File, StateError> {
    // The target of a link may belong to another user.
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io_error("lock", path, io::Error::other("it is not a file")));
    }
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|source| io_error("open", path, source))
}

fn write_holder(file: &mut File, holder: &Holder) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&serde_json::to_vec(holder)?)
}

/// Who wrote the lock file; `None` if that is not known, which is never an error.
fn read_holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn found<T>(
    result: io::Result<T>,
    action: &'static str,
    path: &Path,
) -> Result<Option<T>, StateError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(io_error(action, path, source)),
    }
}

fn io_error(action: &'static str, path: &Path, source: io::Error) -> StateError {
    StateError::Io { action, path: path.to_owned(), source }
}

/// Runs file operations on a thread that may block. Dropping the future does not abort them halfway.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StateError> + Send + 'static,
) -> Result<T, StateError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(panic) => Err(StateError::Io {
            action: "finish work on",
            path: PathBuf::new(),
            source: io::Error::other(panic),
        }),
    }
}
