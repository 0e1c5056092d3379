//! States in a folder: `ROOT/APP/STAGE.json`, private to the user.
//!
//! The lock is the operating system's, on `STAGE.lock`: it goes with its process, however that
//! ends, so a dead deploy never holds one.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::store::{Holder, Lock, StageKey, StateError, StateStore};

/// Keeps states in a folder.
#[derive(Debug, Clone)]
pub struct FileStateStore {
    root: PathBuf,
}

impl FileStateStore {
    /// A store in `root`, which is made when the first state is written.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn folder(&self, app: &str) -> PathBuf {
        self.root.join(app)
    }

    fn document(&self, stage: &StageKey) -> PathBuf {
        self.folder(stage.app()).join(format!("{}.json", stage.stage()))
    }

    fn lock_file(&self, stage: &StageKey) -> PathBuf {
        self.folder(stage.app()).join(format!("{}.lock", stage.stage()))
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
                // A state that is out of reach is not one that is empty.
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
        let (folder, path) = (self.folder(stage.app()), self.lock_file(stage));
        let (document, stage, holder) = (self.document(stage), stage.clone(), holder.clone());
        blocking(move || {
            make_private(&folder)?;
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
            Ok(Box::new(FileLock { document, file }) as Box<dyn Lock>)
        })
        .await
    }

    async fn apps(&self) -> Result<Vec<String>, StateError> {
        let root = self.root.clone();
        blocking(move || {
            let mut apps = names(&root)?;
            apps.retain(|app| root.join(app).is_dir());
            Ok(apps)
        })
        .await
    }

    async fn stages(&self, app: &str) -> Result<Vec<String>, StateError> {
        let folder = self.folder(app);
        blocking(move || stages_in(&folder)).await
    }

    async fn unlock(&self, stage: &StageKey) -> Result<Option<Holder>, StateError> {
        let (path, name) = (self.lock_file(stage), format!("{}/{}", stage.app(), stage.stage()));
        blocking(move || {
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

/// The lock of a stage: the open file holds it.
#[derive(Debug)]
struct FileLock {
    document: PathBuf,
    file: File,
}

#[async_trait]
impl Lock for FileLock {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), StateError> {
        let path = self.document.clone();
        blocking(move || replace(&path, &bytes).map_err(|source| io_error("write", &path, source)))
            .await
    }

    async fn release(self: Box<Self>) -> Result<(), StateError> {
        self.file.unlock().map_err(|source| io_error("unlock", &self.document, source))
    }
}

/// The stages that have a document in an app's folder, in order.
fn stages_in(folder: &Path) -> Result<Vec<String>, StateError> {
    let names = names(folder)?.into_iter();
    Ok(names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).collect())
}

/// The names of what is in a folder, in order; none when there is no folder.
fn names(folder: &Path) -> Result<Vec<String>, StateError> {
    let mut names = Vec::new();
    for entry in found(fs::read_dir(folder), "list", folder)?.into_iter().flatten() {
        let name = entry.map_err(|source| io_error("list", folder, source))?.file_name();
        names.extend(name.into_string());
    }
    names.sort_unstable();
    Ok(names)
}

/// Writes beside the file, syncs, renames over it and syncs the folder, so that after a crash
/// either content is there whole. A symbolic link stays one: what it leads to is replaced.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = &resolved(path)?;
    let folder = folder_of(path);
    let mut file = tempfile::Builder::new().prefix(&temporary_prefix(path)).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// The file itself, where a path is a symbolic link to it.
fn resolved(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        resolved => resolved,
    }
}

/// Removes what a process that died within [`replace`] left; only the lock's holder may.
fn remove_leftovers(path: &Path) -> io::Result<()> {
    let path = &resolved(path)?;
    let prefix = temporary_prefix(path);
    for entry in fs::read_dir(folder_of(path))? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix)) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// No stage has a dot in its name, so each has a prefix of its own.
fn temporary_prefix(path: &Path) -> String {
    format!(".{}.", path.file_name().unwrap_or_default().display())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

fn make_private(folder: &Path) -> Result<(), StateError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| io_error("make the folder", folder, source))
}

fn open_private(path: &Path) -> Result<File, StateError> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|source| io_error("open", path, source))
}

fn write_holder(file: &mut File, holder: &Holder) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    serde_json::to_writer(file, holder)?;
    Ok(())
}

/// Who wrote the lock file; `None` when that is not known, which never keeps anyone from working.
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

/// Runs file work where it may block; it cannot be cut off half-way by a dropped future.
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
