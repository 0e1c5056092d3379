//! `..dir`: which files become pairs.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::fs;
use std::path::Path;

use kv_rules::seed::{Folder, Package};

/// A folder `public` with these files, in a package of its own.
fn package(files: &[&str]) -> tempfile::TempDir {
    let package = tempfile::tempdir().unwrap();
    for file in files {
        let path = package.path().join("public").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    package
}

fn read(root: &Path) -> Folder {
    Folder::read(&Package::new(Some(root.to_owned())), "public").unwrap()
}

fn keys(root: &Path) -> Vec<String> {
    let Folder { files, mistakes } = read(root);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    files.into_iter().map(|file| file.key).collect()
}

fn refusals(root: &Path) -> String {
    read(root).mistakes.join("\n")
}

#[test]
fn keys_are_paths_in_order() {
    let package = package(&["b.js", "a/z.css", "a.html", "a/b/c"]);
    assert_eq!(keys(package.path()), ["a.html", "a/b/c", "a/z.css", "b.js"]);
}

#[test]
fn hidden_files_are_left_out() {
    let package = package(&["a", ".env", ".git/config", ".well-known/security.txt"]);
    assert_eq!(keys(package.path()), [".well-known/security.txt", "a"]);
}

#[test]
fn node_modules_and_caches_are_left_out() {
    let package = package(&["a", "node_modules/b/c", "d/node_modules", "e/CACHEDIR.TAG", "e/f"]);
    let everything = ["a", "d/node_modules", "e/CACHEDIR.TAG", "e/f"];
    assert_eq!(keys(package.path()), everything, "a tag has a signature");
    let tag = "Signature: 8a477f597d28d172789f06886806bc55\n# by a tool";
    fs::write(package.path().join("public/e/CACHEDIR.TAG"), tag).unwrap();
    assert_eq!(keys(package.path()), ["a", "d/node_modules"]);
}

#[test]
fn a_folder_without_a_file_to_deploy_is_refused() {
    let package = package(&[".env", "node_modules/a"]);
    let refusals = refusals(package.path());
    assert!(refusals.contains("`public` holds no file to deploy"), "{refusals}");
}

#[test]
fn the_whole_package_is_refused() {
    let package = package(&["a"]);
    for whole in [".", "./", "public/.."] {
        let error = Folder::read(&Package::new(Some(package.path().to_owned())), whole);
        assert!(error.unwrap_err().to_string().contains("the whole crate"), "{whole}");
    }
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_symlink_inside_the_package_is_followed() {
        let package = package(&["a"]);
        fs::create_dir(package.path().join("shared")).unwrap();
        fs::write(package.path().join("shared/b"), "b").unwrap();
        symlink("../shared", package.path().join("public/shared")).unwrap();
        assert_eq!(keys(package.path()), ["a", "shared/b"]);
    }

    #[test]
    fn a_symlink_out_of_the_package_is_refused() {
        let package = package(&["a"]);
        symlink("/etc/passwd", package.path().join("public/passwd")).unwrap();
        symlink("/etc", package.path().join("public/etc")).unwrap();
        let refusals = refusals(package.path());
        assert!(refusals.contains("`public/passwd` is outside the crate"), "{refusals}");
        assert!(refusals.contains("`public/etc/` is outside the crate"), "{refusals}");
    }

    #[test]
    fn a_symlink_that_loops_is_refused() {
        let package = package(&["a/b"]);
        symlink("..", package.path().join("public/a/up")).unwrap();
        symlink("self", package.path().join("public/self")).unwrap();
        let refusals = refusals(package.path());
        assert!(
            refusals.contains("`public/a/up/` is a symlink to a folder that contains it"),
            "{refusals}"
        );
        assert!(refusals.contains("`public/self` cannot be read"), "{refusals}");
    }

    #[test]
    fn a_name_that_is_not_utf8_is_refused() {
        let package = package(&["a"]);
        let name = OsStr::from_bytes(b"\xff.js");
        if fs::write(package.path().join("public").join(name), "x").is_ok() {
            let refusals = refusals(package.path());
            assert!(refusals.contains("is not UTF-8"), "{refusals}");
        }
    }

    #[test]
    fn a_special_file_is_refused_without_waiting_for_it() {
        let package = package(&["a"]);
        let socket = package.path().join("public/socket");
        let _listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
        let refusals = refusals(package.path());
        assert!(refusals.contains("`public/socket` is neither a file nor a folder"), "{refusals}");
    }
}

#[test]
fn a_file_too_large_for_a_value_is_refused_before_it_is_read() {
    let package = package(&["a"]);
    let large = fs::File::create(package.path().join("public/large.bin")).unwrap();
    large.set_len(30 * 1024 * 1024).unwrap();
    let refusals = refusals(package.path());
    assert!(refusals.contains("`public/large.bin`: this value has 31457280 bytes"), "{refusals}");
    let file = Package::new(Some(package.path().to_owned())).value_file("public/large.bin");
    assert!(file.unwrap_err().to_string().contains("31457280"));
}

#[test]
fn a_folder_of_mistakes_shows_some_and_counts_the_rest() {
    let long = "x".repeat(250);
    let names: Vec<String> = (0..30).map(|n| format!("{long}/{long}/{n:020}")).collect();
    let package = package(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let refusals = refusals(package.path());
    assert_eq!(refusals.matches("this key has 522 bytes").count(), 20);
    assert!(refusals.contains("there are 10 more mistakes"), "{refusals}");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_not_meant_instead_of_itself() {
    let root = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("nowhere", root.path().join("seed.json")).unwrap();
    let error = Package::new(Some(root.path().to_owned())).open("seed.json").unwrap_err();
    assert!(!error.to_string().contains("did you mean"), "{error}");
}
