//! A file of pairs that is read several times, in batches, on a separate thread.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use kv_rules::seed::{SeedMistakes, SeedPair, read_pairs};
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::about::{About, Summed, SummedFile};
use super::error::DataError;
use crate::raw::{PutOptions, RawPair};

/// The number of batches that are read ahead.
const WAITING: usize = 2;

/// A file of pairs that were all checked.
#[derive(Debug, Clone)]
pub(crate) struct BulkSource {
    path: PathBuf,
    file: Arc<File>,
    /// The number of pairs.
    pub(super) pairs: usize,
    hash: String,
    about: Option<About>,
}

/// The size of a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct BatchSize {
    pub(super) pairs: usize,
    pub(super) bytes: usize,
}

/// The batches of a file, each pair with its number.
pub(super) struct Batches {
    batches: mpsc::Receiver<Vec<(usize, RawPair)>>,
    reader: tokio::task::JoinHandle<Result<(), DataError>>,
}

impl BulkSource {
    /// Reads the whole file, checks every pair, and compares the file with the description next to it.
    pub(crate) async fn open(path: &Path) -> Result<Self, DataError> {
        let path = path.to_owned();
        let read = move || {
            let about = About::find(&path)?;
            let file = File::open(&path).map_err(DataError::io("read", &path))?;
            Self::check(path, file, about)
        };
        blocking(read).await
    }

    /// Like [`open`](Self::open), but for an unnamed file.
    pub(crate) async fn nameless(file: File) -> Result<Self, DataError> {
        blocking(move || Self::check(PathBuf::from("the copy"), file, None)).await
    }

    fn check(path: PathBuf, file: File, about: Option<About>) -> Result<Self, DataError> {
        rewind(&file).map_err(DataError::io("read", &path))?;
        let (mut summed, mut mistakes) = (Summed::default(), SeedMistakes::default());
        let (mut pairs, mut keys) = (0, HashSet::new());
        read_pairs(
            SummedFile { file: &file, summed: &mut summed },
            &mut mistakes,
            |pair, mistakes| {
                pairs += 1;
                // 128-bit hashes do not collide by chance.
                let hash: [u8; 16] = std::array::from_fn({
                    let hash = blake3::hash(pair.key.as_bytes());
                    move |at| hash.as_bytes()[at]
                });
                if !keys.insert(hash) {
                    let key = pair.key.escape_debug();
                    mistakes
                        .push(pair.key_at, format!("the key `{key}` appears twice: keep one pair"));
                }
            },
        )
        .map_err(DataError::io("read", &path))?;
        let messages = rewind(&file)
            .and_then(|mut file| mistakes.messages(&path.display().to_string(), &mut file));
        let messages = messages.map_err(DataError::io("read", &path))?;
        if !messages.is_empty() {
            return Err(DataError::File(messages));
        }
        if let Some(about) = &about {
            about.check(&path, &summed, pairs as u64)?;
        }
        Ok(Self { path, file: Arc::new(file), pairs, hash: summed.hash(), about })
    }

    /// The description of the file, if there is one.
    pub(crate) fn about(&self) -> Option<&About> {
        self.about.as_ref()
    }

    /// Reads the pairs with the given numbers.
    pub(super) fn batches(
        &self,
        size: BatchSize,
        wants: impl Fn(usize) -> bool + Send + 'static,
    ) -> Batches {
        let (sender, batches) = mpsc::channel(WAITING);
        let source = self.clone();
        let reader = tokio::task::spawn_blocking(move || source.read(size, &wants, &sender));
        Batches { batches, reader }
    }

    fn read(
        &self,
        size: BatchSize,
        wants: &dyn Fn(usize) -> bool,
        batches: &mpsc::Sender<Vec<(usize, RawPair)>>,
    ) -> Result<(), DataError> {
        let file = rewind(&self.file).map_err(DataError::io("read", &self.path))?;
        let (mut summed, mut mistakes) = (Summed::default(), SeedMistakes::default());
        let (mut number, mut batch, mut bytes, mut is_gone) = (0, Vec::new(), 0, false);
        read_pairs(SummedFile { file, summed: &mut summed }, &mut mistakes, |pair, _| {
            let this = number;
            number += 1;
            if is_gone || !wants(this) {
                return;
            }
            let pair = owned(pair);
            let cost = pair.key.len() + pair.value.len();
            if !batch.is_empty() && (batch.len() == size.pairs || bytes + cost > size.bytes) {
                bytes = 0;
                is_gone = batches.blocking_send(std::mem::take(&mut batch)).is_err();
            }
            bytes += cost;
            batch.push((this, pair));
        })
        .map_err(DataError::io("read", &self.path))?;
        if !mistakes.is_empty() || summed.hash() != self.hash {
            return Err(DataError::Changed(self.path.clone()));
        }
        if !batch.is_empty() {
            // If the receiver is gone, it stopped for its own reason.
            let _ = batches.blocking_send(batch);
        }
        Ok(())
    }
}

impl Batches {
    /// The next batch; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Vec<(usize, RawPair)>> {
        self.batches.recv().await
    }

    /// Checks that the whole file was read, and that it has not changed since it was checked.
    pub(super) async fn end(self) -> Result<(), DataError> {
        drop(self.batches);
        joined(self.reader.await)
    }
}

fn owned(pair: SeedPair<'_>) -> RawPair {
    let metadata = pair.metadata.filter(|json| json != "null");
    let metadata = metadata.and_then(|json| RawValue::from_string(json.into_owned()).ok());
    let options = PutOptions { metadata, expiry: pair.expiry };
    let value = Bytes::copy_from_slice(&pair.value.bytes);
    RawPair::new(pair.key.into_owned(), value, options)
}

fn rewind(mut file: &File) -> io::Result<&File> {
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// Runs blocking work on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DataError> + Send + 'static,
) -> Result<T, DataError> {
    joined(tokio::task::spawn_blocking(work).await)
}

fn joined<T>(done: Result<Result<T, DataError>, tokio::task::JoinError>) -> Result<T, DataError> {
    match done.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(_)) => Err(DataError::Interrupted),
    }
}
