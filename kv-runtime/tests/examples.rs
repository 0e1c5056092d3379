//! Every public item that an application uses has an example in its docs.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::fs;
use std::path::Path;

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

#[test]
fn what_an_application_uses_has_an_example() {
    let types = |kind: &str| ["struct", "enum", "trait"].contains(&kind);
    // The options of a request are in the example of the request, which is elsewhere.
    let rooms = [("typed", true), ("store", true), ("connect", false), ("deploy", false)];
    // Only generated code names these.
    let hidden = ["declaration.rs", "families.rs", "outline.rs"];
    let mut missing = Vec::new();
    for (room, with_functions) in rooms {
        let wanted = |kind: &str| types(kind) || (with_functions && kind == "fn");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room);
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && !hidden.contains(&path.file_name().unwrap().to_str().unwrap()) {
                missing.extend(without_example(&path, wanted));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
