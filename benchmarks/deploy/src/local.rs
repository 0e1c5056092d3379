//! A first deploy to the files of this machine, beside the same rows inserted into a database by hand: alone,
//! and with the file per value that `wrangler dev` reads.

use std::fs;
use std::path::Path;
use std::time::Instant;

use rusqlite::Connection;

use crate::competitor::this;
use crate::measure::{Cost, run};
use crate::seed::{Seed, Size};
use crate::table::{ratio, show};

const SIZES: [Size; 2] = [Size { keys: 10_000, bytes: 64 }, Size { keys: 100_000, bytes: 64 }];

/// The table of miniflare.
const SCHEMA: &str = "CREATE TABLE _mf_entries (
    key TEXT PRIMARY KEY,
    blob_id TEXT NOT NULL,
    expiration INTEGER,
    metadata TEXT
);
CREATE INDEX _mf_entries_expiration_idx ON _mf_entries(expiration);";

/// Measures every size up to `most` keys and prints the table.
pub(crate) fn measure_all(most: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    println!(
        "| values | deploy --local | rows by hand | rows and files by hand | ÷ rows | ÷ rows and files |\n\
         |---|---|---|---|---|---|"
    );
    for size in SIZES.iter().filter(|size| size.keys <= most) {
        let seed = Seed::write(folder.path(), *size);
        let (mut deploys, mut rows, mut files) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..size.rounds() {
            deploys.push(deploy(&seed));
            rows.push(by_hand(&seed.scratch("rows"), *size, false));
            files.push(by_hand(&seed.scratch("files"), *size, true));
        }
        println!(
            "| {} × {} B | {} | {} | {} | {} | {} |",
            size.keys,
            size.bytes,
            show(&deploys),
            show(&rows),
            show(&files),
            ratio(&deploys, &rows),
            ratio(&deploys, &files)
        );
        seed.remove();
    }
}

fn deploy(seed: &Seed) -> Cost {
    let (local, state) = (seed.scratch("local"), seed.scratch("state"));
    let mut command = this(&seed.file);
    command.args(["--yes", "--quiet"]).arg(format!("--local={}", local.display()));
    command.arg(format!("--state=file:{}", state.display()));
    run(&mut command)
}

/// Inserts the rows in one transaction, each with its value in a file or in the row.
fn by_hand(folder: &Path, size: Size, with_files: bool) -> Cost {
    let begun = Instant::now();
    let mut connection = Connection::open(folder.join("kv.sqlite")).expect("a new database");
    connection.execute_batch(SCHEMA).expect("a new table");
    let transaction = connection.transaction().expect("a transaction");
    {
        let insert = "INSERT INTO _mf_entries (key, blob_id) VALUES (?1, ?2)";
        let mut insert = transaction.prepare(insert).expect("it is SQL");
        let value = "v".repeat(size.bytes);
        for number in 0..size.keys {
            let blob = format!("{number:064}");
            if with_files {
                fs::write(folder.join(&blob), &value).expect("the folder is writable");
            }
            let row = (format!("key:{number:08}"), if with_files { &blob } else { &value });
            insert.execute(row).expect("a new key");
        }
    }
    transaction.commit().expect("the disk has room");
    // The memory is this process's own.
    Cost { time: begun.elapsed(), bytes: 0 }
}
