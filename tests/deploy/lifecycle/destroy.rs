//! Namespaces are destroyed, or stay, as their declarations say.

use kv_runtime::__private::state::Record;
use kv_runtime::DeployError;
use kv_test_support::cloudflare::{Answer, Cloudflare, Fault, Kind, When};
use kv_test_support::declared::v1;

use crate::stage::{Stage, kinds};

#[test]
fn destroy_deletes_what_was_created_and_asks_whether_it_is_gone() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    drop(cloudflare.take_requests());
    stage.run("v1", &["destroy", "--yes"]).expect(0);
    let kinds = kinds(&cloudflare.take_requests());
    let last = kinds.iter().rposition(|kind| *kind == Kind::Delete).unwrap();
    assert_eq!(kinds[last + 1..], [Kind::Get]);
    assert_eq!(cloudflare.titles(), [""; 0]);
    assert!(stage.state().namespaces.is_empty());
    // The second time there is nothing to do.
    drop(cloudflare.take_requests());
    stage.run("v1", &["destroy", "--yes"]).expect(0);
    assert!(cloudflare.take_requests().is_empty());
}

#[test]
fn a_refused_delete_is_a_failure_and_stays_in_the_state() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    let refusal = r#"{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}"#;
    let answer = Answer::Json(403, refusal);
    cloudflare.fail(Kind::Delete, When::Nth(0), Fault { applied: false, answer });
    let ran = stage.run("v1", &["destroy", "--yes"]).expect(1);
    assert!(ran.stderr.contains("cannot delete the namespace"), "{}", ran.stderr);
    assert!(ran.stderr.contains("Workers KV Storage: Edit"), "{}", ran.stderr);
    assert_eq!(stage.state().namespaces.len(), 2);
    assert_eq!(cloudflare.titles().len(), 2);
    stage.run("v1", &["destroy", "--yes"]).expect(0);
    assert_eq!(cloudflare.titles(), [""; 0]);
}

#[test]
fn data_that_was_not_declared_is_counted_and_needs_delete_data() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    cloudflare.put("user-data", "third", "written by the application");
    cloudflare.put("user-data", "fourth", "written by the application");
    let refused = stage.refused("v1", &["destroy", "--yes"]);
    for part in ["2 keys that this tool did not write", "--delete-data", "delete: false"] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    stage.run("v1", &["destroy", "--yes", "--delete-data"]).expect(0);
    assert_eq!(cloudflare.titles(), [""; 0]);
}

#[test]
fn without_a_terminal_whatever_changes_something_needs_yes() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let refused = stage.refused("v1", &[]);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    stage.run("v1", &["--yes"]).expect(0);
    for (code, args) in [("v1", &["destroy"][..]), ("v2", &[]), ("v1-without-sessions", &[])] {
        let refused = stage.refused(code, args);
        assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    }
    // If there is nothing to do, `--yes` is not needed.
    stage.run("v1", &[]).expect(0);
}

#[test]
fn what_says_delete_false_stays_at_cloudflare_with_its_data() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("users-and-preserved", &["--yes"]).expect(0);
    stage.run("users-and-preserved", &["destroy", "--yes", "--delete-data"]).expect(0);
    assert_eq!(cloudflare.titles(), ["preserved-namespace"]);
    assert_eq!(cloudflare.pairs("preserved-namespace").len(), 1);
    assert!(stage.state().namespaces.is_empty());
}

#[test]
fn what_left_the_code_is_destroyed_or_retained_by_the_same_rules() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    cloudflare.put("user-sessions", "session_999", "written by the application");
    let plan = stage.run("v1-without-sessions", &["plan"]).expect(0);
    assert!(
        plan.stderr.contains("destroy with 4 keys, 1 of them not written by this tool"),
        "{}",
        plan.stderr
    );
    let refused = stage.refused("v1-without-sessions", &["--yes"]);
    assert!(refused.stderr.contains("--delete-data"), "{}", refused.stderr);
    stage.run("v1-without-sessions", &["--yes", "--delete-data"]).expect(0);
    stage.assert_converged("v1-without-sessions");
}

