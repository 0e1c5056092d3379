//! `deploy --wrangler`, as a user types it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const BEFORE: &str = "name = \"site\" # the site\n\n\
    [[kv_namespaces]]\nbinding = \"SESSIONS\"\nid = \"0123456789abcdef0123456789abcdef\" # of the account\n";

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// The deploy binary in `folder`, on this machine.
fn deploy(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_deploy"))
        .current_dir(folder)
        .env_remove("KV_STAGE")
        .env_remove("KV_STATE")
        .args(args)
        .arg(format!("--local={}", folder.join(".wrangler/state").display()))
        .output()
        .expect("the deploy binary runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_local_deploy_is_what_wrangler_dev_uses_and_leaves_the_account_s_id() {
    let folder = folder();
    let file = folder.path().join("wrangler.toml");
    fs::write(&file, BEFORE).expect("the file is written");

    let check = || deploy(folder.path(), &["plan", "--check", "--wrangler=wrangler.toml"]);
    let output = check();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("wrangler.toml is out of date: USERS, SESSIONS"));
    assert!(said(&output).contains("`deploy --wrangler`"), "{}", said(&output));
    assert_eq!(fs::read_to_string(&file).expect("the file is there"), BEFORE);

    let output = deploy(folder.path(), &["deploy", "--wrangler=wrangler.toml", "--yes"]);
    assert!(output.status.success(), "{}", said(&output));
    let after = fs::read_to_string(&file).expect("the file is there");
    let (start, end) = BEFORE.split_once("\nid").expect("there is an id");
    assert!(after.starts_with(start), "{after}");
    assert!(after.contains(&format!("\nid{end}")), "{after}");
    assert_eq!(after.matches("preview_id = ").count(), 5, "{after}");
    assert_eq!(after.matches("\nid = ").count(), 1, "{after}");

    let output = check();
    assert!(output.status.success(), "{}", said(&output));
    let output = deploy(folder.path(), &["--wrangler=wrangler.toml", "--yes"]);
    assert!(said(&output).contains("Up to date wrangler.toml"), "{}", said(&output));
    assert_eq!(fs::read_to_string(&file).expect("the file is there"), after);
}

#[test]
fn a_stage_is_an_environment() {
    let folder = folder();
    let file = folder.path().join("wrangler.jsonc");
    fs::write(&file, "{\n  // the site\n  \"name\": \"site\",\n}\n").expect("the file is written");
    let args = ["--stage=pr-7", "--only=sessions", "--wrangler=wrangler.jsonc", "--yes"];
    let output = deploy(folder.path(), &args);
    assert!(output.status.success(), "{}", said(&output));
    let after = fs::read_to_string(&file).expect("the file is there");
    let start = "{\n  // the site\n  \"name\": \"site\",\n  \"env\": {\n    \"pr-7\": {\n      \"kv_namespaces\": [\n        {\n          \"binding\": \"SESSIONS\",\n          \"preview_id\": \"";
    assert!(after.starts_with(start), "{after}");
    assert!(after.ends_with("\"\n        }\n      ]\n    }\n  },\n}\n"), "{after}");
}

#[test]
fn a_broken_file_stops_the_deploy_before_it_begins() {
    let folder = folder();
    fs::write(folder.path().join("wrangler.toml"), "name = \"site\"\nmain = index.js\n")
        .expect("the file is written");
    let output = deploy(folder.path(), &["--wrangler=wrangler.toml", "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("error: wrangler.toml:2:8: "), "{}", said(&output));
    assert!(!folder.path().join(".wrangler/state/kv-deploy").exists(), "nothing is deployed");

    let output = deploy(folder.path(), &["--wrangler", "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("there is no wrangler.toml"), "{}", said(&output));
    assert!(said(&output).contains("--wrangler=PATH"), "{}", said(&output));
}
