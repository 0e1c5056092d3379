//! What the file store promises in addition: private files, no locks of dead processes, clear errors.

use std::fs;
use std::path::Path;

use kv_runtime::__private::state::Session;
use kv_runtime::state::{FileStateStore, Holder, StageKey, StateError, StateStore};

use crate::{stage, suite};

#[tokio::test]
async fn the_file_store_keeps_every_promise_of_a_state_store() {
    let folder = tempfile::tempdir().unwrap();
    suite::keeps_its_promises(&FileStateStore::new(folder.path())).await;
}

#[tokio::test]
async fn a_lock_is_released_however_its_holder_ends() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStateStore::new(folder.path());
    // What a killed process leaves: its name in the lock file, and no lock.
    drop(Session::open(&store, &stage()).await.unwrap());
    assert!(fs::read_to_string(folder.path().join("shop/dev.lock")).unwrap().contains("pid"));
    Session::open(&store, &stage()).await.unwrap().close().await.unwrap();
    assert_eq!(store.unlock(&stage()).await.unwrap(), None);
}

#[tokio::test]
async fn unlock_never_breaks_the_lock_of_a_living_process() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStateStore::new(folder.path());
    let session = Session::open(&store, &stage()).await.unwrap();
    let error = store.unlock(&stage()).await.unwrap_err();
    assert!(matches!(error, StateError::Locked { holder: Some(_), .. }), "{error}");
    session.close().await.unwrap();
}

#[tokio::test]
async fn what_a_killed_write_left_is_removed_by_the_next_deploy_of_the_stage() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStateStore::new(folder.path());
    Session::open(&store, &stage()).await.unwrap().close().await.unwrap();
    let (ours, other) = (".dev.json.kv-runtime-x1y2", ".dev-2.json.kv-runtime-x1y2");
    for left in [ours, other] {
        fs::write(folder.path().join("shop").join(left), "half").unwrap();
    }
    Session::open(&store, &stage()).await.unwrap().close().await.unwrap();
    assert_eq!(files(&folder.path().join("shop")), [other, "dev.lock"]);
}

#[cfg(unix)]
#[tokio::test]
async fn the_state_is_private_to_the_user() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = FileStateStore::new(folder.path().join("states"));
    let mut session = Session::open(&store, &stage()).await.unwrap();
    session.save().await.unwrap();
    session.close().await.unwrap();
    let mode =
        |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("states"), 0o700);
    assert_eq!(mode("states/shop"), 0o700);
    assert_eq!(mode("states/shop/dev.json"), 0o600);
    assert_eq!(mode("states/shop/dev.lock"), 0o600);
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_kept_and_the_lock_released() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop/dev.json");
    fs::create_dir(folder.path().join("shop")).unwrap();
    let store = FileStateStore::new(folder.path());
    for damaged in ["", "{", r#"{"format":99}"#] {
        fs::write(&path, damaged).unwrap();
        for _ in 0..2 {
            let error = Session::open(&store, &stage()).await.unwrap_err();
            let refused = matches!(error, StateError::Damaged { .. } | StateError::Newer { .. });
            assert!(refused, "{error}");
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
    }
}

#[tokio::test]
async fn a_write_that_fails_leaves_the_old_document() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStateStore::new(folder.path());
    let holder = Holder::this_process();
    let mut lock = store.lock(&stage(), &holder).await.unwrap();
    lock.write(b"old".to_vec().into()).await.unwrap();
    // A folder cannot be replaced by a file: the write fails after everything before it worked.
    let path = folder.path().join("shop/dev.json");
    fs::rename(&path, folder.path().join("kept")).unwrap();
    fs::create_dir(&path).unwrap();
    let error = lock.write(b"new".to_vec().into()).await.unwrap_err();
    assert!(matches!(error, StateError::Io { .. }), "{error}");
    assert_eq!(files(&folder.path().join("shop")), ["dev.json", "dev.lock"]);
    lock.release().await.unwrap();
}

