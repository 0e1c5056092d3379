//! Commands and flags that change nothing at Cloudflare, and where they print.

use kv_test_support::cloudflare::{Cloudflare, Kind};
use serde_json::Value;

use crate::stage::{Stage, kinds};

#[test]
fn plan_changes_nothing_and_its_exit_code_says_if_there_are_changes() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["plan"]).expect(0);
    stage.run("v1", &["plan", "--detailed-exitcode"]).expect(2);
    assert!(!kinds(&cloudflare.take_requests()).iter().any(|kind| kind.writes()));
    assert!(!stage.document().exists());
    stage.run("v1", &["--yes"]).expect(0);
    stage.run("v1", &["plan", "--detailed-exitcode"]).expect(0);
    stage.run("v2", &["plan", "--detailed-exitcode"]).expect(2);
    stage.assert_converged("v1");
}

#[test]
fn json_is_all_there_is_on_stdout() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for args in [
        &["plan", "--format", "json"][..],
        &["deploy", "--yes", "--format", "json", "-vv"],
        &["plan", "--format", "json"],
        &["status", "--format", "json"],
        &["status", "--refresh", "--format", "json"],
        &["destroy", "--yes", "--format", "json"],
    ] {
        let ran = stage.run("v1", args).expect(0);
        let json: Result<Value, _> = serde_json::from_str(&ran.stdout);
        assert!(json.is_ok(), "{args:?}: {}", ran.stdout);
    }
    for args in [&["deploy", "--yes"][..], &["plan"], &["status"], &["destroy", "--yes"]] {
        assert_eq!(stage.run("v1", args).expect(0).stdout, "", "{args:?}");
    }
}

#[test]
fn json_tells_what_was_deployed() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let ran = stage.run("v1", &["deploy", "--yes", "--format", "json"]).expect(0);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let [sessions, users] = &report["namespaces"].as_array().unwrap()[..] else { panic!() };
    assert_eq!(sessions["id"], "sessions");
    assert_eq!(sessions["kind"], "kv_namespace");
    assert_eq!(sessions["namespace_id"], cloudflare.namespace("user-sessions").id);
    assert_eq!(users["title"], "user-data");
    for field in ["created_at", "modified_at"] {
        assert!(users[field].as_str().unwrap().parse::<kv_runtime::rules::Time>().is_ok());
    }
    assert_eq!(report["plan"]["namespaces"][0]["action"], "create");
}

#[test]
fn status_shows_every_stage_and_whether_it_is_still_there() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let ran = stage.run("v1", &["status"]).expect(0);
    assert!(ran.stderr.contains("Nothing is deployed"), "{}", ran.stderr);
    stage.run("v1", &["--yes"]).expect(0);
    stage.run("hooks-plain", &["--yes", "--stage", "prod"]).expect(0);
    drop(cloudflare.take_requests());
    let ran = stage.run("v1", &["status"]).expect(0);
    assert_eq!(kinds(&cloudflare.take_requests()), []);
    for part in ["dev:", "prod:", "user-sessions", "user-data", "hooks-prod"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    cloudflare.storage().delete(&cloudflare.namespace("user-data").id).unwrap();
    let id = cloudflare.namespace("user-sessions").id;
    cloudflare.storage().rename(&id, "renamed in the dashboard").unwrap();
    stage.age();
    let ran = stage.run("v1", &["status", "--stage", "dev", "--refresh"]).expect(0);
    for part in ["is gone from the account", "was renamed to \"renamed in the dashboard\""] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("prod"), "{}", ran.stderr);
}

#[test]
fn only_works_on_the_named_namespace() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes", "--only", "users"]).expect(0);
    assert_eq!(cloudflare.titles(), ["user-data"]);
    // A namespace that is not named is not treated as one that left the code.
    stage.run("v1", &["--yes"]).expect(0);
    stage.run("v1-without-sessions", &["--yes", "--only", "users"]).expect(0);
    stage.assert_converged("v1");
    let refused = stage.refused("v1", &["--yes", "--only", "nobody"]);
    assert!(refused.stderr.contains("no namespace has the id \"nobody\""), "{}", refused.stderr);
}

#[test]
fn quiet_says_nothing_but_errors() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let ran = stage.run("v1", &["--yes", "--quiet"]).expect(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    let ran = stage.run("v1", &["--yes", "--quiet", "--only", "nobody"]).expect(1);
    assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
}

#[test]
fn unlock_finds_no_holder_and_needs_no_request() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    for _ in 0..2 {
        let ran = stage.run("v1", &["unlock"]).expect(0);
        assert!(ran.stderr.contains("No process holds the lock"), "{}", ran.stderr);
        stage.run("v1", &["--yes"]).expect(0);
    }
    assert!(!kinds(&cloudflare.take_requests()).contains(&Kind::Delete));
}

#[test]
fn local_needs_no_account_and_keeps_a_state_of_its_own() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let folder = tempfile::tempdir().unwrap();
    let local = format!("--local={}", folder.path().display());
    let deploy = |code| {
        let mut command = stage.command(code, &["--yes", &local]);
        for name in ["KV_STATE", "CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID"] {
            command.env_remove(name);
        }
        crate::stage::Ran::from(command.output().unwrap()).expect(0)
    };
    let ran = deploy("v1");
    assert!(ran.stderr.contains(folder.path().to_str().unwrap()), "{}", ran.stderr);
    assert!(ran.stderr.contains("npx wrangler kv key list --local"), "{}", ran.stderr);
    deploy("v2");
    let storage = kv_local::Storage::open(folder.path()).unwrap();
    let titles: Vec<_> = storage.list().unwrap().into_iter().map(|n| n.title).collect();
    assert_eq!(titles, ["sessions", "user-data"]);
    assert_eq!(kinds(&cloudflare.take_requests()), []);
    assert!(!stage.states().exists());
}

#[test]
fn one_file_cannot_bind_two_namespaces_to_one_name() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("wrangler.toml");
    std::fs::write(&config, "name = \"app\"\n").unwrap();
    let wrangler = format!("--wrangler={}", config.display());
    for command in [&["--yes"][..], &["plan"], &["plan", "--check"]] {
        let refused = stage.refused("one-binding-twice", &[command, &[&wrangler]].concat());
        let message = "two namespaces have the same binding, \"SHARED\", at";
        assert!(refused.stderr.contains(message), "{}", refused.stderr);
    }
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "name = \"app\"\n");
    // Two Workers may each have a binding of that name.
    stage.run("one-binding-twice", &["--yes"]).expect(0);
    let ran = stage.refused("listed-twice", &["--yes"]);
    assert!(ran.stderr.contains("the namespace is listed twice"), "{}", ran.stderr);
}

#[test]
fn the_block_of_wranglers_configuration_that_is_written_is_named() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("wrangler.jsonc");
    std::fs::write(&config, "{\n  \"name\": \"app\",\n  \"previews\": {}\n}\n").unwrap();
    let wrangler = format!("--wrangler={}", config.display());
    let ran = stage.run("existing", &["--yes", &wrangler, "--adopt"]).expect(0);
    assert!(ran.stderr.contains("wrangler.jsonc: "), "{}", ran.stderr);
    let staging = ["--stage", "staging", "--yes", &wrangler];
    let ran = stage.run("v1", &staging).expect(0);
    assert!(ran.stderr.contains("wrangler.jsonc, in `previews`: "), "{}", ran.stderr);
    let destroy = [&["destroy", "--delete-data"], &staging[..]].concat();
    let ran = stage.run("v1", &destroy).expect(0);
    assert!(ran.stderr.contains("in `previews`: removed "), "{}", ran.stderr);
}
