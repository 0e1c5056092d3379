//! The registry of namespaces.

use std::path::Path;

use kv_rules::{MAX_NAMESPACES, Time, check_title};
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use super::StorageError;
use super::database::Database;
use super::layout::hex;

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS namespaces (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL
)";

/// A registered namespace.
///
/// ```
/// use kv_local::Storage;
///
/// # let folder = tempfile::tempdir()?;
/// let storage = Storage::open(folder.path())?;
/// let notes = storage.create("notes")?;
/// assert_eq!(storage.get(&notes.id)?.unwrap().title, "notes");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// 32 hex digits.
    pub id: String,
    /// A title that no other namespace of the store has.
    pub title: String,
    /// When it was created, to the second.
    pub created: Time,
}

#[derive(Debug)]
pub(super) struct Registry {
    database: Database,
}

impl Registry {
    pub(super) fn open(path: &Path) -> Result<Self, StorageError> {
        Ok(Self { database: Database::open(path, SCHEMA)? })
    }

    pub(super) fn create(&self, title: &str) -> Result<Namespace, StorageError> {
        check_title(title)?;
        let id = hex(&rand::random::<[u8; 16]>());
        self.database.with(|connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if let Some(taken) = taken(&transaction, title, &id)? {
                return Ok(Err(taken));
            }
            let count = "SELECT count(*) FROM namespaces";
            let count: i64 = transaction.query_row(count, (), |row| row.get(0))?;
            if usize::try_from(count).is_ok_and(|count| count >= MAX_NAMESPACES) {
                return Ok(Err(StorageError::TooManyNamespaces));
            }
            let insert = "INSERT INTO namespaces (id, title, created) VALUES (?1, ?2, unixepoch())";
            transaction.execute(insert, params![id, title])?;
            let namespace = get(&transaction, &id)?;
            transaction.commit()?;
            Ok(namespace.ok_or_else(|| StorageError::UnknownNamespace(id.clone())))
        })?
    }

    pub(super) fn list(&self) -> Result<Vec<Namespace>, StorageError> {
        self.database.with(|connection| {
            let all = "SELECT id, title, created FROM namespaces ORDER BY rowid";
            connection.prepare_cached(all)?.query_map((), namespace)?.collect()
        })
    }

    pub(super) fn get(&self, id: &str) -> Result<Option<Namespace>, StorageError> {
        self.database.with(|connection| get(connection, id))
    }

    pub(super) fn rename(&self, id: &str, title: &str) -> Result<Namespace, StorageError> {
        check_title(title)?;
        self.database.with(|connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if let Some(taken) = taken(&transaction, title, id)? {
                return Ok(Err(taken));
            }
            let update = "UPDATE namespaces SET title = ?2 WHERE id = ?1";
            transaction.execute(update, params![id, title])?;
            let namespace = get(&transaction, id)?;
            transaction.commit()?;
            Ok(namespace.ok_or_else(|| StorageError::UnknownNamespace(id.to_owned())))
        })?
    }

    pub(super) fn forget(&self, id: &str) -> Result<(), StorageError> {
        self.database
            .with(|connection| connection.execute("DELETE FROM namespaces WHERE id = ?1", [id]))?;
        Ok(())
    }
}

fn get(connection: &Connection, id: &str) -> rusqlite::Result<Option<Namespace>> {
    let one = "SELECT id, title, created FROM namespaces WHERE id = ?1";
    connection.prepare_cached(one)?.query_row([id], namespace).optional()
}

/// The error for a title that a namespace other than `id` has.
fn taken(connection: &Connection, title: &str, id: &str) -> rusqlite::Result<Option<StorageError>> {
    let other = "SELECT id FROM namespaces WHERE title = ?1 AND id <> ?2";
    let other = connection.query_row(other, [title, id], |row| row.get(0)).optional()?;
    Ok(other.map(|id| StorageError::TitleTaken { title: title.to_owned(), id }))
}

fn namespace(row: &Row<'_>) -> rusqlite::Result<Namespace> {
    let created = Time::from_unix(row.get::<_, i64>(2)?.try_into().unwrap_or_default());
    Ok(Namespace { id: row.get(0)?, title: row.get(1)?, created })
}
