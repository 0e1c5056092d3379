//! Writes the pairs of a namespace to a file, which another run can go on with.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use kv_rules::{Expiry, MAX_BULK_GET_KEYS, Time};
use serde::{Deserialize, Serialize};

use super::about::{About, Summed};
use super::bulk_file::BulkWriter;
use super::error::DataError;
use super::keys::KeyPages;
use super::pairs::{Place, is_over, read};
use super::selection::Selection;

/// What an export wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Export {
    /// How many pairs.
    pub pairs: u64,
    /// How many bytes the file has.
    pub bytes: u64,
    /// How many pairs expire too soon to be put back, and were left out.
    pub expired: u64,
    /// The keys that were left out because `env(...)` declares their values.
    pub secrets_left_out: Vec<String>,
    /// The BLAKE3 hash of the file.
    pub blake3: String,
}

/// Writes the pairs of a namespace.
pub(crate) struct Exporter<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) selection: &'a Selection<'a>,
    /// Is told how many pairs were written, and how many bytes they take.
    pub(crate) progress: &'a (dyn Fn(u64, u64) + Sync),
}

impl Exporter<'_> {
    /// Writes to whatever takes bytes.
    pub(crate) async fn to_writer(&self, out: impl Write + Send) -> Result<Export, DataError> {
        let writer = BulkWriter::begin(BufWriter::new(out)).map_err(DataError::Write)?;
        Ok(self.write(writer, None).await?.1)
    }

    /// Writes to a file. Until it is whole it is named `FILE.part`; what an earlier export left
    /// there is kept.
    pub(crate) async fn to_file(&self, path: &Path, about: About) -> Result<Export, DataError> {
        if path.exists() {
            return Err(DataError::Exists(path.to_owned()));
        }
        let part = part_of(path);
        let (only, except) = self.selection.texts();
        let about = About { only, except, ..about };
        let (writer, about, last) = match About::find(&part)? {
            Some(begun) if part.exists() => {
                check_same(&part, &begun, &about)?;
                let (writer, last) = resume(&part).map_err(DataError::io("go on with", &part))?;
                (writer, About { begun_at: begun.begun_at, ..about }, last)
            }
            _ => {
                // It may hold secrets.
                let mut options = OpenOptions::new();
                options.write(true).create(true).truncate(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let file = options.open(&part).map_err(DataError::io("write", &part))?;
                about.write(&part)?;
                let writer = BulkWriter::begin(BufWriter::new(file));
                (writer.map_err(DataError::io("write", &part))?, about, None)
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
        let (mut expired, mut is_selected) = (0, last.is_some());
        while let Some(mut keys) = pages.next().await? {
            is_selected |= !keys.is_empty();
            while keys.front().is_some_and(|key| last.as_ref().is_some_and(|l| key.name <= *l)) {
                keys.pop_front();
            }
            // What is in flight is all that is held.
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
        let (only, _) = self.selection.texts();
        if !is_selected && !only.is_empty() && pages.withheld.is_empty() {
            return Err(DataError::NothingSelected(only));
        }
        let secrets_left_out = pages.withheld;
        let (out, pairs, summed) = writer.end().map_err(DataError::Write)?;
        let (bytes, blake3) = (summed.bytes, summed.hash());
        Ok((out, Export { pairs, bytes, expired, secrets_left_out, blake3 }))
    }
}

/// A name for a new file of an export, with its time.
pub(crate) fn new_file(folder: &Path, about: &About) -> PathBuf {
    let time = about.begun_at.to_string().replace(':', "");
    folder.join(format!("{}-{}-{time}.json", about.id, about.stage))
}

/// The file that an earlier export of a namespace left unfinished in a folder, if there is one.
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

fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    part.into()
}

fn check_same(part: &Path, begun: &About, about: &About) -> Result<(), DataError> {
    let what = if begun.namespace_id != about.namespace_id {
        "it is of another namespace"
    } else if (&begun.only, &begun.except) != (&about.only, &about.except) {
        "it selects other keys"
    } else {
        return Ok(());
    };
    Err(DataError::OtherExport { path: part.to_owned(), what })
}

/// Opens an unfinished file behind its last whole pair, and gives the key of that.
fn resume(part: &Path) -> io::Result<(BulkWriter<BufWriter<File>>, Option<String>)> {
    #[derive(Deserialize)]
    struct Keyed {
        key: String,
    }
    let mut file = OpenOptions::new().read(true).write(true).open(part)?;
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
                return Ok((BulkWriter::begin(out)?, None));
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

fn reset(file: &File) -> io::Result<File> {
    let mut file = file.try_clone()?;
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}