#[test]
fn what_left_the_code_remembers_that_it_said_delete_false() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("users-and-preserved", &["--yes"]).expect(0);
    stage.run("v1-without-sessions", &["--yes", "--delete-data"]).expect(0);
    assert_eq!(cloudflare.titles(), ["preserved-namespace", "user-data"]);
    assert_eq!(stage.state().namespaces.len(), 1);
}

#[test]
fn a_namespace_that_others_deleted_is_only_forgotten() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    cloudflare.storage().delete(&cloudflare.namespace("user-data").id).unwrap();
    stage.age();
    drop(cloudflare.take_requests());
    stage.run("v1", &["destroy", "--yes"]).expect(0);
    let deletes = kinds(&cloudflare.take_requests());
    assert_eq!(deletes.iter().filter(|kind| **kind == Kind::Delete).count(), 1);
    assert!(stage.state().namespaces.is_empty());
}

#[test]
fn only_the_named_namespace_is_destroyed() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    stage.run("v1", &["destroy", "--yes", "--only", "sessions"]).expect(0);
    assert_eq!(cloudflare.titles(), ["user-data"]);
    assert!(matches!(stage.state().namespaces.get("users"), Some(Record::Deployed(_))));
}

/// This test takes 20 s, the time in which Cloudflare may still show what is gone.
#[tokio::test]
async fn a_delete_that_is_confirmed_but_did_not_happen_is_a_failure() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.deploy::<v1::Users>().await.unwrap();
    let answer = Answer::Json(200, r#"{"success":true,"errors":[],"messages":[],"result":null}"#);
    cloudflare.fail(Kind::Delete, When::Nth(0), Fault { applied: false, answer });
    let error = stage.deploy::<v1::Users>().destroy().await.unwrap_err();
    assert!(matches!(error, DeployError::StillThere { .. }), "{error}");
    assert!(stage.state().namespaces.contains_key("users"));
    stage.deploy::<v1::Users>().destroy().await.unwrap();
    assert_eq!(cloudflare.titles(), [""; 0]);
}

#[tokio::test]
async fn destroying_a_namespace_from_rust_does_not_delete_data_of_others() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.deploy::<v1::Users>().await.unwrap();
    stage.deploy::<v1::Sessions>().await.unwrap();
    cloudflare.put("user-data", "third", "written by the application");
    let error = stage.deploy::<v1::Users>().destroy().await.unwrap_err();
    assert!(matches!(error, DeployError::UndeclaredKeys { undeclared: 1, .. }), "{error}");
    stage.deploy::<v1::Sessions>().destroy().await.unwrap();
    assert_eq!(cloudflare.pairs("user-data").len(), 3);
}

#[test]
fn a_look_up_that_misses_what_the_list_shows_neither_orphans_nor_doubles_it() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    stage.run("v1", &["--yes"]).expect(0);
    stage.age();
    cloudflare.hide("user-sessions", 1, 0);
    stage.run("v2", &["--yes"]).expect(0);
    stage.assert_converged("v2");
    stage.age();
    cloudflare.hide("sessions", 1, 0);
    stage.run("v2", &["destroy", "--yes"]).expect(0);
    assert_eq!(cloudflare.titles(), [""; 0]);
}

#[test]
fn what_is_destroyed_is_removed_from_wranglers_configuration() {
    let cloudflare = Cloudflare::start();
    let stage = Stage::new(&cloudflare);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("wrangler.jsonc");
    let own = "{\n  // of another team\n  \"kv_namespaces\": [\n    \
               { \"binding\": \"OTHER\", \"id\": \"0123456789abcdef0123456789abcdef\" }\n  ]\n}\n";
    std::fs::write(&config, own).unwrap();
    let wrangler = format!("--wrangler={}", config.display());
    stage.run("v1", &["--yes", &wrangler]).expect(0);
    assert_ne!(std::fs::read_to_string(&config).unwrap(), own);
    let ran = stage.run("v1", &["destroy", "--yes", "--delete-data", &wrangler]).expect(0);
    assert!(ran.stderr.contains("wrangler.jsonc: removed "), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(&config).unwrap(), own);
}
