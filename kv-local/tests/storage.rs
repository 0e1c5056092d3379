//! What the store promises, whoever else uses its files.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

use kv_local::{Pair, Pairs, Storage, StorageError};
use kv_rules::{Expiry, MAX_NAMESPACES};
use rusqlite::Connection;
use tempfile::TempDir;

/// The index of the namespace `sessions`: its name is a known value that workerd computes.
const INDEX: &str = "v3/kv/miniflare-KVNamespaceObject/\
                     30f51a5fa376723f634c74ce3a08b180582992222efbe9055f6748290f6d3fa2.sqlite";

fn sessions() -> (TempDir, Pairs) {
    let folder = tempfile::tempdir().unwrap();
    let pairs = Storage::open(folder.path()).unwrap().pairs("sessions").unwrap();
    (folder, pairs)
}

fn put(pairs: &Pairs, key: &str, value: &str) {
    pairs.put_many([Pair::new(key, value.as_bytes())]).unwrap();
}

fn blobs(folder: &TempDir) -> Vec<PathBuf> {
    let blobs = fs::read_dir(folder.path().join("v3/kv/sessions/blobs")).unwrap();
    blobs.map(|blob| blob.unwrap().path()).collect()
}

fn index(folder: &Path) -> Connection {
    Connection::open(folder.join(INDEX)).unwrap()
}

fn names(pairs: &Pairs, prefix: &str, after: Option<&str>, limit: usize) -> (Vec<String>, bool) {
    let page = pairs.list(prefix, after, limit).unwrap();
    (page.keys.into_iter().map(|key| key.name).collect(), page.complete)
}

#[test]
fn what_is_put_is_what_is_got() {
    let (_folder, pairs) = sessions();
    let large = vec![7; 26_214_400];
    let now = kv_rules::Time::now().unix();
    pairs
        .put_many([
            Pair::new("empty", b"".as_slice()),
            Pair::new("ключ/\0 \n%2F+", [0, 255, 10].as_slice()),
            Pair::new("large", large.as_slice()),
            Pair {
                metadata: Some("{\"role\": \"admin\"}".into()),
                expiry: Some(Expiry::Ttl(3600)),
                ..Pair::new("session", b"{}".as_slice())
            },
        ])
        .unwrap();
    assert_eq!(pairs.get("empty").unwrap().unwrap().value, "");
    assert_eq!(pairs.get("ключ/\0 \n%2F+").unwrap().unwrap().value, [0, 255, 10].as_slice());
    assert_eq!(pairs.get("large").unwrap().unwrap().value, large);
    let session = pairs.get("session").unwrap().unwrap();
    assert_eq!(session.metadata.as_deref(), Some("{\"role\":\"admin\"}"));
    assert!(session.expiration.unwrap() >= now + 3600);
    assert_eq!(pairs.get("missing").unwrap(), None);
}

#[test]
fn a_put_replaces_value_metadata_and_expiry_and_leaves_no_old_value() {
    let (folder, pairs) = sessions();
    let (metadata, expiry) = (Some("1".into()), Some(Expiry::Ttl(60)));
    pairs.put_many([Pair { metadata, expiry, ..Pair::new("k", b"old".as_slice()) }]).unwrap();
    put(&pairs, "k", "new");
    let stored = pairs.get("k").unwrap().unwrap();
    assert_eq!((&stored.value[..], stored.metadata, stored.expiration), (&b"new"[..], None, None));
    assert_eq!(blobs(&folder).len(), 1);
}

