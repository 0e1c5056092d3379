//! The values: a seed file as `..file` takes it, and the same as ready-made request bodies.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use kv_rules::MAX_BULK_PAIRS;

/// How many values of which length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) keys: usize,
    pub(crate) bytes: usize,
}

/// What is measured. A million values of 4 KiB are a file of 4 GB.
pub(crate) const SIZES: [Size; 8] = [
    Size { keys: 1, bytes: 64 },
    Size { keys: 10_000, bytes: 64 },
    Size { keys: 100_000, bytes: 64 },
    Size { keys: 1_000_000, bytes: 64 },
    Size { keys: 1, bytes: 4096 },
    Size { keys: 10_000, bytes: 4096 },
    Size { keys: 100_000, bytes: 4096 },
    Size { keys: 1_000_000, bytes: 4096 },
];

impl Size {
    /// How often each competitor runs.
    pub(crate) fn rounds(self) -> usize {
        match self.keys * self.bytes {
            0..10_000_000 => 9,
            10_000_000..1_000_000_000 => 5,
            _ => 2,
        }
    }

    /// How often wrangler runs, which takes its time.
    pub(crate) fn wrangler_rounds(self) -> usize {
        if self.keys > 10_000 { 1 } else { 3 }
    }
}

/// The files of one size.
pub(crate) struct Seed {
    folder: PathBuf,
    /// A JSON array of all pairs.
    pub(crate) file: PathBuf,
    /// The same pairs, as many to a file as one request may carry.
    pub(crate) bodies: Vec<PathBuf>,
}

impl Seed {
    pub(crate) fn write(folder: &Path, size: Size) -> Self {
        let folder = folder.join(format!("{}x{}", size.keys, size.bytes));
        fs::create_dir(&folder).expect("the folder is new");
        let file = folder.join("seed.json");
        array(&file, 0..size.keys, size.bytes);
        let bodies = (0..size.keys).step_by(MAX_BULK_PAIRS).map(|from| {
            let body = folder.join(format!("body-{:03}.json", from / MAX_BULK_PAIRS));
            array(&body, from..size.keys.min(from + MAX_BULK_PAIRS), size.bytes);
            body
        });
        let bodies = bodies.collect();
        Self { folder, file, bodies }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A folder for what a competitor keeps, empty again each time.
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        let folder = self.folder.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("the folder is ours");
        }
        fs::create_dir(&folder).expect("the folder is new");
        folder
    }

    pub(crate) fn remove(self) {
        fs::remove_dir_all(self.folder).expect("the folder is ours");
    }
}

fn array(path: &Path, keys: std::ops::Range<usize>, bytes: usize) {
    let mut out = BufWriter::new(File::create(path).expect("the folder is writable"));
    let mut write = || {
        for number in keys.clone() {
            out.write_all(if number == keys.start { b"[" } else { b",\n" })?;
            write!(out, r#"{{"key":"redirects/{number:07}","value":""#)?;
            value(&mut out, number, bytes)?;
            out.write_all(b"\"}")?;
        }
        out.write_all(b"]")?;
        out.flush()
    };
    write().expect("the disk has room");
}

/// The inside of a JSON string for a value: the address of a page, or for a long value lines of
/// them, whose ends are escaped as those of a text file would be.
fn value(out: &mut impl Write, number: usize, bytes: usize) -> std::io::Result<()> {
    const LINE: usize = 64;
    for line in 0..bytes / LINE {
        let page = number.wrapping_mul(2_654_435_761).wrapping_add(line) % 10_000_000_000;
        let end = if bytes > LINE { "\\n" } else { "/" };
        write!(out, "https://www.example.com/articles/{page:010}/the-title-of-it{line:04}{end}")?;
    }
    Ok(())
}
