//! What the compiler says to each mistake: `fail/*.rs`, one mistake per file, named after the mistake.
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
fn every_mistake_is_an_error_at_its_token_with_rule_and_remedy() {
    let files = files();
    if files.exists() {
        fs::remove_dir_all(&files).unwrap();
    }
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("language/files"), &files);
    make(&files);
    trybuild::TestCases::new().compile_fail("language/fail/*.rs");
}

/// The cases that have several mistakes, or one that the compiler reports at several places.
const SEVERAL: &[(&str, usize)] = &[
    ("attribute_on_an_entry", 2),
    ("key_named_like_a_method", 4),
    ("mistakes_in_two_modules_and_a_function", 3),
    ("mistakes_of_two_declarations", 2),
    // The compiler's own errors: a name that is taken, and what is not found in the item that has it.
    ("module_name_is_taken", 2),
    ("no_comma_after_a_type", 2),
    ("only_without_a_stage", 2),
    ("seed_with_several_mistakes", 5),
    ("several_mistakes_of_one_declaration", 8),
    ("stage_that_cannot_be", 3),
    // The compiler reports each backtick.
    ("title_in_backticks", 3),
    ("ttl_constant_too_short", 2),
    ("type_name_outside_ascii", 2),
    ("uses_of_a_declaration_with_mistakes", 7),
    ("view_that_does_not_allow_it", 7),
    ("was_is_not_a_list", 2),
    ("was_of_text", 2),
];

#[test]
fn one_mistake_is_one_error_even_with_uses() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("language/fail");
    let mut wrong = Vec::new();
    for entry in cases.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "stderr") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let told = fs::read_to_string(&path).unwrap();
        let errors = told.lines().filter(|line| line.starts_with("error")).count();
        let expected = SEVERAL.iter().find(|(case, _)| *case == name).map_or(1, |(_, n)| *n);
        if errors != expected {
            wrong.push(format!("{name}: {errors} errors, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
