//! Writes the pairs of a namespace to a file. Another run can continue an unfinished file.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use kv_rules::{Expiry, MAX_BULK_GET_KEYS, Time};
use serde::{Deserialize, Serialize};

use super::about::{About, Summed, named_after};
use super::bulk_file::BulkWriter;
use super::error::DataError;
use super::keys::KeyPages;
use super::pairs::{Place, is_over, read};
use super::selection::Selection;

/// The result of an export.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let export = Notes::connect().stage("prod").export_to("notes.json").await?;
/// println!("{} pairs, BLAKE3 {}", export.pairs, export.blake3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Export {
    /// The number of pairs.
    pub pairs: u64,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// The number of pairs that were left out because they expire too soon to be restored.
    pub expired: u64,
    /// The keys that were left out because `env(...)` declares their values.
    pub secrets_left_out: Vec<String>,
    /// The BLAKE3 hash of the file.
    pub blake3: String,
    /// The patterns that no key of this namespace matched, if other namespaces may have one.
    #[serde(skip)]
    pub(crate) unmet: Vec<String>,
}

/// Writes the pairs of a namespace.
pub(crate) struct Exporter<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) selection: &'a Selection<'a>,
    /// Whether each pattern must match a key of this namespace.
    pub(crate) all_met: bool,
    /// Called with the number of pairs written and their size in bytes.
    pub(crate) progress: &'a (dyn Fn(u64, u64) + Sync),
    /// Called with the start time of an unfinished export that is continued.
    pub(crate) goes_on: &'a (dyn Fn(Time) + Sync),
}

impl Exporter<'_> {
    /// Writes to any writer.
    pub(crate) async fn to_writer(&self, out: impl Write + Send) -> Result<Export, DataError> {
        let writer = BulkWriter::begin(BufWriter::new(out));
        Ok(self.write(writer, None).await?.1)
    }

    /// Writes to an unnamed file.
    pub(crate) async fn to_nameless(&self, file: File) -> Result<(File, Export), DataError> {
        let writer = BulkWriter::begin(BufWriter::new(file));
        let (out, export) = self.write(writer, None).await?;
        let file = out.into_inner().map_err(|error| DataError::Write(error.into_error()))?;
        Ok((file, export))
    }

    /// Writes to a file, named `FILE.part` until it is complete. Continues what an earlier export left
    /// there.
    pub(crate) async fn to_file(&self, path: &Path, about: About) -> Result<Export, DataError> {
        let part = named_after(path, ".part");
        let (only, except) = self.selection.texts();
        let about = About { only, except, ..about };
        // Files that no export wrote are left alone.
        let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
        let ours = About::find(path)
            .is_ok_and(|found| found.is_none_or(|found| found.namespace_id == about.namespace_id));
        for (taken, is_taken) in [(path, is_there(path)), (&About::path(path), !ours)] {
            if is_taken {
                return Err(DataError::Exists(taken.to_owned()));
            }
        }
        let is_link = fs::symlink_metadata(&part).is_ok_and(|found| found.is_symlink());
        let (writer, about, last) = match About::find(&part)? {
            Some(begun) if is_there(&part) && !is_link => {
                check_same(&part, &begun, &about)?;
                let (writer, last) = resume(&part).map_err(DataError::io("continue", &part))?;
                (self.goes_on)(begun.begun_at);
                (writer, About { begun_at: begun.begun_at, ..about }, last)
            }
            _ if is_there(&part) => return Err(DataError::Exists(part)),
            _ => {
                // The file may contain secrets.
                let mut options = OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let file = options.open(&part).map_err(DataError::io("write", &part))?;
                hold(&file).map_err(DataError::io("hold", &part))?;
                about.write(&part)?;
                (BulkWriter::begin(BufWriter::new(file)), about, None)
            }
        };
        let written = self.write(writer, last).await;
        let (file, export) = written.map_err(|error| match error {
            DataError::Write(source) => DataError::io("write", &part)(source),
            error => error,
        })?;
        let file =
            file.into_inner().map_err(|error| DataError::io("write", &part)(error.into_error()))?;
        file.sync_all().map_err(DataError::io("write", &part))?;
        let about = About {
            done_at: Some(Time::now()),
            pairs: export.pairs,
            bytes: export.bytes,
            blake3: export.blake3.clone(),
            secrets_left_out: export.secrets_left_out.clone(),
            ..about
        };
        about.write(path)?;
        fs::rename(&part, path).map_err(DataError::io("rename", &part))?;
        let beside = About::path(&part);
        fs::remove_file(&beside).map_err(DataError::io("remove", &beside))?;
        Ok(export)
    }

    /// Writes all selected pairs whose keys come after `last`.
    async fn write<W: Write + Send>(
        &self,
        mut writer: BulkWriter<W>,
        last: Option<String>,
    ) -> Result<(W, Export), DataError> {
        let mut pages = KeyPages::new(self.place, self.selection);
        let mut expired = 0;
        while let Some(mut keys) = pages.next().await? {
            while keys.front().is_some_and(|key| last.as_ref().is_some_and(|l| key.name <= *l)) {
                keys.pop_front();
            }
            // Only the values in flight are in memory.
            let most = MAX_BULK_GET_KEYS * self.place.jobs;
            while !keys.is_empty() {
                let some = keys.drain(..keys.len().min(most)).collect();
                let (before, bytes) = (writer.pairs, writer.summed.bytes);
                for pair in read(self.place, some).await? {
                    if is_over(pair.expiration.map(Expiry::At), self.place.store.now()) {
                        expired += 1;
                        continue;
                    }
                    writer.push(&pair).map_err(DataError::Write)?;
                }
                (self.progress)(writer.pairs - before, writer.summed.bytes - bytes);
            }
        }
        let unmet = self.selection.unmet();
        if self.all_met && !unmet.is_empty() {
            return Err(DataError::NothingSelected(unmet));
        }
        let secrets_left_out = pages.withheld;
        let (out, pairs, summed) = writer.end().map_err(DataError::Write)?;
        let (bytes, blake3) = (summed.bytes, summed.hash());
        Ok((out, Export { pairs, bytes, expired, secrets_left_out, blake3, unmet }))
    }
}