#[test]
fn the_files_are_the_ones_that_wrangler_reads() {
    let (folder, pairs) = sessions();
    let expiry = Some(Expiry::At(2_000_000_000));
    let metadata = Some("{}".into());
    pairs.put_many([Pair { expiry, metadata, ..Pair::new("k", b"raw".as_slice()) }]).unwrap();
    let row = "SELECT blob_id, expiration, metadata FROM _mf_entries WHERE key = 'k'";
    let (blob, expiration, metadata): (String, i64, String) = index(folder.path())
        .query_row(row, (), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    assert_eq!((expiration, metadata.as_str()), (2_000_000_000_000, "{}"));
    assert!(blob.len() == 80 && blob.bytes().all(|b| b.is_ascii_hexdigit()), "{blob}");
    assert_eq!(fs::read(folder.path().join("v3/kv/sessions/blobs").join(blob)).unwrap(), b"raw");
}

#[test]
fn one_bad_pair_in_a_batch_leaves_everything_as_it_was() {
    let (folder, pairs) = sessions();
    put(&pairs, "k", "old");
    let before = blobs(&folder);
    let error = pairs
        .put_many([Pair::new("k", b"new".as_slice()), Pair::new("..", b"".as_slice())])
        .unwrap_err();
    assert!(matches!(error, StorageError::Pair { key, .. } if key == ".."));
    assert_eq!(pairs.get("k").unwrap().unwrap().value, "old");
    assert_eq!(blobs(&folder), before);
    assert!(pairs.delete_many(["k", ""]).is_err());
    assert!(pairs.get("k").unwrap().is_some());
}

#[test]
fn of_two_pairs_with_one_key_the_later_wins() {
    let (folder, pairs) = sessions();
    pairs.put_many(["1", "2"].map(|value| Pair::new("k", value.as_bytes()))).unwrap();
    assert_eq!(pairs.get("k").unwrap().unwrap().value, "2");
    assert_eq!(blobs(&folder).len(), 1);
}

#[test]
fn a_process_that_died_after_its_blobs_keeps_the_old_pairs() {
    let (folder, pairs) = sessions();
    put(&pairs, "k", "old");
    // Dying between blob and row leaves a blob that no row names.
    fs::write(folder.path().join("v3/kv/sessions/blobs").join("f".repeat(80)), "half").unwrap();
    let reopened = Storage::open(folder.path()).unwrap().pairs("sessions").unwrap();
    assert_eq!(reopened.get("k").unwrap().unwrap().value, "old");
    assert_eq!(names(&reopened, "", None, 10), (vec!["k".to_owned()], true));
    put(&reopened, "k", "new");
    assert_eq!(reopened.get("k").unwrap().unwrap().value, "new");
}

/// How many values there are without a row that refers to them.
fn orphans(folder: &TempDir) -> usize {
    let count = "SELECT count(*) FROM _mf_entries";
    let rows: i64 = index(folder.path()).query_row(count, (), |row| row.get(0)).unwrap();
    blobs(folder).len() - usize::try_from(rows).unwrap()
}

/// Writes and deletes until it is killed; `killed_writes_leave_no_values_behind` runs it.
#[test]
#[ignore = "it does not end by itself"]
fn writes_until_it_is_killed() {
    let folder = std::env::var("KV_LOCAL_TEST_FOLDER").unwrap();
    let pairs = Storage::open(folder).unwrap().pairs("sessions").unwrap();
    let keys: Vec<_> = (0..1_000).map(|n| n.to_string()).collect();
    loop {
        pairs.put_many(keys.iter().map(|key| Pair::new(key, key.as_bytes()))).unwrap();
        pairs.delete_many(&keys[..500]).unwrap();
    }
}

#[test]
fn killed_writes_leave_no_values_behind() {
    let (folder, pairs) = sessions();
    put(&pairs, "kept", "as it is");
    let journals = folder.path().join("kv-local/journals");
    let mut left = 0;
    for n in 0..20 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writes_until_it_is_killed", "--ignored"])
            .env("KV_LOCAL_TEST_FOLDER", folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Each is killed a little later in its work than the one before.
        let before = blobs(&folder).len();
        while blobs(&folder).len().abs_diff(before) <= 20 * n {
            assert!(child.try_wait().unwrap().is_none());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        left += orphans(&folder);
        let reopened = Storage::open(folder.path()).unwrap().pairs("sessions").unwrap();
        assert_eq!(orphans(&folder), 0);
        assert_eq!(reopened.get("kept").unwrap().unwrap().value, "as it is");
        assert_eq!(fs::read_dir(&journals).unwrap().count(), 0);
    }
    assert!(left > 0, "no kill left anything, which proves nothing");
}

#[test]
fn what_a_living_process_is_writing_is_left_alone() {
    let (folder, pairs) = sessions();
    let mut batch = pairs.batch().unwrap();
    batch.put(Pair::new("k", b"v".as_slice())).unwrap();
    Storage::open(folder.path()).unwrap();
    assert_eq!(batch.commit().unwrap(), 1);
    assert_eq!(pairs.get("k").unwrap().unwrap().value, "v");
}

#[cfg(unix)]
#[test]
fn what_is_stored_is_private_to_the_user() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, pairs) = sessions();
    put(&pairs, "k", "v");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("v3/kv/sessions/blobs")), 0o700);
    assert_eq!(mode(&blobs(&folder)[0]), 0o600);
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(mode(&folder.path().join(format!("{INDEX}{suffix}"))), 0o600, "{suffix}");
    }
    assert_eq!(mode(&folder.path().join("kv-local/namespaces.sqlite")), 0o600);
}

