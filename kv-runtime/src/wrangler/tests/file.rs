//! The configuration's file.

use std::fs;
use std::path::Path;

use super::super::{Binding, ConfigFile, Field, WranglerError};
use super::scope;

const SESSIONS: [Binding<'static>; 1] = [Binding { name: "SESSIONS", id: "1a2b" }];

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn find(root: &Path) -> Result<ConfigFile, WranglerError> {
    ConfigFile::find(root, scope("dev", Field::Id))
}

#[test]
fn the_nearest_file_up_to_the_workspace_is_found() {
    let folder = folder();
    let workspace = folder.path().join("workspace");
    let package = workspace.join("crates/worker");
    fs::create_dir_all(&package).unwrap();
    fs::write(workspace.join("Cargo.toml"), "[workspace]\n").unwrap();
    fs::write(package.join("Cargo.toml"), "[package]\nname = 'worker'\n").unwrap();
    // This file is outside the workspace, so it belongs to something else.
    fs::write(folder.path().join("wrangler.toml"), "").unwrap();
    let error = find(&package).unwrap_err();
    assert!(
        matches!(&error, WranglerError::Missing(searched) if searched.contains(&package)),
        "{error}"
    );

    fs::write(workspace.join("wrangler.jsonc"), "{}").unwrap();
    assert_eq!(find(&package).unwrap().path(), workspace.join("wrangler.jsonc"));
    fs::write(package.join("wrangler.toml"), "").unwrap();
    assert_eq!(find(&package).unwrap().path(), package.join("wrangler.toml"));
    fs::write(package.join("wrangler.json"), "{}").unwrap();
    let error = find(&package).unwrap_err().to_string();
    assert!(error.contains("wrangler.toml, ") && error.ends_with("wrangler.json"), "{error}");
}

#[test]
fn a_file_of_another_kind_and_one_that_is_not_there_are_refused() {
    let at = |path: &Path| ConfigFile::at(path.to_owned(), scope("dev", Field::Id)).unwrap_err();
    assert!(matches!(at(Path::new("wrangler.yaml")), WranglerError::Format(_)));
    let error = at(&folder().path().join("wrangler.toml"));
    assert!(matches!(error, WranglerError::Io { action: "read", .. }), "{error}");
}

#[test]
fn a_mistake_is_said_with_its_line_and_column_and_the_file_stays() {
    let folder = folder();
    let path = folder.path().join("wrangler.jsonc");
    let text = "\u{feff}{\r\n  \"é\": 1, \"kv_namespaces\": 5\r\n}";
    fs::write(&path, text).unwrap();
    let error = find(folder.path()).unwrap_err().to_string();
    let expected = format!("{}:2:28: `kv_namespaces` must be an array", path.display());
    assert_eq!(error, expected);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_byte_order_mark_stays() {
    let folder = folder();
    let path = folder.path().join("wrangler.json");
    fs::write(&path, "\u{feff}{}").unwrap();
    assert_eq!(find(folder.path()).unwrap().update(&SESSIONS).unwrap(), ["SESSIONS"]);
    assert!(fs::read_to_string(&path).unwrap().starts_with("\u{feff}{ \"kv_namespaces\""));
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_permissions_stay_and_a_right_file_is_not_written() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    let folder = folder();
    let (file, link) = (folder.path().join("shared.toml"), folder.path().join("wrangler.toml"));
    fs::write(&file, "name = 'w'\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("shared.toml", &link).unwrap();

    let config = find(folder.path()).unwrap();
    assert_eq!(config.update(&SESSIONS).unwrap(), ["SESSIONS"]);
    assert!(link.is_symlink());
    assert!(fs::read_to_string(&file).unwrap().contains("1a2b"));
    let written = fs::metadata(&file).unwrap();
    assert_eq!(written.permissions().mode() & 0o777, 0o640);

    assert!(config.update(&SESSIONS).unwrap().is_empty());
    assert_eq!(fs::metadata(&file).unwrap().ino(), written.ino(), "not replaced");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
}

#[test]
fn deploys_that_write_one_file_at_once_lose_nothing() {
    let folder = folder();
    let path = folder.path().join("wrangler.toml");
    fs::write(&path, "name = \"w\"\n").unwrap();
    let names: Vec<_> = (0..16).map(|n| format!("KV_{n}")).collect();
    std::thread::scope(|scope_of_threads| {
        for name in &names {
            let config = ConfigFile::at(path.clone(), scope("dev", Field::Id)).unwrap();
            scope_of_threads.spawn(move || config.update(&[Binding { name, id: "1a2b" }]).unwrap());
        }
    });
    let mut found: Vec<_> =
        ConfigFile::bindings(&path).unwrap().into_iter().map(|binding| binding.name).collect();
    found.sort_unstable();
    let mut expected = names;
    expected.sort_unstable();
    assert_eq!(found, expected);
}
