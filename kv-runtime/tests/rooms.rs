//! Rooms import only the rooms that the table in `ARCHITECTURE.md` allows.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The names in backticks of a table's cell.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What each room may know.
fn allowed() -> Arrows {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../ARCHITECTURE.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, table) = page.split_once("| room |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let rows = table.lines().skip(2);
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').collect();
        (names(cells[1]).pop_first().unwrap(), names(cells[3]))
    };
    rows.map(row).collect()
}

/// The other rooms that the files of a folder import.
fn imports(folder: &Path, rooms: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            imports(&path, rooms, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for after in line.split("crate::").skip(1) {
                let name: String =
                    after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                found.extend(rooms.get(&name).cloned());
            }
        }
    }
}

#[test]
fn rooms_know_what_the_architecture_says_and_no_more() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed = allowed();
    let rooms: BTreeSet<String> = allowed.keys().cloned().collect();
    let folders = fs::read_dir(&source).unwrap().map(|entry| entry.unwrap());
    let folders = folders.filter(|entry| entry.path().is_dir());
    let folders: BTreeSet<_> = folders.map(|e| e.file_name().into_string().unwrap()).collect();
    assert_eq!(folders, rooms, "each folder is a room of the table");
    for (room, knows) in allowed {
        let mut found = BTreeSet::new();
        imports(&source.join(&room), &rooms, &mut found);
        found.remove(&room);
        assert_eq!(found, knows, "{room} imports the first and may know the second");
    }
}