#[tokio::test]
async fn a_state_folder_that_is_a_file_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    let error = Session::open(&FileStateStore::new(&file), &stage()).await.unwrap_err();
    assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
    assert!(error.help().contains("choose another store"), "{}", error.help());
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_stage_cannot_leave_the_state_folder() {
    for evil in ["../../x", "/etc", "a/b", "..", "", "a\0b", "Dev"] {
        assert!(StageKey::new("shop", evil).is_err(), "{evil}");
        assert!(StageKey::new(evil, "dev").is_err(), "{evil}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_document_behind_a_symbolic_link_is_written_through() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStateStore::new(folder.path().join("states"));
    let mut session = Session::open(&store, &stage()).await.unwrap();
    session.save().await.unwrap();
    session.close().await.unwrap();
    let (link, elsewhere) =
        (folder.path().join("states/shop/dev.json"), folder.path().join("synced"));
    fs::create_dir(&elsewhere).unwrap();
    fs::rename(&link, elsewhere.join("state.json")).unwrap();
    std::os::unix::fs::symlink("../../synced/state.json", &link).unwrap();
    fs::write(elsewhere.join(".state.json.kv-runtime-x1y2"), "half").unwrap();

    let before = fs::read(elsewhere.join("state.json")).unwrap();
    let mut session = Session::open(&store, &stage()).await.unwrap();
    session.state_mut().repository = Some("https://example.com".to_owned());
    session.save().await.unwrap();
    session.close().await.unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_ne!(fs::read(elsewhere.join("state.json")).unwrap(), before);
    assert_eq!(files(&elsewhere), ["state.json", "state.lock"]);

    // A link to a missing file is not an empty state.
    fs::rename(&elsewhere, folder.path().join("unmounted")).unwrap();
    let error = Session::open(&store, &stage()).await.unwrap_err();
    assert!(matches!(error, StateError::DanglingLink { .. }), "{error}");
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

/// Two folders whose documents lead to one.
#[cfg(unix)]
fn linked() -> (tempfile::TempDir, [FileStateStore; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let shared = folder.path().join("shared.json");
    let stores = ["a", "b"].map(|name| {
        let root = folder.path().join(name);
        fs::create_dir_all(root.join("shop")).unwrap();
        std::os::unix::fs::symlink(&shared, root.join("shop/dev.json")).unwrap();
        FileStateStore::new(root)
    });
    let state = kv_runtime::__private::state::State::new(&stage());
    fs::write(&shared, state.to_json().unwrap()).unwrap();
    (folder, stores)
}

#[cfg(unix)]
#[tokio::test]
async fn two_links_to_one_document_share_its_lock() {
    let (_folder, [a, b]) = linked();
    let first = Session::open(&a, &stage()).await.unwrap();
    let error = Session::open(&b, &stage()).await.unwrap_err();
    assert!(matches!(error, StateError::Locked { .. }), "{error}");
    first.close().await.unwrap();
    Session::open(&b, &stage()).await.unwrap().close().await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn the_holder_of_a_removed_lock_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStateStore::new(folder.path());
    let mut first = Session::open(&store, &stage()).await.unwrap();
    fs::remove_file(folder.path().join("shop/dev.lock")).unwrap();
    let mut second = Session::open(&store, &stage()).await.unwrap();
    second.save().await.unwrap();
    let saved = store.read(&stage()).await.unwrap();
    let error = first.save().await.unwrap_err();
    assert!(matches!(error, StateError::LockLost { .. }), "{error}");
    assert_eq!(store.read(&stage()).await.unwrap(), saved);
}

#[cfg(unix)]
#[tokio::test]
async fn a_lock_that_leads_elsewhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    fs::write(&mine, "precious").unwrap();
    fs::create_dir_all(folder.path().join("shop")).unwrap();
    std::os::unix::fs::symlink(&mine, folder.path().join("shop/dev.lock")).unwrap();
    let store = FileStateStore::new(folder.path());
    assert!(Session::open(&store, &stage()).await.is_err());
    assert_eq!(fs::read_to_string(mine).unwrap(), "precious");
}

#[tokio::test]
async fn other_files_beside_the_states_are_not_stages_and_stay() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStateStore::new(folder.path());
    let mut session = Session::open(&store, &stage()).await.unwrap();
    session.save().await.unwrap();
    session.close().await.unwrap();
    let shop = folder.path().join("shop");
    for name in ["dev.bak.json", "Dev.json", ".dev.json.swp"] {
        fs::write(shop.join(name), "theirs").unwrap();
    }
    fs::create_dir(shop.join(".dev.json.d")).unwrap();
    assert_eq!(store.stages("shop").await.unwrap(), ["dev"]);
    Session::open(&store, &stage()).await.unwrap().close().await.unwrap();
    assert_eq!(fs::read_to_string(shop.join(".dev.json.swp")).unwrap(), "theirs");
    // No commit has a state in it.
    assert_eq!(fs::read_to_string(folder.path().join(".gitignore")).unwrap(), "*\n");
}