#[test]
fn a_lost_value_is_a_missing_key_that_can_be_written_again() {
    let (folder, pairs) = sessions();
    put(&pairs, "k", "lost");
    fs::remove_file(&blobs(&folder)[0]).unwrap();
    assert_eq!(pairs.get("k").unwrap(), None);
    put(&pairs, "k", "found");
    assert_eq!(pairs.get("k").unwrap().unwrap().value, "found");
}

#[test]
fn an_expired_pair_is_not_there() {
    let (folder, pairs) = sessions();
    let soon = Some(Expiry::Ttl(60));
    pairs
        .put_many([
            Pair { expiry: soon, ..Pair::new("a", b"".as_slice()) },
            Pair { expiry: soon, ..Pair::new("b", b"".as_slice()) },
            Pair::new("c", b"".as_slice()),
        ])
        .unwrap();
    let an_hour_passes = "UPDATE _mf_entries SET expiration = expiration - 3600000 WHERE key = 'a'";
    index(folder.path()).execute(an_hour_passes, ()).unwrap();
    assert_eq!(pairs.get("a").unwrap(), None);
    assert_eq!(pairs.info("a").unwrap(), None);
    assert!(pairs.get("b").unwrap().is_some());
    assert_eq!(names(&pairs, "", None, 10), (vec!["b".to_owned(), "c".to_owned()], true));
    put(&pairs, "a", "again");
    assert_eq!(pairs.get("a").unwrap().unwrap().value, "again");
}

#[test]
fn keys_are_listed_by_their_bytes_a_page_at_a_time() {
    let (_folder, pairs) = sessions();
    let keys = ["user:b", "user:a", "user:ü", "user:\u{10ffff}", "use", "user;", "zz"];
    pairs.put_many(keys.map(|key| Pair::new(key, b"".as_slice()))).unwrap();
    let (first, complete) = names(&pairs, "user:", None, 2);
    assert_eq!((first, complete), (vec!["user:a".to_owned(), "user:b".to_owned()], false));
    let (second, complete) = names(&pairs, "user:", Some("user:b"), 2);
    assert_eq!((second, complete), (vec!["user:ü".to_owned(), "user:\u{10ffff}".to_owned()], true));
    assert_eq!(names(&pairs, "", Some("user;"), 10), (vec!["zz".to_owned()], true));
    assert_eq!(names(&pairs, "nobody", None, 10), (vec![], true));
}

#[test]
fn reading_a_namespace_that_was_never_written_writes_nothing() {
    let (folder, pairs) = sessions();
    assert_eq!(pairs.get("k").unwrap(), None);
    assert_eq!(names(&pairs, "", None, 10), (vec![], true));
    pairs.delete_many(["k"]).unwrap();
    assert!(!folder.path().join("v3").exists());
}

#[test]
fn titles_are_unique_and_a_rename_keeps_id_and_pairs() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let (one, two) = (storage.create("one").unwrap(), storage.create("two").unwrap());
    assert!(one.id.len() == 32 && one.id.bytes().all(|b| b.is_ascii_hexdigit()), "{}", one.id);
    put(&storage.pairs(&one.id).unwrap(), "k", "v");

    let taken = |result| match result {
        Err(StorageError::TitleTaken { id, .. }) => id,
        other => panic!("{other:?}"),
    };
    assert_eq!(taken(storage.create("two")), two.id);
    assert_eq!(taken(storage.rename(&one.id, "two")), two.id);
    assert!(matches!(storage.create(""), Err(StorageError::Title(_))));
    let unknown = storage.rename("nobody", "three");
    assert!(matches!(unknown, Err(StorageError::UnknownNamespace(_))), "{unknown:?}");

    let renamed = storage.rename(&one.id, "uno").unwrap();
    assert_eq!((&renamed.id, renamed.created), (&one.id, one.created));
    assert_eq!(storage.rename(&one.id, "uno").unwrap(), renamed);
    let reopened = Storage::open(folder.path()).unwrap();
    assert_eq!(reopened.list().unwrap(), [renamed, two]);
    assert_eq!(reopened.pairs(&one.id).unwrap().get("k").unwrap().unwrap().value, "v");
}

