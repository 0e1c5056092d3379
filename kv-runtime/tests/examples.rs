//! Every public item that an application uses has an example in its docs.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

/// The public items of a file without an example in their docs, each as its line.
fn without_example(path: &Path, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let (text, _) = text.split_once("#[cfg(test)]\nmod tests").unwrap_or((&text, ""));
    let (mut missing, mut has_example) = (Vec::new(), false);
    let (mut is_hidden, mut is_attribute) = (false, false);
    for line in text.lines().map(str::trim) {
        if let Some(docs) = line.strip_prefix("///") {
            has_example |= docs.contains("```");
            continue;
        }
        // An attribute belongs to the item after it; one of several lines ends like this.
        if is_attribute || line.starts_with("#[") || line.starts_with("//") {
            is_hidden |= line == "#[doc(hidden)]";
            is_attribute = !line.ends_with(']') && (is_attribute || line.starts_with("#["));
            continue;
        }
        let item = line.strip_prefix("pub ").unwrap_or_default();
        let kind = item.split(' ').find(|word| !["async", "const"].contains(word));
        if kind.is_some_and(&wanted) && !has_example && !is_hidden {
            missing.push(format!("{}: {line}", path.file_name().unwrap().display()));
        }
        (has_example, is_hidden) = (false, false);
    }
    missing
}

/// The Rust files below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files.into_iter().chain(folders.iter().flat_map(|folder| files_below(folder))).collect()
}

#[test]
fn what_an_application_uses_has_an_example() {
    let types = |kind: &str| ["struct", "enum", "trait"].contains(&kind);
    // Elsewhere the options of a request are in the example of the request.
    let with_functions = ["typed", "store"];
    let rooms = ["api", "connect", "data", "deploy", "engine", "raw", "state", "store", "typed"];
    // Only generated code and the tests of this workspace name what is in these.
    let hidden_files =
        ["declaration.rs", "digest.rs", "families.rs", "keys.rs", "outline.rs", "session.rs"];
    let hidden = ["State", "Record", "Creating", "Deployment", "Origin"];
    let mut missing = Vec::new();
    for room in rooms {
        let with_functions = with_functions.contains(&room);
        let wanted = |kind: &str| types(kind) || (with_functions && kind == "fn");
        for path in files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room)) {
            let name = path.file_name().unwrap().to_str().unwrap();
            if room == "api" || !hidden_files.contains(&name) {
                missing.extend(without_example(&path, wanted));
            }
        }
    }
    let is_hidden = |item: &String| hidden.iter().any(|name| item.contains(&format!(" {name} ")));
    missing.retain(|item| !is_hidden(item));
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_type_of_the_crates_below_has_an_example() {
    let types = |kind: &str| ["struct", "enum", "trait"].contains(&kind);
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut missing = Vec::new();
    for package in ["kv-rules", "kv-local"] {
        for path in files_below(&workspace.join(package).join("src")) {
            missing.extend(without_example(&path, types));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
