//! Databases that other processes can use at the same time.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};

use super::StorageError;
use super::private::{create_file, create_folder};

/// How long a statement waits while another process writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How many databases are kept open: each needs three file descriptors, and an account can have more
/// namespaces than a process can have open files.
const MAX_OPEN: usize = 32;

/// An open database.
#[derive(Debug)]
pub(super) struct Database {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl Database {
    /// Opens a file, and creates it and its tables if they are missing.
    pub(super) fn open(path: &Path, schema: &str) -> Result<Self, StorageError> {
        if let Some(folder) = path.parent() {
            create_folder(folder)?;
        }
        // SQLite would make it readable by others; SQLite's other files copy its permissions.
        match create_file(path) {
            Err(source) if source.kind() != ErrorKind::AlreadyExists => {
                return Err(StorageError::io("create", path, source));
            }
            _ => {}
        }
        let connection = connect(path, schema)
            .map_err(|source| StorageError::Database { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), connection: Mutex::new(connection) })
    }

    /// Uses the connection.
    pub(super) fn with<T>(
        &self,
        run: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StorageError> {
        // A panic in another thread rolls its transaction back, so the connection stays good.
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        run(&mut connection)
            .map_err(|source| StorageError::Database { path: self.path.clone(), source })
    }
}

fn connect(path: &Path, schema: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    write_ahead(&connection)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(schema)?;
    Ok(connection)
}

/// Turns on write-ahead logging, so that readers and a writer in different processes do not block each
/// other.
///
/// Retries, because `SQLite` fails at once instead of waiting while another process does the same to a
/// new file.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match connection.execute_batch("PRAGMA journal_mode = WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < deadline =>
            {
                thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
}

/// The open databases that were used most recently.
#[derive(Debug, Default)]
pub(super) struct Databases {
    open: Mutex<VecDeque<Arc<Database>>>,
}

impl Databases {
    /// Returns the database at a path, and opens it if necessary.
    pub(super) fn open(&self, path: &Path, schema: &str) -> Result<Arc<Database>, StorageError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let found = open.iter().position(|database| database.path == path);
        let database = match found.and_then(|at| open.remove(at)) {
            // The whole folder may have been deleted in the meantime.
            Some(database) if path.exists() => database,
            _ => Arc::new(Database::open(path, schema)?),
        };
        open.push_back(Arc::clone(&database));
        if open.len() > MAX_OPEN {
            open.pop_front();
        }
        Ok(database)
    }

    /// Closes a database once it is no longer in use.
    pub(super) fn close(&self, path: &Path) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|database| database.path != path);
    }
}
