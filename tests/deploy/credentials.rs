//! Where credentials come from: the environment, `.env`, a file given by name, wrangler's login.

use std::path::Path;

use kv_test_support::cloudflare::{ACCOUNT, Cloudflare, Kind, TOKEN};

use crate::stage::{Ran, Stage};

/// Runs a command in a package's folder, without credentials in the environment.
fn run(stage: &Stage<'_>, root: &Path, args: &[&str], path: Option<&Path>) -> Ran {
    let args = [args, &["--root", root.to_str().unwrap()]].concat();
    let mut command = stage.command("v1", &args);
    command.env_remove("CLOUDFLARE_API_TOKEN").env_remove("CLOUDFLARE_ACCOUNT_ID");
    if let Some(path) = path {
        command.env("PATH", path);
    }
    command.output().unwrap().into()
}

#[test]
fn dotenv_beside_the_package_gives_what_the_environment_does_not() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let root = tempfile::tempdir().unwrap();
    let env = format!("# ours\nexport CLOUDFLARE_API_TOKEN=\"{TOKEN}\"\nKV_STAGE=from-file\n");
    std::fs::write(root.path().join(".env"), env).unwrap();
    let ran = run(&stage, root.path(), &["plan"], None).expect(0);
    assert!(ran.stderr.contains("stage from-file"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(TOKEN));
    // The environment comes first.
    let args = ["plan", "--root", root.path().to_str().unwrap()];
    let mut command = stage.command("v1", &args);
    let ran: Ran = command.env("CLOUDFLARE_API_TOKEN", "wrong").output().unwrap().into();
    ran.expect(1);
}

#[test]
fn a_file_given_by_name_comes_before_the_packages_own() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join(".env"), "CLOUDFLARE_API_TOKEN=wrong\n").unwrap();
    let named = root.path().join("prod.env");
    std::fs::write(&named, format!("CLOUDFLARE_API_TOKEN='{TOKEN}'\n")).unwrap();
    let args = ["plan", "--env-file", named.to_str().unwrap()];
    run(&stage, root.path(), &args, None).expect(0);
    let ran = run(&stage, root.path(), &["plan", "--env-file", "/nowhere.env"], None).expect(1);
    assert!(ran.stderr.contains("/nowhere.env: it cannot be read"), "{}", ran.stderr);
}

#[test]
fn a_malformed_line_is_named_without_its_value() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join(".env"), "A_TOKEN hush-hush\n").unwrap();
    let ran = run(&stage, root.path(), &["plan"], None).expect(1);
    assert!(ran.stderr.contains("the line of `A_TOKEN` is not `NAME=value`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("help: ") && !ran.stderr.contains("hush"), "{}", ran.stderr);
    assert_eq!(cloudflare.take_requests().len(), 0);
}

#[cfg(unix)]
#[test]
fn wranglers_login_is_used_if_there_is_no_token() {
    use std::os::unix::fs::PermissionsExt as _;

    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let root = tempfile::tempdir().unwrap();
    let bin = root.path().join("node_modules/.bin");
    std::fs::create_dir_all(&bin).unwrap();
    let script = |body: &str| {
        let path = bin.join("wrangler");
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    script(&format!(
        "[ \"$*\" = 'auth token --json' ] && echo '{{\"type\":\"oauth\",\"token\":\"{TOKEN}\"}}'"
    ));
    let ran = run(&stage, root.path(), &["plan"], None).expect(0);
    assert!(ran.stderr.contains("Using wrangler's login"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(TOKEN));
    // An expired login, or unexpected output, counts as no login.
    for body in ["exit 1", "echo 'You are not logged in.'", "echo '{\"token\":\"\"}'", "echo '{'"] {
        script(body);
        let ran = run(&stage, root.path(), &["plan"], None).expect(1);
        assert!(ran.stderr.contains("no Cloudflare credentials"), "{}", ran.stderr);
        assert!(ran.stderr.contains("dash.cloudflare.com/profile/api-tokens?"), "{}", ran.stderr);
    }
    // The state alone needs no login.
    script("echo called >&2; touch called; exit 1");
    run(&stage, root.path(), &["state", "list"], None);
    assert!(!root.path().join("called").exists());
}

#[test]
fn whoami_tells_the_account_and_changes_nothing() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let ran = stage.run("v1", &["whoami"]).expect(0);
    for part in ["an API token, active", ACCOUNT, "namespaces", "not tested"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains(TOKEN));
    let kinds: Vec<_> = cloudflare.take_requests().into_iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [Kind::List, Kind::Other], "the namespaces, and the token");
    let ran = stage.run("v1", &["whoami", "--format", "json"]).expect(0);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["identities"][0]["account_id"], ACCOUNT);
    assert_eq!(report["identities"][0]["token_status"], "active");
    let mut command = stage.command("v1", &["whoami"]);
    let ran: Ran = command.env("CLOUDFLARE_API_TOKEN", "wrong").output().unwrap().into();
    let ran = ran.expect(1);
    assert!(ran.stderr.contains("help: "), "{}", ran.stderr);
    let ran = stage.run("v1", &["whoami", "--local"]).expect(1);
    assert!(ran.stderr.contains("leave out --local"), "{}", ran.stderr);
}