/// The path for a new export file, which includes the time.
pub(crate) fn new_file(folder: &Path, about: &About) -> PathBuf {
    let time = about.begun_at.to_string().replace(':', "");
    folder.join(format!("{}-{}-{time}.json", about.id, about.stage))
}

/// The unfinished file of an earlier export of the namespace in a folder, if there is one.
pub(crate) fn unfinished(folder: &Path, about: &About) -> Option<PathBuf> {
    let begins = format!("{}-{}-", about.id, about.stage);
    let entries = fs::read_dir(folder).ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let parts = names.filter(|name| name.starts_with(&begins) && name.ends_with(".json.part"));
    let part = parts.max()?;
    let file = folder.join(part.strip_suffix(".part")?);
    let begun = About::find(&folder.join(&part)).ok()??;
    (begun.namespace_id == about.namespace_id).then_some(file)
}

fn check_same(part: &Path, begun: &About, about: &About) -> Result<(), DataError> {
    let what = if begun.namespace_id != about.namespace_id {
        "it belongs to another namespace"
    } else if (&begun.only, &begun.except) != (&about.only, &about.except) {
        "it selects other keys"
    } else if begun.has_secrets != about.has_secrets {
        "only one of the two includes the values of `env(...)`"
    } else {
        return Ok(());
    };
    Err(DataError::OtherExport { path: part.to_owned(), what })
}

/// Opens an unfinished file after its last complete pair, and returns the key of that pair.
fn resume(part: &Path) -> io::Result<(BulkWriter<BufWriter<File>>, Option<String>)> {
    #[derive(Deserialize)]
    struct Keyed {
        key: String,
    }
    let mut file = OpenOptions::new().read(true).write(true).open(part)?;
    hold(&file)?;
    let (mut summed, mut pairs, mut last) = (Summed::default(), 0, None);
    let mut lines = BufReader::new(&file);
    let (mut line, mut is_first) = (Vec::new(), true);
    loop {
        line.clear();
        lines.read_until(b'\n', &mut line)?;
        if std::mem::take(&mut is_first) {
            // The line's end belongs to the next pair.
            if line != b"[\n" {
                let out = BufWriter::new(reset(&file)?);
                return Ok((BulkWriter::begin(out), None));
            }
            summed.add(b"[");
            continue;
        }
        // The last line may be cut off anywhere.
        let Some(pair) = line.strip_suffix(b",\n") else { break };
        summed.add(if pairs == 0 { b"\n" } else { b",\n" });
        summed.add(pair);
        pairs += 1;
        last = Some(pair.to_vec());
    }
    let last = last.and_then(|pair| serde_json::from_slice::<Keyed>(&pair).ok());
    file.set_len(summed.bytes)?;
    file.seek(SeekFrom::End(0))?;
    Ok((BulkWriter::resume(BufWriter::new(file), summed, pairs), last.map(|last| last.key)))
}

/// Locks a file against other exports while this one writes it.
fn hold(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            Err(io::Error::new(io::ErrorKind::ResourceBusy, "another export is writing it"))
        }
        // If the file system has no locks, go on without one.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

fn reset(file: &File) -> io::Result<File> {
    let mut file = file.try_clone()?;
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}
