//! What the compiler says to each mistake: `fail/*.rs`, one mistake a file, named by the mistake.
//!
//! `TRYBUILD=overwrite cargo test -p tests --test language mistakes` writes the messages anew.

use std::fs;
use std::path::{Path, PathBuf};

/// The files that the cases name. Trybuild compiles them as one crate in a folder of its own, to
/// which the paths in a declaration are relative.
fn files() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tests/trybuild/tests/files")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in from.read_dir().unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// What git cannot keep, or should not.
fn make(files: &Path) {
    let large = fs::File::create(files.join("film.mp4")).unwrap();
    large.set_len(30 * 1024 * 1024).unwrap();
    let folder = |name: &str| {
        let folder = files.join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    };
    let long = "k".repeat(200);
    fs::write(folder(&format!("long/{long}/{long}")).join(&long), "").unwrap();
    let large = fs::File::create(folder("films").join("film.mp4")).unwrap();
    large.set_len(30 * 1024 * 1024).unwrap();
    #[cfg(target_os = "linux")]
    {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt as _;
        use std::os::unix::fs::symlink;

        symlink(".", folder("endless").join("again")).unwrap();
        symlink("/", folder("leaving").join("root")).unwrap();
        symlink("nowhere", folder("dangling").join("gone")).unwrap();
        fs::write(folder("latin").join(OsStr::from_bytes(b"caf\xe9.html")), "").unwrap();
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "some files cannot exist there")]
fn every_mistake_is_told_at_its_token_with_the_rule_and_what_to_write_instead() {
    let files = files();
    if files.exists() {
        fs::remove_dir_all(&files).unwrap();
    }
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("language/files"), &files);
    make(&files);
    trybuild::TestCases::new().compile_fail("language/fail/*.rs");
}