#[test]
fn an_account_holds_a_thousand_namespaces_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    for title in 0..MAX_NAMESPACES {
        storage.create(&title.to_string()).unwrap();
    }
    assert!(matches!(storage.create("more"), Err(StorageError::TooManyNamespaces)));
    storage.delete(&storage.list().unwrap()[0].id).unwrap();
    storage.create("more").unwrap();
}

#[test]
fn deleting_a_namespace_deletes_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let (gone, kept) = (storage.create("gone").unwrap(), storage.create("kept").unwrap());
    for namespace in [&gone, &kept] {
        put(&storage.pairs(&namespace.id).unwrap(), "k", "v");
    }
    let beside = Storage::open(folder.path()).unwrap().pairs(&gone.id).unwrap();
    assert!(beside.get("k").unwrap().is_some());

    storage.delete(&gone.id).unwrap();
    assert!(matches!(storage.delete(&gone.id), Err(StorageError::UnknownNamespace(_))));
    assert_eq!(storage.list().unwrap(), std::slice::from_ref(&kept));
    assert_eq!(beside.get("k").unwrap(), None);
    assert!(!folder.path().join("v3/kv").join(&gone.id).exists());
    let indexes = fs::read_dir(folder.path().join("v3/kv/miniflare-KVNamespaceObject")).unwrap();
    let indexes = indexes.map(|file| file.unwrap().path());
    let databases = indexes.filter(|path| path.extension().is_some_and(|end| end == "sqlite"));
    assert_eq!(databases.count(), 1);
    assert!(storage.pairs(&kept.id).unwrap().get("k").unwrap().is_some());
}

#[test]
fn processes_that_open_a_new_store_at_once_all_succeed() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        // A store opened anew shares nothing with the others, as if in a process of its own.
        std::thread::scope(|scope| {
            for number in 0..8 {
                let folder = folder.path();
                scope.spawn(move || {
                    let storage = Storage::open(folder).unwrap();
                    storage.create(&number.to_string()).unwrap();
                    put(&storage.pairs("shared").unwrap(), &number.to_string(), "v");
                });
            }
        });
        let storage = Storage::open(folder.path()).unwrap();
        assert_eq!(storage.list().unwrap().len(), 8);
        assert_eq!(storage.pairs("shared").unwrap().list("", None, 10).unwrap().keys.len(), 8);
    }
}

#[test]
fn readers_never_miss_a_key_that_is_being_replaced() {
    let (folder, pairs) = sessions();
    put(&pairs, "k", "v");
    let other = Storage::open(folder.path()).unwrap().pairs("sessions").unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (0..300).for_each(|_| put(&other, "k", "v")));
        while !writer.is_finished() {
            assert!(pairs.get("k").unwrap().is_some());
        }
    });
}

#[test]
fn a_store_whose_folder_was_deleted_starts_again() {
    let (folder, pairs) = sessions();
    put(&pairs, "k", "v");
    fs::remove_dir_all(folder.path().join("v3")).unwrap();
    assert_eq!(pairs.get("k").unwrap(), None);
    put(&pairs, "k", "again");
    assert_eq!(pairs.get("k").unwrap().unwrap().value, "again");
}

#[test]
fn more_namespaces_can_be_used_than_files_can_be_open() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    for number in 0..100 {
        put(&storage.pairs(&number.to_string()).unwrap(), "k", &number.to_string());
    }
    for number in 0..100 {
        let stored = storage.pairs(&number.to_string()).unwrap().get("k").unwrap().unwrap();
        assert_eq!(stored.value, number.to_string());
    }
}
